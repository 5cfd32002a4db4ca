//! Evidence packages: items, custody, exculpatory material, release, verification.
//!
//! A [`Manifest`] lists what was collected, by whom, with which tool, who held it since, when things
//! happened, and what speaks **for** the people concerned. Sealing fixes it; a later revision only adds.
//! Release is an act of two named people of the issuing party, and is refused while the exculpatory
//! section or the good-faith screen is missing. Nothing refers anybody by itself.
//!
//! [`verify()`] checks a package with the manifest, the items and signed statements alone.
#![warn(clippy::wildcard_enum_match_arm, missing_docs)]

mod certificate;
mod event;
mod fold;
mod item;
mod manifest;
mod refusal;
mod screen;
mod verify;

pub use certificate::{Rule902, certification_draft};
pub use event::Event;
pub use fold::{Package, Referrals, Release};
pub use item::{Holder, Item, ItemName, ParseItemNameError, Transfer};
pub use manifest::{
    Agent, Answer, Authorisation, Checklist, ElementAnswer, Exculpatory, FactorAnswer, Fault,
    ForTheDefence, GoodFaith, Loss, Manifest, Moment, ReadManifestError, System, Times,
};
pub use refusal::Refusal;
pub use screen::{Element, Factor, Offence, Screen, ScreenError, Verdict};
pub use verify::{Check, Items, Outcome, Verification, verify};
