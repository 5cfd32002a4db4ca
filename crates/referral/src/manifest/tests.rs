//! A manifest for every test; both encodings; every way to contradict oneself.
use super::*;
use crate::screen::tests::screen;

pub(crate) fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(crate) fn holder(party: &str, person: &str) -> Holder {
    Holder { party: party.parse().unwrap(), person: person.parse().unwrap() }
}

pub(crate) const LOG: &[u8] = b"2026-11-20T03:12:09Z agent session 7 POST /admin/export 200\n";
pub(crate) const IMAGE: &[u8] = b"memory of the gateway, 16 bytes a row";

pub(crate) fn item(name: &str, bytes: &[u8]) -> Item {
    Item {
        name: name.parse().unwrap(),
        sha256: Digest::of(bytes),
        sha384: Digest384::of(bytes),
        size: u64::try_from(bytes.len()).unwrap(),
        description: "what the gateway logged".parse().unwrap(),
        collected_by: holder("hospital", "it-1"),
        collected_at: at("2026-11-20T09:00:00Z"),
        collected_where: "mail gateway, server room".parse().unwrap(),
        tool: "collector 2.1".parse().unwrap(),
    }
}

pub(crate) fn transfer() -> Transfer {
    Transfer {
        item: Digest::of(IMAGE),
        from: holder("hospital", "it-1"),
        to: holder("lab", "analyst-4"),
        at: at("2026-11-20T15:00:00Z"),
        reason: "analysis of the memory image".parse().unwrap(),
    }
}

fn text<T: std::str::FromStr>(text: &str) -> T
where
    T::Err: std::fmt::Debug,
{
    text.parse().unwrap()
}

/// A complete package about an intrusion by an agent.
pub(crate) fn manifest() -> Manifest {
    let (log, image) = (Digest::of(LOG), Digest::of(IMAGE));
    let answers = screen().factors.into_iter().map(|f| FactorAnswer {
        factor: text(&f.id),
        answer: if &*f.id == "extortion" { Answer::Yes } else { Answer::No },
        basis: text("the note left on the gateway"),
    });
    let offence = screen().offences[0].clone();
    let elements = offence.elements.iter().map(|e| ElementAnswer {
        element: text(&e.id),
        answer: text("see the log"),
        items: vec![log],
    });
    Manifest {
        package: text("intrusion-7"),
        revision: 1,
        previous: None,
        issuer: text("hospital"),
        title: text("Intrusion into the mail gateway by an AI agent"),
        summary: text("An agent used a stolen session to export mailboxes."),
        items: vec![item("logs/gateway.log", LOG), item("memory.img", IMAGE)],
        custody: vec![transfer()],
        timeline: vec![Moment {
            what: text("mailboxes exported"),
            times: Times {
                occurred: Some(at("2026-11-20T03:12:09Z")),
                aware: Some(at("2026-11-20T07:40:00Z")),
                decided: Some(at("2026-11-21T10:00:00Z")),
                submitted: None,
                received: None,
            },
            items: vec![log],
        }],
        systems: vec![System {
            name: text("mail gateway"),
            owner: text("the hospital"),
            authorisation: Authorisation::None,
            basis: text("no account was issued to the agent"),
        }],
        agents: vec![Agent {
            name: text("agent of an unknown provider"),
            role: text("found the export page and used it"),
            operator: text("not known"),
            conduct: text("It retried by itself after two refusals."),
            items: vec![log, image],
        }],
        losses: vec![Loss {
            whose: text("the hospital"),
            what: text("two days of mail service"),
            cents: Some(1_250_000),
            items: Vec::new(),
        }],
        offences: vec![Checklist { offence: text(&offence.id), elements: elements.collect() }],
        exculpatory: Some(Exculpatory {
            looked_at: text("Vendor test windows, the bug bounty inbox, the log of own scans."),
            found: vec![ForTheDefence {
                what: text("The same address scanned the gateway under contract in May."),
                items: vec![log],
            }],
        }),
        good_faith: Some(GoodFaith {
            answers: answers.collect(),
            by: text("counsel-2"),
            at: at("2026-11-21T09:00:00Z"),
        }),
    }
}

