//! Starting QEMU, and the line to the machine.
#![expect(clippy::disallowed_methods, reason = "edge: bounds how long a machine may take")]
#![expect(
    unsafe_code,
    reason = "system calls between fork and exec; the block says why it is sound"
)]

use super::wire::{Answer, MOST, answer};
use super::{MARK, image};
use crate::error::SandboxError;
use crate::home::host;
use crate::policy::{Guest, Policy, Tier};
use crate::run::non_blocking;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::fd::{AsRawFd as _, OwnedFd};
use rustix::io::{Errno, FdFlags, fcntl_setfd, read, write};
use rustix::process::{Pid, Signal, kill_process, set_parent_process_death_signal};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

const QEMU: [&str; 2] = ["/usr/bin/qemu-system-x86_64", "/usr/local/bin/qemu-system-x86_64"];
/// Every device there is: a console that nobody reads, and the line to the guest program.
pub(super) const DEVICES: [&str; 13] = [
    "-nodefaults",
    "-no-user-config",
    "-no-reboot",
    "-display",
    "none",
    "-serial",
    "null",
    "-chardev",
    "stdio,id=line,signal=off",
    "-serial",
    "chardev:line",
    "-sandbox",
    "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
];
/// Where kernels are looked for, with their modules beside.
const KERNELS: [&str; 2] = ["/usr/local/lib/vestibule/kernel/boot", "/boot"];
const MEGABYTES: &str = "1024";
/// How long a machine may take to boot.
const BOOT: Duration = Duration::from_secs(120);
/// How long it may take with hardware support, before that is given up.
const BOOT_FAST: Duration = Duration::from_secs(10);

/// Whether hardware support was tried in this process and found wanting.
static NO_KVM: AtomicBool = AtomicBool::new(false);

/// What runs the guest's instructions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Accelerator {
    Kvm,
    Emulation,
}

impl Accelerator {
    pub(super) const fn plain(self) -> &'static str {
        match self {
            Self::Kvm => "with hardware support (KVM)",
            Self::Emulation => "in software emulation (TCG)",
        }
    }

    const fn arguments(self) -> [&'static str; 4] {
        match self {
            Self::Kvm => ["-machine", "pc,accel=kvm", "-cpu", "host"],
            Self::Emulation => ["-machine", "pc,accel=tcg", "-cpu", "max"],
        }
    }
}

/// A machine that runs. Dropping it ends it.
#[derive(Debug)]
pub(super) struct Vm {
    pid: Pid,
    to: OwnedFd,
    from: OwnedFd,
    /// Answered once QEMU has ended.
    ended: mpsc::Receiver<()>,
    gone: bool,
}

/// Boots a machine, with hardware support if that works here.
pub(super) fn boot(policy: &Policy, guest: &Guest) -> Result<(Vm, Accelerator), SandboxError> {
    let qemu =
        QEMU.iter().map(Path::new).find(|path| path.is_file()).ok_or_else(|| {
            missing("QEMU is not installed (Debian's package is `qemu-system-x86`)")
        })?;
    let kernel = match &policy.kernel {
        Some(kernel) => kernel.clone(),
        None => newest().ok_or_else(|| {
            missing("there is no kernel in /usr/local/lib/vestibule/kernel/boot or /boot (`cargo xtask test` puts Debian's there)")
        })?,
    };
    let archive = image::archive(&guest.program, &kernel)?;
    let kvm = std::fs::OpenOptions::new().read(true).write(true).open("/dev/kvm").is_ok();
    if kvm && !NO_KVM.load(Ordering::Relaxed) {
        let mut vm = Vm::start(qemu, &kernel, &archive, guest, Accelerator::Kvm)?;
        if vm.answer(BOOT_FAST).is_ok() {
            return Ok((vm, Accelerator::Kvm));
        }
        NO_KVM.store(true, Ordering::Relaxed);
    }
    let mut vm = Vm::start(qemu, &kernel, &archive, guest, Accelerator::Emulation)?;
    vm.answer(BOOT)?;
    Ok((vm, Accelerator::Emulation))
}

fn missing(why: &str) -> SandboxError {
    SandboxError::TierUnavailable { tier: Tier::VirtualMachine, why: why.to_owned() }
}

/// The newest kernel of a distribution that this user can read: one that was put aside for machines, or the host's.
fn newest() -> Option<PathBuf> {
    KERNELS.iter().find_map(|place| {
        let entries = std::fs::read_dir(place).ok()?.filter_map(Result::ok);
        let kernels = entries.map(|e| e.path()).filter(|path| {
            path.file_name().and_then(|n| n.to_str()).is_some_and(|n| n.starts_with("vmlinuz"))
        });
        kernels.filter(|path| std::fs::File::open(path).is_ok()).max()
    })
}

