//! The developer's signed word ends access without the log, at every gateway that it is brought to, and the record follows;
//! what can't be verified holds everything, what somebody else says changes nothing. With the real program.
#![expect(clippy::unwrap_used, reason = "helpers of a test")]

#[path = "kit/scene.rs"]
mod scene;
#[path = "kit/traffic.rs"]
mod traffic;

use access::{Event, Scope, Withdrawal};
use domain::Statement;
use operations::home::Home;
use scene::{good, pause, run, serving, world};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};
use traffic::{ask, model, rest, stream};

/// Copies a folder with what is in it.
fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let (from, name) = (entry.as_ref().unwrap().path(), entry.unwrap().file_name());
        if from.is_dir() {
            copy(&from, &to.join(name));
        } else {
            std::fs::copy(&from, to.join(name)).unwrap();
        }
    }
}

fn words(at: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(at.join("lab/words")).unwrap();
    files.map(|file| file.unwrap().path()).collect()
}

/// What `gateway words` says of each word in `lab`, and its exit code.
fn standings(at: &Path) -> (Vec<(String, String)>, Option<i32>) {
    let done = run(at, "--home lab --json gateway words");
    let lines: Value = serde_json::from_slice(&done.stdout).unwrap();
    let text = |line: &Value, name: &str| line[name].as_str().unwrap().to_owned();
    let lines = lines.as_array().unwrap();
    let each = lines.iter().map(|line| (text(line, "standing"), text(line, "says")));
    (each.collect(), done.status.code())
}

/// How the doctor finds the words.
fn doctor(at: &Path) -> (String, String) {
    let said = run(at, "--home lab --json gateway doctor --upstream http://127.0.0.1:9/v1");
    let found: Value = serde_json::from_slice(&said.stdout).unwrap();
    let words = found.as_array().unwrap().iter().find(|f| f["what"] == "words").unwrap();
    let text = |name: &str| words[name].as_str().unwrap().to_owned();
    (text("health"), text("detail"))
}

#[test]
fn a_second_gateway_on_a_home_never_says_that_it_forwards() {
    let (world, _node) = world("");
    let at = world.path();
    let start = "--home lab gateway --upstream http://127.0.0.1:9/v1 --lease 60000";
    let (_first, _) = serving(at, start, "first-ready");
    let second = run(at, &format!("{start} --listen 127.0.0.1:0 --ready second-ready"));
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(said.contains("in use by another gateway"), "{said}");
    assert!(!said.contains("forwarding"), "{said}");
    assert!(!second.status.success() && !at.join("second-ready").exists());
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test measures how long streams outlive a word")]
fn a_signed_word_ends_access_everywhere_without_the_log_and_the_record_follows() {
    let (world, node) = world("");
    let at = world.path();
    copy(&at.join("lab"), &at.join("second"));
    let model = model();
    let start = |home: &str| format!("--home {home} gateway --upstream {model} --lease 60000");
    let (_first, here) = serving(at, &start("lab"), "first-ready");
    let (_second, there) = serving(at, &start("second"), "second-ready");
    let mut streams = [stream(at, &here), stream(at, &here)];
    let mut elsewhere = stream(at, &there);
    drop(node);

    let done = run(at, "--home lab review withdraw --case case-1");
    let said = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(3), "{said}");
    assert!(said.contains("access has ended at this home's gateway"), "{said}");
    let word = Instant::now();
    for stream in &mut streams {
        assert!(rest(stream).contains("access has ended"));
    }
    assert!(word.elapsed() < Duration::from_secs(1), "{:?}", word.elapsed());
    assert!(rest(&mut ask(at, &here)).contains("case-withdrawn"));

    // the other gateway has another home, and no log to hear it from: somebody brings it the file
    let files = words(at);
    let [file] = files.as_slice() else { panic!("one word: {files:?}") };
    let taken = run(at, &format!("--home second gateway words {}", file.display()));
    let said = String::from_utf8_lossy(&taken.stdout);
    assert!(taken.status.success() && said.contains("signed by lab"), "{said}");
    let word = Instant::now();
    assert!(rest(&mut elsewhere).contains("access has ended"));
    assert!(word.elapsed() < Duration::from_secs(1), "{:?}", word.elapsed());

    // the log is back: the same command records what was obeyed
    std::fs::remove_file(at.join("node-ready")).unwrap();
    let (_node, _) = serving(at, "serve --folder node", "node-ready");
    good(at, "--home lab review withdraw --case case-1");
    let shown = good(at, "--home institute --json review show --case case-1");
    let shown: Value = serde_json::from_str(&shown).unwrap();
    assert_eq!(shown["state"], "withdrawn", "{shown}");
    let (standings, code) = standings(at);
    assert_eq!((standings.len(), code), (1, Some(0)), "{standings:?}");
    assert_eq!(standings[0].0, "obeyed");
    assert_eq!(doctor(at).1, "1 signed words are obeyed");
}

