//! The system calls that no safe wrapper offers. All of this crate's `unsafe` is here.
//!
//! Most of what is below is used between fork and exec, so nothing allocates or takes a lock.
#![expect(
    unsafe_code,
    reason = "raw system calls for fork, exec and mounts; each block says why it is sound"
)]

use rustix::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd, RawFd};
use rustix::io::Errno;
use rustix::process::Pid;
use std::ffi::{CStr, c_char, c_int, c_long, c_void};

/// What `fork` returns.
pub(crate) enum Forked {
    /// In the child.
    Child,
    /// In the parent: the child's id and a handle on it.
    Parent(Pid, OwnedFd),
}

/// `struct clone_args` of `clone3(2)`, first version plus `set_tid` and `cgroup`.
#[repr(C)]
#[derive(Default)]
struct CloneArgs {
    flags: u64,
    pidfd: u64,
    child_tid: u64,
    parent_tid: u64,
    exit_signal: u64,
    stack: u64,
    stack_size: u64,
    tls: u64,
    set_tid: u64,
    set_tid_size: u64,
    cgroup: u64,
}

fn errno() -> Errno {
    // SAFETY: glibc and musl give a valid pointer to this thread's `errno`.
    Errno::from_raw_os_error(unsafe { *libc::__errno_location() })
}

/// `CLONE_CLEAR_SIGHAND` (Linux 5.5): the child begins with every signal's default action, whatever the host handles or ignores.
const CLEAR_SIGNALS: u64 = 0x1_0000_0000;

/// Forks with new namespaces, going around the C library so that no `atfork` handler runs.
///
/// # Safety
/// The child is a copy of one thread of a possibly multi-threaded process: until it executes a
/// program or exits it may only make system calls on memory that was prepared before, and must
/// never return from the function that called this.
pub(crate) unsafe fn fork(namespaces: u64, exit_signal: u64) -> Result<Forked, Errno> {
    let mut pidfd: c_int = -1;
    let args = CloneArgs {
        flags: namespaces | CLEAR_SIGNALS | libc::CLONE_PIDFD as u64,
        pidfd: (&raw mut pidfd) as u64,
        exit_signal,
        ..CloneArgs::default()
    };
    // SAFETY: `args` outlives the call and has the size given. Without CLONE_VM and with a zero stack
    // this is a fork: the child gets its own copy of this stack. `pidfd` is written in the parent only.
    let pid = unsafe { libc::syscall(libc::SYS_clone3, &raw const args, size_of::<CloneArgs>()) };
    match i32::try_from(pid) {
        Ok(0) => Ok(Forked::Child),
        Ok(pid) if pid > 0 => {
            let id = Pid::from_raw(pid).ok_or(Errno::SRCH)?;
            // SAFETY: the kernel has just stored a new descriptor that nobody else owns.
            Ok(Forked::Parent(id, unsafe { OwnedFd::from_raw_fd(pidfd) }))
        }
        Ok(_) | Err(_) => Err(errno()),
    }
}

/// Forks within the same namespaces, in a process that is itself between fork and exec.
///
/// The caller's child branch must end by exec or [`exit_now`]; both branches already live under the
/// rule of [`fork`], so this adds no new duty.
pub(crate) fn fork_here() -> Result<Forked, Errno> {
    // SAFETY: only `child::start` calls this, in a single-threaded process that is bound by the same
    // rule, and its child branch diverges.
    unsafe { fork(0, libc::SIGCHLD as u64) }
}

/// Bytes of the stack on which a program is started.
const STACK: usize = 256 << 10;

/// Memory for the stack of [`start_here`], made before the first fork. Its pages come when they are touched.
pub(crate) struct Stack(Box<[std::mem::MaybeUninit<u128>]>);

// SAFETY: nobody reads it but the process that runs on it.
unsafe impl Sync for Stack {}

impl Stack {
    pub(crate) fn new() -> Self {
        Self(Box::new_uninit_slice(STACK / size_of::<u128>()))
    }
}

/// Starts `program` in a process of its own within the same namespaces, as `vfork(2)` does: it shares this process's memory, which is not
/// copied, and this process waits until it became another program or ended.
///
/// The caller is itself between fork and exec, single-threaded, and bound by the rule of [`fork`]; `program` diverges.
pub(crate) fn start_here<T>(stack: &Stack, program: fn(&T) -> !, with: &T) -> Result<Pid, Errno> {
    struct Start<'a, T> {
        program: fn(&T) -> !,
        with: &'a T,
    }
    extern "C" fn enter<T>(start: *mut c_void) -> c_int {
        // SAFETY: `start` is what is given to `clone` below, and lives there until this process has left its memory.
        let start = unsafe { &*start.cast::<Start<'_, T>>() };
        (start.program)(start.with)
    }
    let mut start = Start { program, with };
    let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
    let top = stack.0.as_ptr_range().end.cast_mut().cast::<c_void>();
    // SAFETY: the stack grows down from its aligned end, nobody else uses it, and with CLONE_VFORK `start` and what it borrows outlive
    // the time in which both processes share this memory. `enter` never returns, as `program` diverges.
    let pid = unsafe { libc::clone(enter::<T>, top, flags, (&raw mut start).cast()) };
    if pid > 0 { Pid::from_raw(pid).ok_or(Errno::SRCH) } else { Err(errno()) }
}

