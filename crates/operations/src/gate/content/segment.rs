//! Files of content: one for each day until which it is kept, with a key of its own.
//!
//! ```text
//! content/until-2027-03-01.content   "vestibule/content/v1\n" and frames
//! content/until-2027-03-01.key       32 random bytes
//! frame = length of the body (u32, big-endian) || first 8 bytes of SHA-256(body) || body (CBOR)
//! ```
//!
//! Content for the developer's eyes is encrypted under the file's key, so that destroying 32 bytes destroys all of it, copies of
//! the file included. Content for others is a letter to them, which the developer can't open; destroying it is removing it.

use super::{Plain, context};
use crate::ctx::Random;
use crate::files::{self, Access, FileError};
use domain::{Digest, GrantId, PartyId, Span, Timestamp, wire};
use gateway::RequestId;
use ledger::cobblestone::{self, KEY_LEN, SALT_LEN};
use minicbor::{Decode, Encode};
use std::fs::{File, OpenOptions};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use zeroize::Zeroizing;

const MAGIC: &[u8] = b"vestibule/content/v1\n";
/// Most bytes of a frame's body.
const MAX_BODY: u32 = 9 << 20;
/// Bytes before a frame's body.
const HEAD: usize = 12;

/// Why content can't be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ContentError {
    /// A file.
    #[error(transparent)]
    File(#[from] FileError),
    /// The file holds something else.
    #[error("{} is damaged at byte {byte}: {reason}; restore it from a copy", path.display())]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// Where.
        byte: u64,
        /// What is wrong.
        reason: &'static str,
    },
    /// The content does not decrypt.
    #[error("what is kept of `{request}` does not decrypt")]
    Decrypt {
        /// Which request.
        request: RequestId,
        /// Why not.
        #[source]
        source: cobblestone::CobblestoneError,
    },
}

/// One exchange on file.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub(super) struct Frame {
    #[n(0)]
    #[cbor(with = "minicbor::bytes")]
    request: [u8; 16],
    #[n(1)]
    pub(super) grant: GrantId,
    #[n(2)]
    pub(super) party: PartyId,
    /// Whether `bytes` are a letter to the party; else they are encrypted under the file's key.
    #[n(3)]
    pub(super) sealed: bool,
    #[n(4)]
    #[cbor(with = "minicbor::bytes")]
    pub(super) bytes: Vec<u8>,
}

impl Frame {
    pub(super) fn new(
        request: RequestId,
        (grant, party): (GrantId, PartyId),
        sealed: bool,
        bytes: Vec<u8>,
    ) -> Self {
        let bits = u128::from_str_radix(&request.to_string(), 16).unwrap_or_default();
        Self { request: bits.to_be_bytes(), grant, party, sealed, bytes }
    }

    pub(super) fn request(&self) -> RequestId {
        RequestId::from_bits(u128::from_be_bytes(self.request))
    }

    /// The frame's bytes on file.
    pub(super) fn on_file(&self) -> Vec<u8> {
        let body = wire::encode(self);
        let length = u32::try_from(body.len()).unwrap_or(u32::MAX);
        let sum = Digest::of(&body);
        let mut bytes = Vec::with_capacity(HEAD + body.len());
        bytes.extend_from_slice(&length.to_be_bytes());
        bytes.extend_from_slice(sum.as_bytes().split_at(8).0);
        bytes.extend_from_slice(&body);
        bytes
    }
}

/// The folder of content in a home.
pub(super) fn folder(home: &Path) -> PathBuf {
    home.join("content")
}

/// The first instant at which what ended then is kept no longer: whole days, in the keeper's disfavour.
pub(super) fn until(finished_at: Timestamp, retention_days: u16) -> Timestamp {
    finished_at.day().after(Span::days(u64::from(retention_days) + 1))
}

/// The file of what is kept until a day.
pub(super) fn file_of(folder: &Path, until: Timestamp) -> PathBuf {
    folder.join(format!("until-{}.content", until.date()))
}

pub(super) fn key_of(file: &Path) -> PathBuf {
    file.with_extension("key")
}

/// Until when a file's content is kept, by its name.
pub(super) fn day_of(file: &Path) -> Option<Timestamp> {
    let name = file.file_name()?.to_str()?;
    let day = name.strip_prefix("until-")?.strip_suffix(".content")?;
    format!("{day}T00:00:00Z").parse().ok()
}

/// A file that frames are appended to.
#[derive(Debug)]
pub(super) struct Segment {
    file: File,
    path: PathBuf,
    /// Bytes that are sound.
    length: u64,
    key: Zeroizing<[u8; KEY_LEN]>,
}

impl Segment {
    /// Opens the file of a day, or begins it; what a crash tore is cut off.
    pub(super) fn open(
        folder: &Path,
        until: Timestamp,
        random: &dyn Random,
    ) -> Result<Self, ContentError> {
        let path = file_of(folder, until);
        let key = key_or_new(&key_of(&path), random)?;
        if !path.exists() {
            files::write(&path, MAGIC, Access::Private)?;
        }
        let length = visit(&path, &mut |_, _| ())?;
        let system = |act| files::system(act, &path);
        let mut options = OpenOptions::new();
        let mut file = options.write(true).mode(0o600).open(&path).map_err(system("open"))?;
        file.set_len(length).map_err(system("mend"))?;
        file.seek(SeekFrom::Start(length)).map_err(system("mend"))?;
        Ok(Self { file, path, length, key })
    }

