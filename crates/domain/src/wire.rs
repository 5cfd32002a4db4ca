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
    let mut again = Same { rest: bytes };
    let same = minicbor::encode(&value, &mut again).is_ok();
    if !same || !again.rest.is_empty() {
        return Err(WireError::NotDeterministic { at: bytes.len() - again.rest.len() });
    }
    Ok(value)
}

/// Takes what is written only as long as it is the same as the bytes, so that nothing is copied to compare.
struct Same<'b> {
    /// What is still to come.
    rest: &'b [u8],
}

impl minicbor::encode::Write for Same<'_> {
    type Error = NotTheSame;

    fn write_all(&mut self, part: &[u8]) -> Result<(), NotTheSame> {
        if let Some(rest) = self.rest.strip_prefix(part) {
            self.rest = rest;
            return Ok(());
        }
        let same = part.iter().zip(self.rest).take_while(|(a, b)| a == b).count();
        self.rest = self.rest.get(same..).unwrap_or_default();
        Err(NotTheSame)
    }
}

/// What is written differs from the bytes.
struct NotTheSame;

#[cfg(test)]
mod tests;
