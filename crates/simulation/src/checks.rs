//! The invariants, asked after every step, and the end of a run.

use crate::Summary;
use crate::audit::read_again;
use crate::cast::{LAB, cast, spelled};
use crate::host::Served;
use crate::machine::Published;
use crate::party::no_reviews;
use crate::world::World;
use access::{Audience, Event, Release, Reviews, Scope, Withdrawal, Word};
use domain::{Attested, Span, Statement, Timestamp};
use std::collections::BTreeSet;

/// How often a run reads everything anew from its bytes.
const ANEW: u64 = 60;

impl World {
    /// Asks every invariant.
    pub(crate) fn check(&mut self, restarted: bool) -> Result<(), String> {
        if let Some(node) = self.host.node()
            && !self.host.machine.is_stopped()
        {
            self.auditor.look(&Served(node), &self.made, &mut self.dice, restarted)?;
        }
        self.check_acknowledged()?;
        if restarted {
            self.check_bytes()?;
            self.check_receipts(3)?;
        } else if self.dice.once_in(4) {
            self.check_receipts(1)?;
        }
        self.check_streams()?;
        self.door.check_accounts(&self.budgets)?;
        for at in 0..self.parties.len() {
            self.check_fold(at)?;
        }
        self.check_door_fold()?;
        let at = self.anyone();
        self.check_freedom(at)?;
        if self.step.is_multiple_of(ANEW) {
            self.check_anew(at)?;
        }
        Ok(())
    }

    /// Everything acknowledged is where the node said.
    fn check_acknowledged(&self) -> Result<(), String> {
        let ids = &self.auditor.ids;
        for (id, index) in &self.acknowledged {
            let at = usize::try_from(*index).unwrap_or(usize::MAX);
            // the auditor may be behind the node only while the node can't be read
            if at < ids.len() && ids.get(at) != Some(id) {
                return Err(format!("statement {id}, acknowledged at {index}, is not there"));
            }
            if at >= ids.len() && self.host.node().is_some() && !self.host.machine.was_hurt() {
                return Err(format!("statement {id}, acknowledged at {index}, is missing"));
            }
        }
        Ok(())
    }

    /// Some receipts, old ones as they were given and new ones for the same statements, verify and agree.
    fn check_receipts(&mut self, many: u64) -> Result<(), String> {
        let all: Vec<_> = self.acknowledged.iter().map(|(id, index)| (*id, *index)).collect();
        for _ in 0..many {
            let Some((id, index)) = self.dice.place(all.len()).and_then(|at| all.get(at)) else {
                return Ok(());
            };
            let Some(node) = self.host.reach() else { return Ok(()) };
            self.host.machine.was_hurt();
            let fresh = match node.receipt(id) {
                Ok(receipt) => receipt.ok_or_else(|| format!("statement {id} has no receipt"))?,
                Err(_) if self.host.machine.was_hurt() => return Ok(()),
                Err(operations::node::NodeError::Store(_)) => return Ok(()),
                Err(error) => return Err(format!("no receipt: {}", operations::plain(&error))),
            };
            let mut receipts = vec![fresh];
            let kept = self.parties.iter().find_map(|party| party.receipts.get(id));
            receipts.extend(kept.map(|(_, receipt)| receipt.clone()));
            for receipt in receipts {
                let (at, signers) = self.auditor.check_receipt(&receipt, *id)?;
                let signed = self.made.get(id).map(|made| &made.signed);
                if at != *index || signed != Some(&signers) {
                    return Err(format!("the receipt of {id} says {at} and {signers:?}"));
                }
            }
        }
        Ok(())
    }

    /// Open streams go on exactly while the oracle lets them.
    fn check_streams(&mut self) -> Result<(), String> {
        if !self.door.running {
            return Ok(());
        }
        let now = self.door_clock();
        let open = self.door.open(now);
        let knowledge = self.door.knowledge(&self.facts, now);
        for (credential, until, live) in open {
            let may = knowledge.may_go_on(&credential, until);
            if may != live {
                return Err(format!("an open answer may go on: {may}; it does: {live}"));
            }
        }
        self.summary.streams_cut += self.door.sweep(now);
        Ok(())
    }

