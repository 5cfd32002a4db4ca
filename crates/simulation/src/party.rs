//! One party: its keys, its clock, its verified view of the log, its fold, and what it has under way.

use crate::cast::{cast, spelled};
use crate::flaw::Flaw;
use access::{Bounds, Event, Reviews};
use domain::{Attested, Digest, PartyId, Span, Timestamp};
use ledger::{Cursor, Draft, Entry, LogFiles, OpenError, Seen, SyncError, statements};
use ledger::{DraftError, NotCounted};
use std::collections::{BTreeMap, BTreeSet};

/// A reader of the log: what it verified, and what it could open of it.
pub(crate) struct Reader {
    pub(crate) id: PartyId,
    pub(crate) cursor: Cursor,
    /// What was opened, in log order.
    pub(crate) read: Vec<Attested<Event>>,
}

impl Reader {
    pub(crate) fn new(party: &PartyId) -> Self {
        Self { id: party.clone(), cursor: Cursor::default(), read: Vec::new() }
    }

    /// Reads on; returns how many statements it read before this.
    ///
    /// # Errors
    /// A log that is not believed, or a statement in it that no host may take.
    pub(crate) fn read_on(&mut self, files: &dyn LogFiles) -> Result<usize, SyncError> {
        let (cast, from) = (cast(), self.read.len());
        let who = Some((&self.id, cast.keys(&self.id)));
        let mut reading = statements(files, &cast.trust, who, self.cursor.clone())?;
        let mut fresh = Vec::new();
        for statement in reading.by_ref() {
            match statement?.attested::<Event>() {
                Ok(attested) => fresh.push(attested),
                Err(NotCounted::Content(
                    OpenError::NotReader { .. } | OpenError::Schema { .. },
                )) => {}
                Err(
                    NotCounted::Content(_)
                    | NotCounted::Chain(_)
                    | NotCounted::Signatures(_)
                    | NotCounted::Closed(_)
                    | NotCounted::Incomplete(_),
                ) => {}
            }
        }
        if let Some(cursor) = reading.into_cursor() {
            self.cursor = cursor;
            self.read.extend(fresh);
        }
        Ok(from)
    }
}

/// No reviews yet, as every place begins.
pub(crate) fn no_reviews() -> Reviews {
    Reviews::new(cast().directory(), Bounds::default().with_tiers_from(Timestamp::MAX))
}

/// An instant as a clock shows it that is wrong by so many microseconds.
pub(crate) fn shifted(at: Timestamp, skew: i64) -> Timestamp {
    let span = Span::micros(skew.unsigned_abs());
    if skew < 0 { at.before(span) } else { at.after(span) }
}

/// A party.
pub(crate) struct Party {
    pub(crate) id: PartyId,
    /// How wrong its clock is, in microseconds.
    pub(crate) skew: i64,
    pub(crate) reader: Reader,
    /// The live fold.
    pub(crate) reviews: Reviews,
    /// How much of what it has read was folded anew and compared with it.
    pub(crate) compared: usize,
    /// What it has stated and holds no receipt for.
    pub(crate) outbox: Vec<Draft>,
    /// Drafts it offered to others.
    pub(crate) offered: BTreeSet<Digest>,
    /// Verified receipts, by statement, with their indices.
    pub(crate) receipts: BTreeMap<Digest, (u64, Vec<u8>)>,
}

impl Party {
    pub(crate) fn new(id: &str) -> Self {
        let id: PartyId = spelled(id);
        Self {
            reader: Reader::new(&id),
            id,
            skew: 0,
            reviews: no_reviews(),
            compared: 0,
            outbox: Vec::new(),
            offered: BTreeSet::new(),
            receipts: BTreeMap::new(),
        }
    }

    /// Reads on and folds what is new.
    ///
    /// # Errors
    /// A log that is not believed.
    pub(crate) fn sync(&mut self, files: &dyn LogFiles, flaw: Flaw) -> Result<(), SyncError> {
        let from = self.reader.read_on(files)?;
        for statement in self.reader.read.iter().skip(from) {
            if flaw == Flaw::SkipsStatements && statement.index % 7 == 5 {
                continue;
            }
            // what the rules do not admit changes nothing, which the replay checks
            let _not_admitted = self.reviews.apply(statement).err();
        }
        Ok(())
    }

    /// The complete statement at the next place in the party's chain, as far as it knows the log.
    ///
    /// # Errors
    /// Signatures are missing: the party asks only for drafts that have them.
    pub(crate) fn issue(&self, draft: &Draft, now: Timestamp) -> Result<Entry, DraftError> {
        let head = self.reader.cursor.head;
        let seen = Seen { size: head.size, root: Digest::from_bytes(head.root) };
        let now = shifted(now, self.skew).max(draft.header().claimed_at());
        let position = self.reader.cursor.chains.next(&self.id, Some(seen), now);
        draft.clone().issue(position, cast().keys(&self.id))
    }

    /// Keeps a verified receipt: the statement is no longer under way.
    pub(crate) fn keep(&mut self, id: Digest, index: u64, receipt: Vec<u8>) {
        self.receipts.insert(id, (index, receipt));
        self.outbox.retain(|draft| draft.id() != id);
        self.offered.remove(&id);
    }
}
