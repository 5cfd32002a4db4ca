//! All reachable states of a small world, through the shipped transition functions.
//!
//! Two models, two windows, one grant, three instants between which the clock jumps both ways, a log
//! that can be full, witnesses that can refuse (then the gateway, which folds only what they
//! cosigned, lags behind), words of withdrawal that reach the gateway without the log, and releases.
//! Folds are computed once each by [`Reviews::apply`] and kept by number; permits come from
//! [`Reviews::permit`] and [`Reviews::is_live`]. What must hold is said over [`Facts`], which are
//! noted beside the folds and know nothing of them.

mod world;

use stateright::{Checker, Model, Property};
use world::{BreachFact, END, FIRST, Facts, INSTANTS, Memo, Say, Seen, WORDS};

use std::sync::Mutex;

/// What is wrong with the log, if anything.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Fault {
    None,
    /// Nothing can be appended.
    LogFull,
    /// Statements are appended, but not cosigned: the gateway does not fold them.
    WitnessesRefuse,
}

/// The log's fold and the gateway's, by number, and all around them.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct State {
    log: usize,
    log_facts: Facts,
    gateway: usize,
    facts: Facts,
    /// The word the gateway heeded directly, if any: one bit each.
    heeded: u8,
    /// The clock, and the latest instant at which the gateway was asked.
    now: usize,
    seen: usize,
    fault: Fault,
    released: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Action {
    Say(Say),
    /// The developer's signed word reaches the gateway, log or no log.
    Heed(usize),
    /// The developer releases both models, log or no log.
    Release,
    Clock(usize),
    Fault(Fault),
}

struct Small {
    memo: Mutex<Memo>,
}

impl Small {
    fn memo<T>(&self, with: impl FnOnce(&mut Memo) -> T) -> T {
        with(&mut self.memo.lock().expect("no test thread panicked before"))
    }

    fn seen(&self, state: &State) -> Seen {
        let State { gateway, heeded, seen, now, .. } = *state;
        self.memo(|memo| memo.seen(gateway, heeded, seen, now))
    }

    /// Appends a statement to the log; the gateway folds it unless the witnesses refuse.
    fn say(&self, state: &mut State, say: Say) -> Option<()> {
        if state.fault == Fault::LogFull {
            return None;
        }
        let lags = state.log != state.gateway;
        if state.fault == Fault::WitnessesRefuse && lags {
            return None; // one statement of lag is enough to tell the two folds apart
        }
        state.log = self.memo(|memo| memo.step(state.log, say, state.now))?;
        state.log_facts = state.log_facts.after(say, state.now);
        if state.fault == Fault::None {
            (state.gateway, state.facts) = (state.log, state.log_facts);
        }
        Some(())
    }
}

impl Model for Small {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let facts = Facts::default();
        vec![State {
            log: 0,
            log_facts: facts,
            gateway: 0,
            facts,
            heeded: 0,
            now: 0,
            seen: 0,
            fault: Fault::None,
            released: false,
        }]
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        let said = Say::ALL.into_iter().filter(|say| say.is_said(state.log_facts));
        actions.extend(said.map(Action::Say));
        actions.extend((0..WORDS).map(Action::Heed));
        actions.push(Action::Release);
        actions.extend((0..INSTANTS.len()).map(Action::Clock));
        actions.extend([Fault::None, Fault::LogFull, Fault::WitnessesRefuse].map(Action::Fault));
    }

    fn next_state(&self, before: &State, action: Action) -> Option<State> {
        let mut state = before.clone();
        match action {
            Action::Say(say) => self.say(&mut state, say)?,
            // A second word changes nothing more: every state is asked about each, below.
            Action::Heed(_) if state.heeded != 0 => return None,
            Action::Heed(word) => state.heeded = 1 << word,
            Action::Release => {
                state.released = self.memo(|memo| memo.can_release(state.log, state.now));
            }
            Action::Clock(now) => {
                state.now = now;
                state.seen = state.seen.max(now);
            }
            Action::Fault(fault) => {
                state.fault = fault;
                if fault == Fault::None {
                    (state.gateway, state.facts) = (state.log, state.log_facts);
                } else if state.log != state.gateway {
                    return None;
                }
            }
        }
        (state != *before).then_some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut properties = vec![
            Property::always("the developer can release", |model: &Self, state: &State| {
                model.memo(|memo| {
                    memo.can_release(state.log, state.now)
                        && memo.can_release(state.gateway, state.now)
                })
            }),
            Property::always("a release takes effect", |model: &Self, state: &State| {
                let released = |after: State| after.released;
                state.released || model.next_state(state, Action::Release).is_some_and(released)
            }),
            Property::always("a word ends access at once", |model: &Self, state: &State| {
                // A state that heeded a word is held to no permit by the next property.
                let mut words = if state.heeded == 0 { 0..WORDS } else { 0..0 };
                words.all(|word| {
                    let after = State { heeded: 1 << word, ..state.clone() };
                    let seen = model.seen(&after);
                    !seen.permit && !seen.streams.contains(&true)
                })
            }),
            Property::always("no permit outlives its reasons", |model: &Self, state: &State| {
                let seen = model.seen(state);
                let may = state.heeded == 0 && state.facts.allow(state.seen.max(state.now));
                seen.permit == may
            }),
            Property::always("no stream outlives its permit", |model: &Self, state: &State| {
                let at = state.seen.max(state.now);
                let may = state.heeded == 0 && state.facts.allow(at);
                let streams = model.seen(state).streams;
                streams
                    .iter()
                    .zip(state.facts.ends(at))
                    .all(|(live, in_time)| *live == (may && in_time))
            }),
            Property::always("no window is over thirty days", |model: &Self, state: &State| {
                model.memo(|memo| memo.windows_in_bounds(state.log))
            }),
        ];
        properties.extend(reached());
        properties
    }
}

