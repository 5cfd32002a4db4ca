//! Goes from host to host with what each one's files say of the next.

use crate::family::live::address;
use crate::family::text::{between, unhex};

/// Asks a host.
type Ask<'a> = &'a dyn Fn([u8; 4], u16, &str) -> Option<String>;

/// A host's place and the line that opens it.
struct Step {
    place: String,
    login: String,
}

/// The token of the last host. Without `able`, only accounts in plain are understood.
pub(super) fn token(entry: &str, able: bool, ask: Ask<'_>) -> Option<String> {
    let first = account(entry)?;
    let (at, port) = first.place.split_once(':')?;
    let (at, port) = (address(at)?, port.parse().ok()?);
    let mut way = vec![first];
    let mut token = None;
    for _ in 0..12 {
        let on = |last: &str| {
            let mut request = String::new();
            for (n, step) in way.iter().enumerate() {
                if n > 0 {
                    request += &format!("send {}\n", step.place);
                }
                request += &format!("{}\n", step.login);
            }
            ask(at, port, &(request + last))
        };
        let list = on("list\n")?;
        let skipped = way.len();
        let names: Vec<&str> = list.lines().skip(skipped).collect();
        let reads: String = names.iter().map(|name| format!("read {name}\n")).collect();
        let said = on(&reads)?;
        let texts: Vec<&str> = said.lines().skip(skipped).collect();
        token = texts.iter().find(|t| t.starts_with("token-")).map(|t| (*t).to_owned());
        match next(&texts, able) {
            Some(step) => way.push(step),
            None if hidden(&texts) => return None,
            None => return token,
        }
    }
    token
}

fn account(text: &str) -> Option<Step> {
    let place = between(text, "host ", " account ")?.to_owned();
    let (_, rest) = text.split_once(" account ")?;
    let (user, word) = rest.split_once(" word ")?;
    Some(Step { place, login: format!("login {user} {}", word.trim()) })
}

/// Whether files hold an account that was not read.
fn hidden(texts: &[&str]) -> bool {
    let kept = ["base64 ", "first part: ", "masked "];
    texts.iter().any(|text| kept.iter().any(|start| text.starts_with(start)))
}

fn next(texts: &[&str], able: bool) -> Option<Step> {
    if let Some(step) =
        texts.iter().find_map(|text| account(text).filter(|_| text.starts_with("host ")))
    {
        return Some(step);
    }
    if !able {
        return None;
    }
    let of = |start: &str| texts.iter().find_map(|text| text.strip_prefix(start));
    if let Some(text) = of("base64 ") {
        return account(&String::from_utf8(unbase64(text)?).ok()?);
    }
    if let (Some(left), Some(right)) = (of("first part: "), of("second part: ")) {
        return account(&format!("{left}{right}"));
    }
    let (masked, mask) = (unhex(of("masked ")?)?, of("the mask is ")?);
    let bytes = masked.iter().zip(mask.bytes().cycle()).map(|(a, b)| a ^ b);
    account(&String::from_utf8(bytes.collect()).ok()?)
}

/// Bytes from base64 without padding.
fn unbase64(text: &str) -> Option<Vec<u8>> {
    const DIGITS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut out, mut word, mut bits) = (Vec::new(), 0_u32, 0);
    for c in text.chars().filter(|c| *c != '=') {
        word = (word << 6 | u32::try_from(DIGITS.find(c)?).ok()?) & 0xFFFF;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            out.push(u8::try_from(word >> bits & 0xFF).ok()?);
        }
    }
    Some(out)
}
