//! Signing notes. Secret keys live in the crypto library's key types and are never printed.

use crate::cosignature::{cosignature_v1_message, join_time, subtree_v1_message};
use crate::{Checkpoint, Hash, KeyName, MLDSA44_SIGNATURE_LEN, Note, NoteError, PublicKey};
use crate::{SignatureLine, VerifierKey};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair, ML_DSA_44_SIGNING, PqdsaKeyPair};
use std::fmt;

/// Whoever can sign the text of a note.
pub trait NoteSigner {
    /// The key that others verify with.
    fn verifier_key(&self) -> &VerifierKey;

    /// Signs the text, which ends in a newline: the bytes after the key id.
    ///
    /// # Errors
    ///
    /// [`SignError`].
    fn sign(&self, text: &str) -> Result<Vec<u8>, SignError>;

    /// Signs the text as a whole signature line.
    ///
    /// # Errors
    ///
    /// [`SignError`].
    fn sign_line(&self, text: &str) -> Result<SignatureLine, SignError> {
        let (name, id) = (self.verifier_key().name().clone(), self.verifier_key().id());
        Ok(SignatureLine { name, id, signature: self.sign(text)? })
    }
}

/// Why something was not signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignError {
    /// Cosignatures are only over checkpoints, and this text is none.
    #[error("only a checkpoint can be cosigned")]
    NotACheckpoint,
    /// The cosignature's fields do not fit: see [`subtree_v1_message`].
    #[error("name, time or range do not fit a cosignature")]
    Fields,
    /// The seed is not a key.
    #[error("the seed of `{0}` is not a usable key")]
    Seed(String),
    /// The crypto library or key device refused.
    #[error("the key `{0}` could not sign")]
    Failed(String),
    /// The signed note would be malformed.
    #[error("the note to be signed")]
    Note(#[from] NoteError),
}

/// Signs a text with every signer, in order.
///
/// # Errors
///
/// [`SignError`] from the first signer that fails, or when the text can't be a note.
pub fn sign_note(text: String, signers: &[&dyn NoteSigner]) -> Result<Note, SignError> {
    let mut lines = Vec::with_capacity(signers.len());
    for signer in signers {
        lines.push(signer.sign_line(&text)?);
    }
    Ok(Note::new(text, lines)?)
}

macro_rules! secret_debug {
    ($($type:ident),*) => {$(
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($type), self.public.name())
            }
        }
    )*};
}

/// Type 0x01: an Ed25519 key that signs notes.
pub struct Ed25519Signer {
    pair: Ed25519KeyPair,
    public: VerifierKey,
}

/// Type 0x04: an Ed25519 key that cosigns checkpoints.
pub struct Ed25519Cosigner {
    pair: Ed25519KeyPair,
    public: VerifierKey,
}

/// Type 0x06: an ML-DSA-44 key that cosigns checkpoints and subtrees.
pub struct MlDsa44Cosigner {
    pair: PqdsaKeyPair,
    public: VerifierKey,
}

secret_debug!(Ed25519Signer, Ed25519Cosigner, MlDsa44Cosigner);

fn ed25519(
    name: &KeyName,
    kind: u8,
    seed: &[u8; 32],
) -> Result<(Ed25519KeyPair, VerifierKey), SignError> {
    let wrong = || SignError::Seed(name.to_string());
    let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| wrong())?;
    let public = PublicKey::new(kind, pair.public_key().as_ref()).ok_or_else(wrong)?;
    Ok((pair, VerifierKey::new(name.clone(), public)))
}

impl Ed25519Signer {
    /// A signer from its 32-byte seed (RFC 8032's private key).
    ///
    /// # Errors
    ///
    /// [`SignError::Seed`].
    pub fn from_seed(name: KeyName, seed: &[u8; 32]) -> Result<Self, SignError> {
        let (pair, public) = ed25519(&name, 0x01, seed)?;
        Ok(Self { pair, public })
    }
}

impl NoteSigner for Ed25519Signer {
    fn verifier_key(&self) -> &VerifierKey {
        &self.public
    }

    fn sign(&self, text: &str) -> Result<Vec<u8>, SignError> {
        Ok(self.pair.sign(text.as_bytes()).as_ref().to_vec())
    }
}

