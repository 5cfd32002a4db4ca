//! A CSAF advisory as OSV records, one a vulnerability: what its product tree says of packages.
//!
//! A product counts where the tree gives a package URL. *Fixed* products end a range that begins with the
//! first version; of several fixed versions of one package on one platform the highest does, so that what
//! can't be told apart (streams of a module) is listed rather than passed over. *Affected* products are
//! their version, their range (VERS, or a comparison such as `<4.2`), or without either every version up to
//! the fix. A range that can't be read leaves every version in doubt.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use versions::{Ecosystem, Namespace, Purl, Vers};

use super::document::{Document, Head, States};
use super::tree::Product;
use crate::error::{Format, Place, Problem, ReadError};
use crate::{json, osv};

/// Largest document we read, in bytes.
pub const MAX_CSAF_BYTES: usize = 64 << 20;

/// Beginnings of ids that are unique everywhere.
const DATABASES: [&str; 6] = ["CVE-", "GHSA-", "GO-", "OSV-", "PYSEC-", "RUSTSEC-"];

/// What is said of one package on one platform.
#[derive(Default)]
struct Said {
    /// The highest version in which it is fixed.
    fixed: Option<String>,
    /// Affected whatever the version, or up to the fix.
    any: bool,
    /// Affected versions.
    versions: Vec<String>,
    /// Affected ranges.
    ranges: Vec<Vec<osv::RangeEvent>>,
}

/// Reads a document as records; those of vulnerabilities without a package URL have no packages.
///
/// # Errors
/// [`ReadError`] with the JSON path.
pub fn read(bytes: &[u8]) -> Result<Vec<osv::Record>, ReadError> {
    let document: Document = json::decode(Format::Csaf, bytes, MAX_CSAF_BYTES)?;
    let refused =
        |path, what| Err(ReadError::new(Format::Csaf, Place::path(path), Problem::Rule(what)));
    let Head { title, tracking } = document.document;
    let Some(tracking) = tracking else { return refused("document.tracking", "it is missing") };
    if tracking.id.trim().is_empty() {
        return refused("document.tracking.id", "it is empty");
    }
    let products = document.product_tree.products();
    let many = document.vulnerabilities.len() > 1;
    let records = document.vulnerabilities.into_iter().enumerate().map(|(at, flaw)| {
        // of several flaws each needs an id of its own; the number is its place
        let id = if many { format!("{}-{}", tracking.id, at + 1) } else { tracking.id.clone() };
        // numbers of trackers are unique in their tracker only, so they join nothing
        let known = |text: &&String| DATABASES.iter().any(|prefix| text.starts_with(prefix));
        let others = flaw.ids().filter(known);
        let aliases = flaw.cve.iter().chain(others).cloned();
        osv::Record {
            aliases: aliases.filter(|alias| *alias != id).collect(),
            id,
            modified: tracking.current_release_date.clone(),
            published: tracking.initial_release_date.clone(),
            summary: flaw.title.clone().or_else(|| Some(title.clone())),
            affected: affected(&flaw.product_status, &products),
            ..osv::Record::default()
        }
    });
    Ok(records.collect())
}

fn affected(states: &States, products: &BTreeMap<String, Product>) -> Vec<osv::Affected> {
    let mut all: BTreeMap<(String, String), (Ecosystem, Said)> = BTreeMap::new();
    let lists = [
        (true, &states.fixed),
        (true, &states.first_fixed),
        (false, &states.known_affected),
        (false, &states.first_affected),
        (false, &states.last_affected),
    ];
    for (fixed, list) in lists {
        for product in list.iter().filter_map(|id| products.get(id)) {
            for purl in &product.purls {
                let Some(space) = namespace(purl, product.platform.as_deref()) else { continue };
                let key = (space.as_str().to_owned(), purl.package_name());
                let (_, said) =
                    all.entry(key).or_insert_with(|| (space.ecosystem(), Said::default()));
                said.take(fixed, space.ecosystem(), purl, product.range.as_deref());
            }
        }
    }
    let packages = all.into_iter().map(|((ecosystem, name), (_, said))| {
        let package = Some(osv::Package { ecosystem, name, purl: None });
        said.affected(package)
    });
    packages.collect()
}

