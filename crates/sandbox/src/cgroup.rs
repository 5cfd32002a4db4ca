//! Control groups, first and second version: memory, processes and processor share of a whole run.
//!
//! A session has one group, below the caller's own, so the caller's limits still bound it. Where the
//! second version forbids that (a group with processes can't hand controllers down) a sibling is tried.
//! What can't be had is left to resource limits, and the outcome says so.
//!
//! To move a process into a group of the first version the kernel waits for all processors, which takes a
//! busy machine many milliseconds. So there a group has a seat ([`seat`]): a thread that was moved once
//! and forks for the sessions that use the group one after the other; what it forks is born in its group.
#![expect(clippy::disallowed_methods, reason = "edge: waits for the kernel to release a group")]

use crate::policy::{Enforced, How, Limits};
use rustix::process::Pid;
use seat::Seat;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, Once, PoisonError};
use std::time::Duration;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Controller {
    Memory,
    Pids,
    Cpu,
}

impl Controller {
    const ALL: [Self; 3] = [Self::Memory, Self::Pids, Self::Cpu];

    fn name(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Pids => "pids",
            Self::Cpu => "cpu",
        }
    }
}

/// Where a controller is, for the process that `/proc/self/cgroup` speaks of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) controller: Controller,
    pub(crate) how: How,
    /// Where a group may be made, best first.
    pub(crate) parents: Vec<PathBuf>,
}

/// Reads `/proc/self/cgroup` and `/proc/self/mountinfo` (cgroups(7), proc_pid_mountinfo(5)).
pub(crate) fn locate(cgroup: &str, mountinfo: &str) -> Vec<Place> {
    let mounts: Vec<_> = mountinfo.lines().filter_map(mount).collect();
    let mut places = Vec::new();
    for controller in Controller::ALL {
        let v1 = cgroup.lines().find_map(|line| {
            let (_, rest) = line.split_once(':')?;
            let (names, path) = rest.split_once(':')?;
            names.split(',').any(|n| n == controller.name()).then_some(path)
        });
        let found = v1.and_then(|path| {
            let at = mounts.iter().find(|m| {
                m.kind == "cgroup" && m.options.split(',').any(|o| o == controller.name())
            })?;
            Some(Place { controller, how: How::CgroupV1, parents: vec![at.join(path)] })
        });
        let found = found.or_else(|| {
            let path = cgroup.lines().find_map(|line| line.strip_prefix("0::"))?;
            let at = mounts.iter().find(|m| m.kind == "cgroup2")?;
            let own = at.join(path);
            let above = own.parent().filter(|p| p.starts_with(at.at)).map(Path::to_owned);
            let parents = std::iter::once(own.clone()).chain(above).collect();
            Some(Place { controller, how: How::CgroupV2, parents })
        });
        places.extend(found);
    }
    places
}

struct Mount<'a> {
    root: &'a str,
    at: &'a str,
    kind: &'a str,
    options: &'a str,
}

impl Mount<'_> {
    fn join(&self, path: &str) -> PathBuf {
        let below = path.strip_prefix(self.root).unwrap_or("");
        Path::new(self.at).join(below.trim_start_matches('/'))
    }
}

fn mount(line: &str) -> Option<Mount<'_>> {
    let (left, right) = line.split_once(" - ")?;
    let mut left = left.split(' ').skip(3);
    let mut right = right.split(' ');
    let root = left.next()?;
    let at = left.next()?;
    Some(Mount {
        root: if root == "/" { "" } else { root },
        at,
        kind: right.next()?,
        options: right.nth(1)?,
    })
}

/// The groups of one session at a time.
#[derive(Debug)]
pub(crate) struct Group {
    parts: Vec<(Controller, How, PathBuf)>,
    set: Option<(u64, u32, u32)>,
    seat: Option<Seat>,
}

fn set(dir: &Path, file: &str, value: &str) -> io::Result<()> {
    fs::OpenOptions::new().write(true).open(dir.join(file))?.write_all(value.as_bytes())
}

