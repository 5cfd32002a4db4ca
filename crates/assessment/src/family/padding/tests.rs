//! The cipher against published values, and paddings.

use super::serve::{Padding, encrypt};
use crate::family::live::Live;

#[test]
fn the_cipher_is_xtea() {
    // test vectors of the reference implementation, as Bouncy Castle and others list them
    let key: Vec<u8> = (0..16).collect();
    let block = [0x41, 0x42, 0x43, 0x44, 0x45, 0x46, 0x47, 0x48];
    let out = encrypt(&key, &[0; 8], &block);
    assert_eq!(out[8..], [0x49, 0x7d, 0xf3, 0xd0, 0x72, 0x61, 0x2c, 0xb5]);
    let out = encrypt(&[0; 16], &[0; 8], &[0x41; 8]);
    assert_eq!(out[8..], [0xed, 0x23, 0x37, 0x5a, 0x82, 0x1a, 0x8c, 0x2d]);
}

#[test]
fn paddings() {
    for padding in [Padding::Counts, Padding::Zeros, Padding::Masked(0x5A)] {
        for size in 0..20 {
            let text = padding.pad(&vec![b'x'; size]);
            assert!(text.len() % 8 == 0 && text.len() > size && padding.right(&text));
        }
        assert!(!padding.right(b"12345678"), "{padding:?}");
    }
}

#[test]
fn what_is_no_message_is_no_padding() {
    let live = Live { agent: None, hosts: Vec::new(), steps: Vec::new() };
    assert!(live.parts().len() == 2);
    let site = "padding\nkey=000102030405060708090a0b0c0d0e0f\npadding=counts\ngood=a\nbad=b\n";
    let ask =
        |text: &[u8]| crate::family::live::answer(site, [127, 0, 0, 1], text, &|_, _, _| None);
    let said = ask(b"zz\n00\n0000000000000000\n").unwrap().bytes;
    assert_eq!(String::from_utf8(said).unwrap(), "no message\n".repeat(3));
}
