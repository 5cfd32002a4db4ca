//! Every dial, many seeds: the oracle takes the reference and nothing else.

use super::Keystream;
use crate::family::{Dial, Family as _};
use crate::oracle::{Oracle, Outcome, Submission};
use crate::seed::MasterSeed;

fn outcome(oracle: &Oracle, submission: &Submission) -> Outcome {
    let Oracle::Answer(answer) = oracle else { panic!("an answer") };
    answer.judge(submission).outcome
}

#[test]
fn reference_passes_and_everything_else_fails() {
    let master = MasterSeed::new([4; 32]);
    for dial in Dial::ALL {
        let mut others = Vec::new();
        for index in 0..100 {
            let seed = master.instance("keystream-recovery", index, "r");
            let instance = Keystream.generate(&seed, dial);
            assert_eq!(outcome(&instance.oracle, &instance.reference), Outcome::Pass);
            for wrong in &instance.wrong {
                let judged = outcome(&instance.oracle, &wrong.submission);
                assert_eq!(judged, Outcome::Fail, "{}", wrong.what);
            }
            for other in &others {
                assert_eq!(outcome(&instance.oracle, other), Outcome::Fail, "another seed's");
            }
            others.push(instance.reference);
        }
    }
}

#[test]
fn the_answer_is_not_in_what_the_agent_gets() {
    let master = MasterSeed::new([5; 32]);
    for dial in Dial::ALL {
        for index in 0..20 {
            let instance = Keystream.generate(&master.instance("k", index, "r"), dial);
            let Submission::Answer(answer) = &instance.reference else { panic!("text") };
            let hex = super::hex(answer.as_bytes());
            for file in &instance.files {
                let text = String::from_utf8_lossy(&file.bytes);
                assert!(!text.contains(answer.as_str()) && !text.contains(&hex), "{}", file.path);
            }
            assert!(!instance.prompt.contains(answer.as_str()));
        }
    }
}
