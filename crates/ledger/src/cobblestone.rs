//! Cobblestone-256: C2SP chunked encryption (<https://c2sp.org/chunked-encryption>) with SHA-512 and AES-256-GCM.
//!
//! ```text
//! key (32) || base nonce (12) || commitment (32) =
//!     HKDF-Expand-SHA-512(input key, "c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM" || 0x00 || salt || context)
//! ciphertext = salt (24) || commitment || chunks
//! ```
//!
//! A chunk is 16 KiB of the message, the last one shorter, each under AES-256-GCM with the base nonce XOR its
//! number. The commitment binds the ciphertext to one input key, salt and context: nobody can make one that
//! opens under two keys. Messages here fit in memory, so there is no streaming and no partial answer: a
//! ciphertext opens as a whole or not at all.

#[cfg(not(target_arch = "wasm32"))]
mod cipher;

#[cfg(not(target_arch = "wasm32"))]
pub use cipher::{open, seal};

/// Length of an input key, in bytes.
pub const KEY_LEN: usize = 32;
/// Length of a salt, in bytes. A salt never repeats under one input key.
pub const SALT_LEN: usize = 24;
/// Longest message, in bytes: a bound of this software, far below the specification's.
pub const MAX_MESSAGE: usize = 8 << 20;

/// Length of the commitment, in bytes.
const COMMITMENT_LEN: usize = 32;
/// What comes before the first chunk, in bytes.
const HEAD: usize = SALT_LEN + COMMITMENT_LEN;
const CHUNK: usize = 16 << 10;
const TAG: usize = 16;

/// Why a message could not be sealed or opened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CobblestoneError {
    /// Longer than [`MAX_MESSAGE`], or the ciphertext of one that is.
    #[error("{given} bytes; messages here have at most {MAX_MESSAGE}")]
    TooLong {
        /// How many bytes were given.
        given: usize,
    },
    /// No message has a ciphertext of this length: it was cut, or something follows it.
    #[error("{given} bytes are the length of no ciphertext; it was cut or added to")]
    Length {
        /// How many bytes were given.
        given: usize,
    },
    /// Another key, salt or context.
    #[error("sealed under another key or for another context (the commitment differs)")]
    Commitment,
    /// A chunk does not decrypt.
    #[error("chunk {0} was changed or moved")]
    Chunk(u32),
}

/// The length of the ciphertext of a message of `message` bytes.
pub const fn sealed_len(message: usize) -> usize {
    HEAD + message + (message / CHUNK + 1) * TAG
}

#[cfg(test)]
mod tests;
