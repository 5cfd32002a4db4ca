//! Version order and ranges of package ecosystems, and package URLs.
//!
//! Every version becomes an order-preserving byte key ([`VersionKey`]): comparing two versions of
//! one ecosystem is one `memcmp`, whatever the ecosystem, so keys can be sorted, packed into a file
//! and searched without parsing again. A version that cannot be parsed is *unknown*, never safe:
//! [`VersionSet::contains`] answers [`Containment::Unknown`] with the reason.
#![warn(clippy::wildcard_enum_match_arm, missing_docs)]

mod alpine;
mod alpm;
mod composer;
mod conan;
mod debian;
mod dotted;
mod ecosystem;
mod gem;
mod generic;
mod gentoo;
mod key;
mod maven;
mod namespace;
mod nuget;
mod openssl;
mod pep440;
pub mod purl;
mod range;
mod rpm;
mod semver;
#[cfg(test)]
mod shared;
pub mod vers;
mod version;

pub use ecosystem::Ecosystem;
pub use key::VersionKey;
pub use namespace::Namespace;
pub use purl::{ParsePurlError, Purl};
pub use range::{Containment, Doubt, Event, Interval, Range, RangeError, VersionSet};
pub use vers::Vers;
pub use version::{MAX_VERSION_BYTES, Unparsable, Version, compare};
