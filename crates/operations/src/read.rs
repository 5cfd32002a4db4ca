//! What a party sees of the log: every statement's public side, and whether it could be read.

use crate::sync::Known;
use domain::{Digest, Timestamp};
use ledger::OpenError;
use serde::Serialize;

/// One statement as a party sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StatementView {
    /// Its place in the log.
    pub index: u64,
    /// Its id.
    pub id: Digest,
    /// What kind of statement it is.
    pub kind: String,
    /// Who signed it.
    pub signers: Vec<String>,
    /// When it was logged, by its issuer's clock.
    pub issued_at: Timestamp,
    /// `readable`, `sealed to others`, `shredded`, or what is wrong with it.
    pub reading: String,
}

/// Every statement whose kind contains `kind`, in log order.
pub fn statements(known: &Known, kind: Option<&str>) -> Vec<StatementView> {
    let mut views = Vec::new();
    for statement in &known.statements {
        let header = statement.leaf.header();
        if kind.is_some_and(|k| !header.kind().contains(k)) {
            continue;
        }
        let reading = match (&statement.chain, &statement.signers, &statement.content) {
            (Some(fault), _, _) => format!("does not follow: {fault}"),
            (None, Err(error), _) => format!("bad signatures: {error}"),
            (None, Ok(_), Ok(_)) => "readable".to_owned(),
            (None, Ok(_), Err(OpenError::NotReader { .. })) => "sealed to others".to_owned(),
            (None, Ok(_), Err(OpenError::Shredded)) => "shredded".to_owned(),
            (None, Ok(_), Err(error)) => error.to_string(),
        };
        views.push(StatementView {
            index: statement.index,
            id: statement.leaf.id(),
            kind: header.kind().to_owned(),
            signers: header.signers().iter().map(ToString::to_string).collect(),
            issued_at: statement.leaf.position().issued_at,
            reading,
        });
    }
    views
}
