//! What the host prepares for an attempt: something to reach, a bound to break, a way to see the result.

use super::host::{self, Keep, Place};
use super::{Guest, LONGEST, Verdict};
use crate::namespaces::Namespaces;
use crate::tier::Sandbox as _;
use crate::{Limits, Outcome, ReadOnly};
use std::fs;
use std::io;
use std::net::{Ipv6Addr, TcpListener, UdpSocket};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

type Staged = Result<(), String>;
type Prepare = Box<dyn FnOnce(&Namespaces, &Guest) -> io::Result<()>>;
type Judge = Box<dyn FnOnce(&Namespaces, &Outcome) -> Verdict>;

/// One attempt's host side.
pub(crate) struct Scene {
    /// What the guest is told.
    pub(super) argument: String,
    pub(super) limits: Limits,
    pub(super) read_only: Vec<ReadOnly>,
    /// Bytes and entries of the workspace.
    pub(super) workspace: Option<(u64, u64)>,
    pub(super) prepare: Option<Prepare>,
    /// Says what came of it, where the guest can't.
    pub(super) judge: Option<Judge>,
    /// Ends with the scene.
    keep: Vec<Keep>,
}

impl Default for Scene {
    fn default() -> Self {
        Self {
            argument: String::new(),
            limits: Limits { wall: LONGEST, ..Limits::default() },
            read_only: Vec::new(),
            workspace: None,
            prepare: None,
            judge: None,
            keep: Vec::new(),
        }
    }
}

fn told(error: io::Error) -> String {
    error.to_string()
}

impl Scene {
    fn place(&mut self) -> Result<&Place, String> {
        self.keep.push(Keep::Place(Place::new().map_err(told)?));
        match self.keep.last() {
            Some(Keep::Place(place)) => Ok(place),
            _ => Err("a place that was made is gone".to_owned()),
        }
    }

    fn tell(&mut self, path: &Path) {
        self.argument = path.display().to_string();
    }
}

pub(super) fn nothing(_: &mut Scene) -> Staged {
    Ok(())
}

pub(super) fn host_file(scene: &mut Scene) -> Staged {
    let path = scene.place()?.secret().map_err(told)?;
    scene.tell(&path);
    Ok(())
}

pub(super) fn host_directory(scene: &mut Scene) -> Staged {
    let path = scene.place()?.path.clone();
    scene.tell(&path);
    Ok(())
}

pub(super) fn read_only(scene: &mut Scene) -> Staged {
    let host = scene.place()?.path.clone();
    scene.read_only.push(ReadOnly { host, inside: "/opt/data".into() });
    Ok(())
}

fn link(
    scene: &mut Scene,
    name: &'static str,
    to: &Path,
    worked: fn(&Namespaces, &Path) -> bool,
) -> Staged {
    scene.argument = format!("{name}\n{}", to.display());
    let to = to.to_owned();
    scene.judge = Some(Box::new(move |session, outcome| match super::judge(outcome) {
        // the link itself is allowed; what the host does with it counts
        Verdict::Succeeded if worked(session, &to) => Verdict::Succeeded,
        Verdict::Succeeded => Verdict::Refused,
        Verdict::Refused => Verdict::Broken("the link could not be made".to_owned()),
        broken @ Verdict::Broken(_) => broken,
    }));
    Ok(())
}

pub(super) fn link_read(scene: &mut Scene) -> Staged {
    let secret = scene.place()?.secret().map_err(told)?;
    link(scene, "file", &secret, |session, _| session.get("file", 100).is_ok())
}

pub(super) fn link_write(scene: &mut Scene) -> Staged {
    let secret = scene.place()?.secret().map_err(told)?;
    link(scene, "file", &secret, |session, secret| {
        let put = session.put("file", b"changed", false);
        put.is_ok() && fs::read(secret).is_ok_and(|text| text == b"changed")
    })
}

pub(super) fn link_directory(scene: &mut Scene) -> Staged {
    let path = scene.place()?.path.clone();
    link(scene, "dir", &path, |session, path| {
        session.put("dir/planted", b"x", false).is_ok() && path.join("planted").exists()
    })
}

pub(super) fn host_process(scene: &mut Scene) -> Staged {
    scene.argument = std::process::id().to_string();
    Ok(())
}

pub(super) fn tcp(scene: &mut Scene) -> Staged {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(told)?;
    scene.argument = listener.local_addr().map_err(told)?.to_string();
    scene.keep.push(Keep::any(listener));
    Ok(())
}

pub(super) fn tcp_v6(scene: &mut Scene) -> Staged {
    let listener = TcpListener::bind((Ipv6Addr::LOCALHOST, 0))
        .map_err(|_| "this host has no IPv6".to_owned())?;
    scene.argument = listener.local_addr().map_err(told)?.to_string();
    scene.keep.push(Keep::any(listener));
    Ok(())
}

