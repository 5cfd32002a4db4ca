//! Numbers against 128-bit arithmetic, and against themselves where they are larger.

use super::Big;
use proptest::prelude::{any, prop_assert, prop_assert_eq, proptest};

fn big(n: u128) -> Big {
    Big::from_bytes(&n.to_be_bytes())
}

proptest! {
    #[test]
    fn as_128_bits(a in any::<u64>(), b in any::<u64>(), c in any::<u128>(), m in 1_u64..) {
        let (wide_a, wide_b) = (u128::from(a), u128::from(b));
        prop_assert_eq!(Big::from(a).mul(&Big::from(b)), big(wide_a * wide_b));
        prop_assert_eq!(Big::from(a).add(&Big::from(b)), big(wide_a + wide_b));
        prop_assert_eq!(Big::from(a).sub(&Big::from(b)), a.checked_sub(b).map(Big::from));
        let (q, r) = big(c).div(&Big::from(m)).expect("not zero");
        prop_assert_eq!((q, r), (big(c / u128::from(m)), big(c % u128::from(m))));
    }

    #[test]
    fn division_undoes(a in proptest::collection::vec(any::<u8>(), 0..90), b in proptest::collection::vec(any::<u8>(), 1..50)) {
        let (a, b) = (Big::from_bytes(&a), Big::from_bytes(&b));
        if let Some((q, r)) = a.div(&b) {
            prop_assert!(r < b);
            prop_assert_eq!(q.mul(&b).add(&r), a.clone());
        } else {
            prop_assert!(b.is_zero());
        }
        prop_assert_eq!(Big::from_bytes(&a.to_bytes()), a.clone());
        prop_assert_eq!(Big::from_hex(&a.to_hex()), Some(a));
    }

    #[test]
    fn roots_and_inverses(a in proptest::collection::vec(any::<u8>(), 1..40), m in 3_u64..) {
        let a = Big::from_bytes(&a);
        let root = a.root(3);
        let next = root.add(&Big::from(1));
        prop_assert!(root.mul(&root).mul(&root) <= a && next.mul(&next).mul(&next) > a);
        let m = Big::from(m);
        match a.inverse(&m) {
            Some(inverse) => prop_assert_eq!(a.mul(&inverse).rem(&m), Big::from(1)),
            None => prop_assert!(a.gcd(&m) != Big::from(1)),
        }
    }

    #[test]
    fn powers(a in any::<u32>(), e in 0_u32..40, m in 2_u32..) {
        let m64 = u64::from(m);
        let wanted = (0..e).fold(1 % m64, |p, _| p * (u64::from(a) % m64) % m64);
        let power = Big::from(u64::from(a)).pow_mod(&Big::from(u64::from(e)), &Big::from(m64));
        prop_assert_eq!(power, Big::from(wanted));
    }
}
