//! Values that are kept once, and have a number.

use std::collections::BTreeMap;
use std::sync::Arc;

/// Each distinct value once, by number.
#[derive(Debug, Clone)]
pub(super) struct Interned<T> {
    all: Vec<Arc<T>>,
    numbers: BTreeMap<Arc<T>, u32>,
}

impl<T: Ord> Default for Interned<T> {
    fn default() -> Self {
        Self { all: Vec::new(), numbers: BTreeMap::new() }
    }
}

impl<T: Ord> Interned<T> {
    /// The value's number, and whether it is new.
    pub(super) fn number(&mut self, value: T) -> (u32, bool) {
        if let Some(number) = self.numbers.get(&value) {
            return (*number, false);
        }
        let number = u32::try_from(self.all.len()).expect("fewer values than 2^32");
        let value = Arc::new(value);
        self.all.push(Arc::clone(&value));
        self.numbers.insert(value, number);
        (number, true)
    }

    pub(super) fn get(&self, number: u32) -> Option<&T> {
        self.all.get(usize::try_from(number).ok()?).map(Arc::as_ref)
    }

    /// Gives the memory of a value back; its number stays taken, and the same value gets another one.
    pub(super) fn clear(&mut self, number: u32, empty: T) {
        let Some(place) = usize::try_from(number).ok().and_then(|at| self.all.get_mut(at)) else {
            return;
        };
        self.numbers.remove(place);
        *place = Arc::new(empty);
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (u32, &T)> {
        (0..).zip(self.all.iter().map(Arc::as_ref))
    }
}
