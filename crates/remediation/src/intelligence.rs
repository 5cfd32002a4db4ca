//! What public sources say of CVEs: KEV, SSVC values of Vulnrichment, EPSS.

use crate::facts::{Facts, Impact, Kev, Known, Provenance};
use advisory::{epss, kev, vulnrichment};
use domain::{Line, Timestamp};
use std::collections::BTreeMap;
use std::fmt;

/// A probability in hundred-thousandths, the precision in which EPSS is published.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
#[serde(transparent)]
pub struct Probability(u32);

/// What is known of CVEs. Each source may be absent as a whole, which is not the same as its
/// silence about one CVE.
#[derive(Debug, Clone, Default)]
pub struct Intelligence {
    kev: Option<(Provenance, BTreeMap<Box<str>, Kev>)>,
    ssvc: BTreeMap<Box<str>, Ssvc>,
    epss: BTreeMap<Box<str>, Probability>,
}

#[derive(Debug, Clone)]
struct Ssvc {
    as_of: Timestamp,
    automatable: Option<Known<bool>>,
    impact: Option<Known<Impact>>,
}

impl Probability {
    /// A probability between 0 and 1; anything else is none.
    pub fn new(p: f64) -> Option<Self> {
        if !(0.0..=1.0).contains(&p) {
            return None;
        }
        // rounding through text: five decimals, no lossy cast
        let digits: String = format!("{p:.5}").chars().filter(|c| *c != '.').collect();
        digits.parse().ok().map(Self)
    }

    /// Hundred-thousandths.
    pub fn hundred_thousandths(self) -> u32 {
        self.0
    }
}

impl fmt::Display for Probability {
    /// In per cent, with one decimal.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = (self.0 + 50) / 100;
        write!(f, "{}.{} %", tenths / 10, tenths % 10)
    }
}

fn line(text: &str) -> Line {
    let fallback = || "an unnamed source".parse().expect("words are a line");
    text.parse().unwrap_or_else(|_| fallback())
}

impl Intelligence {
    /// Nothing known yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes in the KEV catalogue.
    #[must_use]
    pub fn with_kev(mut self, catalogue: &kev::Catalogue) -> Self {
        let source = line(&format!("KEV catalogue {}", catalogue.catalog_version));
        let as_of = catalogue.date_released.parse().unwrap_or(Timestamp::EPOCH);
        let entries = catalogue.vulnerabilities.iter().filter_map(|entry| {
            let listed = Kev::Listed {
                added: entry.date_added.parse().ok()?,
                cisa_due: entry.due_date.parse().ok(),
                ransomware: entry.ransomware,
                forensic_triage: entry.forensic_triage,
            };
            Some((entry.cve.as_str().into(), listed))
        });
        self.kev = Some((Provenance { source, as_of }, entries.collect()));
        self
    }

    /// Takes in Vulnrichment records; of two about one CVE the later assessment counts. Rejected
    /// CVEs and records without SSVC values say nothing.
    #[must_use]
    pub fn with_ssvc<'a>(
        mut self,
        records: impl IntoIterator<Item = &'a vulnrichment::Assessment>,
    ) -> Self {
        for record in records.into_iter().filter(|r| !r.rejected) {
            let as_of = record.assessed_at.as_ref().and_then(|t| t.parse().ok());
            let as_of = as_of.unwrap_or(Timestamp::EPOCH);
            let from = Provenance { source: line("CISA Vulnrichment"), as_of };
            let automatable = record.automatable.map(|a| Known {
                value: a == advisory::ssvc::Automatable::Yes,
                from: from.clone(),
            });
            let impact = record.technical_impact.map(|i| Known {
                value: match i {
                    advisory::ssvc::TechnicalImpact::Partial => Impact::Partial,
                    advisory::ssvc::TechnicalImpact::Total => Impact::Total,
                },
                from,
            });
            if automatable.is_none() && impact.is_none() {
                continue;
            }
            let held = self.ssvc.get(record.cve.as_str());
            if held.is_none_or(|h| h.as_of <= as_of) {
                let ssvc = Ssvc { as_of, automatable, impact };
                self.ssvc.insert(record.cve.as_str().into(), ssvc);
            }
        }
        self
    }

    /// Takes in EPSS scores; of two for one CVE the later row counts.
    #[must_use]
    pub fn with_epss(mut self, scores: &epss::Scores) -> Self {
        for row in &scores.rows {
            if let Some(p) = Probability::new(row.epss) {
                self.epss.insert(row.cve.as_str().into(), p);
            }
        }
        self
    }

    /// Facts about a flaw that goes by these ids. The worst of several CVEs counts, except that the
    /// earliest addition to KEV does.
    pub fn facts<'a>(&self, ids: impl IntoIterator<Item = &'a str>) -> Facts {
        let mut facts = Facts::default();
        if let Some((from, _)) = &self.kev {
            facts.kev = Some(Known { value: Kev::NotListed, from: from.clone() });
        }
        for id in ids {
            if let Some((from, entries)) = &self.kev
                && let Some(listed) = entries.get(id)
                && earlier(*listed, facts.kev_added())
            {
                facts.kev = Some(Known { value: *listed, from: from.clone() });
            }
            let Some(ssvc) = self.ssvc.get(id) else { continue };
            if let Some(automatable) = &ssvc.automatable
                && facts.automatable.as_ref().is_none_or(|k| !k.value)
            {
                facts.automatable = Some(automatable.clone());
            }
            if let Some(impact) = &ssvc.impact
                && facts.impact.as_ref().is_none_or(|k| k.value == Impact::Partial)
            {
                facts.impact = Some(impact.clone());
            }
        }
        facts
    }

    /// The highest EPSS score of these ids.
    pub fn epss<'a>(&self, ids: impl IntoIterator<Item = &'a str>) -> Option<Probability> {
        ids.into_iter().filter_map(|id| self.epss.get(id)).max().copied()
    }
}

fn earlier(kev: Kev, than: Option<Timestamp>) -> bool {
    match kev {
        Kev::Listed { added, .. } => than.is_none_or(|t| added < t),
        Kev::NotListed => false,
    }
}
