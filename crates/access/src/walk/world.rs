//! The parties, the clock and the dice of a walk.

use crate::case::{Origin, Standing};
use crate::event::{Basis, Event, GrantRequest, Inquiry};
use crate::{Bounds, Endpoint, Head, Limits, Permit, Reviews, Safeguards, Terms, UseRequest, Word};
use domain::{
    Attested, CaseId, Digest, GrantId, Line, ModelId, NominationId, Party, PartyId, PersonId, Role,
    Span, Statement, TermsId, Text, Timestamp, WindowId,
};
use std::collections::{BTreeMap, BTreeSet};

/// The one case of an episode.
pub(crate) const CASE: &str = "case-1";

/// 2026-09-01T00:00:00Z.
const BEGIN: i64 = 1_788_220_800_000_000;

/// An instant, in hours after the beginning of every walk.
pub(crate) fn instant(hours: u64) -> Timestamp {
    Timestamp::from_micros(BEGIN).expect("within 1970 to 9999").after(Span::hours(hours))
}

/// An id that the walk itself spells.
pub(crate) fn id<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().expect("ids of the walk are well formed")
}

pub(crate) fn line(text: &str) -> Line {
    text.parse().expect("lines of the walk are well formed")
}

pub(crate) fn text(words: &str) -> Text {
    words.parse().expect("texts of the walk are well formed")
}

/// The statement with all its signatures.
pub(crate) fn attest(event: Event, claimed_at: Timestamp) -> Attested<Event> {
    let signers = event.signers();
    let issuer = signers.first().cloned().expect("every event names a signer");
    Attested { event, issuer, signers, claimed_at, index: 0 }
}

/// Whole terms for the two models of a walk.
pub(crate) fn terms(name: &str) -> Terms {
    let head = || Head {
        protection: text("kept in one enclave"),
        usage: text("measurement only"),
        nondisclosure: text("nobody outside the review"),
    };
    Terms {
        id: id::<TermsId>(name),
        case: id::<CaseId>(CASE),
        models: BTreeSet::from([id("model-a"), id("model-b")]),
        evaluators: BTreeSet::from([id("evaluator"), id("government")]),
        safeguards: Safeguards {
            confidentiality: head(),
            cybersecurity: head(),
            insider_risk: head(),
            intellectual_property: head(),
        },
        limits: Limits::new(BTreeSet::from([Endpoint::ChatCompletions, Endpoint::Models]), 1_000),
    }
}

/// Seven parties with one role each; `outsider` has none.
fn directory() -> BTreeMap<PartyId, Party> {
    let roles = [
        ("developer", vec![Role::Developer]),
        ("government", vec![Role::Government]),
        ("determiner", vec![Role::Determiner]),
        ("evaluator", vec![Role::Evaluator]),
        ("partner", vec![Role::Partner]),
        ("defender", vec![Role::Defender]),
        ("outsider", vec![]),
    ];
    let party = |(name, roles)| {
        let party = Party { id: id(name), name: line(name), roles };
        (party.id.clone(), party)
    };
    roles.into_iter().map(party).collect()
}

/// One episode.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) seed: u64,
    dice: u64,
    pub(crate) now: Timestamp,
    /// The latest instant that a permit, an open stream or a tick was asked at.
    pub(crate) observed: Timestamp,
    pub(crate) reviews: Reviews,
    pub(crate) history: Vec<Attested<Event>>,
    pub(crate) words: Vec<Word>,
    pub(crate) streams: Vec<(Permit, Digest, UseRequest)>,
}

impl World {
    pub(crate) fn new(seed: u64) -> Self {
        let reviews = Reviews::new(directory(), Bounds::default());
        Self {
            seed,
            dice: seed,
            now: instant(0),
            observed: Timestamp::EPOCH,
            reviews,
            history: Vec::new(),
            words: Vec::new(),
            streams: Vec::new(),
        }
    }

    /// A party by name, without roles.
    #[cfg(test)]
    pub(crate) fn party_of(&self, name: &str) -> Party {
        Party { id: id(name), name: line(name), roles: vec![] }
    }

    /// Nothing folded yet, with the same parties and bounds.
    pub(crate) fn empty(&self) -> Reviews {
        Reviews::new(directory(), *self.reviews.bounds())
    }

    /// A number below `below`: SplitMix64 (Steele, Lea, Flood 2014).
    pub(crate) fn dice(&mut self, below: u64) -> u64 {
        self.dice = self.dice.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.dice;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (z ^ (z >> 31)) % below.max(1)
    }

    pub(crate) fn pick<T: Clone>(&mut self, of: &[T]) -> T {
        let count = u64::try_from(of.len()).expect("lists are short");
        let at = usize::try_from(self.dice(count)).expect("below the length of a list");
        of.get(at).cloned().expect("lists of the walk are not empty")
    }

