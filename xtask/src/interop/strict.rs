//! Requests that the specification refuses: our witness refuses each as it says; what litewitness does is a note.

use super::install;
use super::world::{World, output};
use anyhow::{Context, Result, ensure};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;
use tlog::{Checkpoint, Ed25519Signer, Hash, KeyName, leaf_hash};

const OTHER: &str = "log.example/deviations";

/// A request, the status that the specification asks for, and what it is.
struct Wrong {
    what: &'static str,
    status: u16,
    body: String,
}

fn wrong(signer: &Ed25519Signer) -> Result<[Wrong; 3]> {
    let note = |text: &str| -> Result<String> {
        let checkpoint = Checkpoint::parse(text)?;
        Ok(checkpoint.sign(&[signer])?.note().to_string())
    };
    let root = leaf_hash(b"one");
    let one = note(&format!("{OTHER}\n1\n{root}\n"))?;
    // our own types make no such checkpoint, so its text is signed as it is
    let forged = format!("{OTHER}\n0\n{root}\n");
    let empty = tlog::sign_note(forged, &[signer])?.to_string();
    let hash = Hash::EMPTY_ROOT;
    Ok([
        Wrong {
            what: "an empty tree with another root",
            status: 422,
            body: format!("old 0\n\n{empty}"),
        },
        Wrong {
            what: "a proof together with `old 0`",
            status: 422,
            body: format!("old 0\n{hash}\n\n{one}"),
        },
        Wrong { what: "`old 00`", status: 400, body: format!("old 00\n\n{one}") },
    ])
}

/// The status of one POST.
fn post(url: &str, body: &str) -> Result<u16> {
    let host = url.strip_prefix("http://").context("not http")?;
    let mut stream = TcpStream::connect(host)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let len = body.len();
    let head =
        format!("POST /add-checkpoint HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len}\r\n");
    stream.write_all(format!("{head}Connection: close\r\n\r\n{body}").as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let status = answer.split(' ').nth(1).and_then(|s| s.parse().ok());
    status.with_context(|| format!("no HTTP answer: {answer}"))
}

/// Sends each to a fresh witness of ours, and to litewitness if it is here.
pub(crate) fn run(world: &mut World) -> Result<String> {
    let signer = Ed25519Signer::from_seed(KeyName::new(OTHER)?, &[7; 32])?;
    let key = tlog::NoteSigner::verifier_key(&signer).to_string();
    let url = world.witness_of("strict", &key)?;
    if let Some(control) =
        install::peer("torchwood/usr/bin/witnessctl").filter(|_| world.peer.is_some())
    {
        let add = ["-db", "peer.db", "-origin", OTHER];
        output(world.command(&control).arg("add-log").args(add))?;
        output(world.command(&control).arg("add-key").args(add).args(["-key", &key]))?;
    }
    for Wrong { what, status, body } in wrong(&signer)? {
        let ours = post(&url, &body)?;
        ensure!(ours == status, "{what}: our witness answers {ours}, not {status}");
        if let Some(peer) = &world.peer {
            let theirs = post(peer, &body)?;
            if theirs != status {
                println!(
                    "note: litewitness answers {theirs} to {what}; the specification says {status}"
                );
            }
        }
    }
    Ok("3 requests refused as the specification says".to_owned())
}
