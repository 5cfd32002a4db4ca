//! The fold: who holds what, which packages are sealed, released, received.

use crate::event::Event;
use crate::item::{Holder, Transfer};
use crate::manifest::Manifest;
use crate::refusal::Refusal;
use crate::screen::{Screen, Verdict};
use domain::{
    Attested, Digest, Line, PackageId, Party, PartyId, PersonId, Role, Statement, Text, Timestamp,
};
use std::collections::BTreeMap;

/// A package: its revisions and where each went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Package {
    revisions: Vec<(Manifest, PersonId, Timestamp)>,
    releases: BTreeMap<(Digest, PartyId), Release>,
}

/// One release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// Who released it.
    pub released_by: PersonId,
    /// Who agreed.
    pub second: PersonId,
    /// When.
    pub at: Timestamp,
    /// Why, when the screen says good-faith research.
    pub despite_good_faith: Option<Text>,
    /// Who received it and when, once they said so.
    pub received: Option<(PersonId, Timestamp)>,
}

/// Custody and packages, from statements.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Referrals {
    screen: Screen,
    parties: BTreeMap<PartyId, Party>,
    custody: BTreeMap<Digest, Vec<Transfer>>,
    packages: BTreeMap<PackageId, Package>,
}

impl Package {
    /// The latest revision.
    pub fn latest(&self) -> &Manifest {
        let (manifest, ..) = self.revisions.last().expect("a package starts with a revision");
        manifest
    }

    /// Every revision with who sealed it and when, oldest first.
    pub fn revisions(&self) -> &[(Manifest, PersonId, Timestamp)] {
        &self.revisions
    }

    /// Every release, by manifest and recipient.
    pub fn releases(&self) -> impl Iterator<Item = (&Digest, &PartyId, &Release)> {
        self.releases.iter().map(|((manifest, to), release)| (manifest, to, release))
    }
}

impl Referrals {
    /// Starts from the data file and the directory of parties.
    pub fn new(screen: Screen, parties: BTreeMap<PartyId, Party>) -> Self {
        Self { screen, parties, custody: BTreeMap::new(), packages: BTreeMap::new() }
    }

    /// The data file.
    pub fn screen(&self) -> &Screen {
        &self.screen
    }

    /// A package.
    pub fn package(&self, package: &PackageId) -> Option<&Package> {
        self.packages.get(package)
    }

    /// Every package.
    pub fn packages(&self) -> impl Iterator<Item = (&PackageId, &Package)> {
        self.packages.iter()
    }

    /// The transfers of an item that both sides signed, oldest first.
    pub fn custody(&self, item: &Digest) -> &[Transfer] {
        self.custody.get(item).map_or(&[], Vec::as_slice)
    }

    /// States that an item changes hands. It counts when giver and receiver signed.
    ///
    /// # Errors
    /// The giver does not hold it, or the instant does not follow.
    pub fn transfer(
        &self,
        item: Digest,
        holders: (Holder, Holder),
        at: Timestamp,
        reason: Line,
        now: Timestamp,
    ) -> Result<Event, Refusal> {
        self.admit(Event::transfer(item, holders, at, reason), now)
    }

    /// Seals a revision.
    ///
    /// # Errors
    /// A manifest that contradicts itself, the signed custody or the revision before.
    pub fn seal(
        &self,
        manifest: Manifest,
        sealed_by: PersonId,
        now: Timestamp,
    ) -> Result<Event, Refusal> {
        self.admit(Event::PackageSealed { manifest: Box::new(manifest), sealed_by }, now)
    }

    /// Releases the latest revision to an investigator, by one person and a second.
    ///
    /// # Errors
    /// Missing sections, one person alone, or good-faith research without a reason.
    pub fn release(
        &self,
        package: PackageId,
        (released_by, second): (PersonId, PersonId),
        to: PartyId,
        despite_good_faith: Option<Text>,
        now: Timestamp,
    ) -> Result<Event, Refusal> {
        let latest = self.held(&package)?.latest();
        let (issuer, manifest) = (latest.issuer.clone(), latest.digest());
        let event = Event::PackageReleased {
            package,
            issuer,
            manifest,
            released_by,
            second,
            to,
            despite_good_faith,
        };
        self.admit(event, now)
    }

