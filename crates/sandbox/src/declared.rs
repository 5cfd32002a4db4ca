//! Tier 3: a host that people declared to be air-gapped. What can be looked at is looked at each time.
//!
//! Software can't see that a building has no cable. So the tier is a declaration: what was checked of this host, by
//! whom, and until when it holds; whoever asks for the tier has verified its signature. Inside, one of the other
//! tiers isolates as always. And the host itself must look as declared: no route to a router, no address beyond
//! loopback. A host that has one is refused, whatever was signed.

use crate::attest::{Attestation, Check};
use crate::error::SandboxError;
use crate::gvisor::UserSpaceKernel;
use crate::machine::Machine;
use crate::namespaces::Namespaces;
use crate::net::{Health, Net};
use crate::policy::{Exec, Outcome, Policy, Tier};
use crate::tier::Sandbox;
use std::fs;

/// One thing that people checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    /// What.
    pub what: String,
    /// How.
    pub how: String,
    /// By whom.
    pub by: String,
}

/// What people declared of this host, its signature verified by whoever made this.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declaration {
    /// The host's name, as `/proc/sys/kernel/hostname` has it.
    pub host: String,
    /// Who signed.
    pub signer: String,
    /// When it ends, for people; whoever made this compared it with the time.
    pub expires: String,
    /// The tier that isolates inside.
    pub inside: Tier,
    /// What was checked.
    pub checked: Vec<Checked>,
}

/// A sandbox of tier 3.
#[derive(Debug)]
pub(crate) struct Declared {
    declaration: Declaration,
    inner: Box<dyn Sandbox>,
}

impl Sandbox for Declared {
    fn start(policy: Policy) -> Result<Self, SandboxError> {
        let missing = |why: String| SandboxError::TierUnavailable { tier: Tier::AirGapped, why };
        let Some(declaration) = policy.declaration.clone() else {
            return Err(missing("nobody declared this host to be air-gapped".to_owned()));
        };
        if declaration.checked.is_empty() {
            return Err(missing("the declaration says of nothing that it was checked".to_owned()));
        }
        for check in looked(&declaration) {
            if !check.holds {
                let (found, how) = (check.found, check.how);
                return Err(missing(format!("the host is not as declared: {found} ({how})")));
            }
        }
        let inner = Policy { tier: declaration.inside, ..policy };
        let inner: Box<dyn Sandbox> = match declaration.inside {
            Tier::Namespaces => Box::new(Namespaces::start(inner)?),
            Tier::UserSpaceKernel => Box::new(UserSpaceKernel::start(inner)?),
            Tier::VirtualMachine => Box::new(Machine::start(inner)?),
            Tier::AirGapped => {
                return Err(missing("the declaration names no tier that isolates".to_owned()));
            }
        };
        Ok(Self { declaration, inner })
    }

    fn tier(&self) -> Tier {
        Tier::AirGapped
    }

    fn exec(&self, exec: &Exec) -> Result<Outcome, SandboxError> {
        self.inner.exec(exec)
    }

    fn put(&self, path: &str, bytes: &[u8], executable: bool) -> Result<(), SandboxError> {
        self.inner.put(path, bytes, executable)
    }

    fn get(&self, path: &str, max: u64) -> Result<Vec<u8>, SandboxError> {
        self.inner.get(path, max)
    }

    fn net(&self, net: &Net) -> Result<(), SandboxError> {
        self.inner.net(net)
    }

    fn health(&self) -> Result<Vec<Health>, SandboxError> {
        self.inner.health()
    }

    fn attest(&self) -> Result<Attestation, SandboxError> {
        let inner = self.inner.attest()?;
        let mut checks = inner.checks;
        checks.extend(looked(&self.declaration));
        checks.extend(self.declaration.checked.iter().map(|checked| Check {
            name: "declared",
            holds: true,
            found: format!(
                "{}: {}, by {}; signed by {}, until {}",
                checked.what,
                checked.how,
                checked.by,
                self.declaration.signer,
                self.declaration.expires
            ),
            how: "a declaration by people, its signature verified; not looked at by this software",
        }));
        checks.push(Check {
            name: "isolated-by",
            holds: true,
            found: inner.tier.plain().to_owned(),
            how: "the checks above are those of this tier, on a host that was declared",
        });
        Ok(Attestation { tier: Tier::AirGapped, enforced: inner.enforced, checks })
    }

    fn stop(self: Box<Self>) -> Result<(), SandboxError> {
        self.inner.stop()
    }
}

/// What can be looked at on the host itself.
fn looked(declaration: &Declaration) -> Vec<Check> {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let name = read("/proc/sys/kernel/hostname").trim().to_owned();
    // what can't be read is not empty
    let table = fs::read_to_string("/proc/thread-self/net/route");
    let readable = table.is_ok();
    let routes = table.unwrap_or_default();
    let beyond: Vec<_> = routes
        .lines()
        .skip(1)
        .filter_map(|line| line.split_whitespace().next())
        .filter(|interface| *interface != "lo")
        .collect();
    let routed = format!("routes through {}", beyond.join(", "));
    let six = read("/proc/thread-self/net/if_inet6");
    let addresses: Vec<_> = six.lines().filter(|l| !l.trim().ends_with(" lo")).collect();
    let addressed = format!("{} addresses of IPv6", addresses.len());
    let none = || "none".to_owned();
    vec![
        Check {
            name: "declared-host",
            holds: name == declaration.host && !name.is_empty(),
            found: format!("this host is `{name}`, the declaration is of `{}`", declaration.host),
            how: "/proc/sys/kernel/hostname",
        },
        Check {
            name: "host-without-route",
            holds: beyond.is_empty() && readable,
            found: if beyond.is_empty() { none() } else { routed },
            how: "/proc/thread-self/net/route on the host",
        },
        Check {
            name: "host-without-address",
            holds: addresses.is_empty(),
            found: if addresses.is_empty() { none() } else { addressed },
            how: "/proc/thread-self/net/if_inet6 on the host",
        },
    ]
}
