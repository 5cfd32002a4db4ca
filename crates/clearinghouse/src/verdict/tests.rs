//! Every combination of runs, and the order of reasons.

use super::{InvalidReason, Round, RunOutcome, ValidationRuns, Verdict, judge};
use crate::tests::{GOOD, runs};
use RunOutcome::{Disorderly, Fired, HarnessFailed, Silent};

const ALL: [RunOutcome; 4] = [Fired, Silent, Disorderly, HarnessFailed];

fn round(runs: [RunOutcome; 4]) -> Round {
    let [proof_on_vulnerable, proof_on_fixed, control_on_vulnerable, control_on_fixed] = runs;
    Round { proof_on_vulnerable, proof_on_fixed, control_on_vulnerable, control_on_fixed }
}

#[test]
fn verdicts() {
    for (outcomes, verdict) in [
        ([Fired, Silent, Silent, Silent], Verdict::Confirmed),
        ([Silent, Silent, Silent, Silent], Verdict::NotReproduced),
        ([Silent, Fired, Silent, Silent], Verdict::NotReproduced),
        ([Fired, Fired, Silent, Silent], Verdict::FiresOnFixed),
        // The patch removed the feature, or the build is broken.
        ([Fired, Silent, Silent, Disorderly], Verdict::ControlFails),
        ([Fired, Silent, Disorderly, Silent], Verdict::ControlFails),
        ([Fired, Silent, Fired, Silent], Verdict::ControlFails),
        ([Silent, Silent, Disorderly, Disorderly], Verdict::ControlFails),
        // Not silent is not fired.
        ([Fired, Disorderly, Silent, Silent], Verdict::Invalid(InvalidReason::Disorderly)),
        ([Disorderly, Silent, Silent, Silent], Verdict::Invalid(InvalidReason::Disorderly)),
        // A crashed runner is never a statement about the finding.
        ([Fired, Silent, Silent, HarnessFailed], Verdict::Invalid(InvalidReason::HarnessFailed)),
        (
            [HarnessFailed, Fired, Disorderly, Silent],
            Verdict::Invalid(InvalidReason::HarnessFailed),
        ),
    ] {
        assert_eq!(judge(&runs(round(outcomes))), verdict, "{outcomes:?}");
    }
}

#[test]
fn repetitions() {
    let flaky = Round { proof_on_vulnerable: Silent, ..GOOD };
    let failed = Round { control_on_fixed: HarnessFailed, ..GOOD };
    for (repeated, verdict) in [
        (vec![GOOD], Verdict::Confirmed),
        (vec![], Verdict::Invalid(InvalidReason::NotRepeated)),
        (vec![GOOD, flaky, GOOD], Verdict::Invalid(InvalidReason::Flaky)),
        (vec![GOOD, failed], Verdict::Invalid(InvalidReason::HarnessFailed)),
    ] {
        assert_eq!(judge(&ValidationRuns { first: GOOD, repeated }), verdict);
    }
}

#[test]
fn only_one_of_all_combinations_is_confirmed() {
    let mut confirmed = Vec::new();
    for a in ALL {
        for b in ALL {
            for c in ALL {
                for d in ALL {
                    let one = round([a, b, c, d]);
                    let verdict = judge(&runs(one));
                    let failed = [a, b, c, d].contains(&HarnessFailed);
                    let invalid = verdict == Verdict::Invalid(InvalidReason::HarnessFailed);
                    assert_eq!(failed, invalid, "{one:?}");
                    if verdict == Verdict::Confirmed {
                        confirmed.push(one);
                    }
                }
            }
        }
    }
    assert_eq!(confirmed, [GOOD]);
}
