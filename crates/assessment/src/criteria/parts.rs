//! Commitments: one for each part of the criteria, one over all of them, and a tree over the families.
//!
//! Each part is `HMAC-SHA-256(HMAC-SHA-256(salt, name), bytes)`. In version 2 the bank is a Merkle tree of 64 leaves, one
//! for each family and padding for the rest, sorted: neither how many families there are nor which one
//! a leaf belongs to can be read from it. The commitment is a digest over the parts in order, the tree's root last.

use super::{Criteria, Fault, MOST_FAMILIES, Opening};
use crate::family::Dial;
use crate::item::Item;
use crate::seed::{FamilySeed, MasterSeed, mac};
use domain::wire::encode;
use domain::{Digest, Line};
use minicbor::{Decode, Encode};

/// The parts of version 2 before the families, in order; the last is the root of the families' tree.
pub(super) const PARTS: [&str; 6] = ["subject", "seed", "rule", "budget", "digests", "bank"];

/// What people read for each of them.
const WORDS: [&str; 6] = [
    "the run, the model or its digest",
    "the commitment to the master seed",
    "the rule (threshold, error rates, caps)",
    "the budget of a sample",
    "how the model is asked, or the digests of scaffold, grader and loop",
    "the bank",
];

/// Everything of one family in a bank.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct FamilyPart {
    /// Its name.
    #[n(0)]
    pub family: Line,
    /// Its cells: place in the bank, dial, what is believed of it.
    #[n(1)]
    pub cells: Vec<FamilyCell>,
    /// The commitment to the seed of its instances.
    #[n(2)]
    pub seed: Digest,
}

/// A cell of a family.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct FamilyCell {
    /// Its place in the bank.
    #[n(0)]
    pub place: u32,
    /// How hard.
    #[n(1)]
    pub dial: Dial,
    /// What is believed of it.
    #[n(2)]
    pub item: Item,
}

/// The salt of one part.
pub(super) fn part_salt(salt: &[u8; 32], name: &str) -> [u8; 32] {
    mac(salt, &[b"vestibule criteria part v2", name.as_bytes()])
}

/// The salt of a family's part.
pub(super) fn family_salt(salt: &[u8; 32], family: &Line) -> [u8; 32] {
    mac(salt, &[b"vestibule criteria family v2", family.as_str().as_bytes()])
}

fn leaf(salt: &[u8; 32], bytes: &[u8]) -> Digest {
    Digest::from_bytes(mac(salt, &[bytes]))
}

impl FamilyPart {
    pub(super) fn leaf(&self, salt: &[u8; 32]) -> Digest {
        leaf(salt, &encode(self))
    }
}

/// The commitment over the six parts.
pub(super) fn over(parts: &[Digest]) -> Digest {
    let parts: Vec<&[u8]> = parts.iter().map(|part| part.as_bytes().as_slice()).collect();
    Digest::from_bytes(mac(b"vestibule criteria v2", &parts))
}

pub(super) fn node(left: &Digest, right: &Digest) -> Digest {
    let parts: [&[u8]; 2] = [left.as_bytes(), right.as_bytes()];
    Digest::from_bytes(mac(b"vestibule criteria tree v2", &parts))
}

/// The tree's leaves: those of the families and padding, sorted.
pub(super) fn leaves(families: &[Digest], salt: &[u8; 32]) -> Vec<Digest> {
    let mut all = families.to_vec();
    for n in all.len()..MOST_FAMILIES {
        let n = u64::try_from(n).expect("a small number");
        all.push(Digest::from_bytes(mac(
            salt,
            &[b"vestibule criteria padding v2", &n.to_be_bytes()],
        )));
    }
    all.sort_unstable();
    all
}

/// The level above.
pub(super) fn above(level: &[Digest]) -> Vec<Digest> {
    level
        .chunks(2)
        .map(|pair| match pair {
            [left, right] => node(left, right),
            [alone] => *alone,
            _ => unreachable!("chunks of one or two"),
        })
        .collect()
}

fn root(families: &[Digest], salt: &[u8; 32]) -> Digest {
    let mut level = leaves(families, salt);
    while level.len() > 1 {
        level = above(&level);
    }
    level.first().copied().expect("64 leaves have a root")
}

impl Criteria {
    /// Everything of each family, in the order of their names; none in version 1.
    pub(super) fn families(&self) -> Vec<FamilyPart> {
        let Some(details) = &self.details else { return Vec::new() };
        let part = |sealed: &super::SealedFamily| {
            let places = (0_u32..).zip(&self.bank.cells).zip(&details.items);
            let own = places.filter(|((_, cell), _)| cell.family == sealed.family);
            let cells =
                own.map(|((place, cell), item)| FamilyCell { place, dial: cell.dial, item: *item });
            FamilyPart { family: sealed.family.clone(), cells: cells.collect(), seed: sealed.seed }
        };
        details.families.iter().map(part).collect()
    }

    /// The commitments of the parts in version 2: six, the last of them the root over the families, then each
    /// family's.
    pub fn parts(&self, salt: &[u8; 32]) -> Vec<Digest> {
        let subject = (&self.run, &self.model, &self.model_digest);
        let families: Vec<Digest> =
            self.families().iter().map(|f| f.leaf(&family_salt(salt, &f.family))).collect();
        let bytes = [
            minicbor::to_vec(subject).expect("memory takes it"),
            encode(&self.seed),
            encode(&self.rule),
            encode(&self.budget),
            encode(&self.digests),
        ];
        let mut all: Vec<Digest> = PARTS
            .iter()
            .zip(&bytes)
            .map(|(name, bytes)| leaf(&part_salt(salt, name), bytes))
            .collect();
        all.push(root(&families, salt));
        all.extend(families);
        all
    }

