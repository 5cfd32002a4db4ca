//! Escape attempts against tier 0, each made with every protection on, and again without what stops it.
//!
//! An attempt that fails proves little unless it is known to work. So each names the protections that stop
//! it: with everything on it must be refused, with only one of them on it must still be refused, and with
//! all of them switched off it must succeed. Then nothing else stopped it, and its refusal means something.
//!
//! Only [`run`] builds sandboxes with a protection off, and only for the attempts of [`attempts`], which are
//! harmless where they succeed. No [`Policy`] of a caller can ask for it.
//!
//! The guest is a program of ours that calls [`crate::guest`] when it is started with the arguments of [`Guest`].

mod host;
mod inside;
mod stage;
mod table;

use crate::namespaces::Namespaces;
use crate::policy::{Guard, Guards};
use crate::tier::Sandbox as _;
use crate::{Exec, How, Outcome, Policy, ReadOnly, SandboxError, Status};
use stage::Scene;
use std::time::Duration;

pub use crate::policy::Guest;
pub(crate) use inside::tried;

/// What the guest's exit code says.
const SUCCEEDED: u8 = 42;
const REFUSED: u8 = 43;
/// The guest's program, seen from the workspace; also right when the root was not changed.
const PROBE: &str = "../opt/probe";

/// What an attempt goes against.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// File system and mounts.
    Files,
    /// `/proc` and processes of the host.
    Processes,
    /// Network routes.
    Network,
    /// Names: resolver, host names.
    Names,
    /// Unix sockets, abstract ones, and System V objects.
    Sockets,
    /// Namespaces, and privileges to regain.
    Privilege,
    /// System calls a kernel attack begins with.
    Kernel,
    /// Exhaustion of what the host has.
    Resources,
    /// What a child inherits: descriptors, environment, keys.
    Inheritance,
    /// Devices and kernel interfaces.
    Devices,
    /// Clocks, signals and deadlines.
    Time,
}

impl Class {
    /// All, in order.
    pub const ALL: [Self; 11] = [
        Self::Files,
        Self::Processes,
        Self::Network,
        Self::Names,
        Self::Sockets,
        Self::Privilege,
        Self::Kernel,
        Self::Resources,
        Self::Inheritance,
        Self::Devices,
        Self::Time,
    ];

    /// Its name.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Files => "files",
            Self::Processes => "processes",
            Self::Network => "network",
            Self::Names => "names",
            Self::Sockets => "sockets",
            Self::Privilege => "privilege",
            Self::Kernel => "kernel",
            Self::Resources => "resources",
            Self::Inheritance => "inheritance",
            Self::Devices => "devices",
            Self::Time => "time",
        }
    }
}

/// One attempt.
#[derive(Debug, Clone, Copy)]
pub struct Attempt {
    /// Its name, in kebab case.
    pub name: &'static str,
    /// What it goes against.
    pub class: Class,
    /// What it tries, for people.
    pub tries: &'static str,
    /// The protections that stop it, each of them enough.
    stopped_by: &'static [Guard],
    /// What the host prepares; the reason when this host can't.
    stage: fn(&mut Scene) -> Result<(), String>,
}

impl Attempt {
    /// The names of the protections that stop it.
    pub fn protections(&self) -> Vec<&'static str> {
        self.stopped_by.iter().map(|guard| guard.name()).collect()
    }
}

/// What came of one attempt in one sandbox.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The sandbox refused it, or stopped it.
    Refused,
    /// It worked.
    Succeeded,
    /// Neither can be said: the attempt itself is broken, and why.
    Broken(String),
}

/// One attempt with all its runs.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Tried {
    /// Its name.
    pub name: &'static str,
    /// What it goes against.
    pub class: Class,
    /// What it tries.
    pub tries: &'static str,
    /// The protections that stop it.
    pub protections: Vec<&'static str>,
    /// Why it was not made here. Nothing below counts then.
    pub skipped: Option<String>,
    /// With everything on.
    pub guarded: Option<Verdict>,
    /// With one of its protections on, for each; none where there is one only.
    pub alone: Vec<(&'static str, Verdict)>,
    /// With its protections off.
    pub unguarded: Option<Verdict>,
}

impl Tried {
    /// Whether it was made, refused wherever it must be, and shown to work where nothing stops it.
    pub fn holds(&self) -> bool {
        self.skipped.is_none()
            && self.guarded == Some(Verdict::Refused)
            && self.alone.iter().all(|(_, verdict)| *verdict == Verdict::Refused)
            && self.unguarded == Some(Verdict::Succeeded)
    }
}

