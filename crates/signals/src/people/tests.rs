//! Each misuser is found by the rule that is for it where terms show enough, and honest weeks are quiet.

use super::{Kind, Shown, scene};
use crate::{Report, Rule, Thresholds, look};
use domain::Timestamp;
use std::collections::BTreeSet;

fn report(kind: Kind, seed: u64, shown: Shown) -> Report {
    let rules = include_str!("../../../../rules/insider.toml");
    let thresholds = Thresholds::read(rules).expect("the shipped file is sound");
    let scene = scene(kind, seed, shown);
    look(&scene.uses, &scene.grants, &thresholds, &scene.surroundings, Timestamp::MAX)
}

fn rules(kind: Kind, shown: Shown) -> BTreeSet<Rule> {
    report(kind, 7, shown).signals.iter().map(|s| s.rule).collect()
}

#[test]
fn misuse_is_told_by_the_rule_that_is_for_it() {
    for shown in Shown::ALL {
        for (kind, rule) in [
            (Kind::Extractor, Rule::Volume),
            (Kind::Harvester, Rule::Harvest),
            (Kind::Sharer, Rule::SharedCredential),
            (Kind::Traveller, Rule::ImpossibleTravel),
        ] {
            let told = rules(kind, shown);
            assert!(told.contains(&rule), "{} under {}: {told:?}", kind.name(), shown.name());
        }
    }
    assert!(rules(Kind::Sweeper, Shown::Visible).contains(&Rule::Sweep));
    assert!(rules(Kind::Sweeper, Shown::Sealed).contains(&Rule::Sweep));
    assert!(rules(Kind::Ring, Shown::Hashed).contains(&Rule::CommonPrompts));
    assert!(rules(Kind::Leaker, Shown::Visible).contains(&Rule::Canary));
}

/// What the rules can't see is said here, so that nobody believes otherwise.
#[test]
fn what_is_not_seen() {
    assert!(!rules(Kind::Leaker, Shown::Hashed).contains(&Rule::Canary));
    assert!(!rules(Kind::Sweeper, Shown::Hashed).contains(&Rule::Sweep));
    for shown in Shown::ALL {
        assert_eq!(rules(Kind::SlowExtractor, shown), BTreeSet::new(), "{}", shown.name());
    }
}

#[test]
fn honest_weeks_are_quiet() {
    for kind in Kind::HONEST {
        for shown in Shown::ALL {
            let told = rules(kind, shown);
            assert_eq!(told, BTreeSet::new(), "{} under {}", kind.name(), shown.name());
        }
    }
}

/// Under sealed terms nothing of a prompt is there to be looked at, and the report says what was not asked.
#[test]
fn sealed_terms_leave_sizes_counts_and_times() {
    let report = report(Kind::Sweeper, 7, Shown::Sealed);
    let unasked: BTreeSet<_> = report.undetermined.iter().map(|u| u.rule).collect();
    assert!(unasked.contains(&Rule::Diversity) && unasked.contains(&Rule::Canary), "{unasked:?}");
    let scene = scene(Kind::Sweeper, 7, Shown::Sealed);
    assert!(scene.uses.iter().all(|u| u.prompt.digest().is_none() && u.prompt.sketch().is_none()));
}
