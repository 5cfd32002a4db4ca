//! A session as a caller uses it.

use crate::{Exec, Limits, Policy, ReadOnly, SandboxError, Session, Status, Tier};
use expect_test::expect;
use std::time::Duration;

fn ready() -> bool {
    crate::probe().map_err(|missing| println!("skipped: {missing}")).is_ok()
}

fn shell(script: &str) -> Exec {
    Exec::new(["sh", "-c", script])
}

#[test]
fn programs_run_over_one_workspace() {
    if !ready() {
        return;
    }
    let session = Session::start(Policy::default()).unwrap();
    session.put("in/number", b"20", false).unwrap();
    session.put("double", b"#!/bin/sh\nread n; echo $((n * 2)) $1 $GREETING\n", true).unwrap();
    let mut exec = Exec::new(["./double", "an argument"]);
    exec.stdin = b"21\n".to_vec();
    exec.env.insert("GREETING".into(), "hello".into());
    let outcome = session.exec(&exec).unwrap();
    assert_eq!(outcome.status, Status::Exited(0));
    assert_eq!(String::from_utf8(outcome.stdout).unwrap(), "42 an argument hello\n");
    let outcome =
        session.exec(&shell("cat in/number; echo made > out; touch /tmp/x; echo e >&2; exit 3"));
    let outcome = outcome.unwrap();
    assert_eq!(
        (outcome.status, outcome.stdout, outcome.stderr),
        (Status::Exited(3), b"20".into(), b"e\n".into())
    );
    assert_eq!(session.get("out", 10).unwrap(), b"made\n");
    assert!(!session.exec(&shell("test -e /tmp/x")).unwrap().success(), "/tmp is fresh each time");
    session.stop().unwrap();
}

#[test]
fn ends_are_told_apart() {
    if !ready() {
        return;
    }
    let session = Session::start(Policy::default()).unwrap();
    for (script, status) in [
        ("exit 7", Status::Exited(7)),
        ("kill -ABRT $$", Status::Signalled(6)),
        ("kill -SEGV $$", Status::Signalled(11)),
        ("kill -KILL $$", Status::Signalled(9)),
        // Process 1 can't be hit from inside, so nobody can fake a lost sandbox.
        ("kill -KILL 1; exit 5", Status::Exited(5)),
        ("sleep 60 & exit 4", Status::Exited(4)),
        ("exec 0<&- 1>&- 2>&-; exit 6", Status::Exited(6)),
    ] {
        let outcome = session.exec(&shell(script)).unwrap();
        assert_eq!(outcome.status, status, "{script}");
        assert!(outcome.wall < Duration::from_secs(20));
    }
    for (program, code) in
        [("no-such-program", 127), ("./none", 127), ("/etc/passwd", 126), ("/usr", 126)]
    {
        let outcome = session.exec(&Exec::new([program])).unwrap();
        assert_eq!(outcome.status, Status::Exited(code), "{program}");
        assert!(outcome.stderr.starts_with(b"sandbox: `"));
    }
}

#[test]
fn large_input_and_output_do_not_block_each_other() {
    if !ready() {
        return;
    }
    let session = Session::start(Policy::default()).unwrap();
    let mut exec = Exec::new(["cat"]);
    exec.stdin = (0..3_000_000_u32).map(|i| i.to_le_bytes()[0]).collect();
    exec.limits.output = 4_000_000;
    assert_eq!(session.exec(&exec).unwrap().stdout, exec.stdin);
    // A guest that does not read its input is no error.
    exec.argv = vec!["true".into()];
    assert_eq!(session.exec(&exec).unwrap().status, Status::Exited(0));
}

#[test]
fn time_is_bounded() {
    if !ready() {
        return;
    }
    let session = Session::start(Policy::default()).unwrap();
    let mut exec = shell("echo before; trap '' TERM INT; sleep 60");
    exec.limits = Limits { wall: Duration::from_millis(200), ..Limits::default() };
    let outcome = session.exec(&exec).unwrap();
    assert_eq!((outcome.status, outcome.stdout), (Status::TimedOut, b"before\n".into()));
    assert!(outcome.wall >= Duration::from_millis(200) && outcome.wall < Duration::from_secs(10));
}

#[test]
fn many_callers_and_sessions_at_once() {
    if !ready() {
        return;
    }
    let one = Session::start(Policy::default()).unwrap();
    std::thread::scope(|scope| {
        for i in 0..6 {
            let one = &one;
            scope.spawn(move || {
                let mut exec = shell("cat");
                exec.stdin = format!("{i}").into_bytes();
                assert_eq!(one.exec(&exec).unwrap().stdout, exec.stdin);
                let own = Session::start(Policy::default()).unwrap();
                assert_eq!(own.exec(&exec).unwrap().stdout, exec.stdin);
                own.stop().unwrap();
            });
        }
    });
}

