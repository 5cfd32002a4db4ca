//! How much of the log the rules have taken in, so that what is new is applied and nothing is folded twice.

use crate::sync::Known;
use crate::{fold, review};
use access::{Event, Reviews};
use domain::Attested;
use ledger::{LogStatement, Trust};

/// Most new statements that requests wait for. More are folded anew, beside the requests.
const NEWS: usize = 256;

/// What was folded.
pub(super) struct Folded {
    statements: usize,
    /// Those that could not be read then. One that can be now, or can't be any more, was folded otherwise.
    unread: usize,
    trust: Trust,
}

impl Folded {
    /// Everything that is known.
    pub(super) fn of(known: &Known) -> Self {
        let unread = known.statements.iter().filter(|s| is_unread(s)).count();
        Self { statements: known.statements.len(), unread, trust: known.trust.clone() }
    }

    /// What is new in the log since then; none where it has to be folded from its beginning: there is much of it, who is who
    /// changed, or what was folded reads otherwise now.
    pub(super) fn news(&self, known: &Known) -> Option<Vec<Attested<Event>>> {
        let (before, new) = known.statements.split_at_checked(self.statements)?;
        let same = before.iter().filter(|s| is_unread(s)).count() == self.unread;
        if !same || new.len() > NEWS || known.trust != self.trust {
            return None;
        }
        let mut news = Vec::new();
        fold::fold_all::<Event>(new, |attested| {
            news.push(attested.clone());
            Ok(())
        });
        Some(news)
    }
}

/// Applies what is new. What the rules don't admit changes nothing, and every other command lists it.
pub(super) fn apply(reviews: &mut Reviews, news: &[Attested<Event>]) {
    for attested in news {
        if let Err(refusal) = reviews.apply(attested) {
            tracing::info!(code = refusal.code(), "a statement does not count: {refusal}");
        }
    }
}

/// The rules' state by everything that is known.
pub(super) fn whole(known: &Known) -> Reviews {
    review::reviews(known, &known.trust).0
}

fn is_unread(statement: &LogStatement) -> bool {
    statement.content.is_err() || statement.signers.is_err()
}

#[cfg(test)]
mod tests;
