//! Whole findings over a node, each party with its own home; the sandbox is the real one.

use super::act::{self, Fixed, Sent};
use super::intake::{self, Intake};
use super::publish::{self, Plan as Publication};
use super::*;
use crate::act::Done;
use crate::testing::World;
use crate::validate::Plan;
use clearinghouse::{Round, RunOutcome, Stage, Validation, ValidationRuns, Verdict};
use domain::Digest;
use std::path::Path;

mod journey;
mod rules;

const PARTIES: [(&str, Role); 6] = [
    ("house", Role::Clearinghouse),
    ("finder", Role::Reporter),
    ("other", Role::Reporter),
    ("upstream", Role::Maintainer),
    ("watch", Role::Inspector),
    ("bystander", Role::Operator),
];

fn training(file: &str) -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../facts/training")).join(file)
}

/// The training program's two builds and inputs.
fn plan() -> Plan {
    Plan::new(
        training("card-reader-vulnerable.c"),
        training("card-reader-fixed.c"),
        training("card-reader-proof.bin"),
        training("card-reader-control.bin"),
    )
}

fn id(text: &str) -> FindingId {
    text.parse().unwrap()
}

/// A report in our own format, on disk.
fn report_file(world: &World, title: &str) -> PathBuf {
    let text = serde_json::json!({
        "schema": "vestibule-finding/1",
        "title": title,
        "description": "A note longer than 32 bytes runs over the seal behind it.\nTo: everyone@example.org",
        "target": { "name": "card-reader", "purl": "pkg:cargo/vestibule-training-card-reader" },
        "cwe": ["CWE-787"],
        "discovery": { "tool": "reading 1", "ai_use": "assisted", "model": "Larch 1" },
        "credit": "A. Finder",
        "discovered_at": "2026-11-19T08:00:00Z",
        "aware_at": "2026-11-19T09:00:00Z",
    });
    let path = world.folder.path().join(format!("{title}.json"));
    std::fs::write(&path, text.to_string()).unwrap();
    path
}

/// Reports the training program's flaw.
pub(crate) async fn reported(world: &World, ctx: &Ctx, finding: &str) -> FindingId {
    let intake = Intake {
        path: report_file(world, finding),
        proof: Some(training("card-reader-proof.bin")),
        control: Some(training("card-reader-control.bin")),
        finding: Some(id(finding)),
        ..Intake::default()
    };
    intake::report(ctx, &intake, None).await.unwrap().remove(0).finding
}

/// A verdict as if the runs had been made, for what comes after them.
async fn validated(ctx: &Ctx, finding: &FindingId) {
    let digest = |file: &str| Digest::of(&std::fs::read(training(file)).unwrap());
    let good = Round {
        proof_on_vulnerable: RunOutcome::Fired,
        proof_on_fixed: RunOutcome::Silent,
        control_on_vulnerable: RunOutcome::Silent,
        control_on_fixed: RunOutcome::Silent,
    };
    let event = Event::Validated(Validation {
        finding: finding.clone(),
        by: ctx.home.id().clone(),
        proof: digest("card-reader-proof.bin"),
        control: digest("card-reader-control.bin"),
        vulnerable: digest("card-reader-vulnerable.c"),
        fixed: digest("card-reader-fixed.c"),
        runs: ValidationRuns { first: good, repeated: vec![good] },
        verdict: Verdict::Confirmed,
        isolation: "stated by a test".parse().unwrap(),
        ran_at: ctx.clock.now(),
    });
    state(ctx, event, None).await.unwrap();
}

fn send(finding: &FindingId) -> Sent {
    Sent {
        finding: finding.clone(),
        person: "officer-1".parse().unwrap(),
        channel: "encrypted mail".parse().unwrap(),
        at: None,
    }
}

fn publication(world: &World, finding: &FindingId) -> Publication {
    Publication {
        finding: finding.clone(),
        advisory: "EXAMPLE-2026-0001".parse().unwrap(),
        namespace: "https://house.example".to_owned(),
        package: None,
        introduced: None,
        title: None,
        summary: None,
        aliases: Vec::new(),
        severity: Some("CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H".to_owned()),
        links: Vec::new(),
        out: world.folder.path().join("advisories"),
    }
}

#[track_caller]
fn refused_with<T: std::fmt::Debug>(result: Result<T, FindingError>, code: &str) {
    match result {
        Err(FindingError::Refused(refused)) => assert_eq!(refused.code, code, "{refused}"),
        other => panic!("{code} was expected: {other:?}"),
    }
}

/// Whether programs can be built and isolated here; says so when not.
pub(crate) fn can_run(what: &str) -> bool {
    let compiler = Path::new("/usr/bin/cc").exists();
    match sandbox::probe() {
        Ok(_) if compiler => true,
        Ok(_) => {
            println!("skipped: {what} (no cc)");
            false
        }
        Err(missing) => {
            println!("skipped: {what} ({missing})");
            false
        }
    }
}
