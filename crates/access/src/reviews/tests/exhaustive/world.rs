//! The alphabet, the folds by number, and the facts noted beside them.

use crate::event::{Audience, Basis, Breach, BreachKind, BreachWord, Event, Release, Scope};
use crate::reviews::tests::scene::{
    self, acknowledgement, agreement, call, case, change, closing, inquiry, issue, opening,
    proposal, replan, request, token, withdrawal,
};
use crate::walk::world::{World, attest, id, instant, text};
use crate::{Permit, Reviews, Word};
use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

pub(super) use scene::{END, FIRST};

/// The instants of the clock, in hours: in the first window, after the earlier plan, after all.
pub(super) const INSTANTS: [u64; 3] = [30, 200, 1_000];

/// The developer's earlier and later plans, in hours.
const EARLY: u64 = 100;
const LATE: u64 = 9_000;

/// The scopes of the developer's direct words: the case, the model, the window.
pub(super) const WORDS: usize = 3;

fn scope(word: usize) -> Scope {
    match word {
        0 => Scope::Case,
        1 => Scope::Model(id("model-a")),
        _ => Scope::Window(id("w1")),
    }
}

/// What can be stated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Say {
    Inquire,
    Propose,
    Agree,
    Acknowledge,
    OpenFirst,
    OpenSecond,
    Request,
    Issue,
    Close,
    PlanEarly,
    PlanLate,
    Revoke,
    Withdraw,
    /// Government notices a breach of the evaluator's and stops uses.
    Stop,
    /// Government takes it for remedied.
    Remedy,
}

impl Say {
    pub(super) const ALL: [Self; 15] = [
        Self::Inquire,
        Self::Propose,
        Self::Agree,
        Self::Acknowledge,
        Self::OpenFirst,
        Self::OpenSecond,
        Self::Request,
        Self::Issue,
        Self::Close,
        Self::PlanEarly,
        Self::PlanLate,
        Self::Revoke,
        Self::Withdraw,
        Self::Stop,
        Self::Remedy,
    ];

    /// Whether it is said at all: one breach, once the grant is issued and before a second window, then its remedy.
    /// Anything more would only repeat what is on record, and the walk would not end in time.
    pub(super) fn is_said(self, facts: Facts) -> bool {
        let first = facts.issued && !facts.second && facts.breach == BreachFact::None;
        (self != Self::Stop || first) && (self != Self::Remedy || facts.breach == BreachFact::Open)
    }

    fn event(self) -> Event {
        match self {
            Self::Inquire => Event::Inquired(inquiry()),
            Self::Propose => proposal("terms-1"),
            Self::Agree => Event::TermsAgreed(agreement("terms-1")),
            Self::Acknowledge => Event::TermsAcknowledged(acknowledgement("evaluator", "p1")),
            Self::OpenFirst => Event::WindowOpened(opening("w1")),
            Self::OpenSecond => {
                let mut second = opening("w2");
                second.models = BTreeSet::from([id("model-a"), id("model-b")]);
                second.planned_partner_release_at = instant(LATE);
                second.first_access_at = instant(190);
                Event::WindowOpened(second)
            }
            Self::Request => Event::GrantRequested(request("g1")),
            Self::Issue => Event::GrantIssued(issue("g1")),
            Self::Close => closing("government"),
            Self::PlanEarly => replan(EARLY),
            Self::PlanLate => replan(LATE),
            Self::Revoke => Event::GrantRevoked(change("government")),
            Self::Withdraw => Event::AccessWithdrawn(withdrawal(Scope::Case)),
            Self::Stop => Event::BreachNoticed(Breach {
                case: case(),
                incident: id("b1"),
                by: id("government"),
                about: id("evaluator"),
                kind: BreachKind::Leak,
                account: text("it got out"),
                occurred_at: None,
                aware_at: instant(FIRST),
                stops: true,
            }),
            Self::Remedy => Event::BreachRemedied(word("government")),
        }
    }
}

fn word(by: &str) -> BreachWord {
    BreachWord { case: case(), incident: id("b1"), by: id(by), remedy: text("keys changed") }
}

