//! Setting up: homes, roots of trust, nodes.

use crate::context::Global;
use crate::exit::Exit;
use crate::output::show;
use anyhow::Context;
use ledger::{Grade, WitnessRole};
use operations::ctx::{SystemClock, SystemRandom};
use operations::home::{self, Home};
use operations::node::rounds::Rounds;
use operations::node::{self, Node, ObjectPlace, Opening};
use operations::trust::Parts;
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
    /// operator, partner, defender, maintainer, reporter, inspector, investigator, root.
    #[arg(long = "role", required = true)]
    roles: Vec<String>,
    /// The party that stands above this one's keys: it signs every rotation and can revoke alone.
    #[arg(long)]
    root: Option<domain::PartyId>,
    /// Remember this node in the home.
    #[arg(long = "use-node", value_name = "URL|DIR")]
    node: Option<String>,
}

impl Init {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let party =
            home::party(&self.party, &self.name, &self.roles).map_err(anyhow::Error::msg)?;
        let folder = global.folder();
        let home = Home::create_under(&folder, party, self.root, &SystemRandom)?;
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
        /// A main party's witness: its party and the file with its verifier key, such as its `cosigner.vkey` (and, on
        /// a line of its own, its `cnsa` key). A full receipt needs the cosignatures of all of them.
        #[arg(long = "witness", value_name = "PARTY=FILE")]
        witnesses: Vec<WitnessFile>,
        /// An inspector's witness, likewise. An audited receipt needs its cosignature too.
        #[arg(long = "inspector-witness", value_name = "PARTY=FILE")]
        inspectors: Vec<WitnessFile>,
        /// A founder; repeat for several. Enough founders together add parties, and change keys that have no root.
        /// All parties but the roots, when left out.
        #[arg(long = "founder", value_name = "PARTY", requires = "threshold")]
        founders: Vec<domain::PartyId>,
        /// How many of the founders must sign. More than half, when left out.
        #[arg(long, requires = "founders")]
        threshold: Option<usize>,
        /// Where to write it.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Sign a roots of trust file as this party, with the key that the file names.
    Sign {
        /// The file; the signature is added to it.
        file: PathBuf,
    },
    /// Check the signatures under a roots of trust file: exit code 1 while a party has not signed.
    Check {
        /// The file.
        file: PathBuf,
    },
    /// Print the C2SP tlog-policy that believes exactly the checkpoints of a grade, for other programs.
    Policy {
        /// The file.
        file: PathBuf,
        /// The grade: provisional, full or audited. The best that the file allows, when left out.
        #[arg(long)]
        grade: Option<Grade>,
    },
    /// Show whom a roots of trust file names, with fingerprints to compare by voice.
    Show {
        /// The file.
        file: PathBuf,
    },
}

/// A party's witness, as `PARTY=FILE`.
#[derive(Debug, Clone)]
pub(crate) struct WitnessFile(domain::PartyId, PathBuf);

impl std::str::FromStr for WitnessFile {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let (party, file) = text.split_once('=').ok_or("write PARTY=FILE")?;
        let party = party.parse().map_err(|e: domain::ParseIdError| e.to_string())?;
        Ok(Self(party, file.into()))
    }
}

impl TrustVerb {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<Exit> {
        match self {
            Self::Assemble { log, parties, witnesses, inspectors, founders, threshold, out } => {
                let named = |files: Vec<WitnessFile>, role| {
                    files.into_iter().map(move |WitnessFile(party, file)| (party, role, file))
                };
                let mut all: Vec<_> = named(witnesses, WitnessRole::Main).collect();
                all.extend(named(inspectors, WitnessRole::Inspector));
                let founders = threshold.map(|k| (founders, k));
                let parts = Parts { log, parties, witnesses: all, founders };
                let trust = operations::trust::assemble_parts(&parts)?;
                operations::trust::write(&trust, &out)?;
                print(global, &trust)
            }
            Self::Show { file } => print(global, &home::read_trust(&file)?),
            Self::Sign { file } => {
                let home = Home::open(&global.folder())?;
                print(global, &operations::trust::sign(&file, &home)?)
            }
            Self::Check { file } => {
                let trust = home::read_trust(&file)?;
                print(global, &trust)?;
                Ok(if trust.unsigned().is_empty() { Exit::Done } else { Exit::No })
            }
            Self::Policy { file, grade } => {
                let trust = home::read_trust(&file)?;
                let grade = grade.unwrap_or_else(|| trust.best_grade());
                let Some(policy) = trust.policy(grade) else {
                    anyhow::bail!(
                        "{}: it names no witnesses for a grade of `{grade}`; the best is `{}`",
                        file.display(),
                        trust.best_grade()
                    );
                };
                let view = serde_json::json!({ "grade": grade.as_str(), "policy": policy });
                show(global.json, &view, |_| policy.trim_end().to_owned())?;
                Ok(Exit::Done)
            }
        }
    }
}

