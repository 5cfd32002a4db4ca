//! Identifiers, instants, digests and lines of text: what reads is written so that it reads as the same.
#![no_main]

use domain::{Digest, Digest384, Line, PartyId, RunId, Text, Timestamp};
use libfuzzer_sys::fuzz_target;
use std::fmt::{Debug, Display};
use std::str::FromStr;

fn again<T: FromStr + Display + Debug + PartialEq>(text: &str) {
    if let Ok(value) = text.parse::<T>() {
        assert_eq!(value.to_string().parse::<T>().ok().as_ref(), Some(&value));
    }
}

fuzz_target!(|data: &[u8]| {
    let Ok(text) = std::str::from_utf8(data) else { return };
    again::<Timestamp>(text);
    again::<Digest>(text);
    again::<Digest384>(text);
    again::<PartyId>(text);
    again::<RunId>(text);
    again::<Line>(text);
    again::<Text>(text);
});
