//! The guest's side: each attempt says whether the attack worked.
#![expect(unsafe_code, reason = "attacks are raw system calls")]
#![expect(clippy::disallowed_methods, reason = "attacks wait for their effect")]

mod call;
mod exhaust;
mod reach;

use super::{REFUSED, SUCCEEDED};
use call::{alone, call, child, failing, kernel_answers};
use std::ffi::{CString, c_long};
use std::fs;
use std::path::Path;

/// Makes an attempt, and returns the exit code that tells what came of it.
pub(crate) fn tried(name: &str, argument: &str) -> u8 {
    match attempt(name, argument) {
        Some(true) => SUCCEEDED,
        Some(false) => REFUSED,
        None => 1,
    }
}

/// Whether an attempt worked; none when there is no such attempt.
fn attempt(name: &str, argument: &str) -> Option<bool> {
    files(name, argument)
        .or_else(|| processes(name, argument))
        .or_else(|| reach::attempt(name, argument))
        .or_else(|| privilege(name, argument))
        .or_else(|| kernel(name))
        .or_else(|| exhaust::attempt(name, argument))
        .or_else(|| inherited(name, argument))
        .or_else(|| time(name))
}

fn holds_secret(path: impl AsRef<Path>) -> bool {
    fs::read(path).is_ok_and(|text| text == b"secret")
}

fn c(text: &str) -> CString {
    CString::new(text).unwrap_or_default()
}

fn pointer(text: &CString) -> c_long {
    text.as_ptr() as c_long
}

fn files(name: &str, argument: &str) -> Option<bool> {
    let (tmp, tmpfs) = (c("/tmp"), c("tmpfs"));
    Some(match name {
        "read-host-file" | "host-shared-files" => holds_secret(argument),
        "write-host-file" => fs::write(argument, "changed").is_ok(),
        "list-host-directory" | "system-tree" => {
            let path = if name == "system-tree" { "/sys/kernel" } else { argument };
            fs::read_dir(path).is_ok()
        }
        "write-read-only" => fs::write("../opt/data/file", "x").is_ok(),
        "remount" => {
            let place = c("/opt/data");
            let flags = libc::MS_REMOUNT | libc::MS_BIND;
            let flags = c_long::try_from(flags).unwrap_or(0);
            call(libc::SYS_mount, [0, pointer(&place), 0, flags, 0])
                && fs::write("/opt/data/file", "x").is_ok()
        }
        "mount" => call(libc::SYS_mount, [pointer(&tmpfs), pointer(&tmp), pointer(&tmpfs), 0, 0]),
        "mount-by-handle" => call(libc::SYS_fsopen, [pointer(&tmpfs), 0]),
        "change-root" => call(libc::SYS_chroot, [pointer(&tmp)]),
        "handle-of-path" => {
            let (mut handle, mut id) = ([0_u8; 8], 0_i32);
            let handle = (&raw mut handle) as c_long;
            // with no room the kernel says how much it needs
            kernel_answers(
                libc::SYS_name_to_handle_at,
                [c_long::from(libc::AT_FDCWD), pointer(&tmp), handle, (&raw mut id) as c_long, 0],
            )
        }
        "link-read" | "link-write" | "link-directory" => {
            let (at, to) = argument.split_once('\n')?;
            std::os::unix::fs::symlink(to, at).is_ok()
        }
        "resolver" => fs::read("/etc/resolv.conf").is_ok_and(|text| !text.is_empty()),
        "hosts" => fs::read("/etc/hosts").is_ok_and(|text| !text.is_empty()),
        "terminal" => fs::OpenOptions::new().read(true).write(true).open("/dev/ptmx").is_ok(),
        "make-device" => {
            let (path, mode) = (c("device"), c_long::from(libc::S_IFCHR | 0o666));
            // the null device of Linux, 1:3
            call(libc::SYS_mknodat, [c_long::from(libc::AT_FDCWD), pointer(&path), mode, 0x103])
        }
        "control-group" => fs::read_to_string("/proc/self/cgroup")
            .is_ok_and(|text| text.lines().any(|line| !line.ends_with(":/"))),
        "host-name" => {
            rustix::system::uname().nodename().to_str().is_ok_and(|name| name == argument)
        }
        _ => return None,
    })
}

