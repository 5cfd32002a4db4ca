//! One encoding a value, and no panics on anything.
use super::*;
use crate::{PartyId, Timestamp};

#[derive(Debug, PartialEq, minicbor::Encode, minicbor::Decode)]
struct Sample {
    #[n(0)]
    who: PartyId,
    #[n(1)]
    at: Timestamp,
    #[n(2)]
    note: Option<u8>,
}

fn sample() -> Sample {
    Sample { who: "lab".parse().unwrap(), at: Timestamp::EPOCH, note: None }
}

#[test]
fn refuses_what_it_would_not_write() {
    let good = encode(&sample());
    assert_eq!(decode::<Sample>(&good).unwrap(), sample());

    let mut trailing = good.clone();
    trailing.push(0);
    assert!(matches!(decode::<Sample>(&trailing), Err(WireError::Trailing { extra: 1, .. })));

    // the same array with an unknown third field
    let unknown = minicbor::to_vec(("lab", 0, None::<u8>, 7)).unwrap();
    assert!(matches!(decode::<Sample>(&unknown), Err(WireError::NotDeterministic { .. })));

    // 0 written in two bytes instead of one
    let long = [&good[..good.len() - 1], &[0x18, 0x00]].concat();
    assert!(decode::<Sample>(&long).is_err());

    for cut in 0..good.len() {
        assert!(decode::<Sample>(&good[..cut]).is_err(), "{cut}");
    }
}

proptest::proptest! {
    #[test]
    fn never_panics(bytes: Vec<u8>) {
        let _ = decode::<Sample>(&bytes);
    }
}
