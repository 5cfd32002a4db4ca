//! Package URLs (ECMA-427, "pkg:type/namespace/name@version?qualifiers#subpath").
//!
//! [`Purl::parse`] is strict: what the specification and the rules of the type do not admit is
//! refused. [`Purl::parse_lenient`] is for inventories written by others: it repairs what has one
//! reading (upper-case qualifier keys, missing parts that a type requires) and refuses the rest.
//! Both normalise, so that two spellings of one package compare equal, and `Display` writes the
//! canonical form.

mod encoding;
mod rules;

use std::collections::BTreeMap;
use std::fmt;

use crate::Ecosystem;
use rules::{Namespace, Rules};

/// Longest package URL we read, in bytes.
pub const MAX_PURL_BYTES: usize = 8 * 1024;

/// A package URL in normal form.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Purl {
    kind: String,
    namespace: Option<String>,
    name: String,
    version: Option<String>,
    qualifiers: BTreeMap<String, String>,
    subpath: Option<String>,
}

/// The parts of a package URL before they are checked, decoded.
#[derive(Debug, Clone, Default)]
pub struct Parts<'a> {
    /// The type, such as `cargo`.
    pub kind: &'a str,
    /// Segments joined by `/`.
    pub namespace: Option<&'a str>,
    /// The name.
    pub name: &'a str,
    /// The version.
    pub version: Option<&'a str>,
    /// Keys and values.
    pub qualifiers: Vec<(&'a str, &'a str)>,
    /// Segments joined by `/`.
    pub subpath: Option<&'a str>,
}

