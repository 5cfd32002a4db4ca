//! How hard an instance is.

use std::fmt;

/// How hard an instance is, from 1 to 5. What each step adds is in the family's [`super::About`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Dial(u8);

impl Dial {
    /// Every dial, easiest first.
    pub const ALL: [Self; 5] = [Self(1), Self(2), Self(3), Self(4), Self(5)];

    /// A dial from 1 to 5.
    pub fn new(step: u8) -> Option<Self> {
        Self::ALL.into_iter().find(|d| d.0 == step)
    }

    /// The step, from 1 to 5.
    pub const fn step(self) -> u8 {
        self.0
    }
}

impl<C> minicbor::Encode<C> for Dial {
    fn encode<W: minicbor::encode::Write>(
        &self,
        e: &mut minicbor::Encoder<W>,
        _: &mut C,
    ) -> Result<(), minicbor::encode::Error<W::Error>> {
        e.u8(self.0)?;
        Ok(())
    }
}

impl<'b, C> minicbor::Decode<'b, C> for Dial {
    fn decode(d: &mut minicbor::Decoder<'b>, _: &mut C) -> Result<Self, minicbor::decode::Error> {
        Self::new(d.u8()?).ok_or_else(|| minicbor::decode::Error::message("a dial outside 1 to 5"))
    }
}

impl fmt::Display for Dial {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
