//! The child's side: from a fork of the caller to the guest program, in system calls only.
//!
//! Nothing here allocates, locks or returns: each path ends in [`sys::exit_now`] or an exec. The first
//! process becomes process 1 of the new namespace: it builds the root, starts the guest as process 2,
//! collects children, reports how the guest ended and exits, on which the kernel kills the rest.

mod weaken;

use crate::error::Step;
use crate::home::Ids;
use crate::plan::{Entry, Image, MOST_SOURCES, Plan};
use crate::policy::{Guard, Guards};
use crate::sys::{self, Forked, Stack};
use rustix::event::{PollFd, PollFlags, poll};
use rustix::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use rustix::fs::{CWD, Mode, OFlags, mkdirat, openat, symlinkat};
use rustix::io::{Errno, read, write};
use rustix::mount::{
    FsMountFlags, FsOpenFlags, MountAttrFlags, MountPropagationFlags, MoveMountFlags,
    OpenTreeFlags, UnmountFlags, fsconfig_create, fsconfig_set_string, fsmount, fsopen,
    mount_change, move_mount, open_tree, unmount,
};
use rustix::process::{
    DumpableBehavior, Signal, WaitOptions, chdir, fchdir, pivot_root, set_dumpable_behavior,
    set_parent_process_death_signal, setrlimit, setsid, umask, wait,
};
use rustix::thread::{
    CapabilitiesSecureBits, CapabilitySet, CapabilitySets, Timespec, clear_ambient_capability_set,
    nanosleep, remove_capability_from_bounding_set, set_capabilities, set_capabilities_secure_bits,
    set_no_new_privs, set_thread_groups, set_thread_res_gid, set_thread_res_uid,
};
use std::ffi::{CStr, CString};

/// What the child was given, all made before the fork.
pub(crate) struct Orders<'a> {
    pub(crate) image: &'a Image,
    pub(crate) plan: &'a Plan,
    pub(crate) ids: Ids,
    /// An empty directory to build the root on.
    pub(crate) staging: &'a CStr,
    pub(crate) workspace: &'a CStr,
    /// Readable once identities are mapped and limits set; closed when the caller is gone.
    pub(crate) go: BorrowedFd<'a>,
    pub(crate) status: BorrowedFd<'a>,
    pub(crate) stdio: [BorrowedFd<'a>; 3],
    /// The numbers of the five descriptors above, ascending; all others are closed.
    pub(crate) keep: [u32; 5],
    /// Runs instead of the program when given: checks the sandbox from inside.
    pub(crate) inspect: Option<fn()>,
    /// What the program is started on.
    pub(crate) stack: &'a Stack,
}

/// A report to the parent: what, detail, value.
pub(crate) const FAILED: u8 = 1;
pub(crate) const NOT_EXECUTED: u8 = 2;
pub(crate) const EXITED: u8 = 3;
pub(crate) const SIGNALLED: u8 = 4;

fn report(status: BorrowedFd<'_>, kind: u8, detail: u8, value: i32) {
    let [a, b, c, d] = value.to_le_bytes();
    // A parent that no longer reads has nothing to learn; a pipe takes six bytes whole.
    let _ = write(status, &[kind, detail, a, b, c, d]);
}

type Done = Result<(), (Step, Errno)>;

fn at<T>(step: Step, result: Result<T, Errno>) -> Result<T, (Step, Errno)> {
    result.map_err(|e| (step, e))
}

/// Process 1: builds the sandbox, starts the guest, and reports its end.
pub(crate) fn first_process(orders: &Orders<'_>) -> ! {
    if orders.plan.guards.has(Guard::Descriptors) {
        close_others(orders.keep);
    }
    // The caller closes the pipe without a word when it gives up.
    let mut word = [0; 1];
    if !matches!(read(orders.go, &mut word), Ok(1)) {
        sys::exit_now(1);
    }
    if let Err((step, errno)) = build(orders) {
        report(orders.status, FAILED, step as u8, errno.raw_os_error());
        sys::exit_now(1);
    }
    // The guest inherits it: the longest list of calls is made once.
    if let Err(errno) = narrow(orders.plan.guards) {
        report(orders.status, FAILED, Step::Capabilities as u8, errno.raw_os_error());
        sys::exit_now(1);
    }
    match start(orders) {
        Ok(pid) => serve(orders, pid),
        Err(errno) => {
            report(orders.status, FAILED, Step::Fork as u8, errno.raw_os_error());
            sys::exit_now(1);
        }
    }
}

