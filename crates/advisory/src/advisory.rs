//! One advisory of ours, before it becomes a CSAF or an OSV document.

use versions::vers::{Comparator, Vers};
use versions::{Ecosystem, Event, Purl, Range};

use crate::{cve, instant, osv};

/// An advisory as its publisher writes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Advisory {
    /// Identifier that the publisher gives; for OSV with the prefix of its database.
    pub id: String,
    /// One line.
    pub title: String,
    /// What is wrong and what to do, in plain words.
    pub summary: String,
    /// Identifiers of the same flaw elsewhere; at most one CVE.
    pub aliases: Vec<String>,
    /// Affected packages; at least one.
    pub affected: Vec<AffectedPackage>,
    /// Links.
    pub references: Vec<Link>,
    /// CVSS vector.
    pub severity: Option<String>,
    /// Weakness.
    pub weakness: Option<Weakness>,
    /// Who is thanked, as they want to be named.
    pub credits: Vec<String>,
    /// Every published revision, oldest first; at least one.
    pub revisions: Vec<Revision>,
    /// Who publishes.
    pub publisher: Publisher,
}

/// An affected package and its ranges.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AffectedPackage {
    /// Whose version order applies.
    pub ecosystem: Ecosystem,
    /// Name in the ecosystem.
    pub name: String,
    /// Affected ranges; at least one.
    pub ranges: Vec<AffectedRange>,
}

/// One affected range.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AffectedRange {
    /// First affected version; `None` from the beginning.
    pub introduced: Option<String>,
    /// Where it ends.
    pub end: RangeEnd,
}

/// Where an affected range ends.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RangeEnd {
    /// The first version that is fixed.
    Fixed(String),
    /// The last affected version, when no fixed one exists.
    LastAffected(String),
    /// It does not end.
    Open,
}

/// A link and what is behind it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// What is behind it.
    pub kind: LinkKind,
    /// `http` or `https`.
    pub url: String,
    /// One line on it.
    pub summary: String,
}

/// What is behind a link.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkKind {
    /// This advisory itself.
    Advisory,
    /// The change that fixes it.
    Fix,
    /// A report.
    Report,
    /// Anything else.
    Web,
}

/// A weakness of the CWE list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weakness {
    /// Such as `CWE-787`.
    pub id: String,
    /// The name exactly as the list has it, such as `Out-of-bounds Write`.
    pub name: String,
}

/// A published revision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revision {
    /// RFC 3339 in UTC.
    pub at: String,
    /// What changed.
    pub summary: String,
}

/// Who publishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Publisher {
    /// What the publisher is.
    pub category: PublisherCategory,
    /// Name.
    pub name: String,
    /// Address that the publisher controls, such as `https://example.org`.
    pub namespace: String,
}

/// What a publisher is (CSAF 2.0 §3.2.1.8.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PublisherCategory {
    /// Coordinates between finder and vendor.
    Coordinator,
    /// Found the flaw.
    Discoverer,
    /// Makes the product.
    Vendor,
    /// None of these.
    Other,
}

/// Why an advisory cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AdvisoryError {
    /// A field is empty.
    #[error("the advisory's `{0}` is empty; fill it in")]
    Empty(&'static str),
    /// A field has a value that it can't have.
    #[error("the advisory's `{field}` can't be `{given}`: it must be {expected}")]
    Value {
        /// Which field.
        field: &'static str,
        /// The value.
        given: String,
        /// What it must be, with its article.
        expected: &'static str,
    },
    /// A range's versions do not parse.
    #[error("a range of `{package}` can't be used: {source}")]
    Range {
        /// Which package.
        package: String,
        /// Why not.
        source: versions::RangeError,
    },
    /// Instants of revisions are not ascending.
    #[error("the advisory's revisions are not in ascending order of time; sort them")]
    RevisionOrder,
}

