//! One wave: a notice that named recipients can read from its hour on, acknowledged, closed by a newer inventory.
//!
//! Each ring's text is encrypted with a key of its own (AES-256-GCM). The sealed file may travel any way and
//! be stored anywhere. The key stays in the issuer's home until the hour; then it is stated, sealed to
//! the ring's members alone. The statement of issue commits to file and key, so nobody can be shown another text.

use crate::act::{ActError, Ctx, Done, Readers};
use crate::check::{self, CheckError};
use crate::directive::{directory, with_role};
use crate::feeds::Feeds;
use crate::files::{self, Access, FileError};
use crate::fold::{self, Refused};
use crate::rules;
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use domain::{AdvisoryId, Digest, NoticeId, PartyId, Role, Timestamp};
use remediation::{
    Counts, Event, HourKey, NotClosed, Refusal, Remediation, Ring, Table, TableError,
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

pub use remediation::{LeadModel, LeadRing, Leads};

/// Most bytes of a notice's text, and of its sealed file.
const LIMIT: u64 = 1 << 20;
/// The first bytes of a sealed notice; also bound into its encryption.
const MAGIC: &[u8] = b"vestibule-notice/v1\n";

/// Why a verb of a notice did nothing.
#[derive(Debug, thiserror::Error)]
pub enum NoticeError {
    /// Stating it.
    #[error(transparent)]
    Act(#[from] ActError),
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// An inventory or feed.
    #[error(transparent)]
    Check(#[from] CheckError),
    /// The shipped table.
    #[error("the table of deadlines")]
    Table(#[from] TableError),
    /// The rules do not admit it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// The inventories close nothing.
    #[error("the notice stays open")]
    NotClosed(#[from] NotClosed),
    /// Nothing is known of it here.
    #[error("this party knows of no notice `{0}`")]
    Unknown(NoticeId),
    /// Names are for the issuer, who has to ask.
    #[error("only the issuer of `{0}` is told who has not read it")]
    NotTheIssuer(NoticeId),
    /// The hour's key is not in this home.
    #[error("{}: the hour key of that ring is not in this home; only the issuer's home has it", .0.display())]
    NoKey(PathBuf),
    /// The file is not the one that was issued.
    #[error("{}: not the sealed file of that notice and ring (SHA-256 differs)", .0.display())]
    OtherFile(PathBuf),
    /// The file does not open with the key that was stated.
    #[error("{}: it does not open with the key that its issuer stated; keep both as evidence", .0.display())]
    Sealed(PathBuf),
    /// A notice without a fix that names the flaw.
    #[error(
        "there is no fix yet, so a notice must not name the flaw; take out `{0}`, and say only what time to keep free"
    )]
    NamesFlaw(String),
    /// What opened is no notice.
    #[error("the notice can't be read: {0}")]
    Content(String),
}

/// What a notice says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Content {
    /// The notice.
    pub notice: NoticeId,
    /// What it is about and what to do, in plain words.
    pub text: String,
    /// The advisories that closing it is judged by.
    pub advisories: BTreeSet<AdvisoryId>,
}

/// How a notice goes out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Manner {
    /// Each recipient gets a copy of their own, encrypted to nobody else and with a mark in its text.
    pub apart: bool,
    /// There is no fix yet: what names the flaw is refused.
    pub early: bool,
}

/// A ring as a person plans it.
#[derive(Debug, Clone)]
pub struct RingPlan {
    /// What it is called.
    pub name: domain::Line,
    /// Who is in it.
    pub audience: BTreeSet<PartyId>,
    /// From when they may read.
    pub opens_at: Timestamp,
}

/// Where a notice stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NoticeView {
    /// The notice.
    pub notice: NoticeId,
    /// Who issued it.
    pub issuer: PartyId,
    /// How many were told, could read, read, closed. Never who.
    pub counts: Counts,
    /// How many could read it and have not said so at half of the time to act: use a second channel.
    pub silent: usize,
}

