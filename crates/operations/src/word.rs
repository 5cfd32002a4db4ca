//! The developer's direct word: what this home's gateway obeys at once, log or no log. A withdrawal, or the notice of a breach
//! that stops uses.
//!
//! The word is a file in the home's `words/`, where this party alone can write. The gateway watches the folder; the record in
//! the log follows, and says the same.

use crate::act::{ActError, Ctx};
use crate::files::{self, Access, FileError};
use access::Event;
use domain::{Digest, Role, Statement};
use std::path::{Path, PathBuf};

/// Most bytes of a word.
const LIMIT: u64 = 64 << 10;

/// Writes a word where the gateway of this home sees it. Any other event is not a word and is not written; nor is one of a
/// party that is no developer, which has no gateway. Says whether it was one.
///
/// # Errors
/// The system's.
pub fn give(ctx: &Ctx, event: &Event) -> Result<bool, ActError> {
    let given = is_word(event) && ctx.home.has(Role::Developer);
    if given {
        files::write(&place(ctx, event), &event.to_bytes(), Access::Private)?;
    }
    Ok(given)
}

/// Takes a word back that the rules then refused: it must not stop what nothing in the log could set going again.
///
/// # Errors
/// The system's.
pub fn take_back(ctx: &Ctx, event: &Event) -> Result<(), ActError> {
    Ok(files::remove(&place(ctx, event))?)
}

/// The words given so far. A file that is none is passed over: it can't be a reason not to obey the others.
///
/// # Errors
/// The folder can't be read.
pub fn given(home: &Path) -> Result<Vec<Event>, FileError> {
    let files = files::list(&home.join("words"), "word")?;
    let words = files.iter().filter_map(|path| {
        let bytes = files::read(path, LIMIT).ok()?;
        Event::from_bytes(&bytes).ok().filter(is_word)
    });
    Ok(words.collect())
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
