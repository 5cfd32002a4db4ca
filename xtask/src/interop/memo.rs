//! The determination memo as its readers get it: a page in a real browser at 320 pixels and on paper, and a PDF by a real Typst.
//!
//! The memo is the tour's: a whole run of real processes, recomputed by the determining office.

use super::browser::{Browser, NARROW};
use super::install;
use super::world::{Running, in_folder, output, start, wait};
use anyhow::{Context, Result, ensure};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Most seconds that the tour may take, and each program after it.
const TOUR: &str = "600";
const SECONDS: &str = "120";

/// What stands in for the program `typst`: the compiler of PyPI, behind the same arguments.
const TYPST: &str = "import sys, typst
sources = [a for a in sys.argv[1:] if not a.startswith('-')]
assert sources[0] == 'compile', sources
typst.compile(sources[1], output=sources[2], format='pdf')
";

/// Makes the memo and has each reader read it. Prints a line for each.
///
/// # Errors
/// A program of ours that fails, or a folder that can't be made.
pub(super) fn run() -> Result<bool> {
    in_folder("memo", read)
}

fn read(vestibule: &Path, at: &Path) -> Result<bool> {
    let tour = at.join("tour");
    output(bounded(TOUR, vestibule).arg("tour").arg("--out").arg(&tour))?;
    let page = tour.join("memo.html");
    if !page.exists() {
        println!("skipped: the memo (this machine has no sandbox to measure in)");
        return Ok(true);
    }
    let node = serve(vestibule, &tour)?;
    let mut good = true;
    match Browser::find(at)? {
        None => println!("skipped: the memo in a browser (there is no Chromium)"),
        Some(browser) => {
            let name = format!("the memo at {NARROW} pixels");
            good &= said(&name, narrow(&browser, &page));
            good &= said("the memo on paper", paper(&browser, &page, at));
        }
    }
    match install::typst() {
        None => println!("skipped: the memo as PDF (typst of PyPI can't be installed here)"),
        Some(python) => {
            good &= said("the memo as PDF", pdf((vestibule, &python), &tour, at));
        }
    }
    good &= said("no PDF without typst", without(vestibule, &tour, at));
    drop(node);
    Ok(good)
}

/// The tour's node again, without the mirrors that ended with it. It ends with the handle.
fn serve(vestibule: &Path, tour: &Path) -> Result<Running> {
    let ready = tour.join("node.url");
    let mut command = Command::new(vestibule);
    command.arg("serve").arg("--folder").arg(tour.join("node")).args([
        "--listen",
        "127.0.0.1:0",
        "--ready",
    ]);
    command.arg(&ready).args(["--without-witnesses", "the mirrors ended with the tour"]);
    let running = start(&mut command, &tour.join("node.said"))?;
    wait(20, "address of the node", || Ok(ready.exists().then_some(())))?;
    Ok(running)
}

pub(super) fn said(name: &str, found: Result<String>) -> bool {
    match found {
        Ok(detail) => println!("passed: {name}: {detail}"),
        Err(error) => {
            println!("failed: {name}: {error:#}");
            return false;
        }
    }
    true
}

fn bounded(seconds: &str, program: &Path) -> Command {
    let mut command = Command::new("timeout");
    command.arg(seconds).arg(program);
    command
}

/// Nothing reaches beyond the screen, and the three pictures are there.
fn narrow(browser: &Browser, page: &Path) -> Result<String> {
    let pictures = browser.narrow(page)?;
    ensure!(pictures == 3, "{pictures} pictures");
    Ok(format!("nothing beyond the screen; {pictures} pictures"))
}

/// The page prints as several pages with all that it says.
fn paper(browser: &Browser, page: &Path, at: &Path) -> Result<String> {
    let pdf = at.join("printed.pdf");
    browser.print(page, &pdf)?;
    whole(&pdf, browser.text(&pdf)?)
}

/// A PDF with its text, where there is a program that takes it out.
fn whole(pdf: &Path, text: Option<String>) -> Result<String> {
    let bytes = fs::read(pdf).with_context(|| pdf.display().to_string())?;
    ensure!(bytes.starts_with(b"%PDF-") && bytes.len() > 10_000, "{} bytes, no PDF", bytes.len());
    let Some(text) = text else {
        return Ok(format!("{} bytes; no pdftotext to read them with", bytes.len()));
    };
    let pages = text.matches('\u{c}').count();
    for present in [
        "Determination memo",
        "ABOVE",
        "Evidence against both boundaries",
        "Both ledgers",
        "Capability against budget",
        "Family by family",
        "Containment",
        "What was verified",
        "A person determines",
    ] {
        ensure!(text.contains(present), "the text lacks `{present}`");
    }
    ensure!((2..=8).contains(&pages), "{pages} pages");
    Ok(format!("{pages} pages, {} bytes, text and pictures", bytes.len()))
}

/// `assess memo --pdf` with the real compiler behind the name `typst`.
fn pdf((vestibule, python): (&Path, &Path), tour: &Path, at: &Path) -> Result<String> {
    let folder = at.join("bin");
    fs::create_dir_all(&folder)?;
    let (script, program) = (folder.join("shim.py"), folder.join("typst"));
    fs::write(&script, TYPST)?;
    let line = format!("#!/bin/sh\nexec '{}' '{}' \"$@\"\n", python.display(), script.display());
    fs::write(&program, line)?;
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755))?;
    let pdf = at.join("memo.pdf");
    let path = format!("{}:/usr/bin:/bin", folder.display());
    output(memo(vestibule, tour, &pdf).env("PATH", path))?;
    let mode = fs::metadata(&pdf)?.permissions().mode() & 0o777;
    ensure!(mode == 0o600, "mode {mode:o}");
    let left: Vec<PathBuf> =
        ["memo.pdf.typ", "memo.pdf.said"].map(|name| at.join(name)).into_iter().collect();
    ensure!(left.iter().all(|path| !path.exists()), "{left:?} were left");
    let reader = Browser::find(at)?;
    let text = reader.map_or(Ok(None), |reader| reader.text(&pdf))?;
    whole(&pdf, text)
}

fn memo(vestibule: &Path, tour: &Path, pdf: &Path) -> Command {
    let mut command = bounded(SECONDS, vestibule);
    command.arg("--home").arg(tour.join("parties/determiner"));
    command.arg("--node").arg(fs::read_to_string(tour.join("node.url")).unwrap_or_default().trim());
    command.args(["assess", "memo", "--run", "run-1", "--transcript"]);
    command.arg(tour.join("evaluation/evaluation.jsonl")).arg("--pdf").arg(pdf);
    command
}

/// Without the program the error says what to do, and no file is left that looks like a memo.
fn without(vestibule: &Path, tour: &Path, at: &Path) -> Result<String> {
    let (pdf, empty) = (at.join("none.pdf"), at.join("empty"));
    fs::create_dir_all(&empty)?;
    let timeout = Command::new("sh").args(["-c", "command -v timeout"]).output()?;
    let timeout = String::from_utf8_lossy(&timeout.stdout).trim().to_owned();
    fs::remove_file(empty.join("timeout")).ok();
    std::os::unix::fs::symlink(&timeout, empty.join("timeout"))?;
    let done = memo(vestibule, tour, &pdf).env("PATH", &empty).stdin(Stdio::null()).output()?;
    let words = String::from_utf8_lossy(&done.stderr).into_owned();
    ensure!(!done.status.success() && words.contains("no program `typst`"), "{words}");
    ensure!(!pdf.exists(), "an empty file was left");
    Ok(words.trim().to_owned())
}
