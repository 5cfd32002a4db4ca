//! Prints what a session's sandbox looks like from inside, one check a line.
#![expect(clippy::print_stdout, reason = "prints its result")]

use sandbox::{Policy, SandboxError, Session, attest};

fn main() -> Result<(), SandboxError> {
    let session = Session::start(Policy::default())?;
    let attestation = attest(&session)?;
    for check in &attestation.checks {
        let mark = if check.holds { "ok  " } else { "FAIL" };
        println!("{mark} {}: {} [{}]", check.name, check.found, check.how);
    }
    println!("limits: {:?}", attestation.enforced);
    session.stop()
}
