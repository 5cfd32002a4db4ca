//! Hashes of a log: those of RFC 6962 §2.1 with SHA-256, and the same tree with SHA-384.

use crate::tile::Level;
use std::fmt;
use std::str::FromStr;

/// What a tree is made of: a hash function with the prefixes of RFC 6962 §2.1.
///
/// [`Hash`] is C2SP's, with SHA-256. [`Hash384`] is the second tree of a log with a CNSA profile. All Merkle math
/// is written once over this trait, and each use of it is compiled for one hash alone.
pub trait TreeHash:
    Copy + Eq + Ord + fmt::Debug + fmt::Display + FromStr<Err = ParseHashError> + 'static
{
    /// The root of the tree without leaves: the hash of nothing.
    const EMPTY_ROOT: Self;
    /// How many bytes a hash has.
    const LEN: usize;

    /// The hash of an entry: H(0x00 || entry).
    #[must_use]
    fn leaf(entry: &[u8]) -> Self;

    /// The hash of an inner node: H(0x01 || left || right).
    #[must_use]
    fn node(left: &Self, right: &Self) -> Self;

    /// A hash from a slice; `None` unless it has [`TreeHash::LEN`] bytes.
    fn from_slice(bytes: &[u8]) -> Option<Self>;

    /// The raw bytes.
    fn as_slice(&self) -> &[u8];

    /// What tiles of this tree hold at a level of tiles.
    fn level(level: u8) -> Level;
}

/// The hash of a leaf or of a node: 32 bytes of SHA-256.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash([u8; 32]);

/// The hash of a leaf or of a node of the second tree: 48 bytes of SHA-384.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Hash384([u8; 48]);

/// Why a text is not a hash.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a hash: write {wanted} bytes in canonical base64")]
pub struct ParseHashError {
    text: String,
    wanted: usize,
}

macro_rules! tree_hash {
    ($type:ident, $len:literal, $algorithm:ident, $level:ident, $empty:expr) => {
        impl $type {
            /// The root of the tree without leaves: the hash of nothing.
            pub const EMPTY_ROOT: Self = Self($empty);
            /// How many bytes a hash has.
            pub const LEN: usize = $len;

            /// A hash that was computed elsewhere.
            pub const fn from_bytes(bytes: [u8; $len]) -> Self {
                Self(bytes)
            }

            /// A hash from a slice; `None` unless it has as many bytes as a hash.
            pub fn from_slice(bytes: &[u8]) -> Option<Self> {
                Some(Self(bytes.try_into().ok()?))
            }

            /// The raw bytes.
            pub const fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }
        }

        impl TreeHash for $type {
            const EMPTY_ROOT: Self = Self::EMPTY_ROOT;
            const LEN: usize = $len;

            fn leaf(entry: &[u8]) -> Self {
                Self(crypto::$algorithm(&[&[0], entry]))
            }

            fn node(left: &Self, right: &Self) -> Self {
                Self(crypto::$algorithm(&[&[1], &left.0, &right.0]))
            }

            fn from_slice(bytes: &[u8]) -> Option<Self> {
                Self::from_slice(bytes)
            }

            fn as_slice(&self) -> &[u8] {
                &self.0
            }

            fn level(level: u8) -> Level {
                Level::$level(level)
            }
        }

        impl fmt::Display for $type {
            /// Standard base64, as in checkpoints and proofs.
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&data_encoding::BASE64.encode(&self.0))
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($type))
            }
        }

        impl FromStr for $type {
            type Err = ParseHashError;
            /// Canonical standard base64 of exactly as many bytes as a hash has.
            fn from_str(text: &str) -> Result<Self, ParseHashError> {
                let shown = text.chars().take(60).collect();
                let wrong = ParseHashError { text: shown, wanted: $len };
                if text.len() != $len / 3 * 4 + if $len % 3 == 0 { 0 } else { 4 } {
                    return Err(wrong);
                }
                let bytes = crate::base64(text);
                bytes.and_then(|bytes| Self::from_slice(&bytes)).ok_or(wrong)
            }
        }
    };
}

tree_hash!(
    Hash,
    32,
    sha256,
    Hashes,
    [
        0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9,
        0x24, 0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52,
        0xb8, 0x55,
    ]
);
tree_hash!(
    Hash384,
    48,
    sha384,
    Hashes384,
    [
        0x38, 0xb0, 0x60, 0xa7, 0x51, 0xac, 0x96, 0x38, 0x4c, 0xd9, 0x32, 0x7e, 0xb1, 0xb1, 0xe3,
        0x6a, 0x21, 0xfd, 0xb7, 0x11, 0x14, 0xbe, 0x07, 0x43, 0x4c, 0x0c, 0xc7, 0xbf, 0x63, 0xf6,
        0xe1, 0xda, 0x27, 0x4e, 0xde, 0xbf, 0xe7, 0x6f, 0x65, 0xfb, 0xd5, 0x1a, 0xd2, 0xf1, 0x48,
        0x98, 0xb9, 0x5b,
    ]
);

/// The hash of an entry: SHA-256(0x00 || entry).
pub fn leaf_hash(entry: &[u8]) -> Hash {
    Hash::leaf(entry)
}

/// The hash of an inner node: SHA-256(0x01 || left || right).
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Hash::node(left, right)
}

/// SHA-256 without a prefix, for key ids.
pub(crate) fn plain_sha256(parts: &[&[u8]]) -> [u8; 32] {
    crypto::sha256(parts)
}

/// SHA-256 of one text in lowercase hexadecimal, for the names of logs.
pub(crate) fn plain_sha256_hex(bytes: &[u8]) -> String {
    data_encoding::HEXLOWER.encode(&plain_sha256(&[bytes]))
}
