//! A notice from issue to closure, with the real program: unreadable before its hour and outside its ring, read and
//! acknowledged, asked for by a second way, and closed by a newer inventory alone.
#![expect(clippy::unwrap_used, reason = "helpers of a test")]

use domain::{Span, Timestamp};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

const TEXT: &str =
    "WHAT  the portal lets anyone in without a password\nDO    upgrade apache-airflow\n";
/// What the demonstration's inventory has before the evening's work, and no longer after it.
const FLAW: &str = "CVE-2020-13927";

struct World(tempfile::TempDir);

impl World {
    fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn run(&self, arguments: &str) -> (i32, String, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
        command.current_dir(self.0.path()).args(arguments.split(' ')).stdin(Stdio::null());
        let done = command.env("VESTIBULE_NODE", "node").output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (done.status.code().unwrap(), text(&done.stdout), text(&done.stderr))
    }

    fn good(&self, arguments: &str) -> String {
        let (code, said, complaint) = self.run(arguments);
        assert_eq!(code, 0, "{arguments}: {said}{complaint}");
        said
    }

    #[track_caller]
    fn bad(&self, arguments: &str, complaint: &str) {
        let (code, said, words) = self.run(arguments);
        assert!(code != 0 && words.contains(complaint), "{arguments}: {code}: {said}{words}");
    }

    fn counts(&self, party: &str, notice: &str) -> (Value, u64) {
        let listed = self.good(&format!("--home {party} --json notice list"));
        let listed: Value = serde_json::from_str(&listed).unwrap();
        let of = |one: &&Value| one["notice"] == notice;
        let one = listed.as_array().unwrap().iter().find(of).unwrap();
        (one["counts"].clone(), one["silent"].as_u64().unwrap())
    }

    /// Seals a notice for some, to be read from an hour on and acted on by an instant.
    fn issue(&self, notice: &str, to: &str, opens: Timestamp, act_by: &str) {
        let to: String = to.split(' ').map(|party| format!(" --to {party}")).collect();
        self.good(&format!(
            "--home office notice issue --notice {notice} --text text --advisory {FLAW}{to} \
             --opens {opens} --act-by {act_by} --out sealed"
        ));
    }
}

/// A clearinghouse, two operators and a third that is told nothing.
fn world() -> World {
    let world = World(tempfile::tempdir().unwrap());
    let parties = [
        ("office", "clearinghouse"),
        ("hospital", "operator"),
        ("bank", "operator"),
        ("mill", "operator"),
    ];
    for (party, role) in parties {
        world.good(&format!("--home {party} init --party {party} --name {party} --role {role}"));
    }
    world.good("node init node --origin log.example/notices");
    world.good(
        "trust assemble --log node/log.vkey --party office --party hospital --party bank --party mill \
         --out trust.toml",
    );
    for place in ["office", "hospital", "bank", "mill", "node"] {
        std::fs::copy(world.at("trust.toml"), world.at(place).join("trust.toml")).unwrap();
    }
    std::fs::write(world.at("text"), TEXT).unwrap();
    world
}

/// The beginning of the hour so many hours from now.
fn hour(hours: i64) -> Timestamp {
    #[expect(clippy::disallowed_methods, reason = "a test with real processes needs the real time")]
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    let hour = i64::try_from(now.as_secs() / 3_600).unwrap() + hours;
    Timestamp::EPOCH.after(Span::hours(u64::try_from(hour).unwrap()))
}

fn facts(name: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../facts");
    root.join(name).display().to_string()
}

#[test]
fn nobody_reads_it_before_its_hour() {
    let world = world();
    world.issue("wave-1", "hospital", hour(30), "2999-01-01T00:00:00Z");
    let sealed = std::fs::read(world.at("sealed/wave-1.ring0.sealed")).unwrap();
    let part = &TEXT.as_bytes()[..20];
    assert!(!sealed.windows(part.len()).any(|window| window == part), "the file is readable");
    let read = "notice read --notice wave-1 sealed/wave-1.ring0.sealed";
    world.bad(&format!("--home hospital {read}"), "it opens at");
    world.bad(&format!("--home office {read}"), "not for `office`");
    world.bad("--home office notice open --notice wave-1", "it opens at");
    world.bad("--home hospital notice acknowledge --notice wave-1", "it opens at");
    // what the recipient's own computer holds of the log has no key
    let (counts, silent) = world.counts("office", "wave-1");
    assert_eq!((counts["told"].as_u64(), counts["opened"].as_u64(), silent), (Some(1), Some(0), 0));
}

