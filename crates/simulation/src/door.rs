//! The developer's gateway, without its sockets: the shipped authority, permits and budgets, and a record of uses
//! that survives its process.
//!
//! A request runs as the proxy runs it: permit, reservation, durable intent, one more look, forward; each piece of
//! an answer needs a live permit and room in the reservation; the end settles. What crashes interrupt costs its
//! whole reservation.

use crate::flaw::Flaw;
use crate::oracle::{Fact, Knowledge};
use crate::party::{Reader, no_reviews};
use access::{Permit, Reviews, UseRequest, Used, Withdrawal, Word};
use domain::{Digest, GrantId, PartyId, Span, Timestamp};
use gateway::{Authority, Budgets, Cap, LiveReviews, OwnMinute, Reservation, Spent};
use std::collections::{BTreeMap, BTreeSet};

/// An answer that is being given.
pub(crate) struct Stream {
    permit: Permit,
    credential: Digest,
    reservation: Reservation,
    request: u64,
    /// Tokens that were set aside for it at first.
    asked: u64,
    delivered: u64,
}

/// One use in the gateway's own durable record.
#[derive(Debug, Clone)]
struct Use {
    grant: GrantId,
    /// Tokens that are set aside on record: what an interrupted request costs.
    intended: u64,
    charged: Option<u64>,
}

/// The gateway, its durable state, and what the simulation knows of it.
pub(crate) struct Door {
    pub(crate) reader: Reader,
    pub(crate) live: LiveReviews,
    /// The fold's verdict on each statement read.
    pub(crate) admitted: Vec<bool>,
    /// How many verdicts were compared with a fold from nothing since it started.
    pub(crate) compared: Option<usize>,
    pub(crate) running: bool,
    pub(crate) skew: i64,
    budgets: Budgets,
    pub(crate) words: Vec<Withdrawal>,
    uses: BTreeMap<u64, Use>,
    /// What each minute of a grant came to that is not stated yet.
    minutes: BTreeMap<(GrantId, Timestamp), Used>,
    /// The minutes that were stated: part of the durable record.
    stated: Vec<OwnMinute>,
    /// Those of them that the accounts do not know to be on record.
    uncounted: Vec<OwnMinute>,
    pub(crate) streams: Vec<Stream>,
    /// The latest instant it acted at since it started.
    pub(crate) observed: Timestamp,
    /// What clients really got, by grant, in tokens.
    pub(crate) delivered: BTreeMap<GrantId, u64>,
    flaw: Flaw,
}

/// How a piece of an answer fared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Piece {
    Given,
    Cut,
    NoBudget,
}

/// How a request fared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    Forwarded,
    Refused(&'static str),
    NoBudget,
}

impl Door {
    pub(crate) fn new(lab: &PartyId, flaw: Flaw) -> Self {
        Self {
            reader: Reader::new(lab),
            live: LiveReviews::new(no_reviews()),
            admitted: Vec::new(),
            compared: None,
            running: true,
            skew: 0,
            budgets: Budgets::default(),
            words: Vec::new(),
            uses: BTreeMap::new(),
            minutes: BTreeMap::new(),
            stated: Vec::new(),
            uncounted: Vec::new(),
            streams: Vec::new(),
            observed: Timestamp::EPOCH,
            delivered: BTreeMap::new(),
            flaw,
        }
    }

    /// Folds what the reader has read since.
    pub(crate) fn take_in(&mut self) {
        let fresh: Vec<_> = self.reader.read.iter().skip(self.admitted.len()).cloned().collect();
        for statement in fresh {
            let admitted = self.live.edit(|reviews| reviews.apply(&statement).is_ok());
            self.admitted.push(admitted);
        }
    }

