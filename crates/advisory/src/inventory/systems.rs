//! A table of systems that a person wrote: where the inventory of each is, and what is known of it.
//!
//! The first row names the columns, in any order and case: `inventory`, and, if anybody knows, `name`, `exposed` and
//! `mission`. Other columns are passed over, so that a list from elsewhere needs little change.

use super::spreadsheet::{cell, column, each, fits, titles};
use crate::error::{Place, Problem, ReadError};

/// Most systems of one table.
pub const MAX_SYSTEMS: usize = 1_000_000;

const INVENTORY: [&str; 6] = ["inventory", "file", "path", "sbom", "bom", "inventoryfile"];
const NAME: [&str; 7] = ["name", "system", "asset", "host", "hostname", "machine", "device"];
const EXPOSED: [&str; 6] =
    ["exposed", "internet", "internetfacing", "exposure", "publiclyexposed", "public"];
const MISSION: [&str; 4] = ["mission", "criticality", "importance", "missionimpact"];

/// A system of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct System {
    /// Where its inventory is, as it is written.
    pub inventory: String,
    /// What people call it.
    pub name: Option<String>,
    /// Whether the internet can reach it, if the table says.
    pub exposed: Option<bool>,
    /// What depends on it, as it is written.
    pub mission: Option<String>,
    /// Where in the table.
    pub place: Place,
}

/// Reads a table of systems.
///
/// # Errors
/// [`ReadError`] with the line.
pub fn read_systems(bytes: &[u8]) -> Result<Vec<System>, ReadError> {
    let mut systems = Vec::new();
    each(bytes, Columns::of, |columns, row, place| {
        if systems.len() == MAX_SYSTEMS {
            return Err(Problem::TooMany { what: "systems", bound: MAX_SYSTEMS });
        }
        systems.push(columns.system(row, place)?);
        Ok(())
    })?;
    Ok(systems)
}

struct Columns {
    inventory: usize,
    name: Option<usize>,
    exposed: Option<usize>,
    mission: Option<usize>,
    count: usize,
}

impl Columns {
    fn of(row: &csv::StringRecord) -> Result<Self, Problem> {
        let titles = titles(row);
        let column = |names: &[&str]| column(&titles, names);
        let rule = "the first row names no column `inventory`; it says where the inventory of each system is";
        let inventory = column(&INVENTORY).ok_or(Problem::Rule(rule))?;
        let (name, exposed, mission) = (column(&NAME), column(&EXPOSED), column(&MISSION));
        Ok(Self { inventory, name, exposed, mission, count: titles.len() })
    }

    fn system(&self, row: &csv::StringRecord, place: &Place) -> Result<System, Problem> {
        fits(row, self.count)?;
        let cell = |column| cell(row, column);
        let rule = "the row names no inventory; say where it is, or delete the row";
        let inventory = cell(Some(self.inventory)).ok_or(Problem::Rule(rule))?.to_owned();
        let exposed = match cell(self.exposed).map(str::to_lowercase).as_deref() {
            None | Some("unknown" | "?") => None,
            Some("yes" | "y" | "true" | "1") => Some(true),
            Some("no" | "n" | "false" | "0") => Some(false),
            Some(_) => {
                let rule = "whether the internet can reach it is `yes`, `no` or `unknown`";
                return Err(Problem::Rule(rule));
            }
        };
        let name = cell(self.name).map(str::to_owned);
        let mission = cell(self.mission).map(str::to_lowercase);
        Ok(System { inventory, name, exposed, mission, place: place.clone() })
    }
}

#[cfg(test)]
mod tests {
    //! What a table may say.
    use super::*;

    #[test]
    fn a_table_of_systems() {
        let text = "sep=;\nHost;SBOM;Internet-facing;Owner;Mission\nweb1;web1.cdx.json;Yes;ann;High\n;db/status;;;\nlab;lab.csv;?;;\n";
        let read = read_systems(text.as_bytes()).unwrap();
        let short: Vec<_> = read
            .iter()
            .map(|s| (s.inventory.as_str(), s.name.as_deref(), s.exposed, s.mission.as_deref()))
            .collect();
        assert_eq!(
            short,
            [
                ("web1.cdx.json", Some("web1"), Some(true), Some("high")),
                ("db/status", None, None, None),
                ("lab.csv", Some("lab"), None, None)
            ]
        );
    }

    #[test]
    fn what_is_refused_is_told_with_its_line() {
        let check = |text: &str, line: &str, why: &str| {
            let error = read_systems(text.as_bytes()).unwrap_err();
            let shown = format!("{error}");
            assert!(shown.contains(line) && shown.contains(why), "{text:?}: {shown}");
        };
        check("", "line 1", "the table is empty");
        check("name,exposed\nweb1,yes\n", "line 1", "no column `inventory`");
        check(
            "inventory,exposed\na.json,yes\nb.json,perhaps\n",
            "line 3",
            "`yes`, `no` or `unknown`",
        );
        check("inventory,exposed\n,yes\n", "line 2", "names no inventory");
        check("inventory,exposed\na.json,yes,more\n", "line 2", "more cells");
    }
}
