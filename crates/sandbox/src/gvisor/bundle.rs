//! A bundle of the Open Container Initiative's runtime specification: a root and `config.json`.

use crate::error::SandboxError;
use crate::home::Ids;
use crate::plan::{self, Entry, Image, PATH};
use crate::policy::{Enforced, Exec, Outcome, Status};
use serde_json::{Value, json};
use std::ffi::{CStr, OsStr};
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Writes the bundle of one run.
pub(super) fn write(
    bundle: &Path,
    image: &Image,
    work: &Path,
    ids: Ids,
    exec: &Exec,
    env: &[String],
) -> io::Result<()> {
    let root = bundle.join("rootfs");
    // `runsc` leaves its own privileges before it reads these
    for dir in [bundle, &root] {
        fs::create_dir_all(dir)?;
        fs::set_permissions(dir, fs::Permissions::from_mode(0o755))?;
    }
    let mut mounts = vec![
        json!({"destination": "/proc", "type": "proc", "source": "proc"}),
        json!({"destination": "/tmp", "type": "tmpfs", "source": "tmpfs",
               "options": ["nosuid", "nodev", "mode=1777"]}),
        bind(work, Path::new("work"), "rw"),
    ];
    for entry in &image.entries {
        let at = |path: &CStr| root.join(OsStr::from_bytes(path.to_bytes()));
        match entry {
            // the runtime has devices of its own
            Entry::Directory(path) | Entry::File(path, _)
                if path.to_bytes().starts_with(b"dev") => {}
            Entry::Directory(path) => fs::create_dir_all(at(path))?,
            Entry::File(path, bytes) => fs::write(at(path), bytes)?,
            Entry::Link(target, path) if !path.to_bytes().starts_with(b"dev/") => {
                symlink(OsStr::from_bytes(target.to_bytes()), at(path))?;
            }
            Entry::Link(..) => {}
            Entry::Source { at, index } => {
                let source = image.sources.get(*index).filter(|source| !source.device);
                if let Some(source) = source {
                    let host = Path::new(OsStr::from_bytes(source.host.to_bytes()));
                    let inside = Path::new(OsStr::from_bytes(at.to_bytes()));
                    mounts.push(bind(host, inside, "ro"));
                }
            }
        }
    }
    let config =
        serde_json::to_vec(&configuration(exec, env, ids, &mounts)).map_err(io::Error::other)?;
    fs::write(bundle.join("config.json"), config)
}

fn bind(host: &Path, inside: &Path, access: &str) -> Value {
    let options = if access == "ro" {
        json!(["bind", "ro", "nosuid", "nodev"])
    } else {
        json!(["bind", "rw", "nosuid", "nodev"])
    };
    json!({
        "destination": Path::new("/").join(inside), "type": "bind", "source": host, "options": options,
    })
}

fn configuration(exec: &Exec, env: &[String], ids: Ids, mounts: &[Value]) -> Value {
    let limits = &exec.limits;
    let limit = |name: &str, n: u64| json!({"type": name, "soft": n, "hard": n});
    let none: [&str; 0] = [];
    let spaces = ["pid", "network", "ipc", "uts", "mount"].map(|kind| json!({"type": kind}));
    json!({
        "ociVersion": "1.0.2",
        "hostname": "sandbox",
        "process": {
            "terminal": false,
            "user": {"uid": ids.uid, "gid": ids.gid},
            "args": exec.argv,
            "env": env,
            "cwd": "/work",
            "noNewPrivileges": true,
            "capabilities": {"bounding": none, "effective": none, "permitted": none,
                             "inheritable": none, "ambient": none},
            "rlimits": [
                limit("RLIMIT_CORE", 0),
                limit("RLIMIT_CPU", limits.cpu_seconds.max(1)),
                limit("RLIMIT_FSIZE", limits.file),
                limit("RLIMIT_NOFILE", limits.open_files),
                limit("RLIMIT_NPROC", u64::from(limits.processes) + 1),
                limit("RLIMIT_AS", limits.memory),
            ],
        },
        "root": {"path": "rootfs", "readonly": true},
        "mounts": mounts,
        "linux": {"namespaces": spaces},
    })
}

/// The arguments with the program found where tier 0 finds it; none when it is nowhere.
pub(super) fn program(exec: &Exec) -> Result<Option<Vec<String>>, SandboxError> {
    let name = plan::program(exec)?;
    let program = if name.contains('/') {
        Some(PathBuf::from("/work").join(name))
    } else {
        PATH.iter().map(|dir| Path::new(dir).join(name)).find(|path| path.is_file())
    };
    Ok(program.map(|program| {
        let first = program.display().to_string();
        std::iter::once(first).chain(exec.argv.iter().skip(1).cloned()).collect()
    }))
}

/// What a program that is nowhere comes to.
pub(super) fn absent(exec: &Exec, enforced: Enforced) -> Outcome {
    let name = exec.argv.first().map_or("", String::as_str);
    Outcome {
        status: Status::Exited(127),
        stdout: Vec::new(),
        stdout_truncated: false,
        stderr: format!("sandbox: `{name}`: no such file\n").into_bytes(),
        stderr_truncated: false,
        wall: Duration::ZERO,
        enforced,
    }
}