fn close_others(keep: [u32; 5]) {
    let mut from = 3;
    for fd in keep {
        if fd > from {
            sys::close_range(from, fd - 1);
        }
        from = fd + 1;
    }
    sys::close_range(from, u32::MAX);
}

fn start(orders: &Orders<'_>) -> Result<rustix::process::Pid, Errno> {
    if orders.inspect.is_none() {
        return sys::start_here(orders.stack, guest, orders);
    }
    // what looks around allocates and goes on without another program: it has memory of its own
    match sys::fork_here()? {
        Forked::Child => guest(orders),
        Forked::Parent(pid, _) => Ok(pid),
    }
}

fn serve(orders: &Orders<'_>, guest: rustix::process::Pid) -> ! {
    // Only the pipe to report on stays open: the caller must see its streams end with the guest.
    let status = orders.status.as_raw_fd().unsigned_abs();
    sys::close_range(0, status.saturating_sub(1));
    sys::close_range(status + 1, u32::MAX);
    let _ = set_no_new_privs(true);
    let _ = give_up(orders.plan.guards);
    loop {
        match wait(WaitOptions::empty()) {
            Ok(Some((pid, ended))) if pid == guest => {
                if let Some(code) = ended.exit_status() {
                    report(orders.status, EXITED, 0, code);
                } else {
                    report(orders.status, SIGNALLED, 0, ended.terminating_signal().unwrap_or(0));
                }
                sys::exit_now(0);
            }
            Ok(_) | Err(Errno::INTR) => {}
            Err(_) => sys::exit_now(1),
        }
    }
}

fn build(orders: &Orders<'_>) -> Done {
    let guards = orders.plan.guards;
    if guards.has(Guard::Cgroup) {
        // Absent on kernels without control groups, which then have nothing to hide.
        let _ = sys::new_cgroup_namespace();
    }
    let private = MountPropagationFlags::REC | MountPropagationFlags::PRIVATE;
    at(Step::Private, mount_change(c"/", private))?;
    let mut sources = [const { None }; MOST_SOURCES];
    let clone = OpenTreeFlags::OPEN_TREE_CLONE
        | OpenTreeFlags::OPEN_TREE_CLOEXEC
        | OpenTreeFlags::AT_RECURSIVE;
    for (slot, source) in sources.iter_mut().zip(&orders.image.sources) {
        let tree = at(Step::Sources, open_tree(CWD, source.host.as_c_str(), clone))?;
        at(Step::Sources, sys::restrict_mount(&tree, attributes(source.device, guards), true))?;
        *slot = Some(tree);
    }
    let workspace = at(Step::Workspace, open_tree(CWD, orders.workspace, clone))?;
    at(Step::Workspace, sys::restrict_mount(&workspace, no_privilege(guards), true))?;
    let directory = OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let staging = at(Step::Root, openat(CWD, orders.staging, directory, Mode::empty()))?;

    at(Step::User, weaken::keep_through_identity(guards))?;
    at(Step::User, become_guest(orders.ids))?;
    at(Step::User, weaken::raise_again(guards))?;
    at(Step::User, set_dumpable_behavior(DumpableBehavior::NotDumpable))?;
    // The caller's end must be ours, also when it is killed; and it may be gone already.
    at(Step::User, set_parent_process_death_signal(Some(Signal::KILL)))?;
    let mut hung = [PollFd::new(&orders.go, PollFlags::empty())];
    if poll(&mut hung, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })).is_ok_and(|n| n > 0) {
        sys::exit_now(1);
    }

    let root = at(Step::Root, tmpfs(c"1048576", c"0755", guards))?;
    let onto = MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH | MoveMountFlags::MOVE_MOUNT_T_EMPTY_PATH;
    at(Step::Root, move_mount(&root, c"", &staging, c"", onto))?;
    at(Step::Root, fchdir(&root))?;
    umask(Mode::from_raw_mode(0o022));
    fill(orders, &sources)?;
    if guards.has(Guard::Pid) {
        at(Step::Proc, mount_proc())?;
    }
    at(Step::Workspace, place(&workspace, c"work"))?;
    if guards.has(Guard::Root) {
        at(Step::Pivot, pivot_root(c".", c"."))?;
        at(Step::Pivot, unmount(c".", UnmountFlags::DETACH))?;
    }
    let sealed = attributes(false, guards);
    at(Step::Pivot, sys::restrict_mount(&root, sealed, false))?;
    if guards.has(Guard::Uts) {
        at(Step::Name, rustix::system::sethostname(b"sandbox"))?;
    }
    Ok(())
}

