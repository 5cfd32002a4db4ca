//! Verifying a package offline: its files and public keys are all it takes. Nothing in it is trusted.

use super::bundle::sum;
use super::folder::{self, Found, ItemFolder, bad};
use super::statements::{self, Signed};
use super::view::{ReleaseView, releases};
use super::{ReferralError, screen};
use crate::directive::directory;
use crate::files;
use crate::home;
use crate::rules;
use crate::trust::TrustReport;
use domain::{Attested, Digest, Line, PackageId, PartyId, Text};
use ledger::Trust;
use referral::{Check, Event, Manifest, Outcome, Referrals, Screen, Verdict};
use serde::Serialize;
use std::path::Path;

/// Most bytes of `SHA256SUMS` and of the questions.
const LIMIT: u64 = 8 << 20;

/// What a package proves.
#[derive(Debug, Clone, Serialize)]
pub struct Verified {
    /// Whether every check is good: nothing wrong and nothing missing.
    pub good: bool,
    /// What speaks for the people concerned, first of all.
    pub exculpatory: Vec<String>,
    /// Where its issuer looked for that.
    pub looked_at: Option<Text>,
    /// What the good-faith screen says, in words. It decides nothing.
    pub good_faith: String,
    /// The same as a stable code; none when the manifest can't be read.
    pub verdict: Option<Verdict>,
    /// The package, when its manifest reads.
    pub package: Option<PackageId>,
    /// Its revision.
    pub revision: Option<u32>,
    /// Who issued it.
    pub issuer: Option<PartyId>,
    /// What it is about.
    pub title: Option<Line>,
    /// To whom it was released, by whom.
    pub releases: Vec<ReleaseView>,
    /// Every check.
    pub checks: Vec<Check>,
    /// Whether the questions are those that this program ships.
    pub shipped_questions: bool,
    /// Whether the roots of trust are the package's own: then compare their fingerprints another way.
    pub own_trust: bool,
    /// The log's key and its parties' fingerprints that this rests on, when they can be read.
    pub trust: Option<TrustReport>,
}

impl Verified {
    /// What is not good, in words.
    pub fn faults(&self) -> impl Iterator<Item = String> {
        self.checks.iter().filter_map(|check| match &check.outcome {
            Outcome::Good => None,
            Outcome::Bad(why) | Outcome::NotShown(why) => Some(format!("{}: {why}", check.subject)),
        })
    }
}

/// Verifies a package with its own files and public keys alone, or with roots of trust from elsewhere.
///
/// # Errors
/// No folder, or roots of trust from elsewhere that can't be read; what is wrong with the package is in the
/// answer.
pub fn verify(folder: &Path, trust: Option<&Path>) -> Result<Verified, ReferralError> {
    let trust = match trust {
        Some(path) => Ok((home::read_trust(path)?, false)),
        None => home::read_trust(&folder.join("trust.toml"))
            .map(|trust| (trust, true))
            .map_err(|e| crate::plain(&e)),
    };
    Ok(inspect(folder, trust)?.0)
}

/// As [`verify`], with what the statements say.
pub(super) fn inspect(
    folder: &Path,
    trust: Result<(Trust, bool), String>,
) -> Result<(Verified, Vec<Signed>), ReferralError> {
    let found = folder::list(folder)?;
    let mut checks = Vec::new();
    sums(folder, &found, &mut checks);
    let (screen, shipped_questions) = questions(folder, &mut checks)?;
    let (trust, own_trust) = match trust {
        Ok((trust, own)) => (Some(trust), own),
        Err(reason) => {
            checks.push(bad("trust", "trust.toml", reason));
            (None, true)
        }
    };
    let read = |trust| statements::read(folder, trust, &mut checks);
    let signed = trust.as_ref().map(read).unwrap_or_default();
    let attested: Vec<_> = signed.iter().map(|s| s.attested.clone()).collect();
    let mut items = ItemFolder { folder, found: &found };
    let manifest = match folder::manifest_bytes(folder) {
        Ok(bytes) => {
            let found = referral::verify(&bytes, &mut items, &attested, &screen);
            checks.extend(found.checks.into_iter().map(renamed));
            found.manifest
        }
        Err(error) => {
            checks.push(bad("manifest", "manifest.json", crate::plain(&error)));
            None
        }
    };
    let told = trust.as_ref().map(|trust| fold(trust, &screen, &attested, &mut checks));
    let verdict = manifest.as_ref().map(|m| screen.verdict(m));
    let unread = "the manifest can't be read";
    let package = manifest.as_ref().and_then(|m| told.as_ref()?.package(&m.package));
    let good = checks.iter().all(|c| c.outcome == Outcome::Good);
    let verified = Verified {
        good,
        exculpatory: manifest.as_ref().map_or_else(Vec::new, folder::for_the_defence),
        looked_at: manifest.as_ref().and_then(|m| Some(m.exculpatory.as_ref()?.looked_at.clone())),
        good_faith: verdict.map_or(unread, verdict_in_words).to_owned(),
        verdict,
        releases: package.map(releases).unwrap_or_default(),
        checks,
        shipped_questions,
        own_trust,
        trust: trust.as_ref().map(crate::trust::view),
        package: manifest.as_ref().map(|m| m.package.clone()),
        revision: manifest.as_ref().map(|m| m.revision),
        issuer: manifest.as_ref().map(|m| m.issuer.clone()),
        title: manifest.map(|Manifest { title, .. }| title),
    };
    Ok((verified, signed))
}

