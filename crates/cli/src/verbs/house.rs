//! Setting up: homes, roots of trust, nodes.

use crate::context::Global;
use crate::exit::Exit;
use crate::output::show;
use anyhow::Context;
use operations::ctx::{SystemClock, SystemRandom};
use operations::home::{self, Home};
use operations::node::{self, Node};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

/// Make a party's home with fresh keys.
#[derive(Debug, clap::Args)]
pub(crate) struct Init {
    /// The party's id: a-z, 0-9, `.`, `_`, `-`; it is the name on its signatures.
    #[arg(long)]
    party: String,
    /// What people call it.
    #[arg(long)]
    name: String,
    /// A role it has; repeat for several: developer, government, determiner, evaluator, clearinghouse,
    /// operator, partner, defender, maintainer, reporter, inspector, investigator.
    #[arg(long = "role", required = true)]
    roles: Vec<String>,
    /// Remember this node in the home.
    #[arg(long = "use-node", value_name = "URL|DIR")]
    node: Option<String>,
}

impl Init {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let party =
            home::party(&self.party, &self.name, &self.roles).map_err(anyhow::Error::msg)?;
        let folder = global.folder();
        let home = Home::create(&folder, party, &SystemRandom)?;
        if let Some(node) = self.node {
            std::fs::write(folder.join("node"), format!("{node}\n"))?;
        }
        let fingerprint = home.keys().public().fingerprint().to_string();
        let made =
            serde_json::json!({ "party": self.party, "home": folder, "fingerprint": fingerprint });
        show(global.json, &made, |_| {
            format!(
                "made a home for {} in {}\n  fingerprint  {fingerprint}\nKeep secret.key safe; give party.toml and public.key to whoever assembles the roots of trust.",
                self.party,
                folder.display()
            )
        })?;
        Ok(Exit::Done)
    }
}

/// Roots of trust.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum TrustVerb {
    /// Put a log's key and parties' cards together into one file. Distribute it by hand.
    Assemble {
        /// The log's public key file, `log.vkey`.
        #[arg(long, value_name = "FILE")]
        log: PathBuf,
        /// A folder with a party's `party.toml` and `public.key`; repeat for each party.
        #[arg(long = "party", required = true, value_name = "DIR")]
        parties: Vec<PathBuf>,
        /// Where to write it.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Show whom a roots of trust file names, with fingerprints to compare by voice.
    Show {
        /// The file.
        file: PathBuf,
    },
}

impl TrustVerb {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<Exit> {
        match self {
            Self::Assemble { log, parties, out } => {
                let trust = operations::trust::assemble(&log, &parties)?;
                operations::trust::write(&trust, &out)?;
                print(global, &trust)
            }
            Self::Show { file } => print(global, &home::read_trust(&file)?),
        }
    }
}

fn print(global: &Global, trust: &ledger::Trust) -> anyhow::Result<Exit> {
    show(global.json, &operations::trust::view(trust), |view| {
        let mut text = format!("log {}\n", view.log);
        for party in &view.parties {
            text +=
                &format!("{:<20} {}  {}\n", party.id, party.fingerprint, party.roles.join(", "));
        }
        text
    })?;
    Ok(Exit::Done)
}

/// A log's host.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum NodeVerb {
    /// Make a node's folder with a fresh log key. Put `trust.toml` there before serving.
    Init {
        /// The folder.
        folder: PathBuf,
        /// The log's name, the first line of its checkpoints, such as `log.example/programme`.
        #[arg(long)]
        origin: String,
    },
}

impl NodeVerb {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let Self::Init { folder, origin } = self;
        let created = node::create(&folder, &origin, &SystemRandom)?;
        show(global.json, &created, |c| {
            format!("made a node in {}\n  log key  {}", c.folder.display(), c.vkey)
        })?;
        Ok(Exit::Done)
    }
}

/// Serve a node over HTTP.
#[derive(Debug, clap::Args)]
pub(crate) struct Serve {
    /// The node's folder.
    #[arg(long, value_name = "DIR")]
    folder: PathBuf,
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:7480")]
    listen: SocketAddr,
    /// Write the address that was bound here, once ready.
    #[arg(long, value_name = "FILE")]
    ready: Option<PathBuf>,
}

impl Serve {
    pub(crate) async fn run(self) -> anyhow::Result<Exit> {
        let node = Node::open(&self.folder, Arc::new(SystemClock))?;
        let listener = tokio::net::TcpListener::bind(self.listen)
            .await
            .with_context(|| format!("can't listen on {}", self.listen))?;
        let bound = listener.local_addr()?;
        eprintln!("serving {} on http://{bound}/", self.folder.display());
        if let Some(ready) = self.ready {
            operations::files::write(
                &ready,
                format!("http://{bound}\n").as_bytes(),
                operations::files::Access::Shared,
            )?;
        }
        server::serve(listener, Arc::new(node), crate::context::ended()).await?;
        Ok(Exit::Done)
    }
}
