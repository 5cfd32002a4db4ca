//! Every match, without dates and words: for programs that decide by themselves.

use super::systems::{self, Read};
use super::{CheckError, Subject, Tell, Unread};
use crate::feeds::Feeds;
use domain::{AdvisoryId, AssetId, Timestamp};
use serde::Serialize;
use std::collections::BTreeSet;
use std::fmt::Write as _;

/// A version of a package of which an advisory speaks.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Match {
    /// In which inventory.
    pub asset: AssetId,
    /// The ecosystem as OSV writes it, with its release.
    pub ecosystem: String,
    /// The package's name.
    pub package: String,
    /// Its version; empty where the inventory has none.
    pub version: String,
    /// The advisory.
    pub advisory: AdvisoryId,
    /// Why it can't be said whether it affects this version; none where it does.
    pub doubt: Option<String>,
}

/// Every match of some inventories.
#[derive(Debug, Serialize)]
pub struct Matches {
    /// In the order of inventories, ecosystems, packages, versions and advisories.
    pub matches: Vec<Match>,
    /// Inventories of folders that could not be read.
    pub unread: Vec<Unread>,
}

impl Matches {
    /// A line a match: inventory, ecosystem, package, version, advisory and doubt, with tabs between them.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for one in &self.matches {
            let Match { asset, ecosystem, package, version, advisory, doubt } = one;
            let doubt = doubt.as_deref().unwrap_or_default();
            // writing to a string does not fail
            let _ =
                writeln!(text, "{asset}\t{ecosystem}\t{package}\t{version}\t{advisory}\t{doubt}");
        }
        text
    }
}

/// Matches inventories against feeds, and decides nothing.
///
/// # Errors
/// See [`CheckError`].
pub fn matches(
    subjects: &[Subject],
    feeds: &Feeds,
    now: Timestamp,
    tell: &Tell<'_>,
) -> Result<Matches, CheckError> {
    let Read { fleet, unread, .. } = systems::read(subjects, &feeds.index, now, tell)?;
    let mut all = BTreeSet::new();
    for (component, found, assets) in fleet.found() {
        let certain = found.affected.iter().map(|record| (*record, None));
        let doubtful = found.unknown.iter().map(|(record, doubt)| (*record, Some(doubt)));
        for (record, doubt) in certain.chain(doubtful) {
            let Some((advisory, _)) = feeds.index.record(record) else { continue };
            all.extend(assets.ids().map(|asset| Match {
                asset,
                ecosystem: component.space(),
                package: component.name.to_string(),
                version: component.version.as_deref().unwrap_or_default().to_owned(),
                advisory: advisory.clone(),
                doubt: doubt.map(ToString::to_string),
            }));
        }
    }
    Ok(Matches { matches: all.into_iter().collect(), unread })
}
