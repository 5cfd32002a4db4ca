//! Finds the check whose arithmetic goes wrong, and the file that passes it, from the source alone.

use crate::family::c::{Bindings, Token, bytes_after, find, number, tokens};

/// What the source says of its chunks.
struct Reader {
    magic: Vec<u8>,
    mask: u8,
    sum: Option<[u8; 2]>,
    around: Option<u8>,
    big: bool,
}

/// A file that crashes the parser. Without `able`, only negative indexes and sums that wrap are understood, in plain
/// chunks.
pub(super) fn proof(source: &str, able: bool) -> Option<Vec<u8>> {
    let source = tokens(source);
    let reader = Reader::read(&source)?;
    let bound = |pattern: &str, name: &str| {
        let mut names = Bindings::new();
        find(&source, 0, pattern, &mut names)?;
        names.get(name).cloned()
    };
    let has = |pattern: &str| find(&source, 0, pattern, &mut Bindings::new()).is_some();
    // the function whose check is wrong, and what it is given
    let (function, body, simple) = if has("int $i = (int16_t)half(p); if ($i >= SLOTS)") {
        let pattern =
            "static int $f(const unsigned char *p, size_t left) { if (left < 4) return -1; int $i";
        (bound(pattern, "f")?, [reader.half(0x8000), reader.half(1)].concat(), true)
    } else if has("uint32_t end = (uint32_t)$a + $b;") {
        let pattern = "static int $f(const unsigned char *p, size_t left, size_t n)";
        (bound(pattern, "f")?, [reader.whole(u32::MAX - 63), reader.whole(64)].concat(), true)
    } else if has("uint16_t stated = half(p); size_t size") {
        let pattern = "static int $f(const unsigned char *p, size_t left) { if (left < 2)";
        (bound(pattern, "f")?, reader.half(1), false)
    } else if has("uint16_t need = (uint32_t)$c * width;") {
        let pattern = "static int $f(const unsigned char *p, size_t left) { if (left < 4) return -1; uint16_t";
        (bound(pattern, "f")?, [reader.half(0x8000), reader.half(0x8000)].concat(), false)
    } else {
        return None;
    };
    if !able && (!simple || reader.around.is_some()) {
        return None;
    }
    let mut names = Bindings::new();
    find(&source, 0, &format!("case $c: used = {function}(p + front"), &mut names)?;
    let code = u8::try_from(number(names.get("c")?)?).ok()?;
    Some(reader.file(code, &body))
}

impl Reader {
    fn read(source: &[Token]) -> Option<Self> {
        let magic = bytes_after(source, "opening[] = {")?;
        let byte = |pattern: &str, name: &str| {
            let mut names = Bindings::new();
            find(source, 0, pattern, &mut names)?;
            u8::try_from(number(names.get(name)?)?).ok()
        };
        let sum = "p[1] != (uint8_t)((($s * $f + p[0]) * $f + p[2]) * $f + p[3])";
        Some(Self {
            magic,
            mask: byte("switch (p[0] ^ $m)", "m")?,
            sum: byte(sum, "s").zip(byte(sum, "f")).map(|(s, f)| [s, f]),
            around: byte("p[0] != $a || p[1] > left - 2", "a"),
            big: find(source, 0, "return p[0] << 8 | p[1];", &mut Bindings::new()).is_some(),
        })
    }

    fn half(&self, n: u16) -> Vec<u8> {
        if self.big { n.to_be_bytes().to_vec() } else { n.to_le_bytes().to_vec() }
    }

    fn whole(&self, n: u32) -> Vec<u8> {
        if self.big { n.to_be_bytes().to_vec() } else { n.to_le_bytes().to_vec() }
    }

    fn file(&self, code: u8, body: &[u8]) -> Vec<u8> {
        let code = code ^ self.mask;
        let mut chunk = vec![code];
        if let Some([start, factor]) = self.sum {
            let sum = |sum: u8, b: &u8| sum.wrapping_mul(factor).wrapping_add(*b);
            let second = body.get(1).copied().unwrap_or(0);
            chunk.push([code, body.first().copied().unwrap_or(0), second].iter().fold(start, sum));
        }
        chunk.extend(body);
        if let Some(around) = self.around {
            let size = u8::try_from(chunk.len()).unwrap_or(u8::MAX);
            chunk = [&[around, size], chunk.as_slice()].concat();
        }
        [self.magic.as_slice(), &chunk].concat()
    }
}
