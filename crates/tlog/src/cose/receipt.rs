//! Receipts of inclusion and of consistency (RFC 9942 §5).

use super::item::Item;
#[cfg(not(target_arch = "wasm32"))]
use super::item::write;
#[cfg(not(target_arch = "wasm32"))]
use super::sign1::write_sign1;
use super::sign1::{KID, Sign1, VDS};
use super::{CoseAlgorithm, CoseError, CoseKey, MAX_COSE_PROOFS, MAX_COSE_RECEIPT};
use crate::Hash;
use crate::merkle::{self, MAX_PROOF};

/// The header with the proofs, and the two types of them.
const VDP: i128 = 396;
const INCLUSION: i128 = -1;
const CONSISTENCY: i128 = -2;
/// `RFC9162_SHA256`.
const RFC9162_SHA256: i128 = 1;

/// A receipt, read and not yet believed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoseReceipt {
    signed: Sign1,
    algorithm: CoseAlgorithm,
    inclusion: Vec<CoseInclusion>,
    consistency: Vec<CoseConsistency>,
}

/// That a leaf is in a tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoseInclusion {
    /// Leaves in the tree.
    pub size: u64,
    /// Which of them it is.
    pub index: u64,
    /// The hashes beside the way up, lowest first.
    pub path: Vec<Hash>,
}

/// That a tree goes on from an older one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoseConsistency {
    /// Leaves in the older tree.
    pub old_size: u64,
    /// Leaves in the newer tree.
    pub new_size: u64,
    /// The hashes of the proof.
    pub path: Vec<Hash>,
}

impl CoseReceipt {
    /// Reads a receipt.
    ///
    /// # Errors
    ///
    /// [`CoseError`] says what is malformed, unknown or not understood.
    pub fn parse(bytes: &[u8]) -> Result<Self, CoseError> {
        let signed = Sign1::parse(bytes, MAX_COSE_RECEIPT)?;
        let algorithm = signed.algorithm()?;
        match signed.protected.get(VDS) {
            Some(Item::Int(RFC9162_SHA256)) => {}
            Some(other) => return Err(CoseError::Structure(other.shown())),
            None => return Err(CoseError::Structure("(header 395, protected) missing".to_owned())),
        }
        let wanted = CoseError::Shape {
            part: "header 396, unprotected,",
            wanted: "a map of proofs: inclusion (-1), consistency (-2)",
        };
        let Some(Item::Map(types)) = signed.unprotected.get(VDP) else { return Err(wanted) };
        let (mut inclusion, mut consistency) = (Vec::new(), Vec::new());
        for (kind, proofs) in types {
            match kind.int() {
                Some(INCLUSION) => inclusion = list(proofs, inclusion_proof)?,
                Some(CONSISTENCY) => consistency = list(proofs, consistency_proof)?,
                Some(_) | None => return Err(wanted),
            }
        }
        if inclusion.is_empty() && consistency.is_empty() {
            return Err(wanted);
        }
        Ok(Self { signed, algorithm, inclusion, consistency })
    }

    /// The algorithm of its signature.
    pub const fn algorithm(&self) -> CoseAlgorithm {
        self.algorithm
    }

    /// The hint at the key (header 4), which proves nothing.
    pub fn key_id(&self) -> Option<&[u8]> {
        self.signed.protected.get(KID).or_else(|| self.signed.unprotected.get(KID))?.bytes()
    }

    /// Its inclusion proofs.
    pub fn inclusion(&self) -> &[CoseInclusion] {
        &self.inclusion
    }

    /// Its consistency proofs.
    pub fn consistency(&self) -> &[CoseConsistency] {
        &self.consistency
    }

    /// Verifies that the leaf with this hash is in a tree whose root the key signed: the proof and the root.
    ///
    /// # Errors
    ///
    /// [`CoseError`].
    pub fn verify_inclusion(
        &self,
        leaf: &Hash,
        key: &CoseKey,
    ) -> Result<(&CoseInclusion, Hash), CoseError> {
        self.first("inclusion", &self.inclusion, key, |proof| {
            merkle::root_from_inclusion_proof(leaf, proof.index, proof.size, &proof.path)
        })
    }

    /// Verifies that a tree whose root the key signed goes on from the tree with this root: the proof and
    /// the newer root.
    ///
    /// # Errors
    ///
    /// [`CoseError`].
    pub fn verify_consistency(
        &self,
        old_root: &Hash,
        key: &CoseKey,
    ) -> Result<(&CoseConsistency, Hash), CoseError> {
        self.first("consistency", &self.consistency, key, |proof| {
            let (old, new) = (proof.old_size, proof.new_size);
            merkle::root_from_consistency_proof(old, new, old_root, &proof.path)
        })
    }

