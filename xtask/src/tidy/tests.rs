//! The rules catch what they are for.
use super::*;

#[test]
fn licences_read_expressions() {
    for good in [
        "MIT",
        "MIT OR GPL-3.0",
        "(MIT OR Apache-2.0) AND Unicode-3.0",
        "MIT/Apache-2.0",
        "Apache-2.0 WITH LLVM-exception OR GPL-2.0",
        "ISC AND (Apache-2.0 OR ISC)",
    ] {
        assert!(licences::satisfied(good), "{good}");
    }
    for bad in ["GPL-3.0", "MIT AND GPL-3.0", "LGPL-3.0-only", "", "MIT OR", "(MIT", "BUSL-1.1"] {
        assert!(!licences::satisfied(bad), "{bad}");
    }
}

#[test]
fn sources_are_headed_small_and_finished() {
    assert_eq!(sources::source("crates/x/src/a.rs", "//! Fine.\n"), Vec::<String>::new());
    let count = |text: &str| sources::source("crates/x/src/a.rs", text).len();
    assert_eq!(count("fn a() {}\n"), 1);
    assert_eq!(count(&format!("//! Long.\n{}", "\n".repeat(700))), 1);
    assert_eq!(count(&format!("//! Note.\n// {}: later\n", concat!("TO", "DO"))), 1);
    assert_eq!(count("//! Starts.\nuse std::process::Command;\n"), 1);
    let handler = format!("//! H.\nasync fn long() {{\n{}}}\n", "    x();\n".repeat(30));
    assert_eq!(sources::source("crates/server/src/api/x.rs", &handler).len(), 1);
}

/// Batches are refused everywhere, other ways to verify outside the door, a dependency's feature by its name.
#[test]
fn signatures_are_verified_one_by_one_and_by_one_rule() {
    let batch = format!("//! B.\nuse x::{};\n", concat!("verify", "_batch"));
    assert_eq!(sources::source("crates/crypto/src/native.rs", &batch).len(), 1);
    assert_eq!(sources::source("crates/a/src/tests.rs", &batch).len(), 1);
    let other = format!("//! D.\nuse {}::Verifier;\n", concat!("ed25519", "_dalek"));
    assert_eq!(sources::source("crates/ledger/src/a.rs", &other).len(), 1);
    assert_eq!(sources::source("crates/ledger/src/a/tests.rs", &other), Vec::<String>::new());
    assert_eq!(sources::source("crates/crypto/src/portable.rs", &other), Vec::<String>::new());
    let mut command = MetadataCommand::new();
    command.manifest_path(run::root().join("Cargo.toml")).other_options(["--locked".to_owned()]);
    let mut metadata = command.exec().expect("cargo metadata runs");
    let mut faults = Vec::new();
    signatures::check(&metadata, &mut faults);
    assert_eq!(faults, Vec::<String>::new());
    let dalek = metadata.packages.iter().find(|p| p.name.as_str() == "ed25519-dalek");
    let id = dalek.expect("a dependency").id.clone();
    let nodes = &mut metadata.resolve.as_mut().expect("resolved").nodes;
    let node = nodes.iter_mut().find(|n| n.id == id).expect("in the graph");
    let mut json = serde_json::to_value(&*node).expect("JSON");
    json["features"] = serde_json::json!(["batch"]);
    *node = serde_json::from_value(json).expect("a node");
    signatures::check(&metadata, &mut faults);
    assert_eq!(faults.len(), 1, "{faults:?}");
}

#[test]
fn verbs_without_a_place_in_the_manual_are_named() {
    let top = "pub(crate) enum Verb {\n    /// Signs.\n    #[command(subcommand)]\n    \
        Draft(Box<draft::Verb>),\n    Serve(house::Serve),\n}\n";
    let module = |name: &str| match name {
        "draft" => {
            "enum Verb {\n    OpenWindow(a::B),\n    Show {\n        id: Digest,\n    },\n    \
            List,\n    #[command(flatten)]\n    More(More),\n}\n\
             enum More {\n    Sign(u8),\n}\n"
        }
        _ => "struct Serve {\n    Folder: u8,\n}\n",
    };
    let verbs = manual::verbs(top, &|name| module(name).to_owned());
    assert_eq!(
        verbs,
        ["draft", "draft open-window", "draft show", "draft list", "draft sign", "serve"]
    );
    let pages =
        "vestibule draft open-window, vestibule draft list, vestibule draft sign, vestibule serve";
    let fault = "docs/book/src/reference does not name `vestibule draft show`";
    assert_eq!(manual::unnamed(&verbs, pages), [fault]);
}

/// The reader of verbs still understands how they are written.
#[test]
fn the_binarys_own_verbs_are_read() {
    let folder = run::root().join("crates/cli/src");
    let source = |path: &str| std::fs::read_to_string(folder.join(path)).unwrap_or_default();
    let verbs = manual::verbs(&source("verbs.rs"), &|m| source(&format!("verbs/{m}.rs")));
    for wanted in ["init", "trust assemble", "review open-window", "finding validate", "check"] {
        assert!(verbs.iter().any(|verb| verb == wanted), "`{wanted}` is not among {verbs:?}");
    }
}

/// A copy of a manifest with one forbidden arrow is refused.
#[test]
fn forbidden_arrows_are_refused() {
    for (from, to) in [
        ("access", "ledger"),
        ("tlog", "domain"),
        ("gateway", "store"),
        ("assessment", "access"),
        ("server", "gateway"),
        ("domain", "tlog"),
    ] {
        let mut faults = Vec::new();
        arrows::check(&with_arrow(from, to), &mut faults);
        let wanted = format!("`{from}` must not use `{to}`: the map has no such arrow");
        assert_eq!(faults, [wanted]);
    }
    let mut faults = Vec::new();
    arrows::check(&with_arrow("operations", "rusqlite"), &mut faults);
    assert_eq!(faults, ["`operations` must not use `rusqlite`: only `store` speaks SQL"]);
}

/// Today's metadata with one more dependency.
fn with_arrow(from: &str, to: &str) -> cargo_metadata::Metadata {
    let mut command = MetadataCommand::new();
    command.manifest_path(run::root().join("Cargo.toml")).no_deps();
    let output = command.cargo_command().output().expect("cargo metadata runs");
    let mut json: serde_json::Value = serde_json::from_slice(&output.stdout).expect("it is JSON");
    let packages = json["packages"].as_array_mut().expect("packages are a list");
    let some = packages[0]["dependencies"][0].clone();
    let package = packages.iter_mut().find(|p| p["name"] == from).expect("the crate exists");
    let mut dependency = some;
    dependency["name"] = to.into();
    dependency["kind"] = serde_json::Value::Null;
    package["dependencies"].as_array_mut().expect("a list").push(dependency);
    serde_json::from_value(json).expect("it is metadata")
}
