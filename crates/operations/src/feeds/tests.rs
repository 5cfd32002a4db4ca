//! Feeds from folders and from the file that is made of them.
use super::*;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// A folder with the shipped feeds alone.
fn facts(folder: &Path) -> PathBuf {
    let facts = folder.join("facts");
    std::fs::create_dir(&facts).unwrap();
    for file in rules::FACTS {
        std::fs::write(facts.join(file.name), file.text).unwrap();
    }
    facts
}

/// The shipped facts, as a folder and as a file, answer alike.
#[test]
fn a_file_answers_as_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let facts = facts(folder.path());
    let now = "2026-11-28T08:00:00Z".parse().unwrap();
    let to = folder.path().join("feeds.index");
    let made = compile(std::slice::from_ref(&facts), &to, now, &|_, _| ()).unwrap();
    assert_eq!(made.snapshot.sources.len(), rules::FACTS.len());
    let words = rules::vocabulary("en").unwrap();
    let path = root().join("facts/hospital-before.cdx.json");
    let subject = crate::check::Subject::new(path, "portal", Some(true));
    let text = |feeds: &Feeds| {
        let subjects = std::slice::from_ref(&subject);
        crate::check::check(subjects, feeds, &[], &words, now).unwrap().text
    };
    assert_eq!(text(&read(&facts).unwrap()), text(&read(&to).unwrap()));
    assert_eq!(text(&shipped().unwrap()), text(&read(&to).unwrap()));
    let again = compile(&[facts], &folder.path().join("again"), now, &|_, _| ()).unwrap();
    assert_eq!(again.sha256, made.sha256, "the same files give the same bytes");
}

#[test]
fn damage_is_told_and_never_believed() {
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("feeds.index");
    let made = compile(&[facts(folder.path())], &to, Timestamp::EPOCH, &|_, _| ()).unwrap();
    let whole = std::fs::read(&made.index).unwrap();
    for at in (0..whole.len()).step_by(whole.len() / 50) {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        let path = folder.path().join("damaged");
        std::fs::write(&path, &bytes).unwrap();
        let error = crate::plain(&read(&path).unwrap_err());
        assert!(error.contains("make it again"), "{at}: {error}");
    }
}

/// A document of a folder needs its signature beside it, where a key is pinned.
#[test]
fn carried_documents_are_signed() {
    let folder = tempfile::tempdir().unwrap();
    let facts = facts(folder.path());
    let mut keys = PinnedKeys::default();
    keys.add(include_bytes!("openpgp/supplier.key.asc"), None).unwrap();
    let document = include_bytes!("openpgp/document.json");
    std::fs::write(facts.join("csaf-x.json"), document).unwrap();
    let now = "2026-11-28T08:00:00Z".parse().unwrap();
    let run = |keys: &PinnedKeys| {
        let to = folder.path().join("feeds.index");
        compile_signed(std::slice::from_ref(&facts), keys.clone(), &to, now, &|_, _| ())
    };
    assert_eq!(run(&PinnedKeys::default()).unwrap().1, 0);
    let error = crate::plain(&run(&keys).unwrap_err());
    assert!(error.contains("csaf-x.json") && error.contains("no OpenPGP signature"), "{error}");
    std::fs::write(facts.join("csaf-x.json.asc"), include_bytes!("openpgp/by-primary.asc"))
        .unwrap();
    let (made, signed) = run(&keys).unwrap();
    assert_eq!((signed, made.snapshot.sources.len()), (1, rules::FACTS.len() + 1));
}
