//! Entry bundles: each entry is its length, two bytes big-endian, and its bytes.

/// The longest entry in bytes.
pub const MAX_ENTRY: usize = 65_535;

/// Why bytes are not an entry bundle, or an entry does not fit in one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BundleError {
    /// The bytes end within an entry.
    #[error("the bundle ends within entry {entry}, at byte {at}")]
    Truncated {
        /// Which entry, from 0.
        entry: usize,
        /// Where it starts, in bytes.
        at: usize,
    },
    /// The bundle has another number of entries than its path says.
    #[error("the bundle has {got} entries where {wanted} are needed")]
    Width {
        /// Entries there.
        got: usize,
        /// Entries needed.
        wanted: usize,
    },
    /// The entry is too long.
    #[error("the entry has {0} bytes, and at most {MAX_ENTRY} fit")]
    EntryTooLong(usize),
}

/// Reads a bundle of exactly `width` entries.
///
/// # Errors
///
/// [`BundleError::Truncated`] or [`BundleError::Width`].
pub fn parse_bundle(bytes: &[u8], width: u16) -> Result<Vec<&[u8]>, BundleError> {
    let wanted = usize::from(width);
    let (mut rest, mut entries) = (bytes, Vec::with_capacity(wanted.min(256)));
    while !rest.is_empty() {
        let truncated =
            BundleError::Truncated { entry: entries.len(), at: bytes.len() - rest.len() };
        if entries.len() == wanted {
            return Err(BundleError::Width { got: wanted + 1, wanted });
        }
        let Some((len, after)) = rest.split_first_chunk::<2>() else { return Err(truncated) };
        let len = usize::from(u16::from_be_bytes(*len));
        let Some((entry, after)) = after.split_at_checked(len) else { return Err(truncated) };
        entries.push(entry);
        rest = after;
    }
    if entries.len() == wanted {
        Ok(entries)
    } else {
        Err(BundleError::Width { got: entries.len(), wanted })
    }
}

/// Appends an entry to a bundle.
///
/// # Errors
///
/// [`BundleError::EntryTooLong`].
pub fn push_entry(bundle: &mut Vec<u8>, entry: &[u8]) -> Result<(), BundleError> {
    let len = u16::try_from(entry.len()).map_err(|_| BundleError::EntryTooLong(entry.len()))?;
    bundle.extend_from_slice(&len.to_be_bytes());
    bundle.extend_from_slice(entry);
    Ok(())
}
