//! A review with one window and one grant, made by the statements that make one.

use access::{
    Acknowledgement, Basis, Bounds, Endpoint, Event, GrantIssue, GrantRequest, Head, Inquiry,
    Limits, Nomination, Reviews, Safeguards, Scope, Selection, SignalAction, Step, Terms,
    TermsAgreement, TermsProposal, Uses, WindowOpening, Withdrawal, Word,
};
use domain::{Attested, Digest, GrantId, ModelId, Party, Role, Span, Statement, Text, Timestamp};
use gateway::{LiveReviews, MinuteSummary};
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

/// The grant holder's bearer token.
pub(crate) const TOKEN: &str = "key-of-person-1";
/// The grant.
pub(crate) const GRANT: &str = "grant-1";
/// The model it is for.
pub(crate) const MODEL: &str = "model-1";

/// What a fold is fed, one statement after the other.
struct Scribe {
    reviews: Reviews,
    at: Timestamp,
    index: u64,
}

impl Scribe {
    fn state(&mut self, event: Event) {
        let signers = event.signers();
        let issuer = signers.first().expect("never empty").clone();
        let (claimed_at, index) = (self.at, self.index);
        self.index += 1;
        let attested = Attested { event, issuer, signers, claimed_at, index };
        self.reviews.apply(&attested).expect("a legal statement");
    }
}

/// A review in which the holder of [`TOKEN`] may use [`MODEL`] from `from` for one day.
pub(crate) fn review(budget_tokens: u64, from: Timestamp) -> LiveReviews {
    LiveReviews::new(crowded(0, budget_tokens, from))
}

/// The same under terms with other limits, with a credential of this digest; another person holds [`other`]`(0)` and `(1)`.
pub(crate) fn review_under(
    limits: fn(&mut Limits),
    credential: Digest,
    budget_tokens: u64,
    from: Timestamp,
) -> LiveReviews {
    LiveReviews::new(folded((limits, credential), 2, budget_tokens, from))
}

/// The same with so many other grants, each with a credential of its own ([`other`]).
pub(crate) fn crowded(others: usize, budget_tokens: u64, from: Timestamp) -> Reviews {
    folded((|_| {}, Digest::of(TOKEN.as_bytes())), others, budget_tokens, from)
}

fn folded(
    (limits, credential): (fn(&mut Limits), Digest),
    others: usize,
    budget_tokens: u64,
    from: Timestamp,
) -> Reviews {
    let roles = [("lab", Role::Developer), ("gov", Role::Government), ("eval", Role::Evaluator)];
    let directory: BTreeMap<_, _> = roles
        .map(|(name, role)| Party { id: id(name), name: id(name), roles: vec![role] })
        .map(|party| (party.id.clone(), party))
        .into();
    let reviews = Reviews::new(directory, Bounds::default());
    let mut scribe = Scribe { reviews, at: from.before(Span::hours(1)), index: 0 };
    let release_at = from.after(Span::days(1));
    let models = BTreeSet::from([id::<ModelId>(MODEL)]);
    scribe.state(Event::Inquired(Inquiry {
        case: id("case-1"),
        developer: id("lab"),
        government: id("gov"),
        models: models.clone(),
        planned_partner_release_at: release_at,
        question: text("Is it covered?"),
    }));
    let mut terms = terms(models.clone());
    limits(&mut terms.limits);
    let (digest, endpoints) = (terms.digest(), terms.limits.endpoints.clone());
    scribe.state(Event::TermsProposed(TermsProposal { by: id("lab"), terms }));
    scribe.state(Event::TermsAgreed(TermsAgreement {
        case: id("case-1"),
        terms: digest,
        developer: id("lab"),
        government: id("gov"),
    }));
    for person in ["person-1", "person-5"] {
        scribe.state(Event::TermsAcknowledged(Acknowledgement {
            case: id("case-1"),
            terms: digest,
            party: id("eval"),
            person: id(person),
        }));
    }
    scribe.state(Event::WindowOpened(WindowOpening {
        case: id("case-1"),
        window: id("window-1"),
        terms: digest,
        developer: id("lab"),
        government: id("gov"),
        models,
        first_access_at: from,
        planned_partner_release_at: release_at,
        longest: Span::days(30),
    }));
    let under = (digest, &endpoints);
    grant(&mut scribe, under, (GRANT, "person-1", credential), budget_tokens, from);
    for n in 0..others {
        let credential = Digest::of(other(n).as_bytes());
        let whose = (&*format!("grant-x{n}"), "person-5", credential);
        grant(&mut scribe, under, whose, budget_tokens, from);
    }
    scribe.reviews
}

