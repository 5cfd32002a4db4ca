//! The model in use, and the end of that.

use super::{CASE, MODEL};
use crate::tour::stage::Tour;

/// The developer withdraws and then records a release.
pub(super) fn withdrawal(tour: &mut Tour) -> anyhow::Result<Option<String>> {
    tour.act(
        "withdrawn",
        "developer",
        "withdraws all access, for a reason or none",
        &["review", "withdraw", "--case", CASE],
    )?;
    tour.act(
        "released",
        "developer",
        "records the release; no state, this one neither, can block it",
        &["review", "release", "--case", CASE, "--model", MODEL, "--to", "public"],
    )?;
    Ok(None)
}
