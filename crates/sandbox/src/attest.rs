//! What was checked at run time from inside a session, as data, each with how it was checked.
//!
//! Most checks run in the guest's place: a process that went through everything a guest goes through,
//! filter included, looks around instead of executing a program and writes down what it sees. It does
//! not judge; that happens here, on the host's side. The environment is read by an executed program.

mod look;
mod network;

pub(crate) use look::around;

use crate::error::SandboxError;
use crate::policy::{Enforced, Exec, GUEST, Outcome, Policy, Status, Tier};
use crate::tier::Session;
use std::collections::BTreeMap;

/// One thing that was checked.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Check {
    /// Its name, stable, in kebab case.
    pub name: &'static str,
    /// Whether it is as it should be.
    pub holds: bool,
    /// What was seen.
    pub found: String,
    /// How it was looked at.
    pub how: &'static str,
}

/// What a session's sandbox is, seen from inside.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Attestation {
    /// The tier that ran.
    pub tier: Tier,
    /// What enforces limits.
    pub enforced: Enforced,
    /// Every check.
    pub checks: Vec<Check>,
}

impl Attestation {
    /// Whether everything is as it should be.
    pub fn holds(&self) -> bool {
        self.checks.iter().all(|c| c.holds)
    }
}

/// What was seen from inside, not yet judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Look {
    /// What [`look::around`] wrote.
    pub(crate) text: String,
    /// How the program that read its environment ended, and what it read.
    pub(crate) environment: (Status, Vec<u8>),
    pub(crate) enforced: Enforced,
    pub(crate) reach: Reach,
}

/// What a session's network was set up to reach.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Nothing; the loopback interface is down.
    #[default]
    Nothing,
    /// Services on its own loopback interface.
    Loopback,
    /// The hosts of one range, through an interface `eth0` and no router.
    Range,
}

impl Look {
    pub(crate) fn new(
        seen: &Outcome,
        environment: &Outcome,
        reach: Reach,
    ) -> Result<Self, SandboxError> {
        if seen.status != Status::Exited(0) || seen.stdout_truncated {
            return Err(SandboxError::Lost);
        }
        Ok(Self {
            text: String::from_utf8_lossy(&seen.stdout).into_owned(),
            environment: (environment.status, environment.stdout.clone()),
            enforced: seen.enforced,
            reach,
        })
    }
}

/// Looks at a session from inside.
///
/// # Errors
/// When the sandbox can't be built or its report can't be read. A check that fails is no error: it is
/// in the result.
pub fn attest(session: &Session) -> Result<Attestation, SandboxError> {
    session.attest()
}

/// Judges what was seen, on the host's side.
pub(crate) fn judged(tier: Tier, look: &Look) -> Attestation {
    let mut checks = judge(&Seen::read(&look.text), look.reach, tier);
    checks.push(environment_check(look.environment.0, &look.environment.1));
    Attestation { tier, enforced: look.enforced, checks }
}

/// Judges what was seen in a sandbox with a kernel of its own: what only tells of tier 0's walls is left out, and
/// the kernel must be another than the host's.
pub(crate) fn judged_elsewhere(tier: Tier, look: &Look) -> Attestation {
    let mut attestation = judged(tier, look);
    attestation.checks.retain(|c| !TIER_0.contains(&c.name));
    let ours = std::fs::read_to_string("/proc/version").unwrap_or_default();
    attestation.checks.push(own_kernel(&Seen::read(&look.text), ours.trim()));
    attestation
}

/// What tells of namespaces and filters on a shared kernel, and nothing of a kernel that is the guest's own.
const TIER_0: [&str; 7] = [
    "loopback-down",
    "no-netlink",
    "no-nesting",
    "no-first-process",
    "no-new-privileges",
    "filtered",
    "no-vsock",
];

fn own_kernel(seen: &Seen<'_>, ours: &str) -> Check {
    let theirs = seen.text("version").map(str::trim);
    let found = theirs.map(|v| (!v.is_empty() && v != ours, v.chars().take(120).collect()));
    check("own-kernel", "/proc/version, beside the host's", found)
}

/// The guest program, asked for something by name.
pub(crate) fn attest_guest(policy: &Policy, name: &str) -> Result<Exec, SandboxError> {
    let Some(guest) = &policy.guest else {
        let reason = "the policy names no guest program to look around with";
        return Err(SandboxError::BadExec { what: "the attestation", reason });
    };
    let mut exec = Exec::new(std::iter::once(GUEST.to_owned()).chain(guest.arguments.clone()));
    exec.stdin = format!("{name}\n").into_bytes();
    Ok(exec)
}

/// What [`look::around`] wrote: by name, an error number and a text.
struct Seen<'a>(BTreeMap<&'a str, (i32, &'a str)>);

impl<'a> Seen<'a> {
    fn read(text: &'a str) -> Self {
        let sections = text.split(look::MARK).filter_map(|section| {
            let (head, body) = section.split_once('\n')?;
            let (name, errno) = head.split_once(' ')?;
            Some((name, (errno.parse().ok()?, body)))
        });
        Self(sections.collect())
    }

    /// The text of something that could be read, an error number otherwise; -1 when it is missing.
    fn text(&self, name: &str) -> Result<&'a str, i32> {
        match self.0.get(name) {
            Some((0, text)) => Ok(text),
            Some((errno, _)) => Err(*errno),
            None => Err(-1),
        }
    }
}

