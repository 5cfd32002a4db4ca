//! A node's folder: its key and its roots of trust.
//!
//! ```text
//! log.key      0600; two keys that sign checkpoints
//! log.vkey     the public halves, for roots of trust; the first line is all that C2SP programs need
//! trust.toml   roots of trust: this log and the parties
//! node.db      the commit point and the drafts that wait
//! log/         everything published
//! ```

use super::NodeError;
use crate::ctx::Random;
use crate::files::{self, Access};
use ledger::{LogSigner, Trust};
use std::path::{Path, PathBuf};

/// Most bytes of a key file.
const KEY_LIMIT: u64 = 64 << 10;

/// What a new node's folder holds for others.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Created {
    /// The folder.
    pub folder: PathBuf,
    /// The public half of the log's Ed25519 key, which C2SP programs ask for. `log.vkey` has the other beside it.
    pub vkey: String,
}

/// Makes a node's folder with a fresh key for the log called `origin`. Roots of trust are added as
/// `trust.toml` before it is first opened.
///
/// # Errors
/// A key is there already, or the name can't be a log's.
pub fn create(folder: &Path, origin: &str, random: &dyn Random) -> Result<Created, NodeError> {
    let path = folder.join("log.key");
    let signer = LogSigner::generate(origin, &mut |into| random.fill(into))
        .map_err(|source| NodeError::LogKey { path: path.clone(), source })?;
    files::create(&path, signer.to_text().as_bytes(), Access::Private)?;
    let verifier = signer.verifier();
    files::write(&folder.join("log.vkey"), verifier.to_text().as_bytes(), Access::Shared)?;
    Ok(Created { folder: folder.to_owned(), vkey: verifier.vkey() })
}

pub(super) fn read(folder: &Path) -> Result<(LogSigner, Trust), NodeError> {
    let path = folder.join("log.key");
    let text = zeroize::Zeroizing::new(files::read_text(&path, KEY_LIMIT)?);
    let signer = LogSigner::read(&text).map_err(|source| NodeError::LogKey { path, source })?;
    let path = folder.join("trust.toml");
    let text = files::read_text(&path, ledger::MAX_TRUST as u64)?;
    let trust =
        Trust::read(&text).map_err(|source| NodeError::Trust { path: path.clone(), source })?;
    let own = signer.verifier();
    if *trust.log() != own {
        let (named, own) = (trust.log().vkey(), own.vkey());
        return Err(NodeError::OtherLog { path, named, own });
    }
    Ok((signer, trust))
}
