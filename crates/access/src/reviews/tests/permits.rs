//! Permits: the default is to refuse, in the order that is documented, and nothing outlives its end.

use super::scene::{
    END, FIRST, Stage, about, acknowledgement, agreement, ask, at, call, change, closing, issue_of,
    proposal, replan, request, revocation, say, token, uses, withdrawal,
};
use crate::event::{Basis, Event, Scope};
use crate::walk::world::{id, instant};
use crate::{Endpoint, Permit, Refusal, Reviews, UseRequest, Used, Whose, Word};
use domain::{GrantId, Span};
use std::collections::BTreeSet;

fn code(outcome: Result<Permit, Refusal>) -> Result<(), &'static str> {
    outcome.map(drop).map_err(|refusal| refusal.code())
}

fn issued() -> Reviews {
    at(Stage::Issued)
}

#[test]
fn a_permit_says_what_it_is_for() {
    let permit = ask(&issued(), "g1", 30).expect("in time");
    assert_eq!(permit.case(), &id(crate::walk::world::CASE));
    assert_eq!(permit.grant(), &id("g1"));
    assert_eq!(permit.window(), Some(&id("w1")));
    assert_eq!(permit.basis(), &Basis::Window(id("w1")));
    assert_eq!(permit.developer(), &id("developer"));
    assert_eq!(permit.party(), &id("evaluator"));
    assert_eq!(permit.person(), &id("p1"));
    assert_eq!(permit.model(), &id("model-a"));
    assert_eq!(permit.endpoint(), Endpoint::ChatCompletions);
    assert_eq!(permit.terms(), &request("g1").terms);
    assert_eq!((permit.budget_tokens(), permit.recorded_tokens()), (1_000, 0));
    assert_eq!(permit.expires_at(), instant(END));
}

#[test]
fn what_is_asked_must_be_granted() {
    let reviews = issued();
    let check = |credential: &str, request: UseRequest, expected| {
        let outcome = reviews.permit(&token(credential), &request, instant(30));
        assert_eq!(code(outcome), Err(expected));
    };
    check("g9", call(), "unknown-credential");
    check("g1", UseRequest { model: id("model-b"), ..call() }, "model-not-granted");
    check("g1", UseRequest { endpoint: Endpoint::Models, ..call() }, "endpoint-not-granted");
    check("g1", UseRequest { tokens: 1_001, ..call() }, "budget-spent");
    assert_eq!(code(ask(&at(Stage::Requested), "g1", 30)), Err("unknown-credential"));
}

#[test]
fn only_inside_window_and_grant() {
    assert_eq!(code(ask(&issued(), "g1", FIRST - 1)), Err("window-not-begun"));
    assert_eq!(code(ask(&issued(), "g1", FIRST)), Ok(()));
    assert_eq!(code(ask(&issued(), "g1", END - 1)), Ok(()));
    assert_eq!(code(ask(&issued(), "g1", END)), Err("window-over"));
    let mut reviews = at(Stage::Opened);
    let short =
        crate::GrantRequest { starts_at: instant(48), ends_at: instant(72), ..request("g1") };
    let issue = issue_of(&short);
    say(&mut reviews, 1, Event::GrantRequested(short)).expect("within the window");
    say(&mut reviews, 1, Event::GrantIssued(issue)).expect("as requested");
    assert_eq!(code(ask(&reviews.clone(), "g1", 47)), Err("grant-not-begun"));
    let permit = ask(&reviews.clone(), "g1", 48).expect("in time");
    assert_eq!(permit.expires_at(), instant(72));
    assert_eq!(code(ask(&reviews, "g1", 72)), Err("grant-over"));
}

/// After `events`, a request and a stream that was open before are both refused with the code.
fn check_stop(events: Vec<Event>, expected: &str) {
    let mut reviews = issued();
    let open = ask(&reviews, "g1", 30).expect("in time");
    assert_eq!(reviews.is_live(&open, instant(30)), Ok(()));
    for event in events {
        say(&mut reviews, 31, event).expect("a stop is admitted");
    }
    assert_eq!(code(ask(&reviews, "g1", 31)), Err(expected));
    let live = reviews.is_live(&open, instant(31)).map_err(|refusal| refusal.code());
    assert_eq!(live, Err(expected));
}

