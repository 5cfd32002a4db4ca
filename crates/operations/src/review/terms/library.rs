//! Clauses and templates: the twelve cells as data, and a terms file filled from them.

use super::{clauses, parse_terms};
use access::Terms;
use domain::{CaseId, Digest, ModelId, PartyId, TermsId, Text};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// The twelve cells, in the order's own order: head and part.
const CELLS: [(&str, &str); 12] = [
    ("confidentiality", "protection"),
    ("confidentiality", "use"),
    ("confidentiality", "nondisclosure"),
    ("cybersecurity", "protection"),
    ("cybersecurity", "use"),
    ("cybersecurity", "nondisclosure"),
    ("insider-risk", "protection"),
    ("insider-risk", "use"),
    ("insider-risk", "nondisclosure"),
    ("intellectual-property", "protection"),
    ("intellectual-property", "use"),
    ("intellectual-property", "nondisclosure"),
];

/// Clauses and templates, read and checked.
#[derive(Debug)]
pub struct Library {
    version: String,
    digest: Digest,
    clauses: BTreeMap<String, Clause>,
    templates: Vec<Template>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct LibraryFile {
    #[serde(rename = "id")]
    _id: String,
    version: String,
    #[serde(rename = "title")]
    _title: String,
    #[serde(rename = "citation")]
    _citation: String,
    #[serde(rename = "url")]
    _url: String,
    #[serde(rename = "retrieved")]
    _retrieved: String,
    #[serde(rename = "source")]
    _source: String,
    #[serde(rename = "note")]
    _note: String,
    clause: Vec<Clause>,
    template: Vec<Template>,
}

/// One clause.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Clause {
    /// Its id.
    pub id: String,
    /// Its head.
    pub head: String,
    /// Its part.
    pub part: String,
    /// Its words.
    pub text: Text,
    /// The limits that hold a part of it.
    #[serde(default)]
    pub machine: BTreeSet<String>,
    /// Which part those hold.
    pub holds: Option<String>,
    /// The practice that it follows.
    pub after: String,
}

/// One template.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// Its name.
    pub name: String,
    /// Its title.
    pub title: String,
    /// When it fits.
    pub when: String,
    /// Its clauses, one for each cell, by id.
    pub clauses: Vec<String>,
    /// The limits it begins with.
    pub limits: toml::Table,
}

/// What a template is filled with.
#[derive(Debug, Clone)]
pub struct Fill {
    /// The new version of the terms.
    pub id: TermsId,
    /// The case.
    pub case: CaseId,
    /// The models they cover.
    pub models: BTreeSet<ModelId>,
    /// Whose persons may be given grants under a window.
    pub evaluators: BTreeSet<PartyId>,
    /// Limits in place of the template's, by name.
    pub limits: toml::Table,
}

impl Library {
    /// The library that ships with the program.
    ///
    /// # Errors
    /// Never for the shipped text; a test reads it.
    pub fn shipped() -> Result<Self, String> {
        Self::read(crate::rules::TERMS)
    }

    /// Reads a library, strictly: each template has exactly one clause for each cell.
    ///
    /// # Errors
    /// What is wrong, and where.
    pub fn read(text: &str) -> Result<Self, String> {
        let file: LibraryFile = toml::from_str(text).map_err(|e| e.to_string())?;
        let mut clauses = BTreeMap::new();
        for clause in file.clause {
            clause.check()?;
            let id = clause.id.clone();
            if clauses.insert(id.clone(), clause).is_some() {
                return Err(format!("clause `{id}` is there twice"));
            }
        }
        let library = Self {
            version: file.version,
            digest: Digest::of(text.as_bytes()),
            clauses,
            templates: file.template,
        };
        for template in &library.templates {
            library.check(template)?;
        }
        Ok(library)
    }

    fn check(&self, template: &Template) -> Result<(), String> {
        let name = &template.name;
        if template.clauses.len() != CELLS.len() {
            let given = template.clauses.len();
            return Err(format!("template `{name}` has {given} clauses and not twelve"));
        }
        for ((head, part), id) in CELLS.iter().zip(&template.clauses) {
            let clause = self.clauses.get(id);
            let clause = clause.ok_or_else(|| format!("template `{name}`: no clause `{id}`"))?;
            if clause.head != *head || clause.part != *part {
                return Err(format!("template `{name}`: `{id}` is no clause for {head}, {part}"));
            }
        }
        Ok(())
    }

    /// Its templates.
    pub fn templates(&self) -> &[Template] {
        &self.templates
    }

