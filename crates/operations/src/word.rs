//! Direct words: what a developer's gateway obeys at once, log or no log. A withdrawal, or the notice of a breach that stops
//! uses; each can only take access away.
//!
//! A word is a file in the home's `words/`, signed by whoever says it ([`ledger::Word`]), so that the gateway needs to trust
//! neither the folder nor who carried the file there. The gateway watches the folder; the record in the log follows, and says
//! the same.

mod standing;

pub use standing::{Judged, Standing, heed, judged};

use crate::act::{ActError, Ctx};
use crate::files::{self, Access, FileError};
use access::Event;
use domain::{Digest, PartyId, Role, Statement, Timestamp};
use ledger::{MAX_WORD, SecretKeys, SignatureError, Trust};
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

/// Most files of `words/` that are looked at.
pub const MAX_WORDS: usize = 1_000;

/// A word whose signatures are good.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// What it says.
    pub event: Event,
    /// Who says it.
    pub by: PartyId,
    /// When, by the clock of whoever said it.
    pub said_at: Timestamp,
}

/// Why a file of `words/` is not obeyed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unheard {
    /// Nobody can tell whose it is. It could be the developer's word, damaged.
    #[error("{0}")]
    Unverified(String),
    /// It is somebody's, who says nothing that counts here.
    #[error("{0}")]
    Refused(String),
}

/// A file of `words/`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// Which.
    pub path: PathBuf,
    /// What it says, or why that is not obeyed.
    pub word: Result<Said, Unheard>,
}

/// What tells a file from another under the same name, or from itself with other bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Mark {
    /// The device and the number on it.
    file: (u64, u64),
    /// In bytes.
    length: u64,
    /// When its bytes were written last: seconds and nanoseconds.
    written: (i64, i64),
    /// When anything about it changed last.
    changed: (i64, i64),
}

/// Where a word was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Given {
    /// It is none, or this party has nobody to say it to.
    Not,
    /// Where this home's gateway sees it.
    Here(PathBuf),
    /// In a file for the developer, whose gateway obeys it as well.
    ToHand(PathBuf),
}

/// Signs a word and writes it where the gateway of this home sees it; government's, to be handed to the developer. Any other
/// event is not a word and is not written; nor is one of a party that is neither.
///
/// # Errors
/// The system's.
pub fn give(ctx: &Ctx, event: &Event) -> Result<Given, ActError> {
    let here = ctx.home.has(Role::Developer);
    let to_hand = ctx.home.has(Role::Government) && matches!(event, Event::BreachNoticed(_));
    if !is_word(event) || !(here || to_hand) {
        return Ok(Given::Not);
    }
    let (log, now) = (ctx.trust.log().origin(), ctx.clock.now());
    let word = ledger::Word::sign(log, ctx.home.id(), event, signing_keys(ctx), now);
    let path = place(ctx, event);
    files::write(&path, &word.to_bytes(), Access::Private)?;
    Ok(if here { Given::Here(path) } else { Given::ToHand(path) })
}

/// The keys that count as of now. Where that can't be told (a damaged copy of the log, a key that was revoked), the home's
/// first: a word is obeyed by any key of its party, and must not wait for a repair.
fn signing_keys(ctx: &Ctx) -> &SecretKeys {
    let current = ctx.current().unwrap_or_else(|_| ctx.trust.clone());
    ctx.home.signing_keys(&current).unwrap_or_else(|_| ctx.home.keys())
}

/// Takes a word back that the rules then refused: it must not stop what nothing in the log could set going again.
///
/// # Errors
/// The system's.
pub fn take_back(ctx: &Ctx, event: &Event) -> Result<(), ActError> {
    Ok(files::remove(&place(ctx, event))?)
}

/// Takes a word over that another home wrote, so that this home's gateway obeys it, too.
///
/// # Errors
/// A file that can't be read; the inner result, why it is no word that counts.
pub fn take_over(ctx: &Ctx, file: &Path, trust: &Trust) -> Result<Found, FileError> {
    let bytes = files::read(file, MAX_WORD as u64)?;
    let word = read(&bytes, trust);
    let path = match &word {
        Ok(said) => {
            let path = place(ctx, &said.event);
            files::write(&path, &bytes, Access::Private)?;
            path
        }
        Err(_) => file.to_owned(),
    };
    Ok(Found { path, word })
}