#[test]
fn every_stop_cuts_new_requests_and_open_streams() {
    let withdrawn = |scope| Event::AccessWithdrawn(withdrawal(scope));
    check_stop(vec![withdrawn(Scope::Case)], "case-withdrawn");
    check_stop(vec![withdrawn(Scope::Model(id("model-a")))], "model-withdrawn");
    check_stop(vec![withdrawn(Scope::Window(id("w1")))], "window-withdrawn");
    check_stop(vec![closing("government")], "window-over");
    check_stop(vec![closing("developer")], "window-over");
    for by in ["developer", "government", "evaluator"] {
        check_stop(vec![Event::GrantRevoked(change(by))], "grant-revoked");
        check_stop(vec![Event::GrantSuspended(change(by))], "grant-suspended");
        let removed = Event::PersonRemoved(about("evaluator", "p1", by));
        check_stop(vec![removed], "person-removed");
    }
    check_stop(vec![replan(31)], "window-over");
    let other_terms =
        vec![closing("developer"), proposal("terms-2"), Event::TermsAgreed(agreement("terms-2"))];
    check_stop(other_terms, "terms-replaced");
}

#[test]
fn refusals_come_in_the_documented_order() {
    // Each step adds a reason that stands before those already there.
    let mut reviews = issued();
    let late = UseRequest::new(id("model-b"), Endpoint::Models, 9_999);
    let ask = |reviews: &Reviews| code(reviews.clone().permit(&token("g1"), &late, instant(31)));
    assert_eq!(ask(&reviews), Err("model-not-granted"));
    let steps = [
        (closing("developer"), "window-over"),
        (Event::GrantSuspended(change("developer")), "grant-suspended"),
        (Event::PersonRemoved(about("evaluator", "p1", "evaluator")), "person-removed"),
        (Event::GrantRevoked(change("government")), "grant-revoked"),
        (Event::AccessWithdrawn(withdrawal(Scope::Window(id("w1")))), "window-withdrawn"),
        (Event::AccessWithdrawn(withdrawal(Scope::Model(id("model-a")))), "model-withdrawn"),
        (Event::AccessWithdrawn(withdrawal(Scope::Case)), "case-withdrawn"),
    ];
    for (event, expected) in steps {
        say(&mut reviews, 31, event).expect("a stop is admitted");
        assert_eq!(ask(&reviews), Err(expected));
    }
}

#[test]
fn a_suspension_ends_when_all_who_paused_let_go() {
    let mut reviews = issued();
    for by in ["developer", "government"] {
        say(&mut reviews, 30, Event::GrantSuspended(change(by))).expect("either pauses");
    }
    say(&mut reviews, 31, Event::GrantResumed(change("developer"))).expect("its own pause");
    assert_eq!(code(ask(&reviews, "g1", 31)), Err("grant-suspended"));
    say(&mut reviews, 32, Event::GrantResumed(change("government"))).expect("its own pause");
    assert_eq!(code(ask(&reviews, "g1", 32)), Ok(()));
}

#[test]
fn recorded_uses_spend_the_budget() {
    let mut reviews = issued();
    say(&mut reviews, 31, Event::UsesRecorded(uses(instant(30), 600))).expect("a fact");
    let permit = ask(&reviews, "g1", 31).expect("400 left");
    assert_eq!(permit.recorded_tokens(), 600);
    let ask_for = |reviews: &Reviews, tokens| {
        code(reviews.permit(&token("g1"), &UseRequest { tokens, ..call() }, instant(31)))
    };
    assert_eq!(ask_for(&reviews, 400), Ok(()));
    assert_eq!(ask_for(&reviews, 401), Err("budget-spent"));
    say(&mut reviews, 31, Event::UsesRecorded(uses(instant(31), u64::MAX))).expect("a fact");
    assert_eq!(ask_for(&reviews, 0), Err("budget-spent"));
}

#[test]
fn what_is_on_record_of_a_day_is_known_by_grant_person_and_organisation() {
    let mut reviews = issued();
    let day = instant(30).day();
    let grant: GrantId = id("g1");
    let (party, person, model) = reviews.holder(&grant).expect("it was asked for");
    let (party, person, model) = (party.clone(), person.clone(), model.clone());
    let of_day = |reviews: &Reviews, day| {
        let whose =
            [Whose::Grant(&grant), Whose::Person(&party, &person), Whose::Organisation(&party)];
        let [first, others @ ..] = whose.map(|whose| {
            let used: Vec<_> = reviews.used_on(whose, day).collect();
            assert!(used.iter().all(|(of, _)| **of == model));
            used.iter().map(|(_, used)| *used).fold(Used::default(), Used::plus)
        });
        assert!(others.iter().all(|other| *other == first), "one person has one grant");
        (first.requests, first.tokens())
    };
    assert_eq!(of_day(&reviews, day), (0, 0));
    let minute = |n, tokens| Event::UsesRecorded(uses(day.after(Span::minutes(n)), tokens));
    for uses in [minute(0, 600), minute(1, 7)] {
        say(&mut reviews, 31, uses.clone()).expect("a fact");
        say(&mut reviews, 31, uses).expect_err("only once");
    }
    assert_eq!(of_day(&reviews, day), (2, 607));
    // a minute of the next day, from a clock that is ahead, and one more of this day; then two days on
    let next = |days| day.after(Span::days(days));
    for uses in [minute(24 * 60, 5), minute(2, 1)] {
        say(&mut reviews, 31, uses).expect("a fact");
    }
    assert_eq!((of_day(&reviews, day), of_day(&reviews, next(1))), ((3, 608), (1, 5)));
    let recorded = reviews.recorded(&grant).expect("it was asked for");
    assert_eq!(recorded.days.iter().collect::<Vec<_>>(), [(day, &608), (next(1), &5)]);
    say(&mut reviews, 31, minute(2 * 24 * 60, 9)).expect("a fact");
    assert_eq!(
        (of_day(&reviews, day), of_day(&reviews, next(2))),
        ((0, 0), (1, 9)),
        "two are kept"
    );
}