    /// The developer's direct word. It is kept before it is obeyed.
    ///
    /// # Errors
    /// Words that are not the developer's.
    pub(crate) fn heed(&mut self, word: &Word) -> Result<(), &'static str> {
        let signed = word.signers.contains(&word.withdrawal.developer);
        let deaf = self.flaw == Flaw::DeafToWords && signed;
        let heed = |reviews: &mut Reviews| reviews.heed(word).map_err(|refusal| refusal.code());
        let heeded = if deaf { Ok(()) } else { self.live.edit(heed) };
        heeded?;
        self.words.push(word.withdrawal.clone());
        Ok(())
    }

    /// The process dies: streams break, and nothing but the durable record is left.
    pub(crate) fn kill(&mut self) {
        self.streams.clear();
        self.running = false;
    }

    /// Starts again from the record of uses, the words and the log as far as it was read.
    pub(crate) fn start(&mut self, now: Timestamp) {
        for request in self.interrupted() {
            self.charge(request, None, now);
        }
        let mut settled: BTreeMap<GrantId, u64> = BTreeMap::new();
        for entry in self.uses.values() {
            *settled.entry(entry.grant.clone()).or_default() += entry.charged.unwrap_or_default();
        }
        self.budgets = if self.flaw == Flaw::ForgetsCharges {
            Budgets::default()
        } else {
            let each = settled.into_iter();
            Budgets::new(each.map(|(grant, tokens)| Spent { grant, tokens, day: None }))
        };
        self.uncounted.clone_from(&self.stated);
        self.live = LiveReviews::new(no_reviews());
        self.admitted.clear();
        self.compared = None;
        self.observed = Timestamp::EPOCH;
        self.running = true;
        self.take_in();
        for withdrawal in self.words.clone() {
            let signers = BTreeSet::from([withdrawal.developer.clone()]);
            let word = Word { withdrawal, signers };
            if self.flaw != Flaw::DeafToWords {
                // it was heeded before, and words are for ever
                let _heeded = self.live.edit(|reviews| reviews.heed(&word)).ok();
            }
        }
        self.look(now);
    }

    /// Requests that a crash cut off from their end.
    fn interrupted(&self) -> Vec<u64> {
        let open = self.uses.iter().filter(|(_, entry)| entry.charged.is_none());
        open.map(|(request, _)| *request).collect()
    }

    /// Takes over what the record has come to say, as the gateway does when its authority changes and before it refuses.
    pub(crate) fn count_recorded(&mut self) {
        if self.flaw == Flaw::CountsTwice {
            return;
        }
        let counted = self.budgets.count(&self.live, self.uncounted.clone());
        self.uncounted.retain(|own| !counted.contains(own));
    }

    fn look(&mut self, now: Timestamp) -> Timestamp {
        self.observed = self.observed.max(now);
        now
    }

    /// Asks for a use, and forwards it if it may.
    pub(crate) fn ask(
        &mut self,
        request: u64,
        credential: &Digest,
        asked: &UseRequest,
        now: Timestamp,
    ) -> Fate {
        let now = self.look(now);
        let permit = match self.live.permit(credential, asked, now) {
            Ok(permit) => permit,
            Err(refusal) => return Fate::Refused(refusal.code()),
        };
        let grant = permit.grant().clone();
        let reserve = |door: &Self| door.budgets.reserve(&grant, Cap::from(&permit), asked.tokens);
        let mut reservation = reserve(self);
        if reservation.is_err() {
            self.count_recorded();
            reservation = reserve(self);
        }
        let Ok(reservation) = reservation else { return Fate::NoBudget };
        self.uses.insert(request, Use { grant, intended: asked.tokens, charged: None });
        if !self.live.is_live(&permit, now) {
            self.settle(request, reservation, 0, now);
            return Fate::Refused("ended-meanwhile");
        }
        let credential = *credential;
        let asked = asked.tokens;
        self.streams.push(Stream { permit, credential, reservation, request, asked, delivered: 0 });
        Fate::Forwarded
    }

    /// Gives the next piece of an answer to the client, or cuts it.
    pub(crate) fn give(&mut self, at: usize, tokens: u64, now: Timestamp) -> Piece {
        let now = self.look(now);
        let mut stream = self.streams.remove(at);
        let holds = self.flaw == Flaw::StreamsOutlive || self.live.is_live(&stream.permit, now);
        let wanted = stream.delivered + tokens;
        let mut fits = holds && stream.reservation.grow_to(wanted);
        if holds && !fits {
            self.count_recorded();
            fits = stream.reservation.grow_to(wanted);
        }
        if !fits {
            let Stream { reservation, request, delivered, .. } = stream;
            self.settle(request, reservation, delivered, now);
            return if holds { Piece::NoBudget } else { Piece::Cut };
        }
        if let Some(entry) = self.uses.get_mut(&stream.request)
            && self.flaw != Flaw::GrowsOffRecord
        {
            entry.intended = entry.intended.max(stream.reservation.tokens());
        }
        stream.delivered = wanted;
        *self.delivered.entry(stream.permit.grant().clone()).or_default() += tokens;
        self.streams.insert(at, stream);
        Piece::Given
    }

    /// Whether an answer was given more than was set aside when it was asked for.
    pub(crate) fn has_grown(&self, at: usize) -> bool {
        self.streams.get(at).is_some_and(|stream| stream.delivered > stream.asked)
    }

    /// The answer ends.
    pub(crate) fn end(&mut self, at: usize, now: Timestamp) {
        let now = self.look(now);
        let Stream { reservation, request, delivered, .. } = self.streams.remove(at);
        self.settle(request, reservation, delivered, now);
    }

    fn settle(&mut self, request: u64, reservation: Reservation, used: u64, now: Timestamp) {
        let charged = reservation.settle(used);
        self.charge(request, Some(charged), now);
    }

    /// Writes what a request came to: all that it intended where that is not known.
    fn charge(&mut self, request: u64, charged: Option<u64>, now: Timestamp) {
        let Some(entry) = self.uses.get_mut(&request) else { return };
        let charged = charged.unwrap_or(entry.intended);
        entry.charged = Some(charged);
        let minute = self.minutes.entry((entry.grant.clone(), now.minute())).or_default();
        minute.requests += 1;
        minute.tokens_in += charged / 3;
        minute.tokens_out += charged - charged / 3;
    }

    /// Takes a minute that is over, to be stated under the root.
    pub(crate) fn close_minute(&mut self, root: Digest) -> Option<OwnMinute> {
        let before = self.observed.before(Span::minutes(1));
        let closed = self.minutes.keys().find(|(_, minute)| *minute < before).cloned()?;
        let uses = self.minutes.remove(&closed)?;
        let (grant, minute) = closed;
        let own = OwnMinute { grant, minute, root, uses, of_day: uses };
        self.stated.push(own.clone());
        self.uncounted.push(own.clone());
        Some(own)
    }

    /// The streams that are open: credential, end of the permit, and whether the authority lets them go on.
    pub(crate) fn open(&mut self, now: Timestamp) -> Vec<(Digest, Timestamp, bool)> {
        let now = self.look(now);
        let live =
            |s: &Stream| self.flaw == Flaw::StreamsOutlive || self.live.is_live(&s.permit, now);
        let streams = self.streams.iter();
        streams.map(|s| (s.credential, s.permit.expires_at(), live(s))).collect()
    }

    /// Cuts every stream whose permit has ended, as the gateway does whenever its authority changes; how many.
    pub(crate) fn sweep(&mut self, now: Timestamp) -> u64 {
        let (mut kept, mut cut) = (Vec::new(), 0);
        for stream in std::mem::take(&mut self.streams) {
            if self.flaw == Flaw::StreamsOutlive || self.live.is_live(&stream.permit, now) {
                kept.push(stream);
            } else {
                let Stream { reservation, request, delivered, .. } = stream;
                self.settle(request, reservation, delivered, now);
                cut += 1;
            }
        }
        self.streams = kept;
        cut
    }

    /// What an open stream's request was permitted to its end.
    pub(crate) fn stream(&self, at: usize) -> Option<(Digest, Timestamp)> {
        self.streams.get(at).map(|s| (s.credential, s.permit.expires_at()))
    }

    /// Checks every account against what clients really got and against the grants' budgets.
    ///
    /// # Errors
    /// What contradicts it.
    pub(crate) fn check_accounts(
        &mut self,
        budgets: &BTreeMap<GrantId, u64>,
    ) -> Result<(), String> {
        let cap_of = |grant: &GrantId| budgets.get(grant).copied().unwrap_or_default();
        let is_over = |door: &Self, grant: &GrantId| {
            let account = door.budgets.account(grant);
            account.settled + account.reserved > cap_of(grant)
        };
        // uses may count twice until it is taken over that they are on record
        if self.delivered.keys().any(|grant| is_over(self, grant)) {
            self.count_recorded();
        }
        for (grant, delivered) in &self.delivered {
            let (cap, delivered) = (cap_of(grant), *delivered);
            if delivered > cap {
                return Err(format!("grant {grant} was given {delivered} tokens of {cap}"));
            }
            let account = self.budgets.account(grant);
            if self.running && account.settled + account.reserved < delivered {
                return Err(format!("grant {grant} got {delivered} tokens, account {account:?}"));
            }
            if is_over(self, grant) {
                return Err(format!("grant {grant} may spend {cap}, account {account:?}"));
            }
        }
        Ok(())
    }

    /// What the gateway knows, for the oracle.
    pub(crate) fn knowledge<'a>(&'a self, facts: &'a [Fact], now: Timestamp) -> Knowledge<'a> {
        Knowledge { facts, words: &self.words, now: self.observed.max(now) }
    }
}
