//! Reads a ZIP archive (APPNOTE.TXT 6.3.10) as Inspect writes it: stored, deflated or zstd members, ZIP64. The directory
//! decides, each local header must agree with it, and nothing is read that is larger than it says or than the bounds.

use flate2::Crc;
use flate2::read::DeflateDecoder;
use std::collections::BTreeMap;
use std::io::{Read, Seek, SeekFrom};

/// Most bytes of a member, unpacked.
const MEMBER: u64 = 128 << 20;
/// Most bytes of all members together, unpacked.
const TOTAL: u64 = 16 << 30;
/// Most bytes of the directory.
const DIRECTORY: u64 = 32 << 20;
/// Most members.
const MEMBERS: u64 = 200_000;
/// The record that ends an archive, without its comment.
const END: u64 = 22;
/// The largest window of a zstd frame, as a power of two: what the reference decoder takes unasked.
const WINDOW: u32 = 27;

/// Why an archive can't be read.
#[derive(Debug, thiserror::Error)]
pub enum ZipError {
    /// It can't be read.
    #[error("{0}")]
    File(#[from] std::io::Error),
    /// It is no archive, or is damaged.
    #[error("not a whole ZIP archive: {0}")]
    Archive(&'static str),
    /// A member can't be read.
    #[error("the member `{name}` {what}")]
    Member {
        /// Its name.
        name: String,
        /// What is wrong with it.
        what: &'static str,
    },
}

/// Where a member is.
#[derive(Debug, Clone, Copy)]
struct Member {
    method: u16,
    flags: u16,
    crc: u32,
    packed: u64,
    plain: u64,
    offset: u64,
}

/// An archive whose directory was read.
pub(super) struct Unzip<R> {
    from: R,
    names: Vec<String>,
    members: BTreeMap<String, Member>,
    directory: u64,
}

/// Little-endian fields, one after the other.
struct Fields<'a>(&'a [u8]);

impl<'a> Fields<'a> {
    fn bytes(&mut self, n: usize) -> Option<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(n)?;
        self.0 = rest;
        Some(taken)
    }

    fn u16(&mut self) -> Option<u16> {
        self.bytes(2)?.try_into().ok().map(u16::from_le_bytes)
    }

    fn u32(&mut self) -> Option<u32> {
        self.bytes(4)?.try_into().ok().map(u32::from_le_bytes)
    }

    fn u64(&mut self) -> Option<u64> {
        self.bytes(8)?.try_into().ok().map(u64::from_le_bytes)
    }
}

/// Where the directory is: its members, size and offset.
type Place = (u64, u64, u64);

impl<R: Read + Seek> Unzip<R> {
    /// Reads the directory. Of members with the same name the last counts.
    pub(super) fn open(mut from: R) -> Result<Self, ZipError> {
        let (count, size, directory) = place(&mut from)?;
        if size > DIRECTORY || count > MEMBERS {
            return Err(ZipError::Archive("its directory is too large"));
        }
        let bytes = exactly(&mut from, directory, size)?;
        let mut fields = Fields(&bytes);
        let (mut names, mut members, mut total) = (Vec::new(), BTreeMap::new(), 0_u64);
        for _ in 0..count {
            let (name, member) =
                entry(&mut fields).ok_or(ZipError::Archive("its directory is damaged"))?;
            total = total.saturating_add(member.plain);
            let inside = member.offset.checked_add(member.packed).is_some_and(|e| e <= directory);
            if !inside {
                return Err(ZipError::Member { name, what: "lies outside the archive" });
            }
            if members.insert(name.clone(), member).is_none() {
                names.push(name);
            }
        }
        if !fields.0.is_empty() {
            return Err(ZipError::Archive("its directory is longer than it says"));
        }
        if total > TOTAL {
            return Err(ZipError::Archive("it unpacks to more than 16 GiB"));
        }
        Ok(Self { from, names, members, directory })
    }

