//! The guest's side: each attempt says whether the attack worked.

use std::ffi::{CString, c_long};
use std::io::Write;
use std::net::TcpStream;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixStream};
use std::time::Duration;

pub(super) fn run(name: &str, argument: &str) -> bool {
    match name {
        "tcp" => TcpStream::connect(argument).is_ok(),
        "abstract" => SocketAddr::from_abstract_name(argument)
            .and_then(|a| UnixStream::connect_addr(&a))
            .is_ok(),
        "unix" => UnixStream::connect(argument).is_ok(),
        "read" => std::fs::read(argument).is_ok() || std::fs::read_dir(argument).is_ok(),
        "write" => std::fs::write(argument, "x").is_ok(),
        // Success or a refusal by ownership: either way there is such a process.
        "signal" => failing(libc::SYS_kill, [argument.parse().unwrap(), 0, 0]) != Some(libc::ESRCH),
        "suid" => again("./suid", "is-root"),
        // SAFETY: has no precondition.
        "is-root" => unsafe { libc::geteuid() == 0 },
        "fork" => fork(argument.parse().unwrap()),
        "memory" => memory(argument.parse::<usize>().unwrap() << 20),
        "shm" => call(libc::SYS_shmget, [argument.parse().unwrap(), 0, 0]),
        "hostname" => rustix::system::uname().nodename().to_str().unwrap() == argument,
        "cgroup" => {
            let text = std::fs::read_to_string("/proc/self/cgroup").unwrap();
            text.lines().any(|line| !line.ends_with(":/"))
        }
        "large-file" => std::fs::write("large", vec![7; 1 << 20]).is_ok(),
        "many-files" => (0..50).all(|i| std::fs::write(format!("f{i}"), vec![7; 1 << 16]).is_ok()),
        "orphan" => orphan(),
        "spin" => loop {
            std::hint::spin_loop();
        },
        "flood" => flood(),
        "link" => {
            let (target, at) = argument.split_once('|').unwrap();
            std::os::unix::fs::symlink(target, at).is_ok()
        }
        "descriptors" => std::fs::read_dir("/proc/self/fd").unwrap().count() > 4,
        other => kernel(other),
    }
}

/// Makes a system call; says whether it worked.
fn call<const N: usize>(number: c_long, arguments: [c_long; N]) -> bool {
    failing(number, arguments).is_none()
}

fn failing<const N: usize>(number: c_long, arguments: [c_long; N]) -> Option<i32> {
    let a = |i: usize| arguments.get(i).copied().unwrap_or(0);
    // SAFETY: callers pass integers, null pointers, or pointers to values that outlive the call.
    let done = unsafe { libc::syscall(number, a(0), a(1), a(2), a(3), a(4), a(5)) };
    (done < 0).then(|| std::io::Error::last_os_error().raw_os_error().unwrap_or(0))
}

fn kernel(name: &str) -> bool {
    let new_user = c_long::from(libc::CLONE_NEWUSER);
    let zeroes = [0_u8; 256];
    let zeroed = zeroes.as_ptr() as c_long;
    match name {
        "mount" => mount(),
        "chroot" => {
            let path = CString::new("/tmp").unwrap();
            call(libc::SYS_chroot, [path.as_ptr() as c_long])
        }
        "userns" => {
            // Only a process of one thread may: the test harness has two.
            alone(|| call(libc::SYS_unshare, [new_user]))
        }
        "clone-userns" => {
            child(libc::SYS_clone, [new_user | c_long::from(libc::SIGCHLD), 0, 0, 0, 0])
        }
        "clone3" => clone3(),
        "ptrace" => alone(|| call(libc::SYS_ptrace, [c_long::from(libc::PTRACE_TRACEME), 0, 0, 0])),
        "keyctl" => call(libc::SYS_keyctl, [0, -3, 1]),
        "netlink" => socket(libc::AF_NETLINK, libc::SOCK_RAW),
        "vsock" => socket(libc::AF_VSOCK, libc::SOCK_STREAM),
        "io_uring" => failing(libc::SYS_io_uring_setup, [1, zeroed]) != Some(libc::EPERM),
        "bpf" => failing(libc::SYS_bpf, [0, zeroed, 64]) != Some(libc::EPERM),
        "perf" => failing(libc::SYS_perf_event_open, [zeroed, 0, -1, -1, 0]) != Some(libc::EPERM),
        "userfaultfd" => failing(libc::SYS_userfaultfd, [1]) != Some(libc::EPERM),
        "module" => call(libc::SYS_init_module, [zeroed, 256, zeroed]),
        // `getpid` by its x32 number.
        "x32" => failing(0x4000_0000 + libc::SYS_getpid, []) != Some(libc::ENOSYS),
        other => panic!("no attempt `{other}`"),
    }
}