fn no_privilege(guards: Guards) -> u64 {
    let flags = MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NODEV;
    if guards.has(Guard::Privileges) { u64::from(flags.bits()) } else { 0 }
}

fn attributes(device: bool, guards: Guards) -> u64 {
    let flags = if device {
        MountAttrFlags::MOUNT_ATTR_NOSUID | MountAttrFlags::MOUNT_ATTR_NOEXEC
    } else if guards.has(Guard::ReadOnly) {
        MountAttrFlags::MOUNT_ATTR_RDONLY
    } else {
        MountAttrFlags::empty()
    };
    u64::from(flags.bits()) | if device { 0 } else { no_privilege(guards) }
}

fn become_guest(ids: Ids) -> Result<(), Errno> {
    if ids.drop_groups {
        set_thread_groups(&[])?;
    }
    set_thread_res_gid(ids.inside_gid(), ids.inside_gid(), ids.inside_gid())?;
    set_thread_res_uid(ids.inside_uid(), ids.inside_uid(), ids.inside_uid())
}

fn tmpfs(size: &CStr, mode: &CStr, guards: Guards) -> Result<OwnedFd, Errno> {
    let context = fsopen(c"tmpfs", FsOpenFlags::FSOPEN_CLOEXEC)?;
    fsconfig_set_string(&context, c"size", size)?;
    fsconfig_set_string(&context, c"nr_inodes", c"16384")?;
    fsconfig_set_string(&context, c"mode", mode)?;
    fsconfig_create(&context)?;
    let flags = MountAttrFlags::from_bits_retain(u32::try_from(no_privilege(guards)).unwrap_or(0));
    fsmount(&context, FsMountFlags::FSMOUNT_CLOEXEC, flags)
}

fn mount_proc() -> Result<(), Errno> {
    let context = fsopen(c"proc", FsOpenFlags::FSOPEN_CLOEXEC)?;
    // Hides process 1, whose memory is a copy of the caller's. Older kernels know it as a number.
    fsconfig_set_string(&context, c"hidepid", c"invisible")
        .or_else(|_| fsconfig_set_string(&context, c"hidepid", c"2"))?;
    fsconfig_create(&context)?;
    let flags = MountAttrFlags::MOUNT_ATTR_NOSUID
        | MountAttrFlags::MOUNT_ATTR_NODEV
        | MountAttrFlags::MOUNT_ATTR_NOEXEC;
    place(&fsmount(&context, FsMountFlags::FSMOUNT_CLOEXEC, flags)?, c"proc")
}

fn place(mount: &OwnedFd, at: &CStr) -> Result<(), Errno> {
    move_mount(mount, c"", CWD, at, MoveMountFlags::MOVE_MOUNT_F_EMPTY_PATH)
}

fn fill(orders: &Orders<'_>, sources: &[Option<OwnedFd>; MOST_SOURCES]) -> Done {
    let guards = orders.plan.guards;
    for entry in &orders.image.entries {
        at(Step::Tree, fill_one(entry, sources))?;
    }
    let tmp = at(Step::Tree, tmpfs(&orders.image.tmp_options, c"1777", guards))?;
    at(Step::Tree, place(&tmp, c"tmp"))
}

fn fill_one(entry: &Entry, sources: &[Option<OwnedFd>; MOST_SOURCES]) -> Result<(), Errno> {
    match entry {
        Entry::Directory(path) => match mkdirat(CWD, path.as_c_str(), Mode::from_raw_mode(0o755)) {
            Err(Errno::EXIST) => Ok(()),
            other => other,
        },
        Entry::File(path, bytes) => file(path, bytes),
        Entry::Link(target, path) => symlinkat(target.as_c_str(), CWD, path.as_c_str()),
        Entry::Source { at, index } => match sources.get(*index) {
            Some(Some(tree)) => place(tree, at),
            _ => Err(Errno::NFILE),
        },
    }
}

fn file(path: &CString, bytes: &[u8]) -> Result<(), Errno> {
    let flags = OFlags::CREATE | OFlags::WRONLY | OFlags::CLOEXEC | OFlags::NOFOLLOW;
    let file = openat(CWD, path.as_c_str(), flags, Mode::from_raw_mode(0o644))?;
    match write(&file, bytes)? {
        n if n == bytes.len() => Ok(()),
        _ => Err(Errno::NOSPC),
    }
}

