//! Guards of grants and of the persons in them, and the checks behind every permit.

use super::{Case, GrantRecord, Origin, Rules};
use crate::event::{
    Basis, CredentialReplacement, GrantChange, GrantIssue, GrantRequest, PersonStatement, Step,
    Uses,
};
use crate::{DayBudget, Limits, Refusal, terms};
use domain::{Digest, GrantId, Line, PartyId, PersonId, Role, Span, Timestamp};

/// The longest that a replaced credential works beside the new one.
const OVERLAP: Span = Span::days(1);
/// Most replacements of one grant's credential; a window has 30 days.
const REPLACEMENTS: usize = 256;

impl Case {
    pub(super) fn admit_grant_request(
        &self,
        rules: &Rules<'_>,
        e: &GrantRequest,
        at: Timestamp,
    ) -> Result<(), Refusal> {
        if self.grants.contains_key(&e.grant) {
            return Err(Refusal::GrantExists { grant: e.grant.clone() });
        }
        self.grantable(rules, e, at)
    }

    pub(super) fn admit_grant_issue(
        &self,
        rules: &Rules<'_>,
        e: &GrantIssue,
        at: Timestamp,
    ) -> Result<(), Refusal> {
        self.both_speak(&e.developer, &e.government)?;
        let record = self.grant(&e.grant)?;
        if record.issued.is_some() {
            return Err(Refusal::GrantIssued { grant: e.grant.clone() });
        }
        record.not_stopped()?;
        if record.request.digest() != e.request {
            return Err(Refusal::DigestDiffers { what: "grant request", given: e.request });
        }
        self.second_persons(e, &record.request)?;
        self.grantable(rules, &record.request, at)
    }

    /// The two-person rule: requester, holder and both approvers are different people, and neither
    /// approver is recused or removed.
    fn second_persons(&self, e: &GrantIssue, request: &GrantRequest) -> Result<(), Refusal> {
        let approvers =
            [(&e.developer, &e.developer_approver), (&e.government, &e.government_approver)];
        for (party, person) in approvers {
            if *person == request.requested_by || *person == request.person {
                return Err(Refusal::SelfApproval { person: person.clone() });
            }
            self.impartial(party, person)?;
        }
        if e.developer_approver == e.government_approver {
            return Err(Refusal::SelfApproval { person: e.developer_approver.clone() });
        }
        Ok(())
    }

    /// Whether a grant could be issued as requested: asked again when both sides sign.
    fn grantable(&self, rules: &Rules<'_>, e: &GrantRequest, at: Timestamp) -> Result<(), Refusal> {
        let agreed = self.in_force(at)?;
        if agreed.digest != e.terms {
            return Err(Refusal::TermsDiffer { given: e.terms, needed: "in force" });
        }
        self.model_usable(&e.model)?;
        if !agreed.terms.models.contains(&e.model) {
            return Err(Refusal::UnknownModel { model: e.model.clone(), of: terms::MODELS });
        }
        let (from, to) = self.basis_for(rules, e, at)?;
        if e.starts_at >= e.ends_at || e.ends_at <= at || e.starts_at < from || e.ends_at > to {
            return Err(Refusal::GrantOutsideBasis { from, to });
        }
        let acknowledged = (e.terms, e.party.clone(), e.person.clone());
        if !self.acknowledged.contains(&acknowledged) {
            let (_, party, person) = acknowledged;
            return Err(Refusal::NotAcknowledged { party, person });
        }
        self.not_removed(&e.party, &e.person)?;
        self.not_removed(&e.party, &e.requested_by)?;
        terms::bounded("endpoints", &e.endpoints)?;
        if let Some(endpoint) = e.endpoints.difference(&agreed.terms.limits.endpoints).next() {
            return Err(Refusal::EndpointOutsideTerms { endpoint: *endpoint });
        }
        let bound = agreed.terms.limits.tokens_per_grant;
        match e.budget_tokens {
            0 => Err(Refusal::NothingNamed { what: "tokens" }),
            given if given > bound => Err(Refusal::BudgetOverTerms { given, bound }),
            _ => Ok(()),
        }
    }

