//! Raw system calls and children that make them.

use std::ffi::c_long;

/// Makes a system call; says whether it worked.
pub(super) fn call<const N: usize>(number: c_long, arguments: [c_long; N]) -> bool {
    failing(number, arguments).is_none()
}

/// Whether the kernel itself takes up a request, were it only to find fault with it; the filter answers `EPERM`.
pub(super) fn kernel_answers<const N: usize>(number: c_long, arguments: [c_long; N]) -> bool {
    failing(number, arguments) != Some(libc::EPERM)
}

/// The error of a system call, none when it worked.
pub(super) fn failing<const N: usize>(number: c_long, arguments: [c_long; N]) -> Option<i32> {
    let a = |i: usize| arguments.get(i).copied().unwrap_or(0);
    // SAFETY: callers pass integers, null pointers, or pointers to values that outlive the call.
    let done = unsafe { libc::syscall(number, a(0), a(1), a(2), a(3), a(4), a(5)) };
    (done < 0).then(|| std::io::Error::last_os_error().raw_os_error().unwrap_or(0))
}

/// Makes a child by a raw call; the child ends at once.
pub(super) fn child<const N: usize>(number: c_long, arguments: [c_long; N]) -> bool {
    let a = |i: usize| arguments.get(i).copied().unwrap_or(0);
    // SAFETY: without CLONE_VM this is a fork; the child only exits.
    unsafe {
        match libc::syscall(number, a(0), a(1), a(2), a(3), a(4)) {
            0 => libc::_exit(0),
            pid => pid > 0,
        }
    }
}

/// Does something in a child of one thread, as some calls need it.
pub(super) fn alone(attempt: impl Fn() -> bool) -> bool {
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

pub(super) fn clone3_user() -> bool {
    let new_user = u64::from(libc::CLONE_NEWUSER.unsigned_abs());
    let arguments: [u64; 8] = [new_user, 0, 0, 0, u64::from(libc::SIGCHLD.unsigned_abs()), 0, 0, 0];
    child(libc::SYS_clone3, [arguments.as_ptr() as c_long, 64])
}
