//! A small world of real processes on loopback: two parties, a node, a witness of ours, and whoever else is there.

use super::install;
use crate::run;
use anyhow::{Context, Result, bail};
use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

pub(crate) const ORIGIN: &str = "log.example/interop";
/// The name of litewitness's key.
pub(crate) const PEER: &str = "example.com/witness";

/// A process that ends with its handle.
#[derive(Debug)]
pub(crate) struct Running(pub(super) Child);

impl Drop for Running {
    fn drop(&mut self) {
        let _gone = self.0.kill();
        let _reaped = self.0.wait();
    }
}

/// The world's folder and processes.
#[derive(Debug)]
pub(crate) struct World {
    at: PathBuf,
    vestibule: PathBuf,
    processes: Vec<Running>,
    node: Option<Running>,
    /// Where our witness listens.
    pub(crate) ours: String,
    /// Where litewitness listens, if it is here.
    pub(crate) peer: Option<String>,
    cases: u64,
}

impl Drop for World {
    fn drop(&mut self) {
        self.node = None;
        self.processes.clear();
        let _may_stay = fs::remove_dir_all(&self.at);
    }
}

fn text(output: &Output) -> String {
    format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

/// Runs a command and gives its standard output; anything but success is an error with all that it said.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let done = command.stdin(Stdio::null()).output();
    let done = done.with_context(|| format!("can't start {command:?}"))?;
    if !done.status.success() {
        bail!("{command:?} ended with {}: {}", done.status, text(&done));
    }
    Ok(String::from_utf8_lossy(&done.stdout).into_owned())
}

/// Asks again and again, at most so many seconds, until there is an answer.
pub(crate) fn wait<T>(
    seconds: u64,
    what: &str,
    mut ask: impl FnMut() -> Result<Option<T>>,
) -> Result<T> {
    for _ in 0..seconds * 10 {
        if let Some(found) = ask()? {
            return Ok(found);
        }
        #[expect(clippy::disallowed_methods, reason = "a development tool waits for processes")]
        std::thread::sleep(Duration::from_millis(100));
    }
    bail!("no {what} within {seconds} s")
}

impl World {
    /// Two parties, a node that runs, our witness, litewitness if it is here, and three statements.
    pub(crate) fn start(vestibule: PathBuf) -> Result<Self> {
        let at = std::env::temp_dir().join(format!("vestibule-interop-{}", std::process::id()));
        fs::create_dir_all(&at)?;
        let (ours, peer) = (String::new(), None);
        let mut world =
            Self { at, vestibule, processes: Vec::new(), node: None, ours, peer, cases: 0 };
        for (party, role) in [("lab", "developer"), ("office", "government")] {
            let home = ["--home", party, "init", "--party", party, "--name", party];
            output(world.ours().args(home).args(["--role", role]))?;
        }
        output(world.ours().args(["node", "init", "node", "--origin", ORIGIN]))?;
        world.ours = world.witness("witness")?;
        let mut assemble = world.ours();
        assemble.args(["trust", "assemble", "--log", "node/log.vkey", "--out", "trust.toml"]);
        assemble.args(["--party", "lab", "--party", "office"]);
        assemble.args(["--witness", "office=witness/cosigner.vkey"]);
        let mut toml = cosigner(&world.ours, &world.read("witness/cosigner.vkey")?);
        if let Some((url, vkey)) = world.litewitness()? {
            fs::write(world.at("peer.vkey"), format!("{vkey}\n"))?;
            assemble.args(["--witness", "lab=peer.vkey"]);
            toml += &cosigner(&url, &vkey);
            world.peer = Some(url);
        }
        output(&mut assemble)?;
        for folder in ["lab", "office", "node"] {
            fs::copy(world.at("trust.toml"), world.at(folder).join("trust.toml"))?;
        }
        fs::write(world.at("node/witnesses.toml"), toml)?;
        world.serve()?;
        world.state(3)?;
        Ok(world)
    }

    /// A path in the world's folder.
    pub(crate) fn at(&self, path: &str) -> PathBuf {
        self.at.join(path)
    }

    /// A file's text.
    pub(crate) fn read(&self, path: &str) -> Result<String> {
        fs::read_to_string(self.at(path)).with_context(|| format!("can't read {path}"))
    }

