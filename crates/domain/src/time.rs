//! Instants and spans. Microseconds since 1970-01-01T00:00:00Z; leap seconds do not exist.

mod latest;

pub use latest::LatestDays;

use std::fmt;
use std::str::FromStr;

/// An instant, in whole microseconds since the Unix epoch, from 1970 to the end of 9999-12-29 in UTC,
/// which every time zone can print.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i64);

/// A length of time in whole microseconds, never negative.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, minicbor::Encode, minicbor::Decode,
)]
#[cbor(transparent)]
pub struct Span(#[n(0)] u64);

/// Why a text is not an instant.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an instant: write it like 2026-12-07T09:30:00Z")]
pub struct ParseTimestampError(String);

/// 9999-12-29T23:59:59.999999Z.
const LAST: i64 = 253_402_127_999_999_999;

impl Timestamp {
    /// The epoch itself.
    pub const EPOCH: Self = Self(0);
    /// The last instant that can be written.
    pub const MAX: Self = Self(LAST);

    /// An instant from microseconds since the epoch; `None` outside the years 1970 to 9999.
    pub const fn from_micros(micros: i64) -> Option<Self> {
        if micros >= 0 && micros <= LAST { Some(Self(micros)) } else { None }
    }

    /// Microseconds since the epoch.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Whole seconds since the epoch.
    pub const fn as_seconds(self) -> u64 {
        (self.0 / 1_000_000).unsigned_abs()
    }

    /// This instant moved later, at most to [`Timestamp::MAX`].
    #[must_use]
    pub fn after(self, span: Span) -> Self {
        let span = i64::try_from(span.0).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(span).min(LAST))
    }

    /// This instant moved earlier, at least to the epoch.
    #[must_use]
    pub fn before(self, span: Span) -> Self {
        let span = i64::try_from(span.0).unwrap_or(i64::MAX);
        Self(self.0.saturating_sub(span).max(0))
    }

    /// How long after `earlier` this is; zero when it is not.
    pub fn since(self, earlier: Self) -> Span {
        Span(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// The start of this instant's UTC day.
    #[must_use]
    pub fn day(self) -> Self {
        Self(self.0 - self.0 % Span::DAY_MICROS)
    }

    /// The start of this instant's minute.
    #[must_use]
    pub fn minute(self) -> Self {
        Self(self.0 - self.0 % 60_000_000)
    }

    /// The UTC date, as `2026-12-07`.
    pub fn date(self) -> String {
        self.to_string().chars().take(10).collect()
    }
}

impl Span {
    const DAY_MICROS: i64 = 86_400_000_000;
    /// No time at all.
    pub const ZERO: Self = Self(0);

    /// A span of microseconds.
    pub const fn micros(n: u64) -> Self {
        Self(n)
    }
    /// A span of milliseconds.
    pub const fn millis(n: u64) -> Self {
        Self(n.saturating_mul(1_000))
    }
    /// A span of seconds.
    pub const fn seconds(n: u64) -> Self {
        Self(n.saturating_mul(1_000_000))
    }
    /// A span of minutes.
    pub const fn minutes(n: u64) -> Self {
        Self::seconds(n.saturating_mul(60))
    }
    /// A span of hours.
    pub const fn hours(n: u64) -> Self {
        Self::minutes(n.saturating_mul(60))
    }
    /// A span of days of 24 hours.
    pub const fn days(n: u64) -> Self {
        Self::hours(n.saturating_mul(24))
    }
    /// Microseconds.
    pub const fn as_micros(self) -> u64 {
        self.0
    }
    /// Whole seconds, rounded down.
    pub const fn as_seconds(self) -> u64 {
        self.0 / 1_000_000
    }
    /// Whole days, rounded down.
    pub const fn as_days(self) -> u64 {
        self.0 / Self::DAY_MICROS.unsigned_abs()
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339 in UTC; fractions only when there are any.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(t) => write!(f, "{t}"),
            Err(_) => write!(f, "{}us", self.0),
        }
    }
}

impl FromStr for Timestamp {
    type Err = ParseTimestampError;
    /// RFC 3339 with any offset, or a bare date, which means its first instant in UTC.
    fn from_str(text: &str) -> Result<Self, ParseTimestampError> {
        let wrong = || ParseTimestampError(text.chars().take(40).collect());
        if text.len() > 40 {
            return Err(wrong());
        }
        let dated = if text.len() == 10 { format!("{text}T00:00:00Z") } else { text.to_owned() };
        let parsed: jiff::Timestamp = dated.parse().map_err(|_| wrong())?;
        Self::from_micros(parsed.as_microsecond()).ok_or_else(wrong)
    }
}

impl<C> minicbor::Encode<C> for Timestamp {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.i64(self.0)?;
        Ok(())
    }
}

impl<'b, C> minicbor::Decode<'b, C> for Timestamp {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        let micros = d.i64()?;
        Self::from_micros(micros)
            .ok_or_else(|| minicbor::decode::Error::message("instant outside 1970 to 9999"))
    }
}

impl serde::Serialize for Timestamp {
    fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
        s.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Timestamp {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests;
