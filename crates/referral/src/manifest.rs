//! The manifest: everything a package says.

use crate::item::{Holder, Item, Transfer};
use domain::wire::{self, WireError};
use domain::{Digest, Digest384, Line, PackageId, PartyId, PersonId, Text, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Most entries of any list in a manifest.
const MOST: usize = 2_000;
/// Most bytes of a manifest's CBOR, so that it fits into a statement: the log takes payloads of half a
/// mebibyte, which also holds who sealed it.
const LIMIT: usize = (512 << 10) - 1_024;

macro_rules! record {
    ($($(#[$doc:meta])* $name:ident { $($(#[$fdoc:meta])* $n:literal $field:ident: $type:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(
            Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode, Serialize, Deserialize,
        )]
        #[serde(deny_unknown_fields)]
        pub struct $name {
            $($(#[$fdoc])* #[n($n)] pub $field: $type,)*
        }
    )*};
}

record! {
    /// What a package says. Its digest is taken over its CBOR encoding; JSON is a view of it.
    Manifest {
        /// The package.
        0 package: PackageId,
        /// Which revision, from 1.
        1 revision: u32,
        /// The digest of the revision before.
        2 previous: Option<Digest>,
        /// The party that issues it.
        3 issuer: PartyId,
        /// What it is about.
        4 title: Line,
        /// What happened, in plain words.
        5 summary: Text,
        /// The evidence.
        6 items: Vec<Item>,
        /// Who held it since, oldest first.
        7 custody: Vec<Transfer>,
        /// What happened when.
        8 timeline: Vec<Moment>,
        /// The systems concerned, their owners, and whether access was authorised.
        9 systems: Vec<System>,
        /// The AI models and agents concerned, and who operated them.
        10 agents: Vec<Agent>,
        /// What was lost.
        11 losses: Vec<Loss>,
        /// Offences the evidence may speak to, element by element.
        12 offences: Vec<Checklist>,
        /// What speaks for the people concerned.
        13 exculpatory: Option<Exculpatory>,
        /// Whether this was good-faith research.
        14 good_faith: Option<GoodFaith>,
    }

    /// One thing that happened, with its five times.
    Moment {
        /// What.
        0 what: Line,
        /// When.
        1 times: Times,
        /// Items that show it, by SHA-256.
        2 items: Vec<Digest>,
    }

    /// Five times that are easily confused. Each may be unknown; known ones never go backwards.
    Times {
        /// When it happened.
        0 occurred: Option<Timestamp>,
        /// When the issuer became aware of it.
        1 aware: Option<Timestamp>,
        /// When the issuer decided about it.
        2 decided: Option<Timestamp>,
        /// When it was submitted to somebody.
        3 submitted: Option<Timestamp>,
        /// When they received it.
        4 received: Option<Timestamp>,
    }

    /// A system concerned.
    System {
        /// Its name.
        0 name: Line,
        /// Its owner.
        1 owner: Line,
        /// Whether access to it was authorised.
        2 authorisation: Authorisation,
        /// What shows that.
        3 basis: Line,
    }

    /// An AI model or agent concerned.
    Agent {
        /// Which: a model's or product's name, or what is known of it.
        0 name: Line,
        /// The part it played.
        1 role: Line,
        /// Who operated it, or that this is not known.
        2 operator: Line,
        /// What it did by itself and what it was told to do.
        3 conduct: Text,
        /// Items that show it, by SHA-256.
        4 items: Vec<Digest>,
    }

    /// A loss.
    Loss {
        /// Whose.
        0 whose: Line,
        /// What.
        1 what: Line,
        /// How much, in cents of a US dollar, when it can be said.
        2 cents: Option<u64>,
        /// Items that show it, by SHA-256.
        3 items: Vec<Digest>,
    }

    /// The elements of one offence.
    Checklist {
        /// The offence's id in the data file.
        0 offence: Line,
        /// An answer to each of its elements.
        1 elements: Vec<ElementAnswer>,
    }

    /// What the evidence says to one element.
    ElementAnswer {
        /// The element's id.
        0 element: Line,
        /// What is known; "not known" is an answer.
        1 answer: Text,
        /// Items that show it, by SHA-256.
        2 items: Vec<Digest>,
    }

    /// What speaks for the people concerned. Never absent from a released package.
    Exculpatory {
        /// Where one looked. Not empty, also when nothing was found.
        0 looked_at: Text,
        /// What was found; nothing means none was found there.
        1 found: Vec<ForTheDefence>,
    }

    /// One thing that speaks for somebody.
    ForTheDefence {
        /// What it is and how it bears.
        0 what: Text,
        /// Items that show it, by SHA-256.
        1 items: Vec<Digest>,
    }

    /// The good-faith screen, answered by a person.
    GoodFaith {
        /// An answer to each factor of the data file.
        0 answers: Vec<FactorAnswer>,
        /// Who answered.
        1 by: PersonId,
        /// When.
        2 at: Timestamp,
    }

    /// An answer to one factor.
    FactorAnswer {
        /// The factor's id.
        0 factor: Line,
        /// The answer.
        1 answer: Answer,
        /// What it rests on; for unknown, what one looked at.
        2 basis: Text,
    }
}

/// Whether access was authorised.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, minicbor::Encode, minicbor::Decode, Serialize, Deserialize,
)]
#[cbor(index_only)]
#[serde(rename_all = "kebab-case")]
pub enum Authorisation {
    /// There was none.
    #[n(0)]
    None,
    /// There was some, and it was exceeded.
    #[n(1)]
    Exceeded,
    /// It was authorised.
    #[n(2)]
    Authorised,
    /// It is not known.
    #[n(3)]
    Unknown,
}

