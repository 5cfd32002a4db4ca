//! Keys over time.

use crate::context::Global;
use crate::exit::Exit;
use crate::output::{done, show};
use anyhow::Context;
use domain::{Digest, Line, PartyId};
use ledger::LogVerifier;
use operations::files::{self, Access};
use operations::key;
use std::path::PathBuf;

/// Keys over time: rotate, revoke, join, close.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    /// Who has and had which key, and from which statement on.
    List {
        /// Only this party's.
        #[arg(long)]
        party: Option<PartyId>,
    },
    /// Make a new key for this party and state that it takes the old one's place. Its root signs too, or the
    /// founders where it has none.
    Rotate,
    /// State that a key counts no more. The party's root does so alone; without a root the founders do.
    Revoke {
        /// Whose key.
        party: PartyId,
        /// Its fingerprint; the party's newest, when left out.
        #[arg(long)]
        key: Option<Digest>,
        /// Why, for people.
        #[arg(long)]
        reason: Line,
    },
    /// Write an application: to join, for a party that the roots of trust do not name, or for a further key of a party that
    /// they do. Hand it to a founder, or to the party's root.
    Apply {
        /// The party that is to stand above a newcomer's keys.
        #[arg(long)]
        root: Option<PartyId>,
        /// Where to write it.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// State that a party has a further key, by its application: for a second machine, or after every key was revoked. The
    /// party's root signs, or the founders where it has none, and the party itself if it has a key that counts.
    Add {
        /// The application.
        file: PathBuf,
    },
    /// State that a party joins, by its application. Enough founders must sign.
    Admit {
        /// The application.
        file: PathBuf,
    },
    /// State that the log ends here, as when its key must change. Enough founders must sign.
    CloseLog {
        /// The public key file of the log that goes on.
        #[arg(long, value_name = "FILE")]
        successor: Option<PathBuf>,
        /// Why, for people.
        #[arg(long)]
        reason: Line,
    },
}

impl Verb {
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let ctx = global.ctx()?;
        let request = global.request();
        let stated = match self {
            Self::List { party } => {
                let keys = key::list(&ctx, party.as_ref()).await?;
                show(global.json, &keys, |keys| {
                    let mut text = String::new();
                    for k in keys {
                        let until = k.ended_by.map_or_else(String::new, |n| format!(" by {n}"));
                        let root =
                            k.root.as_ref().map_or_else(String::new, |r| format!(", root {r}"));
                        text += &format!(
                            "{:<20} {}  from {}, {}{until}{root}\n",
                            k.party, k.fingerprint, k.from, k.state
                        );
                    }
                    text
                })?;
                return Ok(Exit::Done);
            }
            Self::Apply { root, out } => {
                let application = key::apply(&ctx, root).await?;
                let text = serde_json::to_string_pretty(&application)? + "\n";
                files::write(&out, text.as_bytes(), Access::Shared)?;
                files::write(&ctx.home.folder().join("joined"), b"", Access::Shared)?;
                let fingerprint = application.fingerprint()?;
                show(global.json, &application, |a| {
                    format!(
                        "wrote {}: `{}` asks for this key in {}\n  fingerprint  {fingerprint}\nHand it to a founder or to the party's root, and read the fingerprint aloud.",
                        out.display(),
                        a.id,
                        a.log
                    )
                })?;
                return Ok(Exit::Done);
            }
            Self::Rotate => key::rotate(&ctx, request).await?,
            Self::Revoke { party, key, reason } => {
                key::revoke(&ctx, &party, key, reason, request).await?
            }
            Self::Add { file } => Box::pin(key::add(&ctx, application(&file)?, request)).await?,
            Self::Admit { file } => {
                Box::pin(key::admit(&ctx, application(&file)?, request)).await?
            }
            Self::CloseLog { successor, reason } => {
                let next = successor.map(|path| {
                    let text = files::read_text(&path, 64 << 10)?;
                    LogVerifier::read(&text).with_context(|| path.display().to_string())
                });
                let next = next.transpose()?;
                key::close_log(&ctx, next.as_ref(), reason, request).await?
            }
        };
        done(global.json, &stated)?;
        Ok(Exit::Done)
    }
}

fn application(file: &std::path::Path) -> anyhow::Result<key::Application> {
    let text = files::read_text(file, 64 << 10)?;
    let read = serde_json::from_str(&text);
    Ok(read.map_err(|e| key::KeyChangeError::Application(e.to_string()))?)
}
