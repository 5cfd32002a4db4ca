//! Runs hostile programs behind walls of four tiers, on Linux.
//!
//! A [`Session`] owns one private workspace, which programs see as `/work`. Each [`Session::exec`] runs one
//! program: no process outlives the call that started it and only the workspace carries over to the next.
//! Every tier is an implementation of [`Sandbox`], and one suite of tests runs over all.
//!
//! - *Tier 0*, here: fresh pid, mount, network, ipc, uts, user and cgroup namespaces for each run. Inside there
//!   is a read-only `/usr`, a private `/tmp`, `/proc` of the new pid namespace, four devices, a small invented
//!   `/etc`, and no network unless [`Session::net`] gives one, which has no uplink. All capabilities are gone, no
//!   program gains privilege, and a seccomp filter refuses the system calls that a kernel attack would begin
//!   with. The kernel is shared, so this is no boundary for kernel exploits.
//! - *Tier 1*: gVisor, when `runsc` is installed.
//! - *Tier 2*: a virtual machine of QEMU, whose first process is our own guest program and runs tier 0 inside.
//! - *Tier 3*: one of these on a host that people declared to be air-gapped.
//!
//! Asking for a tier that is not there is refused, never weakened. Two programs of one session can't run at
//! once. No helper program is needed for tier 0: the child is a fork that makes only system calls, on memory
//! prepared before, until it becomes the guest. Callers may be multi-threaded.
#![warn(missing_docs)]

#[cfg(not(target_os = "linux"))]
compile_error!("the sandbox needs Linux namespaces");

mod attest;
mod cgroup;
mod child;
pub mod companion;
mod confine;
mod declared;
mod error;
pub mod escape;
mod filter;
mod gvisor;
mod home;
mod inside;
mod machine;
mod namespaces;
mod net;
mod plan;
mod policy;
mod probe;
mod run;
mod sys;
mod tier;
mod wiping;
mod workspace;

pub use attest::{Attestation, Check, attest};
pub use confine::{Confined, Hold, Needs, confine};
pub use declared::{Checked, Declaration};
pub use error::{Missing, SandboxError, Step};
pub use inside::{Work, guest};
pub use machine::wire;
pub use net::{Health, Net, REACHED, Service};
pub use policy::{
    Enforced, Exec, GUEST, Guest, How, Limits, Named, Outcome, Policy, ReadOnly, Status, Tier,
};
pub use probe::{Capabilities, probe};
pub use tier::{Sandbox, Session};
pub use wiping::{Wiping, wipe_freed_memory};

/// Removes what is kept for later sandboxes, control groups and empty folders: for a program that is about to end.
pub fn settle() {
    cgroup::settle();
    home::settle();
}

#[cfg(test)]
mod tests;