    /// Folding what a party has read, from nothing, gives its live fold. Nothing else moves it, so that once for each
    /// time it read on is every time.
    fn check_fold(&mut self, at: usize) -> Result<(), String> {
        let Some(party) = self.parties.get_mut(at) else { return Ok(()) };
        if party.compared == party.reader.read.len() {
            return Ok(());
        }
        party.compared = party.reader.read.len();
        let mut again = no_reviews();
        for statement in &party.reader.read {
            let _not_admitted = again.apply(statement).err();
        }
        if !again.same_record(&party.reviews) {
            return Err(format!("{}'s fold differs from the log folded anew", party.id));
        }
        self.check_same_view(at)
    }

    /// The same for the gateway, which also keeps its verdicts over a restart.
    fn check_door_fold(&mut self) -> Result<(), String> {
        if !self.door.running || self.door.compared == Some(self.door.admitted.len()) {
            return Ok(());
        }
        self.door.compared = Some(self.door.admitted.len());
        let mut again = no_reviews();
        for (statement, admitted) in self.door.reader.read.iter().zip(&self.door.admitted) {
            if again.apply(statement).is_ok() != *admitted {
                return Err(format!("statement {} is judged differently", statement.index));
            }
        }
        if self.door.live.read(|live| live.same_record(&again)) {
            return Ok(());
        }
        Err("the gateway's fold differs from the log folded anew".to_owned())
    }

    /// Two parties that have read the same have the same fold.
    fn check_same_view(&self, at: usize) -> Result<(), String> {
        let Some(party) = self.parties.get(at) else { return Ok(()) };
        let others = self.parties.iter().filter(|other| other.reader.read == party.reader.read);
        for other in others {
            if !other.reviews.same_record(&party.reviews) {
                return Err(format!("{} and {} read the same and differ", party.id, other.id));
            }
        }
        Ok(())
    }

    /// The developer can release and withdraw, whatever this party's fold and the gateway's say.
    fn check_freedom(&self, at: usize) -> Result<(), String> {
        let now = self.door_clock();
        if let Some(party) = self.parties.get(at) {
            self.release_is_free(&party.reviews, now)?;
            self.withdrawal_is_free(party.reviews.clone(), now)?;
        }
        let live = self.door.live.read(Clone::clone);
        self.release_is_free(&live, now)?;
        self.withdrawal_is_free(live, now)
    }

    fn release_is_free(&self, reviews: &Reviews, now: Timestamp) -> Result<(), String> {
        let case = self.case();
        let model = spelled(&format!("{case}-a"));
        let audience = Audience::OpenWeights;
        let (developer, case) = (spelled(LAB), Some(case));
        let release = Release { developer, model, audience, released_at: now, case };
        let mut after = reviews.clone();
        let stated = attested(Reviews::release(release.clone()), now);
        after.apply(&stated).map_err(|e| format!("a release is refused: {e}"))?;
        let mut recorded = after.releases(&release.developer, &release.model);
        if !recorded.any(|known| *known == release) {
            return Err("a release is not on record".to_owned());
        }
        if !after.cases().eq(reviews.cases()) {
            return Err("a release changed a case".to_owned());
        }
        Ok(())
    }

    /// By the log or directly: afterwards no credential of the case opens anything.
    fn withdrawal_is_free(&self, reviews: Reviews, now: Timestamp) -> Result<(), String> {
        let withdrawal = Withdrawal {
            case: self.case(),
            developer: spelled(LAB),
            scope: Scope::Case,
            reason: spelled("enough"),
        };
        let (mut by_log, mut directly) = (reviews.clone(), reviews);
        let stated = attested(Reviews::withdraw(withdrawal.clone()), now);
        by_log.apply(&stated).map_err(|e| format!("a withdrawal is refused: {e}"))?;
        let word = Word { signers: BTreeSet::from([spelled(LAB)]), withdrawal };
        directly.heed(&word).map_err(|e| format!("a word is refused: {e}"))?;
        for request in self.grants.iter().filter(|request| request.case == self.case()) {
            let asked = access::UseRequest::new(
                request.model.clone(),
                access::Endpoint::ChatCompletions,
                1,
            );
            for reviews in [&by_log, &directly] {
                if reviews.permit(&request.credential, &asked, now).is_ok() {
                    return Err("a permit was given after the developer's word".to_owned());
                }
            }
        }
        Ok(())
    }

