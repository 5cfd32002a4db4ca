//! How the parties keep what they signed: breaches and remedies, destruction, snapshots, and what the developer does about a signal.

use domain::{
    CaseId, Digest, GrantId, IncidentId, Line, ModelId, PartyId, PersonId, Text, Timestamp,
};
use minicbor::{Decode, Encode};

/// What went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum BreachKind {
    /// Something that the terms keep inside got out.
    #[n(0)]
    Leak,
    /// The model, or an assessment, was used for something else.
    #[n(1)]
    Misuse,
    /// A model under test acted outside the place it was tested in.
    #[n(2)]
    Escape,
    /// Material with a handling mark reached a place that may not hold it.
    #[n(3)]
    Spill,
}

impl BreachKind {
    /// Every kind with its name.
    pub const ALL: [(Self, &'static str); 4] = [
        (Self::Leak, "leak"),
        (Self::Misuse, "misuse"),
        (Self::Escape, "escape"),
        (Self::Spill, "spill"),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }

    /// What whoever notices it does first, in order.
    pub const fn steps(self) -> &'static [&'static str] {
        match self {
            Self::Leak => &[
                "stop the grant or person that it came through",
                "say what got out, to whom, and since when",
                "tell the other side; agree who tells whom else",
                "have copies destroyed and attested",
            ],
            Self::Misuse => &[
                "pause the grant and keep its record of uses",
                "ask the person's party for its account",
                "remove the person if the terms were broken",
            ],
            Self::Escape => &[
                "end the run and cut its network",
                "keep the transcript and the sandbox's attestation",
                "tell whoever owns what was reached",
                "stop access until the containment is mended",
            ],
            Self::Spill => &[
                "stop: neither open, copy, forward nor delete anything more",
                "cut the affected machine off and write down who saw it",
                "tell the security officer of the mark's owner by a channel of that level",
                "clean by the owner's instruction only, then attest the destruction",
                "state here that it happened, without the material and without what it says",
            ],
        }
    }
}

/// A party noticed that another did not keep the terms, or that it did not itself.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub struct Breach {
    /// The case.
    #[n(0)]
    pub case: CaseId,
    /// A new id.
    #[n(1)]
    pub incident: IncidentId,
    /// Who noticed it: the developer, government or an evaluator of the terms.
    #[n(2)]
    pub by: PartyId,
    /// Whose side it was on; may be `by` itself.
    #[n(3)]
    pub about: PartyId,
    /// What kind of thing.
    #[n(4)]
    pub kind: BreachKind,
    /// What happened, as far as it may be told here.
    #[n(5)]
    pub account: Text,
    /// When it began, if that is known.
    #[n(6)]
    pub occurred_at: Option<Timestamp>,
    /// When `by` learned of it.
    #[n(7)]
    pub aware_at: Timestamp,
    /// Whether uses stop until it is remedied; only the developer or government may ask for that.
    #[n(8)]
    pub stops: bool,
}

/// What is said about a breach after its notice: an answer of whoever it is about, or the word that it is remedied.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub struct BreachWord {
    /// The case.
    #[n(0)]
    pub case: CaseId,
    /// Which breach.
    #[n(1)]
    pub incident: IncidentId,
    /// Who says it: of an answer `about`, of the end `by`.
    #[n(2)]
    pub by: PartyId,
    /// What was or will be done about it.
    #[n(3)]
    pub remedy: Text,
}

/// A party's word that it holds something no more.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub struct Destruction {
    /// The case.
    #[n(0)]
    pub case: CaseId,
    /// Who held it.
    #[n(1)]
    pub by: PartyId,
    /// The person who vouches for it.
    #[n(2)]
    pub person: PersonId,
    /// What it was, in words.
    #[n(3)]
    pub what: Text,
    /// Its SHA-256, where it had one.
    #[n(4)]
    pub digest: Option<Digest>,
    /// How, such as a method of NIST SP 800-88.
    #[n(5)]
    pub method: Line,
    /// When.
    #[n(6)]
    pub destroyed_at: Timestamp,
}

/// Where a snapshot of a model was used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Stage {
    /// It was measured.
    #[n(0)]
    Evaluated,
    /// It answered behind the gateway.
    #[n(1)]
    Accessed,
    /// It was released.
    #[n(2)]
    Released,
}

