//! Why criteria, or a verdict under them, can't be believed.

use crate::decision::{RuleError, Verdict};

/// Why criteria, or a verdict under them, can't be believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// The opening is not what was committed to.
    #[error("the criteria are not the ones that were sealed")]
    CommitmentDiffers,
    /// One part of the criteria is not what was committed to.
    #[error("{0} differs from what was sealed")]
    PartDiffers(String),
    /// The criteria hold, but the list of their parts' commitments was changed.
    #[error("the criteria hold, but the commitment that is listed for {0} was changed")]
    ListDiffers(String),
    /// The opening is for another run or model.
    #[error("the criteria name another run or model than the seal")]
    SubjectDiffers,
    /// The opened master seed is not the one committed to.
    #[error("the master seed is not the one that was sealed")]
    SeedDiffers,
    /// The opened result is not the one committed to.
    #[error("the result is not the one that was recorded")]
    ResultDiffers,
    /// No cells, or more than 1,000.
    #[error("a bank has from 1 to 1000 cells; this one has {0}")]
    Bank(usize),
    /// A document of version 2 lists the commitments of its parts; this one doesn't, or one of version 1 does.
    #[error("the list of the parts' commitments does not belong to this version of the document")]
    List,
    /// The two keys need item parameters.
    #[error("a rule with two keys needs item parameters, which criteria of version 1 don't have")]
    NoItems,
    /// Not one item for each cell.
    #[error("the bank has {cells} cells and {items} items")]
    Items {
        /// Cells.
        cells: usize,
        /// Items.
        items: usize,
    },
    /// An item with a number out of its bounds.
    #[error("the item parameters of cell {0} are out of bounds")]
    Item(usize),
    /// A cell that is in the bank twice.
    #[error("cell {0} is in the bank already; each pair of family and dial may be there once")]
    Twice(usize),
    /// The families with a commitment to their seeds are not the bank's, in the order of their names.
    #[error("the list of families with their seeds is not that of the bank's families")]
    Families,
    /// More distinct cells are asked for than there are.
    #[error(
        "the content floor asks for {floor} distinct cells, and the bank has {cells}: add families or dials, or lower the floor"
    )]
    Floor {
        /// The floor.
        floor: u32,
        /// Distinct cells in the bank.
        cells: usize,
    },
    /// A number of the rule is out of its bounds.
    #[error("the rule: {0}")]
    Rule(RuleError),
    /// The opened seed does not give the seed of a family that was committed to.
    #[error("the seed of family `{0}` is not the one that was sealed")]
    FamilySeedDiffers(String),
    /// A sample's cell is not the one that the opened seed draws.
    #[error("sample {0} is of another cell than the sealed seed draws")]
    DrawDiffers(usize),
    /// A sample's cell is not the one that the rule chose.
    #[error("sample {0} is of another cell than the rule chose")]
    ChoiceDiffers(usize),
    /// A recorded increment is not the one that follows.
    #[error("the increment recorded for sample {0} is not the one that follows from the criteria")]
    StepDiffers(usize),
    /// Recorded increments and outcomes are not about the same samples.
    #[error("the result's increments are not of its outcomes")]
    PathDiffers,
    /// A family that this version doesn't have.
    #[error("`{0}` is not a task family of this version")]
    UnknownFamily(String),
    /// What a rung of a ladder changes is not what its kind says.
    #[error("the rung: {0}")]
    Rung(&'static str),
    /// A budget of nothing.
    #[error("the budget must allow at least one turn, one token and one second")]
    Budget,
    /// The sealed logarithms are not those of the sealed rates.
    #[error("the rule's logarithms do not belong to its rates")]
    RuleUnsound,
    /// Samples were taken after the rule had stopped.
    #[error("the rule stopped after {decided} samples, but {taken} were taken")]
    RanOn {
        /// Samples up to the stop.
        decided: usize,
        /// Samples taken.
        taken: usize,
    },
    /// The claimed verdict is not the one the outcomes lead to.
    #[error("the outcomes lead to {recomputed}, but {claimed} was claimed")]
    VerdictDiffers {
        /// What was claimed.
        claimed: Verdict,
        /// What follows.
        recomputed: Verdict,
    },
}
