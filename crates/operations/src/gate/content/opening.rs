//! Opening what was kept: the developer hands out what it has, an evaluator opens what is sealed to it, and anybody who reads the
//! case's uses in the log checks that this is what was asked and answered.

use super::segment::{self, ContentError};
use super::{Plain, context};
use crate::act::{ActError, Ctx};
use crate::files::{self, FileError};
use crate::review::{self, ReviewError};
use access::Event;
use domain::{Digest, GrantId, PartyId, PersonId, Timestamp};
use gateway::{
    Kept, ProofError, RequestId, Side, UseLog, UseLogError, UseProof, UseRecord, commitment,
};
use ledger::{LetterError, open_letter};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

/// Most bytes of a file that is handed from one to another: content in base64, and a proof.
const LIMIT: u64 = 16 << 20;

/// What is sealed to a party, with the proof that the use is in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sealed {
    /// To whom.
    pub party: PartyId,
    /// The use's record and its way to the minute's root.
    pub proof: UseProof,
    /// The letter, in base64.
    pub letter: String,
}

/// What was asked and answered, with the proof that the use is in the log. It is as confidential as the content.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Opening {
    /// The use's record and its way to the minute's root.
    pub proof: UseProof,
    /// What the record's commitments are salted with.
    pub salt: Digest,
    /// The request's body, in base64.
    pub asked: String,
    /// The answer's body, in base64.
    pub answered: String,
    /// Whether the answer's end was not kept.
    pub shortened: bool,
}

/// A file that goes from one to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Given {
    /// Closed.
    Sealed(Sealed),
    /// Open.
    Opening(Opening),
}

/// What an opening came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Checked {
    /// The request.
    pub request: RequestId,
    /// The grant.
    pub grant: GrantId,
    /// The person.
    pub person: PersonId,
    /// The minute in the log.
    pub minute: Timestamp,
    /// The minute's root, as the log has it.
    pub root: Digest,
    /// Whether the whole answer was there to be checked; the request always is.
    pub answer: bool,
    /// Bytes of the request.
    pub asked_bytes: usize,
    /// Bytes of the answer.
    pub answered_bytes: usize,
}

