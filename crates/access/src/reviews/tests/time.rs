//! Clocks: bounds hold when they step back, and what time brings about is told once.

use super::scene::{END, PLAN, Stage, ask, at, case, change, closing, opening, replan, say};
use crate::event::Event;
use crate::walk::world::{id, instant};
use crate::{Lapse, Refusal};

fn code<T>(outcome: Result<T, Refusal>) -> Result<(), &'static str> {
    outcome.map(drop).map_err(|refusal| refusal.code())
}

#[test]
fn a_clock_that_steps_back_revives_nothing() {
    let reviews = at(Stage::Issued);
    let open = ask(&reviews, "g1", 30).expect("in time");
    assert_eq!(code(ask(&reviews, "g1", END)), Err("window-over"));
    assert_eq!(code(ask(&reviews, "g1", 30)), Err("window-over"));
    assert_eq!(code(reviews.is_live(&open, instant(30))), Err("window-over"));
    assert_eq!(code(ask(&reviews.clone(), "g1", 30)), Err("window-over"), "nor in a copy");
}

#[test]
fn a_tick_moves_the_mark_and_asking_about_the_future_does_not() {
    let mut reviews = at(Stage::Issued);
    let state = reviews.state(&case(), instant(END)).expect("a case").name();
    assert_eq!(state, "ended");
    assert_eq!(code(ask(&reviews, "g1", 30)), Ok(()));
    reviews.tick(instant(END));
    assert_eq!(code(ask(&reviews, "g1", 30)), Err("window-over"));
    assert_eq!(reviews.latest_seen(), instant(END));
}

#[test]
fn what_a_main_party_stated_moves_the_case_s_clock() {
    let mut reviews = at(Stage::Issued);
    let event = Event::GrantSuspended(change("developer"));
    say(&mut reviews, END, event).expect("a stop");
    say(&mut reviews, 30, Event::GrantResumed(change("developer"))).expect("its own pause");
    assert_eq!(code(ask(&reviews, "g1", 30)), Err("window-over"));
    // Others can't end anything by stating a late time.
    let mut reviews = at(Stage::Issued);
    say(&mut reviews, END, Event::GrantSuspended(change("evaluator"))).expect("a stop");
    say(&mut reviews, 30, Event::GrantResumed(change("evaluator"))).expect("its own pause");
    assert_eq!(code(ask(&reviews, "g1", 30)), Ok(()));
}

#[test]
fn the_developer_s_plan_moves_the_end_but_not_past_thirty_days() {
    let mut reviews = at(Stage::Issued);
    say(&mut reviews, 40, replan(100)).expect("the developer plans");
    assert_eq!(code(ask(&reviews.clone(), "g1", 99)), Ok(()));
    assert_eq!(code(ask(&reviews.clone(), "g1", 100)), Err("window-over"));
    say(&mut reviews, 50, replan(200)).expect("the developer plans");
    assert_eq!(code(ask(&reviews.clone(), "g1", 199)), Ok(()));
    assert_eq!(code(ask(&reviews.clone(), "g1", 200)), Err("window-over"));
    say(&mut reviews, 60, replan(9_000)).expect("the developer plans");
    assert_eq!(code(ask(&reviews.clone(), "g1", END - 1)), Ok(()));
    assert_eq!(code(ask(&reviews, "g1", END)), Err("window-over"));
}

#[test]
fn a_stream_ends_when_its_permit_said_even_if_the_window_now_ends_later() {
    let mut reviews = at(Stage::Issued);
    say(&mut reviews, 40, replan(100)).expect("the developer plans");
    let open = ask(&reviews, "g1", 50).expect("in time");
    assert_eq!(open.expires_at(), instant(100));
    say(&mut reviews, 60, replan(500)).expect("the developer plans");
    assert_eq!(reviews.is_live(&open, instant(99)), Ok(()));
    assert_eq!(code(reviews.is_live(&open, instant(100))), Err("grant-over"));
    assert_eq!(code(ask(&reviews, "g1", 100)), Ok(()), "a new request has a new permit");
}

#[test]
fn a_new_plan_revives_no_window_that_is_over() {
    let mut reviews = at(Stage::Issued);
    say(&mut reviews, 40, replan(100)).expect("the developer plans");
    say(&mut reviews, 100, replan(500)).expect("a plan is always recorded");
    assert_eq!(code(ask(&reviews.clone(), "g1", 101)), Err("window-over"));
    assert_eq!(code(ask(&reviews, "g1", 50)), Err("window-over"), "backdated or not");
    let case = reviews.case(&case()).expect("a case");
    assert_eq!(case.planned_partner_release_at(), instant(500));
}

#[test]
fn longer_access_takes_a_new_window_with_both_signatures() {
    let mut reviews = at(Stage::Opened);
    let mut second = opening("w2");
    second.first_access_at = instant(END);
    let event = Event::WindowOpened(second);
    assert_eq!(code(say(&mut reviews, END - 1, event.clone())), Err("window-live"));
    assert_eq!(code(say(&mut reviews, END, event)), Ok(()));
    let (id, window) = reviews.case(&case()).expect("a case").last_window().expect("opened");
    assert_eq!((id.as_str(), window.ends_at()), ("w2", instant(PLAN)));
}

#[test]
fn time_is_told_once_and_in_order() {
    let mut reviews = at(Stage::Admitted);
    assert_eq!(reviews.due(), Some(instant(24)));
    let window = || id("w1");
    assert_eq!(reviews.tick(instant(23)), vec![]);
    let began = Lapse::WindowBegan { case: case(), window: window() };
    assert_eq!(reviews.tick(instant(24)), vec![began]);
    assert_eq!(reviews.due(), Some(instant(END)));
    let ended = vec![
        Lapse::WindowEnded { case: case(), window: window() },
        Lapse::GrantEnded { case: case(), grant: id("g1") },
    ];
    assert_eq!(reviews.tick(instant(END)), ended);
    assert_eq!(reviews.tick(instant(10)), vec![]);
    assert_eq!(reviews.tick(instant(END)), vec![]);
    assert_eq!(reviews.due(), Some(instant(3_000)));
    assert_eq!(reviews.tick(instant(9_999)).len(), 2);
    assert_eq!(reviews.due(), None);
}

#[test]
fn a_closed_window_has_nothing_left_to_lapse() {
    let mut reviews = at(Stage::Opened);
    say(&mut reviews, 30, closing("government")).expect("either side");
    assert_eq!(reviews.due(), None);
}
