//! Signing checkpoints, on native targets only.

use super::{LogKeyError, LogVerifier, SECRET_PREFIX, check_name};
use crate::random::Random;
use crate::trees::TreeHead;
use data_encoding::BASE64;
use domain::Timestamp;
use std::fmt;
use tlog::{
    CNSA_IDENTIFIER, Checkpoint, CnsaSigner, Ed25519Signer, Hash, Hash384, KeyName, NoteSigner,
    VerifierKey,
};
use zeroize::Zeroizing;

const ED25519: &[u8] = &[0x01];

/// The secret keys that sign a log's checkpoints. Never printed.
pub struct LogSigner {
    pub(super) seed: Zeroizing<[u8; 32]>,
    signer: Ed25519Signer,
    pub(super) cnsa_seed: Zeroizing<[u8; 32]>,
    cnsa: CnsaSigner,
}

impl LogSigner {
    /// Makes new keys for the log called `origin`.
    ///
    /// # Errors
    /// [`LogKeyError::Name`].
    pub fn generate(origin: &str, random: &mut Random<'_>) -> Result<Self, LogKeyError> {
        let (mut seed, mut cnsa_seed) = (Zeroizing::new([0; 32]), Zeroizing::new([0; 32]));
        random(&mut *seed);
        random(&mut *cnsa_seed);
        Self::from_seeds(origin, seed, cnsa_seed)
    }

    fn from_seeds(
        origin: &str,
        seed: Zeroizing<[u8; 32]>,
        cnsa_seed: Zeroizing<[u8; 32]>,
    ) -> Result<Self, LogKeyError> {
        check_name(origin)?;
        let name = KeyName::new(origin).map_err(|_| LogKeyError::Name(origin.to_owned()))?;
        let signer = Ed25519Signer::from_seed(name.clone(), &seed);
        let cnsa = CnsaSigner::from_seed(name, &cnsa_seed);
        match (signer, cnsa) {
            (Ok(signer), Ok(cnsa)) => Ok(Self { seed, signer, cnsa_seed, cnsa }),
            (Err(_), _) | (_, Err(_)) => Err(LogKeyError::Secret),
        }
    }

    /// Reads the secret keys, with or without a final line feed.
    ///
    /// # Errors
    /// See [`LogKeyError`].
    pub fn read(text: &str) -> Result<Self, LogKeyError> {
        let text = text.strip_suffix('\n').unwrap_or(text);
        let (first, second) = text.split_once('\n').ok_or(LogKeyError::Secret)?;
        let first = SecretLine::read(first, ED25519)?;
        let second = SecretLine::read(second, &cnsa_kind())?;
        if first.name != second.name {
            let (first, second) = (first.name.to_owned(), second.name.to_owned());
            return Err(LogKeyError::TwoNames { first, second });
        }
        let signer = Self::from_seeds(first.name, first.seed, second.seed)?;
        let ids = [signer.signer.verifier_key().id(), signer.cnsa.verifier_key().id()];
        if ids.map(|id| id.to_string()) == [first.id, second.id] {
            Ok(signer)
        } else {
            Err(LogKeyError::Id)
        }
    }

    /// Writes the secret keys, each with a line feed.
    pub fn to_text(&self) -> Zeroizing<String> {
        let mut text = Zeroizing::new(String::with_capacity(2048));
        write_secret(&mut text, self.signer.verifier_key(), ED25519, &self.seed);
        write_secret(&mut text, self.cnsa.verifier_key(), &cnsa_kind(), &self.cnsa_seed);
        text
    }

    /// The public half.
    pub fn verifier(&self) -> LogVerifier {
        let key = self.signer.verifier_key().clone();
        LogVerifier { key, cnsa: self.cnsa.verifier() }
    }

    /// The log's name.
    pub fn origin(&self) -> &str {
        self.signer.verifier_key().name().as_str()
    }

    /// Signs a tree head with both keys: the bytes of a checkpoint. The time is that of the CNSA line, in whole
    /// seconds; the Ed25519 line has none.
    pub(crate) fn sign(&self, head: TreeHead, now: Timestamp) -> Result<Vec<u8>, String> {
        let time = u64::try_from(now.as_micros().div_euclid(1_000_000))
            .map_err(|_| format!("the clock says {now}, before 1970"))?;
        let checkpoint = Checkpoint::new(self.origin(), head.size, Hash::from_bytes(head.root))
            .map_err(|e| e.to_string())?;
        let cnsa = self.cnsa.at(time, Hash384::from_bytes(head.root384));
        let signed = checkpoint.sign(&[&self.signer, &cnsa]).map_err(|e| e.to_string())?;
        Ok(signed.note().to_string().into_bytes())
    }
}

impl fmt::Debug for LogSigner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LogSigner(of {})", self.signer.verifier_key().name())
    }
}

/// The type byte and the identifier of the CNSA line.
fn cnsa_kind() -> Vec<u8> {
    [&[0xff], CNSA_IDENTIFIER.as_slice()].concat()
}

/// One line of the secret form.
struct SecretLine<'t> {
    name: &'t str,
    id: &'t str,
    seed: Zeroizing<[u8; 32]>,
}

impl<'t> SecretLine<'t> {
    fn read(line: &'t str, kind: &[u8]) -> Result<Self, LogKeyError> {
        let rest = line.strip_prefix(SECRET_PREFIX).ok_or(LogKeyError::Secret)?;
        let mut parts = rest.splitn(3, '+');
        let (Some(name), Some(id), Some(data)) = (parts.next(), parts.next(), parts.next()) else {
            return Err(LogKeyError::Secret);
        };
        let data = Zeroizing::new(tlog::base64(data).ok_or(LogKeyError::Secret)?);
        let mut seed = Zeroizing::new([0; 32]);
        match data.strip_prefix(kind) {
            Some(bytes) if bytes.len() == seed.len() => seed.copy_from_slice(bytes),
            Some(_) | None => return Err(LogKeyError::Secret),
        }
        Ok(Self { name, id, seed })
    }
}

fn write_secret(text: &mut String, key: &VerifierKey, kind: &[u8], seed: &[u8; 32]) {
    let mut data = Zeroizing::new(Vec::with_capacity(64));
    data.extend_from_slice(kind);
    data.extend_from_slice(seed);
    text.push_str(SECRET_PREFIX);
    text.push_str(&format!("{}+{}+", key.name(), key.id()));
    BASE64.encode_append(&data, text);
    text.push('\n');
}
