//! Where the tests find the shared vectors.
use std::path::PathBuf;

/// The folder `name` of the shared data, or `None` (after saying so) where there is none.
#[expect(clippy::disallowed_methods, reason = "tests find their data by environment")]
pub(crate) fn folder(name: &str) -> Option<PathBuf> {
    let root = std::env::var("VESTIBULE_DATA").map_or_else(
        |_| PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data")),
        PathBuf::from,
    );
    let folder = root.join(name);
    if !folder.is_dir() {
        println!("skipped: {name} (no VESTIBULE_DATA)");
        return None;
    }
    Some(folder)
}

/// Replays `fuzz/corpus/<target>`.
pub(crate) fn replay(target: &str, parse: impl Fn(&str)) {
    let folder =
        PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus")).join(target);
    let files: Vec<_> = std::fs::read_dir(folder).unwrap().collect();
    assert!(files.len() >= 3, "{target} has {} files", files.len());
    for file in files {
        parse(&std::fs::read_to_string(file.unwrap().path()).unwrap());
    }
}
