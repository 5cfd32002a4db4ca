//! Handing in statements that were carried here.

use crate::context::Global;
use crate::exit::Exit;
use crate::output::{bar, show};
use anyhow::{Context, ensure};
use operations::carry::{self, Appended};
use operations::{files, home};
use std::io::Read;
use std::path::{Path, PathBuf};

/// What is handed in.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// Files of complete statements; `-` is the standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The roots of trust that receipts are checked by. Default: the home's, with what its copy of the log says of keys.
    #[arg(long, value_name = "FILE")]
    trust: Option<PathBuf>,
    /// Write the receipts into this folder.
    #[arg(long, value_name = "DIR")]
    receipts: Option<PathBuf>,
}

/// Hands everything in, in order. All files are looked through before the first statement goes.
pub(crate) async fn run(global: &Global, options: &Options) -> anyhow::Result<Exit> {
    let mut statements = Vec::new();
    for path in &options.files {
        let found = read(path).and_then(|bytes| Ok(carry::statements(&bytes)?));
        statements.extend(found.with_context(|| path.display().to_string())?);
    }
    let trust = match &options.trust {
        Some(path) => home::read_trust(path)?,
        None => {
            let home = global
                .open()
                .context("without --trust, receipts are checked by the home's roots of trust")?;
            operations::sync::current(&home, &home.trust()?)?
        }
    };
    let reach = global.reach()?;
    let bar = bar(global.json, statements.len() as u64, "handing in");
    let (mut done, mut stopped) = (Vec::with_capacity(statements.len()), None);
    for statement in &statements {
        match carry::append(&reach, &trust, statement, options.receipts.as_deref()).await {
            Ok(appended) => done.push(appended),
            Err(error) => {
                let (at, of) = (done.len() + 1, statements.len());
                stopped =
                    Some(anyhow::Error::new(error).context(format!("statement {at} of {of}")));
                break;
            }
        }
        bar.inc(1);
    }
    bar.finish_and_clear();
    // what went in before an error stays in, and is said
    if !done.is_empty() || stopped.is_none() {
        show(global.json, &done, |done| text(done))?;
    }
    stopped.map_or(Ok(Exit::Done), Err)
}

fn read(path: &Path) -> anyhow::Result<Vec<u8>> {
    if path != Path::new("-") {
        return Ok(files::read(path, carry::MAX_FILE)?);
    }
    let mut bytes = Vec::new();
    std::io::stdin().lock().take(carry::MAX_FILE + 1).read_to_end(&mut bytes)?;
    ensure!(
        bytes.len() as u64 <= carry::MAX_FILE,
        "more than {} bytes; hand them in by parts",
        carry::MAX_FILE
    );
    Ok(bytes)
}

fn text(done: &[Appended]) -> String {
    let mut text = String::new();
    for Appended { index, id, kind, issuer, already, receipt } in done {
        let what = if *already { "already logged" } else { "logged" };
        text += &format!("{what}: {kind} of {issuer}, statement {index}\n  id       {id}\n");
        if let Some(receipt) = receipt {
            text += &format!("  receipt  {}\n", receipt.display());
        }
    }
    text
}
