//! Counting tokens without a tokenizer: an estimate that errs on the side of too many.

/// Tokens that common byte-pair tokenizers make of `text`, rounded up.
///
/// Letters count one per three of a run (a run ends where lower case turns to upper), digits one
/// each, other ASCII signs one each, spaces one per four of a run (the first space of a run before a
/// word is free, as tokenizers merge it), and everything beyond ASCII one per byte, which is the
/// bound that byte-level tokenizers can't exceed there. English prose comes out at about 1.3 to 1.6
/// times its true count. It is an estimate: a budget is settled by the provider's own count where
/// there is one.
pub fn estimate(text: &str) -> u64 {
    let mut tokens = 0;
    // bytes of a longer character count one each and are nothing else below, so there is no need to decode
    let mut rest = text.as_bytes();
    while let Some(first) = rest.first() {
        let (length, cost) = match kind(*first) {
            Kind::Upper | Kind::Lower => {
                let upper = run(rest, Kind::Upper);
                let letters = upper + run(rest.get(upper..).unwrap_or_default(), Kind::Lower);
                (letters, letters.div_ceil(3))
            }
            Kind::Space => {
                let spaces = run(rest, Kind::Space);
                let ends = spaces == rest.len();
                (spaces, if ends { spaces.div_ceil(4) } else { (spaces - 1).div_ceil(4) })
            }
            Kind::Other => {
                let others = run(rest, Kind::Other);
                (others, others)
            }
        };
        tokens += cost;
        rest = rest.get(length..).unwrap_or_default();
    }
    u64::try_from(tokens).unwrap_or(u64::MAX)
}

/// What a byte counts as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Upper,
    Lower,
    Space,
    Other,
}

const KINDS: [Kind; 256] = {
    let mut kinds = [Kind::Other; 256];
    let mut byte = 0_u8;
    while byte < 128 {
        kinds[byte as usize] = match byte {
            b'A'..=b'Z' => Kind::Upper,
            b'a'..=b'z' => Kind::Lower,
            b' ' => Kind::Space,
            _ => Kind::Other,
        };
        byte += 1;
    }
    kinds
};

fn kind(byte: u8) -> Kind {
    KINDS[usize::from(byte)]
}

/// How many bytes of a kind a text begins with.
fn run(bytes: &[u8], of: Kind) -> usize {
    bytes.iter().position(|byte| kind(*byte) != of).unwrap_or(bytes.len())
}

#[cfg(test)]
mod tests;