/// How far the one breach has come.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) enum BreachFact {
    #[default]
    None,
    Open,
    Remedied,
}

/// What was admitted, in the plainest terms.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub(super) struct Facts {
    pub(super) issued: bool,
    pub(super) second: bool,
    stopped: bool,
    /// The hour at which the first window ends; zero before it was opened.
    end: u64,
    /// The hour before the end was last moved later; zero when it never was.
    pub(super) moved_from: u64,
    /// The latest instant that was stated.
    latest: usize,
    pub(super) breach: BreachFact,
}

impl Facts {
    /// The facts after something was admitted at an instant.
    pub(super) fn after(self, say: Say, now: usize) -> Self {
        let mut facts = self;
        let beside = [Say::Withdraw, Say::Acknowledge, Say::Request, Say::Stop, Say::Remedy];
        if !beside.contains(&say) {
            facts.latest = facts.latest.max(now);
        }
        let over = hour(self.latest.max(now)) >= self.end;
        match say {
            Say::OpenFirst => facts.end = END,
            Say::OpenSecond => facts.second = true,
            Say::Issue => facts.issued = true,
            Say::Stop => facts.breach = BreachFact::Open,
            Say::Remedy => facts.breach = BreachFact::Remedied,
            Say::Close | Say::Revoke | Say::Withdraw => facts.stopped = true,
            Say::PlanEarly if !over => facts.end = EARLY,
            Say::PlanLate if !over => {
                facts.moved_from = if self.end < END { self.end } else { self.moved_from };
                facts.end = END;
            }
            Say::Inquire
            | Say::Propose
            | Say::Agree
            | Say::Acknowledge
            | Say::Request
            | Say::PlanEarly
            | Say::PlanLate => {}
        }
        facts
    }

    /// Whether the grant may be used at an instant.
    pub(super) fn allow(self, at: usize) -> bool {
        let hour = hour(self.latest.max(at));
        let breached = self.breach == BreachFact::Open;
        self.issued && !self.stopped && !breached && (FIRST..self.end).contains(&hour)
    }

    /// Whether streams with permits until the early plan and until the full end are in time.
    pub(super) fn ends(self, at: usize) -> [bool; 2] {
        let hour = hour(self.latest.max(at));
        [hour < EARLY, hour < END]
    }
}

fn hour(at: usize) -> u64 {
    INSTANTS.get(at).copied().expect("an instant of the clock")
}

/// What the gateway answers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    pub(super) permit: bool,
    /// Streams with permits until the early plan and until the full end.
    pub(super) streams: [bool; 2],
}

/// Each fold once, and what was asked of it.
#[derive(Debug)]
pub(super) struct Memo {
    folds: Vec<Reviews>,
    numbers: BTreeMap<u64, Vec<usize>>,
    steps: BTreeMap<(usize, Say, usize), Option<usize>>,
    seen: BTreeMap<(usize, u8, usize, usize), Seen>,
    releases: BTreeMap<(usize, usize), bool>,
    states: BTreeMap<(usize, usize), &'static str>,
}

impl Memo {
    pub(super) fn new() -> Self {
        let mut memo = Self {
            folds: Vec::new(),
            numbers: BTreeMap::new(),
            steps: BTreeMap::new(),
            seen: BTreeMap::new(),
            releases: BTreeMap::new(),
            states: BTreeMap::new(),
        };
        memo.number(World::new(0).reviews);
        memo
    }

    pub(super) fn len(&self) -> usize {
        self.folds.len()
    }

    fn fold(&self, n: usize) -> &Reviews {
        self.folds.get(n).expect("a number that was given")
    }

    fn number(&mut self, fold: Reviews) -> usize {
        let mut hasher = DefaultHasher::new();
        fold.record.hash(&mut hasher);
        let known = self.numbers.entry(hasher.finish()).or_default();
        let same = |n: &&usize| self.folds.get(**n).is_some_and(|f| f.same_record(&fold));
        if let Some(n) = known.iter().find(same) {
            return *n;
        }
        known.push(self.folds.len());
        self.folds.push(fold);
        self.folds.len() - 1
    }

