//! What is said of one package, before it is packed.

use crate::flaw::Origin;
use std::collections::{BTreeMap, BTreeSet};
use versions::{Interval, VersionKey};

/// What records say of one package.
#[derive(Debug, Clone, Default)]
pub(super) struct Draft {
    /// What each record affects, in any order, overlapping or not.
    pub(super) intervals: Vec<(u32, Interval)>,
    /// Every record about it.
    pub(super) all: Vec<u32>,
    /// Records that leave a doubt about every version they don't affect, and why.
    pub(super) doubts: Vec<(u32, Box<str>)>,
    /// Listed versions that don't parse.
    pub(super) spellings: Vec<(u32, Box<str>)>,
    /// Versions in which something was fixed, as written.
    pub(super) fixes: Vec<(VersionKey, Box<str>)>,
}

/// Lists of records at the boundaries of a package.
#[derive(Debug)]
pub(super) enum Lists {
    /// Every boundary with all records that affect what follows it.
    Plain(Vec<Vec<u32>>),
    /// A segment tree over the boundaries: a version's records are those of the nodes above its leaf.
    Tree {
        /// A power of two.
        leaves: usize,
        /// Lists by node; node 0 is none, node 1 the root.
        nodes: Vec<Vec<u32>>,
    },
}

impl Draft {
    /// Gives records their final numbers, and makes one of what is said twice.
    pub(super) fn renumber(&mut self, number: impl Fn(u32) -> u32) {
        self.intervals.iter_mut().for_each(|(record, _)| *record = number(*record));
        self.all.iter_mut().for_each(|record| *record = number(*record));
        self.doubts.iter_mut().for_each(|(record, _)| *record = number(*record));
        self.spellings.iter_mut().for_each(|(record, _)| *record = number(*record));
        self.intervals = disjoint(std::mem::take(&mut self.intervals));
        self.all.sort_unstable();
        self.all.dedup();
        self.doubts.sort();
        self.doubts.dedup_by_key(|(record, _)| *record);
        self.spellings.sort();
        self.spellings.dedup();
        self.fixes.sort();
        self.fixes.dedup_by(|a, b| a.0 == b.0);
    }

    /// Of several records about one flaw keeps what the best informed says; `of` tells a record's flaw and who
    /// tells it.
    pub(super) fn keep_best(&mut self, of: impl Fn(u32) -> Option<(u32, Origin)>) {
        let mut best: BTreeMap<u32, Origin> = BTreeMap::new();
        for (flaw, origin) in self.all.iter().filter_map(|record| of(*record)) {
            let held = best.entry(flaw).or_insert(origin);
            *held = origin.min(*held);
        }
        let counts =
            |record: u32| of(record).is_none_or(|(flaw, origin)| best.get(&flaw) == Some(&origin));
        self.intervals.retain(|(record, _)| counts(*record));
        self.doubts.retain(|(record, _)| counts(*record));
        self.spellings.retain(|(record, _)| counts(*record));
        self.all.retain(|record| counts(*record));
    }

    /// Boundaries, ascending, and the lists at them.
    pub(super) fn lists(&self) -> (Vec<&VersionKey>, Lists) {
        let mut steps: BTreeMap<&VersionKey, i64> = BTreeMap::new();
        for (_, interval) in &self.intervals {
            *steps.entry(&interval.from).or_default() += 1;
            if let Some(until) = &interval.until {
                *steps.entry(until).or_default() -= 1;
            }
        }
        let (mut open, mut whole) = (0, 0);
        for step in steps.values() {
            open += step;
            whole += open;
        }
        let bounds: Vec<&VersionKey> = steps.into_keys().collect();
        let lists = if whole > self.worth_a_tree(bounds.len()) {
            self.tree(&bounds)
        } else {
            self.plain(&bounds)
        };
        (bounds, lists)
    }

    /// From how many entries on a segment tree is smaller. Some packages, a kernel for one, have thousands
    /// of records that each affect thousands of boundaries.
    fn worth_a_tree(&self, bounds: usize) -> i64 {
        let entries = 64
            + 2 * self.intervals.len() * usize::try_from(bounds.max(1).ilog2() + 1).unwrap_or(64);
        i64::try_from(entries).unwrap_or(i64::MAX)
    }

    fn spans<'a>(
        &'a self,
        bounds: &'a [&VersionKey],
    ) -> impl Iterator<Item = (u32, usize, usize)> + 'a {
        let at = |key: &VersionKey| bounds.partition_point(|bound| **bound < *key);
        self.intervals.iter().map(move |(record, interval)| {
            (*record, at(&interval.from), interval.until.as_ref().map_or(bounds.len(), at))
        })
    }

    fn plain(&self, bounds: &[&VersionKey]) -> Lists {
        let mut starts: Vec<Vec<u32>> = vec![Vec::new(); bounds.len()];
        let mut ends: Vec<Vec<u32>> = vec![Vec::new(); bounds.len() + 1];
        for (record, from, until) in self.spans(bounds) {
            push(&mut starts, from, record);
            push(&mut ends, until, record);
        }
        let mut open = BTreeSet::new();
        let lists = starts.iter().zip(&ends).map(|(starts, ends)| {
            ends.iter().for_each(|record| {
                open.remove(record);
            });
            open.extend(starts);
            open.iter().copied().collect()
        });
        Lists::Plain(lists.collect())
    }

    fn tree(&self, bounds: &[&VersionKey]) -> Lists {
        let leaves = bounds.len().next_power_of_two();
        let mut nodes: Vec<Vec<u32>> = vec![Vec::new(); 2 * leaves];
        for (record, from, until) in self.spans(bounds) {
            let (mut left, mut right) = (from + leaves, until + leaves);
            while left < right {
                if left % 2 == 1 {
                    push(&mut nodes, left, record);
                    left += 1;
                }
                if right % 2 == 1 {
                    right -= 1;
                    push(&mut nodes, right, record);
                }
                (left, right) = (left / 2, right / 2);
            }
        }
        nodes.iter_mut().for_each(|list| list.sort_unstable());
        Lists::Tree { leaves, nodes }
    }
}

fn push(lists: &mut [Vec<u32>], at: usize, record: u32) {
    if let Some(list) = lists.get_mut(at) {
        list.push(record);
    }
}

/// Each record's intervals, disjoint and ascending.
fn disjoint(mut given: Vec<(u32, Interval)>) -> Vec<(u32, Interval)> {
    given.sort_unstable();
    let mut out: Vec<(u32, Interval)> = Vec::with_capacity(given.len());
    for (record, interval) in given {
        if interval.until.as_ref().is_some_and(|until| *until <= interval.from) {
            continue;
        }
        match out.last_mut() {
            Some((last, held))
                if *last == record
                    && held.until.as_ref().is_none_or(|end| *end >= interval.from) =>
            {
                let longer = match (&held.until, &interval.until) {
                    (None, _) => false,
                    (Some(_), None) => true,
                    (Some(held), Some(new)) => new > held,
                };
                if longer {
                    held.until = interval.until;
                }
            }
            _ => out.push((record, interval)),
        }
    }
    out
}