#[test]
fn nothing_stays_behind() {
    if !ready() {
        return;
    }
    let base = tempfile::tempdir().unwrap();
    let policy = || Policy { base: Some(base.path().into()), ..Policy::default() };
    let count = || std::fs::read_dir(base.path()).unwrap().count();
    let session = Session::start(policy()).unwrap();
    session
        .exec(&shell("mkdir -p a/b/c; echo > a/b/c/d; chmod 0 a/b a; ln -s / r; mkfifo p"))
        .unwrap();
    assert_eq!(count(), 1);
    session.stop().unwrap();
    assert_eq!(count(), 0);
    drop(Session::start(policy()).unwrap());
    assert_eq!(count(), 0);
    // a home that is used again has a workspace of its own: no name, mode or attribute of the last guest's is on it
    for _ in 0..3 {
        let session = Session::start(Policy::default()).unwrap();
        let fresh = "stat -c %a . && ls -A . && mkdir -m 777 d && echo > d/f && chmod 777 .";
        let seen = session.exec(&shell(fresh)).unwrap();
        assert_eq!(String::from_utf8_lossy(&seen.stdout), "700\n", "{seen:?}");
        session.stop().unwrap();
    }
    // A failed start leaves nothing either.
    let missing = ReadOnly { host: "/nowhere".into(), inside: "/opt/x".into() };
    assert!(Session::start(Policy { read_only: vec![missing], ..policy() }).is_err());
    assert_eq!(count(), 0);
}

#[test]
fn a_compiler_works() {
    if !ready() {
        return;
    }
    let session = Session::start(Policy::default()).unwrap();
    if !session.exec(&shell("cc --version")).unwrap().success() {
        println!("skipped: no `cc` in /usr");
        return;
    }
    session.put("x.c", b"int main(void) { return 9; }", false).unwrap();
    let outcome = session.exec(&shell("cc -o x x.c && ./x")).unwrap();
    assert_eq!(outcome.status, Status::Exited(9), "{}", String::from_utf8_lossy(&outcome.stderr));
}

#[test]
fn requests_are_refused() {
    let start = |policy: Policy| Session::start(policy).map(drop).unwrap_err().to_string();
    let inside = |path: &str| Policy {
        read_only: vec![ReadOnly { host: "/usr".into(), inside: path.into() }],
        ..Policy::default()
    };
    expect!["tier 2 (a virtual machine) is not available here: the policy names no guest program to boot with"]
        .assert_eq(&start(Policy { tier: Tier::VirtualMachine, ..Policy::default() }));
    for path in
        ["opt", "/", "/opt/../usr", "/proc", "/dev/x", "/work/x", "/usr/x", "/etc", "/tmp/x"]
    {
        let told = start(inside(path));
        assert!(told.starts_with(&format!("path `{path}` is refused")), "{told}");
    }
    let session = Session::start(Policy::default()).unwrap();
    let refused = |exec: Exec| session.exec(&exec).unwrap_err();
    let none: [&str; 0] = [];
    assert!(matches!(refused(Exec::new(none)), SandboxError::BadExec { .. }));
    assert!(matches!(refused(Exec::new(["a\0b"])), SandboxError::BadExec { .. }));
    let large = "x".repeat(2 << 20);
    assert!(matches!(refused(Exec::new(["true", &large])), SandboxError::BadExec { .. }));
    for name in ["", "A=B", "A\0"] {
        let mut exec = Exec::new(["true"]);
        exec.env.insert(name.into(), "x".into());
        assert!(matches!(refused(exec), SandboxError::BadExec { .. }), "{name:?}");
    }
}

#[test]
fn nothing_inside_an_unkillable_run_brings_about_a_kill() {
    if !ready() {
        return;
    }
    let session = Session::start(Policy::default()).unwrap();
    let run = |script: &str, unkillable: bool| {
        session.exec(&Exec { unkillable, ..shell(script) }).unwrap()
    };
    let ways = ["kill -9 $$; echo on", "sh -c 'kill -9 $PPID'; echo on", "kill -KILL -1; echo on"];
    for way in ways {
        let kept = run(way, true);
        assert_eq!(
            (kept.status, kept.stdout.as_slice()),
            (Status::Exited(0), &b"on\n"[..]),
            "{way}"
        );
    }
    assert_eq!(run(ways[0], false).status, Status::Signalled(9));
    // other signals, and reading bounds, stay as they were
    assert_eq!(run("kill -TERM $$", true).status, Status::Signalled(15));
    assert_ne!(run("ulimit -t 1", true).status, Status::Exited(0), "no new bounds");
    assert_eq!(run("ulimit -t", true).status, Status::Exited(0));
}
