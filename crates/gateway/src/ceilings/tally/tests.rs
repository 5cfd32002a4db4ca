//! Several gateways under one ceiling, with the log between them, in any order.

use super::{Held, Tally};
use crate::ceilings::Ceilings;
use crate::permits;
use crate::{Authority, LiveReviews, MinuteSummary, OwnMinute};
use access::{Endpoint, Permit, UseRequest, Used};
use domain::{Digest, GrantId, Span, Timestamp};
use proptest::prelude::*;
use std::sync::Arc;

const GATEWAYS: u64 = 3;
/// Hundredths of a ceiling that one gateway may hold unstated.
const PERCENT: u64 = 40;

/// What a ceiling bounds, as the file says it, in a measure of its own.
#[derive(Debug, Clone, Copy)]
enum Kind {
    Tokens,
    Money,
    Requests,
}

impl Kind {
    fn ceilings(self) -> Arc<Ceilings> {
        let bound = match self {
            Self::Tokens => "tokens-per-day = 200",
            // a token of a prompt counts 2, one of an answer 1
            Self::Money => "cost-per-day = \"0.000200\"",
            Self::Requests => "requests-per-day = 15",
        };
        let file = format!(
            "version = 1\ngateways = {GATEWAYS}\nunstated-percent = {PERCENT}\n[organisation]\n{bound}\n[[price]]\nmodel = \"model-1\"\ninput = \"2\"\noutput = \"1\""
        );
        Arc::new(Ceilings::read(&file).expect("a good file"))
    }

    /// The ceiling.
    fn most(self) -> u64 {
        if matches!(self, Self::Requests) { 15 } else { 200 }
    }

    /// The most of it that one gateway may hold unstated.
    fn share(self) -> u64 {
        self.most() * PERCENT / 100
    }

    fn of(self, used: Used) -> u64 {
        match self {
            Self::Tokens => used.tokens(),
            Self::Money => 2 * used.tokens_in + used.tokens_out,
            Self::Requests => used.requests,
        }
    }
}

#[derive(Debug, Clone)]
enum Turn {
    /// A request of one of the grants, of so many tokens.
    Reserve(usize, usize, u64),
    /// The oldest ends, with so many charged, of which the prompt had so many.
    Settle(usize, u64, u64),
    Grow(usize, u64),
    /// It states what it settled, a minute for each grant.
    State(usize),
    /// What the log says reaches its rules.
    Hear(usize),
    /// It takes over which minutes of its own are in there.
    Note(usize),
    /// It states, and all hear of it and take it over.
    Round(usize),
}

fn turn() -> impl Strategy<Value = Turn> {
    let gateway = || 0usize..3;
    prop_oneof![
        9 => (gateway(), 0usize..3, 6u64..45).prop_map(|(g, grant, n)| Turn::Reserve(g, grant, n)),
        5 => (gateway(), 0u64..60, 0u64..20).prop_map(|(g, n, p)| Turn::Settle(g, n, p)),
        2 => (gateway(), 1u64..60).prop_map(|(g, n)| Turn::Grow(g, n)),
        2 => gateway().prop_map(Turn::State),
        2 => gateway().prop_map(Turn::Hear),
        2 => gateway().prop_map(Turn::Note),
        3 => gateway().prop_map(Turn::Round),
    ]
}

/// A minute in the log.
#[derive(Debug, Clone)]
struct Stated {
    by: usize,
    minute: OwnMinute,
}

struct Gateway {
    tally: Tally,
    reviews: Arc<LiveReviews>,
    record: Arc<dyn Authority>,
    open: Vec<(usize, Held)>,
    /// What was charged, by grant: all of it, and what is not stated.
    settled: [Used; 3],
    unstated: [Used; 3],
    heard: usize,
    noted: usize,
}

struct Scene {
    kind: Kind,
    ceilings: Arc<Ceilings>,
    permits: Vec<Arc<Permit>>,
    now: Timestamp,
    log: Vec<Stated>,
    all: Vec<Gateway>,
}

