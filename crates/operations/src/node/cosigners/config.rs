//! `witnesses.toml` in a node's folder: whom to ask, and where.
//!
//! ```toml
//! [[cosigner]]
//! url = "http://127.0.0.1:7490"            # where it takes checkpoints and entries
//! monitoring = "http://127.0.0.1:7490"     # where it shows them; `url` if left out
//! kind = "witness"                         # or "mirror"
//! standing = "main"                        # or "inspector"
//! vkeys = ["lab.example/witness+1a2b3c4d+BAbC…", "lab.example/witness+5e6f7a8b+BgAb…"]
//! ```
//!
//! The keys are those that `vestibule log witness` or `log mirror` wrote to `cosigner.vkey`. They say whose answers count as answers;
//! whose cosignatures make a receipt full is for the roots of trust of whoever verifies it.

use super::{Cosigner, Kind, Standing};
use crate::files::{self, FileError};
use serde::Deserialize;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use tlog::{PublicKey, VerifierKey};

/// The file's name.
pub const FILE: &str = "witnesses.toml";
/// Most bytes of it.
const LIMIT: u64 = 1 << 20;
/// Most cosigners of a log.
pub const MAX_COSIGNERS: usize = 16;

/// A cosigner with its addresses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configured {
    /// Who.
    pub cosigner: Cosigner,
    /// Where it takes checkpoints and entries.
    pub url: String,
    /// Where it shows checkpoints.
    pub monitoring: String,
}

/// Why `witnesses.toml` can't be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// It can't be read.
    #[error(transparent)]
    File(#[from] FileError),
    /// It is not as it must be.
    #[error("{}: {reason}", path.display())]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    cosigner: Vec<Table>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    url: String,
    monitoring: Option<String>,
    kind: Kind,
    #[serde(default)]
    standing: Standing,
    vkeys: Vec<String>,
}

/// Reads the file of a node's folder; none when the log has no cosigners.
///
/// # Errors
/// See [`ConfigError`].
pub fn read(folder: &Path) -> Result<Option<Vec<Configured>>, ConfigError> {
    let path = folder.join(FILE);
    let text = match files::read_text(&path, LIMIT) {
        Ok(text) => text,
        Err(FileError::System { source, .. }) if source.kind() == ErrorKind::NotFound => {
            return Ok(None);
        }
        Err(error) => return Err(error.into()),
    };
    parse(&text).map(Some).map_err(|reason| ConfigError::Malformed { path, reason })
}

/// Reads the text of the file.
///
/// # Errors
/// What is wrong with it, in words.
pub fn parse(text: &str) -> Result<Vec<Configured>, String> {
    let file: File = toml::from_str(text).map_err(|e| e.to_string())?;
    if file.cosigner.is_empty() || file.cosigner.len() > MAX_COSIGNERS {
        let given = file.cosigner.len();
        return Err(format!("it names {given} cosigners; 1 to {MAX_COSIGNERS} can be asked"));
    }
    let all: Vec<Configured> = file.cosigner.into_iter().map(one).collect::<Result<_, _>>()?;
    for (at, this) in all.iter().enumerate() {
        let twice = all.iter().skip(at + 1).any(|o| o.cosigner.name == this.cosigner.name);
        if twice {
            return Err(format!(
                "`{}` is there twice; a witness and a mirror need different names",
                this.cosigner.name
            ));
        }
    }
    Ok(all)
}

fn one(table: Table) -> Result<Configured, String> {
    let Table { url, monitoring, kind, standing, vkeys } = table;
    let (mut keys, mut second): (Vec<VerifierKey>, Vec<VerifierKey>) = (Vec::new(), Vec::new());
    for vkey in vkeys {
        let key: VerifierKey = vkey.parse().map_err(|e| format!("a vkey of {url}: {e}"))?;
        match key.key() {
            PublicKey::Ed25519Cosignature(_) | PublicKey::MlDsa44Cosignature(_) => keys.push(key),
            PublicKey::LedgerCnsa(_) if kind == Kind::Mirror => second.push(key),
            PublicKey::Ed25519(_) | PublicKey::LedgerCnsa(_) | PublicKey::Other(..) => {
                return Err(format!(
                    "the key `{}` of {url} has signature type 0x{:02x}; cosigners have 0x04 or 0x06, and a mirror 0xff too",
                    key.name(),
                    key.key().kind()
                ));
            }
        }
    }
    let first = keys.first().ok_or_else(|| format!("{url} has no vkeys"))?;
    let name = first.name().to_string();
    keys.append(&mut second);
    if keys.iter().any(|k| k.name().as_str() != name) {
        return Err(format!("the keys of {url} have different names; give each its own entry"));
    }
    for address in [Some(&url), monitoring.as_ref()].into_iter().flatten() {
        if !address.starts_with("http://") && !address.starts_with("https://") {
            return Err(format!("`{address}` must start with http:// or https://"));
        }
    }
    let monitoring = monitoring.unwrap_or_else(|| url.clone());
    Ok(Configured { cosigner: Cosigner { name, kind, standing, keys }, url, monitoring })
}
