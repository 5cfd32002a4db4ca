//! Only permissive licences come in; `deny.toml` holds the same list for cargo-deny.

use cargo_metadata::Metadata;

/// Licences that any dependency may have.
const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-1-Clause",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "BlueOak-1.0.0",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MIT-0",
    "OpenSSL",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

pub(super) fn check(metadata: &Metadata, faults: &mut Vec<String>) {
    for package in &metadata.packages {
        let Some(licence) = &package.license else {
            faults.push(format!("`{}` states no licence", package.name));
            continue;
        };
        if !satisfied(licence) {
            faults
                .push(format!("`{}` is under `{licence}`, which is not on the list", package.name));
        }
    }
}

/// Whether an SPDX expression can be met from the list. `AND` binds tighter than `OR`; brackets nest.
pub(super) fn satisfied(expression: &str) -> bool {
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words = spaced.split_whitespace().peekable();
    let met = any(&mut words);
    met == Some(true) && words.next().is_none()
}

type Words<'a> = std::iter::Peekable<std::str::SplitWhitespace<'a>>;

/// Each reader returns whether its part is met, or `None` when it is not an expression.
fn any(words: &mut Words<'_>) -> Option<bool> {
    let mut met = all(words)?;
    while words.next_if_eq(&"OR").is_some() {
        met |= all(words)?;
    }
    Some(met)
}

fn all(words: &mut Words<'_>) -> Option<bool> {
    let mut met = one(words)?;
    while words.next_if_eq(&"AND").is_some() {
        met &= one(words)?;
    }
    Some(met)
}

fn one(words: &mut Words<'_>) -> Option<bool> {
    let id = words.next()?;
    if id == "(" {
        let met = any(words)?;
        return words.next_if_eq(&")").map(|_| met);
    }
    let mut name = id.to_owned();
    if words.next_if_eq(&"WITH").is_some() {
        name = format!("{name} WITH {}", words.next()?);
    }
    Some(ALLOWED.contains(&name.as_str()))
}
