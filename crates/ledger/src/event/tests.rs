//! Golden bytes, never edited.

use crate::Event;
use crate::testing::party;
use data_encoding::HEXLOWER;
use domain::{Digest, Statement};
use expect_test::expect;

#[test]
fn wire() {
    let shredded = Event::Shredded {
        statement: Digest::of(b"statement"),
        by: party("lab"),
        authority: "Records Officer".parse().unwrap(),
        rule: "three years after the window closed".parse().unwrap(),
    };
    let bytes = shredded.to_bytes();
    expect!["8200845820b111c6e1d318f203063e5c16bab43c108326af0aa2f7b65760c95547a43dbe52636c61626f5265636f726473204f66666963657278237468726565207965617273206166746572207468652077696e646f7720636c6f736564"].assert_eq(&HEXLOWER.encode(&bytes));
    assert_eq!(Event::from_bytes(&bytes).unwrap(), shredded);
    assert_eq!(shredded.kind(), "shredded");
    assert_eq!(shredded.signers(), [party("lab")].into());
}