    /// Our program, in the world's folder.
    pub(crate) fn ours(&self) -> Command {
        self.command(&self.vestibule)
    }

    /// A program in the world's folder.
    pub(crate) fn command(&self, program: impl AsRef<Path>) -> Command {
        let mut command = Command::new(program.as_ref());
        command.current_dir(&self.at);
        command
    }

    /// Starts a program and keeps it until the world ends; what it says goes to a file.
    fn keep(&mut self, command: &mut Command, said: &str) -> Result<()> {
        let running = start(command, &self.at(said))?;
        self.processes.push(running);
        Ok(())
    }

    /// Makes and starts a witness of ours for our log, with no history.
    pub(crate) fn witness(&mut self, folder: &str) -> Result<String> {
        let vkey = self.vkey()?;
        self.witness_of(folder, &vkey)
    }

    /// Makes and starts a witness of ours for the log with this key.
    pub(crate) fn witness_of(&mut self, folder: &str, vkey: &str) -> Result<String> {
        let verb = ["log", "witness", folder];
        output(self.ours().args(verb).args(["--make", &format!("{folder}.example/witness")]))?;
        output(self.ours().args(verb).args(["--watch", vkey]))?;
        let listen = ["--listen", "127.0.0.1:0", "--ready", &format!("{folder}.ready")];
        let mut command = self.ours();
        self.keep(command.args(verb).args(listen), &format!("{folder}.said"))?;
        self.ready(&format!("{folder}.ready"))
    }

    /// The log's Ed25519 key.
    pub(crate) fn vkey(&self) -> Result<String> {
        let vkeys = self.read("node/log.vkey")?;
        vkeys.lines().next().map(str::to_owned).context("no key in log.vkey")
    }

    fn ready(&self, file: &str) -> Result<String> {
        let url = wait(20, file, || Ok(fs::read_to_string(self.at(file)).ok()))?;
        Ok(url.trim().to_owned())
    }

    /// Starts the node.
    pub(crate) fn serve(&mut self) -> Result<()> {
        if self.at("node.ready").exists() {
            fs::remove_file(self.at("node.ready"))?;
        }
        let serve =
            ["serve", "--folder", "node", "--listen", "127.0.0.1:0", "--ready", "node.ready"];
        let mut node = start(self.ours().args(serve), &self.at("node.said"))?;
        let url = wait(20, "node", || match node.0.try_wait()? {
            Some(_) => bail!("the node ended: {}", self.read("node.said")?),
            None => Ok(fs::read_to_string(self.at("node.ready")).ok()),
        })?;
        self.node = Some(node);
        fs::write(self.at("lab/node"), format!("{}\n", url.trim()))?;
        Ok(())
    }

    /// What `witnesses.toml` says of litewitness.
    pub(crate) fn peer_table(&self) -> Result<String> {
        let url = self.peer.as_deref().context("litewitness is not there")?;
        Ok(cosigner(url, &self.read("peer.vkey")?))
    }

    /// Ends the node.
    pub(crate) fn stop(&mut self) {
        self.node = None;
    }

    /// So many more statements of the lab.
    pub(crate) fn state(&mut self, statements: u64) -> Result<()> {
        for _ in 0..statements {
            let case = format!("case-{}", self.cases);
            self.cases += 1;
            let asked = ["--home", "lab", "review", "inquire", "--case", &case, "--model", &case];
            let rest = ["--government", "office", "--partner-release", "2036-01-01T00:00:00Z"];
            output(self.ours().args(asked).args(rest))?;
        }
        Ok(())
    }

    /// The lab's receipts, by name, brought up to date until the last one has a line of everyone in `names`.
    pub(crate) fn receipts(&self, names: &[&str]) -> Result<Vec<PathBuf>> {
        let mut refresh = self.ours();
        refresh.args(["--home", "lab", "log", "receipt", "--refresh"]);
        let wanted: Vec<_> = names.iter().map(|name| format!("\u{2014} {name} ")).collect();
        wait(20, &format!("receipts cosigned by {}", names.join(" and ")), || {
            output(&mut refresh)?;
            let mut found = Vec::new();
            for entry in fs::read_dir(self.at("lab/receipts"))? {
                let path = entry?.path();
                if path.extension().is_none_or(|e| e != "receipt") {
                    continue;
                }
                let text = fs::read_to_string(&path)?;
                if !wanted.iter().all(|line| text.contains(line)) {
                    return Ok(None);
                }
                found.push(path);
            }
            found.sort();
            Ok(Some(found))
        })
    }

