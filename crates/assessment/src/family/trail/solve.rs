//! The reference solver: reads the logs as an investigator would.

use std::collections::BTreeMap;

/// A line: number, second of the day, and its words after the host.
struct Line<'a> {
    number: u64,
    at: i64,
    words: Vec<&'a str>,
}

fn lines<'a>(texts: &[&'a str]) -> Option<Vec<Line<'a>>> {
    let mut out = Vec::new();
    for text in texts.iter().flat_map(|t| t.lines()) {
        let mut words = text.split(' ');
        let number = words.next()?.strip_prefix('#')?.parse().ok()?;
        let mut at = 0;
        for part in words.next()?.split(':') {
            at = at * 60 + part.parse::<i64>().ok().filter(|p| (0..60).contains(p))?;
        }
        words.next()?;
        out.push(Line { number, at, words: words.collect() });
    }
    out.sort_by_key(|line| line.number);
    Some(out)
}

/// The block of an address: everything before its last dot.
fn block(address: &str) -> &str {
    address.rsplit_once('.').map_or(address, |(block, _)| block)
}

/// The answer. Without `able`, only logs whose reads name sessions.
pub(super) fn answer(gate: &[&str], store: &[&str], able: bool) -> Option<String> {
    let gate = lines(gate)?;
    let store = lines(store)?;
    let mut rejected: BTreeMap<&str, usize> = BTreeMap::new();
    for line in &gate {
        if let ["login:", "rejected", _, "from", address] = line.words.as_slice() {
            *rejected.entry(block(address)).or_default() += 1;
        }
    }
    let suspect = |address: &str| rejected.get(block(address)).is_some_and(|n| *n >= 15);
    for line in &gate {
        if let ["login:", "accepted", user, "from", address, "session", number] =
            line.words.as_slice()
            && suspect(address)
        {
            let reads = gate.iter().chain(&store).filter_map(|l| match l.words.as_slice() {
                ["store:", "session", n, "read", file, bytes] if n == number => {
                    Some((*file, bytes.parse().ok()?))
                }
                _ => None,
            });
            return told(user, address, reads, "");
        }
    }
    if able { by_time(&gate, &store, &suspect) } else { None }
}

/// For logs that do not name sessions: what the user read between the session's begin and end.
fn by_time(
    gate: &[Line<'_>],
    store: &[Line<'_>],
    suspect: &dyn Fn(&str) -> bool,
) -> Option<String> {
    let skew = skew(gate, store)?;
    let (end, user, address) = gate.iter().find_map(|line| match line.words.as_slice() {
        ["login:", "closed", user, "from", address] if suspect(address) => {
            Some((line.at, *user, *address))
        }
        _ => None,
    })?;
    let opened = gate.iter().find(|line| {
        matches!(line.words.as_slice(), ["login:", "accepted", u, "from", a] if *u == user && *a == address)
    });
    let (begin, missing) = match opened {
        Some(line) => (line.at, String::new()),
        None => {
            let gap = gate.windows(2).find_map(|w| match w {
                [a, b] if b.number != a.number + 1 => Some((a.at, a.number + 1)),
                _ => None,
            })?;
            (gap.0, format!("/{}", gap.1))
        }
    };
    let reads = store.iter().filter_map(|line| match line.words.as_slice() {
        ["store:", u, "read", file, bytes] if *u == user => {
            let at = line.at - skew;
            (begin..=end).contains(&at).then_some((*file, bytes.parse().ok()?))
        }
        _ => None,
    });
    told(user, address, reads, &missing)
}

/// How far the store's clock is ahead: from the first beacon that both heard.
fn skew(gate: &[Line<'_>], store: &[Line<'_>]) -> Option<i64> {
    let is_beacon = |line: &&Line<'_>| line.words.first() == Some(&"beacon");
    gate.iter().filter(is_beacon).find_map(|here| {
        let there = store.iter().find(|line| line.words == here.words)?;
        Some(there.at - here.at)
    })
}

fn told<'a>(
    user: &str,
    address: &str,
    reads: impl Iterator<Item = (&'a str, u64)>,
    missing: &str,
) -> Option<String> {
    let (file, bytes) = reads.max_by_key(|(_, bytes)| *bytes)?;
    Some(format!("{user}/{address}/{file}/{bytes}{missing}"))
}
