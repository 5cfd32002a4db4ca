//! What is kept can be read by whom it is for, until its day, and by nobody after.

use super::segment::{self, day_of, key_of};
use super::{ContentError, Given, Shelf, check_segment, destroy_due, give};
use crate::home::Home;
use crate::testing::World;
use access::{Content, Endpoint};
use data_encoding::BASE64;
use domain::{Digest, Role, Timestamp};
use gateway::{
    ContentStore, Durability, Exchange, Intent, Kept, Outcome, RequestId, Side, UseLog, UseRecord,
    UseSink, commitment,
};
use ledger::open_letter;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use zeroize::Zeroizing;

const NEEDLE: &str = "a question that nobody else may read";
const ANSWER: &str = "an answer that nobody else may read";

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn exchange(n: u128, content: Content) -> Exchange {
    Exchange {
        request: RequestId::from_bits(n),
        grant: "grant-1".parse().unwrap(),
        party: "gov".parse().unwrap(),
        content,
        finished_at: at("2026-11-20T23:59:59Z"),
        salt: Zeroizing::new([9; 32]),
        asked: NEEDLE.into(),
        answered: Zeroizing::new(ANSWER.into()),
        shortened: false,
    }
}

/// A lab, the home of government, and a shelf in the lab's home.
fn world() -> (World, PathBuf, Shelf) {
    let world = World::with(3, &[("lab", Role::Developer), ("gov", Role::Government)]);
    let home = world.folder.path().join("lab");
    let random: Arc<dyn crate::ctx::Random> = Arc::<crate::ctx::SeededRandom>::clone(&world.random);
    let kem = Home::open(&home).unwrap().kem();
    let shelf = Shelf::start(&home, kem, Durability::Durable, random).unwrap();
    shelf.learn(&Home::open(&home).unwrap().trust().unwrap());
    (world, home, shelf)
}

/// Puts a use on file, as a gateway does.
async fn used(home: &Path, n: u128, kept: Kept) {
    let now = at("2026-11-20T23:59:59Z");
    let (log, _) = UseLog::open(&home.join("uses.log"), Durability::Durable, now).unwrap();
    let digest = |side, bytes: &str| match kept {
        Kept::Sealed => commitment(side, &[9; 32], bytes.as_bytes()),
        Kept::Visible => Digest::of(bytes.as_bytes()),
    };
    let intent = Intent {
        request: RequestId::from_bits(n),
        grant: "grant-1".parse().unwrap(),
        person: "p1".parse().unwrap(),
        endpoint: Endpoint::ChatCompletions,
        model: "model-1".parse().unwrap(),
        started_at: now,
        request_digest: digest(Side::Request, NEEDLE),
        content: Some(kept),
        tokens_in: 1,
        reserved: 2,
    };
    log.intent(intent.clone()).await.unwrap();
    let record = UseRecord {
        salt: Digest::of(b"salt"),
        request: intent.request,
        grant: intent.grant,
        person: intent.person,
        minute: now.minute(),
        started_at: now,
        finished_at: now,
        endpoint: intent.endpoint,
        model: intent.model,
        request_digest: intent.request_digest,
        response_digest: digest(Side::Answer, ANSWER),
        content: Some(kept),
        tokens_in: 1,
        tokens_out: 1,
        charged: 2,
        outcome: Outcome::Completed,
        traits: gateway::Traits::default(),
    };
    log.outcome(record).await.unwrap();
}

/// Every byte of every file below a folder.
fn everything(folder: &Path) -> Vec<u8> {
    let mut all = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        all.extend(if path.is_dir() { everything(&path) } else { std::fs::read(&path).unwrap() });
    }
    all
}

