//! What libFuzzer said about one run.

use std::fmt;

/// The numbers of one run, and how it ended.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Outcome {
    /// Inputs that were run.
    pub(super) executions: u64,
    /// Inputs a second, over the whole run.
    pub(super) a_second: u64,
    /// Edges reached at the end.
    pub(super) edges: u64,
    /// Edges that the corpus did not reach at the start.
    pub(super) new_edges: u64,
    /// Inputs that were kept because they reached something new.
    pub(super) new_inputs: usize,
    /// Why it ended early.
    pub(super) fault: Option<Fault>,
}

/// Why a run ended early.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// The panic with its place, or libFuzzer's own word.
    pub(super) cause: String,
    /// The file with the input that did it, unless it ended without writing one.
    pub(super) input: Option<String>,
}

impl Outcome {
    /// Reads what was printed; a run that did not succeed is a fault, whatever it printed.
    pub(super) fn read(said: &str, succeeded: bool, new_inputs: usize) -> Self {
        let stat = |name: &str| {
            let line = said.lines().find_map(|l| l.strip_prefix("stat::")?.strip_prefix(name));
            line.and_then(|l| l.trim_start_matches(':').trim().parse().ok()).unwrap_or(0)
        };
        let mut covered = said.lines().filter_map(edges);
        let first = covered.next().unwrap_or(0);
        let last = covered.next_back().unwrap_or(first);
        Self {
            executions: stat("number_of_executed_units"),
            a_second: stat("average_exec_per_sec"),
            edges: last,
            new_edges: last.saturating_sub(first),
            new_inputs,
            fault: (!succeeded).then(|| fault(said)),
        }
    }
}

/// The edges of a progress line, such as `#12 INITED cov: 30 ft: 31 …`.
fn edges(line: &str) -> Option<u64> {
    let (_, after) = line.strip_prefix('#')?.split_once(" cov: ")?;
    after.split_whitespace().next()?.parse().ok()
}

/// What ended it, where it happened, and where the input lies.
fn fault(said: &str) -> Fault {
    let own = said.lines().find_map(|l| l.split_once("ERROR: libFuzzer: ").map(|(_, why)| why));
    let mut lines = said.lines();
    let panic = lines.find(|l| l.contains(" panicked at ")).map(|place| {
        let place = place.split_once(" panicked at ").map_or(place, |(_, place)| place);
        format!("panicked at {place} {}", lines.next().unwrap_or_default())
    });
    let input = said.lines().find_map(|l| l.split_once("Test unit written to ").map(|(_, p)| p));
    let cause = panic.or_else(|| own.map(str::to_owned));
    Fault {
        cause: cause.unwrap_or_else(|| format!("it ended with an error: {}", said.trim())),
        input: input.map(str::to_owned),
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:>11} {:>9} {:>7} {:>6} {:>10}",
            self.executions, self.a_second, self.edges, self.new_edges, self.new_inputs
        )?;
        if self.fault.is_some() { f.write_str("  FAULT") } else { Ok(()) }
    }
}
