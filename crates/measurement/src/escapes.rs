//! The escape attempts, made on this machine.

use super::MeasureError;
use sandbox::escape::{self, Class, Guest, Tried};
use serde::Serialize;

/// What came of all attempts.
#[derive(Debug, Serialize)]
pub struct Escapes {
    /// Every attempt with its runs.
    pub attempts: Vec<Tried>,
    /// How many were made.
    pub made: usize,
    /// Of those, how many were refused wherever they must be, and shown to work where nothing stops them.
    pub held: usize,
    /// Whether all that were made did, and any was.
    pub holds: bool,
}

/// Makes the attempts of these classes, all when none is named. `guest` is the program that makes them inside.
///
/// # Errors
/// A class that does not exist; a machine that does not isolate.
pub fn escapes(
    guest: &Guest,
    classes: &[String],
    progress: &dyn Fn(usize, usize, &str),
) -> Result<Escapes, MeasureError> {
    for class in classes {
        if !Class::ALL.iter().any(|c| c.name() == class) {
            let known: Vec<_> = Class::ALL.iter().map(|c| c.name()).collect();
            let known = known.join(", ");
            let why = format!("there is no class `{class}` of attempts; there are {known}");
            return Err(MeasureError::Argument(why));
        }
    }
    let missing = |e: &dyn std::error::Error| MeasureError::Machine(operations::plain(e));
    sandbox::probe().map_err(|e| missing(&e))?;
    let mut wanted = escape::attempts();
    wanted.retain(|a| classes.is_empty() || classes.iter().any(|c| c == a.class.name()));
    let mut attempts = Vec::new();
    for (done, attempt) in wanted.iter().enumerate() {
        progress(done, wanted.len(), attempt.name);
        attempts.push(escape::run(attempt, guest).map_err(|e| missing(&e))?);
    }
    let made = attempts.iter().filter(|t| t.skipped.is_none()).count();
    let held = attempts.iter().filter(|t| t.holds()).count();
    Ok(Escapes { attempts, made, held, holds: made > 0 && held == made })
}
