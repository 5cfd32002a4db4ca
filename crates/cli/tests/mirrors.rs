//! Receipts under the CNSA profile, with the real program: a node, a mirror for each main party and one for the inspector,
//! each a process of its own.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of a test")]

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

struct World {
    folder: tempfile::TempDir,
    processes: Vec<Running>,
}

impl World {
    fn at(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn read(&self, path: impl AsRef<Path>) -> String {
        std::fs::read_to_string(self.folder.path().join(path)).unwrap()
    }

    fn run(&self, arguments: &str) -> Output {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
        command.current_dir(self.folder.path()).args(arguments.split(' ')).stdin(Stdio::null());
        command.output().unwrap()
    }

    fn good(&self, arguments: &str) -> String {
        let done = self.run(arguments);
        let said = String::from_utf8_lossy(&done.stdout).into_owned();
        assert!(done.status.success(), "{arguments}: {said}{}", complaint(&done));
        said
    }

    /// Starts a server, and waits until it says where it listens.
    fn serve(&mut self, arguments: &str, name: &str) -> String {
        let ready = self.at(&format!("{name}.ready"));
        let _ = std::fs::remove_file(&ready);
        let mut command = Command::new(env!("CARGO_BIN_EXE_vestibule"));
        command.current_dir(self.folder.path()).args(arguments.split(' ')).arg("--ready");
        command.arg(&ready).args(["--listen", "127.0.0.1:0"]);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        self.processes.push(Running(command.spawn().unwrap()));
        until(|| ready.exists(), name);
        std::fs::read_to_string(&ready).unwrap().trim().to_owned()
    }

    /// Makes and starts a party's mirror of the log; its table for `witnesses.toml`.
    fn mirror(&mut self, name: &str, standing: &str) -> String {
        self.good(&format!("log mirror {name} --make {name}.example/mirror"));
        let vkeys = self.read("node/log.vkey");
        let watch: Vec<_> = vkeys.lines().map(|v| format!("--watch {v}")).collect();
        self.good(&format!("log mirror {name} {}", watch.join(" ")));
        let url = self.serve(&format!("log mirror {name}"), name);
        let own = self.read(format!("{name}/cosigner.vkey"));
        let own: Vec<_> = own.lines().map(|v| format!("\"{v}\"")).collect();
        assert_eq!(own.len(), 3, "ML-DSA-44, Ed25519 and ML-DSA-87");
        let head = format!("[[cosigner]]\nurl = \"{url}\"\nkind = \"mirror\"\n");
        format!("{head}standing = \"{standing}\"\nvkeys = [{}]\n\n", own.join(", "))
    }

    fn inquire(&self, case: &str) {
        self.good(&format!(
            "--home lab review inquire --case {case} --model m --government office \
             --partner-release 2036-01-01T00:00:00Z"
        ));
    }
}

fn complaint(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Waits until something holds, at most 60 s.
fn until(mut holds: impl FnMut() -> bool, what: &str) {
    for _ in 0..600 {
        if holds() {
            return;
        }
        #[expect(clippy::disallowed_methods, reason = "a test waits for another process")]
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("no {what} within 60 s");
}

#[test]
fn mirrors_make_receipts_full_and_audited_under_the_cnsa_profile() {
    let folder = tempfile::tempdir().unwrap();
    let mut world = World { folder, processes: Vec::new() };
    for (party, role) in [("lab", "developer"), ("office", "government"), ("ig", "inspector")] {
        world.good(&format!("--home {party} init --party {party} --name {party} --role {role}"));
    }
    world.good("node init node --origin log.example/cnsa");
    let mut cosigners = world.mirror("m-lab", "main");
    cosigners += &world.mirror("m-office", "main");
    cosigners += &world.mirror("m-ig", "inspector");
    std::fs::write(world.at("node/witnesses.toml"), cosigners).unwrap();
    let shown = world.good(
        "trust assemble --log node/log.vkey --party lab --party office --party ig \
         --witness lab=m-lab/cosigner.vkey --witness office=m-office/cosigner.vkey \
         --inspector-witness ig=m-ig/cosigner.vkey --out trust.toml",
    );
    assert_eq!(shown.matches("its ledger-cnsa-v1 key: m-").count(), 3, "{shown}");
    for folder in ["lab", "office", "ig", "node"] {
        std::fs::copy(world.at("trust.toml"), world.at(folder).join("trust.toml")).unwrap();
    }
    let policy = world.good("trust policy trust.toml --grade full");
    assert_eq!(policy.matches("\n# ledger-cnsa-v1 ").count(), 2, "{policy}");

    let url = world.serve("serve --folder node", "node");
    std::fs::write(world.at("lab/node"), url).unwrap();
    for case in ["a", "b", "c"] {
        world.inquire(case);
    }
    let audited = "log receipt --trust trust.toml --require audited lab/receipts";
    until(
        || {
            world.good("--home lab log receipt --refresh");
            world.run(audited).status.success()
        },
        "audited receipts",
    );
    for grade in ["full", "audited"] {
        let said = world.good(&format!(
            "log receipt --trust trust.toml --require {grade} --profile cnsa lab/receipts"
        ));
        assert!(
            said.contains("cosigned for ig+lab+office") || said.contains("3 receipts"),
            "{said}"
        );
    }
    // without the office's ML-DSA-87 line it is a full receipt of the other profile only
    let receipts: Vec<_> = std::fs::read_dir(world.at("lab/receipts")).unwrap().collect();
    let whole = std::fs::read_to_string(receipts[0].as_ref().unwrap().path()).unwrap();
    let long = |line: &&str| !(line.starts_with("\u{2014} m-office.") && line.len() > 6_000);
    let without: String = whole.split_inclusive('\n').filter(long).collect();
    assert!(without.len() + 6_000 < whole.len());
    std::fs::write(world.at("without.receipt"), without).unwrap();
    let full = "log receipt --trust trust.toml --require full without.receipt";
    world.good(&format!("{full} --profile c2sp"));
    assert_eq!(world.run(&format!("{full} --profile cnsa")).status.code(), Some(1));
    // what a mirror holds is the log with both trees
    let note = world.read("lab/log/checkpoint");
    let size: usize = note.lines().nth(1).unwrap().parse().unwrap();
    let held = std::fs::read_dir(world.at("m-lab/logs")).unwrap().next().unwrap().unwrap().path();
    let tile = std::fs::read(held.join(format!("log/tile384/0/000.p/{size}"))).unwrap();
    assert_eq!(tile, std::fs::read(world.at(&format!("node/log/tile384/0/000.p/{size}"))).unwrap());
}
