//! Where one credential is used from.

use super::{Found, Look, count};
use crate::{Figure, Rule, Use};
use domain::{Span, Timestamp};
use std::collections::{BTreeMap, BTreeSet};

/// Uses from networks that nobody declared.
pub(super) fn odd_place(look: &Look<'_>, found: &mut Found<'_>) {
    let (party, bound) = (&look.grant.party, look.thresholds.odd_place_uses());
    if !look.surroundings.knows_places(party) {
        found.unknown(Rule::OddPlace, look.grant, "no places of the party were declared");
        return;
    }
    for day in look.days() {
        let odd =
            |u: &&Use| u.from.is_some_and(|from| look.surroundings.site(party, &from).is_none());
        let odd: Vec<_> = day.iter().copied().filter(odd).collect();
        let is = count(&odd);
        if is > bound {
            let mut networks: Vec<_> = odd.iter().filter_map(|u| u.from).collect();
            networks.sort();
            networks.dedup();
            let named: Vec<_> = networks.iter().take(3).map(ToString::to_string).collect();
            let says = format!(
                "{is} uses of a day from {} networks that were not declared, such as {}",
                networks.len(),
                named.join(", ")
            );
            let figures = vec![Figure { what: "uses from undeclared networks", is, bound }];
            found.tell(Rule::OddPlace, look.grant, odd, says, figures);
        }
    }
}

/// A run of uses from one place.
struct Session<'a> {
    uses: Vec<&'a Use>,
    ends_at: Timestamp,
}

impl Session<'_> {
    fn starts_at(&self) -> Timestamp {
        self.uses.first().map_or(Timestamp::MAX, |u| u.started_at)
    }
}

/// A place of a use: a declared site, or the network itself. IPv4 and IPv6 of one machine are two networks, so two that
/// were not declared are compared within one family only.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Site(String),
    V4(String),
    V6(String),
}

impl Place {
    fn differs(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::V4(_), Self::V6(_)) | (Self::V6(_), Self::V4(_)) => false,
            _ => self != other,
        }
    }
}

/// Sessions of one credential that overlap from different places; one signal for each pair of places and day.
pub(super) fn shared_credential(look: &Look<'_>, found: &mut Found<'_>) {
    let shared = look.thresholds.shared();
    let overlap = Span::minutes(shared.overlap_minutes);
    let sessions = sessions(look, Span::minutes(shared.gap_minutes));
    let mut told = BTreeSet::new();
    let all: Vec<_> =
        sessions.iter().flat_map(|(p, each)| each.iter().map(move |s| (p, s))).collect();
    for (n, (place, session)) in all.iter().enumerate() {
        for (other_place, other) in all.iter().skip(n + 1).filter(|(p, _)| place.differs(p)) {
            let from = session.starts_at().max(other.starts_at());
            let to = session.ends_at.min(other.ends_at);
            if to.since(from) < overlap || to <= from {
                continue;
            }
            let meets = |u: &&Use| u.finished_at >= from && u.started_at <= to;
            let [mine, theirs] =
                [session, other].map(|s| s.uses.iter().copied().filter(meets).collect::<Vec<_>>());
            let least = count(&mine).min(count(&theirs));
            if least < shared.least_uses || !told.insert((*place, *other_place, from.day())) {
                continue;
            }
            let minutes = to.since(from).as_seconds() / 60;
            let says = format!(
                "two sessions overlapped for {minutes} minutes, from {} and {}",
                place.name(),
                other_place.name()
            );
            let figures = vec![
                Figure { what: "minutes of overlap", is: minutes, bound: shared.overlap_minutes },
                Figure { what: "uses of the smaller session", is: least, bound: shared.least_uses },
            ];
            let both = mine.into_iter().chain(theirs);
            found.tell(Rule::SharedCredential, look.grant, both, says, figures);
        }
    }
    if look.uses.iter().all(|u| u.from.is_none()) {
        let why = "no use has a known network";
        found.unknown(Rule::SharedCredential, look.grant, why);
    }
}

impl Place {
    fn name(&self) -> &str {
        match self {
            Self::Site(name) | Self::V4(name) | Self::V6(name) => name,
        }
    }
}

/// Runs of uses by place; what roams is in no place and left out.
fn sessions<'a>(look: &Look<'a>, gap: Span) -> BTreeMap<Place, Vec<Session<'a>>> {
    let mut sessions: BTreeMap<Place, Vec<Session<'_>>> = BTreeMap::new();
    for one in look.uses {
        let Some(from) = one.from else { continue };
        let place = match look.surroundings.site(&look.grant.party, &from) {
            Some(site) => Place::Site(site.name.clone()),
            None if from.addr().is_ipv4() => Place::V4(from.to_string()),
            None => Place::V6(from.to_string()),
        };
        let there = sessions.entry(place).or_default();
        match there.last_mut() {
            Some(session) if one.started_at.since(session.ends_at) <= gap => {
                session.uses.push(one);
                session.ends_at = session.ends_at.max(one.finished_at);
            }
            _ => there.push(Session { uses: vec![one], ends_at: one.finished_at }),
        }
    }
    sessions
}
