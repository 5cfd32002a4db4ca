//! The reader is chosen by the file's name.
use super::*;
use crate::shared;
use proptest::prelude::*;

#[test]
fn chosen_by_name() {
    let format = |name: &str, text: &str| match read(name, text.as_bytes()) {
        Ok(inventory) => inventory.format,
        Err(error) => error.format,
    };
    assert_eq!(format("a/b/Cargo.lock", ""), Format::CargoLock);
    assert_eq!(format("dev-requirements.txt", "a==1"), Format::Requirements);
    assert_eq!(format("package-lock.json", "{\"packages\":{}}"), Format::PackageLock);
    assert_eq!(format("/var/lib/dpkg/status", ""), Format::Dpkg);
    assert_eq!(format("/lib/apk/db/installed", ""), Format::Apk);
    assert_eq!(format("c:\\x\\bom.json", "{}"), Format::CycloneDx);
    assert_eq!(format("a.spdx.json", "{}"), Format::Spdx);
    assert_eq!(format("x.json", "{\"packages\": [], \"spdxVersion\": 1}"), Format::Spdx);
    assert_eq!(format("x", "{\"@graph\": 1}"), Format::Spdx);
    assert_eq!(format("x.txt", "SPDXVersion: SPDX-2.3"), Format::Spdx);
    assert_eq!(format("x.csv", ""), Format::Spreadsheet);
    assert_eq!(format("rpm-qa.txt", ""), Format::RpmList);
    assert_eq!(format("uname.txt", ""), Format::Kernel);
    assert_eq!(format("x.dist-info/METADATA", ""), Format::PythonMetadata);
    assert_eq!(format("x.json", "[{}]"), Format::PipList);
    assert_eq!(format("x.json", "{\"name\": 1, \"dependencies\": 1}"), Format::NpmList);
    assert_eq!(format("x.json", "{\"dependencies\": [], \"bomFormat\": 1}"), Format::CycloneDx);
    assert_eq!(format("deps.txt", "[INFO] x"), Format::MavenList);
    assert_eq!(format("x", "{\"lockfileVersion\": 9}"), Format::PackageLock);
    assert_eq!(format("x", "\u{feff} <bom/>"), Format::CycloneDx);
}

#[test]
fn names_of_a_folder_walk() {
    for name in [
        "a/Cargo.lock",
        "/var/lib/dpkg/status",
        "C:\\dev-requirements.txt",
        "x.spdx",
        "my.bom.json",
    ] {
        assert!(is_inventory(name), "{name}");
    }
    for name in [
        "METADATA",
        "uname.txt",
        "go.sum",
        "notes.txt",
        "package.json",
        "a.csv",
        "Cargo.toml",
        "MANIFEST.in",
        "",
    ] {
        assert!(!is_inventory(name), "{name}");
    }
}

/// A target of the fuzzer and what it runs.
type Target = (&'static str, fn(&[u8]) -> Result<Inventory, ReadError>);

const TARGETS: [Target; 19] = [
    ("advisory_composer", read_composer),
    ("advisory_gemfile", read_gemfile),
    ("advisory_go_mod", read_go_mod),
    ("advisory_go_sum", read_go_sum),
    ("advisory_gradle", read_gradle),
    ("advisory_maven_list", read_maven_list),
    ("advisory_maven_pom", read_maven_pom),
    ("advisory_nuget", read_nuget),
    ("advisory_pipfile", read_pipfile),
    ("advisory_pnpm", read_pnpm),
    ("advisory_poetry", read_poetry),
    ("advisory_uv", read_uv),
    ("advisory_kernel", read_kernel),
    ("advisory_npm_list", read_npm_list),
    ("advisory_pip_list", read_pip_list),
    ("advisory_python_metadata", read_python_metadata),
    ("advisory_rpm_list", read_rpm_list),
    ("advisory_spreadsheet", read_spreadsheet),
    ("advisory_yarn", read_yarn),
];

proptest! {
    /// Near each file of the corpora, too: one byte changed, or the end cut off.
    #[test]
    fn never_panics(cut: proptest::sample::Index, with: u8) {
        for (target, read) in TARGETS {
            shared::replay(target, |bytes| {
                let at = cut.index(bytes.len().max(1));
                let mut near = bytes.to_vec();
                if let Some(byte) = near.get_mut(at) {
                    *byte = with;
                }
                let _ = read(&near);
                near.truncate(at);
                let _ = read(&near);
            });
        }
    }
}
