//! A proxy in a process of its own, which is this program started again: its CPU time is nobody else's, and its memory comes
//! from the allocator that `vestibule` has, which erases what the gateway frees.

use crate::{ours, peer};
use mimalloc::MiMalloc;
use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::runtime::Builder;

#[global_allocator]
static MEMORY: sandbox::Wiping<MiMalloc> = sandbox::Wiping(MiMalloc);

type Failure = Box<dyn std::error::Error>;

/// What stands between client and model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The least that hyper passes on.
    Hyper,
    /// The gateway.
    Ours,
    /// The gateway with ceilings of the developer's own on every holder.
    Bounded,
}

impl Kind {
    const ALL: [Self; 3] = [Self::Hyper, Self::Ours, Self::Bounded];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Hyper => "hyper",
            Self::Ours => "ours",
            Self::Bounded => "bounded",
        }
    }
}

/// Serves when the arguments ask for it, until the input ends; `false` when they don't.
pub(crate) fn serves() -> Result<bool, Failure> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let [verb, name, upstream, folder] = args.as_slice() else { return Ok(false) };
    let named = Kind::ALL.into_iter().find(|kind| kind.name() == name);
    let Some(kind) = named.filter(|_| verb == "serve") else { return Ok(false) };
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let upstream = upstream.parse()?;
    let address = match kind {
        Kind::Hyper => runtime.block_on(peer::passthrough(upstream))?,
        Kind::Ours | Kind::Bounded => {
            sandbox::wipe_freed_memory();
            let ceilings = (kind == Kind::Bounded).then_some(ours::CEILINGS);
            runtime.block_on(ours::start(upstream, Path::new(folder), ceilings))?
        }
    };
    println!("{address}");
    std::io::stdin().read_to_end(&mut Vec::new())?;
    // what the last requests still have to do, they may do
    runtime.shutdown_timeout(Duration::from_secs(2));
    Ok(true)
}

/// A proxy that does not outlive this process's interest in it.
pub(crate) struct Apart {
    child: Child,
    pub(crate) address: SocketAddr,
}

impl Apart {
    /// Starts one, below another program if that is named.
    pub(crate) fn start(
        below: Option<Command>,
        kind: Kind,
        upstream: SocketAddr,
        folder: &Path,
    ) -> Result<Self, Failure> {
        let this = std::env::current_exe()?;
        let mut command = match below {
            None => Command::new(&this),
            Some(mut below) => {
                below.arg(&this);
                below
            }
        };
        command.args(["serve", kind.name(), &upstream.to_string()]).arg(folder);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let mut said = String::new();
        let out = child.stdout.take().ok_or("no output")?;
        BufReader::new(out).read_line(&mut said)?;
        match said.trim().parse() {
            Ok(address) => Ok(Self { child, address }),
            Err(_) => {
                drop(child.kill());
                child.wait()?;
                Err(format!("{} does not serve", kind.name()).into())
            }
        }
    }

    /// The process.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Ends it in good order.
    pub(crate) fn end(mut self) -> Result<(), Failure> {
        drop(self.child.stdin.take());
        if self.child.wait()?.success() { Ok(()) } else { Err("a proxy ended badly".into()) }
    }
}

impl Drop for Apart {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
