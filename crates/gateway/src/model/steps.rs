//! The order in which `proxy`, `serve` and `operations::gate` call the shipped code, and its mutants.

use super::real::{self, accounts, recover};
use super::{ASKED, Action, BUDGET, Fault, Fold, Gateway, Life, Line, Mutant, Phase, State, Twins};
use crate::Cap;

impl Twins {
    fn is(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }

    pub(super) fn offer(&self, state: &State, actions: &mut Vec<Action>) {
        let timed = self.reach.withdraws;
        actions.push(Action::Tick);
        if !state.said && timed {
            actions.push(Action::Withdraw);
        }
        if state.faults > 0 && timed && !state.folders_away {
            actions.push(Action::LogAway);
        }
        if state.log_away {
            actions.push(Action::LogBack);
        }
        for (n, gateway) in state.gateways.iter().enumerate() {
            if state.faults > 0 {
                actions.extend(self.reach.breaks.iter().map(|fault| Action::Break(n, *fault)));
                if self.reach.crashes {
                    actions.push(Action::Crash(n));
                }
            }
            if gateway.faults != 0 {
                actions.push(Action::Mend(n));
            }
            actions.push(Action::Start(n));
            let requests: u8 = state.gateways.iter().map(|gateway| gateway.requests).sum();
            if requests < self.reach.requests {
                actions.push(Action::Ask(n));
            }
            if !timed {
                actions.push(Action::State(n));
            }
            for (slot, phase) in gateway.slots.iter().enumerate() {
                match phase {
                    Phase::Idle => {}
                    Phase::Permitted(_) => {
                        actions.push(Action::Record(n, slot));
                        if self.is(Mutant::RecordsLate) {
                            actions.push(Action::Forward(n, slot));
                        }
                    }
                    Phase::Recorded(_) => actions.push(Action::Forward(n, slot)),
                    Phase::Flowing(_) => {
                        actions.push(Action::End(n, slot, if timed { ASKED } else { ASKED / 2 }));
                    }
                }
            }
        }
    }

    /// None when nothing can come of it.
    pub(super) fn take(&self, state: &mut State, action: Action) -> Option<()> {
        match action {
            Action::Tick => self.tick(state),
            Action::Withdraw => {
                state.said = true;
                reach_out(state);
            }
            Action::LogAway => {
                state.log_away = true;
                state.faults = state.faults.checked_sub(1)?;
            }
            Action::LogBack => state.log_away = false,
            Action::Break(n, fault) => {
                let gateway = state.gateways.get_mut(n)?;
                if gateway.has(fault) {
                    return None;
                }
                gateway.faults |= fault as u8;
                state.faults = state.faults.checked_sub(1)?;
            }
            Action::Mend(n) => state.gateways.get_mut(n)?.faults = 0,
            Action::Crash(n) => {
                let gateway = state.gateways.get_mut(n)?;
                crash(gateway)?;
                state.faults = state.faults.checked_sub(1)?;
            }
            Action::Start(n) => {
                let log = state.log;
                let gateway = state.gateways.get_mut(n)?;
                if gateway.life != Life::Down || gateway.has(Fault::Cut) {
                    return None;
                }
                gateway.life = Life::Starting;
                gateway.asked = Some((0, log, gateway.stated));
            }
            Action::Ask(n) => self.ask(state.gateways.get_mut(n)?)?,
            Action::Record(n, slot) => self.record(state.gateways.get_mut(n)?, slot)?,
            Action::Forward(n, slot) => self.forward(state.gateways.get_mut(n)?, slot)?,
            Action::End(n, slot, used) => self.end(state.gateways.get_mut(n)?, slot, used)?,
            Action::State(n) => {
                let gateway = state.gateways.get_mut(n)?;
                let (spent, _) = recover(&gateway.disk);
                if gateway.has(Fault::Cut) || gateway.life != Life::Up || spent == gateway.stated {
                    return None;
                }
                state.log.recorded += spent - gateway.stated;
                gateway.stated = spent;
                if self.is(Mutant::CountsBeforeHearing) {
                    gateway.counted = spent;
                }
            }
        }
        Some(())
    }

