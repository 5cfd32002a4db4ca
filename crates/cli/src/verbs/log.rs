//! Checking and reading the log.

mod append;
mod audit;
mod cosign;
mod receipt;
mod timestamp;

use crate::context::{Global, ended};
use crate::exit::Exit;
use crate::output::{self, show};
use domain::{Line, PartyId, Timestamp};
use ledger::{Grade, Profile};
use operations::act::Readers;
use operations::{disclose, files, home, monitor, reveal};
use std::path::PathBuf;

/// Check a log, a receipt, or read what this party may read.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    /// Re-read and re-hash every published byte of a log, with public keys only.
    Verify {
        /// The log's folder: a node's or a home's `log/`.
        folder: PathBuf,
        /// The roots of trust.
        #[arg(long, value_name = "FILE")]
        trust: PathBuf,
        /// Rely on one profile alone: c2sp (Ed25519, SHA-256) or cnsa (ML-DSA-87, SHA-384). Without it, both must
        /// hold.
        #[arg(long, value_name = "PROFILE")]
        profile: Option<Profile>,
    },
    /// Re-read and re-hash everything in a node's folder: the log, each object, the index, keys and settings. Nothing is
    /// written, and the node may serve meanwhile.
    Audit(audit::Options),
    /// Hand in statements that were signed elsewhere, complete, with `--offline`. No key is needed. What is in the log already
    /// stays as it is, and is said to be there.
    Append(append::Options),
    /// Verify receipts and bundles offline: files, or folders of `.receipt` files.
    Receipt {
        /// Files or folders.
        #[arg(required_unless_present = "refresh")]
        paths: Vec<PathBuf>,
        /// The roots of trust.
        #[arg(long, value_name = "FILE", required_unless_present = "refresh")]
        trust: Option<PathBuf>,
        /// A copy of the log: what it says of keys counts. Without it, only the roots of trust and what a
        /// bundle carries.
        #[arg(long, value_name = "DIR")]
        log: Option<PathBuf>,
        /// The least grade that will do: provisional (the log alone vouches), full (every main party's
        /// witness too) or audited (and the inspector's).
        #[arg(long, value_name = "GRADE", default_value = "provisional")]
        require: Grade,
        /// Rely on one profile alone: c2sp (Ed25519, SHA-256) or cnsa (ML-DSA-87, SHA-384). Without it, both must
        /// hold.
        #[arg(long, value_name = "PROFILE")]
        profile: Option<Profile>,
        /// Bring this party's own receipts up to the best grade that the log's witnesses allow by now.
        #[arg(long, conflicts_with_all = ["paths", "trust", "log", "require", "profile"])]
        refresh: bool,
    },
    /// Write one of this party's receipts in another form: `bundle` for a stranger who has only the roots of trust,
    /// `policy`, `dsse`, `cose` and `cose-ml-dsa-87` (RFC 9942) for other programs.
    Export {
        /// The receipt.
        receipt: PathBuf,
        /// The form: bundle, policy, dsse, cose or cose-ml-dsa-87.
        #[arg(long = "as", value_name = "FORM")]
        form: operations::export::Form,
        /// A time-stamp token for a bundle to carry, from `vestibule log timestamp`.
        #[arg(long, value_name = "FILE")]
        token: Option<PathBuf>,
        /// Where to write it.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Check a COSE Receipt (RFC 9942) of this log offline: that the log has the statement. Who signed it, a
    /// `.receipt` says.
    Cose {
        /// The receipt.
        receipt: PathBuf,
        /// The statement's leaf. Default: the receipt's name with `.leaf` after it.
        #[arg(long, value_name = "FILE")]
        leaf: Option<PathBuf>,
        /// The roots of trust.
        #[arg(long, value_name = "FILE")]
        trust: PathBuf,
    },
    /// Check a statement's DSSE envelopes offline: that all who must have signed it. That it was logged, a `.receipt` says.
    Dsse {
        /// The envelopes, one a line.
        envelopes: PathBuf,
        /// The roots of trust.
        #[arg(long, value_name = "FILE")]
        trust: PathBuf,
    },
    /// Have an authority of RFC 3161 say by when the tree of a receipt existed, or check what it said. With `--url` it is
    /// asked now; with `--write-query` and later `--answer` somebody carries files; with neither, a token is checked offline.
    Timestamp(timestamp::Options),
    /// Bring this party's copy up to date, verify it, and list what it may read.
    Show {
        /// Only statements whose kind contains this.
        #[arg(long)]
        kind: Option<String>,
    },
    /// Run a witness: it cosigns checkpoints of the logs it watches, each only if it continues the one before.
    Witness(cosign::Options),
    /// Run a mirror: it holds every entry of its logs and signs only what it holds.
    Mirror(cosign::Options),
    /// Fix a value now and open it later: the log gets a commitment, which a notary cosigns.
    Commit(Commit),
    /// Open what was committed to.
    Reveal {
        /// The set.
        #[arg(long)]
        set: Line,
        /// Which of its slots.
        #[arg(long)]
        slot: u16,
        /// To whom, separated by commas. Default: to everyone.
        #[arg(long, value_delimiter = ',', value_name = "PARTIES")]
        to: Vec<PartyId>,
    },
    /// Look for what somebody ought to ask about: gaps in an issuer's chain, payloads gone without a word, reveals that
    /// are late, missing, mismatched or out of order, results older than their criteria, two histories.
    Monitor(Watch),
    /// Have a statement's payload deleted: at the node when this is logged, in every home at its next
    /// reading. Receipts and proofs stay good. It can't recall what a reader already opened.
    Shred(Shred),
    /// Write a file that shows some fields of a statement, and nothing of the others, to somebody whom it was not
    /// sealed to. It is good beside the statement's receipt.
    Disclose {
        /// The statement: its index or its whole id.
        statement: String,
        /// The fields to show, by name or number, separated by commas. Default: all.
        #[arg(long, value_delimiter = ',')]
        fields: Vec<String>,
        /// The file to write.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Check what a disclosure shows, offline.
    Disclosed {
        /// The disclosure.
        file: PathBuf,
        /// The roots of trust.
        #[arg(long, value_name = "FILE")]
        trust: PathBuf,
        /// The statement's receipt.
        #[arg(long, value_name = "FILE")]
        receipt: PathBuf,
    },
}

/// What is committed to.
#[derive(Debug, clap::Args)]
pub(crate) struct Commit {
    /// The set, a name that this party gives once.
    #[arg(long)]
    set: Line,
    /// Which of its slots, and how many there are, such as `1/3`.
    #[arg(long, value_name = "N/OF", value_parser = slot)]
    slot: (u16, u16),
    /// Family and version of the value, such as `pick/v1`.
    #[arg(long)]
    schema: Line,
    /// When it is opened at the latest, such as `2026-12-24T12:00:00Z`.
    #[arg(long, value_name = "TIME")]
    reveal_by: Timestamp,
    /// Who cosigns that it was committed to now.
    #[arg(long, value_name = "PARTY")]
    notary: PartyId,
    /// The file with the value. It stays in this home until it is revealed.
    #[arg(long, value_name = "FILE")]
    value: PathBuf,
}

/// `1/3`.
fn slot(text: &str) -> Result<(u16, u16), String> {
    let numbers = text.split_once('/').and_then(|(n, of)| n.parse().ok().zip(of.parse().ok()));
    numbers.ok_or_else(|| format!("`{text}` is not a slot such as 1/3"))
}

/// How to watch a log.
#[derive(Debug, clap::Args)]
pub(crate) struct Watch {
    /// Look again and again, and say what is new, until stopped.
    #[arg(long)]
    watch: bool,
    /// Seconds between two looks, from 1 to 86400.
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=86400))]
    every: u64,
    /// Stop after so many looks.
    #[arg(long, value_name = "N")]
    times: Option<u64>,
}