/// The walk goes where it should: otherwise the properties above hold of nothing.
fn reached() -> Vec<Property<Small>> {
    fn released_in(model: &Small, state: &State, name: &str) -> bool {
        state.released && model.memo(|memo| memo.state(state.log, state.now) == name)
    }
    vec![
        Property::sometimes("released with no case", |m, s| released_in(m, s, "none")),
        Property::sometimes("released while inquired", |m, s| released_in(m, s, "inquired")),
        Property::sometimes("released awaiting terms", |m, s| released_in(m, s, "awaiting-terms")),
        Property::sometimes("released under terms", |m, s| released_in(m, s, "agreed")),
        Property::sometimes("released in a window", |m, s| released_in(m, s, "open")),
        Property::sometimes("released after it", |m, s| released_in(m, s, "ended")),
        Property::sometimes("released once withdrawn", |m, s| released_in(m, s, "withdrawn")),
        Property::sometimes("released with a full log", |_: &Small, s: &State| {
            s.released && s.fault == Fault::LogFull
        }),
        Property::sometimes("a permit", |m, s| m.seen(s).permit),
        Property::sometimes("a permit while released", |m: &Small, s: &State| {
            s.released && m.seen(s).permit
        }),
        Property::sometimes("withdrawn by word with a full log", |m: &Small, s: &State| {
            let unheard = State { heeded: 0, ..s.clone() };
            s.fault == Fault::LogFull && s.heeded != 0 && m.seen(&unheard).permit
        }),
        Property::sometimes("withdrawn by word while witnesses refuse", |m: &Small, s: &State| {
            let unheard = State { heeded: 0, ..s.clone() };
            s.fault == Fault::WitnessesRefuse && s.heeded != 0 && m.seen(&unheard).permit
        }),
        Property::sometimes(
            "refused only because the clock stepped back",
            |m: &Small, s: &State| {
                let forgetful = State { seen: s.now, ..s.clone() };
                s.seen > s.now && !m.seen(s).permit && m.seen(&forgetful).permit
            },
        ),
        Property::sometimes(
            "a second window while the grant of the first is over",
            |m: &Small, s: &State| s.facts.second && s.facts.issued && !m.seen(s).permit,
        ),
        Property::sometimes("released while a breach stops uses", |m: &Small, s: &State| {
            s.released && s.facts.breach == BreachFact::Open && !m.seen(s).permit
        }),
        Property::sometimes("a permit once a breach is remedied", |m: &Small, s: &State| {
            s.facts.breach == BreachFact::Remedied && m.seen(s).permit
        }),
        Property::sometimes("a breach noticed while witnesses refuse", |m: &Small, s: &State| {
            s.fault == Fault::WitnessesRefuse
                && s.log_facts.breach == BreachFact::Open
                && s.facts.breach == BreachFact::None
                && m.seen(s).permit
        }),
        Property::sometimes("an end moved earlier, then later again", |_: &Small, s: &State| {
            s.facts.moved_from != 0
        }),
    ]
}

#[test]
fn every_reachable_state_lets_the_developer_release_and_no_permit_outlive_its_end() {
    assert!(INSTANTS.iter().any(|hour| (FIRST..END).contains(hour)), "access is possible");
    let model = Small { memo: Mutex::new(Memo::new()) };
    let checker = model.checker().threads(2).spawn_bfs().join();
    checker.assert_properties();
    let folds = checker.model().memo(|memo| memo.len());
    println!("{} states over {folds} folds", checker.unique_state_count());
    assert!(checker.unique_state_count() > 10_000, "{}", checker.unique_state_count());
}
