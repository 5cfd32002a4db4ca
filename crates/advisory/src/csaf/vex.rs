//! Minimal VEX (CSAF 2.0 profile 5, "csaf_vex"): the state of named versions.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{branch, document, product_id, text, vulnerability};
use crate::advisory::{Advisory, AdvisoryError, AffectedPackage};

/// What is said of one version of one package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// Which of the advisory's packages, by position.
    pub package: usize,
    /// Which version.
    pub version: String,
    /// Its state.
    pub status: Status,
}

/// The state of a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Status {
    /// Affected, and what to do about it.
    Affected {
        /// What to do.
        action: String,
    },
    /// Not affected, and why.
    NotAffected {
        /// Why, from the fixed list.
        justification: Justification,
    },
    /// Fixed.
    Fixed,
    /// Not known yet.
    UnderInvestigation,
}

/// Why a version is not affected (CSAF 2.0 §3.2.3.5, `flags`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Justification {
    /// The component is not there.
    ComponentNotPresent,
    /// The vulnerable code is not there.
    VulnerableCodeNotPresent,
    /// The vulnerable code never runs.
    VulnerableCodeNotInExecutePath,
    /// An attacker can't reach it.
    VulnerableCodeCannotBeControlledByAdversary,
    /// Something built in prevents exploitation.
    InlineMitigationsAlreadyExist,
}

impl Justification {
    fn label(self) -> &'static str {
        match self {
            Self::ComponentNotPresent => "component_not_present",
            Self::VulnerableCodeNotPresent => "vulnerable_code_not_present",
            Self::VulnerableCodeNotInExecutePath => "vulnerable_code_not_in_execute_path",
            Self::VulnerableCodeCannotBeControlledByAdversary => {
                "vulnerable_code_cannot_be_controlled_by_adversary"
            }
            Self::InlineMitigationsAlreadyExist => "inline_mitigations_already_exist",
        }
    }
}

/// Writes statements about the advisory's flaw as an indented `csaf_vex` document.
///
/// # Errors
/// As [`Advisory::check`]; also when there is no statement, when one names a package that the
/// advisory does not have, or when one version is named twice.
pub fn write_vex(advisory: &Advisory, statements: &[Statement]) -> Result<String, AdvisoryError> {
    advisory.check()?;
    if statements.is_empty() {
        return Err(AdvisoryError::Empty("statements"));
    }
    let mut next = 0;
    let mut versions: BTreeMap<usize, Vec<Value>> = BTreeMap::new();
    let mut states: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let (mut remediations, mut flags) = (Vec::new(), Vec::new());
    for statement in statements {
        let package = package(advisory, statement)?;
        let id = product_id(&mut next);
        let name = format!("{} {}", package.name, statement.version);
        let purl = package.purl(Some(&statement.version)).map(|purl| purl.to_string());
        let branches = versions.entry(statement.package).or_default();
        if branches.iter().any(|one| one["name"] == *statement.version) {
            return refused("statements.version", &statement.version, "named once only");
        }
        branches.push(branch("product_version", &statement.version, &id, &name, purl));
        let state = match &statement.status {
            Status::Affected { action } if action.trim().is_empty() => {
                return Err(AdvisoryError::Empty("statements.action"));
            }
            Status::Affected { action } => {
                remediations.push(json!({
                    "category": "mitigation", "details": action, "product_ids": [id],
                }));
                "known_affected"
            }
            Status::NotAffected { justification } => {
                flags.push(json!({ "label": justification.label(), "product_ids": [id] }));
                "known_not_affected"
            }
            Status::Fixed => "fixed",
            Status::UnderInvestigation => "under_investigation",
        };
        states.entry(state).or_default().push(id);
    }
    let mut flaw = vulnerability(advisory);
    flaw.insert("product_status".to_owned(), json!(states));
    put(&mut flaw, "remediations", remediations);
    put(&mut flaw, "flags", flags);
    let branches = versions.into_iter().filter_map(|(at, branches)| {
        let package = advisory.affected.get(at)?;
        let product =
            json!({ "category": "product_name", "name": package.name, "branches": branches });
        let family = package.ecosystem.to_string();
        Some(json!({ "category": "product_family", "name": family, "branches": [product] }))
    });
    Ok(text(&json!({
        "document": document(advisory, "csaf_vex"),
        "product_tree": { "branches": branches.collect::<Vec<_>>() },
        "vulnerabilities": [flaw],
    })))
}

fn put(flaw: &mut Map<String, Value>, name: &str, items: Vec<Value>) {
    if !items.is_empty() {
        flaw.insert(name.to_owned(), json!(items));
    }
}

/// The package of a statement, whose version must parse.
fn package<'a>(
    advisory: &'a Advisory,
    statement: &Statement,
) -> Result<&'a AffectedPackage, AdvisoryError> {
    let Some(package) = advisory.affected.get(statement.package) else {
        let given = statement.package.to_string();
        return refused("statements.package", &given, "the position of an affected package");
    };
    if versions::VersionKey::parse(package.ecosystem, &statement.version).is_err() {
        let expected = "a version of its ecosystem";
        return refused("statements.version", &statement.version, expected);
    }
    Ok(package)
}

fn refused<T>(
    field: &'static str,
    given: &str,
    expected: &'static str,
) -> Result<T, AdvisoryError> {
    Err(AdvisoryError::Value { field, given: given.to_owned(), expected })
}
