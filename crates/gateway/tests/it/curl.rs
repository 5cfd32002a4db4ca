//! curl, as the client that many have: HTTP/2 begun with prior knowledge, and agreed on over TLS. Left out where there is none.

use crate::permits::TOKEN;
use crate::tls::{Made, tls};
use crate::world::{Setup, World, prompt};
use gateway::{Outcome, TlsClients};
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use tokio::time::timeout;

/// Printed by curl after each answer.
const SEEN: &str = "\n[%{http_version} %{http_code}]\n";

/// A call of curl for one of the scripts; none where there is no curl.
#[expect(clippy::print_stderr, reason = "a test that is left out says so")]
fn curl(world: &World, address: &str, script: &str, more: &[&str]) -> Option<Command> {
    let found = Command::new("curl").arg("--version").output();
    if !found.is_ok_and(|said| String::from_utf8_lossy(&said.stdout).contains("HTTP2")) {
        eprintln!("skipped: there is no curl that speaks HTTP/2");
        return None;
    }
    let mut command = Command::new("curl");
    command
        .args(["--silent", "--show-error", "--no-buffer", "--max-time", "20", "--write-out", SEEN])
        .args(more)
        .args(["--header", "content-type: application/json", "--header"])
        .arg(format!("authorization: Bearer {TOKEN}"))
        .arg("--data")
        .arg(prompt(script).to_string())
        .arg(format!("{address}:{}/v1/chat/completions", world.address.port()))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    Some(command)
}

/// What curl printed to its end, and its exit code.
async fn ended(child: Child) -> (String, Option<i32>) {
    // it ends by itself, after 20 s at most
    let ended = tokio::task::spawn_blocking(|| child.wait_with_output()).await;
    let output = ended.expect("no panic").expect("it ran");
    let errors = String::from_utf8_lossy(&output.stderr);
    (String::from_utf8_lossy(&output.stdout).into_owned() + &errors, output.status.code())
}

/// What curl printed, of an exchange that went well.
async fn said(child: Child) -> String {
    let (text, code) = ended(child).await;
    assert_eq!(code, Some(0), "{text}");
    text
}

#[tokio::test]
async fn curl_with_prior_knowledge_gets_answers_streams_and_ends() {
    let world = World::start().await;
    let ask = |script: &str, more: &[&str]| {
        let flags = [&["--http2-prior-knowledge"], more].concat();
        curl(&world, "http://127.0.0.1", script, &flags).map(|mut c| c.spawn().expect("started"))
    };
    let Some(plain) = ask("plain", &[]) else { return };
    let text = said(plain).await;
    assert!(text.contains("Hello.") && text.ends_with("[2 200]\n"), "{text}");
    let text = said(ask("paced:5", &[]).expect("there is one")).await;
    assert!(text.contains("data: [DONE]") && text.ends_with("[2 200]\n"), "{text}");
    let records = world.records(2).await;
    assert!(records.iter().all(|record| record.outcome == Outcome::Completed));
    // a stream that the developer's word ends says so, in the client's dialect
    let open = ask("paced:2000", &[]).expect("there is one");
    while world.control.open_requests() == 0 {
        crate::world::pause(5).await;
    }
    world.withdraw();
    let (text, code) = timeout(Duration::from_secs(5), ended(open)).await.expect("at once");
    assert_eq!(code, Some(0), "{text}");
    assert!(text.contains("access_ended") && !text.contains("[DONE]"), "{text}");
    let refused = said(ask("plain", &[]).expect("there is one")).await;
    assert!(refused.contains("case-withdrawn") && refused.ends_with("[2 403]\n"), "{refused}");
}

#[tokio::test]
async fn curl_agrees_on_http2_over_tls() {
    let server = Made::new();
    let world = World::with(Setup { tls: tls(&server, TlsClients::Any), ..Setup::default() }).await;
    let root = server.file("cert").display().to_string();
    let resolve = format!("gateway:{}:127.0.0.1", world.address.port());
    for (flag, version) in [("--http2", "2"), ("--http1.1", "1.1")] {
        let flags = [flag, "--tlsv1.3", "--cacert", &root, "--resolve", &resolve];
        let Some(mut asked) = curl(&world, "https://gateway", "paced:3", &flags) else { return };
        let text = said(asked.spawn().expect("started")).await;
        assert!(text.contains("data: [DONE]"), "{text}");
        assert!(text.ends_with(&format!("[{version} 200]\n")), "{text}");
    }
    // six on one connection, at once. (curl 7.88 does so with prior knowledge, too, and then fails before it has sent anything.)
    let address = format!("https://gateway:{}/v1/chat/completions", world.address.port());
    let five = [&address; 5].map(String::as_str);
    let flags = ["--http2", "--tlsv1.3", "--cacert", &root, "--resolve", &resolve];
    let flags = [&flags[..], &["--parallel", "--parallel-max", "6"], &five[..]].concat();
    let mut asked = curl(&world, "https://gateway", "paced:20", &flags).expect("there is one");
    let text = said(asked.spawn().expect("started")).await;
    assert_eq!(text.matches("data: [DONE]").count(), 6, "{text}");
    assert_eq!(text.matches("[2 200]").count(), 6, "{text}");
    let records = world.records(8).await;
    assert!(records.iter().all(|record| record.outcome == Outcome::Completed));
}
