//! Disclosure: a reader shows a statement, or some of its fields, to somebody whom it was not sealed to.
//!
//! The header's `commit` is a digest over one salted commitment for each field ([`crate::Part`]). A disclosure
//! has all those commitments, and value and salt of the fields that are shown. Beside a receipt it proves to
//! anyone what was stated: the receipt shows that the header was signed and logged, and the header pins
//! the fields. The fields that are not shown stay as good as unknown, however few values they could
//! have: each has a salt of its own, and none can be computed from another. No key of any reader is needed
//! and none is shown. Who discloses is not shown either, and the ciphertext in the log stays closed.

use crate::fields::{self, Form, MAX_PIECES, Pieces, Salt};
use crate::leaf::Header;
use crate::seal::Opened;
use domain::wire::{self, WireError};
use domain::{Digest, Digest384};
use std::collections::BTreeSet;
use std::fmt;

const MAGIC: &str = "vestibule-disclosure/v2";

/// A part of a payload that can be shown alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// All of a payload that is no `[variant, [field, …]]`.
    Whole,
    /// Which statement of its schema it is, as a number.
    Variant,
    /// A field, counted from 0.
    Field(u32),
}

/// Fields of a statement with the salts that show them to be the stated ones, and commitments to all others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disclosure {
    statement: Digest,
    form: Form,
    commitments: Vec<Digest384>,
    shown: Vec<Shown>,
}

/// A piece with its salt.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
struct Shown {
    #[n(0)]
    index: u32,
    #[cbor(n(1), with = "minicbor::bytes")]
    salt: Salt,
    #[cbor(n(2), with = "minicbor::bytes")]
    value: Vec<u8>,
}

#[derive(minicbor::Encode, minicbor::Decode)]
struct DisclosureFile {
    #[n(0)]
    magic: String,
    #[n(1)]
    statement: Digest,
    #[n(2)]
    form: Form,
    #[n(3)]
    commitments: Vec<Digest384>,
    #[n(4)]
    shown: Vec<Shown>,
}

/// One part that was shown, after [`Disclosure::verify`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disclosed {
    /// Which.
    pub part: Part,
    /// Its CBOR.
    pub value: Vec<u8>,
}

/// Why a disclosure was not made, read or believed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DisclosureError {
    /// Not a disclosure's encoding.
    #[error("the disclosure can't be read")]
    Malformed(#[source] WireError),
    /// Not a disclosure at all.
    #[error("not a disclosure: it does not begin with `{MAGIC}`")]
    Magic,
    /// No commitments or too many, or parts unsorted, repeated or out of range.
    #[error("the disclosure contradicts itself: {0}")]
    Shape(&'static str),
    /// The statement has no such part.
    #[error("the statement has no {0}")]
    NoPart(Part),
    /// It is of another statement.
    #[error("a disclosure of statement {given}, not of {expected}")]
    OtherStatement {
        /// The disclosure's.
        given: Digest,
        /// The header's.
        expected: Digest,
    },
    /// The commitments are not the header's.
    #[error("the disclosure's commitments are not those of statement {0}")]
    Commitments(Digest),
    /// A part stands at another's place.
    #[error("what is shown as the {given} is the {actual} of the statement")]
    Swapped {
        /// As shown.
        given: Part,
        /// As stated.
        actual: Part,
    },
    /// A part that was not stated, or not with this salt.
    #[error("what is shown as the {0} was not stated: its value or its salt was changed")]
    Part(Part),
    /// Not every part is shown, so the statement can't be read as a whole.
    #[error("the disclosure does not show the {0}, so the statement can't be read as a whole")]
    Partial(Part),
}

impl fmt::Display for Part {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Whole => f.write_str("payload"),
            Self::Variant => f.write_str("variant"),
            Self::Field(number) => write!(f, "field {number}"),
        }
    }
}

impl Part {
    fn of(form: Form, index: u32) -> Self {
        match form {
            Form::Whole => Self::Whole,
            Form::Fields | Form::Struct => index.checked_sub(1).map_or(Self::Variant, Self::Field),
        }
    }

    fn index(self, form: Form) -> Option<u32> {
        match (form, self) {
            (Form::Whole, Self::Whole) | (Form::Fields | Form::Struct, Self::Variant) => Some(0),
            (Form::Fields | Form::Struct, Self::Field(number)) => number.checked_add(1),
            (Form::Whole, Self::Variant | Self::Field(_))
            | (Form::Fields | Form::Struct, Self::Whole) => None,
        }
    }
}

/// The salts of a payload that was opened, by piece.
pub(crate) fn salts(salt: &Salt, payload: &[u8]) -> Vec<Salt> {
    let count = Pieces::of(payload).pieces.len();
    (0..).take(count).map(|index| *fields::field_salt(salt, index)).collect()
}

