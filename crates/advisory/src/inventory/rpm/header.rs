//! rpm's headers: an index of tags, then their values, all big-endian (rpm's file format, "Header Structure").

use super::component;
use crate::error::{Format, Place, Problem, ReadError};
use crate::inventory::{Inventory, bounded};

/// Tags that say what a package is.
const NAME: u32 = 1000;
const VERSION: u32 = 1001;
const RELEASE: u32 = 1002;
const EPOCH: u32 = 1003;
const VENDOR: u32 = 1011;

/// Types of values.
const INT32: u32 = 4;
const STRING: u32 = 6;

/// Length of an entry of the index.
const ENTRY: usize = 16;

/// Reads the headers of an rpm database.
///
/// # Errors
/// [`ReadError`] with the number of the header.
pub fn read(headers: &[Vec<u8>]) -> Result<Inventory, ReadError> {
    let mut components = Vec::with_capacity(headers.len());
    for (at, header) in headers.iter().enumerate() {
        let place = Place::path(format!("package {}", at + 1));
        let header = Header::of(header);
        let parts = header.as_ref().and_then(|header| {
            Some((header.text(NAME)?, header.text(VERSION)?, header.text(RELEASE)?))
        });
        let (Some((name, version, release)), Some(header)) = (parts, &header) else {
            let problem =
                Problem::Rule("it is no header of a package with name, version and release");
            return Err(ReadError::new(Format::RpmList, place, problem));
        };
        if name == "gpg-pubkey" {
            continue;
        }
        let epoch = header.number(EPOCH).unwrap_or_default();
        let vendor = header.text(VENDOR).unwrap_or_default();
        components.push(component(name, &format!("{epoch}:{version}-{release}"), vendor, place));
        bounded(Format::RpmList, &components)?;
    }
    Ok(Inventory { format: Format::RpmList, components })
}

/// The index and the values.
struct Header<'a>(&'a [u8], &'a [u8]);

fn word(bytes: &[u8]) -> Option<u32> {
    bytes.first_chunk().map(|bytes| u32::from_be_bytes(*bytes))
}

impl<'a> Header<'a> {
    fn of(bytes: &'a [u8]) -> Option<Self> {
        let length = |at: usize| usize::try_from(word(bytes.get(at..)?)?).ok();
        let (entries, values) = (length(0)?.checked_mul(ENTRY)?, length(4)?);
        let end = entries.checked_add(8)?;
        Some(Self(bytes.get(8..end)?, bytes.get(end..end.checked_add(values)?)?))
    }

    /// The bytes from a tag's value on, if it has that type.
    fn value(&self, tag: u32, kind: u32) -> Option<&'a [u8]> {
        let mut entries = self.0.chunks_exact(ENTRY);
        let entry = entries.find(|entry| word(entry) == Some(tag))?;
        let told = word(entry.get(4..)?)?;
        let offset = usize::try_from(word(entry.get(8..)?)?).ok()?;
        self.1.get(offset..).filter(|_| told == kind)
    }

    fn text(&self, tag: u32) -> Option<&'a str> {
        let value = self.value(tag, STRING)?;
        let end = value.iter().position(|byte| *byte == 0)?;
        std::str::from_utf8(value.get(..end)?).ok().filter(|text| !text.is_empty())
    }

    fn number(&self, tag: u32) -> Option<u32> {
        word(self.value(tag, INT32)?)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    //! A header by hand, and damaged ones.
    use super::*;
    use proptest::prelude::*;

    /// A header of these texts and an epoch.
    fn header(texts: &[(u32, &str)], epoch: Option<u32>) -> Vec<u8> {
        let (mut index, mut values) = (Vec::new(), Vec::new());
        let mut entry = |tag: u32, kind: u32, value: &[u8]| {
            let offset = u32::try_from(values.len()).unwrap();
            for word in [tag, kind, offset, 1] {
                index.extend_from_slice(&word.to_be_bytes());
            }
            values.extend_from_slice(value);
        };
        for (tag, text) in texts {
            entry(*tag, STRING, format!("{text}\0").as_bytes());
        }
        if let Some(epoch) = epoch {
            entry(EPOCH, INT32, &epoch.to_be_bytes());
        }
        let count = |n: usize| u32::try_from(n).unwrap().to_be_bytes();
        [&count(index.len() / ENTRY)[..], &count(values.len()), &index, &values].concat()
    }

    fn curl() -> Vec<u8> {
        let texts = [
            (NAME, "curl"),
            (VERSION, "7.76.1"),
            (RELEASE, "26.el9_3.2"),
            (VENDOR, "Red Hat, Inc."),
        ];
        header(&texts, Some(2))
    }

    #[test]
    fn packages() {
        let key = header(&[(NAME, "gpg-pubkey"), (VERSION, "a"), (RELEASE, "b")], None);
        let plain = header(&[(NAME, "own"), (VERSION, "1"), (RELEASE, "2")], None);
        let read = read(&[key, curl(), plain]).unwrap();
        let show: Vec<_> = read
            .components
            .iter()
            .map(|one| {
                (one.name.as_str(), one.version.clone().unwrap(), one.purl().map(|p| p.to_string()))
            })
            .collect();
        let purl = "pkg:rpm/redhat/curl@7.76.1-26.el9_3.2?distro=rhel-9&epoch=2";
        assert_eq!(show[0], ("curl", "2:7.76.1-26.el9_3.2".to_owned(), Some(purl.to_owned())));
        assert_eq!(show[1], ("own", "1-2".to_owned(), None));
    }

    #[test]
    fn what_is_no_package_is_told() {
        let nameless = header(&[(VERSION, "1"), (RELEASE, "2")], None);
        let error = read(&[curl(), nameless]).unwrap_err().to_string();
        assert!(error.contains("package 2"), "{error}");
    }

    proptest! {
        #[test]
        fn never_panics(bytes: Vec<u8>, cut in 0usize..100, with: u8) {
            let _ = read(&[bytes]);
            let mut near = curl();
            let at = cut % near.len();
            near[at] = with;
            let _ = read(&[near.clone()]);
            near.truncate(at);
            prop_assert!(read(&[near]).is_err());
        }
    }
}
