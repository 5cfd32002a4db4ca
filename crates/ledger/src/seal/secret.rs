//! What needs secrets: sealing, and unwrapping the content key. Not part of a verifier in a browser.

use super::open::equal;
use super::{
    Audience, CLASSES, COBBLESTONE_HPKE, MAX_PAYLOAD, MAX_READERS, OVERHEAD, OpenError, PUBLIC,
    SealError, Sealed, Wrap,
};
use crate::cobblestone::{self, KEY_LEN, SALT_LEN};
use crate::fields;
use crate::kem::{Kem, Wrapped};
use crate::keys::{PublicKeys, SecretKeys};
use crate::leaf::{Header, HeaderParts};
use crate::random::Random;
use domain::wire;
use domain::{Digest384, PartyId};
use std::collections::BTreeSet;
use zeroize::Zeroizing;

pub(super) fn key_commitment(secret: &[u8; KEY_LEN]) -> Digest384 {
    Digest384::from_bytes(crypto::hmac_sha384(secret, b"vestibule/key-commitment/v1"))
}

fn wrap_info(reader: &PartyId, context: &Digest384) -> Vec<u8> {
    let mut info = format!("vestibule/wrap/v1 {reader}\n").into_bytes();
    info.extend_from_slice(context.as_bytes());
    info
}

/// Seals `payload`; `parts` makes the header from commitment and length class.
pub(crate) fn seal(
    payload: &[u8],
    audience: Audience<'_>,
    random: &mut Random<'_>,
    parts: impl FnOnce(Digest384, u8) -> HeaderParts,
) -> Result<(Header, Vec<u8>), SealError> {
    let length = u32::try_from(payload.len()).unwrap_or(u32::MAX);
    if payload.len() > MAX_PAYLOAD {
        return Err(SealError::TooLong { given: payload.len() });
    }
    let full = OVERHEAD + payload.len();
    let (class, padded) = match audience {
        Audience::Public => (0, full),
        Audience::Readers(..) => CLASSES
            .iter()
            .zip(1..)
            .find(|(room, _)| **room >= full)
            .map(|(room, class)| (class, *room))
            .ok_or(SealError::TooLong { given: payload.len() })?,
    };
    let mut salt = Zeroizing::new([0; 32]);
    random(&mut *salt);
    let header = Header::unsealed(parts(fields::commit(&salt, payload), class));
    let mut content = Zeroizing::new(Vec::with_capacity(padded));
    content.extend_from_slice(&*salt);
    content.extend_from_slice(&length.to_be_bytes());
    content.extend_from_slice(payload);
    content.resize(padded, 0);
    let (sealed, key) = match audience {
        Audience::Public => {
            let content = content.to_vec();
            (Sealed { algorithm: PUBLIC, content, wraps: Vec::new() }, None)
        }
        Audience::Readers(readers, kem) => {
            check_readers(readers, header.signers())?;
            let (mut secret, mut salt) = (Zeroizing::new([0; KEY_LEN]), [0; SALT_LEN]);
            random(&mut *secret);
            random(&mut salt);
            let context = header.context();
            let content = cobblestone::seal(&secret, &salt, context.as_bytes(), &content)
                .expect("every length class is within the bound of a message");
            let wraps = wrap_all((readers, kem), &secret, &context, random)?;
            let sealed = Sealed { algorithm: COBBLESTONE_HPKE, content, wraps };
            (sealed, Some(key_commitment(&secret)))
        }
    };
    let sealed = wire::encode(&sealed);
    Ok((header.with_sealing(Digest384::of(&sealed), key), sealed))
}

fn check_readers(readers: &[(PartyId, &PublicKeys)], signers: &[PartyId]) -> Result<(), SealError> {
    if !(1..=MAX_READERS).contains(&readers.len()) {
        return Err(SealError::Readers { given: readers.len() });
    }
    let mut names = BTreeSet::new();
    for (reader, _) in readers {
        if !names.insert(reader) {
            return Err(SealError::Twice(reader.clone()));
        }
    }
    match signers.iter().find(|s| !names.contains(s)) {
        Some(blind) => Err(SealError::BlindSigner(blind.clone())),
        None => Ok(()),
    }
}

/// Wraps in the order of the readers' names, so that the order says nothing.
pub(super) fn wrap_all(
    (readers, kem): (&[(PartyId, &PublicKeys)], Kem),
    secret: &[u8; KEY_LEN],
    context: &Digest384,
    random: &mut Random<'_>,
) -> Result<Vec<Wrap>, SealError> {
    let mut wraps = Vec::with_capacity(readers.len());
    for (reader, keys) in readers {
        let info = wrap_info(reader, context);
        let wrapped = keys.kems().wrap(kem, &info, secret, random);
        let Wrapped { encapsulated, wrapped } =
            wrapped.ok_or_else(|| SealError::Key(reader.clone()))?;
        wraps.push(Wrap { reader: reader.clone(), kem: kem.id(), encapsulated, wrapped });
    }
    wraps.sort_by(|a, b| a.reader.cmp(&b.reader));
    Ok(wraps)
}

/// Unwraps the content key for one reader, and decrypts under it.
pub(super) fn decrypt(
    header: &Header,
    wraps: &[Wrap],
    content: &[u8],
    reader: Option<(&PartyId, &SecretKeys)>,
) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let context = header.context();
    let secret = unwrap(wraps, &context, reader)?;
    let committed = header.key_commitment().ok_or(OpenError::KeyCommitment)?;
    if !equal(&key_commitment(&secret), committed) {
        return Err(OpenError::KeyCommitment);
    }
    cobblestone::open(&secret, context.as_bytes(), content).map_err(OpenError::Decrypt)
}

fn unwrap(
    wraps: &[Wrap],
    context: &Digest384,
    reader: Option<(&PartyId, &SecretKeys)>,
) -> Result<Zeroizing<[u8; KEY_LEN]>, OpenError> {
    let (party, keys) = reader.ok_or(OpenError::NotReader { reader: None })?;
    let wrap = wraps
        .iter()
        .find(|w| w.reader == *party)
        .ok_or_else(|| OpenError::NotReader { reader: Some(party.clone()) })?;
    let kem = Kem::from_id(wrap.kem).ok_or(OpenError::Kem(wrap.kem))?;
    let info = wrap_info(party, context);
    let open =
        |keys: &SecretKeys| keys.kems().unwrap(kem, &info, &wrap.encapsulated, &wrap.wrapped);
    let opened = keys.all().find_map(open);
    let opened = opened.ok_or_else(|| OpenError::Unwrap(party.clone()))?;
    let mut secret = Zeroizing::new([0; KEY_LEN]);
    if opened.len() != secret.len() {
        return Err(OpenError::Unwrap(party.clone()));
    }
    secret.copy_from_slice(&opened);
    Ok(secret)
}