    /// States that a released revision arrived.
    ///
    /// # Errors
    /// It was not released to this recipient, or said before.
    pub fn receive(
        &self,
        package: PackageId,
        recipient: PartyId,
        manifest: Digest,
        by: PersonId,
        now: Timestamp,
    ) -> Result<Event, Refusal> {
        self.admit(Event::PackageReceived { package, recipient, manifest, by, at: now }, now)
    }

    fn admit(&self, event: Event, now: Timestamp) -> Result<Event, Refusal> {
        self.check(&event, now).map(|()| event)
    }

    /// Folds one statement. What does not count changes nothing.
    ///
    /// # Errors
    /// Why it does not count.
    pub fn apply(&mut self, attested: &Attested<Event>) -> Result<(), Refusal> {
        let now = attested.claimed_at;
        let needed = attested.event.signers();
        if let Some(missing) = needed.difference(&attested.signers).next() {
            return Err(Refusal::NotSigned(missing.clone()));
        }
        self.check(&attested.event, now)?;
        match attested.event.clone() {
            Event::CustodyTransferred { transfer } => {
                self.custody.entry(transfer.item).or_default().push(transfer);
            }
            Event::PackageSealed { manifest, sealed_by } => {
                let package = self.packages.entry(manifest.package.clone());
                let package = package.or_insert_with(|| Package {
                    revisions: Vec::new(),
                    releases: BTreeMap::new(),
                });
                package.revisions.push((*manifest, sealed_by, now));
            }
            Event::PackageReleased {
                package,
                manifest,
                released_by,
                second,
                to,
                despite_good_faith,
                issuer: _,
            } => {
                let release =
                    Release { released_by, second, at: now, despite_good_faith, received: None };
                if let Some(held) = self.packages.get_mut(&package) {
                    held.releases.insert((manifest, to), release);
                }
            }
            Event::PackageReceived { package, recipient, manifest, by, at } => {
                let held = self.packages.get_mut(&package);
                let release = held.and_then(|p| p.releases.get_mut(&(manifest, recipient)));
                if let Some(release) = release {
                    release.received = Some((by, at));
                }
            }
        }
        Ok(())
    }

    fn check(&self, event: &Event, now: Timestamp) -> Result<(), Refusal> {
        for party in event.signers() {
            self.party(&party)?;
        }
        match event {
            Event::CustodyTransferred { transfer } => self.check_transfer(transfer, now),
            Event::PackageSealed { manifest, .. } => self.check_seal(manifest, now),
            Event::PackageReleased {
                package,
                issuer,
                manifest,
                released_by,
                second,
                to,
                despite_good_faith,
            } => {
                let held = self.held(package)?;
                let latest = held.latest();
                if latest.issuer != *issuer {
                    return Err(Refusal::NotTheIssuer(package.clone()));
                }
                if latest.digest() != *manifest {
                    return Err(Refusal::NotLatest(*manifest));
                }
                if released_by == second {
                    return Err(Refusal::OnePerson(second.clone()));
                }
                self.check_complete(latest, despite_good_faith.as_ref())?;
                if !self.party(to)?.roles.contains(&Role::Investigator) {
                    return Err(Refusal::NotAnInvestigator(to.clone()));
                }
                if held.releases.contains_key(&(*manifest, to.clone())) {
                    return Err(Refusal::AlreadyReleased(to.clone()));
                }
                Ok(())
            }
            Event::PackageReceived { package, recipient, manifest, at, .. } => {
                let held = self.held(package)?;
                let release = held.releases.get(&(*manifest, recipient.clone()));
                let release = release.ok_or_else(|| Refusal::NotReleased(recipient.clone()))?;
                if release.received.is_some() {
                    return Err(Refusal::AlreadyReceived(recipient.clone()));
                }
                not_future(*at, now)
            }
        }
    }