    /// The members' names, in the directory's order.
    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// A member's bytes; none when there is no such member.
    pub(super) fn read(&mut self, name: &str) -> Result<Option<Vec<u8>>, ZipError> {
        let Some(member) = self.members.get(name).copied() else { return Ok(None) };
        let wrong = |what| ZipError::Member { name: name.to_owned(), what };
        if member.plain > MEMBER {
            return Err(wrong("unpacks to more than 128 MiB"));
        }
        let at = self.data(name, member)?;
        self.from.seek(SeekFrom::Start(at))?;
        let packed = (&mut self.from).take(member.packed);
        let bytes = match member.method {
            0 => bounded(packed, member.plain),
            8 => bounded(DeflateDecoder::new(packed), member.plain),
            93 => {
                let mut decoder = zstd::stream::read::Decoder::new(packed)?;
                decoder.window_log_max(WINDOW)?;
                bounded(decoder, member.plain)
            }
            _ => return Err(wrong("is compressed in a way other than deflate and zstd")),
        };
        let bytes = bytes.map_err(|_| wrong("can't be unpacked"))?;
        let mut crc = Crc::new();
        crc.update(&bytes);
        if u64::try_from(bytes.len()).ok() != Some(member.plain) || crc.sum() != member.crc {
            return Err(wrong("does not have the size and checksum that the directory names"));
        }
        Ok(Some(bytes))
    }

    /// Where a member's data begins. Its local header must say what the directory says.
    fn data(&mut self, name: &str, member: Member) -> Result<u64, ZipError> {
        let wrong = |what| ZipError::Member { name: name.to_owned(), what };
        let head = exactly(&mut self.from, member.offset, 30)?;
        let mut fields = Fields(&head);
        let mut local = || {
            let signature = fields.bytes(4)?;
            let (_version, flags, method) = (fields.u16()?, fields.u16()?, fields.u16()?);
            let _time = fields.u32()?;
            let (crc, packed, plain) = (fields.u32()?, fields.u32()?, fields.u32()?);
            let lengths = (u64::from(fields.u16()?), u64::from(fields.u16()?));
            Some((signature == b"PK\x03\x04", flags, method, crc, packed, plain, lengths))
        };
        let found = local().filter(|found| found.0).ok_or_else(|| wrong("has no header"))?;
        let (_, flags, method, crc, packed, plain, (name_length, extra)) = found;
        // with a descriptor after the data these are zero; with ZIP64 the sizes are all ones
        let same = |local: u32, central: u64| {
            u64::from(local) == central
                || local == u32::MAX
                || (member.flags & 8 != 0 && local == 0)
        };
        let agrees = flags == member.flags
            && method == member.method
            && same(crc, u64::from(member.crc))
            && same(packed, member.packed)
            && same(plain, member.plain);
        let named = exactly(&mut self.from, member.offset + 30, name_length)?;
        if !agrees || named != name.as_bytes() {
            return Err(wrong("has a header that contradicts the directory"));
        }
        let at = member.offset + 30 + name_length + extra;
        let end = at.checked_add(member.packed);
        if end.is_none_or(|end| end > self.directory) {
            return Err(wrong("lies outside the archive"));
        }
        Ok(at)
    }
}

/// One entry of the directory.
fn entry(fields: &mut Fields<'_>) -> Option<(String, Member)> {
    if fields.bytes(4)? != b"PK\x01\x02" {
        return None;
    }
    let _versions = fields.u32()?;
    let (flags, method) = (fields.u16()?, fields.u16()?);
    let _time = fields.u32()?;
    let crc = fields.u32()?;
    let (mut packed, mut plain) = (u64::from(fields.u32()?), u64::from(fields.u32()?));
    let lengths = [fields.u16()?, fields.u16()?, fields.u16()?].map(usize::from);
    let [name, extra, comment] = lengths;
    let (_disk, _internal, _external) = (fields.u16()?, fields.u16()?, fields.u32()?);
    let mut offset = u64::from(fields.u32()?);
    let name = std::str::from_utf8(fields.bytes(name)?).ok()?.to_owned();
    let mut extras = Fields(fields.bytes(extra)?);
    fields.bytes(comment)?;
    while let Some(kind) = extras.u16() {
        let size = usize::from(extras.u16()?);
        let mut wide = Fields(extras.bytes(size)?);
        if kind == 1 {
            for field in [&mut plain, &mut packed, &mut offset] {
                if *field == u64::from(u32::MAX) {
                    *field = wide.u64()?;
                }
            }
        }
    }
    // encrypted members, and patches, are of no use here
    let readable = flags & 0b10_0001 == 0;
    readable.then_some((name, Member { method, flags, crc, packed, plain, offset }))
}

