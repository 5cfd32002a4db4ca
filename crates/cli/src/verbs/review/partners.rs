//! Trusted partners and defenders.

use super::Make;
use access::{Event, Nomination, Revocation, Selection};
use anyhow::Context;
use domain::{CaseId, Digest, Line, ModelId, NominationId, PartyId, Text, Timestamp};
use operations::act::Ctx;
use operations::review;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(crate) struct Nominate {
    /// The case.
    #[arg(long)]
    case: CaseId,
    /// A new id.
    #[arg(long)]
    nomination: NominationId,
    /// Who would become a partner.
    #[arg(long)]
    nominee: PartyId,
    /// The models it would get; repeat.
    #[arg(long = "model", required = true)]
    models: Vec<ModelId>,
    /// The neutral criteria, a text file: two nominations by the same file are by the same rule. The shipped ones if not given.
    #[arg(long, value_name = "FILE")]
    criteria: Option<PathBuf>,
    /// Why the nominee meets them.
    #[arg(long)]
    reason: Text,
    /// A declared conflict of interest; repeat.
    #[arg(long = "conflict")]
    conflicts: Vec<Line>,
    /// The first instant without standing.
    #[arg(long, value_name = "TIME")]
    expires: Timestamp,
}

impl Make for Nominate {
    async fn make(self, ctx: &Ctx) -> anyhow::Result<Event> {
        let criteria = match &self.criteria {
            Some(path) => operations::files::read_text(path, 64 << 10)?,
            None => operations::rules::PARTNER_CRITERIA.to_owned(),
        };
        Ok(Event::PartnerNominated(Nomination {
            case: self.case,
            nomination: self.nomination,
            by: ctx.home.id().clone(),
            nominee: self.nominee,
            models: self.models.into_iter().collect(),
            criteria_digest: Digest::of(criteria.as_bytes()),
            criteria: criteria.parse().context("the criteria")?,
            reason: self.reason,
            conflicts: self.conflicts.into_iter().collect(),
            expires_at: self.expires,
        }))
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct Select {
    /// The case.
    #[arg(long)]
    case: CaseId,
    /// Which nomination.
    #[arg(long)]
    nomination: NominationId,
}

impl Make for Select {
    async fn make(self, ctx: &Ctx) -> anyhow::Result<Event> {
        let (reviews, view) = review::case(ctx, &self.case).await?;
        let case = reviews.case(&self.case)?;
        let nomination = case.nomination(&self.nomination).with_context(|| {
            format!("nobody nominated a partner as `{}` in this case", self.nomination)
        })?;
        Ok(Event::PartnerSelected(Selection {
            case: view.case,
            nomination: self.nomination,
            proposal: nomination.digest(),
            developer: view.developer,
            government: view.government,
        }))
    }
}

#[derive(Debug, clap::Args)]
pub(crate) struct RevokeStanding {
    /// The case.
    #[arg(long)]
    case: CaseId,
    /// Which nomination or application.
    #[arg(long)]
    nomination: NominationId,
    /// Why, if you care to say.
    #[arg(long, default_value = "")]
    reason: Text,
}

impl Make for RevokeStanding {
    async fn make(self, ctx: &Ctx) -> anyhow::Result<Event> {
        let (reviews, _) = review::case(ctx, &self.case).await?;
        let case = reviews.case(&self.case)?;
        let is_defender = case.application(&self.nomination).is_some()
            || case.enrolment(&self.nomination).is_some();
        let Self { case, nomination, reason } = self;
        let revocation = Revocation { case, nomination, by: ctx.home.id().clone(), reason };
        Ok(if is_defender {
            Event::DefenderRevoked(revocation)
        } else {
            Event::PartnerRevoked(revocation)
        })
    }
}
