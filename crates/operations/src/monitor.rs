//! Watching a log: what it shows that somebody ought to ask about.

use crate::home::Home;
use crate::sync::Known;
use assessment::Event as Measured;
use domain::{Attested, PartyId, Statement, Timestamp};
use ledger::monitor::{Commit, Finding, Key, Monitor, Reveal};
use ledger::reveal::Slot;
use ledger::{ChainFault, LogStatement, OpenError, Shreds, Trust};
use serde::Serialize;

/// What a look at the log found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Watched {
    /// Whether nothing is wrong. What is only out of sight does not count.
    pub sound: bool,
    /// When it was looked at.
    pub at: Timestamp,
    /// Statements in the log.
    pub statements: u64,
    /// What was found.
    pub concerns: Vec<Concern>,
}

/// One thing found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Concern {
    /// A stable code.
    pub code: &'static str,
    /// Whose it is.
    pub party: Option<PartyId>,
    /// The statement's place in the log, where it is one statement's.
    pub index: Option<u64>,
    /// Whether something is wrong, and not only out of sight.
    pub fault: bool,
    /// In plain words.
    pub detail: String,
}

/// Looks through what this party knows of the log.
pub fn watch(home: &Home, trust: &Trust, known: &Known, now: Timestamp) -> Watched {
    let mut concerns = Vec::new();
    let conflict = home.folder().join("conflict.checkpoint");
    if conflict.exists() {
        concerns.push(Concern {
            code: "conflicting-checkpoint",
            party: None,
            index: None,
            fault: true,
            detail: format!("the log signed two histories; {} is the proof", conflict.display()),
        });
    }
    let mut shreds = Shreds::default();
    let mut monitor = Monitor::default();
    let mut measured = Vec::new();
    for statement in &known.statements {
        shreds.note(statement);
        concerns.extend(chain(statement));
        take(&mut monitor, &mut measured, statement);
    }
    for statement in &known.statements {
        let header = statement.leaf.header();
        let named = shreds.names(header, statement.index, trust);
        if statement.content == Err(OpenError::Shredded) && !named {
            let detail = "its payload is gone, and no shred statement that counts says so";
            concerns.push(of(statement, "lost", detail.to_owned()));
        }
    }
    let unopened = measured.into_iter().filter(|(key, _)| !monitor.is_revealed(key));
    concerns.extend(unopened.map(|(key, index)| Concern {
        code: "unopened",
        party: Some(key.by),
        index: Some(index),
        fault: false,
        detail: format!("run {} is measured, and its criteria are not opened yet", key.set),
    }));
    concerns.extend(monitor.findings(now).into_iter().map(|Finding { key, concern }| Concern {
        code: concern.code(),
        party: Some(key.by),
        index: None,
        fault: concern.is_fault(),
        detail: format!("`{}` slot {}: {concern}", key.set, key.slot),
    }));
    let sound = !concerns.iter().any(|concern| concern.fault);
    Watched { sound, at: now, statements: known.head.size, concerns }
}

fn of(statement: &LogStatement, code: &'static str, detail: String) -> Concern {
    let party = Some(statement.leaf.header().issuer().clone());
    Concern { code, party, index: Some(statement.index), fault: true, detail }
}

/// Gaps, forks and bad signatures, by name.
fn chain(statement: &LogStatement) -> Option<Concern> {
    if let Some(fault) = &statement.chain {
        let code = match fault {
            ChainFault::Replayed { .. } => "replayed",
            ChainFault::Gap { .. } => "gap",
            ChainFault::Fork { .. } => "fork",
            ChainFault::OtherPredecessor { .. } => "other-predecessor",
            ChainFault::TimeWentBack { .. } => "time-went-back",
            ChainFault::SeenAhead { .. } => "seen-ahead",
        };
        return Some(of(statement, code, fault.to_string()));
    }
    let error = statement.signers.as_ref().err()?;
    Some(of(statement, "object", crate::plain(error)))
}

/// Turns a statement into the facts that the monitor knows.
fn take(monitor: &mut Monitor, measured: &mut Vec<(Key, u64)>, statement: &LogStatement) {
    let header = statement.leaf.header();
    let at = statement.leaf.position().issued_at;
    if header.schema() == Slot::SCHEMA {
        match statement.attested::<Slot>() {
            Ok(attested) => monitor.slot(&attested, at, None),
            Err(_) if header.kind() == "revealed" => monitor.unread(header.issuer().clone()),
            Err(_) => {}
        }
    }
    let Ok(attested) = statement.attested::<Measured>() else { return };
    if attested.event.evaluator() != &attested.issuer {
        return;
    }
    criteria(monitor, measured, &attested, at);
}

/// Sealed criteria are a commitment in one slot; the measurement is the result that rests on it.
fn criteria(
    monitor: &mut Monitor,
    measured: &mut Vec<(Key, u64)>,
    attested: &Attested<Measured>,
    at: Timestamp,
) {
    let Attested { event, issuer, index, .. } = attested;
    let key = Key { by: issuer.clone(), set: event.run().to_string(), slot: 1 };
    match event {
        Measured::CriteriaSealed { commitment, .. } => {
            let commit = Commit { slots: 1, reveal_by: None, at, vouched_at: None, index: *index };
            if monitor.commit(key.clone(), commit) {
                monitor.fix(key, *commitment);
            }
        }
        Measured::MeasurementRecorded { started_at, .. } => {
            measured.push((key.clone(), *index));
            monitor.result(key, *started_at);
        }
        Measured::CriteriaOpened { opening, .. } => {
            let opened = opening.commitment();
            let fault = monitor.fixed(&key).filter(|fixed| *fixed != opened);
            let fault = fault.map(|_| "the criteria do not open the commitment".to_owned());
            monitor.reveal(key, Reveal { at, index: *index, fault });
        }
        // escrow opens nothing to the public, and a mark is a word about samples
        Measured::CriteriaEscrowed { .. } | Measured::SamplesMarked { .. } => {}
    }
}

#[cfg(test)]
mod tests;
