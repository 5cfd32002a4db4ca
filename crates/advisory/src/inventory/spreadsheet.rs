//! A table that a person wrote: comma, semicolon or tab between cells, quoted as spreadsheets do.
//!
//! The first row names the columns, in any order and case: a package URL, or a name with a version and an
//! ecosystem. Other columns are passed over. A distribution may name its release (`Debian:12`). A version
//! that leaves a choice (`1.x`, `>=2`, `latest`) is none, and an ecosystem that we do not know makes the
//! component unknown.

use versions::Ecosystem;

use super::{Component, Inventory, MAX_LOCK_BYTES, few, text};
use crate::error::{Format, Place, Problem, ReadError, printable};

/// What people call a column.
const NAME: [&str; 7] =
    ["name", "package", "packagename", "component", "software", "product", "library"];
const VERSION: [&str; 4] = ["version", "installedversion", "packageversion", "currentversion"];
const ECOSYSTEM: [&str; 5] = ["ecosystem", "type", "packagemanager", "manager", "packagetype"];
const PURL: [&str; 2] = ["purl", "packageurl"];
const GROUP: [&str; 3] = ["group", "groupid", "namespace"];

/// Where the columns are.
struct Columns {
    name: Option<usize>,
    version: Option<usize>,
    ecosystem: Option<usize>,
    purl: Option<usize>,
    group: Option<usize>,
    count: usize,
}

/// Reads a table.
///
/// # Errors
/// [`ReadError`] with the line.
pub fn read(bytes: &[u8]) -> Result<Inventory, ReadError> {
    let mut components = Vec::new();
    each(bytes, Columns::of, |columns, row, place| {
        components.extend(columns.component(row, place)?);
        few(&components)
    })?;
    Ok(Inventory { format: Format::Spreadsheet, components })
}

/// Reads the rows of a table; its first one names the columns.
///
/// # Errors
/// [`ReadError`] with the line: of a file that is no table, or of a row that is refused.
pub(super) fn each<C>(
    bytes: &[u8],
    name: impl Fn(&csv::StringRecord) -> Result<C, Problem>,
    mut take: impl FnMut(&C, &csv::StringRecord, &Place) -> Result<(), Problem>,
) -> Result<(), ReadError> {
    let text = text::of(Format::Spreadsheet, bytes, MAX_LOCK_BYTES)?;
    let (told, text) = separator_line(text);
    let skipped = usize::from(told.is_some());
    let first = text.lines().next().unwrap_or_default();
    let mut rows = csv::ReaderBuilder::new()
        .delimiter(told.unwrap_or_else(|| delimiter(first)))
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut columns = None;
    for row in rows.records() {
        let row = row.map_err(|error| {
            let line = error.position().map_or(1, |at| usize::try_from(at.line()).unwrap_or(1));
            let problem = Problem::Syntax(printable(&error.to_string(), 200));
            ReadError::new(Format::Spreadsheet, Place::line(line + skipped), problem)
        })?;
        let line = row.position().map_or(1, |at| usize::try_from(at.line()).unwrap_or(1));
        let place = Place::line(line + skipped);
        let refuse = |problem| ReadError::new(Format::Spreadsheet, place.clone(), problem);
        if row.iter().all(str::is_empty) {
            continue;
        }
        match &columns {
            None => columns = Some(name(&row).map_err(refuse)?),
            Some(columns) => take(columns, &row, &place).map_err(refuse)?,
        }
    }
    if columns.is_none() {
        let problem = Problem::Rule("the table is empty; its first row names the columns");
        return Err(ReadError::new(Format::Spreadsheet, Place::line(1), problem));
    }
    Ok(())
}

