//! The log's own key: an Ed25519 note signer whose name is the log's origin (c2sp.org/signed-note).
//!
//! The public form is a vkey, `name+id+base64`. The secret form is the one that Go's `note` package and
//! the tools around it use, `PRIVATE+KEY+name+id+base64`, so that keys can move between programs.

use crate::plan::TreeHead;
use crate::random::Random;
use data_encoding::BASE64;
use std::fmt;
use tlog::{
    Checkpoint, CheckpointError, Ed25519Signer, Hash, KeyName, NoteSigner, PublicKey,
    SignedCheckpoint, VerifierKey,
};
use zeroize::Zeroizing;

const SECRET_PREFIX: &str = "PRIVATE+KEY+";
const ED25519: u8 = 0x01;

/// A log's name with the key that signs its checkpoints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogVerifier {
    key: VerifierKey,
}

/// The secret key that signs a log's checkpoints. Never printed.
pub struct LogSigner {
    seed: Zeroizing<[u8; 32]>,
    signer: Ed25519Signer,
}

/// Why a log's key was refused. Never shows any part of a secret.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum LogKeyError {
    /// Not a vkey.
    #[error("not a C2SP verifier key: {0}")]
    Vkey(String),
    /// A key of another type.
    #[error("the key has signature type 0x{0:02x}; a log's own key is Ed25519, type 0x01")]
    Type(u8),
    /// The name can't be a log's origin.
    #[error(
        "`{0}` can't be a log's name: 1 to 255 bytes without `+`, spaces or control characters"
    )]
    Name(String),
    /// Not a secret key.
    #[error("not the secret key of a log: `{SECRET_PREFIX}<name>+<id>+<base64>` is needed")]
    Secret,
    /// The id is not that of name and key.
    #[error("the key's id is not that of its name and key; copy the whole line again")]
    Id,
}

impl LogVerifier {
    /// Reads a vkey.
    ///
    /// # Errors
    /// See [`LogKeyError`].
    pub fn read(vkey: &str) -> Result<Self, LogKeyError> {
        let key: VerifierKey =
            vkey.parse().map_err(|e: tlog::KeyError| LogKeyError::Vkey(e.to_string()))?;
        match key.key() {
            PublicKey::Ed25519(_) => {}
            other @ (PublicKey::Ed25519Cosignature(_)
            | PublicKey::MlDsa44Cosignature(_)
            | PublicKey::Other(..)) => return Err(LogKeyError::Type(other.kind())),
        }
        check_name(key.name().as_str())?;
        Ok(Self { key })
    }

    /// Writes the vkey.
    pub fn to_text(&self) -> String {
        self.key.to_string()
    }

    /// The log's name, the first line of its checkpoints.
    pub fn origin(&self) -> &str {
        self.key.name().as_str()
    }

    /// Verifies a checkpoint of this log.
    ///
    /// # Errors
    /// Malformed, of another log, or not signed by this key.
    pub fn open(&self, note: &[u8]) -> Result<TreeHead, CheckpointError> {
        self.check(&SignedCheckpoint::parse(note)?)
    }

    pub(crate) fn check(&self, signed: &SignedCheckpoint) -> Result<TreeHead, CheckpointError> {
        signed.verify(std::slice::from_ref(&self.key))?;
        let checkpoint = signed.checkpoint();
        Ok(TreeHead { size: checkpoint.size(), root: *checkpoint.root().as_bytes() })
    }
}

impl LogSigner {
    /// Makes a new key for the log called `origin`.
    ///
    /// # Errors
    /// [`LogKeyError::Name`].
    pub fn generate(origin: &str, random: &mut Random<'_>) -> Result<Self, LogKeyError> {
        let mut seed = Zeroizing::new([0; 32]);
        random(&mut *seed);
        Self::from_seed(origin, seed)
    }

    fn from_seed(origin: &str, seed: Zeroizing<[u8; 32]>) -> Result<Self, LogKeyError> {
        check_name(origin)?;
        let name = KeyName::new(origin).map_err(|_| LogKeyError::Name(origin.to_owned()))?;
        let signer = Ed25519Signer::from_seed(name, &seed).map_err(|_| LogKeyError::Secret)?;
        Ok(Self { seed, signer })
    }

    /// Reads a secret key, with or without a final line feed.
    ///
    /// # Errors
    /// See [`LogKeyError`].
    pub fn read(text: &str) -> Result<Self, LogKeyError> {
        let line = text.strip_suffix('\n').unwrap_or(text);
        let rest = line.strip_prefix(SECRET_PREFIX).ok_or(LogKeyError::Secret)?;
        let mut parts = rest.splitn(3, '+');
        let (Some(origin), Some(id), Some(data)) = (parts.next(), parts.next(), parts.next())
        else {
            return Err(LogKeyError::Secret);
        };
        let data = Zeroizing::new(BASE64.decode(data.as_bytes()).map_err(|_| LogKeyError::Secret)?);
        let mut seed = Zeroizing::new([0; 32]);
        match data.split_first() {
            Some((&ED25519, bytes)) if bytes.len() == seed.len() => seed.copy_from_slice(bytes),
            _ => return Err(LogKeyError::Secret),
        }
        let signer = Self::from_seed(origin, seed)?;
        if signer.signer.verifier_key().id().to_string() == id {
            Ok(signer)
        } else {
            Err(LogKeyError::Id)
        }
    }

    /// Writes the secret key and a line feed.
    pub fn to_text(&self) -> Zeroizing<String> {
        let key = self.signer.verifier_key();
        let mut data = Zeroizing::new(Vec::with_capacity(33));
        data.push(ED25519);
        data.extend_from_slice(&*self.seed);
        let mut text = Zeroizing::new(String::with_capacity(512));
        text.push_str(SECRET_PREFIX);
        text.push_str(&format!("{}+{}+", key.name(), key.id()));
        BASE64.encode_append(&data, &mut text);
        text.push('\n');
        text
    }

    /// The public half.
    pub fn verifier(&self) -> LogVerifier {
        LogVerifier { key: self.signer.verifier_key().clone() }
    }

    /// The log's name.
    pub fn origin(&self) -> &str {
        self.signer.verifier_key().name().as_str()
    }

    /// Signs a tree head: the bytes of a checkpoint.
    pub(crate) fn sign(&self, head: TreeHead) -> Result<Vec<u8>, String> {
        let checkpoint = Checkpoint::new(self.origin(), head.size, Hash::from_bytes(head.root))
            .map_err(|e| e.to_string())?;
        let signed = checkpoint.sign(&[&self.signer]).map_err(|e| e.to_string())?;
        Ok(signed.note().to_string().into_bytes())
    }
}

impl fmt::Debug for LogSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LogSigner(of {})", self.signer.verifier_key().name())
    }
}

fn check_name(name: &str) -> Result<(), LogKeyError> {
    let wrong = || LogKeyError::Name(name.chars().take(60).collect());
    match Checkpoint::new(name, 0, Hash::EMPTY_ROOT) {
        Ok(_) if KeyName::new(name).is_ok() => Ok(()),
        _ => Err(wrong()),
    }
}

#[cfg(test)]
mod tests;
