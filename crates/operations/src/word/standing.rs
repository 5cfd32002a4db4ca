//! How a word whose signatures are good stands by the rules.

use super::{Found, Said, Unheard};
use crate::act::Ctx;
use crate::{review, sync};
use access::{Event, Reviews};
use ledger::Trust;
use std::collections::BTreeSet;

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
    let (heeded, standing) = match &said.event {
        Event::AccessWithdrawn(withdrawal) => {
            let withdrawal = withdrawal.clone();
            (reviews.heed(&access::Word { withdrawal, signers }), Standing::Obeyed)
        }
        Event::BreachNoticed(breach) => {
            let heeded = reviews.heed_breach(breach, &signers);
            let remedied = reviews.is_remedied(breach);
            (heeded, if remedied { Standing::Remedied } else { Standing::Obeyed })
        }
        // nothing else is a word
        _ => (Ok(()), Standing::Obeyed),
    };
    heeded.map_err(|refusal| {
        Unheard::Refused(format!("it is not for `{}` to say: {refusal}", said.by))
    })?;
    Ok(standing)
}

/// How each word stands by what this home has of the log, which is not asked: words are for when it can't be. Where the home
/// has nothing that can be read of it, by the words alone, as its gateway would obey them.
pub fn standings(ctx: &Ctx, trust: &Trust, found: &mut [Found]) -> Vec<Option<Standing>> {
    let known = sync::read(&ctx.home, trust).ok();
    let mut reviews = known.map(|known| review::reviews(&known, &known.trust).0);
    let mut stands = Vec::with_capacity(found.len());
    for Found { word, .. } in found {
        let standing = word.clone().and_then(|said| match &mut reviews {
            Some(reviews) => heed(reviews, &said),
            None => Ok(Standing::Obeyed),
        });
        stands.push(standing.as_ref().ok().copied());
        if let Err(unheard) = standing {
            *word = Err(unheard);
        }
    }
    stands
}