impl Advisory {
    /// The CVE identifier among its own and its aliases.
    pub fn cve(&self) -> Option<&str> {
        let all = std::iter::once(&self.id).chain(&self.aliases);
        all.map(String::as_str).find(|id| cve::is_id(id))
    }

    /// When it was first published.
    pub fn published(&self) -> &str {
        self.revisions.first().map_or("", |revision| revision.at.as_str())
    }

    /// When it last changed.
    pub fn modified(&self) -> &str {
        self.revisions.last().map_or("", |revision| revision.at.as_str())
    }

    /// Whether it can be written.
    ///
    /// # Errors
    /// [`AdvisoryError`] names the first field that is in the way.
    pub fn check(&self) -> Result<(), AdvisoryError> {
        let texts = [
            ("id", &self.id),
            ("title", &self.title),
            ("summary", &self.summary),
            ("publisher.name", &self.publisher.name),
        ];
        for (field, text) in texts {
            if text.trim().is_empty() {
                return Err(AdvisoryError::Empty(field));
            }
        }
        let value = |field, given: &str, expected| {
            Err(AdvisoryError::Value { field, given: given.to_owned(), expected })
        };
        if self.id.trim() != self.id {
            return value("id", &self.id, "without blanks at its ends");
        }
        if !is_link(&self.publisher.namespace) {
            return value("publisher.namespace", &self.publisher.namespace, "an `https` address");
        }
        if let Some(link) = self.references.iter().find(|link| !is_link(&link.url)) {
            return value("references.url", &link.url, "an `http` or `https` address");
        }
        if let Some(weakness) = &self.weakness
            && !cve::is_cwe(&weakness.id)
        {
            return value("weakness.id", &weakness.id, "a weakness such as `CWE-787`");
        }
        let lists = [
            ("affected", self.affected.is_empty()),
            ("revisions", self.revisions.is_empty()),
            ("references.summary", self.references.iter().any(|one| one.summary.trim().is_empty())),
            ("revisions.summary", self.revisions.iter().any(|one| one.summary.trim().is_empty())),
            ("credits", self.credits.iter().any(|one| one.trim().is_empty())),
            ("weakness.name", self.weakness.as_ref().is_some_and(|one| one.name.trim().is_empty())),
        ];
        if let Some((field, _)) = lists.iter().find(|(_, empty)| *empty) {
            return Err(AdvisoryError::Empty(field));
        }
        if let Some(revision) = self.revisions.iter().find(|one| !instant::is_utc_instant(&one.at))
        {
            return value("revisions.at", &revision.at, "an RFC 3339 instant ending in `Z`");
        }
        let instant = |revision: &Revision| revision.at.trim_end_matches('Z').to_owned();
        if self.revisions.windows(2).any(|pair| matches!(pair, [a, b] if instant(a) > instant(b))) {
            return Err(AdvisoryError::RevisionOrder);
        }
        self.affected.iter().try_for_each(AffectedPackage::check)
    }

    /// The advisory as an OSV record.
    ///
    /// # Errors
    /// As [`Self::check`].
    pub fn to_osv(&self) -> Result<osv::Record, AdvisoryError> {
        self.check()?;
        let severity = self.severity.iter().map(|vector| osv::Severity {
            kind: if vector.starts_with("CVSS:4") { "CVSS_V4" } else { "CVSS_V3" }.to_owned(),
            score: vector.clone(),
        });
        let references = self
            .references
            .iter()
            .map(|link| osv::Reference { kind: link.kind.osv().to_owned(), url: link.url.clone() });
        let credits = self.credits.iter().map(|name| osv::Credit {
            name: name.clone(),
            contact: Vec::new(),
            kind: Some("FINDER".to_owned()),
        });
        Ok(osv::Record {
            schema_version: Some("1.7.0".to_owned()),
            id: self.id.clone(),
            modified: self.modified().to_owned(),
            published: Some(self.published().to_owned()),
            aliases: self.aliases.clone(),
            summary: Some(self.title.clone()),
            details: Some(self.summary.clone()),
            severity: severity.collect(),
            affected: self.affected.iter().map(AffectedPackage::to_osv).collect(),
            references: references.collect(),
            credits: credits.collect(),
            ..osv::Record::default()
        })
    }
}