impl Vm {
    fn start(
        qemu: &Path,
        kernel: &Path,
        archive: &OwnedFd,
        guest: &Guest,
        accelerator: Accelerator,
    ) -> Result<Self, SandboxError> {
        let archive = archive.try_clone().map_err(|e| host("starting", qemu, e))?;
        let number = archive.as_raw_fd();
        let arguments = guest.arguments.join(" ");
        let line =
            format!("console=ttyS0 quiet panic=-1 {MARK} rdinit={} -- {arguments}", image::INIT);
        let mut command = Command::new(qemu);
        command.args(DEVICES).args(accelerator.arguments()).args(["-m", MEGABYTES, "-smp", "1"]);
        command.arg("-kernel").arg(kernel).args(["-initrd", &format!("/proc/self/fd/{number}")]);
        command.args(["-append", &line]).env_clear().env("PATH", "/usr/bin:/bin");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        if rustix::process::geteuid().is_root() {
            command.uid(65_534).gid(65_534);
        }
        // SAFETY: the closure makes two system calls on numbers and touches no memory that the fork shares;
        // `archive` is open until the spawning thread below has it.
        unsafe {
            command.pre_exec(move || {
                fcntl_setfd(std::os::fd::BorrowedFd::borrow_raw(number), FdFlags::empty())?;
                set_parent_process_death_signal(Some(Signal::KILL)).map_err(std::io::Error::from)
            });
        }
        let (send, started) = mpsc::channel();
        let (over, ended) = mpsc::channel();
        // a thread that lives as long as QEMU: when it ended earlier, so would QEMU
        std::thread::spawn(move || {
            let spawned = command.spawn();
            drop(archive);
            match spawned {
                Err(error) => {
                    let _ = send.send(Err(error));
                }
                Ok(mut child) => {
                    let ends = (child.id(), child.stdin.take(), child.stdout.take());
                    let _ = send.send(Ok(ends));
                    let _ = child.wait();
                    // nobody may wait any more
                    let _ = over.send(());
                }
            }
        });
        let spawned = started.recv().map_err(|_| SandboxError::Lost)?;
        let (id, stdin, stdout) = spawned.map_err(|e| host("starting", qemu, e))?;
        let pid = i32::try_from(id).ok().and_then(Pid::from_raw);
        let (Some(pid), Some(stdin), Some(stdout)) = (pid, stdin, stdout) else {
            return Err(SandboxError::Lost);
        };
        let (to, from) = (OwnedFd::from(stdin), OwnedFd::from(stdout));
        for fd in [&to, &from] {
            non_blocking(fd).map_err(|e| host("starting", qemu, e))?;
        }
        Ok(Self { pid, to, from, ended, gone: false })
    }

    /// Sends a request and waits for its answer.
    pub(super) fn ask(&mut self, frame: &[u8], within: Duration) -> Result<Answer, SandboxError> {
        let deadline = Instant::now() + within;
        let mut rest = frame;
        while !rest.is_empty() {
            match write(&self.to, rest) {
                Ok(n) => rest = rest.split_at(n).1,
                Err(Errno::AGAIN) => wait(&self.to, PollFlags::OUT, deadline)?,
                Err(Errno::INTR) => {}
                Err(_) => return Err(self.lost()),
            }
        }
        self.answer(within)
    }

    fn answer(&mut self, within: Duration) -> Result<Answer, SandboxError> {
        let deadline = Instant::now() + within;
        let size = self.read(4, deadline)?;
        let size = size.first_chunk::<4>().map_or(0, |b| u32::from_be_bytes(*b));
        let size = usize::try_from(size).unwrap_or(usize::MAX);
        if size > MOST {
            return Err(self.lost());
        }
        let item = self.read(size, deadline)?;
        answer(&item).ok_or_else(|| self.lost())
    }

    fn read(&mut self, size: usize, deadline: Instant) -> Result<Vec<u8>, SandboxError> {
        let (mut bytes, mut buffer) = (Vec::new(), vec![0; 64 << 10]);
        while bytes.len() < size {
            let most = (size - bytes.len()).min(buffer.len());
            let (part, _) = buffer.split_at_mut(most);
            match read(&self.from, &mut *part) {
                Ok(0) => return Err(self.lost()),
                Ok(n) => bytes.extend(part.iter().take(n)),
                Err(Errno::AGAIN) => {
                    if wait(&self.from, PollFlags::IN, deadline).is_err() {
                        return Err(self.lost());
                    }
                }
                Err(Errno::INTR) => {}
                Err(_) => return Err(self.lost()),
            }
        }
        Ok(bytes)
    }

    /// A machine that broke the protocol is ended: nothing it says counts any more.
    fn lost(&mut self) -> SandboxError {
        self.end();
        SandboxError::Lost
    }

    pub(super) fn alive(&self) -> bool {
        !self.gone && matches!(self.ended.try_recv(), Err(mpsc::TryRecvError::Empty))
    }

    pub(super) fn end(&mut self) {
        if !self.gone {
            self.gone = true;
            // it may have ended already; its number is not another's before its thread has waited for it
            if matches!(self.ended.try_recv(), Err(mpsc::TryRecvError::Empty)) {
                let _ = kill_process(self.pid, Signal::KILL);
                let _ = self.ended.recv_timeout(Duration::from_secs(10));
            }
        }
    }
}

impl Drop for Vm {
    fn drop(&mut self) {
        self.end();
    }
}

fn wait(fd: &OwnedFd, flags: PollFlags, deadline: Instant) -> Result<(), SandboxError> {
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(SandboxError::Lost);
    }
    let left = Timespec {
        tv_sec: i64::try_from(left.as_secs()).unwrap_or(i64::MAX),
        tv_nsec: i64::from(left.subsec_nanos()),
    };
    let mut polled = [PollFd::new(fd, flags)];
    match poll(&mut polled, Some(&left)) {
        Ok(_) | Err(Errno::INTR) => Ok(()),
        Err(_) => Err(SandboxError::Lost),
    }
}
