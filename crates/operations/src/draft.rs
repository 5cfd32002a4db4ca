//! Statements that wait for signatures: read, judge by this party's own rules, sign, log.

use crate::act::{ActError, Ctx, Done};
use crate::disclose::{self, Field};
use crate::fold::Refused;
use crate::node::DraftView;
use crate::review;
use crate::sync::Known;
use access::{Event, Reviews};
use domain::{Digest, Statement};
use ledger::{Draft, OpenError, Opened};
use serde::Serialize;
use std::sync::OnceLock;

/// Why a draft was not signed or logged.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    /// Fetching, signing or stating it.
    #[error(transparent)]
    Act(#[from] ActError),
    /// It can't be opened here.
    #[error("the draft can't be read here, so it is not signed")]
    Open(#[from] OpenError),
    /// The rules do not admit it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The shipped rules of evidence.
    #[error(transparent)]
    Referral(#[from] Box<crate::referral::ReferralError>),
    /// It contradicts its own header.
    #[error(transparent)]
    Says(#[from] ledger::DisclosureError),
    /// A schema that nobody signs together.
    #[error("statements of `{0}` are not signed by several parties; this draft is refused")]
    Schema(String),
}

/// A draft as a party reads it before it signs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reading {
    /// The public side.
    pub draft: DraftView,
    /// What it says, field by field.
    pub says: Vec<Field>,
    /// What it is about, where it names that by digest or id.
    pub about: Vec<(String, String)>,
    /// What this party's rules say of it.
    pub verdict: String,
}

/// A draft in a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Listed {
    /// The public side.
    #[serde(flatten)]
    pub draft: DraftView,
    /// Why this party's rules refuse it now; none where they don't, and where this party can't read it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// What waits at the node, with what this party's rules say of what it has a part in.
///
/// # Errors
/// The node or the log can't be read.
pub async fn list(ctx: &Ctx) -> Result<Vec<Listed>, DraftError> {
    let waiting = ctx.reach.drafts().await.map_err(ActError::from)?;
    let rules = Rules::of(ctx).await?;
    let mut listed = Vec::with_capacity(waiting.len());
    let id = ctx.home.id();
    let has_part = |d: &DraftView| d.issuer == *id || d.signers.iter().any(|s| s == id.as_str());
    for draft in waiting {
        let refused = if has_part(&draft) {
            match ctx.draft_by(&draft.id, &rules.known.trust).await {
                Ok(whole) => refused(&rules, &whole).await,
                // it was logged meanwhile
                Err(ActError::NoDraft(_)) => continue,
                Err(error @ ActError::Reach(_)) => return Err(error.into()),
                Err(error) => Some(crate::plain(&error)),
            }
        } else {
            None
        };
        listed.push(Listed { draft, refused });
    }
    Ok(listed)
}

async fn refused(rules: &Rules<'_>, draft: &Draft) -> Option<String> {
    let opened = draft.open(rules.ctx.home.id(), rules.ctx.home.keys()).ok()?;
    match rules.judge(&opened).await {
        Ok((_, Ok(()))) => None,
        Ok((_, Err(refused))) => Some(refused.to_string()),
        Err(error) => Some(crate::plain(&error)),
    }
}

/// Reads a draft.
///
/// # Errors
/// None of that id, or it can't be opened here.
pub async fn read(ctx: &Ctx, id: &Digest) -> Result<Reading, DraftError> {
    let draft = ctx.draft(id).await?;
    let opened = draft.open(ctx.home.id(), ctx.home.keys())?;
    let (about, judged) = Rules::of(ctx).await?.judge(&opened).await?;
    let verdict = match judged {
        Ok(()) => "the rules admit it once everyone signed".to_owned(),
        Err(refused) => format!("the rules refuse it: {refused}"),
    };
    let says = disclose::says(&opened, draft.header())?;
    Ok(Reading { draft: DraftView::of(&draft), says, about, verdict })
}

/// Signs a draft that another party offered, if this party's rules admit it.
///
/// # Errors
/// See [`DraftError`].
pub async fn sign(ctx: &Ctx, id: &Digest) -> Result<Done, DraftError> {
    let draft = ctx.draft(id).await?;
    judged(ctx, &draft).await?;
    Ok(ctx.sign(draft).await?)
}

/// Logs a draft of this party that all others have signed, if the rules still admit it.
///
/// # Errors
/// See [`DraftError`].
pub async fn issue(ctx: &Ctx, id: &Digest, request: Option<&str>) -> Result<Done, DraftError> {
    if let Some(done) = ctx.repeated(request).await? {
        return Ok(done);
    }
    let draft = ctx.draft(id).await?;
    judged(ctx, &draft).await?;
    Ok(ctx.issue(&draft, request).await?)
}

async fn judged(ctx: &Ctx, draft: &Draft) -> Result<(), DraftError> {
    let opened = draft.open(ctx.home.id(), ctx.home.keys())?;
    let (_, verdict) = Rules::of(ctx).await?.judge(&opened).await?;
    Ok(verdict?)
}

/// Name and words of what a draft is about.
type About = Vec<(String, String)>;

/// What a signer has to know of a review's draft that it names by digest or id only.
fn about(reviews: &Reviews, event: &Event) -> About {
    let mut about = About::new();
    let mut tell = |name: &str, words: String| about.push((name.to_owned(), words));
    let Some(case) = event.case().and_then(|case| reviews.case(case).ok()) else { return about };
    let id = case.id();
    match event {
        Event::TermsAgreed(e) => {
            if let Some(terms) = case.proposal().filter(|terms| terms.digest() == e.terms) {
                tell("terms", terms.id.to_string());
                tell("read", format!("vestibule review terms show proposed:{id}"));
            }
            if case.terms().is_some() {
                tell(
                    "changes",
                    format!("vestibule review terms compare agreed:{id} proposed:{id}"),
                );
            }
        }
        Event::WindowOpened(e) => {
            let last = e.first_access_at.after(e.longest).min(e.planned_partner_release_at);
            tell("ends", format!("{last}, or with an earlier partner release"));
        }
        Event::GrantIssued(e) => {
            let Some(request) = case.grant_request(&e.grant) else { return about };
            let endpoints: Vec<_> = request.endpoints.iter().map(ToString::to_string).collect();
            tell("for", format!("{} of {}", request.person, request.party));
            tell("asked by", request.requested_by.to_string());
            tell("model", request.model.to_string());
            tell("endpoints", endpoints.join(", "));
            tell("tokens", request.budget_tokens.to_string());
            tell("time", format!("{} to {}", request.starts_at, request.ends_at));
            tell("purpose", request.purpose.to_string());
        }
        Event::PartnerSelected(e) => {
            let Some(nomination) = case.nomination(&e.nomination) else { return about };
            let conflicts: Vec<_> = nomination.conflicts.iter().map(ToString::to_string).collect();
            tell("nominee", format!("{}, nominated by {}", nomination.nominee, nomination.by));
            tell("reason", nomination.reason.to_string());
            tell(
                "conflicts",
                if conflicts.is_empty() {
                    "none declared".to_owned()
                } else {
                    conflicts.join("; ")
                },
            );
            tell("until", nomination.expires_at.to_string());
            tell("considered", format!("vestibule review fairness --case {id}"));
        }
        Event::ProgrammeAdmitted(e) => {
            let Some(enrolment) = case.enrolment(&e.application) else { return about };
            let systems: Vec<_> = enrolment.systems.iter().map(|s| s.name.to_string()).collect();
            tell(
                "organisation",
                format!(
                    "{} ({}), by {}",
                    enrolment.organisation, enrolment.sector, enrolment.applicant
                ),
            );
            tell("systems", systems.join("; "));
            tell("tier", e.tier.name.to_string());
            tell("until", e.expires_at.to_string());
            tell("verified", format!("vestibule defender list --case {id}"));
        }
        _ => {}
    }
    about
}

/// What a party judges drafts by.
struct Rules<'a> {
    ctx: &'a Ctx,
    known: Known,
    /// Folded when a draft of a review asks for it.
    reviews: OnceLock<Reviews>,
}

impl<'a> Rules<'a> {
    async fn of(ctx: &'a Ctx) -> Result<Self, DraftError> {
        let known = ctx.known().await?;
        Ok(Self { ctx, known, reviews: OnceLock::new() })
    }

    /// What a draft is about, and what the rules say of it.
    async fn judge(&self, opened: &Opened) -> Result<(About, Result<(), Refused>), DraftError> {
        let Self { ctx, known, reviews } = self;
        let now = ctx.clock.now();
        if opened.schema() == Event::SCHEMA {
            let event: Event = opened.statement()?;
            let reviews = reviews.get_or_init(|| review::reviews(known, &known.trust).0);
            let verdict = reviews.check(&event, now).map_err(|refusal| review::refused(&refusal));
            return Ok((about(reviews, &event), verdict));
        }
        if opened.schema() == ledger::Event::SCHEMA {
            let event: ledger::Event = opened.statement()?;
            let verdict = match &event {
                ledger::Event::Shredded { .. } => {
                    let verdict = crate::shred::judge(&known.trust, known, &event);
                    return Ok((About::new(), verdict));
                }
                ledger::Event::KeyAdded { .. }
                | ledger::Event::KeyRotated { .. }
                | ledger::Event::KeyRevoked { .. }
                | ledger::Event::PartyAdded { .. }
                | ledger::Event::LogClosed { .. } => crate::key::judge(&known.trust, &event),
            };
            return Ok((vec![("in words".to_owned(), crate::key::words(&event))], verdict));
        }
        if opened.schema() == ::referral::Event::SCHEMA {
            let event: ::referral::Event = opened.statement()?;
            let verdict = match &event {
                ::referral::Event::CustodyTransferred { transfer } => {
                    let t = transfer.clone();
                    let referrals = crate::referral::known(ctx).await.map_err(Box::new)?;
                    let made = referrals.transfer(t.item, (t.from, t.to), t.at, t.reason, now);
                    made.map(|_| ()).map_err(|refusal| crate::referral::refused(&refusal))
                }
                ::referral::Event::PackageSealed { .. }
                | ::referral::Event::PackageReleased { .. }
                | ::referral::Event::PackageReceived { .. } => {
                    return Err(DraftError::Schema(opened.schema().to_owned()));
                }
            };
            return Ok((About::new(), verdict));
        }
        if opened.schema() == ledger::reveal::Slot::SCHEMA {
            let event: ledger::reveal::Slot = opened.statement()?;
            let verdict = crate::reveal::judge(ctx, &event);
            return Ok((About::new(), verdict));
        }
        Err(DraftError::Schema(opened.schema().to_owned()))
    }
}
