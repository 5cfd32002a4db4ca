//! Secret keys: signing and opening, on native targets only.

use super::{KeyError, NAMES, PublicKeys, check_length, invalid, read_lines, write_lines};
use crate::kem::{Kem, SecretKems};
use crate::random::Random;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair, ML_DSA_87_SIGNING, PqdsaKeyPair};
use std::fmt;
use zeroize::Zeroizing;

const SECRET_MAGIC: &str = "vestibule-secret-keys/v2";

/// A party's secrets. Cleared from memory when dropped; never printed.
pub struct SecretKeys {
    seeds: Seeds,
    ed25519: Ed25519KeyPair,
    ml_dsa_87: PqdsaKeyPair,
    kems: Box<SecretKems>,
    public: PublicKeys,
    /// The party's other keys: older ones, and one that is to come.
    others: Vec<Self>,
}

struct Seeds {
    ed25519: Zeroizing<[u8; 32]>,
    ml_dsa_87: Zeroizing<[u8; 32]>,
    ml_kem_1024: Zeroizing<[u8; 64]>,
    mlkem1024_p384: Zeroizing<[u8; 32]>,
}

impl SecretKeys {
    /// Makes new keys from 160 random bytes.
    ///
    /// # Errors
    /// Only when the cryptographic module refuses to work.
    pub fn generate(random: &mut Random<'_>) -> Result<Self, KeyError> {
        let mut seeds = Seeds {
            ed25519: Zeroizing::new([0; 32]),
            ml_dsa_87: Zeroizing::new([0; 32]),
            ml_kem_1024: Zeroizing::new([0; 64]),
            mlkem1024_p384: Zeroizing::new([0; 32]),
        };
        random(&mut *seeds.ed25519);
        random(&mut *seeds.ml_dsa_87);
        random(&mut *seeds.ml_kem_1024);
        random(&mut *seeds.mlkem1024_p384);
        Self::from_seeds(seeds)
    }

    fn from_seeds(seeds: Seeds) -> Result<Self, KeyError> {
        let [ed_name, dsa_name, _, _] = NAMES;
        let ed25519 = Ed25519KeyPair::from_seed_unchecked(&*seeds.ed25519)
            .map_err(|_| KeyError::Invalid { name: ed_name })?;
        let ml_dsa_87 = PqdsaKeyPair::from_seed(&ML_DSA_87_SIGNING, &*seeds.ml_dsa_87)
            .map_err(|_| KeyError::Invalid { name: dsa_name })?;
        let kems = SecretKems::new(&seeds.ml_kem_1024, &seeds.mlkem1024_p384).map_err(invalid)?;
        let public = PublicKeys::new(
            ed25519.public_key().as_ref(),
            ml_dsa_87.public_key().as_ref(),
            &kems.public(Kem::MlKem1024),
            &kems.public(Kem::MlKem1024P384),
        )?;
        Ok(Self { seeds, ed25519, ml_dsa_87, kems: Box::new(kems), public, others: Vec::new() })
    }

    /// Reads a secret key file.
    ///
    /// # Errors
    /// The first line that is not as it must be, or a bad key.
    pub fn read(text: &str) -> Result<Self, KeyError> {
        let [ed, dsa, pure, hybrid] = read_lines(text, SECRET_MAGIC)?;
        let [ed_name, dsa_name, pure_name, hybrid_name] = NAMES;
        Self::from_seeds(Seeds {
            ed25519: seed(ed_name, &ed)?,
            ml_dsa_87: seed(dsa_name, &dsa)?,
            ml_kem_1024: seed(pure_name, &pure)?,
            mlkem1024_p384: seed(hybrid_name, &hybrid)?,
        })
    }

    /// Writes a secret key file.
    pub fn to_text(&self) -> Zeroizing<String> {
        let Seeds { ed25519, ml_dsa_87, ml_kem_1024, mlkem1024_p384 } = &self.seeds;
        write_lines(SECRET_MAGIC, [&**ed25519, &**ml_dsa_87, &**ml_kem_1024, &**mlkem1024_p384])
    }

    /// These keys with the party's others: what was sealed to an older key is opened with that.
    #[must_use]
    pub fn with_others(mut self, others: Vec<Self>) -> Self {
        self.others = others;
        self
    }

    /// Every key of the party that is here: this one first.
    pub fn all(&self) -> impl Iterator<Item = &Self> {
        std::iter::once(self).chain(&self.others)
    }

    /// The public halves.
    pub const fn public(&self) -> &PublicKeys {
        &self.public
    }

    pub(crate) const fn ed25519(&self) -> &Ed25519KeyPair {
        &self.ed25519
    }
    pub(crate) const fn ml_dsa_87(&self) -> &PqdsaKeyPair {
        &self.ml_dsa_87
    }
    pub(crate) const fn kems(&self) -> &SecretKems {
        &self.kems
    }
}

impl fmt::Debug for SecretKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretKeys(of {})", self.public.fingerprint())
    }
}

fn seed<const N: usize>(name: &'static str, bytes: &[u8]) -> Result<Zeroizing<[u8; N]>, KeyError> {
    check_length(name, bytes, N)?;
    let mut out = Zeroizing::new([0; N]);
    out.copy_from_slice(bytes);
    Ok(out)
}
