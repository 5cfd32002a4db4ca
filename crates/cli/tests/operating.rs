//! What a lab asks of its running gateway: doctor, usage, and a drill at its own gateway, with the real program.
#![expect(clippy::unwrap_used, reason = "helpers of a test")]

#[path = "kit/scene.rs"]
mod scene;
#[path = "kit/traffic.rs"]
mod traffic;

use scene::{Serving, both, good, run, serving, world};
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use traffic::{ask, model, rest, stream};

/// A collector of spans on loopback, and the bodies that it is sent.
fn collector() -> (String, Receiver<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (sender, bodies) = channel();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, sender) = (stream.unwrap(), sender.clone());
            std::thread::spawn(move || {
                let mut reader = BufReader::new(stream.try_clone().unwrap());
                while let Some(body) = body(&mut reader) {
                    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
                    stream.write_all(answer.as_bytes()).unwrap();
                    // the test may be over
                    drop(sender.send(body));
                }
            });
        }
    });
    (format!("http://{address}"), bodies)
}

/// The next request's body; none when the connection is over.
fn body(reader: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|read| *read > 0)?;
        if let Some(given) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = given.trim().parse().ok()?;
        }
        if line.trim().is_empty() {
            let mut body = vec![0; length];
            return reader.read_exact(&mut body).ok().map(|()| body);
        }
    }
}

/// So many spans, from as many requests as they come in.
fn spans(collected: &Receiver<Vec<u8>>, count: usize) -> Vec<Value> {
    let mut spans = Vec::new();
    while spans.len() < count {
        let body = collected.recv_timeout(Duration::from_secs(20)).expect("spans within 20 s");
        let body: Value = serde_json::from_slice(&body).unwrap();
        let each = &body["resourceSpans"][0]["scopeSpans"][0]["spans"];
        spans.extend(each.as_array().unwrap().iter().cloned());
    }
    spans
}

#[test]
fn a_lab_examines_its_gateway_drills_it_and_sees_what_was_used() {
    let (world, _node) = world("");
    let at = world.path();
    let model = model();

    let doctor = good(at, &format!("--home lab --json gateway doctor --upstream {model}"));
    let doctor: Value = serde_json::from_str(&doctor).unwrap();
    let of = |what: &str| {
        let found = doctor.as_array().unwrap().iter().find(|f| f["what"] == what);
        let found = found.expect(what);
        (found["health"].as_str().unwrap().to_owned(), found["detail"].as_str().unwrap().to_owned())
    };
    for what in ["home", "words", "log", "grants", "upstream"] {
        assert_eq!(of(what).0, "good", "{what}: {}", of(what).1);
    }
    assert!(of("grants").1.starts_with("1 of 1 can be used now"), "{doctor}");
    let nobody = run(at, "--home lab gateway doctor --upstream http://127.0.0.1:9/v1");
    let said = String::from_utf8_lossy(&nobody.stdout);
    assert_eq!(nobody.status.code(), Some(1), "{said}");
    assert!(said.contains("✗ upstream"), "{said}");

    let (collector, collected) = collector();
    let gateway =
        format!("--home lab gateway --upstream {model} --lease 5000 --otlp {collector}/v1/traces");
    let (mut gateway, base) = serving(at, &gateway, "ready");
    let drill = format!(
        "--home lab --json gateway drill --case case-1 --gateway {base} --credential credential --model model-1"
    );
    let done = run(at, &format!("{drill} --streams 24 --max-tokens 2000"));
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{said} {}", String::from_utf8_lossy(&done.stdout));
    let drilled: Value = serde_json::from_slice(&done.stdout).unwrap();
    assert_eq!((&drilled["streams"], &drilled["told"]), (&24.into(), &24.into()), "{drilled}");
    assert_eq!(drilled["holds"], true, "{drilled}");
    let again = run(at, &format!("{drill} --streams 1"));
    let said = String::from_utf8_lossy(&again.stderr);
    assert_eq!(again.status.code(), Some(1), "{said}");
    assert!(said.contains("did not open, so no word was given"), "{said}");
    let spans = spans(&collected, 24);
    assert!(spans.iter().all(|span| span["name"] == "chat model-1"), "{spans:?}");
    let said = format!("{spans:?}");
    assert!(said.contains("permit-ended"), "{said}");
    for name in ["analyst-1", "institute", "grant-1", "case-1", "Count upwards"] {
        assert!(!said.contains(name), "{name} is in {said}");
    }
    // it logs the last minute as it ends
    let pid = gateway.0.id().to_string();
    assert!(Command::new("kill").arg(&pid).status().unwrap().success());
    gateway.0.wait().unwrap();

    let used = good(at, "--home lab --json gateway usage --grant grant-1 --html usage.html");
    let used: Value = serde_json::from_str(&used).unwrap();
    let grant = &used["grants"][0];
    assert_eq!(grant["requests"], 24, "{used}");
    let days = grant["days"].as_array().unwrap();
    let tokens: u64 = days
        .iter()
        .map(|d| d["tokens_in"].as_u64().unwrap() + d["tokens_out"].as_u64().unwrap())
        .sum();
    assert_eq!(grant["used_tokens"].as_u64(), Some(tokens), "{used}");
    assert!(grant["why_not"].as_str().unwrap().contains("withdrew"), "{used}");
    let theirs = good(at, "--home institute --json gateway usage");
    let theirs: Value = serde_json::from_str(&theirs).unwrap();
    assert_eq!(theirs["grants"][0]["days"], grant["days"], "both sides count the same");
    let page = std::fs::read_to_string(at.join("usage.html")).unwrap();
    assert!(page.contains(&format!("<td class=\"n\">{}</td>", 24)), "{page}");
    let none = run(at, "--home lab gateway usage --grant grant-2");
    assert_eq!(none.status.code(), Some(1));
    a_dossier_has_each_use(at, 24);
}

