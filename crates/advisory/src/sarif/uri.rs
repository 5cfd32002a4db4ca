//! URI references (RFC 3986), as far as a log needs them.

/// Whether the text is a URI reference: allowed characters, whole escapes, a well-formed scheme.
///
/// Backslashes pass although RFC 3986 forbids them: Windows tools write them, with one reading.
pub(super) fn is_reference(text: &str) -> bool {
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let digits = bytes.next().zip(bytes.next());
            if !digits.is_some_and(|(a, b)| a.is_ascii_hexdigit() && b.is_ascii_hexdigit()) {
                return false;
            }
        } else if byte.is_ascii_control() || b" \"<>^`{|}".contains(&byte) {
            return false;
        }
    }
    let (first, _) = text.split_once(['/', '?', '#']).unwrap_or((text, ""));
    !first.contains(':') || is_absolute(text)
}

/// Whether the text begins with a scheme.
pub(super) fn is_absolute(text: &str) -> bool {
    text.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.bytes().all(|b| b.is_ascii_alphanumeric() || b"+-.".contains(&b))
    })
}

/// The decoded path of a relative reference or a `file:` URI.
pub(super) fn path(text: &str) -> Option<String> {
    let text = match text.split_once(':') {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("file") => {
            match rest.strip_prefix("//") {
                // the host, mostly empty, is not part of the path
                Some(rest) => rest.find('/').and_then(|at| rest.get(at..))?,
                None => rest,
            }
        }
        _ if is_absolute(text) => return None,
        _ => text,
    };
    let (text, _) = text.split_once(['?', '#']).unwrap_or((text, ""));
    let mut bytes = text.bytes().map(|byte| if byte == b'\\' { b'/' } else { byte });
    let mut out = Vec::with_capacity(text.len());
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let high = char::from(bytes.next()?).to_digit(16)?;
            let low = char::from(bytes.next()?).to_digit(16)?;
            out.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).ok()
}

#[cfg(test)]
mod tests;