    /// The party, and the gateway, begin anew with nothing but the log's bytes.
    fn check_anew(&self, at: usize) -> Result<(), String> {
        let (Some(node), Some(party)) = (self.host.reach(), self.parties.get(at)) else {
            return Ok(());
        };
        if self.host.machine.is_stopped() {
            return Ok(());
        }
        read_again(&Served(node), &party.reader)?;
        read_again(&Served(node), &self.door.reader)
    }

    /// All faults are lifted; everything honest that was under way arrives, a last release among it, and the log
    /// is audited byte by byte.
    pub(crate) fn come_to_rest(&mut self) -> Result<(), String> {
        self.host.machine.heal();
        self.host.kill();
        self.host.cut_off = 0;
        self.now = self.horizon.after(Span::minutes(1));
        self.host_skew = 0;
        self.door.skew = 0;
        self.parties.iter_mut().for_each(|party| party.skew = 0);
        self.set_clocks();
        for _ in 0..3 {
            self.host.machine.heal();
            self.host.revive(&mut self.dice)?;
        }
        self.host.machine.heal();
        let lab = self.place_of(&spelled(LAB));
        let model = spelled("the-last-model");
        let (developer, audience) = (spelled(LAB), Audience::Public);
        let release = Release { developer, model, audience, released_at: self.now, case: None };
        self.state(lab, &Reviews::release(release))?;
        self.network.clear();
        self.drain()?;
        self.check(true)?;
        if !self.sync_door()? {
            return Err("nothing fails, and the gateway can't read the log".to_owned());
        }
        for at in 0..self.parties.len() {
            self.sync(at)?;
            self.check_fold(at)?;
            self.check_anew(at)?;
        }
        self.check_receipts(u64::try_from(self.acknowledged.len()).unwrap_or(u64::MAX))?;
        self.check_bytes()
    }

    /// The audit: every published byte is accounted for. It holds whenever the node has just opened.
    fn check_bytes(&self) -> Result<(), String> {
        if self.host.machine.is_stopped() || self.host.node().is_none() {
            return Ok(());
        }
        let report = ledger::verify_log(&Published(self.host.machine.as_ref()), &cast().trust);
        match report.faults.first() {
            _ if report.is_sound() => Ok(()),
            fault => Err(format!("the audit of the log: {fault:?}")),
        }
    }

    /// Every outbox empties.
    fn drain(&mut self) -> Result<(), String> {
        for _ in 0..40 {
            for at in 0..self.parties.len() {
                let waiting = self.parties.get(at).map_or(0, |party| party.outbox.len());
                for _ in 0..waiting {
                    if !self.sync(at)? {
                        return Err("nothing fails, and the log can't be read".to_owned());
                    }
                    self.send(at, 0)?;
                    while !self.network.is_empty() {
                        self.deliver(0)?;
                    }
                }
            }
            if self.parties.iter().all(|party| party.outbox.is_empty()) {
                return Ok(());
            }
        }
        let stuck = self.parties.iter().find_map(|party| party.outbox.first());
        let stuck = stuck.map(|draft| (draft.header().kind(), draft.header().issuer().as_str()));
        Err(format!("nothing fails, and {stuck:?} is never logged: {:?}", self.summary))
    }

    /// The run's numbers.
    pub(crate) fn sum_up(self) -> Summary {
        let (stops, failures) = self.host.machine.counts();
        Summary {
            appends: u64::try_from(self.auditor.ids.len()).unwrap_or(u64::MAX),
            not_admitted: self.facts.iter().filter(|fact| !fact.admitted).count() as u64,
            stops,
            failures,
            starts: self.host.starts,
            ..self.summary
        }
    }
}

/// A statement with all its signatures.
fn attested(event: Event, claimed_at: Timestamp) -> Attested<Event> {
    let signers = event.signers();
    let issuer = signers.first().cloned().unwrap_or_else(|| spelled(LAB));
    Attested { event, issuer, signers, claimed_at, index: u64::MAX }
}
