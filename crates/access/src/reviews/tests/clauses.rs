//! The terms matrix: for each clause that a machine checks, one act that passes and one that is refused
//! with the clause named.

use super::scene::{
    PLAN, acknowledgement, agreement, application, call, case, inquiry, issue_of, nomination,
    opening, request, say, token, uses, with,
};
use crate::event::{AssessmentPublication, AssessmentSharing, Event, GrantRequest, TermsProposal};
use crate::walk::world::{World, id, instant, line, terms};
use crate::{
    Binding, Endpoint, Limits, Publication, Recording, Refusal, Reviews, Terms, UseRequest,
};
use domain::Digest;
use std::collections::BTreeSet;

/// What an act under the terms came to.
type Acted = Result<(), Refusal>;

/// A review under terms with these limits, up to the window.
fn opened(change: fn(&mut Limits)) -> (Reviews, Terms) {
    opened_under(with(terms("terms-1"), |terms| change(&mut terms.limits)))
}

/// A review under these terms, up to the window.
fn opened_under(terms: Terms) -> (Reviews, Terms) {
    let digest = terms.digest();
    let proposal = TermsProposal { by: id("government"), terms: terms.clone() };
    let course = [
        Event::Inquired(inquiry()),
        Event::TermsProposed(proposal),
        Event::TermsAgreed(with(agreement("terms-1"), |e| e.terms = digest)),
        Event::TermsAcknowledged(with(acknowledgement("evaluator", "p1"), |e| e.terms = digest)),
        Event::WindowOpened(with(opening("w1"), |e| e.terms = digest)),
    ];
    let mut reviews = World::new(0).reviews;
    for event in course {
        say(&mut reviews, 1, event).expect("the course is admitted");
    }
    (reviews, terms)
}

/// A request for a grant under the terms.
fn granting(limits: fn(&mut Limits), change: fn(&mut GrantRequest)) -> Acted {
    let (mut reviews, terms) = opened(limits);
    let request = with(request("g1"), |e| e.terms = terms.digest());
    say(&mut reviews, 1, Event::GrantRequested(with(request, change)))
}

/// The same under terms that cover the window's model alone, for another model of the case.
fn granting_outside_models() -> Acted {
    let narrow = with(terms("terms-1"), |terms| terms.models = [id("model-a")].into());
    let (mut reviews, terms) = opened_under(narrow);
    let request = with(request("g1"), |e| (e.terms, e.model) = (terms.digest(), id("model-b")));
    say(&mut reviews, 1, Event::GrantRequested(request))
}

/// A use of a grant of `tokens`, of which 300 are on record for the day before and 400 for the day itself.
fn using(limits: fn(&mut Limits), change: fn(&mut UseRequest)) -> Acted {
    let (mut reviews, terms) = opened(limits);
    let request = with(request("g1"), |e| e.terms = terms.digest());
    let issue = issue_of(&request);
    for event in [
        Event::GrantRequested(request),
        Event::GrantIssued(issue),
        Event::UsesRecorded(uses(instant(47), 300)),
        Event::UsesRecorded(uses(instant(48), 400)),
    ] {
        say(&mut reviews, 2, event).expect("within the limits");
    }
    reviews.permit(&token("g1"), &with(call(), change), instant(49)).map(drop)
}

fn nominating(limits: fn(&mut Limits)) -> Acted {
    say(&mut opened(limits).0, 1, Event::PartnerNominated(nomination("n1")))
}

fn applying(limits: fn(&mut Limits)) -> Acted {
    say(&mut opened(limits).0, 1, Event::DefenderApplied(application("n1")))
}

fn sharing(limits: fn(&mut Limits), recipient: &str) -> Acted {
    let event = Event::AssessmentShared(AssessmentSharing {
        case: case(),
        by: id("evaluator"),
        recipients: BTreeSet::from([id("developer"), id(recipient)]),
        report: Digest::of(b"report"),
        handling: line("unclassified"),
        item: None,
    });
    say(&mut opened(limits).0, 1, event)
}

/// The evaluator publishes at `hour`, or both sides with it.
fn publishing(limits: fn(&mut Limits), hour: u64, agreed: &[&str]) -> Acted {
    let event = Event::AssessmentPublished(AssessmentPublication {
        case: case(),
        by: id("evaluator"),
        report: Digest::of(b"report"),
        handling: line("unclassified"),
        place: line("https://reports.example/1"),
        agreed_by: agreed.iter().map(|party| id(party)).collect(),
        item: None,
    });
    say(&mut opened(limits).0, hour, event)
}

fn never(limits: &mut Limits) {
    limits.publication = Some(Publication::Nobody);
}

fn both(limits: &mut Limits) {
    limits.publication = Some(Publication::BothSides);
}

fn after(limits: &mut Limits) {
    limits.publication = Some(Publication::AfterPartnerRelease);
}

fn networks(limits: &mut Limits) {
    let texts = ["192.0.2.0/24", "2001:db8::/32"];
    limits.networks = Some(texts.map(|text| text.parse().expect("a network")).into());
}