    /// The span of the basis, when the party may use it for the model.
    fn basis_for(
        &self,
        rules: &Rules<'_>,
        e: &GrantRequest,
        at: Timestamp,
    ) -> Result<(Timestamp, Timestamp), Refusal> {
        let wrong_model = |of| Refusal::UnknownModel { model: e.model.clone(), of };
        let not = |needed| Refusal::NotEntitled { party: e.party.clone(), needed };
        let (id, role) = match &e.basis {
            Basis::Window(id) => {
                let record = self.window_in_time(id, at)?;
                let evaluators = self.terms.as_ref().map(|agreed| &agreed.terms.evaluators);
                if !evaluators.is_some_and(|parties| parties.contains(&e.party)) {
                    return Err(not("an evaluator under the terms (terms: evaluators)"));
                }
                rules.evaluates(&e.party)?;
                if !record.models.contains(&e.model) {
                    return Err(wrong_model("the window"));
                }
                return Ok((record.window.first_access_at(), record.window.ends_at()));
            }
            Basis::Partner(id) => (id, Role::Partner),
            Basis::Defender(id) => (id, Role::Defender),
        };
        let (standing, until) = self.standing_in_time(id, at)?;
        let of_role = match &standing.origin {
            Origin::Partner(_) => Role::Partner,
            Origin::Defender(_) | Origin::Programme(_) => Role::Defender,
        };
        if of_role != role || *standing.origin.party() != e.party {
            return Err(not("the holder of this standing"));
        }
        rules.role(&e.party, role)?;
        let from = self.within_tier(id, standing, e)?;
        if !standing.models().is_some_and(|models| models.contains(&e.model)) {
            return Err(wrong_model("the standing"));
        }
        if e.starts_at < self.plan {
            return Err(Refusal::BeforePartnerRelease { plan: self.plan });
        }
        Ok((from.unwrap_or(self.plan).max(self.plan), until))
    }

    /// The basis of an issued grant is usable at `at`; its end.
    pub(crate) fn basis_usable(
        &self,
        request: &GrantRequest,
        at: Timestamp,
    ) -> Result<Timestamp, Refusal> {
        match &request.basis {
            Basis::Window(id) => {
                let window = self.window_in_time(id, at)?.window;
                if !window.has_begun(self.instant(at)) {
                    let begins_at = window.first_access_at();
                    return Err(Refusal::WindowNotBegun { window: id.clone(), begins_at });
                }
                Ok(window.ends_at())
            }
            Basis::Partner(id) | Basis::Defender(id) => {
                self.standing_in_time(id, at).map(|(_, until)| until)
            }
        }
    }

    pub(crate) fn grant(&self, grant: &GrantId) -> Result<&GrantRecord, Refusal> {
        self.grants.get(grant).ok_or_else(|| Refusal::UnknownGrant { grant: grant.clone() })
    }

    pub(crate) fn not_removed(&self, party: &PartyId, person: &PersonId) -> Result<(), Refusal> {
        self.party_not_removed(party)?;
        let who = (party.clone(), person.clone());
        if !self.removed.contains(&who) {
            return Ok(());
        }
        let (party, person) = who;
        Err(Refusal::PersonRemoved { party, person })
    }

    /// The developer, government, or the holder's own party.
    fn may_stop(&self, e: &GrantChange) -> Result<&GrantRecord, Refusal> {
        let record = self.grant(&e.grant)?;
        if e.by != record.request.party {
            self.either_speaks(&e.by)?;
        }
        Ok(record)
    }

    pub(super) fn admit_grant_revocation(&self, e: &GrantChange) -> Result<(), Refusal> {
        self.may_stop(e)?.not_revoked()
    }

    /// The holder's party, of a credential that works, for one that nobody has.
    pub(super) fn admit_replacement(
        &self,
        e: &CredentialReplacement,
        at: Timestamp,
    ) -> Result<(), Refusal> {
        let record = self.grant(&e.grant)?;
        if e.party != record.request.party {
            let needed = "the holder's party";
            return Err(Refusal::NotEntitled { party: e.party.clone(), needed });
        }
        record.not_revoked()?;
        if record.issued.is_none() {
            return Err(Refusal::GrantNotIssued { grant: e.grant.clone() });
        }
        if e.old != record.credential {
            return Err(Refusal::DigestDiffers { what: "credential", given: e.old });
        }
        let latest = at.after(OVERLAP);
        if e.old_ends_at > latest {
            return Err(Refusal::OverlapTooLong { latest });
        }
        let given = record.replaced.len() + 1;
        if given > REPLACEMENTS {
            return Err(Refusal::TooMany { what: "replacements", given, bound: REPLACEMENTS });
        }
        Ok(())
    }

    pub(super) fn admit_suspension(&self, e: &GrantChange) -> Result<(), Refusal> {
        let record = self.may_stop(e)?;
        record.not_revoked()?;
        if record.suspended.contains(&e.by) {
            return Err(Refusal::GrantSuspended { grant: e.grant.clone(), by: e.by.clone() });
        }
        Ok(())
    }

