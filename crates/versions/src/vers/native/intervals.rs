//! Intervals in brackets: Maven's dependency version requirements and NuGet's version ranges.

use super::Constraints;
use crate::vers::Comparator;

pub(super) fn read(scheme: &str, text: &str) -> Option<Constraints> {
    let text = text.trim();
    if !text.starts_with(['[', '(']) {
        return bare(scheme, text);
    }
    let mut out = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let open = rest.chars().next()?;
        let body = rest.strip_prefix(['[', '('])?;
        let end = body.find([']', ')'])?;
        let (inside, tail) = body.split_at_checked(end)?;
        let close = tail.chars().next()?;
        interval(open, inside, close, &mut out)?;
        rest = tail.strip_prefix([']', ')'])?.trim_start();
        rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
    }
    Some(out)
}

fn interval(open: char, inside: &str, close: char, out: &mut Constraints) -> Option<()> {
    let Some((from, to)) = inside.split_once(',') else {
        let exact = inside.trim();
        let closed = open == '[' && close == ']' && !exact.is_empty();
        return closed.then(|| out.push((Comparator::Equal, exact.to_owned())));
    };
    let (from, to) = (from.trim(), to.trim());
    if to.contains(',') {
        return None;
    }
    if !from.is_empty() {
        let sign = if open == '[' { Comparator::GreaterOrEqual } else { Comparator::Greater };
        out.push((sign, from.to_owned()));
    }
    if !to.is_empty() {
        let sign = if close == ']' { Comparator::LessOrEqual } else { Comparator::Less };
        out.push((sign, to.to_owned()));
    }
    Some(())
}

/// Without brackets: at least this version for NuGet, this version for Maven; `1.*` for NuGet.
fn bare(scheme: &str, text: &str) -> Option<Constraints> {
    if text.is_empty() {
        return None;
    }
    if text == "*" {
        return Some(Vec::new());
    }
    if scheme == "maven" {
        return Some(vec![(Comparator::Equal, text.to_owned())]);
    }
    let lowest = text.strip_suffix(".*").unwrap_or(text);
    Some(vec![(Comparator::GreaterOrEqual, lowest.to_owned())])
}