/// Why content was not given, opened or believed.
#[derive(Debug, thiserror::Error)]
pub enum OpeningError {
    /// The log or the home.
    #[error(transparent)]
    Act(#[from] ActError),
    /// The rules' fold.
    #[error(transparent)]
    Review(#[from] ReviewError),
    /// What is kept.
    #[error(transparent)]
    Content(#[from] ContentError),
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The record of uses.
    #[error(transparent)]
    Uses(#[from] UseLogError),
    /// Nothing is kept of it.
    #[error(
        "nothing is kept of request `{0}`: the terms keep only digests (terms: content), or it was destroyed when its days were over (terms: retention-days)"
    )]
    NotKept(RequestId),
    /// The file is none of these.
    #[error("{}: {reason}", path.display())]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        reason: String,
    },
    /// It is the other kind of file.
    #[error("{} is {is}; {instead}", path.display())]
    Other {
        /// Which file.
        path: PathBuf,
        /// What it is.
        is: &'static str,
        /// What to do.
        instead: &'static str,
    },
    /// Sealed to someone else.
    #[error("it is sealed to `{0}`, not to you")]
    NotYours(PartyId),
    /// The letter does not open.
    #[error("the sealed content does not open; keep it as evidence")]
    Letter(#[from] LetterError),
    /// The letter holds something else.
    #[error("what was sealed is no content; keep it as evidence")]
    Inside,
    /// The minute is not in the log.
    #[error(
        "the log has no uses of grant `{grant}` in minute {minute} that you can read; if it has just ended, try again in a minute"
    )]
    NotLogged {
        /// Which grant.
        grant: GrantId,
        /// Which minute.
        minute: Timestamp,
    },
    /// The proof does not lead to the log.
    #[error("the record is not the one in the log; keep the file as evidence")]
    Proof(#[from] ProofError),
    /// The content is not what was recorded.
    #[error("the {0} is not what the record in the log commits to; keep the file as evidence")]
    Differs(&'static str),
}

impl OpeningError {
    /// Whether everything could be read and the answer is no.
    pub const fn is_no(&self) -> bool {
        matches!(
            self,
            Self::NotKept(_)
                | Self::NotYours(_)
                | Self::Letter(_)
                | Self::Inside
                | Self::NotLogged { .. }
                | Self::Proof(_)
                | Self::Differs(_)
        )
    }
}

/// What the developer's home has of a request, as it may be handed out.
///
/// # Errors
/// Nothing is kept, or the use is not on file.
pub fn give(home: &Path, request: RequestId) -> Result<Given, OpeningError> {
    let found = segment::find(&segment::folder(home), request)?;
    let (frame, file) = found.ok_or(OpeningError::NotKept(request))?;
    let proof = UseLog::prove_from(&home.join("uses.log"), request)?;
    if frame.sealed {
        let letter = data_encoding::BASE64.encode(&frame.bytes);
        return Ok(Given::Sealed(Sealed { party: frame.party, proof, letter }));
    }
    let plain = segment::decrypt(&file, &frame)?;
    Ok(Given::Opening(opening(proof, &plain)?))
}

fn opening(proof: UseProof, plain: &[u8]) -> Result<Opening, OpeningError> {
    let Plain { salt, asked, answered, shortened } =
        segment::plain(plain).ok_or(OpeningError::Inside)?;
    let base64 = |bytes| data_encoding::BASE64.encode(bytes);
    let (asked, answered) = (base64(asked), base64(answered));
    Ok(Opening { proof, salt: Digest::from_bytes(salt), asked, answered, shortened })
}

/// Opens what is sealed to this party, and checks it as [`check`] does.
///
/// # Errors
/// It is sealed to others, or is not what the log says.
pub async fn open(ctx: &Ctx, path: &Path) -> Result<(Opening, Checked), OpeningError> {
    let Given::Sealed(Sealed { party, proof, letter }) = read(path)? else {
        let (is, instead) = ("open already", "`vestibule gateway check` compares it with the log");
        return Err(OpeningError::Other { path: path.to_owned(), is, instead });
    };
    if party != *ctx.home.id() {
        return Err(OpeningError::NotYours(party));
    }
    let letter = decoded(path, "letter", &letter)?;
    let request = record(&proof)?.request;
    let plain = open_letter((&party, ctx.home.keys()), &context(request), &letter)?;
    let opening = opening(proof, &plain)?;
    let checked = checked(ctx, path, &opening).await?;
    Ok((opening, checked))
}

/// Checks an opening against this party's own copy of the log.
///
/// # Errors
/// It is not what the log says.
pub async fn check(ctx: &Ctx, path: &Path) -> Result<Checked, OpeningError> {
    match read(path)? {
        Given::Opening(opening) => checked(ctx, path, &opening).await,
        Given::Sealed(_) => {
            let (is, instead) = ("sealed", "who can read it opens it by `vestibule gateway open`");
            Err(OpeningError::Other { path: path.to_owned(), is, instead })
        }
    }
}

fn read(path: &Path) -> Result<Given, OpeningError> {
    let text = Zeroizing::new(files::read(path, LIMIT)?);
    serde_json::from_slice(&text).map_err(|error| {
        let reason = error.to_string();
        OpeningError::Malformed { path: path.to_owned(), reason }
    })
}

fn decoded(path: &Path, what: &str, text: &str) -> Result<Zeroizing<Vec<u8>>, OpeningError> {
    data_encoding::BASE64.decode(text.as_bytes()).map(Zeroizing::new).map_err(|error| {
        let reason = format!("`{what}`: {error}");
        OpeningError::Malformed { path: path.to_owned(), reason }
    })
}

/// The record that a proof is about. It is believed only once the proof leads to the log.
fn record(proof: &UseProof) -> Result<UseRecord, OpeningError> {
    Ok(proof.record()?)
}

async fn checked(ctx: &Ctx, path: &Path, opening: &Opening) -> Result<Checked, OpeningError> {
    let claimed = record(&opening.proof)?;
    let (root, count) = logged(ctx, &claimed.grant, claimed.minute).await?;
    let record = opening.proof.verify(&root, count)?;
    let asked = decoded(path, "asked", &opening.asked)?;
    let answered = decoded(path, "answered", &opening.answered)?;
    let digest = |side, bytes: &[u8]| match record.content {
        Some(Kept::Sealed) => commitment(side, opening.salt.as_bytes(), bytes),
        Some(Kept::Visible) | None => Digest::of(bytes),
    };
    if digest(Side::Request, &asked) != record.request_digest {
        return Err(OpeningError::Differs("request"));
    }
    if !opening.shortened && digest(Side::Answer, &answered) != record.response_digest {
        return Err(OpeningError::Differs("answer"));
    }
    Ok(Checked {
        request: record.request,
        grant: record.grant,
        person: record.person,
        minute: record.minute,
        root,
        answer: !opening.shortened,
        asked_bytes: asked.len(),
        answered_bytes: answered.len(),
    })
}

/// Root and count of a grant's minute, as the log has them.
async fn logged(
    ctx: &Ctx,
    grant: &GrantId,
    minute: Timestamp,
) -> Result<(Digest, u64), OpeningError> {
    let known = ctx.known().await?;
    let mut found = None;
    let _ = review::reviews_with(&known, &known.trust, |event| {
        if let Event::UsesRecorded(uses) = event
            && uses.grant == *grant
            && uses.minute == minute
        {
            found = Some((uses.root, uses.count));
        }
    });
    found.ok_or_else(|| OpeningError::NotLogged { grant: grant.clone(), minute })
}
