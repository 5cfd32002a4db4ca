//! Lock files read, refused with the line.
use super::*;
use crate::shared;
use expect_test::expect;
use proptest::prelude::*;

const SMALL: &str = r#"# generated
version = 4

[[package]]
name = "app"
version = "0.1.0"
dependencies = ["rand"]

[[package]]
name = "rand"
version = "0.7.2"
source = "registry+https://github.com/rust-lang/crates.io-index"
checksum = "00"

[[package]]
name = "patched"
version = "1.0.0"
source = "git+https://example.org/patched#abc"
"#;

#[test]
fn only_crates_io_is_crates_io() {
    let inventory = read(SMALL.as_bytes()).unwrap();
    let show: Vec<_> = inventory
        .components
        .iter()
        .map(|one| (one.name.as_str(), one.ecosystem, one.place.line.unwrap()))
        .collect();
    let expected =
        [("app", None, 4), ("rand", Some(Ecosystem::CratesIo), 9), ("patched", None, 15)];
    assert_eq!(show, expected);
    let purl = inventory.components[1].purl().unwrap();
    assert_eq!(purl.to_string(), "pkg:cargo/rand@0.7.2");
}

#[test]
fn refusals_name_the_line() {
    let check = |from: &str, to: &str, expected: expect_test::Expect| {
        let text = SMALL.replacen(from, to, 1);
        assert_ne!(text, SMALL);
        expected.assert_eq(&read(text.as_bytes()).unwrap_err().to_string());
    };
    check(
        "version = 4",
        "version = 5",
        expect![
            "Cargo.lock, line 2: lock file version 5 is not supported; update this program, or write the file with an older cargo"
        ],
    );
    check(
        "version = \"0.7.2\"",
        "",
        expect![
            "Cargo.lock, line 9: missing field `version`; correct it, or fetch the file again if it was cut off"
        ],
    );
    check(
        "version = \"0.7.2\"",
        "version = 7",
        expect![
            "Cargo.lock, line 11: invalid type: integer `7`, expected a string; correct it, or fetch the file again if it was cut off"
        ],
    );
    check(
        "name = \"rand\"",
        "name = \"rand",
        expect![[
            r#"Cargo.lock, line 10: invalid basic string, expected `"`; correct it, or fetch the file again if it was cut off"#
        ]],
    );
    expect!["Cargo.lock: there is no `[[package]]`; this is no Cargo.lock, or run `cargo generate-lockfile`"].assert_eq(&read(b"").unwrap_err().to_string());
    expect!["Cargo.lock: it is not UTF-8 text; save or export it as UTF-8"]
        .assert_eq(&read(b"\xff").unwrap_err().to_string());
}

#[test]
fn this_repository_reads() {
    let bytes = include_bytes!(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.lock"));
    let inventory = read(bytes).unwrap();
    let foreign = inventory.components.iter().filter(|one| one.ecosystem.is_some()).count();
    assert!(foreign > 50, "{foreign}");
    assert_eq!(by_lines(bytes), Some(read_toml(bytes).unwrap().components), "by lines");
    assert_eq!(in_pieces(bytes, 1000), by_lines(bytes));
    // a comment, an escape and a table of its own are TOML, and cargo does not write them there
    for odd in ["[[package]] # x", "[[patch.unused]]", "name = \"a\\u0041\"", "name = 'a'"] {
        assert_eq!(by_lines(format!("{SMALL}{odd}\n").as_bytes()), None, "{odd}");
    }
}

/// As [`by_lines`], with so many bytes more each time.
fn in_pieces(bytes: &[u8], size: usize) -> Option<Vec<Component>> {
    let (mut reader, mut components) = (LockedReader::default(), Vec::new());
    let (mut from, mut to) = (0, 0);
    loop {
        to = bytes.len().min(to + size);
        let last = to == bytes.len();
        from += reader.take(&bytes[from..to], last, |locked| components.push(locked.into()))?;
        if last {
            return (from == to).then_some(components);
        }
    }
}

#[test]
fn corpus() {
    shared::replay("advisory_cargo_lock", |bytes| drop(read(bytes)));
}

/// Lines of lock files, and lines that are near.
const LINES: [&str; 24] = [
    "version = 4",
    "version = 04",
    "version = 9",
    "",
    "# a comment",
    " ",
    "[[package]]",
    "[[package]]",
    "[metadata]",
    "name = \"a\"",
    "name = \"b\"",
    "name = \" \"",
    "name = \"a\" # x",
    "version = \"1.0.0\"",
    "version = \"1\"2\"",
    "source = \"registry+https://github.com/rust-lang/crates.io-index\"",
    "source = \"git+https://example.org/a\"",
    "checksum = \"00\"",
    "dependencies = [",
    " \"a\",",
    " \"a\"",
    "]",
    "dependencies = []",
    "replace = \"c\"",
];

proptest! {
    #[test]
    fn both_ways_give_the_same(picks in proptest::collection::vec(0..LINES.len(), 0..14), end in "\n?") {
        let text = picks.iter().map(|pick| LINES[*pick]).collect::<Vec<_>>().join("\n") + &end;
        for text in [text.clone(), format!("{SMALL}{text}"), format!("[[package]]\nname = \"x\"\nversion = \"1\"\n{text}")] {
            if let Some(components) = by_lines(text.as_bytes()) {
                let slow = read_toml(text.as_bytes()).map(|read| read.components);
                prop_assert_eq!(Ok(components), slow, "{}", text);
            }
            for size in 1..text.len().min(40) {
                prop_assert_eq!(in_pieces(text.as_bytes(), size), by_lines(text.as_bytes()), "{} by {}", text, size);
            }
        }
    }

    #[test]
    fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200), cut in 0..SMALL.len(), with: u8) {
        let _ = read(&bytes);
        let mut near = SMALL.as_bytes().to_vec();
        near[cut] = with;
        let _ = read(&near);
    }
}
