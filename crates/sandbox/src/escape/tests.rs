//! Every attempt, class by class, with this test program as the guest; and what has no switch.
#![expect(clippy::disallowed_methods, clippy::exit, reason = "the guest exits with its own code")]

use super::{Attempt, Class, Guest, Verdict, attempts, run};
use crate::{Exec, Limits, Policy, Session, Status};
use std::collections::BTreeSet;

/// Whether this machine isolates; says why not.
fn ready() -> bool {
    crate::probe().map_err(|missing| println!("skipped: {missing}")).is_ok()
}

fn this_program() -> Guest {
    let arguments =
        ["--exact", "escape::tests::guest_side", "--ignored", "--nocapture", "--test-threads=1"];
    Guest {
        program: std::env::current_exe().unwrap(),
        arguments: arguments.map(str::to_owned).to_vec(),
    }
}

/// Not a test: the guest's side of all others.
#[test]
#[ignore = "runs inside the sandbox, started by the other tests"]
fn guest_side() {
    std::process::exit(crate::guest(&[]).into());
}

fn check(class: Class) {
    if !ready() {
        return;
    }
    let of_class: Vec<Attempt> = attempts().into_iter().filter(|a| a.class == class).collect();
    assert!(of_class.len() >= 4, "{class:?}");
    let mut wrong = Vec::new();
    for attempt in of_class {
        let tried = run(&attempt, &this_program()).unwrap();
        if let Some(why) = &tried.skipped {
            println!("skipped: {} ({why})", tried.name);
        } else if !tried.holds() {
            wrong.push(tried);
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

macro_rules! classes {
    ($($name:ident $class:ident)*) => {$(
        #[test]
        fn $name() {
            check(Class::$class);
        }
    )*};
}

classes! {
    files Files
    processes Processes
    network Network
    names Names
    sockets Sockets
    privilege Privilege
    kernel Kernel
    resources Resources
    inheritance Inheritance
    devices Devices
    time Time
}

#[test]
fn the_table() {
    let all = attempts();
    assert!(all.len() >= 40, "{}", all.len());
    let names: BTreeSet<_> = all.iter().map(|a| a.name).collect();
    assert_eq!(names.len(), all.len(), "a name is given twice");
    let classes: BTreeSet<_> = all.iter().map(|a| a.class).collect();
    assert_eq!(classes.len(), Class::ALL.len());
    assert!(all.iter().all(|a| !a.protections().is_empty()));
}

/// A run that proves nothing is told apart: an attempt nobody knows, and one that is refused with nothing on.
#[test]
fn an_attempt_that_proves_nothing_does_not_hold() {
    if !ready() {
        return;
    }
    let mut attempt = *attempts().iter().find(|a| a.name == "tcp").unwrap();
    // the filter does not stop it, so without the filter it is refused still
    attempt.stopped_by = &[crate::policy::Guard::Seccomp];
    let tried = run(&attempt, &this_program()).unwrap();
    assert_eq!(tried.unguarded, Some(Verdict::Refused));
    assert!(!tried.holds());
    attempt.name = "no such attempt";
    let tried = run(&attempt, &this_program()).unwrap();
    assert!(matches!(tried.guarded, Some(Verdict::Broken(_))), "{tried:?}");
    assert!(!tried.holds());
}

fn inside(name: &str, limits: Limits) -> crate::Outcome {
    let guest = this_program();
    let mut policy = Policy::default();
    let probe = crate::ReadOnly { host: guest.program.clone(), inside: "/opt/probe".into() };
    policy.read_only.push(probe);
    let program = std::iter::once(super::PROBE.to_owned()).chain(guest.arguments);
    let exec = Exec { stdin: name.into(), limits, ..Exec::new(program) };
    Session::start(policy).unwrap().exec(&exec).unwrap()
}

#[test]
fn how_bounds_are_told() {
    if ready() {
        let limits = Limits { memory: 512 << 20, ..Limits::default() };
        let seen = inside(&format!("memory-bomb\n{}", 1 << 30), limits);
        let by_group = seen.enforced.memory != crate::How::Rlimit;
        assert_eq!(seen.status == Status::OutOfMemory, by_group, "{:?}", seen.enforced);
        let seen = inside("large-file\n", Limits { file: 1 << 16, ..Limits::default() });
        assert_eq!(seen.status, Status::Signalled(libc::SIGXFSZ));
        let seen = inside("processor-time\n", Limits { cpu_seconds: 1, ..Limits::default() });
        assert_eq!(seen.status, Status::Signalled(libc::SIGXCPU));
    }
}

#[test]
fn output_flood() {
    if ready() {
        let session = Session::start(Policy::default()).unwrap();
        let script = "head -c 8388608 /dev/zero; head -c 8388608 /dev/zero >&2";
        let mut exec = Exec::new(["sh", "-c", script]);
        exec.limits.output = 10_000;
        let seen = session.exec(&exec).unwrap();
        assert_eq!(seen.status, Status::Exited(0));
        assert_eq!((seen.stdout.len(), seen.stdout_truncated), (10_000, true));
        assert_eq!((seen.stderr.len(), seen.stderr_truncated), (10_000, true));
        exec.limits = Limits { output: 64 << 20, ..exec.limits };
        let seen = session.exec(&exec).unwrap();
        assert!(seen.stdout.len() == 8 << 20 && !seen.stdout_truncated);
    }
}

/// `getpid` by its x32 number: the deny list does not know it, the gate refuses all of them.
#[cfg(target_arch = "x86_64")]
#[test]
fn numbers_of_the_other_kind() {
    if ready() {
        let script =
            "int main() { return syscall(0x40000000 + 39) == -1 && errno == ENOSYS ? 7 : 8; }";
        let source = format!("#include <errno.h>\n#include <unistd.h>\n{script}\n");
        let session = Session::start(Policy::default()).unwrap();
        session.put("x32.c", source.as_bytes(), false).unwrap();
        if !session.exec(&Exec::new(["cc", "-w", "-o", "x32", "x32.c"])).unwrap().success() {
            println!("skipped: no C compiler");
            return;
        }
        assert_eq!(session.exec(&Exec::new(["./x32"])).unwrap().status, Status::Exited(7));
    }
}
