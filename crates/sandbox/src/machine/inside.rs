//! The first process of a virtual machine: makes tier 0 inside, and serves the host over a serial line.

use super::wire::{Answer, Ask, MOST, Said, frame};
use crate::error::SandboxError;
use crate::namespaces::Namespaces;
use crate::policy::{Guest, Policy};
use crate::sys;
use crate::tier::Sandbox as _;
use rustix::fs::{Mode, OFlags, open};
use rustix::io::Errno;
use rustix::mount::{MountFlags, mount, mount_bind, mount_move};
use rustix::process::{chdir, chroot, getpid};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};
use std::ffi::CStr;
use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};

/// The line that is the host's.
const LINE: &str = "/dev/ttyS1";

/// Serves the host when this is the first process of one of our machines; never returns then, unless it fails.
pub(crate) fn first_process() -> Option<u8> {
    if getpid().as_raw_nonzero().get() != 1 {
        return None;
    }
    // in a container `/proc` is there already, and the kernel's command line is another's
    let _ = fs::create_dir("/proc");
    let _ = attach(c"proc", c"/proc", c"proc");
    if !fs::read_to_string("/proc/cmdline").is_ok_and(|line| line.contains(super::MARK)) {
        return None;
    }
    let done = root().map_err(io::Error::from).and_then(|()| serve());
    Some(u8::from(done.is_err()))
}

fn attach(kind: &CStr, at: &CStr, source: &CStr) -> Result<(), Errno> {
    mount(source, at, kind, MountFlags::NOSUID, None)
}

/// A root that can be left: tier 0 pivots, which the kernel refuses from its first root.
fn root() -> Result<(), Errno> {
    let make = |path: &str| match fs::create_dir_all(path) {
        Ok(()) => Ok(()),
        Err(error) => Err(Errno::from_io_error(&error).unwrap_or(Errno::IO)),
    };
    make("/newroot")?;
    mount_bind("/", "/newroot")?;
    chdir("/newroot")?;
    mount_move(".", "/")?;
    chroot(".")?;
    chdir("/")?;
    for (kind, at) in
        [(c"proc", c"/proc"), (c"devtmpfs", c"/dev"), (c"tmpfs", c"/tmp"), (c"sysfs", c"/sys")]
    {
        make(at.to_str().unwrap_or("/"))?;
        attach(kind, at, kind)?;
    }
    // a kernel that has them built in needs none; without any, a range can't be made and the harness hears so
    for path in super::image::modules() {
        if let Ok(module) = File::open(path) {
            let _ = sys::load_module(&module);
        }
    }
    // without it limits are those of each process, and the attestation says so
    let _ = attach(c"cgroup2", c"/sys/fs/cgroup", c"cgroup2");
    Ok(())
}

fn serve() -> io::Result<()> {
    let mut line =
        File::from(open(LINE, OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty())?);
    let mut terminal = tcgetattr(&line)?;
    terminal.make_raw();
    tcsetattr(&line, OptionalActions::Now, &terminal)?;
    let mut session = None;
    // the host waits for this before it asks
    line.write_all(&frame(Answer(Said::Done)))?;
    loop {
        let mut size = [0; 4];
        line.read_exact(&mut size)?;
        let size = usize::try_from(u32::from_be_bytes(size)).unwrap_or(usize::MAX);
        if size > MOST {
            return Err(io::Error::other("a request is too long"));
        }
        let mut item = vec![0; size];
        line.read_exact(&mut item)?;
        let ask: Ask = minicbor::decode(&item).map_err(io::Error::other)?;
        let said = did(&mut session, ask).unwrap_or_else(|error| Said::failure(&error));
        line.write_all(&frame(Answer(said)))?;
    }
}

fn did(session: &mut Option<Namespaces>, ask: Ask) -> Result<Said, SandboxError> {
    if let Ask::Start(workspace_bytes, workspace_entries, tmp_bytes, arguments) = ask {
        let guest = Some(Guest { program: super::image::INIT.into(), arguments });
        let policy =
            Policy { workspace_bytes, workspace_entries, tmp_bytes, guest, ..Policy::default() };
        *session = Some(Namespaces::start(policy)?);
        return Ok(Said::Done);
    }
    let session = session.as_ref().ok_or(SandboxError::Lost)?;
    Ok(match ask {
        Ask::Start(..) => Said::Done,
        Ask::Exec(run) => Said::ran(session.exec(&run.exec())?),
        Ask::Put(path, bytes, executable) => {
            session.put(&path, &bytes, executable)?;
            Said::Done
        }
        Ask::Get(path, max) => Said::Bytes(session.get(&path, max)?),
        Ask::Net(net) => {
            session.net(&net)?;
            Said::Done
        }
        Ask::Health => Said::Health(session.health()?),
        Ask::Look => Said::seen(session.look()?),
    })
}
