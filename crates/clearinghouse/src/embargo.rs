//! Disclosure clocks as data, and what they give for one finding.

use crate::Finding;
use domain::{Span, Timestamp};
use minicbor::{Decode, Encode};

/// A span in days and by how many days it may be extended once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub struct Term {
    /// Days.
    #[n(0)]
    pub days: u32,
    /// Days more, once, when a fix is close; zero for none.
    #[n(1)]
    pub extension_days: u32,
}

impl Term {
    fn span(self, extended: bool) -> Span {
        let more = if extended { self.extension_days } else { 0 };
        Span::days(u64::from(self.days) + u64::from(more))
    }
}

/// A disclosure policy. The shipped values and their sources are in `rules/disclosure.toml`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DisclosureClock {
    /// From sending to disclosure.
    pub standard: Term,
    /// The same when the flaw is being exploited: from sending, or from learning of it when later.
    pub exploited: Term,
    /// From sending until a coordinator is brought in, when the maintainer is silent.
    pub silent_days: u32,
    /// From sending until disclosure is allowed, when the maintainer is still silent.
    pub unresponsive_days: u32,
    /// From a fix to the publication of technical details.
    pub details_days: u32,
}

/// What the reporter asks for. It is relayed, never renegotiated.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Encode, Decode, serde::Serialize, serde::Deserialize,
)]
#[serde(rename_all = "kebab-case")]
pub enum EmbargoTerms {
    /// No embargo: it is public already, or must count as public.
    #[n(0)]
    Public,
    /// The policy's clock.
    #[n(1)]
    Policy,
    /// The policy's clock, and at the latest this instant.
    #[n(2)]
    Until(#[n(0)] Timestamp),
}

/// What is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum DueKind {
    /// Bring in a coordinator: the maintainer is silent.
    Coordinator,
    /// Disclosure is allowed: the maintainer stayed silent.
    MayDisclose,
    /// Disclose.
    Disclose,
    /// Publish technical details.
    Details,
}

/// One due date of a finding, and what set it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Due {
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: DueKind,
    /// The rule that set it, by its id in `rules/disclosure.toml`, or `reporter` or `public`.
    pub because: &'static str,
}

impl DisclosureClock {
    /// The due dates that still stand for a finding, earliest first.
    pub fn due_dates(&self, finding: &Finding) -> Vec<Due> {
        let mut dues = Vec::new();
        let open = finding.published.is_none() && finding.withdrawn.is_none();
        if open {
            dues.extend(self.disclosure(finding));
            dues.extend(self.silence(finding));
        }
        if finding.withdrawn.is_none()
            && let Some(fix) = &finding.fix
        {
            let at = fix.available_at.after(Span::days(u64::from(self.details_days)));
            dues.push(Due { at, kind: DueKind::Details, because: "details-after-patch" });
        }
        dues.sort_unstable();
        dues
    }

    fn disclosure(&self, finding: &Finding) -> Option<Due> {
        let due = |at, because| Due { at, kind: DueKind::Disclose, because };
        let reporter = match finding.report.embargo {
            EmbargoTerms::Public => return Some(due(finding.reported_at, "public")),
            EmbargoTerms::Until(at) => Some(due(at, "reporter")),
            EmbargoTerms::Policy => None,
        };
        let sent = finding.sent.as_ref().map(|s| s.sent_at);
        let standard =
            sent.map(|at| due(at.after(self.standard.span(finding.extended)), "standard"));
        let exploited = sent.zip(finding.exploited_at).map(|(sent, known)| {
            let at = sent.max(known).after(self.exploited.span(finding.extended));
            due(at, "exploited-critical")
        });
        [reporter, standard, exploited].into_iter().flatten().min()
    }

    fn silence(&self, finding: &Finding) -> Vec<Due> {
        let silent = finding.acknowledged_at.is_none() && finding.fix.is_none();
        let Some(sent) = finding.sent.as_ref().filter(|_| silent) else { return Vec::new() };
        let after = |days| sent.sent_at.after(Span::days(u64::from(days)));
        let mut dues = vec![Due {
            at: after(self.unresponsive_days),
            kind: DueKind::MayDisclose,
            because: "unresponsive-vendor",
        }];
        if finding.coordinator_at.is_none() {
            dues.push(Due {
                at: after(self.silent_days),
                kind: DueKind::Coordinator,
                because: "silent-maintainer",
            });
        }
        dues
    }

    /// From when an advisory may be published without a fix; `None` when nothing has started a clock.
    pub fn disclosable_from(&self, finding: &Finding) -> Option<Timestamp> {
        let dues = self.due_dates(finding);
        let may = |due: &&Due| matches!(due.kind, DueKind::Disclose | DueKind::MayDisclose);
        dues.iter().find(may).map(|due| due.at)
    }

    /// Whether the disclosure date can still be extended by a word.
    pub(crate) fn extensible(&self, finding: &Finding) -> bool {
        let term = if finding.exploited_at.is_some() { self.exploited } else { self.standard };
        term.extension_days > 0
    }
}

#[cfg(test)]
mod tests;
