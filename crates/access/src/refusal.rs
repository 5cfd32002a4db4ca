//! Why not: data with a stable code and plain words. None concerns a release.

mod code;
mod conduct;
mod programme;

pub use conduct::ConductRefusal;
pub use programme::ProgrammeRefusal;

use crate::{Binding, Endpoint, Publication, Recording};
use code::{hours, publication_of, source_of};
use domain::{
    CaseId, Digest, GrantId, Line, ModelId, NominationId, PartyId, PersonId, Role, Span, TermsId,
    Timestamp, WindowId,
};
use std::net::IpAddr;

/// Why a statement was not admitted, or a request to a model not permitted.
///
/// [`Refusal::code`] is stable: it goes into API answers and records. The words may improve.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    // Who may say it.
    /// A needed signature is missing.
    #[error("`{missing}` has not signed; the statement counts once everyone named in it has")]
    SignatureMissing {
        /// Whose.
        missing: PartyId,
    },
    /// The directory has no such party.
    #[error("the directory has no party `{party}`; enrol it first")]
    UnknownParty {
        /// Which.
        party: PartyId,
    },
    /// The party may not play this part.
    #[error("`{party}` does not have the role {role}; only the directory gives roles")]
    RoleMissing {
        /// Which party.
        party: PartyId,
        /// Which role.
        role: Role,
    },
    /// One party on both sides.
    #[error("`{party}` is on both sides; two keys need two parties")]
    OneParty {
        /// Which.
        party: PartyId,
    },
    /// The party has no such standing in this case.
    #[error("here `{party}` is not {needed}")]
    NotEntitled {
        /// Which party.
        party: PartyId,
        /// What it would have to be.
        needed: &'static str,
    },
    /// How the parties keep the terms.
    #[error(transparent)]
    Conduct(#[from] ConductRefusal),
    /// The defender programme.
    #[error(transparent)]
    Programme(#[from] ProgrammeRefusal),
    // The case and its state.
    /// No such case.
    #[error("there is no case `{case}`; a developer opens one by an inquiry")]
    UnknownCase {
        /// Which.
        case: CaseId,
    },
    /// The id is taken.
    #[error("case `{case}` exists already; choose another id")]
    CaseExists {
        /// Which.
        case: CaseId,
    },
    /// Not legal now.
    #[error("the case is in the state {state}; this needs {needed}")]
    WrongState {
        /// The state it is in.
        state: &'static str,
        /// What must hold first.
        needed: &'static str,
    },
    /// The developer withdrew access in the case.
    #[error("the developer withdrew access in this case; beginning again takes a new inquiry")]
    CaseWithdrawn,
    /// The developer withdrew a model.
    #[error("the developer withdrew access to `{model}` in this case")]
    ModelWithdrawn {
        /// Which.
        model: ModelId,
    },
    /// The developer withdrew a window.
    #[error("the developer withdrew window `{window}`; another window needs new signatures")]
    WindowWithdrawn {
        /// Which.
        window: WindowId,
    },
    // What is said.
    /// A list or number that must have something in it.
    #[error("no {what} named; name at least one")]
    NothingNamed {
        /// What.
        what: &'static str,
    },
    /// A list over its bound.
    #[error("{given} {what}; at most {bound} fit in one statement")]
    TooMany {
        /// What.
        what: &'static str,
        /// How many.
        given: usize,
        /// How many may be.
        bound: usize,
    },
    /// A model outside the case, terms, window or standing.
    #[error("`{model}` is not among the models of {of}")]
    UnknownModel {
        /// Which.
        model: ModelId,
        /// Where it would have to be.
        of: &'static str,
    },
    /// A digest that does not match what it names.
    #[error("the digest of the {what} differs from what is on record: {given}")]
    DigestDiffers {
        /// What it is of.
        what: &'static str,
        /// What was given.
        given: Digest,
    },
    // Determinations.
    /// The reference is on record already.
    #[error("determination {reference} is on record already")]
    DeterminationExists {
        /// Which.
        reference: Digest,
    },
    /// No such determination in force.
    #[error("no determination {reference} is in force for this")]
    UnknownDetermination {
        /// Which.
        reference: Digest,
    },
    /// One is in force and was not named.
    #[error("determination {current} is in force for this model; name it as superseded")]
    MustSupersede {
        /// The one in force.
        current: Digest,
    },
    // Terms.
    /// A cell of the safeguards matrix is empty.
    #[error("the terms say nothing on {part} under {head}; all twelve cells need words")]
    SafeguardMissing {
        /// Which head.
        head: &'static str,
        /// Which of its parts.
        part: &'static str,
    },
    /// The terms id is taken.
    #[error("terms `{terms}` were proposed already; a new version needs a new id")]
    TermsExist {
        /// Which.
        terms: TermsId,
    },
    /// Not the terms that count now.
    #[error("these are not the terms {needed}; their digest is not {given}")]
    TermsDiffer {
        /// What was given.
        given: Digest,
        /// `on the table` or `in force`.
        needed: &'static str,
    },
    /// The person has not acknowledged the terms.
    #[error("`{person}` of `{party}` has not acknowledged the terms in force")]
    NotAcknowledged {
        /// Whose person.
        party: PartyId,
        /// Who.
        person: PersonId,
    },
    /// The person acknowledged these terms before.
    #[error("`{person}` of `{party}` has acknowledged the terms in force already")]
    AcknowledgedAlready {
        /// Whose person.
        party: PartyId,
        /// Who.
        person: PersonId,
    },
    // Windows.
    /// Longer than allowed.
    #[error("a window of {} hours is too long; at most {} (EO 14409 section 3(b)(ii))", hours(*.given), hours(*.longest))]
    WindowTooLong {
        /// What was asked.
        given: Span,
        /// What may be.
        longest: Span,
    },
    /// No time in it.
    #[error("the window would end at {ends_at}, not after first access at {first_access_at}")]
    WindowEmpty {
        /// When it would begin.
        first_access_at: Timestamp,
        /// When it would end.
        ends_at: Timestamp,
    },
    /// The id is taken.
    #[error("window `{window}` exists already; longer access needs a new window")]
    WindowExists {
        /// Which.
        window: WindowId,
    },
    /// No such window.
    #[error("there is no window `{window}` in this case")]
    UnknownWindow {
        /// Which.
        window: WindowId,
    },
    /// Another one is live.
    #[error("window `{window}` has not ended; end it first")]
    WindowLive {
        /// Which.
        window: WindowId,
    },
    /// Not the developer's current plan.
    #[error("the developer plans its partner release for {plan}, not {given}; sign again")]
    PlanMoved {
        /// What was signed.
        given: Timestamp,
        /// What is planned.
        plan: Timestamp,
    },
    /// The window has not begun.
    #[error("window `{window}` begins at {begins_at}")]
    WindowNotBegun {
        /// Which.
        window: WindowId,
        /// When.
        begins_at: Timestamp,
    },
    /// The window is over.
    #[error("window `{window}` is over since {ended_at}")]
    WindowOver {
        /// Which.
        window: WindowId,
        /// Since when.
        ended_at: Timestamp,
    },
    // Partners and defenders.
    /// The id is taken.
    #[error("nomination `{nomination}` exists already")]
    NominationExists {
        /// Which.
        nomination: NominationId,
    },
    /// No such nomination or application.
    #[error("there is no nomination or application `{nomination}` in this case")]
    UnknownNomination {
        /// Which.
        nomination: NominationId,
    },
    /// Signed already.
    #[error("both sides have signed `{nomination}` already")]
    NominationSettled {
        /// Which.
        nomination: NominationId,
    },
    /// Only one side has spoken.
    #[error("`{nomination}` lacks the signature of both sides")]
    NominationOpen {
        /// Which.
        nomination: NominationId,
    },
    /// Ended by one side.
    #[error("`{nomination}` was revoked by `{by}`")]
    NominationRevoked {
        /// Which.
        nomination: NominationId,
        /// By whom.
        by: PartyId,
    },
    /// Over.
    #[error("`{nomination}` expired at {expired_at}")]
    NominationExpired {
        /// Which.
        nomination: NominationId,
        /// When.
        expired_at: Timestamp,
    },

    /// An organisation that the terms do not name.
    #[error(
        "the terms do not name `{party}` among those who may become partners or defenders (terms: partners)"
    )]
    PartnerOutsideTerms {
        /// Which.
        party: PartyId,
    },
    /// A recipient that the terms do not name.
    #[error("the terms do not let `{party}` receive assessments (terms: recipients)")]
    RecipientOutsideTerms {
        /// Which.
        party: PartyId,
    },
    /// Not as the terms let an assessment be published.
    #[error("the terms let {} (terms: publication)", publication_of(*.rule, *.plan))]
    PublicationOutsideTerms {
        /// What the terms say.
        rule: Publication,
        /// The planned partner release.
        plan: Timestamp,
    },
    // Grants.
    /// The id is taken.
    #[error("grant `{grant}` exists already")]
    GrantExists {
        /// Which.
        grant: GrantId,
    },
    /// No such grant.
    #[error("there is no grant `{grant}` in this case")]
    UnknownGrant {
        /// Which.
        grant: GrantId,
    },
    /// Issued already.
    #[error("grant `{grant}` is issued already")]
    GrantIssued {
        /// Which.
        grant: GrantId,
    },
    /// Requested only.
    #[error("grant `{grant}` is requested, but not issued by both sides")]
    GrantNotIssued {
        /// Which.
        grant: GrantId,
    },
    /// Ended.
    #[error("grant `{grant}` was revoked by `{by}`")]
    GrantRevoked {
        /// Which.
        grant: GrantId,
        /// By whom.
        by: PartyId,
    },
    /// Paused.
    #[error("grant `{grant}` is suspended by `{by}`")]
    GrantSuspended {
        /// Which.
        grant: GrantId,
        /// By whom.
        by: PartyId,
    },
    /// Not paused by this party.
    #[error("`{by}` has not suspended grant `{grant}`; only who suspended it can let it go on")]
    GrantNotSuspended {
        /// Which.
        grant: GrantId,
        /// Who tried.
        by: PartyId,
    },
    /// Not yet.
    #[error("grant `{grant}` begins at {starts_at}")]
    GrantNotBegun {
        /// Which.
        grant: GrantId,
        /// When.
        starts_at: Timestamp,
    },
    /// Over.
    #[error("grant `{grant}` ended at {ended_at}")]
    GrantOver {
        /// Which.
        grant: GrantId,
        /// When.
        ended_at: Timestamp,
    },
    /// The span of the grant is empty or leaves its basis.
    #[error("the grant's time must lie within {from} to {to} and not be over")]
    GrantOutsideBasis {
        /// First instant of the basis.
        from: Timestamp,
        /// First instant after it.
        to: Timestamp,
    },
    /// A partner or defender grant that would make the anchor false.
    #[error(
        "partner and defender grants begin at the planned partner release ({plan}) or later; the developer alone can move that plan"
    )]
    BeforePartnerRelease {
        /// The plan.
        plan: Timestamp,
    },
    /// More tokens than the terms allow.
    #[error("{given} tokens; the terms allow {bound} per grant (terms: tokens-per-grant)")]
    BudgetOverTerms {
        /// What was asked.
        given: u64,
        /// What may be.
        bound: u64,
    },
    /// An endpoint outside the terms.
    #[error("the terms do not allow the endpoint {endpoint} (terms: endpoints)")]
    EndpointOutsideTerms {
        /// Which.
        endpoint: Endpoint,
    },
    /// The credential is another grant's.
    #[error("this credential belongs to another grant; make a new one")]
    CredentialInUse,
    /// A person on both ends of an approval.
    #[error("`{person}` can't approve: the requester, the holder and both approvers must differ")]
    SelfApproval {
        /// Who.
        person: PersonId,
    },
    /// The approver is recused.
    #[error("`{person}` of `{party}` is recused from this case")]
    PersonRecused {
        /// Whose person.
        party: PartyId,
        /// Who.
        person: PersonId,
    },
    /// The person was removed.
    #[error("`{person}` of `{party}` was removed from this case")]
    PersonRemoved {
        /// Whose person.
        party: PartyId,
        /// Who.
        person: PersonId,
    },
    // Use.
    /// No grant has this credential.
    #[error("no grant has this credential")]
    UnknownCredential,
    /// The grant rests on terms that both sides have since replaced.
    #[error("grant `{grant}` rests on terms that are no longer in force")]
    TermsReplaced {
        /// Which.
        grant: GrantId,
    },
    /// The grant is for another model.
    #[error("grant `{grant}` is not for the model `{model}`")]
    ModelNotGranted {
        /// Which grant.
        grant: GrantId,
        /// Which model.
        model: ModelId,
    },
    /// The grant does not name the endpoint.
    #[error("grant `{grant}` does not allow the endpoint {endpoint} (terms: endpoints)")]
    EndpointNotGranted {
        /// Which grant.
        grant: GrantId,
        /// Which endpoint.
        endpoint: Endpoint,
    },
    /// The credential was replaced by a newer one.
    #[error("grant `{grant}` has a newer credential; this one ended at {ended_at}")]
    CredentialReplaced {
        /// Which grant.
        grant: GrantId,
        /// When it ended.
        ended_at: Timestamp,
    },
    /// The old credential would work for too long beside the new one.
    #[error("the old credential may work until {latest} at most")]
    OverlapTooLong {
        /// The latest end.
        latest: Timestamp,
    },
    /// The developer paused it over a signal.
    #[error("grant `{grant}` is paused by the developer over a signal of `{rule}`")]
    GrantPaused {
        /// Which grant.
        grant: GrantId,
        /// The rule that fired.
        rule: Line,
    },
    /// The developer asks for a second person over a signal.
    #[error("grant `{grant}` needs a second person's key as `x-second-key` (signal of `{rule}`)")]
    SecondPersonNeeded {
        /// Which grant.
        grant: GrantId,
        /// The rule that fired.
        rule: Line,
    },
    /// No tokens left.
    #[error(
        "grant `{grant}` has {left} tokens left; {asked} were asked for (terms: tokens-per-grant)"
    )]
    BudgetSpent {
        /// Which grant.
        grant: GrantId,
        /// What is left by the record.
        left: u64,
        /// What was asked for.
        asked: u64,
    },
    /// No tokens left today.
    #[error(
        "grant `{grant}` has {left} tokens left today; {asked} were asked for; more from {resumes_at} (terms: tokens-per-day)"
    )]
    DayBudgetSpent {
        /// Which grant.
        grant: GrantId,
        /// What is left of the day by the record.
        left: u64,
        /// What was asked for.
        asked: u64,
        /// When the next day begins.
        resumes_at: Timestamp,
    },
    /// No tokens left for the person.
    #[error(
        "over all your grants in this case you have {left} tokens left; {asked} were asked for (terms: tokens-per-person)"
    )]
    PersonBudgetSpent {
        /// What is left by the record.
        left: u64,
        /// What was asked for.
        asked: u64,
    },
    /// No tokens left for the person today.
    #[error(
        "over all your grants in this case you have {left} tokens left today; {asked} were asked for; more from {resumes_at} (terms: tokens-per-person-per-day)"
    )]
    PersonDayBudgetSpent {
        /// What is left of the day by the record.
        left: u64,
        /// What was asked for.
        asked: u64,
        /// When the next day begins.
        resumes_at: Timestamp,
    },
    /// From outside the networks that the terms name.
    #[error("{} is not within the networks of the terms (terms: networks)", source_of(*.address))]
    NetworkOutsideTerms {
        /// Where from, as far as known.
        address: Option<IpAddr>,
    },
    /// A record that is less safe than the terms ask for.
    #[error("the gateway's record is {given}; the terms ask for {needed} (terms: recording)")]
    RecordingOutsideTerms {
        /// What the gateway does.
        given: Recording,
        /// What it must do.
        needed: Recording,
    },
    /// A credential that is held otherwise than the terms allow.
    #[error(
        "the credential was shown as `{given}`, which the terms don't allow (terms: credentials)"
    )]
    CredentialOutsideTerms {
        /// How it was shown.
        given: Binding,
    },
    /// The record of uses is there already.
    #[error("these uses of grant `{grant}` are on record already")]
    UsesRecorded {
        /// Which grant.
        grant: GrantId,
    },
    /// Not the start of a minute.
    #[error("{given} is not the start of a minute")]
    NotAMinute {
        /// What was given.
        given: Timestamp,
    },
}
