//! Stating something: seal, sign, write down, submit, keep the receipt. Safe to repeat after a crash.
//!
//! What is to be logged is first written to the home's `outbox/`, and leaves it only when its verified receipt
//! lies in `receipts/`. Every command sends what an earlier one left there. A command with the same request
//! key as one that was acknowledged does nothing and returns that receipt, so a killed command can be
//! run again as it was.

use crate::ctx::{Clock, Random};
use crate::files::{self, Access, FileError};
use crate::home::{Home, HomeError, HomeLock};
use crate::node::DraftView;
use crate::reach::{Reach, ReachError};
use crate::refresh;
use crate::sync::{self, CopyError, Known};
use crate::wire;
use domain::{Digest, PartyId, Statement};
use ledger::{
    Audience, Content, Draft, DraftError, PublicKeys, Receipt, ReceiptError, Seen, Trust,
    VerifiedReceipt,
};
use serde::Serialize;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// How often a taken place in the chain is tried again.
const TRIES: u32 = 8;
/// How often another command's end is waited for, 20 ms each.
const TURNS: u32 = 500;
/// Most bytes of a file in the outbox or of a receipt.
const LIMIT: u64 = 2 << 20;

/// What an operation works with: one party, one node.
#[derive(Debug)]
pub struct Ctx {
    /// The party's folder.
    pub home: Home,
    /// The roots of trust.
    pub trust: Trust,
    /// The way to the node.
    pub reach: Reach,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// Randomness.
    pub random: Arc<dyn Random>,
}

/// Why something could not be stated.
#[derive(Debug, thiserror::Error)]
pub enum ActError {
    /// The home.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// A file of the home.
    #[error(transparent)]
    File(#[from] FileError),
    /// The log.
    #[error(transparent)]
    Copy(#[from] CopyError),
    /// The node.
    #[error(transparent)]
    Reach(#[from] ReachError),
    /// The statement or draft.
    #[error("the statement can't be made")]
    Draft(#[from] DraftError),
    /// A reader whom the roots of trust do not name.
    #[error(
        "`{0}` is not known, or every key of it was revoked, so nothing can be sealed to it; `vestibule key list` shows who has which key"
    )]
    Unknown(PartyId),
    /// The node's receipt is not good.
    #[error("the node's receipt is not good; keep {} and ask the log's host", kept.display())]
    Receipt {
        /// Where the receipt was kept.
        kept: PathBuf,
        /// What is wrong with it.
        #[source]
        source: ReceiptError,
    },
    /// The receipt is of another statement.
    #[error("the node answered with the receipt of another statement")]
    OtherReceipt,
    /// The chain's place stays taken.
    #[error(
        "another program of this party keeps taking the next place in its chain; end it and try again"
    )]
    Crowded,
    /// A request key that is no file name.
    #[error("`{0}` can't be a request key: 1 to 80 characters of a-z, 0-9, `.`, `_`, `-`")]
    Request(String),
    /// A statement that others must sign too, offline.
    #[error(
        "`{kind}` must be signed by {whom} too, and offline nobody can be asked: state it where a node can be reached"
    )]
    Alone {
        /// What kind of statement it is.
        kind: String,
        /// Whose signatures it lacks.
        whom: String,
    },
    /// A file of carried statements that can't be read.
    #[error("{} is not a file of complete statements; name another one", file.display())]
    Carried {
        /// Which.
        file: PathBuf,
        /// Why.
        #[source]
        source: domain::wire::WireError,
    },
    /// No such draft.
    #[error("there is no draft {0} at the node; `vestibule draft list` shows what waits")]
    NoDraft(Digest),
}

/// Who may read a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Readers {
    /// Everyone who holds the log.
    Public,
    /// These parties; the signers are added.
    Parties(BTreeSet<PartyId>),
}

