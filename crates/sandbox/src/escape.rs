//! Escape attempts. Each is made twice: with everything on it must fail, and with the protection that
//! stops it switched off it must succeed, so no test passes because its attack is broken.
//!
//! The guest is this very test program, mounted read-only, asked to run [`guest`].
#![expect(
    clippy::disallowed_methods,
    clippy::exit,
    unsafe_code,
    reason = "tests wait, exit and make raw system calls"
)]

mod attempts;

use crate::policy::{Guard, Guards};
use crate::{Exec, Limits, Outcome, Policy, ReadOnly, Session, Status};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

/// What the guest's exit code says.
const SUCCEEDED: i32 = 42;
const REFUSED: i32 = 43;
/// Inside, seen from the workspace; also right when the root was not changed.
const PROBE: &str = "../opt/probe";

/// Whether this machine isolates; says why not.
fn ready() -> bool {
    crate::probe().map_err(|missing| println!("skipped: {missing}")).is_ok()
}

fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

fn policy(off: &[Guard]) -> Policy {
    let host = std::env::current_exe().unwrap();
    let probe = ReadOnly { host, inside: "/opt/probe".into() };
    Policy { guards: Guards::ALL.without(off), read_only: vec![probe], ..Policy::default() }
}

fn attempt(name: &str, argument: &str) -> Exec {
    let arguments = ["--exact", "escape::guest", "--ignored", "--nocapture", "--test-threads=1"];
    let mut exec = Exec::new([PROBE].into_iter().chain(arguments));
    exec.env.insert("ATTEMPT".into(), name.into());
    exec.env.insert("ARGUMENT".into(), argument.into());
    exec.limits.wall = Duration::from_secs(20);
    exec
}

/// Not a test: the guest's side of all others.
#[test]
#[ignore = "runs inside the sandbox, started by the other tests"]
fn guest() {
    let Ok(name) = std::env::var("ATTEMPT") else { return };
    let argument = std::env::var("ARGUMENT").unwrap_or_default();
    std::process::exit(if attempts::run(&name, &argument) { SUCCEEDED } else { REFUSED });
}

fn outcome(off: &[Guard], exec: &Exec) -> Outcome {
    Session::start(policy(off)).unwrap().exec(exec).unwrap()
}

/// With everything on the attempt is refused, with `off` it succeeds.
fn check(name: &str, argument: &str, off: &[Guard]) {
    let exec = attempt(name, argument);
    for (off, wanted) in [(&[][..], REFUSED), (off, SUCCEEDED)] {
        let seen = outcome(off, &exec);
        assert_eq!(seen.status, Status::Exited(wanted), "{name} without {off:?}: {}", told(&seen));
    }
}

/// Those of these protections that this machine and user have.
fn available(guards: &[Guard]) -> Vec<Guard> {
    let groups = crate::probe().is_ok_and(|c| c.enforced.memory != crate::How::Rlimit);
    guards.iter().copied().filter(|g| *g != Guard::Groups || groups).collect()
}

/// Each of several protections is enough on its own.
fn check_each(exec: &Exec, off: &[Guard], held: impl Fn(Status) -> bool) {
    for guard in off {
        let others: Vec<_> = off.iter().copied().filter(|g| g != guard).collect();
        let seen = outcome(&others, exec);
        assert!(held(seen.status), "only {guard:?}: {:?} {}", seen.status, told(&seen));
    }
    assert!(held(outcome(&[], exec).status));
    let seen = outcome(off, exec);
    assert_eq!(seen.status, Status::Exited(SUCCEEDED), "without {off:?}: {}", told(&seen));
}

fn told(outcome: &Outcome) -> String {
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    format!("{}{}", text(&outcome.stdout), text(&outcome.stderr))
}

/// A directory of the host that anyone may enter and write.
fn open_directory() -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    std::fs::set_permissions(dir.path(), std::fs::Permissions::from_mode(0o777)).unwrap();
    dir
}

#[test]
fn network_connect() {
    if ready() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        check("tcp", &listener.local_addr().unwrap().to_string(), &[Guard::Network]);
    }
}

#[test]
fn abstract_socket() {
    if ready() {
        let name = format!("vestibule-sandbox-test-{}", std::process::id());
        let address = std::os::unix::net::SocketAddr::from_abstract_name(&name).unwrap();
        let _listener = std::os::unix::net::UnixListener::bind_addr(&address).unwrap();
        check("abstract", &name, &[Guard::Network]);
    }
}

#[test]
fn host_socket_by_path() {
    if ready() {
        let dir = open_directory();
        let path = dir.path().join("socket");
        let _listener = std::os::unix::net::UnixListener::bind(&path).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o777)).unwrap();
        check("unix", path.to_str().unwrap(), &[Guard::Root]);
    }
}

