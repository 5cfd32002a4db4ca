//! The rules of `access` as a gateway's authority: one fold, shared, with an epoch that moves.

use crate::authority::{Authority, Caller};
use crate::{OwnMinute, Recorded};
use access::{Endpoint, Permit, Refusal, Reviews, UseRequest, Used, Whose};
use domain::{Digest, GrantId, ModelId, PartyId, PersonId, Timestamp};
use std::sync::{PoisonError, RwLock};
use tokio::sync::watch;

/// A [`Reviews`] that requests are judged by while it changes. Every change makes the gateway look at
/// all open requests at once.
#[derive(Debug)]
pub struct LiveReviews {
    reviews: RwLock<Reviews>,
    epoch: watch::Sender<u64>,
}

impl LiveReviews {
    /// Judges by this fold.
    pub fn new(reviews: Reviews) -> Self {
        Self { reviews: RwLock::new(reviews), epoch: watch::Sender::new(0) }
    }

    /// Changes the fold: applies a statement, heeds a direct word. Requests wait meanwhile, so a long
    /// change is made on a copy and put in place with [`LiveReviews::replace`].
    pub fn edit<T>(&self, change: impl FnOnce(&mut Reviews) -> T) -> T {
        let changed = {
            let mut reviews = self.reviews.write().unwrap_or_else(PoisonError::into_inner);
            change(&mut reviews)
        };
        self.epoch.send_modify(|epoch| *epoch = epoch.wrapping_add(1));
        changed
    }

    /// Puts another fold in place.
    pub fn replace(&self, reviews: Reviews) {
        // the old one is dropped after the lock is free
        drop(self.edit(|current| std::mem::replace(current, reviews)));
    }

    /// Looks at the fold.
    pub fn read<T>(&self, look: impl FnOnce(&Reviews) -> T) -> T {
        look(&self.reviews.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Authority for LiveReviews {
    fn recognises(&self, caller: &Caller, now: Timestamp) -> Result<(), Refusal> {
        let any: ModelId = "any".parse().expect("three letters are an id");
        let probe = probe(any, caller);
        self.read(|reviews| reviews.recognises(&caller.credential, &probe, now))
    }

    fn permit(
        &self,
        credential: &Digest,
        request: &UseRequest,
        now: Timestamp,
    ) -> Result<Permit, Refusal> {
        self.read(|reviews| reviews.permit(credential, request, now))
    }

    fn is_live(&self, permit: &Permit, now: Timestamp) -> bool {
        self.read(|reviews| reviews.is_live(permit, now)).is_ok()
    }

    fn models(&self, caller: &Caller, now: Timestamp) -> Result<Vec<ModelId>, Refusal> {
        self.recognises(caller, now)?;
        self.read(|reviews| {
            let mut models: Vec<_> =
                reviews.cases().flat_map(|case| case.models()).cloned().collect();
            models.sort();
            models.dedup();
            models.retain(|model| {
                let asked = reviews.permit(&caller.credential, &probe(model.clone(), caller), now);
                !matches!(asked, Err(Refusal::ModelNotGranted { .. }))
            });
            Ok(models)
        })
    }

    fn recorded(&self, grant: &GrantId, own: &[OwnMinute]) -> Option<Recorded> {
        self.read(|reviews| {
            let uses = reviews.recorded(grant)?;
            let counted = own.iter().filter(|own| uses.has(own.minute, own.root)).cloned();
            let (tokens, days) = (uses.tokens, uses.days.iter());
            Some(Recorded {
                tokens,
                days: days.map(|(day, tokens)| (day, *tokens)).collect(),
                counted: counted.collect(),
            })
        })
    }

    fn holder(&self, grant: &GrantId) -> Option<(PartyId, PersonId, ModelId)> {
        self.read(|reviews| {
            let (party, person, model) = reviews.holder(grant)?;
            Some((party.clone(), person.clone(), model.clone()))
        })
    }

    fn used_on(&self, whose: Whose<'_>, day: Timestamp) -> Vec<(ModelId, Used)> {
        self.read(|reviews| {
            reviews.used_on(whose, day).map(|(model, used)| (model.clone(), used)).collect()
        })
    }

    fn epoch(&self) -> watch::Receiver<u64> {
        self.epoch.subscribe()
    }
}

/// A request that costs nothing, to learn whether one would be judged by its budget only.
fn probe(model: ModelId, caller: &Caller) -> UseRequest {
    UseRequest {
        from: caller.from,
        binding: caller.binding,
        second: caller.second,
        ..UseRequest::new(model, Endpoint::ChatCompletions, 0)
    }
}