    /// Minutes, days, more than a window, or back.
    pub(crate) fn move_clock(&mut self) {
        let hours = self.dice(48) + 1;
        let days = self.dice(12) + 1;
        self.now = match self.dice(20) {
            0..=9 => self.now.after(Span::hours(hours)),
            10..=13 => self.now.after(Span::days(days)),
            14 if hours < 8 => self.now.after(Span::days(31)),
            14..=17 => self.now.before(Span::hours(hours)),
            _ => self.now.before(Span::days(days * 3)),
        };
    }

    pub(crate) fn case(&self) -> CaseId {
        id(CASE)
    }

    pub(crate) fn developer(&self) -> PartyId {
        id("developer")
    }

    pub(crate) fn government(&self) -> PartyId {
        id("government")
    }

    pub(crate) fn models(&self) -> BTreeSet<ModelId> {
        BTreeSet::from([id("model-a"), id("model-b")])
    }

    pub(super) fn model(&mut self) -> ModelId {
        let strange = self.dice(20) == 0;
        if strange { id("model-x") } else { self.pick(&[id("model-a"), id("model-b")]) }
    }

    pub(super) fn some_models(&mut self) -> BTreeSet<ModelId> {
        if self.dice(3) == 0 { BTreeSet::from([self.model()]) } else { self.models() }
    }

    pub(super) fn party(&mut self) -> PartyId {
        let names = ["developer", "government", "evaluator", "partner", "defender", "outsider"];
        id(self.pick(&names))
    }

    pub(super) fn main_party(&mut self) -> PartyId {
        id(self.pick(&["developer", "government"]))
    }

    /// Mostly the two names, sometimes the wrong way round or someone else.
    pub(super) fn two_keys(&mut self) -> (PartyId, PartyId) {
        match self.dice(12) {
            0 => (self.party(), self.government()),
            1 => (self.developer(), self.party()),
            _ => (self.developer(), self.government()),
        }
    }

    pub(super) fn person(&mut self) -> PersonId {
        id(self.pick(&["p1", "p2", "p3", "p4", "p5", "p6"]))
    }

    pub(super) fn window(&mut self) -> WindowId {
        id(self.pick(&["w1", "w2", "w3", "w4", "w5"]))
    }

    pub(super) fn nomination(&mut self) -> NominationId {
        id(self.pick(&["n1", "n2", "n3", "n4", "n5", "n6", "n7", "n8"]))
    }

    pub(super) fn grant(&mut self) -> GrantId {
        id(self.pick(&["g1", "g2", "g3", "g4", "g5", "g6", "g7", "g8", "g9", "g10", "g11", "g12"]))
    }

    pub(super) fn reason(&mut self) -> Text {
        text(self.pick(&["", "because"]))
    }

    /// Mostly the credential of an issued grant, sometimes any.
    pub(crate) fn credential(&mut self) -> Digest {
        let case = self.reviews.case(&self.case()).ok();
        let grants = case.into_iter().flat_map(|case| case.grants.values());
        let issued = grants.filter(|record| record.issued.is_some());
        let issued: Vec<_> = issued.map(|record| record.request.credential).collect();
        if issued.is_empty() || self.dice(12) == 0 {
            super::credential(self.dice(10))
        } else {
            self.pick(&issued)
        }
    }

    /// Mostly what the grant is for, sometimes not.
    pub(crate) fn use_request(&mut self, credential: &Digest) -> UseRequest {
        let case = self.reviews.case(&self.case()).ok();
        let mut grants = case.into_iter().flat_map(|case| case.grants.values());
        let granted = grants.find(|record| record.request.credential == *credential);
        let granted = granted.map(|record| record.request.clone());
        let (model, endpoint) = match granted {
            Some(GrantRequest { model, endpoints, .. }) if self.dice(5) != 0 => {
                (model, endpoints.first().copied().unwrap_or(Endpoint::Models))
            }
            _ => (self.model(), self.pick(&[Endpoint::Models, Endpoint::Messages])),
        };
        let second = (self.dice(2) == 0).then(|| self.credential());
        let tokens = self.pick(&[0, 1, 100, 600, 1_001]);
        UseRequest { second, ..UseRequest::new(model, endpoint, tokens) }
    }

    /// An instant near now.
    pub(super) fn near(&mut self) -> Timestamp {
        let hours = self.dice(24 * 40);
        if self.dice(3) == 0 {
            self.now.before(Span::hours(hours / 4))
        } else {
            self.now.after(Span::hours(hours))
        }
    }