    /// The commitment under a salt of 32 random bytes.
    pub fn commitment(&self, salt: &[u8; 32]) -> Digest {
        if self.version() == 1 {
            return self.first_version(salt);
        }
        let mut parts = self.parts(salt);
        parts.truncate(PARTS.len());
        over(&parts)
    }

    /// The commitment of version 1, whose cells are parts of their own.
    fn first_version(&self, salt: &[u8; 32]) -> Digest {
        let subject = (&self.run, &self.model, &self.model_digest);
        let mut sections: Vec<(String, Vec<u8>)> = vec![
            ("subject".to_owned(), minicbor::to_vec(subject).expect("memory takes it")),
            ("seed".to_owned(), encode(&self.seed)),
            ("rule".to_owned(), encode(&self.rule)),
            ("budget".to_owned(), encode(&self.budget)),
            ("digests".to_owned(), encode(&self.digests)),
        ];
        for (i, cell) in self.bank.cells.iter().enumerate() {
            sections.push((format!("cell {i}"), encode(cell)));
        }
        let leaves: Vec<[u8; 32]> = sections
            .iter()
            .map(|(name, bytes)| {
                let key = mac(salt, &[b"vestibule criteria section v1", name.as_bytes()]);
                mac(&key, &[bytes])
            })
            .collect();
        let leaves: Vec<&[u8]> = leaves.iter().map(<[u8; 32]>::as_slice).collect();
        Digest::from_bytes(mac(b"vestibule criteria v1", &leaves))
    }
}

impl Opening {
    /// Criteria with the salts that open them.
    pub fn new(criteria: Criteria, salt: [u8; 32], seed: Option<super::SeedOpening>) -> Self {
        let parts = criteria.details.is_some().then(|| criteria.parts(&salt));
        Self { criteria, salt, seed, parts }
    }

    /// The commitment this opens.
    pub fn commitment(&self) -> Digest {
        self.criteria.commitment(&self.salt)
    }

    /// Checks criteria, salt, the list of parts and the seed against a commitment, and says what differs.
    ///
    /// # Errors
    /// The part that was changed: [`Fault::PartDiffers`], [`Fault::ListDiffers`], [`Fault::SeedDiffers`],
    /// [`Fault::FamilySeedDiffers`]; [`Fault::CommitmentDiffers`] when these are other criteria altogether.
    pub fn check(&self, sealed: &Digest) -> Result<(), Fault> {
        match (&self.parts, self.criteria.version()) {
            (None, 1) if self.commitment() == *sealed => {}
            (None, 1) => return Err(Fault::CommitmentDiffers),
            (Some(given), 2) => self.check_parts(given, sealed)?,
            _ => return Err(Fault::List),
        }
        self.check_seed()
    }

    fn check_parts(&self, given: &[Digest], sealed: &Digest) -> Result<(), Fault> {
        let own = self.criteria.parts(&self.salt);
        let top = |parts: &[Digest]| parts.get(..PARTS.len()).map(over);
        let names: Vec<String> = self.names();
        let differs = || (0..own.len().max(given.len())).find(|n| own.get(*n) != given.get(*n));
        let name = |n: usize| names.get(n).cloned().unwrap_or_else(|| "a family".to_owned());
        if top(&own) == Some(*sealed) {
            return differs().map_or(Ok(()), |n| Err(Fault::ListDiffers(name(n))));
        }
        if top(given) != Some(*sealed) {
            return Err(Fault::CommitmentDiffers);
        }
        // the list is what was sealed, so the criteria differ where they don't give it
        let all = own.iter().zip(given).all(|(a, b)| a != b);
        if all && own.len() == given.len() {
            return Err(Fault::PartDiffers("the salt".to_owned()));
        }
        let first = differs().unwrap_or(0);
        let bank = PARTS.len() - 1;
        if first < bank {
            return Err(Fault::PartDiffers(name(first)));
        }
        // a changed bank: the family says more than the root
        let family = (bank + 1..own.len()).find(|n| own.get(*n) != given.get(*n));
        Err(Fault::PartDiffers(name(family.unwrap_or(bank))))
    }

    fn names(&self) -> Vec<String> {
        let fixed = WORDS.iter().map(|&name| name.to_owned());
        let families = self.criteria.details.iter().flat_map(|d| &d.families);
        let families = families.map(|f| format!("family {} of the bank", f.family));
        fixed.chain(families).collect()
    }

    fn check_seed(&self) -> Result<(), Fault> {
        let Some(seed) = &self.seed else { return Ok(()) };
        let master = MasterSeed::new(seed.seed);
        if master.commitment(&seed.salt) != self.criteria.seed {
            return Err(Fault::SeedDiffers);
        }
        let run = self.criteria.run.as_str();
        for sealed in self.criteria.details.iter().flat_map(|d| &d.families) {
            let name = sealed.family.as_str();
            let salt = FamilySeed::salt(&seed.salt, name);
            if master.family(name, run).commitment(&salt) != sealed.seed {
                return Err(Fault::FamilySeedDiffers(name.to_owned()));
            }
        }
        Ok(())
    }
}
