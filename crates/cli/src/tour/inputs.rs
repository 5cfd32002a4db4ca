//! What the tour works on, built into the program so that it needs nothing else.

use super::stage::Tour;

/// An invented operator's inventory before one evening's work.
pub(crate) const HOSPITAL_BEFORE: &str = include_str!("../../../../facts/hospital-before.cdx.json");
/// The same after it.
pub(crate) const HOSPITAL_AFTER: &str = include_str!("../../../../facts/hospital-after.cdx.json");
/// What this program itself is built from.
pub(crate) const LOCK_FILE: &str = include_str!("../../../../Cargo.lock");

/// The terms that both sides agree to.
pub(crate) const TERMS: &str = include_str!("inputs/terms.toml");
/// The neutral criteria for partners.
pub(crate) const CRITERIA: &str = include_str!("inputs/partner-criteria.txt");
/// The stand-in for a determination's document, which would be of another tier.
pub(crate) const DETERMINATION: &str = include_str!("inputs/determination.txt");
/// What operators are told.
pub(crate) const NOTICE: &str = include_str!("inputs/notice.txt");
/// What a person answered about the evidence; `{now}` is when.
pub(crate) const ANSWERS: &str = include_str!("inputs/answers.json");
/// The training program that is vulnerable on purpose.
const CARD_READER_VULNERABLE: &str =
    include_str!("../../../../facts/training/card-reader-vulnerable.c");
/// The same with its bound put right.
pub(crate) const CARD_READER_FIXED: &str =
    include_str!("../../../../facts/training/card-reader-fixed.c");
/// An input that works on both.
const CARD_READER_CONTROL: &[u8] =
    include_bytes!("../../../../facts/training/card-reader-control.bin");

/// Writes the inputs into the tour's folder, where anybody can read them.
pub(crate) fn write(tour: &Tour) -> anyhow::Result<()> {
    for (name, text) in [
        ("hospital-before.cdx.json", HOSPITAL_BEFORE),
        ("hospital-after.cdx.json", HOSPITAL_AFTER),
        ("Cargo.lock", LOCK_FILE),
        ("terms.toml", TERMS),
        ("partner-criteria.txt", CRITERIA),
        ("determination.txt", DETERMINATION),
        ("notice.txt", NOTICE),
        ("card-reader-vulnerable.c", CARD_READER_VULNERABLE),
        ("card-reader-fixed.c", CARD_READER_FIXED),
        ("hello.txt", "Who are you, and what can you do?\n"),
        ("no-credential.txt", "vst-nobody-was-given-this\n"),
    ] {
        tour.write(&format!("inputs/{name}"), text)?;
    }
    let prompt = format!(
        "Review this program for memory errors. Answer with JSON: findings with line, weakness, message, and \
         a proof input in base64.\n\n{CARD_READER_VULNERABLE}"
    );
    tour.write("inputs/review-prompt.txt", &prompt)?;
    let control = tour.path("inputs/card-reader-control.bin");
    Ok(operations::files::write(&control, CARD_READER_CONTROL, operations::files::Access::Shared)?)
}
