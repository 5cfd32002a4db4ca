//! One step: something happens, and then everything is checked.

use crate::acts::{Actor, scope};
use crate::cast::{GOVERNMENT, LAB, cast, spelled};
use crate::machine::{Failure, Published};
use crate::party::{Reader, shifted};
use crate::world::{Message, World};
use access::{Audience, Event, Release, Reviews, State, Withdrawal, Word};
use domain::{Digest, PartyId, Span};
use ledger::{Draft, SyncError};
use operations::node::NodeError;
use std::collections::BTreeSet;
use store::StoreError;

/// Most messages under way at a time; older ones are lost.
const NETWORK: usize = 40;
/// How many steps a case begins with in which little goes wrong.
const CALM: u64 = 70;
/// How many steps a case lives at most.
const CASE_STEPS: u64 = 220;

impl World {
    /// Takes a step and checks everything.
    pub(crate) fn advance(&mut self) -> Result<(), String> {
        self.now = self.now.after(Span::seconds(self.dice.below(90)));
        self.set_clocks();
        let before = self.host.starts;
        self.something_happens()?;
        if self.dice.once_in(2) {
            self.someone_uses()?;
        }
        self.host.cut_off = self.host.cut_off.saturating_sub(1);
        if self.dice.once_in(8) {
            self.host.machine.make_room();
        }
        self.host.revive(&mut self.dice)?;
        self.summary.steps += 1;
        let restarted = self.host.starts != before;
        self.check(restarted)
    }

    fn something_happens(&mut self) -> Result<(), String> {
        // a case begins calmly, so that most come to something
        let calm = self.step.saturating_sub(self.case_began) < CALM && self.dice.below(6) > 0;
        let what = if calm { self.dice.below(160) % 88 } else { self.dice.below(100) };
        match what {
            0..=22 => self.someone_acts(),
            23..=39 => self.someone_cosigns(),
            40..=51 => self.someone_issues(),
            52..=75 => self.someone_sends(),
            76..=80 => {
                let at = self.dice.place(self.network.len());
                at.map_or(Ok(()), |at| self.deliver(at))
            }
            81 => {
                let at = self.anyone();
                self.sync(at).map(drop)
            }
            82..=87 => self.sync_door().map(drop),
            88..=90 => {
                self.something_breaks();
                Ok(())
            }
            91..=93 => {
                self.clocks_jump();
                Ok(())
            }
            94 | 95 => self.rare(),
            96 | 97 => self.someone_is_hostile(),
            _ => self.someone_uses(),
        }
    }

    fn rare(&mut self) -> Result<(), String> {
        match self.dice.below(6) {
            0..=2 => self.developer_speaks(),
            3 => self.old_mirror(),
            _ => self.gateway_restarts(),
        }
    }

    pub(crate) fn anyone(&mut self) -> usize {
        self.dice.place(self.parties.len()).unwrap_or_default()
    }

    /// Someone states what the rules let it state.
    fn someone_acts(&mut self) -> Result<(), String> {
        self.maybe_next_case();
        for _ in 0..4 {
            let known = self.made.len();
            self.one_acts()?;
            if self.made.len() > known {
                break;
            }
        }
        Ok(())
    }

    fn one_acts(&mut self) -> Result<(), String> {
        let at = if self.dice.once_in(2) { self.dice.below(2) } else { self.dice.below(5) };
        let at = usize::try_from(at).unwrap_or_default();
        let busy = self.parties.get(at).map_or(0, |p| p.offered.len() + p.outbox.len() / 2);
        if busy > 1 && self.dice.below(4) > 0 {
            // mostly, one thing is finished before the next is begun
            self.issue_ready(at)?;
            return self.send_any(at);
        }
        if self.dice.below(6) > 0 {
            self.sync(at)?;
        }
        let (now, case) = (self.clock_of(at), self.case());
        let Some(party) = self.parties.get(at) else { return Ok(()) };
        let mut actor = Actor {
            who: &party.id,
            reviews: &party.reviews,
            now,
            case,
            dice: &mut self.dice,
            names: &mut self.names,
        };
        if let Some(Ok(event)) = actor.act() {
            self.state(at, &event)?;
            if self.dice.below(3) > 0 {
                return self.work_together(at);
            }
        }
        Ok(())
    }

