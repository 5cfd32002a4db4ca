//! The file that a party gives to others follows the log: after a rotation it has the key that counts.

use super::{Home, HomeError, KEY_LIMIT};
use crate::files::{self, Access};
use ledger::{KeySpan, Trust};

/// The file of the key that counts.
pub(super) const PUBLIC: &str = "public.key";

impl Home {
    /// Writes `public.key` anew when the log says that another key of this home is the one to sign with, so that nobody
    /// is handed one that was replaced or revoked. Those stay as `public.key.INDEX`, with the place in the log of the
    /// statement that ended them. While no key of this home counts, the file stays as it is. Whether it was written.
    ///
    /// # Errors
    /// The system's.
    pub fn publish_keys(&self, trust: &Trust) -> Result<bool, HomeError> {
        let Ok(counting) = self.signing_keys(trust) else { return Ok(false) };
        let (path, text) = (self.folder.join(PUBLIC), counting.public().to_text());
        if path.exists() && files::read_text(&path, KEY_LIMIT)? == text {
            return Ok(false);
        }
        for KeySpan { keys, end, .. } in trust.keys_of(self.id()).unwrap_or_default() {
            let Some(end) = end else { continue };
            let earlier = self.folder.join(format!("{PUBLIC}.{}", end.index));
            if self.keys.all().any(|own| own.public() == keys) && !earlier.exists() {
                files::write(&earlier, keys.to_text().as_bytes(), Access::Shared)?;
            }
        }
        files::write(&path, text.as_bytes(), Access::Shared)?;
        Ok(true)
    }
}
