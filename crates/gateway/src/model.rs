//! A control plane, two gateways and everything that can go wrong between them, walked to the end.
//!
//! One grant, whose holder asks at both gateways. The developer withdraws at any moment; the log, the way to it and the
//! folder of direct words can each be cut, answers can hang, gateways crash and come back, disks are full and a wall clock
//! steps back an hour. Time goes in tenths or twentieths of a second ([`Reach::second`]). What decides is the shipped code: [`access::Reviews`] gives
//! permits, [`crate::Budgets`] sets tokens aside, or a ceiling's own tally does, `lease::is_held` measures leases, the use log's own book and its rule
//! for interrupted requests bring a gateway back ([`real`]). What is written here is only the order in which
//! `proxy`, `serve` and `operations` call it, and with one [`Mutant`] at a time that order is broken: a mutant that
//! no property finds fails the test.
//!
//! What the model says about budgets is what is so: each gateway stays within the grant's budget by its own uses and all
//! that it has heard of, and two that have not yet heard of each other's uses can together spend up to one budget each.

mod real;
mod steps;

use real::Real;
use stateright::{Checker, HasDiscoveries, Model, Property};

/// A budget of two requests, each of which sets [`ASKED`] tokens aside.
const BUDGET: u64 = 20;
const ASKED: u64 = 10;
/// A way to break the order in which the shipped code is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mutant {
    /// The log's news renews the lease but is not folded.
    StaleCache,
    /// The lease is measured on the wall clock.
    LeaseOnWallClock,
    /// The lease is renewed as of the answer, not of the question.
    RenewsOnArrival,
    /// A gateway that starts counts its lease from the end of its start.
    StartsLeaseLate,
    /// There is no lease.
    NoLease,
    /// The end of a lease is noticed as late as that of a permit.
    SlowLook,
    /// The developer's direct word is not heeded.
    DeafToWords,
    /// A direct word is forgotten by a restart.
    ForgetsWords,
    /// Nobody looks at the permit again once the intent is on disk.
    NoSecondLook,
    /// A request is forwarded before its intent is on disk.
    RecordsLate,
    /// A full disk is not noticed.
    IgnoresFullDisk,
    /// What is not used is given back twice.
    RefundsTwice,
    /// A request under way is not counted against the next.
    NoReservation,
    /// What a crash interrupted costs nothing.
    ForgetsOpen,
    /// Of what the log says and what was spent here, only the larger counts.
    CountsTheLarger,
    /// What was stated is held to be counted before the log's news say so.
    CountsBeforeHearing,
    /// A ceiling counts what was used here, and nothing of the others.
    CountsItselfAlone,
}

impl Mutant {
    /// Each, with the walk that meets it.
    const ALL: [(Self, Reach); 18] = [
        (Self::StaleCache, only(&[], &[false])),
        (Self::LeaseOnWallClock, only(&[Fault::Cut, Fault::ClockBack], &[false])),
        (Self::RenewsOnArrival, only(&[Fault::Slow], &[false])),
        (Self::StartsLeaseLate, only(&[Fault::Slow, Fault::Cut], &[false])),
        (Self::NoLease, only(&[Fault::Cut], &[false])),
        (Self::SlowLook, CLOSELY),
        (Self::DeafToWords, only(&[], &[true])),
        (Self::ForgetsWords, Reach { crashes: true, ..only(&[], &[true]) }),
        (Self::NoSecondLook, only(&[], &[true])),
        (Self::RecordsLate, BUDGETS),
        (Self::IgnoresFullDisk, BUDGETS),
        (Self::RefundsTwice, BUDGETS),
        (Self::NoReservation, BUDGETS),
        (Self::ForgetsOpen, BUDGETS),
        (Self::CountsTheLarger, SOUND),
        (Self::CountsBeforeHearing, SOUND),
        (Self::CountsBeforeHearing, CEILINGS),
        (Self::CountsItselfAlone, CEILINGS),
    ];
}

/// How far one walk goes.
#[derive(Debug, Clone, Copy)]
struct Reach {
    /// A second, in ticks. Ages are counted this far, so that time has no end.
    second: u8,
    /// Whether the developer withdraws; if not, uses are stated in the log.
    withdraws: bool,
    /// Whether a ceiling of the developer's bounds uses, in place of the grant's budget.
    ceilings: bool,
    /// Requests that one gateway takes at once, and both in all.
    slots: usize,
    requests: u8,
    /// Things that go wrong, how many of them and which; a crash may be one.
    faults: u8,
    breaks: &'static [Fault],
    crashes: bool,
    /// Whether the developer reaches the folders of words: each is tried.
    folders: &'static [bool],
}

/// Leases end what flows where no direct word helps, with two things that go wrong.
const LEASES: Reach = Reach {
    second: 10,
    withdraws: true,
    ceilings: false,
    slots: 1,
    requests: 1,
    faults: 2,
    breaks: &[Fault::Cut, Fault::Slow, Fault::ClockBack],
    crashes: true,
    folders: &[false],
};
/// Words do, too, with a request at each gateway, and one thing that goes wrong.
const BOTH: Reach =
    Reach { requests: 2, faults: 1, breaks: &Fault::ALL, folders: &[true, false], ..LEASES };
