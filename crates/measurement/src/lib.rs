//! Operations of an evaluator: measuring a model under criteria that are sealed in the log before its first call and opened after.
//!
//! What the evaluator alone may know lies in its home, 0700, one folder a run:
//!
//! ```text
//! runs/RUN/criteria          the sealed document with its salts and the master seed
//! runs/RUN/result            outcomes, verdict and their salt, written before anything is stated
//! runs/RUN/evaluation.jsonl  the transcript, unless another folder was named
//! runs/RUN/summary.json      counts
//! imports/NAME/log.jsonl     logs of others, never taken for a measurement
//! imports/NAME/task.json     tasks of others, to practise on
//! calibration.csv            runs of reference models and people, for refits
//! ```
//!
//! The log holds two commitments and the transcript's root until the criteria are opened. The developer reads
//! those; the opening, which holds the threshold, is never sealed to it.

mod calibrate;
mod certify;
mod disclose;
mod escapes;
mod generate;
mod graded;
mod import;
mod kept;
mod ladder;
mod machine;
mod mark;
mod memo;
mod open;
mod rest;
mod run;
mod seal;
mod signs;
mod simulate;
mod spans;
mod tier;
mod verify;
mod view;

use assessment::{Fault, Sealed};
use domain::{CaseId, ModelId, PartyId, Role, RunId};
use harness::HarnessError;
use ledger::Trust;
use operations::act::{ActError, Ctx, Done, Readers};
use operations::directive::with_role;
use operations::files::FileError;
use operations::fold::Refused;
use operations::review;
use operations::runs::{Assessed, refused, runs};
use operations::sync::Known;
use std::collections::BTreeSet;
use std::path::PathBuf;

// by these names the file of `world` finds them in either crate
#[cfg(test)]
use operations::{act, ctx, home, node, reach, trust};

pub use calibrate::{
    CalibrationError, Items, RangeAttempt, Refit, Row, Stored, SubjectView, TaskFit, calibrate,
    calibrate_run, items_at, items_text, read_attempts, read_items, read_records, records_text,
    refit,
};
pub use certify::{Asked, Certified, certify};
pub use disclose::{FamilyError, FamilyView, disclose, family, read_family};
pub use escapes::{Escapes, escapes};
pub use generate::{Generated, generate, seed_from_hex};
use graded::ranges_of;
pub use graded::{PowerAsked, PowerView, RangeView, power, ranges};
pub use import::{
    ImportedView, TaskView, import, import_tasks, imported, imports, task, task_view, tasks,
};
pub use kept::{CriteriaError, read_criteria};
pub use ladder::{GapView, LadderAsked, LadderView, RungAsked, RungView, ladder, read_rung};
pub use machine::{Lack, Needs, lacks, machine};
pub use mark::{mark, read_mark};
pub use memo::{
    AskMemo, Budgeted, Containment, FamilyRow, Fit, Ledger, Memo, Point, Policies, PolicyError,
    Sealing, Section, Spent, Stated, Verified, memo, read_policies,
};
pub use open::open;
pub use rest::{SeedFile, own_seed, seed, seed_at};
pub use run::{Ran, Trial, run};
pub use seal::{Plan, cells, dollars, logits, rate, seal, width};
pub use signs::{Shortcuts, SignView, imported_shortcuts, own_transcript, shortcuts};
pub use simulate::{Forecast, Simulation, simulate};
pub use spans::send_spans;
pub use tier::{AskTier, DeclarationView, declare, least, tier};
pub use verify::{Check, Verification, Verify, attestation, contained, verify};
pub use view::{CriteriaView, RunView, list, show};

