//! A dossier: everything of one case that a party can read, in a folder that a stranger verifies offline.
//!
//! ```text
//! index.html       what is in it, for people; prints well
//! case.json        the case as these statements make it
//! manifest.json    every other file with its SHA-256, every statement, and what is left out
//! receipts/        a bundle for each statement: that it was signed and logged, and by whose keys
//! statements/      what each says, disclosed beside its bundle
//! uses/, signals/  where this home's gateway recorded them: each use, and what the rules of misuse tell of them
//! ```
//!
//! Who holds the roots of trust needs nothing else: [`check`] verifies each bundle and each disclosure, folds the statements
//! again, and compares the result with `case.json`. What the party can't read is left out, and the manifest says how many
//! statements that are, since any of them may belong to the case. Whether the maker left out more, a reader sees only in the log.

mod belongs;
mod check;
mod uses;

pub use check::{Checked, check};
pub use uses::Minute;

use super::{ReviewError, case_json, refused, view_of};
use crate::act::Ctx;
use crate::disclose::{self, DiscloseError, Field};
use crate::files::{self, Access, FileError};
use crate::finding::policy::PolicyError;
use crate::finding::{self, FindingView};
use crate::folder::Folder;
use crate::refresh;
use crate::sync::Known;
use access::{Bounds, CaseView, Event, Reviews, Uses};
use belongs::{Sorted, sorted};
use domain::{CaseId, Digest, PartyId, Statement, Timestamp};
use ledger::{Bundle, LogStatement, Receipt, Trust};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use uses::Kept;

/// What a manifest calls itself.
const FORMAT: &str = "vestibule-dossier/v3";
/// What it called itself before it had uses and signals, and before it told to whom assessments went; such a one is still
/// checked.
const BEFORE: [&str; 2] = ["vestibule-dossier/v1", "vestibule-dossier/v2"];
/// The manifest's name.
const MANIFEST: &str = "manifest.json";
/// The case's name.
const CASE: &str = "case.json";
/// The page's name.
const PAGE: &str = "index.html";