fn socket(family: i32, kind: i32) -> bool {
    call(libc::SYS_socket, [family.into(), kind.into(), 0])
}

fn mount() -> bool {
    let (kind, at) = (CString::new("tmpfs").unwrap(), CString::new("/tmp").unwrap());
    let kind = kind.as_ptr() as c_long;
    call(libc::SYS_mount, [kind, at.as_ptr() as c_long, kind, 0, 0])
}

fn again(program: &str, attempt: &str) -> bool {
    let mut command = std::process::Command::new(program);
    command.args(["--exact", "escape::guest", "--ignored", "--nocapture"]).env("ATTEMPT", attempt);
    command.status().is_ok_and(|s| s.code() == Some(super::SUCCEEDED))
}

/// Makes a child by a raw call; the child ends at once.
fn child<const N: usize>(number: c_long, arguments: [c_long; N]) -> bool {
    let a = |i: usize| arguments.get(i).copied().unwrap_or(0);
    // SAFETY: without CLONE_VM this is a fork; the child only exits.
    unsafe {
        match libc::syscall(number, a(0), a(1), a(2), a(3), a(4)) {
            0 => libc::_exit(0),
            pid => pid > 0,
        }
    }
}

/// Does something in a child of one thread.
fn alone(attempt: impl Fn() -> bool) -> bool {
    // SAFETY: the child makes system calls and exits.
    unsafe {
        match libc::fork() {
            0 => libc::_exit(i32::from(attempt())),
            pid => {
                let mut status = 0;
                libc::waitpid(pid, &raw mut status, 0) == pid && libc::WEXITSTATUS(status) == 1
            }
        }
    }
}

fn clone3() -> bool {
    let new_user = u64::from(libc::CLONE_NEWUSER.unsigned_abs());
    let arguments: [u64; 8] = [new_user, 0, 0, 0, u64::from(libc::SIGCHLD.unsigned_abs()), 0, 0, 0];
    child(libc::SYS_clone3, [arguments.as_ptr() as c_long, 64])
}

fn fork(wanted: usize) -> bool {
    (0..wanted).all(|_| {
        // SAFETY: the child only waits to be killed.
        unsafe {
            match libc::fork() {
                0 => loop {
                    libc::pause();
                },
                pid => pid > 0,
            }
        }
    })
}

fn memory(bytes: usize) -> bool {
    let mut block: Vec<u8> = Vec::new();
    if block.try_reserve_exact(bytes).is_err() {
        return false;
    }
    block.resize(bytes, 1);
    std::hint::black_box(&block).iter().step_by(4096).all(|b| *b == 1)
}

/// Leaves a grandchild that writes after the time limit, and itself outlasts the limit a little.
fn orphan() -> bool {
    // SAFETY: the children make a session, sleep, write a file and exit.
    unsafe {
        if libc::fork() == 0 {
            libc::setsid();
            if libc::fork() == 0 {
                libc::usleep(600_000);
                let _ = std::fs::write("orphan", "alive");
            }
            libc::_exit(0);
        }
    }
    std::thread::sleep(Duration::from_millis(700));
    true
}

fn flood() -> bool {
    let line = vec![b'x'; 1 << 16];
    (0..128).all(|_| {
        std::io::stdout().write_all(&line).is_ok() && std::io::stderr().write_all(&line).is_ok()
    })
}
