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

#[cfg(test)]
mod tests;
