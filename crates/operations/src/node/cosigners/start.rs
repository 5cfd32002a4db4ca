//! Before the first signature: whether the log that was opened is the newest there is.
//!
//! A folder restored from a backup looks whole and is old. If its node signed on, the world would see two histories
//! under one key. Whoever cosigned the newer one knows better, so all are asked first:
//!
//! 1. One that has recorded more than is committed here, or another root of the same size, or shows a head that this
//!    log does not have: refuse. Nothing but the newest copy of the folder helps.
//! 2. Otherwise at least one cosigner of a main party must have answered (any cosigner, if no main party has one):
//!    a restored copy whose witnesses are all out of reach must not sign either. Whoever did not answer is named in
//!    the status, and is asked again in every round; one that turns out to be ahead then stops the node.
//! 3. A person can order a start without any answer. The order needs a reason and is recorded in the node's folder,
//!    `overrides.log`; an answer that says "ahead" can't be overridden.
//!
//! A node that does not start blocks no release: a party states a release in its own home, and it is logged when a
//! node is there again.

use super::config::{self, ConfigError};
use super::http::HttpCosigners;
use super::{Cosigners, Head, Known, Said, Standing};
use crate::ctx::Clock;
use crate::http::HttpError;
use domain::{Span, Timestamp};
use ledger::{LogSigner, PlanError, Tiles, TreeHead};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};
use store::{LogStore, StoreError};
use tlog::{CheckpointError, KeyError, SignedCheckpoint, TileReader, VerifierKey, merkle};

/// Longest that the cosigners are waited for before a start.
const PATIENCE: Span = Span::seconds(5);
/// How often they are asked again when the log has grown meanwhile.
const TRIES: usize = 8;

/// Why a node was not opened.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// `witnesses.toml` can't be used.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A cosigner's address can't be used.
    #[error(transparent)]
    Address(#[from] HttpError),
    /// What its cosigners said, or did not say.
    #[error(transparent)]
    Refused(#[from] StartRefusal),
    /// The committed checkpoint can't be read.
    #[error("the committed checkpoint")]
    Checkpoint(#[from] CheckpointError),
    /// The log's own key can't be read back.
    #[error("the log's key")]
    Key(#[from] KeyError),
    /// The empty checkpoint can't be signed to ask with.
    #[error("the first checkpoint")]
    Plan(#[from] PlanError),
    /// The log's storage.
    #[error("the log's storage")]
    Store(#[from] StoreError),
    /// The order to start without witnesses can't be recorded, or the cosigners can't be asked from here.
    #[error("{}: {source}", path.display())]
    System {
        /// What was being used.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
}

/// Why a node does not start signing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StartRefusal {
    /// A cosigner knows a larger tree.
    #[error(
        "`{name}` has recorded {theirs} statements of this log, and this folder has {ours}: it was restored from an \
         older copy. Signing from here would make a second history. Restore the newest copy; nothing was signed"
    )]
    Ahead {
        /// Who.
        name: String,
        /// Leaves of what it knows.
        theirs: u64,
        /// Leaves committed here.
        ours: u64,
    },
    /// A cosigner knows another root of a size that this log has passed.
    #[error(
        "`{name}` has seen another history of this log with {size} statements. Signing from here would continue a \
         second one. Find the copy that `{name}` knows; nothing was signed"
    )]
    OtherHistory {
        /// Who.
        name: String,
        /// Leaves of the head that differs.
        size: u64,
    },
    /// Nobody who counts answered.
    #[error(
        "no witness of a main party answered ({}), so nobody can say whether this folder is the newest copy. Start \
         one of them, or order a start without them and say why (`--without-witnesses REASON`); it is recorded. \
         Nothing was signed",
        why.join("; ")
    )]
    NobodyAnswered {
        /// Who was asked, each with why nothing came.
        why: Vec<String>,
    },
}

/// Who did not answer, each with why: for the status.
pub type Unheard = Vec<(String, String)>;

/// Asks the cosigners that a node's folder names, and decides whether it may sign. `without` is a person's reason to
/// start without their answer, which is recorded when it is needed.
///
/// # Errors
/// [`StartError`]; nothing was signed.
pub fn before_signing(
    folder: &Path,
    signer: &LogSigner,
    log: &dyn LogStore,
    clock: &dyn Clock,
    without: Option<&str>,
) -> Result<Unheard, StartError> {
    let Some(configured) = config::read(folder)? else { return Ok(Vec::new()) };
    for _ in 0..TRIES {
        let before = log.head()?.map(|committed| committed.head);
        let asked = once(folder, signer, log, clock, without, configured.clone());
        let behind = matches!(
            asked,
            Err(StartError::Refused(
                StartRefusal::Ahead { .. } | StartRefusal::OtherHistory { .. }
            ))
        );
        // another host of this log may have committed while they were asked
        if !behind || log.head()?.map(|committed| committed.head) == before {
            return asked;
        }
    }
    once(folder, signer, log, clock, without, configured)
}

