//! A home that reaches no node signs, somebody carries the file and hands it in: with the real program.
#![expect(clippy::unwrap_used, reason = "helpers of a test")]

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

struct World(tempfile::TempDir);

impl World {
    fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn run(&self, arguments: &str, input: Stdio) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
        command.current_dir(self.0.path()).args(arguments.split(' ')).stdin(input);
        command.output().unwrap()
    }

    fn good(&self, arguments: &str) -> String {
        let done = self.run(arguments, Stdio::null());
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        let complaint = String::from_utf8_lossy(&done.stderr);
        assert!(done.status.success(), "{arguments}: {said}{complaint}");
        said
    }

    /// The exit code and what was complained of.
    fn bad(&self, arguments: &str) -> (i32, String) {
        let done = self.run(arguments, Stdio::null());
        (done.status.code().unwrap(), String::from_utf8_lossy(&done.stderr).into_owned())
    }
}

fn world() -> World {
    let world = World(tempfile::tempdir().unwrap());
    for (party, role) in [("lab", "developer"), ("office", "government")] {
        world.good(&format!("--home {party} init --party {party} --name {party} --role {role}"));
    }
    world.good("node init node --origin log.example/carried");
    world.good("trust assemble --log node/log.vkey --party lab --party office --out trust.toml");
    for folder in ["lab", "office", "node"] {
        std::fs::copy(world.at("trust.toml"), world.at(folder).join("trust.toml")).unwrap();
    }
    world
}

const INQUIRE: &str =
    "review inquire --model m --government office --partner-release 2036-01-01T00:00:00Z --case";

#[test]
fn what_is_signed_offline_is_carried_and_appended_once() {
    let world = world();
    let (code, said) = world.bad(&format!("--home lab --offline s.statements {INQUIRE} a"));
    assert_eq!(code, 2);
    assert!(said.contains("no copy of the log"), "{said}");
    world.good("--home lab --node node log show");
    for case in ["a", "b"] {
        let said = world.good(&format!("--home lab --offline s.statements {INQUIRE} {case}"));
        assert!(said.contains("vestibule log append s.statements"), "{said}");
    }

    // a courier with the roots of trust and no home
    let append = "--node node --json log append s.statements --trust trust.toml --receipts got";
    let done: serde_json::Value = serde_json::from_str(&world.good(append)).unwrap();
    let of = |done: &serde_json::Value, what: &str| {
        done.as_array().unwrap().iter().map(|one| one[what].clone()).collect::<Vec<_>>()
    };
    assert_eq!(
        (of(&done, "index"), of(&done, "already")),
        (vec![0.into(), 1.into()], vec![false.into(); 2])
    );
    world.good("log receipt --trust trust.toml got");
    let again: serde_json::Value = serde_json::from_str(&world.good(append)).unwrap();
    assert_eq!(
        (of(&again, "index"), of(&again, "already")),
        (vec![0.into(), 1.into()], vec![true.into(); 2])
    );
    let piped = std::fs::File::open(world.at("s.statements")).unwrap();
    let piped = world.run("--home office --node node log append -", piped.into());
    let said = String::from_utf8_lossy(&piped.stdout).into_owned();
    assert!(piped.status.success() && said.contains("already logged"), "{said}");

    let shown = world.good("--home office --node node log show");
    assert!(shown.contains("2 statements in a log of 2"), "{shown}");
}

#[test]
fn what_can_not_be_appended_is_refused_with_the_reason() {
    let world = world();
    world.good("--home lab --node node log show");
    world.good(&format!("--home lab --offline s.statements {INQUIRE} a"));
    let whole = std::fs::read(world.at("s.statements")).unwrap();
    let append = "--node node log append s.statements --trust trust.toml";

    std::fs::write(world.at("s.statements"), &whole[..whole.len() - 1]).unwrap();
    let (code, said) = world.bad(append);
    assert_eq!(code, 2, "{said}");
    assert!(said.contains("s.statements: not a file of complete statements"), "{said}");
    let mut forged = whole;
    let last = forged.len() - 1;
    forged[last] ^= 1;
    std::fs::write(world.at("s.statements"), &forged).unwrap();
    assert_eq!(world.bad(append).0, 2, "its parts do not belong together");

    // a shred statement of two needs both
    world.good(&format!("--home lab --node node {INQUIRE} b"));
    let shred = "log shred 0 --authority order --rule retention --with office";
    let (code, said) = world.bad(&format!("--home lab --offline t.statements {shred}"));
    assert_eq!(code, 1, "{said}");
    assert!(said.contains("must be signed by office too"), "{said}");
    world.good(&format!("--home lab --node node {shred}"));
    let drafts: Vec<_> = std::fs::read_dir(world.at("lab/drafts")).unwrap().collect();
    std::fs::copy(drafts[0].as_ref().unwrap().path(), world.at("draft")).unwrap();
    let (code, said) = world.bad("--node node --json log append draft --trust trust.toml");
    assert_eq!(code, 1, "{said}");
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["code"], "unsigned");
    assert!(said["error"].as_str().unwrap().contains("is not signed by office"), "{said}");
}
