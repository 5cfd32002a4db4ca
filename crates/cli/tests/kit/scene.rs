//! A lab, an office and an institute with a grant, around a node, all with the real program.
#![expect(clippy::unwrap_used, reason = "helpers of a test")]

use serde_json::Value;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const TERMS: &str = r#"
id = "terms-1"
case = "case-1"
models = ["model-1"]
evaluators = ["institute"]
[limits]
endpoints = ["chat-completions", "models"]
tokens-per-grant = 2000000
LIMITS
[confidentiality]
protection = "a"
use = "a"
nondisclosure = "a"
[cybersecurity]
protection = "a"
use = "a"
nondisclosure = "a"
[insider-risk]
protection = "a"
use = "a"
nondisclosure = "a"
[intellectual-property]
protection = "a"
use = "a"
nondisclosure = "a"
"#;

pub(crate) fn vestibule(folder: &Path, arguments: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
    command.current_dir(folder).args(arguments.split_whitespace()).stdin(Stdio::null());
    if let Ok(node) = std::fs::read_to_string(folder.join("node-ready")) {
        command.env("VESTIBULE_NODE", node.trim());
    }
    command
}

pub(crate) fn run(folder: &Path, arguments: &str) -> Output {
    vestibule(folder, arguments).output().unwrap()
}

pub(crate) fn good(folder: &Path, arguments: &str) -> String {
    let done = run(folder, arguments);
    assert!(done.status.success(), "{arguments}: {}", String::from_utf8_lossy(&done.stderr));
    String::from_utf8(done.stdout).unwrap()
}

/// What both sides sign: offered by the lab, signed by the office, issued by the lab.
pub(crate) fn both(folder: &Path, verb: &str) {
    both_offered(folder, &good(folder, &format!("--home lab --json review {verb}")));
}

/// What the lab offered, as JSON: the office signs it and the lab issues it.
pub(crate) fn both_offered(folder: &Path, offered: &str) {
    let offered: Value = serde_json::from_str(offered).unwrap();
    let id = offered["id"].as_str().or_else(|| offered["waiting"]["id"].as_str());
    let id = id.expect("an id was offered");
    good(folder, &format!("--home office draft sign {id}"));
    good(folder, &format!("--home lab draft issue {id}"));
}

/// Everybody, a node that serves, and these others with their roles; nothing is stated yet.
pub(crate) fn house(limits: &str, others: &[(&str, &str)]) -> (tempfile::TempDir, Serving) {
    let folder = tempfile::tempdir().unwrap();
    let at = folder.path();
    let main = [("lab", "developer"), ("office", "government"), ("institute", "evaluator")];
    let everybody: Vec<_> = main.iter().chain(others).collect();
    for (party, role) in &everybody {
        good(at, &format!("--home {party} init --party {party} --name {party} --role {role}"));
    }
    good(at, "node init node --origin log.example/kit");
    let parties: Vec<_> = everybody.iter().map(|(p, _)| format!("--party {p}")).collect();
    let parties = parties.join(" ");
    good(at, &format!("trust assemble --log node/log.vkey {parties} --out trust.toml"));
    for party in everybody.iter().map(|(party, _)| *party).chain(["node"]) {
        std::fs::copy(at.join("trust.toml"), at.join(party).join("trust.toml")).unwrap();
    }
    std::fs::write(at.join("terms.toml"), TERMS.replace("LIMITS", limits)).unwrap();
    let (node, _) = serving(at, "serve --folder node", "node-ready");
    (folder, node)
}

/// Everybody, a node that serves, and `grant-1` for `model-1` under terms with these limits besides.
pub(crate) fn world(limits: &str) -> (tempfile::TempDir, Serving) {
    let (folder, node) = house(limits, &[]);
    granted(folder.path());
    (folder, node)
}

/// A review from its inquiry to `grant-1`.
pub(crate) fn granted(at: &Path) {
    let lab = |verb: &str| good(at, &format!("--home lab review {verb}"));
    let institute = |verb: &str| good(at, &format!("--home institute review {verb}"));
    lab(
        "inquire --case case-1 --government office --model model-1 --partner-release 2999-01-01T00:00:00Z",
    );
    lab("propose-terms terms.toml");
    both(at, "agree-terms --case case-1");
    both(at, "open-window --case case-1 --window window-1");
    institute("acknowledge --case case-1 --person analyst-1");
    let shown = good(at, "--home lab --json review show --case case-1");
    let shown: Value = serde_json::from_str(&shown).unwrap();
    let ends = shown["windows"][0]["ends_at"].as_str().unwrap().to_owned();
    institute(&format!(
        "request-grant --case case-1 --grant grant-1 --basis window:window-1 --model model-1 --person analyst-1 \
         --requested-by lead-1 --credential credential --tokens 1000000 --ends {ends} --purpose test"
    ));
    both(
        at,
        "issue-grant --case case-1 --grant grant-1 --developer-approver lab-lead --government-approver office-lead",
    );
}

#[expect(clippy::disallowed_methods, reason = "a test waits for another process")]
pub(crate) fn pause(millis: u64) {
    std::thread::sleep(Duration::from_millis(millis));
}

pub(crate) struct Serving(pub(crate) Child);

impl Drop for Serving {
    fn drop(&mut self) {
        // it may have ended by itself
        drop(self.0.kill());
        self.0.wait().unwrap();
    }
}

/// Starts something that serves; gives it and its address, once that is in the file `ready`. What it says is in
/// `ready` with `.said`.
pub(crate) fn serving(folder: &Path, arguments: &str, ready: &str) -> (Serving, String) {
    let said = std::fs::File::create(folder.join(format!("{ready}.said"))).unwrap();
    let mut command =
        vestibule(folder, &format!("{arguments} --listen 127.0.0.1:0 --ready {ready}"));
    command.stdout(said.try_clone().unwrap()).stderr(said);
    let child = Serving(command.spawn().unwrap());
    #[expect(clippy::disallowed_methods, reason = "a test waits for another process")]
    let started = Instant::now();
    loop {
        if let Ok(text) = std::fs::read_to_string(folder.join(ready))
            && text.ends_with('\n')
        {
            return (child, text.trim().to_owned());
        }
        assert!(started.elapsed() < Duration::from_secs(25), "not ready within 25 s");
        pause(5);
    }
}
