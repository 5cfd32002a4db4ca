//! The rules of voluntary access to an unreleased model: inquiries, terms, windows, partners, grants.
//!
//! The rules are those of Executive Order 14409 §3(a)-(c): a developer may ask whether a model still
//! in training is covered, may give access under terms that both sides sign, for at most 30 days
//! before it plans to release the model *to other trusted partners*, and selects those partners
//! together with government. Nothing here is a licence, a preclearance or a permit to release
//! (§3(c)): no state has a name for that, [`Reviews::release`] cannot fail, and no [`Refusal`]
//! concerns it. `walk` and the exhaustive check in the tests hold this.
//!
//! How it is built. An [`Event`] is a statement that one party, or two together, signed.
//! [`Reviews`] folds [`domain::Attested`] events in log order; [`Reviews::apply`] is total: what the
//! rules don't admit changes nothing and says why ([`Refusal`]). Commands are methods on the struct
//! of the [`State`] in which they are legal; they ask the same guard as `apply`, so an event that a
//! command returns is admitted once its signers have signed. [`Reviews::permit`] is the only maker of
//! a [`Permit`].
//!
//! Three rules shape everything else:
//! 1. *Two keys to give, one to stop.* Terms, windows, partners, defenders and grants need both the
//!    developer and government; closing, revoking, suspending and removing need either alone.
//! 2. *The developer's word ends access at once.* A [`Withdrawal`] counts whenever and however it is
//!    learned, from the log or directly ([`Reviews::heed`]), before or after anything else.
//! 3. *A clock that steps back revives nothing.* Every check uses the latest instant ever seen.
#![warn(clippy::wildcard_enum_match_arm, missing_docs)]

mod case;
mod event;
mod permit;
mod refusal;
mod reviews;
mod states;
mod terms;
mod view;
pub mod walk;
mod window;

pub use case::Case;
pub use event::{
    AccessRequest, Account, Acknowledgement, Admission, Allowance, Application,
    AssessmentPublication, AssessmentSharing, Audience, Basis, Breach, BreachKind, BreachWord,
    Consideration, CredentialReplacement, Decline, Destruction, Determination,
    DeterminationWithdrawal, Enrolment, EnrolmentAdmission, Event, ExternalOrder, Gives,
    GrantChange, GrantIssue, GrantRequest, Inquiry, Nomination, OrganisationRemoval, Outcome,
    PersonStatement, Release, Replan, Revocation, Right, Scope, Selection, SignalAction, Snapshot,
    Stage, Step, System, TermsAgreement, TermsProposal, Tier, Uses, Verification, WindowClosing,
    WindowOpening, Withdrawal,
};
pub use permit::{DayBudget, Permit, PersonBudget, PersonGrant, UseRequest};
pub use refusal::{ConductRefusal, ProgrammeRefusal, Refusal};
pub use reviews::{Lapse, RecordedUses, Reviews, Used, Whose, Word};
pub use states::{
    Agreed, AwaitingTerms, Ended, InForce, Inquired, Open, Records, State, Withdrawn,
};
pub use terms::{
    Binding, Content, Endpoint, Head, Limits, Network, ParseNetworkError, Publication,
    RETENTION_DAYS, Recording, Safeguards, Terms,
};
pub use view::{
    AdmissionView, BreachView, CaseView, DeterminationView, GrantView, ModelView, ProgrammeView,
    Status, WindowView,
};
pub use window::{Bounds, Window};
