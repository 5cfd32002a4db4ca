//! Keys over time: a party rotates its key, its root revokes one, a party joins, the log is closed.
//!
//! Each is a statement of the ledger's own, public, judged by every reader at its place in the log
//! ([`ledger::Trust::learn`]). Before it is offered or signed it is judged here, as if everyone it names had
//! signed, so that nobody signs what would have no effect.

use crate::act::{ActError, Ctx, Done, Readers};
use crate::fold::Refused;
use crate::home::HomeError;
use domain::{Digest, Line, PartyId, Role, Statement};
use ledger::{Event, KeyRefusal, KeySpan, LogVerifier, Newcomer, Possession, Signers, Trust};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Why keys were not changed.
#[derive(Debug, thiserror::Error)]
pub enum KeyChangeError {
    /// Stating it.
    #[error(transparent)]
    Act(#[from] ActError),
    /// The home's keys.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// It would have no effect.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// An application to join that can't be read.
    #[error("the application can't be read: {0}")]
    Application(String),
}

/// One key of a party.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct KeyView {
    /// Whose.
    pub party: PartyId,
    /// SHA-256 over its public keys.
    pub fingerprint: Digest,
    /// The first place in the log at which it counts.
    pub from: u64,
    /// The place of the statement that ended it.
    pub ended_by: Option<u64>,
    /// `counts`, `replaced` or `revoked`.
    pub state: String,
    /// The party that stands above the keys.
    pub root: Option<PartyId>,
}

/// An application: what a party that is not known yet hands to a founder, or one that needs a further key to its root.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Application {
    /// The log's name, so that it is good for no other.
    pub log: String,
    /// Its id.
    pub id: PartyId,
    /// What people call it.
    pub name: Line,
    /// What it may do.
    pub roles: Vec<Role>,
    /// The party above its keys.
    pub root: Option<PartyId>,
    /// The public key file.
    pub keys: String,
    /// The new keys' own signature, as hexadecimal.
    pub proof: String,
}

/// Every key of every party, or of one, with what the log says of it.
///
/// # Errors
/// The log can't be brought up to date.
pub async fn list(ctx: &Ctx, party: Option<&PartyId>) -> Result<Vec<KeyView>, ActError> {
    Ok(views(&ctx.known().await?.trust, party))
}

/// Every key of every party, or of one, as roots of trust have it.
pub fn views(trust: &Trust, party: Option<&PartyId>) -> Vec<KeyView> {
    let mut views = Vec::new();
    for member in trust.parties().filter(|m| party.is_none_or(|p| m.party.id == *p)) {
        for KeySpan { keys, from, end } in trust.keys_of(&member.party.id).unwrap_or_default() {
            views.push(KeyView {
                party: member.party.id.clone(),
                fingerprint: keys.fingerprint(),
                from: *from,
                ended_by: end.map(|end| end.index),
                state: end.map_or_else(|| "counts".to_owned(), |end| end.ending.to_string()),
                root: member.root.clone(),
            });
        }
    }
    views
}

/// Makes a new key for this party and states that it takes the old one's place. The root, or the founders where
/// there is none, sign too.
///
/// # Errors
/// See [`KeyChangeError`].
pub async fn rotate(ctx: &Ctx, request: Option<&str>) -> Result<Done, KeyChangeError> {
    if let Some(done) = ctx.repeated(request).await? {
        return Ok(done);
    }
    let trust = ctx.known().await?.trust;
    let party = ctx.home.id();
    let old = ctx.home.signing_keys(&trust)?.public().fingerprint();
    let (keys, proof) = fresh(ctx, &trust)?;
    let signers = named(trust.needed_for(party, true).map_err(refused)?);
    let event = Event::KeyRotated { party: party.clone(), old, keys, proof, signers };
    state(ctx, &trust, event, request).await
}

