//! Operators before versions: the notation of most ecosystems, with what is special in each.

use super::Constraints;
use crate::vers::Comparator;

/// An operator as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Sign {
    /// One of VERS.
    Plain(Comparator),
    /// `^`
    Caret,
    /// `~`
    Tilde,
    /// `~>` and `~=`
    Pessimistic,
    /// None.
    Bare,
}

/// Longer signs first.
const SIGNS: [(&str, Sign); 17] = [
    ("===", Sign::Plain(Comparator::Equal)),
    ("<<", Sign::Plain(Comparator::Less)),
    (">>", Sign::Plain(Comparator::Greater)),
    ("<=", Sign::Plain(Comparator::LessOrEqual)),
    (">=", Sign::Plain(Comparator::GreaterOrEqual)),
    ("=<", Sign::Plain(Comparator::LessOrEqual)),
    ("=>", Sign::Plain(Comparator::GreaterOrEqual)),
    ("!=", Sign::Plain(Comparator::NotEqual)),
    ("<>", Sign::Plain(Comparator::NotEqual)),
    ("==", Sign::Plain(Comparator::Equal)),
    ("~>", Sign::Pessimistic),
    ("~=", Sign::Pessimistic),
    ("<", Sign::Plain(Comparator::Less)),
    (">", Sign::Plain(Comparator::Greater)),
    ("=", Sign::Plain(Comparator::Equal)),
    ("^", Sign::Caret),
    ("~", Sign::Tilde),
];

pub(super) fn read(scheme: &str, text: &str) -> Option<Constraints> {
    let mut out = Vec::new();
    let alternatives = text.split("||").flat_map(|part| match scheme {
        "composer" => part.split('|').collect::<Vec<_>>(),
        "hex" => part.split(" or ").collect(),
        _ => vec![part],
    });
    for alternative in alternatives {
        let alternative = alternative.trim();
        // what stands after a comma is an option of Conan's, not a constraint
        let alternative = match alternative.split_once(',') {
            Some((before, _)) if scheme == "conan" => before.trim(),
            _ => alternative,
        };
        if matches!(alternative, "*" | "x" | "X" | "*-" | "" | "any" | "latest") {
            if scheme == "conan" && !alternative.is_empty() {
                out.push((Comparator::GreaterOrEqual, "0.0.0".to_owned()));
            }
            continue;
        }
        if let Some((from, to)) = alternative.split_once(" - ") {
            hyphen(scheme, from.trim(), to.trim(), &mut out)?;
            continue;
        }
        conjunction(scheme, alternative, &mut out)?;
    }
    Some(out)
}

fn conjunction(scheme: &str, text: &str, out: &mut Constraints) -> Option<()> {
    let mut sign = None;
    let words = text.split([',', ' ', '\t', '\n']).filter(|word| !word.is_empty());
    for word in words.filter(|word| *word != "and") {
        let mut rest = word;
        // `>=1.0<2.0` has no blank between two constraints
        while !rest.is_empty() {
            let found = SIGNS.iter().find_map(|(text, s)| rest.strip_prefix(text).map(|r| (*s, r)));
            if let Some((new, after)) = found {
                if sign.is_some() {
                    return None;
                }
                sign = Some(new);
                rest = after;
                continue;
            }
            let end = rest.find(['<', '>', '=', '!', '^', ',']).unwrap_or(rest.len());
            if end == 0 {
                return None;
            }
            let (version, after) = rest.split_at_checked(end)?;
            rest = after;
            one(scheme, sign.take().unwrap_or(Sign::Bare), version, out)?;
        }
    }
    sign.is_none().then_some(())
}

fn one(scheme: &str, sign: Sign, version: &str, out: &mut Constraints) -> Option<()> {
    let version = match scheme {
        "npm" | "composer" | "semver" | "cargo" => version.trim_start_matches(['v', 'V']),
        "conan" if sign != Sign::Bare && sign != Sign::Plain(Comparator::Equal) => {
            version.strip_suffix('-').unwrap_or(version)
        }
        _ => version,
    };
    let lenient =
        matches!(scheme, "npm" | "cargo" | "semver" | "composer" | "pub" | "hex" | "swift");
    let parts = Parts::of(version);
    let sign = match (sign, scheme) {
        (Sign::Bare, "cargo") if !parts.wild => Sign::Caret,
        (Sign::Pessimistic, "npm" | "cargo") => Sign::Tilde,
        (Sign::Tilde, "composer") => Sign::Pessimistic,
        (sign, _) => sign,
    };
    if parts.wild && (lenient || scheme == "pypi") {
        return wild(scheme, sign, &parts, out);
    }
    let filled = if matches!(scheme, "npm" | "cargo" | "semver") {
        parts.filled(version)
    } else {
        version.to_owned()
    };
    let lower = (Comparator::GreaterOrEqual, filled.clone());
    match sign {
        Sign::Plain(comparator) => out.push((comparator, filled)),
        Sign::Bare => out.push((Comparator::Equal, filled)),
        Sign::Caret => {
            let at = parts.numbers.iter().position(|n| *n > 0);
            let at = at.unwrap_or(parts.numbers.len().saturating_sub(1));
            out.extend([lower, (Comparator::Less, parts.above(at, scheme)?)]);
        }
        Sign::Tilde if scheme == "npm" && parts.prerelease && parts.numbers.ends_with(&[0]) => {
            // the specification's own conversion; `>=0.8.0-pre <0.9.0` is what npm takes it for
            let release = parts.joined();
            let next = parts.above(parts.numbers.len() - 1, scheme)?;
            out.extend([
                lower,
                (Comparator::Less, release.clone()),
                (Comparator::GreaterOrEqual, release),
                (Comparator::Less, next),
            ]);
        }
        Sign::Tilde => {
            let at = usize::from(parts.numbers.len() > 1);
            out.extend([lower, (Comparator::Less, parts.above(at, scheme)?)]);
        }
        Sign::Pessimistic => {
            // the last number but one goes up; a single number is taken as the first
            let at = parts.numbers.len().saturating_sub(2);
            out.extend([lower, (Comparator::Less, parts.above(at, scheme)?)]);
        }
    }
    Some(())
}

