//! What cosigners sign: `cosignature/v1` with Ed25519 and `subtree/v1` with ML-DSA-44 (c2sp.org/tlog-cosignature).

use crate::Hash;

/// The last time that a cosignature may carry, in seconds since 1970.
pub(crate) const LAST_TIME: u64 = i64::MAX.unsigned_abs();

/// Parts a timestamped signature into its time, in seconds since 1970, and the signature proper.
/// `None` if it is too short or the time is above 2^63 - 1.
pub fn split_time(blob: &[u8]) -> Option<(u64, &[u8])> {
    let (time, signature) = blob.split_first_chunk::<8>()?;
    let time = u64::from_be_bytes(*time);
    (time <= LAST_TIME).then_some((time, signature))
}

/// Puts the time before the signature.
#[cfg(not(target_arch = "wasm32"))]
pub(crate) fn join_time(time: u64, signature: &[u8]) -> Vec<u8> {
    let mut blob = time.to_be_bytes().to_vec();
    blob.extend_from_slice(signature);
    blob
}

/// The message of an Ed25519 cosignature over a whole checkpoint body.
pub fn cosignature_v1_message(time: u64, body: &str) -> Vec<u8> {
    format!("cosignature/v1\ntime {time}\n{body}").into_bytes()
}

/// The message of an ML-DSA-44 cosignature over the leaves `start..end` of a log.
///
/// `None` when it must not be signed: a name or origin that is empty or longer than 255 bytes, a time
/// that is too late, a time with a `start` other than 0, or an empty range that does not start at 0.
pub fn subtree_v1_message(
    name: &str,
    time: u64,
    origin: &str,
    (start, end): (u64, u64),
    hash: &Hash,
) -> Option<Vec<u8>> {
    if name.is_empty() || origin.is_empty() || time > LAST_TIME || (start != 0 && time != 0) {
        return None;
    }
    if start > end || (start == end && start != 0) {
        return None;
    }
    let mut message = b"subtree/v1\n\0".to_vec();
    message.push(u8::try_from(name.len()).ok()?);
    message.extend_from_slice(name.as_bytes());
    message.extend_from_slice(&time.to_be_bytes());
    message.push(u8::try_from(origin.len()).ok()?);
    message.extend_from_slice(origin.as_bytes());
    message.extend_from_slice(&start.to_be_bytes());
    message.extend_from_slice(&end.to_be_bytes());
    message.extend_from_slice(hash.as_bytes());
    Some(message)
}