fn print(global: &Global, trust: &ledger::Trust) -> anyhow::Result<Exit> {
    show(global.json, &operations::trust::view(trust), |view| {
        let mut text = format!("log {}\n{:<20} {}\n", view.log, "log", view.log_fingerprint);
        for party in &view.parties {
            text +=
                &format!("{:<20} {}  {}\n", party.id, party.fingerprint, party.roles.join(", "));
        }
        for w in &view.witnesses {
            let role = match w.role {
                WitnessRole::Main => "witness of a main party",
                WitnessRole::Inspector => "witness of an inspector",
            };
            text += &format!("{:<20} {role}: {}\n", w.party, w.vkey);
            if let Some(cnsa) = &w.cnsa {
                text += &format!("{:<20} its ledger-cnsa-v1 key: {cnsa}\n", "");
            }
        }
        text += &format!("founders: {} of {}\n", view.threshold, view.founders.join(", "));
        if view.unsigned.is_empty() {
            text += "signed by every party\n";
        } else {
            text += &format!("not signed by {}\n", view.unsigned.join(", "));
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
        /// Keep the log in this bucket of an S3-compatible object storage, and not in the folder: writes `store.toml`.
        #[arg(long, requires_all = ["prefix", "region"])]
        bucket: Option<String>,
        /// What the names of all objects begin with, such as `log.example/programme`.
        #[arg(long, requires = "bucket")]
        prefix: Option<String>,
        /// The region of the bucket.
        #[arg(long, requires = "bucket")]
        region: Option<String>,
        /// The object storage's address, if it is not AWS's own; `https://` unless it is on this machine.
        #[arg(long, requires = "bucket", value_name = "URL")]
        endpoint: Option<String>,
    },
}

impl NodeVerb {
    pub(crate) fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let Self::Init { folder, origin, bucket, prefix, region, endpoint } = self;
        let place = bucket.map(|bucket| {
            let (prefix, region) = (prefix.unwrap_or_default(), region.unwrap_or_default());
            ObjectPlace { bucket, prefix, region, endpoint }
        });
        if let Some(place) = &place {
            // before there is a key that nobody would use
            node::place::text(place).map_err(node::place::PlaceError::Malformed)?;
        }
        let created = node::create(&folder, &origin, &SystemRandom)?;
        if let Some(place) = &place {
            node::place::write(&folder, place)?;
        }
        show(global.json, &created, |c| {
            let log = place.map_or_else(String::new, |place| format!("\n  log in   {place}"));
            format!("made a node in {}\n  log key  {}{log}", c.folder.display(), c.vkey)
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
    /// Start though no witness of a main party answers, and say why. It is recorded in `overrides.log`. A witness that
    /// knows a newer history stops the start all the same.
    #[arg(long, value_name = "REASON")]
    without_witnesses: Option<String>,
}

impl Serve {
    pub(crate) async fn run(self) -> anyhow::Result<Exit> {
        let without = self.without_witnesses.as_deref();
        let opening = Opening { without, who: crate::context::object_credentials() };
        let (node, unheard) = Node::open_with(&self.folder, Arc::new(SystemClock), &opening)?;
        if node.keeps_versions() {
            eprintln!(
                "warning: the bucket keeps older versions of its objects: what is shredded stays readable to whoever may \
                 read versions, until a lifecycle rule or a person deletes the noncurrent versions"
            );
        }
        for (name, why) in unheard {
            eprintln!("warning: `{name}` did not say what it knows of this log: {why}");
        }
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
        let node = Arc::new(node);
        let rounds = Rounds::of(&self.folder, &node)?;
        let served = server::serve(listener, node, crate::context::ended());
        match rounds {
            None => served.await?,
            Some(rounds) => tokio::select! {
                ended = served => ended?,
                stopped = rounds.run() => return Err(stopped.into()),
            },
        }
        Ok(Exit::Done)
    }
}
