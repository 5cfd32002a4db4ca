//! One trait over every tier, and the session that callers hold.

use crate::attest::Attestation;
use crate::declared::Declared;
use crate::error::SandboxError;
use crate::gvisor::UserSpaceKernel;
use crate::machine::Machine;
use crate::namespaces::Namespaces;
use crate::net::{Health, Net};
use crate::policy::{Exec, Outcome, Policy, Tier};
use std::fmt;

/// What each tier does for a caller. One suite of tests runs over every implementation.
///
/// A sandbox has one workspace, which lasts from start to stop; programs run over it one at a time, each
/// with everything it started ended before the next. Calls block.
pub trait Sandbox: fmt::Debug + Send + Sync {
    /// Makes a sandbox with an empty workspace.
    ///
    /// # Errors
    /// What this machine lacks for it, or what is wrong with the policy.
    fn start(policy: Policy) -> Result<Self, SandboxError>
    where
        Self: Sized;

    /// Which wall it is.
    fn tier(&self) -> Tier;

    /// Runs a program to its end.
    ///
    /// # Errors
    /// Only what is wrong with the request or the host; what the guest does is in the [`Outcome`].
    fn exec(&self, exec: &Exec) -> Result<Outcome, SandboxError>;

    /// Puts a file in the workspace.
    ///
    /// # Errors
    /// A path that is absolute, has `..`, or leads through a link or a file; a full disk.
    fn put(&self, path: &str, bytes: &[u8], executable: bool) -> Result<(), SandboxError>;

    /// Reads a plain file of at most `max` bytes from the workspace.
    ///
    /// # Errors
    /// As for [`Sandbox::put`]; something that is no plain file, or one too large.
    fn get(&self, path: &str, max: u64) -> Result<Vec<u8>, SandboxError>;

    /// Gives the sandbox a network with services, in place of the one it had: none, to begin with.
    /// Returns once every service answers.
    ///
    /// # Errors
    /// What this tier or machine lacks for it; a service that does not come up.
    fn net(&self, net: &Net) -> Result<(), SandboxError>;

    /// How the services of its network are.
    ///
    /// # Errors
    /// A sandbox that no longer answers.
    fn health(&self) -> Result<Vec<Health>, SandboxError>;

    /// Looks at the sandbox from inside, and says what was checked and how.
    ///
    /// # Errors
    /// A sandbox that can't be looked at. A check that fails is in the result.
    fn attest(&self) -> Result<Attestation, SandboxError>;

    /// Ends everything and removes the workspace. Dropping does the same but can't report.
    ///
    /// # Errors
    /// What could not be removed.
    fn stop(self: Box<Self>) -> Result<(), SandboxError>;
}

/// A sandbox of the tier that its policy asks for: that one, never another in its place.
#[derive(Debug)]
pub struct Session(Box<dyn Sandbox>);

impl Session {
    /// Makes a sandbox of the policy's tier.
    ///
    /// # Errors
    /// A tier that this machine lacks, with what is missing; see [`Sandbox::start`].
    pub fn start(policy: Policy) -> Result<Self, SandboxError> {
        Ok(Self(match policy.tier {
            Tier::Namespaces => Box::new(Namespaces::start(policy)?),
            Tier::UserSpaceKernel => Box::new(UserSpaceKernel::start(policy)?),
            Tier::VirtualMachine => Box::new(Machine::start(policy)?),
            Tier::AirGapped => Box::new(Declared::start(policy)?),
        }))
    }

    /// The tier.
    pub fn tier(&self) -> Tier {
        self.0.tier()
    }

    /// Runs a program and waits for its end, and for that of everything it started. Calls on one
    /// session wait for each other. Blocking: an asynchronous caller uses a blocking thread.
    ///
    /// # Errors
    /// Only what is wrong with the request or the host; what the guest does is in the [`Outcome`].
    pub fn exec(&self, exec: &Exec) -> Result<Outcome, SandboxError> {
        self.0.exec(exec)
    }

    /// Puts a file in the workspace, making directories above it. Whatever was under that name is
    /// replaced, a symbolic link included; none is followed.
    ///
    /// # Errors
    /// A path that is absolute, has `..`, or leads through a link or a file; a full disk.
    pub fn put(&self, path: &str, bytes: &[u8], executable: bool) -> Result<(), SandboxError> {
        self.0.put(path, bytes, executable)
    }

    /// Reads a plain file of at most `max` bytes from the workspace, following no link.
    ///
    /// # Errors
    /// A path as for [`Session::put`], no such file, something that is no plain file, or one too large.
    pub fn get(&self, path: &str, max: u64) -> Result<Vec<u8>, SandboxError> {
        self.0.get(path, max)
    }

    /// Gives the session a network with services. See [`Sandbox::net`].
    ///
    /// # Errors
    /// What this tier or machine lacks for it; a service that does not come up.
    pub fn net(&self, net: &Net) -> Result<(), SandboxError> {
        self.0.net(net)
    }

    /// How the services of its network are, in the order in which they were asked for.
    ///
    /// # Errors
    /// A sandbox that no longer answers.
    pub fn health(&self) -> Result<Vec<Health>, SandboxError> {
        self.0.health()
    }

    pub(crate) fn attest(&self) -> Result<Attestation, SandboxError> {
        self.0.attest()
    }

    /// Removes everything of the session. Dropping does the same but can't report.
    ///
    /// # Errors
    /// What could not be removed.
    pub fn stop(self) -> Result<(), SandboxError> {
        self.0.stop()
    }
}

#[cfg(test)]
mod tests;
