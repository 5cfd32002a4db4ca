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
    let mut tokens = 0_u64;
    let mut letters = 0_u64;
    let mut spaces = 0_u64;
    let mut lower = false;
    // bytes of a longer character count one each and are nothing else below, so there is no need to decode
    for byte in text.bytes() {
        let is_letter = byte.is_ascii_alphabetic();
        if letters > 0 && (!is_letter || (lower && byte.is_ascii_uppercase())) {
            tokens += letters.div_ceil(3);
            letters = 0;
        }
        if spaces > 0 && byte != b' ' {
            tokens += (spaces - 1).div_ceil(4);
            spaces = 0;
        }
        lower = byte.is_ascii_lowercase();
        match byte {
            b' ' => spaces += 1,
            _ if is_letter => letters += 1,
            _ => tokens += 1,
        }
    }
    tokens + letters.div_ceil(3) + spaces.div_ceil(4)
}

#[cfg(test)]
mod tests;
