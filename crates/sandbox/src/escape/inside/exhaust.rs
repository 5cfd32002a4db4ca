//! Using up what the host has.

use super::call::call;
use std::ffi::{CString, c_long};
use std::fs;

pub(super) fn attempt(name: &str, argument: &str) -> Option<bool> {
    Some(match name {
        "fork-bomb" => fork(100),
        "memory-bomb" => memory(argument.parse().ok()?),
        "large-file" => fs::write("large", vec![7; 1 << 20]).is_ok(),
        "fill-workspace" | "many-files" => {
            (0..50).all(|i| fs::write(format!("f{i}"), vec![7; 1 << 16]).is_ok())
        }
        "open-files" => {
            let files: Result<Vec<_>, _> = (0..400).map(|_| fs::File::open("/dev/null")).collect();
            files.is_ok()
        }
        "queue-bytes" => queue(),
        "lock-memory" => {
            let block = vec![1_u8; 1 << 20];
            call(libc::SYS_mlock, [block.as_ptr() as c_long, 1 << 20])
        }
        "queue-signals" => signals(),
        _ => return None,
    })
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
    // one byte a page makes all of it count
    for page in block.spare_capacity_mut().chunks_mut(4096) {
        if let Some(first) = page.first_mut() {
            first.write(1);
        }
    }
    std::hint::black_box(&block).capacity() >= bytes
}

/// A queue for 10 messages of 8 KiB, which is more than its user may hold.
fn queue() -> bool {
    let name = CString::new("vestibule").unwrap_or_default();
    // `struct mq_attr`: flags, most messages, their size, how many there are
    let attributes: [c_long; 8] = [0, 10, 8192, 0, 0, 0, 0, 0];
    let flags = c_long::from(libc::O_CREAT | libc::O_RDWR);
    call(
        libc::SYS_mq_open,
        [name.as_ptr() as c_long, flags, 0o600, (&raw const attributes) as c_long],
    )
}

/// Queues signals to itself that it does not take.
fn signals() -> bool {
    let own = c_long::from(std::process::id());
    let signal = c_long::from(libc::SIGRTMIN());
    let blocked = 1_u64 << (signal - 1);
    // SIG_BLOCK; the kernel's set has 8 bytes
    let set = (&raw const blocked) as c_long;
    if !call(libc::SYS_rt_sigprocmask, [c_long::from(libc::SIG_BLOCK), set, 0, 8]) {
        return false;
    }
    // `siginfo_t`: number, error, code (SI_QUEUE), sender
    let mut info = [0_i32; 32];
    let [number, _, code, ..] = &mut info;
    (*number, *code) = (libc::SIGRTMIN(), -1);
    let info = (&raw const info) as c_long;
    // to this very thread, which has them blocked
    let thread = c_long::from(rustix::thread::gettid().as_raw_nonzero().get());
    let queue = || call(libc::SYS_rt_tgsigqueueinfo, [own, thread, signal, info]);
    (0..2_000).all(|_| queue())
}

/// Works for more than two seconds of processor time.
pub(super) fn spin(ignoring: bool) -> bool {
    if ignoring {
        // SAFETY: ignoring a signal has no precondition.
        unsafe { libc::signal(libc::SIGXCPU, libc::SIG_IGN) };
    }
    let used = || rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    loop {
        let now = used();
        if now.tv_sec >= 2 && now.tv_nsec >= 300_000_000 {
            return true;
        }
        for i in 0..1_000_000_u64 {
            std::hint::black_box(i);
        }
    }
}