    /// Mostly in time for a window, sometimes long past.
    pub(super) fn plan(&mut self) -> Timestamp {
        let days = self.dice(40) + 4;
        match self.dice(8) {
            0 => self.near(),
            1 => self.now,
            _ => self.now.after(Span::days(days)),
        }
    }

    /// A person who can hold a grant of the party, if there is one.
    fn holder(&mut self, party: &PartyId) -> PersonId {
        let case = self.reviews.case(&self.case()).ok();
        let read: Vec<_> = case
            .map(|case| case.acknowledged.iter().filter(|(_, p, _)| p == party))
            .into_iter()
            .flatten()
            .map(|(_, _, person)| person.clone())
            .collect();
        if read.is_empty() || self.dice(8) == 0 { self.person() } else { self.pick(&read) }
    }

    /// A grant that waits for signatures, if there is one.
    pub(super) fn waiting_grant(&mut self) -> GrantId {
        let any = self.grant();
        let Ok(case) = self.reviews.case(&self.case()) else { return any };
        let waiting = case.grants.iter().find(|(_, record)| record.issued.is_none());
        waiting.map_or(any, |(id, _)| id.clone())
    }

    /// A nomination or application that waits for signatures, if there is one.
    pub(super) fn waiting_standing(&mut self) -> NominationId {
        let any = self.nomination();
        let Ok(case) = self.reviews.case(&self.case()) else { return any };
        let waiting = case.standings.iter().find(|(_, standing)| standing.until.is_none());
        waiting.map_or(any, |(id, _)| id.clone())
    }

    /// A standing that both sides signed, if there is one.
    fn settled_standing(&mut self, partner: bool) -> NominationId {
        let any = self.nomination();
        let Ok(case) = self.reviews.case(&self.case()) else { return any };
        let of_kind =
            |standing: &&Standing| matches!(standing.origin, Origin::Partner(_)) == partner;
        let settled = case.standings.iter().find(|(_, s)| of_kind(s) && s.until.is_some());
        settled.map_or(any, |(id, _)| id.clone())
    }

    /// The digest of the terms in force, or of those on the table, or of nothing.
    pub(super) fn terms_digest(&mut self) -> Digest {
        let case = self.reviews.case(&self.case()).ok();
        let agreed = case.and_then(|case| case.terms()).map(|(digest, _)| *digest);
        let proposed = case.and_then(|case| case.proposal()).map(Terms::digest);
        let nothing = Digest::of(b"nothing");
        match self.dice(12) {
            0 => nothing,
            1 => proposed.unwrap_or(nothing),
            _ => agreed.or(proposed).unwrap_or(nothing),
        }
    }

    pub(super) fn inquiry(&mut self) -> Inquiry {
        let (developer, government) = self.two_keys();
        Inquiry {
            case: self.case(),
            developer,
            government,
            models: self.models(),
            planned_partner_release_at: self.plan(),
            question: text("covered?"),
        }
    }

    pub(super) fn grant_request(&mut self) -> GrantRequest {
        let case = self.case();
        let live = self.reviews.case(&case).ok().and_then(|case| {
            let (id, window) = case.last_window()?;
            Some((id.clone(), window.first_access_at(), window.ends_at(), case.plan))
        });
        let (basis, party, from, to) = match (self.dice(4), live) {
            (0, live) => {
                let from = live.map_or(self.now, |(_, _, _, plan)| plan.max(self.now));
                (
                    Basis::Partner(self.settled_standing(true)),
                    "partner",
                    from,
                    from.after(Span::days(20)),
                )
            }
            (1, live) => {
                let from = live.map_or(self.now, |(_, _, _, plan)| plan.max(self.now));
                (
                    Basis::Defender(self.settled_standing(false)),
                    "defender",
                    from,
                    from.after(Span::days(20)),
                )
            }
            (_, Some((window, from, to, _))) => (Basis::Window(window), "evaluator", from, to),
            (_, None) => (Basis::Window(self.window()), "evaluator", self.now, self.near()),
        };
        let strange = self.dice(15) == 0;
        let party = if strange { self.party() } else { id(party) };
        GrantRequest {
            case,
            grant: self.grant(),
            basis,
            model: self.model(),
            person: self.holder(&party),
            party,
            requested_by: self.person(),
            terms: self.terms_digest(),
            credential: super::credential(self.dice(10)),
            endpoints: BTreeSet::from([self.pick(&[
                Endpoint::ChatCompletions,
                Endpoint::ChatCompletions,
                Endpoint::Models,
            ])]),
            budget_tokens: self.pick(&[0, 500, 1_000, 1_000, 1_000, 1_001]),
            starts_at: if self.dice(4) == 0 { self.near() } else { from },
            ends_at: if self.dice(4) == 0 { self.near() } else { to },
            purpose: line("to measure"),
        }
    }
}
