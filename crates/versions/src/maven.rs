//! Maven keys: the version order of the POM reference ("Version Order Specification"), as
//! `ComparableVersion` of Maven 3.9 and 4 implements it.
//!
//! A version is a list of tokens, cut at `.`, at `-` and between digits and letters. Tokens that
//! mean nothing (`0`, `final`, `ga`, `release`) are dropped at the end and before each
//! `-`. `ComparableVersion` itself has cycles where `1.sp` meets `1-alpha`; the key follows the page.
//! At one position: `alpha` < `beta` < `milestone` < `rc` < `snapshot` < the end < `sp` < any other
//! word < a number after `-` < a number after `.`.

use crate::key::{KeyWriter, digits, is_zero, take_while};

const END: u8 = 0x06;
const SERVICE_PACK: u8 = 0x07;
const WORD: u8 = 0x08;
const DASH_NUMBER: u8 = 0x09;
const DOT_NUMBER: u8 = 0x0a;

pub(crate) fn write(text: &str, key: &mut KeyWriter) -> Result<(), &'static str> {
    if text.is_empty() {
        return Err("it is empty");
    }
    if text.chars().any(|c| c.is_control() || c.is_whitespace()) {
        return Err("it has a blank or a control character");
    }
    if text.starts_with(['[', '(', ',']) {
        return Err("it is a range");
    }
    let lower;
    let text = if text.bytes().any(|byte| byte.is_ascii_uppercase()) || !text.is_ascii() {
        lower = text.to_lowercase();
        lower.as_str()
    } else {
        text
    };
    let mut tokens = Tokens { key, owed: 0, owed_dash: false, dash: false };
    let mut rest = text.as_bytes();
    let mut after_separator = true;
    while let Some((first, tail)) = rest.split_first() {
        if matches!(first, b'.' | b'-') {
            // nothing between two separators is a zero
            if after_separator {
                tokens.number(b"");
            }
            tokens.dash = *first == b'-';
            after_separator = true;
            rest = tail;
            continue;
        }
        if first.is_ascii_digit() {
            let (number, tail) = digits(rest);
            tokens.number(number);
            rest = tail;
        } else {
            let (word, tail) =
                take_while(rest, |b| !b.is_ascii_digit() && !matches!(b, b'.' | b'-'));
            tokens.word(word, tail.first().is_some_and(u8::is_ascii_digit));
            rest = tail;
        }
        // between digits and letters stands an unwritten dash
        tokens.dash = true;
        after_separator = false;
    }
    key.byte(END);
    Ok(())
}

struct Tokens<'k> {
    key: &'k mut KeyWriter,
    /// Zeros that count only when a number above zero follows after `.`.
    owed: usize,
    /// Whether the first of them stands after `-`.
    owed_dash: bool,
    /// Whether the next token stands after `-`.
    dash: bool,
}

impl Tokens<'_> {
    fn number(&mut self, digits: &[u8]) {
        let dash = std::mem::take(&mut self.dash);
        if dash {
            self.owed = 0;
        }
        if is_zero(digits) {
            if self.owed == 0 {
                self.owed_dash = dash;
            }
            self.owed += 1;
            return;
        }
        self.pay();
        self.key.byte(if dash { DASH_NUMBER } else { DOT_NUMBER });
        self.key.number(digits);
    }

    fn pay(&mut self) {
        for _ in 0..std::mem::take(&mut self.owed) {
            let dash = std::mem::take(&mut self.owed_dash);
            self.key.byte(if dash { DASH_NUMBER } else { DOT_NUMBER });
            self.key.number(b"");
        }
    }

    fn word(&mut self, word: &[u8], before_digit: bool) {
        let code = match word {
            b"alpha" => 0x01,
            b"beta" => 0x02,
            b"milestone" => 0x03,
            b"rc" | b"cr" => 0x04,
            b"snapshot" => 0x05,
            b"a" if before_digit => 0x01,
            b"b" if before_digit => 0x02,
            b"m" if before_digit => 0x03,
            b"ga" | b"final" | b"release" => return,
            b"sp" => SERVICE_PACK,
            _ => WORD,
        };
        // the specification's vectors keep the zero of `2.0.a`, which `2.0-a` and `2.0a` drop;
        // before the words that Maven knows, every Maven since 3.8 drops it
        if std::mem::take(&mut self.dash) || code != WORD {
            self.owed = 0;
        } else {
            self.pay();
        }
        self.key.byte(code);
        if code == WORD {
            self.key.text(word);
        }
    }
}