/// Ends this process at once, running no handlers.
pub(crate) fn exit_now(code: i32) -> ! {
    // SAFETY: `_exit` takes any integer and is async-signal-safe.
    unsafe { libc::_exit(code) }
}

/// Becomes another program; returns only on failure.
pub(crate) fn execute(path: &CStr, argv: &Pointers, envp: &Pointers) -> Errno {
    // SAFETY: both lists end with a null pointer and point into C strings that `Pointers` owns.
    unsafe { libc::execve(path.as_ptr(), argv.list.as_ptr(), envp.list.as_ptr()) };
    errno()
}

/// A null-terminated list of C strings, as `execve` wants it, made before the fork.
pub(crate) struct Pointers {
    list: Vec<*const c_char>,
    _strings: Vec<std::ffi::CString>,
}

// SAFETY: the pointers are to what `_strings` owns, and nothing changes either after `new`.
unsafe impl Sync for Pointers {}

impl Pointers {
    pub(crate) fn new(strings: Vec<std::ffi::CString>) -> Self {
        let mut list: Vec<_> = strings.iter().map(|s| s.as_ptr()).collect();
        list.push(std::ptr::null());
        Self { list, _strings: strings }
    }
}

/// `struct mount_attr` of `mount_setattr(2)`.
#[repr(C)]
#[derive(Default)]
struct MountAttr {
    set: u64,
    clear: u64,
    propagation: u64,
    userns: u64,
}

/// Adds attributes (`MOUNT_ATTR_…`) to a mount, and to those below it when `recursive`.
pub(crate) fn restrict_mount(mount: impl AsFd, set: u64, recursive: bool) -> Result<(), Errno> {
    let attr = MountAttr { set, ..MountAttr::default() };
    let flags = libc::AT_EMPTY_PATH | if recursive { libc::AT_RECURSIVE } else { 0 };
    // SAFETY: the path is a valid empty C string, `attr` outlives the call and has the size given.
    let done = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            mount.as_fd().as_raw_fd(),
            c"".as_ptr(),
            flags,
            &raw const attr,
            size_of::<MountAttr>(),
        )
    };
    if done == 0 { Ok(()) } else { Err(errno()) }
}

/// Closes every descriptor from `first` to `last`, both included.
pub(crate) fn close_range(first: u32, last: u32) {
    // SAFETY: only the forked child calls this; it uses no owned descriptor of the range afterwards
    // and never drops one, since it ends by exec or `_exit`.
    unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) };
}

/// Copies a descriptor to a fixed number without close-on-exec.
pub(crate) fn copy_to(fd: impl AsFd, number: RawFd) -> Result<(), Errno> {
    // SAFETY: `fd` is open; `number` is 0, 1 or 2, which only the forked child replaces.
    let done = unsafe { libc::dup2(fd.as_fd().as_raw_fd(), number) };
    if done == number { Ok(()) } else { Err(errno()) }
}

/// Unblocks every signal: their actions are the defaults since [`fork`].
pub(crate) fn unblock_signals() {
    let none: u64 = 0;
    // SAFETY: the kernel's signal set has 8 bytes and `none` outlives the call.
    unsafe {
        libc::syscall(
            libc::SYS_rt_sigprocmask,
            libc::SIG_SETMASK,
            &raw const none,
            std::ptr::null_mut::<c_void>(),
            size_of::<u64>(),
        )
    };
}

fn unshare(namespace: c_int) -> Result<(), Errno> {
    // SAFETY: only a namespace is replaced; no memory or descriptor table is involved.
    let done = unsafe { libc::syscall(libc::SYS_unshare, c_long::from(namespace)) };
    if done == 0 { Ok(()) } else { Err(errno()) }
}

/// Leaves the host's cgroup namespace.
pub(crate) fn new_cgroup_namespace() -> Result<(), Errno> {
    unshare(libc::CLONE_NEWCGROUP)
}

/// Makes a user namespace, as an attacker would first.
pub(crate) fn new_user_namespace() -> Result<(), Errno> {
    unshare(libc::CLONE_NEWUSER)
}

/// Makes a network namespace for the calling thread. Needs the host's root.
pub(crate) fn new_network_namespace() -> Result<(), Errno> {
    unshare(libc::CLONE_NEWNET)
}

