//! The objects beside a mirrored log: fetched from where the log is published, checked against their leaves, kept.
//!
//! C2SP's protocol carries entries alone. Our log's entries name objects (sealed payloads and signatures), and a copy
//! of the log is worth more with them. An object that is not served was shredded or is withheld; which of the two,
//! the log's statements say. Mirror cosignatures speak of entries only and never wait for objects.

use super::mirror::Mirror;
use crate::http::{Http, HttpError};
use ledger::{Entry, Leaf};
use std::collections::{BTreeMap, BTreeSet};
use store::StoreError;

/// What one pass over the logs brought.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Fetched {
    /// Objects that are new here.
    pub fetched: u64,
    /// Entries whose object is not served.
    pub absent: u64,
    /// Entries for which something was served that is not their object.
    pub wrong: u64,
}

/// Why a pass ended early.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The log's host.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The mirror's own storage.
    #[error("the mirror's storage")]
    Store(#[from] StoreError),
}

/// What was looked at already, in this process. A new one looks at everything once.
#[derive(Debug, Default)]
pub struct Looked {
    /// By log: the first entry that was not looked at.
    next: BTreeMap<String, u64>,
    /// By log: entries whose object was not served; they are asked for again.
    absent: BTreeMap<String, BTreeSet<u64>>,
}

impl Mirror {
    /// Fetches the objects of entries that the mirror has signed for and not looked at yet.
    ///
    /// # Errors
    /// [`FetchError`]; what was fetched before it is kept.
    pub async fn fetch_objects(&self, looked: &mut Looked) -> Result<Fetched, FetchError> {
        let mut all = Fetched::default();
        for (origin, url) in self.sources() {
            let http = Http::new(&url)?;
            let end = self.signed_size(&origin)?;
            let absent = looked.absent.entry(origin.clone()).or_default();
            let next = looked.next.entry(origin.clone()).or_insert(0);
            let again: Vec<u64> = absent.iter().copied().collect();
            for index in again.into_iter().chain(*next..end) {
                match self.fetch_one(&origin, &http, index).await? {
                    One::Fetched => all.fetched += 1,
                    One::There => {}
                    One::Absent => {
                        all.absent += 1;
                        absent.insert(index);
                        continue;
                    }
                    One::Wrong => {
                        all.wrong += 1;
                        absent.insert(index);
                        continue;
                    }
                }
                absent.remove(&index);
            }
            *next = end;
        }
        Ok(all)
    }

    async fn fetch_one(&self, origin: &str, http: &Http, index: u64) -> Result<One, FetchError> {
        let Some(leaf_bytes) = self.entry(origin, index)? else { return Ok(One::There) };
        // a log of another kind has entries that name no object
        let Ok(leaf) = Leaf::from_bytes(&leaf_bytes) else { return Ok(One::There) };
        let path = ledger::object_path(&leaf.id());
        if self.holds(origin, &path)? {
            return Ok(One::There);
        }
        let Some(object) = http.get(&format!("/{path}")).await? else { return Ok(One::Absent) };
        let entry = Entry { leaf: leaf_bytes, object: object.to_vec(), id: leaf.id() };
        if entry.check().is_err() {
            tracing::warn!(origin, index, "what is served as its object is not the one it names");
            return Ok(One::Wrong);
        }
        self.put_object(origin, path, &entry.object)?;
        Ok(One::Fetched)
    }
}

enum One {
    Fetched,
    There,
    Absent,
    Wrong,
}
