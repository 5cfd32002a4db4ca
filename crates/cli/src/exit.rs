//! Exit codes and how errors are shown: once, in plain words, with their causes.

use operations::act::ActError;
use operations::http::HttpError;
use operations::reach::ReachError;
use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    /// Done.
    Done,
    /// The answer is no: a check failed, or there is something to fix.
    No,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        match exit {
            Exit::Done => Self::SUCCESS,
            Exit::No => Self::from(1),
        }
    }
}

/// A refusal by a rule, with its stable code: exit code 1.
#[derive(Debug, thiserror::Error)]
#[error("{detail}")]
pub(crate) struct Refused {
    /// The stable code.
    pub(crate) code: String,
    /// In plain words.
    pub(crate) detail: String,
}

/// Prints an error and chooses the exit code.
pub(crate) fn report(error: &anyhow::Error, json: bool) -> ExitCode {
    let (code, kind) = classify(error);
    let text = format!("{error:#}");
    if json {
        let refusal = error.downcast_ref::<Refused>().map(|r| r.code.clone());
        let body = serde_json::json!({ "error": text, "kind": kind, "code": refusal });
        eprintln!("{body}");
    } else {
        eprintln!("{kind}: {text}");
    }
    ExitCode::from(code)
}

fn classify(error: &anyhow::Error) -> (u8, &'static str) {
    for cause in error.chain() {
        if cause.is::<Refused>() {
            return (1, "refused");
        }
        let reach = match cause.downcast_ref::<ActError>() {
            Some(ActError::Reach(reach)) => Some(reach),
            _ => cause.downcast_ref::<ReachError>(),
        };
        if let Some(ReachError::Http(HttpError::Unreachable { .. })) = reach {
            return (3, "unreachable");
        }
        if let Some(ReachError::Http(HttpError::Refused { status, .. })) = reach {
            return if *status >= 500 { (3, "unavailable") } else { (1, "refused") };
        }
    }
    (2, "error")
}