    fn check_transfer(&self, transfer: &Transfer, now: Timestamp) -> Result<(), Refusal> {
        not_future(transfer.at, now)?;
        if transfer.from == transfer.to {
            return Err(Refusal::ToOneself(transfer.item));
        }
        let last = self.custody(&transfer.item).last();
        let first = || {
            let items = self.packages.values().flat_map(|p| &p.latest().items);
            let item = items.into_iter().find(|i| i.sha256 == transfer.item);
            item.map(|i| (i.collected_by.clone(), i.collected_at))
        };
        // before it is sealed, the first giver is who collected it: the manifest will have to agree
        let held = last.map(|t| (t.to.clone(), t.at)).or_else(first);
        if let Some((holder, since)) = held {
            if holder != transfer.from {
                return Err(Refusal::NotTheHolder(transfer.item));
            }
            if transfer.at < since {
                return Err(Refusal::Backwards { at: transfer.at, last: since });
            }
        }
        Ok(())
    }

    fn check_seal(&self, manifest: &Manifest, now: Timestamp) -> Result<(), Refusal> {
        if let Some(fault) = manifest.faults().into_iter().next() {
            return Err(Refusal::Fault(fault));
        }
        if let Some(late) = manifest.items.iter().find(|i| i.collected_at > now) {
            return Err(Refusal::InFuture { at: late.collected_at });
        }
        let before = self.packages.get(&manifest.package);
        let expected = before.map_or(1, |p| p.latest().revision.saturating_add(1));
        let previous = before.map(|p| p.latest().digest());
        if let Some(package) = before
            && package.latest().issuer != manifest.issuer
        {
            return Err(Refusal::NotTheIssuer(manifest.package.clone()));
        }
        if manifest.revision != expected || manifest.previous != previous {
            return Err(Refusal::NotNext { given: manifest.revision, expected });
        }
        for item in before.map(|p| p.latest().items.as_slice()).unwrap_or_default() {
            if manifest.item(&item.sha256) != Some(item) {
                return Err(Refusal::ItemRemoved(item.sha256));
            }
        }
        for item in &manifest.items {
            let listed = manifest.custody.iter().filter(|t| t.item == item.sha256);
            if !listed.eq(self.custody(&item.sha256)) {
                return Err(Refusal::CustodyDiffers(item.sha256));
            }
        }
        Ok(())
    }

    fn check_complete(
        &self,
        manifest: &Manifest,
        despite_good_faith: Option<&Text>,
    ) -> Result<(), Refusal> {
        if manifest.exculpatory.is_none() {
            return Err(Refusal::NoExculpatory);
        }
        let reason = despite_good_faith.is_some_and(|r| !r.as_str().trim().is_empty());
        match self.screen.verdict(manifest) {
            Verdict::Unanswered => return Err(Refusal::ScreenUnanswered),
            Verdict::GoodFaith if !reason => return Err(Refusal::GoodFaithResearch),
            Verdict::GoodFaith | Verdict::Unclear | Verdict::NotGoodFaith => {}
        }
        let open = self.screen.unanswered(manifest);
        if open.is_empty() { Ok(()) } else { Err(Refusal::ElementsUnanswered(open)) }
    }

    fn party(&self, party: &PartyId) -> Result<&Party, Refusal> {
        self.parties.get(party).ok_or_else(|| Refusal::UnknownParty(party.clone()))
    }

    fn held(&self, package: &PackageId) -> Result<&Package, Refusal> {
        self.packages.get(package).ok_or_else(|| Refusal::UnknownPackage(package.clone()))
    }
}

fn not_future(at: Timestamp, now: Timestamp) -> Result<(), Refusal> {
    if at > now { Err(Refusal::InFuture { at }) } else { Ok(()) }
}

#[cfg(test)]
pub(crate) mod tests;
