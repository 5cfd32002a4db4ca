//! Leaves, chains, objects, signatures and shred statements.

use super::tree::Outcome;
use super::{Audit, FaultKind, Place};
use crate::chain::{ChainFault, Chains};
use crate::entry::{Object, ObjectError, object_path};
use crate::event::Event;
use crate::files::Tiles;
use crate::leaf::{Header, Leaf};
use crate::seal::OpenError;
use crate::shred::Shreds;
use crate::trees::TreeHead;
use crate::trust::Trust;
use domain::{Digest, Statement};
use std::collections::BTreeMap;
use tlog::tile::parse_bundle;
use tlog::{Level, Tile, TileReader, merkle};

/// Checks the statements of the log, passing over entries that are not those under the signed root. `quotes` is
/// whether the SHA-256 roots that leaves quote are compared with the tiles.
pub(super) fn check(audit: &mut Audit<'_>, head: TreeHead, tree: &Outcome, quotes: bool) {
    let mut statements = Statements::new(audit.trust.bootstrap());
    for n in 0..head.size.div_ceil(256) {
        let Some(bundle) = Tile::at(Level::Entries, n, head.size) else { break };
        let path = bundle.to_string();
        let first = n * 256;
        let bytes = if tree.unread.contains(&n) { None } else { audit.need(&path) };
        let entries = bytes.as_deref().and_then(|b| parse_bundle(b, bundle.width()).ok());
        let Some(entries) = entries else {
            audit.report.unread += u64::from(bundle.width());
            continue;
        };
        for (index, entry) in (first..).zip(entries) {
            if tree.wrong.contains(&index) {
                audit.report.unread += 1;
            } else {
                statements.take(audit, &path, index, entry);
            }
        }
    }
    statements.finish(audit, head, tree.sound && quotes);
}

/// What is known after the leaves so far.
struct Statements {
    chains: Chains,
    /// The roots of trust with what the log changed about them so far.
    trust: Trust,
    /// By quoted size: the roots that leaves quoted, and where.
    quoted: BTreeMap<u64, BTreeMap<Digest, Quote>>,
    shreds: Shreds,
    /// Every object as it was found, as far as a shred statement can matter to it.
    gone: Vec<Gone>,
    present: BTreeMap<Digest, (Header, u64)>,
}

struct Quote {
    file: String,
    index: u64,
}

/// A statement without its payload.
struct Gone {
    id: Digest,
    header: Header,
    index: u64,
    /// Whether the signatures are still there.
    signed: bool,
}

impl Statements {
    fn new(trust: Trust) -> Self {
        Self {
            trust,
            chains: Chains::default(),
            quoted: BTreeMap::new(),
            shreds: Shreds::default(),
            gone: Vec::new(),
            present: BTreeMap::new(),
        }
    }

    /// Checks one entry of the bundle `file`.
    fn take(&mut self, audit: &mut Audit<'_>, file: &str, index: u64, entry: &[u8]) {
        audit.report.statements += 1;
        let place = Some(Place::Index(index));
        let leaf = match Leaf::from_bytes(entry) {
            Ok(leaf) => leaf,
            Err(error) => return audit.fault(file, place, FaultKind::Leaf(error)),
        };
        let hash = Digest::from_bytes(*tlog::leaf_hash(entry).as_bytes());
        let fault = self.chains.admit(&leaf, hash, index);
        if let Some(seen) = leaf.position().seen {
            let quote = Quote { file: file.to_owned(), index };
            self.quoted.entry(seen.size).or_default().entry(seen.root).or_insert(quote);
        }
        let voided = fault.as_ref().is_some_and(ChainFault::voids);
        // A leaf that could not be read may be the one that seems to be missing here.
        let excused = |fault: &ChainFault| match fault {
            ChainFault::Gap { .. } | ChainFault::OtherPredecessor { .. } => audit.report.unread > 0,
            ChainFault::Replayed { .. }
            | ChainFault::Fork { .. }
            | ChainFault::TimeWentBack { .. }
            | ChainFault::SeenAhead { .. } => false,
        };
        if let Some(fault) = fault.filter(|f| !excused(f)) {
            audit.fault(file, place, FaultKind::Chain(fault));
        }
        // A voided statement's object is that of its first logging, which was checked there.
        if !voided || self.chains.index_of(&leaf.id()).is_none() {
            self.check_object(audit, &leaf, index, !voided);
        }
    }

