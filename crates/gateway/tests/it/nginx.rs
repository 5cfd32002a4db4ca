//! nginx as the upstream's front, in HTTP/2 over TLS: somebody else's server, with limits and farewells of its own.

use crate::permits::TOKEN;
use crate::upstream::Upstream;
use crate::upstream_tls::{Authority, trusting};
use crate::world::{Setup, World, pause, prompt};
use gateway::UpstreamHttp;
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::Ordering;
use tokio::task::JoinSet;

struct Nginx(Child);

impl Drop for Nginx {
    fn drop(&mut self) {
        self.0.kill().expect("it runs");
        self.0.wait().expect("it ends");
    }
}

/// nginx in front of a model; none where there is no nginx.
async fn nginx(authority: &Authority, behind: SocketAddr) -> Option<(Nginx, SocketAddr)> {
    let taken = TcpListener::bind("127.0.0.1:0").expect("loopback");
    let address = taken.local_addr().expect("bound");
    drop(taken);
    let (certificate, key) = authority.certify("localhost");
    let at = authority.file("nginx");
    std::fs::create_dir(&at).expect("a folder");
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .map(|name| format!("{name}_temp_path {0}/{name};", at.display()))
        .concat();
    let text = format!(
        "daemon off; master_process off; error_log {0}/error.log; pid {0}/pid; events {{}}
         http {{ access_log off; {temporary} keepalive_requests 20; http2_max_concurrent_streams 4;
           server {{ listen {address} ssl http2; ssl_certificate {1}; ssl_certificate_key {2};
             location / {{ proxy_pass http://{behind}; proxy_http_version 1.1; proxy_buffering off; }} }} }}",
        at.display(),
        certificate.display(),
        key.display(),
    );
    let file = at.join("nginx.conf");
    std::fs::write(&file, text).expect("written");
    let mut command = Command::new("nginx");
    command.arg("-c").arg(&file).arg("-e").arg(at.join("error.log"));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let nginx = Nginx(command.spawn().ok()?);
    let mut listens = false;
    for _ in 0..200 {
        listens = tokio::net::TcpStream::connect(address).await.is_ok();
        if listens {
            break;
        }
        pause(10).await;
    }
    assert!(listens, "{}", std::fs::read_to_string(at.join("error.log")).unwrap_or_default());
    Some((nginx, address))
}

#[tokio::test]
async fn nginx_with_its_limits_and_farewells_loses_no_answer() {
    let (authority, behind) = (Authority::new(), Upstream::start().await);
    let Some((_nginx, address)) = nginx(&authority, behind.address).await else {
        eprintln!("skipped: there is no nginx");
        return;
    };
    let setup = Setup {
        upstream: Some(address),
        upstream_http: UpstreamHttp::Http2,
        upstream_tls: Some(trusting(&authority)),
        ..Setup::default()
    };
    let world = World::with(setup).await;
    // one after the other over several farewells, then more at once than one connection takes
    for _ in 0..50 {
        assert_eq!(world.ask("plain").await.status, 200);
    }
    let mut asked = JoinSet::new();
    for n in 0..60 {
        let client = world.connect().await;
        let script = if n % 2 == 0 { "plain" } else { "paced:3" };
        asked.spawn(async move {
            let answer = client.ask(TOKEN, &prompt(script)).await;
            (answer.status.as_u16(), answer.text().await)
        });
    }
    let mut failed = Vec::new();
    while let Some(answered) = asked.join_next().await {
        let (status, text) = answered.expect("no panic");
        if status != 200 || text.contains("error") {
            failed.push((status, text));
        }
    }
    assert!(failed.is_empty(), "{failed:?}");
    assert_eq!(behind.seen.count(), 110);
    // whoever leaves tells it, through nginx
    let mut leaves = world.ask("stall").await;
    leaves.next().await.expect("a first event").expect("bytes");
    drop(leaves);
    for _ in 0..200 {
        if behind.seen.abandoned.load(Ordering::Relaxed) == 1 {
            return;
        }
        pause(10).await;
    }
    panic!("the model's server was not told");
}