/// What a shred statement says.
#[derive(Debug, clap::Args)]
pub(crate) struct Shred {
    /// The statement: its index or its whole id.
    statement: String,
    /// On whose authority, such as an order or an office.
    #[arg(long)]
    authority: Line,
    /// Under which retention rule.
    #[arg(long)]
    rule: Line,
    /// A second party, when the statement is not this party's own; exactly one of the two must be an inspector.
    #[arg(long, value_name = "PARTY")]
    with: Option<PartyId>,
}

impl Verb {
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<Exit> {
        match self {
            Self::Verify { folder, trust, profile } => {
                audit::verify(global, &folder, &trust, profile)
            }
            Self::Audit(options) => audit::run(global, &options),
            Self::Append(options) => Box::pin(append::run(global, &options)).await,
            Self::Receipt { refresh: true, .. } => Box::pin(receipt::refresh(global)).await,
            Self::Receipt { paths, trust, log, require, profile, refresh: false } => {
                let trust = trust.unwrap_or_default();
                receipt::verify(global, &paths, (&trust, log.as_deref()), (require, profile))
            }
            Self::Export { receipt, form, token, out } => {
                let ctx = global.ctx()?;
                let made = operations::export::export(&ctx, &receipt, form, token.as_deref(), &out);
                let done = Box::pin(made).await?;
                show(global.json, &done, |d| {
                    let leaf = d.leaf.as_ref().map_or_else(String::new, |leaf| {
                        format!("; its leaf is in {}", leaf.display())
                    });
                    format!("wrote {}, {} bytes{leaf}", d.file.display(), d.bytes)
                })?;
                Ok(Exit::Done)
            }
            Self::Cose { receipt, leaf, trust } => {
                receipt::cose(&receipt, leaf.as_deref(), &trust, global)
            }
            Self::Dsse { envelopes, trust } => receipt::dsse(&envelopes, &trust, global),
            Self::Timestamp(options) => Box::pin(timestamp::run(options, global)).await,
            Self::Show { kind } => list(global, kind.as_deref()).await,
            Self::Witness(options) => cosign::witness(options, global).await,
            Self::Mirror(options) => cosign::mirror(options, global).await,
            Self::Commit(asked) => Box::pin(commit(global, asked)).await,
            Self::Reveal { set, slot, to } => {
                let readers = if to.is_empty() {
                    Readers::Public
                } else {
                    Readers::Parties(to.into_iter().collect())
                };
                let ctx = global.ctx()?;
                let made = reveal::reveal(&ctx, set, slot, &readers, global.request());
                output::done(global.json, &Box::pin(made).await?)?;
                Ok(Exit::Done)
            }
            Self::Monitor(asked) => Box::pin(monitor(global, asked)).await,
            Self::Shred(asked) => Box::pin(shred(global, asked)).await,
            Self::Disclose { statement, fields, out } => {
                Box::pin(disclose(global, &statement, &fields, &out)).await
            }
            Self::Disclosed { file, trust, receipt } => {
                let trust = home::read_trust(&trust)?;
                let shown = disclose::disclosed(&file, &receipt, &trust)?;
                show(global.json, &shown, |s| format!("holds: {}", fields_of(s)))?;
                Ok(Exit::Done)
            }
        }
    }
}

