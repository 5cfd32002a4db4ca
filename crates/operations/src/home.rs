//! A party's folder: who it is, its keys, its roots of trust, its copy of the log, its receipts.
//!
//! ```text
//! party.toml      id, name, roles
//! secret.key      0600; with the numbered ones below all that must be kept secret and safe
//! secret.key.N    0600; later keys; which of them counts, the log says
//! public.key      what others need: the key that counts, as the log says; earlier ones as public.key.INDEX
//! trust.toml      roots of trust: the log and the parties with their keys
//! sealing.toml    may be missing; `kem` names the key encapsulation to seal with
//! log/            verified copy of what the node published
//! outbox/         statements signed by all but not yet acknowledged, written before they are sent
//! receipts/       what the node acknowledged, one file a request
//! ```

mod published;

use crate::ctx::Random;
use crate::files::{self, Access, FileError};
use domain::{Line, Party, PartyId, Role};
use ledger::{Kem, KeyError, MAX_KEYS, Member, PublicKeys, SecretKeys, Trust, TrustError};
use rustix::fs::{FlockOperation, flock};
use std::fs::File;
use std::path::{Path, PathBuf};

/// Most bytes of `party.toml`.
const PARTY_LIMIT: u64 = 64 << 10;
/// Most bytes of a key file.
const KEY_LIMIT: u64 = 64 << 10;

/// `sealing.toml`.
#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Sealing {
    kem: String,
}

