//! Affected versions: OSV events, lists of versions, and the answer for one version.
//!
//! The rules are those of the OSV schema ("Evaluation"): sorted events, `introduced: "0"` below
//! every version, `fixed` exclusive, `last_affected` inclusive, `limit` as an upper bound, and a
//! version is affected when it is listed **or** in a range.

use std::fmt;

use crate::{Ecosystem, Unparsable, Version, VersionKey};

/// One event of an OSV range, with its version as written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event<'a> {
    /// Affected from here on; `0` is below every version.
    Introduced(&'a str),
    /// No longer affected from here on.
    Fixed(&'a str),
    /// Affected up to and including this version.
    LastAffected(&'a str),
    /// Nothing from here on is considered; `*` is no limit.
    Limit(&'a str),
}

/// Affected keys: at least `from`, below `until`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Interval {
    /// The lowest affected key.
    pub from: VersionKey,
    /// The lowest key above that is not affected; `None` when there is no end.
    pub until: Option<VersionKey>,
}

impl Interval {
    /// Whether the key lies inside.
    pub fn contains(&self, key: &VersionKey) -> bool {
        *key >= self.from && self.until.as_ref().is_none_or(|until| key < until)
    }
}

/// A range as disjoint ascending intervals of keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Range {
    ecosystem: Ecosystem,
    intervals: Vec<Interval>,
}

/// Why a range cannot be used. Versions outside the advisory's other ranges are then *unknown*.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RangeError {
    /// An event's version does not parse.
    #[error("the `{event}` event cannot be placed: {source}")]
    Event {
        /// Which kind of event.
        event: &'static str,
        /// The version and what is wrong with it.
        source: Unparsable,
    },
    /// The range never starts.
    #[error("the range has no `introduced` event; the OSV schema requires one")]
    NeverIntroduced,
}

impl Range {
    /// Sorts the events and turns them into intervals.
    ///
    /// Events at one version are taken together: introduced and fixed there affects nothing (the
    /// RustSec export writes such empty ranges), and where one range ends and the next begins the
    /// version stays affected.
    ///
    /// # Errors
    /// [`RangeError`] when an event's version does not parse or nothing is introduced.
    pub fn compile<'a>(
        ecosystem: Ecosystem,
        events: impl IntoIterator<Item = Event<'a>>,
    ) -> Result<Self, RangeError> {
        let key = |event, text| {
            VersionKey::parse(ecosystem, text).map_err(|source| RangeError::Event { event, source })
        };
        // (key, starts?); `false` sorts first
        let mut bounds = Vec::new();
        let mut limits = Vec::new();
        for event in events {
            match event {
                Event::Introduced("0") => bounds.push((VersionKey::lowest(), true)),
                Event::Introduced(text) => bounds.push((key("introduced", text)?, true)),
                Event::Fixed(text) => bounds.push((key("fixed", text)?, false)),
                Event::LastAffected(text) => {
                    let above = VersionKey::above(ecosystem, text)
                        .map_err(|source| RangeError::Event { event: "last_affected", source })?;
                    bounds.push((above, false));
                }
                Event::Limit("*") => limits.push(None),
                Event::Limit(text) => limits.push(Some(key("limit", text)?)),
            }
        }
        if !bounds.iter().any(|(_, starts)| *starts) {
            return Err(RangeError::NeverIntroduced);
        }
        bounds.sort();
        // one event told twice is one event
        bounds.dedup();
        Ok(Self { ecosystem, intervals: sweep(bounds, &limits) })
    }

    /// Whose versions these are.
    pub fn ecosystem(&self) -> Ecosystem {
        self.ecosystem
    }

    /// The affected intervals: disjoint, ascending.
    pub fn intervals(&self) -> &[Interval] {
        &self.intervals
    }

    /// Whether the key lies in one of the intervals.
    pub fn contains(&self, key: &VersionKey) -> bool {
        let after = self.intervals.partition_point(|interval| interval.from <= *key);
        let candidate = after.checked_sub(1).and_then(|at| self.intervals.get(at));
        candidate.is_some_and(|interval| interval.contains(key))
    }
}

fn sweep(bounds: Vec<(VersionKey, bool)>, limits: &[Option<VersionKey>]) -> Vec<Interval> {
    let mut intervals = Vec::new();
    let mut open = None;
    for same in bounds.chunk_by(|a, b| a.0 == b.0) {
        let Some((key, _)) = same.first() else { continue };
        let starts = same.iter().filter(|(_, starts)| *starts).count();
        let ends = same.len() - starts;
        if usize::from(open.is_some()) + starts > ends {
            open.get_or_insert_with(|| key.clone());
        } else if let Some(from) = open.take() {
            intervals.push(Interval { from, until: Some(key.clone()) });
        }
    }
    if let Some(from) = open {
        intervals.push(Interval { from, until: None });
    }
    // a version counts when it is below any one limit, so the highest limit is the bound
    if !limits.is_empty()
        && let Some(bound) = limits.iter().map(Option::as_ref).collect::<Option<Vec<_>>>()
        && let Some(bound) = bound.into_iter().max()
    {
        intervals.retain(|interval| interval.from < *bound);
        if let Some(last) = intervals.last_mut()
            && last.until.as_ref().is_none_or(|until| until > bound)
        {
            last.until = Some(bound.clone());
        }
    }
    intervals
}