#[test]
fn both_encodings_are_one_manifest() {
    let manifest = manifest();
    assert_eq!(manifest.faults(), []);
    let cbor = manifest.to_bytes();
    assert_eq!(Manifest::read(&cbor).unwrap(), manifest);
    let json = serde_json::to_vec_pretty(&manifest).unwrap();
    let read = Manifest::read(&json).unwrap();
    assert_eq!((read.digest(), &read), (manifest.digest(), &manifest));
    assert_eq!(manifest.holder(&manifest.items[1]), holder("lab", "analyst-4"));
    assert_eq!(manifest.holder(&manifest.items[0]), holder("hospital", "it-1"));
}

#[test]
fn unknown_fields_and_long_inputs_are_refused() {
    let mut json = serde_json::to_value(manifest()).unwrap();
    json["note"] = "x".into();
    let error = Manifest::read(json.to_string().as_bytes()).unwrap_err().to_string();
    assert!(error.contains("unknown field `note`"), "{error}");
    let long = vec![b' '; 4 * wire::LIMIT + 1];
    assert!(matches!(Manifest::read(&long), Err(ReadManifestError::TooLong { .. })));
    assert!(matches!(Manifest::read(b""), Err(ReadManifestError::Cbor(_))));
}

#[track_caller]
fn finds(edit: impl Fn(&mut Manifest), says: &str) {
    let mut manifest = manifest();
    edit(&mut manifest);
    let faults: Vec<_> = manifest.faults().iter().map(ToString::to_string).collect();
    assert!(faults.iter().any(|f| f.contains(says)), "{faults:?}");
}

#[test]
fn contradictions_are_named() {
    finds(|m| m.items.clear(), "items: 0 entries");
    finds(|m| m.items[1].name = "logs/gateway.log".parse().unwrap(), "listed twice");
    finds(|m| m.items[1].sha256 = m.items[0].sha256, "listed twice");
    finds(|m| m.timeline[0].items[0] = Digest::of(b""), "`mailboxes exported` points to");
    finds(|m| m.offences[0].elements[2].items[0] = Digest::of(b""), "1030-a-2-c information");
    finds(
        |m| m.exculpatory.as_mut().unwrap().found[0].items[0] = Digest::of(b""),
        "`exculpatory` points to",
    );
    finds(|m| m.custody[0].item = Digest::of(b""), "not an item of the package");
    finds(|m| m.custody[0].from.person = "it-2".parse().unwrap(), "the giver did not hold it");
    finds(|m| m.custody[0].at = at("2026-11-20T08:00:00Z"), "earlier than what came before");
    finds(|m| m.timeline[0].times.decided = Some(at("2026-11-20")), "go backwards");
    finds(
        |m| m.exculpatory.as_mut().unwrap().looked_at = " \n".parse().unwrap(),
        "where one looked",
    );
    finds(|m| m.revision = 2, "revision 2");
    finds(|m| m.previous = Some(Digest::of(b"")), "revision 1");
    finds(|m| m.losses = vec![m.losses[0].clone(); 2_001], "losses: 2001");
    let long: Text = "x".repeat(8_000).parse().unwrap();
    let more = ForTheDefence { what: long, items: Vec::new() };
    finds(
        |m| m.exculpatory.as_mut().unwrap().found = vec![more.clone(); 140],
        "fit into a statement",
    );
}

#[test]
fn names_stay_in_the_folder() {
    for good in ["a", "logs/gateway.log", "A-1_b/c.d"] {
        assert!(good.parse::<crate::ItemName>().is_ok(), "{good}");
    }
    let long = "a".repeat(121);
    for bad in ["", "/a", "a/", "a//b", "..", "a/../b", ".hidden", "a\\b", "a b", "C:a", &long] {
        assert!(bad.parse::<crate::ItemName>().is_err(), "{bad}");
    }
}

#[test]
fn replays_the_corpus() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz/corpus/referral_manifest");
    let read = std::fs::read_dir(folder).unwrap().map(|entry| {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        Manifest::read(&bytes).map(|m| m.faults()).is_ok()
    });
    let read: Vec<_> = read.collect();
    assert!(read.len() >= 3 && read.contains(&true) && read.contains(&false));
}

proptest::proptest! {
    #[test]
    fn never_panics(bytes: Vec<u8>, at in 0usize..2_000, with: u8) {
        let _ = Manifest::read(&bytes).map(|m| m.faults());
        let mut near = manifest().to_bytes();
        let at = at % near.len();
        near[at] = with;
        let _ = Manifest::read(&near).map(|m| m.faults());
    }
}