pub(super) fn udp(scene: &mut Scene) -> Staged {
    let socket = UdpSocket::bind("127.0.0.1:0").map_err(told)?;
    scene.argument = socket.local_addr().map_err(told)?.to_string();
    scene.keep.push(host::answer_datagrams(socket).map_err(told)?);
    Ok(())
}

pub(super) fn dns_tcp(scene: &mut Scene) -> Staged {
    let listener = TcpListener::bind("127.0.0.1:0").map_err(told)?;
    scene.argument = listener.local_addr().map_err(told)?.to_string();
    scene.keep.push(host::answer_connections(listener).map_err(told)?);
    Ok(())
}

pub(super) fn be_reached(scene: &mut Scene) -> Staged {
    let free = TcpListener::bind("127.0.0.1:0").and_then(|l| l.local_addr()).map_err(told)?;
    scene.argument = free.to_string();
    scene.keep.push(host::call(free));
    Ok(())
}

pub(super) fn loopback(_: &mut Scene) -> Staged {
    let up = TcpListener::bind("127.0.0.1:0").is_ok();
    if up { Ok(()) } else { Err("this host's own loopback is down".to_owned()) }
}

pub(super) fn vsock(_: &mut Scene) -> Staged {
    host::has_socket(libc::AF_VSOCK, "vsock")
}

fn readable(path: &str) -> Staged {
    let text = fs::read(path).unwrap_or_default();
    if text.is_empty() { Err(format!("this host has no {path}")) } else { Ok(()) }
}

pub(super) fn resolver(_: &mut Scene) -> Staged {
    readable("/etc/resolv.conf")
}

pub(super) fn hosts(_: &mut Scene) -> Staged {
    readable("/etc/hosts")
}

pub(super) fn host_name(scene: &mut Scene) -> Staged {
    scene.argument = rustix::system::uname().nodename().to_string_lossy().into_owned();
    if scene.argument == "sandbox" {
        return Err("this host has the name that guests see".to_owned());
    }
    Ok(())
}

pub(super) fn unix(scene: &mut Scene) -> Staged {
    let path = scene.place()?.path.join("socket");
    let listener = std::os::unix::net::UnixListener::bind(&path).map_err(told)?;
    open_to_all(&path, 0o777)?;
    scene.keep.push(Keep::any(listener));
    scene.tell(&path);
    Ok(())
}

pub(super) fn unix_datagram(scene: &mut Scene) -> Staged {
    let path = scene.place()?.path.join("socket");
    let socket = std::os::unix::net::UnixDatagram::bind(&path).map_err(told)?;
    open_to_all(&path, 0o777)?;
    scene.keep.push(Keep::any(socket));
    scene.tell(&path);
    Ok(())
}

fn open_to_all(path: &Path, mode: u32) -> Staged {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).map_err(told)
}

pub(super) fn abstract_stream(scene: &mut Scene) -> Staged {
    let (name, address) = host::abstract_address().map_err(told)?;
    let listener = std::os::unix::net::UnixListener::bind_addr(&address).map_err(told)?;
    scene.keep.push(Keep::any(listener));
    scene.argument = name;
    Ok(())
}

pub(super) fn abstract_datagram(scene: &mut Scene) -> Staged {
    let (name, address) = host::abstract_address().map_err(told)?;
    let socket = std::os::unix::net::UnixDatagram::bind_addr(&address).map_err(told)?;
    scene.keep.push(Keep::any(socket));
    scene.argument = name;
    Ok(())
}

pub(super) fn shared_memory(scene: &mut Scene) -> Staged {
    object(scene, host::Object::Memory)
}

pub(super) fn message_queue(scene: &mut Scene) -> Staged {
    object(scene, host::Object::Queue)
}

pub(super) fn semaphores(scene: &mut Scene) -> Staged {
    object(scene, host::Object::Semaphores)
}

fn object(scene: &mut Scene, kind: host::Object) -> Staged {
    let (key, keep) = host::system_v(kind).map_err(told)?;
    scene.argument = key.to_string();
    scene.keep.push(keep);
    Ok(())
}

pub(super) fn set_user_id(scene: &mut Scene) -> Staged {
    // the program may be large
    scene.workspace = Some((4 << 30, 1_000));
    scene.prepare = Some(Box::new(|session, guest| {
        let path = session.host_path().join("suid");
        fs::copy(&guest.program, &path)?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o4755))
    }));
    Ok(())
}

pub(super) fn io_uring(_: &mut Scene) -> Staged {
    let off = fs::read_to_string("/proc/sys/kernel/io_uring_disabled").unwrap_or_default();
    if matches!(off.trim(), "" | "0") {
        Ok(())
    } else {
        Err("io_uring is off on this host".to_owned())
    }
}

