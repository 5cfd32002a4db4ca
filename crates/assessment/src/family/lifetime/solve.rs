//! Finds how an object ends too early, and the commands that use it then, from the source alone.

use crate::family::c::{Bindings, Token, find, number, tokens};

/// What the source says of its commands.
struct Reader {
    magic: Vec<u8>,
    masks: [u8; 2],
    check: Option<[u8; 2]>,
    make: u8,
    drop: u8,
    share: u8,
    show: u8,
    value: u8,
    limit: u8,
    /// The command that takes a cell for a note, where there is one.
    note: Option<u8>,
    out: Vec<u8>,
}

/// An input that uses an object after its end. Without `able`, only slots that keep what was dropped and
/// holders that are not counted are understood, where what ends is wiped.
pub(super) fn proof(source: &str, able: bool) -> Option<Vec<u8>> {
    let source = tokens(source);
    let mut reader = Reader::read(&source)?;
    let has = |pattern: &str| find(&source, 0, pattern, &mut Bindings::new()).is_some();
    let (first, second) = (0, 1);
    let mut last = first;
    reader.out = reader.magic.clone();
    reader.put(reader.make, first, 0);
    let mut simple = true;
    if !has("struct $o * x = $s[at]; $s[at] = NULL; if (--x->$h == 0)") {
        reader.put(reader.drop, first, 0);
    } else if !has("$s[b] = x; x->$h++;") {
        reader.put(reader.share, first, second);
        reader.put(reader.drop, first, 0);
        last = second;
    } else if !has("if ($s[b] != NULL && a != b)") {
        simple = false;
        reader.put(reader.share, first, first);
    } else if has("{ $e($s[a]); break; }") {
        simple = false;
        reader.raw(reader.value, first, reader.limit.checked_add(1)?);
    } else if has("uint8_t $h; unsigned $v;") {
        simple = false;
        reader.put(reader.share, first, second);
        for _ in 0..u8::MAX {
            reader.put(reader.share, first, first);
        }
        reader.put(reader.drop, first, 0);
        last = second;
    } else {
        return None;
    }
    if let Some(note) = reader.note {
        simple = false;
        reader.raw(note, first, 0xEE);
    }
    reader.put(reader.show, last, 0);
    (able || simple).then_some(reader.out)
}

impl Reader {
    fn read(source: &[Token]) -> Option<Self> {
        let byte = |pattern: &str, name: &str| {
            let mut names = Bindings::new();
            find(source, 0, pattern, &mut names)?;
            u8::try_from(number(names.get(name)?)?).ok()
        };
        let masks = "a = p[at + 1] ^ $p, b = p[at + 2] ^ $q, raw = p[at + 2];";
        let check = "if (((op * $f + p[at + 1] * $g + p[at + 2]) & 0xff) != p[at + 3]) return 3;";
        let held = "if ($s[a] == NULL) return 5;";
        Some(Self {
            magic: magic(source)?,
            masks: [byte(masks, "p")?, byte(masks, "q")?],
            check: byte(check, "f").zip(byte(check, "g")).map(|(f, g)| [f, g]),
            make: byte("case $c: if ($s[a] == NULL) $s[a] = $m();", "c")?,
            drop: byte(&format!("case $c: {held} $l(a); break;"), "c")?,
            share: byte("case $c: if (b >= SLOTS || $s[a] == NULL) return 5;", "c")?,
            show: byte(&format!("case $c: {held} $s[a]->$f($s[a]); break;"), "c")?,
            value: byte(&format!("case $c: {held} if (raw > $n)"), "c")?,
            limit: byte("if (raw > $n)", "n")?,
            note: byte("case $c: memset($t(), raw, sizeof *x); break;", "c"),
            out: Vec::new(),
        })
    }

    /// A command with two slots.
    fn put(&mut self, code: u8, a: u8, b: u8) {
        let [_, q] = self.masks;
        self.raw(code, a, b ^ q);
    }

    /// A command with a slot and a byte.
    fn raw(&mut self, code: u8, a: u8, b: u8) {
        let a = a ^ self.masks[0];
        self.out.extend([code, a, b]);
        if let Some([f, g]) = self.check {
            self.out.push(code.wrapping_mul(f).wrapping_add(a.wrapping_mul(g)).wrapping_add(b));
        }
    }
}

/// The bytes that a file opens with.
fn magic(source: &[Token]) -> Option<Vec<u8>> {
    let place = find(source, 0, "static const unsigned char $m[] = {", &mut Bindings::new())?;
    let inner = source.get(place.end..)?.iter().take_while(|t| t.text != "}");
    inner.filter(|t| t.text != ",").map(|t| u8::try_from(number(&t.text)?).ok()).collect()
}
