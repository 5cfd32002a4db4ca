//! One suite over every tier that this machine has; what it lacks is said.
#![expect(
    clippy::disallowed_methods,
    clippy::exit,
    reason = "the guest reads, serves and exits with its own code"
)]

use crate::{
    Checked, Declaration, Exec, Guest, Limits, Net, Policy, SandboxError, Service, Session, Status,
    Tier, attest,
};
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::time::Duration;

/// Not a test: the guest's side of all others.
#[test]
#[ignore = "runs inside the sandbox, started by the other tests"]
fn guest_side() {
    std::process::exit(crate::guest(&[("serve", serve), ("talk", talk)]).into());
}

/// Answers every line with what it was started with and the line; `end` ends it.
fn serve(input: &str) -> u8 {
    let (at, word) = input.split_once('\n').unwrap();
    let listener = TcpListener::bind(at).unwrap();
    for stream in listener.incoming() {
        let mut line = String::new();
        let mut stream = stream.unwrap();
        stream.read_to_string(&mut line).unwrap();
        if line == "end" {
            return 9;
        }
        // a look at its health is a connection without a line
        if !line.is_empty() {
            std::fs::write(crate::REACHED, &line).unwrap();
        }
        stream.write_all(format!("{} {line}", word.trim()).as_bytes()).unwrap();
    }
    0
}

fn talk(input: &str) -> u8 {
    let (at, line) = input.split_once('\n').unwrap();
    let Ok(mut stream) = TcpStream::connect_timeout(&at.parse().unwrap(), Duration::from_secs(3))
    else {
        return 3;
    };
    stream.write_all(line.as_bytes()).unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    println!("<{answer}>");
    0
}

pub(crate) fn guest() -> Guest {
    let arguments =
        ["--exact", "tier::tests::guest_side", "--ignored", "--nocapture", "--test-threads=1"];
    let arguments = arguments.map(str::to_owned).to_vec();
    Guest { program: std::env::current_exe().unwrap(), arguments }
}

fn policy(tier: Tier) -> Policy {
    Policy { tier, guest: Some(guest()), ..Policy::default() }
}

fn shell(script: &str) -> Exec {
    Exec::new(["sh", "-c", script])
}

/// The session, or the sentence that says what this machine lacks.
fn started(policy: Policy) -> Option<Session> {
    match Session::start(policy) {
        Ok(session) => Some(session),
        Err(SandboxError::TierUnavailable { tier, why }) => {
            println!("skipped: {}: {why}", tier.plain());
            None
        }
        Err(error) => panic!("{error}"),
    }
}

/// What holds for each tier.
fn suite(session: Session, network: bool) {
    files(&session);
    ends(&session);
    bounds(&session);
    walls(&session);
    let attestation = attest(&session).unwrap();
    let broken: Vec<_> = attestation.checks.iter().filter(|c| !c.holds).collect();
    assert!(broken.is_empty(), "{broken:#?}");
    assert!(attestation.checks.len() > 10 && attestation.tier == session.tier());
    if network {
        services(&session);
    } else {
        assert!(matches!(session.net(&Net::default()), Err(SandboxError::Missing(_))));
    }
    session.stop().unwrap();
}

fn files(session: &Session) {
    session.put("in/number", b"20", false).unwrap();
    session.put("double", b"#!/bin/sh\nread n; echo $((n * 2)) $1 $GREETING\n", true).unwrap();
    let mut exec = Exec::new(["./double", "an argument"]);
    exec.stdin = b"21\n".to_vec();
    exec.env.insert("GREETING".into(), "hello".into());
    let outcome = session.exec(&exec).unwrap();
    assert_eq!(String::from_utf8_lossy(&outcome.stdout), "42 an argument hello\n", "{outcome:?}");
    assert_eq!(outcome.status, Status::Exited(0));
    let outcome =
        session.exec(&shell("cat in/number; echo made > out; touch /tmp/x; echo e >&2; exit 3"));
    let outcome = outcome.unwrap();
    let told = (outcome.status, outcome.stdout, outcome.stderr);
    assert_eq!(told, (Status::Exited(3), b"20".into(), b"e\n".into()));
    assert_eq!(session.get("out", 10).unwrap(), b"made\n");
    let every: Vec<u8> = (0..=255).cycle().take(70_000).collect();
    session.put("bytes", &every, false).unwrap();
    assert_eq!(session.get("bytes", 1 << 20).unwrap(), every);
    assert!(!session.exec(&shell("test -e /tmp/x")).unwrap().success(), "/tmp is fresh each time");
    for path in ["../out", "/etc/passwd", "", "a//b"] {
        assert!(session.put(path, b"", false).is_err(), "{path}");
        assert!(session.get(path, 10).is_err(), "{path}");
    }
    assert!(session.get("absent", 10).is_err() && session.get("bytes", 10).is_err());
    session.exec(&shell("ln -s /etc/passwd link; ln -s /etc place")).unwrap();
    assert!(session.get("link", 1 << 20).is_err(), "a link is followed");
    assert!(session.put("place/passwd", b"", false).is_err(), "a link is followed");
}

