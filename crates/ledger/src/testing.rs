//! Fixtures that the tests share: three parties, a log, a small schema.

pub(crate) mod changes;

use crate::{
    Audience, Chains, Content, Draft, Entry, Founders, Kem, LogSigner, Member, Position,
    PublicKeys, SecretKeys, Seen, Tiles, TreeHead, Trust, Witness, WitnessRole, plan_append,
};
use domain::{Digest, Line, Party, PartyId, Role, Statement, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;
use tlog::{Ed25519Cosigner, KeyName, VerifierKey};

/// A stream of bytes that depends on `seed` only.
pub(crate) fn stream(seed: &str) -> impl FnMut(&mut [u8]) + use<> {
    let (seed, mut count) = (seed.to_owned(), 0_u64);
    move |out| {
        for chunk in out.chunks_mut(32) {
            let block = Digest::of(format!("{seed} {count}").as_bytes());
            chunk.copy_from_slice(block.as_bytes().split_at(chunk.len()).0);
            count += 1;
        }
    }
}

pub(crate) fn at(minute: i64) -> Timestamp {
    let start: Timestamp = "2026-12-01T09:00:00Z".parse().unwrap();
    Timestamp::from_micros(start.as_micros() + minute * 60_000_000).unwrap()
}

pub(crate) fn party(id: &str) -> PartyId {
    id.parse().unwrap()
}

/// The keys of `lab`, `gov` and `ig`, and of the log.
pub(crate) struct Keys {
    pub(crate) parties: BTreeMap<PartyId, SecretKeys>,
    pub(crate) log: LogSigner,
    pub(crate) trust: Trust,
}

pub(crate) static KEYS: LazyLock<Keys> = LazyLock::new(|| {
    let names = [("lab", Role::Developer), ("gov", Role::Government), ("ig", Role::Inspector)];
    let secret = |id: &str| SecretKeys::generate(&mut stream(id)).unwrap();
    // those after the three are keys that the tests of changes bring
    let all = ["lab", "gov", "ig", "lab-root", "lab-new", "gov-new", "utility"];
    let parties: BTreeMap<_, _> = all.iter().map(|id| (party(id), secret(id))).collect();
    let log = LogSigner::generate("log.example/vestibule", &mut stream("log")).unwrap();
    let members = names.iter().map(|(id, role)| Member {
        party: Party {
            id: party(id),
            name: format!("Example {id}").parse::<Line>().unwrap(),
            roles: vec![*role],
        },
        keys: parties[&party(id)].public().clone(),
        root: None,
    });
    let trust = Trust::new(log.verifier(), members).unwrap();
    Keys { parties, log, trust }
});

pub(crate) fn secret(id: &str) -> &'static SecretKeys {
    &KEYS.parties[&party(id)]
}

pub(crate) fn readers(ids: &[&str]) -> Vec<(PartyId, &'static PublicKeys)> {
    ids.iter().map(|id| (party(id), secret(id).public())).collect()
}

/// The test schema.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub(crate) enum Demo {
    #[n(0)]
    Stated {
        #[n(0)]
        by: PartyId,
        #[n(1)]
        text: Line,
    },
    #[n(1)]
    Agreed {
        #[n(0)]
        between: Vec<PartyId>,
    },
}

impl Statement for Demo {
    const SCHEMA: &'static str = "demo/v1";
    fn kind(&self) -> &'static str {
        match self {
            Self::Stated { .. } => "stated",
            Self::Agreed { .. } => "agreed",
        }
    }
    fn signers(&self) -> BTreeSet<PartyId> {
        match self {
            Self::Stated { by, .. } => BTreeSet::from([by.clone()]),
            Self::Agreed { between } => between.iter().cloned().collect(),
        }
    }
}

pub(crate) fn stated(by: &str, text: &str) -> Demo {
    Demo::Stated { by: party(by), text: text.parse().unwrap() }
}

pub(crate) fn draft(statement: &impl Statement, issuer: &str, to: Option<&[&str]>) -> Draft {
    let readers = to.map(readers);
    let audience =
        readers.as_ref().map_or(Audience::Public, |r| Audience::Readers(r, Kem::default()));
    let content = Content::of(statement).unwrap();
    let mut random = stream(&format!("{issuer} {}", Digest::of(&content.payload)));
    let log = KEYS.trust.log();
    Draft::start(log, content, &party(issuer), audience, &mut random, at(0)).unwrap()
}

/// A log in memory with its host's state.
pub(crate) struct Log {
    pub(crate) files: BTreeMap<String, Vec<u8>>,
    pub(crate) head: TreeHead,
    pub(crate) chains: Chains,
}

impl Log {
    pub(crate) fn new() -> Self {
        let mut log =
            Self { files: BTreeMap::new(), head: TreeHead::EMPTY, chains: Chains::default() };
        log.append(&[]);
        log
    }