#[test]
fn host_file() {
    if ready() {
        let dir = open_directory();
        let path = dir.path().join("secret");
        std::fs::write(&path, "secret").unwrap();
        check("read", path.to_str().unwrap(), &[Guard::Root]);
        for path in ["/etc/shadow", "/etc/hostname", "/root/.ssh", "/home/user", "/sys/kernel"] {
            let seen = outcome(&[], &attempt("read", path));
            assert_eq!(seen.status, Status::Exited(REFUSED), "{path}");
        }
    }
}

#[test]
fn host_process() {
    if ready() {
        check("signal", &std::process::id().to_string(), &[Guard::Pid]);
    }
}

#[test]
fn mounts_and_roots() {
    if ready() {
        let off = [Guard::Seccomp, Guard::Capabilities];
        for name in ["mount", "chroot"] {
            check_each(&attempt(name, ""), &off, |s| s == Status::Exited(REFUSED));
        }
    }
}

#[test]
fn kernel_surface() {
    if ready() {
        for name in ["userns", "clone-userns", "clone3", "ptrace", "keyctl", "netlink"] {
            check(name, "", &[Guard::Seccomp]);
        }
        for name in ["vsock", "io_uring", "bpf", "perf", "userfaultfd", "module", "x32"] {
            let seen = outcome(&[], &attempt(name, ""));
            assert_eq!(seen.status, Status::Exited(REFUSED), "{name}: {}", told(&seen));
        }
    }
}

#[test]
fn set_user_id_program() {
    if !is_root() {
        println!("skipped: only root can make a set-user-id program");
    } else if ready() {
        let run = |off: &[Guard]| {
            let session = Session::start(policy(off)).unwrap();
            let path = session.host_path().join("suid");
            std::fs::copy(std::env::current_exe().unwrap(), &path).unwrap();
            std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o4755)).unwrap();
            session.exec(&attempt("suid", "")).unwrap().status
        };
        assert_eq!(run(&[]), Status::Exited(REFUSED));
        assert_eq!(run(&[Guard::User]), Status::Exited(REFUSED), "no-new-privileges alone holds");
        // The filter's installation sets no-new-privileges too.
        let off = [Guard::User, Guard::Privileges, Guard::Seccomp];
        assert_eq!(run(&off), Status::Exited(SUCCEEDED));
    }
}

#[test]
fn fork_bomb() {
    if ready() {
        let mut exec = attempt("fork", "100");
        exec.limits.processes = 20;
        check_each(&exec, &available(&[Guard::Groups, Guard::Rlimits]), |s| {
            s == Status::Exited(REFUSED)
        });
    }
}

#[test]
fn memory_bomb() {
    if ready() {
        let mut exec = attempt("memory", "512");
        exec.limits.memory = 128 << 20;
        check_each(&exec, &available(&[Guard::Groups, Guard::Rlimits]), |s| {
            matches!(s, Status::OutOfMemory | Status::Exited(REFUSED))
        });
        let seen = outcome(&[], &exec);
        let by_group = seen.enforced.memory != crate::How::Rlimit;
        assert_eq!(seen.status == Status::OutOfMemory, by_group, "{:?}", seen.enforced);
    }
}

#[test]
fn shared_memory_of_the_host() {
    if ready() {
        let key = i32::try_from(std::process::id()).unwrap() + 0x5600_0000;
        // SAFETY: makes, and at the end removes, a segment that nothing maps.
        let id = unsafe { libc::shmget(key, 4096, libc::IPC_CREAT | 0o666) };
        assert!(id >= 0, "{}", std::io::Error::last_os_error());
        let result = std::panic::catch_unwind(|| check("shm", &key.to_string(), &[Guard::Ipc]));
        // SAFETY: as above.
        unsafe { libc::shmctl(id, libc::IPC_RMID, std::ptr::null_mut()) };
        result.unwrap();
    }
}

#[test]
fn names_of_the_host() {
    if ready() {
        let name = rustix::system::uname().nodename().to_str().unwrap().to_owned();
        check("hostname", &name, &[Guard::Uts]);
        if outcome(&[], &attempt("hostname", "")).enforced.memory == crate::How::Nothing {
            return;
        }
        if outcome(&[], &attempt("cgroup", "")).enforced.memory == crate::How::Rlimit {
            println!("skipped: no control group to see the path of");
        } else {
            check("cgroup", "", &[Guard::Cgroup]);
        }
    }
}