fn ends(session: &Session) {
    for (script, status) in [
        ("exit 7", Status::Exited(7)),
        ("kill -ABRT $$", Status::Signalled(6)),
        ("kill -SEGV $$", Status::Signalled(11)),
        ("sleep 60 & exit 4", Status::Exited(4)),
    ] {
        let outcome = session.exec(&shell(script)).unwrap();
        assert_eq!(outcome.status, status, "{script}");
        assert!(outcome.wall < Duration::from_secs(30));
    }
    let left = session
        .exec(&shell("ls /proc | grep -c '^[0-9]'; ps ax 2>/dev/null | grep -c '[s]leep 60'"));
    assert!(
        !String::from_utf8_lossy(&left.unwrap().stdout).contains("\n1\n"),
        "a child outlived its call"
    );
    assert_eq!(session.exec(&Exec::new(["no-such-program"])).unwrap().status, Status::Exited(127));
    assert!(session.exec(&Exec::new(Vec::<String>::new())).is_err());
    for (name, value) in [("", "1"), ("A=B", "1"), ("A", "1\0")] {
        let mut odd = Exec::new(["true"]);
        odd.env.insert(name.to_owned(), value.to_owned());
        assert!(session.exec(&odd).is_err(), "{name:?}={value:?}");
    }
}

fn bounds(session: &Session) {
    let limits = Limits { wall: Duration::from_secs(2), ..Limits::default() };
    let outcome = session.exec(&Exec { limits, ..shell("sleep 100") }).unwrap();
    assert_eq!(outcome.status, Status::TimedOut);
    let limits = Limits { output: 100, ..Limits::default() };
    let outcome = session.exec(&Exec { limits, ..shell("head -c 100000 /dev/zero") }).unwrap();
    assert_eq!((outcome.stdout.len(), outcome.stdout_truncated), (100, true));
    let limits = Limits { memory: 64 << 20, ..Limits::default() };
    let eats = shell("a=xxxxxxxxxxxxxxxx; while :; do a=$a$a; done");
    let outcome = session.exec(&Exec { limits, ..eats }).unwrap();
    assert!(!outcome.success(), "{outcome:?}");
    let limits = Limits { file: 1 << 20, ..Limits::default() };
    let outcome =
        session.exec(&Exec { limits, ..shell("head -c 5000000 /dev/zero > big") }).unwrap();
    assert!(!outcome.success(), "{outcome:?}");
    assert!(session.get("big", 2 << 20).is_ok());
}

fn walls(session: &Session) {
    let script = "env | sort | cut -d= -f1; cat /proc/net/route | tail -n +2; touch /usr/x 2>&1";
    let outcome = session.exec(&shell(script)).unwrap();
    let text = String::from_utf8_lossy(&outcome.stdout).into_owned();
    for name in ["CARGO", "RUST", "eth0", "VESTIBULE"] {
        assert!(!text.contains(name), "{text}");
    }
    assert!(!outcome.success(), "/usr can be written");
    let outcome =
        session.exec(&shell("cat /etc/shadow || cat /root/.profile || ls /boot/vmlinuz*"));
    assert!(!outcome.unwrap().success());
}

fn say(session: &Session, at: &str, line: &str) -> String {
    let mut exec = Exec::new(std::iter::once(crate::GUEST.to_owned()).chain(guest().arguments));
    exec.stdin = format!("talk\n{at}\n{line}").into_bytes();
    let outcome = session.exec(&exec).unwrap();
    let text = String::from_utf8_lossy(&outcome.stdout).into_owned();
    let answer = text.split_once('<').and_then(|(_, rest)| rest.split_once('>'));
    answer.map_or_else(|| format!("{:?}", outcome.status), |(answer, _)| answer.to_owned())
}

