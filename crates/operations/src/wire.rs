//! The one encoding that is ours alone to exchange: a complete statement on its way to a node.

use domain::Digest;
use domain::wire::{self, WireError};
use ledger::Entry;

#[derive(minicbor::Encode, minicbor::Decode)]
struct EntryWire {
    #[n(0)]
    id: Digest,
    #[cbor(n(1), with = "minicbor::bytes")]
    leaf: Vec<u8>,
    #[cbor(n(2), with = "minicbor::bytes")]
    object: Vec<u8>,
}

/// Writes a complete statement: CBOR array of id, leaf bytes, object bytes.
pub fn entry_bytes(entry: &Entry) -> Vec<u8> {
    let Entry { leaf, object, id } = entry.clone();
    wire::encode(&EntryWire { id, leaf, object })
}

/// Reads a complete statement, strictly; what it holds is checked by [`Entry::verify`].
///
/// # Errors
/// Bytes that are no such encoding.
pub fn entry(bytes: &[u8]) -> Result<Entry, WireError> {
    let EntryWire { id, leaf, object } = wire::decode(bytes)?;
    Ok(Entry { leaf, object, id })
}

/// Reads complete statements that follow each other, each strictly: a file of them is written by putting them together.
///
/// # Errors
/// Bytes that are no such encodings; places are counted from the beginning of the statement at fault.
pub fn entries(mut bytes: &[u8]) -> Result<Vec<Entry>, WireError> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let mut decoder = minicbor::Decoder::new(bytes);
        decoder.skip().map_err(|e| WireError::Malformed {
            at: e.position().unwrap_or_else(|| decoder.position()),
            reason: e.to_string(),
        })?;
        let (first, rest) = bytes.split_at_checked(decoder.position()).unwrap_or((bytes, &[]));
        found.push(entry(first)?);
        bytes = rest;
    }
    Ok(found)
}

#[cfg(test)]
mod tests;
