//! Checking and reading the log.

mod cosign;

use crate::context::Global;
use crate::exit::Exit;
use crate::output::show;
use ledger::Grade;
use operations::{audit, files, home};
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
    },
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
        /// Bring this party's own receipts up to the best grade that the log's witnesses allow by now.
        #[arg(long, conflicts_with_all = ["paths", "trust", "log", "require"])]
        refresh: bool,
    },
    /// Write one of this party's receipts in another form: `bundle` for a stranger who has only the roots of trust,
    /// `policy` and `dsse` for other programs.
    Export {
        /// The receipt.
        receipt: PathBuf,
        /// The form: bundle, policy or dsse.
        #[arg(long = "as", value_name = "FORM")]
        form: operations::export::Form,
        /// Where to write it.
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
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
}

impl Verb {
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<Exit> {
        match self {
            Self::Verify { folder, trust } => verify(global, &folder, &trust),
            Self::Receipt { refresh: true, .. } => Box::pin(refresh(global)).await,
            Self::Receipt { paths, trust, log, require, refresh: false } => {
                receipts(global, &paths, (&trust.unwrap_or_default(), log.as_deref()), require)
            }
            Self::Export { receipt, form, out } => {
                let ctx = global.ctx()?;
                let done = Box::pin(operations::export::export(&ctx, &receipt, form, &out)).await?;
                show(global.json, &done, |d| {
                    format!("wrote {}, {} bytes", d.file.display(), d.bytes)
                })?;
                Ok(Exit::Done)
            }
            Self::Show { kind } => list(global, kind.as_deref()).await,
            Self::Witness(options) => cosign::witness(options, global).await,
            Self::Mirror(options) => cosign::mirror(options, global).await,
        }
    }
}

fn verify(
    global: &Global,
    folder: &std::path::Path,
    trust: &std::path::Path,
) -> anyhow::Result<Exit> {
    let trust = home::read_trust(trust)?;
    let audit = audit::log(folder, &trust);
    show(global.json, &audit, |a| {
        let mut text = String::new();
        for fault in &a.faults {
            text += &format!("fault: {}\n", fault.detail);
        }
        if a.more_faults > 0 {
            text += &format!("… and {} more\n", a.more_faults);
        }
        if !a.pending.is_empty() {
            text += &format!(
                "note: {} files of an append that was not published yet; starting the node finishes it\n",
                a.pending.len()
            );
        }
        let root = a.root.map_or_else(|| "none".to_owned(), |r| r.to_string());
        let verdict = if a.sound { "verified" } else { "NOT SOUND" };
        text + &format!(
            "{verdict}: {} statements of {}, {} objects re-hashed, {} shredded on the record\n  root  {root}",
            a.statements, a.origin, a.objects, a.shredded
        )
    })?;
    Ok(if audit.sound { Exit::Done } else { Exit::No })
}

async fn refresh(global: &Global) -> anyhow::Result<Exit> {
    let done = operations::refresh::refresh(&global.ctx()?).await?;
    show(global.json, &done, |d| {
        let mut text = String::new();
        for path in &d.better {
            text += &format!("better: {}\n", path.display());
        }
        text + &format!(
            "{} receipts are better now, {} wait for more witnesses",
            d.better.len(),
            d.waiting.len()
        )
    })?;
    Ok(Exit::Done)
}

fn receipts(
    global: &Global,
    paths: &[PathBuf],
    (trust, log): (&std::path::Path, Option<&std::path::Path>),
    require: Grade,
) -> anyhow::Result<Exit> {
    let mut trust = home::read_trust(trust)?;
    if let Some(log) = log {
        trust = audit::learn(&trust, log)?;
    }
    let mut found = Vec::new();
    for path in paths {
        if path.is_dir() {
            found.extend(files::list(path, "receipt")?);
        } else {
            found.push(path.clone());
        }
    }
    let bar = crate::output::bar(global.json, found.len() as u64, "verifying receipts");
    let (mut good, mut bad) = (Vec::new(), Vec::new());
    for path in &found {
        match audit::receipt(path, &trust, require) {
            Ok(view) => good.push(view),
            Err(error) => bad.push(format!("{:#}", anyhow::Error::from(error))),
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    let all = serde_json::json!({ "verified": good, "refused": bad });
    show(global.json, &all, |_| {
        let mut text = String::new();
        for r in &good {
            let signers: Vec<_> = r.signers.iter().map(ToString::to_string).collect();
            text += &format!(
                "{:>5}  {:<24} {:<28} {} bytes, {}\n",
                r.index,
                r.kind,
                signers.join("+"),
                r.bytes,
                r.grade
            );
            let who: Vec<_> = r.cosigned.iter().map(|c| c.party.to_string()).collect();
            if let Some(at) = r.existed_by {
                text += &format!("       existed by {at}, cosigned for {}\n", who.join("+"));
            }
        }
        for line in &bad {
            text += &format!("refused: {line}\n");
        }
        text + &format!("{} receipts verified, {} refused", good.len(), bad.len())
    })?;
    Ok(if bad.is_empty() { Exit::Done } else { Exit::No })
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
