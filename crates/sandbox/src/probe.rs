//! Whether this machine isolates, and with what; if not, one sentence on what is missing.

use crate::error::{Missing, SandboxError, Step};
use crate::namespaces::Namespaces;
use crate::policy::{Enforced, Exec, Policy, Tier};
use crate::tier::Sandbox as _;
use std::fs;

/// What this machine offers.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Capabilities {
    /// The strongest tier there is.
    pub tier: Tier,
    /// Whether guests run as a user that nobody else is (the caller is privileged), not as the caller.
    pub own_user: bool,
    /// How limits are enforced.
    pub enforced: Enforced,
}

/// Builds a sandbox and runs `true` in it.
///
/// # Errors
/// One sentence saying what is missing and, where there is one, the remedy.
pub fn probe() -> Result<Capabilities, Missing> {
    let session = Namespaces::start(Policy::default()).map_err(|e| Missing(e.to_string()))?;
    let run = session.exec(&Exec::new(["true"]));
    let own_user = session.own_user();
    let outcome = run.map_err(|error| explain(&error, &Host::read()))?;
    if outcome.success() {
        return Ok(Capabilities { tier: Tier::Namespaces, own_user, enforced: outcome.enforced });
    }
    Err(Missing(format!(
        "a sandbox can be built, but `true` does not run in it ({:?}): is there a system in /usr?",
        outcome.status
    )))
}

/// Settings that forbid user namespaces, as the kernel and distributions name them.
struct Host {
    clone: Option<String>,
    most: Option<String>,
    apparmor: Option<String>,
}

impl Host {
    fn read() -> Self {
        let value = |path| fs::read_to_string(path).ok().map(|text| text.trim().to_owned());
        Self {
            clone: value("/proc/sys/kernel/unprivileged_userns_clone"),
            most: value("/proc/sys/user/max_user_namespaces"),
            apparmor: value("/proc/sys/kernel/apparmor_restrict_unprivileged_userns"),
        }
    }
}

fn explain(error: &SandboxError, host: &Host) -> Missing {
    let is = |value: &Option<String>, wanted: &str| value.as_deref() == Some(wanted);
    let sentence = match error {
        SandboxError::Setup { step: Step::Namespaces, .. } if is(&host.clone, "0") => {
            "user namespaces are off for ordinary users: set sysctl kernel.unprivileged_userns_clone=1"
        }
        SandboxError::Setup { step: Step::Namespaces, .. } if is(&host.most, "0") => {
            "user namespaces are off: set sysctl user.max_user_namespaces above 0"
        }
        SandboxError::Setup { step: Step::Namespaces, error }
            if error.raw_os_error() == Some(libc::ENOSYS) =>
        {
            "the kernel lacks clone3, or a container's filter hides it: Linux 5.14 or later is needed"
        }
        SandboxError::Setup { step: Step::Namespaces, .. } => {
            "this process may not make namespaces: a container's seccomp profile or a security module forbids it"
        }
        SandboxError::Setup { .. } if is(&host.apparmor, "1") => {
            "AppArmor strips user namespaces of their rights: set sysctl \
             kernel.apparmor_restrict_unprivileged_userns=0 or give this program a profile with `userns`"
        }
        SandboxError::Setup { step: Step::Identity, .. } => {
            "the guest's user can't be mapped: /proc/PID/uid_map is not writable here"
        }
        SandboxError::Setup { step: Step::Proc, .. } => {
            "a fresh /proc can't be mounted: this container masks parts of its own /proc"
        }
        other => return Missing(other.to_string()),
    };
    Missing(sentence.to_owned())
}

#[cfg(test)]
mod tests;
