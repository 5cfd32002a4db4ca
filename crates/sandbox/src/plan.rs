//! Everything the child needs, computed before the fork, since afterwards nothing may allocate.

use crate::error::SandboxError;
use crate::policy::{Exec, Guard, Guards, Policy};
use crate::sys::Pointers;
use crate::{filter, policy};
use rustix::process::{Resource, Rlimit};
use seccompiler::BpfProgram;
use std::collections::BTreeMap;
use std::ffi::{CStr, CString};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path};

/// Most bytes of arguments and environment together.
const ARGUMENT_BYTES: usize = 1 << 20;
pub(crate) const PATH: [&str; 5] = ["/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin"];

/// One entry of the guest's root file system, made in order. Paths are relative to the root.
#[derive(Debug)]
pub(crate) enum Entry {
    /// An empty directory.
    Directory(CString),
    /// A file with these bytes.
    File(CString, Vec<u8>),
    /// A symbolic link: target, place.
    Link(CString, CString),
    /// The host's tree or file at the same position in [`Image::sources`].
    Source { at: CString, index: usize },
}

/// Something of the host that guests see.
#[derive(Debug)]
pub(crate) struct Source {
    pub(crate) host: CString,
    pub(crate) device: bool,
}

/// The root file system of every run of a session.
#[derive(Debug)]
pub(crate) struct Image {
    pub(crate) sources: Vec<Source>,
    pub(crate) entries: Vec<Entry>,
    pub(crate) tmp_options: CString,
}

/// Most sources of an image: their descriptors live in an array in the child.
pub(crate) const MOST_SOURCES: usize = 48;

fn c(text: &str) -> CString {
    CString::new(text).expect("our own texts hold no zero byte")
}

impl Image {
    /// Looks at the host and lays the guest's root out.
    pub(crate) fn new(policy: &Policy) -> Result<Self, SandboxError> {
        let mut image = Self {
            sources: Vec::new(),
            entries: Vec::new(),
            tmp_options: c(&policy.tmp_bytes.to_string()),
        };
        for dir in ["etc", "dev", "proc", "tmp", "work", "root", "var", "run", "home"] {
            image.entries.push(Entry::Directory(c(dir)));
        }
        image.entries.push(Entry::Link(c("../tmp"), c("var/tmp")));
        image.system();
        image.etc();
        for extra in &policy.read_only {
            image.extra(extra)?;
        }
        for named in &policy.named {
            image.named(named)?;
        }
        if let Some(guest) = &policy.guest {
            let inside = policy::GUEST.into();
            image.extra(&policy::ReadOnly { host: guest.program.clone(), inside })?;
        }
        image.devices();
        Ok(image)
    }

    fn system(&mut self) {
        for name in ["usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32"] {
            let host = Path::new("/").join(name);
            if let Ok(target) = std::fs::read_link(&host) {
                if let Ok(target) = CString::new(target.as_os_str().as_bytes()) {
                    self.entries.push(Entry::Link(target, c(name)));
                }
            } else if host.is_dir() {
                self.entries.push(Entry::Directory(c(name)));
                self.source(&c(&format!("/{name}")), &c(name), false);
            }
        }
    }

    fn etc(&mut self) {
        let files = [
            ("etc/passwd", "guest:x:1000:1000:guest:/work:/bin/sh\n"),
            ("etc/group", "guest:x:1000:\n"),
            ("etc/hosts", ""),
            ("etc/nsswitch.conf", "passwd: files\ngroup: files\nhosts: files\n"),
        ];
        for (path, text) in files {
            self.entries.push(Entry::File(c(path), text.into()));
        }
        // How compilers and libraries are found; nothing here is a secret.
        for (path, tree) in [("etc/alternatives", true), ("etc/ld.so.cache", false)] {
            let host = Path::new("/").join(path);
            if if tree { host.is_dir() } else { host.is_file() } {
                self.entries.push(if tree {
                    Entry::Directory(c(path))
                } else {
                    Entry::File(c(path), Vec::new())
                });
                self.source(&c(&format!("/{path}")), &c(path), false);
            }
        }
    }

    fn devices(&mut self) {
        for name in ["null", "zero", "full", "random", "urandom"] {
            let at = c(&format!("dev/{name}"));
            self.entries.push(Entry::File(at.clone(), Vec::new()));
            self.source(&c(&format!("/dev/{name}")), &at, true);
        }
        for (target, at) in [
            ("/proc/self/fd", "dev/fd"),
            ("/proc/self/fd/0", "dev/stdin"),
            ("/proc/self/fd/1", "dev/stdout"),
            ("/proc/self/fd/2", "dev/stderr"),
            ("/tmp", "dev/shm"),
        ] {
            self.entries.push(Entry::Link(c(target), c(at)));
        }
    }

