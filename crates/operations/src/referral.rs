//! Evidence packages: a folder that shows by itself what was collected, who held it, who released it, and
//! what speaks for the people concerned.
//!
//! ```text
//! README.txt           for the recipient
//! manifest.json        everything the package says
//! items/               the evidence, byte for byte
//! receipts/            a receipt of every statement about it: custody, sealing, release
//! statements/          what each of them says, disclosed
//! trust.toml           the roots of trust at release
//! offences.toml        the questions that the manifest answers
//! certification-*.txt  drafts for a qualified person (FRE 902(13), 902(14))
//! SHA256SUMS           every file above
//! ```
//!
//! A receipt shows kind, signers and a commitment, not what was said: a manifest names people and losses, so
//! sealings are sealed to their issuer alone, transfers to holders, and a release to its recipient. A
//! package goes to people who were readers of none of these. So beside each receipt lies a disclosure: the
//! payload and the salt of its commitment ([`ledger::Disclosure`]). The receipt's leaf, which the parties
//! signed and the log holds, commits to exactly that payload. Anyone checks it with public keys; no
//! reader's key, no node and no log is needed, and nothing else in the log is opened.
//!
//! What a package can't show: transfers and revisions after its release, and releases to others. Files that
//! nobody signed (README, questions, drafts of certifications, `trust.toml`) are held by `SHA256SUMS` alone,
//! which finds accidents, not a forger; evidence and signed facts do not rest on it.

mod act;
mod answers;
mod bundle;
mod check;
mod folder;
mod statements;
mod view;

pub use act::{Handed, receive, release, seal, transfer};
pub use answers::{Answered, UNANSWERED, answer, answers_beside};
pub use bundle::bundle;
pub use check::{Verified, verdict_in_words, verify};
pub use folder::{Collected, Drafted, add, draft, read_manifest};
pub use view::{Listing, PackageView, ReleaseView, Shown, list, show};

use crate::act::{ActError, Ctx};
use crate::directive::directory;
use crate::files::FileError;
use crate::fold::{self, Ignored, Refused};
use crate::home::HomeError;
use crate::rules;
use crate::sync::Known;
use referral::{Event, ItemName, ReadManifestError, Referrals, Refusal, Screen, ScreenError};
use std::path::PathBuf;

/// Why a verb of a package did nothing.
#[derive(Debug, thiserror::Error)]
pub enum ReferralError {
    /// Stating it.
    #[error(transparent)]
    Act(#[from] ActError),
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The roots of trust.
    #[error(transparent)]
    Trust(#[from] HomeError),
    /// The shipped screen.
    #[error("the shipped list of offences and factors")]
    Screen(#[from] ScreenError),
    /// The rules do not admit it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The manifest.
    #[error("{}", path.display())]
    Manifest {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        source: ReadManifestError,
    },
    /// A file is not as it must be.
    #[error("{}: {reason}", path.display())]
    Content {
        /// Which file.
        path: PathBuf,
        /// What is wrong, where, and what to do.
        reason: String,
    },
    /// No item of that name.
    #[error("the package has no item `{0}`; `manifest.json` lists them")]
    NoItem(ItemName),
}

/// Packages and custody as one party knows them, with the log that shows it.
#[derive(Debug)]
pub(crate) struct Evidence {
    pub(crate) known: Known,
    pub(crate) referrals: Referrals,
    pub(crate) ignored: Vec<Ignored>,
}

/// The shipped offences and good-faith factors.
///
/// # Errors
/// Never for the file as shipped; a test holds that.
pub fn screen() -> Result<Screen, ReferralError> {
    Ok(Screen::read(rules::OFFENCES)?)
}

/// Packages and custody as this party knows them.
///
/// # Errors
/// The log can't be brought up to date.
pub async fn known(ctx: &Ctx) -> Result<Referrals, ReferralError> {
    Ok(evidence(ctx).await?.referrals)
}

/// Folds what was sealed to this party and what packages disclosed to it.
pub(crate) async fn evidence(ctx: &Ctx) -> Result<Evidence, ReferralError> {
    let mut known = ctx.known().await?;
    statements::open_disclosed(&ctx.home, &mut known)?;
    let mut referrals = Referrals::new(screen()?, directory(&known.trust));
    let ignored = fold::fold::<Event>(&known, |attested| {
        referrals.apply(attested).map_err(|refusal| refused(&refusal))
    });
    Ok(Evidence { known, referrals, ignored })
}

/// A refusal of the rules, as everything above them hands it on.
pub(crate) fn refused(refusal: &Refusal) -> Refused {
    Refused::new(refusal.code(), refusal)
}

/// A refusal of the folder's side: stable code and plain words.
fn refuse(code: &'static str, detail: impl Into<String>) -> ReferralError {
    ReferralError::Refused(Refused { code, detail: detail.into() })
}

#[cfg(test)]
mod tests;