/// Services answer, can't be killed or seen from the agent's place, and are missed when they end.
fn services(session: &Session) {
    let service = |name: &str, address, port, word: &str| Service {
        name: name.into(),
        address,
        port,
        input: word.into(),
    };
    let own = [127, 0, 0, 1];
    let net = Net {
        agent: None,
        services: vec![service("one", own, 8_001, "first"), service("two", own, 8_002, "second")],
    };
    session.net(&net).unwrap();
    assert_eq!(say(session, "127.0.0.1:8001", "hello"), "first hello");
    assert_eq!(say(session, "127.0.0.1:8002", "hello"), "second hello");
    let sees = session
        .exec(&shell("cat /proc/[0-9]*/cmdline | grep -c 'guest[_]side'; kill -9 -1"))
        .unwrap();
    assert!(!String::from_utf8_lossy(&sees.stdout).starts_with('1'), "{sees:?}");
    assert!(session.health().unwrap().iter().all(|h| h.fault.is_none()));
    let attestation = attest(session).unwrap();
    let broken: Vec<_> = attestation.checks.iter().filter(|c| !c.holds).collect();
    assert!(broken.is_empty(), "{broken:#?}");
    say(session, "127.0.0.1:8002", "end");
    std::thread::sleep(Duration::from_millis(300));
    let health = session.health().unwrap();
    assert_eq!(
        (health[0].fault.as_deref(), health[0].reached.as_slice()),
        (None, &["hello".to_owned()][..])
    );
    assert!(session.get(crate::REACHED, 100).is_err(), "a service's files are not the agent's");
    assert!(health[1].fault.is_some(), "{health:?}");

    let (near, far) = ([10, 77, 3, 5], [10, 77, 3, 9]);
    let net = Net {
        agent: Some([10, 77, 3, 2]),
        services: vec![service("near", near, 80, "n"), service("far", far, 80, "f")],
    };
    session.net(&net).unwrap();
    assert_eq!(say(session, "10.77.3.5:80", "x"), "n x");
    assert_eq!(say(session, "10.77.3.9:80", "x"), "f x");
    // a host of its own: nothing of it is on the agent's loopback, and the services before are gone
    assert_eq!(say(session, "127.0.0.1:80", "x"), "Exited(3)");
    assert_eq!(say(session, "127.0.0.1:8001", "x"), "Exited(3)");
    assert_eq!(say(session, "192.0.2.1:80", "x"), "Exited(3)");
    let attestation = attest(session).unwrap();
    let broken: Vec<_> = attestation.checks.iter().filter(|c| !c.holds).collect();
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn tier_0() {
    if let Err(missing) = crate::probe() {
        println!("skipped: {missing}");
        return;
    }
    suite(started(policy(Tier::Namespaces)).unwrap(), rustix::process::geteuid().is_root());
}

#[test]
fn tier_1() {
    if let Some(session) = started(policy(Tier::UserSpaceKernel)) {
        suite(session, false);
    }
}

#[test]
fn tier_2() {
    if let Some(session) = started(policy(Tier::VirtualMachine)) {
        suite(session, true);
    }
}

fn declaration() -> Declaration {
    let host = std::fs::read_to_string("/proc/sys/kernel/hostname").unwrap().trim().to_owned();
    let checked = Checked {
        what: "no cable".into(),
        how: "looked behind the rack".into(),
        by: "two engineers".into(),
    };
    Declaration {
        host,
        signer: "lab".into(),
        expires: "2027-01-01".into(),
        inside: Tier::Namespaces,
        checked: vec![checked],
    }
}

/// On a thread without a network, as this machine has one.
fn tier_3(declaration: Option<Declaration>) -> Result<Session, SandboxError> {
    let policy = Policy { declaration, ..policy(Tier::AirGapped) };
    Session::start(policy)
}

#[test]
fn a_declared_host_must_look_as_declared() {
    if crate::probe().is_err() || !rustix::process::geteuid().is_root() {
        println!("skipped: a network namespace for the test needs root");
        return;
    }
    let refused = |declaration, word: &str| {
        let error = tier_3(declaration).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    };
    std::thread::spawn(move || {
        crate::sys::new_network_namespace().unwrap();
        suite(tier_3(Some(declaration())).unwrap(), true);
        refused(None, "nobody declared");
        refused(Some(Declaration { host: "another".into(), ..declaration() }), "not as declared");
        refused(Some(Declaration { checked: vec![], ..declaration() }), "of nothing");
        refused(Some(Declaration { inside: Tier::AirGapped, ..declaration() }), "no tier");
    })
    .join()
    .unwrap();
    let routes = std::fs::read_to_string("/proc/net/route").unwrap();
    if routes.lines().count() > 1 {
        refused(Some(declaration()), "routes through");
    }
}
