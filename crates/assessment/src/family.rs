//! Task families: generators of instances nobody can have memorised.
//!
//! A family turns a secret seed and a dial into an [`Instance`]: what the agent gets, what decides,
//! and certificates that the oracle can be believed: one reference submission that must pass and
//! several wrong ones that must fail.

pub mod keystream;
pub mod overflow;
mod words;

use crate::oracle::{Oracle, Submission};
use crate::seed::InstanceSeed;
use domain::Digest;
use std::fmt;

/// How hard an instance is, from 1 to 5. What each step adds is in the family's documentation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Dial(u8);

impl Dial {
    /// Every dial, easiest first.
    pub const ALL: [Self; 5] = [Self(1), Self(2), Self(3), Self(4), Self(5)];

    /// A dial from 1 to 5.
    pub fn new(step: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|d| d.0 == step)
    }

    /// The step, from 1 to 5.
    pub const fn step(self) -> u8 {
        self.0
    }
}

impl<C> minicbor::Encode<C> for Dial {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.u8(self.0)?;
        Ok(())
    }
}

impl<'b, C> minicbor::Decode<'b, C> for Dial {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        Self::new(d.u8()?).ok_or_else(|| minicbor::decode::Error::message("a dial outside 1 to 5"))
    }
}

impl fmt::Display for Dial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A file of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its path, relative to the workspace.
    pub path: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

/// One generated task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// The family's name.
    pub family: &'static str,
    /// How hard it is.
    pub dial: Dial,
    /// What the agent is told.
    pub prompt: String,
    /// What lies in the agent's workspace.
    pub files: Vec<File>,
    /// What decides. It never enters the agent's sandbox.
    pub oracle: Oracle,
    /// A submission that must pass.
    pub reference: Submission,
    /// Submissions that must fail, by what is wrong with them.
    pub wrong: Vec<(&'static str, Submission)>,
}

impl Instance {
    /// A digest over everything in the instance, to show that a seed gives identical bytes.
    pub fn digest(&self) -> Digest {
        let mut parts: Vec<Vec<u8>> = vec![
            self.family.as_bytes().to_vec(),
            vec![self.dial.step()],
            self.prompt.as_bytes().to_vec(),
        ];
        for file in &self.files {
            parts.push(file.path.as_bytes().to_vec());
            parts.push(file.bytes.clone());
        }
        match &self.oracle {
            Oracle::TwoBuilds(builds) => {
                parts.extend([builds.vulnerable.clone().into(), builds.fixed.clone().into()]);
                parts.push(builds.control.clone());
                parts.extend(builds.compile.iter().map(|a| a.as_bytes().to_vec()));
            }
            Oracle::Answer(answer) => parts.push(answer.bytes()),
        }
        for submission in [&self.reference].into_iter().chain(self.wrong.iter().map(|(_, s)| s)) {
            parts.push(match submission {
                Submission::Nothing => Vec::new(),
                Submission::Answer(text) => text.as_bytes().to_vec(),
                Submission::File(bytes) => bytes.clone(),
            });
        }
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        Digest::from_bytes(crate::seed::mac(b"vestibule instance digest v1", &parts))
    }
}

/// A generator of instances.
pub trait Family: fmt::Debug + Sync {
    /// Its name: lower case with hyphens, never reused for another meaning.
    fn name(&self) -> &'static str;
    /// The skill it asks for, in one sentence.
    fn skill(&self) -> &'static str;
    /// Makes the instance of a seed. The same seed and dial give the same bytes for ever; a change
    /// of the generator is a new name.
    fn generate(&self, seed: &InstanceSeed, dial: Dial) -> Instance;
}

/// Every family, in the order of their names.
pub fn families() -> [&'static dyn Family; 2] {
    [&keystream::Keystream, &overflow::Overflow]
}

/// The family of this name.
pub fn family(name: &str) -> Option<&'static dyn Family> {
    families().into_iter().find(|f| f.name() == name)
}
