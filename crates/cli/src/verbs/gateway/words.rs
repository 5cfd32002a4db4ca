//! Direct words in this home: how they stand, and words of another home.

use crate::context::Global;
use crate::exit::Exit;
use crate::output::show;
use access::{Event, Scope};
use domain::{PartyId, Timestamp};
use operations::word::{self, Judged, Said, Standing, Unheard};
use serde::Serialize;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub(super) struct Words {
    /// Signed words to take over first, such as files of `words/` of another home of this developer, or of government.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
}

/// One file, as it is shown.
#[derive(Serialize)]
struct Line {
    file: PathBuf,
    /// `obeyed`, `remedied`, `refused` or `unverified`.
    standing: &'static str,
    says: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    by: Option<PartyId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    said_at: Option<Timestamp>,
}

impl Words {
    pub(super) fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let ctx = global.ctx()?;
        let trust = ctx.current()?;
        let mut found = Vec::new();
        for file in &self.files {
            let taken = word::take_over(&ctx, file, &trust)?;
            if taken.word.is_err() {
                // those that are taken over are shown with the others
                found.push(taken);
            }
        }
        found.extend(word::given(ctx.home.folder(), |bytes| word::read(bytes, &trust))?);
        let judged = word::judged(&ctx, &trust, found);
        let all = judged.iter().all(|judged| judged.word.is_ok());
        let lines: Vec<_> = judged.into_iter().map(line).collect();
        show(global.json, &lines, |lines| text(lines))?;
        Ok(if all { Exit::Done } else { Exit::No })
    }
}

fn line(Judged { path: file, word }: Judged) -> Line {
    match word {
        Ok((Said { event, by, said_at }, standing)) => {
            let says = says(&event, standing);
            let standing = standing.name();
            Line { file, standing, says, by: Some(by), said_at: Some(said_at) }
        }
        Err(Unheard::Refused(says)) => {
            Line { file, standing: "refused", says, by: None, said_at: None }
        }
        Err(Unheard::Unverified(says)) => {
            Line { file, standing: "unverified", says, by: None, said_at: None }
        }
    }
}

fn says(event: &Event, standing: Standing) -> String {
    match event {
        Event::AccessWithdrawn(w) => {
            let what = match &w.scope {
                Scope::Case => "all access".to_owned(),
                Scope::Window(window) => format!("window {window}"),
                Scope::Model(model) => format!("model {model}"),
            };
            format!("{what} in {} is withdrawn: {}", w.case, w.reason)
        }
        Event::BreachNoticed(b) if standing == Standing::Remedied => {
            format!("uses in {} go on: breach {} is remedied on record", b.case, b.incident)
        }
        Event::BreachNoticed(b) => format!("uses in {} stop over breach {}", b.case, b.incident),
        other => domain::Statement::kind(other).to_owned(),
    }
}

fn text(lines: &[Line]) -> String {
    let mut text = String::new();
    for Line { file, standing, says, by, said_at } in lines {
        text += &format!("{standing:<10}  {says}\n");
        if let (Some(by), Some(said_at)) = (by, said_at) {
            text += &format!("            signed by {by}, {said_at}\n");
        }
        text += &format!("            {}\n", file.display());
    }
    let doubts = lines.iter().filter(|line| line.standing == "unverified").count();
    match (lines.len(), doubts) {
        (0, _) => "no direct word was given".to_owned(),
        (all, 0) => text + &format!("{all} words"),
        (all, doubts) => {
            text + &format!(
                "{all} words, {doubts} of which can't be verified. While one lies in this home's `words/`, its gateway forwards nothing: remove it, or put the signed one in its place"
            )
        }
    }
}