/// The token of one of the other grants.
pub(crate) fn other(n: usize) -> String {
    format!("key-x{n}")
}

fn grant(
    scribe: &mut Scribe,
    under: (Digest, &BTreeSet<Endpoint>),
    whose: (&str, &str, Digest),
    budget_tokens: u64,
    from: Timestamp,
) {
    let basis = Basis::Window(id("window-1"));
    grant_on(scribe, (basis, "eval"), under, whose, budget_tokens, from);
}

fn grant_on(
    scribe: &mut Scribe,
    (basis, party): (Basis, &str),
    (terms, endpoints): (Digest, &BTreeSet<Endpoint>),
    (name, person, credential): (&str, &str, Digest),
    budget_tokens: u64,
    from: Timestamp,
) {
    let request = GrantRequest {
        case: id("case-1"),
        grant: id::<GrantId>(name),
        basis,
        model: id(MODEL),
        party: id(party),
        person: id(person),
        requested_by: id("person-2"),
        terms,
        credential,
        endpoints: endpoints.clone(),
        budget_tokens,
        starts_at: from,
        ends_at: from.after(Span::days(1)),
        purpose: id("to measure"),
    };
    let digest = request.digest();
    scribe.state(Event::GrantRequested(request));
    scribe.state(Event::GrantIssued(GrantIssue {
        case: id("case-1"),
        grant: id(name),
        request: digest,
        developer: id("lab"),
        developer_approver: id("person-3"),
        government: id("gov"),
        government_approver: id("person-4"),
    }));
}

/// The developer's word, as the log brings it.
pub(crate) fn withdraw(reviews: &LiveReviews, now: Timestamp) {
    let event = Event::AccessWithdrawn(withdrawal());
    let signers = event.signers();
    let attested = Attested { event, issuer: id("lab"), signers, claimed_at: now, index: 1_000 };
    reviews.edit(|reviews| reviews.apply(&attested)).expect("the developer may always withdraw");
}

/// A review in which a partner holds [`TOKEN`], from its planned partner release at `from`.
pub(crate) fn partner_review(from: Timestamp) -> LiveReviews {
    let roles = [
        ("lab", Role::Developer),
        ("gov", Role::Government),
        ("eval", Role::Evaluator),
        ("bank", Role::Partner),
    ];
    let directory: BTreeMap<_, _> = roles
        .map(|(name, role)| Party { id: id(name), name: id(name), roles: vec![role] })
        .map(|party| (party.id.clone(), party))
        .into();
    let reviews = Reviews::new(directory, Bounds::default());
    let mut scribe = Scribe { reviews, at: from.before(Span::hours(1)), index: 0 };
    let (developer, government, case) = (id("lab"), id("gov"), || id("case-1"));
    let models = BTreeSet::from([id::<ModelId>(MODEL)]);
    scribe.state(Event::Inquired(Inquiry {
        case: case(),
        developer: id("lab"),
        government: id("gov"),
        models: models.clone(),
        planned_partner_release_at: from,
        question: text("Is it covered?"),
    }));
    let terms = terms(models.clone());
    let (digest, endpoints) = (terms.digest(), terms.limits.endpoints.clone());
    scribe.state(Event::TermsProposed(TermsProposal { by: id("lab"), terms }));
    let agreement = TermsAgreement { case: case(), terms: digest, developer, government };
    scribe.state(Event::TermsAgreed(agreement));
    let nomination = Nomination {
        case: case(),
        nomination: id("nomination-1"),
        by: id("gov"),
        nominee: id("bank"),
        models,
        criteria_digest: Digest::of(b"critical"),
        criteria: text("critical"),
        reason: text("it is"),
        conflicts: BTreeSet::new(),
        expires_at: from.after(Span::days(2)),
    };
    let proposal = nomination.digest();
    scribe.state(Event::PartnerNominated(nomination));
    scribe.state(Event::PartnerSelected(Selection {
        case: case(),
        nomination: id("nomination-1"),
        proposal,
        developer: id("lab"),
        government: id("gov"),
    }));
    scribe.state(Event::TermsAcknowledged(Acknowledgement {
        case: case(),
        terms: digest,
        party: id("bank"),
        person: id("person-1"),
    }));
    let credential = Digest::of(TOKEN.as_bytes());
    let basis = Basis::Partner(id("nomination-1"));
    grant_on(
        &mut scribe,
        (basis, "bank"),
        (digest, &endpoints),
        (GRANT, "person-1", credential),
        100_000,
        from,
    );
    LiveReviews::new(scribe.reviews)
}