fn processes(name: &str, argument: &str) -> Option<bool> {
    let number = argument.parse::<c_long>();
    let own = c_long::from(std::process::id());
    Some(match name {
        // success or a refusal by ownership: either way there is such a process
        "signal-host" => failing(libc::SYS_kill, [number.ok()?, 0, 0]) != Some(libc::ESRCH),
        "schedule-host" => call(libc::SYS_sched_getscheduler, [number.ok()?]),
        "handle-host" => call(libc::SYS_pidfd_open, [number.ok()?, 0]),
        "read-host-arguments" => {
            fs::read(format!("/proc/{argument}/cmdline")).is_ok_and(|text| !text.is_empty())
        }
        "trace" => alone(|| call(libc::SYS_ptrace, [c_long::from(libc::PTRACE_TRACEME), 0, 0, 0])),
        "read-memory" => {
            let (from, mut to) = (*b"12345678", [0_u8; 8]);
            let remote = libc::iovec { iov_base: from.as_ptr().cast_mut().cast(), iov_len: 8 };
            let local = libc::iovec { iov_base: to.as_mut_ptr().cast(), iov_len: 8 };
            let (local, remote) = ((&raw const local) as c_long, (&raw const remote) as c_long);
            call(libc::SYS_process_vm_readv, [own, local, 1, remote, 1, 0])
        }
        "take-descriptor" => {
            // SAFETY: integers only; the handle ends with this process.
            let handle = unsafe { libc::syscall(libc::SYS_pidfd_open, own, 0) };
            handle >= 0 && call(libc::SYS_pidfd_getfd, [handle, 0, 0])
        }
        _ => return None,
    })
}

fn privilege(name: &str, argument: &str) -> Option<bool> {
    let new_user = c_long::from(libc::CLONE_NEWUSER);
    Some(match name {
        "unshare-user" => alone(|| call(libc::SYS_unshare, [new_user])),
        "clone-user" => {
            child(libc::SYS_clone, [new_user | c_long::from(libc::SIGCHLD), 0, 0, 0, 0])
        }
        "clone3-user" => call::clone3_user(),
        "unshare-mounts" => alone(|| call(libc::SYS_unshare, [c_long::from(libc::CLONE_NEWNS)])),
        "time-namespace" => alone(|| call(libc::SYS_unshare, [0x80])),
        "join-namespace" => fs::File::open("/proc/self/ns/net").is_ok_and(|file| {
            let fd = rustix::fd::AsRawFd::as_raw_fd(&file);
            alone(|| call(libc::SYS_setns, [fd.into(), 0]))
        }),
        "become-root" => call(libc::SYS_setresuid, [0, 0, 0]),
        "set-user-id" if argument == "second" => rustix::process::geteuid().is_root(),
        "set-user-id" => again("./suid", "set-user-id\nsecond"),
        "rename-host" => {
            let name = c("other");
            call(libc::SYS_sethostname, [pointer(&name), 5])
        }
        _ => return None,
    })
}

/// Starts another copy of this program as a guest of its own.
fn again(program: &str, input: &str) -> bool {
    use std::io::Write as _;
    let mut command = std::process::Command::new(program);
    command.args(std::env::args_os().skip(1)).stdin(std::process::Stdio::piped());
    let Ok(mut started) = command.spawn() else { return false };
    if let Some(mut stdin) = started.stdin.take() {
        let _ = stdin.write_all(input.as_bytes());
    }
    started.wait().is_ok_and(|status| status.code() == Some(SUCCEEDED.into()))
}

