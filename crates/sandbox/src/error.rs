//! Why a sandbox could not be made or used. What a guest does is never an error: it is an outcome.

use crate::Tier;
use std::io;
use std::path::PathBuf;

/// A step of building a sandbox, so that a failure says where it happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub enum Step {
    /// Making the namespaces.
    Namespaces,
    /// Mapping the guest's user.
    Identity,
    /// Making mounts private.
    Private,
    /// Opening what guests may read.
    Sources,
    /// Dropping to the guest's user.
    User,
    /// Making the root file system.
    Root,
    /// Putting files, devices and directories in it.
    Tree,
    /// Mounting `/proc`.
    Proc,
    /// Mounting the workspace.
    Workspace,
    /// Changing the root.
    Pivot,
    /// Naming the host.
    Name,
    /// Starting the guest's process.
    Fork,
    /// Setting resource limits.
    Limits,
    /// Dropping capabilities.
    Capabilities,
    /// Installing the system call filter.
    Filter,
    /// Executing the program.
    Execute,
}

impl Step {
    const ALL: [(Self, &'static str); 16] = [
        (Self::Namespaces, "making namespaces"),
        (Self::Identity, "mapping the guest's user"),
        (Self::Private, "making mounts private"),
        (Self::Sources, "opening what guests may read"),
        (Self::User, "becoming the guest's user"),
        (Self::Root, "making the root file system"),
        (Self::Tree, "filling the root file system"),
        (Self::Proc, "mounting /proc"),
        (Self::Workspace, "mounting the workspace"),
        (Self::Pivot, "changing the root"),
        (Self::Name, "naming the host"),
        (Self::Fork, "starting the guest's process"),
        (Self::Limits, "setting resource limits"),
        (Self::Capabilities, "dropping capabilities"),
        (Self::Filter, "installing the system call filter"),
        (Self::Execute, "executing the program"),
    ];

    pub(crate) fn from_byte(byte: u8) -> Option<Self> {
        Self::ALL.iter().map(|(s, _)| *s).find(|s| *s as u8 == byte)
    }

    fn name(self) -> &'static str {
        Self::ALL.iter().find(|(s, _)| *s == self).map_or("", |(_, n)| n)
    }
}

/// What this machine lacks, in one sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Missing(pub String);

/// Why a sandbox could not be made or used.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The machine can't isolate at this tier.
    #[error(transparent)]
    Missing(#[from] Missing),
    /// The machine lacks the tier that the policy asks for. There is no other in its place.
    #[error("{} is not available here: {why}", tier.plain())]
    TierUnavailable {
        /// The tier.
        tier: Tier,
        /// What is missing, in one sentence.
        why: String,
    },
    /// A network of the sandbox's own could not be made.
    #[error(
        "a network without an uplink could not be made: {error}; it needs root, and a kernel with veth and bridge"
    )]
    Network {
        /// What the system said.
        error: io::Error,
    },
    /// The guest program in a virtual machine reports a fault of the machine's.
    #[error("the virtual machine: {0}")]
    Machine(String),
    /// A service of the task did not come up. The run must count as invalid.
    #[error("the service `{name}` did not come up: {why}")]
    Service {
        /// Its name.
        name: String,
        /// How it ended.
        why: String,
    },
    /// A program or environment entry can't be passed to the kernel.
    #[error("{what} can't be passed to a program: {reason}")]
    BadExec {
        /// Which part.
        what: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// A path of the workspace or of the policy is not allowed.
    #[error("path `{path}` is refused: {reason}")]
    Path {
        /// The path as given.
        path: String,
        /// Why.
        reason: &'static str,
    },
    /// A file of the workspace is larger than the caller reads.
    #[error("`{path}` has {size} bytes; at most {max} are read")]
    TooLarge {
        /// The path as given.
        path: String,
        /// Its size in bytes.
        size: u64,
        /// The bound.
        max: u64,
    },
    /// A file of the workspace could not be read or written.
    #[error("`{path}` in the workspace: {error}")]
    File {
        /// The path as given.
        path: String,
        /// What the system said.
        error: io::Error,
    },
    /// Something on the host's side failed.
    #[error("{doing} at {}: {error}", path.display())]
    Host {
        /// What was being done.
        doing: &'static str,
        /// Where.
        path: PathBuf,
        /// What the system said.
        error: io::Error,
    },
    /// Building the sandbox failed in the child.
    #[error("the sandbox could not be built while {}: {error}", step.name())]
    Setup {
        /// Which step.
        step: Step,
        /// What the system said.
        error: io::Error,
    },
    /// The sandbox ended without saying how. The run must count as invalid.
    #[error("the sandbox ended without a result; the run is invalid")]
    Lost,
}

impl SandboxError {
    pub(crate) fn network(errno: rustix::io::Errno) -> Self {
        Self::Network { error: errno.into() }
    }
}
