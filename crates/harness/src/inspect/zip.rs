//! Writes a ZIP archive member by member (APPNOTE.TXT 6.3.10, 4.3 to 4.5): deflated, sizes known beforehand, no ZIP64.

use flate2::write::DeflateEncoder;
use flate2::{Compression, Crc};
use std::io::{self, Write};

/// Most bytes of a member and of the archive: without ZIP64 sizes have 32 bits.
const MOST: u64 = 0xffff_fffe;
/// Most members.
const MEMBERS: usize = 0xfffe;

/// An archive that is being written.
pub(super) struct Archive<W> {
    to: W,
    at: u64,
    directory: Vec<u8>,
    members: usize,
}

fn too_large(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::FileTooLarge, format!("{what} does not fit a ZIP archive"))
}

/// The fields that local and central headers share, from the version that is needed to the length of the name.
fn shared(crc: u32, packed: u32, plain: u32, name: u16) -> Vec<u8> {
    let mut bytes = Vec::new();
    // version 2.0; names in UTF-8; deflate; midnight of 1 January 1980, as members have no time of their own
    for field in [20_u16, 0x0800, 8, 0, 0x21] {
        bytes.extend(field.to_le_bytes());
    }
    for field in [crc, packed, plain] {
        bytes.extend(field.to_le_bytes());
    }
    bytes.extend(name.to_le_bytes());
    bytes
}

impl<W: Write> Archive<W> {
    pub(super) const fn new(to: W) -> Self {
        Self { to, at: 0, directory: Vec::new(), members: 0 }
    }

    /// Adds a member.
    pub(super) fn add(&mut self, name: &str, bytes: &[u8]) -> io::Result<()> {
        let mut crc = Crc::new();
        crc.update(bytes);
        let mut packer = DeflateEncoder::new(Vec::new(), Compression::default());
        packer.write_all(bytes)?;
        let packed = packer.finish()?;
        let size = |n: usize| u32::try_from(n).map_err(|_| too_large(name));
        let length = u16::try_from(name.len()).map_err(|_| too_large(name))?;
        let shared = shared(crc.sum(), size(packed.len())?, size(bytes.len())?, length);
        let offset = u32::try_from(self.at).map_err(|_| too_large(name))?;
        // no extra field
        let local = [b"PK\x03\x04", shared.as_slice(), &[0, 0], name.as_bytes()].concat();
        // made by version 2.0 for Unix; no extra field, no comment, disk 0, no attributes but 0600
        let mode = (0o10_0600_u32 << 16).to_le_bytes();
        let rest = [&[0_u8; 8][..], &mode, &offset.to_le_bytes(), name.as_bytes()].concat();
        self.directory.extend([b"PK\x01\x02\x14\x03".as_slice(), &shared, &rest].concat());
        self.members += 1;
        self.write(&local)?;
        self.write(&packed)?;
        if self.at > MOST || self.members > MEMBERS { Err(too_large(name)) } else { Ok(()) }
    }

    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.at += u64::try_from(bytes.len()).unwrap_or(MOST);
        self.to.write_all(bytes)
    }

    /// Writes the directory and gives back what it was written to.
    pub(super) fn finish(mut self) -> io::Result<W> {
        let members = u16::try_from(self.members).map_err(|_| too_large("the archive"))?;
        let fit = |n: u64| u32::try_from(n).map_err(|_| too_large("the archive"));
        let size = fit(u64::try_from(self.directory.len()).unwrap_or(MOST))?;
        let offset = fit(self.at)?;
        let members = members.to_le_bytes();
        let (size, offset) = (size.to_le_bytes(), offset.to_le_bytes());
        let end =
            [&b"PK\x05\x06\0\0\0\0"[..], &members, &members, &size, &offset, &[0, 0]].concat();
        let directory = std::mem::take(&mut self.directory);
        self.to.write_all(&directory)?;
        self.to.write_all(&end)?;
        self.to.flush()?;
        Ok(self.to)
    }
}
