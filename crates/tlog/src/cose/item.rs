//! CBOR items as values: any well-formed encoding is read, each value in one way only.

use super::{CoseError, MAX_DEPTH};
use minicbor::data::Type;
use minicbor::{Decoder, Encoder};

/// One data item (RFC 8949 §3). Lengths and widths of the encoding are gone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Item {
    /// Of major types 0 and 1, from -2^64 to 2^64 - 1.
    Int(i128),
    Bytes(Vec<u8>),
    Text(String),
    Array(Vec<Self>),
    Map(Vec<(Self, Self)>),
    Tag(u64, Box<Self>),
    Bool(bool),
    Null,
    /// Other simple values; nothing here uses them.
    Simple(u8),
    /// A float of any width by its bits as a double; nothing here uses them.
    Float(u64),
}

/// What is wrong at a place, in the words of the reader.
fn wrong(decoder: &Decoder<'_>, why: &str) -> CoseError {
    CoseError::Cbor { at: decoder.position(), why: why.to_owned() }
}

fn failed(decoder: &Decoder<'_>) -> impl Fn(minicbor::decode::Error) -> CoseError + use<> {
    let here = decoder.position();
    move |e| CoseError::Cbor { at: e.position().unwrap_or(here), why: e.to_string() }
}

impl Item {
    /// Reads one item and nothing after it.
    pub(super) fn read(bytes: &[u8], most: usize) -> Result<Self, CoseError> {
        if bytes.len() > most {
            return Err(CoseError::TooLong { given: bytes.len(), most });
        }
        let mut decoder = Decoder::new(bytes);
        let item = Self::next(&mut decoder, MAX_DEPTH)?;
        if decoder.position() < bytes.len() {
            return Err(wrong(&decoder, "bytes follow the item"));
        }
        Ok(item)
    }

    fn next(decoder: &mut Decoder<'_>, depth: usize) -> Result<Self, CoseError> {
        let Some(below) = depth.checked_sub(1) else {
            return Err(wrong(decoder, "nested too deeply"));
        };
        let fail = failed(decoder);
        Ok(match decoder.datatype().map_err(&fail)? {
            Type::U8
            | Type::U16
            | Type::U32
            | Type::U64
            | Type::I8
            | Type::I16
            | Type::I32
            | Type::I64
            | Type::Int => Self::Int(decoder.int().map_err(&fail)?.into()),
            Type::Bytes | Type::BytesIndef => {
                let chunks: Result<Vec<_>, _> = decoder.bytes_iter().map_err(&fail)?.collect();
                Self::Bytes(chunks.map_err(&fail)?.concat())
            }
            Type::String | Type::StringIndef => {
                let chunks: Result<Vec<_>, _> = decoder.str_iter().map_err(&fail)?.collect();
                Self::Text(chunks.map_err(&fail)?.concat())
            }
            Type::Array | Type::ArrayIndef => {
                let mut left = decoder.array().map_err(&fail)?;
                let mut items = Vec::new();
                while more(decoder, &mut left)? {
                    items.push(Self::next(decoder, below)?);
                }
                Self::Array(items)
            }
            Type::Map | Type::MapIndef => Self::Map(pairs(decoder, below)?),
            Type::Tag => {
                let tag = decoder.tag().map_err(&fail)?.as_u64();
                Self::Tag(tag, Box::new(Self::next(decoder, below)?))
            }
            Type::Bool => Self::Bool(decoder.bool().map_err(&fail)?),
            Type::Null => {
                decoder.null().map_err(&fail)?;
                Self::Null
            }
            Type::Undefined => {
                decoder.undefined().map_err(&fail)?;
                Self::Simple(23)
            }
            Type::Simple => match decoder.simple().map_err(&fail)? {
                // RFC 8949 §3.3: these have a shorter form only, or none.
                0xf8 => return Err(wrong(decoder, "a reserved simple value")),
                value => Self::Simple(value),
            },
            Type::F32 => Self::Float(f64::from(decoder.f32().map_err(&fail)?).to_bits()),
            Type::F64 => Self::Float(decoder.f64().map_err(&fail)?.to_bits()),
            Type::F16 => {
                // The bits as they are; the standard library can't read them yet, and nothing here needs to.
                let at = decoder.position();
                let half = decoder.input().get(at + 1..at + 3).and_then(|b| b.try_into().ok());
                let half = half.ok_or_else(|| wrong(decoder, "ends within a float"))?;
                decoder.set_position(at + 3);
                Self::Float(u64::from(u16::from_be_bytes(half)))
            }
            Type::Break | Type::Unknown(_) => {
                return Err(wrong(decoder, "not the beginning of an item"));
            }
        })
    }

    /// The value of a label in a map.
    pub(super) fn get(&self, label: i128) -> Option<&Self> {
        let Self::Map(pairs) = self else { return None };
        pairs.iter().find(|(key, _)| *key == Self::Int(label)).map(|(_, value)| value)
    }

    pub(super) const fn int(&self) -> Option<i128> {
        if let Self::Int(value) = self { Some(*value) } else { None }
    }

    pub(super) fn size(&self) -> Option<u64> {
        u64::try_from(self.int()?).ok()
    }

    pub(super) fn bytes(&self) -> Option<&[u8]> {
        if let Self::Bytes(bytes) = self { Some(bytes) } else { None }
    }

    pub(super) fn array(&self) -> Option<&[Self]> {
        if let Self::Array(items) = self { Some(items) } else { None }
    }

    /// A label or algorithm as a person would write it.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Int(value) => value.to_string(),
            Self::Text(text) => format!("`{}`", crate::text::shown(text)),
            Self::Bytes(_)
            | Self::Array(_)
            | Self::Map(_)
            | Self::Tag(..)
            | Self::Bool(_)
            | Self::Null
            | Self::Simple(_)
            | Self::Float(_) => "that is no label".to_owned(),
        }
    }
}

/// Whether an array or map, of which so many items are left, goes on; steps over the end of an indefinite one.
fn more(decoder: &mut Decoder<'_>, left: &mut Option<u64>) -> Result<bool, CoseError> {
    match left {
        Some(0) => Ok(false),
        Some(count) => {
            *count -= 1;
            Ok(true)
        }
        None => {
            let ends = decoder.datatype().map_err(failed(decoder))? == Type::Break;
            if ends {
                decoder.set_position(decoder.position() + 1);
            }
            Ok(!ends)
        }
    }
}

/// The pairs of a map; each key once (RFC 9052 §3).
fn pairs(decoder: &mut Decoder<'_>, below: usize) -> Result<Vec<(Item, Item)>, CoseError> {
    let mut left = decoder.map().map_err(failed(decoder))?;
    let mut pairs = Vec::new();
    while more(decoder, &mut left)? {
        pairs.push((Item::next(decoder, below)?, Item::next(decoder, below)?));
    }
    let mut keys: Vec<&Item> = pairs.iter().map(|(key, _)| key).collect();
    keys.sort_unstable();
    if keys.windows(2).any(|two| matches!(two, [a, b] if a == b)) {
        return Err(wrong(decoder, "a map has the same key twice"));
    }
    Ok(pairs)
}

/// Writes to memory, which can't fail.
pub(super) fn write(
    fill: impl FnOnce(
        &mut Encoder<&mut Vec<u8>>,
    ) -> Result<(), minicbor::encode::Error<std::convert::Infallible>>,
) -> Vec<u8> {
    let mut out = Vec::new();
    fill(&mut Encoder::new(&mut out)).expect("writing CBOR to memory cannot fail");
    out
}
