//! The node in a process of its own, so that what is read of its memory and its time is its own.

use crate::setting::Scene;
use crate::{Outcome, PARTIES};
use operations::node::rounds::Rounds;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;

/// Longest that it may take to start.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often it is looked for.
const LOOK: Duration = Duration::from_millis(20);

/// The process. It ends with this.
pub(crate) struct Own(Child);

impl Drop for Own {
    fn drop(&mut self) {
        // it may have ended by itself
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts this program again as the node, and waits for its address.
pub(crate) async fn start(root: &Path) -> Outcome<(Own, std::net::SocketAddr)> {
    let ready = root.join("ready");
    let mut command = Command::new(std::env::current_exe()?);
    let own = Own(command.arg("node").arg(root).stdin(Stdio::null()).spawn()?);
    let waiting = async {
        loop {
            if let Ok(address) = std::fs::read_to_string(&ready) {
                return address.trim().parse();
            }
            tokio::time::sleep(LOOK).await;
        }
    };
    let address = tokio::time::timeout(PATIENCE, waiting).await??;
    Ok((own, address))
}

/// What that process does, until it is killed.
pub(crate) async fn run(root: &Path) -> Outcome<()> {
    let scene = Scene::at(root, PARTIES)?;
    let node = Arc::new(scene.node()?);
    let rounds = Rounds::of(&scene.folder(), &node)?.ok_or("no witnesses")?;
    tokio::spawn(async move {
        let stopped = rounds.run().await;
        println!("{{\"rounds\":\"{stopped}\"}}");
    });
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let (new, ready) = (root.join("ready.new"), root.join("ready"));
    std::fs::write(&new, listener.local_addr()?.to_string())?;
    std::fs::rename(new, ready)?;
    Ok(server::serve(listener, node, std::future::pending()).await?)
}

impl Own {
    /// Its resident memory in KiB.
    pub(crate) fn resident(&self) -> Outcome<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.0.id()))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|line| line.trim().strip_suffix("kB")).ok_or("no VmRSS")?;
        Ok(kib.trim().parse()?)
    }

    /// The processor time that it has used, in seconds; the kernel counts hundredths.
    pub(crate) fn seconds(&self) -> Outcome<f64> {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.0.id()))?;
        // the name, in parentheses, may hold spaces
        let (_, rest) = stat.rsplit_once(')').ok_or("no stat")?;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let ticks = |at: usize| -> Outcome<f64> { Ok(fields.get(at).ok_or("no time")?.parse()?) };
        Ok((ticks(11)? + ticks(12)?) / 100.0)
    }
}