fn check(name: &'static str, how: &'static str, result: Result<(bool, String), i32>) -> Check {
    let (holds, found) =
        result.unwrap_or_else(|errno| (false, format!("can't be looked at (error {errno})")));
    Check { name, holds, found, how }
}

fn judge(seen: &Seen<'_>, reach: Reach, tier: Tier) -> Vec<Check> {
    let lines = |name, skip| -> Result<Vec<String>, i32> {
        Ok(seen.text(name)?.lines().skip(skip).map(|l| l.trim().to_owned()).collect())
    };
    let unix = lines("unix-sockets", 1).map(|all| (all.is_empty(), count(&all, "socket")));
    let processes =
        lines("processes", 0).map(|all| (all.len() == 1, format!("ids {}", all.join(", "))));
    let mut checks = network::checks(seen, reach);
    checks.extend([
        refused(seen, "no-tcp", "tcp", "connect to 192.0.2.1 port 443", &UNREACHABLE),
        refused(seen, "no-tcp-v6", "tcp-v6", "connect to 2001:db8::1 port 443", &UNREACHABLE),
        refused(
            seen,
            "no-udp",
            "udp",
            "connect a datagram socket to 192.0.2.1 port 53",
            &UNREACHABLE,
        ),
        refused(seen, "no-resolver", "resolver", "open /etc/resolv.conf", &[libc::ENOENT]),
        refused(seen, "no-vsock", "vsock", "socket(AF_VSOCK)", &[libc::EPERM]),
        refused(seen, "no-netlink", "netlink", "socket(AF_NETLINK)", &[libc::EPERM]),
        refused(seen, "no-first-process", "first", "open /proc/1/environ", &[libc::ENOENT]),
        refused(seen, "no-nesting", "nesting", "unshare(CLONE_NEWUSER)", &[libc::EPERM]),
        check("no-host-socket", "/proc/net/unix, abstract names included", unix),
        check("no-host-process", "numbers in /proc", processes),
        check("read-only", "/proc/self/mounts", lines("mounts", 0).map(|all| writable(&all, tier))),
    ]);
    for (name, at, key, wanted) in [
        ("no-capability", "CapEff", "CapEff:", "0000000000000000"),
        ("no-capability-to-gain", "CapBnd", "CapBnd:", "0000000000000000"),
        ("no-new-privileges", "NoNewPrivs", "NoNewPrivs:", "1"),
        ("filtered", "Seccomp (2 is a filter)", "Seccomp:", "2"),
    ] {
        let value = lines("status", 0).map(|all| {
            let value = all.iter().find_map(|l| l.strip_prefix(key)).unwrap_or("").trim();
            (value == wanted, format!("{at} is {value}"))
        });
        checks.push(check(name, "/proc/self/status", value));
    }
    for (name, dir, how) in [
        ("no-run", "run", "entries of /run"),
        ("no-home", "home", "entries of /home"),
        ("no-root-home", "root", "entries of /root"),
        ("no-tmp", "tmp", "entries of /tmp"),
    ] {
        let entries = lines(dir, 0).map(|all| (all.is_empty(), count(&all, "entry")));
        checks.push(check(name, how, entries));
    }
    checks
}

const UNREACHABLE: [i32; 4] =
    [libc::ENETUNREACH, libc::EHOSTUNREACH, libc::EADDRNOTAVAIL, libc::EAFNOSUPPORT];

fn count(all: &[String], what: &str) -> String {
    match all.len() {
        0 => "none".to_owned(),
        n => format!("{n} ({what})"),
    }
}

/// Something that must fail, with one of these errors.
fn refused(
    seen: &Seen<'_>,
    name: &'static str,
    key: &str,
    how: &'static str,
    with: &[i32],
) -> Check {
    let (holds, found) = match seen.text(key) {
        Ok(_) => (false, "succeeded".to_owned()),
        Err(errno) => (
            with.contains(&errno),
            format!("refused: {}", std::io::Error::from_raw_os_error(errno)),
        ),
    };
    Check { name, holds, found, how }
}

/// Everything mounted but the workspace, `/tmp`, `/proc` and devices is read-only. A user-space kernel's own `/sys`
/// and `/dev` are nobody else's.
fn writable(mounts: &[String], tier: Tier) -> (bool, String) {
    let writable: Vec<_> = mounts
        .iter()
        .filter_map(|line| {
            let mut fields = line.split(' ').skip(1);
            let (at, _, options) = (fields.next()?, fields.next()?, fields.next()?);
            options.split(',').any(|o| o == "rw").then_some(at)
        })
        .filter(|at| !at.starts_with("/dev/"))
        .collect();
    let own = |at: &str| tier == Tier::UserSpaceKernel && matches!(at, "/sys" | "/dev");
    let expected = writable.iter().all(|at| matches!(*at, "/work" | "/tmp" | "/proc") || own(at));
    (expected && !mounts.is_empty(), format!("writable: {}", writable.join(", ")))
}

/// A program sees only the four variables of ours.
fn environment_check(status: Status, bytes: &[u8]) -> Check {
    let text = String::from_utf8_lossy(bytes);
    let mut names: Vec<_> =
        text.split('\0').filter_map(|v| v.split_once('=')).map(|(name, _)| name).collect();
    names.sort_unstable();
    Check {
        name: "no-inherited-environment",
        holds: status == Status::Exited(0) && names == ["HOME", "LANG", "PATH", "TMPDIR"],
        found: names.join(", "),
        how: "/proc/self/environ of an executed program",
    }
}

#[cfg(test)]
mod tests;