    /// `counts` unless its place in the chain is taken.
    fn check_object(&mut self, audit: &mut Audit<'_>, leaf: &Leaf, index: u64, counts: bool) {
        let id = leaf.id();
        let path = object_path(&id);
        let header = leaf.header().clone();
        let Ok(found) = audit.take(&path) else { return };
        let Some(bytes) = found else {
            self.gone.push(Gone { id, header, index, signed: false });
            return;
        };
        let checked = Object::from_bytes(&bytes).and_then(|object| {
            object.check(leaf)?;
            let signers = object.verify(leaf, &self.trust, index)?;
            Ok((object, signers))
        });
        let (object, signers) = match checked {
            Ok(good) => good,
            Err(error) => {
                return audit.fault(path, Some(Place::Index(index)), FaultKind::Object(error));
            }
        };
        audit.report.objects += 1;
        if object.is_shredded() && self.trust.concerns(leaf) {
            let error = ObjectError::Sealed(OpenError::Shredded);
            let kind = FaultKind::Object(error);
            audit.fault(path.clone(), Some(Place::Index(index)), kind);
        }
        if counts {
            self.trust.take(leaf, &object, &signers, index);
        }
        if object.is_shredded() {
            self.gone.push(Gone { id, header, index, signed: true });
            return;
        }
        if leaf.header().schema() == Event::SCHEMA {
            let opened = object.open(leaf, None).and_then(|o| o.statement::<Event>());
            if let Ok(event) = opened
                && event.signers().is_subset(&signers)
            {
                self.shreds.take(index, header.issuer(), event);
            }
        } else {
            self.present.insert(id, (header, index));
        }
    }

    /// Judges what only the whole log can tell.
    fn finish(self, audit: &mut Audit<'_>, head: TreeHead, tiles_sound: bool) {
        let Self { chains: _, trust, quoted, shreds, gone, present } = self;
        for Gone { id, header, index, signed } in gone {
            if shreds.names(&header, index, &trust) {
                audit.report.shredded += 1;
                audit.report.unsigned += u64::from(!signed);
            } else {
                // The shred statement itself may be what could not be read.
                if audit.report.unread > 0 {
                    continue;
                }
                let kind =
                    if signed { FaultKind::Lost { statement: id } } else { FaultKind::Missing };
                audit.fault(object_path(&id), Some(Place::Index(index)), kind);
            }
        }
        for id in shreds.targets() {
            if let Some((header, index)) = present.get(&id)
                && shreds.names(header, *index, &trust)
            {
                audit.fault(object_path(&id), Some(Place::Index(*index)), FaultKind::NotShredded);
            }
        }
        // Roots of older sizes come from the tiles, so they are worth nothing while tiles are at fault.
        if tiles_sound {
            check_quotes(audit, head, quoted);
        }
    }
}

fn check_quotes(
    audit: &mut Audit<'_>,
    head: TreeHead,
    quoted: BTreeMap<u64, BTreeMap<Digest, Quote>>,
) {
    let reader = TileReader::new(Tiles(audit.files), head.size);
    for (size, roots) in quoted {
        if size > head.size {
            continue; // reported with its leaf
        }
        let Ok(root) = merkle::root(&reader, size) else { continue };
        for (quoted, Quote { file, index }) in roots {
            if quoted.as_bytes() != root.as_bytes() {
                audit.fault(file, Some(Place::Index(index)), FaultKind::Fork { size });
            }
        }
    }
}