/// All attempts, in order of class.
pub fn attempts() -> Vec<Attempt> {
    table::all()
}

/// Makes one attempt: with everything on, with each of its protections alone, with none of them.
///
/// # Errors
/// A sandbox that can't be built.
pub fn run(attempt: &Attempt, guest: &Guest) -> Result<Tried, SandboxError> {
    let mut tried = Tried {
        name: attempt.name,
        class: attempt.class,
        tries: attempt.tries,
        protections: attempt.protections(),
        skipped: None,
        guarded: None,
        alone: Vec::new(),
        unguarded: None,
    };
    let off = match removable(attempt.stopped_by) {
        Ok(off) => off,
        Err(why) => return Ok(Tried { skipped: Some(why.to_owned()), ..tried }),
    };
    let mut once = |off: &[Guard]| -> Result<Option<Verdict>, SandboxError> {
        let mut scene = Scene::default();
        match (attempt.stage)(&mut scene) {
            Ok(()) => one(attempt, guest, scene, off).map(Some),
            Err(why) => {
                tried.skipped = Some(why);
                Ok(None)
            }
        }
    };
    let Some(guarded) = once(&[])? else { return Ok(tried) };
    let mut alone = Vec::new();
    for guard in off.iter().filter(|_| off.len() > 1) {
        let others: Vec<_> = off.iter().copied().filter(|g| g != guard).collect();
        alone.extend(once(&others)?.map(|verdict| (guard.name(), verdict)));
    }
    let unguarded = once(&off)?;
    Ok(Tried { guarded: Some(guarded), alone, unguarded, ..tried })
}

/// Those of these protections that this host has on, and that can be switched off here.
fn removable(guards: &[Guard]) -> Result<Vec<Guard>, &'static str> {
    if guards.contains(&Guard::User) && !rustix::process::geteuid().is_root() {
        return Err("only root can do without a user namespace");
    }
    let groups = || crate::probe().is_ok_and(|c| c.enforced.memory != How::Rlimit);
    Ok(guards.iter().copied().filter(|g| *g != Guard::Groups || groups()).collect())
}

fn one(
    attempt: &Attempt,
    guest: &Guest,
    mut scene: Scene,
    off: &[Guard],
) -> Result<Verdict, SandboxError> {
    let probe = ReadOnly { host: guest.program.clone(), inside: "/opt/probe".into() };
    let mut policy = Policy { guards: Guards::ALL.without(off), ..Policy::default() };
    policy.read_only.push(probe);
    policy.read_only.append(&mut scene.read_only);
    if let Some((bytes, entries)) = scene.workspace {
        (policy.workspace_bytes, policy.workspace_entries) = (bytes, entries);
    }
    let session = Box::new(Namespaces::start(policy)?);
    if let Some(prepare) = scene.prepare {
        prepare(&session, guest)
            .map_err(|error| SandboxError::File { path: attempt.name.to_owned(), error })?;
    }
    let mut exec = Exec::new(std::iter::once(PROBE.to_owned()).chain(guest.arguments.clone()));
    exec.stdin = format!("{}\n{}", attempt.name, scene.argument).into_bytes();
    exec.limits = scene.limits;
    let outcome = session.exec(&exec)?;
    let verdict = match scene.judge {
        Some(judge) => judge(&session, &outcome),
        None => judge(&outcome),
    };
    session.stop()?;
    Ok(verdict)
}

fn judge(outcome: &Outcome) -> Verdict {
    const STOPPED: [i32; 3] = [libc::SIGXCPU, libc::SIGXFSZ, libc::SIGKILL];
    match outcome.status {
        Status::Exited(code) if code == i32::from(SUCCEEDED) => Verdict::Succeeded,
        Status::Exited(code) if code == i32::from(REFUSED) => Verdict::Refused,
        Status::OutOfMemory | Status::WorkspaceFull | Status::TimedOut => Verdict::Refused,
        Status::Signalled(signal) if STOPPED.contains(&signal) => Verdict::Refused,
        Status::Exited(_) | Status::Signalled(_) => {
            let said: String = String::from_utf8_lossy(&outcome.stderr).chars().take(300).collect();
            Verdict::Broken(format!("{:?} {said}", outcome.status))
        }
    }
}

/// The longest that one attempt may take.
const LONGEST: Duration = Duration::from_secs(20);

#[cfg(test)]
mod tests;