/// Whether a version is affected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Containment {
    /// It is listed or lies in a range.
    Affected,
    /// Everything stated was understood, and the version is outside of it.
    NotAffected,
    /// It cannot be said; treat it as possibly affected.
    Unknown(Doubt),
}

/// Why it cannot be said whether a version is affected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Doubt {
    /// The version in question does not parse.
    #[error(transparent)]
    Version(#[from] Unparsable),
    /// A range of the advisory does not parse.
    #[error(transparent)]
    Range(#[from] RangeError),
    /// The advisory names commits only, which a version cannot be compared with.
    #[error("the advisory gives commits only, no versions")]
    OnlyCommits,
    /// The advisory says neither versions nor ranges.
    #[error("the advisory gives neither versions nor ranges")]
    NothingStated,
    /// The inventory has no exact version of the component.
    #[error("the inventory has no exact version; pin it to get an answer")]
    NoVersion,
    /// We do not know the version order of the ecosystem.
    #[error("the version order of `{0}` is not known")]
    Ecosystem(String),
}

/// What one advisory says of one package: versions listed one by one, or ranges, or both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionSet {
    ecosystem: Ecosystem,
    listed: Vec<VersionKey>,
    listed_unparsable: Vec<Box<str>>,
    ranges: Vec<Range>,
    doubt: Option<Doubt>,
    commits: bool,
}

impl VersionSet {
    /// A set about which nothing has been stated yet.
    pub fn new(ecosystem: Ecosystem) -> Self {
        Self {
            ecosystem,
            listed: Vec::new(),
            listed_unparsable: Vec::new(),
            ranges: Vec::new(),
            doubt: None,
            commits: false,
        }
    }

    /// Adds versions listed as affected. One that does not parse still matches its own spelling.
    pub fn list<'a>(&mut self, texts: impl IntoIterator<Item = &'a str>) {
        for text in texts {
            match VersionKey::parse(self.ecosystem, text) {
                Ok(key) => self.listed.push(key),
                Err(_) => self.listed_unparsable.push(text.into()),
            }
        }
        self.listed.sort_unstable();
        self.listed.dedup();
        self.listed_unparsable.sort_unstable();
        self.listed_unparsable.dedup();
    }

    /// Adds a range of versions. One that does not parse leaves a doubt.
    pub fn add<'a>(&mut self, events: impl IntoIterator<Item = Event<'a>>) {
        match Range::compile(self.ecosystem, events) {
            Ok(range) => self.ranges.push(range),
            Err(error) => self.doubt = self.doubt.take().or(Some(Doubt::Range(error))),
        }
    }

    /// Notes that there is also a range of commits, which says nothing about versions.
    pub fn add_commits(&mut self) {
        self.commits = true;
    }

    /// Whose versions these are.
    pub fn ecosystem(&self) -> Ecosystem {
        self.ecosystem
    }

    /// Keys of the versions listed one by one, ascending.
    pub fn listed(&self) -> &[VersionKey] {
        &self.listed
    }

    /// Listed versions that do not parse, ascending; they match their own spelling only.
    pub fn listed_unparsable(&self) -> &[Box<str>] {
        &self.listed_unparsable
    }

    /// The ranges that could be read.
    pub fn ranges(&self) -> &[Range] {
        &self.ranges
    }

    /// The answer for a version that nothing here affects: `None` means *not affected*.
    pub fn doubt(&self) -> Option<Doubt> {
        if let Some(doubt) = &self.doubt {
            return Some(doubt.clone());
        }
        if !self.ranges.is_empty() || !self.listed.is_empty() || !self.listed_unparsable.is_empty()
        {
            return None;
        }
        Some(if self.commits { Doubt::OnlyCommits } else { Doubt::NothingStated })
    }

    /// Whether the version written `text` is affected.
    pub fn contains(&self, text: &str) -> Containment {
        if self.listed_unparsable.binary_search_by(|listed| (**listed).cmp(text)).is_ok() {
            return Containment::Affected;
        }
        match Version::parse(self.ecosystem, text) {
            Ok(version) => self.contains_key(version.key()),
            Err(error) => Containment::Unknown(Doubt::Version(error)),
        }
    }

    /// Whether the version with this key is affected.
    pub fn contains_key(&self, key: &VersionKey) -> Containment {
        let listed = self.listed.binary_search(key).is_ok();
        if listed || self.ranges.iter().any(|range| range.contains(key)) {
            return Containment::Affected;
        }
        self.doubt().map_or(Containment::NotAffected, Containment::Unknown)
    }
}

impl fmt::Display for Containment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Affected => f.write_str("affected"),
            Self::NotAffected => f.write_str("not affected"),
            Self::Unknown(doubt) => write!(f, "unknown: {doubt}"),
        }
    }
}

#[cfg(test)]
mod tests;
