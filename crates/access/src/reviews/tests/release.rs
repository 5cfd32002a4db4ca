//! The developer's release: in every state, refused by nothing, changing nothing.

use super::scene::{Stage, at, case, determination, say, withdrawal};
use crate::event::{AccessRequest, Audience, Decline, Event, ExternalOrder, Release, Scope};
use crate::walk::world::{attest, id, instant, line, text};
use crate::{Outcome, Reviews, Status};
use domain::Digest;

const STAGES: [Stage; 12] = [
    Stage::Nothing,
    Stage::Inquired,
    Stage::Proposed,
    Stage::Agreed,
    Stage::Acknowledged,
    Stage::Opened,
    Stage::Requested,
    Stage::Issued,
    Stage::Nominated,
    Stage::Selected,
    Stage::Applied,
    Stage::Admitted,
];

fn release() -> Event {
    Reviews::release(Release {
        developer: id("developer"),
        model: id("model-a"),
        audience: Audience::Public,
        released_at: instant(5),
        case: Some(case()),
    })
}

fn check(mut reviews: Reviews) {
    let before = reviews.clone();
    say(&mut reviews, 5, release()).expect("a release is never refused");
    assert!(reviews.cases().eq(before.cases()), "a release changes no case");
    let (developer, model) = (id("developer"), id("model-a"));
    assert_eq!(reviews.releases(&developer, &model).count(), 1);
    if let Ok(state) = reviews.state(&case(), instant(6)) {
        assert!(state.records().view().statuses.contains(&Status::Released));
    }
}

#[test]
fn a_release_is_admitted_at_every_stage_and_time() {
    for stage in STAGES {
        check(at(stage));
        let mut withdrawn = at(stage);
        let word = Event::AccessWithdrawn(withdrawal(Scope::Case));
        say(&mut withdrawn, 3, word).expect("withdrawn at any time");
        check(withdrawn);
        let mut late = at(stage);
        late.tick(instant(90_000));
        check(late);
    }
}

#[test]
fn a_release_needs_no_case_no_role_and_no_enrolment() {
    let mut reviews = at(Stage::Nothing);
    let event = Reviews::release(Release {
        developer: id("nobody-knows"),
        model: id("model-z"),
        audience: Audience::OpenWeights,
        released_at: instant(0),
        case: None,
    });
    assert_eq!(reviews.apply(&attest(event, instant(0))), Ok(()));
}

#[test]
fn no_determination_request_or_order_stands_against_it() {
    let mut reviews = at(Stage::Inquired);
    let mut covered = determination("one");
    covered.outcome = Outcome::Covered;
    let asked = AccessRequest {
        case: case(),
        government: id("government"),
        developer: id("developer"),
        reason: text("please"),
    };
    let order = ExternalOrder {
        by: id("government"),
        case: Some(case()),
        authority: line("an agency"),
        legal_basis: line("another law"),
        document: Digest::of(b"order"),
        received_at: instant(0),
    };
    say(&mut reviews, 1, Event::ModelDetermined(covered)).expect("a reference");
    let before = reviews.clone();
    let declined = Decline { case: case(), developer: id("developer"), reason: None };
    for event in [
        Event::AccessRequested(asked),
        Event::RequestDeclined(declined),
        Event::OrderRecorded(order),
    ] {
        say(&mut reviews, 2, event).expect("a record");
    }
    assert!(reviews.cases().eq(before.cases()), "records beside the case change nothing in it");
    let view = reviews.state(&case(), instant(3)).expect("a case").records().view();
    assert_eq!((view.requests, view.declines, view.external_orders), (1, 1, 1));
    assert_eq!(view.statuses, vec![Status::Notified]);
    check(reviews);
}

#[test]
fn people_are_told_five_things_and_none_is_a_verdict() {
    let all = [
        Status::Notified,
        Status::AccessOffered,
        Status::AccessEnded,
        Status::FindingsShared,
        Status::Released,
    ];
    let names: Vec<_> = all.iter().map(|status| status.name()).collect();
    let expected = ["notified", "access offered", "access ended", "findings shared", "released"];
    assert_eq!(names, expected);
    let view = at(Stage::Issued).state(&case(), instant(800)).expect("a case").records().view();
    assert_eq!(view.statuses, vec![Status::Notified, Status::AccessOffered, Status::AccessEnded]);
}

#[test]
fn a_later_determination_supersedes_and_a_withdrawn_one_is_marked() {
    let mut reviews = at(Stage::Inquired);
    say(&mut reviews, 1, Event::ModelDetermined(determination("one"))).expect("a reference");
    let mut second = determination("two");
    second.outcome = Outcome::NotCovered;
    second.supersedes = Some(Digest::of(b"one"));
    say(&mut reviews, 2, Event::ModelDetermined(second)).expect("a re-determination");
    let taken_back = crate::DeterminationWithdrawal {
        case: case(),
        authority: id("determiner"),
        reference: Digest::of(b"two"),
        reason: text("a new benchmark"),
    };
    say(&mut reviews, 3, Event::DeterminationWithdrawn(taken_back)).expect("the authority's own");
    let view = reviews.state(&case(), instant(3)).expect("a case").records().view();
    let model = view.models.first().expect("two models");
    let marks: Vec<_> =
        model.determinations.iter().map(|d| (d.superseded_by.is_some(), d.withdrawn)).collect();
    assert_eq!(marks, vec![(true, false), (false, true)]);
    say(&mut reviews, 4, Event::ModelDetermined(determination("three"))).expect("none in force");
    check(reviews);
}
