//! Time-stamp tokens (RFC 3161) over checkpoints: an authority that has nothing to do with the log says by when its tree
//! existed, and so every statement in it.
//!
//! What is stamped is the text of the receipt's checkpoint (origin, size and SHA-256 root). Cosignatures that come later
//! leave it as it is, and one token serves every statement in the tree. The authority sees a digest.

use crate::ctx::Random;
use crate::files::{self, Access, FileError};
use crate::http::{Http, HttpError};
use domain::{Digest, Timestamp};
use http::Method;
use ledger::{Bundle, BundleError, Receipt, ReceiptError, Trust, VerifiedReceipt};
use serde::Serialize;
use std::path::{Path, PathBuf};
use std::time::Duration;
use timestamp::{Authorities, MAX_TOKEN, Query, Stamped, TimestampError, Token};

/// Most bytes of a receipt or bundle.
const LIMIT: u64 = 2 << 20;
/// Most bytes of a list of authorities.
const AUTHORITIES: u64 = 1 << 20;
/// Longest wait for an authority.
const PATIENCE: Duration = Duration::from_secs(30);

/// What an authority says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct StampView {
    /// The statement's place in the log.
    pub index: u64,
    /// The statement's id.
    pub id: Digest,
    /// Leaves in the tree that was stamped.
    pub size: u64,
    /// When the authority says that the tree existed.
    pub existed_by: Timestamp,
    /// How far off that may be, in milliseconds, if the authority says so.
    pub accuracy_ms: Option<u64>,
    /// Who says so: the subject of its certificate.
    pub authority: String,
    /// The authority's policy, an object identifier.
    pub policy: String,
    /// The token's serial number in hexadecimal.
    pub serial: String,
    /// The token's length in bytes.
    pub bytes: usize,
}

/// Why there is no token or it is not believed.
#[derive(Debug, thiserror::Error)]
pub enum StampError {
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The receipt.
    #[error("{}", path.display())]
    Receipt {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        source: ReceiptError,
    },
    /// The bundle.
    #[error("{}", path.display())]
    Bundle {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        source: BundleError,
    },
    /// The bundle carries none.
    #[error("{}: it carries no time-stamp token; name one with `--token FILE`", .0.display())]
    NoToken(PathBuf),
    /// A query, an answer, a token, or the authorities.
    #[error("{}", path.display())]
    Token {
        /// Which file.
        path: PathBuf,
        /// What is wrong.
        #[source]
        source: TimestampError,
    },
    /// The authority's answer.
    #[error("the answer of {url}")]
    Answer {
        /// Whose.
        url: String,
        /// What is wrong.
        #[source]
        source: TimestampError,
    },
    /// The authority can't be reached.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The authority answered with an error of HTTP.
    #[error("{url} answered {status}: {shown}")]
    Status {
        /// Who.
        url: String,
        /// The HTTP status.
        status: u16,
        /// The start of what it said.
        shown: String,
    },
    /// No answer in time.
    #[error("no answer from {url} within {} s", PATIENCE.as_secs())]
    Late {
        /// Who.
        url: String,
    },
}

/// A receipt or bundle that was verified, and what of it is stamped.
#[derive(Debug)]
pub struct Subject {
    path: PathBuf,
    text: Vec<u8>,
    verified: VerifiedReceipt,
    carried: Option<Vec<u8>>,
}

impl Subject {
    /// Reads and verifies a receipt or a bundle.
    ///
    /// # Errors
    /// See [`StampError`].
    pub fn read(path: &Path, trust: &Trust) -> Result<Self, StampError> {
        let bytes = files::read(path, LIMIT)?;
        let named = path.to_owned();
        let (receipt, verified, carried) = if Bundle::is_bundle(&bytes) {
            let wrong = |source| StampError::Bundle { path: path.to_owned(), source };
            let bundle = Bundle::from_bytes(&bytes).map_err(wrong)?;
            let verified = bundle.verify(trust).map_err(wrong)?;
            (bundle.receipt().clone(), verified, bundle.stamp().map(<[u8]>::to_vec))
        } else {
            let wrong = |source| StampError::Receipt { path: path.to_owned(), source };
            let receipt = Receipt::from_bytes(&bytes).map_err(wrong)?;
            let verified = receipt.verify(trust).map_err(wrong)?;
            (receipt, verified, None)
        };
        let text = receipt.checkpoint().note().text().as_bytes().to_vec();
        Ok(Self { path: named, text, verified, carried })
    }