    fn tick(&self, state: &mut State) {
        let second = self.reach.second;
        let each = real::looks(second);
        state.now = if self.reach.withdraws { (state.now + 1) % each } else { 0 };
        let words = state.gateways.iter_mut().filter_map(|gateway| gateway.word.as_mut());
        state.logged.iter_mut().chain(words).for_each(|age| grow(age, second));
        reach_out(state);
        let (now, log) = (state.now, state.log);
        for gateway in &mut state.gateways {
            let mut changed = false;
            if gateway.life == Life::Up {
                grow(&mut gateway.heard, second);
                if gateway.word.is_some() && !gateway.heeded && !self.is(Mutant::DeafToWords) {
                    (gateway.heeded, changed) = (true, true);
                }
            }
            if let Some((age, ..)) = &mut gateway.asked {
                grow(age, second);
            }
            if gateway.has(Fault::Cut) {
                gateway.asked = None;
            } else if let Some((age, fold, own)) = gateway.asked
                && !gateway.has(Fault::Slow)
            {
                (gateway.asked, changed) = (None, true);
                self.hears(gateway, fold, own, age);
            }
            match gateway.life {
                Life::Up if gateway.asked.is_none() && !gateway.has(Fault::Cut) => {
                    gateway.asked = Some((0, log, gateway.stated));
                }
                Life::Starting if gateway.asked.is_none() => gateway.life = Life::Down,
                Life::Up | Life::Starting | Life::Down => {}
            }
            let ended = !self.leased(gateway) && !self.is(Mutant::SlowLook);
            if changed || ended || now == 0 {
                self.sweep(gateway);
            }
        }
    }

    /// The log has answered what was asked so long ago, with so much of this gateway's own.
    fn hears(&self, gateway: &mut Gateway, fold: Fold, own: u64, age: u8) {
        if gateway.life == Life::Starting {
            if gateway.has(Fault::DiskFull) {
                gateway.life = Life::Down; // what was interrupted can't be closed
                return;
            }
            gateway.life = Life::Up;
            (gateway.fold, gateway.counted, gateway.folded) = (fold, own, own);
            gateway.heeded = gateway.word.is_some() && !self.is(Mutant::ForgetsWords);
            gateway.heard = if self.is(Mutant::StartsLeaseLate) { 0 } else { age };
            let (_, closed) = recover(&gateway.disk);
            if !self.is(Mutant::ForgetsOpen) {
                gateway.disk.extend(closed);
            }
            (gateway.settled, _) = recover(&gateway.disk);
            return;
        }
        if !self.is(Mutant::StaleCache) {
            (gateway.fold, gateway.counted, gateway.folded) = (fold, own, own);
        }
        let heard = if self.is(Mutant::RenewsOnArrival) { 0 } else { age };
        gateway.heard = gateway.heard.min(heard);
    }

    fn leased(&self, gateway: &Gateway) -> bool {
        let stepped = self.is(Mutant::LeaseOnWallClock) && gateway.has(Fault::ClockBack);
        stepped || self.is(Mutant::NoLease) || real::leased(gateway.heard, self.reach.second)
    }

    /// What the fold answers: the cap of a new request, and whether one under way may go on.
    fn asked(&self, gateway: &Gateway) -> (Option<Cap>, bool) {
        self.real.ask(gateway.fold, gateway.heeded, gateway.has(Fault::ClockBack))
    }

    fn holds(&self, gateway: &Gateway) -> bool {
        self.leased(gateway) && self.asked(gateway).1
    }

    /// Cuts what may not go on.
    fn sweep(&self, gateway: &mut Gateway) {
        if gateway.life != Life::Up || self.holds(gateway) {
            return;
        }
        for slot in 0..gateway.slots.len() {
            if let Some(Phase::Permitted(_)) = gateway.slots.get(slot) {
                continue; // not yet among those that are looked at
            }
            // an answer that is cut is charged as far as it came
            if self.end(gateway, slot, ASKED / 2).is_none()
                && gateway.slots.get(slot) != Some(&Phase::Idle)
            {
                self.refund(gateway, slot);
            }
        }
    }

    /// Lease, permit, reservation.
    fn ask(&self, gateway: &mut Gateway) -> Option<()> {
        if gateway.life != Life::Up || !self.leased(gateway) {
            return None;
        }
        if self.reach.ceilings {
            return self.ask_under_ceiling(gateway);
        }
        let mut cap = self.asked(gateway).0?;
        let others = cap.recorded.saturating_sub(gateway.folded);
        let open = gateway.slots.iter().filter(|slot| **slot != Phase::Idle).count();
        let spent = gateway.settled + ASKED * u64::try_from(open + 1).ok()?;
        let open = if self.is(Mutant::NoReservation) { 0 } else { open };
        let (mut settled, mut counted) = (gateway.settled, gateway.counted);
        if self.is(Mutant::CountsTheLarger) {
            settled = settled.max(cap.recorded);
            (cap.recorded, counted) = (0, 0);
        }
        let (budgets, held) = accounts(settled, counted, open, &cap);
        let reserved = budgets.reserve(&"grant-1".parse().expect("an id"), cap, ASKED).ok()?;
        drop((reserved, held));
        gateway.over = spent + others > BUDGET;
        enter(gateway)
    }

