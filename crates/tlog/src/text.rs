//! Small readers that several of the text formats share.

/// A decimal number without sign or leading zeros, as in every C2SP text.
pub(crate) fn decimal(text: &str) -> Option<u64> {
    let canonical = text == "0" || !text.starts_with('0');
    if !canonical || text.is_empty() || !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    text.parse().ok()
}

/// What of outside text is repeated in an error: at most 60 characters, controls shown as `?`.
pub(crate) fn shown(text: &str) -> String {
    text.chars().take(60).map(|c| if c.is_control() { '?' } else { c }).collect()
}

/// Standard base64 in its one canonical form (RFC 4648 §4): padded, with the spare bits zero, and padding at the end
/// only. Every base64 of the formats here is read by this; the library also reads padded pieces in a row, which
/// would give one value several texts.
pub fn base64(text: &str) -> Option<Vec<u8>> {
    let bare = text.trim_end_matches('=');
    if text.len() - bare.len() > 2 || bare.contains('=') {
        return None;
    }
    data_encoding::BASE64.decode(text.as_bytes()).ok()
}
