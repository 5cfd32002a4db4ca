//! A search whose text goes into the condition: `shown = 'yes' and FIELD = 'TEXT'`.
//!
//! Conditions are comparisons of a field with a quoted text (`=`, or `^` for "begins with"), joined by `and` and
//! `or`, `and` first. Rows are lines of names and values.

use super::serve::{decoded, page};
use crate::family::live::Setup;

/// A row: names and values.
type Row<'a> = Vec<(&'a str, &'a str)>;

pub(super) fn answer(setup: Setup<'_>, step: u8, text: &str) -> Option<Vec<u8>> {
    let field = setup.get("field")?;
    let Some(text) = passed(step, text) else { return Some(page(400, "that is not allowed\n")) };
    let condition = format!("shown = 'yes' and {field} = '{text}'");
    let rows: Vec<Row<'_>> = setup
        .all("row")
        .map(|row| row.split('|').filter_map(|cell| cell.split_once(':')).collect())
        .collect();
    let Some(found) = select(&condition, &rows) else {
        return Some(page(500, "the condition can't be read\n"));
    };
    if step >= 5 {
        return Some(page(200, &format!("{}\n", found.len())));
    }
    let lines = found.iter().map(|row| {
        let cells = row.iter().filter(|(name, _)| *name != "shown").map(|(_, value)| *value);
        cells.collect::<Vec<_>>().join(" ") + "\n"
    });
    Some(page(200, &lines.collect::<String>()))
}

/// What is left of a text behind the filter of this dial.
fn passed(step: u8, text: &str) -> Option<String> {
    match step {
        1 => Some(text.to_owned()),
        2 => (!text.contains(' ')).then(|| text.to_owned()),
        3 => {
            let once = text.replace("or", "").replace("and", "");
            (!text.contains(' ')).then_some(once)
        }
        4 => (!text.contains(['\'', ' '])).then(|| decoded(text)),
        _ => Some(text.to_owned()),
    }
}

/// A field, whether the whole text is compared, and the text.
type Compared = (String, bool, String);

/// Rows that meet a condition; `None` when it can't be read.
fn select<'a>(condition: &str, rows: &[Row<'a>]) -> Option<Vec<Row<'a>>> {
    let any = joined(tokens(condition)?)?;
    let meets = |row: &&Row<'a>| {
        any.iter().any(|all| {
            all.iter().all(|(field, exact, text)| {
                let value = row.iter().find(|(n, _)| n == field).map_or("", |(_, v)| *v);
                if *exact { value == text } else { value.starts_with(text.as_str()) }
            })
        })
    };
    Some(rows.iter().filter(meets).cloned().collect())
}

/// Words, signs and quoted texts, which keep their first quote.
fn tokens(text: &str) -> Option<Vec<String>> {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let size = match c {
            '\'' => {
                1 + rest
                    .chars()
                    .skip(1)
                    .take_while(|c| *c != '\'')
                    .map(char::len_utf8)
                    .sum::<usize>()
            }
            '=' | '^' => 1,
            c if c.is_whitespace() => c.len_utf8(),
            c if c.is_ascii_alphanumeric() || c == '_' => {
                rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(rest.len())
            }
            _ => return None,
        };
        let (token, tail) = rest.split_at_checked(size)?;
        if c == '\'' {
            rest = tail.strip_prefix('\'')?;
        } else {
            rest = tail;
        }
        if !c.is_whitespace() {
            out.push(token.to_owned());
        }
    }
    Some(out)
}

/// Alternatives of comparisons that must all hold.
fn joined(tokens: Vec<String>) -> Option<Vec<Vec<Compared>>> {
    let (mut any, mut all) = (Vec::new(), Vec::new());
    let mut tokens = tokens.into_iter();
    loop {
        let (field, sign, text) = (tokens.next()?, tokens.next()?, tokens.next()?);
        let text = text.strip_prefix('\'')?.to_owned();
        if !matches!(sign.as_str(), "=" | "^") {
            return None;
        }
        all.push((field, sign == "=", text));
        match tokens.next().as_deref() {
            None => {
                any.push(all);
                return Some(any);
            }
            Some("and") => {}
            Some("or") => any.push(std::mem::take(&mut all)),
            Some(_) => return None,
        }
    }
}
