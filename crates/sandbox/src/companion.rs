//! Trusted programs of our own that run beside this one: the opposite of a guest.
//!
//! A [`Companion`] is not confined. It is started here because this crate starts all processes, and what it
//! gets is a life tied to its starter's: when the thread that started it ends, also by SIGKILL, it ends.
//! Start it from a thread that lives as long as it should.
#![expect(
    unsafe_code,
    reason = "one system call between fork and exec; the block says why it is sound"
)]

use rustix::process::{Signal, kill_process, set_parent_process_death_signal};
use std::ffi::OsStr;
use std::fs::File;
use std::io::{self, Read};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

/// Most bytes of output that [`run`] keeps of each stream.
const OUTPUT: u64 = 64 << 20;

/// A running program of our own.
#[derive(Debug)]
pub struct Companion(Child);

/// What a program of our own said.
#[derive(Debug)]
pub struct Said {
    /// Its exit code; `None` when a signal ended it.
    pub code: Option<i32>,
    /// What it printed.
    pub stdout: Vec<u8>,
    /// What it complained.
    pub stderr: Vec<u8>,
}

fn command<A: AsRef<OsStr>>(program: &Path, args: &[A]) -> Command {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null());
    // SAFETY: the closure makes one system call and touches no memory that the fork shares.
    unsafe {
        command.pre_exec(|| {
            set_parent_process_death_signal(Some(Signal::KILL)).map_err(io::Error::from)
        });
    }
    command
}

impl Companion {
    /// Starts `program`, with both output streams going to `log`.
    ///
    /// # Errors
    /// The system's.
    pub fn start<A: AsRef<OsStr>>(program: &Path, args: &[A], log: File) -> io::Result<Self> {
        let other = log.try_clone()?;
        command(program, args).stdout(log).stderr(other).spawn().map(Self)
    }

    /// Its process id.
    pub fn id(&self) -> u32 {
        self.0.id()
    }

    /// How it ended, if it did.
    ///
    /// # Errors
    /// The system's.
    pub fn ended(&mut self) -> io::Result<Option<ExitStatus>> {
        self.0.try_wait()
    }

    /// Asks it to end (SIGTERM) and waits until it did.
    ///
    /// # Errors
    /// The system's.
    pub fn stop(mut self) -> io::Result<ExitStatus> {
        let id = i32::try_from(self.0.id()).ok().and_then(rustix::process::Pid::from_raw);
        if let Some(id) = id
            && self.0.try_wait()?.is_none()
        {
            kill_process(id, Signal::TERM)?;
        }
        self.0.wait()
    }
}

impl Drop for Companion {
    fn drop(&mut self) {
        // it may have ended already, which is as good
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Runs `program` to its end and keeps what it says, up to 64 MiB a stream.
///
/// # Errors
/// The system's.
pub fn run<A: AsRef<OsStr>>(program: &Path, args: &[A]) -> io::Result<Said> {
    let mut child = command(program, args).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn()?;
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let reader = std::thread::spawn(move || err.map_or_else(|| Ok(Vec::new()), drain));
    let stdout = out.map_or_else(|| Ok(Vec::new()), drain)?;
    let stderr = reader.join().map_err(|_| io::Error::other("a reader stopped"))??;
    let status = child.wait()?;
    Ok(Said { code: status.code(), stdout, stderr })
}

fn drain(mut from: impl Read) -> io::Result<Vec<u8>> {
    let mut kept = Vec::new();
    from.by_ref().take(OUTPUT).read_to_end(&mut kept)?;
    io::copy(&mut from, &mut io::sink())?;
    Ok(kept)
}

#[cfg(test)]
mod tests;