/// Notices as this party knows them.
///
/// # Errors
/// The log can't be brought up to date.
pub async fn known(ctx: &Ctx) -> Result<Remediation, NoticeError> {
    let known = ctx.known().await?;
    let mut remediation = Remediation::new(Table::read(rules::BOD_26_04)?, directory(&known.trust));
    fold::fold::<Event>(&known, |attested| {
        remediation.apply(attested).map_err(|refusal| refused(&refusal))
    });
    Ok(remediation)
}

fn refused(refusal: &Refusal) -> Refused {
    Refused::new(refusal.code(), refusal)
}

/// Every notice with its counts.
///
/// # Errors
/// As [`known`].
pub async fn list(ctx: &Ctx) -> Result<Vec<NoticeView>, NoticeError> {
    let remediation = known(ctx).await?;
    let now = ctx.clock.now();
    let view = |(id, n): (&NoticeId, &remediation::Notice)| NoticeView {
        notice: id.clone(),
        issuer: n.issuer().clone(),
        counts: n.counts(),
        silent: n.silent(now).len(),
    };
    Ok(remediation.notices().map(view).collect())
}

/// Who is to be asked by a second way.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Silent {
    /// The notice.
    pub notice: NoticeId,
    /// Who could read it, and at half of the time to act has not said so. Ascending.
    pub ask: Vec<PartyId>,
    /// By when operators should have acted.
    pub act_by: Option<Timestamp>,
}

/// Who has not said by half of the time to act that they read a notice. For its issuer, who rings them; names go
/// nowhere else.
///
/// # Errors
/// Not its issuer, or as [`known`].
pub async fn silent(ctx: &Ctx, notice: &NoticeId) -> Result<Silent, NoticeError> {
    let remediation = known(ctx).await?;
    let issued = remediation.notice(notice).ok_or_else(|| NoticeError::Unknown(notice.clone()))?;
    if issued.issuer() != ctx.home.id() {
        return Err(NoticeError::NotTheIssuer(notice.clone()));
    }
    let ask = issued.silent(ctx.clock.now()).into_iter().cloned().collect();
    Ok(Silent { notice: notice.clone(), ask, act_by: issued.act_by() })
}

/// Seals a notice for its rings, writes one sealed file a ring into `out`, and states it.
///
/// # Errors
/// The rules' refusal, or what writing or stating met.
pub async fn issue(
    ctx: &Ctx,
    content: &Content,
    (plans, manner): (Vec<RingPlan>, Manner),
    act_by: Option<Timestamp>,
    out: &Path,
    request: Option<&str>,
) -> Result<Done, NoticeError> {
    if manner.early {
        names_no_flaw(content)?;
    }
    if let Some(done) = ctx.repeated(request).await? {
        return Ok(done);
    }
    let remediation = known(ctx).await?;
    let mut rings = Vec::new();
    let mut sealed_files = Vec::new();
    for plan in plans.into_iter().flat_map(|plan| plan.copies(manner.apart)) {
        let mut key = [0; 32];
        ctx.random.fill(&mut key);
        let bytes = key;
        let key = HourKey::new(key);
        let marked = if manner.apart { content.marked(&key.digest()) } else { content.clone() };
        let plain = serde_json::to_vec(&marked).map_err(|e| NoticeError::Content(e.to_string()))?;
        let sealed = seal(ctx, &bytes, &plain);
        rings.push(Ring {
            name: plan.name,
            audience: plan.audience.into_iter().collect(),
            opens_at: plan.opens_at,
            ciphertext: Digest::of(&sealed),
            key: key.digest(),
        });
        sealed_files.push((key, sealed));
    }
    let now = ctx.clock.now();
    let readers: BTreeSet<_> = rings.iter().flat_map(|r| r.audience.iter().cloned()).collect();
    let issuer = ctx.home.id().clone();
    let event = remediation
        .issue(content.notice.clone(), issuer, rings, act_by, now)
        .map_err(|refusal| refused(&refusal))?;
    for (number, (key, sealed)) in sealed_files.into_iter().enumerate() {
        // the key is safe before the file that needs it exists
        files::write(&key_path(ctx, &content.notice, number), key.as_bytes(), Access::Private)?;
        let name = format!("{}.ring{number}.sealed", content.notice);
        files::write(&out.join(name), &sealed, Access::Shared)?;
    }
    Ok(ctx.state(&event, &told(ctx, readers), request).await?)
}