    pub(super) fn admit_resumption(&self, e: &GrantChange, at: Timestamp) -> Result<(), Refusal> {
        self.in_force(at)?;
        let record = self.may_stop(e)?;
        record.not_revoked()?;
        if record.suspended.contains(&e.by) {
            return Ok(());
        }
        Err(Refusal::GrantNotSuspended { grant: e.grant.clone(), by: e.by.clone() })
    }

    pub(super) fn admit_recusal(
        &self,
        rules: &Rules<'_>,
        e: &PersonStatement,
    ) -> Result<(), Refusal> {
        // whoever approves or determines may have a conflict
        if rules.role(&e.party, Role::Determiner).is_err() {
            self.either_speaks(&e.party)?;
        }
        if e.by == e.party {
            return Ok(());
        }
        Err(Refusal::NotEntitled { party: e.by.clone(), needed: "the person's party" })
    }

    pub(super) fn admit_removal(&self, e: &PersonStatement) -> Result<(), Refusal> {
        if e.by == e.party { Ok(()) } else { self.either_speaks(&e.by) }
    }

    /// Uses are facts: they are taken in every state, also after access ended.
    pub(super) fn admit_uses(&self, e: &Uses) -> Result<(), Refusal> {
        self.developer_speaks(&e.developer)?;
        let record = self.grant(&e.grant)?;
        if e.minute.minute() != e.minute {
            return Err(Refusal::NotAMinute { given: e.minute });
        }
        if record.uses.contains(&(e.minute, e.root)) {
            return Err(Refusal::UsesRecorded { grant: e.grant.clone() });
        }
        Ok(())
    }
}

impl GrantRecord {
    pub(crate) fn not_revoked(&self) -> Result<(), Refusal> {
        match &self.revoked {
            Some(by) => {
                Err(Refusal::GrantRevoked { grant: self.request.grant.clone(), by: by.clone() })
            }
            None => Ok(()),
        }
    }

    pub(crate) fn not_stopped(&self) -> Result<(), Refusal> {
        self.not_revoked()?;
        match self.suspended.first() {
            Some(by) => {
                Err(Refusal::GrantSuspended { grant: self.request.grant.clone(), by: by.clone() })
            }
            None => Ok(()),
        }
    }

    /// The latest step about a rule's signals replaces the one before; a milder one takes a stronger one back.
    pub(crate) fn hold(&mut self, rule: &Line, step: Step) {
        match step {
            Step::Note | Step::Ask => self.held.remove(rule),
            Step::Slow | Step::SecondPerson | Step::Pause => self.held.insert(rule.clone(), step),
        };
    }

    /// The strongest step that holds the grant, with its rule.
    pub(crate) fn held(&self) -> Option<(&Line, Step)> {
        self.held.iter().map(|(rule, step)| (rule, *step)).max_by_key(|(_, step)| *step)
    }

    /// No signal made the developer pause the grant.
    pub(crate) fn not_paused(&self) -> Result<(), Refusal> {
        match self.held() {
            Some((rule, Step::Pause)) => {
                let (grant, rule) = (self.request.grant.clone(), rule.clone());
                Err(Refusal::GrantPaused { grant, rule })
            }
            _ => Ok(()),
        }
    }

    /// The first instant at which a credential works no more for having been replaced, which has not come.
    pub(crate) fn works_until(
        &self,
        credential: &Digest,
        at: Timestamp,
    ) -> Result<Timestamp, Refusal> {
        match self.replaced.get(credential).copied() {
            Some(ended_at) if at >= ended_at => {
                let grant = self.request.grant.clone();
                Err(Refusal::CredentialReplaced { grant, ended_at })
            }
            Some(ends_at) => Ok(ends_at),
            None => Ok(Timestamp::MAX),
        }
    }

    /// What is left of the budget by the record.
    pub(crate) fn left(&self) -> u64 {
        self.request.budget_tokens.saturating_sub(self.used_tokens)
    }

    /// Counts tokens of a day. The two latest are kept: gateways whose clocks are apart state uses of both about midnight.
    pub(crate) fn note_day(&mut self, day: Timestamp, tokens: u64) {
        if let Some(used) = self.used_on.of(day) {
            *used = used.saturating_add(tokens);
        }
    }

    /// The budget of the day of `at`, when the terms have one.
    pub(crate) fn day_budget(&self, limits: &Limits, at: Timestamp) -> Option<DayBudget> {
        let (tokens, day) = (limits.tokens_per_day?, at.day());
        Some(DayBudget { day, tokens, recorded: self.recorded_of(day) })
    }

    /// Tokens of a day on record: none but of the latest are kept.
    pub(crate) fn recorded_of(&self, day: Timestamp) -> u64 {
        self.used_on.get(day).copied().unwrap_or_default()
    }
}