impl Ed25519Cosigner {
    /// A cosigner from its 32-byte seed.
    ///
    /// # Errors
    ///
    /// [`SignError::Seed`].
    pub fn from_seed(name: KeyName, seed: &[u8; 32]) -> Result<Self, SignError> {
        let (pair, public) = ed25519(&name, 0x04, seed)?;
        Ok(Self { pair, public })
    }

    /// The key that others verify with.
    pub const fn verifier_key(&self) -> &VerifierKey {
        &self.public
    }

    /// Cosigns a checkpoint at a time, in seconds since 1970.
    ///
    /// # Errors
    ///
    /// [`SignError::Fields`] for a time above 2^63 - 1.
    pub fn cosign(&self, checkpoint: &Checkpoint, time: u64) -> Result<SignatureLine, SignError> {
        if i64::try_from(time).is_err() {
            return Err(SignError::Fields);
        }
        let message = cosignature_v1_message(time, &checkpoint.to_string());
        let signature = join_time(time, self.pair.sign(&message).as_ref());
        Ok(SignatureLine { name: self.public.name().clone(), id: self.public.id(), signature })
    }
}

impl MlDsa44Cosigner {
    /// A cosigner from its 32-byte seed (the xi of FIPS 204).
    ///
    /// # Errors
    ///
    /// [`SignError::Seed`].
    pub fn from_seed(name: KeyName, seed: &[u8; 32]) -> Result<Self, SignError> {
        let wrong = || SignError::Seed(name.to_string());
        let pair = PqdsaKeyPair::from_seed(&ML_DSA_44_SIGNING, seed).map_err(|_| wrong())?;
        let public = PublicKey::new(0x06, pair.public_key().as_ref()).ok_or_else(wrong)?;
        let public = VerifierKey::new(name, public);
        Ok(Self { pair, public })
    }

    /// The key that others verify with.
    pub const fn verifier_key(&self) -> &VerifierKey {
        &self.public
    }

    /// Cosigns a checkpoint at a time, in seconds since 1970; 0 claims no time.
    ///
    /// # Errors
    ///
    /// [`SignError::Fields`] or [`SignError::Failed`].
    pub fn cosign(&self, checkpoint: &Checkpoint, time: u64) -> Result<SignatureLine, SignError> {
        let range = (0, checkpoint.size());
        self.cosign_subtree(checkpoint.origin(), range, &checkpoint.root(), time)
    }

    /// Cosigns the leaves `start..end` of a log; the time is 0 unless `start` is.
    ///
    /// # Errors
    ///
    /// [`SignError::Fields`] or [`SignError::Failed`].
    pub fn cosign_subtree(
        &self,
        origin: &str,
        range: (u64, u64),
        hash: &Hash,
        time: u64,
    ) -> Result<SignatureLine, SignError> {
        let name = self.public.name().clone();
        let message = subtree_v1_message(name.as_str(), time, origin, range, hash);
        let message = message.ok_or(SignError::Fields)?;
        let mut signature = vec![0; MLDSA44_SIGNATURE_LEN];
        let failed = |_| SignError::Failed(name.to_string());
        self.pair.sign(&message, &mut signature).map_err(failed)?;
        let id = self.public.id();
        Ok(SignatureLine { name, id, signature: join_time(time, &signature) })
    }
}

/// A cosigner at a fixed time, which makes it a signer of notes. See [`MlDsa44Cosigner::at`].
#[derive(Debug)]
pub struct At<'a, C> {
    cosigner: &'a C,
    time: u64,
}

macro_rules! at {
    ($($type:ident),*) => {$(
        impl $type {
            /// This cosigner at a time, in seconds since 1970, to sign a log's own checkpoints with.
            pub const fn at(&self, time: u64) -> At<'_, Self> {
                At { cosigner: self, time }
            }
        }

        impl NoteSigner for At<'_, $type> {
            fn verifier_key(&self) -> &VerifierKey {
                &self.cosigner.public
            }

            fn sign(&self, text: &str) -> Result<Vec<u8>, SignError> {
                let checkpoint = Checkpoint::parse(text).map_err(|_| SignError::NotACheckpoint)?;
                Ok(self.cosigner.cosign(&checkpoint, self.time)?.signature)
            }
        }
    )*};
}

at!(Ed25519Cosigner, MlDsa44Cosigner);
