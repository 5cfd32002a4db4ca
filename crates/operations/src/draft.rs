//! Statements that wait for signatures: read, judge by this party's own rules, sign, log.

use crate::act::{ActError, Ctx, Done};
use crate::fold::Refused;
use crate::node::DraftView;
use crate::review;
use domain::{Digest, Statement};
use ledger::{Draft, OpenError, Opened};
use serde::Serialize;

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
    /// A schema that nobody signs together.
    #[error("statements of `{0}` are not signed by several parties; this draft is refused")]
    Schema(String),
}

/// A draft as a party reads it before it signs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Reading {
    /// The public side.
    pub draft: DraftView,
    /// What it says.
    pub content: String,
    /// What this party's rules say of it.
    pub verdict: String,
}

/// Reads a draft.
///
/// # Errors
/// None of that id, or it can't be opened here.
pub async fn read(ctx: &Ctx, id: &Digest) -> Result<Reading, DraftError> {
    let draft = ctx.draft(id).await?;
    let opened = draft.open(ctx.home.id(), ctx.home.keys())?;
    let (content, judged) = judge(ctx, &opened).await?;
    let verdict = match judged {
        Ok(()) => "the rules admit it once everyone signed".to_owned(),
        Err(refused) => format!("the rules refuse it: {refused}"),
    };
    Ok(Reading { draft: DraftView::of(&draft), content, verdict })
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
    let (_, verdict) = judge(ctx, &opened).await?;
    Ok(verdict?)
}

/// What a draft says, and what the rules say of it.
async fn judge(ctx: &Ctx, opened: &Opened) -> Result<(String, Result<(), Refused>), DraftError> {
    let known = ctx.known().await?;
    let now = ctx.clock.now();
    if opened.schema() == access::Event::SCHEMA {
        let event: access::Event = opened.statement()?;
        let (reviews, _) = review::reviews(&known, &known.trust);
        let verdict = reviews.check(&event, now).map_err(|refusal| review::refused(&refusal));
        return Ok((format!("{event:#?}"), verdict));
    }
    if opened.schema() == ledger::Event::SCHEMA {
        let event: ledger::Event = opened.statement()?;
        let verdict = match &event {
            ledger::Event::Shredded { .. } => {
                let verdict = crate::shred::judge(&known.trust, &known, &event);
                return Ok((format!("{event:#?}"), verdict));
            }
            ledger::Event::KeyAdded { .. }
            | ledger::Event::KeyRotated { .. }
            | ledger::Event::KeyRevoked { .. }
            | ledger::Event::PartyAdded { .. }
            | ledger::Event::LogClosed { .. } => crate::key::judge(&known.trust, &event),
        };
        return Ok((crate::key::words(&event), verdict));
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
        return Ok((format!("{event:#?}"), verdict));
    }
    if opened.schema() == ledger::reveal::Slot::SCHEMA {
        let event: ledger::reveal::Slot = opened.statement()?;
        let verdict = crate::reveal::judge(ctx, &event);
        return Ok((format!("{event:#?}"), verdict));
    }
    Err(DraftError::Schema(opened.schema().to_owned()))
}
