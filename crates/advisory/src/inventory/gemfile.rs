//! Bundler's `Gemfile.lock`.
//!
//! Sections in capitals; under `specs:` four blanks begin a gem and its version, six what it asks for. A gem
//! of git or of a folder has no ecosystem. A platform after the version (`1.11.0-x86_64-linux`) is no part of it.

use versions::Ecosystem;

use super::{Component, Inventory, MAX_LOCK_BYTES, bounded, text};
use crate::error::{Format, Place, Problem, ReadError};

/// Reads a `Gemfile.lock`.
///
/// # Errors
/// [`ReadError`] with the line.
pub fn read(bytes: &[u8]) -> Result<Inventory, ReadError> {
    let text = text::of(Format::Gemfile, bytes, MAX_LOCK_BYTES)?;
    let mut components = Vec::new();
    let (mut section, mut specs) = ("", false);
    for (line, text) in text::lines(text) {
        let refuse = |problem| ReadError::new(Format::Gemfile, Place::line(line), problem);
        if text.starts_with(['<', '>', '=']) {
            return Err(refuse(Problem::Rule(
                "this is a merge conflict; resolve it with `bundle lock`",
            )));
        }
        if !text.starts_with(' ') {
            (section, specs) = (text, false);
            continue;
        }
        if text == "  specs:" {
            specs = true;
            continue;
        }
        let Some(gem) = text.strip_prefix("    ").filter(|gem| specs && !gem.starts_with(' '))
        else {
            continue;
        };
        let Some((name, version)) = gem
            .split_once(" (")
            .and_then(|(name, rest)| Some((name, rest.strip_suffix(')')?)))
            .filter(|(name, version)| !name.is_empty() && !version.is_empty())
        else {
            return Err(refuse(Problem::value(
                gem,
                "a gem and its version such as `rack (2.2.3)`",
            )));
        };
        let version = version.split('-').next().unwrap_or(version);
        let place = Place::line(line);
        components.push(if section == "GEM" {
            Component::pinned(Ecosystem::RubyGems, name, Some(version), place)
        } else {
            Component::unknown(name, Some(version), place)
        });
        bounded(Format::Gemfile, &components)?;
    }
    if section.is_empty() {
        let rule = "there is no section such as `GEM`; this is no Gemfile.lock";
        return Err(ReadError::new(Format::Gemfile, Place::default(), Problem::Rule(rule)));
    }
    Ok(Inventory { format: Format::Gemfile, components })
}

#[cfg(test)]
mod tests;