impl Group {
    /// Takes one that an earlier session left, or makes what can be made.
    pub(crate) fn create(number: u32) -> Self {
        if let Some(group) = idle().pop() {
            return group;
        }
        let read = |path| fs::read_to_string(path).unwrap_or_default();
        let places = locate(&read("/proc/self/cgroup"), &read("/proc/self/mountinfo"));
        SWEPT.call_once(|| places.iter().flat_map(|place| &place.parents).for_each(|p| sweep(p)));
        Self::create_at(&places, &format!("{NAME}{}-{number}", std::process::id()))
    }

    pub(crate) fn create_at(places: &[Place], name: &str) -> Self {
        let mut group = Self::none();
        for place in places {
            let made = place.parents.iter().find_map(|parent| make(place, parent, name).ok());
            group.parts.extend(made.map(|dir| (place.controller, place.how, dir)));
        }
        group.seated();
        group
    }

    /// Takes a seat where all parts are of the first version. A part that takes no thread, as that of the processor's share takes
    /// none of real-time priority, takes no process either: it is given up.
    fn seated(&mut self) {
        let first = |(_, how, _): &(Controller, How, PathBuf)| *how == How::CgroupV1;
        if self.parts.is_empty() || !self.parts.iter().all(first) {
            return;
        }
        let dirs: Vec<_> = self.parts.iter().map(|(.., dir)| dir.clone()).collect();
        let Ok((seat, refused)) = Seat::take(&dirs) else { return };
        self.seat = Some(seat);
        for (.., dir) in self.parts.extract_if(.., |(.., dir)| refused.contains(dir)) {
            remove(&dir);
        }
    }

    /// No group at all.
    pub(crate) fn none() -> Self {
        Self { parts: Vec::new(), set: None, seat: None }
    }

    /// Forks by `fork`, which is told whether the child is in the group already: it is where there is a seat.
    pub(crate) fn born<T: Send>(&self, fork: impl FnOnce(bool) -> T + Send) -> T {
        match &self.seat {
            Some(seat) => seat.work(|| fork(true)),
            None => fork(false),
        }
    }

    fn part(&self, controller: Controller) -> Option<(How, &Path)> {
        self.parts
            .iter()
            .find(|(c, ..)| *c == controller)
            .map(|(_, how, dir)| (*how, dir.as_path()))
    }

    /// Sets the limits of the next run and says what holds them.
    pub(crate) fn limit(&mut self, limits: &Limits) -> Enforced {
        let wanted = (limits.memory, limits.processes, limits.cpu_percent);
        // the first process of the namespace is in the group too, and the seat where there is one
        let ours = 1 + u64::from(self.seat.is_some());
        if self.set != Some(wanted) {
            let dropped: Vec<_> = self
                .parts
                .extract_if(.., |(controller, how, dir)| {
                    apply(*controller, *how, dir, (limits, ours)).is_err()
                })
                .collect();
            for (_, _, dir) in dropped {
                remove(&dir);
            }
            self.set = Some(wanted);
        }
        let how = |c, otherwise| self.part(c).map_or(otherwise, |(how, _)| how);
        Enforced {
            memory: how(Controller::Memory, How::Rlimit),
            processes: how(Controller::Pids, How::Rlimit),
            cpu: how(Controller::Cpu, How::Nothing),
        }
    }

    /// Puts a process in.
    pub(crate) fn enter(&self, pid: Pid) -> io::Result<()> {
        let mut entered: Vec<&Path> = Vec::new();
        for (_, _, dir) in &self.parts {
            if !entered.contains(&dir.as_path()) {
                set(dir, "cgroup.procs", &pid.as_raw_nonzero().to_string())?;
                entered.push(dir);
            }
        }
        Ok(())
    }

    /// How often the kernel has killed in this group for lack of memory.
    pub(crate) fn oom_kills(&self) -> u64 {
        let Some((how, dir)) = self.part(Controller::Memory) else { return 0 };
        let file = if how == How::CgroupV1 { "memory.oom_control" } else { "memory.events" };
        let text = fs::read_to_string(dir.join(file)).unwrap_or_default();
        let count = text.lines().find_map(|line| line.strip_prefix("oom_kill "));
        count.and_then(|n| n.trim().parse().ok()).unwrap_or(0)
    }

    /// Ends the session's use: the group waits for the next session, or is removed.
    pub(crate) fn release(&mut self) {
        let mut group = std::mem::replace(self, Self::none());
        let mut idle = idle();
        if group.seat.is_some() && idle.len() < IDLE {
            idle.push(group);
        } else {
            drop(idle);
            group.remove();
        }
    }

