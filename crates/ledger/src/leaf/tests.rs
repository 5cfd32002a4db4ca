//! Golden bytes of header and leaf, and every refusal.

use crate::testing::{Demo, Log, at, draft, party, stated};
use crate::{Leaf, LeafError, MAX_LEAF, Position, Seen};
use data_encoding::HEXLOWER;
use domain::{Digest, Digest384};
use expect_test::{Expect, expect};
use proptest::prelude::*;

/// A leaf whose every byte is fixed; real signature blocks are not, see the crate's head.
fn golden() -> Leaf {
    let header = draft(&stated("lab", "hello"), "lab", Some(&["lab", "gov"])).header().clone();
    let position = Position {
        sequence: 7,
        previous: Some(Digest::of(b"previous")),
        issued_at: at(5),
        seen: Some(Seen { size: 300, root: Digest::of(b"root") }),
    };
    Leaf::new(header, position, Digest384::of(b"block"))
}

#[test]
fn golden_bytes() {
    let leaf = golden();
    expect!["8b01756c6f672e6578616d706c652f766573746962756c656764656d6f2f763166737461746564636c616281636c61621b0006618ec05044005830e416d4a5bd2dccafbce7f05dff7b8915771f3d83ea3712583186a9293dfaf66ca8a9b69c799ac83d8eb177850548e8a201583036cea4a5d1a873b69aee5226cbfe3ed0e6977ae5633c1205be0dfa945aed25786862c9977a0fdf47895b474b80263997583063419164b95af564c49e1131e2f89b501cd6c7b3b0bfe3e0fb80c4b3f51ed4262f91770dd78f9010d36b97eb24bc2c92"].assert_eq(&HEXLOWER.encode(&leaf.header().to_bytes()));
    expect!["e679235311e2435378c290abe8ef2d33f1a32b78c80c75a1786670b932e55c4a"]
        .assert_eq(&leaf.id().to_string());
    expect!["838b01756c6f672e6578616d706c652f766573746962756c656764656d6f2f763166737461746564636c616281636c61621b0006618ec05044005830e416d4a5bd2dccafbce7f05dff7b8915771f3d83ea3712583186a9293dfaf66ca8a9b69c799ac83d8eb177850548e8a201583036cea4a5d1a873b69aee5226cbfe3ed0e6977ae5633c1205be0dfa945aed25786862c9977a0fdf47895b474b80263997583063419164b95af564c49e1131e2f89b501cd6c7b3b0bfe3e0fb80c4b3f51ed4262f91770dd78f9010d36b97eb24bc2c92840758206da0633528deaa0144e7b058315f0b753ec0b945163a72bf96a0d18180f9de0d1b0006618ed231e7008219012c58204813494d137e1631bba301d5acab6e7bb7aa74ce1185d456565ef51d737677b25830dcb2109b0b41ad5c1c1c904e4f5cfca3b00f65a7e9842ec0602949ffe5e71e4b9f1ad8193781d0941c3b9612a7da0497"].assert_eq(&HEXLOWER.encode(&leaf.to_bytes()));
    expect!["6f4e8ddd7db8100ab6dad242d150e9bada8d8eba7f88dbfaab401546a120c1a7"]
        .assert_eq(&leaf.hash().to_string());
    assert_eq!(Leaf::from_bytes(&leaf.to_bytes()).unwrap(), leaf);
    let header = HEXLOWER.encode(&leaf.header().to_bytes());
    let pae = HEXLOWER.encode(&crate::pae("vestibule/statement/v1", &leaf.header().to_bytes()));
    assert_eq!(
        pae,
        format!("{}{header}", HEXLOWER.encode(b"DSSEv1 22 vestibule/statement/v1 208 "))
    );
}

fn check(leaf: &Leaf, expected: Expect) {
    expected.assert_eq(&Leaf::from_bytes(&leaf.to_bytes()).unwrap_err().to_string());
}