/// What people call a column: letters and digits only, in lower case.
pub(super) fn titles(row: &csv::StringRecord) -> Vec<String> {
    let title = |cell: &str| -> String {
        cell.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    row.iter().map(title).collect()
}

/// Where the first of these titles is.
pub(super) fn column(titles: &[String], names: &[&str]) -> Option<usize> {
    names.iter().find_map(|name| titles.iter().position(|title| title == name))
}

/// What a row has in a column, if it has anything there.
pub(super) fn cell(row: &csv::StringRecord, column: Option<usize>) -> Option<&str> {
    row.get(column?).map(plain).filter(|text| !text.is_empty())
}

/// Refuses a row that has more than the first one.
pub(super) fn fits(row: &csv::StringRecord, columns: usize) -> Result<(), Problem> {
    if row.iter().skip(columns).all(str::is_empty) {
        return Ok(());
    }
    let rule = "the row has more cells than the first one; put quotes around a cell that contains the separator";
    Err(Problem::Rule(rule))
}

/// `sep=;` in the first line is how Excel is told the separator.
fn separator_line(text: &str) -> (Option<u8>, &str) {
    let told = text.split_once('\n').and_then(|(first, rest)| {
        let told = first.trim_end().strip_prefix("sep=")?.as_bytes();
        let &[separator] = told else { return None };
        Some((separator, rest))
    });
    told.map_or((None, text), |(separator, rest)| (Some(separator), rest))
}

/// What the first row has most of.
fn delimiter(first: &str) -> u8 {
    let count = |separator: u8| first.bytes().filter(|byte| *byte == separator).count();
    let most = [b',', b'\t', b';'].into_iter().max_by_key(|separator| count(*separator));
    most.filter(|separator| count(*separator) > 0).unwrap_or(b',')
}

impl Columns {
    fn of(row: &csv::StringRecord) -> Result<Self, Problem> {
        let titles = titles(row);
        let column = |names: &[&str]| column(&titles, names);
        let columns = Self {
            name: column(&NAME),
            version: column(&VERSION),
            ecosystem: column(&ECOSYSTEM),
            purl: column(&PURL),
            group: column(&GROUP),
            count: titles.len(),
        };
        if columns.name.is_none() && columns.purl.is_none() {
            let rule = "the first row names no column `name` or `purl`; name the columns there";
            return Err(Problem::Rule(rule));
        }
        Ok(columns)
    }

    fn component(
        &self,
        row: &csv::StringRecord,
        place: &Place,
    ) -> Result<Option<Component>, Problem> {
        fits(row, self.count)?;
        let cell = |column| cell(row, column);
        let version = cell(self.version).filter(|version| is_exact(version));
        if let Some(purl) = cell(self.purl) {
            return Component::of_purl(purl, version, place.clone()).map(Some);
        }
        let Some(name) = cell(self.name) else {
            return Err(Problem::Rule("the row has no name; name what it is about, or delete it"));
        };
        let ecosystem = cell(self.ecosystem).unwrap_or_default();
        if let Some(installed) = installed(ecosystem, name, version, place) {
            return Ok(Some(installed));
        }
        Ok(Some(match (known(ecosystem), cell(self.group)) {
            (None, _) => Component::unknown(name, version, place.clone()),
            (Some(Ecosystem::Maven), Some(group)) => {
                Component::coordinates(group, name, version, place.clone())
            }
            (Some(Ecosystem::Maven), None) => match name.split_once(':') {
                Some((group, name)) => Component::coordinates(group, name, version, place.clone()),
                None => Component::unknown(name, version, place.clone()),
            },
            (Some(ecosystem), Some(group)) if ecosystem.joins_names() => {
                Component::pinned(ecosystem, &format!("{group}/{name}"), version, place.clone())
            }
            (Some(ecosystem), _) => Component::pinned(ecosystem, name, version, place.clone()),
        }))
    }
}

/// `="1.10"` is how people keep Excel from reading a version as a number.
fn plain(cell: &str) -> &str {
    let inner = cell.strip_prefix("=\"").and_then(|cell| cell.strip_suffix('"'));
    inner.unwrap_or(cell).trim()
}

fn is_exact(version: &str) -> bool {
    let open = ['<', '>', '=', '^', '*', ',', '|', ' ', '[', '('];
    !version.contains(open)
        && version.chars().any(|c| c.is_ascii_digit())
        && !version.split('.').any(|part| part.eq_ignore_ascii_case("x"))
}

/// What people call an ecosystem.
fn known(text: &str) -> Option<Ecosystem> {
    let lower = text.to_lowercase();
    let called = match lower.as_str() {
        "python" | "pip" => Some(Ecosystem::PyPi),
        "node" | "nodejs" | "node.js" | "javascript" | "yarn" | "pnpm" => Some(Ecosystem::Npm),
        "rust" | "crate" | "crates" => Some(Ecosystem::CratesIo),
        "java" | "gradle" => Some(Ecosystem::Maven),
        ".net" | "dotnet" => Some(Ecosystem::NuGet),
        "ruby" | "rubygem" | "bundler" => Some(Ecosystem::RubyGems),
        "php" => Some(Ecosystem::Packagist),
        _ => None,
    };
    let written = |one: &Ecosystem| one.to_string().to_lowercase() == lower;
    let languages =
        || Ecosystem::ALL.into_iter().find(|one| !one.is_distribution() && written(one));
    let by_type = || Ecosystem::from_purl_type(&lower).filter(|one| !one.is_distribution());
    called.or_else(by_type).or_else(languages)
}

/// Distributions as people call them, with the namespace and the `distro` of package URLs.
const DISTRIBUTIONS: [(&str, Ecosystem, &str, &str); 10] = [
    ("debian", Ecosystem::Debian, "debian", "debian"),
    ("ubuntu", Ecosystem::Debian, "ubuntu", "ubuntu"),
    ("alpine", Ecosystem::Alpine, "alpine", "alpine"),
    ("red hat", Ecosystem::Rpm, "redhat", "rhel"),
    ("redhat", Ecosystem::Rpm, "redhat", "rhel"),
    ("rhel", Ecosystem::Rpm, "redhat", "rhel"),
    ("almalinux", Ecosystem::Rpm, "almalinux", "almalinux"),
    ("rocky linux", Ecosystem::Rpm, "rocky-linux", "rocky"),
    ("rocky", Ecosystem::Rpm, "rocky-linux", "rocky"),
    ("opensuse", Ecosystem::Rpm, "opensuse", "opensuse-leap"),
];

/// A package of a distribution: `Debian`, `Debian 12`, `Debian:12`, `Ubuntu 22.04`.
fn installed(
    ecosystem: &str,
    name: &str,
    version: Option<&str>,
    place: &Place,
) -> Option<Component> {
    let lower = ecosystem.to_lowercase();
    let (base, release) = match lower.rsplit_once([':', ' ']) {
        Some((base, release)) if release.contains(|c: char| c.is_ascii_digit()) => (base, release),
        _ => (lower.as_str(), ""),
    };
    let (_, ecosystem, namespace, id) = DISTRIBUTIONS.iter().find(|one| one.0 == base.trim())?;
    let distro = format!("{id}-{}", release.trim_start_matches('v'));
    let distro = if release.is_empty() { "" } else { &distro };
    Some(Component::installed((*ecosystem, namespace, distro), name, version, place.clone()))
}

#[cfg(test)]
mod tests;