impl AffectedPackage {
    /// The package URL, without version or with one.
    pub fn purl(&self, version: Option<&str>) -> Option<Purl> {
        let separator = if self.ecosystem == Ecosystem::Maven { ':' } else { '/' };
        let (namespace, name) = match self.name.rsplit_once(separator) {
            Some((namespace, name)) => (Some(namespace), name),
            None => (None, self.name.as_str()),
        };
        let kind = self.ecosystem.purl_type();
        let parts = versions::purl::Parts { kind, namespace, name, version, ..Default::default() };
        Purl::new(&parts).ok()
    }

    fn check(&self) -> Result<(), AdvisoryError> {
        if self.name.trim().is_empty() {
            return Err(AdvisoryError::Empty("affected.name"));
        }
        if self.ranges.is_empty() {
            return Err(AdvisoryError::Empty("affected.ranges"));
        }
        for range in &self.ranges {
            Range::compile(self.ecosystem, range.events())
                .map_err(|source| AdvisoryError::Range { package: self.name.clone(), source })?;
        }
        Ok(())
    }

    fn to_osv(&self) -> osv::Affected {
        let kind = if matches!(self.ecosystem, Ecosystem::CratesIo | Ecosystem::Npm | Ecosystem::Go)
        {
            osv::RangeKind::Semver
        } else {
            osv::RangeKind::Ecosystem
        };
        let ranges = self.ranges.iter().map(|range| osv::Range {
            kind,
            repo: None,
            events: range.events().map(osv::RangeEvent::from).collect(),
        });
        osv::Affected {
            package: Some(osv::Package {
                ecosystem: self.ecosystem.to_string(),
                name: self.name.clone(),
                purl: self.purl(None).map(|purl| purl.to_string()),
            }),
            ranges: ranges.collect(),
            ..osv::Affected::default()
        }
    }
}

impl AffectedRange {
    /// The range as events of OSV.
    pub fn events(&self) -> impl Iterator<Item = Event<'_>> {
        let end = match &self.end {
            RangeEnd::Fixed(version) => Some(Event::Fixed(version)),
            RangeEnd::LastAffected(version) => Some(Event::LastAffected(version)),
            RangeEnd::Open => None,
        };
        let introduced = Event::Introduced(self.introduced.as_deref().unwrap_or("0"));
        std::iter::once(introduced).chain(end)
    }

    /// The range as a `vers` range specifier.
    pub fn to_vers(&self, ecosystem: Ecosystem) -> String {
        let from = self.introduced.iter().map(|v| (Comparator::GreaterOrEqual, v.clone()));
        let until = match &self.end {
            RangeEnd::Fixed(version) => Some((Comparator::Less, version.clone())),
            RangeEnd::LastAffected(version) => Some((Comparator::LessOrEqual, version.clone())),
            RangeEnd::Open => None,
        };
        Vers::new(ecosystem.purl_type(), from.chain(until).collect())
            .map_or_else(|_| String::new(), |vers| vers.to_string())
    }
}

impl LinkKind {
    fn osv(self) -> &'static str {
        match self {
            Self::Advisory => "ADVISORY",
            Self::Fix => "FIX",
            Self::Report => "REPORT",
            Self::Web => "WEB",
        }
    }
}

fn is_link(text: &str) -> bool {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    rest.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphanumeric()))
        && text.chars().all(|c| {
            c.is_ascii_graphic()
                && !matches!(c, '"' | '<' | '>' | '\\' | '^' | '`' | '{' | '|' | '}')
        })
}

#[cfg(test)]
pub(crate) mod tests;
