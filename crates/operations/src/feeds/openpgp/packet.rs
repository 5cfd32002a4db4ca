//! Packets of OpenPGP (RFC 9580, section 4) as keys and detached signatures have them: version 4, definite lengths.
//! Whatever else a file has is passed over or refused with a reason; nothing is guessed.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use data_encoding::BASE64;

/// Most packets of a file.
const PACKETS: usize = 10_000;

/// The first bytes of a file, read from the front.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bytes<'a>(pub(super) &'a [u8]);

impl<'a> Bytes<'a> {
    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8], String> {
        let (taken, rest) = self.0.split_at_checked(count).ok_or("it is cut off")?;
        self.0 = rest;
        Ok(taken)
    }

    /// A number of at most four octets.
    fn number(&mut self, octets: usize) -> Result<u32, String> {
        Ok(self.take(octets)?.iter().fold(0, |sum, byte| (sum << 8) | u32::from(*byte)))
    }

    /// A number of at most four octets that counts octets.
    fn size(&mut self, octets: usize) -> Result<usize, String> {
        usize::try_from(self.number(octets)?).map_err(|_| "a length is too large".to_owned())
    }

    /// Seconds, as four octets.
    fn seconds(&mut self) -> Result<u64, String> {
        self.number(4).map(u64::from)
    }

    fn octet(&mut self) -> Result<u8, String> {
        self.take(1)?.first().copied().ok_or_else(|| "it is cut off".to_owned())
    }

    /// A number of many octets, without the zeros before it (section 3.2).
    pub(super) fn integer(&mut self) -> Result<&'a [u8], String> {
        let bits = self.size(2)?;
        self.take(bits.div_ceil(8))
    }

    /// The length of a packet or subpacket in the format of one, two or five octets.
    fn length(&mut self, partial: bool) -> Result<usize, String> {
        match self.octet()? {
            first @ 0..192 => Ok(usize::from(first)),
            first @ 192..224 => self.two(first),
            first @ 224..255 if !partial => self.two(first),
            255 => self.size(4),
            _ => Err("a packet has no definite length".to_owned()),
        }
    }

    fn two(&mut self, first: u8) -> Result<usize, String> {
        Ok(((usize::from(first) - 192) << 8) + self.size(1)? + 192)
    }
}

/// A file as bytes, without its armour if it has one (section 6).
pub(super) fn unarmoured(file: &[u8]) -> Result<Vec<u8>, String> {
    let text = file.trim_ascii_start();
    if !text.starts_with(b"-----BEGIN PGP ") {
        return Ok(file.to_vec());
    }
    let text = std::str::from_utf8(text).map_err(|_| "its armour is no text")?;
    let mut bytes = Vec::new();
    // a file may have several blocks, one after the other
    for block in text.split("-----BEGIN PGP ").skip(1) {
        let mut lines = block.lines().map(str::trim);
        let headers = lines.by_ref().skip(1).position(str::is_empty);
        headers.ok_or("its armour has no empty line before its content")?;
        let body = lines.take_while(|line| !line.starts_with('=') && !line.starts_with("-----"));
        let body: String = body.collect();
        let decoded = BASE64.decode(body.as_bytes());
        bytes.extend(decoded.map_err(|_| "its armour is no base64")?);
    }
    Ok(bytes)
}

/// The packets of a file: their tags and bodies.
pub(super) fn packets(bytes: &[u8]) -> Result<Vec<(u8, &[u8])>, String> {
    let mut rest = Bytes(bytes);
    let mut all = Vec::new();
    while !rest.0.is_empty() {
        let first = rest.octet()?;
        let (tag, length) = match first >> 6 {
            3 => (first & 63, rest.length(true)?),
            2 if first & 3 < 3 => ((first >> 2) & 15, rest.size(1 << (first & 3))?),
            2 => return Err("a packet has no definite length".to_owned()),
            _ => return Err("it does not begin with a packet".to_owned()),
        };
        all.push((tag, rest.take(length)?));
        if all.len() > PACKETS {
            return Err(format!("it has more than {PACKETS} packets"));
        }
    }
    Ok(all)
}

/// The material of a public key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Material {
    Rsa {
        n: Vec<u8>,
        e: Vec<u8>,
    },
    /// The 32 octets of a point, as algorithm 22 or 27.
    Ed25519(Vec<u8>),
    /// Of another kind; it signs nothing here.
    Other,
}

/// A public key or subkey of version 4.
#[derive(Debug, Clone)]
pub(super) struct PublicKey {
    /// Its packet's body, as it is signed and as its fingerprint is taken of it.
    pub(super) body: Vec<u8>,
    /// When it was made, in seconds since 1970.
    pub(super) made: u64,
    pub(super) material: Material,
    pub(super) fingerprint: [u8; 20],
}

const ED25519: &[u8] = &[0x2b, 6, 1, 4, 1, 0xda, 0x47, 0x0f, 1];

