//! The folder of the developer's direct words, which is heeded within a tenth of a second.

use super::GateError;
use crate::act::{ActError, Ctx};
use crate::word;
use access::{Event, Refusal, Reviews};
use domain::PartyId;
use gateway::{Control, LiveReviews, Scope};
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

/// How often the folder of words is looked at.
const WORD: Duration = Duration::from_millis(100);

/// What is kept between looks at the folder of words.
pub(super) struct Words<'a> {
    ctx: &'a Ctx,
    live: &'a LiveReviews,
    control: Control,
    seen: BTreeSet<PathBuf>,
}

/// Has the rules obey every word that was given.
pub(super) fn heed(ctx: &Ctx, reviews: &mut Reviews) -> Result<(), GateError> {
    let signers = BTreeSet::from([ctx.home.id().clone()]);
    // a notice that the rules refused was taken back
    reviews.forget_breaches();
    for word in word::given(ctx.home.folder()).map_err(ActError::from)? {
        if let Err(refusal) = heeded(reviews, word, &signers) {
            tracing::warn!(
                code = refusal.code(),
                "a word that is not this developer's to give: {refusal}"
            );
        }
    }
    Ok(())
}

fn heeded(reviews: &mut Reviews, word: Event, signers: &BTreeSet<PartyId>) -> Result<(), Refusal> {
    match word {
        Event::AccessWithdrawn(withdrawal) => {
            reviews.heed(&access::Word { withdrawal, signers: signers.clone() })
        }
        Event::BreachNoticed(breach) => reviews.heed_breach(&breach, signers),
        // nothing else is a word
        _ => Ok(()),
    }
}

impl<'a> Words<'a> {
    pub(super) fn new(ctx: &'a Ctx, live: &'a LiveReviews, control: Control) -> Self {
        Self { ctx, live, control, seen: BTreeSet::new() }
    }

    /// Looks for words, for ever.
    pub(super) async fn keep(&mut self) {
        let mut tick = tokio::time::interval(WORD);
        loop {
            tick.tick().await;
            self.look();
        }
    }

    fn look(&mut self) {
        let folder = self.ctx.home.folder().join("words");
        let Ok(found) = crate::files::list(&folder, "word") else { return };
        let found: BTreeSet<_> = found.into_iter().collect();
        if found == self.seen {
            return;
        }
        let heeded = self.live.edit(|reviews| heed(self.ctx, reviews));
        match heeded {
            Ok(()) => self.seen = found,
            Err(error) => {
                // a word that can't be read must not be a way to go on
                tracing::error!(
                    "the developer's words can't be read, so nothing is forwarded: {error}"
                );
                self.control.stop(Scope::Everything);
            }
        }
    }
}
