//! Tags against values computed elsewhere.

use super::Tag;

#[test]
fn the_check_with_a_public_polynomial_is_the_public_one() {
    // CRC-64/ECMA-182 and CRC-64/WE of "123456789", from the catalogue of parametrised CRC algorithms
    let cyclic = |start, end| {
        let polynomial = 0x42F0_E1EB_A9EA_3693;
        Tag::Cyclic { start, end, polynomial, secret: false }.tag(b"123456789")
    };
    assert_eq!(cyclic(0, 0), 0x6C40_DF5F_0B49_7347);
    assert_eq!(cyclic(u64::MAX, u64::MAX), 0x62EC_59E3_F1A4_F00A);
}

#[test]
fn a_mixed_tag_goes_on_where_a_shorter_one_ends() {
    let tag =
        |start| Tag::Mixed { start, key: None, secret: true, factor: 0x1_0000_01B3, shift: 29 };
    let whole = tag(77).tag(b"user=a;role=b");
    assert_eq!(tag(tag(77).tag(b"user=a")).tag(b";role=b"), whole);
}