/// Why a text is not a package URL.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ParsePurlError {
    /// Over [`MAX_PURL_BYTES`].
    #[error("the package URL is over 8192 bytes")]
    TooLong,
    /// It does not begin with `pkg:`.
    #[error("a package URL begins with `pkg:`")]
    Scheme,
    /// The type is missing or has other characters than letters, digits, `.` and `-`.
    #[error("`{0}` is not a package URL type: a letter, then letters, digits, `.` or `-`")]
    Type(String),
    /// There is no name.
    #[error("the package URL has no name")]
    Name,
    /// A `%` that does not begin two hexadecimal digits, or bytes that are not UTF-8.
    #[error("the {0} has a broken percent-encoding")]
    Encoding(&'static str),
    /// A decoded segment contains the separator, or a version has a bare `/`.
    #[error("the {0} has a `/` inside a segment; write `%2F`")]
    Slash(&'static str),
    /// A qualifier that is not `key=value` with a key of lower-case letters, digits, `.-_`.
    #[error("`{0}` is not a qualifier key: a letter, then letters, digits, `.`, `-` or `_`")]
    Qualifier(String),
    /// The same qualifier twice.
    #[error("the qualifier `{0}` is given twice")]
    QualifierTwice(String),
    /// A rule of the type is broken.
    #[error("a `{kind}` package URL {rule}")]
    TypeRule {
        /// The type.
        kind: String,
        /// What the type demands.
        rule: &'static str,
    },
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Strict,
    Lenient,
}

impl Purl {
    /// Parses strictly and normalises.
    ///
    /// # Errors
    /// [`ParsePurlError`] says which part is wrong.
    pub fn parse(text: &str) -> Result<Self, ParsePurlError> {
        Self::parse_mode(text, Mode::Strict)
    }

    /// Parses what other tools wrote: upper-case qualifier keys are lowered and the rules of the
    /// type are not enforced, while normalisation is the same.
    ///
    /// # Errors
    /// [`ParsePurlError`] when there is no one reading.
    pub fn parse_lenient(text: &str) -> Result<Self, ParsePurlError> {
        Self::parse_mode(text, Mode::Lenient)
    }

    /// Builds from decoded parts, checks them as [`Self::parse`] does, and normalises.
    ///
    /// # Errors
    /// [`ParsePurlError`] says which part is wrong.
    pub fn new(parts: &Parts<'_>) -> Result<Self, ParsePurlError> {
        let mut qualifiers = BTreeMap::new();
        for (key, value) in &parts.qualifiers {
            add_qualifier(&mut qualifiers, key, (*value).to_owned(), Mode::Strict)?;
        }
        Self {
            kind: kind(parts.kind)?,
            namespace: parts.namespace.and_then(|text| join(&segments(text))),
            name: parts.name.to_owned(),
            version: parts.version.filter(|text| !text.is_empty()).map(str::to_owned),
            qualifiers,
            subpath: parts.subpath.and_then(|text| join(&path_segments(text))),
        }
        .normalised(Mode::Strict)
    }

    fn parse_mode(text: &str, mode: Mode) -> Result<Self, ParsePurlError> {
        if text.len() > MAX_PURL_BYTES {
            return Err(ParsePurlError::TooLong);
        }
        let (rest, subpath) = match text.rsplit_once('#') {
            Some((rest, subpath)) => (rest, decoded_path(subpath)?),
            None => (text, None),
        };
        let (rest, qualifiers) = match rest.rsplit_once('?') {
            Some((rest, query)) => (rest, decoded_qualifiers(query, mode)?),
            None => (rest, BTreeMap::new()),
        };
        let (scheme, rest) = rest.split_once(':').ok_or(ParsePurlError::Scheme)?;
        if !scheme.eq_ignore_ascii_case("pkg") {
            return Err(ParsePurlError::Scheme);
        }
        let rest = rest.trim_start_matches('/');
        let Some((kind_text, rest)) = rest.split_once('/') else {
            kind(rest)?;
            return Err(ParsePurlError::Name);
        };
        let kind = kind(kind_text)?;
        let (path, last) = match rest.trim_end_matches('/').rsplit_once('/') {
            Some((path, last)) => (Some(path), last),
            None => (None, rest.trim_end_matches('/')),
        };
        // a bare `@` before the last slash begins a namespace segment (npm scopes) and no version
        if path.is_some_and(|path| segments(path).iter().any(|one| has_bare_at(one))) {
            return Err(ParsePurlError::Slash("version"));
        }
        let (name, version) = match last.rsplit_once('@') {
            Some((name, version)) => (name, Some(version)),
            None => (last, None),
        };
        let name = encoding::decode(name).ok_or(ParsePurlError::Encoding("name"))?;
        let version = version
            .filter(|text| !text.is_empty())
            .map(|text| encoding::decode(text).ok_or(ParsePurlError::Encoding("version")))
            .transpose()?;
        let namespace = path.map(decoded_namespace).transpose()?.flatten();
        Self { kind, namespace, name, version, qualifiers, subpath }.normalised(mode)
    }

    fn normalised(mut self, mode: Mode) -> Result<Self, ParsePurlError> {
        if self.name.is_empty() {
            return Err(ParsePurlError::Name);
        }
        let rules = Rules::of(&self.kind);
        rules::normalise(&mut self, &rules);
        if mode == Mode::Strict {
            let refused = |rule| ParsePurlError::TypeRule { kind: self.kind.clone(), rule };
            match (rules.namespace, &self.namespace) {
                (Namespace::Required, None) => return Err(refused("needs a namespace")),
                (Namespace::Prohibited, Some(_)) => return Err(refused("has no namespace")),
                _ => {}
            }
            rules::check(&self).map_err(refused)?;
        }
        Ok(self)
    }

    /// The type, lower case.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The namespace, segments joined by `/`, decoded.
    pub fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// The name, decoded.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The version, decoded.
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// Qualifiers by key, decoded.
    pub fn qualifiers(&self) -> &BTreeMap<String, String> {
        &self.qualifiers
    }

    /// The subpath, segments joined by `/`, decoded.
    pub fn subpath(&self) -> Option<&str> {
        self.subpath.as_deref()
    }

    /// The ecosystem of the type, when we know its version order.
    pub fn ecosystem(&self) -> Option<Ecosystem> {
        Ecosystem::from_purl_type(&self.kind)
    }

    /// The name as advisories of the ecosystem write it, normalised.
    ///
    /// npm scopes and Go module paths join namespace and name with `/`, Maven with `:`; a Linux
    /// distribution's namespace is the vendor and no part of the name.
    pub fn package_name(&self) -> String {
        let joined = match (&self.namespace, self.ecosystem()) {
            (None, _) => self.name.clone(),
            (Some(namespace), Some(Ecosystem::Maven)) => format!("{namespace}:{}", self.name),
            (Some(_), Some(ecosystem)) if !ecosystem.joins_names() => self.name.clone(),
            (Some(namespace), _) => format!("{namespace}/{}", self.name),
        };
        match self.ecosystem() {
            Some(ecosystem) => ecosystem.normalise_name(&joined),
            None => joined,
        }
    }
}

/// Whether an `@` stands elsewhere than at the beginning of an undecoded namespace segment.
fn has_bare_at(segment: &str) -> bool {
    segment.char_indices().any(|(at, c)| c == '@' && at > 0)
}

fn kind(text: &str) -> Result<String, ParsePurlError> {
    let letter = text.starts_with(|c: char| c.is_ascii_alphabetic());
    if letter && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-')) {
        Ok(text.to_ascii_lowercase())
    } else {
        Err(ParsePurlError::Type(text.chars().take(80).flat_map(char::escape_debug).collect()))
    }
}