/// The end of a lease itself, looked at closely.
const CLOSELY: Reach = Reach { second: 20, faults: 1, ..only(&[Fault::Cut], &[false]) };
/// Budgets are spent, by several requests at once.
const BUDGETS: Reach = Reach {
    second: 10,
    withdraws: false,
    ceilings: false,
    slots: 2,
    requests: 4,
    faults: 1,
    breaks: &[Fault::DiskFull],
    crashes: true,
    folders: &[true],
};

/// The same under a ceiling.
const CEILED: Reach = Reach { ceilings: true, ..BUDGETS };

/// Parts of them in which nothing goes wrong.
const SOUND: Reach = Reach { faults: 0, crashes: false, ..BUDGETS };
const CEILINGS: Reach = Reach { ceilings: true, ..SOUND };

/// A part of [`LEASES`] in which only this goes wrong, so that a mutant is found soon.
const fn only(breaks: &'static [Fault], folders: &'static [bool]) -> Reach {
    Reach { breaks, crashes: false, folders, ..LEASES }
}

/// What the log says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Fold {
    withdrawn: bool,
    /// Tokens on record as used, of all gateways.
    recorded: u64,
}

/// How far a request has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Phase {
    Idle,
    Permitted(u8),
    Recorded(u8),
    Flowing(u8),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Life {
    Down,
    Starting,
    Up,
}

/// What goes wrong at one gateway.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// The log is out of reach.
    Cut = 1,
    /// The log's answers hang.
    Slow = 2,
    /// The use log takes nothing.
    DiskFull = 8,
    /// The wall clock steps back an hour.
    ClockBack = 16,
}

impl Fault {
    const ALL: [Self; 4] = [Self::Cut, Self::Slow, Self::DiskFull, Self::ClockBack];
}

