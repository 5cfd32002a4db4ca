//! The pages that parties fill in and hand out, in a real browser: at 320 pixels, and by keyboard alone. The form of the defender
//! programme comes from a running node, blank and with its gaps; the dossier of a case is made by the program.

use super::browser::Browser;
use super::memo::said;
use super::world::{Running, in_folder, output};
use anyhow::{Context, Result, ensure};
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// Longest that a node may take to listen, in tenths of a second.
const PATIENCE: u32 = 300;
const FORM: &str = "/defender?case=case-1&developer=lab";

/// Makes the pages and has the browser read them. Prints a line for each.
///
/// # Errors
/// A program of ours that fails, or a folder that can't be made.
pub(super) fn run() -> Result<bool> {
    in_folder("pages", read)
}

fn read(vestibule: &Path, at: &Path) -> Result<bool> {
    let Some(browser) = Browser::find(at)? else {
        println!("skipped: the pages in a browser (Chromium can't be installed here)");
        return Ok(true);
    };
    let mut good = true;
    for (name, page) in pages(vestibule, at)? {
        good &= browser.fits(name, &page);
        good &= said(&format!("{name} by keyboard"), browser.by_keyboard(&page));
    }
    Ok(good)
}

/// The pages, each as a file.
fn pages(vestibule: &Path, at: &Path) -> Result<Vec<(&'static str, PathBuf)>> {
    let say = |line: &str| -> Result<String> {
        let mut command = Command::new(vestibule);
        output(command.current_dir(at).args(line.split(' ')))
    };
    for (party, role) in [("lab", "developer"), ("office", "government")] {
        say(&format!("--home {party} init --party {party} --name {party} --role {role}"))?;
    }
    say("node init node --origin log.example/pages")?;
    say("trust assemble --log node/log.vkey --party lab --party office --out trust.toml")?;
    for party in ["lab", "office", "node"] {
        fs::copy(at.join("trust.toml"), at.join(party).join("trust.toml"))?;
    }
    let (_node, address) = serve(vestibule, at)?;
    let node = format!("--node {address}");
    say(&format!(
        "{node} --home lab review inquire --case case-1 --government office --model model-1 --partner-release 2999-01-01T00:00:00Z"
    ))?;
    say(&format!("{node} --home lab review dossier --case case-1 --out dossier"))?;
    let kept = |name: &str, html: String| -> Result<PathBuf> {
        let path = at.join(name);
        fs::write(&path, html)?;
        Ok(path)
    };
    let gaps = ask(&address, "POST", "case=case-1&developer=lab&tier=none")?;
    ensure!(gaps.contains("organisation"), "the page names no gap: {gaps}");
    Ok(vec![
        ("the form of a defender", kept("form.html", ask(&address, "GET", "")?)?),
        ("the form with its gaps", kept("gaps.html", gaps)?),
        ("a dossier", at.join("dossier/index.html")),
    ])
}

/// A node that serves until its handle is gone, and its address.
fn serve(vestibule: &Path, at: &Path) -> Result<(Running, String)> {
    let mut command = Command::new(vestibule);
    command
        .current_dir(at)
        .args("serve --folder node --listen 127.0.0.1:0 --ready ready".split(' '));
    let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
    let running = Running(child.context("can't start the node")?);
    for _ in 0..PATIENCE {
        match fs::read_to_string(at.join("ready")) {
            Ok(address) if address.ends_with('\n') => {
                return Ok((running, address.trim().trim_end_matches('/').to_owned()));
            }
            Ok(_) | Err(_) => {}
        }
        #[expect(clippy::disallowed_methods, reason = "a development tool waits")]
        std::thread::sleep(Duration::from_millis(100));
    }
    anyhow::bail!("the node was not ready within {} s", PATIENCE / 10)
}

/// The body of the form's page.
fn ask(address: &str, method: &str, body: &str) -> Result<String> {
    let host = address.trim_start_matches("http://");
    let mut stream = TcpStream::connect(host)?;
    write!(
        stream,
        "{method} {FORM} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let (head, page) = answer.split_once("\r\n\r\n").context("no page")?;
    ensure!(page.contains("<form"), "{head}");
    // a page that is kept as a file has its style in it
    let style = fs::read_to_string(crate::run::root().join("crates/server/templates/style.css"))?;
    let link = "<link rel=\"stylesheet\" href=\"/style.css\">";
    ensure!(page.contains(link), "the page has no style");
    Ok(page.replace(link, &format!("<style>{style}</style>")))
}