impl Stage {
    /// Every stage with its name.
    pub const ALL: [(Self, &'static str); 3] = [
        (Self::Evaluated, "evaluated"),
        (Self::Accessed, "accessed"),
        (Self::Released, "released"),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(stage, _)| *stage == self).map_or("", |(_, name)| name)
    }
}

/// The developer binds a snapshot of a model by its digest, with what it was made from. The weights are never here.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub struct Snapshot {
    /// The case.
    #[n(0)]
    pub case: CaseId,
    /// The developer.
    #[n(1)]
    pub developer: PartyId,
    /// The model.
    #[n(2)]
    pub model: ModelId,
    /// SHA-256 over its weights and what serves them, made as the developer says in `variant`.
    #[n(3)]
    pub digest: Digest,
    /// Where it was used.
    #[n(4)]
    pub stage: Stage,
    /// Its variant: level of safeguards, system prompt, how the digest was made.
    #[n(5)]
    pub variant: Line,
    /// The snapshot that it derives from, bound before; none for the first.
    #[n(6)]
    pub derived_from: Option<Digest>,
}

/// What the developer does about a signal of misuse, from the mildest to the strongest. The latest step about a grant and a
/// rule is what holds; of several rules the strongest. So a note takes a pause back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Step {
    /// It is written down.
    #[n(0)]
    Note,
    /// The person's party is asked.
    #[n(1)]
    Ask,
    /// The gateway lets the grant have one request at a time, with a pause between two.
    #[n(2)]
    Slow,
    /// A second person of the holder's party must look on: no request without that person's key.
    #[n(3)]
    SecondPerson,
    /// The grant is paused: nothing is permitted, and open answers are cut.
    #[n(4)]
    Pause,
}

impl Step {
    /// Every step with its name.
    pub const ALL: [(Self, &'static str); 5] = [
        (Self::Note, "note"),
        (Self::Ask, "ask"),
        (Self::Slow, "slow"),
        (Self::SecondPerson, "second-person"),
        (Self::Pause, "pause"),
    ];

    /// Its name.
    pub fn name(self) -> &'static str {
        Self::ALL.iter().find(|(step, _)| *step == self).map_or("", |(_, name)| name)
    }
}

/// A step of the developer about a signal. It decides, not the signal. What it holds, it holds until the next step about the
/// same grant and rule; it concerns nothing but uses.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub struct SignalAction {
    /// The case.
    #[n(0)]
    pub case: CaseId,
    /// The developer.
    #[n(1)]
    pub developer: PartyId,
    /// The grant that the signal is about.
    #[n(2)]
    pub grant: GrantId,
    /// The rule that fired.
    #[n(3)]
    pub rule: Line,
    /// SHA-256 of the evidence as it was printed.
    #[n(4)]
    pub evidence: Digest,
    /// What is done.
    #[n(5)]
    pub step: Step,
    /// The person who decided.
    #[n(6)]
    pub person: PersonId,
    /// Why.
    #[n(7)]
    pub reason: Text,
}

/// An organisation was considered as a partner or defender, by which rule, with which outcome. One for each that was, so
/// that the choice can be looked at as a whole.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub struct Consideration {
    /// The case.
    #[n(0)]
    pub case: CaseId,
    /// Who considered: the developer or government.
    #[n(1)]
    pub by: PartyId,
    /// The organisation, enrolled or not.
    #[n(2)]
    pub candidate: PartyId,
    /// Its cohort, such as its sector and size.
    #[n(3)]
    pub cohort: Line,
    /// The criterion that decided, by its id.
    #[n(4)]
    pub rule: Line,
    /// SHA-256 of the criteria as a whole.
    #[n(5)]
    pub criteria: Digest,
    /// Whether it is put forward.
    #[n(6)]
    pub forward: bool,
    /// Why.
    #[n(7)]
    pub reason: Text,
    /// Who decided, by pseudonym, where that is said. A person who is recused from the case can't.
    #[n(8)]
    pub person: Option<PersonId>,
    /// What that person declared of interests, such as `none`.
    #[n(9)]
    pub declared: Option<Line>,
}
