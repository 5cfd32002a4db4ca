//! Confining this process itself: files, ports and system calls that it has no business with.
//!
//! For a server of ours that holds a secret and speaks to strangers. It is a second wall, for the day on which
//! the first has a hole: whoever takes the process over finds no file but those named, no port but those
//! named, no program to start, and no other process to look at.

use crate::{filter, sys};
use landlock::{
    ABI, Access, AccessFs, AccessNet, NetPort, Ruleset, RulesetAttr, RulesetCreatedAttr,
    RulesetStatus, Scope, path_beneath_rules,
};
use rustix::process::{
    DumpableBehavior, Resource, Rlimit, getrlimit, set_dumpable_behavior, setrlimit,
};
use std::path::PathBuf;

/// The rights this file knows; older kernels enforce what they know of them.
const KNOWN: ABI = ABI::V6;

/// What a process still needs once it is set up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Needs {
    /// Files and folders that it reads. One that is not there is passed over.
    pub read: Vec<PathBuf>,
    /// Folders that it also writes below.
    pub write: Vec<PathBuf>,
    /// TCP ports that it listens on.
    pub listen: Vec<u16>,
    /// TCP ports that it connects to, on any host.
    pub connect: Vec<u16>,
}

/// What holds from now on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub struct Confined {
    /// Files and TCP ports, by Landlock.
    pub files_and_ports: Hold,
    /// System calls, by seccomp: no program is started, no other process looked into.
    pub calls: Hold,
    /// Other processes of the same user can't read its memory, and it leaves no core dump.
    pub unreadable: Hold,
    /// Its memory is never written to swap. Needs an unlimited `RLIMIT_MEMLOCK` (systemd: `LimitMEMLOCK=infinity`).
    pub locked: Hold,
}

/// How far one protection holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Hold {
    /// As asked for.
    Whole,
    /// As far as this kernel can.
    Part,
    /// Not at all.
    No,
}

impl Confined {
    /// Each protection with its name.
    pub fn each(&self) -> [(&'static str, Hold); 4] {
        [
            ("files and ports (landlock)", self.files_and_ports),
            ("system calls (seccomp)", self.calls),
            ("memory that others can't read", self.unreadable),
            ("memory that is never swapped", self.locked),
        ]
    }
}

/// Confines this thread and every one that it starts later, for good; so it is called before there is another.
/// It needs no privilege. What can't be had is said, never assumed.
pub fn confine(needs: &Needs) -> Confined {
    // the order matters: each step forbids what an earlier one did
    let unreadable = unreadable();
    let locked = locked();
    let files_and_ports = files_and_ports(needs);
    let calls = calls();
    Confined { files_and_ports, calls, unreadable, locked }
}

fn unreadable() -> Hold {
    let core = Rlimit { current: Some(0), maximum: Some(0) };
    let no_dump = set_dumpable_behavior(DumpableBehavior::NotDumpable).is_ok();
    hold(no_dump & setrlimit(Resource::Core, core).is_ok())
}

fn locked() -> Hold {
    let unlimited = || getrlimit(Resource::Memlock).current.is_none();
    if !unlimited() {
        // allowed to the superuser; without it, locking would make later allocations fail
        let _refused = setrlimit(Resource::Memlock, Rlimit { current: None, maximum: None });
    }
    hold(unlimited() && sys::lock_memory().is_ok())
}

fn files_and_ports(needs: &Needs) -> Hold {
    let enforced = || {
        let read = path_beneath_rules(&needs.read, AccessFs::from_read(KNOWN) & !AccessFs::Execute);
        let all = AccessFs::from_all(KNOWN) & !AccessFs::Execute;
        let write = path_beneath_rules(&needs.write, all);
        let port =
            |access| move |port: &u16| Ok::<_, landlock::RulesetError>(NetPort::new(*port, access));
        let listen = needs.listen.iter().map(port(AccessNet::BindTcp));
        let connect = needs.connect.iter().map(port(AccessNet::ConnectTcp));
        Ruleset::default()
            .handle_access(AccessFs::from_all(KNOWN))?
            .handle_access(AccessNet::from_all(KNOWN))?
            .scope(Scope::from_all(KNOWN))?
            .create()?
            .add_rules(read)?
            .add_rules(write)?
            .add_rules(listen)?
            .add_rules(connect)?
            .restrict_self()
    };
    match enforced().map(|status: landlock::RestrictionStatus| status.ruleset) {
        Ok(RulesetStatus::FullyEnforced) => Hold::Whole,
        Ok(RulesetStatus::PartiallyEnforced) => Hold::Part,
        Ok(RulesetStatus::NotEnforced) | Err(_) => Hold::No,
    }
}

fn calls() -> Hold {
    hold(seccompiler::apply_filter(&filter::own_program()).is_ok())
}

fn hold(holds: bool) -> Hold {
    if holds { Hold::Whole } else { Hold::No }
}

#[cfg(test)]
mod tests;
