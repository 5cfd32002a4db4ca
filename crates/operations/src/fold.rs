//! From verified statements to state: each rule crate's statements, in log order, through its own `apply`.
//!
//! What can't be read here is not known here; what the rules do not admit changes nothing and is listed.

use crate::sync::Known;
use domain::{Attested, Statement};
use ledger::{LogStatement, NotCounted, OpenError};
use serde::Serialize;

/// A statement that is in the log and does not count.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ignored {
    /// Its place in the log.
    pub index: u64,
    /// What kind of statement it is.
    pub kind: String,
    /// A stable code: the rule's refusal, or `not-counted`.
    pub code: String,
    /// Why, in plain words.
    pub detail: String,
}

/// A rule's refusal as folds hand it on: stable code and plain words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Refused {
    /// The stable code.
    pub code: &'static str,
    /// In plain words.
    pub detail: String,
}

impl Refused {
    /// Takes a refusal over.
    pub fn new(code: &'static str, refusal: &dyn std::error::Error) -> Self {
        Self { code, detail: crate::plain(refusal) }
    }
}

/// Applies every statement of schema `S` that this party can read, in log order, and lists those that
/// do not count.
pub fn fold<S: Statement>(
    known: &Known,
    apply: impl FnMut(&Attested<S>) -> Result<(), Refused>,
) -> Vec<Ignored> {
    fold_all(&known.statements, apply)
}

/// As [`fold`], of these statements alone.
pub(crate) fn fold_all<S: Statement>(
    statements: &[LogStatement],
    mut apply: impl FnMut(&Attested<S>) -> Result<(), Refused>,
) -> Vec<Ignored> {
    let mut ignored = Vec::new();
    for statement in statements {
        let header = statement.leaf.header();
        if header.schema() != S::SCHEMA {
            continue;
        }
        let ignore = |code: &str, detail: String| Ignored {
            index: statement.index,
            kind: header.kind().to_owned(),
            code: code.to_owned(),
            detail,
        };
        match statement.attested::<S>() {
            Ok(attested) => {
                if let Err(refused) = apply(&attested) {
                    ignored.push(ignore(refused.code, refused.detail));
                }
            }
            Err(NotCounted::Content(OpenError::NotReader { .. } | OpenError::Shredded)) => {}
            Err(other) => ignored.push(ignore("not-counted", crate::plain(&other))),
        }
    }
    ignored
}
