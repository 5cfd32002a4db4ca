//! A PDF from Typst source, with the machine's own `typst`.

use anyhow::{Context, bail};
use operations::files::{self, Access};
use sandbox::companion::Companion;
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// The longest that a memo may take to compile, in looks of fifty milliseconds.
const LOOKS: u32 = 60 * 20;

/// Compiles `source` into a new file, 0600.
///
/// Nothing is fetched: the source needs no package and no other file.
pub(crate) async fn compile(source: &str, pdf: &Path) -> anyhow::Result<()> {
    files::create(pdf, b"", Access::Private)?;
    // beside the PDF, so that nothing of the memo leaves the folder that was named
    let beside = |end: &str| {
        let mut name = pdf.as_os_str().to_owned();
        name.push(end);
        PathBuf::from(name)
    };
    let (from, said) = (beside(".typ"), beside(".said"));
    let made = typst(source, pdf, (&from, &said)).await;
    let _gone = (fs::remove_file(&from), fs::remove_file(&said));
    if made.is_err() {
        // an empty file would look like a memo
        let _gone = fs::remove_file(pdf);
    }
    made
}

async fn typst(source: &str, pdf: &Path, (from, said): (&Path, &Path)) -> anyhow::Result<()> {
    files::create(from, source.as_bytes(), Access::Private)?;
    files::create(said, b"", Access::Private)?;
    let args = ["compile".as_ref(), "--format=pdf".as_ref(), from.as_os_str(), pdf.as_os_str()];
    let log = File::options().append(true).open(said);
    let log = log.with_context(|| said.display().to_string())?;
    let mut running = match Companion::start(Path::new("typst"), &args, log) {
        Ok(running) => running,
        Err(error) if error.kind() == ErrorKind::NotFound => bail!(
            "there is no program `typst` on the PATH: install Typst 0.13 or later, or write the source with --typst and compile it where there is one"
        ),
        Err(error) => return Err(error).context("can't start `typst`"),
    };
    let mut look = tokio::time::interval(Duration::from_millis(50));
    for _ in 0..LOOKS {
        look.tick().await;
        let Some(status) = running.ended()? else { continue };
        if status.success() {
            return Ok(());
        }
        let words = fs::read_to_string(said).unwrap_or_default();
        bail!(
            "`typst` made no PDF ({status}); it needs version 0.13 or later. It said: {}",
            words.trim()
        );
    }
    bail!("`typst` was not done within a minute")
}