/// Why a verb of a measurement did nothing.
#[derive(Debug, thiserror::Error)]
pub enum MeasureError {
    /// Stating it.
    #[error(transparent)]
    Act(#[from] ActError),
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The rules do not admit it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// A file of criteria.
    #[error("{}", path.display())]
    Criteria {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it, and where.
        #[source]
        source: CriteriaError,
    },
    /// A file with one family.
    #[error("{}", path.display())]
    Family {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it, and where.
        #[source]
        source: FamilyError,
    },
    /// A table of runs or of items.
    #[error("{}", path.display())]
    Calibration {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it, and in which line.
        #[source]
        source: CalibrationError,
    },
    /// The kept result is damaged.
    #[error("{}: the kept result is damaged ({reason})", path.display())]
    Result {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it, and where.
        reason: String,
    },
    /// The criteria in this home are not those that were sealed.
    #[error(
        "{}: not the criteria that were sealed for run {run} ({fault}); put back the copy that `assess seal --out` made", path.display()
    )]
    OtherCriteria {
        /// Which file.
        path: PathBuf,
        /// The run.
        run: RunId,
        /// What differs.
        fault: Fault,
    },
    /// Another command works on the same run.
    #[error("another command is working on {}; wait for it to end", .0.display())]
    Busy(PathBuf),
    /// This machine can't isolate or compile.
    #[error("this machine can't measure: {0}")]
    Machine(String),
    /// Nothing answers at the endpoint, so no sample was spent.
    #[error("nothing answers at {url}: {reason}; no sample was taken")]
    Endpoint {
        /// The endpoint.
        url: String,
        /// What the system said.
        reason: String,
    },
    /// The run.
    #[error(transparent)]
    Harness(#[from] HarnessError),
    /// Something that a person typed.
    #[error("{0}")]
    Argument(String),
    /// Nothing is known of it here.
    #[error("this party knows of no run `{0}`; `vestibule assess list` shows what it may read")]
    Unknown(RunId),
}

impl MeasureError {
    /// Whether trying again later may help, with nothing changed.
    pub const fn is_temporary(&self) -> bool {
        matches!(self, Self::Endpoint { .. } | Self::Busy(_))
    }
}

/// Where a command stands when it begins.
enum Start {
    /// An earlier command with this request key did it.
    Earlier(Done),
    /// It is to be done.
    Go(Box<Known>),
}

/// Sends what earlier commands left, syncs, and looks whether this request was done before.
async fn start(ctx: &Ctx, request: Option<&str>) -> Result<Start, ActError> {
    let earlier = || Ok::<_, ActError>(request.map(|key| ctx.earlier(key)).transpose()?.flatten());
    if let Some(done) = earlier()? {
        return Ok(Start::Earlier(done));
    }
    let known = ctx.known().await?;
    // the outbox may have held it
    Ok(earlier()?.map_or(Start::Go(Box::new(known)), Start::Earlier))
}

/// The developer of a case that this party knows, if the model is one of the case's.
fn developer(known: &Known, case: &CaseId, model: &ModelId) -> Result<PartyId, Refused> {
    let (reviews, _) = review::reviews(known, &known.trust);
    let case = reviews.case(case).map_err(|refusal| review::refused(&refusal))?;
    if case.models().contains(model) {
        return Ok(case.developer().clone());
    }
    let detail = format!("case {} is not about model {model}", case.id());
    Err(Refused { code: "model-not-in-case", detail })
}

/// The developer whom a sealed run is about, if it names a case.
fn subject(known: &Known, sealed: &Sealed) -> Result<Option<PartyId>, Refused> {
    sealed.case.as_ref().map(|case| developer(known, case, &sealed.model)).transpose()
}

/// Those who may know that a run was sealed or measured: government's side, inspectors, and the
/// case's developer. Nothing of a threshold or verdict goes to them.
fn told(trust: &Trust, developer: Option<PartyId>) -> Readers {
    const SIDE: [Role; 4] = [Role::Government, Role::Determiner, Role::Evaluator, Role::Inspector];
    let mut parties: BTreeSet<PartyId> = with_role(trust, &SIDE).collect();
    parties.extend(developer.filter(|d| trust.party(d).is_some()));
    Readers::Parties(parties)
}

/// Those who may read a threshold: who determines, and who inspects. Never the case's developer.
fn entrusted(trust: &Trust, developer: Option<&PartyId>) -> Readers {
    let mut parties: BTreeSet<PartyId> =
        with_role(trust, &[Role::Determiner, Role::Inspector]).collect();
    parties.retain(|party| Some(party) != developer);
    Readers::Parties(parties)
}

#[cfg(test)]
mod tests;
#[cfg(test)]
#[path = "../../operations/src/testing/world.rs"]
mod world;
