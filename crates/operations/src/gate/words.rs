//! The folder of direct words, which is heeded within a tenth of a second.

use crate::word::{self, Found, Said, Standing, Unheard};
use access::{Event, Reviews};
use domain::Digest;
use gateway::{Control, Heard, LiveReviews};
use ledger::Trust;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// How often the folder of words is looked at.
const WORD: Duration = Duration::from_millis(100);

/// The direct words of a home, verified by what it knows of others' keys.
pub(super) struct Words {
    home: PathBuf,
    known: Mutex<Known>,
}

/// What is kept between looks.
struct Known {
    trust: Trust,
    /// The files as they were found last.
    found: Vec<Found>,
    /// Words whose signatures are good, by the digest of the file.
    verified: BTreeMap<Digest, Said>,
    /// What was told of each file.
    told: BTreeSet<(PathBuf, String)>,
    /// How they stood when the rules were asked last.
    heard: Heard,
}

impl Words {
    pub(super) fn of(home: &Path, trust: &Trust) -> Self {
        let known = Known {
            trust: trust.clone(),
            found: Vec::new(),
            verified: BTreeMap::new(),
            told: BTreeSet::new(),
            heard: Heard::default(),
        };
        Self { home: home.to_owned(), known: Mutex::new(known) }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The log said more about keys.
    pub(super) fn learn(&self, trust: &Trust) {
        self.known().trust = trust.clone();
    }

    /// Reads and verifies every word that was given, and says whether anything is other than it was. A withdrawal whose
    /// file is gone was given all the same, and is obeyed for as long as the process lasts: whoever may remove files can't
    /// give access back.
    pub(super) fn hear(&self) -> bool {
        let mut known = self.known();
        let Known { trust, verified: earlier, .. } = &mut *known;
        let mut verified = BTreeMap::new();
        let found = word::given(&self.home, |bytes| {
            let digest = Digest::of(bytes);
            let said = match earlier.get(&digest) {
                Some(said) => said.clone(),
                None => word::read(bytes, trust)?,
            };
            verified.insert(digest, said.clone());
            Ok(said)
        });
        let folder = || self.home.join("words");
        let mut found = found.unwrap_or_else(|error| {
            let word = Err(Unheard::Unverified(crate::plain(&error)));
            vec![Found { path: folder(), word }]
        });
        for (digest, said) in std::mem::take(earlier) {
            let ends = matches!(said.event, Event::AccessWithdrawn(_));
            if ends && !verified.contains_key(&digest) {
                found.push(Found { path: folder(), word: Ok(said.clone()) });
                verified.insert(digest, said);
            }
        }
        *earlier = verified;
        let changed = found != known.found;
        known.found = found;
        changed
    }

    /// Has the rules obey every word that was heard and is somebody's to give, and says how they stand.
    pub(super) fn heed(&self, reviews: &mut Reviews) -> Heard {
        let mut known = self.known();
        // a notice that the rules refused was taken back
        reviews.forget_breaches();
        let (mut heard, mut told) = (Heard::default(), BTreeSet::new());
        for Found { path, word } in &known.found {
            let counts = word.clone().and_then(|said| {
                let (by, at) = (&said.by, said.said_at);
                Ok(match word::heed(reviews, &said)? {
                    Standing::Obeyed => format!("what `{by}` said on {at} is obeyed"),
                    Standing::Remedied => {
                        format!("what `{by}` said on {at} is remedied, and stops nothing")
                    }
                })
            });
            let (count, line) = match counts {
                Ok(line) => (&mut heard.obeyed, line),
                Err(Unheard::Refused(why)) => (
                    &mut heard.refused,
                    format!("this word is refused, and changes nothing: {why}"),
                ),
                Err(Unheard::Unverified(why)) => (
                    &mut heard.unverified,
                    format!(
                        "this word can't be verified, so nothing is forwarded until it is gone or can be: {why}"
                    ),
                ),
            };
            *count += 1;
            told.insert((path.clone(), line));
        }
        for (path, line) in told.difference(&known.told) {
            tracing::warn!("{}: {line}", path.display());
        }
        (known.told, known.heard) = (told, heard);
        heard
    }

    /// Looks for words, for ever.
    pub(super) async fn keep(&self, live: &LiveReviews, control: &Control) {
        let mut tick = tokio::time::interval(WORD);
        let mut marked = None;
        loop {
            tick.tick().await;
            // taken before the files are read: what changes meanwhile is other than this at the next look
            let now = word::marked(&self.home).ok();
            // one that can't be verified is read at every look: it may have been read while it was written
            let same = now.is_some() && now == marked && !control.doubts();
            if !same && self.hear() {
                live.edit(|reviews| self.heed(reviews));
            }
            marked = now;
            // at every look, since a new fold has words heeded, too, and either may say so last
            let heard = self.known().heard;
            control.hears(heard);
        }
    }
}

#[cfg(test)]
mod tests;