impl RingPlan {
    /// The ring as it is, or one for each of its readers.
    fn copies(self, apart: bool) -> Vec<Self> {
        if !apart {
            return vec![self];
        }
        let one = |reader: &PartyId| Self { audience: [reader.clone()].into(), ..self.clone() };
        self.audience.iter().map(one).collect()
    }
}

impl Content {
    /// A copy with a mark: the beginning of its key's digest, which the statement of issue puts on record
    /// beside the one reader. A copy that turns up elsewhere says whose it was.
    fn marked(&self, key: &Digest) -> Self {
        let mark: String = key.to_string().chars().take(12).collect();
        Self { text: format!("{}\n\n[{mark}]\n", self.text.trim_end()), ..self.clone() }
    }
}

/// Beginnings of ids and addresses that name a flaw or a package.
const NAMES: [&str; 12] = [
    "CVE-", "CWE-", "GHSA-", "PYSEC-", "RUSTSEC-", "GO-20", "DSA-", "USN-", "RHSA-", "OSV-",
    "PKG:", "HTTP",
];

/// A notice without a fix tells nobody what to look for.
fn names_no_flaw(content: &Content) -> Result<(), NoticeError> {
    if let Some(id) = content.advisories.first() {
        return Err(NoticeError::NamesFlaw(id.to_string()));
    }
    let words = content.text.split(|c: char| c.is_whitespace() || "()[]<>,;\"'".contains(c));
    for word in words {
        let upper = word.to_ascii_uppercase();
        if NAMES.iter().any(|name| upper.starts_with(name)) {
            return Err(NoticeError::NamesFlaw(word.chars().take(80).collect()));
        }
    }
    Ok(())
}

/// States a ring's key once its hour has come.
///
/// # Errors
/// Too early, or no key here.
pub async fn open(
    ctx: &Ctx,
    notice: &NoticeId,
    ring: u8,
    request: Option<&str>,
) -> Result<Done, NoticeError> {
    if let Some(done) = ctx.repeated(request).await? {
        return Ok(done);
    }
    let remediation = known(ctx).await?;
    let issued = remediation.notice(notice).ok_or_else(|| NoticeError::Unknown(notice.clone()))?;
    let readers =
        issued.rings().get(usize::from(ring)).map(|r| r.audience.clone()).unwrap_or_default();
    let path = key_path(ctx, notice, usize::from(ring));
    let bytes = files::read(&path, 64).map_err(|_| NoticeError::NoKey(path.clone()))?;
    let key = HourKey::new(bytes.try_into().map_err(|_| NoticeError::NoKey(path))?);
    let issuer = ctx.home.id().clone();
    let event = remediation
        .open(notice.clone(), issuer, ring, key, ctx.clock.now())
        .map_err(|refusal| refused(&refusal))?;
    Ok(ctx.state(&event, &told(ctx, readers.into_iter().collect()), request).await?)
}

/// Reads a sealed notice, if its hour has come for this party.
///
/// # Errors
/// Not for this party, too early (it says from when), or another file.
pub async fn read(ctx: &Ctx, notice: &NoticeId, file: &Path) -> Result<Content, NoticeError> {
    let remediation = known(ctx).await?;
    let issued = remediation.notice(notice).ok_or_else(|| NoticeError::Unknown(notice.clone()))?;
    let (ring, key) =
        issued.may_read(ctx.home.id(), ctx.clock.now()).map_err(|refusal| refused(&refusal))?;
    let sealed = files::read(file, LIMIT)?;
    if Digest::of(&sealed) != ring.ciphertext {
        return Err(NoticeError::OtherFile(file.to_owned()));
    }
    let plain = unseal(key, &sealed).ok_or_else(|| NoticeError::Sealed(file.to_owned()))?;
    let content: Content =
        serde_json::from_slice(&plain).map_err(|e| NoticeError::Content(e.to_string()))?;
    if content.notice == *notice {
        Ok(content)
    } else {
        Err(NoticeError::OtherFile(file.to_owned()))
    }
}