async fn commit(global: &Global, asked: Commit) -> anyhow::Result<Exit> {
    let Commit { set, slot, schema, reveal_by, notary, value } = asked;
    let value = files::read(&value, ledger::reveal::MAX_VALUE as u64)?;
    let asked = reveal::Commit { set, slot, schema, reveal_by, notary, value };
    let done = reveal::commit(&global.ctx()?, asked, global.request()).await?;
    output::done(global.json, &done)?;
    Ok(Exit::Done)
}

async fn monitor(global: &Global, asked: Watch) -> anyhow::Result<Exit> {
    let ctx = global.ctx()?;
    let times = if asked.watch { asked.times.unwrap_or(u64::MAX) } else { 1 };
    let (mut before, mut followed) = (Vec::new(), None);
    let mut sound = true;
    for look in 0..times {
        if look > 0 {
            tokio::select! {
                () = ended() => break,
                () = pause(asked.every) => {}
            }
        }
        let (known, _) = ctx.follow(&mut followed).await?;
        let mut watched = monitor::watch(&ctx.home, &ctx.trust, known, ctx.clock.now());
        sound = watched.sound;
        let all = watched.concerns.clone();
        watched.concerns.retain(|concern| !before.contains(concern));
        if look == 0 || !watched.concerns.is_empty() {
            show(global.json, &watched, concerns)?;
        }
        before = all;
    }
    Ok(if sound { Exit::Done } else { Exit::No })
}