    /// The fold after a statement; none when it is refused.
    pub(super) fn step(&mut self, n: usize, say: Say, now: usize) -> Option<usize> {
        if let Some(known) = self.steps.get(&(n, say, now)) {
            return *known;
        }
        let mut fold = self.fold(n).clone();
        let admitted = fold.apply(&attest(say.event(), instant(hour(now))));
        if admitted.is_err() {
            assert!(fold.same_record(self.fold(n)), "{say:?} was refused and changed the record");
        }
        let next = admitted.is_ok().then(|| self.number(fold));
        self.steps.insert((n, say, now), next);
        next
    }

    /// What a gateway with this fold answers, which has heeded words and was asked at `seen` before.
    pub(super) fn seen(&mut self, n: usize, heeded: u8, seen: usize, now: usize) -> Seen {
        if let Some(known) = self.seen.get(&(n, heeded, seen, now)) {
            return *known;
        }
        let mut gateway = self.fold(n).clone();
        gateway.tick(instant(hour(seen)));
        for word in (0..WORDS).filter(|word| heeded & (1 << word) != 0) {
            let signers = BTreeSet::from([id("developer")]);
            let word = Word { withdrawal: withdrawal(scope(word)), signers };
            gateway.heed(&word).expect("the developer's word is always heeded");
        }
        let now_at = instant(hour(now));
        let live = |until: u64| gateway.is_live(&stream(until), now_at).is_ok();
        let answers = Seen {
            permit: gateway.permit(&token("g1"), &call(), now_at).is_ok(),
            streams: [live(EARLY), live(END)],
        };
        self.seen.insert((n, heeded, seen, now), answers);
        answers
    }

    /// The developer's release of each model is admitted, is on record and changes no case.
    pub(super) fn can_release(&mut self, n: usize, now: usize) -> bool {
        if let Some(known) = self.releases.get(&(n, now)) {
            return *known;
        }
        let before = self.fold(n);
        let mut own = before.clone();
        let developer = id("developer");
        let can = ["model-a", "model-b"].map(id).into_iter().all(|model| {
            let event = Reviews::release(Release {
                developer: id("developer"),
                model,
                audience: Audience::Public,
                released_at: instant(hour(now)),
                case: Some(case()),
            });
            let Event::ModelReleased(Release { model, .. }) = event.clone() else { return false };
            own.apply(&attest(event, instant(hour(now)))).is_ok()
                && own.releases(&developer, &model).next().is_some()
        });
        let can = can && own.cases().eq(before.cases());
        self.releases.insert((n, now), can);
        can
    }

    pub(super) fn state(&mut self, n: usize, now: usize) -> &'static str {
        let (folds, states) = (&self.folds, &mut self.states);
        let fold = folds.get(n).expect("a number that was given");
        states.entry((n, now)).or_insert_with(|| {
            fold.state(&case(), instant(hour(now))).map_or("none", |state| state.name())
        })
    }

    pub(super) fn windows_in_bounds(&self, n: usize) -> bool {
        let windows = self.fold(n).cases().flat_map(|case| case.windows.values());
        windows.map(|record| record.window).all(|window| {
            window.ends_at().since(window.first_access_at()).as_seconds() <= 30 * 86_400
        })
    }
}

/// A stream whose permit was given until an hour, as an earlier state of the world would have.
fn stream(until: u64) -> Permit {
    let request = request("g1");
    Permit {
        case: case(),
        grant: request.grant,
        basis: Basis::Window(id("w1")),
        developer: id("developer"),
        party: request.party,
        person: request.person,
        model: request.model,
        endpoint: call().endpoint,
        terms: request.terms,
        budget_tokens: request.budget_tokens,
        recorded_tokens: 0,
        day_budget: None,
        person_budget: None,
        content: crate::Content::Hashed,
        slowed: false,
        second_key: None,
        second: None,
        expires_at: instant(until),
    }
}
