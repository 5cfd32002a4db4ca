//! Digests: SHA-256 for interchange, SHA-384 for the CNSA 2.0 side.

use std::fmt;
use std::str::FromStr;

/// Why a text is not a digest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{given}` is not a {name} digest: {digits} lower-case hexadecimal digits are needed")]
pub struct ParseDigestError {
    given: String,
    name: &'static str,
    digits: usize,
}

macro_rules! digests {
    ($($(#[$doc:meta])* $type:ident, $len:literal, $name:literal, $algorithm:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $type([u8; $len]);

        impl $type {
            /// Takes the digest of `bytes`.
            pub fn of(bytes: &[u8]) -> Self {
                Self(crypto::$algorithm(&[bytes]))
            }
            /// A digest that was computed elsewhere.
            pub const fn from_bytes(bytes: [u8; $len]) -> Self {
                Self(bytes)
            }
            /// The raw bytes.
            pub const fn as_bytes(&self) -> &[u8; $len] {
                &self.0
            }
            /// Its digits, written to where the caller has room for them.
            fn hex<'a>(&self, digits: &'a mut [u8; 2 * $len]) -> &'a str {
                data_encoding::HEXLOWER.encode_mut(&self.0, digits);
                std::str::from_utf8(digits).expect("hexadecimal digits are text")
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.hex(&mut [0; 2 * $len]))
            }
        }

        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({self})", stringify!($type))
            }
        }

        impl FromStr for $type {
            type Err = ParseDigestError;
            fn from_str(text: &str) -> Result<Self, ParseDigestError> {
                data_encoding::HEXLOWER
                    .decode(text.as_bytes())
                    .ok()
                    .and_then(|bytes| bytes.try_into().ok())
                    .map(Self)
                    .ok_or_else(|| ParseDigestError {
                        given: text.chars().take(100).collect(),
                        name: $name,
                        digits: 2 * $len,
                    })
            }
        }

        impl<C> minicbor::Encode<C> for $type {
            fn encode<W: minicbor::encode::Write>(
                &self,
                e: &mut minicbor::Encoder<W>,
                _: &mut C,
            ) -> Result<(), minicbor::encode::Error<W::Error>> {
                e.bytes(&self.0)?;
                Ok(())
            }
        }

        impl<'b, C> minicbor::Decode<'b, C> for $type {
            fn decode(
                d: &mut minicbor::Decoder<'b>,
                _: &mut C,
            ) -> Result<Self, minicbor::decode::Error> {
                let bytes = d.bytes()?.try_into();
                bytes.map(Self).map_err(|_| {
                    minicbor::decode::Error::message(concat!("wrong length of a ", $name, " digest"))
                })
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(self.hex(&mut [0; 2 * $len]))
            }
        }

        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

digests! {
    /// A SHA-256 digest (FIPS 180-4), 32 bytes, printed as 64 hexadecimal digits.
    Digest, 32, "SHA-256", sha256;
    /// A SHA-384 digest (FIPS 180-4), 48 bytes, printed as 96 hexadecimal digits.
    Digest384, 48, "SHA-384", sha384;
}

#[cfg(test)]
mod tests;
