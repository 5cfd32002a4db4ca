//! Signing the CNSA line.

use super::{CNSA_IDENTIFIER, CNSA_KIND, CnsaHead, CnsaVerifier, cnsa_message};
use crate::cosignature::join_time;
use crate::{Checkpoint, Hash384, KeyName, MLDSA87_SIGNATURE_LEN, NoteSigner, PublicKey};
use crate::{SignError, SignatureLine, VerifierKey};
use aws_lc_rs::signature::{KeyPair, ML_DSA_87_SIGNING, PqdsaKeyPair};
use std::fmt;

/// A secret key for the CNSA line. Never printed.
pub struct CnsaSigner {
    pair: PqdsaKeyPair,
    public: VerifierKey,
}

impl CnsaSigner {
    /// A signer from its 32-byte seed (the xi of FIPS 204).
    ///
    /// # Errors
    ///
    /// [`SignError::Seed`].
    pub fn from_seed(name: KeyName, seed: &[u8; 32]) -> Result<Self, SignError> {
        let wrong = || SignError::Seed(name.to_string());
        let pair = PqdsaKeyPair::from_seed(&ML_DSA_87_SIGNING, seed).map_err(|_| wrong())?;
        let bytes = [CNSA_IDENTIFIER, pair.public_key().as_ref()].concat();
        let public = PublicKey::new(CNSA_KIND, &bytes).ok_or_else(wrong)?;
        let public = VerifierKey::new(name, public);
        Ok(Self { pair, public })
    }

    /// The key that others verify with.
    pub const fn verifier_key(&self) -> &VerifierKey {
        &self.public
    }

    /// The key that others verify with, as one of this line.
    pub fn verifier(&self) -> CnsaVerifier {
        CnsaVerifier { key: self.public.clone() }
    }

    /// Signs a checkpoint together with the SHA-384 root over the same leaves, at a time in seconds since 1970.
    /// That both roots are those of the tree is for the caller to know: sign no root that you did not compute.
    ///
    /// # Errors
    ///
    /// [`SignError::Fields`] when [`cnsa_message`] gives none or the checkpoint has extension lines, or
    /// [`SignError::Failed`]. Signatures are hedged with randomness of the crypto library (FIPS 204 §3.4).
    pub fn sign_head(
        &self,
        checkpoint: &Checkpoint,
        root384: Hash384,
        time: u64,
    ) -> Result<SignatureLine, SignError> {
        let (size, root) = (checkpoint.size(), checkpoint.root());
        let head = CnsaHead { time, size, root, root384 };
        let name = self.public.name().clone();
        let message = cnsa_message(name.as_str(), checkpoint.origin(), &head);
        let message = message.filter(|_| checkpoint.extensions().is_empty());
        let message = message.ok_or(SignError::Fields)?;
        let mut signature = vec![0; MLDSA87_SIGNATURE_LEN];
        let failed = |_| SignError::Failed(name.to_string());
        self.pair.sign(&message, &mut signature).map_err(failed)?;
        let signature = [root384.as_bytes().as_slice(), &signature].concat();
        let id = self.public.id();
        Ok(SignatureLine { name, id, signature: join_time(time, &signature) })
    }

    /// This signer for one tree, to sign its checkpoint with.
    pub const fn at(&self, time: u64, root384: Hash384) -> CnsaAt<'_> {
        CnsaAt { signer: self, time, root384 }
    }
}

impl fmt::Debug for CnsaSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "CnsaSigner({})", self.public.name())
    }
}

/// A [`CnsaSigner`] at a fixed time for one SHA-384 root, which makes it a signer of notes.
#[derive(Debug)]
pub struct CnsaAt<'a> {
    signer: &'a CnsaSigner,
    time: u64,
    root384: Hash384,
}

impl NoteSigner for CnsaAt<'_> {
    fn verifier_key(&self) -> &VerifierKey {
        &self.signer.public
    }

    fn sign(&self, text: &str) -> Result<Vec<u8>, SignError> {
        let checkpoint = Checkpoint::parse(text).map_err(|_| SignError::NotACheckpoint)?;
        Ok(self.signer.sign_head(&checkpoint, self.root384, self.time)?.signature)
    }
}
