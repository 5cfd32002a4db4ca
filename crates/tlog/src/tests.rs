//! The public vectors that this crate must agree with, and the committed fuzz corpora.

#![expect(clippy::disallowed_methods, reason = "tests find their data by environment")]

mod corpus;
mod logs;
mod published;
mod vectors;

use std::path::PathBuf;

/// The folder of public vectors; `None`, said aloud, when this checkout has none.
fn data(file: &str) -> Option<PathBuf> {
    let root = std::env::var("VESTIBULE_DATA")
        .unwrap_or_else(|_| concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data").into());
    let path = PathBuf::from(root).join("tlog").join(file);
    if path.exists() {
        return Some(path);
    }
    println!("skipped: {file} (no VESTIBULE_DATA)");
    None
}

/// A file of the vectors as text.
pub(crate) fn text(file: &str) -> Option<String> {
    Some(std::fs::read_to_string(data(file)?).expect("vectors are readable"))
}
