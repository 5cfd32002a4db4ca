//! Guards of partners and defenders.

use super::{Case, Origin, Rules, Standing};
use crate::event::{Admission, Application, Event, Nomination, Revocation, Selection};
use crate::{Refusal, terms};
use domain::{Digest, NominationId, PartyId, Role, Timestamp};

impl Case {
    pub(super) fn admit_nomination(&self, e: &Nomination, at: Timestamp) -> Result<(), Refusal> {
        self.either_speaks(&e.by)?;
        self.in_force(at)?;
        self.new_standing(&e.nomination, &e.nominee)?;
        self.partner_under_terms(&e.nominee)?;
        self.models_usable(&e.models)?;
        if e.criteria.as_str().trim().is_empty() {
            return Err(Refusal::NothingNamed { what: "criterion" });
        }
        if Digest::of(e.criteria.as_str().as_bytes()) != e.criteria_digest {
            return Err(Refusal::DigestDiffers { what: "criteria", given: e.criteria_digest });
        }
        if e.conflicts.len() > terms::LIST {
            let given = e.conflicts.len();
            return Err(Refusal::TooMany { what: "conflicts", given, bound: terms::LIST });
        }
        not_expired(&e.nomination, e.expires_at, at)
    }

    pub(super) fn admit_selection(&self, e: &Selection, at: Timestamp) -> Result<(), Refusal> {
        self.both_speak(&e.developer, &e.government)?;
        self.in_force(at)?;
        match &self.unsettled(&e.nomination)?.origin {
            Origin::Partner(nomination) if nomination.digest() == e.proposal => {
                not_expired(&e.nomination, nomination.expires_at, at)
            }
            Origin::Partner(_) => {
                Err(Refusal::DigestDiffers { what: "nomination", given: e.proposal })
            }
            Origin::Defender(_) | Origin::Programme(_) => Err(unknown(&e.nomination)),
        }
    }

    pub(super) fn admit_application(
        &self,
        rules: &Rules<'_>,
        e: &Application,
        at: Timestamp,
    ) -> Result<(), Refusal> {
        rules.bounds.admits_without_tier(at)?;
        rules.role(&e.applicant, Role::Defender)?;
        self.in_force(at)?;
        self.new_standing(&e.application, &e.applicant)?;
        self.partner_under_terms(&e.applicant)?;
        self.models_usable(&e.models)?;
        terms::bounded("systems", &e.systems)
    }

    pub(super) fn admit_admission(
        &self,
        rules: &Rules<'_>,
        e: &Admission,
        at: Timestamp,
    ) -> Result<(), Refusal> {
        rules.bounds.admits_without_tier(at)?;
        self.both_speak(&e.developer, &e.government)?;
        self.in_force(at)?;
        match &self.unsettled(&e.application)?.origin {
            Origin::Defender(application) if application.digest() == e.proposal => {
                not_expired(&e.application, e.expires_at, at)
            }
            Origin::Defender(_) => {
                Err(Refusal::DigestDiffers { what: "application", given: e.proposal })
            }
            Origin::Partner(_) | Origin::Programme(_) => Err(unknown(&e.application)),
        }
    }

    /// Either side ends a standing, signed by both or not yet.
    pub(super) fn admit_standing_revocation(
        &self,
        event: &Event,
        e: &Revocation,
    ) -> Result<(), Refusal> {
        self.either_speaks(&e.by)?;
        let standing = self.standings.get(&e.nomination).ok_or_else(|| unknown(&e.nomination))?;
        let partner = matches!(standing.origin, Origin::Partner(_));
        if partner != matches!(event, Event::PartnerRevoked(_)) {
            return Err(unknown(&e.nomination));
        }
        match &standing.revoked {
            Some(by) => Err(revoked(&e.nomination, by)),
            None => Ok(()),
        }
    }

    pub(super) fn new_standing(&self, id: &NominationId, party: &PartyId) -> Result<(), Refusal> {
        if self.standings.contains_key(id) {
            return Err(Refusal::NominationExists { nomination: id.clone() });
        }
        if *party == self.developer || *party == self.government {
            return Err(Refusal::OneParty { party: party.clone() });
        }
        self.party_not_removed(party)
    }

    /// The terms, if they name organisations, name this one.
    pub(super) fn partner_under_terms(&self, party: &PartyId) -> Result<(), Refusal> {
        let named = self.terms().and_then(|(_, terms)| terms.limits.partners.as_ref());
        match named {
            Some(named) if !named.contains(party) => {
                Err(Refusal::PartnerOutsideTerms { party: party.clone() })
            }
            Some(_) | None => Ok(()),
        }
    }

    pub(super) fn unsettled(&self, id: &NominationId) -> Result<&Standing, Refusal> {
        let standing = self.standings.get(id).ok_or_else(|| unknown(id))?;
        if let Some(by) = &standing.revoked {
            return Err(revoked(id, by));
        }
        if standing.until.is_some() {
            return Err(Refusal::NominationSettled { nomination: id.clone() });
        }
        self.partner_under_terms(standing.origin.party())?;
        self.party_not_removed(standing.origin.party())?;
        if let Some(models) = standing.origin.models() {
            self.models_usable(models)?;
        }
        Ok(standing)
    }
}

pub(super) fn unknown(id: &NominationId) -> Refusal {
    Refusal::UnknownNomination { nomination: id.clone() }
}

fn revoked(id: &NominationId, by: &PartyId) -> Refusal {
    Refusal::NominationRevoked { nomination: id.clone(), by: by.clone() }
}

pub(super) fn not_expired(
    id: &NominationId,
    expires_at: Timestamp,
    at: Timestamp,
) -> Result<(), Refusal> {
    if at < expires_at {
        return Ok(());
    }
    Err(Refusal::NominationExpired { nomination: id.clone(), expired_at: expires_at })
}