impl Scene {
    fn new(kind: Kind) -> Self {
        let from: Timestamp = "2026-11-01T00:00:00Z".parse().expect("an instant");
        let reviews = permits::crowded(2, 1 << 40, from);
        let now = from.after(Span::hours(2));
        let tokens = [permits::TOKEN.to_owned(), permits::other(0), permits::other(1)];
        let permits = tokens.iter().map(|token| {
            let model = permits::MODEL.parse().expect("an id");
            let request = UseRequest::new(model, Endpoint::ChatCompletions, 1);
            let permit = reviews.permit(&Digest::of(token.as_bytes()), &request, now);
            Arc::new(permit.expect("a fresh grant"))
        });
        let all = (0..GATEWAYS).map(|_| {
            let reviews = Arc::new(LiveReviews::new(reviews.clone()));
            let record: Arc<dyn Authority> = Arc::<LiveReviews>::clone(&reviews);
            let (tally, open) = (Tally::default(), Vec::new());
            let (settled, unstated) = ([Used::default(); 3], [Used::default(); 3]);
            Gateway { tally, reviews, record, open, settled, unstated, heard: 0, noted: 0 }
        });
        let (permits, all) = (permits.collect(), all.collect());
        Self { kind, ceilings: kind.ceilings(), permits, now, log: Vec::new(), all }
    }

    fn gateway(&mut self, g: usize) -> &mut Gateway {
        self.all.get_mut(g).expect("one of them")
    }

    fn grant(&self, n: usize) -> GrantId {
        self.permits.get(n).expect("one of them").grant().clone()
    }

    /// What a gateway used and set aside.
    fn own(&self, g: usize) -> u64 {
        let Gateway { open, settled, .. } = self.all.get(g).expect("one of them");
        let aside = open.iter().map(|(_, held)| held.aside);
        self.kind.of(aside.chain(*settled).fold(Used::default(), Used::plus))
    }

    /// What the log's first entries say of a gateway, or of the others: as the log counts it, or as that gateway itself does.
    fn logged(&self, first: usize, of: impl Fn(usize) -> bool, itself: bool) -> u64 {
        let entries = self.log.iter().take(first).filter(|stated| of(stated.by));
        let used = entries.map(|s| if itself { s.minute.of_day } else { s.minute.uses });
        self.kind.of(used.fold(Used::default(), Used::plus))
    }

    /// Whether so much more fits, by what a gateway has heard of the others, and by its own part.
    fn fits(&self, g: usize, more: u64) -> bool {
        let Gateway { heard, noted, .. } = self.all.get(g).expect("one of them");
        let own = self.own(g);
        // its own minutes that it has not noted yet count twice for that moment
        let twice =
            self.logged(*heard, |by| by == g, false) - self.logged(*noted, |by| by == g, false);
        let others = self.logged(*heard, |by| by != g, false);
        let unstated = own - self.logged(*noted, |by| by == g, true);
        own + others + twice + more <= self.kind.most() && unstated + more <= self.kind.share()
    }

    /// All together are over the ceiling by no more than the others may hold unstated and what was stated and is not heard.
    fn is_bounded(&self, g: usize) -> bool {
        let all: u64 = (0..self.all.len()).map(|g| self.own(g)).sum();
        let heard = self.all.get(g).expect("one of them").heard;
        let of_others = |by| by != g;
        let unheard =
            self.logged(usize::MAX, of_others, true) - self.logged(heard, of_others, true);
        all <= self.kind.most() + (GATEWAYS - 1) * self.kind.share() + unheard
    }