fn day(limits: &mut Limits) {
    limits.tokens_per_day = Some(500);
}

fn nobody(limits: &mut Limits) {
    limits.partners = Some(BTreeSet::new());
    limits.recipients = Some(BTreeSet::new());
}

fn named(limits: &mut Limits) {
    limits.partners = Some(BTreeSet::from([id("partner"), id("defender")]));
    limits.recipients = Some(BTreeSet::from([id("outsider")]));
}

fn bound(limits: &mut Limits) {
    limits.credentials = Some(BTreeSet::from([Binding::Certificate, Binding::Proof]));
}

fn silent(_: &mut Limits) {}

fn from(address: &str) -> Option<std::net::IpAddr> {
    Some(address.parse().expect("an address"))
}

#[test]
fn each_clause_passes_one_act_and_refuses_another_by_name() {
    let sides = ["developer", "government"];
    let rows: [(&str, Acted, Acted); 20] = [
        ("models", granting(silent, |_| {}), granting_outside_models()),
        ("evaluators", granting(silent, |_| {}), granting(silent, |e| e.party = id("outsider"))),
        ("publication", publishing(both, 1, &sides), publishing(never, 1, &sides)),
        ("publication", publishing(both, 1, &sides), publishing(both, 1, &["developer"])),
        ("publication", publishing(after, PLAN, &[]), publishing(after, PLAN - 1, &[])),
        (
            "endpoints",
            granting(silent, |_| {}),
            granting(silent, |e| e.endpoints = BTreeSet::from([Endpoint::Embeddings])),
        ),
        (
            "tokens-per-grant",
            granting(silent, |e| e.budget_tokens = 1_000),
            granting(silent, |e| e.budget_tokens = 1_001),
        ),
        ("tokens-per-day", using(day, |e| e.tokens = 100), using(day, |e| e.tokens = 101)),
        (
            "tokens-per-person",
            using(|l| l.tokens_per_person = Some(800), |e| e.tokens = 100),
            using(|l| l.tokens_per_person = Some(800), |e| e.tokens = 101),
        ),
        (
            "tokens-per-person-per-day",
            using(|l| l.tokens_per_person_per_day = Some(500), |e| e.tokens = 100),
            using(|l| l.tokens_per_person_per_day = Some(500), |e| e.tokens = 101),
        ),
        (
            "networks",
            using(networks, |e| e.from = from("192.0.2.7")),
            using(networks, |e| e.from = from("192.0.3.7")),
        ),
        (
            "networks",
            using(networks, |e| e.from = from("::ffff:192.0.2.7")),
            using(networks, |e| e.from = None),
        ),
        (
            "networks",
            using(networks, |e| e.from = from("2001:db8::1")),
            using(networks, |e| e.from = from("2001:db9::1")),
        ),
        (
            "recording",
            using(|l| l.recording = Some(Recording::Relaxed), |e| e.recording = Recording::Relaxed),
            using(|l| l.recording = Some(Recording::Durable), |e| e.recording = Recording::Relaxed),
        ),
        ("recording", using(silent, |_| {}), using(silent, |e| e.recording = Recording::Relaxed)),
        ("credentials", using(bound, |e| e.binding = Binding::Certificate), using(bound, |_| {})),
        ("credentials", using(bound, |e| e.binding = Binding::Proof), using(bound, |_| {})),
        ("partners", nominating(named), nominating(nobody)),
        ("partners", applying(named), applying(nobody)),
        ("recipients", sharing(named, "outsider"), sharing(nobody, "outsider")),
    ];
    for (clause, passes, refused) in rows {
        assert_eq!(passes, Ok(()), "{clause}");
        let words = refused.expect_err(clause).to_string();
        assert!(words.contains(&format!("(terms: {clause})")), "{clause}: {words}");
    }
}

#[test]
fn a_clause_that_is_not_agreed_is_not_checked() {
    for acted in [
        using(silent, |e| e.tokens = 300),
        using(silent, |e| e.from = from("203.0.113.9")),
        nominating(silent),
        applying(silent),
        sharing(silent, "outsider"),
        publishing(silent, 1, &[]),
        sharing(nobody, "government"),
    ] {
        assert_eq!(acted, Ok(()));
    }
}

#[test]
fn networks_have_one_text() {
    for text in ["192.0.2.0/24", "0.0.0.0/0", "2001:db8::/32", "::/0", "192.0.2.1/32"] {
        assert_eq!(text.parse::<crate::Network>().map(|n| n.to_string()), Ok(text.to_owned()));
    }
    for (text, named) in [
        ("192.0.2.1/24", "192.0.2.0/24"),
        ("192.0.2.0/33", "192.0.2.0/24"),
        ("192.0.2.0", "192.0.2.0/24"),
        ("2001:DB8::/32", "2001:db8::/32"),
        ("192.0.2.0/024", "192.0.2.0/24"),
        ("", "192.0.2.0/24"),
    ] {
        let error = text.parse::<crate::Network>().expect_err(text).to_string();
        assert!(error.contains(named), "{text}: {error}");
    }
}
