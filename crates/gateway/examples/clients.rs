//! A gateway before a scripted upstream, for the official clients to be run against.
//!
//! Prints one JSON line with base URL, key and model, serves until its input ends, and then prints what
//! is on record: how many uses of each endpoint, and how many of them completed. `cargo xtask interop`
//! runs the clients' own examples against it, which lie beside the script.
#![expect(clippy::disallowed_methods, reason = "an example owns its tasks and its clock")]
#![expect(clippy::print_stdout, reason = "its output is the result")]

#[expect(dead_code, reason = "shared with the tests, which also withdraw")]
#[path = "../tests/it/permits.rs"]
mod permits;
#[path = "clients/script.rs"]
mod script;
#[path = "clients/upstream.rs"]
mod upstream;

use domain::Span;
use gateway::{Clock, Config, Durability, Gateway, Outcome, SystemClock, UseLog};
use serde_json::json;
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let behind = upstream::start().await?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("uses.log");
    let clock = SystemClock::start();
    let reviews = permits::review(1 << 30, clock.now().before(Span::hours(2)));
    let log = Arc::new(UseLog::open(&path, Durability::Durable, clock.now())?.0);
    let key = folder.path().join("key");
    std::fs::write(&key, upstream::KEY)?;
    let mut config = Config::new(format!("http://{behind}/v1").parse()?);
    config.provider_key_file = Some(key);
    let sink = Arc::<UseLog>::clone(&log);
    let gateway = Gateway::new(&config, Arc::new(reviews), sink, Arc::new(clock))?;
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let base = format!("http://{}", listener.local_addr()?);
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(gateway.serve(listener, async {
        // a dropped sender stops it too
        drop(stopped.await);
    }));
    println!("{}", json!({"base": base, "key": permits::TOKEN, "model": permits::MODEL}));
    tokio::task::spawn_blocking(|| io::copy(&mut io::stdin(), &mut io::sink())).await??;
    drop(stop);
    serving.await?;
    drop(log);
    let mut uses: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    UseLog::visit(&path, &mut |record| {
        let (all, completed) = uses.entry(record.endpoint.to_string()).or_default();
        *all += 1;
        *completed += u64::from(record.outcome == Outcome::Completed);
    })?;
    println!("{}", json!({"uses": uses}));
    Ok(())
}