#[test]
fn only_its_ring_reads_it_and_only_an_inventory_closes_it() {
    let world = world();
    world.issue("wave-2", "bank hospital", hour(-1), "2999-01-01T00:00:00Z");
    let file = "sealed/wave-2.ring0.sealed";
    let read = format!("notice read --notice wave-2 {file}");
    // its hour has struck, but its key was not told
    world.bad(&format!("--home hospital {read}"), "it opens at");
    world.good("--home office notice open --notice wave-2");
    assert!(world.good(&format!("--home hospital {read}")).contains("without a password"));
    world.bad(&format!("--home mill {read}"), "knows of no notice");
    let mut other = std::fs::read(world.at(file)).unwrap();
    *other.last_mut().unwrap() ^= 1;
    std::fs::write(world.at("other"), other).unwrap();
    world.bad("--home hospital notice read --notice wave-2 other", "not the sealed file");

    world.good("--home hospital notice acknowledge --notice wave-2");
    world.bad("--home hospital notice acknowledge --notice wave-2", "already");
    let (before, after) = (facts("hospital-before.cdx.json"), facts("hospital-after.cdx.json"));
    let close = |before: &str, after: &str| {
        format!(
            "--home hospital notice close --notice wave-2 {file} --before {before}@{} --after {after}@{}",
            hour(-3),
            hour(-2)
        )
    };
    std::fs::copy(&before, world.at("again.cdx.json")).unwrap();
    let mut again = std::fs::read_to_string(world.at("again.cdx.json")).unwrap();
    again.push('\n');
    std::fs::write(world.at("again.cdx.json"), again).unwrap();
    world.bad(&close(&before, "again.cdx.json"), "still matches");
    world.bad(&close(&after, &before), "does not match the notice");
    world.good(&close(&before, &after));
    let (counts, _) = world.counts("office", "wave-2");
    let count = |name: &str| counts[name].as_u64().unwrap();
    assert_eq!(["told", "opened", "acknowledged", "closed"].map(count), [2, 2, 1, 1]);
    // the clearinghouse hears that it is closed, and of the inventories their digests alone
    let listed = world.good("--home office --json notice list");
    assert!(!listed.contains("hospital"), "{listed}");
}

#[test]
fn the_silent_are_named_to_the_issuer_at_half_the_time() {
    let world = world();
    // of one the half is over since long, of the other it lies ahead
    let soon = hour(1);
    world.issue("wave-3", "bank hospital", hour(-9), &soon.to_string());
    world.issue("wave-4", "bank hospital", hour(-1), "2999-01-01T00:00:00Z");
    for notice in ["wave-3", "wave-4"] {
        world.good(&format!("--home office notice open --notice {notice}"));
        world.good(&format!("--home hospital notice acknowledge --notice {notice}"));
    }
    let silent = |party: &str, notice: &str| {
        let said = world.good(&format!("--home {party} --json notice silent --notice {notice}"));
        serde_json::from_str::<Value>(&said).unwrap()
    };
    assert_eq!(silent("office", "wave-3")["ask"], serde_json::json!(["bank"]));
    assert_eq!(silent("office", "wave-4")["ask"], serde_json::json!([]));
    assert_eq!(world.counts("office", "wave-3").1, 1);
    world.bad("--home bank notice silent --notice wave-3", "only the issuer");
    world.good("--home bank notice acknowledge --notice wave-3");
    assert_eq!(silent("office", "wave-3")["ask"], serde_json::json!([]));
}

#[test]
fn each_gets_a_copy_of_their_own_and_an_early_one_names_no_flaw() {
    let world = world();
    let opens = hour(-1);
    let issue = format!(
        "--home office notice issue --text text --to bank --to hospital --opens {opens} --out sealed"
    );
    world.good(&format!("{issue} --notice wave-5 --advisory {FLAW} --apart"));
    for ring in [0, 1] {
        world.good(&format!("--home office notice open --notice wave-5 --ring {ring}"));
    }
    let read = |party: &str, ring: u8| {
        format!("--home {party} notice read --notice wave-5 sealed/wave-5.ring{ring}.sealed")
    };
    let [bank, hospital] = [("bank", 0), ("hospital", 1)].map(|(p, r)| world.good(&read(p, r)));
    assert_ne!(bank, hospital, "a copy says whose it was");
    world.bad(&read("bank", 1), "not the sealed file");

    std::fs::write(world.at("text"), "Keep Friday evening free; CVE-2026-1 will be fixed.\n")
        .unwrap();
    world.bad(&format!("{issue} --notice wave-6 --early"), "must not name the flaw");
    std::fs::write(world.at("text"), "Keep Friday evening free for the portal.\n").unwrap();
    world.good(&format!("{issue} --notice wave-6 --early"));
}
