//! An inventory without what can't be of concern: of most packages no advisory speaks, and finding that out is
//! most of the work. What is kept grows with the answer, not with the inventory.

use crate::index::{Asked, Component, Found, Index};
use advisory::inventory::{LockedReader, MAX_LOCK_BYTES};
use domain::Line;
use std::io::{self, Read};
use versions::{Ecosystem, Namespace};

/// What of an inventory can be of concern.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Sifted {
    /// Components about whose package there are advisories.
    pub known: Vec<Sift>,
    /// Components of which no public advisory speaks.
    pub uncovered: Vec<Component>,
    /// How many more there are.
    pub others: usize,
}

/// A component about whose package there are advisories.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sift {
    /// The component.
    pub component: Component,
    /// What is found.
    pub found: Found,
    /// Which file lists it, where several were read.
    pub file: Option<Line>,
}

/// How much of a lock file is in memory, unless one package takes more. It stays in the processor's cache.
const PIECE: usize = 256 << 10;

impl Sifted {
    /// Sifts components.
    pub fn of(components: &[Component], index: &Index) -> Self {
        let asked: Vec<_> = components.iter().map(Asked::from).collect();
        let mut sifted = Self::default();
        sifted.add(index, &asked);
        sifted
    }

    /// Sifts a `Cargo.lock` as cargo writes it, piece by piece; none if it has to be read whole.
    ///
    /// # Errors
    /// Those of `from`.
    pub fn of_lock(mut from: impl Read, index: &Index) -> io::Result<Option<Self>> {
        let (mut reader, mut sifted) = (LockedReader::default(), Self::default());
        let crates = Namespace::whole(Ecosystem::CratesIo);
        let (mut buffer, mut held, mut total) = (vec![0; PIECE], 0, 0);
        let mut asked = Vec::new();
        loop {
            let more = from.read(buffer.get_mut(held..).unwrap_or_default())?;
            (held, total) = (held + more, total + more);
            if total > MAX_LOCK_BYTES {
                return Ok(None);
            }
            let piece = buffer.get(..held).unwrap_or_default();
            let taken = reader.take(piece, more == 0, |locked| {
                let namespace = locked.public.then_some(&crates);
                asked.push(Asked { namespace, name: locked.name, version: Some(locked.version) });
            });
            let Some(taken) = taken else { return Ok(None) };
            sifted.add(index, &asked);
            if more == 0 {
                return Ok(Some(sifted));
            }
            // the next piece is read where this one lies
            asked = Vec::with_capacity(asked.len());
            buffer.copy_within(taken..held, 0);
            held -= taken;
            if held == buffer.len() {
                buffer.resize(held * 2, 0);
            }
        }
    }

    /// Adds what another file lists.
    pub fn extend(&mut self, more: Self, file: Option<&Line>) {
        let of = |sift| Sift { file: file.cloned(), ..sift };
        self.known.extend(more.known.into_iter().map(of));
        self.uncovered.extend(more.uncovered);
        self.others += more.others;
    }

    /// How many components there are.
    pub fn count(&self) -> usize {
        self.known.len() + self.uncovered.len() + self.others
    }

    fn add(&mut self, index: &Index, asked: &[Asked<'_>]) {
        let found = index.look_up_all(asked);
        let before = self.uncovered.len();
        let without = asked.iter().filter(|one| one.namespace.is_none());
        self.uncovered.extend(without.copied().map(Component::from));
        self.others += asked.len() - found.len() - (self.uncovered.len() - before);
        let known = found.into_iter().filter_map(|(at, found)| Some((*asked.get(at)?, found)));
        let sift = |(one, found): (Asked<'_>, _)| Sift { component: one.into(), found, file: None };
        self.known.extend(known.map(sift));
    }
}

#[cfg(test)]
mod tests;