#[test]
fn writing_what_is_read_only() {
    if ready() {
        let dir = open_directory();
        let open = |off: &[Guard]| {
            let mut policy = policy(off);
            policy.read_only.push(ReadOnly { host: dir.path().into(), inside: "/opt/data".into() });
            let session = Session::start(policy).unwrap();
            session.exec(&attempt("write", "/opt/data/file")).unwrap().status
        };
        assert_eq!(open(&[]), Status::Exited(REFUSED));
        assert!(!dir.path().join("file").exists());
        assert_eq!(open(&[Guard::ReadOnly]), Status::Exited(SUCCEEDED));
        assert!(dir.path().join("file").exists());
        for path in ["/usr/file", "/etc/file", "/etc/passwd", "/file", "/dev/file", "/usr/bin/true"]
        {
            let seen = outcome(&[], &attempt("write", path));
            assert_eq!(seen.status, Status::Exited(REFUSED), "{path}");
        }
    }
}

#[test]
fn large_file() {
    if ready() {
        let mut exec = attempt("large-file", "");
        exec.limits.file = 1 << 16;
        assert_eq!(outcome(&[], &exec).status, Status::Signalled(libc::SIGXFSZ));
        assert_eq!(outcome(&[Guard::Rlimits], &exec).status, Status::Exited(SUCCEEDED));
    }
}

#[test]
fn many_files() {
    if ready() {
        let run = |off: &[Guard], bytes, entries| {
            let limits =
                Policy { workspace_bytes: bytes, workspace_entries: entries, ..policy(off) };
            Session::start(limits).unwrap().exec(&attempt("many-files", "")).unwrap().status
        };
        assert_eq!(run(&[], 1 << 20, 1000), Status::WorkspaceFull);
        assert_eq!(run(&[], 1 << 30, 20), Status::WorkspaceFull);
        assert_eq!(run(&[], 1 << 30, 1000), Status::Exited(SUCCEEDED));
        assert_eq!(run(&[Guard::Workspace], 1 << 20, 20), Status::Exited(SUCCEEDED));
    }
}

#[test]
fn orphan_beyond_the_time_limit() {
    if ready() {
        let run = |off: &[Guard]| {
            let session = Session::start(policy(off)).unwrap();
            let mut exec = attempt("orphan", "");
            exec.limits.wall = Duration::from_millis(300);
            let seen = session.exec(&exec).unwrap();
            assert_eq!(seen.status, Status::TimedOut);
            assert!(seen.wall < Duration::from_secs(5), "{:?}", seen.wall);
            std::thread::sleep(Duration::from_millis(900));
            session.host_path().join("orphan").exists()
        };
        assert!(!run(&[]));
        assert!(run(&[Guard::Pid]));
    }
}

#[test]
fn processor_time() {
    if ready() {
        let mut exec = attempt("spin", "");
        exec.limits.cpu_seconds = 1;
        assert_eq!(outcome(&[], &exec).status, Status::Signalled(libc::SIGXCPU));
    }
}

#[test]
fn output_flood() {
    if ready() {
        let mut exec = attempt("flood", "");
        exec.limits.output = 10_000;
        let seen = outcome(&[], &exec);
        assert_eq!(seen.status, Status::Exited(SUCCEEDED));
        assert_eq!((seen.stdout.len(), seen.stdout_truncated), (10_000, true));
        assert_eq!((seen.stderr.len(), seen.stderr_truncated), (10_000, true));
        exec.limits = Limits { output: 64 << 20, ..exec.limits };
        let seen = outcome(&[], &exec);
        assert!(seen.stdout.len() >= 8 << 20 && !seen.stdout_truncated);
    }
}

#[test]
fn links_out_of_the_workspace() {
    if ready() {
        let dir = open_directory();
        let secret = dir.path().join("secret");
        std::fs::write(&secret, "secret").unwrap();
        let run = |off: &[Guard]| {
            let session = Session::start(policy(off)).unwrap();
            let link = |target: &Path, name: &str| {
                let argument = format!("{}|{name}", target.display());
                let seen = session.exec(&attempt("link", &argument)).unwrap();
                assert_eq!(seen.status, Status::Exited(SUCCEEDED), "{}", told(&seen));
            };
            link(&secret, "file");
            link(dir.path(), "dir");
            let read = ["file", "dir/secret"].map(|p| session.get(p, 100).is_ok());
            let wrote = session.put("dir/planted", b"x", false).is_ok();
            let replaced = session.put("file", b"changed", false);
            (read, wrote, replaced.is_ok(), std::fs::read_to_string(&secret).unwrap())
        };
        // A put to a link replaces the link; the host's file stays.
        assert_eq!(run(&[]), ([false, false], false, true, "secret".to_owned()));
        assert!(!dir.path().join("planted").exists());
        assert_eq!(run(&[Guard::Beneath]), ([true, true], true, true, "changed".to_owned()));
        assert!(dir.path().join("planted").exists());
    }
}

#[test]
fn open_files_of_the_host() {
    if ready() {
        let (kept, _other) = rustix::pipe::pipe().unwrap();
        let seen = outcome(&[], &attempt("descriptors", ""));
        assert_eq!(seen.status, Status::Exited(REFUSED), "{} {kept:?}", told(&seen));
    }
}
