//! A fleet: many assets, most of them alike.
//!
//! Each distinct component is there once, with what is found of it, and each distinct inventory once, as the
//! numbers of its components. Assets with one inventory and one standing are one *layer*: a compressed bitmap. So
//! memory and work grow with distinct components and inventories, and an asset more that is like others costs
//! its name and a few bytes.

mod interned;
mod roster;

pub use roster::AssetSet;

use crate::facts::{Known, Mission};
use crate::index::{Asked, Component, Found, Index};
use crate::sifted::{Sift, Sifted};
use crate::worklist::Asset;
use domain::{AssetId, Line, Timestamp};
use interned::Interned;
use roaring::RoaringBitmap;
use roster::Roster;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The layer of an asset that is gone.
const GONE: u32 = u32::MAX;

/// What is said of an asset beside what it contains.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Standing {
    /// Whether untrusted people can reach it over public networks.
    pub exposed: Option<Known<bool>>,
    /// What depends on it, if anybody says.
    pub mission: Option<Known<Mission>>,
    /// When its inventory was taken.
    pub taken_at: Timestamp,
}

/// An inventory of a fleet, by number; equal ones have one number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct InventoryNumber(u32);

/// Many assets with what they contain.
#[derive(Debug, Clone, Default)]
pub struct Fleet {
    roster: Arc<Roster>,
    components: Interned<Component>,
    /// By the number of the component.
    parts: Vec<Part>,
    /// The files that list a component, where several were read.
    files: Interned<Vec<Line>>,
    inventories: Interned<Contents>,
    /// By the number of the inventory.
    layers_of: Vec<Vec<u32>>,
    standings: Interned<Standing>,
    layers: Vec<Layer>,
    layer_numbers: BTreeMap<(u32, u32), u32>,
    /// By the number of the asset; [`GONE`] of those that are gone.
    layer_of: Vec<u32>,
}

/// What is known of a component.
#[derive(Debug, Clone, Default)]
struct Part {
    found: Found,
    inventories: RoaringBitmap,
}

/// What an inventory has.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
struct Contents {
    /// Components about whose package there are advisories, ascending, each with its files.
    parts: Box<[(u32, u32)]>,
    /// How many distinct components there are of which no public advisory speaks.
    uncovered: usize,
    /// How many components it lists.
    count: usize,
}

/// Assets with one inventory and one standing.
#[derive(Debug, Clone)]
struct Layer {
    inventory: u32,
    standing: u32,
    assets: Arc<RoaringBitmap>,
}

/// Assets that have a component, all listed in the same files and with one standing.
#[derive(Debug)]
pub(crate) struct Holders<'a> {
    pub(crate) files: &'a [Line],
    pub(crate) standing: u32,
    pub(crate) assets: AssetSet,
}

impl FromIterator<Asset> for Fleet {
    fn from_iter<I: IntoIterator<Item = Asset>>(assets: I) -> Self {
        let mut fleet = Self::default();
        assets.into_iter().for_each(|asset| fleet.add(asset));
        fleet
    }
}

impl Fleet {
    /// Adds an asset.
    pub fn add(&mut self, asset: Asset) {
        let Asset { id, name, exposed, mission, taken_at, parts } = asset;
        let inventory = self.take(parts);
        self.place(&id, &name, Standing { exposed, mission, taken_at }, inventory);
    }

    /// Takes in an inventory; equal ones are one.
    pub fn take(&mut self, parts: Sifted) -> InventoryNumber {
        let count = parts.count();
        let uncovered = parts.uncovered.iter().collect::<BTreeSet<_>>().len();
        // a component may be listed twice, in one file or in several
        let mut listed: BTreeMap<u32, BTreeSet<Line>> = BTreeMap::new();
        for Sift { component, found, file } in parts.known {
            let (number, new) = self.components.number(component);
            if new {
                self.parts.push(Part { found, inventories: RoaringBitmap::new() });
            }
            listed.entry(number).or_default().extend(file);
        }
        let files = |files: BTreeSet<Line>| self.files.number(files.into_iter().collect()).0;
        let files: Vec<u32> = listed.values().cloned().map(files).collect();
        let parts = listed.into_keys().zip(files).collect();
        let (number, new) = self.inventories.number(Contents { parts, uncovered, count });
        if new {
            self.layers_of.push(Vec::new());
        }
        InventoryNumber(number)
    }

