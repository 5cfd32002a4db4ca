//! Signatures under the roots of trust: whose are there, whose are missing, and every way to be wrong.

use crate::testing::{KEYS, party, rooted_trust, secret};
use crate::{Trust, TrustError};
use expect_test::expect;

fn names(parties: impl IntoIterator<Item = impl ToString>) -> Vec<String> {
    parties.into_iter().map(|p| p.to_string()).collect()
}

fn signed(by: &[&str]) -> Trust {
    by.iter().fold(KEYS.trust.clone(), |t, id| t.sign(&party(id), secret(id)).unwrap())
}

#[test]
fn says_who_signed_and_who_did_not() {
    assert_eq!(names(KEYS.trust.unsigned()), ["gov", "ig", "lab"]);
    let trust = signed(&["lab", "gov"]);
    let again = Trust::read(&trust.to_text()).unwrap();
    assert_eq!(again, trust);
    assert_eq!(names(again.signed_by()), ["gov", "lab"]);
    assert_eq!(names(again.unsigned()), ["ig"]);
    assert!(trust.to_text().starts_with(&KEYS.trust.to_text()), "what is signed stays as it was");
    assert_eq!(names(signed(&["ig", "lab", "gov"]).unsigned()), Vec::<String>::new());
    // the same roots, whatever is under them
    assert_eq!(trust.parties().collect::<Vec<_>>(), KEYS.trust.parties().collect::<Vec<_>>());
}

#[test]
fn a_root_signs_for_its_party() {
    let trust = rooted_trust();
    assert_eq!(names(trust.unsigned()), ["gov", "ig", "lab"]);
    let trust = trust.sign(&party("lab-root"), secret("lab-root")).unwrap();
    assert_eq!(names(Trust::read(&trust.to_text()).unwrap().unsigned()), ["gov", "ig"]);
}

fn refused(text: &str) -> String {
    Trust::read(text).unwrap_err().to_string()
}

#[test]
fn refusals() {
    let text = signed(&["gov", "lab"]).to_text();
    let name = text.replacen("Example gov", "Example Gov", 1);
    expect!["the Ed25519 signature of `gov` under the file does not verify: the file was changed after it was signed"].assert_eq(&refused(&name));
    let line = |n: usize| text.lines().nth_back(n).unwrap().to_owned() + "\n";
    let (gov, lab) = (line(1), line(0));
    let unsigned = text.replacen(&gov, "", 1).replacen(&lab, "", 1);
    expect!["signature line 1 is not `# party base64`, sorted by party, each party once"]
        .assert_eq(&refused(&unsigned));
    for wrong in [
        format!("{unsigned}{lab}{gov}"),
        format!("{unsigned}{gov}{gov}"),
        format!("{unsigned}{gov}\n{lab}"),
        format!("{unsigned}{gov}{}", lab.trim_end()),
        format!("{unsigned}{gov}{}", lab.replacen(' ', "", 1)),
        format!("{unsigned}{gov}[x]\n"),
        format!("{unsigned}# gov AAAA\n"),
    ] {
        assert!(matches!(Trust::read(&wrong), Err(TrustError::SignatureLine { .. })));
    }
    let other = format!("{unsigned}{}", lab.replacen("lab", "gov", 1));
    assert!(matches!(Trust::read(&other), Err(TrustError::BadSignature { .. })));
    let nobody = format!("{unsigned}{}", lab.replacen("lab", "nobody", 1));
    expect!["`nobody` can't sign this file: it is not named in it with this key"]
        .assert_eq(&refused(&nobody));
    let stranger = KEYS.trust.clone().sign(&party("lab"), secret("gov"));
    assert!(matches!(stranger, Err(TrustError::NotSigner(_))));
}
