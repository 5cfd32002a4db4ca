//! Something of each of the latest days.

use crate::Timestamp;
use std::collections::BTreeMap;

/// Days that are kept: today, and yesterday for a clock that is behind and for what began before midnight.
const DAYS: usize = 2;

/// Something of each of the two latest days (UTC) that were asked for, by their first instants.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct LatestDays<T>(BTreeMap<Timestamp, T>);

impl<T: Default> LatestDays<T> {
    /// That of a day, which is new if need be, in place of the oldest; none of a day before the two latest.
    pub fn of(&mut self, day: Timestamp) -> Option<&mut T> {
        self.0.entry(day).or_default();
        while self.0.len() > DAYS {
            self.0.pop_first();
        }
        self.0.get_mut(&day)
    }
}

impl<T> LatestDays<T> {
    /// That of a day, if it is kept.
    pub fn get(&self, day: Timestamp) -> Option<&T> {
        self.0.get(&day)
    }

    /// The same, to be changed.
    pub fn get_mut(&mut self, day: Timestamp) -> Option<&mut T> {
        self.0.get_mut(&day)
    }

    /// The latest day.
    pub fn last(&self) -> Option<Timestamp> {
        self.0.last_key_value().map(|(day, _)| *day)
    }

    /// Each day with what is kept of it, the earlier first.
    pub fn iter(&self) -> impl Iterator<Item = (Timestamp, &T)> {
        self.0.iter().map(|(day, of)| (*day, of))
    }
}

impl<T> Default for LatestDays<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Span;

    #[test]
    fn the_two_latest_are_kept_whatever_comes_first() {
        let day = |n| Timestamp::EPOCH.after(Span::days(n));
        let mut days = LatestDays::<u64>::default();
        for (at, kept) in
            [(5, vec![5]), (3, vec![3, 5]), (2, vec![3, 5]), (6, vec![5, 6]), (5, vec![5, 6])]
        {
            let of = days.of(day(at));
            assert_eq!(of.is_some(), kept.contains(&at), "{at}");
            of.into_iter().for_each(|of| *of += 1);
            let now: Vec<_> = days.iter().map(|(day, _)| day).collect();
            assert_eq!(now, kept.into_iter().map(day).collect::<Vec<_>>());
        }
        assert_eq!(
            (days.get(day(5)), days.get(day(3)), days.last()),
            (Some(&2), None, Some(day(6)))
        );
        *days.get_mut(day(6)).expect("kept") = 9;
        assert_eq!(days.get(day(6)), Some(&9));
    }
}
