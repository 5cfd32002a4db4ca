//! What a run did.

use std::collections::BTreeMap;
use std::fmt;

/// What one run did, or several together ([`Summary::add`]).
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    /// The seed; of several runs the last one's.
    pub seed: u64,
    /// Steps taken.
    pub steps: u64,
    /// Statements in the log.
    pub appends: u64,
    /// Drafts offered to other parties.
    pub drafts: u64,
    /// Signatures given to others' drafts.
    pub cosignatures: u64,
    /// Receipts given for statements that were logged before.
    pub repeats: u64,
    /// Answers of the node that did not arrive.
    pub lost_answers: u64,
    /// Forged or malformed submissions, all refused.
    pub forgeries: u64,
    /// What the node refused, by code.
    pub node_refusals: BTreeMap<&'static str, u64>,
    /// Statements in the log that the rules did not admit at the gateway.
    pub not_admitted: u64,
    /// Stops of the machine, by the part of an append that they hit.
    pub stops: BTreeMap<&'static str, u64>,
    /// Other failures of the disk or the database.
    pub failures: u64,
    /// Starts of the node, the first included.
    pub starts: u64,
    /// Jumps of one clock or of all.
    pub clock_jumps: u64,
    /// Old states of the log shown to a party; an older one than it knew was refused.
    pub old_mirrors: u64,
    /// The developer's direct words, also while the log was down.
    pub words: u64,
    /// Among them, those given while nobody could reach the log.
    pub words_log_down: u64,
    /// Requests forwarded.
    pub uses_forwarded: u64,
    /// Requests refused, by code.
    pub uses_refused: BTreeMap<&'static str, u64>,
    /// Open streams cut because their permit ended.
    pub streams_cut: u64,
    /// Open streams cut because the budget was spent.
    pub streams_exhausted: u64,
    /// Restarts of the gateway.
    pub gateway_restarts: u64,
}

impl Summary {
    /// Adds another run's numbers.
    pub fn add(&mut self, other: &Self) {
        let maps = [
            (&mut self.node_refusals, &other.node_refusals),
            (&mut self.stops, &other.stops),
            (&mut self.uses_refused, &other.uses_refused),
        ];
        for (ours, theirs) in maps {
            for (key, count) in theirs {
                *ours.entry(key).or_default() += count;
            }
        }
        let numbers = [
            (&mut self.steps, other.steps),
            (&mut self.appends, other.appends),
            (&mut self.drafts, other.drafts),
            (&mut self.cosignatures, other.cosignatures),
            (&mut self.repeats, other.repeats),
            (&mut self.lost_answers, other.lost_answers),
            (&mut self.forgeries, other.forgeries),
            (&mut self.not_admitted, other.not_admitted),
            (&mut self.failures, other.failures),
            (&mut self.starts, other.starts),
            (&mut self.clock_jumps, other.clock_jumps),
            (&mut self.old_mirrors, other.old_mirrors),
            (&mut self.words, other.words),
            (&mut self.words_log_down, other.words_log_down),
            (&mut self.uses_forwarded, other.uses_forwarded),
            (&mut self.streams_cut, other.streams_cut),
            (&mut self.streams_exhausted, other.streams_exhausted),
            (&mut self.gateway_restarts, other.gateway_restarts),
        ];
        for (ours, theirs) in numbers {
            *ours += theirs;
        }
        self.seed = other.seed;
    }

    /// Stops of the machine at any point.
    pub fn crashes(&self) -> u64 {
        self.stops.values().sum()
    }
}

struct Counts<'a>(&'a BTreeMap<&'static str, u64>);

impl fmt::Display for Counts<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.values().sum::<u64>())?;
        let parts: Vec<_> = self.0.iter().map(|(key, n)| format!("{key} {n}")).collect();
        if parts.is_empty() { Ok(()) } else { write!(f, " ({})", parts.join(", ")) }
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "  steps             {}", self.steps)?;
        writeln!(
            f,
            "  appends           {}, of which the rules admit {}",
            self.appends,
            self.appends.saturating_sub(self.not_admitted)
        )?;
        let (drafts, signatures) = (self.drafts, self.cosignatures);
        writeln!(f, "  drafts            {drafts}, cosignatures {signatures}")?;
        let (repeats, lost) = (self.repeats, self.lost_answers);
        writeln!(f, "  repeats           {repeats}, lost answers {lost}")?;
        writeln!(f, "  refused by node   {}", Counts(&self.node_refusals))?;
        writeln!(f, "  forgeries         {}, all refused", self.forgeries)?;
        writeln!(f, "  machine stops     {}", Counts(&self.stops))?;
        writeln!(f, "  other failures    {}, node starts {}", self.failures, self.starts)?;
        let (jumps, mirrors) = (self.clock_jumps, self.old_mirrors);
        writeln!(f, "  clock jumps       {jumps}, old mirrors {mirrors}")?;
        let (words, down) = (self.words, self.words_log_down);
        writeln!(f, "  direct words      {words}, of which {down} with the log down")?;
        writeln!(f, "  uses forwarded    {}", self.uses_forwarded)?;
        writeln!(f, "  uses refused      {}", Counts(&self.uses_refused))?;
        let (cut, spent) = (self.streams_cut, self.streams_exhausted);
        writeln!(f, "  streams cut       {cut}, at the end of a budget {spent}")?;
        write!(f, "  gateway restarts  {}", self.gateway_restarts)
    }
}
