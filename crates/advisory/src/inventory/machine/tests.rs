//! Package databases of machines.
use super::*;

fn shown(inventory: &Inventory) -> Vec<(&str, Option<&str>, Option<usize>)> {
    let components = inventory.components.iter();
    components.map(|c| (c.name.as_str(), c.version.as_deref(), c.place.line)).collect()
}

#[test]
fn dpkg_status() {
    let text = "Package: curl\nStatus: install ok installed\nVersion: 7.88.1-10+deb12u5\nDescription: x\n more: y\n\n\
        Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n\n\
        Package: zlib1g\nStatus: hold ok installed\nSource: zlib (1:1.2.12)\nVersion: 1:1.2.13\n";
    let read = read_dpkg(text.as_bytes()).unwrap();
    assert_eq!(
        shown(&read),
        [("curl", Some("7.88.1-10+deb12u5"), Some(1)), ("zlib", Some("1:1.2.12"), Some(11))]
    );
    assert!(read.components.iter().all(|one| one.ecosystem == Some(Ecosystem::Debian)));
}

#[test]
fn apk_installed() {
    let text = "C:Q1abc=\nP:musl\nV:1.2.4-r2\np:so:libc.musl=1\n\nP:busybox\nV:1.36.1-r5\no:busybox-src\nF:bin\n";
    let read = read_apk(text.as_bytes()).unwrap();
    assert_eq!(
        shown(&read),
        [("musl", Some("1.2.4-r2"), Some(1)), ("busybox-src", Some("1.36.1-r5"), Some(6))]
    );
}

#[test]
fn refuses_with_the_place() {
    let error = read_dpkg(b"Package: a\nStatus: install ok installed\n").unwrap_err();
    assert_eq!((error.place.line, error.place.path.as_deref()), (Some(1), Some("Version")));
    let error = read_apk(b"P:a\nV:1\n\nnonsense\n").unwrap_err();
    assert_eq!(error.place.line, Some(4));
    assert!(read_dpkg(b"\xff").is_err());
}