fn kernel(name: &str) -> Option<bool> {
    let zeroes = [0_u8; 256];
    let zeroed = zeroes.as_ptr() as c_long;
    let empty = c("");
    Some(match name {
        // A size that no version takes, unknown flags, no entries: refused by the kernel's own code, if it is asked.
        "bpf" => kernel_answers(libc::SYS_bpf, [0, zeroed, 1 << 20]),
        "perf" => kernel_answers(libc::SYS_perf_event_open, [zeroed, 0, -1, -1, 0xff00]),
        "io-uring" => kernel_answers(libc::SYS_io_uring_setup, [0, zeroed]),
        // user mode only, which needs no right
        "user-faults" => call(libc::SYS_userfaultfd, [1]),
        // ADDR_NO_RANDOMIZE
        "personality" => call(libc::SYS_personality, [0x4_0000]),
        #[cfg(target_arch = "x86_64")]
        "local-descriptors" => call(libc::SYS_modify_ldt, [0, zeroed, 0]),
        #[cfg(target_arch = "x86_64")]
        "ports" => kernel_answers(libc::SYS_iopl, [0]),
        // The kernel judges the right first and the number after; with this number it does nothing.
        "reboot" => kernel_answers(libc::SYS_reboot, [1, 2, 3, 0]),
        "load-module" => kernel_answers(libc::SYS_init_module, [zeroed, 256, pointer(&empty)]),
        // SYSLOG_ACTION_SIZE_UNREAD
        "kernel-log" => call(libc::SYS_syslog, [9, 0, 0]),
        "type-into-terminal" => kernel_answers(libc::SYS_ioctl, [0, 0x5412, zeroed]),
        _ => return None,
    })
}

fn inherited(name: &str, argument: &str) -> Option<bool> {
    Some(match name {
        "open-file" => holds_secret(format!("/proc/self/fd/{argument}")),
        "open-directory" => {
            let path = c("secret");
            call(libc::SYS_openat, [argument.parse().ok()?, pointer(&path), 0, 0])
        }
        "open-socket" => {
            let text = c("hello");
            call(libc::SYS_write, [argument.parse().ok()?, pointer(&text), 5])
        }
        "environment" => std::env::var_os(argument).is_some(),
        // KEYCTL_GET_KEYRING_ID of the process's keyring, made if there is none
        "keyring" => call(libc::SYS_keyctl, [0, -2, 1]),
        "add-key" => {
            let (kind, label, value) = (c("user"), c("vestibule"), c("x"));
            call(libc::SYS_add_key, [pointer(&kind), pointer(&label), pointer(&value), 1, -2])
        }
        _ => return None,
    })
}

fn time(name: &str) -> Option<bool> {
    // beyond the second, so no time
    let wrong: [i64; 2] = [0, 2_000_000_000];
    let wrong = (&raw const wrong) as c_long;
    let mut discipline = [0_u8; 512];
    Some(match name {
        "set-clock" => kernel_answers(libc::SYS_clock_settime, [0, wrong]),
        "set-time-of-day" => kernel_answers(libc::SYS_settimeofday, [wrong, 0]),
        "clock-discipline" => call(libc::SYS_adjtimex, [discipline.as_mut_ptr() as c_long]),
        "outlive-deadline" => outlive(),
        "processor-time" => exhaust::spin(false),
        "ignore-warning" => exhaust::spin(true),
        _ => return None,
    })
}

/// Leaves a grandchild that writes after the deadline, and itself outlasts the deadline a little.
fn outlive() -> bool {
    // SAFETY: the children make a session, sleep, write a file and exit.
    unsafe {
        if libc::fork() == 0 {
            libc::setsid();
            if libc::fork() == 0 {
                libc::usleep(800_000);
                let _ = fs::write("alive", "yes");
            }
            libc::_exit(0);
        }
    }
    std::thread::sleep(std::time::Duration::from_millis(700));
    true
}
