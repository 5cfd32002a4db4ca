//! Range notations of ecosystems, read into VERS constraints.
//!
//! * npm (node-semver README, "Ranges"), Cargo ("Specifying Dependencies"), Composer ("Versions and
//!   constraints"), pub, Hex: operators, `^`, `~`, `~>`, hyphen ranges, `x`.
//! * PyPI: PEP 440 specifiers. RubyGems: pessimistic `~>`. Conan: its `VersionRange`.
//! * Maven and NuGet: intervals in brackets.
//! * Debian (`<<`, `>>`), RPM, Alpine, Arch, Go, GitHub: operators. OpenSSL, nginx: lists.

mod intervals;
mod operators;

use super::Comparator;

/// What was read: comparators and versions in the order of the text.
pub(super) type Constraints = Vec<(Comparator, String)>;

/// `None` when the notation is not understood. No constraints mean every version.
pub(super) fn read(scheme: &str, text: &str) -> Option<Constraints> {
    match scheme {
        "maven" | "nuget" => intervals::read(scheme, text),
        "nginx" => list(text, nginx),
        "openssl" => list(text, |one| Some(vec![(Comparator::Equal, one.to_owned())])),
        _ => operators::read(scheme, text),
    }
}

fn list(text: &str, each: impl Fn(&str) -> Option<Constraints>) -> Option<Constraints> {
    let mut out = Vec::new();
    for one in text.split(',').map(str::trim).filter(|one| !one.is_empty()) {
        out.extend(each(one)?);
    }
    (!out.is_empty()).then_some(out)
}

/// `1.4.1+` is the rest of a stable branch (even minor), or everything after on the main line;
/// `0.7.52-0.8.39` is inclusive.
fn nginx(one: &str) -> Option<Constraints> {
    if let Some(from) = one.strip_suffix('+') {
        let numbers: Vec<u64> = from.split('.').map(|n| n.parse().ok()).collect::<Option<_>>()?;
        let [major, minor, _] = numbers.as_slice() else { return None };
        let mut out = vec![(Comparator::GreaterOrEqual, from.to_owned())];
        if minor % 2 == 0 {
            out.push((Comparator::Less, format!("{major}.{}.0", minor.checked_add(1)?)));
        }
        return Some(out);
    }
    if let Some((from, to)) = one.split_once('-') {
        return Some(vec![
            (Comparator::GreaterOrEqual, from.trim().to_owned()),
            (Comparator::LessOrEqual, to.trim().to_owned()),
        ]);
    }
    Some(vec![(Comparator::Equal, one.to_owned())])
}
