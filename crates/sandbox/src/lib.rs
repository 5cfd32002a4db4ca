//! Runs hostile programs: namespaces, limits, captured output.
//!
//! Tier 0 of the sandbox, Linux only. A [`Session`] owns one private workspace, which a program sees
//! as `/work`. Each [`Session::exec`] makes fresh pid, mount, network, ipc, uts, user and cgroup
//! namespaces, runs one program in them, and ends them: no process outlives the call that started it
//! and only the workspace carries over to the next. Inside there is a read-only `/usr`, a private
//! `/tmp`, `/proc` of the new pid namespace, four devices, a small invented `/etc`, and no network.
//! All capabilities are gone, no program gains privilege, and a seccomp filter refuses the system
//! calls that a kernel attack would begin with.
//!
//! **What it is not.** The kernel is shared, so this is no boundary for kernel exploits: those need
//! a virtual machine (tier 2), and asking for a tier that is not there is refused, never weakened.
//! Two programs of one session can't run at once. A program's background children end with it.
//!
//! No helper program is needed: the child is a fork that makes only system calls, on memory prepared
//! before, until it becomes the guest. Callers may be multi-threaded.
#![warn(missing_docs)]

#[cfg(not(target_os = "linux"))]
compile_error!("the sandbox needs Linux namespaces");

mod attest;
mod cgroup;
mod child;
pub mod companion;
mod confine;
mod error;
pub mod escape;
mod filter;
mod plan;
mod policy;
mod probe;
mod run;
mod session;
mod sys;
mod workspace;

pub use attest::{Attestation, Check, attest};
pub use confine::{Confined, Hold, Needs, confine};
pub use error::{Missing, SandboxError, Step};
pub use policy::{Enforced, Exec, How, Limits, Outcome, Policy, ReadOnly, Status, Tier};
pub use probe::{Capabilities, probe};
pub use session::Session;

#[cfg(test)]
mod tests;
