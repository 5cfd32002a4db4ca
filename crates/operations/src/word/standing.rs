//! How a word whose signatures are good stands by the rules.

use super::{Found, Said, Unheard};
use crate::act::Ctx;
use crate::{review, sync};
use access::{Event, Reviews};
use ledger::Trust;
use std::collections::BTreeSet;
use std::path::PathBuf;

/// How a word stands that is somebody's to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It takes access away.
    Obeyed,
    /// The log says that its breach is remedied, so it stops nothing any more.
    Remedied,
}

impl Standing {
    /// The word for it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Obeyed => "obeyed",
            Self::Remedied => "remedied",
        }
    }
}

/// Has the rules obey a word, and says how it stands by what they know of the log.
///
/// # Errors
/// A word that is not for its party to say.
pub fn heed(reviews: &mut Reviews, said: &Said) -> Result<Standing, Unheard> {
    let signers = BTreeSet::from([said.by.clone()]);
    let heeded = match &said.event {
        Event::AccessWithdrawn(withdrawal) => {
            reviews.heed(&access::Word { withdrawal: withdrawal.clone(), signers })
        }
        Event::BreachNoticed(breach) => reviews.heed_breach(breach, &signers),
        // nothing else is a word
        _ => Ok(()),
    };
    heeded.map_err(|refusal| {
        Unheard::Refused(format!("it is not for `{}` to say: {refusal}", said.by))
    })?;
    Ok(match &said.event {
        Event::BreachNoticed(breach) if reviews.is_remedied(breach) => Standing::Remedied,
        _ => Standing::Obeyed,
    })
}

/// A file of `words/` and how it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judged {
    /// Which.
    pub path: PathBuf,
    /// What it says and how that stands, or why it is not obeyed.
    pub word: Result<(Said, Standing), Unheard>,
}

/// How each word stands by what this home has of the log, which is not asked: words are for when it can't be. Where the home
/// has nothing that can be read of it, by the words alone, as its gateway would obey them.
pub fn judged(ctx: &Ctx, trust: &Trust, found: Vec<Found>) -> Vec<Judged> {
    let known = sync::read(&ctx.home, trust).ok();
    let mut reviews = known.map(|known| review::reviews(&known, &known.trust).0);
    let mut judge = |said: Said| {
        let standing = match &mut reviews {
            Some(reviews) => heed(reviews, &said)?,
            None => Standing::Obeyed,
        };
        Ok((said, standing))
    };
    let each = found.into_iter();
    each.map(|Found { path, word }| Judged { path, word: word.and_then(&mut judge) }).collect()
}
