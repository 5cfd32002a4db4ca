//! A model of one log's life, walked exhaustively: lock, stage, swap, apply, sync, publish, witnesses, crashes, a restored
//! backup.
//!
//! Two processes hold the log's key and share a folder; two witnesses cosign; clients hand in two statements. Every order
//! of their steps is walked, with up to two crashes, one backup at any moment and one restore of it. A log is the list of
//! its statements, so "one is the beginning of the other" stands for a consistency proof.
//!
//! The walk must find nothing. Then each rule is switched off in turn, and the walk must find a counterexample: a rule whose
//! absence is not noticed would not be tested by it. Numbers and what the model leaves out are in
//! `docs/decisions/0014-model.md`.

mod rules;

use rules::{Folder, Phase, Rule, Rules, Step, World, is_beginning};
use stateright::{Checker, Expectation, HasDiscoveries, Model, Property};

/// The world under some rules.
struct Life(Rules);

impl Model for Life {
    type State = World;
    type Action = Step;

    fn init_states(&self) -> Vec<World> {
        vec![World::default()]
    }

    fn actions(&self, world: &World, steps: &mut Vec<Step>) {
        world.steps(&self.0, steps);
    }

    fn next_state(&self, world: &World, step: Step) -> Option<World> {
        world.after(&self.0, step)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always("published logs never fork", |_, w: &World| {
                w.restored || all_in_line(&w.published)
            }),
            Property::always("what was acknowledged stays", |_, w: &World| {
                w.restored
                    || w.acknowledged.iter().all(|log| is_beginning(*log, w.folder.committed))
            }),
            Property::always("what was acknowledged is served", |_, w: &World| {
                // while no process repairs the folder, and none of an older copy
                w.restored
                    || w.acknowledged.iter().all(|log| is_beginning(*log, w.folder.published))
            }),
            Property::always("nothing is published before it is committed", |_, w: &World| {
                w.restored || is_beginning(w.folder.published, w.folder.committed)
            }),
            Property::always("what is published is in place", |_, w: &World| {
                is_beginning(w.folder.published, w.folder.applied)
            }),
            Property::always(
                "no process signs behind a witness that it can hear",
                |m, w: &World| {
                    // a silent witness is known too late, and then stops the node
                    m.0.silence
                        || !w.processes.iter().any(|p| signs(*p))
                        || w.witnesses_are_behind()
                },
            ),
            Property::always("cosigned by both never forks", |_, w: &World| all_in_line(&w.full)),
            Property::always("a committed log can be finished", |_, w: &World| {
                let Folder { committed, staged, applied, .. } = w.folder;
                committed == applied || staged == Some(committed) || w.restored
            }),
            // the walk reaches what it is about
            Property::sometimes("two statements are cosigned by both", |_, w: &World| {
                w.full.iter().any(|log| log.len() == 2)
            }),
            Property::sometimes("a process refuses a restored copy", |_, w: &World| {
                w.restored && w.processes.contains(&Phase::Refused)
            }),
            Property::sometimes(
                "a restored copy goes on where no witness is ahead",
                |_, w: &World| w.restored && w.processes.iter().any(|p| signs(*p)),
            ),
        ]
    }
}

/// Whether a process may sign a checkpoint from here on.
fn signs(phase: Phase) -> bool {
    !matches!(phase, Phase::Down | Phase::Opened | Phase::Settled | Phase::Refused)
}

/// Whether of any two one is the beginning of the other.
fn all_in_line(logs: &[rules::Log]) -> bool {
    let in_line = |a: &rules::Log, b: &rules::Log| is_beginning(*a, *b) || is_beginning(*b, *a);
    logs.iter().all(|a| logs.iter().all(|b| in_line(a, b)))
}

/// The names of the properties that fail, with the number of states that were walked.
fn walk(rules: Rules) -> (Vec<&'static str>, usize) {
    walk_until(rules, HasDiscoveries::All)
}

/// The same, up to some discovery.
fn walk_until(rules: Rules, end: HasDiscoveries) -> (Vec<&'static str>, usize) {
    let checker = Life(rules).checker().threads(2).finish_when(end).spawn_bfs().join();
    let found = checker.discoveries();
    let fails = |p: &Property<Life>| match p.expectation {
        Expectation::Always => found.contains_key(p.name),
        Expectation::Sometimes | Expectation::Eventually => !found.contains_key(p.name),
    };
    let properties = Life(rules).properties();
    let failed = properties.iter().filter(|p| fails(p)).map(|p| p.name).collect();
    (failed, checker.unique_state_count())
}

#[test]
fn every_order_of_steps_keeps_every_promise() {
    let (failed, states) = walk(Rules::ALL);
    println!("model: {states} states");
    assert_eq!(failed, Vec::<&str>::new());
    assert!(states > 10_000, "{states} states");
}

/// Whoever starts with a witness out of reach may go on from an older copy: what both cosign holds all the same.
#[test]
fn with_a_silent_witness_what_both_cosign_still_never_forks() {
    let (failed, states) = walk(Rules::ALL.with_silence());
    println!("model, with silent witnesses: {states} states");
    assert_eq!(failed, Vec::<&str>::new());
}

/// Each set of rules that is off, with what that breaks.
const NEEDED: [(&[Rule], &str); 10] = [
    (&[Rule::Lock], "what was acknowledged is served"),
    (&[Rule::Lock, Rule::CompareAndSwap], "published logs never fork"),
    (&[Rule::Stage], "a committed log can be finished"),
    (&[Rule::PublishAfterCommit], "nothing is published before it is committed"),
    (&[Rule::AcknowledgeAfterCommit], "what was acknowledged stays"),
    (&[Rule::ApplyBeforePublish], "what is published is in place"),
    (&[Rule::SyncBeforePublish], "what is published is in place"),
    (&[Rule::Settle], "what is published is in place"),
    (&[Rule::AskAtStart], "no process signs behind a witness that it can hear"),
    (&[Rule::AskAtStart, Rule::WitnessCompares], "cosigned by both never forks"),
];

#[test]
fn each_rule_is_needed() {
    for (off, broken) in NEEDED {
        // only what witnesses are for needs a restored copy to show
        let world = if off.contains(&Rule::AskAtStart) { Rules::ALL } else { Rules::ALL.small() };
        let rules = off.iter().fold(world, |rules, rule| rules.without(*rule));
        let (failed, states) = walk_until(rules, HasDiscoveries::AllOf([broken].into()));
        println!("model without {off:?}: broken after {states} states: {broken}");
        assert!(failed.contains(&broken), "without {off:?}: {failed:?}");
    }
}

/// Where one rule fails, another still keeps the worst from happening.
#[test]
fn a_second_rule_stands_behind_the_first() {
    for (rules, off, kept) in [
        // the commit point holds where two processes write
        (
            Rules::ALL.small(),
            Rule::Lock,
            ["published logs never fork", "what was acknowledged stays"],
        ),
        // the witnesses compare where the node did not ask
        (
            Rules::ALL,
            Rule::AskAtStart,
            ["cosigned by both never forks", "published logs never fork"],
        ),
    ] {
        let (failed, states) = walk(rules.without(off));
        println!("model without {off:?}: {states} states, still: {kept:?}");
        assert!(kept.iter().all(|kept| !failed.contains(kept)), "without {off:?}: {failed:?}");
    }
}