    fn play(&mut self, turn: &Turn) -> Result<(), TestCaseError> {
        match *turn {
            Turn::Reserve(g, n, tokens) => {
                let tokens = if matches!(self.kind, Kind::Requests) { 6 } else { tokens };
                let aside = Used { requests: 1, tokens_in: 5, tokens_out: tokens - 5 };
                let fits = self.fits(g, self.kind.of(aside));
                let permit = Arc::clone(self.permits.get(n).expect("one of them"));
                let (ceilings, now) = (Arc::clone(&self.ceilings), self.now);
                let gateway = self.gateway(g);
                let wanted = (5, tokens, tokens);
                let got = gateway.tally.reserve(&ceilings, &gateway.record, &permit, wanted, now);
                prop_assert_eq!(got.is_ok(), fits);
                gateway.open.extend(got.ok().map(|held| (n, held)));
                prop_assert!(!fits || self.is_bounded(g));
            }
            Turn::Grow(g, more) => {
                let fits = self.fits(g, self.kind.of(Used { tokens_out: more, ..Used::default() }));
                let free = matches!(self.kind, Kind::Requests);
                if let Some((_, held)) = self.gateway(g).open.first_mut() {
                    let before = held.tokens();
                    prop_assert_eq!(held.grow_to(before + more), fits || free);
                    prop_assert!(!fits || self.is_bounded(g));
                }
            }
            Turn::Settle(g, charged, prompt) => {
                let gateway = self.gateway(g);
                if gateway.open.is_empty() {
                    return Ok(());
                }
                let (n, mut held) = gateway.open.remove(0);
                let charged = charged.min(held.tokens());
                // the prompt is never counted at more than what it was set aside at
                let prompt = prompt.min(5).min(charged);
                held.prompt(prompt);
                held.settle(charged);
                let requests = u64::from(charged > 0);
                let used = Used { requests, tokens_in: prompt, tokens_out: charged - prompt };
                let all = gateway.settled.get_mut(n).expect("one of them");
                *all = all.plus(used);
                // the log counts also those that cost nothing
                let unstated = gateway.unstated.get_mut(n).expect("one of them");
                *unstated = unstated.plus(Used { requests: 1, ..used });
            }
            Turn::State(g) => self.state(g),
            Turn::Round(g) => {
                self.state(g);
                for other in 0..self.all.len() {
                    self.play(&Turn::Hear(other))?;
                    self.play(&Turn::Note(other))?;
                }
            }
            Turn::Hear(g) => {
                let (log, now) = (self.log.clone(), self.now);
                let gateway = self.gateway(g);
                for Stated { minute, .. } in log.iter().skip(gateway.heard) {
                    let OwnMinute { grant, minute, root, uses, .. } = minute.clone();
                    let Used { requests: count, tokens_in, tokens_out } = uses;
                    let summary =
                        MinuteSummary { grant, minute, root, count, tokens_in, tokens_out };
                    permits::state_uses(&gateway.reviews, &summary, now);
                }
                gateway.heard = log.len();
            }
            Turn::Note(g) => {
                let log = self.log.clone();
                let gateway = self.gateway(g);
                let new = log.iter().take(gateway.heard).skip(gateway.noted);
                let own: Vec<_> = new.filter(|s| s.by == g).map(|s| s.minute.clone()).collect();
                gateway.tally.note(&own, &*gateway.record);
                gateway.noted = gateway.heard;
            }
        }
        Ok(())
    }

    fn state(&mut self, g: usize) {
        let unstated = std::mem::take(&mut self.gateway(g).unstated);
        for (n, uses) in unstated.into_iter().enumerate().filter(|(_, u)| *u != Used::default()) {
            let number = self.log.len();
            let (grant, minute) = (self.grant(n), self.now.minute());
            let root = Digest::of(&number.to_be_bytes());
            // which of them cost something is known only here
            let stated = self.logged_of(g, n);
            let of_day = self.all.get(g).and_then(|gateway| gateway.settled.get(n));
            let of_day = of_day.copied().unwrap_or_default().minus(stated);
            let minute = OwnMinute { grant, minute, root, uses, of_day };
            self.log.push(Stated { by: g, minute });
        }
    }

    /// What a gateway has stated of one grant, by its own count.
    fn logged_of(&self, g: usize, n: usize) -> Used {
        let grant = self.grant(n);
        let mine = self.log.iter().filter(|s| s.by == g && s.minute.grant == grant);
        mine.map(|s| s.minute.of_day).fold(Used::default(), Used::plus)
    }
}

proptest! {
    #[test]
    fn no_ceiling_is_exceeded_beyond_the_slack(turns in prop::collection::vec(turn(), 0..120)) {
        for kind in [Kind::Tokens, Kind::Money, Kind::Requests] {
            let mut scene = Scene::new(kind);
            for turn in &turns {
                scene.play(turn)?;
            }
        }
    }
}

#[test]
fn a_request_over_midnight_is_counted_for_the_day_on_which_it_was_permitted() {
    let mut scene = Scene::new(Kind::Tokens);
    scene.now = "2026-11-01T23:59:30Z".parse().expect("an instant");
    let wanted = |n| Turn::Reserve(0, 0, n);
    scene.play(&wanted(80)).expect("a whole part");
    // on the next day there is all of it again, and the answer that began before settles on its own day
    let before = scene.all[0].open.remove(0);
    scene.now = scene.now.after(Span::minutes(1));
    scene.play(&wanted(80)).expect("a new day");
    before.1.settle(30);
    let permit = Arc::clone(&scene.permits[0]);
    let gateway = &scene.all[0];
    let refused = gateway
        .tally
        .reserve(&scene.ceilings, &gateway.record, &permit, (5, 6, 6), scene.now)
        .expect_err("the part of this day is set aside");
    assert!(refused.to_string().contains("organisation.tokens-per-day"), "{refused}");
    // a clock that is behind asks for no day that is over
    let earlier = scene.now.before(Span::minutes(5));
    let late = gateway.tally.reserve(&scene.ceilings, &gateway.record, &permit, (5, 6, 6), earlier);
    assert!(late.is_err());
}
