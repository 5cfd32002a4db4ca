//! What the gateway's process still needs once it serves; everything else is given up at its start.

use super::Serve;
use crate::context::{Global, environment};
use crate::log::say;
use anyhow::{Context, bail};
use http::Uri;
use sandbox::{Confined, Hold, Needs};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// How strict to be about confinement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(super) enum Isolation {
    /// Confine as far as this machine can, and say what it can't.
    Best,
    /// Don't serve unless confined whole.
    Require,
    /// Don't confine.
    Off,
}

/// What resolving names, TLS and the C library read.
const SYSTEM: &[&str] = &[
    "/etc/ssl",
    "/etc/pki",
    "/etc/ca-certificates",
    "/usr/share/ca-certificates",
    "/usr/local/share/ca-certificates",
    "/etc/resolv.conf",
    "/run/systemd/resolve",
    "/etc/hosts",
    "/etc/host.conf",
    "/etc/nsswitch.conf",
    "/etc/gai.conf",
    "/etc/services",
    "/etc/localtime",
    "/etc/ld.so.cache",
    "/usr/share/zoneinfo",
    "/lib",
    "/lib64",
    "/usr/lib",
    "/dev/null",
    "/dev/urandom",
    "/sys/fs/cgroup",
    "/proc/self",
];
/// Asking for names over TCP, when an answer is too long for UDP.
const DNS: u16 = 53;

impl Serve {
    /// Gives up what the gateway does not need. Called before another thread is there.
    pub(super) fn confine(&self, global: &Global) -> anyhow::Result<()> {
        sandbox::wipe_freed_memory();
        if self.isolation == Isolation::Off {
            return Ok(());
        }
        let confined = sandbox::confine(&self.needs(global)?);
        // most machines allow no process to lock so much memory, which is told and no reason not to serve
        let unlocked = Confined { locked: Hold::Whole, ..confined };
        if self.isolation == Isolation::Require && !missing(&unlocked).is_empty() {
            let missing = missing(&unlocked);
            bail!(
                "this machine can't confine the gateway: it lacks {missing}; `--isolation best` serves all the same"
            );
        }
        let missing = missing(&confined);
        let text = match missing.as_str() {
            "" => "confined".to_owned(),
            missing => format!("confined, but for {missing}"),
        };
        say(global.json, &text, &serde_json::json!({"confined": true, "but_for": missing}));
        Ok(())
    }

    pub(super) fn needs(&self, global: &Global) -> anyhow::Result<Needs> {
        let given = self.upstream()?;
        let upstream: Uri = given.parse().with_context(|| format!("`{given}`"))?;
        let mut needs = Needs {
            read: SYSTEM.iter().map(PathBuf::from).collect(),
            write: vec![global.folder()],
            listen: [Some(self.listen), self.metrics]
                .iter()
                .flatten()
                .map(SocketAddr::port)
                .collect(),
            connect: vec![DNS, port(&upstream)],
        };
        needs.read.extend(self.key_file());
        needs.read.extend(
            [&self.tls_cert, &self.tls_key, &self.client_ca].into_iter().flatten().cloned(),
        );
        let upstream = [&self.upstream_ca, &self.upstream_cert, &self.upstream_key];
        needs.read.extend(upstream.into_iter().flatten().cloned());
        needs.read.extend(self.policy.clone());
        needs.read.extend(self.ceilings.clone());
        for name in ["SSL_CERT_FILE", "SSL_CERT_DIR"] {
            needs.read.extend(environment(name).map(PathBuf::from));
        }
        if let Some(parent) = self.ready.as_deref().and_then(Path::parent) {
            let here = parent.as_os_str().is_empty();
            needs.write.push(if here { PathBuf::from(".") } else { parent.to_owned() });
        }
        if let Some(given) = &self.otlp {
            let collector: Uri = given.parse().with_context(|| format!("`{given}`"))?;
            needs.connect.push(port(&collector));
        }
        let node = global.named_node()?;
        if node.contains("://") {
            let node: Uri = node.parse().with_context(|| format!("`{node}`"))?;
            needs.connect.push(port(&node));
        } else {
            needs.write.push(PathBuf::from(node));
        }
        Ok(needs)
    }
}

fn port(uri: &Uri) -> u16 {
    let usual = if uri.scheme_str() == Some("http") { 80 } else { 443 };
    uri.port_u16().unwrap_or(usual)
}

/// What does not hold whole, in words.
pub(super) fn missing(confined: &Confined) -> String {
    let lacks = confined.each().into_iter().filter(|(_, hold)| *hold != Hold::Whole);
    let lacks: Vec<_> = lacks
        .map(
            |(what, hold)| {
                if hold == Hold::Part { format!("all of {what}") } else { what.to_owned() }
            },
        )
        .collect();
    lacks.join(", ")
}