/// States that a key of a party counts no more. Its root does so alone.
///
/// # Errors
/// See [`KeyChangeError`].
pub async fn revoke(
    ctx: &Ctx,
    party: &PartyId,
    key: Option<Digest>,
    reason: Line,
    request: Option<&str>,
) -> Result<Done, KeyChangeError> {
    if let Some(done) = ctx.repeated(request).await? {
        return Ok(done);
    }
    let trust = ctx.known().await?.trust;
    let unknown = || refused(KeyRefusal::UnknownParty(party.clone()));
    let newest = trust.sealing_keys(party).map(ledger::PublicKeys::fingerprint);
    let key = key.or(newest).ok_or_else(unknown)?;
    let signers = named(trust.needed_for(party, false).map_err(refused)?);
    let event = Event::KeyRevoked { party: party.clone(), key, reason, signers };
    state(ctx, &trust, event, request).await
}

/// What this party hands to a founder so that it can join, or to its root so that a key is added: who it is, with a
/// proof that the keys are its own. They are the home's newest, or made now when the log speaks of those already. `root`
/// is the party that is to stand above a newcomer's keys.
///
/// # Errors
/// The home's keys.
pub async fn apply(ctx: &Ctx, root: Option<PartyId>) -> Result<Application, KeyChangeError> {
    let party = ctx.home.party().clone();
    // without a node, what the roots of trust say
    let trust = ctx.known().await.map_or_else(|_| ctx.trust.clone(), |known| known.trust);
    let (keys, proof) = fresh(ctx, &trust)?;
    Ok(Application {
        log: trust.log().origin().to_owned(),
        id: party.id,
        name: party.name,
        roles: party.roles,
        root,
        keys,
        proof: proof.to_hex(),
    })
}

impl Application {
    /// The fingerprint of its keys, to be compared by voice.
    ///
    /// # Errors
    /// Keys that are none.
    pub fn fingerprint(&self) -> Result<Digest, KeyChangeError> {
        let keys = ledger::PublicKeys::read(&self.keys);
        let keys = keys.map_err(|e| KeyChangeError::Application(e.to_string()))?;
        Ok(keys.fingerprint())
    }

    /// The proof, if the application is for this log.
    fn proof_for(&self, trust: &Trust) -> Result<ledger::SignaturePair, KeyChangeError> {
        if self.log != trust.log().origin() {
            return Err(KeyChangeError::Application(format!("it is for the log `{}`", self.log)));
        }
        ledger::SignaturePair::from_hex(&self.proof)
            .ok_or_else(|| KeyChangeError::Application("its proof is malformed".to_owned()))
    }
}

/// States that a party has a further key, by its application: for a second machine, or for a new beginning after every
/// key was revoked. The party's root signs, or the founders where there is none, and the party itself with a key that
/// counts, if it has one. Statements are sealed to the newest key.
///
/// # Errors
/// See [`KeyChangeError`].
pub async fn add(
    ctx: &Ctx,
    application: Application,
    request: Option<&str>,
) -> Result<Done, KeyChangeError> {
    if let Some(done) = ctx.repeated(request).await? {
        return Ok(done);
    }
    let trust = ctx.known().await?.trust;
    let proof = application.proof_for(&trust)?;
    let Application { id: party, keys, .. } = application;
    let signers = named(trust.needed_for(&party, true).map_err(refused)?);
    state(ctx, &trust, Event::KeyAdded { party, keys, proof, signers }, request).await
}

/// States that a party joins; the founders sign.
///
/// # Errors
/// See [`KeyChangeError`].
pub async fn admit(
    ctx: &Ctx,
    application: Application,
    request: Option<&str>,
) -> Result<Done, KeyChangeError> {
    if let Some(done) = ctx.repeated(request).await? {
        return Ok(done);
    }
    let trust = ctx.known().await?.trust;
    let proof = application.proof_for(&trust)?;
    let Application { id, name, roles, root, keys, .. } = application;
    let signers = founders(&trust);
    let party = Newcomer { id, name, roles };
    state(ctx, &trust, Event::PartyAdded { party, root, keys, proof, signers }, request).await
}

