//! pip's `requirements.txt`.
//!
//! Only `==` without a wildcard, and `===`, pin a version. Extras, environment markers and hashes
//! are accepted and do not change what is listed: a requirement under a marker may be installed,
//! so it counts. Other files are not followed: they must be given themselves.

use versions::Ecosystem;

use super::{Component, Inventory, MAX_LOCK_BYTES, bounded};
use crate::error::{Format, Place, Problem, ReadError};
use crate::json;

/// Reads a requirements file.
///
/// # Errors
/// [`ReadError`] with the line where a requirement begins.
pub fn read(bytes: &[u8]) -> Result<Inventory, ReadError> {
    json::within(Format::Requirements, bytes, MAX_LOCK_BYTES)?;
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes)
        .map_err(|_| ReadError::new(Format::Requirements, Place::default(), Problem::NotUtf8))?;
    let mut components = Vec::new();
    for (line, text) in logical_lines(text) {
        let place = Place::line(line);
        match requirement(&text, &place) {
            Ok(component) => components.extend(component),
            Err(problem) => return Err(ReadError::new(Format::Requirements, place, problem)),
        }
    }
    bounded(Format::Requirements, &components)?;
    Ok(Inventory { format: Format::Requirements, components })
}

/// Lines joined at a final `\`, without comments, with the number of their first line.
fn logical_lines(text: &str) -> Vec<(usize, String)> {
    let mut lines = Vec::new();
    let mut open: Option<(usize, String)> = None;
    for (at, line) in text.lines().enumerate() {
        let comment = line.trim_start().starts_with('#');
        let (first, mut joined) = open.take().unwrap_or((at + 1, String::new()));
        // pip drops a comment line even in the middle of a continuation, which it then ends
        match line.strip_suffix('\\') {
            Some(part) if !comment => {
                joined.push_str(part);
                open = Some((first, joined));
            }
            _ => {
                joined.push_str(if comment { "" } else { line });
                lines.push((first, joined));
            }
        }
    }
    lines.extend(open);
    for (_, line) in &mut lines {
        if let Some(at) = comment_start(line) {
            line.truncate(at);
        }
        *line = line.trim().to_owned();
    }
    lines.retain(|(_, line)| !line.is_empty());
    lines
}

/// A `#` begins a comment at the start or after a blank; elsewhere it belongs to a URL.
fn comment_start(line: &str) -> Option<usize> {
    let mut blank = true;
    for (at, c) in line.char_indices() {
        if c == '#' && blank {
            return Some(at);
        }
        blank = c.is_whitespace();
    }
    None
}

/// Options that change where packages come from, not which are listed.
const IGNORED: [&str; 16] = [
    "-i",
    "--index-url",
    "--pypi-url",
    "--extra-index-url",
    "--no-index",
    "-f",
    "--find-links",
    "--no-binary",
    "--only-binary",
    "--prefer-binary",
    "--require-hashes",
    "--pre",
    "--trusted-host",
    "--use-feature",
    "--always-unzip",
    "-Z",
];

fn requirement(text: &str, place: &Place) -> Result<Option<Component>, Problem> {
    if text.starts_with('-') {
        return option(text).map(|()| None);
    }
    // per-requirement options follow a blank: `name==1 --hash=sha256:…`
    let text = text.split_once(" --").map_or(text, |(requirement, _)| requirement);
    let text = text.split_once(" -C").map_or(text, |(requirement, _)| requirement);
    let end = text
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.')))
        .unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let (rest, _marker) = rest.split_once(';').unwrap_or((rest, ""));
    let rest = after_extras(rest.trim())?;
    if rest.starts_with([':', '/', '\\']) || is_file(name) {
        return Err(Problem::Unsupported {
            what: "a requirement that is only a path or a URL".to_owned(),
            remedy: "write `name @ URL`, so that it can be named",
        });
    }
    if !is_name(name) {
        return Err(Problem::value(text, "a requirement such as `name==1.0`"));
    }
    let version = if rest.starts_with('@') { None } else { pinned(rest)? };
    Ok(Some(Component::pinned(Ecosystem::PyPi, name, version, place.clone())))
}

fn option(text: &str) -> Result<(), Problem> {
    let word = text.split([' ', '=', '\t']).next().unwrap_or(text);
    let unsupported = |remedy| Err(Problem::Unsupported { what: format!("`{word}`"), remedy });
    if matches!(word, "--requirement" | "--constraint")
        || text.starts_with("-r")
        || text.starts_with("-c")
    {
        let remedy = "give the other file as well and delete this line, or list what is installed with `pip freeze`";
        return unsupported(remedy);
    }
    if matches!(word, "-e" | "--editable") {
        return unsupported("list what is installed with `pip freeze --exclude-editable`");
    }
    if IGNORED.contains(&word) {
        return Ok(());
    }
    Err(Problem::value(word, "an option of a requirements file"))
}

/// PEP 508: letters, digits, `-_.`; a letter or digit at both ends.
fn is_name(name: &str) -> bool {
    let edge = |c: Option<char>| c.is_some_and(|c| c.is_ascii_alphanumeric());
    edge(name.chars().next()) && edge(name.chars().next_back())
}

fn is_file(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    name.starts_with('.')
        || [".whl", ".zip", ".tar.gz", ".tgz"].iter().any(|end| lower.ends_with(end))
}

/// What follows `[extras]`, if there are any.
fn after_extras(rest: &str) -> Result<&str, Problem> {
    let Some(inner) = rest.strip_prefix('[') else { return Ok(rest) };
    let broken = || Problem::value(rest, "a list of extras such as `[socks]`");
    inner.split_once(']').map(|(_, rest)| rest.trim()).ok_or_else(broken)
}

/// The version that the specifiers pin; `None` when they leave a choice.
fn pinned(specifiers: &str) -> Result<Option<&str>, Problem> {
    let specifiers = specifiers
        .strip_prefix('(')
        .and_then(|inner| inner.trim_end().strip_suffix(')'))
        .unwrap_or(specifiers)
        .trim();
    if specifiers.is_empty() {
        return Ok(None);
    }
    let mut exact = None;
    for specifier in specifiers.split(',') {
        let specifier = specifier.trim();
        let operators = ["===", "==", "~=", "!=", "<=", ">=", "<", ">"];
        let found = operators.iter().find_map(|one| Some((*one, specifier.strip_prefix(one)?)));
        let Some((operator, version)) = found else {
            return Err(Problem::value(specifier, "a version specifier such as `==1.0`"));
        };
        let version = version.trim();
        if version.is_empty() || version.contains(char::is_whitespace) {
            return Err(Problem::value(specifier, "a version specifier such as `==1.0`"));
        }
        let exactly = operator == "===" || (operator == "==" && !version.ends_with(".*"));
        if exactly {
            exact = Some(version);
        }
    }
    Ok(exact)
}

#[cfg(test)]
mod tests;
