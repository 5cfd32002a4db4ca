//! Builds the verifier for WebAssembly, runs it in Node.js, and holds its answers against the native ones.
//!
//! The build leaves `wasm/vestibule-verifier.wasm` in the target folder.

mod own;
mod questions;
mod toolchain;

use crate::run;
use anyhow::{Context, Result, bail};
use questions::Question;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The caller of the module that is published beside it.
const LOADER: &str = "crates/verifier-wasm/vestibule-verifier.mjs";
/// Answers each line of a file of questions.
const RUNNER: &str = "xtask/src/wasm/run.mjs";

/// Builds, asks and compares; prints what was skipped and why when the machine lacks something.
pub(crate) fn run() -> Result<bool> {
    let Some(node) = ["node", "nodejs"].into_iter().find(|n| run::has(n)) else {
        println!(
            "skipped: the verifier in WebAssembly (no Node.js; on Debian: apt-get install nodejs)"
        );
        return Ok(true);
    };
    let folder = run::target()?.join("wasm");
    let toolchain = match toolchain::find(&folder)? {
        Ok(toolchain) => toolchain,
        Err(reason) => {
            println!("skipped: the verifier in WebAssembly ({reason})");
            return Ok(true);
        }
    };
    if !run::step("build the verifier for WebAssembly", &mut toolchain.build(&folder))? {
        return Ok(false);
    }
    let module = folder.join("vestibule-verifier.wasm");
    fs::copy(folder.join("wasm32-unknown-unknown/release/verifier_wasm.wasm"), &module)?;
    println!("{}: {} bytes", module.display(), fs::metadata(&module)?.len());
    compare(node, &module, &folder)
}

fn compare(node: &str, module: &Path, folder: &Path) -> Result<bool> {
    let questions = questions::all()?;
    let answers = answers(node, module, &folder.join("questions.jsonl"), &questions)?;
    let (mut passed, mut failed) = (0, 0);
    for (question, theirs) in questions.iter().zip(&answers) {
        match question.judge(theirs) {
            Ok(()) => passed += 1,
            Err(fault) => {
                println!("{}: {fault}", question.id);
                failed += 1;
            }
        }
    }
    println!("the verifier in WebAssembly beside the native one: {passed} passed, {failed} failed");
    Ok(failed == 0)
}

/// What the module answers, one line a question.
fn answers(
    node: &str,
    module: &Path,
    file: &PathBuf,
    questions: &[Question],
) -> Result<Vec<String>> {
    let lines: Vec<_> = questions.iter().map(|q| q.text.as_str()).collect();
    fs::write(file, lines.join("\n")).with_context(|| file.display().to_string())?;
    let mut command = Command::new(node);
    command.arg(run::root().join(RUNNER)).arg(run::root().join(LOADER)).arg(module).arg(file);
    let output = command.output().with_context(|| format!("can't start {node}"))?;
    if !output.status.success() {
        bail!("{node} ended with an error: {}", String::from_utf8_lossy(&output.stderr));
    }
    let answers: Vec<_> = String::from_utf8(output.stdout)?.lines().map(str::to_owned).collect();
    if answers.len() != questions.len() {
        bail!("{} questions, but {} answers", questions.len(), answers.len());
    }
    Ok(answers)
}
