//! Signals of misuse, from the gateway's use log: who may look on what is settled by the terms, each use's record says which.

use crate::act::{ActError, Ctx};
use crate::files::{self, Access, FileError};
use crate::{review, rules};
use access::{GrantRequest, Reviews};
use domain::{CaseId, GrantId, PartyId};
use gateway::{Kept, Outcome, UseLog, UseLogError, UseRecord};
use serde::Serialize;
use signals::{Grant, Prompt, Report, Signal, Surroundings, Thresholds, Use, UseId};
use std::path::PathBuf;

/// Most bytes of a rules file or of a file of places.
const LIMIT: u64 = 1 << 20;

/// What is asked.
#[derive(Debug, Clone, Default)]
pub struct Asked {
    /// Another rules file than the shipped one.
    pub rules: Option<PathBuf>,
    /// The developer's file of places, hours and purposes; `places.toml` of the home where none is given and it is there.
    pub places: Option<PathBuf>,
    /// One grant alone.
    pub grant: Option<GrantId>,
    /// A folder for one file of evidence for each signal.
    pub evidence: Option<PathBuf>,
}

/// What was found, and where the evidence is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Looked {
    /// By whose home.
    pub party: PartyId,
    /// The report.
    #[serde(flatten)]
    pub report: Report,
    /// For each signal, what else is known of it.
    pub about: Vec<About>,
}

/// What a person needs to act on a signal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct About {
    /// The case.
    pub case: Option<CaseId>,
    /// What the grant was asked for.
    pub purpose: String,
    /// The steps that hold the grant now, by rule.
    pub held: Vec<(String, &'static str)>,
    /// The file with the evidence, if one was written.
    pub evidence: Option<PathBuf>,
}

/// Why no signals were looked for.
#[derive(Debug, thiserror::Error)]
pub enum SignalsError {
    /// The log or the home.
    #[error(transparent)]
    Act(#[from] ActError),
    /// The record of uses.
    #[error(transparent)]
    UseLog(#[from] UseLogError),
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The rules file.
    #[error(transparent)]
    Rules(#[from] signals::ThresholdsError),
    /// The file of places.
    #[error(transparent)]
    Places(#[from] signals::SurroundingsError),
}

/// Looks at the uses of this home's gateway with every rule.
///
/// # Errors
/// The log can't be brought up to date, the use log can't be read, or a file is not taken.
pub async fn look(ctx: &Ctx, asked: &Asked) -> Result<Looked, SignalsError> {
    let thresholds = match &asked.rules {
        Some(path) => Thresholds::read(&files::read_text(path, LIMIT)?)?,
        None => Thresholds::read(rules::INSIDER)?,
    };
    let own = ctx.home.folder().join("places.toml");
    let places = asked.places.clone().or_else(|| own.exists().then_some(own));
    let surroundings = match places {
        Some(path) => Surroundings::read(&files::read_text(&path, LIMIT)?)?,
        None => Surroundings::default(),
    };
    let known = ctx.known().await?;
    let (reviews, _) = review::reviews(&known, &known.trust);
    let mut uses = Vec::new();
    UseLog::visit(&ctx.home.folder().join("uses.log"), &mut |record| uses.push(use_of(record)))?;
    let grants: Vec<_> = reviews
        .cases()
        .flat_map(access::Case::grant_requests)
        .filter(|request| asked.grant.as_ref().is_none_or(|only| *only == request.grant))
        .map(grant_of)
        .collect();
    let now = ctx.clock.now();
    let report = signals::look(&uses, &grants, &thresholds, &surroundings, now);
    let about = report.signals.iter().map(|signal| about(&reviews, signal, asked));
    let about = about.collect::<Result<_, _>>()?;
    Ok(Looked { party: ctx.home.id().clone(), report, about })
}

pub(crate) fn grant_of(request: &GrantRequest) -> Grant {
    Grant {
        grant: request.grant.clone(),
        party: request.party.clone(),
        person: request.person.clone(),
        purpose: request.purpose.to_string(),
    }
}

/// A use as the rules may see it. What a crash interrupted has upper bounds in place of counts, which are evidence of nothing.
pub(crate) fn use_of(record: &UseRecord) -> Use {
    let digest = record.request_digest;
    let prompt = match record.content {
        Some(Kept::Sealed) => Prompt::Sealed,
        Some(Kept::Visible) => Prompt::Visible {
            digest,
            sketch: record.traits.sketch,
            canaries: record.traits.canaries.clone(),
        },
        None => Prompt::Hashed(digest),
    };
    let interrupted = record.outcome == Outcome::Interrupted;
    Use {
        id: UseId(record.request.bits()),
        grant: record.grant.clone(),
        started_at: record.started_at,
        finished_at: record.finished_at,
        tokens_in: record.tokens_in,
        tokens_out: if interrupted { 0 } else { record.tokens_out },
        from: record.traits.from,
        prompt,
    }
}

/// What else is known, with the evidence written where it was asked for.
fn about(reviews: &Reviews, signal: &Signal, asked: &Asked) -> Result<About, SignalsError> {
    let has = |case: &&access::Case| case.grant_request(&signal.grant).is_some();
    let case = reviews.cases().find(has);
    let evidence = match &asked.evidence {
        None => None,
        Some(folder) => {
            let start = signal.from.as_seconds();
            let short: String = signal.records_digest.to_string().chars().take(8).collect();
            let name = format!("{}-{}-{start}-{short}.json", signal.rule.name(), signal.grant);
            let path = folder.join(name);
            let mut bytes = serde_json::to_vec_pretty(signal).unwrap_or_default();
            bytes.push(b'\n');
            files::write(&path, &bytes, Access::Private)?;
            Some(path)
        }
    };
    let request = case.and_then(|case| case.grant_request(&signal.grant));
    Ok(About {
        case: case.map(|case| case.id().clone()),
        purpose: request.map(|r| r.purpose.to_string()).unwrap_or_default(),
        held: case.map(|case| case.held(&signal.grant)).unwrap_or_default(),
        evidence,
    })
}