fn concerns(watched: &monitor::Watched) -> String {
    let mut text = String::new();
    for c in &watched.concerns {
        let place = c.index.map_or_else(String::new, |index| format!("statement {index}, "));
        let party = c.party.as_ref().map_or("the log", PartyId::as_str);
        let mark = if c.fault { "fault" } else { "note" };
        text += &format!("{mark}: {place}{party}: {} ({})\n", c.detail, c.code);
    }
    let verdict =
        if watched.sound { "nothing is wrong" } else { "there is something to ask about" };
    text + &format!("{verdict} in {} statements at {}", watched.statements, watched.at)
}

#[expect(clippy::disallowed_methods, reason = "edge: a person asked for a look every so often")]
async fn pause(seconds: u64) {
    tokio::time::sleep(std::time::Duration::from_secs(seconds)).await;
}

async fn shred(global: &Global, asked: Shred) -> anyhow::Result<Exit> {
    let Shred { statement, authority, rule, with } = asked;
    let why = (authority, rule);
    let ctx = global.ctx()?;
    let done = operations::shred::shred(&ctx, &statement, why, with, global.request()).await?;
    output::done(global.json, &done)?;
    if !global.json && matches!(done, operations::act::Done::Logged { .. }) {
        let words = "gone from the node and from this home; other homes drop it when they next read \
                     the log. What a reader opened before can't be recalled.";
        show(false, &(), |()| words.to_owned())?;
    }
    Ok(Exit::Done)
}

async fn disclose(
    global: &Global,
    statement: &str,
    fields: &[String],
    out: &std::path::Path,
) -> anyhow::Result<Exit> {
    let ctx = global.ctx()?;
    let shown = disclose::disclose(&ctx, statement, fields, out).await?;
    show(global.json, &shown, |s| format!("written to {}: {}", s.file.display(), fields_of(s)))?;
    Ok(Exit::Done)
}

fn fields_of(shown: &disclose::Shown) -> String {
    let signers: Vec<_> = shown.signers.iter().map(ToString::to_string).collect();
    let mut text = format!(
        "statement {}, {} by {} at {}\n",
        shown.index,
        shown.kind,
        signers.join("+"),
        shown.claimed_at
    );
    for field in &shown.fields {
        text += &format!("  {:<24} {}\n", field.name, field.value);
    }
    text
}

async fn list(global: &Global, kind: Option<&str>) -> anyhow::Result<Exit> {
    let ctx = global.ctx()?;
    let known = ctx.known().await?;
    let views = operations::read::statements(&known, kind);
    show(global.json, &views, |views| {
        let mut text = String::new();
        for v in views {
            text += &format!(
                "{:>5}  {}  {:<24} {:<28} {}\n",
                v.index,
                v.issued_at,
                v.kind,
                v.signers.join("+"),
                v.reading
            );
        }
        text + &format!("{} statements in a log of {}", views.len(), known.head.size)
    })?;
    Ok(Exit::Done)
}
