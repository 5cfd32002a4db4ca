//! A small log for trials: three parties with keys from a seed, a node's folder, and statements signed beforehand.

use anyhow::{Context, Result};
use domain::{Digest, Party, PartyId, Role, Statement, Timestamp};
use ledger::{
    Audience, Content, Draft, Kem, LogSigner, Member, Position, PublicKeys, SecretKeys, Trust,
};
use operations::ctx::{Random, SeededRandom};
use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

/// Who states.
pub(crate) const PARTIES: [(&str, Role); 3] =
    [("lab", Role::Developer), ("gov", Role::Government), ("ig", Role::Inspector)];

/// Keys and roots of trust.
pub(crate) struct Scene {
    signer: LogSigner,
    pub(crate) trust: Trust,
    parties: Vec<(PartyId, SecretKeys)>,
    random: SeededRandom,
    now: Timestamp,
}

/// A statement that waits to be handed in.
#[derive(Debug, Clone)]
pub(crate) struct Signed {
    pub(crate) id: Digest,
    /// As a node takes it.
    pub(crate) bytes: Vec<u8>,
    leaf: Digest,
}

impl Scene {
    /// A scene from a seed, at an instant that a node's clock has passed.
    pub(crate) fn new(seed: u64, now: Timestamp) -> Result<Self> {
        let random = SeededRandom::new(seed);
        let mut fill = |into: &mut [u8]| random.fill(into);
        let signer = LogSigner::generate("log.example/trials", &mut fill)?;
        let mut parties = Vec::new();
        let mut members = Vec::new();
        for (id, role) in PARTIES {
            let keys = SecretKeys::generate(&mut fill)?;
            let id: PartyId = id.parse()?;
            let party = Party { id: id.clone(), name: id.as_str().parse()?, roles: vec![role] };
            members.push(Member { party, keys: keys.public().clone(), root: None });
            parties.push((id, keys));
        }
        let trust = Trust::new(signer.verifier(), members)?;
        Ok(Self { signer, trust, parties, random, now })
    }

    /// Makes a node's folder.
    pub(crate) fn lay(&self, folder: &Path) -> Result<()> {
        std::fs::create_dir_all(folder)?;
        let key = folder.join("log.key");
        std::fs::write(&key, self.signer.to_text().as_bytes())?;
        std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o600))?;
        std::fs::write(folder.join("log.vkey"), self.signer.verifier().to_text())?;
        operations::trust::write(&self.trust, &folder.join("trust.toml"))?;
        Ok(())
    }

    fn party(&self, at: usize) -> Result<&(PartyId, SecretKeys)> {
        self.parties.get(at % self.parties.len()).context("there are parties")
    }

    /// A draft of a party to everyone, or to itself and the next; `signers` besides its issuer have yet to sign it.
    pub(crate) fn draft(
        &self,
        at: usize,
        statement: &impl Statement,
        sealed: bool,
        signers: BTreeSet<PartyId>,
    ) -> Result<Draft> {
        let (issuer, keys) = self.party(at)?;
        let (other, theirs) = self.party(at + 1)?;
        let content = Content::of(statement)?;
        let content = Content { signers: &content.signers | &signers, ..content };
        let readers: [(PartyId, &PublicKeys); 2] =
            [(issuer.clone(), keys.public()), (other.clone(), theirs.public())];
        let audience =
            if sealed { Audience::Readers(&readers, Kem::default()) } else { Audience::Public };
        let mut fill = |into: &mut [u8]| self.random.fill(into);
        let log = self.trust.log();
        let mut draft = Draft::start(log, content, issuer, audience, &mut fill, self.now)?;
        draft.sign(issuer, keys)?;
        Ok(draft)
    }

    /// A party's next statement after `before` ones of which `last` was the last.
    pub(crate) fn sign(
        &self,
        at: usize,
        (before, last): (u64, Option<&Signed>),
        statement: &impl Statement,
        sealed: bool,
    ) -> Result<Signed> {
        let (_, keys) = self.party(at)?;
        let draft = self.draft(at, statement, sealed, BTreeSet::new())?;
        let previous = last.map(|signed| signed.leaf);
        let place = Position { sequence: before, previous, issued_at: self.now, seen: None };
        let entry = draft.issue(place, keys)?;
        let leaf = Digest::from_bytes(*tlog::leaf_hash(&entry.leaf).as_bytes());
        Ok(Signed { id: entry.id, bytes: operations::wire::entry_bytes(&entry), leaf })
    }

    /// A chain of a party's statements, in order, every third sealed.
    pub(crate) fn chain(&self, at: usize, length: u64) -> Result<Vec<Signed>> {
        let (issuer, _) = self.party(at)?;
        let mut chain: Vec<Signed> = Vec::new();
        for n in 0..length {
            let said = saying(issuer, &format!("{issuer}-{n}"))?;
            let next = self.sign(at, (n, chain.last()), &said, n % 3 == 2)?;
            chain.push(next);
        }
        Ok(chain)
    }
}

/// A statement of one party. A node judges signatures and places, not what is said.
fn saying(issuer: &PartyId, case: &str) -> Result<access::Event> {
    Ok(access::Event::RequestDeclined(access::Decline {
        case: case.parse()?,
        developer: issuer.clone(),
        reason: Some("for a trial".parse()?),
    }))
}

/// Copies a folder with all that is below it.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to).with_context(|| to.display().to_string())?;
    for entry in std::fs::read_dir(from).with_context(|| from.display().to_string())? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