impl Said {
    fn take(&mut self, fixed: bool, ecosystem: Ecosystem, purl: &Purl, range: Option<&str>) {
        let version = purl.version().map(|version| match purl.qualifiers().get("epoch") {
            Some(epoch) if ecosystem == Ecosystem::Rpm => format!("{epoch}:{version}"),
            _ => version.to_owned(),
        });
        match (fixed, version, range) {
            (true, Some(version), _) => {
                let higher = self.fixed.as_ref().is_none_or(|held| {
                    versions::compare(ecosystem, held, &version) == Ok(Ordering::Less)
                });
                if higher {
                    self.fixed = Some(version);
                }
            }
            // a fixed range says where a fix begins, which other products of the list say, too
            (true, None, _) => {}
            (false, Some(version), _) => self.versions.push(version),
            (false, None, Some(range)) => self.ranges.push(events(range)),
            (false, None, None) => self.any = true,
        }
    }

    fn affected(self, package: Option<osv::Package>) -> osv::Affected {
        use osv::RangeEvent::{Fixed, Introduced};
        let mut ranges = self.ranges;
        match self.fixed {
            Some(fixed) => ranges.push(vec![Introduced("0".to_owned()), Fixed(fixed)]),
            None if self.any => ranges.push(vec![Introduced("0".to_owned())]),
            None => {}
        }
        let kind = osv::RangeKind::Ecosystem;
        let ranges = ranges.into_iter().map(|events| osv::Range { kind, repo: None, events });
        osv::Affected {
            package,
            ranges: ranges.collect(),
            versions: self.versions,
            ..osv::Affected::default()
        }
    }
}

/// A range of versions as events. One that can't be read has an event that no version order takes, so that
/// every version is in doubt.
fn events(text: &str) -> Vec<osv::RangeEvent> {
    let read = match text.strip_prefix("vers:") {
        Some(_) => of_vers(text),
        None => of_words(text),
    };
    read.unwrap_or_else(|| vec![osv::RangeEvent::Introduced(format!("?{text}"))])
}

fn of_vers(text: &str) -> Option<Vec<osv::RangeEvent>> {
    use osv::RangeEvent::{Fixed, Introduced, LastAffected};
    use versions::vers::Comparator;
    let vers = Vers::parse_lenient(text).ok()?;
    if vers.constraints().is_empty() {
        return Some(vec![Introduced("0".to_owned())]);
    }
    let (mut events, mut open) = (Vec::new(), false);
    for (comparator, version) in vers.constraints() {
        let version = version.clone();
        match comparator {
            Comparator::GreaterOrEqual => {
                events.push(Introduced(version));
                open = true;
            }
            Comparator::Less | Comparator::LessOrEqual => {
                if !open {
                    events.push(Introduced("0".to_owned()));
                }
                open = false;
                let last = *comparator == Comparator::LessOrEqual;
                events.push(if last { LastAffected(version) } else { Fixed(version) });
            }
            Comparator::Equal => {
                events.extend([Introduced(version.clone()), LastAffected(version)]);
            }
            // "above" and "all but" have no event
            Comparator::Greater | Comparator::NotEqual => return None,
        }
    }
    Some(events)
}

/// `<4.2`, `<= 4.2`, `>=4.0|<4.2`: what publishers write where they do not write VERS.
fn of_words(text: &str) -> Option<Vec<osv::RangeEvent>> {
    use osv::RangeEvent::{Fixed, Introduced, LastAffected};
    let mut from = "0".to_owned();
    let mut end = None;
    for part in text.split(['|', ',']) {
        let part = part.trim();
        let version = |rest: &str| {
            let rest = rest.trim();
            let plain = !rest.is_empty() && !rest.contains(char::is_whitespace);
            plain.then(|| rest.to_owned())
        };
        if let Some(rest) = part.strip_prefix(">=") {
            from = version(rest)?;
        } else if let Some(rest) = part.strip_prefix("<=") {
            end = Some(LastAffected(version(rest)?));
        } else if let Some(rest) = part.strip_prefix('<') {
            end = Some(Fixed(version(rest)?));
        } else {
            return None;
        }
    }
    Some(std::iter::once(Introduced(from)).chain(end).collect())
}

/// Where a package belongs: what its package URL says, and the platform where that says less.
fn namespace(purl: &Purl, platform: Option<&str>) -> Option<Namespace> {
    let own = Namespace::from_purl(purl)?;
    if own.release().is_some() || !own.ecosystem().is_distribution() {
        return Some(own);
    }
    // `cpe:/o:redhat:enterprise_linux:9::baseos`: OSV names the release by what follows the vendor
    let cpe = platform.and_then(|cpe| cpe.strip_prefix("cpe:/")).and_then(|cpe| cpe.get(2..));
    let rest = cpe.and_then(|cpe| cpe.strip_prefix("redhat:")).filter(|_| own.base() == "Red Hat");
    match rest {
        Some(rest) => Namespace::from_osv(&format!("Red Hat:{rest}")).or(Some(own)),
        None => Some(own),
    }
}

#[cfg(test)]
mod tests;
