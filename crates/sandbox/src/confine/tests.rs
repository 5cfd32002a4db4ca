//! A process of its own is confined and tries what it may and may not.

use super::{Hold, Needs, confine};
use std::fs;
use std::io::Read;
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// Where the confined process learns its folder and ports.
const GUEST: &str = "VESTIBULE_CONFINED";

/// What it tries, and whether that may work.
const TRIES: [(&str, bool); 13] = [
    ("read its folder", true),
    ("write its folder", true),
    ("rename in its folder", true),
    ("read what is named", true),
    ("write what is named to be read", false),
    ("read another file", false),
    ("list the root", false),
    ("start a program", false),
    ("connect to a port that is named", true),
    ("connect to another port", false),
    ("listen on another port", false),
    ("open a netlink socket", false),
    ("start a thread", true),
];

#[test]
fn only_what_is_named_is_left() {
    let folder = tempfile::tempdir().expect("a folder");
    fs::create_dir(folder.path().join("home")).expect("a folder");
    fs::write(folder.path().join("named"), "named").expect("written");
    fs::write(folder.path().join("other"), "other").expect("written");
    let open = TcpListener::bind("127.0.0.1:0").expect("a port");
    let shut = TcpListener::bind("127.0.0.1:0").expect("a port");
    let port = |listener: &TcpListener| listener.local_addr().expect("bound").port();
    let told = format!("{} {} {}", folder.path().display(), port(&open), port(&shut));
    let program = std::env::current_exe().expect("this program");
    let mut guest = Command::new(program)
        .args(["--ignored", "--exact", "confine::tests::guest", "--nocapture"])
        .env(GUEST, told)
        .stdout(Stdio::piped())
        .spawn()
        .expect("started");
    let mut said = String::new();
    guest.stdout.take().expect("piped").read_to_string(&mut said).expect("text");
    assert!(guest.wait().expect("ended").success(), "{said}");
    let (files_and_ports, calls) =
        (said.contains("landlock Whole"), said.contains("seccomp Whole"));
    if !files_and_ports {
        println!("skipped: this kernel's Landlock enforces only in part; not compared");
        return;
    }
    assert!(calls, "{said}");
    for (what, works) in TRIES {
        let line = format!("{what}: {works}");
        assert!(said.lines().any(|l| l == line), "expected `{line}` in\n{said}");
    }
}

#[test]
#[ignore = "the confined process of the test above, which starts it"]
fn guest() {
    #[expect(clippy::disallowed_methods, reason = "told by the test that started it")]
    let Ok(told) = std::env::var(GUEST) else { return };
    let mut words = told.split(' ');
    let folder = PathBuf::from(words.next().expect("a folder"));
    let mut port = || words.next().and_then(|n| n.parse::<u16>().ok()).expect("a port");
    let (open, shut) = (port(), port());
    let home = folder.join("home");
    let needs = Needs {
        read: vec![folder.join("named"), folder.join("not there")],
        write: vec![home.clone()],
        listen: vec![],
        connect: vec![open],
    };
    let confined = confine(&needs);
    println!("landlock {:?}\nseccomp {:?}", confined.files_and_ports, confined.calls);
    assert_eq!(confined.unreadable, Hold::Whole);
    let loopback = |port: u16| TcpStream::connect(("127.0.0.1", port)).is_ok();
    let netlink = rustix::net::socket(
        rustix::net::AddressFamily::NETLINK,
        rustix::net::SocketType::RAW,
        None,
    );
    let did = [
        fs::read_dir(&home).is_ok(),
        fs::write(home.join("a"), "a").is_ok(),
        fs::rename(home.join("a"), home.join("b")).is_ok(),
        fs::read(folder.join("named")).is_ok(),
        fs::write(folder.join("named"), "").is_ok(),
        fs::read(folder.join("other")).is_ok(),
        fs::read_dir("/").is_ok(),
        Command::new("/bin/true").status().is_ok(),
        loopback(open),
        loopback(shut),
        TcpListener::bind("127.0.0.1:0").is_ok(),
        netlink.is_ok(),
        std::thread::Builder::new().spawn(|| ()).is_ok_and(|thread| thread.join().is_ok()),
    ];
    for ((what, _), did) in TRIES.iter().zip(did) {
        println!("{what}: {did}");
    }
}
