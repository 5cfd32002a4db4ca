//! Golden bytes, never edited.

use crate::testing::party;
use crate::{Event, Newcomer, SignaturePair, Signers};
use data_encoding::HEXLOWER;
use domain::{Digest, Role, Statement};
use expect_test::expect;

#[test]
fn wire() {
    let shredded = Event::Shredded {
        statement: Digest::of(b"statement"),
        by: party("lab"),
        authority: "Records Officer".parse().unwrap(),
        rule: "three years after the window closed".parse().unwrap(),
        with: None,
    };
    let bytes = shredded.to_bytes();
    expect!["8200845820b111c6e1d318f203063e5c16bab43c108326af0aa2f7b65760c95547a43dbe52636c61626f5265636f726473204f66666963657278237468726565207965617273206166746572207468652077696e646f7720636c6f736564"].assert_eq(&HEXLOWER.encode(&bytes));
    assert_eq!(Event::from_bytes(&bytes).unwrap(), shredded);
    assert_eq!(shredded.kind(), "shredded");
    assert_eq!(shredded.signers(), [party("lab")].into());
    let Event::Shredded { statement, by, authority, rule, with: _ } = shredded else {
        panic!("a shred statement");
    };
    let with = Some(party("ig"));
    let two = Event::Shredded { statement, by, authority, rule, with };
    assert_eq!(two.to_bytes().last_chunk(), Some(b"\x62ig"));
    assert_eq!(Event::from_bytes(&two.to_bytes()).unwrap(), two);
    assert_eq!(two.signers(), [party("ig"), party("lab")].into());
}

/// The changes of keys. The signature under the new keys is filled with zeros: it differs from run to run.
#[test]
fn wire_of_changes() {
    let pair = SignaturePair::from_raw(&[0; 64 + crate::ML_DSA_87_SIGNATURE_LEN]).unwrap();
    let signers = || Signers { parties: vec![party("gov"), party("lab")], needed: 2 };
    let (keys, proof) = (|| "keys".to_owned(), || pair.clone());
    let newcomer = Newcomer {
        id: party("utility"),
        name: "Example Utility".parse().unwrap(),
        roles: vec![Role::Operator],
    };
    let all = [
        Event::KeyAdded { party: party("lab"), keys: keys(), proof: proof(), signers: signers() },
        Event::KeyRotated {
            party: party("lab"),
            old: Digest::of(b"old"),
            keys: keys(),
            proof: proof(),
            signers: signers(),
        },
        Event::KeyRevoked {
            party: party("lab"),
            key: Digest::of(b"old"),
            reason: "stolen".parse().unwrap(),
            signers: signers(),
        },
        Event::PartyAdded {
            party: newcomer,
            root: Some(party("lab-root")),
            keys: keys(),
            proof: proof(),
            signers: signers(),
        },
        Event::LogClosed {
            successor: None,
            reason: "a new log key".parse().unwrap(),
            signers: signers(),
        },
    ];
    let mut lines = String::new();
    for event in &all {
        let bytes = event.to_bytes();
        assert_eq!(Event::from_bytes(&bytes).unwrap(), *event);
        assert!(Event::KEY_KINDS.contains(&event.kind()));
        assert_eq!(event.needed(), Some(2));
        let hex = HEXLOWER.encode(&bytes);
        let zeros = "00".repeat(crate::ML_DSA_87_SIGNATURE_LEN);
        let short = hex.replace(&zeros, "(4627)").replace(&"00".repeat(64), "(64)");
        lines += &format!("{} {} {short}\n", event.kind(), bytes.len());
    }
    expect![[r#"
        key-added 4720 820a84636c6162646b65797382584(64)0591213(4627)828263676f76636c616202
        key-rotated 4754 820b85636c61625820cba06b5736faf67e54b07b561eae94395e774c517a7d910a54369e1263ccfbd4646b65797382584(64)0591213(4627)828263676f76636c616202
        key-revoked 59 820c84636c61625820cba06b5736faf67e54b07b561eae94395e774c517a7d910a54369e1263ccfbd46673746f6c656e828263676f76636c616202
        party-added 4752 820d8583677574696c6974796f4578616d706c65205574696c6974798105686c61622d726f6f74646b65797382584(64)0591213(4627)828263676f76636c616202
        log-closed 29 820e83f66d61206e6577206c6f67206b6579828263676f76636c616202
    "#]].assert_eq(&lines);
}