    /// The other main party looks at what was offered, and then it is logged, if nothing comes between.
    fn work_together(&mut self, at: usize) -> Result<(), String> {
        for other in [LAB, GOVERNMENT].map(|id| self.place_of(&spelled(id))) {
            if other != at && self.parties.get(at).is_some_and(|p| !p.offered.is_empty()) {
                self.sync(other)?;
                self.cosign(other)?;
            }
        }
        self.issue_ready(at)?;
        self.send_any(at)?;
        if self.dice.once_in(2) {
            self.sync_door()?;
        }
        Ok(())
    }

    /// A case that is withdrawn or old makes room for the next.
    fn maybe_next_case(&mut self) {
        let (case, now) = (self.case(), self.now);
        let lab = self.parties.first().map(|party| party.reviews.state(&case, now));
        let over = match lab {
            Some(Ok(State::Withdrawn(_))) => self.dice.once_in(3),
            Some(Ok(state)) => {
                let models = state.records().view().models;
                models.iter().any(|model| model.withdrawn) && self.dice.once_in(20)
            }
            Some(Err(_)) | None => false,
        };
        if over || self.step.saturating_sub(self.case_began) > CASE_STEPS {
            self.case += 1;
            self.case_began = self.step;
        }
    }

    /// Someone reads a draft that lacks its signature, judges it by its own fold, and signs; the careless sign
    /// without judging.
    fn someone_cosigns(&mut self) -> Result<(), String> {
        let main = self.dice.pick(&[LAB, GOVERNMENT]);
        let at = if self.dice.once_in(4) { self.anyone() } else { self.place_of(&spelled(main)) };
        self.cosign(at)
    }

    fn cosign(&mut self, at: usize) -> Result<(), String> {
        let now = self.clock_of(at);
        let (Some(node), Some(party)) = (self.host.reach(), self.parties.get(at)) else {
            return Ok(());
        };
        let waiting = node.drafts().unwrap_or_default();
        let ours = waiting.iter().filter(|d| d.missing.iter().any(|m| m == party.id.as_str()));
        let ours: Vec<_> = ours.collect();
        let Some(view) = self.dice.place(ours.len()).and_then(|at| ours.get(at)) else {
            return Ok(());
        };
        let Ok(Some(bytes)) = node.draft(&view.id) else { return Ok(()) };
        let mut draft = Draft::from_bytes(&bytes).map_err(|e| format!("a kept draft: {e}"))?;
        draft.verify(&cast().trust).map_err(|e| format!("a kept draft: {e}"))?;
        let keys = cast().keys(&party.id);
        let opened = draft.open(&party.id, keys).map_err(|e| format!("a kept draft: {e}"))?;
        let event: Event = opened.statement().map_err(|e| format!("a kept draft: {e}"))?;
        let careless = self.dice.once_in(8);
        if !careless && party.reviews.check(&event, now).is_err() {
            return Ok(());
        }
        draft.sign(&party.id, keys).map_err(|e| e.to_string())?;
        if let Some(made) = self.made.get_mut(&draft.id()) {
            made.signed.insert(party.id.clone());
        }
        if node.offer(&draft.to_bytes()).is_ok() {
            self.summary.cosignatures += 1;
        }
        Ok(())
    }

    /// Someone finds its draft signed by all others, and will log it.
    fn someone_issues(&mut self) -> Result<(), String> {
        let at = self.dice.below(2);
        self.issue_ready(usize::try_from(at).unwrap_or_default())
    }

    fn issue_ready(&mut self, at: usize) -> Result<(), String> {
        let (Some(node), Some(party)) = (self.host.reach(), self.parties.get_mut(at)) else {
            return Ok(());
        };
        for id in party.offered.clone() {
            let Ok(Some(bytes)) = node.draft(&id) else { continue };
            let draft = Draft::from_bytes(&bytes).map_err(|e| format!("a kept draft: {e}"))?;
            if draft.is_complete() {
                party.offered.remove(&id);
                party.outbox.push(draft);
            } else if self.dice.once_in(8) {
                // the others don't want it
                party.offered.remove(&id);
            }
        }
        Ok(())
    }

    /// Someone sends one of the things it has to log, mostly after looking where the log stands.
    fn someone_sends(&mut self) -> Result<(), String> {
        let with = self.parties.iter().enumerate().filter(|(_, p)| !p.outbox.is_empty());
        let with: Vec<usize> = with.map(|(at, _)| at).collect();
        let at = self.dice.place(with.len()).and_then(|at| with.get(at)).copied();
        at.map_or(Ok(()), |at| self.send_any(at))
    }

