//! Committing to a value now and opening it later, in numbered slots.
//!
//! Salt and value stay in the home's `slots/` until they are revealed. They are written there before anything is
//! stated, so a killed command loses nothing, and a second one with the same value states the same.

use crate::act::{ActError, Ctx, Done, Readers};
use crate::files::{self, Access, FileError};
use crate::fold::Refused;
use domain::{Digest, Line, PartyId, Statement, Timestamp};
use ledger::reveal::{MAX_SLOTS, MAX_VALUE, Slot, commitment};
use std::path::{Path, PathBuf};

/// What is committed to.
#[derive(Debug, Clone)]
pub struct Commit {
    /// The set.
    pub set: Line,
    /// Which slot, and of how many.
    pub slot: (u16, u16),
    /// Family and version of the value.
    pub schema: Line,
    /// When it is opened at the latest.
    pub reveal_by: Timestamp,
    /// Who attests the commitment.
    pub notary: PartyId,
    /// The value.
    pub value: Vec<u8>,
}

/// Why nothing was committed or revealed.
#[derive(Debug, thiserror::Error)]
pub enum RevealError {
    /// What stating met.
    #[error(transparent)]
    Act(#[from] ActError),
    /// A file of the home.
    #[error(transparent)]
    File(#[from] FileError),
    /// Not a slot of its set.
    #[error("slot {slot} of {slots}: write it as 1/3, at most {MAX_SLOTS} slots")]
    Slot {
        /// The slot.
        slot: u16,
        /// How many.
        slots: u16,
    },
    /// The time is over.
    #[error("it would have to be revealed by {0}, which is not ahead")]
    Past(Timestamp),
    /// The notary is the committer.
    #[error("the notary must be another party than the one that commits")]
    OwnNotary,
    /// A value too long.
    #[error("the value has {0} bytes; at most {MAX_VALUE} are committed to. Commit to its SHA-256")]
    TooLong(usize),
    /// The slot is taken by another value.
    #[error("slot {slot} of `{set}` was committed to with another value; {} has it", path.display())]
    Taken {
        /// The set.
        set: Line,
        /// The slot.
        slot: u16,
        /// The file.
        path: PathBuf,
    },
    /// Nothing kept.
    #[error("this home did not commit to slot {slot} of `{set}`: {} is missing", path.display())]
    Unknown {
        /// The set.
        set: Line,
        /// The slot.
        slot: u16,
        /// The file.
        path: PathBuf,
    },
    /// The kept file is damaged.
    #[error("{} can't be read as a committed value", .0.display())]
    Damaged(PathBuf),
}

/// Most bytes of a kept value.
const LIMIT: u64 = 1 << 20;

fn kept(ctx: &Ctx, set: &Line, slot: u16) -> PathBuf {
    let name: String = Digest::of(set.as_str().as_bytes()).to_string().chars().take(16).collect();
    ctx.home.folder().join("slots").join(format!("{name}-{slot}.slot"))
}

fn read(path: &Path) -> Result<Slot, RevealError> {
    let bytes = files::read(path, LIMIT)?;
    Slot::from_bytes(&bytes).map_err(|_| RevealError::Damaged(path.to_owned()))
}

/// Commits to a value. The notary must sign before it counts.
///
/// # Errors
/// See [`RevealError`].
pub async fn commit(ctx: &Ctx, asked: Commit, request: Option<&str>) -> Result<Done, RevealError> {
    if let Some(done) = ctx.repeated(request).await? {
        return Ok(done);
    }
    let Commit { set, slot: (slot, slots), schema, reveal_by, notary, value } = asked;
    if slot == 0 || slot > slots || slots > MAX_SLOTS {
        return Err(RevealError::Slot { slot, slots });
    }
    if reveal_by <= ctx.clock.now() {
        return Err(RevealError::Past(reveal_by));
    }
    if value.len() > MAX_VALUE {
        return Err(RevealError::TooLong(value.len()));
    }
    let by = ctx.home.id().clone();
    if notary == by {
        return Err(RevealError::OwnNotary);
    }
    let path = kept(ctx, &set, slot);
    let mut salt = [0; 32];
    if path.exists() {
        match read(&path)? {
            Slot::Revealed { salt: before, value: fixed, schema: of, .. }
                if fixed == value && of == schema =>
            {
                salt = before;
            }
            Slot::Revealed { .. } | Slot::Committed { .. } => {
                return Err(RevealError::Taken { set, slot, path });
            }
        }
    } else {
        ctx.random.fill(&mut salt);
        let opening = Slot::Revealed {
            set: set.clone(),
            slot,
            by: by.clone(),
            schema: schema.clone(),
            salt,
            value: value.clone(),
        };
        files::write(&path, &opening.to_bytes(), Access::Private)?;
    }
    let commitment = commitment(&set, (slot, slots), &schema, &salt, &value);
    let event = Slot::Committed { set, slot, slots, schema, reveal_by, commitment, by, notary };
    Ok(ctx.state(&event, &Readers::Public, request).await?)
}

/// Opens what this home committed to, to these parties or to everyone.
///
/// # Errors
/// See [`RevealError`].
pub async fn reveal(
    ctx: &Ctx,
    set: Line,
    slot: u16,
    readers: &Readers,
    request: Option<&str>,
) -> Result<Done, RevealError> {
    if let Some(done) = ctx.repeated(request).await? {
        return Ok(done);
    }
    let path = kept(ctx, &set, slot);
    if !path.exists() {
        return Err(RevealError::Unknown { set, slot, path });
    }
    Ok(ctx.state(&read(&path)?, readers, request).await?)
}

/// What a party that is asked to notarise a commitment thinks of it.
pub(crate) fn judge(ctx: &Ctx, event: &Slot) -> Result<(), Refused> {
    let refuse = |code, detail: &str| Err(Refused { code, detail: detail.to_owned() });
    match event {
        Slot::Revealed { .. } => refuse("not-shared", "a reveal is its issuer's alone"),
        Slot::Committed { by, notary, .. } if ![by, notary].contains(&ctx.home.id()) => {
            refuse("not-the-notary", "the commitment names another notary")
        }
        Slot::Committed { slot, slots, .. } if *slot == 0 || slot > slots || *slots > MAX_SLOTS => {
            refuse("no-such-slot", "the slot is not one of its set")
        }
        Slot::Committed { reveal_by, .. } if *reveal_by <= ctx.clock.now() => {
            refuse("past", "the time to reveal it is over")
        }
        Slot::Committed { .. } => Ok(()),
    }
}
