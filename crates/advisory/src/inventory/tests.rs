//! The reader is chosen by the file's name.
use super::*;

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
    for name in ["notes.txt", "package.json", "a.csv", "Cargo.toml", "MANIFEST.in", ""] {
        assert!(!is_inventory(name), "{name}");
    }
}