    /// Starts litewitness for our log, if it is here; where it listens, and its key.
    fn litewitness(&mut self) -> Result<Option<(String, String)>> {
        let Some(program) = install::peer("torchwood/usr/bin/litewitness") else { return Ok(None) };
        let control = program.with_file_name("witnessctl");
        let key = self.vkey()?;
        let add = ["-db", "peer.db", "-origin", ORIGIN];
        output(self.command(&control).arg("add-log").args(add))?;
        output(self.command(&control).arg("add-key").args(add).args(["-key", &key]))?;
        output(self.command("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f", "key"]))?;
        let print = output(self.command("ssh-keygen").args(["-lf", "key.pub"]))?;
        let print = print.split_whitespace().nth(1).context("no fingerprint")?.to_owned();
        let mut agent = self.command("ssh-agent");
        self.keep(agent.args(["-D", "-a", "agent"]), "agent.said")?;
        let socket = self.at("agent");
        wait(10, "agent", || Ok(socket.exists().then_some(())))?;
        output(self.command("ssh-add").arg("key").env("SSH_AUTH_SOCK", &socket))?;
        // it does not say which port it got for 0, so a free one is looked for
        let free = TcpListener::bind("127.0.0.1:0")?.local_addr()?.to_string();
        let mut witness = self.command(&program);
        witness.args(["-db", "peer.db", "-key", &print, "-name", PEER]);
        self.keep(witness.args(["-ssh-agent", "agent", "-listen", &free]), "peer.said")?;
        let said = wait(20, "litewitness", || {
            let said = self.read("peer.said")?;
            Ok(said.contains("listening").then_some(said))
        })?;
        let key = said.split("vkey=").nth(1).and_then(|rest| rest.split_whitespace().next());
        Ok(Some((format!("http://{free}"), key.context("litewitness names no key")?.to_owned())))
    }
}

/// A table of `witnesses.toml`.
fn cosigner(url: &str, vkeys: &str) -> String {
    let vkeys: Vec<_> = vkeys.lines().map(|v| format!("\"{v}\"")).collect();
    let vkeys = vkeys.join(", ");
    format!("[[cosigner]]\nurl = \"{url}\"\nkind = \"witness\"\nvkeys = [{vkeys}]\n\n")
}

pub(crate) fn start(command: &mut Command, said: &Path) -> Result<Running> {
    let said = fs::File::create(said)?;
    let child = command.stdin(Stdio::null()).stdout(said.try_clone()?).stderr(said).spawn();
    Ok(Running(child.with_context(|| format!("can't start {command:?}"))?))
}

/// Builds our program and has it used in a folder of its own, which goes with it.
///
/// # Errors
/// A program that can't be built, a folder that can't be made, or those of `read`.
pub(super) fn in_folder(
    name: &str,
    read: impl FnOnce(&Path, &Path) -> Result<bool>,
) -> Result<bool> {
    let vestibule = build()?;
    let at = std::env::temp_dir().join(format!("vestibule-{name}-{}", std::process::id()));
    fs::create_dir_all(&at)?;
    let good = read(&vestibule, &at);
    let _may_stay = fs::remove_dir_all(&at);
    good
}

/// Builds our program and says where it is. All of the workspace, since one package alone has other features and would
/// build everything below it anew.
pub(crate) fn build() -> Result<PathBuf> {
    let args = [
        "build",
        "--locked",
        "--workspace",
        "--bins",
        "--message-format",
        "json-render-diagnostics",
    ];
    let said = run::cargo(&args).stderr(Stdio::inherit()).output().context("can't start cargo")?;
    if !said.status.success() {
        bail!("`vestibule` does not build");
    }
    for line in String::from_utf8_lossy(&said.stdout).lines() {
        let message: serde_json::Value = serde_json::from_str(line)?;
        if message["target"]["name"] == "vestibule"
            && let Some(program) = message["executable"].as_str()
        {
            return Ok(program.into());
        }
    }
    bail!("cargo names no program")
}
