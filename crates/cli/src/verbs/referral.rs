//! Evidence packages.

mod show;

use crate::context::Global;
use crate::exit::Exit;
use crate::output::{done, show};
use ::referral::{Holder, ItemName};
use domain::{Line, PackageId, PartyId, PersonId, Text, Timestamp};
use operations::ctx::{Clock, SystemClock};
use operations::referral::{self, Collected, Handed};
use std::path::{Path, PathBuf};

/// Evidence packages: collect, hand over, seal, release by two persons, verify offline.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Verb {
    /// Make a package's folder, and beside it a file of questions to answer.
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
        /// The folder. The questions lie beside it, in `DIR.answers.toml`.
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
        /// When it was collected; now if not given.
        #[arg(long, value_name = "TIME")]
        collected_at: Option<Timestamp>,
        /// Where.
        #[arg(long = "where")]
        place: Line,
        /// With which tool and version.
        #[arg(long)]
        tool: Line,
    },
    /// Take a person's answers into the manifest. Says what is still open.
    Answer {
        /// The package's folder.
        folder: PathBuf,
        /// The file of answers, TOML or JSON. Default: `FOLDER.answers.toml`, which `referral draft` made.
        answers: Option<PathBuf>,
    },
    /// Hand an item over. Two parties both sign: the other signs the draft.
    Transfer {
        /// The package's folder.
        #[arg(required_unless_present = "file", requires = "item")]
        folder: Option<PathBuf>,
        /// The item's name.
        #[arg(long)]
        item: Option<ItemName>,
        /// Instead of folder and item: a file that this party holds for another party's package.
        #[arg(long, value_name = "FILE", conflicts_with_all = ["folder", "item"], requires = "giver")]
        file: Option<PathBuf>,
        /// The person who gives that file, by pseudonym.
        #[arg(long)]
        giver: Option<PersonId>,
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
    /// Seal the package as it lies in the folder, with the custody that both sides signed.
    Seal {
        /// The package's folder.
        folder: PathBuf,
        /// Who seals it.
        #[arg(long)]
        person: PersonId,
    },
    /// Release the sealed package to an investigator. Two named persons; nothing is ever released by itself.
    Release {
        /// The package's folder. It is completed with receipts, roots of trust and drafts of certifications.
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
    /// Complete the folder once more for a recipient it was released to.
    Bundle {
        /// The package's folder.
        folder: PathBuf,
        /// The recipient.
        #[arg(long)]
        to: PartyId,
    },
    /// Investigator: verify a released package and state that it arrived.
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
    /// List the packages that this party knows of, and those that wait to be received.
    List,
    /// Show what a package says.
    Show {
        /// The package.
        #[arg(long)]
        package: PackageId,
    },
}

impl Verb {
    pub(crate) async fn run(self, global: &Global) -> anyhow::Result<Exit> {
        let request = global.request();
        let stated = match self {
            Self::Draft { package, title, summary, out } => {
                let issuer = global.open()?.id().clone();
                let made = referral::draft(&out, package, issuer, title, summary)?;
                show(global.json, &made, show::drafted)?;
                return Ok(Exit::Done);
            }
            Self::Add {
                folder,
                file,
                name,
                description,
                collected_by: by,
                collected_at: at,
                place,
                tool,
            } => {
                let own = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
                let name = name.map_or_else(|| own.parse(), Ok)?;
                let collected = Collected { name, description, by, at, place, tool };
                let item = referral::add(&folder, &file, collected, SystemClock.now())?;
                show(global.json, &item, |i| {
                    format!("added {}, {} bytes\n  SHA-256  {}", i.name, i.size, i.sha256)
                })?;
                return Ok(Exit::Done);
            }
            Self::Answer { folder, answers } => {
                let answers = answers.unwrap_or_else(|| referral::answers_beside(&folder));
                let answered = referral::answer(&folder, &answers, SystemClock.now())?;
                show(global.json, &answered, show::answered)?;
                return Ok(Exit::Done);
            }
            Self::Verify { folder, trust } => return verify(global, &folder, trust.as_deref()),
            Self::Bundle { folder, to } => {
                referral::bundle(&global.ctx()?, &folder, &to).await?;
                show(global.json, &folder, |f| format!("{} is complete for {to}", f.display()))?;
                return Ok(Exit::Done);
            }
            Self::List => {
                show(global.json, &referral::list(&global.ctx()?).await?, show::listing)?;
                return Ok(Exit::Done);
            }
            Self::Show { package } => {
                show(global.json, &referral::show(&global.ctx()?, &package).await?, show::shown)?;
                return Ok(Exit::Done);
            }
            Self::Transfer { folder, item, file, giver, to, person, reason } => {
                let handed = handed((folder, item), (file, giver))?;
                let to = Holder { party: to, person };
                referral::transfer(&global.ctx()?, &handed, to, reason, request).await?
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

/// What changes hands; clap has seen to it that one of both is given whole.
fn handed(
    item: (Option<PathBuf>, Option<ItemName>),
    file: (Option<PathBuf>, Option<PersonId>),
) -> anyhow::Result<Handed> {
    match (item, file) {
        ((Some(folder), Some(name)), _) => Ok(Handed::Item { folder, name }),
        (_, (Some(file), Some(giver))) => Ok(Handed::File { file, giver }),
        _ => anyhow::bail!("give the package's folder with --item, or --file with --giver"),
    }
}

fn verify(global: &Global, folder: &Path, trust: Option<&Path>) -> anyhow::Result<Exit> {
    let verified = referral::verify(folder, trust)?;
    show(global.json, &verified, show::verified)?;
    if verified.own_trust {
        eprintln!(
            "note: this rests on the package's own trust.toml; compare its fingerprints, or give --trust"
        );
    }
    Ok(if verified.good { Exit::Done } else { Exit::No })
}
