//! The determination memo as its readers get it: a page in a real browser at 320 pixels and on paper, and a PDF by a real Typst.
//!
//! The memo is the tour's: a whole run of real processes, recomputed by the determining office.

use super::install;
use super::world::{Running, build, output, start, wait};
use anyhow::{Context, Result, ensure};
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// Most seconds that the tour may take, and each program after it.
const TOUR: &str = "600";
const SECONDS: &str = "120";
/// The narrowest screen that the memo must be read on, in pixels.
const NARROW: u32 = 320;

/// What stands in for the program `typst`: the compiler of PyPI, behind the same arguments.
const TYPST: &str = "import sys, typst
sources = [a for a in sys.argv[1:] if not a.startswith('-')]
assert sources[0] == 'compile', sources
typst.compile(sources[1], output=sources[2], format='pdf')
";

/// Puts the page into a frame as wide as a screen, and says how wide it wants to be.
const FRAME: &str = "<!doctype html><meta charset=\"utf-8\"><body><iframe id=\"f\" style=\"width:WIDTHpx;height:800px;border:0\" srcdoc=\"PAGE\"></iframe>
<script>document.getElementById('f').onload = function () {
  var d = this.contentDocument, w = d.documentElement.scrollWidth, wide = [];
  d.querySelectorAll('body *').forEach(function (e) {
    var r = e.getBoundingClientRect();
    if (r.right > WIDTH + 1 && !e.closest('.scroll') && !e.closest('.skip')) wide.push(e.tagName);
  });
  document.body.insertAdjacentHTML('beforeend', '<p id=\"said\">width ' + w + ' beyond ' + wide.join(',') + ' pictures ' + d.querySelectorAll('svg').length + '.</p>');
};</script>";

/// Makes the memo and has each reader read it. Prints a line for each.
///
/// # Errors
/// A program of ours that fails, or a folder that can't be made.
pub(super) fn run() -> Result<bool> {
    let vestibule = build()?;
    let at = std::env::temp_dir().join(format!("vestibule-memo-{}", std::process::id()));
    fs::create_dir_all(&at)?;
    let good = read(&vestibule, &at);
    let _may_stay = fs::remove_dir_all(&at);
    good
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
    let browser = ["chromium", "chromium-browser", "google-chrome"];
    let browser = browser.into_iter().find(|name| crate::run::has(name));
    match browser {
        None => println!("skipped: the memo in a browser (there is no Chromium)"),
        Some(browser) => {
            let name = format!("the memo at {NARROW} pixels");
            good &= said(&name, narrow(browser, &page, at));
            good &= said("the memo on paper", paper(browser, &page, at));
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

fn said(name: &str, found: Result<String>) -> bool {
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

fn chromium(browser: &str, at: &Path) -> Command {
    let mut command = bounded(SECONDS, Path::new(browser));
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]);
    command.arg(format!("--user-data-dir={}", at.join("browser").display()));
    command.args(["--virtual-time-budget=5000", "--disable-background-networking"]);
    command
}

/// Nothing reaches beyond the screen: what is wide scrolls in a frame of its own.
fn narrow(browser: &str, page: &Path, at: &Path) -> Result<String> {
    let html = fs::read_to_string(page)?.replace('&', "&amp;").replace('"', "&quot;");
    let frame = at.join("frame.html");
    let text = FRAME.replace("WIDTH", &NARROW.to_string()).replace("PAGE", &html);
    fs::write(&frame, text)?;
    let url = format!("file://{}", frame.display());
    let dom = output(chromium(browser, at).arg("--dump-dom").arg(url))?;
    let found = dom.rsplit("id=\"said\">").next().and_then(|rest| rest.split("</p>").next());
    let found = found.filter(|_| dom.contains("id=\"said\">")).context("the page said nothing")?;
    let width = found.strip_prefix("width ").and_then(|rest| rest.split(' ').next()?.parse().ok());
    let fits = width.is_some_and(|width: u32| width <= NARROW);
    ensure!(fits && found.ends_with(" beyond  pictures 3."), "{found}");
    Ok(format!("nothing beyond the screen; {found}"))
}

/// The page prints as several pages with all that it says.
fn paper(browser: &str, page: &Path, at: &Path) -> Result<String> {
    let pdf = at.join("printed.pdf");
    let url = format!("file://{}", page.display());
    let to = format!("--print-to-pdf={}", pdf.display());
    output(chromium(browser, at).args(["--no-pdf-header-footer", &to]).arg(url))?;
    whole(&pdf)
}

/// A PDF with text that can be taken out again, where there is a program for that.
fn whole(pdf: &Path) -> Result<String> {
    let bytes = fs::read(pdf).with_context(|| pdf.display().to_string())?;
    ensure!(bytes.starts_with(b"%PDF-") && bytes.len() > 10_000, "{} bytes, no PDF", bytes.len());
    if !Command::new("pdftotext").arg("-v").output().is_ok_and(|done| done.status.success()) {
        return Ok(format!("{} bytes; no pdftotext to read them with", bytes.len()));
    }
    let text = output(bounded(SECONDS, Path::new("pdftotext")).arg(pdf).arg("-"))?;
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
    whole(&pdf)
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
