//! Assets by number: their ids and names in one text, and sets of them.

use domain::{AssetId, Line};
use roaring::RoaringBitmap;
use serde::Serialize;
use std::sync::Arc;

/// Ids and names of assets, by number.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Roster {
    /// Each asset's id, then its name where that is another, a line each.
    text: String,
    /// Where the text of each asset ends.
    ends: Vec<u32>,
}

/// Some assets of a fleet.
#[derive(Debug, Clone)]
pub struct AssetSet {
    roster: Arc<Roster>,
    which: RoaringBitmap,
    /// The layers of the fleet that it has whole, where it is made of such; that is little to compare.
    layers: Option<RoaringBitmap>,
}

impl PartialEq for AssetSet {
    fn eq(&self, other: &Self) -> bool {
        self.which == other.which && self.roster == other.roster
    }
}

impl Eq for AssetSet {}

impl Roster {
    /// The number that the next asset gets.
    pub(super) fn next(&self) -> u32 {
        u32::try_from(self.ends.len()).expect("fewer assets than 2^32")
    }

    pub(super) fn push(&mut self, id: &AssetId, name: &Line) {
        self.text.push_str(id.as_str());
        if name.as_str() != id.as_str() {
            self.text.push('\n');
            self.text.push_str(name.as_str());
        }
        let end = u32::try_from(self.text.len()).expect("names of less than 4 GiB");
        self.ends.push(end);
    }

    /// An asset's id and name.
    fn of(&self, number: u32) -> Option<(&str, &str)> {
        let at = usize::try_from(number).ok()?;
        let end = |at: usize| usize::try_from(*self.ends.get(at)?).ok();
        let from = at.checked_sub(1).and_then(end).unwrap_or_default();
        let text = self.text.get(from..end(at)?)?;
        Some(text.split_once('\n').unwrap_or((text, text)))
    }
}

impl AssetSet {
    pub(super) fn new(
        roster: &Arc<Roster>,
        which: RoaringBitmap,
        layers: Option<RoaringBitmap>,
    ) -> Self {
        Self { roster: Arc::clone(roster), which, layers }
    }

    /// The layers that it is made of, if it is made of whole ones.
    pub(crate) fn layers(&self) -> Option<&RoaringBitmap> {
        self.layers.as_ref()
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        self.which.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.which.is_empty()
    }

    /// Their ids, in the order in which the assets were added.
    pub fn ids(&self) -> impl Iterator<Item = AssetId> {
        self.each().filter_map(|(id, _)| id.parse().ok())
    }

    /// Their names, in the order in which the assets were added.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.each().map(|(_, name)| name)
    }

    /// The first one's id and name; none of an empty set.
    pub(crate) fn first(&self) -> Option<(&str, &str)> {
        self.each().next()
    }

    /// Those that are in either.
    #[must_use]
    pub(crate) fn or(mut self, other: &Self) -> Self {
        self.which |= &other.which;
        self.layers = self.layers.zip(other.layers.as_ref()).map(|(all, more)| all | more);
        self
    }

    /// Others of the same fleet.
    pub(crate) fn with(&self, which: RoaringBitmap) -> Self {
        Self::new(&self.roster, which, None)
    }

    pub(crate) fn numbers(&self) -> &RoaringBitmap {
        &self.which
    }

    pub(crate) fn named(&self, number: u32) -> Option<(&str, &str)> {
        self.roster.of(number)
    }

    fn each(&self) -> impl Iterator<Item = (&str, &str)> {
        self.which.iter().filter_map(|number| self.roster.of(number))
    }
}

impl Serialize for AssetSet {
    /// A list of ids.
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.each().map(|(id, _)| id))
    }
}
