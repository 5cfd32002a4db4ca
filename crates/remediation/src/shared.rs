//! Test data of others, when it is there.

use crate::Table;
use std::path::PathBuf;

/// A file of the test data as text, unpacked when it is packed; none when there is no test data.
#[expect(clippy::disallowed_methods, reason = "tests find their data by environment")]
pub(crate) fn read(name: &str) -> Option<Vec<u8>> {
    let default = concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/data");
    let folder = std::env::var("VESTIBULE_DATA").unwrap_or_else(|_| default.to_owned());
    let path = PathBuf::from(folder).join(name);
    let Ok(bytes) = std::fs::read(path) else {
        println!("skipped: {name} (no VESTIBULE_DATA)");
        return None;
    };
    let packed = name.ends_with(".zst");
    Some(if packed { zstd::decode_all(bytes.as_slice()).unwrap() } else { bytes })
}

/// The shipped table.
pub(crate) fn table() -> Table {
    Table::read(&rule("bod-26-04.toml")).unwrap()
}

/// A shipped data file.
pub(crate) fn rule(name: &str) -> String {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../rules");
    std::fs::read_to_string(folder.join(name)).unwrap()
}