#[test]
fn refusals() {
    let with = |change: &dyn Fn(&mut Leaf)| {
        let mut leaf = golden();
        change(&mut leaf);
        leaf
    };
    check(
        &with(&|l| l.header.version = 2),
        expect!["envelope version 2 is not known here; a newer vestibule may read it"],
    );
    check(
        &with(&|l| l.header.signers.clear()),
        expect!["the signers must be 1 to 12, sorted, each once, the issuer among them"],
    );
    check(
        &with(&|l| l.header.signers = vec![party("lab"), party("gov")]),
        expect!["the signers must be 1 to 12, sorted, each once, the issuer among them"],
    );
    check(
        &with(&|l| l.header.signers = vec![party("lab"), party("lab")]),
        expect!["the signers must be 1 to 12, sorted, each once, the issuer among them"],
    );
    check(
        &with(&|l| l.header.length_class = 0),
        expect!["length class 0 does not go with this sealing"],
    );
    check(
        &with(&|l| l.header.length_class = 7),
        expect!["length class 7 does not go with this sealing"],
    );
    check(
        &with(&|l| l.header.key_commitment = None),
        expect!["length class 1 does not go with this sealing"],
    );
    check(
        &with(&|l| l.position.previous = None),
        expect!["sequence 7 and the predecessor's hash contradict each other"],
    );
    check(
        &with(&|l| l.position.sequence = 0),
        expect!["sequence 0 and the predecessor's hash contradict each other"],
    );
    check(
        &with(&|l| l.position.issued_at = at(-1)),
        expect!["issued at 2026-12-01T08:59:00Z, before it was stated at 2026-12-01T09:00:00Z"],
    );
    let long = Leaf::from_bytes(&[0; MAX_LEAF + 1]).unwrap_err();
    expect!["the leaf has 4097 bytes; at most 4096 are read"].assert_eq(&long.to_string());
}

/// The largest leaf there can be stays within the bound.
#[test]
fn the_largest_leaf_fits() {
    let mut leaf = golden();
    let id = |n: usize| party(&format!("{n:0>80}"));
    leaf.header.signers = (0..crate::MAX_SIGNERS).map(id).collect();
    leaf.header.issuer = id(0);
    leaf.header.log = "l".repeat(tlog::MAX_ORIGIN);
    leaf.header.schema = "s".repeat(64).parse().unwrap();
    leaf.header.kind = "k".repeat(64).parse().unwrap();
    leaf.position.sequence = u64::MAX;
    leaf.position.seen = Some(Seen { size: u64::MAX, root: Digest::of(b"") });
    let bytes = leaf.to_bytes();
    assert!(bytes.len() <= MAX_LEAF / 2, "{} bytes", bytes.len());
    assert_eq!(Leaf::from_bytes(&bytes).unwrap(), leaf);
}

#[test]
fn positions_follow() {
    let mut log = Log::new();
    let first = log.state("lab", "one", None).check().unwrap().0;
    assert_eq!(first.position().sequence, 0);
    let next = Position::after(&first, None, at(-100));
    assert_eq!((next.sequence, next.previous), (1, Some(first.hash())));
    assert_eq!(next.issued_at, first.position().issued_at, "a clock that went back stands still");
    assert_eq!(Position { seen: None, ..log.position("lab", -100) }, next);
}

#[test]
fn other_encodings_of_a_leaf_are_refused() {
    let bytes = golden().to_bytes();
    for (at, _) in bytes.iter().enumerate() {
        let mut other = bytes.clone();
        other.insert(at, 0x18);
        assert!(Leaf::from_bytes(&other).is_err() || Leaf::from_bytes(&other) != Ok(golden()));
    }
    let mut long = bytes.clone();
    long.push(0);
    assert!(matches!(Leaf::from_bytes(&long), Err(LeafError::Malformed(_))));
    let _: Demo = stated("lab", "x");
}

proptest! {
    #[test]
    fn never_panics(bytes: Vec<u8>) {
        let _ = Leaf::from_bytes(&bytes);
    }

    #[test]
    fn what_reads_writes_the_same(at in 0_usize..600, byte: u8) {
        let mut bytes = golden().to_bytes();
        if let Some(b) = bytes.get_mut(at) {
            *b = byte;
        }
        if let Ok(leaf) = Leaf::from_bytes(&bytes) {
            prop_assert_eq!(leaf.to_bytes(), bytes);
        }
    }
}
