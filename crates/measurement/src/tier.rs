//! Which tier of sandbox a class of models needs, and what people declared of this host.
//!
//! The policy is data (`rules/tiers.toml`, or a file of one's own). It fails closed: who states no class gets the
//! policy's `unstated`, a class that is not in it is refused, and so is a tier that this machine lacks. Nothing is
//! weakened to go on.

use super::MeasureError;
use domain::{Digest, PartyId, Timestamp};
use harness::Requirement;
use ledger::{SignaturePair, Trust};
use operations::act::Ctx;
use operations::files::{self, Access};
use sandbox::{Checked, Declaration, Guest, Policy, Tier};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Most bytes of a policy or a declaration.
const LIMIT: u64 = 64 << 10;
/// Most days that a declaration may say it holds for: people look again once a year.
const LONGEST_DAYS: u64 = 366;

/// What is asked of the sandbox of a run.
#[derive(Debug, Clone, Default)]
pub struct AskTier {
    /// The class of the model, as the policy calls it.
    pub class: Option<String>,
    /// A tier above the least one.
    pub tier: Option<String>,
    /// A policy in place of the shipped one.
    pub policy: Option<PathBuf>,
    /// A declaration that this host is air-gapped, its signature beside it.
    pub declaration: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Tiers {
    unstated: String,
    class: Vec<Class>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Class {
    name: String,
    least: String,
    why: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    host: String,
    signer: PartyId,
    inside: String,
    expires: Timestamp,
    checked: Vec<WrittenCheck>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct WrittenCheck {
    what: String,
    how: String,
    by: String,
}

/// A declaration that was signed.
#[derive(Debug, Serialize)]
pub struct DeclarationView {
    /// The host.
    pub host: String,
    /// Who signed.
    pub signer: PartyId,
    /// The tier that isolates inside.
    pub inside: &'static str,
    /// When it ends.
    pub expires: Timestamp,
    /// How many things were checked.
    pub checked: usize,
    /// The signature's file.
    pub signature: PathBuf,
}

fn argument(why: impl Into<String>) -> MeasureError {
    MeasureError::Argument(why.into())
}

/// The tier that a class needs at least, by a policy's text.
///
/// # Errors
/// A text that is no policy, a class that is not in it.
pub fn least(text: &str, class: Option<&str>) -> Result<Requirement, MeasureError> {
    let tiers: Tiers = toml::from_str(text).map_err(|e| argument(e.to_string()))?;
    let wanted = class.unwrap_or(&tiers.unstated);
    let Some(found) = tiers.class.iter().find(|c| c.name == wanted) else {
        let known: Vec<_> = tiers.class.iter().map(|c| c.name.as_str()).collect();
        let known = known.join(", ");
        return Err(argument(format!(
            "the policy has no class `{wanted}` of models; it has {known}"
        )));
    };
    let least = Tier::named(&found.least)
        .ok_or_else(|| argument(format!("`{}` is no tier of sandbox", found.least)))?;
    Ok(Requirement {
        class: found.name.clone(),
        least,
        why: found.why.clone(),
        policy: Digest::of(text.as_bytes()),
    })
}

/// The sandbox of a run, and what it must be at least.
///
/// # Errors
/// A policy or declaration that can't be read, an unknown class or tier, a tier below the least one, a
/// declaration that nobody known signed, or whose time is over.
pub fn tier(
    asked: &AskTier,
    guest: Guest,
    trust: &Trust,
    now: Timestamp,
) -> Result<(Policy, Requirement), MeasureError> {
    let text = match &asked.policy {
        Some(path) => files::read_text(path, LIMIT)?,
        None => operations::rules::TIERS.to_owned(),
    };
    let requirement = least(&text, asked.class.as_deref())?;
    let tier = match &asked.tier {
        None => requirement.least,
        Some(name) => Tier::named(name).ok_or_else(|| {
            let known = Tier::ALL.map(Tier::name).join(", ");
            argument(format!("there is no tier `{name}`; there are {known}"))
        })?,
    };
    if tier < requirement.least {
        let (class, least, why) = (&requirement.class, requirement.least.name(), &requirement.why);
        let tier = tier.name();
        return Err(MeasureError::Machine(format!(
            "a model of class `{class}` needs the tier `{least}` at least, and `{tier}` is weaker: {why}"
        )));
    }
    let declaration = asked.declaration.as_deref().map(|path| declared(path, trust, now));
    let declaration = declaration.transpose()?;
    let mut policy = Policy::default();
    policy.tier = tier;
    policy.guest = Some(guest);
    policy.declaration = declaration;
    Ok((policy, requirement))
}

fn signature_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".sig");
    PathBuf::from(name)
}

fn written(text: &str) -> Result<(Written, Tier), MeasureError> {
    let written: Written = toml::from_str(text).map_err(|e| argument(e.to_string()))?;
    let inside = Tier::named(&written.inside).filter(|t| *t != Tier::AirGapped);
    let inside = inside.ok_or_else(|| {
        argument(format!("`inside = \"{}\"` is no tier that isolates", written.inside))
    })?;
    let said = |t: &String| !t.trim().is_empty();
    let whole = |c: &WrittenCheck| [&c.what, &c.how, &c.by].into_iter().all(said);
    if written.checked.is_empty() || !written.checked.iter().all(whole) {
        return Err(argument(
            "each `[[checked]]` says what was checked, how and by whom; one at least",
        ));
    }
    Ok((written, inside))
}

/// Signs a declaration about a host with this party's keys; the signature goes into a file beside it.
///
/// # Errors
/// A declaration that can't be read, or names another signer.
pub fn declare(ctx: &Ctx, path: &Path) -> Result<DeclarationView, MeasureError> {
    let text = files::read_text(path, LIMIT)?;
    let (written, inside) = written(&text)?;
    if written.signer != *ctx.home.id() {
        let (named, own) = (&written.signer, ctx.home.id());
        return Err(argument(format!(
            "the declaration is to be signed by `{named}`, this home is of `{own}`"
        )));
    }
    let trust = ctx.home.trust().map_err(|e| argument(operations::plain(&e)))?;
    let keys = ctx.home.signing_keys(&trust).map_err(|e| argument(operations::plain(&e)))?;
    let signature = ledger::sign_host(text.as_bytes(), keys);
    let out = signature_of(path);
    files::write(&out, signature.to_hex().as_bytes(), Access::Shared)?;
    Ok(DeclarationView {
        host: written.host,
        signer: written.signer,
        inside: inside.name(),
        expires: written.expires,
        checked: written.checked.len(),
        signature: out,
    })
}

/// A declaration whose signature verifies and whose time is not over.
fn declared(path: &Path, trust: &Trust, now: Timestamp) -> Result<Declaration, MeasureError> {
    let text = files::read_text(path, LIMIT)?;
    let (written, inside) = written(&text)?;
    let at = path.display();
    let beside = signature_of(path);
    let signature = files::read_text(&beside, LIMIT)?;
    let signature = SignaturePair::from_hex(signature.trim())
        .ok_or_else(|| argument(format!("{}: no signature", beside.display())))?;
    let signer = &written.signer;
    let member = trust
        .party(signer)
        .ok_or_else(|| argument(format!("{at}: the roots of trust name no party `{signer}`")))?;
    ledger::verify_host(text.as_bytes(), &signature, &member.keys)
        .map_err(|_| argument(format!("{at}: not as `{signer}` signed it")))?;
    if written.expires <= now {
        return Err(argument(format!(
            "{at}: it ended on {}; look again and sign anew",
            written.expires
        )));
    }
    if written.expires.since(now).as_days() > LONGEST_DAYS {
        return Err(argument(format!("{at}: it may hold for {LONGEST_DAYS} days at most")));
    }
    let checked = written.checked.into_iter();
    Ok(Declaration {
        host: written.host,
        signer: written.signer.to_string(),
        expires: written.expires.to_string(),
        inside,
        checked: checked.map(|c| Checked { what: c.what, how: c.how, by: c.by }).collect(),
    })
}

#[cfg(test)]
mod tests;
