//! The keys of a cosigner: ML-DSA-44, which C2SP recommends, and Ed25519 for whoever can't verify that yet.

use super::OpenError;
use crate::ctx::Random;
use crate::files::{self, Access};
use data_encoding::BASE64;
use std::fmt::Debug;
use std::path::Path;
use tlog::{
    Checkpoint, Ed25519Cosigner, Hash, KeyName, MlDsa44Cosigner, SignError, SignatureLine,
    VerifierKey,
};
use zeroize::Zeroizing;

const PREFIX: &str = "PRIVATE+KEY+";
const ED25519: u8 = 0x04;
const ML_DSA_44: u8 = 0x06;
const LIMIT: u64 = 64 << 10;

/// A cosigner's secret keys. Never printed.
pub struct CosignerKeys {
    ml_dsa: MlDsa44Cosigner,
    ed25519: Ed25519Cosigner,
}

impl Debug for CosignerKeys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "CosignerKeys(of {})", self.ml_dsa.verifier_key().name())
    }
}

impl CosignerKeys {
    /// The public halves, ML-DSA-44 first.
    pub fn public(&self) -> [VerifierKey; 2] {
        [self.ml_dsa.verifier_key().clone(), self.ed25519.verifier_key().clone()]
    }

    /// Cosigns a checkpoint with both keys at a time, in seconds since 1970.
    ///
    /// # Errors
    /// [`SignError`].
    pub fn lines(
        &self,
        checkpoint: &Checkpoint,
        time: u64,
    ) -> Result<Vec<SignatureLine>, SignError> {
        Ok(vec![self.ml_dsa.cosign(checkpoint, time)?, self.ed25519.cosign(checkpoint, time)?])
    }

    /// Cosigns a subtree, which only ML-DSA-44 can, without a time.
    ///
    /// # Errors
    /// [`SignError`].
    pub fn subtree_line(
        &self,
        origin: &str,
        range: (u64, u64),
        hash: &Hash,
    ) -> Result<SignatureLine, SignError> {
        self.ml_dsa.cosign_subtree(origin, range, hash, 0)
    }

    fn from_seeds(
        name: &KeyName,
        ml_dsa: &[u8; 32],
        ed25519: &[u8; 32],
    ) -> Result<Self, SignError> {
        Ok(Self {
            ml_dsa: MlDsa44Cosigner::from_seed(name.clone(), ml_dsa)?,
            ed25519: Ed25519Cosigner::from_seed(name.clone(), ed25519)?,
        })
    }
}

/// One secret key as Go's `note` package writes it.
fn line(key: &VerifierKey, kind: u8, seed: &[u8; 32]) -> Zeroizing<String> {
    let mut data = Zeroizing::new(Vec::with_capacity(33));
    data.push(kind);
    data.extend_from_slice(seed);
    let mut text = Zeroizing::new(format!("{PREFIX}{}+{}+", key.name(), key.id()));
    BASE64.encode_append(&data, &mut text);
    text.push('\n');
    text
}

/// Makes a folder with fresh keys of this name. Returns the public halves.
///
/// # Errors
/// Keys are there already, or the name can't be a key's.
pub fn make(folder: &Path, name: &str, random: &dyn Random) -> Result<Vec<String>, OpenError> {
    let path = folder.join("cosigner.key");
    let wrong = |reason: String| OpenError::Malformed { path: path.clone(), reason };
    // an ML-DSA-44 cosignature has one byte for the length of the name
    let fits = name.len() <= 255;
    let name = KeyName::new(name).map_err(|e| wrong(e.to_string()))?;
    if !fits {
        return Err(wrong("the name has more than 255 bytes".to_owned()));
    }
    let (mut one, mut two) = (Zeroizing::new([0; 32]), Zeroizing::new([0; 32]));
    random.fill(&mut *one);
    random.fill(&mut *two);
    let keys = CosignerKeys::from_seeds(&name, &one, &two).map_err(|e| wrong(e.to_string()))?;
    let [ml_dsa, ed25519] = keys.public();
    let mut text = line(&ml_dsa, ML_DSA_44, &one);
    text.push_str(&line(&ed25519, ED25519, &two));
    files::create(&path, text.as_bytes(), Access::Private)?;
    let public = vec![ml_dsa.to_string(), ed25519.to_string()];
    let shown = format!("{}\n", public.join("\n"));
    files::write(&folder.join("cosigner.vkey"), shown.as_bytes(), Access::Shared)?;
    Ok(public)
}

/// Reads the keys of a folder.
///
/// # Errors
/// Missing or malformed.
pub fn read(folder: &Path) -> Result<CosignerKeys, OpenError> {
    let path = folder.join("cosigner.key");
    let text = Zeroizing::new(files::read_text(&path, LIMIT)?);
    let wrong = || OpenError::Malformed {
        path: path.clone(),
        reason: "not the two secret keys that `--make` wrote".to_owned(),
    };
    let mut lines = text.strip_suffix('\n').unwrap_or(&text).split('\n');
    let (Some(one), Some(two), None) = (lines.next(), lines.next(), lines.next()) else {
        return Err(wrong());
    };
    let (name, one_id, one) = secret(one, ML_DSA_44).ok_or_else(wrong)?;
    let (other, two_id, two) = secret(two, ED25519).ok_or_else(wrong)?;
    let keys = CosignerKeys::from_seeds(&name, &one, &two).map_err(|_| wrong())?;
    let ids = keys.public().map(|k| k.id().to_string());
    if name != other || ids != [one_id, two_id] { Err(wrong()) } else { Ok(keys) }
}

fn secret(line: &str, kind: u8) -> Option<(KeyName, String, Zeroizing<[u8; 32]>)> {
    let mut parts = line.strip_prefix(PREFIX)?.splitn(3, '+');
    let (name, id, data) = (parts.next()?, parts.next()?, parts.next()?);
    let data = Zeroizing::new(tlog::base64(data)?);
    let (first, seed) = data.split_first()?;
    let seed = Zeroizing::new(<[u8; 32]>::try_from(seed).ok()?);
    (*first == kind).then_some((KeyName::new(name).ok()?, id.to_owned(), seed))
}
