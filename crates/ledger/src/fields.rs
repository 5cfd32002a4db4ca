//! Field commitments: a payload is committed to field by field, so that a part of it can be shown alone.
//!
//! A statement's payload is CBOR of the form `[variant, [field, field, …]]`, or `[variant, [[field, field, …]]]`
//! when its schema has a struct for the variant. It is cut at those places, without
//! knowing its schema; a payload of another form is one piece. Piece 0 is the variant (or the whole), piece *i*
//! is field *i - 1*. With the statement's random 32-byte salt:
//!
//! ```text
//! salt(i)       = first 32 bytes of HMAC-SHA-384(salt, PAE("vestibule/field-salt/v1", u32(i)))
//! commitment(i) = HMAC-SHA-384(salt(i), PAE("vestibule/field/v1", u32(i) || bytes of piece i))
//! commit        = SHA-384(PAE("vestibule/commit/v2", u8(form) || commitment(0) || commitment(1) || …))
//! ```
//!
//! Whoever gets piece *i* and salt(*i*) beside the commitments learns nothing of another piece: its salt is
//! another output of a keyed function, so not even a yes or no can be guessed. Form is 0 for a
//! whole payload, 1 and 2 for the two that are cut.

use crate::signature::pae;
use crypto::hmac_sha384;
use domain::Digest384;
use minicbor::data::Type;
use minicbor::{Decoder, Encoder};
use zeroize::Zeroizing;

/// Most pieces of a payload: its variant and so many fields less one. One with more is not cut.
pub(crate) const MAX_PIECES: usize = 64;

/// How a payload was taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(index_only)]
pub(crate) enum Form {
    #[n(0)]
    Whole,
    #[n(1)]
    Fields,
    /// The fields of a lone array within the variant's.
    #[n(2)]
    Struct,
}

/// A salt of the whole statement, from which those of its pieces follow; or of one piece.
pub(crate) type Salt = [u8; 32];

/// A payload taken apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pieces<'a> {
    pub(crate) form: Form,
    pub(crate) pieces: Vec<&'a [u8]>,
}

impl<'a> Pieces<'a> {
    /// Takes a payload apart.
    pub(crate) fn of(payload: &'a [u8]) -> Self {
        cut(payload).filter(|(form, pieces)| join(*form, pieces) == payload).map_or(
            Self { form: Form::Whole, pieces: vec![payload] },
            |(form, pieces)| Self { form, pieces },
        )
    }

    /// The payload, put together again.
    pub(crate) fn payload(&self) -> Vec<u8> {
        join(self.form, &self.pieces)
    }

    /// The commitment to each piece, under the salts of a statement.
    pub(crate) fn commitments(&self, salt: &Salt) -> Vec<Digest384> {
        let pieces = (0..).zip(&self.pieces);
        pieces.map(|(index, piece)| commitment(&field_salt(salt, index), index, piece)).collect()
    }
}

/// The variant and the fields of `[variant, [field, …]]` or `[variant, [[field, …]]]`.
fn cut(payload: &[u8]) -> Option<(Form, Vec<&[u8]>)> {
    let mut decoder = Decoder::new(payload);
    if decoder.array().ok()? != Some(2) {
        return None;
    }
    let unsigned = matches!(decoder.datatype(), Ok(Type::U8 | Type::U16 | Type::U32));
    if !unsigned {
        return None;
    }
    let mut pieces = vec![next(payload, &mut decoder)?];
    let mut form = Form::Fields;
    let mut fields = decoder.array().ok()??;
    if fields == 1 && matches!(decoder.datatype(), Ok(Type::Array)) {
        form = Form::Struct;
        fields = decoder.array().ok()??;
    }
    let fields = usize::try_from(fields).ok().filter(|fields| *fields < MAX_PIECES)?;
    for _ in 0..fields {
        pieces.push(next(payload, &mut decoder)?);
    }
    Some((form, pieces))
}

/// The next item.
fn next<'a>(payload: &'a [u8], decoder: &mut Decoder<'_>) -> Option<&'a [u8]> {
    let start = decoder.position();
    decoder.skip().ok()?;
    payload.get(start..decoder.position())
}

/// What [`cut`] cuts, for pieces that are CBOR each.
fn join(form: Form, pieces: &[&[u8]]) -> Vec<u8> {
    let (Form::Fields | Form::Struct, Some((variant, fields))) = (form, pieces.split_first())
    else {
        return pieces.concat();
    };
    let mut encoder = Encoder::new(Vec::new());
    let _in_memory = encoder.array(2);
    encoder.writer_mut().extend_from_slice(variant);
    if form == Form::Struct {
        let _in_memory = encoder.array(1);
    }
    let _in_memory = encoder.array(u64::try_from(fields.len()).unwrap_or(u64::MAX));
    let mut bytes = encoder.into_writer();
    for field in fields {
        bytes.extend_from_slice(field);
    }
    bytes
}

/// The salt of one piece.
pub(crate) fn field_salt(salt: &Salt, index: u32) -> Zeroizing<Salt> {
    let whole =
        Zeroizing::new(hmac_sha384(salt, &pae("vestibule/field-salt/v1", &index.to_be_bytes())));
    let mut out = Zeroizing::new([0; 32]);
    out.copy_from_slice(whole.split_at(32).0);
    out
}

/// The commitment to one piece under its own salt.
pub(crate) fn commitment(field_salt: &Salt, index: u32, piece: &[u8]) -> Digest384 {
    let body = [index.to_be_bytes().as_slice(), piece].concat();
    Digest384::from_bytes(hmac_sha384(field_salt, &pae("vestibule/field/v1", &body)))
}

/// What the header has of a payload: the digest over form and commitments.
pub(crate) fn root(form: Form, commitments: &[Digest384]) -> Digest384 {
    let mut body = vec![match form {
        Form::Whole => 0,
        Form::Fields => 1,
        Form::Struct => 2,
    }];
    for commitment in commitments {
        body.extend_from_slice(commitment.as_bytes());
    }
    Digest384::of(&pae("vestibule/commit/v2", &body))
}

/// [`root`] of a payload.
pub(crate) fn commit(salt: &Salt, payload: &[u8]) -> Digest384 {
    let pieces = Pieces::of(payload);
    root(pieces.form, &pieces.commitments(salt))
}

#[cfg(test)]
mod tests;