    /// Adds an asset that has an inventory of the fleet; gives its number.
    pub fn place(
        &mut self,
        id: &AssetId,
        name: &Line,
        standing: Standing,
        inventory: InventoryNumber,
    ) -> u32 {
        let asset = self.roster.next();
        Arc::make_mut(&mut self.roster).push(id, name);
        self.layer_of.push(GONE);
        self.renew(asset, standing, inventory);
        asset
    }

    /// Gives an asset another inventory, or another standing.
    pub fn renew(&mut self, asset: u32, standing: Standing, inventory: InventoryNumber) {
        self.forget(asset);
        let (standing, _) = self.standings.number(standing);
        let layer = self.layer(inventory.0, standing);
        let (Some(place), Some(one)) = (at(&mut self.layer_of, asset), at(&mut self.layers, layer))
        else {
            return;
        };
        *place = layer;
        Arc::make_mut(&mut one.assets).insert(asset);
    }

    /// Notes that an asset is gone. An inventory that nobody else has is forgotten with it.
    pub fn forget(&mut self, asset: u32) {
        let Some(place) = at(&mut self.layer_of, asset) else { return };
        let layer = std::mem::replace(place, GONE);
        let Some(one) = at(&mut self.layers, layer) else { return };
        Arc::make_mut(&mut one.assets).remove(asset);
        let (inventory, key) = (one.inventory, (one.inventory, one.standing));
        if !one.assets.is_empty() {
            return;
        }
        self.layer_numbers.remove(&key);
        let Some(layers) = at(&mut self.layers_of, inventory) else { return };
        layers.retain(|one| *one != layer);
        if layers.is_empty() {
            for (part, _) in self.inventories.get(inventory).into_iter().flat_map(|c| &c.parts) {
                if let Some(part) = at(&mut self.parts, *part) {
                    part.inventories.remove(inventory);
                }
            }
            self.inventories.clear(inventory, Contents::default());
        }
    }

    /// The layer of an inventory and a standing; a new one, if there is none.
    fn layer(&mut self, inventory: u32, standing: u32) -> u32 {
        if let Some(layer) = self.layer_numbers.get(&(inventory, standing)) {
            return *layer;
        }
        let layer = u32::try_from(self.layers.len()).expect("fewer layers than assets");
        self.layers.push(Layer { inventory, standing, assets: Arc::default() });
        self.layer_numbers.insert((inventory, standing), layer);
        at(&mut self.layers_of, inventory).into_iter().for_each(|layers| layers.push(layer));
        for (part, _) in self.inventories.get(inventory).into_iter().flat_map(|c| &c.parts) {
            if let Some(part) = at(&mut self.parts, *part) {
                part.inventories.insert(inventory);
            }
        }
        layer
    }

    /// Matches every distinct component with another index, such as one with what came since, or of that alone. Of
    /// components about whose package the index of the inventories had nothing, nothing is found.
    pub fn find(&mut self, index: &Index) {
        let asked: Vec<_> = self.components.iter().map(|(_, one)| Asked::from(one)).collect();
        let found = index.look_up_all(&asked);
        self.parts.iter_mut().for_each(|part| part.found = Found::default());
        for (at, found) in found {
            if let Some(part) = self.parts.get_mut(at) {
                part.found = found;
            }
        }
    }

