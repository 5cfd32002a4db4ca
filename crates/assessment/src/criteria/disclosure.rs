//! Opening one family and nothing else.
//!
//! Its holder can check that these cells, with these parameters, are in the bank that was sealed, and, when the
//! family's seed is in it, make each of its instances again. Of the rest it shows hashes under salts that it does
//! not hold, so not even a guess at another family, the rule or the threshold can be confirmed with it.

use super::parts::{PARTS, above, family_salt, leaves, node, over};
use super::{Fault, Opening};
use crate::family::{Instance, family};
use crate::seed::{FamilySeed, MasterSeed};
use domain::{Digest, RunId};
use minicbor::{Decode, Encode};
use std::fmt;

pub use super::parts::{FamilyCell, FamilyPart};

/// One family of a sealed bank, opened by itself.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct Disclosure {
    /// The run.
    #[n(0)]
    pub run: RunId,
    /// The family.
    #[n(1)]
    pub part: FamilyPart,
    /// The salt of its part.
    #[cbor(n(2), with = "minicbor::bytes")]
    pub salt: [u8; 32],
    /// The place of its leaf in the tree over the families.
    #[n(3)]
    pub leaf: u32,
    /// The other hashes on the way to the tree's root, from below.
    #[n(4)]
    pub path: Vec<Digest>,
    /// The commitments of the other parts, in order.
    #[n(5)]
    pub others: Vec<Digest>,
    /// The family's seed, when its instances are opened too.
    #[n(6)]
    pub seed: Option<FamilyOpening>,
}

/// A family's seed with the salt that opens its commitment.
#[derive(Clone, PartialEq, Eq, Encode, Decode)]
pub struct FamilyOpening {
    /// The seed.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub seed: [u8; 32],
    /// The salt.
    #[cbor(n(1), with = "minicbor::bytes")]
    pub salt: [u8; 32],
}

impl fmt::Debug for Disclosure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Disclosure({}, {}, secret)", self.run, self.part.family)
    }
}

impl fmt::Debug for FamilyOpening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("FamilyOpening(secret)")
    }
}

impl Opening {
    /// Opens one family. Its seed is opened too when `with_seed`, which needs the master seed.
    ///
    /// # Errors
    /// [`Fault::UnknownFamily`] when the bank has no such family or is of version 1; [`Fault::SeedDiffers`] when
    /// the seed is asked for and this opening has none.
    pub fn disclose(&self, name: &str, with_seed: bool) -> Result<Disclosure, Fault> {
        let unknown = || Fault::UnknownFamily(name.to_owned());
        let families = self.criteria.families();
        let part = families.iter().find(|f| f.family.as_str() == name).ok_or_else(unknown)?;
        let parts = self.criteria.parts(&self.salt);
        let (others, own) = parts.split_at(PARTS.len());
        let salt = family_salt(&self.salt, &part.family);
        let wanted = part.leaf(&salt);
        let mut level = leaves(own, &self.salt);
        let leaf = level.iter().position(|l| *l == wanted).ok_or_else(unknown)?;
        let (mut at, mut path) = (leaf, Vec::new());
        while level.len() > 1 {
            path.extend(level.get(at ^ 1).copied());
            level = above(&level);
            at /= 2;
        }
        let seed = with_seed.then(|| self.family_seed(name)).transpose()?;
        Ok(Disclosure {
            run: self.criteria.run.clone(),
            part: part.clone(),
            salt,
            leaf: u32::try_from(leaf).expect("one of 64"),
            path,
            others: others.iter().take(PARTS.len() - 1).copied().collect(),
            seed,
        })
    }

    fn family_seed(&self, name: &str) -> Result<FamilyOpening, Fault> {
        let opened = self.seed.as_ref().ok_or(Fault::SeedDiffers)?;
        let seed = MasterSeed::new(opened.seed).family(name, self.criteria.run.as_str());
        Ok(FamilyOpening { seed: *seed.secret(), salt: FamilySeed::salt(&opened.salt, name) })
    }
}

impl Disclosure {
    /// Checks that the family is part of what was sealed.
    ///
    /// # Errors
    /// [`Fault::CommitmentDiffers`] when it is not, [`Fault::FamilySeedDiffers`] when its seed is another.
    pub fn check(&self, sealed: &Digest) -> Result<(), Fault> {
        let mut at = self.leaf;
        let mut hash = self.part.leaf(&self.salt);
        if self.path.len() != 6 || self.others.len() != PARTS.len() - 1 || self.leaf >= 64 {
            return Err(Fault::CommitmentDiffers);
        }
        for sibling in &self.path {
            hash = if at.is_multiple_of(2) { node(&hash, sibling) } else { node(sibling, &hash) };
            at /= 2;
        }
        let mut parts = self.others.clone();
        parts.push(hash);
        if over(&parts) != *sealed {
            return Err(Fault::CommitmentDiffers);
        }
        match &self.seed {
            Some(opened)
                if FamilySeed::new(opened.seed).commitment(&opened.salt) != self.part.seed =>
            {
                Err(Fault::FamilySeedDiffers(self.part.family.to_string()))
            }
            Some(_) | None => Ok(()),
        }
    }

    /// The instance of the `index`th sample of the run, if it was of the cell at this place in the bank and the seed is
    /// opened.
    ///
    /// # Errors
    /// [`Fault::UnknownFamily`] for a family that this version doesn't have.
    pub fn instance(&self, index: u32, place: u32) -> Result<Option<Instance>, Fault> {
        let name = self.part.family.as_str();
        let known = family(name).ok_or_else(|| Fault::UnknownFamily(name.to_owned()))?;
        let cell = self.part.cells.iter().find(|cell| cell.place == place);
        let Some((opened, cell)) = self.seed.as_ref().zip(cell) else { return Ok(None) };
        let seed = FamilySeed::new(opened.seed).instance(index);
        Ok(Some(known.generate(&seed, cell.dial)))
    }
}
