//! The three SSVC decision points that CISA publishes for each CVE.
//!
//! Published values come in two letter cases (`none` and `None`, `poc` and `PoC`); both are read.

use std::fmt;

macro_rules! decision_point {
    ($(#[$doc:meta])* $name:ident: $($(#[$vdoc:meta])* $variant:ident = $text:literal),+) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$vdoc])* $variant,)+
        }

        impl $name {
            /// Every value, ascending.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The value written `text`, in any letter case.
            pub fn parse(text: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|value| value.as_str().eq_ignore_ascii_case(text))
            }

            /// The value as the decision tables write it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)+
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}

decision_point! {
    /// What is known of exploitation.
    Exploitation:
    /// No evidence of exploitation and no public proof of concept.
    None = "none",
    /// A proof of concept is public.
    Poc = "poc",
    /// Exploited in the wild.
    Active = "active"
}

decision_point! {
    /// Whether reconnaissance to exploitation can be automated reliably.
    Automatable:
    /// It cannot.
    No = "no",
    /// It can.
    Yes = "yes"
}

decision_point! {
    /// What exploitation gains.
    TechnicalImpact:
    /// Limited control or disclosure.
    Partial = "partial",
    /// Total control or total disclosure.
    Total = "total"
}

#[cfg(test)]
mod tests;
