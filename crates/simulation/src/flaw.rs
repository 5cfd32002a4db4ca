//! Faults that the tests build in on purpose, to see that the invariants can fail.

/// What is wrong with this run's system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// Nothing.
    None,
    /// A stop of the machine loses a published file.
    LosesFiles,
    /// The database says that it committed and did not.
    LosesCommits,
    /// The gateway does not ask whether an open stream may go on.
    StreamsOutlive,
    /// The gateway does not obey the developer's direct word.
    DeafToWords,
    /// The gateway begins again with empty accounts.
    ForgetsCharges,
    /// The gateway counts its own uses again once they are on record.
    CountsTwice,
    /// What is set aside for a stream beyond its intent is not on record.
    GrowsOffRecord,
    /// A party passes over a statement once in a while.
    SkipsStatements,
}
