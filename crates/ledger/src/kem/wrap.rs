//! Wrapping and unwrapping, on native targets only.

use super::{Kem, PublicKems};
use crate::random::{Random, Source};
use hpke::aead::AesGcm256;
use hpke::kdf::HkdfSha384;
use hpke::kem::{MlKem1024, MlKem1024P384};
use hpke::{Deserializable, Kem as HpkeKem, OpModeR, OpModeS, Serializable};
use zeroize::Zeroizing;

/// The decapsulation keys of a reader. Both erase themselves.
pub(crate) struct SecretKems {
    pure: <MlKem1024 as HpkeKem>::PrivateKey,
    pub(super) hybrid: <MlKem1024P384 as HpkeKem>::PrivateKey,
}

/// A secret as it was wrapped.
pub(crate) struct Wrapped {
    pub(crate) encapsulated: Vec<u8>,
    pub(crate) wrapped: Vec<u8>,
}

impl PublicKems {
    /// Wraps a secret; `None` for a key that does not take part.
    pub(crate) fn wrap(
        &self,
        kem: Kem,
        info: &[u8],
        secret: &[u8],
        random: &mut Random<'_>,
    ) -> Option<Wrapped> {
        match kem {
            Kem::MlKem1024 => wrap::<MlKem1024>(&self.pure, info, secret, random),
            Kem::MlKem1024P384 => wrap::<MlKem1024P384>(&self.hybrid, info, secret, random),
        }
    }
}

impl SecretKems {
    /// Keys from their seeds; the name of the one that is none.
    pub(crate) fn new(pure: &[u8; 64], hybrid: &[u8; 32]) -> Result<Self, Kem> {
        let pure = <MlKem1024 as HpkeKem>::PrivateKey::from_bytes(pure);
        let hybrid = <MlKem1024P384 as HpkeKem>::PrivateKey::from_bytes(hybrid);
        Ok(Self {
            pure: pure.map_err(|_| Kem::MlKem1024)?,
            hybrid: hybrid.map_err(|_| Kem::MlKem1024P384)?,
        })
    }

    /// The encapsulation key's bytes.
    pub(crate) fn public(&self, kem: Kem) -> Vec<u8> {
        match kem {
            Kem::MlKem1024 => MlKem1024::sk_to_pk(&self.pure).to_bytes().to_vec(),
            Kem::MlKem1024P384 => MlKem1024P384::sk_to_pk(&self.hybrid).to_bytes().to_vec(),
        }
    }

    /// Unwraps a secret; `None` when it was wrapped for another key or under other information.
    pub(crate) fn unwrap(
        &self,
        kem: Kem,
        info: &[u8],
        encapsulated: &[u8],
        wrapped: &[u8],
    ) -> Option<Zeroizing<Vec<u8>>> {
        match kem {
            Kem::MlKem1024 => unwrap::<MlKem1024>(&self.pure, info, encapsulated, wrapped),
            Kem::MlKem1024P384 => {
                unwrap::<MlKem1024P384>(&self.hybrid, info, encapsulated, wrapped)
            }
        }
    }
}

pub(super) fn wrap<K: HpkeKem>(
    key: &K::PublicKey,
    info: &[u8],
    secret: &[u8],
    random: &mut Random<'_>,
) -> Option<Wrapped> {
    let mut source = Source(random);
    let (encapsulated, wrapped) = hpke::single_shot_seal_with_rng::<AesGcm256, HkdfSha384, K>(
        &OpModeS::Base,
        key,
        info,
        secret,
        &[],
        &mut source,
    )
    .ok()?;
    Some(Wrapped { encapsulated: encapsulated.to_bytes().to_vec(), wrapped })
}

pub(super) fn unwrap<K: HpkeKem>(
    key: &K::PrivateKey,
    info: &[u8],
    encapsulated: &[u8],
    wrapped: &[u8],
) -> Option<Zeroizing<Vec<u8>>> {
    let encapsulated = K::EncappedKey::from_bytes(encapsulated).ok()?;
    hpke::single_shot_open::<AesGcm256, HkdfSha384, K>(
        &OpModeR::Base,
        key,
        &encapsulated,
        info,
        wrapped,
        &[],
    )
    .ok()
    .map(Zeroizing::new)
}
