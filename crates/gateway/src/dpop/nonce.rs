//! Nonces of one gateway, without state: a minute and a tag over it.

use crate::random;
use aws_lc_rs::hmac;
use data_encoding::BASE64URL_NOPAD;
use domain::{Span, Timestamp};
use std::fmt;

/// Makes and knows nonces. A gateway that starts again makes others.
pub(crate) struct Nonces(hmac::Key);

/// How much of the tag is kept.
const TAG: usize = 16;

impl Nonces {
    pub(crate) fn new() -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, &random::bytes::<32>()))
    }

    /// The nonce of the minute.
    pub(crate) fn fresh(&self, now: Timestamp) -> String {
        self.of(now.minute())
    }

    /// Whether it is of this minute or the one before.
    pub(crate) fn knows(&self, nonce: &str, now: Timestamp) -> bool {
        let before = now.minute().before(Span::minutes(1));
        let same = |minute| crypto::equal(self.of(minute).as_bytes(), nonce.as_bytes());
        same(now.minute()) | same(before)
    }

    fn of(&self, minute: Timestamp) -> String {
        let minute = minute.as_seconds().to_be_bytes();
        let tag = hmac::sign(&self.0, &minute);
        BASE64URL_NOPAD.encode(tag.as_ref().get(..TAG).unwrap_or_default())
    }
}

impl fmt::Debug for Nonces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nonces(hidden)")
    }
}
