//! Bundles and tiles against the signed root, with the blame put on the right file.
//!
//! Two trees are climbed from left to right: one from the entries, one from the stored tiles of level 0,
//! which part only where these two disagree. The one that leads to the signed root is right, and every
//! file that disagrees with it is at fault.

use super::climb::{Climb, Expected};
use super::{Audit, FaultKind, Place};
use crate::entry::Object;
use crate::files::CHECKPOINT_PATH;
use crate::trees::TreeHead;
use std::collections::BTreeSet;
use tlog::tile::parse_bundle;
use tlog::{Level, Tile, TreeHash};

/// A tree climbed from leaf hashes, and how the stored tiles above differ from it.
#[derive(Clone)]
struct Side<H> {
    climb: Climb<H>,
    faults: Vec<(String, Option<Place>, FaultKind)>,
}

/// An entry that differs from the stored hash of level 0.
struct Mismatch {
    bundle: Tile,
    tile: Tile,
    index: u64,
}

/// What the tree's files are worth.
#[derive(Default)]
pub(super) struct Outcome {
    /// Whether every bundle and tile is there and right.
    pub(super) sound: bool,
    /// Bundles that are missing or malformed.
    pub(super) unread: BTreeSet<u64>,
    /// Entries that are not, or may not be, those under the signed root.
    pub(super) wrong: BTreeSet<u64>,
}

impl Outcome {
    /// Nothing is wrong yet.
    pub(super) fn all_sound() -> Self {
        Self { sound: true, ..Self::default() }
    }

    /// What both trees say.
    pub(super) fn and(mut self, other: Self) -> Self {
        self.sound &= other.sound;
        self.unread.extend(other.unread);
        self.wrong.extend(other.wrong);
        self
    }
}

/// Checks all bundles, and all tiles of one of the trees, against the root that is signed for it.
pub(super) fn check<H: TreeHash>(audit: &mut Audit<'_>, size: u64, signed: H) -> Outcome {
    let mut outcome = Outcome { sound: true, ..Outcome::default() };
    let mut entries = Side::<H>::default();
    let mut stored: Option<Side<H>> = None;
    let mut mismatches = Vec::new();
    let mut climbable = true;
    for n in 0..size.div_ceil(256) {
        let (Some(bundle), Some(tile)) =
            (Tile::at(Level::Entries, n, size), Tile::at(H::level(0), n, size))
        else {
            break;
        };
        let from_entries = read_entries(audit, bundle);
        let from_tile = read_tile(audit, tile);
        if from_entries.is_none() {
            outcome.unread.insert(n);
        }
        outcome.sound &= from_entries.is_some() && from_tile.is_some();
        let (a, b) = match (from_entries, from_tile) {
            (Some(a), Some(b)) => (a, b),
            (Some(hashes), None) | (None, Some(hashes)) => (hashes.clone(), hashes),
            (None, None) => {
                climbable = false;
                continue;
            }
        };
        let first = n * 256;
        let differing = (first..).zip(a.iter().zip(&b)).filter(|(_, (a, b))| a != b);
        let before = mismatches.len();
        mismatches.extend(differing.map(|(index, _)| Mismatch { bundle, tile, index }));
        if mismatches.len() > before && stored.is_none() {
            stored = Some(entries.clone());
        }
        if let Some(stored) = &mut stored {
            stored.push(audit, &b);
        }
        entries.push(audit, &a);
    }
    if climbable {
        blame(audit, signed, entries, stored, &mismatches, &mut outcome);
    } else {
        outcome.wrong.extend(mismatches.iter().map(|m| m.index));
    }
    outcome
}

impl<H> Default for Side<H> {
    fn default() -> Self {
        Self { climb: Climb::default(), faults: Vec::new() }
    }
}

impl<H: TreeHash> Side<H> {
    fn push(&mut self, audit: &mut Audit<'_>, leaves: &[H]) {
        let mut full = Vec::new();
        for leaf in leaves {
            self.climb.push(*leaf, &mut full);
        }
        self.compare(audit, full);
    }

    /// Compares the tiles above level 0, which are read here.
    fn compare(&mut self, audit: &mut Audit<'_>, expected: impl IntoIterator<Item = Expected>) {
        for Expected { tile, bytes } in expected {
            if tile.level() == H::level(0) {
                continue;
            }
            let path = tile.to_string();
            let (place, kind) = match audit.take(&path) {
                Err(()) => continue,
                Ok(None) => (None, FaultKind::Missing),
                Ok(Some(found)) if found.len() != bytes.len() => {
                    let why = format!("{} bytes where {} are needed", found.len(), bytes.len());
                    (None, FaultKind::Malformed(why))
                }
                Ok(Some(found)) => match first_difference(&found, &bytes) {
                    None => continue,
                    Some(at) => (Some(Place::Byte(at)), FaultKind::Tile),
                },
            };
            self.faults.push((path, place, kind));
        }
    }
}

