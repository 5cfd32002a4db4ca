//! A command line cut into simple commands and words, with the place of each. It is no shell: what it does not understand it cuts
//! plainly, and bodies of here-documents are left out, as they are data.

/// A word of a command line: quotes taken off its ends, and where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Word<'a> {
    pub(super) text: &'a str,
    pub(super) from: usize,
    pub(super) to: usize,
    /// Where the line goes on: after a closing quote.
    end: usize,
}

/// One simple command: its words, redirections among them.
pub(super) type Command<'a> = Vec<Word<'a>>;

/// The simple commands of a command line, in order.
pub(super) fn commands(line: &str) -> Vec<Command<'_>> {
    let mut all = Vec::new();
    let mut command: Command<'_> = Vec::new();
    let mut rest = 0;
    while let Some(word) = next(line, rest) {
        rest = word.end;
        match word.text {
            ";" | "|" | "&" | "(" | ")" | "{" | "}" | "`" | "\n" => {
                rest = if word.text == "\n" { after_documents(line, &command, rest) } else { rest };
                if !command.is_empty() {
                    all.push(std::mem::take(&mut command));
                }
            }
            _ => command.push(word),
        }
    }
    if !command.is_empty() {
        all.push(command);
    }
    all
}

/// The next word or separator from a byte on.
fn next(line: &str, from: usize) -> Option<Word<'_>> {
    let rest = line.get(from..)?;
    let start = from + rest.find(|c: char| !matches!(c, ' ' | '\t' | '\r'))?;
    let rest = line.get(start..)?;
    let first = rest.chars().next()?;
    if separates(first) {
        let to = start + first.len_utf8();
        return Some(Word { text: line.get(start..to)?, from: start, to, end: to });
    }
    if let Some(arrows) = redirection(rest) {
        let to = start + arrows;
        return Some(Word { text: line.get(start..to)?, from: start, to, end: to });
    }
    let (mut quote, mut escaped) = (None, false);
    let mut to = line.len();
    for (at, c) in rest.char_indices() {
        match (quote, c) {
            _ if escaped => escaped = false,
            (None | Some('"'), '\\') => escaped = true,
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'') => quote = Some(c),
            (None, c) if separates(c) || matches!(c, ' ' | '\t' | '\r' | '<' | '>') => {
                to = start + at;
                break;
            }
            (None, _) => {}
        }
    }
    let text = line.get(start..to)?;
    let bare = ['"', '\''].iter().find_map(|q| text.strip_prefix(*q)?.strip_suffix(*q));
    Some(match bare {
        Some(text) => Word { text, from: start + 1, to: to - 1, end: to },
        None => Word { text, from: start, to, end: to },
    })
}

const fn separates(c: char) -> bool {
    matches!(c, ';' | '|' | '&' | '(' | ')' | '{' | '}' | '`' | '\n')
}

/// The length of the arrows that a text begins with.
fn redirection(text: &str) -> Option<usize> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let arrows = text.get(digits..)?;
    let length = arrows.len() - arrows.trim_start_matches(['<', '>']).len();
    (length > 0 && digits < 2).then_some(digits + length)
}

/// Where the line goes on after the bodies of the here-documents that a command opened.
fn after_documents(line: &str, command: &Command<'_>, from: usize) -> usize {
    let mut at = from;
    for pair in command.windows(2) {
        let [arrow, mark] = pair else { continue };
        if arrow.text != "<<" {
            continue;
        }
        let end = mark.text.trim_start_matches('-').trim_matches(['"', '\'', '\\']);
        let body = line.get(at..).unwrap_or_default();
        let mut length = 0;
        for row in body.split_inclusive('\n') {
            length += row.len();
            if row.trim() == end {
                break;
            }
        }
        at += length;
    }
    at
}
