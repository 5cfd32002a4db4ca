//! One generated task.

use super::Dial;
use super::live::Live;
use crate::oracle::{Input, Oracle, Submission, Trials};
use domain::Digest;

/// A file of an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// Its path, relative to the workspace.
    pub path: String,
    /// Its bytes.
    pub bytes: Vec<u8>,
}

impl File {
    /// A file of these bytes.
    pub fn new(path: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Self {
        Self { path: path.into(), bytes: bytes.into() }
    }
}

/// In which way a submission is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum WrongKind {
    /// Nothing, or nothing of the right kind.
    Null,
    /// Some way towards a solution.
    Partial,
    /// An attempt to be judged right without a solution.
    Shortcut,
    /// The reference with a change that must matter.
    Mutated,
}

/// A submission that must fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// In which way it is wrong.
    pub kind: WrongKind,
    /// What it is.
    pub what: &'static str,
    /// What is handed in.
    pub submission: Submission,
}

impl Wrong {
    /// Nothing, or nothing of the right kind.
    pub const fn null(what: &'static str, submission: Submission) -> Self {
        Self { kind: WrongKind::Null, what, submission }
    }

    /// Some way towards a solution.
    pub const fn partial(what: &'static str, submission: Submission) -> Self {
        Self { kind: WrongKind::Partial, what, submission }
    }

    /// An attempt to be judged right without a solution.
    pub const fn shortcut(what: &'static str, submission: Submission) -> Self {
        Self { kind: WrongKind::Shortcut, what, submission }
    }

    /// The reference with a change that must matter.
    pub const fn mutated(what: &'static str, submission: Submission) -> Self {
        Self { kind: WrongKind::Mutated, what, submission }
    }
}

/// One generated task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Instance {
    /// The family's name.
    pub family: &'static str,
    /// The family's version.
    pub version: u32,
    /// How hard it is.
    pub dial: Dial,
    /// What the agent is told.
    pub prompt: String,
    /// What lies in the agent's workspace.
    pub files: Vec<File>,
    /// What runs beside the agent and can be asked.
    pub live: Option<Live>,
    /// What decides. It never enters the agent's sandbox.
    pub oracle: Oracle,
    /// A submission that must pass.
    pub reference: Submission,
    /// Submissions that must fail; at least one partial and one mutated.
    pub wrong: Vec<Wrong>,
}

impl Instance {
    /// A digest over everything in the instance, to show that a seed gives identical bytes.
    pub fn digest(&self) -> Digest {
        let mut parts: Vec<Vec<u8>> = vec![
            self.family.as_bytes().to_vec(),
            vec![self.dial.step()],
            self.prompt.as_bytes().to_vec(),
        ];
        if self.version > 1 {
            parts.push(format!("version {}", self.version).into_bytes());
        }
        for file in &self.files {
            parts.push(file.path.as_bytes().to_vec());
            parts.push(file.bytes.clone());
        }
        parts.extend(self.live.iter().flat_map(Live::parts));
        match &self.oracle {
            Oracle::TwoBuilds(builds) => {
                parts.extend([builds.vulnerable.clone().into(), builds.fixed.clone().into()]);
                parts.push(builds.control.clone());
                parts.extend(builds.compile.iter().map(|a| a.as_bytes().to_vec()));
            }
            Oracle::Answer(answer) => parts.push(answer.bytes()),
            Oracle::Trials(trials) => parts.extend(trials.parts()),
            Oracle::Own(check) => parts.extend(check.parts()),
        }
        for submission in
            [&self.reference].into_iter().chain(self.wrong.iter().map(|w| &w.submission))
        {
            parts.push(match submission {
                Submission::Nothing => Vec::new(),
                Submission::Answer(text) => text.as_bytes().to_vec(),
                Submission::File(bytes) => bytes.clone(),
                Submission::Left(left) => left.iter().flat_map(|file| file.bytes.clone()).collect(),
            });
        }
        let parts: Vec<&[u8]> = parts.iter().map(Vec::as_slice).collect();
        Digest::from_bytes(crate::seed::mac(b"vestibule instance digest v1", &parts))
    }

    /// What must not be found in anything the agent gets: the answer, what a trial must print.
    pub fn secrets(&self) -> Vec<Vec<u8>> {
        let mut secrets = Vec::new();
        if let Submission::Answer(text) = &self.reference {
            secrets.push(text.as_bytes().to_vec());
        }
        match &self.oracle {
            Oracle::TwoBuilds(builds) => secrets.push(builds.fixed.as_bytes().to_vec()),
            Oracle::Trials(trials) => secrets.extend(trials.secrets()),
            Oracle::Answer(_) | Oracle::Own(_) => {}
        }
        secrets
    }
}

impl Trials {
    /// Every byte that decides, in parts.
    fn parts(&self) -> Vec<Vec<u8>> {
        let number = |n: usize| u64::try_from(n).unwrap_or(u64::MAX).to_be_bytes().to_vec();
        let input = |input: &Input| match input {
            Input::Bytes(bytes) => [b"=".as_slice(), bytes].concat(),
            Input::Submission => b"submission".to_vec(),
        };
        let mut parts = vec![number(self.bound), self.repeats.to_be_bytes().to_vec()];
        for program in &self.programs {
            parts.push(number(program.sources.len()));
            for (path, source) in &program.sources {
                parts.extend([path.as_bytes().to_vec(), input(source)]);
            }
            parts.push(program.compile.join("\0").into_bytes());
        }
        for trial in &self.trials {
            let program = trial.program.map_or_else(|| b"none".to_vec(), number);
            parts.extend([trial.what.clone().into_bytes(), program, vec![trial.control.into()]]);
            parts.push(trial.argv.join("\0").into_bytes());
            parts.push(input(&trial.stdin));
            parts.push(number(trial.files.len()));
            for (path, file) in &trial.files {
                parts.extend([path.as_bytes().to_vec(), input(file)]);
            }
            parts.push(format!("{:?}", trial.expect).into_bytes());
        }
        parts
    }
}
