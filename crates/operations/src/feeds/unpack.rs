//! Feeds as they are published: compressed (`.gz`) and in archives (`.zip`), with bounds on what comes out.

use super::FeedsError;
use flate2::read::GzDecoder;
use std::io::{Cursor, Read};
use std::path::Path;

/// Most bytes that a compressed file may hold.
const GZIP: u64 = 1 << 30;
/// Most bytes that one member of an archive may hold.
const MEMBER: u64 = 64 << 20;
/// Most bytes that an archive may hold in all.
const ARCHIVE: u64 = 32 << 30;
/// Most members of an archive.
const MEMBERS: usize = 4_000_000;

/// The name without its compression, and the bytes.
pub(super) fn gunzip(path: &Path, bytes: &[u8]) -> Result<Vec<u8>, FeedsError> {
    let wrong = |reason: String| FeedsError::Packed { path: path.to_owned(), reason };
    let mut out = Vec::new();
    let read = GzDecoder::new(bytes).take(GZIP + 1).read_to_end(&mut out);
    read.map_err(|e| wrong(e.to_string()))?;
    if out.len() as u64 > GZIP {
        return Err(wrong(format!("it holds more than {GZIP} bytes")));
    }
    Ok(out)
}

/// Hears each JSON file of an archive, in its order: the name without folders, and the bytes.
pub(super) fn members(
    path: &Path,
    bytes: &[u8],
    mut each: impl FnMut(&str, &[u8]) -> Result<(), FeedsError>,
) -> Result<(), FeedsError> {
    let wrong = |reason: String| FeedsError::Packed { path: path.to_owned(), reason };
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|e| wrong(e.to_string()))?;
    if archive.len() > MEMBERS {
        return Err(wrong(format!("it has more than {MEMBERS} files")));
    }
    let (mut buffer, mut total) = (Vec::new(), 0);
    for at in 0..archive.len() {
        let member = archive.by_index(at).map_err(|e| wrong(e.to_string()))?;
        let name = member.name().map_err(|e| wrong(e.to_string()))?;
        let name = name.rsplit(['/', '\\']).next().unwrap_or_default().to_owned();
        if !member.is_file() || !name.ends_with(".json") {
            continue;
        }
        buffer.clear();
        let read = member.take(MEMBER + 1).read_to_end(&mut buffer);
        read.map_err(|e| wrong(format!("{name}: {e}")))?;
        total += buffer.len() as u64;
        if buffer.len() as u64 > MEMBER || total > ARCHIVE {
            return Err(wrong(format!("{name} holds more than is read")));
        }
        each(&name, &buffer)?;
    }
    Ok(())
}
