//! Before the first signature: whether the bucket is there, these credentials may use it, and the server keeps the two
//! promises that the commit point rests on.
//!
//! A server that overlooks `If-None-Match` or `If-Match` would let two hosts commit at the same moment: two histories
//! under one key. So both are tried, one after another and many at once, with objects that are removed again.

use super::{Objects, attempt};
use data_encoding::HEXLOWER;
use object_store::{Error, PutMode, PutOptions, PutResult, UpdateVersion};
use std::error::Error as _;
use tokio::task::JoinSet;

/// How many try at once.
const AT_ONCE: u8 = 8;

/// What a bucket does beside keeping objects.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Probed {
    /// It keeps what was replaced or deleted as older versions: shredding leaves ciphertext behind until they are
    /// deleted too.
    pub versioned: bool,
}

/// Why a bucket can't hold a log.
#[derive(Debug, thiserror::Error)]
pub enum ObjectFault {
    /// What was given does not make an address or a client.
    #[error("{place}: {reason}")]
    Place {
        /// Which bucket.
        place: String,
        /// What is wrong.
        reason: String,
    },
    /// No answer.
    #[error(
        "no answer from the object storage at {place}: {reason}; check `endpoint` and `region` in store.toml and the \
         network. Nothing was signed"
    )]
    Unreachable {
        /// Which bucket.
        place: String,
        /// What went wrong.
        reason: String,
    },
    /// The server has no such bucket.
    #[error("{place} does not exist; make the bucket first, or mend `bucket` in store.toml")]
    NoBucket {
        /// Which bucket.
        place: String,
    },
    /// The server does not take the credentials.
    #[error(
        "the object storage refused the credentials for {place}: {reason}; they come from AWS_ACCESS_KEY_ID, \
         AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN or from the host's role, and must be allowed to get, put, list \
         and delete below the prefix"
    )]
    Credentials {
        /// Which bucket.
        place: String,
        /// What it said.
        reason: String,
    },
    /// The server does not keep to conditions.
    #[error(
        "the object storage at {place} does not keep to `{header}` ({seen}), so two hosts could commit at the same \
         moment and make two histories. Nothing was signed; use a server that supports conditional writes"
    )]
    Unconditional {
        /// Which bucket.
        place: String,
        /// The condition.
        header: &'static str,
        /// What was seen.
        seen: String,
    },
}

/// What an error of the library is to a person, outside of conditions.
pub(super) fn fault(place: String, error: &Error) -> ObjectFault {
    let mut reason = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        // most of its errors repeat their causes
        let text = inner.to_string();
        if !reason.contains(&text) {
            reason = format!("{reason}: {text}");
        }
        cause = inner.source();
    }
    let words =
        ["InvalidAccessKeyId", "SignatureDoesNotMatch", "no providers in chain", "169.254."];
    let refused = words.iter().any(|word| reason.contains(word))
        || matches!(error, Error::PermissionDenied { .. } | Error::Unauthenticated { .. });
    if matches!(error, Error::NotFound { .. }) {
        ObjectFault::NoBucket { place }
    } else if refused {
        ObjectFault::Credentials { place, reason }
    } else {
        ObjectFault::Unreachable { place, reason }
    }
}

impl Objects {
    /// Tries the bucket, writing below `probe/` and removing it again.
    ///
    /// # Errors
    /// See [`ObjectFault`].
    pub fn probe(&self) -> Result<Probed, ObjectFault> {
        let (objects, place) = (self.clone(), self.to_string());
        let gone = |e: std::io::Error| ObjectFault::Unreachable {
            place: place.clone(),
            reason: e.to_string(),
        };
        self.wait(async move { Ok(objects.try_probe().await) }).map_err(gone)?
    }

    async fn try_probe(self) -> Result<Probed, ObjectFault> {
        let name = format!("probe/{}", HEXLOWER.encode(&attempt()));
        let done = self.clone().conditions(&name).await;
        for own in ["first", "second"] {
            // what stays is small, and below a name of its own
            let _stays = self.clone().remove(format!("{name}/{own}")).await;
        }
        done
    }

    async fn conditions(self, name: &str) -> Result<Probed, ObjectFault> {
        let unconditional = |header, seen: String| {
            Err(ObjectFault::Unconditional { place: self.to_string(), header, seen })
        };
        let (first, second) = (format!("{name}/first"), format!("{name}/second"));
        let made = self.clone().tried(first.clone(), 0, PutMode::Create).await;
        let made = match made {
            Ok(Some(made)) => made,
            Ok(None) => {
                return unconditional("If-None-Match", "it says a new name is taken".into());
            }
            Err(Error::NotImplemented { .. }) => {
                return unconditional("If-None-Match", "it says so itself".into());
            }
            Err(error) => return Err(fault(self.to_string(), &error)),
        };
        let versioned = made.version.as_ref().is_some_and(|version| version != "null");
        let failed = |error: Error| fault(self.to_string(), &error);
        if self.clone().tried(first.clone(), 1, PutMode::Create).await.map_err(failed)?.is_some() {
            return unconditional("If-None-Match", "it replaced an object that was there".into());
        }
        let won = self.clone().race(second.clone(), PutMode::Create).await.map_err(failed)?;
        if won != 1 {
            return unconditional("If-None-Match", format!("{won} of {AT_ONCE} at once made it"));
        }
        let right = UpdateVersion { e_tag: made.e_tag, version: made.version };
        let wrong = UpdateVersion {
            e_tag: Some("\"00000000000000000000000000000000\"".to_owned()),
            version: None,
        };
        let other = self.clone().tried(first.clone(), 2, PutMode::Update(wrong)).await;
        if other.map_err(failed)?.is_some() {
            return unconditional("If-Match", "it replaced an object of another version".into());
        }
        let won = self.clone().race(first, PutMode::Update(right)).await.map_err(failed)?;
        if won != 1 {
            return unconditional(
                "If-Match",
                format!("{won} of {AT_ONCE} at once replaced one version"),
            );
        }
        Ok(Probed { versioned })
    }

    /// Puts a small object; none if the condition did not hold.
    async fn tried(
        self,
        path: String,
        content: u8,
        mode: PutMode,
    ) -> Result<Option<PutResult>, Error> {
        let options = PutOptions { mode, ..PutOptions::default() };
        match self.store.put_opts(&self.path(&path), vec![content].into(), options).await {
            Ok(done) => Ok(Some(done)),
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// How many of several at once succeed.
    async fn race(self, path: String, mode: PutMode) -> Result<usize, Error> {
        let mut tasks = JoinSet::new();
        for content in 10..10 + AT_ONCE {
            tasks.spawn(self.clone().tried(path.clone(), content, mode.clone()));
        }
        let done = tasks.join_all().await;
        let done: Vec<_> = done.into_iter().collect::<Result<_, _>>()?;
        Ok(done.iter().flatten().count())
    }
}
