//! JSON as Python writes it, read without loss: `NaN`, `Infinity`, numbers too long for 64 bits, and decimals that would not come back
//! as they were are kept as a text that says so, and become numbers again when they are written.

use serde_json::Value;

/// How a text begins that stands for a number.
const KEPT: &str = "vestibule:number:";

/// Reads JSON.
///
/// # Errors
/// What is wrong with it, and where.
pub(super) fn read(bytes: &[u8]) -> Result<Value, String> {
    let text = std::str::from_utf8(bytes).map_err(|e| e.to_string())?;
    let kept = keep(text).ok_or_else(|| {
        format!("holds a text with `{KEPT}`, which this program keeps for itself")
    })?;
    serde_json::from_str(&kept).map_err(|e| e.to_string())
}

/// Writes JSON.
pub(super) fn write(value: &Value) -> Vec<u8> {
    let text = value.to_string();
    let mut out = String::with_capacity(text.len());
    let open = format!("\"{KEPT}");
    let mut rest = text.as_str();
    while let Some((before, after)) = rest.split_once(&open) {
        out.push_str(before);
        let (number, after) = after.split_once('"').unwrap_or((after, ""));
        out.push_str(number);
        rest = after;
    }
    out.push_str(rest);
    out.into_bytes()
}

/// The text with each number that a parser would change put in quotes; none when a text looks like one of those already.
fn keep(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    loop {
        let Some(at) =
            rest.find(['"', '-', 'N', 'I', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9'])
        else {
            out.push_str(rest);
            return Some(out);
        };
        let (before, found) = rest.split_at(at);
        out.push_str(before);
        if found.starts_with('"') {
            let (string, after) = found.split_at(string(found));
            if is_kept(string) {
                return None;
            }
            out.push_str(string);
            rest = after;
            continue;
        }
        let end = found.find(|c: char| !(c.is_ascii_alphanumeric() || "+-.".contains(c)));
        let (token, after) = found.split_at(end.unwrap_or(found.len()));
        if is_number(token) && !same(token) {
            out.push('"');
            out.push_str(KEPT);
            out.push_str(token);
            out.push('"');
        } else {
            out.push_str(token);
        }
        rest = after;
    }
}

/// Whether a string in quotes holds the mark, also when it is written with escapes.
fn is_kept(string: &str) -> bool {
    let escaped = || {
        string.contains("\\u")
            && serde_json::from_str::<String>(string).is_ok_and(|text| text.contains(KEPT))
    };
    string.contains(KEPT) || escaped()
}

/// The length of the string that `text` begins with.
fn string(text: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn is_number(token: &str) -> bool {
    matches!(token, "NaN" | "Infinity" | "-Infinity")
        // what JSON does not allow stays as it is, and is refused
        || serde_json::from_str::<serde_json::Number>(token).is_ok()
        || (token.len() > 1 && token.len() < 400 && whole(token))
        || token.parse::<f64>().is_ok_and(f64::is_infinite) && exponent(token)
}

fn whole(token: &str) -> bool {
    let digits = token.strip_prefix('-').unwrap_or(token);
    !digits.starts_with('0') && !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
}

fn exponent(token: &str) -> bool {
    token.bytes().all(|b| b.is_ascii_digit() || b"+-.eE".contains(&b))
        && token.bytes().any(|b| b.is_ascii_digit())
}

/// Whether a parsed number is written back with the same meaning.
fn same(token: &str) -> bool {
    let Ok(parsed) = serde_json::from_str::<Value>(token) else { return false };
    let printed = parsed.to_string();
    if whole(token) {
        return printed == token;
    }
    match (printed.parse::<f64>(), token.parse::<f64>()) {
        (Ok(printed), Ok(token)) => printed.to_bits() == token.to_bits(),
        _ => false,
    }
}
