//! Evidence packages.

use crate::context::Global;
use crate::exit::Exit;
use crate::output::{done, show};
use ::referral::{Holder, ItemName, Outcome};
use domain::{Line, PackageId, PartyId, PersonId, Text};
use operations::ctx::{Clock, SystemClock};
use operations::referral::{self, Collected, Verified};
use std::path::{Path, PathBuf};

/// Evidence packages: collect, hand over, seal, release by two persons, verify offline.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    /// Make a package's folder with a manifest to fill in.
    Draft {
        /// A new id.
        #[arg(long)]
        package: PackageId,
        /// What it is about.
        #[arg(long)]
        title: Line,
        /// What happened, in plain words.
        #[arg(long)]
        summary: Text,
        /// The folder.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Copy a file into the package and list it with its digests.
    Add {
        /// The package's folder.
        folder: PathBuf,
        /// The file.
        file: PathBuf,
        /// Its name in the package; the file's own if not given.
        #[arg(long)]
        name: Option<ItemName>,
        /// What it is.
        #[arg(long)]
        description: Line,
        /// Who collected it, by pseudonym.
        #[arg(long)]
        collected_by: PersonId,
        /// Where.
        #[arg(long = "where")]
        place: Line,
        /// With which tool and version.
        #[arg(long)]
        tool: Line,
    },
    /// Take a person's answers into the manifest: exculpatory, good_faith, offences, timeline, systems, agents,
    /// losses. TO-FILL-IN.txt beside the manifest shows their shape.
    Answer {
        /// The package's folder.
        folder: PathBuf,
        /// A JSON file with some or all of the sections.
        answers: PathBuf,
    },
    /// Hand an item over. Two parties both sign: the other signs the draft.
    Transfer {
        /// The package's folder.
        folder: PathBuf,
        /// The item's name.
        #[arg(long)]
        item: ItemName,
        /// The receiving party.
        #[arg(long)]
        to: PartyId,
        /// The receiving person, by pseudonym.
        #[arg(long)]
        person: PersonId,
        /// Why.
        #[arg(long)]
        reason: Line,
    },
    /// Seal the package as it lies in the folder.
    Seal {
        /// The package's folder.
        folder: PathBuf,
        /// Who seals it.
        #[arg(long)]
        person: PersonId,
    },
    /// Release the sealed package to an investigator. Two named persons; nothing is ever released by itself.
    Release {
        /// The package's folder.
        folder: PathBuf,
        /// Who releases it.
        #[arg(long)]
        person: PersonId,
        /// Who agrees; another person.
        #[arg(long)]
        second: PersonId,
        /// To whom.
        #[arg(long)]
        to: PartyId,
        /// Why, although the screen says good-faith research.
        #[arg(long)]
        despite_good_faith: Option<Text>,
    },
    /// Investigator: state that a released package arrived.
    Receive {
        /// The package's folder.
        folder: PathBuf,
        /// Who received it.
        #[arg(long)]
        person: PersonId,
    },
    /// Verify a package offline, with its own files and public keys alone.
    Verify {
        /// The package's folder.
        folder: PathBuf,
        /// Roots of trust from elsewhere; the package's own if not given.
        #[arg(long, value_name = "FILE")]
        trust: Option<PathBuf>,
    },
}

impl Verb {
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let request = global.request();
        let stated = match self {
            Self::Draft { package, title, summary, out } => {
                let issuer = global.open()?.id().clone();
                let path = referral::draft(&out, package, issuer, title, summary)?;
                let made = serde_json::json!({ "manifest": path, "to_fill_in": out.join("TO-FILL-IN.txt") });
                show(global.json, &made, |_| {
                    format!(
                        "made {}; TO-FILL-IN.txt beside it says what a person has to answer",
                        path.display()
                    )
                })?;
                return Ok(Exit::Done);
            }
            Self::Add { folder, file, name, description, collected_by, place, tool } => {
                let own = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let name = name.map_or_else(|| own.parse(), Ok)?;
                let collected = Collected { name, description, by: collected_by, place, tool };
                let item = referral::add(&folder, &file, collected, SystemClock.now())?;
                show(global.json, &item, |i| format!("added {}\n  SHA-256  {}", i.name, i.sha256))?;
                return Ok(Exit::Done);
            }
            Self::Answer { folder, answers } => {
                let manifest = referral::answer(&folder, &answers)?;
                show(global.json, &manifest, |m| format!("answered: {}", m.package))?;
                return Ok(Exit::Done);
            }
            Self::Verify { folder, trust } => return verify(global, &folder, trust.as_deref()),
            Self::Transfer { folder, item, to, person, reason } => {
                let holder = Holder { party: to, person };
                referral::transfer(&global.ctx()?, &folder, &item, holder, reason, request).await?
            }
            Self::Seal { folder, person } => {
                referral::seal(&global.ctx()?, &folder, person, request).await?
            }
            Self::Release { folder, person, second, to, despite_good_faith } => {
                let persons = (person, second);
                let ctx = global.ctx()?;
                referral::release(&ctx, &folder, persons, &to, despite_good_faith, request).await?
            }
            Self::Receive { folder, person } => {
                referral::receive(&global.ctx()?, &folder, person, request).await?
            }
        };
        done(global.json, &stated)?;
        Ok(Exit::Done)
    }
}

fn verify(global: &Global, folder: &Path, trust: Option<&Path>) -> anyhow::Result<Exit> {
    let verified = referral::verify(folder, trust)?;
    show(global.json, &verified, text)?;
    if trust.is_none() {
        eprintln!(
            "note: this rests on the package's own trust.toml; compare its fingerprints, or give --trust"
        );
    }
    Ok(if verified.good { Exit::Done } else { Exit::No })
}

fn text(verified: &Verified) -> String {
    let mut text = "What speaks for the people concerned:\n".to_owned();
    for line in &verified.exculpatory {
        text += &format!("  {line}\n");
    }
    text += &format!("Good-faith screen: {}\n\n", verified.good_faith);
    for check in &verified.checks {
        let outcome = match &check.outcome {
            Outcome::Good => "good".to_owned(),
            Outcome::Bad(why) => format!("BAD: {why}"),
            Outcome::NotShown(what) => format!("not shown: {what}"),
        };
        text += &format!("  {:<12} {:<36} {outcome}\n", check.what, check.subject);
    }
    let name = verified.package.as_ref().map_or_else(|| "?".to_owned(), ToString::to_string);
    let verdict = if verified.good { "verified" } else { "NOT VERIFIED" };
    text + &format!("{verdict}: package {name}, {} checks", verified.checks.len())
}
