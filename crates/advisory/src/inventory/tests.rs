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
}