    fn source(&mut self, host: &CStr, at: &CStr, device: bool) {
        self.entries.push(Entry::Source { at: at.to_owned(), index: self.sources.len() });
        self.sources.push(Source { host: host.to_owned(), device });
    }

    /// One of the policy's own read-only places, with the directories above it.
    fn extra(&mut self, extra: &policy::ReadOnly) -> Result<(), SandboxError> {
        let parts = inside(&extra.inside)?;
        if parts.first().is_some_and(|first| *first == "tmp") {
            return refuse(&extra.inside, "`/tmp` is private to each run");
        }
        if self.sources.len() + 6 > MOST_SOURCES {
            return refuse(&extra.inside, "the policy names too many places");
        }
        let Ok(host) = CString::new(extra.host.as_os_str().as_bytes()) else {
            return refuse(&extra.host, "a path holds no zero byte");
        };
        let directory = match std::fs::metadata(&extra.host) {
            Ok(found) => found.is_dir(),
            Err(error) => {
                let path = extra.host.clone();
                return Err(SandboxError::Host {
                    doing: "reading a place of the policy",
                    path,
                    error,
                });
            }
        };
        for depth in 1..=parts.len() {
            let path = c(&parts.iter().take(depth).copied().collect::<Vec<_>>().join("/"));
            self.entries.push(if depth == parts.len() && !directory {
                Entry::File(path, Vec::new())
            } else {
                Entry::Directory(path)
            });
        }
        self.source(&host, &c(&parts.join("/")), false);
        Ok(())
    }

    /// Another name of a part of the workspace: a link, with the directories above it.
    fn named(&mut self, named: &policy::Named) -> Result<(), SandboxError> {
        let parts = inside(&named.inside)?;
        let own = ["tmp", "etc", "root", "var", "run", "home", "opt"];
        match parts.as_slice() {
            [first] if own.contains(first) => {
                return refuse(&named.inside, "that place is the sandbox's own");
            }
            ["tmp" | "etc", ..] => {
                return refuse(&named.inside, "that place is the sandbox's own");
            }
            _ => {}
        }
        for depth in 1..parts.len() {
            let path = parts.iter().take(depth).copied().collect::<Vec<_>>().join("/");
            self.entries.push(Entry::Directory(c(&path)));
        }
        let target = match named.part.as_str() {
            "" => "/work".to_owned(),
            part => format!("/work/{part}"),
        };
        let Ok(target) = CString::new(target) else {
            return refuse(Path::new(&named.part), "a path holds no zero byte");
        };
        self.entries.push(Entry::Link(target, c(&parts.join("/"))));
        Ok(())
    }
}

fn refuse<T>(path: &Path, reason: &'static str) -> Result<T, SandboxError> {
    Err(SandboxError::Path { path: path.display().to_string(), reason })
}

/// The names of a place inside that a policy may speak of: none of what every sandbox has.
fn inside(path: &Path) -> Result<Vec<&str>, SandboxError> {
    let mut components = path.components();
    if components.next() != Some(Component::RootDir) {
        return refuse(path, "a place inside is absolute");
    }
    let mut parts = Vec::new();
    for component in components {
        match component.as_os_str().to_str() {
            Some(part) if matches!(component, Component::Normal(_)) && !part.contains('\0') => {
                parts.push(part);
            }
            _ => return refuse(path, "a place inside has only plain UTF-8 names"),
        }
    }
    match parts.first() {
        None
        | Some(
            &("proc" | "dev" | "work" | "usr" | "bin" | "sbin" | "lib" | "lib32" | "lib64"
            | "libx32"),
        ) => refuse(path, "that place is the sandbox's own"),
        Some(&("tmp" | "etc")) if parts.len() == 1 => {
            refuse(path, "that place is the sandbox's own")
        }
        Some(_) => Ok(parts),
    }
}

/// One run: the program and its limits.
pub(crate) struct Plan {
    pub(crate) guards: Guards,
    pub(crate) programs: Vec<CString>,
    pub(crate) argv: Pointers,
    pub(crate) envp: Pointers,
    pub(crate) rlimits: Vec<(Resource, Rlimit)>,
    pub(crate) filter: &'static BpfProgram,
}