fn blame<H: TreeHash>(
    audit: &mut Audit<'_>,
    signed: H,
    mut entries: Side<H>,
    stored: Option<Side<H>>,
    mismatches: &[Mismatch],
    outcome: &mut Outcome,
) {
    let partial: Vec<_> = entries.climb.partial().collect();
    entries.compare(audit, partial);
    let stored = stored.map(|mut side| {
        let partial: Vec<_> = side.climb.partial().collect();
        side.compare(audit, partial);
        side
    });
    outcome.sound &= mismatches.is_empty() && entries.faults.is_empty();
    if entries.climb.root() == signed {
        for Mismatch { tile, index, .. } in mismatches {
            let at = Place::Byte(index % 256 * H::LEN as u64);
            audit.fault(tile.to_string(), Some(at), FaultKind::Tile);
        }
        report(audit, entries);
    } else if let Some(stored) = stored.filter(|s| s.climb.root() == signed) {
        for Mismatch { bundle, index, .. } in mismatches {
            audit.fault(bundle.to_string(), Some(Place::Index(*index)), FaultKind::Entry);
            outcome.wrong.insert(*index);
        }
        report(audit, stored);
    } else {
        audit.fault(CHECKPOINT_PATH, None, FaultKind::Root);
        outcome.sound = false;
        for Mismatch { bundle, tile, index } in mismatches {
            outcome.wrong.insert(*index);
            let (bundle, tile, place) =
                (bundle.to_string(), tile.to_string(), Some(Place::Index(*index)));
            audit.fault(&*bundle, place, FaultKind::Disagree { with: tile.clone() });
            audit.fault(tile, place, FaultKind::Disagree { with: bundle });
        }
        report(audit, entries);
    }
}

fn report<H>(audit: &mut Audit<'_>, side: Side<H>) {
    for (file, place, kind) in side.faults {
        audit.fault(file, place, kind);
    }
}

/// The leaf hashes of a bundle.
fn read_entries<H: TreeHash>(audit: &mut Audit<'_>, bundle: Tile) -> Option<Vec<H>> {
    let path = bundle.to_string();
    let bytes = audit.need(&path)?;
    match parse_bundle(&bytes, bundle.width()) {
        Ok(entries) => Some(entries.iter().map(|e| H::leaf(e)).collect()),
        Err(error) => {
            audit.fault(path, None, FaultKind::Malformed(error.to_string()));
            None
        }
    }
}

fn read_tile<H: TreeHash>(audit: &mut Audit<'_>, tile: Tile) -> Option<Vec<H>> {
    let path = tile.to_string();
    let bytes = audit.need(&path)?;
    let wanted = tile.byte_len().unwrap_or(0);
    if bytes.len() != wanted {
        let why = format!("{} bytes where {wanted} are needed", bytes.len());
        audit.fault(path, None, FaultKind::Malformed(why));
        return None;
    }
    Some(tlog::tile::hashes(&bytes))
}

fn first_difference(a: &[u8], b: &[u8]) -> Option<u64> {
    a.iter().zip(b).position(|(a, b)| a != b).and_then(|at| u64::try_from(at).ok())
}

/// Judges the files that nothing accounted for: old partial tiles, an interrupted append, or strangers.
pub(super) fn check_left(audit: &mut Audit<'_>, head: TreeHead) {
    for path in std::mem::take(&mut audit.left) {
        if audit.report.unread > 0 && path.starts_with("object/") {
            continue; // it may belong to a leaf that could not be read
        }
        let Ok(tile) = path.parse::<Tile>() else {
            check_stray(audit, path);
            continue;
        };
        let current = Tile::at(tile.level(), tile.index(), head.size);
        match current.filter(|c| c.width() > tile.width()) {
            Some(current) => check_stale(audit, &path, tile, current),
            // Tiles of levels that this tree is too small for are strangers unless it is growing.
            None => check_ahead(audit, path, tile, current),
        }
    }
}

/// An object whose leaf is not in the signed tree was put in place by an append that was interrupted
/// before it was published. It proves nothing and harms nothing, but it must be one.
fn check_stray(audit: &mut Audit<'_>, path: String) {
    let is_object = path.starts_with("object/")
        && matches!(audit.take(&path), Ok(Some(bytes)) if Object::from_bytes(&bytes).is_ok());
    if is_object {
        audit.report.pending.push(path);
    } else {
        audit.fault(path, None, FaultKind::Unexpected);
    }
}

/// A tile of a larger tree is of an interrupted append if it is well formed and goes on from the signed tree.
fn check_ahead(audit: &mut Audit<'_>, path: String, tile: Tile, current: Option<Tile>) {
    let Ok(Some(found)) = audit.take(&path) else {
        return audit.fault(path, None, FaultKind::Ahead);
    };
    let whole = match tile.byte_len() {
        Some(len) => found.len() == len,
        None => parse_bundle(&found, tile.width()).is_ok(),
    };
    let goes_on = match current {
        Some(current) => match audit.take(&current.to_string()) {
            Ok(Some(signed)) => found.starts_with(&signed),
            Ok(None) | Err(()) => false,
        },
        None => true,
    };
    if whole && goes_on {
        audit.report.pending.push(path);
    } else {
        audit.fault(path, None, FaultKind::Ahead);
    }
}

/// An old partial tile must hold the beginning of the one that replaced it.
fn check_stale(audit: &mut Audit<'_>, path: &str, old: Tile, current: Tile) {
    let (Ok(Some(found)), Ok(Some(wider))) = (audit.take(path), audit.take(&current.to_string()))
    else {
        return audit.fault(path, None, FaultKind::Stale);
    };
    let whole = match old.byte_len() {
        Some(len) => found.len() == len,
        None => parse_bundle(&found, old.width()).is_ok(),
    };
    if !whole || !wider.starts_with(&found) {
        let at = first_difference(&found, &wider).map(Place::Byte);
        audit.fault(path, at, FaultKind::Stale);
    }
}
