//! How the parties keep the terms: breaches, destruction, snapshots, steps about signals, considerations.

use super::Make;
use crate::context::Global;
use crate::exit::Exit;
use crate::output::show;
use access::{
    Breach, BreachKind, BreachWord, Consideration, Destruction, Event, SignalAction, Snapshot,
    Stage, Step,
};
use domain::{
    CaseId, Digest, GrantId, IncidentId, Line, ModelId, PartyId, PersonId, Text, Timestamp,
};
use operations::act::Ctx;
use operations::review::{self, Criteria};
use std::path::{Path, PathBuf};

/// Largest file whose digest is taken.
const DOCUMENT: u64 = 256 << 20;

#[derive(Debug, clap::Args)]
pub(crate) struct NoticeBreach {
    /// The case.
    #[arg(long)]
    case: CaseId,
    /// A new id.
    #[arg(long)]
    incident: IncidentId,
    /// Whose side it was on; this party if not given.
    #[arg(long)]
    about: Option<PartyId>,
    /// What happened: `leak`, `misuse`, `escape` or `spill` (material with a handling mark in the wrong place).
    #[arg(long, value_parser = kind)]
    kind: BreachKind,
    /// What happened, in words that may be told here. Never the material itself.
    #[arg(long)]
    account: Text,
    /// When it began, if that is known.
    #[arg(long, value_name = "TIME")]
    occurred: Option<Timestamp>,
    /// When this party learned of it; now if not given.
    #[arg(long, value_name = "TIME")]
    aware: Option<Timestamp>,
    /// Developer or government: stop all uses in the case until this party says that it is remedied.
    #[arg(long)]
    stop: bool,
}

