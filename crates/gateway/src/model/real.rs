//! The shipped code as the model asks it.

use super::{ASKED, BUDGET, Fold, Line};
use crate::ceilings::Tally;
use crate::permits;
use crate::record::{Intent, Outcome, RequestId, UseRecord};
use crate::serve::{TICK, TICKS};
use crate::uselog::book::Book;
use crate::uselog::format::Entry;
use crate::uselog::interrupted;
use crate::{
    Authority, Budgets, Cap, Ceilings, DayUse, OwnMinute, Recorded, Reservation, Spent, lease,
};
use access::{Endpoint, Event, Permit, Reviews, UseRequest, Used, Uses};
use domain::{Attested, Digest, GrantId, Span, Statement, Timestamp};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

/// What decides about a permit: the fold, whether a direct word was heeded, whether the wall clock stepped back an hour.
type Asked = (Fold, bool, bool);

/// A review with one grant, and what it answered so far.
pub(super) struct Real {
    reviews: Reviews,
    begins: Timestamp,
    /// What a flowing request holds.
    permit: Permit,
    answers: Mutex<BTreeMap<Asked, (Option<Cap>, bool)>>,
    ceilings: Arc<Ceilings>,
    /// What the ceiling said so far, of a fold, tokens settled and counted, and requests under way.
    ceiled: Mutex<BTreeMap<(Fold, u64, u64, usize), bool>>,
}

impl Real {
    pub(super) fn new() -> Self {
        let from: Timestamp = "2026-11-01T12:00:00Z".parse().expect("an instant");
        let reviews = permits::crowded(0, BUDGET, from);
        let begins = from.after(Span::hours(2));
        let permit = reviews.permit(&credential(), &request(), begins).expect("a fresh grant");
        let file = format!("version = 1\n[person]\ntokens-per-day = {BUDGET}");
        let ceilings = Arc::new(Ceilings::read(&file).expect("a good file"));
        let (answers, ceiled) = (Mutex::default(), Mutex::default());
        Self { reviews, begins, permit, answers, ceilings, ceiled }
    }

    /// What the fold answers: the cap that a new request gets, and whether one under way may go on.
    pub(super) fn ask(&self, fold: Fold, heeded: bool, back: bool) -> (Option<Cap>, bool) {
        let key = (fold, heeded, back);
        let mut answers = self.answers.lock().expect("no thread panicked");
        let answer = answers.entry(key).or_insert_with(|| {
            let reviews = self.folded(fold, heeded);
            let now = if back { self.begins.before(Span::hours(1)) } else { self.begins };
            let permit = reviews.permit(&credential(), &request(), now).ok();
            (permit.as_ref().map(Cap::from), reviews.is_live(&self.permit, now).is_ok())
        });
        answer.clone()
    }

    /// Whether the ceiling has room for one more request: with so much settled here, of which the fold is held to count some, and
    /// so many requests under way.
    pub(super) fn is_under_ceiling(
        &self,
        fold: Fold,
        settled: u64,
        counted: u64,
        open: usize,
    ) -> bool {
        let mut ceiled = self.ceiled.lock().expect("no thread panicked");
        *ceiled.entry((fold, settled, counted, open)).or_insert_with(|| {
            let reviews = crate::LiveReviews::new(self.folded(fold, false));
            let record: Arc<dyn Authority> = Arc::new(reviews);
            let (person, model) = (self.permit.person().clone(), self.permit.model().clone());
            let (day, used) = (self.begins.day(), used(settled));
            let tally = Tally::default();
            tally.seed(&[DayUse { grant: grant(), person, model, day, used }], &*record);
            tally.note(&[own_minute(day, counted)], &*record);
            let reserve = || {
                let wanted = (0, ASKED, ASKED);
                tally.reserve(&self.ceilings, &record, &self.permit, wanted, self.begins).ok()
            };
            let held: Vec<_> = (0..open).filter_map(|_| reserve()).collect();
            let room = reserve().is_some();
            drop(held);
            room
        })
    }

    fn folded(&self, fold: Fold, heeded: bool) -> Reviews {
        let mut reviews = self.reviews.clone();
        let at = self.begins.before(Span::hours(2)).minute();
        if fold.recorded > 0 {
            let event = Event::UsesRecorded(Uses {
                case: permits::withdrawal().case,
                grant: grant(),
                developer: permits::withdrawal().developer,
                minute: at,
                root: Digest::of(b"uses"),
                count: 1,
                tokens_in: 0,
                tokens_out: fold.recorded,
            });
            let issuer = permits::withdrawal().developer;
            let signers = event.signers();
            let attested = Attested { event, issuer, signers, claimed_at: at, index: 999 };
            reviews.apply(&attested).expect("uses are facts");
        }
        let live = crate::LiveReviews::new(reviews);
        if fold.withdrawn {
            permits::withdraw(&live, at);
        }
        if heeded {
            permits::heed(&live);
        }
        live.read(Reviews::clone)
    }
}