fn segments(text: &str) -> Vec<&str> {
    text.split('/').filter(|segment| !segment.is_empty()).collect()
}

/// As [`segments`], without the dot segments that a subpath may not have.
fn path_segments(text: &str) -> Vec<&str> {
    text.split('/').filter(|segment| !matches!(*segment, "" | "." | "..")).collect()
}

fn join(segments: &[impl AsRef<str>]) -> Option<String> {
    let segments: Vec<&str> = segments.iter().map(AsRef::as_ref).collect();
    (!segments.is_empty()).then(|| segments.join("/"))
}

fn decoded_segments(
    segments: Vec<&str>,
    part: &'static str,
) -> Result<Vec<String>, ParsePurlError> {
    let mut decoded = Vec::with_capacity(segments.len());
    for segment in segments {
        let segment = encoding::decode(segment).ok_or(ParsePurlError::Encoding(part))?;
        if segment.contains('/') {
            return Err(ParsePurlError::Slash(part));
        }
        decoded.push(segment);
    }
    Ok(decoded)
}

fn decoded_namespace(text: &str) -> Result<Option<String>, ParsePurlError> {
    Ok(join(&decoded_segments(segments(text), "namespace")?))
}

fn decoded_path(text: &str) -> Result<Option<String>, ParsePurlError> {
    let decoded = decoded_segments(path_segments(text), "subpath")?;
    Ok(decoded.iter().all(|one| one != "." && one != "..").then(|| join(&decoded)).flatten())
}

fn decoded_qualifiers(text: &str, mode: Mode) -> Result<BTreeMap<String, String>, ParsePurlError> {
    let mut qualifiers = BTreeMap::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) =
            pair.split_once('=').ok_or_else(|| ParsePurlError::Qualifier(pair.to_owned()))?;
        let value = encoding::decode(value).ok_or(ParsePurlError::Encoding("qualifier value"))?;
        add_qualifier(&mut qualifiers, key, value, mode)?;
    }
    Ok(qualifiers)
}

/// Adds one qualifier; an empty value is as good as none.
fn add_qualifier(
    qualifiers: &mut BTreeMap<String, String>,
    key: &str,
    value: String,
    mode: Mode,
) -> Result<(), ParsePurlError> {
    // the specification's required cases refuse `Arch=` and admit `repositorY_url=`
    let starts_well = key.starts_with(|c: char| match mode {
        Mode::Strict => c.is_ascii_lowercase(),
        Mode::Lenient => c.is_ascii_alphabetic(),
    });
    let characters =
        key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'));
    if !starts_well || !characters {
        let key = key.chars().take(80).flat_map(char::escape_debug).collect();
        return Err(ParsePurlError::Qualifier(key));
    }
    let key = key.to_ascii_lowercase();
    if value.is_empty() {
        return Ok(());
    }
    if qualifiers.contains_key(&key) {
        return Err(ParsePurlError::QualifierTwice(key));
    }
    qualifiers.insert(key, value);
    Ok(())
}

impl fmt::Display for Purl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "pkg:{}/", self.kind)?;
        if let Some(namespace) = &self.namespace {
            for segment in namespace.split('/') {
                encoding::encode(f, segment)?;
                f.write_str("/")?;
            }
        }
        for (i, segment) in rules::name_segments(&self.kind, &self.name).iter().enumerate() {
            f.write_str(if i == 0 { "" } else { "/" })?;
            encoding::encode(f, segment)?;
        }
        if let Some(version) = &self.version {
            f.write_str("@")?;
            encoding::encode(f, version)?;
        }
        for (i, (key, value)) in self.qualifiers.iter().enumerate() {
            write!(f, "{}{key}=", if i == 0 { '?' } else { '&' })?;
            encoding::encode(f, value)?;
        }
        for (i, segment) in self.subpath.iter().flat_map(|path| path.split('/')).enumerate() {
            f.write_str(if i == 0 { "#" } else { "/" })?;
            encoding::encode(f, segment)?;
        }
        Ok(())
    }
}

impl std::str::FromStr for Purl {
    type Err = ParsePurlError;
    fn from_str(text: &str) -> Result<Self, ParsePurlError> {
        Self::parse(text)
    }
}

#[cfg(test)]
mod tests;
