//! Mirrors (c2sp.org/tlog-mirror): uploads of entries, and the rules by which a mirror takes them.
//!
//! An upload is an [`Upload`] header and a row of packages, each with the entries of at most one bundle of 256 and the
//! proof that they belong to the checkpoint that the upload leads to. [`Packages`] reads them as they arrive and never
//! holds more than one. [`State::admit`] says whether an upload may begin, [`check_package`] whether a package is the
//! log's, and [`State::may_sign`] whether the mirror may sign: when all entries are there. [`Info`] is what a mirror
//! tells a client that must go on from somewhere else, with a [`seal_ticket`] by which the mirror knows again a
//! checkpoint that it once accepted.

mod package;
mod state;
#[cfg(not(target_arch = "wasm32"))]
mod ticket;
mod upload;

pub use package::{Package, PackageError, Packages, check_package, write_package};
pub use state::{MAX_EXCESS, State, UploadRefusal};
#[cfg(not(target_arch = "wasm32"))]
pub use ticket::{MAX_TICKET, open_ticket, seal_ticket};
pub use upload::{
    INFO_CONTENT_TYPE, Info, InfoError, MAX_PACKAGES, Slice, Slices, Upload, UploadError,
};

#[cfg(test)]
mod tests;
