//! The developer's direct word: a withdrawal that this home's gateway obeys at once, log or no log.
//!
//! The word is a signed file in the home's `words/`. The gateway watches the folder; the record in the log
//! follows, and says the same.

use crate::act::{ActError, Ctx};
use crate::files::{self, Access, FileError};
use access::{Event, Withdrawal};
use domain::{Digest, Statement};
use std::path::Path;

/// Most bytes of a word.
const LIMIT: u64 = 64 << 10;

/// Writes a withdrawal where the gateway of this home sees it.
///
/// # Errors
/// The system's. Any other event is not a word and is not written.
pub fn give(ctx: &Ctx, event: &Event) -> Result<(), ActError> {
    if let Event::AccessWithdrawn(_) = event {
        let bytes = event.to_bytes();
        let name = format!("{}.word", Digest::of(&bytes));
        files::write(&ctx.home.folder().join("words").join(name), &bytes, Access::Private)?;
    }
    Ok(())
}

/// The words given so far. A file that is none is passed over: it can't be a reason not to obey the others.
///
/// # Errors
/// The folder can't be read.
pub fn given(home: &Path) -> Result<Vec<Withdrawal>, FileError> {
    let mut words = Vec::new();
    for path in files::list(&home.join("words"), "word")? {
        let event = files::read(&path, LIMIT).ok().and_then(|b| Event::from_bytes(&b).ok());
        if let Some(Event::AccessWithdrawn(withdrawal)) = event {
            words.push(withdrawal);
        }
    }
    Ok(words)
}
