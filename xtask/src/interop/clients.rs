//! The official `OpenAI` and Anthropic clients, unmodified, through the gateway.

use super::install;
use crate::run;
use anyhow::{Context, Result, ensure};
use serde_json::Value;
use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// Most seconds that one client's examples may take.
const SECONDS: &str = "120";

/// A gateway with a scripted upstream, as an example of its crate starts it.
struct Served {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
    said: Value,
}

/// Runs each client's examples and prints a line for each. Ends with what is on record.
///
/// # Errors
/// The gateway can't be built or started.
pub(super) fn run() -> Result<bool> {
    install::clients()?;
    let mut served = Served::start()?;
    let here = run::root().join("crates/gateway/examples/clients");
    let python = install::folder().join("clients/bin/python");
    let node = install::folder().join("node-clients");
    // a module is looked for beside the script
    let script = node.join("examples.mjs");
    fs::copy(here.join("examples.mjs"), &script)?;
    let with = |program: &Path, args: &[PathBuf]| {
        let mut command = Command::new("timeout");
        command.arg(SECONDS).arg(program).args(args);
        command
    };
    let python_is = install::peer("clients/.whole").is_some();
    let node_is = install::peer("node-clients/.whole").is_some();
    let clients = [
        ("openai of PyPI", python_is, with(&python, &[here.join("openai_examples.py")])),
        ("anthropic of PyPI", python_is, with(&python, &[here.join("anthropic_examples.py")])),
        ("openai and @anthropic-ai/sdk of npm", node_is, with(Path::new("node"), &[script])),
    ];
    let (mut good, mut ran) = (true, 0);
    for (name, is_here, mut command) in clients {
        if !is_here {
            println!("skipped: {name} (not installed)");
            continue;
        }
        ran += 1;
        for variable in ["base", "key", "model"] {
            let value = served.said[variable].as_str().unwrap_or_default();
            command.env(variable.to_ascii_uppercase(), value);
        }
        let done = command.stdin(Stdio::null()).output().with_context(|| name.to_owned())?;
        let checks = String::from_utf8_lossy(&done.stdout);
        let checks = checks.lines().collect::<Vec<_>>().join(", ");
        if done.status.success() {
            println!("passed: {name}: {checks}");
        } else {
            println!("failed: {name} after {checks}: {}", String::from_utf8_lossy(&done.stderr));
            good = false;
        }
    }
    let uses = served.stop()?;
    println!("on record, uses of each endpoint and how many completed: {uses}");
    let recorded = uses.as_object().is_some_and(|uses| !uses.is_empty());
    ensure!(recorded || ran == 0, "clients were answered and nothing is on record");
    Ok(good)
}

impl Served {
    fn start() -> Result<Self> {
        let args = ["build", "--quiet", "--locked", "--workspace", "--example", "clients"];
        ensure!(run::cargo(&args).status()?.success(), "the gateway can't be built");
        let program = run::target()?.join("debug/examples/clients");
        let mut child = Command::new(&program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| program.display().to_string())?;
        let input = child.stdin.take();
        let mut output = BufReader::new(child.stdout.take().context("no output")?);
        let said = line(&mut output)?;
        Ok(Self { child, input, output, said })
    }

    /// Lets it end, and gives what it has on record.
    fn stop(&mut self) -> Result<Value> {
        drop(self.input.take());
        let said = line(&mut self.output)?;
        ensure!(self.child.wait()?.success(), "the gateway failed");
        Ok(said["uses"].clone())
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        drop(self.input.take());
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn line(output: &mut BufReader<ChildStdout>) -> Result<Value> {
    let mut line = String::new();
    output.read_line(&mut line)?;
    serde_json::from_str(&line).context("the gateway said something else")
}
