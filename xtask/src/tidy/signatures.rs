//! One rule for signatures: each is verified alone, and Ed25519 by one function. A batch accepts what single verification
//! refuses, so that two honest verifiers of one log would disagree.

use cargo_metadata::Metadata;

/// What no file says, with where it may stand all the same, and why.
const KEPT: &[(&str, &[&str], &str)] = &[
    (concat!("verify", "_batch"), &[], "signatures are never verified in batches"),
    (
        concat!("ed25519", "_equation"),
        &["crates/crypto/", "crates/tlog/src/ed25519"],
        "Ed25519 is verified by `tlog::verify_ed25519` alone",
    ),
    (
        concat!("ed25519", "_dalek"),
        &["crates/crypto/"],
        "Ed25519 is verified by `tlog::verify_ed25519` alone",
    ),
    (
        concat!("Unparsed", "PublicKey"),
        &["crates/crypto/"],
        "signatures are verified through `crypto`",
    ),
    (
        concat!("Parsed", "PublicKey"),
        &["crates/crypto/"],
        "signatures are verified through `crypto`",
    ),
];

/// What is wrong with one source file. Tests may ask another implementation for a second opinion.
pub(super) fn source(shown: &str, text: &str) -> Vec<String> {
    let test = shown.contains("/tests");
    let found = KEPT.iter().filter(|(word, places, _)| {
        let exempt = places.iter().any(|place| shown.starts_with(place));
        let judged = places.is_empty() || !(test || exempt);
        judged && text.contains(word)
    });
    found.map(|(word, _, why)| format!("{shown}: `{word}`: {why}")).collect()
}

/// Refuses every dependency that is built with batch verification, ours or another's.
pub(super) fn check(metadata: &Metadata, faults: &mut Vec<String>) {
    let nodes = metadata.resolve.iter().flat_map(|resolve| &resolve.nodes);
    for node in nodes {
        let batch = node.features.iter().any(|feature| **feature == "batch");
        let name = metadata.packages.iter().find(|p| p.id == node.id).map(|p| p.name.as_str());
        if let Some(name) = name.filter(|name| batch && name.contains("25519")) {
            faults.push(format!(
                "`{name}` is built with the feature `batch`: signatures are never verified in batches"
            ));
        }
    }
}
