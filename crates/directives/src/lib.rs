//! Obligations with deadlines, from cited rule packs.
//!
//! A [`Pack`] is a data file: what a text asks, of whom, from when, within how long, and where it
//! says so. [`Directives`] folds statements over packs: a clock that started, an obligation that was
//! met, a due date that was adjusted. What is due, overdue or met follows from the fold and `now`.
//!
//! Nothing here has a number of its own: every day count comes from a pack, and every answer can be
//! explained down to the line it came from ([`Directives::why`]). Nothing here blocks anything: an
//! overdue obligation is a fact to show, not a state that stops another.
#![warn(clippy::wildcard_enum_match_arm, missing_docs)]

mod clock;
mod event;
mod fold;
mod id;
mod pack;
mod refusal;
mod view;

pub use clock::{Clock, Length};
pub use event::Event;
pub use fold::Directives;
pub use id::{ClockId, ObligationId, ParseObligationIdError, RuleId};
pub use pack::{Force, Pack, PackError, Rule, Source, Start};
pub use refusal::Refusal;
pub use view::{Adjustment, Met, Obligation, Standing, Why};
