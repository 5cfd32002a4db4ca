//! Nouns every crate shares: ids, instants, digests, parties, statements, vocabulary.
//!
//! Nothing here decides anything. A type moves here when a second crate must name it, and brings
//! no more behaviour than parse, print, compare and encode. There is no clock, no randomness and
//! no I/O in this crate.
#![warn(clippy::wildcard_enum_match_arm, missing_docs)]

mod causes;
mod digest;
mod id;
mod party;
mod statement;
mod text;
mod time;
mod vocabulary;
pub mod wire;

pub use causes::causes;
pub use digest::{Digest, Digest384, ParseDigestError};
pub use id::{
    AdvisoryId, AssetId, CaseId, ClaimId, FindingId, GrantId, IncidentId, ModelId, NominationId,
    NoticeId, PackageId, ParseIdError, PartyId, PersonId, RunId, TermsId, WindowId,
};
pub use party::{Party, Role};
pub use statement::{Attested, Statement};
pub use text::{Line, ParseTextError, Text};
pub use time::{LatestDays, ParseTimestampError, Span, Timestamp};
pub use vocabulary::{Vocabulary, VocabularyError};
