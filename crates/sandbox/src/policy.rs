//! What a caller asks for and what it gets back: policy, program, limits, outcome.

use crate::declared::Declaration;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

/// How strong the wall is. A policy names the least it accepts; there is no silent fallback.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Tier {
    /// Namespaces and seccomp on a shared kernel (tier 0): scripted programs, graders, development.
    Namespaces,
    /// A user-space kernel between guest and host (tier 1).
    UserSpaceKernel,
    /// A virtual machine (tier 2): kernel exploits, and anything a frontier model writes.
    VirtualMachine,
    /// One of the above on a host that people declared to be air-gapped (tier 3).
    AirGapped,
}

impl Tier {
    /// All, weakest first.
    pub const ALL: [Self; 4] =
        [Self::Namespaces, Self::UserSpaceKernel, Self::VirtualMachine, Self::AirGapped];

    /// Its name, as in policies and transcripts.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Namespaces => "namespaces",
            Self::UserSpaceKernel => "user-space-kernel",
            Self::VirtualMachine => "virtual-machine",
            Self::AirGapped => "air-gapped",
        }
    }

    /// The tier of this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|tier| tier.name() == name)
    }

    /// What people call it.
    pub const fn plain(self) -> &'static str {
        match self {
            Self::Namespaces => "tier 0 (namespaces)",
            Self::UserSpaceKernel => "tier 1 (a user-space kernel)",
            Self::VirtualMachine => "tier 2 (a virtual machine)",
            Self::AirGapped => "tier 3 (a declared air-gapped host)",
        }
    }
}

/// Where guests see the policy's guest program.
pub const GUEST: &str = "/opt/guest";

/// The program of ours that works inside: it makes escape attempts, serves, and is a virtual machine's first process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guest {
    /// Where it is on the host.
    pub program: PathBuf,
    /// The arguments with which it calls [`crate::guest`].
    pub arguments: Vec<String>,
}

/// A directory or file of the host that guests may read, beside the system's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadOnly {
    /// Where it is on the host.
    pub host: PathBuf,
    /// Where guests see it: absolute, without `..`, and under none of `/proc`, `/dev`, `/work`.
    pub inside: PathBuf,
}

/// Another name of a part of the workspace, for tasks that speak of places of their own such as `/app`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// Where guests find it: absolute, without `..`, and no place of the system's.
    pub inside: PathBuf,
    /// The part, relative to the workspace; empty for all of it.
    pub part: String,
}

/// How a session is built.
#[derive(Debug, Clone)]
pub struct Policy {
    /// The least tier that is accepted.
    pub tier: Tier,
    /// Where session directories are made; the system's temporary directory when `None`.
    pub base: Option<PathBuf>,
    /// Most bytes of files in the workspace. Sampled while a program runs and checked when it ends.
    pub workspace_bytes: u64,
    /// Most files and directories in the workspace.
    pub workspace_entries: u64,
    /// Size of the private `/tmp`, in bytes; it counts against memory too.
    pub tmp_bytes: u64,
    /// What else guests may read.
    pub read_only: Vec<ReadOnly>,
    /// Other names of parts of the workspace. Tiers above 1 know none.
    pub named: Vec<Named>,
    /// The program of ours that guests find at [`GUEST`]: services and tiers above 0 need one.
    pub guest: Option<Guest>,
    /// The kernel of virtual machines; the newest of `/boot` when `None`.
    pub kernel: Option<PathBuf>,
    /// What people declared of this host, for tier 3.
    pub declaration: Option<Declaration>,
    /// Which protections are on: all, outside the escape attempts.
    pub(crate) guards: Guards,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            tier: Tier::Namespaces,
            base: None,
            workspace_bytes: 256 << 20,
            workspace_entries: 20_000,
            tmp_bytes: 64 << 20,
            read_only: Vec::new(),
            named: Vec::new(),
            guest: None,
            kernel: None,
            declaration: None,
            guards: Guards::ALL,
        }
    }
}

/// One protection. The escape attempts switch it off to see the attack succeed that it stops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Guard {
    User,
    Pid,
    Network,
    Ipc,
    Uts,
    Cgroup,
    Root,
    ReadOnly,
    Capabilities,
    Privileges,
    Seccomp,
    Groups,
    Rlimits,
    Beneath,
    Workspace,
    Descriptors,
    Environment,
}

impl Guard {
    /// What people call it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::User => "user namespace",
            Self::Pid => "process namespace",
            Self::Network => "network namespace",
            Self::Ipc => "ipc namespace",
            Self::Uts => "host name namespace",
            Self::Cgroup => "control group namespace",
            Self::Root => "root of its own",
            Self::ReadOnly => "read-only mounts",
            Self::Capabilities => "no capabilities",
            Self::Privileges => "no new privileges",
            Self::Seccomp => "system call filter",
            Self::Groups => "control groups",
            Self::Rlimits => "resource limits",
            Self::Beneath => "paths beneath",
            Self::Workspace => "workspace bounds",
            Self::Descriptors => "descriptors closed",
            Self::Environment => "environment of its own",
        }
    }
}