/// A line of a gateway's use log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Line {
    Intent(u8),
    /// With what it was charged.
    Use(u8, u64),
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Gateway {
    life: Life,
    /// One bit for each [`Fault`].
    faults: u8,
    fold: Fold,
    heeded: bool,
    /// How long the developer's word has been in its folder.
    word: Option<u8>,
    /// How long ago what the lease counts from was.
    heard: u8,
    /// A question to the log that is under way: how long ago it was asked, what it will be answered, and how many of the
    /// tokens in it are this gateway's own.
    asked: Option<(u8, Fold, u64)>,
    slots: Vec<Phase>,
    /// Tokens settled, in memory.
    settled: u64,
    /// What is on its disk.
    disk: Vec<Line>,
    /// Tokens of it that are stated in the log, those that it holds to be counted by its fold, and those that are.
    stated: u64,
    counted: u64,
    folded: u64,
    /// It set tokens aside that it knew to be spent.
    over: bool,
    /// Requests so far.
    requests: u8,
    /// Tokens that were, or may have been, delivered.
    delivered: u64,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct State {
    /// The time, within the span after which all permits are looked at.
    now: u8,
    log: Fold,
    /// The developer can't reach the log, or can't reach the folders of words.
    log_away: bool,
    folders_away: bool,
    said: bool,
    /// How long the developer's word has been in the log.
    logged: Option<u8>,
    /// Things that may still go wrong.
    faults: u8,
    /// In order, since they are alike.
    gateways: [Gateway; 2],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Action {
    Tick,
    /// The developer signs its withdrawal.
    Withdraw,
    LogAway,
    LogBack,
    Break(usize, Fault),
    Mend(usize),
    Crash(usize),
    Start(usize),
    /// The first free slot asks for a permit.
    Ask(usize),
    Record(usize, usize),
    Forward(usize, usize),
    /// The answer ends, with so many tokens charged.
    End(usize, usize, u64),
    /// A gateway's uses are stated in the log.
    State(usize),
}

struct Twins {
    real: Real,
    reach: Reach,
    mutant: Option<Mutant>,
}

impl State {
    /// How long a gateway should have known.
    fn known(&self, gateway: &Gateway) -> Option<u8> {
        self.logged.max(gateway.word)
    }

    fn any(&self, holds: impl Fn(&Gateway) -> bool) -> bool {
        self.gateways.iter().any(holds)
    }
}

impl Gateway {
    fn has(&self, fault: Fault) -> bool {
        self.faults & fault as u8 != 0
    }

    fn flows(&self) -> impl Iterator<Item = u8> {
        self.slots.iter().filter_map(|slot| match slot {
            Phase::Flowing(id) => Some(*id),
            Phase::Idle | Phase::Permitted(_) | Phase::Recorded(_) => None,
        })
    }
}

impl Model for Twins {
    type State = State;
    type Action = Action;

    fn init_states(&self) -> Vec<State> {
        let gateway = Gateway {
            life: Life::Up,
            faults: 0,
            fold: Fold::default(),
            heeded: false,
            word: None,
            heard: 0,
            asked: None,
            slots: vec![Phase::Idle; self.reach.slots],
            settled: 0,
            disk: Vec::new(),
            stated: 0,
            counted: 0,
            folded: 0,
            over: false,
            requests: 0,
            delivered: 0,
        };
        let starting = Gateway { life: Life::Down, ..gateway.clone() };
        let beginning = |folders_away| State {
            now: 0,
            log: Fold::default(),
            log_away: false,
            folders_away,
            said: false,
            logged: None,
            faults: self.reach.faults,
            gateways: [gateway.clone(), starting.clone()],
        };
        self.reach.folders.iter().map(|reached| beginning(!reached)).collect()
    }

    fn actions(&self, state: &State, actions: &mut Vec<Action>) {
        self.offer(state, actions);
    }

    fn next_state(&self, before: &State, action: Action) -> Option<State> {
        let mut state = before.clone();
        self.take(&mut state, action)?;
        state.gateways.sort();
        (state != *before).then_some(state)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        let mut properties = vec![
            Property::always("nothing flows a second after the word", |m: &Self, s: &State| {
                let late = |g: &Gateway| s.known(g).is_some_and(|age| age >= m.reach.second);
                !s.any(|g| late(g) && g.flows().next().is_some())
            }),
            Property::always("nothing flows without a record", |_: &Self, s: &State| {
                !s.any(|g| g.flows().any(|id| !g.disk.contains(&Line::Intent(id))))
            }),
            Property::always("no gateway spends beyond the budget", |_: &Self, s: &State| {
                !s.any(|g| g.delivered > BUDGET)
            }),
            Property::always("none spends what it heard is spent", |_: &Self, s: &State| {
                !s.any(|g| g.over)
            }),
        ];
        if self.mutant.is_none() {
            properties.extend(reached(self.reach));
        }
        properties
    }
}

/// The walk goes where it should: otherwise the properties above hold of nothing.
fn reached(reach: Reach) -> Vec<Property<Twins>> {
    let mut properties = vec![Property::sometimes("a request flows", |_: &Twins, s: &State| {
        s.any(|g| g.flows().next().is_some())
    })];
    if reach.requests > 1 {
        properties.extend([
            Property::sometimes("both gateways forward at once", |_: &Twins, s: &State| {
                s.gateways.iter().all(|g| g.flows().next().is_some())
            }),
            Property::sometimes("one flows after a restart", |_: &Twins, s: &State| {
                s.any(|g| {
                    let interrupted = g.disk.contains(&Line::Use(0, ASKED));
                    interrupted && g.life == Life::Up && g.flows().any(|id| id > 0)
                })
            }),
        ]);
    }
    if reach.withdraws {
        properties.extend([Property::sometimes(
            "one flows on within its lease",
            |m: &Twins, s: &State| {
                s.logged > Some(m.reach.second / 2) && s.any(|g| g.flows().next().is_some())
            },
        )]);
    }
    if reach.folders.contains(&true) && reach.withdraws {
        properties.extend([
            Property::sometimes("a direct word comes before the log", |_: &Twins, s: &State| {
                s.logged.is_none() && s.any(|g| g.heeded)
            }),
            Property::sometimes("a second passes", |m: &Twins, s: &State| {
                s.logged >= Some(m.reach.second)
            }),
        ]);
    }
    if !reach.withdraws {
        properties.extend([
            Property::sometimes("a gateway spends all of the budget", |_: &Twins, s: &State| {
                s.any(|g| g.delivered == BUDGET)
            }),
            Property::sometimes(
                "two together spend more than one budget",
                |_: &Twins, s: &State| s.gateways.iter().map(|g| g.delivered).sum::<u64>() > BUDGET,
            ),
            Property::sometimes("the other's uses are on record", |_: &Twins, s: &State| {
                s.any(|g| g.fold.recorded > g.stated)
            }),
        ]);
    }
    properties
}

fn walk(reach: Reach, mutant: Option<Mutant>) -> (Vec<&'static str>, usize) {
    let model = Twins { real: Real::new(), reach, mutant };
    let checker = model.checker().threads(2);
    if mutant.is_some() {
        // one way to go wrong is enough, and it is deep
        let checker = checker.finish_when(HasDiscoveries::AnyFailures).spawn_dfs().join();
        return (checker.discoveries().into_keys().collect(), checker.unique_state_count());
    }
    let checker = checker.spawn_bfs().join();
    checker.assert_properties();
    (Vec::new(), checker.unique_state_count())
}

#[test]
fn two_gateways_stop_within_a_second_spend_no_more_than_they_may_and_record_before_they_forward() {
    for reach in [LEASES, BOTH, CLOSELY, BUDGETS, CEILED] {
        let (_, states) = walk(reach, None);
        println!("{states} states of {reach:?}");
        assert!(states > 10_000, "{states}");
    }
}

#[test]
fn every_way_to_break_it_is_found() {
    for (mutant, reach) in Mutant::ALL {
        let (found, states) = walk(reach, Some(mutant));
        println!("{mutant:?}: not so that {found:?} ({states} states)");
        assert!(!found.is_empty(), "{mutant:?} survives");
    }
}
