//! The fold of a use log's entries: who spent what, what is open, which minutes await their root.

use super::MinuteSummary;
use super::format::{Entry, Grown, Recorded};
use crate::content::Kept;
use crate::merkle;
use crate::record::{Intent, RequestId, UseRecord};
use crate::{DayUse, OwnMinute, Spent};
use access::Used;
use domain::{Digest, GrantId, Span, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// The state after some entries. Replaying a file and having written it give the same book.
#[derive(Debug, Default)]
pub(crate) struct Book {
    /// What each grant was charged in all, and what it used on its latest day.
    spent: BTreeMap<GrantId, (u64, Option<DayUse>)>,
    open: BTreeMap<RequestId, Intent>,
    minutes: BTreeMap<(Timestamp, GrantId), Minute>,
    /// Minutes whose root is in the transparency log, while it is not known that their tokens are counted there.
    uncounted: BTreeMap<(Timestamp, GrantId), OwnMinute>,
    /// Records go to this minute or a later one; earlier ones are closed.
    floor: Option<Timestamp>,
    /// The first minute among records that are being written now.
    writing: Option<Timestamp>,
}

/// What the earlier entries of a batch will have done.
#[derive(Debug, Default)]
pub(super) struct Batch {
    intended: BTreeSet<RequestId>,
    ended: BTreeSet<RequestId>,
    recorded: BTreeSet<(Timestamp, GrantId)>,
}

#[derive(Debug, Default)]
struct Minute {
    leaves: Vec<Digest>,
    /// The root, once it was asked for and the minute takes no more.
    root: Option<Digest>,
    tokens_in: u64,
    tokens_out: u64,
    /// What was charged of it to requests that were permitted on the minute's own day.
    of_day: Used,
    /// Whether its tokens are known to be counted by the transparency log.
    counted: bool,
}

impl Book {
    /// Takes an entry that is durable; `line` is its line without the line feed.
    pub(crate) fn apply(&mut self, entry: &Entry, line: &[u8]) -> Result<(), String> {
        match entry {
            Entry::Opened(opened) if !super::KNOWN.contains(&opened.format) => {
                Err(format!("format {} is not known", opened.format))
            }
            Entry::Opened(_) | Entry::Destroyed(_) | Entry::Commit(_) => Ok(()),
            Entry::Intent(intent) => match self.open.insert(intent.request, intent.clone()) {
                Some(_) => Err(format!("request {} was intended twice", intent.request)),
                None => Ok(()),
            },
            Entry::Grown(grown) => match self.open.get_mut(&grown.request) {
                Some(intent) => {
                    intent.reserved = intent.reserved.max(grown.reserved);
                    Ok(())
                }
                None => Err(format!("request {} grows and is not open", grown.request)),
            },
            Entry::Use(record) => self.close(record, line),
            Entry::Recorded(recorded) => self.recorded(recorded),
        }
    }

    /// Whether an entry that is about to be written will apply, after the earlier ones of its batch.
    pub(super) fn admits(&self, entry: &Entry, batch: &mut Batch) -> Result<(), String> {
        match entry {
            Entry::Opened(_) | Entry::Destroyed(_) | Entry::Commit(_) => Ok(()),
            Entry::Intent(Intent { request, .. }) => {
                let fresh = !self.open.contains_key(request) && batch.intended.insert(*request);
                if fresh { Ok(()) } else { Err(format!("request {request} was intended before")) }
            }
            Entry::Grown(Grown { request, .. }) => {
                let open = self.is_open_after(*request, batch);
                if open { Ok(()) } else { Err(format!("request {request} grows and is not open")) }
            }
            Entry::Use(UseRecord { request, .. }) => {
                if self.is_open_after(*request, batch) && batch.ended.insert(*request) {
                    Ok(())
                } else {
                    Err(format!("request {request} is not open"))
                }
            }
            Entry::Recorded(recorded) => {
                let key = (recorded.minute, recorded.grant.clone());
                let root = self.minutes.get(&key).map(|m| merkle::root(&m.leaves));
                if root == Some(recorded.root) && batch.recorded.insert(key) {
                    Ok(())
                } else {
                    Err("no closed minute with this root awaits being recorded".to_owned())
                }
            }
        }
    }

    /// Whether a request was intended, durably or in this batch, and has no outcome in either.
    fn is_open_after(&self, request: RequestId, batch: &Batch) -> bool {
        let intended = self.open.contains_key(&request) || batch.intended.contains(&request);
        intended && !batch.ended.contains(&request)
    }

    /// Whether a request was intended durably and has no outcome.
    pub(super) fn is_open(&self, request: RequestId) -> bool {
        self.open.contains_key(&request)
    }

    fn close(&mut self, record: &UseRecord, line: &[u8]) -> Result<(), String> {
        if record.traits.shows_prompt() && record.content != Some(Kept::Visible) {
            return Err(format!("request {} shows what its terms don't", record.request));
        }
        if self.open.remove(&record.request).is_none() {
            return Err(format!("request {} has an outcome but no intent", record.request));
        }
        let (whole, latest) = self.spent.entry(record.grant.clone()).or_default();
        *whole = whole.saturating_add(record.charged);
        // what a request costs belongs to the day in which it was permitted
        let day = record.started_at.day();
        let (tokens_in, tokens_out) = charged(record);
        let counts = Used { requests: u64::from(record.charged > 0), tokens_in, tokens_out };
        let used = latest.get_or_insert_with(|| DayUse::begun(record, day));
        if used.day < day {
            *used = DayUse::begun(record, day);
        }
        if used.day == day {
            used.used = used.used.plus(counts);
        }
        let minute = self.minutes.entry((record.minute, record.grant.clone())).or_default();
        minute.leaves.push(merkle::leaf(line));
        if record.minute.day() == day {
            minute.of_day = minute.of_day.plus(counts);
        }
        minute.tokens_in = minute.tokens_in.saturating_add(tokens_in);
        minute.tokens_out = minute.tokens_out.saturating_add(tokens_out);
        Ok(())
    }

    fn recorded(&mut self, recorded: &Recorded) -> Result<(), String> {
        let key = (recorded.minute, recorded.grant.clone());
        let Some(minute) = self.minutes.get(&key) else {
            return Err(format!("minute {} of grant `{}` has no uses", key.0, key.1));
        };
        if merkle::root(&minute.leaves) != recorded.root {
            return Err(format!("minute {} of grant `{}` has another root", key.0, key.1));
        }
        if let Some(minute) = self.minutes.remove(&key).filter(|minute| !minute.counted) {
            self.uncounted.insert(key.clone(), minute.own(&key, recorded.root));
        }
        self.floor = self.floor.max(Some(next(recorded.minute)));
        Ok(())
    }

    /// After a replay: whatever the clock says now, no minute that is on file takes more records,
    /// because its root may have been given out.
    pub(super) fn replayed(&mut self) {
        self.floor = self.floor.max(self.end());
    }

    /// Gives a record the minute it will belong to, before it is written.
    pub(super) fn place(&mut self, record: &mut UseRecord) {
        record.minute = record.finished_at.minute().max(self.floor.unwrap_or(Timestamp::EPOCH));
        self.writing = Some(self.writing.map_or(record.minute, |m| m.min(record.minute)));
    }

    /// Nothing is being written any more.
    pub(super) fn settled(&mut self) {
        self.writing = None;
    }

    /// Closes the minutes before `now` and sums up those whose root was not yet recorded.
    pub(super) fn minutes_closed(&mut self, now: Timestamp) -> Vec<MinuteSummary> {
        let until = self.writing.map_or(now.minute(), |m| m.min(now.minute()));
        self.floor = self.floor.max(Some(until));
        self.minutes
            .iter_mut()
            .take_while(|((minute, _), _)| *minute < until)
            .map(|((minute, grant), sums)| MinuteSummary {
                grant: grant.clone(),
                minute: *minute,
                root: sums.root(),
                count: u64::try_from(sums.leaves.len()).unwrap_or(u64::MAX),
                tokens_in: sums.tokens_in,
                tokens_out: sums.tokens_out,
            })
            .collect()
    }

    /// Minutes that take no more records and whose tokens are not known to be counted by the transparency log.
    pub(super) fn uncounted(&mut self) -> Vec<OwnMinute> {
        let floor = self.floor.unwrap_or(Timestamp::EPOCH);
        let closed = self.minutes.iter_mut();
        let closed = closed.take_while(|((minute, _), _)| *minute < floor);
        let closed = closed.filter(|(_, minute)| !minute.counted).map(|(key, minute)| {
            let root = minute.root();
            minute.own(key, root)
        });
        self.uncounted.values().cloned().chain(closed).collect()
    }

    /// The transparency log counts these.
    pub(super) fn counted(&mut self, minutes: &[OwnMinute]) {
        for minute in minutes {
            let key = (minute.minute, minute.grant.clone());
            self.uncounted.remove(&key);
            if let Some(minute) = self.minutes.get_mut(&key) {
                minute.counted = true;
            }
        }
    }

    /// The first instant after the last minute with uses that is not recorded.
    pub(super) fn end(&self) -> Option<Timestamp> {
        self.minutes.last_key_value().map(|((minute, _), _)| next(*minute))
    }

    /// Whether a minute takes no more records.
    pub(super) fn is_closed(&self, minute: Timestamp) -> bool {
        self.floor.is_some_and(|floor| minute < floor)
    }

    pub(crate) fn spent(&self) -> Vec<Spent> {
        let each = self.spent.iter();
        each.map(|(grant, (tokens, latest))| Spent {
            grant: grant.clone(),
            tokens: *tokens,
            day: latest.as_ref().map(|used| (used.day, used.used.tokens())),
        })
        .collect()
    }

    pub(super) fn days(&self) -> Vec<DayUse> {
        self.spent.values().filter_map(|(_, latest)| latest.clone()).collect()
    }

    pub(crate) fn open(&self) -> impl Iterator<Item = &Intent> {
        self.open.values()
    }
}

/// The tokens of a prompt and of an answer that a request was charged for.
fn charged(record: &UseRecord) -> (u64, u64) {
    let tokens_in = record.tokens_in.min(record.charged);
    (tokens_in, record.charged - tokens_in)
}

impl DayUse {
    /// A grant's day on which nothing is used yet; whose it is, this record says.
    fn begun(record: &UseRecord, day: Timestamp) -> Self {
        Self {
            grant: record.grant.clone(),
            person: record.person.clone(),
            model: record.model.clone(),
            day,
            used: Used::default(),
        }
    }
}

impl Minute {
    /// The root of a minute that takes no more.
    fn root(&mut self) -> Digest {
        *self.root.get_or_insert_with(|| merkle::root(&self.leaves))
    }

    fn own(&self, (minute, grant): &(Timestamp, GrantId), root: Digest) -> OwnMinute {
        OwnMinute {
            grant: grant.clone(),
            minute: *minute,
            root,
            uses: Used {
                requests: u64::try_from(self.leaves.len()).unwrap_or(u64::MAX),
                tokens_in: self.tokens_in,
                tokens_out: self.tokens_out,
            },
            of_day: self.of_day,
        }
    }
}

fn next(minute: Timestamp) -> Timestamp {
    minute.after(Span::minutes(1))
}