/// The lab's dossier proves each use by what the statements commit to; the institute's has the sums.
fn a_dossier_has_each_use(at: &Path, uses: u64) {
    for (home, uses) in [("lab", uses), ("institute", 0)] {
        good(at, &format!("--home {home} review dossier --case case-1 --out of-{home}"));
        let (sound, report) = checked(at, home);
        assert!(sound && report["uses"] == uses, "{report}");
    }
    let page = std::fs::read_to_string(at.join("of-lab/index.html")).unwrap();
    assert!(
        page.contains(&format!("{uses} uses in 1 minutes")) || page.contains("uses in 2"),
        "{page}"
    );
    // whoever changes a use, or what the rules tell of them, changes the manifest along with it, and is found all the same
    let manifest = at.join("of-lab/manifest.json");
    let whole = std::fs::read_to_string(&manifest).unwrap();
    let named: Value = serde_json::from_str(&whole).unwrap();
    let minute = named["uses"][0]["file"].as_str().unwrap().to_owned();
    for (file, from, to, told) in [
        (minute.as_str(), "\"permit-ended\"", "\"completed\"", "no statement names the root"),
        ("signals/report.json", "\"uses\": 24", "\"uses\": 23", "is not what the rules tell"),
    ] {
        let path = at.join("of-lab").join(file);
        let kept = std::fs::read_to_string(&path).unwrap();
        let changed = kept.replacen(from, to, 1);
        assert_ne!(changed, kept, "{file} has no {from}: {kept}");
        std::fs::write(&path, &changed).unwrap();
        let digest = |text: &str| domain::Digest::of(text.as_bytes()).to_string();
        std::fs::write(&manifest, whole.replace(&digest(&kept), &digest(&changed))).unwrap();
        let (sound, report) = checked(at, "lab");
        assert!(!sound && report["faults"].to_string().contains(told), "{report}");
        std::fs::write(&path, &kept).unwrap();
        std::fs::write(&manifest, &whole).unwrap();
    }
}

/// What a stranger finds of a dossier, and whether it is sound.
fn checked(at: &Path, home: &str) -> (bool, Value) {
    let done = run(at, &format!("--json review check-dossier of-{home} --trust trust.toml"));
    (done.status.success(), serde_json::from_slice(&done.stdout).unwrap())
}

#[test]
fn a_drill_leaves_a_case_in_use_alone() {
    let (world, _node) = world("");
    let at = world.path();
    let shown = good(at, "--home lab --json review show --case case-1");
    let shown: Value = serde_json::from_str(&shown).unwrap();
    let ends = shown["windows"][0]["ends_at"].as_str().unwrap();
    good(
        at,
        &format!(
            "--home institute review request-grant --case case-1 --grant grant-2 --basis window:window-1 \
             --model model-1 --person analyst-1 --requested-by lead-1 --credential second --tokens 1000 --ends {ends} --purpose work"
        ),
    );
    both(
        at,
        "issue-grant --case case-1 --grant grant-2 --developer-approver lab-lead --government-approver office-lead",
    );
    let done = run(
        at,
        "--home lab gateway drill --case case-1 --gateway http://127.0.0.1:9/v1 --credential credential --model model-1",
    );
    let said = String::from_utf8_lossy(&done.stderr);
    assert_eq!(done.status.code(), Some(1), "{said}");
    assert!(said.contains("2 grants that can be used"), "{said}");
}

/// What each party of the case counts of `grant-1`, in requests.
fn requests_on_record(at: &Path, home: &str) -> u64 {
    let used = good(at, &format!("--home {home} --json gateway usage"));
    let used: Value = serde_json::from_str(&used).unwrap();
    used["grants"][0]["requests"].as_u64().unwrap()
}

