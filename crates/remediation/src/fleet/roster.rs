//! Assets by number: their ids and names in one text, and sets of them.

use domain::{AssetId, Line};
use roaring::{MultiOps as _, RoaringBitmap};
use serde::Serialize;
use std::borrow::Cow;
use std::collections::BTreeMap;
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
    of: Of,
}

/// What a set is made of.
#[derive(Debug, Clone)]
enum Of {
    /// Assets by number.
    Numbers(RoaringBitmap),
    /// Whole layers, by number; no asset is in two. They are joined only when somebody asks for each asset.
    Layers(BTreeMap<u32, Arc<RoaringBitmap>>),
}

impl PartialEq for AssetSet {
    fn eq(&self, other: &Self) -> bool {
        self.numbers() == other.numbers() && self.roster == other.roster
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
    pub(super) fn of_layers(
        roster: &Arc<Roster>,
        layers: impl IntoIterator<Item = (u32, Arc<RoaringBitmap>)>,
    ) -> Self {
        Self { roster: Arc::clone(roster), of: Of::Layers(layers.into_iter().collect()) }
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        match &self.of {
            Of::Numbers(which) => which.len(),
            Of::Layers(layers) => layers.values().map(|assets| assets.len()).sum(),
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
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
        let number = match &self.of {
            Of::Numbers(which) => which.min(),
            Of::Layers(layers) => layers.values().filter_map(|assets| assets.min()).min(),
        };
        self.roster.of(number?)
    }

    pub(crate) fn contains(&self, asset: u32) -> bool {
        match &self.of {
            Of::Numbers(which) => which.contains(asset),
            Of::Layers(layers) => layers.values().any(|assets| assets.contains(asset)),
        }
    }

    /// Those that are in either.
    #[must_use]
    pub(crate) fn or(self, other: &Self) -> Self {
        let of = match (self.of, &other.of) {
            (Of::Layers(mut all), Of::Layers(more)) => {
                all.extend(more.iter().map(|(number, assets)| (*number, Arc::clone(assets))));
                Of::Layers(all)
            }
            (of, _) => {
                let mine = Self { roster: Arc::clone(&self.roster), of };
                Of::Numbers(&*mine.numbers() | &*other.numbers())
            }
        };
        Self { roster: self.roster, of }
    }

    /// Others of the same fleet.
    pub(crate) fn with(&self, which: RoaringBitmap) -> Self {
        Self { roster: Arc::clone(&self.roster), of: Of::Numbers(which) }
    }

    pub(crate) fn numbers(&self) -> Cow<'_, RoaringBitmap> {
        match &self.of {
            Of::Numbers(which) => Cow::Borrowed(which),
            Of::Layers(layers) => match layers.values().collect::<Vec<_>>().as_slice() {
                [one] => Cow::Borrowed(one),
                many => Cow::Owned(many.iter().map(|assets| &***assets).union()),
            },
        }
    }

    /// Whether both have the same assets, as far as that is told without looking at each.
    pub(crate) fn is(&self, other: &Self) -> bool {
        match (&self.of, &other.of) {
            (Of::Layers(one), Of::Layers(other)) => one.keys().eq(other.keys()),
            _ => self.len() == other.len() && self.numbers() == other.numbers(),
        }
    }

    /// Whether no asset is in two of these.
    pub(crate) fn are_apart(sets: &[&Self]) -> bool {
        let mut layers: Vec<u32> = Vec::new();
        for set in sets {
            match &set.of {
                Of::Layers(of) => layers.extend(of.keys().copied()),
                Of::Numbers(_) => {
                    let count: u64 = sets.iter().map(|set| set.len()).sum();
                    return sets.iter().map(|set| set.numbers().into_owned()).union().len()
                        == count;
                }
            }
        }
        let count = layers.len();
        layers.sort_unstable();
        layers.dedup();
        layers.len() == count
    }

    pub(crate) fn named(&self, number: u32) -> Option<(&str, &str)> {
        self.roster.of(number)
    }

    fn each(&self) -> impl Iterator<Item = (&str, &str)> {
        self.numbers().into_owned().into_iter().filter_map(|number| self.roster.of(number))
    }
}

impl Serialize for AssetSet {
    /// A list of ids.
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(self.each().map(|(id, _)| id))
    }
}
