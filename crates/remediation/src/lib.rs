//! What to patch first: inventory against advisories, deadlines, worklists, waves.
//!
//! * [`Table`] is BOD 26-04's Table 1, read from a cited data file; [`decide`] gives the deadline of
//!   one vulnerability on one asset from [`Facts`], or says which facts are missing. It never guesses.
//! * [`Clock`] re-decides when a fact changes and keeps why each change happened.
//! * [`Index`] matches components against OSV records: one binary search a component, over one block of
//!   bytes ([`Packed`]) for hundreds of thousands of records, used where it lies.
//! * [`Slicer`] cuts feeds into small pieces by package name, of which a reader takes those of its inventory ([`Sliced`]).
//! * [`Fleet`] holds each distinct component and inventory once, and the many assets that have them as sets.
//! * [`explain`] says of one flaw what is known, where it is, and what would change its deadline.
//! * [`Worklist`] turns matches into a few things to do, in order, in plain words.
//! * [`Remediation`] folds statements: facts about assets, and notices from issue to closure.
//!
//! An operator's inventory stays with the operator: upstream go counts, never names.
//!
//! # Matching
//!
//! ```
//! use remediation::{Component, Index, Pack};
//! use std::sync::Arc;
//! use versions::Namespace;
//!
//! let record = advisory::osv::read(
//!     br#"{"id": "RUSTSEC-2026-0001", "modified": "2026-11-01T00:00:00Z", "affected": [{
//!         "package": {"ecosystem": "crates.io", "name": "left"},
//!         "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": "1.2.0"}]}]}]}"#,
//! )?;
//! let mut pack = Pack::default();
//! pack.add(&record);
//! // the bytes may as well come from a file, and are used where they lie
//! let index = Index::open(Arc::new(pack.finish()))?;
//!
//! let left = |version: Option<&str>| Component {
//!     namespace: Namespace::from_osv("crates.io"),
//!     name: "left".into(),
//!     version: version.map(Into::into),
//! };
//! let old = left(Some("1.1.9"));
//! let found = index.look_up(&old);
//! let ids: Vec<_> = found.affected.iter().filter_map(|record| index.record(*record)).collect();
//! assert_eq!(ids[0].0.as_str(), "RUSTSEC-2026-0001");
//! assert_eq!(&*index.upgrade(&old, &found.affected).expect("it is fixed").to, "1.2.0");
//! assert!(index.look_up(&left(Some("1.2.0"))).affected.is_empty());
//! // without a version nobody can say, and that is no "safe"
//! assert_eq!(index.look_up(&left(None)).unknown.len(), 1);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
#![warn(clippy::wildcard_enum_match_arm, missing_docs)]

mod clock;
mod decision;
mod event;
mod facts;
mod flaw;
mod fleet;
mod fold;
mod index;
mod intelligence;
mod leads;
mod notice;
mod refusal;
#[cfg(test)]
mod shared;
mod sifted;
mod slices;
mod suppress;
mod table;
mod worklist;

pub use clock::{Change, Clock, InputChange};
pub use decision::{
    ClockStart, Deadline, Decision, Supposition, Undetermined, WhatIf, decide, what_if,
};
pub use event::{Event, HourKey, Ring};
pub use facts::{Exploitation, Facts, Impact, Input, Kev, Known, Mission, Provenance, Severity};
pub use flaw::{Class, Flaw, Origin};
pub use fleet::{AssetSet, Fleet, InventoryNumber, Standing};
pub use fold::{Prompt, Remediation, Taken};
pub use index::{
    Asked, Component, Found, Index, Matched, NamespaceNumber, Pack, PackageNumber, Packed,
    PackedError, Query, Records, Snapshot, Source, Unknown, Upgrade,
};
pub use intelligence::{Intelligence, Probability};
pub use leads::{Lead, LeadError, LeadModel, LeadRing, Leads};
pub use notice::{Closure, Counts, NotClosed, Notice, closure};
pub use refusal::Refusal;
pub use sifted::{Sift, Sifted};
pub use slices::{
    Catalogue, Cut, Delta, Node, Object, Slice, SliceError, Sliced, Slicer, Space, Step,
};
pub use suppress::{Suppressed, Suppressions};
pub use table::{Answer, Answers, ClockRule, Fallback, Outcome, Row, Said, Table, TableError};
pub use worklist::{
    Action, ActionView, Asset, AssetExplanation, Detections, Due, EXPLAIN_WORDS, Effort,
    Explanation, ExportError, Moves, Noted, Part, Question, QuestionView, Remedy, Ruling, Sheet,
    Target, UnknownMatch, WORDS, Worklist, WorklistView, Worth, WouldChange, explain,
    explain_asset,
};
