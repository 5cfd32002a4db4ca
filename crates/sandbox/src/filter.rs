//! The system call filter: what a guest may not even ask of the kernel.
//!
//! One program. It kills on a foreign architecture (32-bit entry on a 64-bit kernel), answers `ENOSYS` to what is newer than this file
//! knows (so that C libraries fall back), to `clone3`, whose flags a filter can't read, and to the x32 numbers, which a deny list would
//! otherwise miss, and `EPERM` to the deny list.

mod tree;

use seccompiler::BpfProgram;
use std::collections::BTreeMap;
use std::sync::LazyLock;
use tree::{Answer, Lines, Test};

/// Refused whatever the arguments are.
const DENIED: &[i64] = &[
    // other processes
    libc::SYS_ptrace,
    libc::SYS_process_vm_readv,
    libc::SYS_process_vm_writev,
    libc::SYS_pidfd_getfd,
    libc::SYS_kcmp,
    libc::SYS_process_madvise,
    // mounts and namespaces
    libc::SYS_mount,
    libc::SYS_umount2,
    libc::SYS_pivot_root,
    libc::SYS_chroot,
    libc::SYS_move_mount,
    libc::SYS_open_tree,
    libc::SYS_fsopen,
    libc::SYS_fsconfig,
    libc::SYS_fsmount,
    libc::SYS_fspick,
    libc::SYS_mount_setattr,
    libc::SYS_unshare,
    libc::SYS_setns,
    // handles that go around path rules
    libc::SYS_name_to_handle_at,
    libc::SYS_open_by_handle_at,
    libc::SYS_fanotify_init,
    libc::SYS_fanotify_mark,
    // large kernel surfaces that programs under test do not need
    libc::SYS_add_key,
    libc::SYS_request_key,
    libc::SYS_keyctl,
    libc::SYS_bpf,
    libc::SYS_perf_event_open,
    libc::SYS_userfaultfd,
    libc::SYS_io_uring_setup,
    libc::SYS_io_uring_enter,
    libc::SYS_io_uring_register,
    libc::SYS_seccomp,
    libc::SYS_landlock_create_ruleset,
    libc::SYS_landlock_add_rule,
    libc::SYS_landlock_restrict_self,
    libc::SYS_migrate_pages,
    libc::SYS_move_pages,
    libc::SYS_quotactl,
    libc::SYS_quotactl_fd,
    libc::SYS_vhangup,
    // the machine
    libc::SYS_kexec_load,
    libc::SYS_kexec_file_load,
    libc::SYS_init_module,
    libc::SYS_finit_module,
    libc::SYS_delete_module,
    libc::SYS_reboot,
    libc::SYS_swapon,
    libc::SYS_swapoff,
    libc::SYS_acct,
    libc::SYS_syslog,
    libc::SYS_settimeofday,
    libc::SYS_clock_settime,
    libc::SYS_adjtimex,
    libc::SYS_clock_adjtime,
    libc::SYS_nfsservctl,
    libc::SYS_lookup_dcookie,
];

/// Refused on this architecture only.
#[cfg(target_arch = "x86_64")]
const DENIED_HERE: &[i64] = &[
    libc::SYS_iopl,
    libc::SYS_ioperm,
    libc::SYS_modify_ldt,
    libc::SYS_uselib,
    libc::SYS__sysctl,
    libc::SYS_sysfs,
    libc::SYS_ustat,
];
#[cfg(not(target_arch = "x86_64"))]
const DENIED_HERE: &[i64] = &[];

/// `CLONE_NEW…` flags: time, mount, cgroup, uts, ipc, user, pid, net.
const NEW_NAMESPACES: [u32; 8] = [
    0x80,
    0x0002_0000,
    0x0200_0000,
    0x0400_0000,
    0x0800_0000,
    0x1000_0000,
    0x2000_0000,
    0x4000_0000,
];

/// `CLONE_THREAD`: the new task is a thread of the same process.
const CLONE_THREAD: u32 = 0x0001_0000;

/// Address families a guest may open: local, IPv4, IPv6. Above all not `AF_VSOCK`, which reaches the
/// host of a virtual machine whatever the network namespace, nor `AF_NETLINK`, `AF_PACKET`, `AF_ALG`.
const FAMILIES: [u32; 3] = [1, 2, 10];

/// `TIOCSTI`, `TIOCLINUX`: typing into a terminal.
const TERMINAL_INPUT: [u32; 2] = [0x5412, 0x541C];

/// `personality` arguments that change nothing of weight (the list container engines use).
const PERSONALITIES: [u32; 5] = [0, 0x8, 0x2_0000, 0x2_0008, 0xffff_ffff];

