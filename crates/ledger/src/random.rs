//! Randomness that the caller brings.

use hpke::rand_core::{Infallible, TryCryptoRng, TryRng};

/// Fills a buffer with random bytes that nobody can predict. The edge brings the operating system's,
/// tests bring a seeded stream.
pub type Random<'a> = dyn FnMut(&mut [u8]) + 'a;

/// The shape in which `hpke` wants randomness.
pub(crate) struct Source<'a, 'b>(pub(crate) &'a mut Random<'b>);

impl TryRng for Source<'_, '_> {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        let mut bytes = [0; 4];
        (self.0)(&mut bytes);
        Ok(u32::from_le_bytes(bytes))
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        let mut bytes = [0; 8];
        (self.0)(&mut bytes);
        Ok(u64::from_le_bytes(bytes))
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Infallible> {
        (self.0)(out);
        Ok(())
    }
}

impl TryCryptoRng for Source<'_, '_> {}