/// An answer.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, minicbor::Encode, minicbor::Decode, Serialize, Deserialize,
)]
#[cbor(index_only)]
#[serde(rename_all = "kebab-case")]
pub enum Answer {
    /// Yes.
    #[n(0)]
    Yes,
    /// No.
    #[n(1)]
    No,
    /// It is not known after looking.
    #[n(2)]
    Unknown,
}

/// Why bytes are no manifest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadManifestError {
    /// Malformed CBOR.
    #[error("the manifest can't be read: {0}")]
    Cbor(#[from] WireError),
    /// Malformed JSON; says the line.
    #[error("the manifest can't be read as JSON: {0}")]
    Json(String),
    /// Over the bound.
    #[error("the manifest has {given} bytes; at most {most} are read")]
    TooLong {
        /// How many there are.
        given: usize,
        /// How many there may be.
        most: usize,
    },
}

/// Why a manifest contradicts itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// No items, or too many entries of a list.
    #[error("{what}: {given} entries; 1 to {MOST} items and at most {MOST} of anything else fit")]
    Count {
        /// Which list.
        what: &'static str,
        /// How many entries.
        given: usize,
    },
    /// The encoding is too long for a statement.
    #[error("the manifest takes {given} bytes; {LIMIT} fit into a statement")]
    TooLong {
        /// How many.
        given: usize,
    },
    /// Two items share a name, or the same bytes are listed twice.
    #[error("the item `{0}` is listed twice")]
    Twice(String),
    /// Something points to an item that is not there.
    #[error("`{at}` points to {item}, which is not an item of the package")]
    NoSuchItem {
        /// What points.
        at: String,
        /// To what.
        item: Digest,
    },
    /// A transfer does not start at the holder, or goes back in time.
    #[error("custody of `{item}` breaks at {at}: {why}")]
    Custody {
        /// The item.
        item: String,
        /// The transfer's instant.
        at: Timestamp,
        /// What is wrong.
        why: &'static str,
    },
    /// Known times go backwards.
    #[error("the times of `{0}` go backwards")]
    Times(Line),
    /// The exculpatory section does not say where one looked.
    #[error("the exculpatory section does not say where one looked")]
    NotLooked,
    /// Revision 1 has a previous one, or a later one has none.
    #[error("revision {0} does not fit its `previous`")]
    Revision(u32),
}

impl Manifest {
    /// Reads a manifest, CBOR or its JSON view.
    ///
    /// # Errors
    /// See [`ReadManifestError`].
    pub fn read(bytes: &[u8]) -> Result<Self, ReadManifestError> {
        let json = bytes.iter().find(|b| !b.is_ascii_whitespace()) == Some(&b'{');
        let most = if json { 4 * wire::LIMIT } else { wire::LIMIT };
        if bytes.len() > most {
            return Err(ReadManifestError::TooLong { given: bytes.len(), most });
        }
        if json {
            serde_json::from_slice(bytes).map_err(|e| ReadManifestError::Json(e.to_string()))
        } else {
            Ok(wire::decode(bytes)?)
        }
    }

    /// The bytes that the digest is taken over.
    pub fn to_bytes(&self) -> Vec<u8> {
        wire::encode(self)
    }

    /// The digest by which statements name this revision.
    pub fn digest(&self) -> Digest {
        Digest::of(&self.to_bytes())
    }

