//! The keys of a cosigner: ML-DSA-44, which C2SP recommends, and Ed25519 for whoever can't verify that yet. A mirror has
//! ML-DSA-87 too, for the `ledger-cnsa-v1` line over both of a log's trees: it holds the entries, so it can compute both.

use super::OpenError;
use crate::ctx::Random;
use crate::files::{self, Access};
use data_encoding::BASE64;
use std::fmt::Debug;
use std::path::Path;
use tlog::{
    CNSA_IDENTIFIER, Checkpoint, CnsaSigner, Ed25519Cosigner, Hash, Hash384, KeyName,
    MlDsa44Cosigner, SignError, SignatureLine, VerifierKey,
};
use zeroize::Zeroizing;

const PREFIX: &str = "PRIVATE+KEY+";
const ED25519: &[u8] = &[0x04];
const ML_DSA_44: &[u8] = &[0x06];
const CNSA: u8 = 0xff;
const LIMIT: u64 = 64 << 10;

/// A cosigner's secret keys. Never printed.
pub struct CosignerKeys {
    ml_dsa: MlDsa44Cosigner,
    ed25519: Ed25519Cosigner,
    cnsa: Option<CnsaSigner>,
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

    /// Whether there is a key for the `ledger-cnsa-v1` line.
    pub const fn has_cnsa(&self) -> bool {
        self.cnsa.is_some()
    }

    /// All public halves, the key of the `ledger-cnsa-v1` line last.
    pub fn vkeys(&self) -> Vec<String> {
        let mut all: Vec<String> = self.public().iter().map(ToString::to_string).collect();
        all.extend(self.cnsa.iter().map(|key| key.verifier_key().to_string()));
        all
    }

    /// Cosigns a checkpoint at a time, in seconds since 1970; with the SHA-384 root that the caller computed over
    /// the same entries, with the `ledger-cnsa-v1` line too.
    ///
    /// # Errors
    /// [`SignError`].
    pub fn lines(
        &self,
        checkpoint: &Checkpoint,
        time: u64,
        root384: Option<Hash384>,
    ) -> Result<Vec<SignatureLine>, SignError> {
        let mut lines =
            vec![self.ml_dsa.cosign(checkpoint, time)?, self.ed25519.cosign(checkpoint, time)?];
        if let (Some(key), Some(root384)) = (&self.cnsa, root384) {
            lines.push(key.sign_head(checkpoint, root384, time)?);
        }
        Ok(lines)
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
        cnsa: Option<&[u8; 32]>,
    ) -> Result<Self, SignError> {
        Ok(Self {
            cnsa: cnsa.map(|seed| CnsaSigner::from_seed(name.clone(), seed)).transpose()?,
            ml_dsa: MlDsa44Cosigner::from_seed(name.clone(), ml_dsa)?,
            ed25519: Ed25519Cosigner::from_seed(name.clone(), ed25519)?,
        })
    }
}

/// One secret key as Go's `note` package writes it.
fn line(key: &VerifierKey, kind: &[u8], seed: &[u8; 32]) -> Zeroizing<String> {
    let mut data = Zeroizing::new(Vec::with_capacity(64));
    data.extend_from_slice(kind);
    data.extend_from_slice(seed);
    let mut text = Zeroizing::new(format!("{PREFIX}{}+{}+", key.name(), key.id()));
    BASE64.encode_append(&data, &mut text);
    text.push('\n');
    text
}

fn cnsa_kind() -> Vec<u8> {
    [&[CNSA], CNSA_IDENTIFIER.as_slice()].concat()
}

/// Makes a witness's folder with fresh keys of this name. Returns the public halves.
///
/// # Errors
/// Keys are there already, or the name can't be a key's.
pub fn make(folder: &Path, name: &str, random: &dyn Random) -> Result<Vec<String>, OpenError> {
    create(folder, name, random, false)
}

/// Makes a mirror's folder, likewise: it has a third key, for the `ledger-cnsa-v1` line.
///
/// # Errors
/// As [`make`].
pub fn make_mirror(
    folder: &Path,
    name: &str,
    random: &dyn Random,
) -> Result<Vec<String>, OpenError> {
    create(folder, name, random, true)
}

fn create(
    folder: &Path,
    name: &str,
    random: &dyn Random,
    with_cnsa: bool,
) -> Result<Vec<String>, OpenError> {
    let path = folder.join("cosigner.key");
    let wrong = |reason: String| OpenError::Malformed { path: path.clone(), reason };
    // an ML-DSA-44 cosignature has one byte for the length of the name
    let fits = name.len() <= 255;
    let name = KeyName::new(name).map_err(|e| wrong(e.to_string()))?;
    if !fits {
        return Err(wrong("the name has more than 255 bytes".to_owned()));
    }
    let fresh = || {
        let mut seed = Zeroizing::new([0; 32]);
        random.fill(&mut *seed);
        seed
    };
    let (one, two, three) = (fresh(), fresh(), with_cnsa.then(fresh));
    let keys = CosignerKeys::from_seeds(&name, &one, &two, three.as_deref());
    let keys = keys.map_err(|e| wrong(e.to_string()))?;
    let [ml_dsa, ed25519] = keys.public();
    let mut text = line(&ml_dsa, ML_DSA_44, &one);
    text.push_str(&line(&ed25519, ED25519, &two));
    if let (Some(key), Some(seed)) = (&keys.cnsa, &three) {
        text.push_str(&line(key.verifier_key(), &cnsa_kind(), seed));
    }
    files::create(&path, text.as_bytes(), Access::Private)?;
    let public = keys.vkeys();
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
        reason: "not the secret keys that `--make` wrote".to_owned(),
    };
    let mut lines = text.strip_suffix('\n').unwrap_or(&text).split('\n');
    let (Some(one), Some(two), three, None) =
        (lines.next(), lines.next(), lines.next(), lines.next())
    else {
        return Err(wrong());
    };
    let (name, one_id, one) = secret(one, ML_DSA_44).ok_or_else(wrong)?;
    let (other, two_id, two) = secret(two, ED25519).ok_or_else(wrong)?;
    let three = three.map(|line| secret(line, &cnsa_kind()).ok_or_else(wrong)).transpose()?;
    let seed = three.as_ref().map(|(_, _, seed)| &**seed);
    let keys = CosignerKeys::from_seeds(&name, &one, &two, seed).map_err(|_| wrong())?;
    let ids = keys.public().map(|k| k.id().to_string());
    let cnsa = keys.cnsa.as_ref().map(|k| (&name, k.verifier_key().id().to_string()));
    let third = three.as_ref().map(|(name, id, _)| (name, id.clone()));
    if name != other || ids != [one_id, two_id] || cnsa != third {
        return Err(wrong());
    }
    Ok(keys)
}

fn secret(line: &str, kind: &[u8]) -> Option<(KeyName, String, Zeroizing<[u8; 32]>)> {
    let mut parts = line.strip_prefix(PREFIX)?.splitn(3, '+');
    let (name, id, data) = (parts.next()?, parts.next()?, parts.next()?);
    let data = Zeroizing::new(tlog::base64(data)?);
    let seed = Zeroizing::new(<[u8; 32]>::try_from(data.strip_prefix(kind)?).ok()?);
    Some((KeyName::new(name).ok()?, id.to_owned(), seed))
}
