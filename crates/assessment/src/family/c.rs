//! Reading C, as far as the solvers need: tokens with their lines, and patterns over tokens.

use std::collections::BTreeMap;

/// A token and the line it is on, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Token {
    pub(crate) text: String,
    pub(crate) line: usize,
}

/// Signs of more than one character, longest first.
const SIGNS: [&str; 18] = [
    "<<=", ">>=", "->", "++", "--", "<<", ">>", "<=", ">=", "==", "!=", "&&", "||", "+=", "-=",
    "|=", "^=", "%=",
];

/// Splits C into tokens. Comments and what is unknown are skipped; preprocessor lines are kept as
/// tokens, so `# define NAME 5` can be matched.
pub(crate) fn tokens(source: &str) -> Vec<Token> {
    let mut out = Vec::new();
    let mut rest = source;
    let mut line = 1;
    while let Some(c) = rest.chars().next() {
        let length = if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |end| end + 2)
        } else if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if c.is_ascii_alphanumeric() || c == '_' || c == '$' {
            let word = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '$';
            rest.find(|c: char| !word(c)).unwrap_or(rest.len())
        } else if c == '"' || c == '\'' {
            quoted(rest, c)
        } else {
            SIGNS.iter().find(|s| rest.starts_with(**s)).map_or(c.len_utf8(), |s| s.len())
        };
        let (text, tail) = rest.split_at_checked(length).unwrap_or((rest, ""));
        let comment = text.starts_with("/*") || text.starts_with("//");
        if !comment && !c.is_whitespace() {
            out.push(Token { text: text.to_owned(), line });
        }
        line += text.matches('\n').count();
        rest = tail;
    }
    out
}

/// The length of a literal that opens with `quote`.
fn quoted(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        if c == quote && !escaped {
            return at + c.len_utf8();
        }
        escaped = c == '\\' && !escaped;
    }
    text.len()
}

/// What the `$names` of patterns stand for. A name that is bound already must match again.
pub(crate) type Bindings = BTreeMap<String, String>;

/// Where a pattern was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Place {
    /// The index of the first token.
    pub(crate) start: usize,
    /// The index after the last token.
    pub(crate) end: usize,
    /// The line of the first token.
    pub(crate) line: usize,
}

/// Finds the first place at or after `from` where the pattern, C with `$names`, matches, and binds its
/// names.
pub(crate) fn find(
    tokens: &[Token],
    from: usize,
    pattern: &str,
    bindings: &mut Bindings,
) -> Option<Place> {
    let pattern = self::tokens(pattern);
    for start in from..tokens.len() {
        let end = start + pattern.len();
        let window = tokens.get(start..end)?;
        if !may_match(window, &pattern, bindings) {
            continue;
        }
        let mut trial = bindings.clone();
        if matches(window, &pattern, &mut trial) {
            *bindings = trial;
            return Some(Place { start, end, line: window.first().map_or(1, |t| t.line) });
        }
    }
    None
}

/// Whether every literal token of the pattern is where it must be. Cheap, and mostly false.
fn may_match(window: &[Token], pattern: &[Token], bindings: &Bindings) -> bool {
    window.iter().zip(pattern).all(|(token, wanted)| match wanted.text.strip_prefix('$') {
        None => token.text == wanted.text,
        Some(name) => bindings.get(name).is_none_or(|bound| *bound == token.text),
    })
}

fn matches(window: &[Token], pattern: &[Token], bindings: &mut Bindings) -> bool {
    window.iter().zip(pattern).all(|(token, wanted)| {
        let Some(name) = wanted.text.strip_prefix('$') else { return token.text == wanted.text };
        let bound = bindings.entry(name.to_owned()).or_insert_with(|| token.text.clone());
        *bound == token.text
    })
}

/// A number as C writes it.
pub(crate) fn number(text: &str) -> Option<u64> {
    let text = text.trim_end_matches(['u', 'U', 'l', 'L']);
    match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) => u64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// The bytes of a list that follows a pattern, up to the brace that closes it.
pub(crate) fn bytes_after(tokens: &[Token], pattern: &str) -> Option<Vec<u8>> {
    let opening = find(tokens, 0, pattern, &mut Bindings::new())?;
    let list = tokens.get(opening.end..)?.iter().take_while(|t| t.text != "}");
    list.filter(|t| t.text != ",").map(|t| u8::try_from(number(&t.text)?).ok()).collect()
}

#[cfg(test)]
mod tests;
