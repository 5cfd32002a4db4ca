//! What suppliers say does not matter in their products: shown with the reason, not counted as work.
//!
//! Only a statement with a reason counts, or one that names the fixed version itself; anything else
//! leaves the match where it is.

use crate::flaw::{Flaw, shown};
use crate::index::Component;
use advisory::vex::{Statement, Status};
use domain::Line;
use std::collections::BTreeMap;
use versions::{Namespace, Purl};

/// What is said, by whom, of packages.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Said {
    products: Vec<Purl>,
    fixed: bool,
    reason: Line,
    source: Line,
}

/// Statements that matches are held against.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Suppressions {
    said: Vec<Said>,
    by_id: BTreeMap<Box<str>, Vec<usize>>,
}

/// A match of which a supplier says that it is no work.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Suppressed {
    /// The assets that have it.
    pub assets: crate::AssetSet,
    /// The package's ecosystem as OSV names it, with the distribution's release where there is one.
    pub ecosystem: String,
    /// The package.
    pub package: Box<str>,
    /// The version that is there.
    pub version: Box<str>,
    /// The flaw.
    pub flaw: Flaw,
    /// Whether it is said to be mended there, not only harmless.
    pub fixed: bool,
    /// Why, in the supplier's words. Outside text.
    pub reason: Line,
    /// Which document says so.
    pub source: Line,
}

impl Suppressions {
    /// Takes in the statements of a document; gives how many of those that would suppress have no reason,
    /// and are therefore not believed.
    pub fn add(&mut self, source: &Line, statements: &[Statement]) -> usize {
        let mut left_out = 0;
        for statement in statements {
            let fixed = match statement.status {
                Status::NotAffected => false,
                Status::Fixed => true,
                Status::Affected | Status::UnderInvestigation => continue,
            };
            let default = fixed.then_some("fixed");
            let Some(reason) = statement.reason.as_deref().or(default).and_then(shown) else {
                left_out += 1;
                continue;
            };
            let products = statement.products.clone();
            for id in &statement.ids {
                self.by_id.entry(id.as_str().into()).or_default().push(self.said.len());
            }
            self.said.push(Said { products, fixed, reason, source: source.clone() });
        }
        left_out
    }

    /// Whether nothing is said.
    pub(crate) fn is_empty(&self) -> bool {
        self.said.is_empty()
    }

    /// Whether it is said to be mended, why, and by which document: the first that speaks of it.
    pub(crate) fn of(&self, component: &Component, flaw: &Flaw) -> Option<(bool, &Line, &Line)> {
        let places = flaw.ids.iter().filter_map(|id| self.by_id.get(id.as_str())).flatten();
        let said = places.filter_map(|at| self.said.get(*at));
        let mut about =
            said.filter(|said| said.products.iter().any(|p| is(p, component, said.fixed)));
        about.next().map(|said| (said.fixed, &said.reason, &said.source))
    }
}

/// Whether a package URL is that component. That every version is fixed is not believed.
fn is(purl: &Purl, component: &Component, versioned: bool) -> bool {
    let (Some(here), Some(there)) = (&component.namespace, Namespace::from_purl(purl)) else {
        return false;
    };
    let released = there.release().is_none() || there.release() == here.release();
    let version = match (purl.version(), component.version.as_deref()) {
        (None, _) => !versioned,
        // rpm's epoch stands in a qualifier there
        (Some(said), Some(here)) => {
            said == here || here.split_once(':').is_some_and(|(_, v)| v == said)
        }
        (Some(_), None) => false,
    };
    there.base() == here.base()
        && released
        && here.ecosystem().normalised(&component.name) == purl.package_name()
        && version
}

#[cfg(test)]
mod tests {
    //! What a statement reaches.
    use super::*;
    use crate::index::tests::component;

    fn flaw() -> Flaw {
        let id: domain::AdvisoryId = "CVE-2026-1".parse().unwrap();
        let class = crate::Class::Vulnerability;
        Flaw { ids: vec![id.clone()], id, summary: None, class }
    }

    fn statement(purl: &str, status: Status, reason: Option<&str>) -> Statement {
        let (ids, products) = (vec!["CVE-2026-1".to_owned()], vec![purl.parse().unwrap()]);
        Statement { ids, products, status, reason: reason.map(str::to_owned) }
    }

    #[test]
    fn what_it_reaches() {
        let here = component("crates.io/a", Some("1.0.0"));
        let check = |purl: &str, status, reason, expected: bool| {
            let mut all = Suppressions::default();
            let left_out = all.add(&"x.json".parse().unwrap(), &[statement(purl, status, reason)]);
            assert_eq!(all.of(&here, &flaw()).is_some(), expected, "{purl} {status:?} {left_out}");
        };
        check("pkg:cargo/a@1.0.0", Status::NotAffected, Some("not built"), true);
        check("pkg:cargo/a", Status::NotAffected, Some("not built"), true);
        check("pkg:cargo/a@1.0.0", Status::NotAffected, None, false);
        check("pkg:cargo/a@1.0.1", Status::NotAffected, Some("not built"), false);
        check("pkg:cargo/b@1.0.0", Status::NotAffected, Some("not built"), false);
        check("pkg:npm/a@1.0.0", Status::NotAffected, Some("not built"), false);
        check("pkg:cargo/a@1.0.0", Status::Fixed, None, true);
        check("pkg:cargo/a", Status::Fixed, None, false);
        check("pkg:cargo/a@1.0.0", Status::Affected, Some("use it less"), false);
        check("pkg:cargo/a@1.0.0", Status::UnderInvestigation, None, false);
    }
}
