//! What re-hashing a log or a node's folder finds, shown.

use crate::context::Global;
use crate::exit::Exit;
use crate::output::{self, show};
use ledger::Profile;
use operations::audit::{self, NodeAudit, Watch};
use std::path::{Path, PathBuf};

/// What to audit.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The node's folder. It is only read, and the node may serve from it meanwhile.
    folder: PathBuf,
    /// The roots of trust, as the auditor got them; the folder's own must be the same.
    #[arg(long, value_name = "FILE")]
    trust: PathBuf,
}

/// How often a database that looks unsound is looked at again while a node writes to it.
const LOOKS: u32 = 20;

pub(crate) fn run(global: &Global, options: &Options) -> anyhow::Result<Exit> {
    let bar = output::bar(global.json, 0, "re-hashing");
    let mut looks = 0;
    let watch = Watch {
        total: &|files| bar.set_length(files),
        tick: &|| bar.inc(1),
        wait: &mut || {
            looks += 1;
            pause();
            looks <= LOOKS
        },
    };
    let who = crate::context::object_credentials();
    let found = audit::node(&options.folder, &options.trust, &who, watch)?;
    bar.finish_and_clear();
    show(global.json, &found, text)?;
    Ok(if found.sound { Exit::Done } else { Exit::No })
}

fn text(found: &NodeAudit) -> String {
    let mut text = String::new();
    for fault in &found.faults {
        text += &format!("fault: {}\n", fault.detail);
    }
    if found.more_faults > 0 {
        text += &format!("… and {} more\n", found.more_faults);
    }
    for pending in &found.pending {
        text += &format!("note: left by a crash, for the node's next start: {pending}\n");
    }
    for file in &found.unvouched {
        text +=
            &format!("not judged: {}, {} bytes, SHA-256 {}\n", file.file, file.bytes, file.sha256);
    }
    let log = &found.log;
    let verdict = if found.sound { "sound" } else { "NOT SOUND" };
    let root = log.root.map_or_else(|| "none".to_owned(), |root| root.to_string());
    text + &format!(
        "{verdict}: {} statements of {}, {} objects re-hashed, {} shredded on the record; {} rows of the index, {} drafts\n  root  {root}",
        log.statements,
        log.origin,
        log.objects,
        log.shredded,
        found.index.statements,
        found.index.drafts
    )
}

/// The log alone.
pub(super) fn verify(
    global: &Global,
    folder: &Path,
    trust: &Path,
    profile: Option<Profile>,
) -> anyhow::Result<Exit> {
    let trust = operations::home::read_trust(trust)?;
    let who = crate::context::object_credentials();
    let audit = audit::log_at(folder, &trust, &who, profile)?;
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

#[expect(clippy::disallowed_methods, reason = "edge: gives a node that is writing a moment")]
fn pause() {
    std::thread::sleep(std::time::Duration::from_millis(100));
}
