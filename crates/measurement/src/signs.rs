//! Signs of shortcuts, found in a transcript, and what they do to both ledgers.
//!
//! What the detectors find counts like a mark: anybody with the transcript finds the same.

use super::{MeasureError, runs};
use assessment::{Opened, Outcome, Run};
use domain::RunId;
use harness::signs::{Looked, look};
use harness::transcript::TranscriptError;
use operations::act::Ctx;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

/// A sign, as people read it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SignView {
    /// The sample, from 1; of an imported log, its id and epoch.
    pub sample: String,
    /// The rule.
    pub rule: &'static str,
    /// The tool call within the sample, from 1.
    pub call: usize,
    /// Whether the evidence is in what came back; else it is in what the call was given.
    pub in_result: bool,
    /// The bytes of the evidence: the first, and the one after the last.
    pub bytes: (usize, usize),
    /// The evidence, cut when it is long.
    pub text: String,
}

/// A transcript counted both ways.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Shortcuts {
    /// The transcript.
    pub transcript: PathBuf,
    /// Samples that passed, when cheating counts as success.
    pub passed: usize,
    /// Samples that passed, when it counts as failure.
    pub passed_honestly: usize,
    /// Samples that a person marked, from 1, with why.
    pub marks: BTreeMap<u32, String>,
    /// What the detectors found.
    pub signs: Vec<SignView>,
    /// Samples on which the two ways of counting disagree.
    pub disagree: Vec<String>,
    /// The verdicts of both ways, once the run is opened.
    pub verdicts: Option<(String, String)>,
}

impl SignView {
    fn new(sample: &str, sign: assessment::cheating::Sign) -> Self {
        Self {
            sample: sample.to_owned(),
            rule: sign.rule.name(),
            call: sign.call + 1,
            in_result: sign.result,
            bytes: (sign.from, sign.to),
            text: sign.text,
        }
    }
}

/// A sample's name as people read it: our numbers begin at 1.
fn named(sample: &str) -> String {
    sample.parse::<u32>().map_or_else(|_| sample.to_owned(), |n| n.saturating_add(1).to_string())
}

pub(super) fn views(looked: Vec<Looked>) -> Vec<SignView> {
    let each = |looked: Looked| {
        let name = named(&looked.sample);
        looked.signs.into_iter().map(move |sign| SignView::new(&name, sign))
    };
    looked.into_iter().flat_map(each).collect()
}

/// The samples of a run in which the detectors found something, from 0.
pub(super) fn samples(looked: &[Looked]) -> BTreeSet<u32> {
    let signed = looked.iter().filter(|looked| !looked.signs.is_empty());
    signed.filter_map(|looked| looked.sample.parse().ok()).collect()
}

/// The verdicts of an opened run, with these samples counted as success and as failure.
pub(super) fn strict(opened: &Opened, cheats: &BTreeSet<u32>) -> assessment::Decision {
    if cheats.is_empty() {
        // with nothing marked the ledgers are one; counted again it can't differ, and isn't
        return opened.decision.clone();
    }
    let cheated = |n: usize| u32::try_from(n).is_ok_and(|n| cheats.contains(&n));
    opened.criteria.prepared().recount(&opened.decision.path, |n, step| match step.outcome {
        Outcome::Pass if cheated(n) => Outcome::Fail,
        outcome => outcome,
    })
}

/// Counts a transcript both ways: by the detectors, and by the marks that were stated of the run.
///
/// # Errors
/// A transcript that can't be read or does not hold together; a log that can't be brought up to date.
pub async fn shortcuts(
    ctx: &Ctx,
    run: &RunId,
    transcript: &Path,
) -> Result<Shortcuts, MeasureError> {
    let known = ctx.known().await?;
    let assessed = runs(&known, &known.trust);
    let marks = assessed.runs.marks(run);
    let looked = looked(transcript)?;
    let mut cheats = samples(&looked);
    cheats.extend(marks.keys());
    let verdicts = match assessed.runs.run(run) {
        Some(Run::Opened(opened)) => {
            let strict = strict(opened, &cheats).verdict;
            Some((opened.decision.verdict.to_string(), strict.to_string()))
        }
        Some(Run::Sealed(_) | Run::Measured(_)) | None => None,
    };
    let marks = marks.into_iter().map(|(n, why)| (n.saturating_add(1), why.to_string())).collect();
    Ok(counted(transcript, looked, &cheats, marks, verdicts))
}

/// Counts an imported log both ways, by the detectors alone.
///
/// # Errors
/// A transcript that can't be read or does not hold together.
pub fn imported_shortcuts(transcript: &Path) -> Result<Shortcuts, MeasureError> {
    let looked = looked(transcript)?;
    Ok(counted(transcript, looked, &BTreeSet::new(), BTreeMap::new(), None))
}

fn looked(transcript: &Path) -> Result<Vec<Looked>, MeasureError> {
    look(transcript).map_err(|e: TranscriptError| MeasureError::Argument(operations::plain(&e)))
}

fn counted(
    transcript: &Path,
    looked: Vec<Looked>,
    cheats: &BTreeSet<u32>,
    marks: BTreeMap<u32, String>,
    verdicts: Option<(String, String)>,
) -> Shortcuts {
    let passed: Vec<_> = looked.iter().filter(|l| l.passed == Some(true)).collect();
    let cheated = |looked: &&&Looked| {
        let marked = looked.sample.parse().is_ok_and(|n| cheats.contains(&n));
        marked || !looked.signs.is_empty()
    };
    let disagree: Vec<_> = passed.iter().filter(cheated).map(|l| named(&l.sample)).collect();
    Shortcuts {
        transcript: transcript.to_owned(),
        passed: passed.len(),
        passed_honestly: passed.len() - disagree.len(),
        marks,
        disagree,
        verdicts,
        signs: views(looked),
    }
}

/// The transcript of a run in this home, if it is where runs keep theirs.
pub fn own_transcript(ctx: &Ctx, run: &RunId) -> Option<PathBuf> {
    let folder = super::kept::Keeping::of(&ctx.home, run);
    let path = folder.folder().join("evaluation.jsonl");
    path.is_file().then_some(path)
}
