//! CBOR as a person reads it: diagnostic notation (RFC 8949 §8) of the types that statements use.

use data_encoding::HEXLOWER;
use minicbor::Decoder;
use minicbor::data::Type;
use minicbor::decode::Error;

/// How deep values may lie in each other before they are shown as `…`.
const DEPTH: u8 = 32;

/// One value in diagnostic notation, or its bytes where it has a type that no statement uses.
pub(super) fn notation(bytes: &[u8]) -> String {
    let mut decoder = Decoder::new(bytes);
    let shown = value(&mut decoder, DEPTH).ok().flatten();
    shown.unwrap_or_else(|| format!("<<{}>>", HEXLOWER.encode(bytes)))
}

fn value(d: &mut Decoder<'_>, depth: u8) -> Result<Option<String>, Error> {
    let Some(deeper) = depth.checked_sub(1) else {
        d.skip()?;
        return Ok(Some("…".to_owned()));
    };
    Ok(Some(match d.datatype()? {
        Type::U8 | Type::U16 | Type::U32 | Type::U64 => d.u64()?.to_string(),
        Type::I8 | Type::I16 | Type::I32 | Type::I64 | Type::Int => d.int()?.to_string(),
        Type::Bool => d.bool()?.to_string(),
        Type::Null => {
            d.null()?;
            "null".to_owned()
        }
        Type::Bytes => format!("h'{}'", HEXLOWER.encode(d.bytes()?)),
        Type::String => format!("{:?}", d.str()?),
        Type::Array => {
            let mut parts = Vec::new();
            for _ in 0..d.array()?.unwrap_or(0) {
                parts.extend(value(d, deeper)?);
            }
            format!("[{}]", parts.join(", "))
        }
        Type::Map => {
            let mut parts = Vec::new();
            for _ in 0..d.map()?.unwrap_or(0) {
                let (key, value) = (value(d, deeper)?, value(d, deeper)?);
                parts.extend(key.zip(value).map(|(k, v)| format!("{k}: {v}")));
            }
            format!("{{{}}}", parts.join(", "))
        }
        _ => return Ok(None),
    }))
}