/// What a verdict of the screen means.
pub fn verdict_in_words(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Unanswered => "not answered",
        Verdict::GoodFaith => "every answer points to good-faith research",
        Verdict::NotGoodFaith => "answers point away from good-faith research",
        Verdict::Unclear => "answers point both ways, or some are unknown",
    }
}

/// Says which file a check of the rules is about.
fn renamed(mut check: Check) -> Check {
    match check.what {
        "item" => check.subject = format!("items/{}", check.subject),
        "manifest" => check.subject = "manifest.json".to_owned(),
        _ => {}
    }
    check
}

/// Every file against `SHA256SUMS`, and that nothing is there that no package has.
fn sums(folder: &Path, found: &[Found], checks: &mut Vec<Check>) {
    let before = checks.len();
    let text = match files::read_text(&folder.join("SHA256SUMS"), LIMIT) {
        Ok(text) => text,
        Err(error) => {
            checks.push(bad("file", "SHA256SUMS", crate::plain(&error)));
            return;
        }
    };
    let mut listed = std::collections::BTreeMap::new();
    let (mut at, mut last) = (0, "");
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let parts = line.strip_suffix('\n').and_then(|l| l.split_once("  "));
        let read = parts.and_then(|(hex, path)| Some((hex.parse::<Digest>().ok()?, path)));
        match read {
            Some((digest, path)) if sum(&digest.to_string(), path) == line && path > last => {
                listed.insert(path, (digest, number + 1));
                last = path;
            }
            _ => {
                let reason =
                    format!("line {} (byte {at}) is not the next `digest  path`", number + 1);
                checks.push(bad("file", "SHA256SUMS", reason));
            }
        }
        at += line.len();
    }
    for Found { path, plain } in found.iter().filter(|f| f.path != "SHA256SUMS") {
        let expected = listed.remove(path.as_str());
        let problem = if !plain {
            Some("it is a link or a device, not a plain file".to_owned())
        } else if !path.starts_with("items/") && !folder::belongs(path) {
            Some("a package has no such file".to_owned())
        } else {
            match (expected, folder::hash(&folder.join(path))) {
                (None, _) => Some("SHA256SUMS does not list it".to_owned()),
                (Some(_), Err(error)) => Some(crate::plain(&error)),
                (Some((digest, line)), Ok(hashed)) => (hashed.sha256 != digest)
                    .then(|| format!("its SHA-256 is not the one in line {line} of SHA256SUMS")),
            }
        };
        checks.extend(problem.map(|reason| bad("file", path, reason)));
    }
    for (path, (_, line)) in listed {
        let reason = format!("the file is missing; line {line} of SHA256SUMS lists it");
        checks.push(bad("file", path, reason));
    }
    if checks.len() == before {
        let subject = format!("{} files by SHA256SUMS", found.len());
        checks.push(Check { what: "file", subject, outcome: Outcome::Good });
    }
}

/// The questions that the package's manifest answers, and whether they are the shipped ones.
fn questions(folder: &Path, checks: &mut Vec<Check>) -> Result<(Screen, bool), ReferralError> {
    let text = files::read_text(&folder.join("offences.toml"), LIMIT);
    let read = text.map_err(|e| crate::plain(&e)).and_then(|text| {
        let screen = Screen::read(&text).map_err(|e| e.to_string())?;
        Ok((screen, text == rules::OFFENCES))
    });
    match read {
        Ok(read) => Ok(read),
        Err(reason) => {
            checks.push(bad("questions", "offences.toml", reason));
            Ok((screen()?, true))
        }
    }
}

/// What the statements come to by the rules; each that they do not admit is a fault.
fn fold(
    trust: &Trust,
    screen: &Screen,
    statements: &[Attested<Event>],
    checks: &mut Vec<Check>,
) -> Referrals {
    let mut referrals = Referrals::new(screen.clone(), directory(trust));
    let before = checks.len();
    for attested in statements {
        if let Err(refusal) = referrals.apply(attested) {
            let subject = format!("statement {}", attested.index);
            checks.push(bad("rules", &subject, refusal.to_string()));
        }
    }
    if checks.len() == before {
        let subject = format!("{} statements", statements.len());
        checks.push(Check { what: "rules", subject, outcome: Outcome::Good });
    }
    referrals
}