/// States that this party has read a notice.
///
/// # Errors
/// The rules' refusal.
pub async fn acknowledge(
    ctx: &Ctx,
    notice: &NoticeId,
    request: Option<&str>,
) -> Result<Done, NoticeError> {
    if let Some(done) = ctx.repeated(request).await? {
        return Ok(done);
    }
    let remediation = known(ctx).await?;
    let event = remediation
        .acknowledge(notice.clone(), ctx.home.id().clone(), ctx.clock.now())
        .map_err(|refusal| refused(&refusal))?;
    let issuer = remediation.notice(notice).map(|n| n.issuer().clone());
    Ok(ctx.state(&event, &told(ctx, issuer.into_iter().collect()), request).await?)
}

/// Closes a notice by a newer inventory that no longer matches. Only digests and times are stated.
///
/// # Errors
/// What still matches, or the rules' refusal.
pub async fn close(
    ctx: &Ctx,
    content: &Content,
    feeds: &Feeds,
    (before, after): (&Taken, &Taken),
    request: Option<&str>,
) -> Result<Done, NoticeError> {
    if let Some(done) = ctx.repeated(request).await? {
        return Ok(done);
    }
    let remediation = known(ctx).await?;
    let now = ctx.clock.now();
    let (first, second) = (before.read()?, after.read()?);
    let closure = remediation::closure(
        &feeds.index,
        &content.advisories,
        (first.0, before.taken_at, &first.1),
        (second.0, after.taken_at, &second.1),
    )?;
    let event = remediation
        .close(content.notice.clone(), ctx.home.id().clone(), &closure, now)
        .map_err(|refusal| refused(&refusal))?;
    let issuer = remediation.notice(&content.notice).map(|n| n.issuer().clone());
    Ok(ctx.state(&event, &told(ctx, issuer.into_iter().collect()), request).await?)
}

/// An inventory with the time it was taken.
#[derive(Debug, Clone)]
pub struct Taken {
    /// The file.
    pub path: PathBuf,
    /// When it was taken.
    pub taken_at: Timestamp,
}

impl Taken {
    fn read(&self) -> Result<(Digest, Vec<remediation::Component>), NoticeError> {
        let digest = Digest::of(&files::read(&self.path, 512 << 20)?);
        Ok((digest, check::components(&self.path)?))
    }
}

/// The parties concerned, and the inspectors.
fn told(ctx: &Ctx, mut parties: BTreeSet<PartyId>) -> Readers {
    parties.extend(with_role(&ctx.trust, &[Role::Inspector]));
    Readers::Parties(parties)
}

fn key_path(ctx: &Ctx, notice: &NoticeId, ring: usize) -> PathBuf {
    ctx.home.folder().join("hours").join(format!("{notice}.ring{ring}.key"))
}

fn cipher(key: &[u8; 32]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, key).expect("the key has 32 bytes"))
}

/// Magic, nonce, ciphertext and tag.
fn seal(ctx: &Ctx, key: &[u8; 32], plain: &[u8]) -> Vec<u8> {
    let mut nonce = [0; NONCE_LEN];
    ctx.random.fill(&mut nonce);
    let mut body = plain.to_vec();
    let aad = Aad::from(MAGIC);
    cipher(key)
        .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), aad, &mut body)
        .expect("a notice is far below the cipher's limit");
    [MAGIC, &nonce, &body].concat()
}

fn unseal(key: &HourKey, sealed: &[u8]) -> Option<Vec<u8>> {
    let rest = sealed.strip_prefix(MAGIC)?;
    let (nonce, body) = rest.split_first_chunk::<NONCE_LEN>()?;
    let mut body = body.to_vec();
    let nonce = Nonce::assume_unique_for_key(*nonce);
    let plain = cipher(key.as_bytes()).open_in_place(nonce, Aad::from(MAGIC), &mut body).ok()?;
    Some(plain.to_vec())
}

#[cfg(test)]
mod tests;
