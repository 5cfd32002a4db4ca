//! Terms before anybody proposes them: templates, what a machine checks of them, and what a counter-proposal changes.

use crate::context::Global;
use crate::exit::Exit;
use crate::output::show;
use access::Terms as Agreed;
use anyhow::{Context, bail};
use domain::{CaseId, ModelId, PartyId, TermsId};
use operations::files::{self, Access};
use operations::review::{self, Fill, Library};
use std::path::{Path, PathBuf};

/// Terms: templates, what a machine checks of them, and what a counter-proposal changes.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Terms {
    /// List the templates.
    Templates,
    /// Fill a template to a terms file, with what a machine checks marked, and what is only words.
    New(New),
    /// Show terms: what a machine checks, what is words, and the digest that is signed and acknowledged.
    Show {
        /// A terms file, `proposed:CASE` or `agreed:CASE`.
        terms: String,
    },
    /// Tell clause by clause what the second terms change about the first. Exit code 1 if they differ.
    Compare {
        /// A terms file, `proposed:CASE` or `agreed:CASE`.
        before: String,
        /// Likewise.
        after: String,
    },
}

#[derive(Debug, clap::Args)]
pub(crate) struct New {
    /// Which template.
    #[arg(long)]
    template: String,
    /// A new id for the terms.
    #[arg(long)]
    id: TermsId,
    /// The case.
    #[arg(long)]
    case: CaseId,
    /// A model they cover; repeat.
    #[arg(long = "model", required = true)]
    models: Vec<ModelId>,
    /// A party whose persons may be given grants under a window; repeat.
    #[arg(long = "evaluator", required = true)]
    evaluators: Vec<PartyId>,
    /// A limit in place of the template's, as in a terms file, such as `tokens-per-day=50000` or `networks=["192.0.2.0/24"]`; repeat.
    #[arg(long = "limit", value_name = "NAME=VALUE")]
    limits: Vec<String>,
    /// The file to write; on the terminal if not given.
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

fn library() -> anyhow::Result<Library> {
    Library::shipped().map_err(anyhow::Error::msg)
}

/// Terms by file, or as a case has them.
async fn named(global: &Global, text: &str) -> anyhow::Result<Agreed> {
    let (kind, case) = match text.split_once(':') {
        Some((kind @ ("proposed" | "agreed"), case)) => (kind, case.parse::<CaseId>()?),
        Some(_) | None => return Ok(review::read_terms(Path::new(text))?),
    };
    let (view, _) = review::show(&global.ctx()?, &case).await?;
    match kind {
        "proposed" => {
            view.proposal.with_context(|| format!("no terms are on the table of `{case}`"))
        }
        _ => Ok(view.terms.with_context(|| format!("no terms are agreed in `{case}`"))?.1),
    }
}

impl Terms {
    pub(super) async fn run(self, global: &Global) -> anyhow::Result<Exit> {
        match self {
            Self::Templates => {
                let library = library()?;
                show(global.json, &library.templates(), |all| {
                    let mut text = String::new();
                    for t in *all {
                        text += &format!("{:<20} {}\n{:21}{}\n", t.name, t.title, "", t.when);
                    }
                    text
                })?;
                Ok(Exit::Done)
            }
            Self::New(new) => new.run(global),
            Self::Show { terms } => {
                let terms = named(global, &terms).await?;
                show(global.json, &review::terms_view(&terms, &library()?), ToString::to_string)?;
                Ok(Exit::Done)
            }
            Self::Compare { before, after } => {
                let (before, after) = (named(global, &before).await?, named(global, &after).await?);
                let told = review::compare_terms(&before, &after);
                show(global.json, &told, ToString::to_string)?;
                Ok(if told.differences.is_empty() { Exit::Done } else { Exit::No })
            }
        }
    }
}

impl New {
    fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let mut limits = toml::Table::new();
        for given in &self.limits {
            let Some((name, value)) = given.split_once('=') else {
                bail!("`{given}` is no limit; write `NAME=VALUE`, such as `tokens-per-day=50000`");
            };
            let line: toml::Table = toml::from_str(&format!("{name} = {value}"))
                .or_else(|_| toml::from_str(&format!("{name} = {}", toml::Value::from(value))))
                .with_context(|| format!("`{given}` is no limit"))?;
            limits.extend(line);
        }
        let fill = Fill {
            id: self.id,
            case: self.case,
            models: self.models.into_iter().collect(),
            evaluators: self.evaluators.into_iter().collect(),
            limits,
        };
        let (text, terms) =
            library()?.fill(&self.template, &fill).map_err(review::TermsError::Template)?;
        if let Some(path) = &self.out {
            files::create(path, text.as_bytes(), Access::Shared)?;
        }
        let json = serde_json::json!({
            "template": self.template, "id": terms.id, "digest": terms.digest(),
            "file": self.out, "text": text,
        });
        show(global.json, &json, |_| match &self.out {
            Some(path) => format!(
                "{}: read it, change what you like, then\n  vestibule review terms show {0}\n  vestibule review propose-terms {0}",
                path.display()
            ),
            None => text.clone(),
        })?;
        Ok(Exit::Done)
    }
}
