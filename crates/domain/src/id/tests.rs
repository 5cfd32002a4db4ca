//! What is an id and what is not.
use super::*;

#[test]
fn accepts_and_refuses() {
    for good in ["a", "lab-example", "g1.2_3", "0", &"x".repeat(80)] {
        assert_eq!(good.parse::<PartyId>().unwrap().as_str(), good);
    }
    for bad in ["", "-a", ".a", "A", "a b", "a/b", "a\n", "é", "a:b", &"x".repeat(81)] {
        assert!(bad.parse::<PartyId>().is_err(), "{bad:?}");
    }
    assert!("CVE-2021-44228".parse::<AdvisoryId>().is_ok());
    assert!("DSA:1".parse::<AdvisoryId>().is_ok());
}

#[test]
fn survives_cbor_and_json() {
    let id: GrantId = "grant-1".parse().unwrap();
    let bytes = minicbor::to_vec(&id).unwrap();
    assert_eq!(minicbor::decode::<GrantId>(&bytes).unwrap(), id);
    assert!(minicbor::decode::<GrantId>(&minicbor::to_vec("NOT ONE").unwrap()).is_err());
    assert_eq!(serde_json::from_str::<GrantId>("\"grant-1\"").unwrap(), id);
    assert!(serde_json::from_str::<GrantId>("\"../x\"").is_err());
}

#[test]
fn fits_a_column() {
    let id: CaseId = "case-1".parse().unwrap();
    assert_eq!(format!("{id:<8}|{id:>8}|{id}"), "case-1  |  case-1|case-1");
}