fn once(
    folder: &Path,
    signer: &LogSigner,
    log: &dyn LogStore,
    clock: &dyn Clock,
    without: Option<&str>,
    configured: Vec<config::Configured>,
) -> Result<Unheard, StartError> {
    let committed = log.head()?;
    let TreeHead { size, root, .. } = committed.as_ref().map_or(TreeHead::EMPTY, |c| c.head);
    let ours = Head { size, root };
    let note = match committed {
        Some(committed) => committed.checkpoint,
        // a log that has signed nothing asks with the empty tree, which every history begins with
        None => {
            let now = clock.now();
            ledger::plan_append(TreeHead::EMPTY, &Tiles(log), &[], signer, now)?.checkpoint
        }
    };
    let committed = SignedCheckpoint::parse(&note)?;
    let log_key: VerifierKey = signer.verifier().vkey().parse()?;
    let said = ask(folder, &log_key, configured, &committed)?;
    let root_at = |size| {
        let reader = TileReader::new(Tiles(log), ours.size);
        merkle::root(&reader, size).ok().map(|root| *root.as_bytes())
    };
    match check_start(&ours, &root_at, &said, false) {
        Err(StartRefusal::NobodyAnswered { .. }) if without.is_some() => {
            let unheard = check_start(&ours, &root_at, &said, true)?;
            record(folder, clock.now(), &ours, without.unwrap_or_default())?;
            Ok(unheard)
        }
        other => Ok(other?),
    }
}

/// Asks from a thread of its own, since whoever opens a node may or may not be within a runtime.
fn ask(
    folder: &Path,
    log: &VerifierKey,
    configured: Vec<config::Configured>,
    committed: &SignedCheckpoint,
) -> Result<Vec<Said>, StartError> {
    let system = |source| StartError::System { path: folder.join(config::FILE), source };
    std::thread::scope(|scope| {
        let asking = scope.spawn(|| {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.map_err(system)?.block_on(async {
                let cosigners = HttpCosigners::new(log, configured)?;
                Ok(cosigners.latest(committed, PATIENCE).await)
            })
        });
        asking.join().unwrap_or_else(|_| Err(system(std::io::Error::other("asking panicked"))))
    })
}

/// Adds the order to the folder's list of such orders, durably.
fn record(folder: &Path, now: Timestamp, head: &Head, reason: &str) -> Result<(), StartError> {
    let path = folder.join("overrides.log");
    let reason: String = reason.chars().filter(|c| !c.is_control()).take(500).collect();
    let line = format!("{now} started without witnesses at {} statements: {reason}\n", head.size);
    let written = OpenOptions::new().create(true).append(true).open(&path).and_then(|mut file| {
        file.write_all(line.as_bytes())?;
        file.sync_all()
    });
    written.map_err(|source| StartError::System { path, source })
}

/// Decides whether the node may sign on from `head`. `root_at` gives this log's own root of a smaller size, if it
/// can be computed. With `ordered`, silence alone does not refuse.
///
/// # Errors
/// [`StartRefusal`].
pub fn check_start(
    head: &Head,
    root_at: &dyn Fn(u64) -> Option<[u8; 32]>,
    said: &[Said],
    ordered: bool,
) -> Result<Unheard, StartRefusal> {
    for Said { name, answer, .. } in said {
        if let Ok(known) = answer {
            check_one(head, root_at, name, known)?;
        }
    }
    let heard = |standing: Option<Standing>| {
        let mut of = said.iter().filter(|s| standing.is_none_or(|standing| s.standing == standing));
        of.any(|s| s.answer.is_ok())
    };
    let main = Some(Standing::Main);
    let any_main = said.iter().any(|s| s.standing == Standing::Main);
    let why = |s: &Said| {
        let silence = s.answer.as_ref().err()?;
        Some((s.name.clone(), silence.to_string()))
    };
    let unheard: Unheard = said.iter().filter_map(why).collect();
    if said.is_empty() || ordered || heard(if any_main { main } else { None }) {
        return Ok(unheard);
    }
    let why = unheard.into_iter().map(|(name, why)| format!("`{name}`: {why}")).collect();
    Err(StartRefusal::NobodyAnswered { why })
}

fn check_one(
    head: &Head,
    root_at: &dyn Fn(u64) -> Option<[u8; 32]>,
    name: &str,
    known: &Known,
) -> Result<(), StartRefusal> {
    let Known { size, other_root, shown } = known;
    let (name, ours) = (name.to_owned(), head.size);
    let theirs = shown.map_or(*size, |shown| shown.size.max(*size));
    if theirs > ours {
        return Err(StartRefusal::Ahead { name, theirs, ours });
    }
    if *other_root {
        return Err(StartRefusal::OtherHistory { name, size: ours });
    }
    let Some(shown) = shown else { return Ok(()) };
    let own = if shown.size == ours { Some(head.root) } else { root_at(shown.size) };
    match own {
        Some(root) if root == shown.root => Ok(()),
        // a root that can't be computed can't be vouched for either
        Some(_) | None => Err(StartRefusal::OtherHistory { name, size: shown.size }),
    }
}

#[cfg(test)]
mod tests;
