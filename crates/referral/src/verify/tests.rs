//! A whole package is good; any changed byte, any missing or stray file is found.
use super::*;
use crate::fold::tests::{attest, sealed};
use crate::manifest::tests::{IMAGE, LOG, manifest, transfer};
use crate::screen::tests::screen;
use std::collections::BTreeMap;

struct Files(BTreeMap<String, Vec<u8>>);

impl Items for Files {
    fn read(&mut self, name: &ItemName, sink: &mut dyn FnMut(&[u8])) -> Result<bool, String> {
        let Some(bytes) = self.0.get(name.as_str()) else { return Ok(false) };
        for piece in bytes.chunks(7) {
            sink(piece);
        }
        Ok(true)
    }

    fn names(&mut self) -> Vec<String> {
        self.0.keys().cloned().collect()
    }
}

fn files() -> Files {
    let file = |name: &str, bytes: &[u8]| (name.to_owned(), bytes.to_vec());
    Files([file("logs/gateway.log", LOG), file("memory.img", IMAGE)].into())
}

fn statements() -> Vec<Attested<Event>> {
    let released = Event::PackageReleased {
        package: "intrusion-7".parse().unwrap(),
        issuer: "hospital".parse().unwrap(),
        manifest: manifest().digest(),
        released_by: "counsel-2".parse().unwrap(),
        second: "director-1".parse().unwrap(),
        to: "bureau".parse().unwrap(),
        despite_good_faith: None,
    };
    let events = [Event::CustodyTransferred { transfer: transfer() }, sealed(manifest()), released];
    events.into_iter().map(attest).collect()
}

fn found(bytes: &[u8], files: &mut Files, statements: &[Attested<Event>]) -> Verification {
    verify(bytes, files, statements, &screen())
}

fn faults(verification: &Verification) -> Vec<String> {
    let not_good = verification.checks.iter().filter(|c| c.outcome != Outcome::Good);
    not_good.map(|c| format!("{} {}: {:?}", c.what, c.subject, c.outcome)).collect()
}

#[test]
fn a_whole_package_is_good_in_both_encodings() {
    let json = serde_json::to_vec(&manifest()).unwrap();
    for bytes in [manifest().to_bytes(), json] {
        let verification = found(&bytes, &mut files(), &statements());
        assert!(verification.is_good(), "{:?}", faults(&verification));
        assert_eq!(verification.checks.len(), 10);
    }
}

#[test]
fn what_is_wrong_is_named() {
    let good = manifest().to_bytes();
    let mut changed = files();
    changed.0.get_mut("memory.img").unwrap()[3] ^= 1;
    let one = |v: &Verification| match faults(v).as_slice() {
        [one] => one.clone(),
        more => panic!("{more:?}"),
    };
    let line = one(&found(&good, &mut changed, &statements()));
    assert!(line.contains("item memory.img: Bad(\"its SHA-256 is another\")"), "{line}");

    let mut short = files();
    short.0.get_mut("memory.img").unwrap().pop();
    assert!(one(&found(&good, &mut short, &statements())).contains("36 bytes"));

    let mut missing = files();
    missing.0.remove("logs/gateway.log");
    assert!(one(&found(&good, &mut missing, &statements())).contains("the file is missing"));

    let mut stray = files();
    stray.0.insert("planted.txt".to_owned(), Vec::new());
    assert!(one(&found(&good, &mut stray, &statements())).contains("planted.txt"));

    let mut lying = manifest();
    lying.items[0].sha384 = Digest384::of(b"");
    let lines = faults(&found(&lying.to_bytes(), &mut files(), &statements()));
    assert!(lines[0].contains("its SHA-384 is another"), "{lines:?}");
    assert!(lines.iter().any(|l| l.starts_with("seal")), "{lines:?}");

    let mut bare = manifest();
    (bare.exculpatory, bare.good_faith) = (None, None);
    bare.offences.clear();
    let lines = faults(&found(&bare.to_bytes(), &mut files(), &statements()));
    for what in ["exculpatory", "good-faith", "elements"] {
        assert!(lines.iter().any(|l| l.starts_with(what)), "{lines:?}");
    }
}

#[test]
fn without_statements_nothing_is_shown() {
    let good = manifest().to_bytes();
    let lines = faults(&found(&good, &mut files(), &[]));
    assert_eq!(lines.len(), 3);
    assert!(lines.iter().all(|l| l.contains("NotShown")), "{lines:?}");

    // one signature of two does not show a transfer
    let mut half = statements();
    half[0].signers.pop_last();
    let lines = faults(&found(&good, &mut files(), &half));
    assert!(lines.len() == 1 && lines[0].starts_with("custody"), "{lines:?}");

    // a release by one person shows nothing, whoever attested it
    let mut alone = statements();
    if let Event::PackageReleased { second, released_by, .. } = &mut alone[2].event {
        *second = released_by.clone();
    }
    let lines = faults(&found(&good, &mut files(), &alone));
    assert!(lines.len() == 1 && lines[0].starts_with("release"), "{lines:?}");
}

#[test]
fn a_file_that_cannot_be_read_is_said() {
    struct Broken;
    impl Items for Broken {
        fn read(&mut self, _: &ItemName, _: &mut dyn FnMut(&[u8])) -> Result<bool, String> {
            Err("the disk failed".to_owned())
        }
        fn names(&mut self) -> Vec<String> {
            Vec::new()
        }
    }
    let verification = verify(&manifest().to_bytes(), &mut Broken, &statements(), &screen());
    assert!(faults(&verification)[0].contains("the disk failed"));
}

proptest::proptest! {
    /// No byte of manifest or items can change unseen.
    #[test]
    fn any_changed_byte_is_found(place: u16, bit in 0u8..8) {
        let (mut bytes, mut files) = (manifest().to_bytes(), files());
        let total = bytes.len() + LOG.len() + IMAGE.len();
        let mut at = usize::from(place) % total;
        let log = files.0.get_mut("logs/gateway.log").unwrap();
        if at < bytes.len() {
            bytes[at] ^= 1 << bit;
        } else if at < bytes.len() + LOG.len() {
            at -= bytes.len();
            log[at] ^= 1 << bit;
        } else {
            at -= bytes.len() + LOG.len();
            files.0.get_mut("memory.img").unwrap()[at] ^= 1 << bit;
        }
        proptest::prop_assert!(!found(&bytes, &mut files, &statements()).is_good());
    }
}
