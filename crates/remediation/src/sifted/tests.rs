//! What is kept, whole and piece by piece.
use super::*;
use crate::index::tests::{component, record};

const ALL: &str = r#""ranges":[{"type":"SEMVER","events":[{"introduced":"0"},{"fixed":"2.0.0"}]}]"#;

fn lock(packages: usize) -> String {
    let mut text = "version = 4\n".to_owned();
    for at in 0..packages {
        let source = "registry+https://github.com/rust-lang/crates.io-index";
        text += &format!(
            "\n[[package]]\nname = \"crate-{at}\"\nversion = \"1.0.{at}\"\nsource = \"{source}\"\nchecksum = \"{at:064x}\"\n"
        );
        if at % 3 == 0 {
            text += "dependencies = [\n \"a\",\n \"b 1.0.0\",\n]\n";
        }
    }
    text + "\n[[package]]\nname = \"own\"\nversion = \"0.1.0\"\n"
}

fn index() -> Index {
    Index::build(&[
        record("X-1", "crates.io/crate-7", ALL),
        record("X-2", "crates.io/crate-4999", ALL),
    ])
}

#[test]
fn only_what_can_be_of_concern_is_kept() {
    let here = component("crates.io/crate-7", Some("1.0.7"));
    let all = [component("crates.io/gone", None), here.clone()];
    let own = Component { namespace: None, name: "own".into(), version: None };
    let sifted = Sifted::of(&[&all[..], std::slice::from_ref(&own)].concat(), &index());
    assert_eq!((sifted.known.len(), sifted.others), (1, 1));
    assert_eq!((&sifted.known[0].component, &sifted.uncovered[..]), (&here, &[own][..]));
}

/// A source that gives a few bytes at a time.
struct Slow<'a>(&'a [u8], usize);

impl Read for Slow<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let most = into.len().min(self.1);
        self.0.read(&mut into[..most])
    }
}

#[test]
fn a_lock_file_in_pieces_is_the_lock_file() {
    let text = lock(5_000);
    let read = advisory::inventory::read_cargo_lock(text.as_bytes()).unwrap();
    let whole: Vec<Component> = read.components.into_iter().map(Component::from).collect();
    let whole = Sifted::of(&whole, &index());
    assert_eq!((whole.known.len(), whole.uncovered.len(), whole.others), (2, 1, 4_998));
    for size in [997, PIECE, usize::MAX] {
        let pieces = Sifted::of_lock(Slow(text.as_bytes(), size), &index()).unwrap();
        assert_eq!(pieces.as_ref(), Some(&whole), "{size} bytes at a time");
    }
    // what is TOML and not as cargo writes it has to be read whole
    let odd = text + "name = 'x'\n";
    assert_eq!(Sifted::of_lock(odd.as_bytes(), &index()).unwrap(), None);
}

/// A package with more dependencies than fit into a piece.
#[test]
fn a_long_package_gets_more_room() {
    let list: String = (0..20_000).map(|at| format!(" \"dependency-{at}\",\n")).collect();
    let text = lock(3) + "dependencies = [\n" + &list + "]\n";
    assert!(text.len() > PIECE);
    let sifted = Sifted::of_lock(text.as_bytes(), &index()).unwrap().unwrap();
    assert_eq!((sifted.uncovered.len(), sifted.others), (1, 3));
}