    /// Encrypts what is for the developer.
    pub(super) fn encrypt(
        &self,
        request: RequestId,
        plain: &[u8],
        random: &dyn Random,
    ) -> Result<Vec<u8>, cobblestone::CobblestoneError> {
        let mut salt = [0; SALT_LEN];
        random.fill(&mut salt);
        cobblestone::seal(&self.key, &salt, &context(request), plain)
    }

    /// Appends frames, whole or not at all; durably if asked for.
    pub(super) fn append(&mut self, bytes: &[u8], durable: bool) -> Result<(), ContentError> {
        let written = self
            .file
            .write_all(bytes)
            .and_then(|()| if durable { self.file.sync_data() } else { Ok(()) });
        if let Err(source) = written {
            // best effort: the next opening cuts off what doesn't read
            let _cut = self.file.set_len(self.length);
            let _back = self.file.seek(SeekFrom::Start(self.length));
            return Err(files::system("write", &self.path)(source).into());
        }
        self.length += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        Ok(())
    }
}

fn key_or_new(path: &Path, random: &dyn Random) -> Result<Zeroizing<[u8; KEY_LEN]>, ContentError> {
    if !path.exists() {
        let mut key = Zeroizing::new([0; KEY_LEN]);
        random.fill(&mut *key);
        files::create(path, &*key, Access::Private)?;
        return Ok(key);
    }
    key(path)
}

fn key(path: &Path) -> Result<Zeroizing<[u8; KEY_LEN]>, ContentError> {
    let bytes = Zeroizing::new(files::read(path, 64)?);
    let mut key = Zeroizing::new([0; KEY_LEN]);
    if bytes.len() != KEY_LEN {
        let reason = "a key has 32 bytes";
        return Err(ContentError::Damaged { path: path.to_owned(), byte: 0, reason });
    }
    key.copy_from_slice(&bytes);
    Ok(key)
}

/// Reads a file's frames up to the first that is torn; gives where the sound ones end.
pub(super) fn visit(path: &Path, each: &mut dyn FnMut(Frame, u64)) -> Result<u64, ContentError> {
    let system = files::system("read", path);
    let mut source = BufReader::new(File::open(path).map_err(system)?);
    scan(&mut source, each).map_err(|error| match error {
        Scan::Io(source) => system(source).into(),
        Scan::Damaged(byte, reason) => {
            ContentError::Damaged { path: path.to_owned(), byte, reason }
        }
    })
}

enum Scan {
    Io(io::Error),
    Damaged(u64, &'static str),
}

fn scan(source: &mut dyn Read, each: &mut dyn FnMut(Frame, u64)) -> Result<u64, Scan> {
    let mut magic = Vec::new();
    let room = u64::try_from(MAGIC.len()).unwrap_or(u64::MAX);
    (&mut *source).take(room).read_to_end(&mut magic).map_err(Scan::Io)?;
    if magic != MAGIC {
        return Err(Scan::Damaged(0, "it is no file of content"));
    }
    let mut at = room;
    loop {
        let mut head = [0; HEAD];
        let Some(()) = whole(source, &mut head).map_err(Scan::Io)? else { return Ok(at) };
        let (length, sum) = head.split_at(4);
        let length = length.try_into().map_or(u32::MAX, u32::from_be_bytes);
        if length > MAX_BODY {
            return Ok(at);
        }
        let mut body = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
        let Some(()) = whole(source, &mut body).map_err(Scan::Io)? else { return Ok(at) };
        if !Digest::of(&body).as_bytes().starts_with(sum) {
            return Ok(at);
        }
        let frame =
            wire::decode(&body).map_err(|_| Scan::Damaged(at, "a frame is not one of content"))?;
        each(frame, at);
        at += u64::try_from(HEAD).unwrap_or(u64::MAX) + u64::from(length);
    }
}

/// Fills the buffer; `None` when the source ends before.
fn whole(source: &mut dyn Read, buffer: &mut [u8]) -> io::Result<Option<()>> {
    match source.read_exact(buffer) {
        Ok(()) => Ok(Some(())),
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

/// Reads a file of content from memory, for the fuzz target: how many frames are sound.
///
/// # Errors
/// What is wrong, and where.
pub fn check_segment(mut bytes: &[u8]) -> Result<usize, String> {
    let mut frames = 0;
    match scan(&mut bytes, &mut |_, _| frames += 1) {
        Ok(_) => Ok(frames),
        Err(Scan::Io(error)) => Err(error.to_string()),
        Err(Scan::Damaged(byte, reason)) => Err(format!("byte {byte}: {reason}")),
    }
}

/// What is kept of a request, if anything is.
pub(super) fn find(
    folder: &Path,
    request: RequestId,
) -> Result<Option<(Frame, PathBuf)>, ContentError> {
    for path in files::list(folder, "content")? {
        let mut found = None;
        visit(&path, &mut |frame, _| {
            if frame.request() == request {
                found = Some(frame);
            }
        })?;
        if let Some(frame) = found {
            return Ok(Some((frame, path)));
        }
    }
    Ok(None)
}

/// Decrypts what is for the developer.
pub(super) fn decrypt(file: &Path, frame: &Frame) -> Result<Zeroizing<Vec<u8>>, ContentError> {
    let (key, request) = (key(&key_of(file))?, frame.request());
    cobblestone::open(&key, &context(request), &frame.bytes)
        .map_err(|source| ContentError::Decrypt { request, source })
}

/// Reads what was decrypted.
pub(super) fn plain<'a>(bytes: &'a [u8]) -> Option<Plain<'a>> {
    minicbor::decode(bytes).ok()
}
