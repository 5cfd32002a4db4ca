//! The steps, in order. Each is a function over public verbs; the table is the tour.

pub(super) mod house;

mod access;
mod evidence;
mod finding;
mod measure;
pub(super) mod mirrors;
mod partners;
mod patch;
mod public;
mod review;

use super::stage::Tour;

/// One step.
#[derive(Debug)]
pub(crate) struct Step {
    /// Begins the keys of its acts.
    pub(crate) key: &'static str,
    /// What it is about.
    pub(crate) title: &'static str,
    /// Does it. Returns what was left out here, and why, if anything was.
    pub(crate) run: fn(&mut Tour) -> anyhow::Result<Option<String>>,
    /// What must be running again when it was done before.
    pub(crate) resume: fn(&mut Tour) -> anyhow::Result<()>,
}

/// A step that leaves nothing running.
const fn step(
    key: &'static str,
    title: &'static str,
    run: fn(&mut Tour) -> anyhow::Result<Option<String>>,
) -> Step {
    Step { key, title, run, resume: |_| Ok(()) }
}

/// The tour.
pub(crate) const STEPS: &[Step] = &[
    Step {
        key: "house",
        title: "House: homes, one log, its mirrors, roots of trust",
        run: house::run,
        resume: house::start_node,
    },
    step("inquiry", "Inquiry: a developer asks whether its model is covered", review::inquiry),
    step("criteria", "Criteria, sealed before the first call", measure::seal),
    step("measurement", "Measurement: a model at its endpoint, in a sandbox", measure::run),
    step("memo", "Memo: what the run showed, every number recomputed", measure::memo),
    step("determination", "Determination: a signed, opaque reference", review::determination),
    step("terms", "Terms: four safeguards, agreed with two keys", review::terms),
    step("window", "Window and grant: at most 30 days, named persons", review::window),
    step("use", "Use: permits, budgets, one leaf a grant and minute", access::usage),
    step("finding", "A finding: validated on two builds, fixed, published", finding::run),
    step("partners", "Trusted partner and defender: two keys each", partners::run),
    step("withdrawal", "Withdrawal cuts access; release stays possible", access::withdrawal),
    step("check", "What to patch first, on the operator's own machine", patch::check),
    step("notice", "A notice that opens at its hour", patch::notice),
    step("directives", "Obligations with their deadlines and reasons", patch::directives),
    step("evidence", "An evidence package that verifies by itself", evidence::run),
    step("public", "The public report", public::run),
];
