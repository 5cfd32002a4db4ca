//! Shredding a statement's payload, and letting one's own copies go when the log says that it was shredded.

use crate::act::{ActError, Ctx, Done, Readers};
use crate::files::{self, Access};
use crate::fold::Refused;
use crate::home::Home;
use crate::sync::{CopyError, Known};
use domain::{Digest, Line, PartyId, Statement};
use ledger::{Draft, Event, LogFiles, LogStatement, Object, OpenError, Shreds, Trust, may_shred};

/// Most bytes of a draft that a home keeps.
const LIMIT: u64 = 2 << 20;

/// Why nothing was shredded.
#[derive(Debug, thiserror::Error)]
pub enum ShredError {
    /// What stating met.
    #[error(transparent)]
    Act(#[from] ActError),
    /// No such statement.
    #[error(
        "the log has no statement `{0}`; give its index or its whole id, as `vestibule log show` has them"
    )]
    Unknown(String),
    /// A statement of the ledger itself.
    #[error("statement {0} is the ledger's own; those are never shredded")]
    Ledger(Digest),
    /// It is gone already.
    #[error("statement {0} is shredded already")]
    Already(Digest),
    /// Somebody else's, and nobody to agree.
    #[error(
        "statement {id} was issued by `{issuer}`. Others shred it only by two: name a second party with \
         --with, and exactly one of you must be an inspector"
    )]
    NotIssuer {
        /// Which.
        id: Digest,
        /// Whose.
        issuer: PartyId,
    },
}

/// The statement that a person means by its index or its id.
pub fn find<'a>(known: &'a Known, named: &str) -> Option<&'a LogStatement> {
    let index: Option<u64> = named.parse().ok().filter(|_| named.len() < 20);
    let id: Option<Digest> = named.parse().ok();
    known.statements.iter().find(|s| Some(s.index) == index || Some(s.leaf.id()) == id)
}

/// States that a statement's payload is shredded. The node deletes it when the statement is logged, every home when it
/// next brings its copy up to date. It can't recall what a reader already opened.
///
/// # Errors
/// See [`ShredError`].
pub async fn shred(
    ctx: &Ctx,
    named: &str,
    (authority, rule): (Line, Line),
    with: Option<PartyId>,
    request: Option<&str>,
) -> Result<Done, ShredError> {
    if let Some(done) = ctx.repeated(request).await? {
        return Ok(done);
    }
    let known = ctx.known().await?;
    let target = find(&known, named).ok_or_else(|| ShredError::Unknown(named.to_owned()))?;
    let (id, header) = (target.leaf.id(), target.leaf.header());
    if header.schema() == Event::SCHEMA {
        return Err(ShredError::Ledger(id));
    }
    if target.content == Err(OpenError::Shredded) {
        return Err(ShredError::Already(id));
    }
    let by = ctx.home.id().clone();
    if !may_shred(header, &by, with.as_ref(), &known.trust) {
        return Err(ShredError::NotIssuer { id, issuer: header.issuer().clone() });
    }
    let event = Event::Shredded { statement: id, by, authority, rule, with };
    let done = ctx.state(&event, &Readers::Public, request).await?;
    // the copy in this home goes at once
    ctx.known().await?;
    Ok(done)
}

/// What a party that is asked to sign a shred statement thinks of it.
pub(crate) fn judge(trust: &Trust, known: &Known, event: &Event) -> Result<(), Refused> {
    let Event::Shredded { statement, by, authority: _, rule: _, with } = event else {
        return Ok(());
    };
    let refuse = |code, detail| Err(Refused { code, detail });
    let Some(target) = find(known, &statement.to_string()) else {
        return refuse("unknown-statement", format!("the log has no statement {statement}"));
    };
    let header = target.leaf.header();
    if header.schema() == Event::SCHEMA {
        return refuse("ledger-statement", "the ledger's own statements are never shredded".into());
    }
    if !may_shred(header, by, with.as_ref(), trust) {
        let detail = "its issuer shreds it, or two others, exactly one of them an inspector";
        return refuse("not-yours", detail.to_owned());
    }
    Ok(())
}

/// Takes out of the home what the log says is shredded: the payload in the copy of the log, drafts of the
/// statement, and what another party disclosed of it.
pub(crate) fn drop_copies(home: &Home, trust: &Trust, known: &mut Known) -> Result<(), CopyError> {
    let mut shreds = Shreds::default();
    for statement in &known.statements {
        shreds.note(statement);
    }
    let targets = shreds.targets();
    let log = crate::folder::Folder::new(home.folder().join("log"));
    for statement in &mut known.statements {
        let id = statement.leaf.id();
        let named =
            targets.contains(&id) && shreds.names(statement.leaf.header(), statement.index, trust);
        if !named {
            continue;
        }
        let path = ledger::object_path(&id);
        let kept = log.read(&path).map_err(CopyError::Copy)?;
        let object = kept.and_then(|bytes| Object::from_bytes(&bytes).ok());
        if let Some(object) = object.filter(|object| !object.is_shredded()) {
            // the object goes last: as long as it is there, this runs again
            drop_others(home, &id)?;
            let bytes = object.shredded().to_bytes();
            files::write(&log.path().join(&path), &bytes, Access::Shared)?;
        }
        statement.content = Err(OpenError::Shredded);
    }
    Ok(())
}

fn drop_others(home: &Home, id: &Digest) -> Result<(), CopyError> {
    let folder = home.folder();
    for (part, extension) in [("drafts", "draft"), ("outbox", "draft"), ("outbox", "refused")] {
        for path in files::list(&folder.join(part), extension)? {
            let draft = Draft::from_bytes(&files::read(&path, LIMIT)?);
            if draft.is_ok_and(|draft| draft.id() == *id) {
                files::remove(&path)?;
            }
        }
    }
    files::remove(&folder.join("disclosed").join(format!("{id}.statement")))?;
    Ok(())
}

#[cfg(test)]
mod tests;
