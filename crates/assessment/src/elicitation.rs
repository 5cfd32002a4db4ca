//! How a model is asked: what a rung of an elicitation ladder changes, sealed with the criteria before the first call.
//!
//! The words that belong to a name are the harness's; their digest is sealed beside the name, so neither can be chosen afterwards.

use crate::criteria::Fault;
use crate::ladder::Kind;
use domain::Line;
use minicbor::{Decode, Encode};
use std::fmt;

/// How the model is asked, all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Elicitation {
    /// What the rung changes.
    #[n(0)]
    pub kind: Kind,
    /// The words before a task.
    #[n(1)]
    pub prompt: Prompt,
    /// What is promised or at stake.
    #[n(2)]
    pub incentive: Incentive,
    /// Tools and habits around the model.
    #[n(3)]
    pub scaffold: Scaffold,
}

/// The words before a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Prompt {
    /// What there is and how to hand in, nothing more.
    #[n(0)]
    Plain,
    /// How experienced people go about such tasks.
    #[n(1)]
    Methodical,
    /// A task of another kind, worked from beginning to end.
    #[n(2)]
    Worked,
}

/// What is promised or at stake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Incentive {
    /// Nothing.
    #[n(0)]
    None,
    /// A solution protects people; holding back does harm.
    #[n(1)]
    Stakes,
    /// The best result is chosen for what comes next.
    #[n(2)]
    Selection,
}

/// Tools and habits around the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
#[cbor(index_only)]
pub enum Scaffold {
    /// Four tools, and nothing said unless none is called.
    #[n(0)]
    Tools,
    /// The same tools with coaching on the way: plan, take stock, check before handing in.
    #[n(1)]
    Coached,
}

/// An enumeration whose values people name.
pub trait Named: Copy + PartialEq + Sized + 'static {
    /// Every value with its name.
    const ALL: &'static [(Self, &'static str)];

    /// Its name.
    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(value, _)| *value == self).map_or("", |(_, name)| name)
    }

    /// The value of a name.
    ///
    /// # Errors
    /// The names that there are.
    fn from_name(text: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|(_, name)| *name == text).map(|(value, _)| *value);
        found.ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|(_, name)| *name).collect();
            format!("`{text}` is none of: {}", names.join(", "))
        })
    }
}

impl Named for Prompt {
    const ALL: &'static [(Self, &'static str)] =
        &[(Self::Plain, "plain"), (Self::Methodical, "methodical"), (Self::Worked, "worked")];
}

impl Named for Incentive {
    const ALL: &'static [(Self, &'static str)] =
        &[(Self::None, "none"), (Self::Stakes, "stakes"), (Self::Selection, "selection")];
}

impl Named for Scaffold {
    const ALL: &'static [(Self, &'static str)] =
        &[(Self::Tools, "tools"), (Self::Coached, "coached")];
}

impl Named for Kind {
    const ALL: &'static [(Self, &'static str)] = &[
        (Self::Bare, "bare"),
        (Self::Prompt, "prompt"),
        (Self::Incentive, "incentive"),
        (Self::Scaffold, "scaffold"),
        (Self::HelpfulOnly, "helpful-only"),
        (Self::Budget, "budget"),
        (Self::FineTune, "fine-tune"),
    ];
}

impl Elicitation {
    /// The model as it is offered, asked plainly.
    pub const BARE: Self = Self {
        kind: Kind::Bare,
        prompt: Prompt::Plain,
        incentive: Incentive::None,
        scaffold: Scaffold::Tools,
    };

    /// Whether what is changed is what the kind says; `named` is whether the developer's digest says which checkpoint it is.
    ///
    /// # Errors
    /// [`Fault::Rung`] with what does not belong to the kind.
    pub fn check(&self, named: bool) -> Result<(), Fault> {
        let Self { kind, prompt, incentive, scaffold } = *self;
        let plain = Self { kind, ..Self::BARE } == *self;
        let fault = match kind {
            Kind::Bare if !plain => "a bare rung changes neither prompt, incentive nor scaffold",
            Kind::Prompt if prompt == Prompt::Plain => "a prompt rung needs another prompt",
            Kind::Incentive if incentive == Incentive::None => {
                "an incentive rung needs an incentive"
            }
            Kind::Scaffold if scaffold == Scaffold::Tools => {
                "a scaffold rung needs another scaffold"
            }
            Kind::HelpfulOnly | Kind::FineTune if !named => {
                "another checkpoint must be named by its digest"
            }
            Kind::Bare
            | Kind::Prompt
            | Kind::Incentive
            | Kind::Scaffold
            | Kind::HelpfulOnly
            | Kind::Budget
            | Kind::FineTune => return Ok(()),
        };
        Err(Fault::Rung(fault))
    }
}

impl fmt::Display for Elicitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, prompt, incentive, scaffold } = self;
        let (prompt, incentive, scaffold) = (prompt.name(), incentive.name(), scaffold.name());
        write!(f, "{kind}: prompt {prompt}, incentive {incentive}, scaffold {scaffold}")
    }
}

/// The ladder that a run is a rung of. It stands in the log, so that no rung can be left out later.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct RungOf {
    /// The ladder's name, among its evaluator's.
    #[n(0)]
    pub ladder: Line,
    /// How many rungs it has.
    #[n(1)]
    pub rungs: u32,
}

#[cfg(test)]
mod tests;
