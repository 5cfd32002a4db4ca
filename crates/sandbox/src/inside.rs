//! The guest program: what this software does inside a sandbox.

use crate::{attest, escape, machine};
use std::io::Read as _;

/// A name, and what is done with the rest of the input; its result is the exit code.
pub type Work<'a> = (&'a str, fn(&str) -> u8);

/// Does what standard input names in its first line, and returns the exit code that tells what came of it: an
/// escape attempt, a look around, or one of `others`, which get the rest of the input. As the first process of a
/// virtual machine it serves the host until that ends it.
///
/// Call it only in a program that was started as a policy's guest, before any thread is started.
pub fn guest(others: &[Work<'_>]) -> u8 {
    if let Some(code) = machine::first_process() {
        return code;
    }
    let mut text = String::new();
    if std::io::stdin().read_to_string(&mut text).is_err() {
        return 1;
    }
    let (name, rest) = text.split_once('\n').unwrap_or((&text, ""));
    if name == LOOK {
        attest::around();
        return 0;
    }
    match others.iter().find(|(other, _)| *other == name) {
        Some((_, work)) => work(rest),
        None => escape::tried(name, rest),
    }
}

/// The name under which the guest looks around.
pub(crate) const LOOK: &str = "look-around";
