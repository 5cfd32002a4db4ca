//! Envelopes verify as DSSE says, by the parties' public keys alone.

use crate::testing::{Demo, KEYS, Log, draft, party, secret};
use crate::{DsseError, Envelope, Enveloped, Receipt, SignatureError, pae};
use aws_lc_rs::signature::{ML_DSA_87, UnparsedPublicKey};

#[test]
fn every_signature_verifies_over_the_envelope() {
    let mut log = Log::new();
    let between = vec![party("gov"), party("ig"), party("lab")];
    log.log(draft(&Demo::Agreed { between }, "lab", None));
    log.state("gov", "alone", None);
    let envelopes = Receipt::build(&log.files, 0).unwrap().envelopes().unwrap();
    let types: Vec<_> = envelopes.iter().map(|e| e.payload_type.as_str()).collect();
    assert_eq!(types, ["vestibule/issue/v1", "vestibule/statement/v1"]);
    let mut names = Vec::new();
    for envelope in &envelopes {
        let message = pae(&envelope.payload_type, &envelope.payload);
        for (name, signature) in &envelope.signatures {
            let (id, scheme) = name.split_once('/').unwrap();
            let keys = secret(id).public();
            match scheme {
                "ed25519" => tlog::verify_ed25519(keys.ed25519(), &message, signature).unwrap(),
                _ => UnparsedPublicKey::new(&ML_DSA_87, keys.ml_dsa_87())
                    .verify(&message, signature)
                    .unwrap(),
            }
            names.push(name.as_str());
        }
    }
    let wanted = ["lab", "gov", "ig"].map(|p| [format!("{p}/ed25519"), format!("{p}/ml-dsa-87")]);
    assert_eq!(names, wanted.concat());
    assert_eq!(Receipt::build(&log.files, 1).unwrap().envelopes().unwrap().len(), 1);
}

/// A statement of three parties, and one of one party.
fn both() -> (Receipt, Vec<Envelope>, Vec<Envelope>) {
    let mut log = Log::new();
    let between = vec![party("gov"), party("ig"), party("lab")];
    log.log(draft(&Demo::Agreed { between }, "lab", None));
    log.state("gov", "alone", None);
    let receipt = Receipt::build(&log.files, 0).unwrap();
    let three = receipt.envelopes().unwrap();
    let alone = Receipt::build(&log.files, 1).unwrap().envelopes().unwrap();
    (receipt, three, alone)
}

#[test]
fn envelopes_of_all_signers_are_believed_and_are_those_of_the_logged_leaf() {
    let (receipt, three, alone) = both();
    let proven = Enveloped::verify(&three, &KEYS.trust).unwrap();
    assert_eq!(proven.signers, [party("gov"), party("ig"), party("lab")].into());
    assert_eq!(proven.header.id(), receipt.leaf().id());
    assert_eq!(proven.leaf_hash, receipt.leaf().hash());
    let proven = Enveloped::verify(&alone, &KEYS.trust).unwrap();
    assert_eq!(proven.signers, [party("gov")].into());
}

/// A statement that several must sign is none while one is missing, and the refusal says who has signed and who must.
#[test]
fn a_missing_signer_is_named() {
    let (_, three, _) = both();
    let error = Enveloped::verify(&three[..1], &KEYS.trust).unwrap_err();
    assert_eq!(error.to_string(), "signed by `lab`, but the statement names `gov`, `ig`, `lab`");
    let mut without = three;
    without[1].signatures.truncate(2);
    let error = Enveloped::verify(&without, &KEYS.trust).unwrap_err();
    let DsseError::Signature(SignatureError::Signers { given, expected }) = error else {
        panic!("{error}");
    };
    assert_eq!((given.as_str(), expected.as_str()), ("`gov`, `lab`", "`gov`, `ig`, `lab`"));
}

#[test]
fn bent_envelopes_are_refused() {
    let (_, three, alone) = both();
    let refused = |bend: fn(&mut Vec<Envelope>)| {
        let mut bent = three.clone();
        bend(&mut bent);
        assert_ne!(bent, three);
        Enveloped::verify(&bent, &KEYS.trust).unwrap_err()
    };
    assert!(matches!(refused(Vec::clear), DsseError::Types { .. }));
    assert!(matches!(refused(|e| e.swap(0, 1)), DsseError::Types { .. }));
    assert!(matches!(refused(|e| e.push(e[1].clone())), DsseError::Types { .. }));
    let typed = |e: &mut Vec<Envelope>| e[1].payload_type = "vestibule/offer/v1".to_owned();
    assert!(matches!(refused(typed), DsseError::Types { .. }));
    assert!(matches!(refused(|e| e[0].payload.push(0)), DsseError::Payload { .. }));
    assert!(matches!(refused(|e| e[0].payload.clear()), DsseError::Payload { .. }));
    assert!(matches!(refused(|e| e[1].payload.push(0)), DsseError::OtherStatement));
    assert!(matches!(refused(|e| e[0].signatures.truncate(1)), DsseError::Names { .. }));
    assert!(matches!(refused(|e| e[0].signatures.clear()), DsseError::Names { .. }));
    assert!(matches!(refused(|e| e[0].signatures.swap(0, 1)), DsseError::Names { .. }));
    let renamed = |e: &mut Vec<Envelope>| e[0].signatures[0].0 = "gov/ed25519".to_owned();
    assert!(matches!(refused(renamed), DsseError::Names { .. }));
    assert!(matches!(refused(|e| e[0].signatures[0].1.truncate(63)), DsseError::Length(_)));
    assert!(matches!(refused(|e| e[1].signatures[1].1.push(0)), DsseError::Length(_)));
    for (envelope, signature) in [(0, 0), (0, 1), (1, 0), (1, 3)] {
        let mut bent = three.clone();
        bent[envelope].signatures[signature].1[9] ^= 1;
        let error = Enveloped::verify(&bent, &KEYS.trust).unwrap_err();
        assert!(matches!(error, DsseError::Signature(SignatureError::Bad { .. })), "{error}");
    }
    // signatures of one statement over another
    let mut mixed = alone;
    mixed[0].payload.clone_from(&three[0].payload);
    assert!(matches!(Enveloped::verify(&mixed, &KEYS.trust), Err(DsseError::Names { .. })));
}
