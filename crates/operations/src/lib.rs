//! One function for each thing a person can ask for, used by every front end.
//!
//! A party's side works on a [`act::Ctx`]: it syncs and verifies the log ([`sync`]), folds what the party may
//! read ([`world`]), asks the rules, and states what they return ([`act`]). The host's side is
//! [`node::Node`]. Nothing here is global, and every effect goes through `ctx`.

pub mod act;
pub mod ask;
pub mod audit;
pub mod carry;
pub mod check;
pub mod cosign;
pub mod ctx;
pub mod defender;
pub mod directive;
pub mod disclose;
pub mod draft;
pub mod export;
pub mod feeds;
pub mod files;
pub mod finding;
pub mod fold;
pub mod folder;
pub mod gate;
pub mod home;
pub mod http;
pub mod key;
pub mod monitor;
pub mod node;
pub mod notice;
pub mod otlp;
pub mod reach;
pub mod read;
pub mod referral;
pub mod refresh;
pub mod report;
pub mod reveal;
pub mod review;
pub mod rules;
pub mod runs;
pub mod shred;
pub mod sync;
#[cfg(test)]
pub(crate) mod testing;
pub mod timestamp;
pub mod trust;
pub mod validate;
pub mod wire;
pub mod word;

pub use verifier::plain;