/// Takes every capability away from programs that are yet to be executed. This process and its children still have theirs.
fn narrow(guards: Guards) -> Result<(), Errno> {
    if !guards.has(Guard::Capabilities) {
        return Ok(());
    }
    for number in 0..64_u32 {
        // The first number the kernel does not know ends the list.
        let one = CapabilitySet::from_bits_retain(1 << number);
        if remove_capability_from_bounding_set(one).is_err() {
            break;
        }
    }
    clear_ambient_capability_set()?;
    set_capabilities_secure_bits(
        CapabilitiesSecureBits::NO_ROOT
            | CapabilitiesSecureBits::NO_ROOT_LOCKED
            | CapabilitiesSecureBits::NO_SETUID_FIXUP
            | CapabilitiesSecureBits::NO_SETUID_FIXUP_LOCKED
            | CapabilitiesSecureBits::KEEP_CAPS_LOCKED
            | CapabilitiesSecureBits::NO_CAP_AMBIENT_RAISE
            | CapabilitiesSecureBits::NO_CAP_AMBIENT_RAISE_LOCKED,
    )
}

/// Gives up this process's own capabilities.
fn give_up(guards: Guards) -> Result<(), Errno> {
    if !guards.has(Guard::Capabilities) {
        return weaken::keep_through_exec();
    }
    let none = CapabilitySet::empty();
    set_capabilities(None, CapabilitySets { effective: none, permitted: none, inheritable: none })
}

/// Process 2: gives up everything and becomes the program.
fn guest(orders: &Orders<'_>) -> ! {
    let failed = confine(orders).err();
    if let Some((step, errno)) = failed {
        report(orders.status, FAILED, step as u8, errno.raw_os_error());
        sys::exit_now(1);
    }
    if let Some(inspect) = orders.inspect {
        inspect();
        sys::exit_now(0);
    }
    let mut reason = Errno::NOENT;
    for program in &orders.plan.programs {
        match patiently(|| sys::execute(program, &orders.plan.argv, &orders.plan.envp)) {
            Errno::NOENT | Errno::NOTDIR => {}
            errno => reason = errno,
        }
    }
    report(orders.status, NOT_EXECUTED, Step::Execute as u8, reason.raw_os_error());
    sys::exit_now(127);
}

/// Tries again while the program is open for writing: a file that one thread of ours has just put may still be open
/// in a process that another thread forked meanwhile, until that becomes its own program.
fn patiently(mut attempt: impl FnMut() -> Errno) -> Errno {
    let pause = Timespec { tv_sec: 0, tv_nsec: 5_000_000 };
    let mut errno = attempt();
    for _ in 0..400 {
        if errno != Errno::TXTBSY {
            break;
        }
        // a pause cut short by a signal is a pause
        let _ = nanosleep(&pause);
        errno = attempt();
    }
    errno
}

fn confine(orders: &Orders<'_>) -> Done {
    let guards = orders.plan.guards;
    at(Step::Fork, setsid())?;
    for (fd, number) in orders.stdio.iter().zip(0..) {
        at(Step::Fork, sys::copy_to(fd.as_fd(), number))?;
    }
    // The status pipe closes itself when the program starts; nothing else is left open.
    if guards.has(Guard::Descriptors) {
        let status = orders.status.as_raw_fd().unsigned_abs();
        sys::close_range(3, status.saturating_sub(1));
        sys::close_range(status + 1, u32::MAX);
    }
    let work = if guards.has(Guard::Root) { c"/work" } else { c"work" };
    at(Step::Workspace, chdir(work))?;
    sys::unblock_signals();
    for (resource, limit) in &orders.plan.rlimits {
        at(Step::Limits, setrlimit(*resource, *limit))?;
    }
    if guards.has(Guard::Privileges) {
        at(Step::Capabilities, set_no_new_privs(true))?;
    }
    at(Step::Capabilities, give_up(guards))?;
    if guards.has(Guard::Seccomp) {
        let filter = orders.plan.filter;
        at(Step::Filter, seccompiler::apply_filter(filter).map_err(|_| Errno::INVAL))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    //! What a busy program is answered with.
    use super::*;

    #[test]
    fn a_program_that_is_still_written_is_tried_again() {
        for (busy, last, tries) in
            [(0, Errno::NOENT, 1), (3, Errno::ACCESS, 4), (9_999, Errno::TXTBSY, 401)]
        {
            let mut asked = 0;
            let errno = patiently(|| {
                asked += 1;
                if asked > busy { last } else { Errno::TXTBSY }
            });
            assert_eq!((errno, asked), (last, tries));
        }
    }
}