/// The files of a home's `words/`, each with what it says, by `read`, or why that is not obeyed.
///
/// # Errors
/// The folder can't be read, or has too many files.
pub fn given(
    home: &Path,
    mut read: impl FnMut(&[u8]) -> Result<Said, Unheard>,
) -> Result<Vec<Found>, FileError> {
    let found = listed(home)?.into_iter().filter_map(|path| {
        let word = match files::read(&path, MAX_WORD as u64) {
            Ok(bytes) => read(&bytes),
            // it was taken back meanwhile
            Err(error) if error.is_missing() => return None,
            Err(error) => Err(Unheard::Unverified(crate::plain(&error))),
        };
        Some(Found { path, word })
    });
    Ok(found.collect())
}

/// The files of a home's `words/`, [`MAX_WORDS`] at most.
///
/// # Errors
/// The folder can't be read, or has more.
pub fn listed(home: &Path) -> Result<Vec<PathBuf>, FileError> {
    let folder = home.join("words");
    let files = files::list(&folder, "word")?;
    match files.len() {
        0..=MAX_WORDS => Ok(files),
        _ => Err(FileError::TooMany { path: folder, limit: MAX_WORDS }),
    }
}

/// The files of a home's `words/` as they lie there, to tell whether any is another than it was. A name alone doesn't: a word
/// may take another's place under the same one.
///
/// # Errors
/// As [`listed`]; or one is gone meanwhile.
pub fn marked(home: &Path) -> Result<Vec<(PathBuf, Mark)>, FileError> {
    listed(home)?.into_iter().map(|path| Mark::of(&path).map(|mark| (path, mark))).collect()
}

impl Mark {
    fn of(path: &Path) -> Result<Self, FileError> {
        let about = std::fs::metadata(path).map_err(files::system("look at", path))?;
        Ok(Self {
            file: (about.dev(), about.ino()),
            length: about.len(),
            written: (about.mtime(), about.mtime_nsec()),
            changed: (about.ctime(), about.ctime_nsec()),
        })
    }
}

/// Reads a word and checks whose it is.
///
/// # Errors
/// See [`Unheard`].
pub fn read(bytes: &[u8], trust: &Trust) -> Result<Said, Unheard> {
    let unverified = |text: String| Unheard::Unverified(text);
    let word = ledger::Word::from_bytes(bytes).map_err(|error| match Event::from_bytes(bytes) {
        Ok(_) => unverified(
            "it is not signed; an earlier version wrote such words: say it again, or remove it if the log has it".to_owned(),
        ),
        Err(_) => unverified(crate::plain(&error)),
    })?;
    match word.verify(trust) {
        Ok(()) => {}
        Err(error @ SignatureError::OtherLog { .. }) => {
            return Err(Unheard::Refused(crate::plain(&error)));
        }
        Err(error) => return Err(unverified(crate::plain(&error))),
    }
    // from here on it is known who said it
    let refused =
        |text: String| Unheard::Refused(format!("`{}` signed it, but {text}", word.party()));
    let event: Event = word.statement().map_err(|error| refused(crate::plain(&error)))?;
    if !is_word(&event) {
        let kind = event.kind();
        return Err(refused(format!(
            "`{kind}` can't be said directly: a withdrawal can, and the notice of a breach that stops uses"
        )));
    }
    if !event.signers().contains(word.party()) {
        return Err(refused("speaks for somebody else".to_owned()));
    }
    Ok(Said { event, by: word.party().clone(), said_at: word.said_at() })
}

fn is_word(event: &Event) -> bool {
    match event {
        Event::AccessWithdrawn(_) => true,
        Event::BreachNoticed(breach) => breach.stops,
        _ => false,
    }
}

fn place(ctx: &Ctx, event: &Event) -> PathBuf {
    let name = format!("{}.word", Digest::of(&event.to_bytes()));
    ctx.home.folder().join("words").join(name)
}

#[cfg(test)]
mod tests;