/// The last call that is judged by number: `fchmodat2`. Newer ones need a line here or in `NEWER`.
const LAST_KNOWN: u32 = 452;
/// Newer calls that are harmless: `map_shadow_stack`, `futex_wake`, `futex_wait`, `futex_requeue`,
/// `mseal`.
const NEWER: [u32; 5] = [453, 454, 455, 456, 462];

/// What is refused, by number.
type Rules = BTreeMap<i64, Lines>;

fn none_of(argument: u8, values: &[u32]) -> Lines {
    vec![values.iter().map(|value| Test::Not(argument, *value)).collect()]
}

fn rules() -> Rules {
    let mut rules: Rules = DENIED.iter().chain(DENIED_HERE).map(|nr| (*nr, Lines::new())).collect();
    let namespaces = NEW_NAMESPACES.map(|flag| vec![Test::Shows(0, flag, flag)]);
    rules.insert(libc::SYS_clone, namespaces.into());
    rules.insert(libc::SYS_socket, none_of(0, &FAMILIES));
    rules.insert(libc::SYS_socketpair, none_of(0, &FAMILIES));
    rules.insert(libc::SYS_ioctl, TERMINAL_INPUT.map(|value| vec![Test::Is(1, value)]).into());
    rules.insert(libc::SYS_personality, none_of(0, &PERSONALITIES));
    rules
}

/// The program for these rules.
fn program(rules: Rules) -> BpfProgram {
    let number = |nr: i64| u32::try_from(nr).expect("call numbers are small");
    let mut listed: BTreeMap<u32, Answer> =
        rules.into_iter().map(|(nr, lines)| (number(nr), Answer::When(lines))).collect();
    listed.insert(number(libc::SYS_clone3), Answer::Fail(libc::ENOSYS));
    for nr in NEWER {
        listed.entry(nr).or_insert(Answer::Allow);
    }
    tree::compile(&listed, LAST_KNOWN, &Answer::Fail(libc::ENOSYS))
}

/// The filter for a process of ours that goes on running its own code: no other program and no other process. Threads
/// are made with `clone` once `clone3` is answered with `ENOSYS`.
pub(crate) fn own_program() -> BpfProgram {
    program(own_rules())
}

fn own_rules() -> Rules {
    let mut rules = rules();
    for call in [libc::SYS_execve, libc::SYS_execveat] {
        rules.insert(call, Lines::new());
    }
    #[cfg(target_arch = "x86_64")]
    for call in [libc::SYS_fork, libc::SYS_vfork] {
        rules.insert(call, Lines::new());
    }
    if let Some(clone) = rules.get_mut(&libc::SYS_clone) {
        clone.push(vec![Test::Shows(0, CLONE_THREAD, 0)]);
    }
    rules
}

/// The filter of a guest. For an `unkillable` run it also refuses every way to bring about SIGKILL from inside, so that one that comes,
/// comes from outside.
pub(crate) fn guests(unkillable: bool) -> &'static BpfProgram {
    static PLAIN: LazyLock<BpfProgram> = LazyLock::new(|| program(rules()));
    static UNKILLABLE: LazyLock<BpfProgram> = LazyLock::new(|| program(no_kill(rules())));
    if unkillable { &UNKILLABLE } else { &PLAIN }
}

/// Sending it; timers, queues and descriptors that would send it; a child whose end, a parent whose end and a bound whose reaching
/// would; and the mode of `seccomp` that does.
fn no_kill(mut rules: Rules) -> Rules {
    const KILL: u32 = 9;
    let sends = [
        (libc::SYS_kill, 1),
        (libc::SYS_tkill, 1),
        (libc::SYS_tgkill, 2),
        (libc::SYS_rt_sigqueueinfo, 1),
        (libc::SYS_rt_tgsigqueueinfo, 2),
        (libc::SYS_pidfd_send_signal, 1),
    ];
    for (call, argument) in sends {
        rules.insert(call, vec![vec![Test::Is(argument, KILL)]]);
    }
    for call in [libc::SYS_timer_create, libc::SYS_mq_notify, libc::SYS_setrlimit] {
        rules.insert(call, Lines::new());
    }
    // F_SETSIG
    rules.insert(libc::SYS_fcntl, vec![vec![Test::Is(1, 10)]]);
    // PR_SET_PDEATHSIG and PR_SET_SECCOMP
    rules.insert(libc::SYS_prctl, [1, 22].map(|option| vec![Test::Is(0, option)]).into());
    // reading a bound gives no new one
    rules.insert(libc::SYS_prlimit64, vec![vec![Test::NotZero(2)]]);
    // the lowest byte of the flags is the signal that the parent gets
    rules.entry(libc::SYS_clone).or_default().push(vec![Test::Shows(0, 0xff, KILL)]);
    rules
}

#[cfg(test)]
mod tests;