    /// The next position of an issuer, quoting the log's present head.
    pub(crate) fn position(&self, issuer: &str, minute: i64) -> Position {
        let root = Digest::from_bytes(self.head.root);
        let seen = (self.head.size > 0).then_some(Seen { size: self.head.size, root });
        self.chains.next(&party(issuer), seen, at(minute))
    }

    /// Writes what a plan says, without judging the entries.
    pub(crate) fn append(&mut self, entries: &[Entry]) {
        let tiles = Tiles(&self.files);
        let entries: Vec<_> = entries.iter().map(|e| e.clone().checked().unwrap()).collect();
        let each: Vec<_> = entries.iter().collect();
        let plan = plan_append(self.head, &tiles, &each, &KEYS.log, at(600)).unwrap();
        for file in plan.files {
            self.files.insert(file.path, file.bytes);
        }
        self.files.insert("checkpoint".to_owned(), plan.checkpoint);
        for (entry, (_, index)) in entries.iter().zip(&plan.statements) {
            let _ = self.chains.admit(entry.leaf(), entry.leaf_hash(), *index);
        }
        self.head = plan.to;
    }

    /// States and logs; `to` are the readers, or everyone.
    pub(crate) fn state(&mut self, issuer: &str, text: &str, to: Option<&[&str]>) -> Entry {
        self.log(draft(&stated(issuer, text), issuer, to))
    }

    /// Signs a draft by everyone it needs and logs it.
    pub(crate) fn log(&mut self, mut draft: Draft) -> Entry {
        for signer in draft.missing() {
            draft.sign(&signer, &KEYS.parties[&signer]).unwrap();
        }
        let issuer = draft.header().issuer().clone();
        let minute = i64::try_from(self.head.size).unwrap();
        let position = self.position(issuer.as_str(), minute);
        let entry = draft.issue(position, &KEYS.parties[&issuer]).unwrap();
        self.append(std::slice::from_ref(&entry));
        entry
    }
}

/// The roots of trust with `lab-root` above `lab`, and two founders who must both sign.
pub(crate) fn rooted_trust() -> Trust {
    let mut members: Vec<_> = KEYS.trust.parties().cloned().collect();
    for member in &mut members {
        if member.party.id == party("lab") {
            member.root = Some(party("lab-root"));
        }
    }
    members.push(Member {
        party: Party {
            id: party("lab-root"),
            name: "Example safe".parse().unwrap(),
            roles: vec![Role::Root],
        },
        keys: secret("lab-root").public().clone(),
        root: None,
    });
    let founders = Founders::new(vec![party("lab"), party("gov")], 2).unwrap();
    Trust::new(KEYS.log.verifier(), members).unwrap().with_founders(founders).unwrap()
}

/// The witnesses of `lab`, `gov` and `ig`, with their verifier keys.
pub(crate) fn cosigners() -> Vec<(PartyId, VerifierKey)> {
    ["lab", "gov", "ig"].iter().map(|id| (party(id), cosigner(id).verifier_key().clone())).collect()
}

fn cosigner(id: &str) -> Ed25519Cosigner {
    let mut seed = [0; 32];
    stream(&format!("{id} witness"))(&mut seed);
    let name = KeyName::new(&format!("{id}.example/witness")).unwrap();
    Ed25519Cosigner::from_seed(name, &seed).unwrap()
}

/// The roots of trust with a witness for each party; `ig`'s is the inspector's.
pub(crate) fn witnessed_trust() -> Trust {
    KEYS.trust.clone().with_witnesses(witnesses()).unwrap()
}

/// A witness for each party; `ig`'s is the inspector's.
pub(crate) fn witnesses() -> Vec<Witness> {
    let witness = |(id, key): (PartyId, VerifierKey)| {
        let role = if id == party("ig") { WitnessRole::Inspector } else { WitnessRole::Main };
        Witness::new(id, role, key, None).unwrap()
    };
    cosigners().into_iter().map(witness).collect()
}

/// Adds cosignatures of these parties' witnesses to the log's checkpoint, a second apart.
pub(crate) fn cosign(log: &mut Log, by: &[&str]) {
    let note = &log.files["checkpoint"];
    let signed = tlog::SignedCheckpoint::parse(note).unwrap();
    let times = 1_796_000_000_u64..;
    let lines = by
        .iter()
        .zip(times)
        .map(|(id, time)| cosigner(id).cosign(signed.checkpoint(), time).unwrap());
    let note = signed.note().clone().with(lines.collect()).unwrap();
    log.files.insert("checkpoint".to_owned(), note.to_string().into_bytes());
}

/// An entry as a program without rules would issue it: the draft's header over any block of signatures.
pub(crate) fn entry_with_block(
    draft: &Draft,
    block: &crate::SignatureBlock,
    position: Position,
) -> Entry {
    let block = block.to_bytes();
    let digest = crate::signature::block_digest(&block);
    let leaf = crate::Leaf::new(draft.header.clone(), position, digest);
    let object = crate::Object::new(Some(draft.sealed.clone()), block);
    Entry { id: leaf.id(), leaf: leaf.to_bytes(), object: object.to_bytes() }
}