impl PublicKey {
    pub(super) fn read(body: &[u8]) -> Result<Self, String> {
        let mut rest = Bytes(body);
        let version = rest.octet()?;
        if version != 4 {
            return Err(format!("its key is of version {version}; only version 4 is read"));
        }
        let made = rest.seconds()?;
        let material = match rest.octet()? {
            1 | 3 => Material::Rsa { n: rest.integer()?.to_vec(), e: rest.integer()?.to_vec() },
            22 => {
                let length = rest.size(1)?;
                let (curve, point) = (rest.take(length)?, rest.integer()?);
                match (curve, point) {
                    (ED25519, [0x40, point @ ..]) => Material::Ed25519(point.to_vec()),
                    _ => Material::Other,
                }
            }
            27 => Material::Ed25519(rest.take(32)?.to_vec()),
            _ => Material::Other,
        };
        let mut key = Self { body: body.to_vec(), made, material, fingerprint: [0; 20] };
        let print = digest(&SHA1_FOR_LEGACY_USE_ONLY, &key.signed()?);
        key.fingerprint.copy_from_slice(print.as_ref());
        Ok(key)
    }

    /// The octets of a key in what is signed (section 5.2.4).
    pub(super) fn signed(&self) -> Result<Vec<u8>, String> {
        let length = u16::try_from(self.body.len()).map_err(|_| "its key is too long")?;
        Ok([&[0x99], length.to_be_bytes().as_slice(), &self.body].concat())
    }

    /// Its fingerprint in hexadecimal.
    pub(super) fn print(&self) -> String {
        data_encoding::HEXLOWER.encode(&self.fingerprint)
    }
}

/// A signature of version 4.
#[derive(Debug, Clone, Default)]
pub(super) struct Signature {
    pub(super) kind: u8,
    pub(super) algorithm: u8,
    pub(super) hash: u8,
    /// The octets of it that are signed, the trailer included.
    pub(super) signed: Vec<u8>,
    /// When it was made, in seconds since 1970.
    pub(super) made: u64,
    /// How long it lasts from then, in seconds; 0 is for ever.
    pub(super) lasts: u64,
    /// How long the key that it is about lasts from its own making; 0 is for ever.
    pub(super) key_lasts: u64,
    /// What that key is for, if it says.
    pub(super) flags: Option<u8>,
    /// Who made it, by the last octets of a fingerprint.
    pub(super) issuers: Vec<Vec<u8>>,
    /// The signature of the key that it is about, if it has one in it.
    pub(super) within: Option<Box<Self>>,
    /// It has a part that must be understood and is not.
    pub(super) critical: Option<u8>,
    /// One or two integers, or 64 octets.
    pub(super) value: Vec<Vec<u8>>,
}

impl Signature {
    pub(super) fn read(body: &[u8]) -> Result<Self, String> {
        Self::read_at(body, false)
    }

    fn read_at(body: &[u8], within: bool) -> Result<Self, String> {
        let mut rest = Bytes(body);
        let version = rest.octet()?;
        if version != 4 {
            return Err(format!("it is of version {version}; only version 4 is read"));
        }
        let (kind, algorithm, hash) = (rest.octet()?, rest.octet()?, rest.octet()?);
        let mut read = Self { kind, algorithm, hash, ..Self::default() };
        let hashed = rest.size(2)?;
        let parts = rest.take(hashed)?;
        let length = u32::try_from(6 + hashed).map_err(|_| "it is too long")?;
        let all = body.get(..6 + hashed).unwrap_or_default();
        read.signed = [all, &[4, 0xff], &length.to_be_bytes()].concat();
        read.parts(parts, true, within)?;
        let unhashed = rest.size(2)?;
        let parts = rest.take(unhashed)?;
        read.parts(parts, false, within)?;
        rest.take(2)?;
        read.value = match algorithm {
            1 | 3 => vec![rest.integer()?.to_vec()],
            27 => vec![rest.take(64)?.to_vec()],
            22 => vec![rest.integer()?.to_vec(), rest.integer()?.to_vec()],
            _ => Vec::new(),
        };
        Ok(read)
    }

    /// Reads subpackets (section 5.2.3.7). Of those that are not signed only who made it counts, and the signature
    /// within, which stands for itself.
    fn parts(&mut self, parts: &[u8], signed: bool, within: bool) -> Result<(), String> {
        let mut rest = Bytes(parts);
        while !rest.0.is_empty() {
            let length = rest.length(false)?;
            let mut part = Bytes(rest.take(length)?);
            let first = part.octet()?;
            match first & 127 {
                16 => self.issuers.push(part.take(8)?.to_vec()),
                33 if part.octet()? == 4 => self.issuers.push(part.take(20)?.to_vec()),
                32 if !within => self.within = Some(Box::new(Self::read_at(part.0, true)?)),
                2 if signed => self.made = part.seconds()?,
                3 if signed => self.lasts = part.seconds()?,
                9 if signed => self.key_lasts = part.seconds()?,
                27 if signed => self.flags = part.0.first().copied(),
                // preferences, notations' neighbours and the like change nothing of what is asked here
                4 | 7 | 11 | 21..=26 | 28 | 30 | 32..=35 | 2 | 3 | 9 | 27 => {}
                other if signed && first > 127 => self.critical = Some(other),
                _ => {}
            }
        }
        Ok(())
    }

    /// Whether it says that this key made it.
    pub(super) fn names(&self, key: &PublicKey) -> bool {
        self.issuers.iter().any(|end| key.fingerprint.ends_with(end))
    }
}