    /// The same for the CNSA side.
    pub fn digest384(&self) -> Digest384 {
        Digest384::of(&self.to_bytes())
    }

    /// The item with that SHA-256.
    pub fn item(&self, sha256: &Digest) -> Option<&Item> {
        self.items.iter().find(|i| i.sha256 == *sha256)
    }

    /// Who holds an item after all listed transfers.
    pub fn holder(&self, item: &Item) -> Holder {
        let last = self.custody.iter().rfind(|t| t.item == item.sha256);
        last.map_or_else(|| item.collected_by.clone(), |t| t.to.clone())
    }

    /// Every way in which the manifest contradicts itself.
    pub fn faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        self.check_counts(&mut faults);
        let (mut names, mut digests) = (BTreeSet::new(), BTreeSet::new());
        for item in &self.items {
            if !names.insert(&item.name) || !digests.insert(item.sha256) {
                faults.push(Fault::Twice(item.name.to_string()));
            }
        }
        for (at, items) in self.pointers() {
            for item in items.iter().filter(|i| !digests.contains(*i)) {
                faults.push(Fault::NoSuchItem { at: at.clone(), item: *item });
            }
        }
        self.check_custody(&mut faults);
        for moment in &self.timeline {
            let t = &moment.times;
            let known = [t.occurred, t.aware, t.decided, t.submitted, t.received];
            let known: Vec<_> = known.into_iter().flatten().collect();
            if !known.is_sorted() {
                faults.push(Fault::Times(moment.what.clone()));
            }
        }
        let looked =
            self.exculpatory.as_ref().is_none_or(|e| !e.looked_at.as_str().trim().is_empty());
        if !looked {
            faults.push(Fault::NotLooked);
        }
        if (self.revision == 1) != self.previous.is_none() || self.revision == 0 {
            faults.push(Fault::Revision(self.revision));
        }
        let given = self.to_bytes().len();
        if given > LIMIT {
            faults.push(Fault::TooLong { given });
        }
        faults
    }

    fn check_counts(&self, faults: &mut Vec<Fault>) {
        let lists = [
            ("custody", self.custody.len()),
            ("timeline", self.timeline.len()),
            ("systems", self.systems.len()),
            ("agents", self.agents.len()),
            ("losses", self.losses.len()),
            ("offences", self.offences.len()),
        ];
        for (what, given) in lists {
            if given > MOST {
                faults.push(Fault::Count { what, given });
            }
        }
        if self.items.is_empty() || self.items.len() > MOST {
            faults.push(Fault::Count { what: "items", given: self.items.len() });
        }
    }

    /// Everything that points to items.
    fn pointers(&self) -> Vec<(String, &[Digest])> {
        let mut all: Vec<(String, &[Digest])> = Vec::new();
        all.extend(self.timeline.iter().map(|m| (m.what.to_string(), &*m.items)));
        all.extend(self.agents.iter().map(|a| (a.name.to_string(), &*a.items)));
        all.extend(self.losses.iter().map(|l| (l.what.to_string(), &*l.items)));
        for list in &self.offences {
            let at = |e: &ElementAnswer| format!("{} {}", list.offence, e.element);
            all.extend(list.elements.iter().map(|e| (at(e), &*e.items)));
        }
        if let Some(exculpatory) = &self.exculpatory {
            let found = exculpatory.found.iter();
            all.extend(found.map(|f| ("exculpatory".to_owned(), &*f.items)));
        }
        all
    }

    fn check_custody(&self, faults: &mut Vec<Fault>) {
        let mut holders: BTreeMap<Digest, (&Item, &Holder, Timestamp)> = BTreeMap::new();
        for item in &self.items {
            holders.insert(item.sha256, (item, &item.collected_by, item.collected_at));
        }
        for transfer in &self.custody {
            let Some((item, holder, since)) = holders.get_mut(&transfer.item) else {
                let at = format!("custody at {}", transfer.at);
                faults.push(Fault::NoSuchItem { at, item: transfer.item });
                continue;
            };
            let why = if **holder != transfer.from {
                Some("the giver did not hold it")
            } else if transfer.at < *since {
                Some("it is earlier than what came before")
            } else {
                None
            };
            if let Some(why) = why {
                let item = item.name.to_string();
                faults.push(Fault::Custody { item, at: transfer.at, why });
            }
            (*holder, *since) = (&transfer.to, transfer.at);
        }
    }
}

#[cfg(test)]
pub(crate) mod tests;
