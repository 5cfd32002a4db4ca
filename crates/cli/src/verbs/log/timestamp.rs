//! Time-stamp tokens over a receipt's checkpoint.

use crate::context::Global;
use crate::exit::Exit;
use crate::output::show;
use operations::ctx::SystemRandom;
use operations::home;
use operations::timestamp::{StampView, Subject, authorities};
use std::path::PathBuf;

/// What to stamp or check.
#[derive(Debug, clap::Args)]
pub(crate) struct Options {
    /// The receipt or bundle.
    subject: PathBuf,
    /// The roots of trust.
    #[arg(long, value_name = "FILE")]
    trust: PathBuf,
    /// The certificates of the authorities that you believe, in PEM.
    #[arg(long, value_name = "FILE", required_unless_present = "write_query")]
    authority: Option<PathBuf>,
    /// Ask this authority now; it sees a digest.
    #[arg(long, value_name = "URL", requires = "token")]
    url: Option<String>,
    /// Write a query for somebody to carry to an authority.
    #[arg(long, value_name = "FILE", conflicts_with_all = ["url", "answer", "query", "token"])]
    write_query: Option<PathBuf>,
    /// Take an answer that was carried back.
    #[arg(long, value_name = "FILE", requires_all = ["query", "token"], conflicts_with = "url")]
    answer: Option<PathBuf>,
    /// The query that it answers.
    #[arg(long, value_name = "FILE", requires = "answer")]
    query: Option<PathBuf>,
    /// The token: written with `--url` or `--answer`, else read. Default when reading: the one that the bundle carries.
    #[arg(long, value_name = "FILE")]
    token: Option<PathBuf>,
}

pub(crate) async fn run(options: Options, global: &Global) -> anyhow::Result<Exit> {
    let Options { subject, trust, authority, url, write_query, answer, query, token } = options;
    let subject = Subject::read(&subject, &home::read_trust(&trust)?)?;
    if let Some(out) = write_query {
        let bytes = subject.write_query(&out, &SystemRandom)?;
        let written = serde_json::json!({ "file": out, "bytes": bytes });
        show(global.json, &written, |_| {
            format!(
                "wrote {}, {bytes} bytes: send it to the authority as application/timestamp-query",
                out.display()
            )
        })?;
        return Ok(Exit::Done);
    }
    let authorities = authorities(&authority.unwrap_or_default())?;
    let out = token.clone().unwrap_or_default();
    let said = match (url, answer, query) {
        (Some(url), ..) => subject.ask(&url, &authorities, &out, &SystemRandom).await?,
        (None, Some(answer), Some(query)) => subject.take(&answer, &query, &authorities, &out)?,
        (None, ..) => subject.check(token.as_deref(), &authorities)?,
    };
    show(global.json, &said, words)?;
    Ok(Exit::Done)
}

fn words(said: &StampView) -> String {
    let accuracy =
        said.accuracy_ms.map_or_else(String::new, |ms| format!(", give or take {ms} ms"));
    format!(
        "statement {}, in a log of {} statements, existed by {}{accuracy}\n  says  {} (policy {}, token {}, {} bytes)",
        said.index,
        said.size,
        said.existed_by,
        said.authority,
        said.policy,
        said.serial,
        said.bytes
    )
}
