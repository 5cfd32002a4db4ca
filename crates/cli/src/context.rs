//! From arguments and environment to what an operation works with.

use anyhow::{Context, bail};
use operations::act::Ctx;
use operations::ctx::{SystemClock, SystemRandom};
use operations::home::Home;
use operations::http::Http;
use operations::node::{Node, ObjectCredentials, Opening};
use operations::reach::{Carrier, Reach};
use std::ffi::OsString;
use std::path::PathBuf;
use std::sync::Arc;

/// Options of every command.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "For every command")]
pub(crate) struct Global {
    /// The party's home folder. Default: $VESTIBULE_HOME, else `./vestibule-home`.
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) home: Option<PathBuf>,
    /// The node: `http://…`, or a node's folder. Default: $VESTIBULE_NODE, else the home's `node` file.
    #[arg(long, global = true, value_name = "URL|DIR")]
    pub(crate) node: Option<String>,
    /// Ask no node: work from this home's copy of the log, and add what is stated, complete and signed, to this file, for
    /// `vestibule log append`.
    #[arg(long, global = true, value_name = "FILE", conflicts_with = "node")]
    pub(crate) offline: Option<PathBuf>,
    /// Print JSON.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// A name for this request: repeating it after a crash states nothing twice.
    #[arg(long, global = true, value_name = "KEY")]
    pub(crate) request: Option<String>,
}

impl Global {
    /// The home folder.
    pub(crate) fn folder(&self) -> PathBuf {
        let named = self.home.clone().or_else(|| environment("VESTIBULE_HOME").map(PathBuf::from));
        named.unwrap_or_else(|| PathBuf::from("vestibule-home"))
    }

    /// The home, opened.
    pub(crate) fn open(&self) -> anyhow::Result<Home> {
        let folder = self.folder();
        Home::open(&folder).with_context(|| {
            format!("no usable home at {}; `vestibule init` makes one", folder.display())
        })
    }

    /// The node's URL or folder, as it was given.
    pub(crate) fn named_node(&self) -> anyhow::Result<String> {
        let written = self.folder().join("node");
        Ok(match (&self.node, environment("VESTIBULE_NODE")) {
            (Some(node), _) => node.clone(),
            (None, Some(node)) => node,
            (None, None) if written.exists() => {
                std::fs::read_to_string(&written)?.trim().to_owned()
            }
            (None, None) => {
                bail!("which node? give --node URL, or write it to {}", written.display())
            }
        })
    }

    /// The way to the node.
    pub(crate) fn reach(&self) -> anyhow::Result<Reach> {
        if let Some(file) = &self.offline {
            let copy = self.folder().join("log");
            if !copy.join("checkpoint").exists() {
                let copy = copy.display();
                bail!(
                    "no copy of the log at {copy}: bring the `log` folder of a node or of a home there first"
                );
            }
            return Ok(Reach::Offline(Carrier { copy, file: file.clone() }));
        }
        let named = self.named_node()?;
        if named.contains("://") {
            return Ok(Reach::Remote(Http::new(&named)?));
        }
        let opening = Opening { without: None, who: object_credentials() };
        let folder = std::path::Path::new(&named);
        let (node, _unheard) = Node::open_with(folder, Arc::new(SystemClock), &opening)?;
        Ok(Reach::Local(Arc::new(node)))
    }

    /// Everything an operation of a party works with.
    pub(crate) fn ctx(&self) -> anyhow::Result<Ctx> {
        let home = self.open()?;
        let trust = home.trust()?;
        Ok(Ctx {
            home,
            trust,
            reach: self.reach()?,
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
        })
    }

    /// The request key, if one was given.
    pub(crate) fn request(&self) -> Option<&str> {
        self.request.as_deref()
    }
}

/// A variable of the environment, if it is set to text that is not empty.
pub(crate) fn environment(name: &str) -> Option<String> {
    #[expect(clippy::disallowed_methods, reason = "`cli` is the crate that reads the environment")]
    std::env::var(name).ok().filter(|value| !value.is_empty())
}

/// Who asks an object storage: the variables that every program of that kind reads.
pub(crate) fn object_credentials() -> ObjectCredentials {
    let text = |(name, value): (OsString, OsString)| {
        Some((name.into_string().ok()?, value.into_string().ok()?))
    };
    // one that is not text is none of these
    ObjectCredentials::of(std::env::vars_os().filter_map(text))
}

/// Ends when the process is asked to: Ctrl-C or SIGTERM. Both are listened for from the call on, whenever it is awaited.
pub(crate) fn ended() -> impl Future<Output = ()> {
    use tokio::signal::unix::{SignalKind, signal};
    let listening = [SignalKind::interrupt(), SignalKind::terminate()].map(signal);
    async {
        match listening {
            [Ok(mut interrupt), Ok(mut term)] => tokio::select! {
                _ = interrupt.recv() => {}
                _ = term.recv() => {}
            },
            _ => std::future::pending().await,
        }
    }
}
