//! Scripted solvers that stand in for a model.

use crate::context::ended;
use crate::exit::Exit;
use anyhow::Context;
use harness::solver::{self, Skill};
use operations::files;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Serve a scripted solver as an OpenAI-compatible model, until it is asked to end.
///
/// It stands in for a model in trials, and says so when asked. It sees only the wire: no seed, no generator,
/// and no chance decides whether it succeeds.
#[derive(Debug, clap::Args)]
pub(crate) struct Solver {
    /// What it can do: strong, middling, weak.
    #[arg(long)]
    skill: Skill,
    /// Where to listen.
    #[arg(long, default_value = "127.0.0.1:7482")]
    listen: SocketAddr,
    /// Write its base URL here, once ready.
    #[arg(long, value_name = "FILE")]
    ready: Option<PathBuf>,
    /// Milliseconds between two pieces of a streamed answer.
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pace: u64,
}

impl Solver {
    pub(crate) async fn run(self) -> anyhow::Result<Exit> {
        let listener = tokio::net::TcpListener::bind(self.listen)
            .await
            .with_context(|| format!("can't listen on {}", self.listen))?;
        let base = format!("http://{}/v1", listener.local_addr()?);
        eprintln!("serving the scripted {} solver on {base}", self.skill);
        if let Some(ready) = self.ready {
            files::write(&ready, format!("{base}\n").as_bytes(), files::Access::Shared)?;
        }
        let pace = Duration::from_millis(self.pace);
        tokio::select! {
            served = solver::Solver { skill: self.skill, pace }.serve(listener) => served?,
            () = ended() => {}
        }
        Ok(Exit::Done)
    }
}