/// Loads a module of the kernel: only inside a virtual machine of ours, by its first process.
pub(crate) fn load_module(module: impl AsFd) -> Result<(), Errno> {
    let fd = module.as_fd().as_raw_fd();
    // SAFETY: the parameters are a valid empty C string, and the descriptor is open.
    let done = unsafe { libc::syscall(libc::SYS_finit_module, fd, c"".as_ptr(), 0) };
    if done == 0 { Ok(()) } else { Err(errno()) }
}

/// `struct ifreq` on 64-bit Linux: 16 bytes of name, then a union of 24.
fn request(name: &[u8], union: &[u8]) -> [u8; 40] {
    let mut request = [0_u8; 40];
    for (to, from) in request.iter_mut().take(15).zip(name) {
        *to = *from;
    }
    for (to, from) in request.iter_mut().skip(16).zip(union) {
        *to = *from;
    }
    request
}

fn interface(socket: impl AsFd, what: libc::Ioctl, request: &mut [u8; 40]) -> Result<(), Errno> {
    // SAFETY: `request` is as large as `struct ifreq` on 64-bit Linux, or begins with the name that the
    // bridge's calls read, and outlives the call.
    let done = unsafe { libc::ioctl(socket.as_fd().as_raw_fd(), what, request.as_mut_ptr()) };
    if done == 0 { Ok(()) } else { Err(errno()) }
}

/// Brings an interface up (`SIOCSIFFLAGS`).
pub(crate) fn set_interface_up(socket: impl AsFd, name: &[u8]) -> Result<(), Errno> {
    const SIOCSIFFLAGS: libc::Ioctl = 0x8914;
    let flags = interface_flags(socket.as_fd(), name)?;
    let up = flags | i16::try_from(libc::IFF_UP).unwrap_or(1);
    interface(socket, SIOCSIFFLAGS, &mut request(name, &up.to_ne_bytes()))
}

/// Gives an interface an address and a mask (`SIOCSIFADDR`, `SIOCSIFNETMASK`).
pub(crate) fn set_address(
    socket: impl AsFd,
    name: &[u8],
    address: [u8; 4],
    mask: [u8; 4],
) -> Result<(), Errno> {
    const SIOCSIFADDR: libc::Ioctl = 0x8916;
    const SIOCSIFNETMASK: libc::Ioctl = 0x891C;
    for (what, bytes) in [(SIOCSIFADDR, address), (SIOCSIFNETMASK, mask)] {
        // `struct sockaddr_in`: family, port, address
        let [a, b, c, d] = bytes;
        let [high, low] = u16::try_from(libc::AF_INET).unwrap_or(2).to_ne_bytes();
        let sockaddr = [high, low, 0, 0, a, b, c, d];
        interface(socket.as_fd(), what, &mut request(name, &sockaddr))?;
    }
    Ok(())
}

/// Makes a bridge (`SIOCBRADDBR`).
pub(crate) fn add_bridge(socket: impl AsFd, name: &[u8]) -> Result<(), Errno> {
    const SIOCBRADDBR: libc::Ioctl = 0x89A0;
    interface(socket, SIOCBRADDBR, &mut request(name, &[]))
}

/// Makes an interface a port of a bridge (`SIOCGIFINDEX`, `SIOCBRADDIF`).
pub(crate) fn join_bridge(socket: impl AsFd, bridge: &[u8], port: &[u8]) -> Result<(), Errno> {
    const SIOCGIFINDEX: libc::Ioctl = 0x8933;
    const SIOCBRADDIF: libc::Ioctl = 0x89A2;
    let mut found = request(port, &[]);
    interface(socket.as_fd(), SIOCGIFINDEX, &mut found)?;
    let (_, index) = found.split_at(16);
    interface(socket, SIOCBRADDIF, &mut request(bridge, index))
}

/// The flags of a network interface (`SIOCGIFFLAGS`).
pub(crate) fn interface_flags(socket: impl AsFd, name: &[u8]) -> Result<i16, Errno> {
    const SIOCGIFFLAGS: libc::Ioctl = 0x8913;
    let mut found = request(name, &[]);
    interface(socket, SIOCGIFFLAGS, &mut found)?;
    let [.., a, b] = *found.first_chunk::<18>().expect("40 bytes hold 18");
    Ok(i16::from_ne_bytes([a, b]))
}

/// Keeps all memory of this process out of swap, as it is touched, for good.
pub(crate) fn lock_memory() -> Result<(), Errno> {
    // SAFETY: takes no pointer and changes nothing that the program can see but where its pages are kept.
    match unsafe { libc::mlockall(libc::MCL_CURRENT | libc::MCL_FUTURE | libc::MCL_ONFAULT) } {
        0 => Ok(()),
        _ => Err(errno()),
    }
}
