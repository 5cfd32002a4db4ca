//! JSON in: bounded, and with the path of what does not fit.

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{self, Deserializer as _, IgnoredAny, MapAccess, Visitor};

use crate::error::{Format, Place, Problem, ReadError, printable};

/// A string borrowed from the input unless it has escapes.
#[derive(Debug, Default, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(transparent)]
pub(crate) struct Text<'a>(#[serde(borrow)] pub(crate) Cow<'a, str>);

/// The first key of the outermost object that is one of `keys`; what follows it is not read.
pub(crate) fn first_key(bytes: &[u8], keys: &[&'static str]) -> Option<&'static str> {
    struct Keys<'k>(&'k [&'static str], Option<&'static str>);
    impl<'de> Visitor<'de> for &mut Keys<'_> {
        type Value = ();

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }

        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
            while let Some(key) = map.next_key::<Cow<'_, str>>()? {
                self.1 = self.0.iter().copied().find(|known| *known == key);
                if self.1.is_some() {
                    return Err(de::Error::custom("found"));
                }
                map.next_value::<IgnoredAny>()?;
            }
            Ok(())
        }
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut found = Keys(keys, None);
    // the answer is in `found`; that reading stops early is meant
    let _ = serde_json::Deserializer::from_slice(bytes).deserialize_map(&mut found);
    found.1
}

/// Decodes one JSON document; on a mismatch decodes again, slower, to learn the path.
pub(crate) fn decode<'a, T: Deserialize<'a>>(
    format: Format,
    bytes: &'a [u8],
    bound: usize,
) -> Result<T, ReadError> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    within(format, bytes, bound)?;
    match serde_json::from_slice(bytes) {
        Ok(value) => Ok(value),
        Err(error) => Err(explain::<T>(format, bytes, &error)),
    }
}

/// Refuses more than `bound` bytes.
pub(crate) fn within(format: Format, bytes: &[u8], bound: usize) -> Result<(), ReadError> {
    if bytes.len() <= bound {
        return Ok(());
    }
    let problem = Problem::TooLarge { bytes: bytes.len(), bound };
    Err(ReadError::new(format, Place::default(), problem))
}

#[cold]
fn explain<'a, T: Deserialize<'a>>(
    format: Format,
    bytes: &'a [u8],
    error: &serde_json::Error,
) -> ReadError {
    let mut place = Place { line: Some(error.line()), column: Some(error.column()), path: None };
    if error.is_data() {
        let mut json = serde_json::Deserializer::from_slice(bytes);
        if let Err(error) = serde_path_to_error::deserialize::<_, T>(&mut json) {
            place.path = Some(error.path().to_string()).filter(|path| path != ".");
        }
    }
    let text = error.to_string();
    let message = text.rsplit_once(" at line ").map_or(text.as_str(), |(message, _)| message);
    let message = printable(message, 200);
    ReadError::new(format, place, Problem::Syntax(message))
}

/// The lines of a JSON lines file that are not blank, with their numbers from 1.
pub(crate) fn lines(bytes: &[u8]) -> impl Iterator<Item = (usize, &[u8])> {
    bytes
        .split(|byte| *byte == b'\n')
        .enumerate()
        .filter(|(_, line)| !line.trim_ascii().is_empty())
        .map(|(at, line)| (at + 1, line))
}

/// `null` is as good as absent: several formats admit it for lists.
pub(crate) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: serde::Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}