/// The protections that are on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Guards(u32);

impl Guards {
    pub(crate) const ALL: Self = Self(u32::MAX);

    pub(crate) fn has(self, guard: Guard) -> bool {
        self.0 & (1 << (guard as u32)) != 0
    }

    pub(crate) fn without(self, guards: &[Guard]) -> Self {
        guards.iter().fold(self, |on, g| Self(on.0 & !(1 << (*g as u32))))
    }
}

/// Bounds of one run. Memory, processes and cpu share hold for all processes of the run together
/// where control groups can be used, and else for each process; [`Outcome::enforced`] says which.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Time from start to end; then everything in the run is killed.
    pub wall: Duration,
    /// Processor seconds of any one process (`RLIMIT_CPU`).
    pub cpu_seconds: u64,
    /// Share of processors in percent of one, so 150 is one and a half.
    pub cpu_percent: u32,
    /// Bytes of memory.
    pub memory: u64,
    /// Processes and threads.
    pub processes: u32,
    /// Open files of any one process.
    pub open_files: u64,
    /// Bytes of any one file written.
    pub file: u64,
    /// Bytes kept of each output stream; the rest is read and dropped.
    pub output: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            wall: Duration::from_secs(30),
            cpu_seconds: 30,
            cpu_percent: 100,
            memory: 512 << 20,
            processes: 64,
            open_files: 256,
            file: 64 << 20,
            output: 1 << 20,
        }
    }
}

/// A program to run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Exec {
    /// The program and its arguments. A name without `/` is looked up in `/usr/local/bin`,
    /// `/usr/bin`, `/bin`, `/usr/sbin` and `/sbin`; other names are relative to `/work`.
    pub argv: Vec<String>,
    /// What it reads from standard input.
    pub stdin: Vec<u8>,
    /// Its environment, beside `PATH`, `HOME=/work`, `LANG=C.UTF-8` and `TMPDIR=/tmp`. Nothing is
    /// inherited from the caller.
    pub env: BTreeMap<String, String>,
    /// Its bounds.
    pub limits: Limits,
    /// Whether nothing inside may bring about SIGKILL, so that a run that ends so was killed from outside. Not in tier 1, whose kernel
    /// takes no filter.
    pub unkillable: bool,
}

impl Exec {
    /// A program with arguments, no input, no extra environment and the default limits.
    pub fn new<A: Into<String>>(argv: impl IntoIterator<Item = A>) -> Self {
        Self { argv: argv.into_iter().map(Into::into).collect(), ..Self::default() }
    }
}

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// The program ended with this code. 127: no such program; 126: it can't be executed (as in
    /// POSIX shells; standard error then says so).
    Exited(i32),
    /// A signal with this number ended the program (24, `SIGXCPU`, when its processor time is used up;
    /// 25, `SIGXFSZ`, when a file grew too large).
    Signalled(i32),
    /// The wall time was over.
    TimedOut,
    /// The kernel killed something in the run because its memory limit was reached. Only control
    /// groups report this; under `RLIMIT_AS` allocations fail instead.
    OutOfMemory,
    /// The workspace grew past its bound.
    WorkspaceFull,
}

/// What enforced a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// A control group of the first version, for all processes together.
    CgroupV1,
    /// A control group of the second version, for all processes together.
    CgroupV2,
    /// A resource limit, for each process (processes: for the guest's user within the session).
    Rlimit,
    /// Nothing.
    Nothing,
}

/// Which limits were enforced, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
pub struct Enforced {
    /// Memory.
    pub memory: How,
    /// Processes and threads.
    pub processes: How,
    /// Share of processors. (Processor seconds are always a resource limit.)
    pub cpu: How,
}

/// What came of a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    /// How it ended.
    pub status: Status,
    /// The start of its standard output.
    pub stdout: Vec<u8>,
    /// Whether more was written than [`Limits::output`].
    pub stdout_truncated: bool,
    /// The start of its standard error.
    pub stderr: Vec<u8>,
    /// Whether more was written than [`Limits::output`].
    pub stderr_truncated: bool,
    /// Time from the start of the first process to the end of the last.
    pub wall: Duration,
    /// What held the limits.
    pub enforced: Enforced,
}

impl Outcome {
    /// Whether the program ended with code 0.
    pub fn success(&self) -> bool {
        self.status == Status::Exited(0)
    }
}
