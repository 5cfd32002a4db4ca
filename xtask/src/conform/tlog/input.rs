//! The fields of a vector. Liberal in how bytes are written, so that a vector of others is not refused for its
//! form: base64 with or without padding, URL-safe base64, hexadecimal, PEM, JWK, plain text. What the
//! bytes say is judged by the product's strict parsers alone.

use data_encoding::{BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD, HEXLOWER_PERMISSIVE};
use serde_json::Value;
use tlog::cose::{CoseAlgorithm, CoseKey};

/// The field, under its own name or one that says its encoding.
pub(super) fn field<'a>(v: &'a Value, name: &str) -> Result<&'a Value, String> {
    let names = [name.to_owned(), format!("{name}_b64"), format!("{name}_base64")];
    let found = names.iter().find_map(|n| v.get(n));
    found.ok_or_else(|| format!("no field `{name}`"))
}

/// Every reading of a field as bytes: encodings first, the plain text last.
pub(super) fn readings(v: &Value, name: &str) -> Result<Vec<Vec<u8>>, String> {
    let text = field(v, name)?.as_str().ok_or_else(|| format!("`{name}` is not a text"))?;
    Ok(of_text(text))
}

fn of_text(text: &str) -> Vec<Vec<u8>> {
    let encodings = [BASE64, BASE64_NOPAD, BASE64URL, BASE64URL_NOPAD, HEXLOWER_PERMISSIVE];
    let mut all: Vec<Vec<u8>> =
        encodings.iter().filter_map(|e| e.decode(text.as_bytes()).ok()).collect();
    all.push(text.as_bytes().to_vec());
    all.dedup();
    all
}

/// An algorithm by name or number; none when the vector leaves it to the receipt.
pub(super) fn algorithm(v: &Value) -> Result<Option<CoseAlgorithm>, String> {
    let Some(alg) = v.get("alg").filter(|a| !a.is_null()) else { return Ok(None) };
    let number = alg.as_i64().or_else(|| alg.as_str()?.trim().parse().ok());
    let known = match (number, alg.as_str()) {
        (Some(number), _) => CoseAlgorithm::from_number(number),
        (None, Some(name)) => by_name(name),
        (None, None) => None,
    };
    known.map(Some).ok_or_else(|| format!("unsupported alg {alg}"))
}

fn by_name(name: &str) -> Option<CoseAlgorithm> {
    let plain = |n: &str| n.to_ascii_lowercase().replace(['-', '_'], "");
    let all = ["ES256", "ESP256", "EdDSA", "Ed25519", "ML-DSA-44", "ML-DSA-65", "ML-DSA-87"];
    let name = all.into_iter().find(|known| plain(known) == plain(name))?;
    CoseAlgorithm::from_name(name)
}

/// Every reading of a key: raw of this algorithm, `COSE_Key`, `SubjectPublicKeyInfo`, PEM or JWK.
pub(super) fn keys(v: &Value, algorithm: CoseAlgorithm) -> Result<Vec<CoseKey>, String> {
    let key = field(v, "key")?;
    if key.is_object() {
        return Ok(jwk(key, algorithm).into_iter().collect());
    }
    let text = key.as_str().ok_or("`key` is not a text")?;
    let mut all = Vec::new();
    let armoured: Option<String> = text.starts_with("-----BEGIN").then(|| {
        text.lines().filter(|line| !line.starts_with("-----")).collect::<Vec<_>>().concat()
    });
    let readings = of_text(armoured.as_deref().unwrap_or(text));
    for bytes in readings {
        all.extend(raw(algorithm, &bytes));
        all.extend(CoseKey::from_cose_key(&bytes));
        all.extend(CoseKey::from_spki(&bytes));
        if let Ok(text) = std::str::from_utf8(&bytes)
            && let Ok(object @ Value::Object(_)) = serde_json::from_str(text)
        {
            all.extend(jwk(&object, algorithm));
        }
    }
    Ok(all)
}

/// A raw key; a P-256 point may lack its leading 4.
fn raw(algorithm: CoseAlgorithm, bytes: &[u8]) -> Option<CoseKey> {
    let point = matches!(algorithm, CoseAlgorithm::Es256 | CoseAlgorithm::Esp256);
    if point && bytes.len() == 64 {
        return CoseKey::raw(algorithm, &[&[4], bytes].concat()).ok();
    }
    CoseKey::raw(algorithm, bytes).ok()
}

fn jwk(object: &Value, algorithm: CoseAlgorithm) -> Option<CoseKey> {
    let part = |name: &str| {
        let text = object.get(name).and_then(Value::as_str)?;
        of_text(text).into_iter().next()
    };
    let bytes = match object.get("kty").and_then(Value::as_str)? {
        "EC" => [part("x")?, part("y")?].concat(),
        "OKP" => part("x")?,
        "AKP" => part("pub")?,
        _ => return None,
    };
    raw(algorithm, &bytes)
}