impl Make for NoticeBreach {
    async fn make(self, ctx: &Ctx) -> anyhow::Result<Event> {
        eprintln!("{}: what to do first", self.kind.name());
        for (n, step) in self.kind.steps().iter().enumerate() {
            eprintln!("  {}. {step}", n + 1);
        }
        let by = ctx.home.id().clone();
        Ok(Event::BreachNoticed(Breach {
            case: self.case,
            incident: self.incident,
            about: self.about.unwrap_or_else(|| by.clone()),
            by,
            kind: self.kind,
            account: self.account,
            occurred_at: self.occurred,
            aware_at: self.aware.unwrap_or_else(|| ctx.clock.now()),
            stops: self.stop,
        }))
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct Word {
    /// The case.
    #[arg(long)]
    case: CaseId,
    /// The breach.
    #[arg(long)]
    incident: IncidentId,
    /// What was or will be done about it.
    #[arg(long)]
    remedy: Text,
}

impl Word {
    pub(super) fn word(self, ctx: &Ctx) -> BreachWord {
        let Self { case, incident, remedy } = self;
        BreachWord { case, incident, by: ctx.home.id().clone(), remedy }
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct AttestDestruction {
    /// The case.
    #[arg(long)]
    case: CaseId,
    /// The person who vouches for it, by pseudonym.
    #[arg(long)]
    person: PersonId,
    /// What it was.
    #[arg(long)]
    what: Text,
    /// Its SHA-256, where it had one.
    #[arg(long)]
    digest: Option<Digest>,
    /// How, such as a method of NIST SP 800-88: clear, purge, destroy.
    #[arg(long)]
    method: Line,
    /// When; now if not given.
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
}

impl Make for AttestDestruction {
    async fn make(self, ctx: &Ctx) -> anyhow::Result<Event> {
        Ok(Event::DestructionAttested(Destruction {
            case: self.case,
            by: ctx.home.id().clone(),
            person: self.person,
            what: self.what,
            digest: self.digest,
            method: self.method,
            destroyed_at: self.at.unwrap_or_else(|| ctx.clock.now()),
        }))
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct BindSnapshot {
    /// The case.
    #[arg(long)]
    case: CaseId,
    /// The model.
    #[arg(long)]
    model: ModelId,
    /// SHA-256 over its weights and what serves them. The weights are never here.
    #[arg(long)]
    digest: Digest,
    /// Where it was used: `evaluated`, `accessed` or `released`.
    #[arg(long, value_parser = stage)]
    stage: Stage,
    /// Its variant: level of safeguards, system prompt, how the digest was made.
    #[arg(long)]
    variant: Line,
    /// The snapshot that it derives from, bound before.
    #[arg(long, value_name = "DIGEST")]
    derived_from: Option<Digest>,
}

impl Make for BindSnapshot {
    async fn make(self, ctx: &Ctx) -> anyhow::Result<Event> {
        Ok(Event::SnapshotBound(Snapshot {
            case: self.case,
            developer: ctx.home.id().clone(),
            model: self.model,
            digest: self.digest,
            stage: self.stage,
            variant: self.variant,
            derived_from: self.derived_from,
        }))
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct ActOnSignal {
    /// The case.
    #[arg(long)]
    case: CaseId,
    /// The grant that the signal is about.
    #[arg(long)]
    grant: GrantId,
    /// The rule that fired, by its name.
    #[arg(long)]
    rule: Line,
    /// The evidence, as it was printed; only its SHA-256 is stated.
    #[arg(long, value_name = "FILE")]
    evidence: PathBuf,
    /// What is done: `note` and `ask` write it down; `slow`, one request at a time; `second-person`, none without another
    /// person's key; `pause`, none at all. Your gateway obeys within a second. The latest step about a grant and a rule is
    /// what holds, so `note` takes a pause back.
    #[arg(long, value_parser = step)]
    step: Step,
    /// The person who decided.
    #[arg(long)]
    person: PersonId,
    /// Why.
    #[arg(long)]
    reason: Text,
}

impl Make for ActOnSignal {
    async fn make(self, ctx: &Ctx) -> anyhow::Result<Event> {
        Ok(Event::SignalActed(SignalAction {
            case: self.case,
            developer: ctx.home.id().clone(),
            grant: self.grant,
            rule: self.rule,
            evidence: Digest::of(&operations::files::read(&self.evidence, DOCUMENT)?),
            step: self.step,
            person: self.person,
            reason: self.reason,
        }))
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct Consider {
    /// The case.
    #[arg(long)]
    case: CaseId,
    /// The organisation, enrolled or not.
    #[arg(long)]
    candidate: PartyId,
    /// Its cohort, such as its sector and size.
    #[arg(long)]
    cohort: Line,
    /// The criterion that decided, by its id.
    #[arg(long)]
    rule: Line,
    /// The file with the criteria, of which only the SHA-256 is stated; the shipped ones if not given.
    #[arg(long, value_name = "FILE")]
    criteria: Option<PathBuf>,
    /// The person who decided, by pseudonym. One who is recused can't.
    #[arg(long)]
    person: Option<PersonId>,
    /// What that person declares of interests, as a kind of conflict that the criteria name.
    #[arg(long, default_value = "none", requires = "person")]
    declared: Line,
    /// It is put forward; otherwise it is not.
    #[arg(long)]
    forward: bool,
    /// Why.
    #[arg(long)]
    reason: Text,
}

impl Make for Consider {
    async fn make(self, ctx: &Ctx) -> anyhow::Result<Event> {
        let criteria = read_criteria(self.criteria.as_deref())?;
        let declared = self.person.is_some().then(|| self.declared.clone());
        criteria
            .admit(self.rule.as_str(), self.cohort.as_str(), declared.as_ref().map(Line::as_str))
            .map_err(anyhow::Error::msg)?;
        Ok(Event::CandidateConsidered(Consideration {
            case: self.case,
            by: ctx.home.id().clone(),
            candidate: self.candidate,
            cohort: self.cohort,
            rule: self.rule,
            criteria: criteria.digest,
            forward: self.forward,
            reason: self.reason,
            person: self.person,
            declared,
        }))
    }
}

fn read_criteria(path: Option<&Path>) -> anyhow::Result<Criteria> {
    let Some(path) = path else { return Criteria::shipped().map_err(anyhow::Error::msg) };
    let text = operations::files::read_text(path, review::CRITERIA_LIMIT)?;
    Criteria::read(&text).map_err(|reason| anyhow::anyhow!("{}: {reason}", path.display()))
}

/// What a consideration may name.
pub(super) fn criteria(global: &Global, path: Option<&Path>) -> anyhow::Result<Exit> {
    let criteria = read_criteria(path)?;
    let lists = [
        ("criteria", criteria.criteria()),
        ("cohorts", criteria.cohorts()),
        ("conflicts", criteria.conflicts()),
    ];
    let mut json = serde_json::json!({ "digest": criteria.digest });
    for (name, list) in lists {
        let pairs = list.iter().map(|(id, words)| serde_json::json!({ "id": id, "words": words }));
        json[name] = pairs.collect();
    }
    show(global.json, &json, |_| {
        let mut text = String::new();
        for (name, list) in lists {
            text += &format!("{name}\n");
            for (id, words) in list {
                text += &format!("  {id:<24} {words}\n");
            }
        }
        text + &format!("SHA-256 {}", criteria.digest)
    })?;
    Ok(Exit::Done)
}

fn kind(text: &str) -> Result<BreachKind, String> {
    named(&BreachKind::ALL, text)
}

fn stage(text: &str) -> Result<Stage, String> {
    named(&Stage::ALL, text)
}

fn step(text: &str) -> Result<Step, String> {
    named(&Step::ALL, text)
}

fn named<T: Copy>(all: &[(T, &str)], text: &str) -> Result<T, String> {
    all.iter().find(|(_, name)| *name == text).map(|(value, _)| *value).ok_or_else(|| {
        let names: Vec<_> = all.iter().map(|(_, name)| *name).collect();
        format!("one of: {}", names.join(", "))
    })
}