fn end(gateway: &mut Serving) {
    let pid = gateway.0.id().to_string();
    assert!(Command::new("kill").arg(&pid).status().unwrap().success());
    let ended = gateway.0.wait().unwrap();
    assert!(ended.success(), "{ended}");
}

#[test]
fn uses_that_a_shutdown_cuts_are_in_the_log_before_the_gateway_is_gone() {
    let (world, node) = world("");
    let at = world.path();
    let start = format!("--home lab gateway --upstream {} --lease 60000 --drain 1", model());
    let (mut gateway, base) = serving(at, &start, "ready");
    let mut streams: Vec<_> = (0..8).map(|_| stream(at, &base)).collect();
    end(&mut gateway);
    for stream in &mut streams {
        assert!(rest(stream).contains("shutting_down"));
    }
    assert_eq!(requests_on_record(at, "institute"), 8);
    let said = std::fs::read_to_string(at.join("ready.said")).unwrap();
    assert!(said.contains("minutes of uses logged") && !said.contains("left"), "{said}");

    // without a log it ends all the same, says what is left, and the next start logs that
    std::fs::remove_file(at.join("ready")).unwrap();
    let (mut gateway, base) = serving(at, &start, "ready");
    let mut stream = stream(at, &base);
    drop(node);
    end(&mut gateway);
    assert!(rest(&mut stream).contains("shutting_down"));
    let said = std::fs::read_to_string(at.join("ready.said")).unwrap();
    assert!(said.contains("1 left to log at the next start"), "{said}");
    std::fs::remove_file(at.join("ready")).unwrap();
    std::fs::remove_file(at.join("node-ready")).unwrap();
    let (_node, _) = serving(at, "serve --folder node", "node-ready");
    let (mut gateway, _) = serving(at, &start, "ready");
    end(&mut gateway);
    assert_eq!(requests_on_record(at, "institute"), 9);
}

#[test]
fn what_goes_wrong_at_each_request_is_told_a_few_times_and_counted() {
    let (world, _node) = world("");
    let at = world.path();
    for json in [false, true] {
        let option = if json { "--json " } else { "" };
        let start =
            format!("--home lab {option}gateway --upstream http://127.0.0.1:9/v1 --lease 60000");
        let (mut gateway, base) = serving(at, &start, "ready");
        for _ in 0..40 {
            assert!(rest(&mut ask(at, &base)).contains("upstream_unreachable"));
        }
        end(&mut gateway);
        std::fs::remove_file(at.join("ready")).unwrap();
        let said = std::fs::read_to_string(at.join("ready.said")).unwrap();
        let told: Vec<_> =
            said.lines().filter(|line| line.contains("the upstream failed")).collect();
        assert_eq!(told.len(), 6, "{said}");
        assert!(told.iter().all(|line| line.contains("can't connect to the upstream")), "{said}");
        if json {
            let lines = said.lines().map(serde_json::from_str::<Value>);
            let lines: Vec<_> = lines.collect::<Result<_, _>>().expect("each line is JSON");
            let last = lines.iter().rfind(|line| line["level"] == "warning").expect("told");
            assert_eq!(last["left_out"], 35, "{said}");
            assert!(lines.iter().any(|line| line["forwarding"] == base.as_str()), "{said}");
        } else {
            assert!(said.contains("warning: 35 more like this in a minute"), "{said}");
        }
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "a test measures how long a word takes")]
fn a_breach_that_stops_uses_reaches_the_gateway_without_the_log() {
    let (world, node) = world("");
    let at = world.path();
    let start = format!("--home lab gateway --upstream {} --lease 60000", model());
    let (gateway, base) = serving(at, &start, "ready");
    let breach = |more: &str| {
        format!(
            "--home lab review notice-breach --case case-1 --kind leak --account seen --stop {more}"
        )
    };
    // what the rules refuse is taken back
    let refused = run(at, &breach("--incident b0 --about nobody"));
    assert_eq!(refused.status.code(), Some(1), "{}", String::from_utf8_lossy(&refused.stderr));
    assert_eq!(std::fs::read_dir(at.join("lab/words")).unwrap().count(), 0);
    let mut open = stream(at, &base);
    drop(node);
    let word = Instant::now();
    let unlogged = run(at, &breach("--incident b1 --about institute"));
    let said = String::from_utf8_lossy(&unlogged.stderr);
    assert!(!unlogged.status.success() && said.contains("access has ended"), "{said}");
    assert!(rest(&mut open).contains("access_ended"));
    let took = word.elapsed();
    assert!(took < Duration::from_secs(1), "{took:?} with the verb's own time");
    let after = rest(&mut ask(at, &base));
    assert!(after.contains("stopped-by-breach"), "{after}");
    let words = || good(at, "--home lab gateway words");
    assert!(words().starts_with("obeyed      uses in case-1 stop over breach b1"), "{}", words());

    // the log is back: the record follows, and the remedy ends it
    std::fs::remove_file(at.join("node-ready")).unwrap();
    let (_node, _) = serving(at, "serve --folder node", "node-ready");
    good(at, &breach("--incident b1 --about institute"));
    good(at, "--home lab review remedy-breach --case case-1 --incident b1 --remedy cleared");
    assert!(words().starts_with("remedied    uses in case-1 go on: breach b1"), "{}", words());
    // the word lies there still, and a gateway that has read the log knows that it stops nothing
    drop(gateway);
    let (_gateway, base) = serving(at, &start, "ready-again");
    drop(stream(at, &base));
}

