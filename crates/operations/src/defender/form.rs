//! The application as a file of a dozen lines, or as a page's fields. Every gap is told at once, in plain words.

use super::ladder::{Ladder, none};
use access::{Right, System};
use domain::{CaseId, Line, PartyId, Text};
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// Most bytes of a form.
pub const FORM_LIMIT: u64 = 64 << 10;
/// Most fields of a page that are read.
const FIELDS: usize = 64;
/// Most systems of one application.
const SYSTEMS: usize = 64;

/// An application that was read and has no gaps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// The case, as its parties announced it.
    pub case: CaseId,
    /// The case's developer, who must read the application.
    pub developer: PartyId,
    /// The organisation that is defended.
    pub organisation: Line,
    /// Its sector.
    pub sector: Line,
    /// Its size.
    pub size: Line,
    /// Whether a sponsor hands it in.
    pub sponsored: bool,
    /// The tier it asks for.
    pub tier: Line,
    /// What it would help with.
    pub reason: Text,
    /// The systems it owns or may test.
    pub systems: BTreeSet<System>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct FormFile {
    #[serde(default)]
    case: String,
    #[serde(default)]
    developer: String,
    #[serde(default)]
    organisation: String,
    #[serde(default)]
    sector: String,
    #[serde(default)]
    size: String,
    #[serde(default)]
    handed_in_by: String,
    #[serde(default)]
    tier: String,
    #[serde(default)]
    reason: String,
    #[serde(default)]
    owns: Vec<String>,
    #[serde(default)]
    may_test: Vec<String>,
}

/// Reads a form file.
///
/// # Errors
/// Every gap, one a line, each with what to do.
pub fn parse_form(text: &str, ladder: &Ladder) -> Result<Form, Vec<String>> {
    let file: FormFile = toml::from_str(text).map_err(|e| vec![e.to_string()])?;
    file.read(ladder)
}