    pub(crate) fn send_any(&mut self, at: usize) -> Result<(), String> {
        if self.dice.below(5) > 0 {
            self.sync(at)?;
        }
        let Some(length) = self.parties.get(at).map(|party| party.outbox.len()) else {
            return Ok(());
        };
        if length == 0 {
            return Ok(());
        }
        // mostly what was stated last: the rest is being tried again anyway
        let oldest = self.dice.place(length).unwrap_or_default();
        let which = if self.dice.once_in(2) { oldest } else { length - 1 };
        self.send(at, which)?;
        if self.dice.below(3) > 0 && !self.network.is_empty() {
            return self.deliver(self.network.len() - 1);
        }
        Ok(())
    }

    /// Puts a statement of the outbox on its way, or fetches its receipt when it is logged already.
    pub(crate) fn send(&mut self, at: usize, which: usize) -> Result<(), String> {
        let now = self.now;
        let Some(party) = self.parties.get_mut(at) else { return Ok(()) };
        let Some(draft) = party.outbox.get(which) else { return Ok(()) };
        let id = draft.id();
        if party.reader.cursor.chains.index_of(&id).is_some() {
            let receipt = self.host.reach().map(|node| node.receipt(&id));
            if let Some(Ok(Some(receipt))) = receipt {
                return self.receive(at, id, receipt);
            }
            return Ok(());
        }
        let entry = party.issue(draft, now).map_err(|e| format!("issuing: {e}"))?;
        let bytes = operations::wire::entry_bytes(&entry);
        self.network.push(Message { from: at, id, bytes, forged: false });
        if self.network.len() > NETWORK {
            self.network.remove(0);
        }
        Ok(())
    }

    /// A message arrives at the node; it may arrive again, and its answer may be lost.
    pub(crate) fn deliver(&mut self, at: usize) -> Result<(), String> {
        let Some(message) = self.network.get(at).cloned() else { return Ok(()) };
        if !self.dice.once_in(5) {
            self.network.remove(at);
        }
        let Some(node) = self.host.reach() else { return Ok(()) };
        self.host.machine.was_hurt();
        let answer = node.submit(&message.bytes);
        let hurt = self.host.machine.was_hurt();
        let known = self.acknowledged.contains_key(&message.id);
        match answer {
            Ok(receipt) if message.forged => {
                crate::hostile::is_of_another(&message.bytes, &receipt)
            }
            Ok(receipt) => {
                self.summary.repeats += u64::from(known);
                if self.dice.once_in(5) {
                    self.summary.lost_answers += 1;
                    return self.acknowledge(message.id, &receipt);
                }
                self.receive(message.from, message.id, receipt)
            }
            Err(error) => {
                self.refused_by_node(error.code());
                self.summary.forgeries += u64::from(message.forged);
                if known && !hurt && !message.forged && !is_poisoned(&error) {
                    let error = operations::plain(&error);
                    return Err(format!("a logged statement, sent again, was refused: {error}"));
                }
                if is_poisoned(&error) || (hurt && self.dice.once_in(4)) {
                    self.host.kill();
                }
                Ok(())
            }
        }
    }

    fn receive(&mut self, at: usize, id: Digest, receipt: Vec<u8>) -> Result<(), String> {
        self.acknowledge(id, &receipt)?;
        let index = self.acknowledged.get(&id).copied().unwrap_or_default();
        if let Some(party) = self.parties.get_mut(at) {
            party.keep(id, index, receipt);
        }
        Ok(())
    }

    /// The node said that a statement is logged: from now on it must be.
    fn acknowledge(&mut self, id: Digest, receipt: &[u8]) -> Result<(), String> {
        let (index, _) = self.auditor.check_receipt(receipt, id)?;
        match self.acknowledged.insert(id, index) {
            Some(before) if before != index => {
                Err(format!("statement {id} was at {before} and now is at {index}"))
            }
            _ => Ok(()),
        }
    }

    /// Disk, database, process or network fail.
    fn something_breaks(&mut self) {
        let machine = &self.host.machine;
        let soon = self.dice.below(14);
        match self.dice.below(20) {
            0..=8 => machine.arm(soon, Failure::Stop),
            9..=11 => machine.stop(),
            12 | 13 => machine.arm(soon, Failure::Other),
            14 => machine.arm(soon, Failure::Sync),
            15 => machine.arm(soon, Failure::Full),
            16 | 17 => machine.heal(),
            18 => self.host.kill(),
            _ => self.host.cut_off = self.dice.below(12) + 1,
        }
    }