    /// How many assets there are.
    pub fn len(&self) -> u64 {
        self.layers.iter().map(|layer| layer.assets.len()).sum()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// How many distinct components there are about whose package there are advisories.
    pub fn distinct(&self) -> usize {
        self.parts.iter().filter(|part| !part.inventories.is_empty()).count()
    }

    /// How many distinct inventories there are.
    pub fn inventories(&self) -> usize {
        self.layers_of.iter().filter(|layers| !layers.is_empty()).count()
    }

    /// How many components the assets have, all together.
    pub fn components(&self) -> u64 {
        let contents = |layer: &Layer| self.inventories.get(layer.inventory);
        let count = |layer: &Layer| contents(layer).map_or(0, |contents| contents.count);
        self.layers
            .iter()
            .map(|l| l.assets.len() * u64::try_from(count(l)).unwrap_or(u64::MAX))
            .sum()
    }

    /// Every asset.
    pub fn all(&self) -> AssetSet {
        self.set((0..).zip(&self.layers))
    }

    /// Every distinct component with what is found of it, in the order in which they came.
    pub fn found(&self) -> impl Iterator<Item = (&Component, &Found, AssetSet)> {
        self.parts().map(|(number, component, found)| {
            (component, found, self.set(self.layers_with(number)))
        })
    }

    /// Every distinct component with what is found of it, by number.
    pub(crate) fn parts(&self) -> impl Iterator<Item = (u32, &Component, &Found)> {
        let parts = self.components.iter().zip(&self.parts);
        let held = parts.filter(|(_, part)| !part.inventories.is_empty());
        held.map(|((number, component), part)| (number, component, &part.found))
    }

    /// The assets that have a component.
    pub(crate) fn holders(&self, part: u32) -> Vec<Holders<'_>> {
        let mut by: BTreeMap<(u32, u32), Vec<(u32, &Layer)>> = BTreeMap::new();
        for (number, layer) in self.layers_with(part) {
            let parts = self.inventories.get(layer.inventory).map(|contents| &contents.parts[..]);
            let parts = parts.unwrap_or_default();
            let place = parts.binary_search_by_key(&part, |(number, _)| *number).ok();
            let Some((_, files)) = place.and_then(|at| parts.get(at)) else { continue };
            by.entry((*files, layer.standing)).or_default().push((number, layer));
        }
        let holders = by.into_iter().map(|((files, standing), layers)| Holders {
            files: self.files.get(files).map(Vec::as_slice).unwrap_or_default(),
            standing,
            assets: self.set(layers),
        });
        holders.collect()
    }

    pub(crate) fn standing(&self, number: u32) -> Option<&Standing> {
        self.standings.get(number)
    }

    /// The number of an asset's layer.
    pub(crate) fn layer_number(&self, asset: u32) -> Option<u32> {
        self.layer_of.get(usize::try_from(asset).ok()?).copied().filter(|layer| *layer != GONE)
    }

    /// Assets that have components of which no public advisory speaks, with how many each has.
    pub(crate) fn uncovered(&self) -> Vec<(AssetSet, usize)> {
        let layers = (0..).zip(&self.layers).filter(|(_, one)| !one.assets.is_empty());
        let mut by: BTreeMap<u32, Vec<(u32, &Layer)>> = BTreeMap::new();
        layers.for_each(|(at, layer)| by.entry(layer.inventory).or_default().push((at, layer)));
        let counted = by.into_iter().filter_map(|(inventory, layers)| {
            let count = self.inventories.get(inventory)?.uncovered;
            (count > 0).then(|| (self.set(layers), count))
        });
        counted.collect()
    }

    fn layers_with(&self, part: u32) -> impl Iterator<Item = (u32, &Layer)> {
        let part = usize::try_from(part).ok().and_then(|at| self.parts.get(at));
        let inventories = part.into_iter().flat_map(|part| &part.inventories);
        let layers = inventories.filter_map(|one| self.layers_of.get(usize::try_from(one).ok()?));
        layers
            .flatten()
            .filter_map(|layer| Some((*layer, self.layers.get(usize::try_from(*layer).ok()?)?)))
    }

    fn set<'a>(&self, layers: impl IntoIterator<Item = (u32, &'a Layer)>) -> AssetSet {
        let layers = layers.into_iter().map(|(number, one)| (number, Arc::clone(&one.assets)));
        AssetSet::of_layers(&self.roster, layers)
    }
}

fn at<T>(all: &mut [T], number: u32) -> Option<&mut T> {
    all.get_mut(usize::try_from(number).ok()?)
}

#[cfg(test)]
mod tests;