#[test]
fn a_confined_gateway_keeps_the_developer_s_ceilings_and_reads_them_again() {
    let (world, _node) = world("");
    let at = world.path();
    let ceilings = |concurrent: u32| {
        // in place: a confined gateway may read this file and none that took its name
        std::fs::write(
            at.join("ceilings.toml"),
            format!("version = 1\n[person]\nconcurrent = {concurrent}\n"),
        )
        .unwrap();
    };
    ceilings(1);
    let options = format!("--upstream {} --ceilings ceilings.toml", model());
    let doctor = good(at, &format!("--home lab --json gateway doctor {options}"));
    assert!(
        doctor.contains("person.concurrent 1; what other gateways used counts within 62 s"),
        "{doctor}"
    );
    let start = format!("--home lab gateway {options} --lease 60000");
    let (gateway, base) = serving(at, &start, "ready");
    let _first = stream(at, &base);
    let refused = rest(&mut ask(at, &base));
    assert!(refused.starts_with("HTTP/1.1 429") && refused.contains("over_ceiling"), "{refused}");
    assert!(refused.contains("(ceiling of the developer: person.concurrent)"), "{refused}");
    ceilings(2);
    let pid = gateway.0.id().to_string();
    assert!(Command::new("kill").args(["-HUP", &pid]).status().unwrap().success());
    let _second = stream(at, &base);
    let wrong =
        format!("--home lab gateway doctor {}", options.replace("ceilings.toml", "terms.toml"));
    let wrong = run(at, &wrong);
    let said = String::from_utf8_lossy(&wrong.stdout);
    assert!(wrong.status.code() == Some(1) && said.contains("is not taken"), "{said}");
}

/// The first event of a stream, or the refusal, of a request that asks for 100 tokens of an answer.
fn first(at: &Path, base: &str) -> String {
    let mut asked = BufReader::new(ask(at, base));
    let mut said = String::new();
    while !said.contains("data: ") && asked.read_line(&mut said).unwrap() > 0 {}
    said
}

#[test]
fn a_ceiling_holds_over_two_gateways_that_share_a_log() {
    let (world, _node) = world("");
    let at = world.path();
    let file = "version = 1\ngateways = 2\n[organisation]\nrequests-per-day = 4\n";
    std::fs::write(at.join("ceilings.toml"), file).unwrap();
    // two homes of one developer, each with a use log of its own
    let copied = Command::new("cp").args(["-a", "lab", "second"]).current_dir(at).status();
    assert!(copied.unwrap().success());
    let model = model();
    let start = |home: &str| {
        format!("--home {home} gateway --upstream {model} --ceilings ceilings.toml --lease 60000")
    };
    let doctor = run(at, &start("lab").replace("gateway --", "--json gateway doctor --"));
    let said = String::from_utf8_lossy(&doctor.stdout);
    assert!(said.contains("nothing bounds how much that is: state `unstated-percent`"), "{said}");
    let (mut stays, base) = serving(at, &start("second"), "second-ready");
    assert!(first(at, &base).contains("data: {\"id\""), "one here");
    for used in [2, 1] {
        // what it used is stated as it ends, and the other hears of it
        let (mut ends, other) = serving(at, &start("lab"), "ready");
        for _ in 0..used {
            assert!(first(at, &other).contains("data: {\"id\""), "{used} there");
        }
        end(&mut ends);
        std::fs::remove_file(at.join("ready")).unwrap();
    }
    let refused = (0..100).any(|_| {
        scene::pause(50);
        first(at, &base).contains("organisation.requests-per-day")
    });
    assert!(refused, "three are on record, and one was made here at least");
    // one that begins knows what the other and it itself had used
    end(&mut stays);
    let (_fresh, other) = serving(at, &start("lab"), "ready");
    let said = first(at, &other);
    assert!(said.starts_with("HTTP/1.1 429") && said.contains("over_ceiling"), "{said}");
}
