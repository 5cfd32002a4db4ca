//! How the terms of a review are kept, and who was considered: each verb through the real program, as its users type it.
#![expect(clippy::unwrap_used, reason = "helpers of a test")]

#[path = "../kit/scene.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod scene;

mod clocks;
mod conduct;
mod defender;
mod dossier;
mod fairness;
mod terms;

use scene::{both, good, granted, house, vestibule};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Output;

/// A verb of a review by one party. What stands between quotes is one argument.
fn review(at: &Path, party: &str, verb: &str) -> Output {
    let mut command = vestibule(at, &format!("--home {party} --json review"));
    for (n, part) in verb.split('"').enumerate() {
        if n % 2 == 0 {
            command.args(part.split_whitespace());
        } else {
            command.arg(part);
        }
    }
    command.output().unwrap()
}

fn done(at: &Path, party: &str, verb: &str) -> Value {
    let done = review(at, party, verb);
    assert!(done.status.success(), "{verb}: {}", String::from_utf8_lossy(&done.stderr));
    serde_json::from_slice(&done.stdout).unwrap()
}

/// The stable code of a refusal.
fn refused(at: &Path, party: &str, verb: &str) -> String {
    let done = review(at, party, verb);
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert_eq!(done.status.code(), Some(1), "{verb}: {said}");
    let last = said.lines().last().unwrap();
    let refusal: Value = serde_json::from_str(last).unwrap();
    refusal["code"].as_str().unwrap().to_owned()
}

fn shown(at: &Path, party: &str) -> Value {
    done(at, party, "show --case case-1")
}

fn text(at: &Path, party: &str, verb: &str) -> String {
    good(at, &format!("--home {party} review {verb}"))
}
