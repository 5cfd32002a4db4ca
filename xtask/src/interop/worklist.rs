//! The worklist as its reader gets it: in a real browser on a narrow screen, and on exactly one sheet of paper, be there
//! seven things to do or five hundred.

use super::browser::Browser;
use super::memo::said;
use super::world::{build, in_folder};
use crate::run;
use anyhow::{Context, Result, ensure};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// As of when the pages are made, so that they are the same tomorrow.
const AS_OF: &str = "2026-11-23";
/// What the README shows.
const DEMO: &str = "facts/hospital-before.cdx.json";

/// How many packages the large inventory has.
const LARGE: usize = 500;
/// What makes a package's name very long.
const LONG: &str = "-of-a-name-that-somebody-made-long-so-that-it-does-not-fit-anywhere-and-all-that-is-beside-it-moves-away";

/// One page to be read: what it is called, the inventory, and more arguments.
struct Case {
    name: &'static str,
    inventory: PathBuf,
    args: Vec<String>,
    /// What must be on the sheet.
    present: &'static [&'static str],
}

/// Makes the pages and has the browser read them. Prints a line for each.
///
/// # Errors
/// A program of ours that fails, or a folder that can't be made.
pub(super) fn run() -> Result<bool> {
    in_folder("worklist", read)
}

fn read(vestibule: &Path, at: &Path) -> Result<bool> {
    let Some(browser) = Browser::find(at)? else {
        println!("skipped: the worklist in a browser (Chromium can't be installed here)");
        return Ok(true);
    };
    let mut good = true;
    for case in cases(at)? {
        let page = at.join("page.html");
        make(vestibule, &case, &page)?;
        good &= browser.fits(case.name, &page);
        let sheet = one_sheet(&browser, &page, &case, at);
        good &= said(&format!("{} on paper", case.name), sheet);
    }
    Ok(good)
}

fn cases(at: &Path) -> Result<Vec<Case>> {
    let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let demo = run::root().join(DEMO);
    let feeds = at.join("feeds");
    let feeds = ["--feeds".to_owned(), feeds.display().to_string()];
    let hostile = at.join("hostile.requirements.txt");
    let large = at.join("large.requirements.txt");
    fs::create_dir_all(at.join("feeds"))?;
    fs::write(at.join("feeds/all.jsonl"), advisories())?;
    fs::write(&large, inventory(""))?;
    fs::write(&hostile, inventory(LONG))?;
    let with = |more: &str| feeds.iter().cloned().chain(words(more)).collect::<Vec<_>>();
    Ok(vec![
        Case {
            name: "the demonstration",
            inventory: demo.clone(),
            args: words("--exposed yes"),
            present: &["Do these three things today", "Then these", "urllib3", "1-844-729-2472"],
        },
        Case {
            name: "the demonstration with a question",
            inventory: demo.clone(),
            args: Vec::new(),
            present: &["One question", "Can people on the internet reach patient portal"],
        },
        Case {
            name: "the demonstration in Spanish",
            inventory: demo,
            args: words("--exposed yes --language es"),
            present: &["Haga estas tres cosas hoy", "1-844-729-2472"],
        },
        Case {
            name: "500 packages",
            inventory: large,
            args: with("--exposed unknown"),
            present: &[
                "We could not tell",
                "More on the screen",
                "Worth knowing",
                "1-844-729-2472",
            ],
        },
        Case {
            name: "500 packages with very long names",
            inventory: hostile,
            args: with("--exposed yes"),
            present: &["Do these three things today", "More on the screen", "1-844-729-2472"],
        },
    ])
}

/// Advisories about every package of the large inventories: flaws with a fix, some without, notices.
fn advisories() -> String {
    let mut all = String::new();
    for at in 0..2 * LARGE {
        let name = format!("part-{:04}{}", at % LARGE, if at < LARGE { "" } else { LONG });
        let mut events = vec![serde_json::json!({ "introduced": "0" })];
        if at % 7 != 3 {
            events.push(serde_json::json!({ "fixed": "2.0.0" }));
        }
        let notice = (at % 9 == 4).then_some("unmaintained");
        let summary = format!(
            "A sentence about part {at}: what it does wrong, to whom, and what somebody who writes to it can do then, \
             which takes most of two lines"
        );
        let record = serde_json::json!({
            "schema_version": "1.6.7",
            "id": format!("PYSEC-2026-{at}"),
            "modified": "2026-01-01T00:00:00Z",
            "aliases": [format!("CVE-2026-{}", 20_000 + at)],
            "summary": summary,
            "affected": [{
                "package": { "ecosystem": "PyPI", "name": name },
                "ranges": [{ "type": "ECOSYSTEM", "events": events }],
                "database_specific": { "informational": notice },
            }],
        });
        let _ = writeln!(all, "{record}");
    }
    all
}

/// An inventory with every package; of some the version can't be ordered.
fn inventory(long: &str) -> String {
    let version = |at: usize| if at % 11 == 5 { "not-a-version" } else { "1.0.0" };
    (0..LARGE).fold(String::new(), |mut all, at| {
        let _ = writeln!(all, "part-{at:04}{long}=={}", version(at));
        all
    })
}

fn make(vestibule: &Path, case: &Case, page: &Path) -> Result<()> {
    let mut command = Command::new(vestibule);
    command.arg("check").arg(&case.inventory).args(["--name", "patient portal"]);
    command.args(["--as-of", AS_OF, "--html"]).arg(page).args(&case.args);
    let done = command.output().context("can't start vestibule")?;
    // 1 means that there is something to do
    let said = String::from_utf8_lossy(&done.stderr);
    ensure!(done.status.code() == Some(1), "{command:?}: {}: {said}", done.status);
    Ok(())
}

fn one_sheet(browser: &Browser, page: &Path, case: &Case, at: &Path) -> Result<String> {
    let pdf = at.join("printed.pdf");
    browser.print(page, &pdf)?;
    let Some(text) = browser.text(&pdf)? else { return Ok("no pdftotext to count with".into()) };
    let sheets = text.matches('\u{c}').count();
    ensure!(sheets == 1, "{sheets} sheets");
    for present in case.present {
        ensure!(text.contains(present), "the sheet lacks `{present}`:\n{text}");
    }
    let lines = text.lines().filter(|line| !line.trim().is_empty()).count();
    Ok(format!("one sheet, {lines} lines"))
}

/// Makes `docs/worklist.html` and its picture, as printed.
///
/// # Errors
/// No browser, or a program that fails.
pub(super) fn picture() -> Result<bool> {
    let vestibule = build()?;
    let at = std::env::temp_dir().join(format!("vestibule-picture-{}", std::process::id()));
    fs::create_dir_all(&at)?;
    let (page, png) =
        (run::root().join("docs/worklist.html"), run::root().join("docs/worklist.png"));
    let browser = Browser::find(&at)?.context("Chromium can't be installed here")?;
    let demo = cases(&at)?.into_iter().next().context("no case")?;
    make(&vestibule, &demo, &page)?;
    let pdf = at.join("printed.pdf");
    browser.print(&page, &pdf)?;
    ensure!(browser.picture(&pdf, &png)?, "no pdftoppm to draw with");
    println!("made: docs/worklist.html and docs/worklist.png");
    fs::remove_dir_all(&at)?;
    Ok(true)
}
