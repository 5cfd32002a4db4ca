//! Witnesses in roots of trust: round trip, refusals, the derived policy.

use super::{Witness, WitnessRole};
use crate::testing::{KEYS, cosigners, party, witnessed_trust};
use crate::{Grade, Trust, TrustError};
use expect_test::expect;
use tlog::{Policy, VerifierKey};

#[test]
fn the_file_keeps_witnesses() {
    let trust = witnessed_trust();
    let again = Trust::read(&trust.to_text()).unwrap();
    assert_eq!(again, trust);
    let main: Vec<_> = again.main_parties().map(ToString::to_string).collect();
    assert_eq!(main, ["lab", "gov"]);
    assert_eq!(again.best_grade(), Grade::Audited);
}

/// The policy of each grade is read by our own reader of policies, and asks for whom it must.
#[test]
fn policies_are_policies() {
    let trust = witnessed_trust();
    for grade in [Grade::Provisional, Grade::Full, Grade::Audited] {
        let text = trust.policy(grade).unwrap();
        Policy::parse(text.as_bytes()).unwrap();
    }
    let text = trust.policy(Grade::Audited).unwrap();
    let short: Vec<_> = text.lines().map(|l| l.split('+').next().unwrap_or_default()).collect();
    expect![[r#"
        log log.example/vestibule
        witness lab-witness lab.example/witness
        witness gov-witness gov.example/witness
        witness ig-witness ig.example/witness
        group main all lab-witness gov-witness
        group inspectors all ig-witness
        group audited all main inspectors
        quorum audited
    "#]]
    .assert_eq(&(short.join("\n") + "\n"));
    assert_eq!(KEYS.trust.policy(Grade::Full), None);
    assert_eq!(KEYS.trust.policy(Grade::Provisional).unwrap().lines().count(), 2);
}

#[test]
fn refusals() {
    let keys = cosigners();
    let vkey = |n: usize| keys[n].1.clone();
    let main = |id: &str, key| Witness::new(party(id), WitnessRole::Main, key, None);
    let trust = |witnesses| KEYS.trust.clone().with_witnesses(witnesses).unwrap_err().to_string();
    expect!["a witness is `nobody`'s, which is not among the parties"]
        .assert_eq(&trust(vec![main("nobody", vkey(0)).unwrap()]));
    expect!["party `lab` has two witnesses; name one"]
        .assert_eq(&trust(vec![main("lab", vkey(0)).unwrap(), main("lab", vkey(1)).unwrap()]));
    expect!["the witness of `gov` has a key of `lab`; a witness has a key of its own"]
        .assert_eq(&trust(vec![main("lab", vkey(0)).unwrap(), main("gov", vkey(0)).unwrap()]));
    let log: VerifierKey = KEYS.trust.log().vkey().parse().unwrap();
    assert!(matches!(
        main("lab", log),
        Err(TrustError::WitnessKey { field: "vkey", kind: 0x01, .. })
    ));
    let wrong = Witness::new(party("lab"), WitnessRole::Main, vkey(0), Some(vkey(1)));
    assert!(matches!(wrong, Err(TrustError::WitnessKey { field: "cnsa", kind: 0x04, .. })));
    // a party's own key is no witness's
    let own = tlog::PublicKey::new(0x04, KEYS.parties[&party("gov")].public().ed25519()).unwrap();
    let own = VerifierKey::new(tlog::KeyName::new("gov.example/witness").unwrap(), own);
    expect!["the witness of `lab` has a key of `gov`; a witness has a key of its own"]
        .assert_eq(&trust(vec![main("lab", own).unwrap()]));
}