impl Plan {
    /// Checks and prepares a run. `memory` says whether memory must be bounded by a resource limit.
    pub(crate) fn new(exec: &Exec, guards: Guards, memory: bool) -> Result<Self, SandboxError> {
        let program = program(exec)?;
        let string = |what, text: String| CString::new(text).map_err(|_| bad(what, ZERO));
        let programs = if program.contains('/') {
            vec![string("the program", program.to_owned())?]
        } else {
            PATH.iter()
                .map(|dir| string("the program", format!("{dir}/{program}")))
                .collect::<Result<_, _>>()?
        };
        let argv = exec.argv.iter().map(|a| string("an argument", a.clone()));
        let inherited = (!guards.has(Guard::Environment)).then(weakened);
        let envp = environment(exec, inherited.into_iter().flatten())?;
        let envp = envp.into_iter().map(|entry| string("an environment entry", entry));
        Ok(Self {
            guards,
            programs,
            argv: Pointers::new(argv.collect::<Result<_, _>>()?),
            envp: Pointers::new(envp.collect::<Result<_, _>>()?),
            rlimits: rlimits(exec, guards, memory),
            filter: filter::guests(exec.unkillable),
        })
    }
}

const ZERO: &str = "it holds a zero byte";

fn bad(what: &'static str, reason: &'static str) -> SandboxError {
    SandboxError::BadExec { what, reason }
}

/// The program of a run whose arguments are within bounds.
pub(crate) fn program(exec: &Exec) -> Result<&str, SandboxError> {
    let Some(program) = exec.argv.first().filter(|p| !p.is_empty()) else {
        return Err(bad("the program", "there is none"));
    };
    let bytes = exec.argv.iter().map(String::len).sum::<usize>()
        + exec.env.iter().map(|(k, v)| k.len() + v.len()).sum::<usize>();
    if bytes > ARGUMENT_BYTES {
        return Err(bad("the arguments", "arguments and environment exceed 1 MiB"));
    }
    if let Some(at) = exec.argv.iter().position(|argument| argument.contains('\0')) {
        return Err(bad(if at == 0 { "the program" } else { "an argument" }, ZERO));
    }
    Ok(program)
}

/// The guest's environment, `NAME=value`: what each has, what is inherited, and what the run itself names.
pub(crate) fn environment(
    exec: &Exec,
    inherited: impl Iterator<Item = (String, String)>,
) -> Result<Vec<String>, SandboxError> {
    let mut environment = BTreeMap::from([
        ("HOME".to_owned(), "/work".to_owned()),
        ("LANG".to_owned(), "C.UTF-8".to_owned()),
        ("PATH".to_owned(), PATH.join(":")),
        ("TMPDIR".to_owned(), "/tmp".to_owned()),
    ]);
    environment.extend(inherited);
    for (name, value) in &exec.env {
        if name.is_empty() || name.contains('=') {
            return Err(bad("an environment name", "it is empty or holds `=`"));
        }
        if name.contains('\0') || value.contains('\0') {
            return Err(bad("an environment entry", ZERO));
        }
        environment.insert(name.clone(), value.clone());
    }
    Ok(environment.into_iter().map(|(name, value)| format!("{name}={value}")).collect())
}

/// The caller's own environment, which only an escape attempt may see.
fn weakened() -> impl Iterator<Item = (String, String)> {
    std::env::vars_os().filter_map(|(k, v)| Some((k.into_string().ok()?, v.into_string().ok()?)))
}

fn rlimits(exec: &Exec, guards: Guards, memory: bool) -> Vec<(Resource, Rlimit)> {
    let limits = &exec.limits;
    let both = |n| Rlimit { current: Some(n), maximum: Some(n) };
    if !guards.has(Guard::Rlimits) {
        return Vec::new();
    }
    let cpu = limits.cpu_seconds.max(1);
    let mut all = vec![
        (Resource::Core, both(0)),
        (Resource::Memlock, both(1 << 16)),
        (Resource::Msgqueue, both(1 << 16)),
        (Resource::Sigpending, both(1 << 10)),
        // beyond the second the kernel kills who ignores the first; an unkillable run then ends by the wall
        (
            Resource::Cpu,
            Rlimit { current: Some(cpu), maximum: (!exec.unkillable).then_some(cpu + 1) },
        ),
        (Resource::Fsize, both(limits.file)),
        (Resource::Nofile, both(limits.open_files)),
        // One more, for the first process of the namespace.
        (Resource::Nproc, both(u64::from(limits.processes) + 1)),
    ];
    if memory {
        all.push((Resource::As, both(limits.memory)));
    }
    all
}