/// States that the log ends here; the founders sign.
///
/// # Errors
/// See [`KeyChangeError`].
pub async fn close_log(
    ctx: &Ctx,
    successor: Option<&LogVerifier>,
    reason: Line,
    request: Option<&str>,
) -> Result<Done, KeyChangeError> {
    if let Some(done) = ctx.repeated(request).await? {
        return Ok(done);
    }
    let trust = ctx.known().await?.trust;
    let successor = successor.map(|log| log.vkey().parse::<Line>()).transpose();
    let successor = successor.map_err(|e| KeyChangeError::Application(e.to_string()))?;
    let signers = founders(&trust);
    state(ctx, &trust, Event::LogClosed { successor, reason, signers }, request).await
}

/// Whether a change would count if everyone it names signed it now.
///
/// # Errors
/// The rules' refusal.
pub fn judge(trust: &Trust, event: &Event) -> Result<(), Refused> {
    let mut then = trust.clone();
    let signers = event.signers();
    let issuer = signers.first().cloned();
    let Some(issuer) = issuer else { return Ok(()) };
    then.learn(event.clone(), &issuer, &signers, u64::MAX - 1).map_err(refused)
}

/// A change in words, for whoever is asked to sign it.
pub fn words(event: &Event) -> String {
    let print = |keys: &str| {
        let read = ledger::PublicKeys::read(keys);
        read.map_or_else(|e| e.to_string(), |k| k.fingerprint().to_string())
    };
    match event {
        Event::Shredded { statement, by, .. } => format!("`{by}` shreds {statement}"),
        Event::KeyAdded { party, keys, .. } => {
            format!("`{party}` has a further key, {}", print(keys))
        }
        Event::KeyRotated { party, old, keys, .. } => {
            format!("the key {} of `{party}` takes the place of {old}", print(keys))
        }
        Event::KeyRevoked { party, key, reason, .. } => {
            format!("the key {key} of `{party}` counts no more: {reason}")
        }
        Event::PartyAdded { party, root, keys, .. } => {
            let roles: Vec<_> = party.roles.iter().map(ToString::to_string).collect();
            let root =
                root.as_ref().map_or_else(|| "no root".to_owned(), |r| format!("root `{r}`"));
            let (id, name, roles) = (&party.id, &party.name, roles.join(", "));
            format!("`{id}` ({name}; {roles}; {root}) joins with the key {}", print(keys))
        }
        Event::LogClosed { successor, reason, .. } => {
            let next = successor.as_ref().map_or_else(|| "no log".to_owned(), ToString::to_string);
            format!("the log ends: {reason}; {next} goes on")
        }
    }
}

async fn state(
    ctx: &Ctx,
    trust: &Trust,
    event: Event,
    request: Option<&str>,
) -> Result<Done, KeyChangeError> {
    judge(trust, &event)?;
    if !event.signers().contains(ctx.home.id()) {
        let named: Vec<_> = event.signers().iter().map(ToString::to_string).collect();
        let detail =
            format!("`{}` has no say in it; it is for {}", ctx.home.id(), named.join(", "));
        return Err(Refused { code: "not-signer", detail }.into());
    }
    Ok(ctx.state(&event, &Readers::Public, request).await?)
}

fn fresh(ctx: &Ctx, trust: &Trust) -> Result<(String, ledger::SignaturePair), KeyChangeError> {
    let keys = ctx.home.fresh_keys(trust, ctx.random.as_ref())?;
    let proof = Possession { log: trust.log(), party: ctx.home.id() }.sign(&keys);
    Ok((keys.public().to_text(), proof))
}

fn founders(trust: &Trust) -> Signers {
    named((trust.founders().parties().clone(), trust.founders().threshold()))
}

fn named((parties, needed): (BTreeSet<PartyId>, usize)) -> Signers {
    let needed = u8::try_from(needed).unwrap_or(u8::MAX);
    Signers { parties: parties.into_iter().collect(), needed }
}

#[expect(clippy::needless_pass_by_value, reason = "as a function to map errors with")]
fn refused(refusal: KeyRefusal) -> Refused {
    Refused::new(refusal.code(), &refusal)
}

#[cfg(test)]
mod tests;