/// Why a home could not be used.
#[derive(Debug, thiserror::Error)]
pub enum HomeError {
    /// A file of it.
    #[error(transparent)]
    File(#[from] FileError),
    /// `party.toml` is not as it must be.
    #[error("{}: {reason}", path.display())]
    Party {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// `sealing.toml` is not as it must be.
    #[error("{}: {reason}; write `kem = \"{}\"` or remove the file", path.display(), Kem::default())]
    Sealing {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// A key file is not as it must be.
    #[error("{}", path.display())]
    Key {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        source: KeyError,
    },
    /// `trust.toml` is not as it must be.
    #[error("{}", path.display())]
    Trust {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        source: TrustError,
    },
    /// The roots of trust name this party with other keys, or not at all.
    #[error("{}: `{party}` is not there with the keys of this home; get the file that lists them", path.display())]
    Stranger {
        /// Which file.
        path: PathBuf,
        /// Who is missing.
        party: PartyId,
    },
    /// None of the home's keys counts any more.
    #[error(
        "none of the keys of this home counts for `{0}`: it was revoked, or rotated elsewhere; its root can add a new one"
    )]
    NoKey(PartyId),
    /// More keys than a party can have.
    #[error("{} has more than {MAX_KEYS} secret keys", .0.display())]
    TooManyKeys(PathBuf),
    /// Another command of this party is at work.
    #[error("another command is using {}; wait for it to end", .0.display())]
    Busy(PathBuf),
}

/// A party's folder, opened.
#[derive(Debug)]
pub struct Home {
    folder: PathBuf,
    party: Party,
    keys: SecretKeys,
    kem: Kem,
}

/// Held while a command states something, so that two commands never take the same place in the chain.
#[derive(Debug)]
pub struct HomeLock(#[expect(dead_code, reason = "the lock is held while the file is open")] File);

impl Home {
    /// Makes a new home with fresh keys and returns it.
    ///
    /// # Errors
    /// A home is there already, or the system's.
    pub fn create(folder: &Path, party: Party, random: &dyn Random) -> Result<Self, HomeError> {
        Self::create_under(folder, party, None, random)
    }

    /// [`Home::create`] with the party that stands above its keys.
    ///
    /// # Errors
    /// As there.
    pub fn create_under(
        folder: &Path,
        party: Party,
        root: Option<PartyId>,
        random: &dyn Random,
    ) -> Result<Self, HomeError> {
        let secret = folder.join("secret.key");
        let keys = SecretKeys::generate(&mut |into| random.fill(into))
            .map_err(|source| HomeError::Key { path: secret.clone(), source })?;
        let Party { id, name, roles } = party.clone();
        let text = toml::to_string(&PartyFile { id, name, roles, root })
            .map_err(|e| HomeError::Party { path: folder.to_owned(), reason: e.to_string() })?;
        files::create(&secret, keys.to_text().as_bytes(), Access::Private)?;
        files::write(
            &folder.join(published::PUBLIC),
            keys.public().to_text().as_bytes(),
            Access::Shared,
        )?;
        files::write(&folder.join("party.toml"), text.as_bytes(), Access::Shared)?;
        Ok(Self { folder: folder.to_owned(), party, keys, kem: Kem::default() })
    }

    /// Opens a home.
    ///
    /// # Errors
    /// A missing or malformed file.
    pub fn open(folder: &Path) -> Result<Self, HomeError> {
        let party = read_party(folder)?;
        let first = read_keys(folder.join("secret.key"))?;
        let mut others = Vec::new();
        while folder.join(later(others.len())).exists() {
            if others.len() >= MAX_KEYS {
                return Err(HomeError::TooManyKeys(folder.to_owned()));
            }
            others.push(read_keys(folder.join(later(others.len())))?);
        }
        let (keys, kem) = (first.with_others(others), read_sealing(folder)?);
        Ok(Self { folder: folder.to_owned(), party, keys, kem })
    }

    /// The party's card: who it is with its public keys, as others put it in their roots of trust.
    ///
    /// # Errors
    /// A missing or malformed file.
    pub fn card(folder: &Path) -> Result<Member, HomeError> {
        let PartyFile { id, name, roles, root } = read_party_file(folder)?;
        let party = Party { id, name, roles };
        let path = folder.join(published::PUBLIC);
        let text = files::read_text(&path, KEY_LIMIT)?;
        let keys = PublicKeys::read(&text).map_err(|source| HomeError::Key { path, source })?;
        Ok(Member { party, keys, root })
    }

    /// The roots of trust, checked to name this party with its own keys. A party that joined later, or a home whose key
    /// was added later, is not in the file, and says so by an empty file `joined`; whether it is so, the log says.
    ///
    /// # Errors
    /// A missing or malformed file, or a file for others.
    pub fn trust(&self) -> Result<Trust, HomeError> {
        let path = self.folder.join("trust.toml");
        let trust = read_trust(&path)?;
        match trust.party(self.id()) {
            Some(member) if self.keys.all().any(|k| *k.public() == member.keys) => Ok(trust),
            _ if self.folder.join("joined").exists() => Ok(trust),
            _ => Err(HomeError::Stranger { path, party: self.id().clone() }),
        }
    }

    /// The keys that this party signs with as of now: the newest of its own that the log says count.
    ///
    /// # Errors
    /// [`HomeError::NoKey`].
    pub fn signing_keys(&self, trust: &Trust) -> Result<&SecretKeys, HomeError> {
        let spans = trust.keys_of(self.id()).unwrap_or_default();
        let mut counting = spans.iter().rev().filter(|span| span.end.is_none());
        let own = |keys: &PublicKeys| self.keys.all().find(|k| k.public() == keys);
        counting.find_map(|s| own(&s.keys)).ok_or_else(|| HomeError::NoKey(self.id().clone()))
    }

    /// New keys for this party: those of this home that no statement of the log speaks of yet, so that a command
    /// that was cut short finds them again, or else made now.
    ///
    /// # Errors
    /// The system's.
    pub fn fresh_keys(&self, trust: &Trust, random: &dyn Random) -> Result<SecretKeys, HomeError> {
        let spans = trust.keys_of(self.id()).unwrap_or_default();
        let said = |k: &&SecretKeys| spans.iter().any(|span| span.keys == *k.public());
        let count = self.keys.all().count();
        let path = self.folder.join(later(count - 1));
        if let Some(last) = self.keys.all().last().filter(|k| !said(k)) {
            return SecretKeys::read(&last.to_text())
                .map_err(|source| HomeError::Key { path, source });
        }
        if count > MAX_KEYS {
            return Err(HomeError::TooManyKeys(self.folder.clone()));
        }
        let keys = SecretKeys::generate(&mut |into| random.fill(into))
            .map_err(|source| HomeError::Key { path: path.clone(), source })?;
        files::create(&path, keys.to_text().as_bytes(), Access::Private)?;
        Ok(keys)
    }

    /// Takes the right to state something; released when dropped.
    ///
    /// # Errors
    /// [`HomeError::Busy`] when another command has it.
    pub fn lock(&self) -> Result<HomeLock, HomeError> {
        let path = self.folder.join("lock");
        let open = || File::options().create(true).truncate(false).write(true).open(&path);
        let file = open().map_err(files::system("open", &path))?;
        flock(&file, FlockOperation::NonBlockingLockExclusive)
            .map_err(|_| HomeError::Busy(self.folder.clone()))?;
        Ok(HomeLock(file))
    }

    /// Where the home is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }
    /// Who the home's party is.
    pub fn party(&self) -> &Party {
        &self.party
    }
    /// The party's id.
    pub fn id(&self) -> &PartyId {
        &self.party.id
    }
    /// The party's secret keys.
    pub fn keys(&self) -> &SecretKeys {
        &self.keys
    }
    /// The key encapsulation that this party's statements are sealed with.
    pub const fn kem(&self) -> Kem {
        self.kem
    }
    /// Whether the party has a role.
    pub fn has(&self, role: Role) -> bool {
        self.party.roles.contains(&role)
    }
}

/// Reads a roots of trust file.
///
/// # Errors
/// Missing or malformed.
pub fn read_trust(path: &Path) -> Result<Trust, HomeError> {
    let text = files::read_text(path, ledger::MAX_TRUST as u64)?;
    Trust::read(&text).map_err(|source| HomeError::Trust { path: path.to_owned(), source })
}

fn read_sealing(folder: &Path) -> Result<Kem, HomeError> {
    let path = folder.join("sealing.toml");
    if !path.exists() {
        return Ok(Kem::default());
    }
    let text = files::read_text(&path, PARTY_LIMIT)?;
    let read = toml::from_str(&text).map_err(|e| e.message().to_owned());
    read.and_then(|Sealing { kem }| kem.parse())
        .map_err(|reason| HomeError::Sealing { path, reason })
}

/// `party.toml`: the party, and the party above its keys.
#[derive(serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct PartyFile {
    id: PartyId,
    name: Line,
    roles: Vec<Role>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    root: Option<PartyId>,
}

fn read_party(folder: &Path) -> Result<Party, HomeError> {
    let PartyFile { id, name, roles, root: _ } = read_party_file(folder)?;
    Ok(Party { id, name, roles })
}

fn read_party_file(folder: &Path) -> Result<PartyFile, HomeError> {
    let path = folder.join("party.toml");
    let text = files::read_text(&path, PARTY_LIMIT)?;
    toml::from_str(&text).map_err(|e| HomeError::Party { path, reason: e.message().to_owned() })
}

/// The name of the `n`th key file after the first, counted from 0.
fn later(n: usize) -> String {
    format!("secret.key.{}", n + 1)
}

fn read_keys(path: PathBuf) -> Result<SecretKeys, HomeError> {
    let text = zeroize::Zeroizing::new(files::read_text(&path, KEY_LIMIT)?);
    SecretKeys::read(&text).map_err(|source| HomeError::Key { path, source })
}

/// A party from what a person types.
///
/// # Errors
/// The first part that is not well formed, in plain words.
pub fn party(id: &str, name: &str, roles: &[String]) -> Result<Party, String> {
    let id = id.parse().map_err(|e: domain::ParseIdError| e.to_string())?;
    let name: Line = name.parse().map_err(|e: domain::ParseTextError| e.to_string())?;
    let mut parsed = Vec::new();
    for role in roles {
        parsed.push(role.parse::<Role>()?);
    }
    Ok(Party { id, name, roles: parsed })
}
