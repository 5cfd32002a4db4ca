//! Signing receipts. Secret keys live in the crypto library's key types and are never printed.

use super::{CoseAlgorithm, CoseError, CoseKey};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, ML_DSA_44_SIGNING,
    ML_DSA_65_SIGNING, ML_DSA_87_SIGNING, PqdsaKeyPair,
};
use std::fmt;

/// Whoever can sign a receipt.
pub trait CoseSigner {
    /// The algorithm, as the receipt will say.
    fn algorithm(&self) -> CoseAlgorithm;

    /// The key that others verify with.
    fn key(&self) -> &CoseKey;

    /// Signs the message.
    ///
    /// # Errors
    ///
    /// [`CoseError::Sign`].
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CoseError>;
}

/// P-256 with SHA-256. Its signatures take randomness of the crypto library.
pub struct Es256Signer(EcdsaKeyPair, CoseKey);
/// Ed25519 under the name EdDSA.
pub struct RawEd25519Signer(Ed25519KeyPair, CoseKey);
/// ML-DSA of one of the three parameter sets; hedged with randomness of the crypto library.
pub struct MlDsaSigner(PqdsaKeyPair, CoseAlgorithm, CoseKey);

macro_rules! secret_debug {
    ($($type:ident),*) => {$(
        impl fmt::Debug for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($type), self.algorithm().name())
            }
        }
    )*};
}

secret_debug!(Es256Signer, RawEd25519Signer, MlDsaSigner);

impl Es256Signer {
    /// A signer from the scalar and the point (SEC 1, 65 bytes).
    ///
    /// # Errors
    ///
    /// [`CoseError::Key`].
    pub fn new(scalar: &[u8; 32], point: &[u8; 65]) -> Result<Self, CoseError> {
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let pair = EcdsaKeyPair::from_private_key_and_public_key(algorithm, scalar, point)
            .map_err(|_| CoseError::Key("pair of P-256 does not fit together"))?;
        Ok(Self(pair, CoseKey::raw(CoseAlgorithm::Es256, point)?))
    }
}

impl RawEd25519Signer {
    /// A signer from its seed (RFC 8032's private key).
    ///
    /// # Errors
    ///
    /// [`CoseError::Key`].
    pub fn from_seed(seed: &[u8; 32]) -> Result<Self, CoseError> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed)
            .map_err(|_| CoseError::Key("is no Ed25519 seed"))?;
        let key = CoseKey::raw(CoseAlgorithm::EdDsa, pair.public_key().as_ref())?;
        Ok(Self(pair, key))
    }
}

impl MlDsaSigner {
    /// A signer from its seed (the xi of FIPS 204); the algorithm is an ML-DSA.
    ///
    /// # Errors
    ///
    /// [`CoseError::Key`], [`CoseError::Algorithm`].
    pub fn from_seed(algorithm: CoseAlgorithm, seed: &[u8; 32]) -> Result<Self, CoseError> {
        let signing = match algorithm {
            CoseAlgorithm::MlDsa44 => &ML_DSA_44_SIGNING,
            CoseAlgorithm::MlDsa65 => &ML_DSA_65_SIGNING,
            CoseAlgorithm::MlDsa87 => &ML_DSA_87_SIGNING,
            CoseAlgorithm::Es256
            | CoseAlgorithm::Esp256
            | CoseAlgorithm::EdDsa
            | CoseAlgorithm::Ed25519 => {
                return Err(CoseError::Algorithm(algorithm.name().to_owned()));
            }
        };
        let pair = PqdsaKeyPair::from_seed(signing, seed)
            .map_err(|_| CoseError::Key("is no ML-DSA seed"))?;
        let key = CoseKey::raw(algorithm, pair.public_key().as_ref())?;
        Ok(Self(pair, algorithm, key))
    }
}

impl CoseSigner for Es256Signer {
    fn algorithm(&self) -> CoseAlgorithm {
        CoseAlgorithm::Es256
    }
    fn key(&self) -> &CoseKey {
        &self.1
    }
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CoseError> {
        let signature = self.0.sign(&SystemRandom::new(), message);
        Ok(signature.map_err(|_| CoseError::Sign)?.as_ref().to_vec())
    }
}

impl CoseSigner for RawEd25519Signer {
    fn algorithm(&self) -> CoseAlgorithm {
        CoseAlgorithm::EdDsa
    }
    fn key(&self) -> &CoseKey {
        &self.1
    }
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CoseError> {
        Ok(self.0.sign(message).as_ref().to_vec())
    }
}

impl CoseSigner for MlDsaSigner {
    fn algorithm(&self) -> CoseAlgorithm {
        self.1
    }
    fn key(&self) -> &CoseKey {
        &self.2
    }
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, CoseError> {
        let mut signature = vec![0; self.0.algorithm().signature_len()];
        self.0.sign(message, &mut signature).map_err(|_| CoseError::Sign)?;
        Ok(signature)
    }
}