/// Reads the fields that a page sent (`application/x-www-form-urlencoded`), lists one a line.
///
/// # Errors
/// As [`parse_form`].
pub fn form_from_page(body: &[u8], ladder: &Ladder) -> Result<Form, Vec<String>> {
    let mut fields = page_fields(body);
    let mut take = |name: &str| fields.remove(name).unwrap_or_default().trim().to_owned();
    let lines = |text: String| {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let file = FormFile {
        case: take("case"),
        developer: take("developer"),
        organisation: take("organisation"),
        sector: take("sector"),
        size: take("size"),
        handed_in_by: take("handed-in-by"),
        tier: take("tier"),
        reason: take("reason").replace("\r\n", "\n"),
        owns: lines(take("owns")),
        may_test: lines(take("may-test")),
    };
    file.read(ladder)
}

/// The fields that a page sent or an address carries, by name.
pub fn page_fields(body: &[u8]) -> BTreeMap<String, String> {
    let pairs = url::form_urlencoded::parse(body).take(FIELDS);
    pairs.map(|(name, value)| (name.into_owned(), value.into_owned())).collect()
}

impl FormFile {
    fn read(self, ladder: &Ladder) -> Result<Form, Vec<String>> {
        let mut gaps = Vec::new();
        let case = value(&mut gaps, "case", &self.case, "the id that the announcement names");
        let developer =
            value(&mut gaps, "developer", &self.developer, "the id that the announcement names");
        let organisation =
            value(&mut gaps, "organisation", &self.organisation, "your organisation's name");
        let sector = choice(&mut gaps, "sector", &self.sector, &ladder.sectors);
        let size = choice(&mut gaps, "size", &self.size, &ladder.sizes);
        let tiers: Vec<_> = ladder.tiers.iter().map(|tier| tier.name.clone()).collect();
        let tier = choice(&mut gaps, "tier", &self.tier, &tiers);
        let sponsored = match self.handed_in_by.as_str() {
            "" | "itself" => false,
            "sponsor" => true,
            other => {
                let known = ["itself".to_owned(), "sponsor".to_owned()];
                gaps.push(format!("handed-in-by: {}", none("such choice", other, &known)));
                false
            }
        };
        let reason =
            value(&mut gaps, "reason", &self.reason, "a sentence or two: what would it help with?");
        let systems = systems(&mut gaps, &self.owns, &self.may_test);
        match (case, developer, organisation, sector, size, tier, reason) {
            (
                Some(case),
                Some(developer),
                Some(organisation),
                Some(sector),
                Some(size),
                Some(tier),
                Some(reason),
            ) if gaps.is_empty() => Ok(Form {
                case,
                developer,
                organisation,
                sector,
                size,
                sponsored,
                tier,
                reason,
                systems,
            }),
            _ => Err(gaps),
        }
    }
}

fn value<T: std::str::FromStr<Err: std::fmt::Display>>(
    gaps: &mut Vec<String>,
    name: &str,
    text: &str,
    ask: &str,
) -> Option<T> {
    if text.trim().is_empty() {
        gaps.push(format!("{name}: nothing is written; {ask}"));
        return None;
    }
    match text.trim().parse() {
        Ok(value) => Some(value),
        Err(error) => {
            gaps.push(format!("{name}: {error}"));
            None
        }
    }
}

fn choice(gaps: &mut Vec<String>, name: &str, text: &str, known: &[String]) -> Option<Line> {
    if !known.iter().any(|one| one == text) {
        gaps.push(format!("{name}: {}", none("such choice", text, known)));
        return None;
    }
    text.parse().ok()
}

fn systems(gaps: &mut Vec<String>, owns: &[String], may_test: &[String]) -> BTreeSet<System> {
    let mut systems = BTreeSet::new();
    // a line that nobody filled in is no system
    let written = |text: &&String| !text.trim().is_empty();
    let owns: Vec<_> = owns.iter().filter(written).collect();
    let may_test: Vec<_> = may_test.iter().filter(written).collect();
    let count = owns.len() + may_test.len();
    if count == 0 {
        gaps.push("owns: name at least one system of your own, or one in `may-test`".to_owned());
    }
    if count > SYSTEMS {
        gaps.push(format!("owns: {count} systems; at most {SYSTEMS}: name groups of them"));
        return systems;
    }
    for name in owns {
        match name.parse() {
            Ok(name) => {
                systems.insert(System { name, right: Right::Owns });
            }
            Err(error) => gaps.push(format!("owns, `{}`: {error}", short(name))),
        }
    }
    for text in may_test {
        let Some((name, by)) = text.split_once(';') else {
            gaps.push(format!(
                "may-test, `{}`: write the system, a semicolon, and who allows you to test it",
                short(text)
            ));
            continue;
        };
        match (name.trim().parse(), by.trim().parse()) {
            (Ok(name), Ok(by)) => {
                systems.insert(System { name, right: Right::MayTest(by) });
            }
            (Err(error), _) | (_, Err(error)) => {
                gaps.push(format!("may-test, `{}`: {error}", short(text)));
            }
        }
    }
    systems
}

fn short(text: &str) -> String {
    text.chars().take(60).collect()
}

fn quoted(text: &str) -> String {
    toml::Value::from(text).to_string()
}

/// A form to fill in, with what is known already.
pub fn blank(case: Option<&CaseId>, developer: Option<&PartyId>, ladder: &Ladder) -> String {
    let case = quoted(case.map_or("", CaseId::as_str));
    let developer = quoted(developer.map_or("", PartyId::as_str));
    let mut out = String::from(
        "# Application to the defender programme. Fill in what stands between the quotes; ten minutes are enough.\n\
         # Then: vestibule defender apply application.toml   (or send the file to your sponsor, who hands it in)\n\
         # Write no names of persons and no passwords here: those who decide read all of it.\n\n",
    );
    let _ = write!(
        out,
        "# As the announcement names them.\ncase = {case}\ndeveloper = {developer}\n\n\
         # Your organisation, as the public register of your sector has it.\norganisation = \"\"\n\
         # One of: {}\nsector = \"\"\n# Staff, one of: {}\nsize = \"\"\n\n",
        ladder.sectors.join(", "),
        ladder.sizes.join(", "),
    );
    out.push_str(
        "# \"itself\", or \"sponsor\" when a sector body hands it in for an organisation without staff.\n\
         handed-in-by = \"itself\"\n\n\
         # Systems of your own, one a line, as you call them.\nowns = [\n  \"\",\n]\n\
         # Systems of others that you may test: the system, a semicolon, who allows it. Leave it empty if there are none.\n\
         may-test = []\n\n# What you ask for:\n",
    );
    for tier in &ladder.tiers {
        let _ = writeln!(out, "#   {}: {}", tier.name, tier.explains);
    }
    let first = ladder.tiers.first().map_or("", |tier| tier.name.as_str());
    let _ = write!(
        out,
        "tier = {}\n\n# What would it help with? A sentence or two.\nreason = \"\"\n",
        quoted(first)
    );
    out
}

/// A form that was filled in, as a file.
pub fn written(form: &Form) -> String {
    let list = |all: Vec<String>| {
        let all: Vec<_> = all.iter().map(|text| quoted(text)).collect();
        format!("[{}]", all.join(", "))
    };
    let (mut owns, mut may_test) = (Vec::new(), Vec::new());
    for System { name, right } in &form.systems {
        match right {
            Right::Owns => owns.push(name.to_string()),
            Right::MayTest(by) => may_test.push(format!("{name}; {by}")),
        }
    }
    let by = if form.sponsored { "sponsor" } else { "itself" };
    format!(
        "# Application to the defender programme. To hand it in: vestibule defender apply application.toml\n\
         case = {}\ndeveloper = {}\norganisation = {}\nsector = {}\nsize = {}\nhanded-in-by = \"{by}\"\n\
         owns = {}\nmay-test = {}\ntier = {}\nreason = {}\n",
        quoted(form.case.as_str()),
        quoted(form.developer.as_str()),
        quoted(form.organisation.as_str()),
        quoted(form.sector.as_str()),
        quoted(form.size.as_str()),
        list(owns),
        list(may_test),
        quoted(form.tier.as_str()),
        quoted(form.reason.as_str()),
    )
}