/// Whether a lease is held so many ticks after what it counts from.
pub(super) fn leased(age: u8, second: u8) -> bool {
    let length = crate::Limits::default().lease.as_micros();
    assert!(length < 1_000_000, "ages are counted far enough");
    lease::is_held(length, 0, u64::from(age) * 1_000_000 / u64::from(second))
}

/// After how many ticks all permits are looked at.
pub(super) fn looks(second: u8) -> u8 {
    let span = TICK.as_millis() * u128::from(TICKS) * u128::from(second) / 1_000;
    u8::try_from(span).expect("small").max(1)
}

/// A minute of this gateway's own with so many tokens.
fn own_minute(minute: Timestamp, tokens: u64) -> OwnMinute {
    let (uses, of_day) = (used(tokens), used(tokens));
    OwnMinute { grant: grant(), minute, root: Digest::of(b""), uses, of_day }
}

/// One request with so many tokens.
fn used(tokens_out: u64) -> Used {
    Used { requests: 1, tokens_in: 0, tokens_out }
}

/// A gateway's accounts in memory, of which so much is known to be on record, with the reservations of its open requests.
pub(super) fn accounts(
    settled: u64,
    counted: u64,
    open: usize,
    cap: &Cap,
) -> (Budgets, Vec<Reservation>) {
    let budgets = Budgets::new([Spent { grant: grant(), tokens: settled, day: None }]);
    let minute = own_minute(Timestamp::EPOCH, counted);
    budgets.note(
        &grant(),
        &Recorded { tokens: cap.recorded, days: BTreeMap::new(), counted: vec![minute] },
    );
    let held =
        (0..open).filter_map(|_| budgets.reserve(&grant(), cap.clone(), ASKED).ok()).collect();
    (budgets, held)
}

/// What is settled once one more request has ended.
pub(super) fn settle(settled: u64, charged: u64) -> u64 {
    let cap = Cap { tokens: u64::MAX, recorded: 0, day: None, person: None };
    let (budgets, mut held) = accounts(settled, 0, 1, &cap);
    let reservation = held.pop().expect("no bound");
    reservation.settle(charged);
    budgets.account(&grant()).settled
}

/// What the use log's own book makes of a gateway's disk: the spent tokens, and the lines that close what a crash interrupted.
pub(super) fn recover(disk: &[Line]) -> (u64, Vec<Line>) {
    let at: Timestamp = "2026-11-01T14:00:00Z".parse().expect("an instant");
    let mut book = Book::default();
    for line in disk {
        let (Line::Intent(id) | Line::Use(id, _)) = line;
        let mut record = interrupted(&intent(*id, at), at);
        let entry = match line {
            Line::Intent(id) => Entry::Intent(intent(*id, at)),
            Line::Use(_, charged) => {
                (record.charged, record.outcome) = (*charged, Outcome::Completed);
                Entry::Use(record)
            }
        };
        book.apply(&entry, b"").expect("what a gateway wrote reads");
    }
    let spent = book.spent().first().map_or(0, |spent| spent.tokens);
    let number = |request: RequestId| {
        let found = (0..=u8::MAX).find(|id| RequestId::from_bits(u128::from(*id)) == request);
        found.expect("a request of the model")
    };
    let closed = book.open().map(|open| {
        let UseRecord { charged, request, .. } = interrupted(open, at);
        Line::Use(number(request), charged)
    });
    (spent, closed.collect())
}

fn intent(id: u8, at: Timestamp) -> Intent {
    Intent {
        request: RequestId::from_bits(u128::from(id)),
        grant: grant(),
        person: "person-1".parse().expect("an id"),
        endpoint: Endpoint::ChatCompletions,
        model: permits::MODEL.parse().expect("an id"),
        started_at: at,
        request_digest: Digest::of(b""),
        content: None,
        tokens_in: 0,
        reserved: ASKED,
    }
}

fn grant() -> GrantId {
    permits::GRANT.parse().expect("an id")
}

fn credential() -> Digest {
    Digest::of(permits::TOKEN.as_bytes())
}

fn request() -> UseRequest {
    let model = permits::MODEL.parse().expect("an id");
    UseRequest::new(model, Endpoint::ChatCompletions, ASKED)
}
