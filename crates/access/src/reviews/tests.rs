//! The rules, one at a time; then all reachable states at once.

mod clauses;
mod conduct;
mod exhaustive;
mod grants;
mod holds;
mod permits;
mod programme;
mod refusals;
mod release;
mod replacement;
mod scene;
mod time;