    /// The same where a ceiling bounds what is used, and the grant's budget does not.
    fn ask_under_ceiling(&self, gateway: &mut Gateway) -> Option<()> {
        let open = gateway.slots.iter().filter(|slot| **slot != Phase::Idle).count();
        let Gateway { fold, settled, counted, .. } = *gateway;
        let alone = Fold { recorded: counted, ..fold };
        let heard = if self.is(Mutant::CountsItselfAlone) { alone } else { fold };
        if !self.real.is_under_ceiling(heard, settled, counted, open) {
            return None;
        }
        let others = fold.recorded.saturating_sub(gateway.folded);
        let spent = settled + ASKED * u64::try_from(open + 1).ok()?;
        gateway.over = spent + others > BUDGET;
        enter(gateway)
    }

    /// The intent reaches the disk, or the request is refused.
    fn record(&self, gateway: &mut Gateway, slot: usize) -> Option<()> {
        let phase = gateway.slots.get_mut(slot)?;
        let Phase::Permitted(id) = *phase else { return None };
        if !self.is(Mutant::IgnoresFullDisk) && gateway.faults & Fault::DiskFull as u8 != 0 {
            self.refund(gateway, slot);
            return Some(());
        }
        *phase = Phase::Recorded(id);
        if !gateway.has(Fault::DiskFull) {
            gateway.disk.push(Line::Intent(id));
        }
        Some(())
    }

    /// The permit is looked at once more, then the model has the request.
    fn forward(&self, gateway: &mut Gateway, slot: usize) -> Option<()> {
        let (Phase::Permitted(id) | Phase::Recorded(id)) = *gateway.slots.get(slot)? else {
            return None;
        };
        if self.is(Mutant::NoSecondLook) || self.holds(gateway) {
            *gateway.slots.get_mut(slot)? = Phase::Flowing(id);
            gateway.delivered += ASKED;
        } else {
            self.refund(gateway, slot);
        }
        Some(())
    }

    fn refund(&self, gateway: &mut Gateway, slot: usize) {
        let Some(phase) = gateway.slots.get_mut(slot) else { return };
        if let Phase::Recorded(id) = *phase {
            close(gateway, id, 0);
        }
        self.give_back(gateway, ASKED);
        if let Some(phase) = gateway.slots.get_mut(slot) {
            *phase = Phase::Idle;
        }
    }

    fn end(&self, gateway: &mut Gateway, slot: usize, used: u64) -> Option<()> {
        let Phase::Flowing(id) = *gateway.slots.get(slot)? else { return None };
        gateway.settled = real::settle(gateway.settled, used);
        self.give_back(gateway, ASKED - used);
        gateway.delivered -= ASKED - used;
        close(gateway, id, used);
        *gateway.slots.get_mut(slot)? = Phase::Idle;
        Some(())
    }

    /// Reservations give back by themselves; who does it again gives too much.
    fn give_back(&self, gateway: &mut Gateway, unused: u64) {
        if self.is(Mutant::RefundsTwice) {
            gateway.settled = gateway.settled.saturating_sub(unused);
        }
    }
}

/// A request takes the first free slot.
fn enter(gateway: &mut Gateway) -> Option<()> {
    let id = gateway.requests;
    *gateway.slots.iter_mut().find(|slot| **slot == Phase::Idle)? = Phase::Permitted(id);
    gateway.requests += 1;
    Some(())
}

/// Ages are told apart up to a second and a little.
fn grow(age: &mut u8, second: u8) {
    *age = (*age + 1).min(second);
}

/// The developer's word goes wherever it can.
fn reach_out(state: &mut State) {
    if !state.said {
        return;
    }
    if !state.log_away && state.logged.is_none() {
        state.logged = Some(0);
        state.log.withdrawn = true;
    }
    for gateway in &mut state.gateways {
        if !state.folders_away && gateway.word.is_none() {
            gateway.word = Some(0);
        }
    }
}

/// What is only in memory is lost.
fn crash(gateway: &mut Gateway) -> Option<()> {
    if gateway.life == Life::Down {
        return None;
    }
    gateway.life = Life::Down;
    gateway.heeded = false;
    gateway.asked = None;
    (gateway.settled, gateway.heard) = (0, 0);
    (gateway.counted, gateway.folded) = (0, 0);
    gateway.slots.fill(Phase::Idle);
    Some(())
}

/// The outcome goes to the disk while it takes lines; if not, a restart charges all that was set aside.
fn close(gateway: &mut Gateway, id: u8, charged: u64) {
    if !gateway.has(Fault::DiskFull) && gateway.disk.contains(&Line::Intent(id)) {
        gateway.disk.push(Line::Use(id, charged));
    }
}
