//! VERS range specifiers (`vers:npm/>=1.0.0|<2.0.0`; package-url/vers-spec).
//!
//! [`Vers::parse`] admits the canonical form only; [`Vers::parse_lenient`] also sorts and drops
//! blanks and empty constraints. `Display` writes the canonical form: constraints by version, none
//! merged. [`Vers::from_native`] turns the range notation of an ecosystem into one.
//!
//! Containment follows the specification: what a constraint names by `=` or `!=` is decided first;
//! of two lower bounds in a row the lower counts, of two upper bounds in a row the higher.

mod native;

use std::cmp::Ordering;
use std::fmt;

use crate::{Containment, Doubt, Ecosystem, Interval, Unparsable, VersionKey};

/// Longest range specifier we read, in bytes.
pub const MAX_VERS_BYTES: usize = 64 * 1024;

/// How a constraint compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Comparator {
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// Written without a sign.
    Equal,
    /// `!=`
    NotEqual,
    /// `>=`
    GreaterOrEqual,
    /// `>`
    Greater,
}

impl Comparator {
    /// The sign, `=` for [`Self::Equal`].
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::GreaterOrEqual => ">=",
            Self::Greater => ">",
        }
    }

    /// Splits a sign off; none is [`Self::Equal`].
    fn split(text: &str) -> (Self, &str) {
        let signs = [
            ("<=", Self::LessOrEqual),
            (">=", Self::GreaterOrEqual),
            ("!=", Self::NotEqual),
            ("<", Self::Less),
            (">", Self::Greater),
        ];
        for (sign, comparator) in signs {
            if let Some(rest) = text.strip_prefix(sign) {
                return (comparator, rest);
            }
        }
        (Self::Equal, text)
    }
}

/// A range specifier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vers {
    scheme: String,
    /// Empty means every version.
    constraints: Vec<(Comparator, String)>,
}

