//! Two hosts of one log on one bucket: real programs, a server of others, and SIGKILL from a seed.
//!
//! Each host has a folder of its own with the same key. Three clients hand in statements at both by turns, so that both
//! commit all the time; then one host is killed, or both, and whoever is left goes on. Afterwards everything acknowledged
//! must be in the log, once, and every checkpoint that anyone saw must be of a beginning of it.

use super::seen::Seen;
use super::serve::{self, Connection, Served, pause};
use super::{CHAIN, Options, Trials};
use crate::interop::s3::{self, Server};
use crate::scene::Signed;
use anyhow::{Context, Result};
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// The longest that a host may take to be ready.
const PATIENCE: Duration = Duration::from_secs(60);
/// Statements that each client hands in, at most, in one trial.
const EACH: usize = 6;
/// How often a statement is handed in again, at the other host, when one is gone.
const TRIES: usize = 3;

/// The two folders of one log, and what the world saw of it.
struct Pair {
    folders: [PathBuf; 2],
    prefix: String,
    seen: Seen,
}

/// What one client got.
#[derive(Debug, Default)]
struct Got {
    /// Receipts, each with the host that gave it.
    receipts: Vec<(usize, Vec<u8>)>,
    checkpoints: Vec<Vec<u8>>,
    /// Answers that no kill explains.
    odd: Vec<String>,
}

/// Runs the trials, and prints what they did.
///
/// # Errors
/// A program that can't be started.
pub(crate) fn run(options: &Options) -> Result<bool> {
    let Some(server) = Server::start()? else {
        println!(
            "skipped: two hosts on one bucket (no S3-compatible server; `cargo xtask interop` installs it)"
        );
        return Ok(true);
    };
    let mut trials = Trials::new(options)?;
    let (mut pair, mut by) = (trials.pair(&server)?, [0_u64; 2]);
    for _ in 0..options.trials {
        if pair.seen.acknowledged() + 3 * EACH as u64 >= CHAIN * 3 {
            pair = trials.pair(&server)?;
        }
        trials.two_hosts(&server, &mut pair, &mut by)?;
    }
    println!(
        "two hosts on one bucket: {} trials (seed {}), {} hosts killed over {} logs; {} statements by the one, {} by \
         the other",
        options.trials, options.seed, trials.totals.serves, trials.totals.folders, by[0], by[1]
    );
    trials.end()
}

impl Trials {
    fn pair(&mut self, server: &Server) -> Result<Pair> {
        self.totals.folders += 1;
        let prefix = format!("trials/{}", self.totals.folders);
        let folders = ["a", "b"].map(|n| self.root.join(format!("{n}-{}", self.totals.folders)));
        for folder in &folders {
            self.scene.lay(folder)?;
            operations::node::place::write(folder, &server.place(&prefix))?;
        }
        Ok(Pair { folders, prefix, seen: Seen::default() })
    }

    fn host(&self, folder: &std::path::Path) -> Result<(Served, String)> {
        let ready = folder.with_extension("ready");
        let served = serve::start_with(self, folder, &ready, &s3::variables())?;
        let address = serve::address(&ready, PATIENCE).context("a host is not ready")?;
        Ok((served, address))
    }

    fn two_hosts(&mut self, server: &Server, pair: &mut Pair, by: &mut [u64; 2]) -> Result<()> {
        let [first, second] = &pair.folders;
        let (a, b) = (self.host(first)?, self.host(second)?);
        let addresses = [a.1.as_str(), b.1.as_str()];
        let (mut hosts, over) = ([Some(a.0), Some(b.0)], AtomicBool::new(false));
        let moment = Duration::from_micros(self.draw.below(self.within.saturating_mul(1000)));
        let whom = self.draw.below(3);
        self.totals.serves += if whom == 2 { 2 } else { 1 };
        let got = std::thread::scope(|scope| {
            let clients: Vec<_> = (0..)
                .zip(&self.chains)
                .map(|(me, chain)| {
                    let rest = chain.iter().filter(|signed| !pair.seen.has(&signed.id));
                    let rest: Vec<&Signed> = rest.take(EACH).collect();
                    let over = &over;
                    scope.spawn(move || client(me, &addresses, &rest, over))
                })
                .collect();
            pause(moment);
            over.store(true, Ordering::SeqCst);
            for (at, host) in (0..).zip(&mut hosts) {
                // dropping it kills it
                *host = host.take().filter(|_| whom != 2 && whom != at);
            }
            clients.into_iter().map(|c| c.join().unwrap_or_default()).collect::<Vec<_>>()
        });
        drop(hosts);
        for Got { receipts, checkpoints, odd } in got {
            for (host, receipt) in receipts {
                if let Some(count) = by.get_mut(host) {
                    *count += 1;
                }
                self.totals.acknowledged += 1;
                if let Err(error) = pair.seen.receipt(&self.scene.trust, &receipt) {
                    self.violation(first, &format!("a receipt does not verify: {error:#}"));
                }
            }
            for note in checkpoints {
                pair.seen.checkpoint(&note)?;
            }
            for answer in odd {
                self.violation(first, &answer);
            }
        }
        for folder in &pair.folders {
            let place = server.place(&pair.prefix);
            let judged = pair.seen.judge_objects(folder, &self.scene.trust, &place)?;
            self.count(folder, judged);
        }
        Ok(())
    }
}

/// Hands statements in, at the two hosts by turns; at the other when one is gone.
fn client(me: usize, addresses: &[&str; 2], rest: &[&Signed], over: &AtomicBool) -> Got {
    let mut got = Got::default();
    for (n, signed) in rest.iter().enumerate() {
        let mut done = false;
        for host in (0..TRIES).map(|again| (me + n + again) % 2) {
            let Some(address) = addresses.get(host) else { continue };
            let killed = over.load(Ordering::SeqCst);
            let asked = Connection::open(address).and_then(|mut connection| {
                let answer = connection.ask("POST", "/api/v1/statements", &signed.bytes)?;
                Ok((answer, connection.ask("GET", "/log/checkpoint", &[])?))
            });
            match asked {
                Ok(((200 | 201, receipt), (200, note))) => {
                    got.receipts.push((host, receipt));
                    got.checkpoints.push(note);
                    done = true;
                }
                Ok(((status, said), _)) => {
                    let said = String::from_utf8_lossy(&said).into_owned();
                    got.odd.push(format!("{address} answered {status}: {said}"));
                }
                // whoever asks a host that is there gets an answer
                Err(error) if !killed && !over.load(Ordering::SeqCst) => {
                    got.odd.push(format!("{address} is gone before any kill: {error:#}"));
                }
                Err(_) => {}
            }
            if done {
                break;
            }
        }
        if !done {
            // the next one would not follow
            break;
        }
    }
    got
}