    /// The first proof that leads to a root which the key signed.
    fn first<'a, P>(
        &self,
        kind: &'static str,
        proofs: &'a [P],
        key: &CoseKey,
        root: impl Fn(&P) -> Result<Hash, crate::ProofError>,
    ) -> Result<(&'a P, Hash), CoseError> {
        if !key.fits(self.algorithm) {
            return Err(CoseError::Algorithm(self.algorithm.name().to_owned()));
        }
        let mut failed = CoseError::NoProof(kind);
        for proof in proofs {
            match root(proof).map_err(CoseError::Proof).and_then(|root| self.signs(root, key)) {
                Ok(root) => return Ok((proof, root)),
                Err(why) => failed = why,
            }
        }
        Err(failed)
    }

    fn signs(&self, root: Hash, key: &CoseKey) -> Result<Hash, CoseError> {
        if self.signed.payload.is_some() {
            return Err(CoseError::Payload);
        }
        let message = self.signed.message(root.as_bytes());
        if key.verify(&message, &self.signed.signature) {
            Ok(root)
        } else {
            Err(CoseError::Signature)
        }
    }

    /// Writes a receipt of inclusion, signed, deterministic but for the signature, with the root left out.
    ///
    /// # Errors
    ///
    /// [`CoseError::Proof`] when the proof does not lead to `root`; [`CoseError::Sign`].
    #[cfg(not(target_arch = "wasm32"))]
    pub fn sign_inclusion(
        leaf: &Hash,
        proof: &CoseInclusion,
        root: &Hash,
        signer: &dyn super::CoseSigner,
    ) -> Result<Vec<u8>, CoseError> {
        let CoseInclusion { size, index, path } = proof;
        merkle::verify_inclusion(leaf, *index, *size, root, path).map_err(CoseError::Proof)?;
        signed(INCLUSION, (*size, *index), path, root, signer)
    }

    /// Writes a receipt of consistency, signed, deterministic but for the signature, with the root left out.
    ///
    /// # Errors
    ///
    /// [`CoseError::Proof`] when the proof does not lead to `root`; [`CoseError::Sign`].
    #[cfg(not(target_arch = "wasm32"))]
    pub fn sign_consistency(
        old_root: &Hash,
        proof: &CoseConsistency,
        root: &Hash,
        signer: &dyn super::CoseSigner,
    ) -> Result<Vec<u8>, CoseError> {
        let CoseConsistency { old_size, new_size, path } = proof;
        merkle::verify_consistency(*old_size, *new_size, old_root, root, path)
            .map_err(CoseError::Proof)?;
        signed(CONSISTENCY, (*old_size, *new_size), path, root, signer)
    }
}

/// Reads the proofs of one type, each a byte string that holds CBOR.
fn list<P>(
    proofs: &Item,
    read: fn(u64, u64, Vec<Hash>) -> Result<P, CoseError>,
) -> Result<Vec<P>, CoseError> {
    let several = CoseError::Shape {
        part: "the proofs of one type",
        wanted: "an array of 1 to 64 byte strings",
    };
    let proofs = proofs.array().filter(|p| (1..=MAX_COSE_PROOFS).contains(&p.len()));
    let mut out = Vec::new();
    for proof in proofs.ok_or(several.clone())? {
        let proof = Item::read(proof.bytes().ok_or(several.clone())?, MAX_COSE_RECEIPT)?;
        let wanted =
            CoseError::Shape { part: "a proof", wanted: "two sizes and an array of hashes" };
        let Some([one, two, Item::Array(path)]) = proof.array() else { return Err(wanted) };
        let (Some(one), Some(two)) = (one.size(), two.size()) else { return Err(wanted) };
        let path: Option<Vec<Hash>> = path
            .iter()
            .take(MAX_PROOF + 1)
            .map(|hash| hash.bytes().and_then(Hash::from_slice))
            .collect();
        out.push(read(one, two, path.ok_or(wanted)?)?);
    }
    Ok(out)
}

fn inclusion_proof(size: u64, index: u64, path: Vec<Hash>) -> Result<CoseInclusion, CoseError> {
    Ok(CoseInclusion { size, index, path })
}

fn consistency_proof(
    old_size: u64,
    new_size: u64,
    path: Vec<Hash>,
) -> Result<CoseConsistency, CoseError> {
    if path.is_empty() {
        let wanted = "at least one hash (RFC 9162 §2.1.4.2)";
        return Err(CoseError::Shape { part: "a consistency path", wanted });
    }
    Ok(CoseConsistency { old_size, new_size, path })
}

/// A receipt over a proof that was checked.
#[cfg(not(target_arch = "wasm32"))]
fn signed(
    kind: i128,
    sizes: (u64, u64),
    path: &[Hash],
    root: &Hash,
    signer: &dyn super::CoseSigner,
) -> Result<Vec<u8>, CoseError> {
    let label = |value: i128| i64::try_from(value).expect("labels are small");
    let proof = write(|e| {
        e.array(3)?.u64(sizes.0)?.u64(sizes.1)?;
        e.array(u64::try_from(path.len()).unwrap_or(u64::MAX))?;
        path.iter().try_for_each(|hash| e.bytes(hash.as_bytes()).map(|_| ()))
    });
    let protected = write(|e| {
        let id = i64::from(signer.algorithm().id());
        e.map(2)?.i64(label(super::sign1::ALG))?.i64(id)?;
        e.i64(label(VDS))?.i64(label(RFC9162_SHA256))?;
        Ok(())
    });
    let unprotected = write(|e| {
        e.map(1)?.i64(label(VDP))?.map(1)?.i64(label(kind))?.array(1)?.bytes(&proof)?;
        Ok(())
    });
    let message = super::sign1::sig_structure(&protected, root.as_bytes());
    let signature = signer.sign(&message)?;
    Ok(write_sign1(&protected, &unprotected, None, &signature))
}
