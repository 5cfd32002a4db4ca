//! Decrypts a message block by block, from the last byte to the first.

use super::serve::{BLOCK, Padding, line};
use crate::family::text::{between, unhex};

/// Asks the service: lines, and as many answers.
type Ask<'a> = &'a dyn Fn(&[u8]) -> Option<Vec<u8>>;

/// The text of the message. Without `able`, only words and plain counts are understood.
pub(super) fn secret(message: &str, about: &str, able: bool, ask: Ask<'_>) -> Option<String> {
    let message = unhex(message.trim())?;
    let padding = if about.contains("0x80 and then zeros") {
        Padding::Zeros
    } else if let Some(mask) = between(about, "masked (exclusive or) with 0x", ".") {
        Padding::Masked(u8::from_str_radix(mask, 16).ok()?)
    } else {
        Padding::Counts
    };
    if !able && (padding != Padding::Counts || about.contains("with a number")) {
        return None;
    }
    // the message itself is padded as it must be
    let good = ask(line(&message).as_bytes())?;
    let good = String::from_utf8(good).ok()?.trim().to_owned();
    let blocks: Vec<&[u8]> = message.chunks(BLOCK).collect();
    let mut text = Vec::new();
    for pair in blocks.windows(2) {
        let [before, block] = pair else { continue };
        let inner = inside(block, padding, &good, ask)?;
        text.extend(inner.iter().zip(*before).map(|(a, b)| a ^ b));
    }
    let size = match padding {
        Padding::Zeros => text.iter().rposition(|b| *b == 0x80)?,
        Padding::Counts => text.len().checked_sub(usize::from(*text.last()?))?,
        Padding::Masked(mask) => text.len().checked_sub(usize::from(*text.last()? ^ mask))?,
    };
    text.truncate(size);
    String::from_utf8(text).ok()
}

/// What the cipher makes of a block, before the block in front is combined with it.
fn inside(block: &[u8], padding: Padding, good: &str, ask: Ask<'_>) -> Option<Vec<u8>> {
    let mut known: Vec<u8> = Vec::new();
    for at in (0..BLOCK).rev() {
        let count = BLOCK - at;
        // what the bytes from `at` on must become
        let wanted = |n: usize| match padding {
            Padding::Zeros => {
                if n == at {
                    0x80
                } else {
                    0
                }
            }
            Padding::Counts => u8::try_from(count).unwrap_or(0),
            Padding::Masked(mask) => u8::try_from(count).unwrap_or(0) ^ mask,
        };
        let tail: Vec<u8> =
            (at + 1..BLOCK).zip(&known).map(|(n, inner)| inner ^ wanted(n)).collect();
        let tried = |guess: u8, other: u8| {
            let mut front = vec![other; at];
            front.push(guess);
            front.extend(&tail);
            front.extend(block);
            front
        };
        let lines: String = (0..=u8::MAX).map(|guess| line(&tried(guess, 0))).collect();
        let answers = String::from_utf8(ask(lines.as_bytes())?).ok()?;
        let may: Vec<u8> = (0..=u8::MAX)
            .zip(answers.lines())
            .filter(|(_, said)| *said == good)
            .map(|(guess, _)| guess)
            .collect();
        // a longer padding may be right by chance: other bytes in front then make it wrong
        let lines: String = may.iter().map(|guess| line(&tried(*guess, 0x55))).collect();
        let answers = String::from_utf8(ask(lines.as_bytes())?).ok()?;
        let sure = may.iter().zip(answers.lines()).find(|(_, said)| *said == good);
        known.insert(0, sure?.0 ^ wanted(at));
    }
    Some(known)
}
