//! Inquiry, determination, withdrawal, release, and records without consequence.

use super::Make;
use access::{
    AccessRequest, Account, AssessmentPublication, AssessmentSharing, Audience, Determination,
    DeterminationWithdrawal, Event, ExternalOrder, Inquiry, Outcome, Scope, Withdrawal,
};
use domain::{CaseId, Digest, Line, ModelId, PartyId, PersonId, Text, Timestamp, WindowId};
use operations::act::Ctx;
use operations::review;
use std::path::{Path, PathBuf};

/// Largest document whose digest is taken.
const DOCUMENT: u64 = 256 << 20;

#[derive(Debug, clap::Args)]
pub(crate) struct Inquire {
    /// The case it opens, a new id.
    #[arg(long)]
    case: CaseId,
    /// Government's party.
    #[arg(long)]
    government: PartyId,
    /// A model still in training; repeat for several.
    #[arg(long = "model", required = true)]
    models: Vec<ModelId>,
    /// When the developer plans to release to other trusted partners. Only a plan.
    #[arg(long, value_name = "TIME")]
    partner_release: Timestamp,
    /// The question in words.
    #[arg(long, default_value = "Is any of these models covered?")]
    question: Text,
}

impl Make for Inquire {
    async fn make(self, ctx: &Ctx) -> anyhow::Result<Event> {
        Ok(Event::Inquired(Inquiry {
            case: self.case,
            developer: ctx.home.id().clone(),
            government: self.government,
            models: self.models.into_iter().collect(),
            planned_partner_release_at: self.partner_release,
            question: self.question,
        }))
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct Request {
    /// The case it is about, open or not.
    #[arg(long)]
    case: CaseId,
    /// The developer.
    #[arg(long)]
    developer: PartyId,
    /// Why.
    #[arg(long)]
    reason: Text,
}

impl Make for Request {
    async fn make(self, ctx: &Ctx) -> anyhow::Result<Event> {
        let Self { case, developer, reason } = self;
        let government = ctx.home.id().clone();
        Ok(Event::AccessRequested(AccessRequest { case, government, developer, reason }))
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct Decline {
    /// The case it is about, open or not.
    #[arg(long)]
    case: CaseId,
    /// A reason, if you care to give one.
    #[arg(long)]
    reason: Option<Text>,
}

impl Make for Decline {
    async fn make(self, ctx: &Ctx) -> anyhow::Result<Event> {
        let developer = ctx.home.id().clone();
        Ok(Event::RequestDeclined(access::Decline {
            case: self.case,
            developer,
            reason: self.reason,
        }))
    }
}

/// What can be determined.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum OutcomeArg {
    Covered,
    NotCovered,
    Undetermined,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Determine {
    /// The case.
    #[arg(long)]
    case: CaseId,
    /// The model.
    #[arg(long)]
    model: ModelId,
    /// What was determined.
    #[arg(long)]
    outcome: OutcomeArg,
    /// The determination's document; only its SHA-256 is stated. It may be of another tier: give its digest then.
    #[arg(long, value_name = "FILE", required_unless_present = "reference_digest")]
    reference: Option<PathBuf>,
    /// The document's SHA-256, when the document itself must not be here.
    #[arg(long, conflicts_with = "reference")]
    reference_digest: Option<Digest>,
    /// Which version of the benchmark it rests on, a name only.
    #[arg(long)]
    benchmark: Line,
    /// Who was consulted; repeat.
    #[arg(long = "consultee")]
    consultees: Vec<Line>,
    /// The handling marking of this reference.
    #[arg(long, default_value = "UNCLASSIFIED")]
    handling: Line,
    /// When it was decided; now if not given.
    #[arg(long)]
    decided: Option<Timestamp>,
    /// The earlier reference that it replaces.
    #[arg(long)]
    supersedes: Option<Digest>,
    /// Who decided, by pseudonym. A person who is recused from the case can't.
    #[arg(long, value_name = "PERSON")]
    decided_by: Option<PersonId>,
    /// What that person declares of interests.
    #[arg(long, default_value = "none", requires = "decided_by")]
    declared: Line,
    /// What the sandbox attested, as `assess memo --containment` wrote it; only its SHA-256 is stated.
    #[arg(long, value_name = "FILE", requires = "decided_by")]
    containment: Option<PathBuf>,
    /// The run's transcript: refused unless it attests what `--containment` says.
    #[arg(long, value_name = "FILE", requires = "containment")]
    transcript: Option<PathBuf>,
    /// The memo that was before that person; only its SHA-256 is stated.
    #[arg(long, value_name = "FILE", requires = "decided_by")]
    memo: Option<PathBuf>,
    /// State the whole document of `--reference`, a text, and not only its digest.
    #[arg(long, requires_all = ["decided_by", "reference"])]
    full: bool,
}

impl Determine {
    /// How it was made, if the person is named.
    fn account(&self) -> anyhow::Result<Option<Account>> {
        let Some(decided_by) = self.decided_by.clone() else { return Ok(None) };
        let digest = |path: &PathBuf| {
            operations::files::read(path, DOCUMENT).map(|bytes| Digest::of(&bytes))
        };
        let document = match &self.reference {
            Some(path) if self.full => {
                let text = operations::files::read_text(path, DOCUMENT)?;
                Some(text.parse::<Text>().map_err(|e| anyhow::anyhow!("{}: {e}", path.display()))?)
            }
            Some(_) | None => None,
        };
        if let (Some(transcript), Some(file)) = (&self.transcript, &self.containment) {
            measurement::contained(transcript, file)?;
        }
        Ok(Some(Account {
            decided_by,
            declared: self.declared.clone(),
            containment: self.containment.as_ref().map(digest).transpose()?,
            memo: self.memo.as_ref().map(digest).transpose()?,
            document,
        }))
    }
}

impl Make for Determine {
    async fn make(self, ctx: &Ctx) -> anyhow::Result<Event> {
        marked(self.handling.as_str(), self.reference.as_deref())?;
        let account = self.account()?;
        let reference = match (self.reference_digest, self.reference) {
            (Some(digest), _) => digest,
            (None, Some(path)) => Digest::of(&operations::files::read(&path, DOCUMENT)?),
            (None, None) => anyhow::bail!("give --reference or --reference-digest"),
        };
        Ok(Event::ModelDetermined(Determination {
            case: self.case,
            model: self.model,
            authority: ctx.home.id().clone(),
            outcome: match self.outcome {
                OutcomeArg::Covered => Outcome::Covered,
                OutcomeArg::NotCovered => Outcome::NotCovered,
                OutcomeArg::Undetermined => Outcome::Undetermined,
            },
            reference,
            benchmark: self.benchmark,
            consultees: self.consultees.into_iter().collect(),
            decided_at: self.decided.unwrap_or_else(|| ctx.clock.now()),
            handling: self.handling,
            supersedes: self.supersedes,
            account,
        }))
    }
}

/// Whether the mark may be here, and whether the document carries one that may not.
fn marked(handling: &str, document: Option<&Path>) -> anyhow::Result<()> {
    review::handling(handling).map_err(anyhow::Error::msg)?;
    if let Some(path) = document {
        let bytes = operations::files::read(path, DOCUMENT)?;
        review::banner(&bytes).map_err(|reason| {
            anyhow::anyhow!("{} begins or ends with a mark: {reason}", path.display())
        })?;
    }
    Ok(())
}

#[derive(Debug, clap::Args)]
pub(crate) struct Undetermine {
    /// The case.
    #[arg(long)]
    case: CaseId,
    /// The reference taken back.
    #[arg(long)]
    reference: Digest,
    /// Why.
    #[arg(long)]
    reason: Text,
}

impl Make for Undetermine {
    async fn make(self, ctx: &Ctx) -> anyhow::Result<Event> {
        let Self { case, reference, reason } = self;
        let authority = ctx.home.id().clone();
        Ok(Event::DeterminationWithdrawn(DeterminationWithdrawal {
            case,
            authority,
            reference,
            reason,
        }))
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct Withdraw {
    /// The case.
    #[arg(long)]
    case: CaseId,
    /// Only this model.
    #[arg(long, conflicts_with = "window")]
    model: Option<ModelId>,
    /// Only this window.
    #[arg(long)]
    window: Option<WindowId>,
    /// Why, if you care to say.
    #[arg(long, default_value = "")]
    reason: Text,
}

impl Make for Withdraw {
    async fn make(self, ctx: &Ctx) -> anyhow::Result<Event> {
        let scope = match (self.model, self.window) {
            (Some(model), _) => Scope::Model(model),
            (None, Some(window)) => Scope::Window(window),
            (None, None) => Scope::Case,
        };
        let developer = ctx.home.id().clone();
        let (case, reason) = (self.case, self.reason);
        Ok(access::Reviews::withdraw(Withdrawal { case, developer, scope, reason }))
    }
}

/// To whom a model is released.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
pub(crate) enum AudienceArg {
    Partners,
    Limited,
    Public,
    OpenWeights,
}

#[derive(Debug, clap::Args)]
pub(crate) struct Release {
    /// The model.
    #[arg(long)]
    model: ModelId,
    /// To whom.
    #[arg(long, default_value = "public")]
    to: AudienceArg,
    /// When; now if not given.
    #[arg(long)]
    at: Option<Timestamp>,
    /// A review it belongs to, if any.
    #[arg(long)]
    case: Option<CaseId>,
}

impl Make for Release {
    async fn make(self, ctx: &Ctx) -> anyhow::Result<Event> {
        Ok(access::Reviews::release(access::Release {
            developer: ctx.home.id().clone(),
            model: self.model,
            audience: match self.to {
                AudienceArg::Partners => Audience::Partners,
                AudienceArg::Limited => Audience::Limited,
                AudienceArg::Public => Audience::Public,
                AudienceArg::OpenWeights => Audience::OpenWeights,
            },
            released_at: self.at.unwrap_or_else(|| ctx.clock.now()),
            case: self.case,
        }))
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct Share {
    /// The case.
    #[arg(long)]
    case: CaseId,
    /// Who received it; repeat.
    #[arg(long = "to", required = true)]
    recipients: Vec<PartyId>,
    /// What was shared; only its SHA-256 is stated.
    #[arg(long, value_name = "FILE")]
    report: PathBuf,
    /// Its handling marking.
    #[arg(long, default_value = "UNCLASSIFIED")]
    handling: Line,
    /// Which item of the assessment it is, such as `memo` or `family weak-rsa`, when it is shared item by item.
    #[arg(long)]
    item: Option<Line>,
}

impl Make for Share {
    async fn make(self, ctx: &Ctx) -> anyhow::Result<Event> {
        marked(self.handling.as_str(), Some(&self.report))?;
        Ok(Event::AssessmentShared(AssessmentSharing {
            case: self.case,
            by: ctx.home.id().clone(),
            recipients: self.recipients.into_iter().collect(),
            report: Digest::of(&operations::files::read(&self.report, DOCUMENT)?),
            handling: self.handling,
            item: self.item,
        }))
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct Publish {
    /// The case.
    #[arg(long)]
    case: CaseId,
    /// What is published; only its SHA-256 is stated.
    #[arg(long, value_name = "FILE")]
    report: PathBuf,
    /// Where it can be read, such as an address.
    #[arg(long)]
    place: Line,
    /// Its handling marking: one that keeps nothing from the public.
    #[arg(long, default_value = "UNCLASSIFIED")]
    handling: Line,
    /// Which item of the assessment it is, when it is published item by item.
    #[arg(long)]
    item: Option<Line>,
    /// The developer and government agree: each of them that is not this party signs the draft.
    #[arg(long)]
    agreed: bool,
}

impl Make for Publish {
    async fn make(self, ctx: &Ctx) -> anyhow::Result<Event> {
        marked(self.handling.as_str(), Some(&self.report))?;
        review::publishable(self.handling.as_str()).map_err(anyhow::Error::msg)?;
        let by = ctx.home.id().clone();
        let mut agreed_by = std::collections::BTreeSet::new();
        if self.agreed {
            let (view, _) = review::show(ctx, &self.case).await?;
            agreed_by.extend([view.developer, view.government]);
            agreed_by.remove(&by);
        }
        Ok(Event::AssessmentPublished(AssessmentPublication {
            case: self.case,
            by,
            report: Digest::of(&operations::files::read(&self.report, DOCUMENT)?),
            handling: self.handling,
            place: self.place,
            agreed_by,
            item: self.item,
        }))
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct RecordOrder {
    /// Who gave the order.
    #[arg(long)]
    authority: Line,
    /// The claimed legal basis.
    #[arg(long)]
    legal_basis: Line,
    /// The order's document; only its SHA-256 is stated.
    #[arg(long, value_name = "FILE")]
    document: PathBuf,
    /// A case it touches, if any.
    #[arg(long)]
    case: Option<CaseId>,
}

impl Make for RecordOrder {
    async fn make(self, ctx: &Ctx) -> anyhow::Result<Event> {
        Ok(Event::OrderRecorded(ExternalOrder {
            by: ctx.home.id().clone(),
            case: self.case,
            authority: self.authority,
            legal_basis: self.legal_basis,
            document: Digest::of(&operations::files::read(&self.document, DOCUMENT)?),
            received_at: ctx.clock.now(),
        }))
    }
}
