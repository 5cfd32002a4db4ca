//! What tasks need of a machine, and whether this one has it: found out before the first sample, as a run spent on a missing
//! compiler would be lost.

use super::MeasureError;
use assessment::{Cell, Family};
use sandbox::{Exec, Net, Policy, Session, Tier};
use serde::Serialize;
use std::collections::BTreeSet;

/// The families that need more of a machine than a sandbox.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    compiled: BTreeSet<&'static str>,
    services: BTreeSet<&'static str>,
}

/// What a machine lacks, and which families it can't do for that.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Lack {
    /// What is missing, and what to do.
    pub why: String,
    /// The families, in the order of their names.
    pub families: Vec<&'static str>,
}

impl Needs {
    /// Of these families.
    pub fn of(families: impl IntoIterator<Item = &'static dyn Family>) -> Self {
        let mut needs = Self::default();
        for about in families.into_iter().map(Family::about) {
            if about.compiled {
                needs.compiled.insert(about.name);
            }
            if about.services {
                needs.services.insert(about.name);
            }
        }
        needs
    }

    /// Of the families of these tasks.
    pub fn of_cells(cells: &[Cell]) -> Self {
        Self::of(cells.iter().filter_map(|c| assessment::family::family(c.family.as_str())))
    }

    fn none(&self) -> bool {
        self.compiled.is_empty() && self.services.is_empty()
    }
}

/// Whether this machine isolates, compiles what these families need compiled, and gives them services. Blocking.
///
/// # Errors
/// What is missing.
pub fn machine(policy: Policy, needs: &Needs) -> Result<(), MeasureError> {
    let lacks = lacks(policy, needs)?;
    let told = |lack: &Lack| {
        format!("{}, or leave out these families: {}", lack.why, lack.families.join(", "))
    };
    let told: Vec<_> = lacks.iter().map(told).collect();
    if told.is_empty() { Ok(()) } else { Err(MeasureError::Machine(told.join("; "))) }
}

/// What this machine lacks of what these families need. Blocking.
///
/// # Errors
/// A machine that does not isolate, which can do none.
pub fn lacks(policy: Policy, needs: &Needs) -> Result<Vec<Lack>, MeasureError> {
    let missing = |e: &dyn std::error::Error| MeasureError::Machine(operations::plain(e));
    if policy.tier == Tier::Namespaces {
        sandbox::probe().map_err(|e| missing(&e))?;
        if needs.none() {
            return Ok(Vec::new());
        }
    }
    let guest = policy.guest.is_some();
    let session = Session::start(policy).map_err(|e| missing(&e))?;
    let mut lacks = Vec::new();
    let outcome = session.exec(&Exec::new(["cc", "--version"])).map_err(|e| missing(&e))?;
    if !outcome.success() && !needs.compiled.is_empty() {
        let why = "there is no C compiler: install `cc` (gcc or clang)".to_owned();
        lacks.push(Lack { why, families: needs.compiled.iter().copied().collect() });
    }
    if !needs.services.is_empty() {
        let net = session.net(&Net::default()).err().map(|e| operations::plain(&e));
        let without = || "no program is named that serves".to_owned();
        let net = net.or_else(|| (!guest).then(without));
        lacks.extend(net.map(|why| Lack {
            why: format!("tasks with services can't be had here ({why}): run as root, or in a virtual machine"),
            families: needs.services.iter().copied().collect(),
        }));
    }
    session.stop().map_err(|e| missing(&e))?;
    Ok(lacks)
}
