//! Runs one command in a sandbox and prints what came of it: `run PROGRAM [ARGUMENT...]`.
#![expect(clippy::print_stdout, reason = "prints its result")]

use sandbox::{Exec, Policy, SandboxError, Session};

fn main() -> Result<(), SandboxError> {
    let session = Session::start(Policy::default())?;
    let outcome = session.exec(&Exec::new(std::env::args().skip(1)))?;
    println!("{}", String::from_utf8_lossy(&outcome.stdout));
    println!("{}", String::from_utf8_lossy(&outcome.stderr));
    println!("{:?} after {:?}, limits {:?}", outcome.status, outcome.wall, outcome.enforced);
    session.stop()
}