pub(super) fn x86(_: &mut Scene) -> Staged {
    let x86 = cfg!(target_arch = "x86_64");
    if x86 { Ok(()) } else { Err("only x86 processors have it".to_owned()) }
}

pub(super) fn right_to_load(_: &mut Scene) -> Staged {
    readable("/proc/modules").map_err(|_| "this kernel has no modules".to_owned())?;
    // CAP_SYS_MODULE
    host::has_right(16)
}

pub(super) fn right_to_log(_: &mut Scene) -> Staged {
    // CAP_SYSLOG
    host::has_right(34)
}

pub(super) fn few_processes(scene: &mut Scene) -> Staged {
    scene.limits.processes = 20;
    Ok(())
}

pub(super) fn little_memory(scene: &mut Scene) -> Staged {
    scene.limits.memory = 512 << 20;
    scene.argument = (1_u64 << 30).to_string();
    Ok(())
}

pub(super) fn small_files(scene: &mut Scene) -> Staged {
    scene.limits.file = 1 << 16;
    Ok(())
}

pub(super) fn few_bytes(scene: &mut Scene) -> Staged {
    scene.workspace = Some((1 << 20, 1_000));
    Ok(())
}

pub(super) fn few_entries(scene: &mut Scene) -> Staged {
    scene.workspace = Some((1 << 30, 20));
    Ok(())
}

pub(super) fn lockable(_: &mut Scene) -> Staged {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Memlock).current;
    if limit.is_none_or(|bytes| bytes >= 1 << 20) {
        return Ok(());
    }
    Err("this host itself may lock less than 1 MiB".to_owned())
}

pub(super) fn open_file(scene: &mut Scene) -> Staged {
    let path = scene.place()?.secret().map_err(told)?;
    inheritable(scene, fs::File::open(path).map_err(told)?)
}

pub(super) fn open_directory(scene: &mut Scene) -> Staged {
    let place = scene.place()?;
    place.secret().map_err(told)?;
    let directory = fs::File::open(&place.path).map_err(told)?;
    inheritable(scene, directory)
}

pub(super) fn open_socket(scene: &mut Scene) -> Staged {
    let (ours, theirs) = std::os::unix::net::UnixStream::pair().map_err(told)?;
    scene.keep.push(Keep::any(ours));
    inheritable(scene, theirs)
}

/// Keeps a descriptor open across exec, as a careless host would, and tells the guest its number.
fn inheritable(scene: &mut Scene, open: impl Into<rustix::fd::OwnedFd>) -> Staged {
    let open = open.into();
    rustix::io::fcntl_setfd(&open, rustix::io::FdFlags::empty()).map_err(|e| e.to_string())?;
    scene.argument = rustix::fd::AsRawFd::as_raw_fd(&open).to_string();
    scene.keep.push(Keep::any(open));
    Ok(())
}

pub(super) fn environment(scene: &mut Scene) -> Staged {
    const OURS: [&str; 4] = ["PATH", "HOME", "LANG", "TMPDIR"];
    let mut own = std::env::vars_os().filter_map(|(name, value)| {
        let name = name.into_string().ok().filter(|name| !OURS.contains(&name.as_str()))?;
        (!value.is_empty()).then_some(name)
    });
    scene.argument = own.next().ok_or("this process has no variable of its own")?;
    Ok(())
}

pub(super) fn terminal(_: &mut Scene) -> Staged {
    let open = fs::OpenOptions::new().read(true).write(true).open("/dev/ptmx");
    open.map(drop).map_err(|_| "this host makes no pseudo-terminals".to_owned())
}

pub(super) fn host_shared_file(scene: &mut Scene) -> Staged {
    let place = Place::below(Path::new("/dev/shm")).map_err(|_| "this host has no /dev/shm")?;
    let path = place.secret().map_err(told)?;
    scene.keep.push(Keep::Place(place));
    scene.tell(&path);
    Ok(())
}

pub(super) fn system_tree(_: &mut Scene) -> Staged {
    fs::read_dir("/sys/kernel").map(drop).map_err(|_| "this host has no /sys".to_owned())
}

pub(super) fn control_group(_: &mut Scene) -> Staged {
    let found = crate::probe().map_err(|missing| missing.to_string())?;
    if found.enforced.memory == crate::How::Rlimit {
        return Err("no control group to see the path of".to_owned());
    }
    Ok(())
}

pub(super) fn deadline(scene: &mut Scene) -> Staged {
    scene.limits.wall = Duration::from_millis(400);
    scene.judge = Some(Box::new(|session, _| {
        host::pause(Duration::from_millis(1_200));
        let alive = session.host_path().join("alive").exists();
        if alive { Verdict::Succeeded } else { Verdict::Refused }
    }));
    Ok(())
}

pub(super) fn little_time(scene: &mut Scene) -> Staged {
    scene.limits.cpu_seconds = 1;
    scene.limits.cpu_percent = 1_000;
    Ok(())
}