#[test]
fn a_direct_word_ends_access_before_the_log_knows() {
    let scopes = [Scope::Case, Scope::Model(id("model-a")), Scope::Window(id("w1"))];
    for scope in scopes {
        let mut reviews = issued();
        let open = ask(&reviews, "g1", 30).expect("in time");
        let record = reviews.clone();
        let signers = BTreeSet::from([id("developer")]);
        let word = Word { withdrawal: withdrawal(scope.clone()), signers };
        for _ in 0..2 {
            reviews.heed(&word).expect("the developer's word");
            assert!(ask(&reviews, "g1", 30).is_err(), "{scope:?}");
            assert!(reviews.is_live(&open, instant(30)).is_err(), "{scope:?}");
        }
        assert!(reviews.same_record(&record), "the log has not spoken yet");
        let event = Event::AccessWithdrawn(word.withdrawal.clone());
        say(&mut reviews, 31, event.clone()).expect("the record follows");
        say(&mut reviews, 31, event).expect("and may follow again");
        assert!(ask(&reviews, "g1", 31).is_err());
    }
}

#[test]
fn a_word_counts_in_any_order() {
    let signers = BTreeSet::from([id("developer")]);
    let word = Word { withdrawal: withdrawal(Scope::Case), signers };
    // Before the gateway has heard of the case at all.
    let mut early = at(Stage::Nothing);
    early.heed(&word).expect("nothing is known against it");
    let mut logged = at(Stage::Nothing);
    say(&mut logged, 0, Event::AccessWithdrawn(word.withdrawal.clone())).expect("any order");
    let event = Event::Inquired(super::scene::inquiry());
    say(&mut early, 1, event.clone()).expect("the log goes on");
    say(&mut logged, 1, event).expect("the log goes on");
    for reviews in [&early, &logged] {
        let state = reviews.state(&super::scene::case(), instant(2)).expect("a case");
        assert_eq!(state.name(), "withdrawn");
    }
}

#[test]
fn only_the_developer_s_word_is_heeded() {
    let mut reviews = issued();
    let mut word =
        Word { withdrawal: withdrawal(Scope::Case), signers: BTreeSet::from([id("government")]) };
    let refused =
        |reviews: &mut Reviews, word: &Word| reviews.heed(word).map_err(|refusal| refusal.code());
    assert_eq!(refused(&mut reviews, &word), Err("signature-missing"));
    word.withdrawal.developer = id("government");
    assert_eq!(refused(&mut reviews, &word), Err("not-entitled"));
    assert_eq!(code(ask(&reviews, "g1", 30)), Ok(()));
}

#[test]
fn partners_use_the_model_from_the_planned_release_to_their_expiry() {
    let mut reviews = at(Stage::Selected);
    let mut asked = request("g2");
    asked.basis = Basis::Partner(id("n1"));
    (asked.party, asked.person) = (id("partner"), id("p5"));
    (asked.starts_at, asked.ends_at) = (instant(960), instant(3_000));
    let issue = issue_of(&asked);
    let read = Event::TermsAcknowledged(acknowledgement("partner", "p5"));
    for event in [read, Event::GrantRequested(asked), Event::GrantIssued(issue)] {
        say(&mut reviews, 2, event).expect("both keys turned");
    }
    assert_eq!(code(ask(&reviews.clone(), "g2", 959)), Err("grant-not-begun"));
    let permit = ask(&reviews.clone(), "g2", 960).expect("the window is over, the partner goes on");
    assert_eq!((permit.window(), permit.expires_at()), (None, instant(3_000)));
    assert_eq!(code(ask(&reviews.clone(), "g2", 3_000)), Err("nomination-expired"));
    let ended = Event::PartnerRevoked(revocation("n1", "government"));
    say(&mut reviews, 970, ended).expect("either side alone");
    assert_eq!(code(ask(&reviews, "g2", 971)), Err("nomination-revoked"));
}
