//! Uploads to a mirror are read the same, however they arrive.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tlog::mirror::{Package, PackageError, Packages, Upload};

fn read(upload: &Upload, body: &[u8], piece: usize) -> (Vec<Package>, Option<PackageError>) {
    let (mut packages, mut found) = (Packages::of(upload), Vec::new());
    for bytes in body.chunks(piece) {
        packages.push(bytes);
        loop {
            match packages.next_package() {
                Ok(Some(package)) => found.push(package),
                Ok(None) => break,
                Err(error) => return (found, Some(error)),
            }
        }
    }
    (found, None)
}

fuzz_target!(|data: &[u8]| {
    if let Ok(Some((upload, len))) = Upload::parse(data) {
        assert_eq!(upload.to_bytes().as_deref(), data.get(..len));
        let body = data.get(len..).unwrap_or_default();
        assert_eq!(read(&upload, body, 7), read(&upload, body, 4_096));
    }
});