/// What came of a statement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "outcome", rename_all = "kebab-case")]
pub enum Done {
    /// It is in the log.
    Logged {
        /// Its place.
        index: u64,
        /// Its id.
        id: Digest,
        /// What kind of statement it is.
        kind: String,
        /// The receipt's file.
        receipt: PathBuf,
    },
    /// It waits for other parties' signatures.
    Waiting(DraftView),
    /// It is signed, and in a file for somebody to hand in.
    Carried {
        /// Its id.
        id: Digest,
        /// What kind of statement it is.
        kind: String,
        /// The file.
        file: PathBuf,
    },
}

impl Ctx {
    /// Brings the party's copy of the log up to date, after sending what the outbox holds.
    ///
    /// # Errors
    /// See [`ActError`].
    pub async fn known(&self) -> Result<Known, ActError> {
        let known = self.synced().await?;
        // one that can't be made better stays what it is; `log receipt --refresh` says why
        let _ = refresh::upgrade_waiting(&self.home, &known.trust);
        // what is handed to others later must not hinder what is stated now
        if let Err(error) = self.home.publish_keys(&known.trust) {
            tracing::warn!(error = crate::plain(&error), "public.key is not the key that counts");
        }
        Ok(known)
    }

    /// As [`Ctx::known`] for a process that stays: takes in what is new since `known`, and says whether anything is.
    ///
    /// # Errors
    /// See [`ActError`]. Nothing is known then, and the next call verifies everything.
    pub async fn follow<'k>(
        &self,
        known: &'k mut Option<Known>,
    ) -> Result<(&'k Known, bool), ActError> {
        self.flush().await?;
        let (known, grown) = sync::follow(&self.home, &self.trust, &self.reach, known).await?;
        let _ = refresh::upgrade_waiting(&self.home, &known.trust);
        Ok((known, grown))
    }

    /// The roots of trust with what this party's copy of the log changed about them.
    ///
    /// # Errors
    /// A copy that does not verify.
    pub fn current(&self) -> Result<Trust, ActError> {
        Ok(sync::current(&self.home, &self.trust)?)
    }

    /// As [`Ctx::known`], leaving receipts alone.
    pub(crate) async fn synced(&self) -> Result<Known, ActError> {
        self.flush().await?;
        Ok(sync::sync(&self.home, &self.trust, &self.reach).await?)
    }

    /// What this command came to when it ran before: by its receipt, or by what it left in the outbox, which
    /// is sent first. `None` when it has no request key, or when nothing was stated by it yet.
    ///
    /// # Errors
    /// See [`ActError`].
    pub async fn repeated(&self, request: Option<&str>) -> Result<Option<Done>, ActError> {
        let Some(key) = request else { return Ok(None) };
        if let Some(done) = self.earlier(key)? {
            return Ok(Some(done));
        }
        // a command that was killed on its way is finished before its rules are asked a second time
        self.flush().await?;
        self.earlier(key)
    }

    /// What an earlier command with this key came to.
    ///
    /// # Errors
    /// A receipt that can't be read back.
    pub fn earlier(&self, request: &str) -> Result<Option<Done>, ActError> {
        let path = self.path("receipts", request, "receipt")?;
        if !path.exists() {
            return self.carried_before(request);
        }
        let verified = check(&files::read(&path, LIMIT)?, &path, &self.current()?)?;
        Ok(Some(logged(&verified, path)))
    }

    /// States an event: logs it if this party's signature is enough, else offers it to the others.
    ///
    /// # Errors
    /// See [`ActError`]. What was written to the outbox is sent by the next command.
    pub async fn state<S: Statement>(
        &self,
        event: &S,
        readers: &Readers,
        request: Option<&str>,
    ) -> Result<Done, ActError> {
        let content = Content::of(event)?;
        let mut draft = self.seal(content, readers)?;
        let key = request.map_or_else(|| default_key(&draft), str::to_owned);
        if let Reach::Offline(carrier) = &self.reach {
            return self.carry(carrier, draft, &key).await;
        }
        if draft.is_complete() {
            files::write(&self.path("outbox", &key, "draft")?, &draft.to_bytes(), Access::Private)?;
            let waits = self.flush().await?;
            return self.earlier(&key)?.ok_or(waits.unwrap_or(ActError::OtherReceipt));
        }
        draft.sign(self.home.id(), self.home.signing_keys(&self.current()?)?)?;
        files::write(&self.path("drafts", &key, "draft")?, &draft.to_bytes(), Access::Private)?;
        Ok(Done::Waiting(self.reach.offer(draft.to_bytes()).await?))
    }

    /// A draft at the node, with every signature it has verified.
    ///
    /// # Errors
    /// None of that id, or a bad signature.
    pub async fn draft(&self, id: &Digest) -> Result<Draft, ActError> {
        checked(self.fetched(id).await?, id, &self.current()?)
    }

    /// As [`Ctx::draft`], for who knows already who is who.
    pub(crate) async fn draft_by(&self, id: &Digest, trust: &Trust) -> Result<Draft, ActError> {
        checked(self.fetched(id).await?, id, trust)
    }

    async fn fetched(&self, id: &Digest) -> Result<Draft, ActError> {
        let bytes = self.reach.draft(id).await?.ok_or(ActError::NoDraft(*id))?;
        Ok(Draft::from_bytes(&bytes)?)
    }

    /// Signs a draft that another party offered, and gives the signature back to the node. The caller has
    /// read and judged it.
    ///
    /// # Errors
    /// See [`ActError`].
    pub async fn sign(&self, mut draft: Draft) -> Result<Done, ActError> {
        draft.sign(self.home.id(), self.home.signing_keys(&self.current()?)?)?;
        Ok(Done::Waiting(self.reach.offer(draft.to_bytes()).await?))
    }

    /// Logs a draft of this party that all others have signed.
    ///
    /// # Errors
    /// See [`ActError`].
    pub async fn issue(&self, draft: &Draft, request: Option<&str>) -> Result<Done, ActError> {
        if !draft.is_complete() {
            return Ok(Done::Waiting(DraftView::of(draft)));
        }
        let key = request.map_or_else(|| default_key(draft), str::to_owned);
        if let Reach::Offline(carrier) = &self.reach {
            return self.carry(carrier, draft.clone(), &key).await;
        }
        files::write(&self.path("outbox", &key, "draft")?, &draft.to_bytes(), Access::Private)?;
        let waits = self.flush().await?;
        self.earlier(&key)?.ok_or(waits.unwrap_or(ActError::OtherReceipt))
    }

    fn seal(&self, content: Content, readers: &Readers) -> Result<Draft, ActError> {
        let (issuer, now) = (self.home.id(), self.clock.now());
        let random = &mut |into: &mut [u8]| self.random.fill(into);
        let Readers::Parties(parties) = readers else {
            return Ok(Draft::start(
                self.trust.log(),
                content,
                issuer,
                Audience::Public,
                random,
                now,
            )?);
        };
        let current = self.current()?;
        let mut named = parties.clone();
        named.extend(content.signers.iter().cloned());
        named.insert(issuer.clone());
        let mut keys: Vec<(PartyId, &PublicKeys)> = Vec::with_capacity(named.len());
        for party in named {
            let newest =
                current.sealing_keys(&party).ok_or_else(|| ActError::Unknown(party.clone()))?;
            keys.push((party, newest));
        }
        let audience = Audience::Readers(&keys, self.home.kem());
        Ok(Draft::start(self.trust.log(), content, issuer, audience, random, now)?)
    }

    /// Sends everything in the outbox, oldest name first. A statement that was made ahead of its time waits
    /// there and stops no other; why it waits is returned.
    async fn flush(&self) -> Result<Option<ActError>, ActError> {
        if let Reach::Offline(_) = self.reach {
            return Ok(None);
        }
        self.send_carried().await?;
        let folder = self.home.folder().join("outbox");
        if files::list(&folder, "draft")?.is_empty() {
            return Ok(None);
        }
        let mut waits = None;
        let _lock = self.turn().await?;
        for path in files::list(&folder, "draft")? {
            let draft = Draft::from_bytes(&files::read(&path, LIMIT)?)?;
            let key = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            match self.send(draft, &key).await {
                Ok(()) => files::remove(&path)?,
                Err(ActError::Reach(error)) if error.is_refusal() => {
                    // it will never be taken: keep it aside so that it does not stop the others
                    let bytes = files::read(&path, LIMIT)?;
                    files::write(&path.with_extension("refused"), &bytes, Access::Private)?;
                    files::remove(&path)?;
                    return Err(error.into());
                }
                Err(ActError::Reach(error)) if error.is_ahead() => waits = Some(error.into()),
                Err(other) => return Err(other),
            }
        }
        Ok(waits)
    }

    /// Waits for other commands of this party to finish stating.
    pub(crate) async fn turn(&self) -> Result<HomeLock, HomeError> {
        for _ in 0..TURNS {
            match self.home.lock() {
                Err(HomeError::Busy(_)) => pause().await,
                other => return other,
            }
        }
        self.home.lock()
    }

    async fn send(&self, draft: Draft, key: &str) -> Result<(), ActError> {
        let id = draft.id();
        for _ in 0..TRIES {
            let known = sync::sync(&self.home, &self.trust, &self.reach).await?;
            let bytes = if known.cursor.chains.index_of(&id).is_some() {
                // a command was killed between the acknowledgement and the receipt
                self.reach.receipt(&id).await?.ok_or(ActError::OtherReceipt)?
            } else {
                let root = Digest::from_bytes(known.head.root);
                let seen = Some(Seen { size: known.head.size, root });
                let now = self.clock.now().max(draft.header().claimed_at());
                let position = known.cursor.chains.next(self.home.id(), seen, now);
                let entry = draft.clone().issue(position, self.home.signing_keys(&known.trust)?)?;
                match self.reach.submit(wire::entry_bytes(&entry)).await {
                    Err(error) if error.is_conflict() => continue,
                    other => other?,
                }
            };
            return self.keep_receipt(&bytes, key, &id, &known.trust);
        }
        Err(ActError::Crowded)
    }

    /// Verifies the receipt of a statement of this party and keeps it.
    pub(crate) fn keep_receipt(
        &self,
        bytes: &[u8],
        key: &str,
        id: &Digest,
        trust: &Trust,
    ) -> Result<(), ActError> {
        let path = self.path("receipts", key, "receipt")?;
        let verified = check(bytes, &path, trust)?;
        if verified.id != *id {
            return Err(ActError::OtherReceipt);
        }
        refresh::mark(&path, verified.grade, &self.trust)?;
        files::write(&path, bytes, Access::Shared)?;
        Ok(())
    }

    pub(crate) fn path(
        &self,
        folder: &str,
        key: &str,
        extension: &str,
    ) -> Result<PathBuf, ActError> {
        let plain = key.parse::<domain::CaseId>().is_ok();
        if !plain {
            return Err(ActError::Request(key.chars().take(80).collect()));
        }
        Ok(self.home.folder().join(folder).join(format!("{key}.{extension}")))
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "edge: waits for another process, not for a rule's clock"
)]
async fn pause() {
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
}

fn check(bytes: &[u8], path: &Path, trust: &Trust) -> Result<VerifiedReceipt, ActError> {
    let verified = Receipt::from_bytes(bytes).and_then(|r| r.verify(trust));
    verified.map_err(|source| ActError::Receipt { kept: path.to_owned(), source })
}

/// A key that no other statement has: its kind and the start of its id.
fn default_key(draft: &Draft) -> String {
    let id: String = draft.id().to_string().chars().take(16).collect();
    format!("{}-{id}", draft.header().kind())
}

fn logged(verified: &VerifiedReceipt, receipt: PathBuf) -> Done {
    Done::Logged { index: verified.index, id: verified.id, kind: verified.kind.clone(), receipt }
}

/// A draft whose signatures are good, and which is the one that was asked for.
fn checked(draft: Draft, id: &Digest, trust: &Trust) -> Result<Draft, ActError> {
    draft.verify(trust)?;
    if draft.id() == *id { Ok(draft) } else { Err(ActError::NoDraft(*id)) }
}
