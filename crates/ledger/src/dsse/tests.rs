//! Envelopes verify as DSSE says, by the parties' public keys alone.

use crate::testing::{Demo, Log, draft, party, secret};
use crate::{Receipt, pae};
use aws_lc_rs::signature::{ML_DSA_87, UnparsedPublicKey};

#[test]
fn every_signature_verifies_over_the_envelope() {
    let mut log = Log::new();
    let between = vec![party("gov"), party("ig"), party("lab")];
    log.log(draft(&Demo::Agreed { between }, "lab", None));
    log.state("gov", "alone", None);
    let envelopes = Receipt::build(&log.files, 0).unwrap().envelopes().unwrap();
    let types: Vec<_> = envelopes.iter().map(|e| e.payload_type).collect();
    assert_eq!(types, ["vestibule/issue/v1", "vestibule/statement/v1"]);
    let mut names = Vec::new();
    for envelope in &envelopes {
        let message = pae(envelope.payload_type, &envelope.payload);
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