fn place<R: Read + Seek>(from: &mut R) -> Result<Place, ZipError> {
    const NONE: ZipError = ZipError::Archive("there is no end record");
    let length = from.seek(SeekFrom::End(0))?;
    let tail = length.min(END + u64::from(u16::MAX));
    let bytes = exactly(from, length - tail, tail)?;
    let end = (0..bytes.len()).rev().find(|at| {
        let rest = bytes.get(*at..).unwrap_or_default();
        let comment = rest.get(20..).and_then(|rest| Fields(rest).u16());
        let whole = comment.is_some_and(|length| rest.len() == 22 + usize::from(length));
        rest.starts_with(b"PK\x05\x06") && whole
    });
    let end = end.ok_or(NONE)?;
    let mut fields = Fields(bytes.get(end + 4..).unwrap_or_default());
    let mut read = || {
        let (disk, first, here, all) = (fields.u16()?, fields.u16()?, fields.u16()?, fields.u16()?);
        let single = disk == first && (here == all) && (disk == 0 || disk == u16::MAX);
        Some((single, u64::from(all), u64::from(fields.u32()?), u64::from(fields.u32()?)))
    };
    let (single, count, size, offset) = read().ok_or(NONE)?;
    if !single {
        return Err(ZipError::Archive("it is split over several files"));
    }
    let ones = u64::from(u32::MAX);
    let at = length - tail + u64::try_from(end).unwrap_or(u64::MAX);
    if count == u64::from(u16::MAX) || size == ones || offset == ones {
        return wide(from, at);
    }
    if offset.checked_add(size) == Some(at) {
        Ok((count, size, offset))
    } else {
        Err(ZipError::Archive("its directory is not where it says"))
    }
}

/// The directory's place in a ZIP64 archive, whose short end record is at `at`.
fn wide<R: Read + Seek>(from: &mut R, at: u64) -> Result<Place, ZipError> {
    const NONE: ZipError = ZipError::Archive("its ZIP64 end record is damaged");
    let locator = exactly(from, at.checked_sub(20).ok_or(NONE)?, 20)?;
    let mut fields = Fields(&locator);
    let signed = fields.bytes(4) == Some(b"PK\x06\x07");
    let (_disk, record) = (fields.u32(), fields.u64());
    let record = record.filter(|_| signed).ok_or(NONE)?;
    let bytes = exactly(from, record, 56)?;
    let mut fields = Fields(&bytes);
    let mut read = || {
        let signed = fields.bytes(4)? == b"PK\x06\x06";
        fields.bytes(28)?;
        Some((signed, fields.u64()?, fields.u64()?, fields.u64()?))
    };
    let (signed, count, size, offset) = read().ok_or(NONE)?;
    if signed && offset.checked_add(size).is_some_and(|end| end <= record) {
        Ok((count, size, offset))
    } else {
        Err(NONE)
    }
}

/// Exactly `size` bytes at `at`. Nothing is set aside before it was read.
fn exactly<R: Read + Seek>(from: &mut R, at: u64, size: u64) -> Result<Vec<u8>, ZipError> {
    from.seek(SeekFrom::Start(at))?;
    let mut bytes = Vec::new();
    from.take(size).read_to_end(&mut bytes)?;
    if u64::try_from(bytes.len()).ok() == Some(size) {
        Ok(bytes)
    } else {
        Err(ZipError::Archive("it ends early"))
    }
}

/// What comes out of a decoder, one byte more than `most` at the most.
fn bounded(from: impl Read, most: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    from.take(most + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
