//! Tier 2: a virtual machine of QEMU, with hardware support where it works and software emulation else.
//!
//! The machine has a processor, memory and two serial lines: no disk, no network card, no shared folder. It boots
//! a kernel of the host's distribution and, from memory, our own guest program, which makes tier 0 inside and
//! does what the host asks over the second line. QEMU itself runs as `nobody` where the caller is root, under its
//! own system call filter.

mod image;
mod inside;
mod start;
pub mod wire;

use crate::attest::{Attestation, Check, judged_elsewhere};
use crate::error::SandboxError;
use crate::net::{Health, Net};
use crate::policy::{Exec, Outcome, Policy, Tier};
use crate::tier::Sandbox;
use start::{Accelerator, Vm};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use wire::{Answer, Ask, Said};

pub(crate) use inside::first_process;

/// What the kernel's command line says, so that the guest program knows where it is.
const MARK: &str = "vestibule-machine";
/// How long anything may take beside what is run.
const SLACK: Duration = Duration::from_secs(60);

/// A sandbox of tier 2.
#[derive(Debug)]
pub(crate) struct Machine {
    vm: Mutex<Vm>,
    accelerator: Accelerator,
}

impl Machine {
    fn ask(&self, ask: Ask, path: &str, within: Duration) -> Result<Answer, SandboxError> {
        let mut vm = self.vm.lock().unwrap_or_else(PoisonError::into_inner);
        vm.ask(&wire::frame(ask), within)?.checked(path)
    }
}

impl Sandbox for Machine {
    fn start(policy: Policy) -> Result<Self, SandboxError> {
        let missing = |why: &str| SandboxError::TierUnavailable {
            tier: Tier::VirtualMachine,
            why: why.to_owned(),
        };
        let Some(guest) = &policy.guest else {
            return Err(missing("the policy names no guest program to boot with"));
        };
        if !policy.read_only.is_empty() {
            return Err(missing("a machine shares no folder of the host"));
        }
        if !policy.named.is_empty() {
            return Err(missing("a machine's workspace has no other name than `/work`"));
        }
        let (mut vm, accelerator) = start::boot(&policy, guest)?;
        let arguments = guest.arguments.clone();
        let ask = Ask::Start(
            policy.workspace_bytes,
            policy.workspace_entries,
            policy.tmp_bytes,
            arguments,
        );
        vm.ask(&wire::frame(ask), SLACK)?.checked("")?;
        Ok(Self { vm: Mutex::new(vm), accelerator })
    }

    fn tier(&self) -> Tier {
        Tier::VirtualMachine
    }

    fn exec(&self, exec: &Exec) -> Result<Outcome, SandboxError> {
        let within = exec.limits.wall.saturating_add(SLACK);
        let program = exec.argv.first().map_or("", String::as_str);
        self.ask(Ask::Exec(wire::Run::new(exec)), program, within)?.outcome(exec.limits.output)
    }

    fn put(&self, path: &str, bytes: &[u8], executable: bool) -> Result<(), SandboxError> {
        self.ask(Ask::Put(path.to_owned(), bytes.to_vec(), executable), path, SLACK).map(|_| ())
    }

    fn get(&self, path: &str, max: u64) -> Result<Vec<u8>, SandboxError> {
        match self.ask(Ask::Get(path.to_owned(), max), path, SLACK)?.0 {
            Said::Bytes(bytes) if u64::try_from(bytes.len()).is_ok_and(|n| n <= max) => Ok(bytes),
            _ => Err(SandboxError::Lost),
        }
    }

    fn net(&self, net: &Net) -> Result<(), SandboxError> {
        self.ask(Ask::Net(net.clone()), "", SLACK).map(|_| ())
    }

    fn health(&self) -> Result<Vec<Health>, SandboxError> {
        match self.ask(Ask::Health, "", SLACK)?.0 {
            Said::Health(health) => Ok(health),
            _ => Err(SandboxError::Lost),
        }
    }

    fn attest(&self) -> Result<Attestation, SandboxError> {
        let look = self.ask(Ask::Look, "", SLACK)?.look()?;
        let mut attestation = judged_elsewhere(Tier::VirtualMachine, &look);
        let vm = self.vm.lock().unwrap_or_else(PoisonError::into_inner);
        attestation.checks.push(Check {
            name: "machine",
            holds: vm.alive(),
            found: format!("QEMU {}", self.accelerator.plain()),
            how: "the process that this harness started and holds",
        });
        attestation.checks.push(Check {
            name: "no-shared-device",
            holds: start::DEVICES.iter().all(|a| !matches!(*a, "-netdev" | "-nic" | "-drive")),
            found: "two serial lines".to_owned(),
            how: "the arguments that QEMU was given, with -nodefaults",
        });
        Ok(attestation)
    }

    fn stop(self: Box<Self>) -> Result<(), SandboxError> {
        // everything it had was in its memory
        self.vm.into_inner().unwrap_or_else(PoisonError::into_inner).end();
        Ok(())
    }
}