    /// A query about it, written to a file for somebody to carry to an authority.
    ///
    /// # Errors
    /// See [`StampError`].
    pub fn write_query(&self, out: &Path, random: &dyn Random) -> Result<usize, StampError> {
        let query = self.query(random)?;
        files::write(out, query.to_der(), Access::Shared)?;
        Ok(query.to_der().len())
    }

    /// Asks an authority over HTTP, and writes the token once it is verified.
    ///
    /// # Errors
    /// See [`StampError`].
    pub async fn ask(
        &self,
        url: &str,
        authorities: &Authorities,
        out: &Path,
        random: &dyn Random,
    ) -> Result<StampView, StampError> {
        let query = self.query(random)?;
        let http = Http::new(url)?;
        let body = query.to_der().to_vec().into();
        let asked = http.ask_as("application/timestamp-query", Method::POST, "", body, MAX_TOKEN);
        let answer = tokio::time::timeout(PATIENCE, asked).await;
        let answer = answer.map_err(|_| StampError::Late { url: url.to_owned() })??;
        if answer.status != 200 {
            let (url, status, shown) = (url.to_owned(), answer.status, answer.shown());
            return Err(StampError::Status { url, status, shown });
        }
        let wrong = |source| StampError::Answer { url: url.to_owned(), source };
        let token = Token::from_answer(&answer.body).map_err(wrong)?;
        let stamped = token.verify(&self.text, Some(&query), authorities).map_err(wrong)?;
        files::write(out, token.to_der(), Access::Shared)?;
        Ok(self.view(stamped, token.to_der().len()))
    }

    /// Takes an answer that somebody carried back to the query, and writes the token once it is verified.
    ///
    /// # Errors
    /// See [`StampError`].
    pub fn take(
        &self,
        answer: &Path,
        query: &Path,
        authorities: &Authorities,
        out: &Path,
    ) -> Result<StampView, StampError> {
        let asked = Query::from_der(&read(query)?).map_err(in_file(query))?;
        let token = Token::from_answer(&read(answer)?).map_err(in_file(answer))?;
        let stamped = token.verify(&self.text, Some(&asked), authorities);
        let stamped = stamped.map_err(in_file(answer))?;
        files::write(out, token.to_der(), Access::Shared)?;
        Ok(self.view(stamped, token.to_der().len()))
    }

    /// Checks a token offline: the file's, or the one that the bundle carries.
    ///
    /// # Errors
    /// See [`StampError`].
    pub fn check(
        &self,
        token: Option<&Path>,
        authorities: &Authorities,
    ) -> Result<StampView, StampError> {
        let (path, bytes) = match (token, &self.carried) {
            (Some(path), _) => (path, read(path)?),
            (None, Some(carried)) => (self.path.as_path(), carried.clone()),
            (None, None) => return Err(StampError::NoToken(self.path.clone())),
        };
        let token = Token::from_der(&bytes).map_err(in_file(path))?;
        let stamped = token.verify(&self.text, None, authorities).map_err(in_file(path))?;
        Ok(self.view(stamped, bytes.len()))
    }

    fn query(&self, random: &dyn Random) -> Result<Query, StampError> {
        let mut nonce = [0; 16];
        random.fill(&mut nonce);
        Query::new(&self.text, nonce).map_err(in_file(&self.path))
    }

    fn view(&self, stamped: Stamped, bytes: usize) -> StampView {
        let micros = i64::try_from(stamped.at.as_micros()).ok();
        let existed_by = micros.and_then(Timestamp::from_micros);
        StampView {
            index: self.verified.index,
            id: self.verified.id,
            size: self.verified.size,
            // a certificate for time stamping that is good on the last days of 9999 says no more than that
            existed_by: existed_by.unwrap_or(Timestamp::MAX),
            accuracy_ms: stamped.accuracy.and_then(|a| u64::try_from(a.as_millis()).ok()),
            authority: stamped.authority,
            policy: stamped.policy,
            serial: stamped.serial,
            bytes,
        }
    }
}

/// Reads the certificates of the authorities that a person believes, in PEM.
///
/// # Errors
/// See [`StampError`].
pub fn authorities(path: &Path) -> Result<Authorities, StampError> {
    Authorities::from_pem(&files::read(path, AUTHORITIES)?).map_err(in_file(path))
}

fn read(path: &Path) -> Result<Vec<u8>, FileError> {
    files::read(path, MAX_TOKEN as u64)
}

fn in_file(path: &Path) -> impl Fn(TimestampError) -> StampError {
    let path = path.to_owned();
    move |source| StampError::Token { path: path.clone(), source }
}

#[cfg(test)]
mod tests;
