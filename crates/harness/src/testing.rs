//! What this crate's tests can do by themselves. Families with services need our program as a guest, so they are tested with the program: in
//! `crates/cli/tests/range.rs`, always.

use assessment::{Family, families};
use sandbox::{Exec, Policy, Session};

/// Whether there is a C compiler in the sandbox.
pub(crate) fn compiler() -> bool {
    let session = Session::start(Policy::default()).unwrap();
    session.exec(&Exec::new(["cc", "--version"])).is_ok_and(|outcome| outcome.success())
}

/// Every family without services that this machine can do; it is said which it can't.
pub(crate) fn possible() -> Vec<&'static dyn Family> {
    let compiler = compiler();
    let able = |f: &&'static dyn Family| {
        let about = f.about();
        let able = compiler || !about.compiled;
        if !able {
            println!("skipped: {} (there is no C compiler)", about.name);
        }
        able && !about.services
    };
    families().iter().copied().filter(able).collect()
}
