//! A run's transcript in the formats of others.

use crate::context::Global;
use crate::output::show;
use harness::export::{self, Formatted};
use serde::Serialize;
use std::path::Path;
use std::str::FromStr;

/// A format.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    Inspect,
    Atif,
    Otel,
}

impl FromStr for Format {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "inspect" => Ok(Self::Inspect),
            "atif" => Ok(Self::Atif),
            "otel" => Ok(Self::Otel),
            _ => Err(format!("`{text}` is not a format; one of: inspect, atif, otel")),
        }
    }
}

/// What was sent.
#[derive(Serialize)]
struct Sent<'a> {
    otlp: &'a str,
    requests: usize,
}

pub(super) async fn run(
    global: &Global,
    transcript: &Path,
    format: Format,
    out: Option<&Path>,
    otlp: Option<&str>,
) -> anyhow::Result<()> {
    let Some(out) = out else {
        let url = otlp.unwrap_or_default();
        if format != Format::Otel {
            anyhow::bail!("--otlp sends spans: give `--as otel` with it, or `--out DIR` without");
        }
        let requests = measurement::send_spans(transcript, url).await?;
        return show(global.json, &Sent { otlp: url, requests }, |sent| {
            format!("spans of {} samples sent to {}", sent.requests, sent.otlp)
        });
    };
    match format {
        Format::Inspect => {
            let exported = harness::inspect::export(transcript, out)?;
            show(global.json, &exported, |exported| {
                format!(
                    "{} samples in {}\n  transcript  {}",
                    exported.samples,
                    exported.path.display(),
                    exported.transcript
                )
            })
        }
        Format::Atif => show(global.json, &export::trajectories(transcript, out)?, written),
        Format::Otel => show(global.json, &export::spans(transcript, out)?, written),
    }
}

fn written(formatted: &Formatted) -> String {
    let files = formatted.files.iter().map(|file| format!("{}\n", file.display()));
    files.collect::<String>() + &format!("  transcript  {}", formatted.transcript)
}