/// Why there is no dossier, or why one is not read.
#[derive(Debug, thiserror::Error)]
pub enum DossierError {
    /// The case, the log or the home.
    #[error(transparent)]
    Review(#[from] ReviewError),
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// A receipt of the party's own copy of the log.
    #[error("statement {index} can't be proven from this copy of the log")]
    Receipt {
        /// Its place.
        index: u64,
        /// Why.
        #[source]
        source: ledger::ReceiptError,
    },
    /// Likewise for the changes of keys that go with it.
    #[error("statement {index} can't be bundled from this copy of the log")]
    Bundle {
        /// Its place.
        index: u64,
        /// Why.
        #[source]
        source: ledger::BundleError,
    },
    /// A disclosure.
    #[error(transparent)]
    Disclose(#[from] DiscloseError),
    /// The record of uses.
    #[error(transparent)]
    UseLog(#[from] gateway::UseLogError),
    /// The rules that findings are judged by.
    #[error(transparent)]
    Policy(#[from] PolicyError),
    /// The folder is there.
    #[error("{} is there already; name a folder that is not", .0.display())]
    Exists(PathBuf),
    /// The manifest is not as it must be.
    #[error("{}: {reason}", path.display())]
    Manifest {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

/// `manifest.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Its format and version.
    pub format: String,
    /// The case.
    pub case: CaseId,
    /// Whose dossier it is: what this party can read is in it.
    pub party: PartyId,
    /// When it was made; the case is as of then.
    pub made_at: Timestamp,
    /// The log's name.
    pub log: String,
    /// How many statements the log had.
    pub size: u64,
    /// Every other file, by its path in the folder, with its SHA-256.
    pub files: BTreeMap<String, Digest>,
    /// What is in it, in log order.
    pub statements: Vec<Entry>,
    /// What is not, in log order.
    pub left_out: Vec<LeftOut>,
    /// Minutes whose uses are in it one by one; none where this home has no use log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub uses: Option<Vec<Minute>>,
}

/// A statement of the case.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// Its place in the log.
    pub index: u64,
    /// Its id.
    pub id: Digest,
    /// Family and version of its payload.
    pub schema: String,
    /// What kind of statement it is.
    pub kind: String,
    /// Who signed it.
    pub signers: Vec<PartyId>,
    /// When its issuer says it was stated.
    pub claimed_at: Timestamp,
    /// Whether it counts in the log: signed by all, in its place of its issuer's chain, before any closing.
    pub counts: bool,
    /// Why it has no effect, if so.
    pub ignored: Option<String>,
    /// The file with its bundle.
    pub receipt: String,
    /// The file with what it says.
    pub statement: String,
}

/// A statement about some review, run or finding that the party can't read, or can't any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LeftOut {
    /// Its place in the log.
    pub index: u64,
    /// Its id.
    pub id: Digest,
    /// What kind of statement it is.
    pub kind: String,
    /// Who signed it, as its header says.
    pub signers: Vec<PartyId>,
    /// Why it is not here.
    pub why: String,
}

/// A dossier, made and not yet written.
#[derive(Debug)]
pub struct Dossier {
    /// The manifest, whose `files` lack the page.
    pub manifest: Manifest,
    /// The case.
    pub view: CaseView,
    /// The case as it is written.
    pub case: serde_json::Value,
    /// What each statement says, in the manifest's order.
    pub says: Vec<Vec<Field>>,
    /// The case's findings, as far as they can be judged here.
    pub findings: Vec<FindingView>,
    /// What the rules of misuse tell of its uses; none where this home has no use log.
    pub signals: Option<signals::Report>,
    files: BTreeMap<String, Vec<u8>>,
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Written {
    /// The folder.
    pub folder: PathBuf,
    /// How many statements are in it.
    pub statements: usize,
    /// How many about some review, run or finding are left out.
    pub left_out: usize,
    /// SHA-256 of the manifest, which pins every file.
    pub manifest: Digest,
}

/// Makes the dossier of a case from everything that this party can read.
///
/// # Errors
/// See [`DossierError`].
pub async fn dossier(ctx: &Ctx, case: &CaseId) -> Result<Dossier, DossierError> {
    let known = ctx.known().await.map_err(ReviewError::Act)?;
    let now = ctx.clock.now();
    let Sorted { belongs, left_out, findings } = sorted(&known, case);
    let house = finding::findings(&known, &known.trust)?;
    let copy = LogCopy::of(ctx, &known);
    let mut files = BTreeMap::new();
    let (mut statements, mut says) = (Vec::new(), Vec::new());
    let mut events = Vec::new();
    for statement in belongs {
        let Some(proven) = copy.proven(statement)? else { continue };
        files.insert(proven.entry.receipt.clone(), proven.bundle);
        files.insert(proven.entry.statement.clone(), proven.disclosure);
        events.push(statement);
        says.push(proven.says);
        statements.push(proven.entry);
    }
    let mut counted = Vec::new();
    for (entry, statement) in statements.iter_mut().zip(&events) {
        if entry.schema == clearinghouse::Event::SCHEMA {
            let ignored = house.ignored.iter().find(|ignored| ignored.index == entry.index);
            entry.ignored = ignored.map(|ignored| ignored.detail.clone());
        }
        if entry.schema != Event::SCHEMA {
            continue;
        }
        match statement.attested::<Event>() {
            Ok(attested) => counted.push((entry, attested)),
            Err(error) => {
                (entry.counts, entry.ignored) = (false, Some(crate::plain(&error)));
            }
        }
    }
    let mut reviews = empty(&known.trust);
    let mut stated = Vec::new();
    for (entry, attested) in counted {
        let refusal = reviews.apply(&attested).err();
        entry.ignored = refusal.map(|refusal| refused(&refusal).to_string());
        stated.extend(uses_of(attested.event).filter(|_| entry.ignored.is_none()));
    }
    let view = view_of(&reviews, case, now);
    let view = view.map_err(|_| ReviewError::Unknown(case.clone()))?;
    let case_value = case_json(&view);
    files.insert(CASE.to_owned(), written_json(&case_value));
    let kept = Kept::of(ctx, &reviews, case, &stated, now)?;
    files.extend(kept.files);
    let manifest = Manifest {
        format: FORMAT.to_owned(),
        case: case.clone(),
        party: ctx.home.id().clone(),
        made_at: now,
        log: known.trust.log().origin().to_owned(),
        size: known.head.size,
        files: files.iter().map(|(path, bytes)| (path.clone(), Digest::of(bytes))).collect(),
        statements,
        left_out,
        uses: kept.report.is_some().then_some(kept.minutes),
    };
    let ours = house.house.findings().filter(|of| findings.contains(&of.report.finding));
    let findings = ours.map(|of| FindingView::of(&house.house, of)).collect();
    Ok(Dossier { manifest, view, case: case_value, says, findings, signals: kept.report, files })
}

/// What a statement of uses says.
fn uses_of(event: Event) -> Option<Uses> {
    match event {
        Event::UsesRecorded(uses) => Some(uses),
        _ => None,
    }
}

/// A statement with its proof.
struct Proven {
    entry: Entry,
    bundle: Vec<u8>,
    disclosure: Vec<u8>,
    says: Vec<Field>,
}

/// The party's copy of the log, with the best checkpoint that it has.
struct LogCopy<'k> {
    folder: Folder,
    /// The checkpoint, its size, and the size of the tree held.
    note: Option<(Vec<u8>, u64, u64)>,
    known: &'k Known,
}

impl<'k> LogCopy<'k> {
    fn of(ctx: &Ctx, known: &'k Known) -> Self {
        let folder = Folder::new(ctx.home.folder().join("log"));
        let note = refresh::witnessed(&folder, &known.trust);
        Self { folder, note, known }
    }

    /// A statement that can be read here, with the proof that it was logged and what it says.
    fn proven(&self, statement: &LogStatement) -> Result<Option<Proven>, DossierError> {
        let Ok(opened) = &statement.content else { return Ok(None) };
        let index = statement.index;
        let header = statement.leaf.header();
        let under = self.note.as_ref().filter(|(_, size, _)| index < *size);
        let receipt = match under {
            Some((note, _, held)) => Receipt::build_under(&self.folder, index, note, *held),
            None => Receipt::build(&self.folder, index),
        };
        let receipt = receipt.map_err(|source| DossierError::Receipt { index, source })?;
        let disclosure = opened.disclose();
        let says = disclose::shown(&disclosure, &receipt).map_err(DiscloseError::from)?;
        let Known { trust, head, .. } = self.known;
        let bundle = Bundle::build(&self.folder, receipt, trust, head.size);
        let bundle = bundle.map_err(|source| DossierError::Bundle { index, source })?;
        let name = format!("{index:08}-{}", header.kind());
        let entry = Entry {
            index,
            id: statement.leaf.id(),
            schema: header.schema().to_owned(),
            kind: header.kind().to_owned(),
            signers: header.signers().to_vec(),
            claimed_at: header.claimed_at(),
            counts: true,
            ignored: None,
            receipt: format!("receipts/{name}.receipt"),
            statement: format!("statements/{name}.disclosure"),
        };
        let (bundle, disclosure) = (bundle.to_bytes(), disclosure.to_bytes());
        Ok(Some(Proven { entry, bundle, disclosure, says }))
    }
}

impl Dossier {
    /// Writes it with its page to a folder that is not there yet.
    ///
    /// # Errors
    /// See [`DossierError`].
    pub fn write(mut self, page: &str, folder: &Path) -> Result<Written, DossierError> {
        if folder.exists() {
            return Err(DossierError::Exists(folder.to_owned()));
        }
        self.files.insert(PAGE.to_owned(), page.as_bytes().to_vec());
        self.manifest.files.insert(PAGE.to_owned(), Digest::of(page.as_bytes()));
        for (path, bytes) in &self.files {
            // what was sealed to this party is open in here
            files::write(&folder.join(path), bytes, Access::Private)?;
        }
        let manifest = serde_json::to_value(&self.manifest).map_err(|e| {
            DossierError::Manifest { path: folder.join(MANIFEST), reason: e.to_string() }
        })?;
        let bytes = written_json(&manifest);
        files::write(&folder.join(MANIFEST), &bytes, Access::Private)?;
        Ok(Written {
            folder: folder.to_owned(),
            statements: self.manifest.statements.len(),
            left_out: self.manifest.left_out.len(),
            manifest: Digest::of(&bytes),
        })
    }
}

/// The same bytes whatever order a build keeps objects in.
fn written_json(value: &serde_json::Value) -> Vec<u8> {
    let mut value = value.clone();
    value.sort_all_objects();
    format!("{value:#}\n").into_bytes()
}

/// Nothing folded yet, with the parties of these roots of trust.
fn empty(trust: &Trust) -> Reviews {
    let directory = trust.parties().map(|m| (m.party.id.clone(), m.party.clone())).collect();
    Reviews::new(directory, Bounds::default())
}
