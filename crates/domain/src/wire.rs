//! Strict, deterministic CBOR.
//!
//! Structs are `minicbor` derives with numbered fields. Reading checks that writing gives the same
//! bytes back, so there is one encoding of each value and nothing can hide in unknown fields,
//! long integers or trailing bytes.

/// Most bytes of one encoded value that any reader takes.
pub const LIMIT: usize = 1 << 20;

/// Why bytes were refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WireError {
    /// More bytes than [`LIMIT`].
    #[error("{given} bytes; at most {LIMIT} are read")]
    TooLong {
        /// How many bytes there are.
        given: usize,
    },
    /// Not CBOR, or not of the expected shape.
    #[error("malformed at byte {at}: {reason}")]
    Malformed {
        /// Where reading stopped.
        at: usize,
        /// What was wrong.
        reason: String,
    },
    /// Bytes after the value.
    #[error("{extra} bytes follow the value, which ends at byte {at}")]
    Trailing {
        /// Where the value ends.
        at: usize,
        /// How many bytes follow.
        extra: usize,
    },
    /// The value reads, but its one deterministic encoding differs.
    #[error("not the deterministic encoding of its value (first difference at byte {at})")]
    NotDeterministic {
        /// The first byte that differs.
        at: usize,
    },
}

/// Writes a value.
///
/// # Panics
/// Never for derived types: writing to memory cannot fail.
pub fn encode<T: minicbor::Encode<()>>(value: &T) -> Vec<u8> {
    minicbor::to_vec(value).expect("writing CBOR to memory cannot fail")
}

/// Reads a value, strictly.
///
/// # Errors
/// See [`WireError`].
pub fn decode<T>(bytes: &[u8]) -> Result<T, WireError>
where
    T: minicbor::Encode<()> + for<'b> minicbor::Decode<'b, ()>,
{
    if bytes.len() > LIMIT {
        return Err(WireError::TooLong { given: bytes.len() });
    }
    let mut decoder = minicbor::Decoder::new(bytes);
    let value: T = decoder.decode().map_err(|e| WireError::Malformed {
        at: e.position().unwrap_or_else(|| decoder.position()),
        reason: e.to_string(),
    })?;
    let end = decoder.position();
    if end < bytes.len() {
        return Err(WireError::Trailing { at: end, extra: bytes.len() - end });
    }
    let again = encode(&value);
    if again != bytes {
        let at = again.iter().zip(bytes).position(|(a, b)| a != b);
        return Err(WireError::NotDeterministic { at: at.unwrap_or(again.len().min(bytes.len())) });
    }
    Ok(value)
}

#[cfg(test)]
mod tests;