impl Disclosure {
    /// Shows `parts` of a payload with these salts; without any, all.
    pub(crate) fn new(
        statement: Digest,
        payload: &[u8],
        salts: &[Salt],
        parts: Option<&BTreeSet<Part>>,
    ) -> Result<Self, DisclosureError> {
        let Pieces { form, pieces } = Pieces::of(payload);
        let exists = |part: &Part| {
            let index = part.index(form).and_then(|index| usize::try_from(index).ok());
            index.is_some_and(|index| index < pieces.len())
        };
        if let Some(missing) = parts.into_iter().flatten().find(|part| !exists(part)) {
            return Err(DisclosureError::NoPart(*missing));
        }
        let (mut commitments, mut shown) = (Vec::new(), Vec::new());
        for ((index, piece), salt) in (0..).zip(&pieces).zip(salts) {
            commitments.push(fields::commitment(salt, index, piece));
            // which variant it is stands in the header as `kind`, and the number is what gives it its fields' names
            let part = Part::of(form, index);
            if part == Part::Variant || parts.is_none_or(|parts| parts.contains(&part)) {
                shown.push(Shown { index, salt: *salt, value: piece.to_vec() });
            }
        }
        Ok(Self { statement, form, commitments, shown })
    }

    /// The statement that it says to be of. Believed only after [`Disclosure::verify`].
    pub const fn statement(&self) -> &Digest {
        &self.statement
    }

    /// Checks that every part shown is what `header` commits to. The header is to be believed by itself: it comes
    /// from a verified receipt or a verified log.
    ///
    /// # Errors
    /// See [`DisclosureError`]; the first fault found.
    pub fn verify(&self, header: &Header) -> Result<Vec<Disclosed>, DisclosureError> {
        let Self { statement, form, commitments, shown } = self;
        let expected = header.id();
        if *statement != expected {
            return Err(DisclosureError::OtherStatement { given: *statement, expected });
        }
        if fields::root(*form, commitments) != *header.commit() {
            return Err(DisclosureError::Commitments(expected));
        }
        let mut parts = Vec::with_capacity(shown.len());
        for Shown { index, salt, value } in shown {
            let part = Part::of(*form, *index);
            let fits = |(at, commitment): &(u32, &Digest384)| {
                fields::commitment(salt, *at, value) == **commitment
            };
            let mut places = (0..).zip(commitments);
            match places.find(fits) {
                Some((at, _)) if at == *index => {
                    parts.push(Disclosed { part, value: value.clone() });
                }
                Some((at, _)) => {
                    let actual = Part::of(*form, at);
                    return Err(DisclosureError::Swapped { given: part, actual });
                }
                None => return Err(DisclosureError::Part(part)),
            }
        }
        Ok(parts)
    }

    /// [`Disclosure::verify`], for one that shows everything: the payload as its readers have it.
    ///
    /// # Errors
    /// See [`DisclosureError`].
    pub fn open(&self, header: &Header) -> Result<Opened, DisclosureError> {
        self.verify(header)?;
        let hidden = (0..).zip(&self.commitments).find(|(i, _)| self.shown_at(*i).is_none());
        if let Some((index, _)) = hidden {
            return Err(DisclosureError::Partial(Part::of(self.form, index)));
        }
        let pieces = self.shown.iter().map(|shown| shown.value.as_slice()).collect();
        let payload = Pieces { form: self.form, pieces }.payload();
        // pieces that were not cut from a payload do not give it back
        let again = Pieces::of(&payload);
        let same = again.form == self.form
            && again.pieces.iter().copied().eq(self.shown.iter().map(|s| s.value.as_slice()));
        if !same {
            return Err(DisclosureError::Shape("its parts are not those of any payload"));
        }
        let salts = self.shown.iter().map(|shown| shown.salt).collect();
        Ok(Opened::new(header, salts, payload))
    }

    fn shown_at(&self, index: u32) -> Option<&Shown> {
        self.shown.iter().find(|shown| shown.index == index)
    }

    /// Writes the disclosure.
    pub fn to_bytes(&self) -> Vec<u8> {
        let Self { statement, form, commitments, shown } = self.clone();
        let magic = MAGIC.to_owned();
        wire::encode(&DisclosureFile { magic, statement, form, commitments, shown })
    }

    /// Reads a disclosure, strictly. It proves nothing before [`Disclosure::verify`].
    ///
    /// # Errors
    /// [`DisclosureError::Malformed`], [`DisclosureError::Magic`], [`DisclosureError::Shape`].
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, DisclosureError> {
        let file: DisclosureFile = wire::decode(bytes).map_err(DisclosureError::Malformed)?;
        let DisclosureFile { magic, statement, form, commitments, shown } = file;
        if magic != MAGIC {
            return Err(DisclosureError::Magic);
        }
        let count = commitments.len();
        let most = if form == Form::Whole { 1 } else { MAX_PIECES };
        if !(1..=most).contains(&count) {
            return Err(DisclosureError::Shape("it has no commitments, or too many"));
        }
        let within = |s: &Shown| usize::try_from(s.index).is_ok_and(|index| index < count);
        if !shown.is_sorted_by(|a, b| a.index < b.index) || !shown.iter().all(within) {
            return Err(DisclosureError::Shape("its parts are out of order or out of range"));
        }
        Ok(Self { statement, form, commitments, shown })
    }
}

#[cfg(test)]
mod tests;
