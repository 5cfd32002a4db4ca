//! What a CVE record (CVE JSON 5) says of packages, as an OSV record.
//!
//! Only products with a package URL, or a name in a collection that we know, can be matched with an inventory;
//! the others are left out. A status that can't be told from its text leaves every version in doubt.

use versions::{Ecosystem, Namespace, Purl};

use super::record::{Product, Record, Version};
use crate::osv::{self, RangeEvent};

/// Collections, by a part of their address that is theirs alone.
const COLLECTIONS: [(&str, Ecosystem); 11] = [
    ("//pypi.org", Ecosystem::PyPi),
    ("npmjs.", Ecosystem::Npm),
    ("//crates.io", Ecosystem::CratesIo),
    ("//rubygems.org", Ecosystem::RubyGems),
    ("//repo.maven.apache.org", Ecosystem::Maven),
    ("//repo1.maven.org", Ecosystem::Maven),
    ("nuget.org", Ecosystem::NuGet),
    ("packagist.org", Ecosystem::Packagist),
    ("//hex.pm", Ecosystem::Hex),
    ("//pkg.go.dev", Ecosystem::Go),
    ("//pub.dev", Ecosystem::Pub),
];

impl Record {
    /// What it says of packages; none where it is rejected or names no package that we know.
    pub fn packages(&self) -> Option<osv::Record> {
        let (about, cna) = (&self.cve_metadata, &self.containers.cna);
        let affected: Vec<_> = cna.affected.iter().filter_map(Product::affected).collect();
        if self.is_rejected() || affected.is_empty() {
            return None;
        }
        Some(osv::Record {
            id: about.cve_id.clone(),
            modified: about.date_updated.clone().unwrap_or_default(),
            published: about.date_published.clone(),
            summary: cna.title.clone(),
            affected,
            ..osv::Record::default()
        })
    }
}

impl Product {
    fn affected(&self) -> Option<osv::Affected> {
        let (ecosystem, name) = self.package()?;
        let by_default = self.default_status.as_deref() == Some("affected");
        let ranges: Vec<Vec<RangeEvent>> = if by_default {
            vec![self.all_but()]
        } else {
            let affected = self.versions.iter().filter(|one| one.status == "affected");
            affected.filter(|one| !one.is_single()).map(Version::events).collect()
        };
        let single = self.versions.iter().filter(|one| one.status == "affected" && one.is_single());
        let versions =
            if by_default { Vec::new() } else { single.map(|one| one.version.clone()).collect() };
        let kind = osv::RangeKind::Ecosystem;
        let ranges = ranges.into_iter().map(|events| osv::Range { kind, repo: None, events });
        Some(osv::Affected {
            package: Some(osv::Package { ecosystem, name, purl: None }),
            ranges: ranges.collect(),
            versions,
            ..osv::Affected::default()
        })
    }

    /// Ecosystem as OSV names it, and name.
    fn package(&self) -> Option<(String, String)> {
        if let Some(purl) =
            self.package_url.as_deref().and_then(|text| Purl::parse_lenient(text).ok())
        {
            return Some((Namespace::from_purl(&purl)?.to_string(), purl.package_name()));
        }
        let (address, name) = (self.collection_url.as_deref()?, self.package_name.as_deref()?);
        let (_, ecosystem) = COLLECTIONS.iter().find(|(part, _)| address.contains(part))?;
        Some((ecosystem.to_string(), name.to_owned()))
    }

    /// Every version but those that are told apart as unaffected.
    fn all_but(&self) -> Vec<RangeEvent> {
        let mut events = vec![RangeEvent::Introduced("0".to_owned())];
        for one in self.versions.iter().filter(|one| one.status == "unaffected") {
            if !one.changes.is_empty()
                || one.less_than_or_equal.is_some()
                || one.less_than.is_none()
            {
                return doubtful(&one.version);
            }
            if one.from() == "0" {
                events.clear();
            } else {
                events.push(RangeEvent::Fixed(one.version.clone()));
            }
            if let Some(until) = one.less_than.as_ref().filter(|until| *until != "*") {
                events.push(RangeEvent::Introduced(until.clone()));
            }
        }
        events
    }
}

impl Version {
    fn is_single(&self) -> bool {
        self.less_than.is_none() && self.less_than_or_equal.is_none() && self.changes.is_empty()
    }

    /// Where it begins; some write in words that it is at the beginning.
    fn from(&self) -> &str {
        match self.version.as_str() {
            "" | "*" | "0" | "n/a" | "unspecified" => "0",
            other => other,
        }
    }

    fn events(&self) -> Vec<RangeEvent> {
        let mut events = vec![RangeEvent::Introduced(self.from().to_owned())];
        for change in &self.changes {
            events.push(match change.status.as_str() {
                "unaffected" => RangeEvent::Fixed(change.at.clone()),
                "affected" => RangeEvent::Introduced(change.at.clone()),
                other => return doubtful(other),
            });
        }
        let end = |version: &Option<String>| version.clone().filter(|version| version != "*");
        events.extend(end(&self.less_than).map(RangeEvent::Fixed));
        events.extend(end(&self.less_than_or_equal).map(RangeEvent::LastAffected));
        events
    }
}

/// An event that no version order takes, so that every version is in doubt.
fn doubtful(text: &str) -> Vec<RangeEvent> {
    vec![RangeEvent::Introduced(format!("?{text}"))]
}

#[cfg(test)]
mod tests;
