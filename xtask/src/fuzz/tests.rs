//! What libFuzzer prints is understood.

use super::Outcome;

const GOOD: &str = "INFO: Seed: 7\n\
    #4\tINITED cov: 120 ft: 130 corp: 3/1Kb exec/s: 0 rss: 40Mb\n\
    #9\tNEW    cov: 125 ft: 140 corp: 4/1Kb lim: 4 exec/s: 0 rss: 40Mb\n\
    #900\tDONE   cov: 131 ft: 150 corp: 9/2Kb lim: 4 exec/s: 450 rss: 41Mb\n\
    Done 900 runs in 2 second(s)\n\
    stat::number_of_executed_units: 900\n\
    stat::average_exec_per_sec:     450\n";

#[test]
fn a_run_to_the_end_has_numbers_and_no_fault() {
    let outcome = Outcome::read(GOOD, true, 6);
    assert_eq!((outcome.executions, outcome.a_second), (900, 450));
    assert_eq!((outcome.edges, outcome.new_edges, outcome.new_inputs), (131, 11, 6));
    assert_eq!(outcome.fault, None);
}

#[test]
fn a_panic_is_shown_with_its_place_and_its_input() {
    let said = "#4\tINITED cov: 120 ft: 130\n\
        thread '<unnamed>' panicked at src/a.rs:3:5:\nindex out of bounds\n\
        ==1== ERROR: libFuzzer: deadly signal\n\
        artifact_prefix='/t/'; Test unit written to /t/crash-1\n";
    let fault = Outcome::read(said, false, 0).fault.expect("a fault");
    assert_eq!(fault.cause, "panicked at src/a.rs:3:5: index out of bounds");
    assert_eq!(fault.input.as_deref(), Some("/t/crash-1"));
    let timeout = "==1== ERROR: libFuzzer: timeout after 5 seconds\nTest unit written to /t/slow\n";
    let fault = Outcome::read(timeout, false, 0).fault.expect("a fault");
    assert_eq!(fault.cause, "timeout after 5 seconds");
}

#[test]
fn an_end_without_a_word_is_a_fault() {
    let fault = Outcome::read("", false, 0).fault.expect("a fault");
    assert_eq!((fault.cause.as_str(), fault.input), ("it ended with an error: ", None));
}
