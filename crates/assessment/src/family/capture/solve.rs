//! Reads a session's text out of a capture, from the capture and the notes alone.

mod packets;

use crate::family::text::between;
use packets::Flow;
use std::collections::BTreeMap;

/// The header's fields.
const FIELDS: [(&str, usize); 5] =
    [("mark", 2), ("kind", 1), ("session", 2), ("number", 2), ("length", 1)];

/// What the notes say.
struct Notes {
    big: bool,
    mark: usize,
    open: usize,
    accept: usize,
    piece: usize,
    masked: bool,
    /// First value, multiplier and modulus of the checksum.
    sum: Option<[u64; 3]>,
}

/// A message with its fields by name.
struct Message {
    fields: BTreeMap<&'static str, usize>,
    payload: Vec<u8>,
}

/// The passphrase the prompt asks for. Without `able`, only sessions over UDP are understood.
pub(super) fn passphrase(prompt: &str, notes: &str, capture: &[u8], able: bool) -> Option<String> {
    let subject = between(prompt, "subject is `", "`")?;
    let flows = packets::flows(capture)?;
    if !able && flows.iter().any(|f| f.stream) {
        return None;
    }
    let known = read(notes)?;
    let layouts = layouts(notes);
    layouts.iter().find_map(|layout| {
        let text = text(&known, layout, &flows, subject)?;
        let found = between(&text, "passphrase ", ";")?;
        let (_, digits) = found.split_once('-')?;
        let well = digits.len() == 20 && digits.bytes().all(|b| b.is_ascii_hexdigit());
        well.then(|| found.to_owned())
    })
}

fn read(notes: &str) -> Option<Notes> {
    let number = |open: &str, close: &str| between(notes, open, close)?.parse::<usize>().ok();
    let kind = |before: &str| {
        let (head, _) = notes.split_once(before)?;
        head.rsplit(' ').next()?.parse().ok()
    };
    let sum = between(notes, "It starts at ", "is kept").and_then(|text| {
        let words = text.split(|c: char| !c.is_ascii_digit()).filter(|w| !w.is_empty());
        let numbers: Option<Vec<u64>> = words.map(|w| w.parse().ok()).collect();
        numbers?.try_into().ok()
    });
    Some(Notes {
        big: notes.contains("high byte first"),
        mark: number("The mark is always ", ".")?,
        open: number("Kinds: ", " opens")?,
        accept: kind(" is what the server accepts with")?,
        piece: kind(" carries a piece")?,
        masked: notes.contains("is XORed with"),
        sum,
    })
}

/// The layout of the notes, or every order of the fields.
fn layouts(notes: &str) -> Vec<Vec<(&'static str, usize)>> {
    let told = notes.lines().filter_map(|line| {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let [_, _, _, name, _] = cells.as_slice() else { return None };
        FIELDS.iter().copied().find(|(field, _)| field == name)
    });
    let told: Vec<_> = told.collect();
    if told.len() == FIELDS.len() {
        return vec![told];
    }
    orders(&FIELDS)
}

fn orders(fields: &[(&'static str, usize)]) -> Vec<Vec<(&'static str, usize)>> {
    if fields.is_empty() {
        return vec![Vec::new()];
    }
    let mut out = Vec::new();
    for first in fields {
        let rest: Vec<_> = fields.iter().copied().filter(|f| f != first).collect();
        out.extend(orders(&rest).into_iter().map(|rest| [vec![*first], rest].concat()));
    }
    out
}

/// The text of the session with this subject, when everything fits the layout.
fn text(
    notes: &Notes,
    layout: &[(&'static str, usize)],
    flows: &[Flow],
    subject: &str,
) -> Option<String> {
    let mut all = Vec::new();
    for flow in flows {
        for part in &flow.parts {
            messages(notes, layout, part, &mut all)?;
        }
    }
    let field = |m: &Message, name: &str| m.fields.get(name).copied();
    let skip = if notes.masked { 8 } else { 0 };
    let open = all.iter().find(|m| {
        field(m, "kind") == Some(notes.open) && m.payload.get(skip..) == Some(subject.as_bytes())
    })?;
    let session = field(open, "session");
    let own = || all.iter().filter(|m| field(m, "session") == session);
    let pieces = own().filter(|m| field(m, "kind") == Some(notes.piece));
    let pieces: BTreeMap<_, _> = pieces.map(|m| (field(m, "number"), &m.payload)).collect();
    let mut bytes: Vec<u8> = pieces.into_values().flatten().copied().collect();
    if notes.masked {
        let accept = own().find(|m| field(m, "kind") == Some(notes.accept))?;
        for (i, byte) in bytes.iter_mut().enumerate() {
            let (a, b) = (open.payload.get(i % 8)?, accept.payload.get(i / 8 % 8)?);
            *byte ^= a.wrapping_add(*b);
        }
    }
    String::from_utf8(bytes).ok()
}

/// Cuts bytes into messages. Damaged ones are left out.
fn messages(
    notes: &Notes,
    layout: &[(&'static str, usize)],
    bytes: &[u8],
    out: &mut Vec<Message>,
) -> Option<()> {
    let mut rest = bytes;
    while !rest.is_empty() {
        let (mut fields, mut at) = (BTreeMap::new(), 0);
        for (name, size) in layout {
            let bytes = rest.get(at..at + size)?.iter();
            let join = |n: usize, b: &u8| n << 8 | usize::from(*b);
            let value = if notes.big { bytes.fold(0, join) } else { bytes.rev().fold(0, join) };
            fields.insert(*name, value);
            at += size;
        }
        let end = at + fields.get("length").copied()?;
        if fields.get("mark") != Some(&notes.mark) {
            return None;
        }
        let (message, mut after) = rest.split_at_checked(end)?;
        let mut whole = true;
        if let Some([first, times, modulus]) = notes.sum {
            let (sum, behind) = after.split_first_chunk::<2>()?;
            let sum = if notes.big { u16::from_be_bytes(*sum) } else { u16::from_le_bytes(*sum) };
            let right = message.iter().fold(first, |s, b| (s * times + u64::from(*b)) % modulus);
            whole = right == u64::from(sum);
            after = behind;
        }
        if whole {
            out.push(Message { fields, payload: message.get(at..)?.to_vec() });
        }
        rest = after;
    }
    Some(())
}