/// `1.x`, `2.2.*`: from the numbers that are given to the next of the last.
fn wild(scheme: &str, sign: Sign, parts: &Parts, out: &mut Constraints) -> Option<()> {
    let Some(last) = parts.numbers.len().checked_sub(1) else { return Some(()) };
    let (low, high) = if scheme == "npm" || scheme == "cargo" {
        (parts.filled(""), parts.above(last, scheme)?)
    } else {
        (parts.joined(), parts.above(last, scheme)?)
    };
    match sign {
        Sign::Plain(Comparator::NotEqual) => return None,
        Sign::Plain(Comparator::Less) => out.push((Comparator::Less, low)),
        Sign::Plain(Comparator::LessOrEqual) => out.push((Comparator::Less, high)),
        Sign::Plain(Comparator::Greater) => out.push((Comparator::GreaterOrEqual, high)),
        Sign::Plain(Comparator::Equal | Comparator::GreaterOrEqual)
        | Sign::Caret
        | Sign::Tilde
        | Sign::Pessimistic
        | Sign::Bare => {
            out.extend([(Comparator::GreaterOrEqual, low), (Comparator::Less, high)]);
        }
    }
    Some(())
}

fn hyphen(scheme: &str, from: &str, to: &str, out: &mut Constraints) -> Option<()> {
    one(scheme, Sign::Plain(Comparator::GreaterOrEqual), from, out)?;
    let parts = Parts::of(to.trim_start_matches(['v', 'V']));
    if parts.numbers.len() < 3 && !parts.prerelease && matches!(scheme, "npm" | "composer") {
        // a partial upper end includes all of it
        let last = parts.numbers.len().checked_sub(1)?;
        out.push((Comparator::Less, parts.above(last, scheme)?));
        return Some(());
    }
    one(scheme, Sign::Plain(Comparator::LessOrEqual), to, out)
}

/// The numbers that a version begins with.
struct Parts {
    numbers: Vec<u64>,
    /// `x` or `*` stood after them.
    wild: bool,
    /// Something after `-`.
    prerelease: bool,
}

impl Parts {
    fn of(version: &str) -> Self {
        let core = version.split_once('+').map_or(version, |(core, _)| core);
        let (core, prerelease) = match core.split_once('-') {
            Some((core, _)) => (core, true),
            None => (core, false),
        };
        let mut parts = Self { numbers: Vec::new(), wild: false, prerelease };
        for part in core.split('.') {
            if matches!(part, "x" | "X" | "*") {
                parts.wild = true;
                break;
            }
            let digits: String = part.chars().take_while(char::is_ascii_digit).collect();
            let Ok(number) = digits.parse() else { break };
            parts.numbers.push(number);
        }
        parts
    }

    fn joined(&self) -> String {
        self.numbers.iter().map(u64::to_string).collect::<Vec<_>>().join(".")
    }

    /// With zeros up to three numbers; a version that has them stays as it is.
    fn filled(&self, version: &str) -> String {
        if self.numbers.len() >= 3 && !version.is_empty() {
            return version.to_owned();
        }
        let rest = version.find(['-', '+']).and_then(|at| version.get(at..)).unwrap_or_default();
        let mut numbers = self.numbers.clone();
        numbers.resize(numbers.len().max(3), 0);
        let joined = Self { numbers, wild: false, prerelease: false }.joined();
        format!("{joined}{rest}")
    }

    /// The first version above all that share the numbers up to `at`.
    fn above(&self, at: usize, scheme: &str) -> Option<String> {
        let mut numbers: Vec<u64> = self.numbers.get(..=at)?.to_vec();
        let last = numbers.last_mut()?;
        *last = last.checked_add(1)?;
        if matches!(scheme, "npm" | "cargo" | "semver" | "pub" | "hex" | "swift") {
            numbers.resize(numbers.len().max(3), 0);
        }
        let joined = Self { numbers, wild: false, prerelease: false }.joined();
        Some(if scheme == "conan" { format!("{joined}-") } else { joined })
    }
}