    /// The clause of a cell whose words these are.
    pub(super) fn clause_of(&self, head: &str, part: &str, text: &Text) -> Option<&Clause> {
        let mut here = self.clauses.values().filter(|c| c.head == head && c.part == part);
        here.find(|clause| clause.text == *text)
    }

    /// A terms file from a template. It reads back as terms, and says of each clause whether a machine checks it.
    ///
    /// # Errors
    /// An unknown template, or a limit that no terms file can have.
    pub fn fill(&self, name: &str, with: &Fill) -> Result<(String, Terms), String> {
        let known: Vec<_> = self.templates.iter().map(|t| t.name.as_str()).collect();
        let template = self.templates.iter().find(|t| t.name == name);
        let template = template.ok_or_else(|| {
            format!("there is no template `{name}`; there are: {}", known.join(", "))
        })?;
        let mut out = String::new();
        self.head_lines(&mut out, template, with);
        let mut limits = template.limits.clone();
        for (limit, value) in &with.limits {
            limits.insert(limit.clone(), value.clone());
        }
        out.push_str("\n[limits]\n");
        for (limit, checked) in clauses::LIMITS {
            if let Some(value) = limits.remove(*limit) {
                let _ = writeln!(out, "# [machine] {checked}\n{limit} = {value}");
            } else {
                let _ = writeln!(out, "# {limit}: not agreed here");
            }
        }
        if let Some((other, _)) = limits.iter().next() {
            return Err(format!("`{other}` is no limit of a terms file"));
        }
        let mut head = "";
        for ((of, part), id) in CELLS.iter().zip(&template.clauses) {
            let Some(clause) = self.clauses.get(id) else { continue };
            if *of != head {
                head = of;
                let _ = write!(out, "\n[{head}]");
            }
            out.push('\n');
            clause.write(&mut out, part);
        }
        let terms = parse_terms(&out)?;
        terms.check().map_err(|refusal| refusal.to_string())?;
        Ok((out, terms))
    }

    fn head_lines(&self, out: &mut String, template: &Template, with: &Fill) {
        let (title, when) = (&template.title, &template.when);
        let _ = writeln!(
            out,
            "# {title}\n# {when}\n#\n# Filled from the template `{}` of the clauses {}, SHA-256 {}.\n\
             # [machine]  a program checks it, each at the act that it bounds; a refusal names it\n\
             # [words]    binds people; no program checks it\n\
             # Change what you like: the words are yours to agree. `vestibule review terms show` tells which is which afterwards.",
            template.name, self.version, self.digest
        );
        let quoted = |text: &str| toml::Value::from(text).to_string();
        let list = |names: Vec<String>| names.join(", ");
        let models = list(with.models.iter().map(|m| quoted(m.as_str())).collect());
        let evaluators = list(with.evaluators.iter().map(|p| quoted(p.as_str())).collect());
        let _ = writeln!(
            out,
            "id = {}\ncase = {}\n# [machine] the models that grants may be for\nmodels = [{models}]\n\
             # [machine] the parties whose persons may be given grants under a window\nevaluators = [{evaluators}]",
            quoted(with.id.as_str()),
            quoted(with.case.as_str()),
        );
    }
}

impl Clause {
    fn check(&self) -> Result<(), String> {
        let id = &self.id;
        if !CELLS.contains(&(self.head.as_str(), self.part.as_str())) {
            return Err(format!("clause `{id}`: there is no cell {}, {}", self.head, self.part));
        }
        let limit = |name: &&String| clauses::LIMITS.iter().all(|(known, _)| known != *name);
        if let Some(name) = self.machine.iter().find(limit) {
            return Err(format!("clause `{id}`: `{name}` is no limit of a terms file"));
        }
        if self.machine.is_empty() != self.holds.is_none() {
            return Err(format!("clause `{id}`: `machine` and `holds` go together"));
        }
        if self.after.trim().is_empty() || self.text.as_str().trim().is_empty() {
            return Err(format!("clause `{id}` lacks words, or what it follows"));
        }
        Ok(())
    }

    fn write(&self, out: &mut String, part: &str) {
        match &self.holds {
            Some(holds) => {
                let limits: Vec<_> = self.machine.iter().map(String::as_str).collect();
                let _ = writeln!(out, "# [machine, in part: {}] {holds}", limits.join(", "));
            }
            None => out.push_str("# [words]\n"),
        }
        let text = toml::Value::from(self.text.as_str());
        let _ = writeln!(out, "# after {}\n{part} = {text}", self.after);
    }
}
