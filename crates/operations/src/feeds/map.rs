//! A file as memory, read where it lies.

use crate::files::{self, FileError};
use std::fs::File;
use std::path::Path;

/// A mapped file. It is written once under another name and then renamed ([`crate::files::write`]), so that
/// nobody changes it while it is mapped.
pub(super) struct Map(memmap2::Mmap);

impl Map {
    /// Maps a file.
    ///
    /// # Errors
    /// The system's, with the path.
    pub(super) fn open(path: &Path) -> Result<Self, FileError> {
        let system = |act| files::system(act, path);
        let file = File::open(path).map_err(system("open"))?;
        #[expect(unsafe_code, reason = "opening in milliseconds whatever the size needs a map")]
        // SAFETY: the map is read-only and private. Bytes that another program changes meanwhile may be read
        // as either value; every read of them is bounds-checked and none decides about memory.
        let map = unsafe { memmap2::MmapOptions::new().map(&file) };
        map.map(Self).map_err(system("map"))
    }
}

impl AsRef<[u8]> for Map {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}
