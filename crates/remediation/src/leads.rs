//! How long before everybody a ring should know: exposure that early patching spares against the risk that
//! somebody talks.
//!
//! The model, all of it: a ring is told its lead before the public hour and patches with a half-life. Each of
//! its readers leaks with a small probability a day; the leak is noticed some days later, and everybody is told
//! at once. Attackers use the flaw some days after it leaked or was published. What is counted are days on which a system is
//! attackable and not patched, up to a horizon. It is an aid for choosing, no forecast: leak rates are guesses,
//! so the picture shows where the answer turns.

mod picture;

use serde::Serialize;

/// Most days of lead that are tried.
const MOST_DAYS: u32 = 90;
/// Steps of a day in which a leak may happen.
const STEPS: u32 = 8;

/// Who is told when.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LeadRing {
    /// What it is called.
    pub name: String,
    /// How many people read the notice.
    pub readers: u32,
    /// How many systems they patch.
    pub systems: u32,
    /// Days until half of those are patched, once told.
    pub half_life: f64,
    /// Its part of the longest lead, from 0 (told with everybody) to 1.
    pub share: f64,
}

/// What is assumed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LeadModel {
    /// The rings.
    pub rings: Vec<LeadRing>,
    /// Probability that one reader leaks on one day.
    pub leak: f64,
    /// Days from the public hour, or from a leak, until attackers use the flaw.
    pub weapon: f64,
    /// Days until a leak is noticed, and everybody is told.
    pub noticed: f64,
    /// Days from the public hour up to which exposure counts.
    pub horizon: f64,
}

/// One lead.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Lead {
    /// Days of the longest lead.
    pub days: u32,
    /// Expected exposed system-days.
    pub exposure: f64,
    /// The same if nobody leaks.
    pub without_leak: f64,
    /// Probability of a leak before the public hour.
    pub leaks: f64,
}

/// Every lead, and the best.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Leads {
    /// What was assumed.
    pub model: LeadModel,
    /// One a day, from none on.
    pub leads: Vec<Lead>,
    /// The one with the least expected exposure; of equals the shortest.
    pub best: Lead,
}

/// Why a model can't be computed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum LeadError {
    /// No ring, or more than sixteen.
    #[error("{0} rings were given; give one to sixteen")]
    Rings(usize),
    /// A number outside its bounds.
    #[error("{name} is {given}; it must be {bounds}")]
    Number {
        /// Which.
        name: String,
        /// What was given.
        given: f64,
        /// What is possible.
        bounds: &'static str,
    },
}

impl LeadModel {
    /// Computes every lead from none to `most` days.
    ///
    /// # Errors
    /// A number outside its bounds.
    pub fn leads(self, most: u32) -> Result<Leads, LeadError> {
        self.check(most)?;
        let leads: Vec<Lead> = (0..=most).map(|days| self.lead(days)).collect();
        let better = |a: &Lead, b: &Lead| a.exposure.total_cmp(&b.exposure);
        let best = leads.iter().copied().min_by(better).unwrap_or_else(|| self.lead(0));
        Ok(Leads { model: self, leads, best })
    }

    fn check(&self, most: u32) -> Result<(), LeadError> {
        if self.rings.is_empty() || self.rings.len() > 16 {
            return Err(LeadError::Rings(self.rings.len()));
        }
        let within = |name: &str, given: f64, (least, most): (f64, f64), bounds| {
            let fits = (least..=most).contains(&given);
            let error = || LeadError::Number { name: name.to_owned(), given, bounds };
            if fits { Ok(()) } else { Err(error()) }
        };
        for ring in &self.rings {
            let name = |what: &str| format!("the {what} of `{}`", ring.name);
            within(&name("half-life"), ring.half_life, (0.01, 3650.0), "0.01 to 3650 days")?;
            within(&name("share"), ring.share, (0.0, 1.0), "0 to 1")?;
        }
        within("the leak rate", self.leak, (0.0, 0.1), "0 to 0.1 a reader and day")?;
        within("the time to a weapon", self.weapon, (0.0, 365.0), "0 to 365 days")?;
        within("the time until a leak is noticed", self.noticed, (0.0, 365.0), "0 to 365 days")?;
        within("the horizon", self.horizon, (1.0, 3650.0), "1 to 3650 days")?;
        within("the longest lead", f64::from(most), (1.0, f64::from(MOST_DAYS)), "1 to 90 days")
    }

    /// One lead: over every step before the public hour the chance that the leak falls into it.
    fn lead(&self, days: u32) -> Lead {
        let (lead, step) = (f64::from(days), 1.0 / f64::from(STEPS));
        let (mut silent, mut exposure) = (1.0, 0.0);
        for at in 0..days * STEPS {
            let middle = (f64::from(at) + 0.5).mul_add(step, -lead);
            let told = self.rings.iter().filter(|ring| middle >= -lead * ring.share);
            let readers: f64 = told.map(|ring| f64::from(ring.readers)).sum();
            let leaks = silent * (1.0 - (-self.leak * readers * step).exp());
            exposure += leaks * self.exposed(lead, middle);
            silent -= leaks;
        }
        let without_leak = self.exposed(lead, 0.0);
        Lead {
            days,
            exposure: silent.mul_add(without_leak, exposure),
            without_leak,
            leaks: 1.0 - silent,
        }
    }

    /// Exposed system-days when the flaw is known from `known` on, by leak or by plan; days count from the planned
    /// hour, at which everybody is told at the latest.
    fn exposed(&self, lead: f64, known: f64) -> f64 {
        let from = known + self.weapon;
        let until = known + self.horizon.max(self.weapon);
        let everybody = (known + self.noticed).min(0.0);
        let of = |ring: &LeadRing| {
            let told = (-lead * ring.share).min(everybody).min(until);
            let unpatched = |at: f64| (-(at - told) / ring.half_life).exp2();
            // before it is told nobody patches
            let waiting = (told - from).max(0.0);
            let rate = ring.half_life / std::f64::consts::LN_2;
            let patching = rate * (unpatched(from.max(told)) - unpatched(until));
            f64::from(ring.systems) * (waiting + patching)
        };
        self.rings.iter().map(of).sum()
    }
}

#[cfg(test)]
mod tests;