    /// Removes the groups.
    pub(crate) fn remove(&mut self) {
        // its thread is in them
        drop(self.seat.take());
        for (_, _, dir) in self.parts.drain(..) {
            remove(&dir);
        }
    }
}

/// Groups that wait for a session.
static WAITING: Mutex<Vec<Group>> = Mutex::new(Vec::new());
/// Most of them.
const IDLE: usize = 32;
static SWEPT: Once = Once::new();
/// How the names of groups begin; then the process that made it, and a number.
const NAME: &str = "vestibule-";

fn idle() -> MutexGuard<'static, Vec<Group>> {
    WAITING.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Removes the control groups that are kept for later sessions.
pub(crate) fn settle() {
    let waiting = std::mem::take(&mut *idle());
    for mut group in waiting {
        group.remove();
    }
}

/// Removes groups of processes that were killed before they could. One with a task in it can't be removed.
fn sweep(parent: &Path) {
    for entry in fs::read_dir(parent).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let maker = name.to_str().and_then(|name| name.strip_prefix(NAME)?.split('-').next());
        let gone =
            |maker: &str| maker.parse::<u32>().is_ok() && !Path::new("/proc").join(maker).exists();
        if maker.is_some_and(gone) {
            // in use after all
            let _ = fs::remove_dir(entry.path());
        }
    }
}

fn remove(dir: &Path) {
    for _ in 0..50 {
        match fs::remove_dir(dir) {
            // The last process is gone, but the kernel may still be clearing up after it.
            Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {
                std::thread::sleep(Duration::from_millis(2));
            }
            _ => return,
        }
    }
}

fn make(place: &Place, parent: &Path, name: &str) -> io::Result<PathBuf> {
    let dir = parent.join(name);
    if place.how == How::CgroupV2 {
        let controller = place.controller.name();
        let has = |file| -> io::Result<bool> {
            let text = fs::read_to_string(parent.join(file))?;
            Ok(text.split_whitespace().any(|c| c == controller))
        };
        if !has("cgroup.controllers")? {
            return Err(io::ErrorKind::Unsupported.into());
        }
        if !has("cgroup.subtree_control")? {
            set(parent, "cgroup.subtree_control", &format!("+{controller}"))?;
        }
    }
    match fs::create_dir(&dir) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        // Several controllers may share one directory.
        _ => Ok(dir),
    }
}

fn apply(
    controller: Controller,
    how: How,
    dir: &Path,
    (limits, ours): (&Limits, u64),
) -> io::Result<()> {
    const PERIOD: u64 = 100_000;
    let memory = limits.memory.to_string();
    let processes = (u64::from(limits.processes) + ours).to_string();
    let quota = u64::from(limits.cpu_percent).max(1) * PERIOD / 100;
    match (controller, how) {
        (Controller::Memory, How::CgroupV1) => {
            // Memory with swap may not be below memory, so it makes room first. It is absent where
            // swap is not accounted.
            let _ = set(dir, "memory.memsw.limit_in_bytes", "-1");
            if set(dir, "memory.limit_in_bytes", &memory).is_err() {
                set(dir, "memory.force_empty", "0")?;
                set(dir, "memory.limit_in_bytes", &memory)?;
            }
            let _ = set(dir, "memory.memsw.limit_in_bytes", &memory);
            Ok(())
        }
        (Controller::Memory, _) => {
            set(dir, "memory.max", &memory)?;
            // Both are absent on some kernels; the bound above holds without them.
            let _ = set(dir, "memory.swap.max", "0");
            let _ = set(dir, "memory.oom.group", "1");
            Ok(())
        }
        (Controller::Pids, _) => set(dir, "pids.max", &processes),
        (Controller::Cpu, How::CgroupV1) => {
            set(dir, "cpu.cfs_period_us", &PERIOD.to_string())?;
            set(dir, "cpu.cfs_quota_us", &quota.to_string())
        }
        (Controller::Cpu, _) => set(dir, "cpu.max", &format!("{quota} {PERIOD}")),
    }
}

mod seat;

#[cfg(test)]
mod tests;