/// A statement, as the log brings it.
pub(crate) fn state(reviews: &LiveReviews, event: Event, now: Timestamp) {
    let signers = event.signers();
    let issuer = signers.first().expect("never empty").clone();
    let attested = Attested { event, issuer, signers, claimed_at: now, index: 1_000 };
    reviews.edit(|reviews| reviews.apply(&attested)).expect("a legal statement");
}

/// A step of the developer about a signal of the grant, as the log brings it.
pub(crate) fn act(reviews: &LiveReviews, step: Step, now: Timestamp) {
    let event = Event::SignalActed(SignalAction {
        case: id("case-1"),
        developer: id("lab"),
        grant: id(GRANT),
        rule: id("sweep"),
        evidence: Digest::of(b"evidence"),
        step,
        person: id("person-3"),
        reason: text("seen"),
    });
    let signers = event.signers();
    let attested = Attested { event, issuer: id("lab"), signers, claimed_at: now, index: 1_000 };
    reviews.edit(|reviews| reviews.apply(&attested)).expect("the developer's own");
}

/// The developer's word, heard before the log has it.
pub(crate) fn heed(reviews: &LiveReviews) {
    let word = Word { withdrawal: withdrawal(), signers: BTreeSet::from([id("lab")]) };
    reviews.edit(|reviews| reviews.heed(&word)).expect("the developer may always withdraw");
}

/// A minute's uses, as the log brings them.
pub(crate) fn state_uses(reviews: &LiveReviews, minute: &MinuteSummary, now: Timestamp) {
    let event = Event::UsesRecorded(Uses {
        case: id("case-1"),
        grant: minute.grant.clone(),
        developer: id("lab"),
        minute: minute.minute,
        root: minute.root,
        count: minute.count,
        tokens_in: minute.tokens_in,
        tokens_out: minute.tokens_out,
    });
    let signers = event.signers();
    let attested = Attested { event, issuer: id("lab"), signers, claimed_at: now, index: 2_000 };
    reviews.edit(|reviews| reviews.apply(&attested)).expect("uses are facts");
}

pub(crate) fn withdrawal() -> Withdrawal {
    Withdrawal {
        case: id("case-1"),
        developer: id("lab"),
        scope: Scope::Case,
        reason: text("enough"),
    }
}

fn terms(models: BTreeSet<ModelId>) -> Terms {
    let head = Head {
        protection: text("in one room"),
        usage: text("measurement only"),
        nondisclosure: text("to nobody"),
    };
    Terms {
        id: id("terms-1"),
        case: id("case-1"),
        models,
        evaluators: BTreeSet::from([id("eval")]),
        safeguards: Safeguards {
            confidentiality: head.clone(),
            cybersecurity: head.clone(),
            insider_risk: head.clone(),
            intellectual_property: head,
        },
        limits: Limits::new(
            Endpoint::ALL.into_iter().map(|(endpoint, _)| endpoint).collect(),
            1 << 40,
        ),
    }
}

fn id<T: FromStr>(name: &str) -> T {
    name.parse().ok().expect("an id")
}

fn text(words: &str) -> Text {
    words.parse().expect("a text")
}
