//! Closed sets of words: each has one name, in terms, configuration and manual alike.

use super::{Binding, Endpoint, Publication, Recording};
use std::fmt;
use std::str::FromStr;

/// Reads and writes types by the names in their `ALL`.
macro_rules! named {
    ($($type:ident, $what:literal;)*) => {$(
        impl $type {
            /// Its name in configuration and manual.
            pub fn name(self) -> &'static str {
                Self::ALL.iter().find(|(one, _)| *one == self).map_or("", |(_, name)| name)
            }
        }

        impl fmt::Display for $type {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }

        impl FromStr for $type {
            type Err = String;
            fn from_str(text: &str) -> Result<Self, String> {
                let found = Self::ALL.iter().find(|(_, name)| *name == text);
                found.map(|(one, _)| *one).ok_or_else(|| {
                    let given: String = text.chars().take(80).collect();
                    let all: Vec<_> = Self::ALL.iter().map(|(_, name)| *name).collect();
                    format!("`{given}` is not {}; one of: {}", $what, all.join(", "))
                })
            }
        }
    )*};
}

named! {
    Endpoint, "an endpoint";
    Recording, "a mode of recording";
    Binding, "a way to hold a credential";
    Publication, "a rule of publication";
}

#[cfg(test)]
mod tests {
    use super::{Binding, Endpoint, Publication, Recording};

    #[test]
    fn each_is_read_by_the_name_it_is_written_with() {
        fn all<T>(all: &[(T, &str)])
        where
            T: Copy + PartialEq + std::fmt::Debug + std::fmt::Display,
            T: std::str::FromStr<Err = String>,
        {
            for (one, name) in all {
                assert_eq!((one.to_string().as_str(), name.parse()), (*name, Ok(*one)));
            }
            let error = "Nothing".parse::<T>().expect_err("no such word");
            assert!(all.iter().all(|(_, name)| error.contains(name)), "{error}");
        }
        all(&Endpoint::ALL);
        all(&Recording::ALL);
        all(&Binding::ALL);
        all(&Publication::ALL);
    }
}
