//! Terms and windows.

use super::Make;
use access::{Acknowledgement, Event, TermsAgreement, TermsProposal, WindowClosing, WindowOpening};
use anyhow::Context;
use domain::{CaseId, Digest, ModelId, PersonId, Span, Text, Timestamp, WindowId};
use operations::act::Ctx;
use operations::review;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(crate) struct ProposeTerms {
    /// The terms, a TOML file: limits and the four heads; `review terms new` fills one from a template.
    file: PathBuf,
}

impl Make for ProposeTerms {
    async fn make(self, ctx: &Ctx) -> anyhow::Result<Event> {
        let terms = review::read_terms(&self.file)?;
        Ok(Event::TermsProposed(TermsProposal { by: ctx.home.id().clone(), terms }))
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct AgreeTerms {
    /// The case.
    #[arg(long)]
    case: CaseId,
}

impl Make for AgreeTerms {
    async fn make(self, ctx: &Ctx) -> anyhow::Result<Event> {
        let (view, _) = review::show(ctx, &self.case).await?;
        let proposal = view.proposal.context("no terms are on the table; propose some first")?;
        Ok(Event::TermsAgreed(TermsAgreement {
            case: view.case,
            terms: proposal.digest(),
            developer: view.developer,
            government: view.government,
        }))
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct Acknowledge {
    /// The case.
    #[arg(long)]
    case: CaseId,
    /// The person, by pseudonym.
    #[arg(long)]
    person: PersonId,
    /// The digest of the terms, where this party can't read the case itself.
    #[arg(long)]
    terms: Option<Digest>,
    /// The terms file that the person has read; its digest is acknowledged.
    #[arg(long, value_name = "FILE", conflicts_with = "terms")]
    file: Option<PathBuf>,
}

impl Make for Acknowledge {
    async fn make(self, ctx: &Ctx) -> anyhow::Result<Event> {
        let read = self.file.as_deref().map(review::read_terms).transpose()?;
        let given = self.terms.or_else(|| read.map(|terms| terms.digest()));
        let terms = in_force(ctx, &self.case, given).await?;
        let party = ctx.home.id().clone();
        let (case, person) = (self.case, self.person);
        Ok(Event::TermsAcknowledged(Acknowledgement { case, terms, party, person }))
    }
}

/// The digest of the terms in force: as given, else as this party's own fold knows.
pub(super) async fn in_force(
    ctx: &Ctx,
    case: &CaseId,
    given: Option<Digest>,
) -> anyhow::Result<Digest> {
    if let Some(digest) = given {
        return Ok(digest);
    }
    let (view, _) = review::show(ctx, case).await?;
    Ok(view.terms.context("no terms are agreed yet")?.0)
}

#[derive(Debug, clap::Args)]
pub(crate) struct OpenWindow {
    /// The case.
    #[arg(long)]
    case: CaseId,
    /// A new id.
    #[arg(long)]
    window: WindowId,
    /// The models that may be used; all that the terms cover if not given.
    #[arg(long = "model")]
    models: Vec<ModelId>,
    /// When access begins; now if not given.
    #[arg(long, value_name = "TIME")]
    first_access: Option<Timestamp>,
    /// The planned partner release on which the end hangs; as the case has it if not given.
    #[arg(long, value_name = "TIME")]
    partner_release: Option<Timestamp>,
    /// The longest span in days; 30 is the order's.
    #[arg(long, default_value_t = 30)]
    days: u64,
}

impl Make for OpenWindow {
    async fn make(self, ctx: &Ctx) -> anyhow::Result<Event> {
        let (view, _) = review::show(ctx, &self.case).await?;
        let (digest, terms) = view.terms.context("no terms are agreed yet")?;
        let models =
            if self.models.is_empty() { terms.models } else { self.models.into_iter().collect() };
        Ok(Event::WindowOpened(WindowOpening {
            case: view.case,
            window: self.window,
            terms: digest,
            developer: view.developer,
            government: view.government,
            models,
            first_access_at: self.first_access.unwrap_or_else(|| ctx.clock.now()),
            planned_partner_release_at: self
                .partner_release
                .unwrap_or(view.planned_partner_release_at),
            longest: Span::days(self.days),
        }))
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct CloseWindow {
    /// The case.
    #[arg(long)]
    case: CaseId,
    /// The window.
    #[arg(long)]
    window: WindowId,
    /// Why, if you care to say.
    #[arg(long, default_value = "")]
    reason: Text,
}

impl Make for CloseWindow {
    async fn make(self, ctx: &Ctx) -> anyhow::Result<Event> {
        let Self { case, window, reason } = self;
        Ok(Event::WindowClosed(WindowClosing { case, window, by: ctx.home.id().clone(), reason }))
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct Replan {
    /// The case.
    #[arg(long)]
    case: CaseId,
    /// The new plan.
    #[arg(long, value_name = "TIME")]
    partner_release: Timestamp,
}

impl Make for Replan {
    async fn make(self, ctx: &Ctx) -> anyhow::Result<Event> {
        Ok(Event::ReleaseReplanned(access::Replan {
            case: self.case,
            developer: ctx.home.id().clone(),
            planned_partner_release_at: self.partner_release,
        }))
    }
}
