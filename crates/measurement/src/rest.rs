//! Secrets of a measurement at rest: sealed to the keys of the home that keeps them, so that a copied file or a lost disk without
//! `secret.key` tells nobody which tasks will be drawn.

use super::{MeasureError, seed_from_hex};
use domain::Digest;
use ledger::{LetterError, check_letter, open_letter, seal_letter};
use operations::ctx::Random;
use operations::files::{self, Access};
use operations::home::Home;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Most bytes of a file with a seed.
const SEED_BOUND: u64 = 16 << 10;
/// What a seed's letter is bound to.
const SEED: &str = "master seed";

/// A file with a seed that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SeedFile {
    /// The file.
    pub file: PathBuf,
    /// Whose home opens it.
    pub party: domain::PartyId,
    /// SHA-256 of the seed, to tell whether two files hold the same.
    pub digest: Digest,
}

fn refused(path: &Path, error: &LetterError) -> MeasureError {
    MeasureError::Argument(format!("{}: {}", path.display(), operations::plain(error)))
}

/// Whether bytes are sealed.
pub(super) fn sealed(bytes: &[u8]) -> bool {
    check_letter(bytes) != Err(LetterError::Malformed)
}

/// Seals bytes to a home's own keys; `what` they are is bound to them. `path` is for messages.
pub(super) fn seal_own(
    (home, path): (&Home, &Path),
    what: &str,
    bytes: &[u8],
    random: &dyn Random,
) -> Result<Vec<u8>, MeasureError> {
    let reader = (home.id(), home.keys().public());
    let random = &mut |into: &mut [u8]| random.fill(into);
    seal_letter(reader, home.kem(), what.as_bytes(), bytes, random).map_err(|e| refused(path, &e))
}

/// Opens what this home sealed to itself.
pub(super) fn open_own(
    (home, path): (&Home, &Path),
    what: &str,
    bytes: &[u8],
) -> Result<Vec<u8>, MeasureError> {
    let opened = open_letter((home.id(), home.keys()), what.as_bytes(), bytes);
    opened.map(|bytes| bytes.to_vec()).map_err(|e| refused(path, &e))
}

/// Draws a master seed, or takes one from a file with 64 hexadecimal digits, and keeps it in a new file, sealed to this home's keys (0600).
///
/// # Errors
/// A file that is there already, or holds no seed.
pub fn seed(
    home: &Home,
    from: Option<&Path>,
    out: &Path,
    random: &dyn Random,
) -> Result<SeedFile, MeasureError> {
    let mut seed = [0; 32];
    match from {
        Some(from) => seed = seed_from_hex(&files::read_text(from, 4096)?)?,
        None => random.fill(&mut seed),
    }
    let letter = seal_own((home, out), SEED, &seed, random)?;
    files::create(out, &letter, Access::Private)?;
    let (file, party) = (out.to_owned(), home.id().clone());
    Ok(SeedFile { file, party, digest: Digest::of(&seed) })
}

/// The seed of a file: sealed to this home, which is only then opened, or 64 hexadecimal digits.
///
/// # Errors
/// A file that holds no seed, or one that is sealed to another.
pub fn seed_at<E: From<MeasureError>>(
    path: &Path,
    home: impl FnOnce() -> Result<Home, E>,
) -> Result<[u8; 32], E> {
    let bytes = files::read(path, SEED_BOUND).map_err(MeasureError::from)?;
    if sealed(&bytes) {
        return Ok(sealed_seed(&home()?, path, &bytes)?);
    }
    Ok(seed_from_hex(&String::from_utf8_lossy(&bytes))?)
}

/// The seed of a file that must be sealed to this home.
///
/// # Errors
/// A file that is not sealed, with what to do, or is sealed to another.
pub fn own_seed(home: &Home, path: &Path) -> Result<[u8; 32], MeasureError> {
    let bytes = files::read(path, SEED_BOUND)?;
    if !sealed(&bytes) {
        let path = path.display();
        return Err(MeasureError::Argument(format!(
            "{path} lies open on the disk; `vestibule assess seed --from {path} --out FILE` seals a copy to this home's keys"
        )));
    }
    sealed_seed(home, path, &bytes)
}

fn sealed_seed(home: &Home, path: &Path, bytes: &[u8]) -> Result<[u8; 32], MeasureError> {
    let opened = open_own((home, path), SEED, bytes)?;
    opened.try_into().map_err(|_| MeasureError::Argument("a seed has 32 bytes".to_owned()))
}

#[cfg(test)]
mod tests {
    //! Who opens a seed, and who does not.
    use super::{own_seed, seed, seed_at};
    use crate::MeasureError;
    use operations::ctx::SeededRandom;
    use operations::home::Home;

    fn home(folder: &std::path::Path, name: &str, random: u64) -> Home {
        let party = operations::home::party(name, name, &["evaluator".to_owned()]).unwrap();
        Home::create(&folder.join(name), party, &SeededRandom::new(random)).unwrap()
    }

    #[test]
    fn a_seed_is_opened_by_its_home_alone() {
        let dir = tempfile::tempdir().unwrap();
        let (own, other) = (home(dir.path(), "own", 1), home(dir.path(), "other", 2));
        let (plain, file) = (dir.path().join("plain"), dir.path().join("sealed"));
        let hex = "5a".repeat(32);
        std::fs::write(&plain, &hex).unwrap();
        let made = seed(&own, Some(&plain), &file, &SeededRandom::new(3)).unwrap();
        assert_eq!(made.digest, domain::Digest::of(&[0x5a; 32]));
        let bytes = std::fs::read(&file).unwrap();
        assert!(!bytes.windows(8).any(|w| w == [0x5a; 8]), "the seed does not lie open");
        assert_eq!(own_seed(&own, &file).unwrap(), [0x5a; 32]);
        let closed = own_seed(&other, &file).unwrap_err().to_string();
        assert!(closed.contains("no key of `other` opens it"), "{closed}");
        let open = own_seed(&own, &plain).unwrap_err().to_string();
        assert!(open.contains("lies open on the disk"), "{open}");
        // where a seed may be open, no home is needed for one that is
        let none = || Err(MeasureError::Argument("no home".to_owned()));
        assert_eq!(seed_at(&plain, none).unwrap(), [0x5a; 32]);
        assert!(seed_at(&file, none).unwrap_err().to_string().contains("no home"));
        assert!(seed(&own, None, &file, &SeededRandom::new(4)).is_err(), "nothing is overwritten");
        let mut changed = bytes;
        *changed.last_mut().unwrap() ^= 1;
        std::fs::write(&file, changed).unwrap();
        assert!(own_seed(&own, &file).is_err());
    }
}