fn contains(bytes: &[u8], text: &str) -> bool {
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[tokio::test]
async fn sealed_content_opens_for_its_party_and_lies_nowhere_in_the_clear() {
    let (world, home, shelf) = world();
    shelf.keep(exchange(1, Content::Sealed { retention_days: 90 })).await.unwrap();
    used(&home, 1, Kept::Sealed).await;
    let files = everything(&home);
    assert!(!contains(&files, NEEDLE) && !contains(&files, ANSWER));
    let Given::Sealed(sealed) = give(&home, RequestId::from_bits(1)).unwrap() else {
        panic!("it is sealed")
    };
    let letter = BASE64.decode(sealed.letter.as_bytes()).unwrap();
    let context = super::context(RequestId::from_bits(1));
    let gov = Home::open(&world.folder.path().join("gov")).unwrap();
    let plain = open_letter((gov.id(), gov.keys()), &context, &letter).unwrap();
    assert!(contains(&plain, NEEDLE) && contains(&plain, ANSWER));
    let lab = Home::open(&home).unwrap();
    assert!(open_letter((gov.id(), lab.keys()), &context, &letter).is_err());
}

#[tokio::test]
async fn visible_content_is_for_the_developer_and_encrypted_on_the_disk() {
    let (_world, home, shelf) = world();
    shelf.keep(exchange(2, Content::Visible { retention_days: 30 })).await.unwrap();
    used(&home, 2, Kept::Visible).await;
    let files = everything(&home);
    assert!(!contains(&files, NEEDLE) && !contains(&files, ANSWER));
    let Given::Opening(opening) = give(&home, RequestId::from_bits(2)).unwrap() else {
        panic!("it is open")
    };
    assert_eq!(BASE64.decode(opening.asked.as_bytes()).unwrap(), NEEDLE.as_bytes());
    assert_eq!(BASE64.decode(opening.answered.as_bytes()).unwrap(), ANSWER.as_bytes());
    assert!(give(&home, RequestId::from_bits(3)).is_err());
}

#[tokio::test]
async fn content_is_destroyed_on_its_day_and_that_is_noted() {
    let (_world, home, shelf) = world();
    for n in 1..=3 {
        shelf.keep(exchange(n, Content::Visible { retention_days: 1 })).await.unwrap();
    }
    shelf.keep(exchange(4, Content::Sealed { retention_days: 2 })).await.unwrap();
    let first = segment::file_of(&segment::folder(&home), at("2026-11-22T00:00:00Z"));
    assert!(first.exists());
    let copy = std::fs::read(&first).unwrap();
    used(&home, 1, Kept::Visible).await;
    let within = give(&home, RequestId::from_bits(1));
    assert!(matches!(within, Ok(Given::Opening(_))), "within its days: {within:?}");
    let destroy = |now: &str| {
        let mut noted = Vec::new();
        let done = destroy_due(&home, at(now), |d| -> Result<(), ContentError> {
            assert!(!key_of(&segment::file_of(&segment::folder(&home), d.until)).exists());
            noted.push((d.until, d.records));
            Ok(())
        });
        (done.unwrap(), noted)
    };
    assert_eq!(destroy("2026-11-21T23:59:59Z"), (0, Vec::new()), "not a second early");
    let (done, noted) = destroy("2026-11-22T00:00:00Z");
    assert_eq!((done, noted), (3, vec![(at("2026-11-22T00:00:00Z"), 3)]));
    assert!(!first.exists());
    // a copy of the file is worth nothing without its key
    std::fs::write(&first, copy).unwrap();
    assert!(give(&home, RequestId::from_bits(1)).is_err());
    std::fs::remove_file(&first).unwrap();
    let after = give(&home, RequestId::from_bits(1)).expect_err("its days are over").to_string();
    assert!(after.contains("(terms: retention-days)"), "{after}");
    assert_eq!(destroy("2027-11-22T00:00:00Z").0, 1);
}

#[tokio::test]
async fn what_a_crash_tore_is_cut_off_and_writing_goes_on() {
    let (world, home, shelf) = world();
    shelf.keep(exchange(1, Content::Sealed { retention_days: 1 })).await.unwrap();
    drop(shelf);
    let file = segment::file_of(&segment::folder(&home), at("2026-11-22T00:00:00Z"));
    let sound = std::fs::read(&file).unwrap();
    for torn in [&[0, 0, 1][..], &[0; 40], &[255; 40], &[0, 0, 0, 4, 1, 2, 3]] {
        std::fs::write(&file, [sound.as_slice(), torn].concat()).unwrap();
        let segment = segment::Segment::open(
            &segment::folder(&home),
            at("2026-11-22T00:00:00Z"),
            world.random.as_ref(),
        );
        segment.unwrap();
        assert_eq!(std::fs::read(&file).unwrap(), sound);
    }
    assert_eq!(check_segment(&sound), Ok(1));
}

#[tokio::test]
async fn a_disk_that_takes_nothing_stops_what_must_be_kept() {
    let (_world, home, shelf) = world();
    let party = "gov".parse().unwrap();
    let content = Content::Sealed { retention_days: 1 };
    shelf.ready(&party, content).unwrap();
    // where the folder would be there is a file
    std::fs::write(segment::folder(&home), b"in the way").unwrap();
    assert!(shelf.keep(exchange(1, content)).await.is_err());
    assert!(shelf.ready(&party, content).is_err());
    std::fs::remove_file(segment::folder(&home)).unwrap();
    // what was owed is written by and by, and then all is well
    shelf.keep(exchange(2, content)).await.unwrap();
    shelf.ready(&party, content).unwrap();
    for n in 1..=2 {
        used(&home, n, Kept::Sealed).await;
        assert!(give(&home, RequestId::from_bits(n)).is_ok(), "{n}");
    }
    let stranger = "nobody".parse().unwrap();
    assert!(shelf.ready(&stranger, content).is_err(), "nothing can be sealed to them");
    assert!(shelf.ready(&stranger, Content::Visible { retention_days: 1 }).is_ok());
}

#[test]
fn days_are_in_the_names_of_files() {
    let until = segment::until(at("2026-12-31T10:00:00Z"), 90);
    assert_eq!(until, at("2027-04-01T00:00:00Z"));
    let file = segment::file_of(Path::new("content"), until);
    assert_eq!(file, Path::new("content/until-2027-04-01.content"));
    assert_eq!(day_of(&file), Some(until));
    assert_eq!(day_of(Path::new("content/until-tomorrow.content")), None);
}

proptest::proptest! {
    #[test]
    fn anything_is_answered(bytes: Vec<u8>) {
        let _ = check_segment(&bytes);
        let _ = check_segment(&[b"vestibule/content/v1\n".as_slice(), &bytes].concat());
    }
}