    /// Time passes, or someone sets a clock, forward or back.
    fn clocks_jump(&mut self) {
        self.summary.clock_jumps += 1;
        let minute = 60_000_000;
        let small = i64::try_from(self.dice.below(8)).unwrap_or_default() * minute - 4 * minute;
        let large = small * i64::try_from(self.dice.below(200) + 1).unwrap_or_default();
        let skew = if self.dice.once_in(4) { large } else { small };
        let at = self.anyone();
        match self.dice.below(13) {
            0..=2 => self.now = self.now.after(Span::hours(self.dice.below(30) + 1)),
            3 => self.now = self.now.after(Span::days(self.dice.below(12) + 1)),
            // a wrong clock of the host only stops the log; it is set right again before long
            4 => self.host_skew = skew.min(10 * minute),
            5..=7 => self.host_skew = 0,
            8 => self.door.skew = skew,
            9 => self.door.skew = 0,
            10 => {
                let skews = self.parties.iter_mut();
                skews.for_each(|party| party.skew = 0);
            }
            _ => {
                if let Some(party) = self.parties.get_mut(at) {
                    party.skew = skew;
                }
            }
        }
        self.set_clocks();
    }

    /// The developer withdraws by its direct word, which the gateway obeys without the log, or releases.
    fn developer_speaks(&mut self) -> Result<(), String> {
        let lab: PartyId = spelled(LAB);
        let (at, case) = (self.place_of(&lab), self.case());
        let Some(party) = self.parties.get(at) else { return Ok(()) };
        // mostly it withdraws what is in use, so that reviews come to something
        let in_use = !self.door.streams.is_empty() || self.dice.once_in(8);
        if !in_use || self.dice.once_in(4) {
            let model = spelled(&format!("{case}-a"));
            let audience = self.dice.pick(&[Audience::Partners, Audience::Public]);
            let released_at = shifted(self.now, party.skew);
            let case = Some(case).filter(|_| self.dice.once_in(2));
            let release = Release { developer: lab, model, audience, released_at, case };
            return self.state(at, &Reviews::release(release));
        }
        let scope = scope(&mut self.dice, &party.reviews, &case);
        if self.dice.once_in(3) {
            self.host.cut_off = self.dice.below(20) + 2;
        }
        let withdrawal =
            Withdrawal { case, developer: lab.clone(), scope, reason: spelled("enough") };
        let word = Word { withdrawal: withdrawal.clone(), signers: BTreeSet::from([lab]) };
        if let Err(code) = self.door.heed(&word) {
            return Err(format!("the developer's word was not heeded: {code}"));
        }
        self.summary.words += 1;
        self.summary.words_log_down += u64::from(self.host.reach().is_none());
        self.state(at, &Reviews::withdraw(withdrawal))
    }

    /// A party is shown an old state of the log: one that is older than what it knows must not be believed.
    fn old_mirror(&mut self) -> Result<(), String> {
        let old = self.host.machine.snapshot();
        let at = self.anyone();
        for _ in 0..3 {
            self.someone_sends()?;
            self.host.revive(&mut self.dice)?;
        }
        self.sync(at)?;
        let Some(party) = self.parties.get(at) else { return Ok(()) };
        let mut reader = Reader::new(&party.id);
        reader.cursor = party.reader.cursor.clone();
        let known = reader.cursor.head.size;
        let before = reader.read_on(&Published(&old));
        match before {
            Ok(_) if reader.cursor.head.size < known => {
                Err(format!("{} believed an older log", party.id))
            }
            Ok(_) => Ok(()),
            Err(SyncError::Shrunk { .. }) => {
                self.summary.old_mirrors += 1;
                Ok(())
            }
            Err(SyncError::Missing(_)) if known == 0 => Ok(()),
            Err(error) => Err(format!("{} and an old mirror: {error}", party.id)),
        }
    }
}

/// Whether the store takes no more writes until it is opened anew.
fn is_poisoned(error: &NodeError) -> bool {
    match error.cause() {
        NodeError::Store(StoreError::Poisoned | StoreError::Sync { .. }) => true,
        NodeError::Store(StoreError::NotPublished(inner)) => {
            matches!(**inner, StoreError::Sync { .. } | StoreError::Poisoned)
        }
        _ => false,
    }
}
