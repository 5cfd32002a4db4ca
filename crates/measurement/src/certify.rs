//! Certificates of the task families, for any master seed.

use super::MeasureError;
use super::machine::{Lack, Needs, lacks, machine};
use assessment::{Family, MasterSeed, families};
use harness::certify::{Certificate, Certify, Watch};
use operations::ctx::Random;
use sandbox::Policy;
use serde::Serialize;

/// What a person asks to be certified.
#[derive(Debug, Clone)]
pub struct Asked {
    /// The master seed; a fresh one when `None`.
    pub master_seed: Option<[u8; 32]>,
    /// The families; all that this machine can do when empty.
    pub families: Vec<String>,
    /// Seeds a family.
    pub seeds: u32,
    /// How often each submission is judged.
    pub repeats: u32,
    /// The sandbox.
    pub policy: Policy,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Certified {
    /// Whether every family holds.
    pub holds: bool,
    /// The master seed that was drawn, to repeat what was found; none when a file gave it.
    pub master_seed: Option<String>,
    /// How often each submission was judged.
    pub repeats: u32,
    /// One certificate a family.
    pub certificates: Vec<Certificate>,
    /// Families that this machine can't do, when none were named: they are not certified.
    pub left_out: Vec<Lack>,
}

/// Certifies families on every processor of this machine. Blocking.
///
/// # Errors
/// An unknown family, or a machine that does not isolate, or lacks what a named family needs.
pub fn certify(
    asked: &Asked,
    random: &dyn Random,
    watch: Watch<'_>,
) -> Result<Certified, MeasureError> {
    let mut chosen = chosen(&asked.families)?;
    if asked.seeds == 0 {
        return Err(MeasureError::Argument(
            "`--seeds 0` certifies nothing; give at least 1".into(),
        ));
    }
    let (bytes, drawn) = match asked.master_seed {
        Some(seed) => (seed, false),
        None => {
            let mut bytes = [0; 32];
            random.fill(&mut bytes);
            (bytes, true)
        }
    };
    let needs = Needs::of(chosen.iter().copied());
    let mut left_out = Vec::new();
    if asked.families.is_empty() {
        left_out = lacks(asked.policy.clone(), &needs)?;
        chosen.retain(|f| !left_out.iter().any(|lack| lack.families.contains(&f.name())));
    } else {
        machine(asked.policy.clone(), &needs)?;
    }
    let master = MasterSeed::new(bytes);
    let plan = Certify {
        families: chosen,
        master: &master,
        seeds: asked.seeds,
        repeats: asked.repeats,
        policy: asked.policy.clone(),
    };
    let certificates = harness::certify::certify(&plan, watch);
    Ok(Certified {
        holds: certificates.iter().all(|c| c.holds),
        master_seed: drawn.then(|| data_encoding::HEXLOWER.encode(&bytes)),
        repeats: asked.repeats,
        certificates,
        left_out,
    })
}

fn chosen(names: &[String]) -> Result<Vec<&'static dyn Family>, MeasureError> {
    if names.is_empty() {
        return Ok(families().to_vec());
    }
    let find = |name: &String| {
        assessment::family::family(name).ok_or_else(|| {
            let known: Vec<_> = families().iter().map(|f| f.name()).collect();
            MeasureError::Argument(format!("`{name}` is no family; one of: {}", known.join(", ")))
        })
    };
    names.iter().map(find).collect()
}

#[cfg(test)]
mod tests;