/// A withdrawal in the lab's name, signed with the keys of `home` as `party`.
fn signed(at: &Path, home: &str, party: &str) -> Vec<u8> {
    let home = Home::open(&at.join(home)).unwrap();
    let (log, now) = ("log.example/kit", "2026-11-30T09:00:00Z".parse().unwrap());
    let party = party.parse().unwrap();
    ledger::Word::sign(log, &party, &withdrawal(), home.keys(), now).to_bytes()
}

fn withdrawal() -> Event {
    Event::AccessWithdrawn(Withdrawal {
        case: "case-1".parse().unwrap(),
        developer: "lab".parse().unwrap(),
        scope: Scope::Case,
        reason: "nobody said so".parse().unwrap(),
    })
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test measures how long streams outlive a word")]
fn what_can_t_be_verified_holds_everything_and_what_others_say_changes_nothing() {
    let (world, _node) = world("");
    let at = world.path();
    let start = format!("--home lab gateway --upstream {} --lease 60000", model());
    let (_gateway, base) = serving(at, &start, "ready");
    let mut open = stream(at, &base);
    std::fs::create_dir(at.join("lab/words")).unwrap();
    let file = at.join("lab/words/some.word");
    let write = |bytes: &[u8]| {
        let whole = at.join("lab/words/.some");
        std::fs::write(&whole, bytes).unwrap();
        std::fs::rename(whole, &file).unwrap();
    };

    // the institute may say much, but not this
    write(&signed(at, "institute", "institute"));
    pause(500);
    let more = stream(at, &base);
    let (said, code) = standings(at);
    assert_eq!((said[0].0.as_str(), code), ("refused", Some(1)), "{said:?}");
    assert!(said[0].1.contains("`institute` signed it, but speaks for somebody else"), "{said:?}");
    assert_eq!(doctor(at).0, "look");
    drop(more);

    // a damaged word could be the lab's own
    let damaged = |mut bytes: Vec<u8>| {
        let last = bytes.len() - 1;
        bytes[last] ^= 1;
        bytes
    };
    for (bytes, why) in [
        (signed(at, "institute", "lab"), "signature of `lab` does not verify"),
        (damaged(signed(at, "lab", "lab")), "ML-DSA-87 signature of `lab` does not verify"),
        (withdrawal().to_bytes(), "it is not signed"),
        (b"anything".to_vec(), "it is no signed word"),
    ] {
        // the first takes the place of the institute's, under its name
        write(&bytes);
        let word = Instant::now();
        assert!(rest(&mut open).contains("access has ended"), "{why}");
        assert!(word.elapsed() < Duration::from_secs(1), "{why}: {:?}", word.elapsed());
        let refused = rest(&mut ask(at, &base));
        assert!(
            refused.starts_with("HTTP/1.1 503") && refused.contains("word_unverified"),
            "{refused}"
        );
        let (said, code) = standings(at);
        assert_eq!((said[0].0.as_str(), code), ("unverified", Some(1)), "{said:?}");
        assert!(said[0].1.contains(why), "{said:?}");
        let (health, detail) = doctor(at);
        assert!(health == "bad" && detail.contains(why), "{detail}");
        // it is no withdrawal: once it is gone, access goes on
        std::fs::remove_file(&file).unwrap();
        open = stream(at, &base);
    }
    let said = std::fs::read_to_string(at.join("ready.said")).unwrap();
    let told = "this word can't be verified, so nothing is forwarded until it is gone or can be";
    assert_eq!(said.matches(told).count(), 4, "each once: {said}");

    // put right under the same name, it is obeyed for good
    write(&signed(at, "lab", "lab"));
    let word = Instant::now();
    assert!(rest(&mut open).contains("access has ended"));
    assert!(word.elapsed() < Duration::from_secs(1), "{:?}", word.elapsed());
    std::fs::remove_file(&file).unwrap();
    pause(300);
    assert!(rest(&mut ask(at, &base)).contains("case-withdrawn"), "a word is not forgotten");
}