/// Why a text is not a range specifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum VersError {
    /// Over [`MAX_VERS_BYTES`].
    #[error("the range is over 65536 bytes")]
    TooLong,
    /// Neither `vers:` nor a scheme nor a `/`.
    #[error("a range is written `vers:scheme/constraints`")]
    Shape,
    /// The scheme is reserved by the specification to be always wrong.
    #[error("the scheme `invalid` is reserved for ranges that are invalid on purpose")]
    Reserved,
    /// Not canonical.
    #[error("non-canonical VERS: {0}")]
    NotCanonical(&'static str),
    /// A version does not parse, so that constraints cannot be ordered.
    #[error(transparent)]
    Version(#[from] Unparsable),
    /// A native range that we do not read.
    #[error("`{0}` is not a range of that ecosystem that we can read")]
    Native(String),
}

impl Vers {
    /// Parses the canonical form.
    ///
    /// # Errors
    /// [`VersError`] says what is not canonical.
    pub fn parse(text: &str) -> Result<Self, VersError> {
        let (scheme, constraints) = split(text)?;
        if constraints == "*" {
            return Ok(Self { scheme: scheme.to_owned(), constraints: Vec::new() });
        }
        if text.bytes().any(|byte| byte.is_ascii_whitespace()) {
            return Err(VersError::NotCanonical("whitespace is not permitted"));
        }
        if scheme.bytes().any(|byte| byte.is_ascii_uppercase()) || !text.starts_with("vers:") {
            return Err(VersError::NotCanonical("the scheme must be lower case"));
        }
        let pipes = [
            (constraints.starts_with('|'), "leading pipe is not permitted"),
            (constraints.ends_with('|'), "trailing pipe is not permitted"),
            (constraints.contains("||"), "consecutive pipes are not permitted"),
            (constraints.is_empty(), "there is no constraint"),
        ];
        if let Some((_, why)) = pipes.iter().find(|(wrong, _)| *wrong) {
            return Err(VersError::NotCanonical(why));
        }
        let mut read = Vec::new();
        for constraint in constraints.split('|') {
            let (comparator, version) = Comparator::split(constraint);
            if version.starts_with('=') {
                return Err(VersError::NotCanonical("`=` is not written"));
            }
            if version.is_empty() || version == "*" {
                return Err(VersError::NotCanonical("a constraint has no version"));
            }
            if scheme == "datetime" {
                datetime(version)?;
            }
            read.push((comparator, decode(version, true)?));
        }
        let vers = Self { scheme: scheme.to_owned(), constraints: read };
        if let Some(ecosystem) = vers.ecosystem() {
            let mut last: Option<VersionKey> = None;
            for (_, version) in &vers.constraints {
                // one that cannot be placed is a matter of containment, where it is unknown
                let Ok(key) = VersionKey::parse(ecosystem, version) else { continue };
                if last.as_ref().is_some_and(|last| *last > key) {
                    return Err(VersError::NotCanonical("constraints are not sorted by version"));
                }
                last = Some(key);
            }
        }
        Ok(vers)
    }

    /// Parses, dropping blanks, empty constraints and written `=`, and sorts.
    ///
    /// # Errors
    /// [`VersError`] when there is no one reading.
    pub fn parse_lenient(text: &str) -> Result<Self, VersError> {
        let text: String = text.chars().filter(|c| !c.is_ascii_whitespace()).collect();
        let (scheme, constraints) = split(&text)?;
        let mut read = Vec::new();
        for constraint in constraints.split('|').filter(|one| !one.is_empty()) {
            if constraint == "*" && constraints.trim_matches('|') == "*" {
                continue;
            }
            let (comparator, version) = Comparator::split(constraint);
            let version = version.strip_prefix('=').unwrap_or(version);
            if version.is_empty() || version == "*" {
                return Err(VersError::NotCanonical("a constraint has no version"));
            }
            read.push((comparator, decode(version, false)?));
        }
        if read.is_empty() && constraints.trim_matches('|') != "*" {
            return Err(VersError::NotCanonical("there is no constraint"));
        }
        Self { scheme: scheme.to_ascii_lowercase(), constraints: read }.sorted()
    }

    /// A range of the ecosystem's own notation, such as `^1.2 || >=3` of npm.
    ///
    /// The result is a list of bounds: alternatives are merged, as the specification's own
    /// conversions do.
    ///
    /// # Errors
    /// [`VersError`] when the notation is not read or a version does not parse.
    pub fn from_native(scheme: &str, native: &str) -> Result<Self, VersError> {
        if native.len() > MAX_VERS_BYTES {
            return Err(VersError::TooLong);
        }
        let constraints = native::read(scheme, native)
            .ok_or_else(|| VersError::Native(native.chars().take(80).collect()))?;
        Self { scheme: scheme.to_owned(), constraints }.sorted()
    }

    /// A range of these constraints.
    ///
    /// # Errors
    /// [`VersError`] when a version does not parse, so that they cannot be sorted.
    pub fn new(scheme: &str, constraints: Vec<(Comparator, String)>) -> Result<Self, VersError> {
        split(&format!("vers:{scheme}/*"))?;
        Self { scheme: scheme.to_owned(), constraints }.sorted()
    }

    fn sorted(mut self) -> Result<Self, VersError> {
        let Some(ecosystem) = self.ecosystem() else { return Ok(self) };
        let mut keyed = Vec::with_capacity(self.constraints.len());
        for (comparator, version) in self.constraints {
            keyed.push((VersionKey::parse(ecosystem, &version)?, comparator, version));
        }
        keyed.sort_by(|a, b| (&a.0, a.1).cmp(&(&b.0, b.1)));
        self.constraints = keyed.into_iter().map(|(_, c, version)| (c, version)).collect();
        Ok(self)
    }

    /// The versioning scheme, such as `npm`.
    pub fn scheme(&self) -> &str {
        &self.scheme
    }

    /// Whose version order applies, when it is known.
    pub fn ecosystem(&self) -> Option<Ecosystem> {
        Ecosystem::from_vers_scheme(&self.scheme)
    }

    /// Comparators and versions; none at all means every version.
    pub fn constraints(&self) -> &[(Comparator, String)] {
        &self.constraints
    }

    /// Whether the version written `text` is in the range.
    pub fn contains(&self, text: &str) -> Containment {
        if self.constraints.is_empty() {
            return Containment::Affected;
        }
        let Some(ecosystem) = self.ecosystem() else {
            return Containment::Unknown(Doubt::Ecosystem(self.scheme.clone()));
        };
        match (self.intervals(), VersionKey::parse(ecosystem, text)) {
            (Ok(intervals), Ok(key)) => {
                if intervals.iter().any(|interval| interval.contains(&key)) {
                    Containment::Affected
                } else {
                    Containment::NotAffected
                }
            }
            (Err(error), _) | (_, Err(error)) => Containment::Unknown(Doubt::Version(error)),
        }
    }

    /// The range as disjoint ascending intervals of keys.
    ///
    /// # Errors
    /// [`Unparsable`] when a version does not parse.
    ///
    /// # Panics
    /// Never: a range of an unknown scheme has no intervals.
    pub fn intervals(&self) -> Result<Vec<Interval>, Unparsable> {
        let Some(ecosystem) = self.ecosystem() else { return Ok(Vec::new()) };
        let every = Interval { from: VersionKey::lowest(), until: None };
        if self.constraints.is_empty() {
            return Ok(vec![every]);
        }
        let mut bounds = Vec::new();
        let mut points = Vec::new();
        let mut holes = Vec::new();
        for (comparator, version) in &self.constraints {
            let key = VersionKey::parse(ecosystem, version)?;
            let above = VersionKey::above(ecosystem, version)?;
            match comparator {
                Comparator::Equal => points.push(Interval { from: key, until: Some(above) }),
                Comparator::NotEqual => holes.push((key, above)),
                Comparator::Less => bounds.push((key, false)),
                Comparator::LessOrEqual => bounds.push((above, false)),
                Comparator::GreaterOrEqual => bounds.push((key, true)),
                Comparator::Greater => bounds.push((above, true)),
            }
        }
        bounds.sort();
        let mut intervals = pair(&bounds);
        if bounds.is_empty() && points.is_empty() {
            intervals.push(every);
        }
        intervals.extend(points);
        for hole in holes {
            intervals = intervals.into_iter().flat_map(|one| without(one, &hole)).collect();
        }
        Ok(merged(intervals))
    }
}

/// Bounds in order to intervals: a lower bound opens unless one is open, an upper bound closes up to
/// the highest of its run.
fn pair(bounds: &[(VersionKey, bool)]) -> Vec<Interval> {
    let mut intervals: Vec<Interval> = Vec::new();
    let mut open = bounds.first().is_some_and(|(_, lower)| !lower).then(VersionKey::lowest);
    for (key, lower) in bounds {
        if *lower {
            open.get_or_insert_with(|| key.clone());
        } else if let Some(from) = open.take() {
            intervals.push(Interval { from, until: Some(key.clone()) });
        } else if let Some(last) = intervals.last_mut() {
            last.until = Some(key.clone());
        }
    }
    intervals.extend(open.map(|from| Interval { from, until: None }));
    intervals
}

fn without(one: Interval, (from, until): &(VersionKey, VersionKey)) -> Vec<Interval> {
    if !one.contains(from) {
        return vec![one];
    }
    let after = Interval { from: until.clone(), until: one.until };
    let before = Interval { from: one.from, until: Some(from.clone()) };
    let filled = |one: &Interval| one.until.as_ref().is_none_or(|until| one.from < *until);
    [before, after].into_iter().filter(filled).collect()
}

/// Sorted, and joined where they touch.
fn merged(mut intervals: Vec<Interval>) -> Vec<Interval> {
    intervals.sort();
    let mut out: Vec<Interval> = Vec::with_capacity(intervals.len());
    for next in intervals {
        match out.last_mut() {
            Some(last) if last.until.as_ref().is_none_or(|until| *until >= next.from) => {
                let longer = match (&last.until, &next.until) {
                    (None, _) => false,
                    (Some(_), None) => true,
                    (Some(a), Some(b)) => a.cmp(b) == Ordering::Less,
                };
                if longer {
                    last.until = next.until;
                }
            }
            _ => out.push(next),
        }
    }
    out
}

fn split(text: &str) -> Result<(&str, &str), VersError> {
    if text.len() > MAX_VERS_BYTES {
        return Err(VersError::TooLong);
    }
    let (uri, rest) = text.split_once(':').ok_or(VersError::Shape)?;
    let (scheme, constraints) = rest.split_once('/').ok_or(VersError::Shape)?;
    let named = scheme.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'));
    if !uri.eq_ignore_ascii_case("vers") || scheme.is_empty() || !named {
        return Err(VersError::Shape);
    }
    if scheme.eq_ignore_ascii_case("invalid") {
        return Err(VersError::Reserved);
    }
    Ok((scheme, constraints))
}

/// Capital `T` and `Z`, and colons as they are.
fn datetime(version: &str) -> Result<(), VersError> {
    if version.contains("%3A") {
        return Err(VersError::NotCanonical("datetime time colons must be unencoded"));
    }
    if !version.contains('%') && version.contains(['t', 'z']) {
        return Err(VersError::NotCanonical("datetime must use uppercase T and Z"));
    }
    Ok(())
}

/// Decodes `%XX` once; canonical are capital digits, and only where a byte may not stand for itself.
fn decode(text: &str, canonical: bool) -> Result<String, VersError> {
    const BROKEN: VersError = VersError::NotCanonical("invalid percent-encoding in version");
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            out.push(byte);
            continue;
        }
        let (Some(high), Some(low)) = (bytes.next(), bytes.next()) else { return Err(BROKEN) };
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|d| u8::try_from(d).ok());
        let (Some(first), Some(second)) = (digit(high), digit(low)) else { return Err(BROKEN) };
        let decoded = first * 16 + second;
        let lower = high.is_ascii_lowercase() || low.is_ascii_lowercase();
        if canonical && (lower || stands_for_itself(decoded)) {
            return Err(VersError::NotCanonical("percent-encoding in version is not canonical"));
        }
        out.push(decoded);
    }
    String::from_utf8(out).map_err(|_| BROKEN)
}

fn stands_for_itself(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b'~' | b':')
}

impl fmt::Display for Vers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "vers:{}/", self.scheme)?;
        if self.constraints.is_empty() {
            return f.write_str("*");
        }
        for (i, (comparator, version)) in self.constraints.iter().enumerate() {
            let sign = if *comparator == Comparator::Equal { "" } else { comparator.as_str() };
            write!(f, "{}{sign}", if i == 0 { "" } else { "|" })?;
            for byte in version.bytes() {
                if stands_for_itself(byte) {
                    write!(f, "{}", char::from(byte))?;
                } else {
                    write!(f, "%{byte:02X}")?;
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
