//! One struct per state, with the commands that are legal in it.
//!
//! A command returns the event to sign; nothing changes until [`crate::Reviews::apply`] folds it.
//! What either side may always do, and what is merely recorded, is on [`Records`], which every state
//! has. No state has a name for a release being allowed or not.

mod commands;
mod records;

pub use commands::InForce;
pub use records::Records;

use crate::case::Phase;

/// The state of a case at an instant.
#[derive(Debug, Clone, Copy)]
pub enum State<'a> {
    /// A question was asked; nobody has proposed terms.
    Inquired(Inquired<'a>),
    /// Terms lie on the table, unsigned by at least one side.
    AwaitingTerms(AwaitingTerms<'a>),
    /// Both sides signed terms; no window has been opened yet.
    Agreed(Agreed<'a>),
    /// A window was opened by both sides and has not ended; it may not have begun.
    Open(Open<'a>),
    /// The last window ended: by time, by either side, or by the developer's word.
    Ended(Ended<'a>),
    /// The developer withdrew all access.
    Withdrawn(Withdrawn<'a>),
}

macro_rules! states {
    ($($(#[$doc:meta])* $name:ident),* $(,)?) => {
        $($(#[$doc])*
        #[derive(Debug, Clone, Copy)]
        pub struct $name<'a> {
            records: Records<'a>,
        }

        impl<'a> $name<'a> {
            /// What is legal in every state.
            pub fn records(&self) -> Records<'a> {
                self.records
            }
        })*

        impl<'a> State<'a> {
            pub(crate) fn new(phase: Phase, records: Records<'a>) -> Self {
                match phase {
                    $(Phase::$name => Self::$name($name { records }),)*
                }
            }

            /// What is legal in every state.
            pub fn records(&self) -> Records<'a> {
                match self {
                    $(Self::$name(state) => state.records,)*
                }
            }

            /// The state's name, kebab-case.
            pub fn name(&self) -> &'static str {
                match self {
                    $(Self::$name(_) => Phase::$name.name(),)*
                }
            }
        }
    };
}

states! {
    /// A question was asked; nobody has proposed terms.
    Inquired,
    /// Terms lie on the table.
    AwaitingTerms,
    /// Terms are in force; no window has been opened yet.
    Agreed,
    /// A window has not ended.
    Open,
    /// The last window ended.
    Ended,
    /// The developer withdrew all access. Nothing but records is left.
    Withdrawn,
}

impl<'a> State<'a> {
    /// The commands that need terms in force, when they are.
    pub fn in_force(&self) -> Option<InForce<'a>> {
        match self {
            Self::Agreed(state) => Some(state.in_force()),
            Self::Open(state) => Some(state.in_force()),
            Self::Ended(state) => Some(state.in_force()),
            Self::Inquired(_) | Self::AwaitingTerms(_) | Self::Withdrawn(_) => None,
        }
    }
}
