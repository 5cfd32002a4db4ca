//! Bounded human text. Control characters never get in, so text can be printed as it is.

use std::fmt;
use std::str::FromStr;

/// One line of at most 200 characters, not empty, without control characters.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Line(Box<str>);

/// At most 8,000 characters; of the control characters only the line feed is allowed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Text(Box<str>);

/// Why a text was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParseTextError {
    /// Nothing was given where a line is needed.
    #[error("the text is empty")]
    Empty,
    /// More characters than the bound.
    #[error("the text has {given} characters; {bound} is the bound")]
    TooLong {
        /// How many characters there are.
        given: usize,
        /// How many there may be.
        bound: usize,
    },
    /// A control or direction-changing character.
    #[error("character {at} is U+{code:04X}, which can change how text is displayed; remove it")]
    Control {
        /// Which character, counted from 1.
        at: usize,
        /// Its code point.
        code: u32,
    },
}

/// Control characters, and the format characters that reorder or hide text on a screen.
fn is_unsafe(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200B}'..='\u{200F}' | '\u{2028}'..='\u{202E}' | '\u{2060}'..='\u{2069}' | '\u{FEFF}')
        || matches!(c, '\u{E0000}'..='\u{E007F}')
}

fn check(text: &str, bound: usize, lines: bool) -> Result<(), ParseTextError> {
    let given = text.chars().count();
    if given > bound {
        return Err(ParseTextError::TooLong { given, bound });
    }
    for (i, c) in text.chars().enumerate() {
        if is_unsafe(c) && !(lines && c == '\n') {
            return Err(ParseTextError::Control { at: i + 1, code: u32::from(c) });
        }
    }
    Ok(())
}

impl Line {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Text {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for Line {
    type Err = ParseTextError;
    fn from_str(text: &str) -> Result<Self, ParseTextError> {
        if text.trim().is_empty() {
            return Err(ParseTextError::Empty);
        }
        check(text, 200, false)?;
        Ok(Self(text.into()))
    }
}

impl FromStr for Text {
    type Err = ParseTextError;
    fn from_str(text: &str) -> Result<Self, ParseTextError> {
        check(text, 8_000, true)?;
        Ok(Self(text.into()))
    }
}

macro_rules! text {
    ($($type:ident),*) => {$(
        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(&self.0)
            }
        }
        impl<C> minicbor::Encode<C> for $type {
            fn encode<W: minicbor::encode::Write>(
                &self,
                e: &mut minicbor::Encoder<W>,
                _: &mut C,
            ) -> Result<(), minicbor::encode::Error<W::Error>> {
                e.str(&self.0)?;
                Ok(())
            }
        }
        impl<'b, C> minicbor::Decode<'b, C> for $type {
            fn decode(
                d: &mut minicbor::Decoder<'b>,
                _: &mut C,
            ) -> Result<Self, minicbor::decode::Error> {
                d.str()?.parse().map_err(minicbor::decode::Error::custom)
            }
        }
        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                s.serialize_str(&self.0)
            }
        }
        impl<'de> serde::Deserialize<'de> for $type {
            fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(d)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

text!(Line, Text);

#[cfg(test)]
mod tests;
