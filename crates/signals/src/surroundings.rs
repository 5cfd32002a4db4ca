//! What the developer knows of places, hours and purposes: its own data, read strictly. There is no database of
//! addresses: a network is where the developer, or the organisation behind it, says it is.

use domain::{GrantId, PartyId, PersonId, Timestamp};
use ipnet::IpNet;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};

/// Most bytes of a file of surroundings.
const MOST_BYTES: usize = 1 << 20;
/// Mean radius of the Earth, in kilometres.
const RADIUS: f64 = 6_371.0;

/// Places, hours and purposes that were declared.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Surroundings {
    sites: Vec<Site>,
    hours: Vec<Hours>,
    purposes: BTreeMap<GrantId, String>,
}

/// A place with networks.
#[derive(Debug, Clone, PartialEq)]
pub struct Site {
    /// Its name.
    pub name: String,
    /// Whose it is; everyone's when none is named.
    pub party: Option<PartyId>,
    /// Its networks.
    networks: Vec<IpNet>,
    /// Latitude and longitude, in degrees; none for a private network's exits, which say nothing of where a person is.
    place: Option<(f64, f64)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Hours {
    party: String,
    #[serde(default)]
    person: Option<String>,
    /// The first hour of work, and the first after it, both local.
    from: u8,
    to: u8,
    #[serde(default)]
    utc_offset_minutes: i16,
    /// 1 for Monday to 7 for Sunday, of the day on which work begins; every day when none is named.
    #[serde(default)]
    days: BTreeSet<u8>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct File {
    #[serde(default)]
    site: Vec<SiteText>,
    #[serde(default)]
    hours: Vec<Hours>,
    #[serde(default)]
    purpose: Vec<PurposeText>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct SiteText {
    name: String,
    #[serde(default)]
    party: Option<String>,
    networks: BTreeSet<String>,
    #[serde(default)]
    latitude: Option<f64>,
    #[serde(default)]
    longitude: Option<f64>,
    #[serde(default)]
    roaming: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct PurposeText {
    grant: String,
    is: String,
}

/// Why a file of surroundings is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the file of places and hours is not taken: {0}")]
pub struct SurroundingsError(String);

impl Surroundings {
    /// Reads a file of places, hours and purposes.
    ///
    /// # Errors
    /// It is over 1 MiB or no TOML; a field is unknown; a network is none, or narrower than what use records keep (/24,
    /// /48); a place is half given or off the globe; hours are off the clock.
    pub fn read(text: &str) -> Result<Self, SurroundingsError> {
        let wrong = SurroundingsError;
        if text.len() > MOST_BYTES {
            return Err(wrong(format!("{} bytes; at most {MOST_BYTES} are read", text.len())));
        }
        let file: File =
            toml::from_str(text).map_err(|e| wrong(e.to_string().trim().to_owned()))?;
        let sites =
            file.site.into_iter().map(Site::read).collect::<Result<_, _>>().map_err(wrong)?;
        for hours in &file.hours {
            hours.check().map_err(wrong)?;
        }
        let mut purposes = BTreeMap::new();
        for PurposeText { grant, is } in file.purpose {
            let grant = grant.parse().map_err(|e| wrong(format!("purpose of `{grant}`: {e}")))?;
            if purposes.insert(grant, is).is_some() {
                return Err(wrong("a grant has two purposes".to_owned()));
            }
        }
        Ok(Self { sites, hours: file.hours, purposes })
    }

    /// The purpose that the developer gives a grant, in place of what was declared.
    pub(crate) fn purpose(&self, grant: &GrantId) -> Option<&str> {
        self.purposes.get(grant).map(String::as_str)
    }

    /// Whether places of a party were declared.
    pub(crate) fn knows_places(&self, party: &PartyId) -> bool {
        self.sites.iter().any(|site| site.is_of(party))
    }

    /// Whether a place of a party on the globe was declared.
    pub(crate) fn knows_globe(&self, party: &PartyId) -> bool {
        self.sites.iter().any(|site| site.is_of(party) && site.place.is_some())
    }

    /// The party's declared site that holds a network.
    pub(crate) fn site(&self, party: &PartyId, network: &IpNet) -> Option<&Site> {
        let mut of_party = self.sites.iter().filter(|site| site.is_of(party));
        of_party.find(|site| site.networks.iter().any(|declared| declared.contains(network)))
    }

    /// Whether an instant is within the declared hours; none when no hours were declared for the person.
    pub(crate) fn at_work(
        &self,
        party: &PartyId,
        person: &PersonId,
        at: Timestamp,
    ) -> Option<bool> {
        let of_person = |hours: &&Hours| {
            hours.party == party.as_str() && hours.person.as_deref() == Some(person.as_str())
        };
        let of_party = |hours: &&Hours| hours.party == party.as_str() && hours.person.is_none();
        let mut own: Vec<_> = self.hours.iter().filter(of_person).collect();
        if own.is_empty() {
            own = self.hours.iter().filter(of_party).collect();
        }
        (!own.is_empty()).then(|| own.iter().any(|hours| hours.hold(at)))
    }
}

impl Site {
    fn read(text: SiteText) -> Result<Self, String> {
        let SiteText { name, party, networks, latitude, longitude, roaming } = text;
        let wrong = |why: String| format!("site `{name}`: {why}");
        let party = party.map(|p| p.parse().map_err(|e| wrong(format!("party `{p}`: {e}"))));
        let party = party.transpose()?;
        if networks.is_empty() {
            return Err(wrong("no networks".to_owned()));
        }
        let mut read = Vec::new();
        for network in networks {
            let parsed: IpNet =
                network.parse().map_err(|_| wrong(format!("`{network}` is not a network")))?;
            let most = if parsed.addr().is_ipv4() { 24 } else { 48 };
            if parsed.prefix_len() > most || parsed.trunc() != parsed {
                return Err(wrong(format!(
                    "`{network}`: records of uses keep an address's /24, or /48 for IPv6; write the first address of one that is as wide or wider"
                )));
            }
            read.push(parsed);
        }
        let on_globe = |at: f64, most: f64| at.is_finite() && at.abs() <= most;
        let place = match (latitude, longitude, roaming) {
            (Some(latitude), Some(longitude), false)
                if on_globe(latitude, 90.0) && on_globe(longitude, 180.0) =>
            {
                Some((latitude, longitude))
            }
            (None, None, _) => None,
            (_, _, true) => return Err(wrong("what roams has no place".to_owned())),
            (..) => return Err(wrong("latitude and longitude, in degrees, or neither".to_owned())),
        };
        Ok(Self { name, party, networks: read, place })
    }

    fn is_of(&self, party: &PartyId) -> bool {
        self.party.as_ref().is_none_or(|owner| owner == party)
    }

    /// The great-circle distance to another site, in whole kilometres; none when one of them has no place.
    pub(crate) fn kilometres_to(&self, other: &Self) -> Option<u64> {
        let ((lat1, lon1), (lat2, lon2)) = (self.place?, other.place?);
        let (half_lat, half_lon) =
            ((lat2 - lat1).to_radians() / 2.0, (lon2 - lon1).to_radians() / 2.0);
        let cosines = lat1.to_radians().cos() * lat2.to_radians().cos();
        let haversine = half_lat.sin().powi(2) + cosines * half_lon.sin().powi(2);
        let distance = 2.0 * RADIUS * haversine.sqrt().min(1.0).asin();
        // at most half the Earth's circumference, so it fits
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "between 0 and 20,016"
        )]
        let whole = distance.round() as u64;
        Some(whole)
    }
}

impl Hours {
    fn check(&self) -> Result<(), String> {
        let Self { party, from, to, utc_offset_minutes, days, person: _ } = self;
        let on_clock = *from < 24 && *to <= 24 && from != to;
        let near = utc_offset_minutes.abs() <= 14 * 60;
        if on_clock && near && days.iter().all(|day| (1..=7).contains(day)) {
            return Ok(());
        }
        Err(format!(
            "hours of `{party}`: `from` is 0 to 23, `to` 1 to 24 and another, days 1 (Monday) to 7, the offset at most 14 hours"
        ))
    }

    fn hold(&self, at: Timestamp) -> bool {
        const DAY: i64 = 24 * 60;
        let minutes = at.as_micros().div_euclid(60_000_000) + i64::from(self.utc_offset_minutes);
        let (day, minute) = (minutes.div_euclid(DAY), minutes.rem_euclid(DAY));
        let (from, to) = (i64::from(self.from) * 60, i64::from(self.to) * 60);
        // the first day of the epoch was a Thursday
        let works = |day: i64| {
            let weekday = u8::try_from((day + 3).rem_euclid(7) + 1).unwrap_or(1);
            self.days.is_empty() || self.days.contains(&weekday)
        };
        if from < to {
            works(day) && (from..to).contains(&minute)
        } else {
            (works(day) && minute >= from) || (works(day - 1) && minute < to)
        }
    }
}

#[cfg(test)]
mod tests;
