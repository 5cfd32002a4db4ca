//! Inspect Cyber: one folder, one `eval.yaml`, a task a variant.

use super::folder::{Folder, bounded};
use super::yaml::{Node, read};
use super::{ForeignError, Format, Given, Scoring, Task, compose};
use assessment::AnswerDigest;
use domain::Digest;
use std::collections::BTreeMap;

/// What its file may be called.
pub(super) const NAMES: [&str; 2] = ["eval.yaml", "eval.yml"];
/// Most variants of one file, and most entries of a map in it.
const MOST: usize = 128;
/// The agent's own machine, for which our sandbox stands in.
const OWN: &str = "default";
/// The variant whose prompt names the solution.
const SOLUTION: &str = "solution";

/// What file and variants may both say.
#[derive(Debug, Clone, Default)]
struct Said {
    sandbox: Option<(String, String)>,
    files: Vec<(String, String)>,
    setup: Option<String>,
    flag: Option<String>,
    metadata: BTreeMap<String, String>,
}

/// A file that was read.
#[derive(Debug)]
pub(super) struct Eval {
    name: String,
    said: Said,
    variants: Vec<(String, String, Said)>,
}

impl Eval {
    /// Reads a file strictly: a key that is not of the format is refused.
    pub(super) fn read(file: &str, text: &str) -> Result<Self, ForeignError> {
        let root = read(file, text)?;
        let (mut name, mut said, mut variants) = (None, Said::default(), Vec::new());
        for (key, node) in root.map(file, "the file")? {
            match key.as_str() {
                "name" => name = Some(node.text(file, key)?.to_owned()),
                "variants" => {
                    for (variant, node) in node.map(file, key)? {
                        variants.push(self::variant(file, variant, node)?);
                    }
                }
                _ => said.take(file, key, (key, node))?,
            }
        }
        let missing = |what: &str| ForeignError::new(file, None, format!("there is no `{what}`"));
        if variants.is_empty() || variants.len() > MOST {
            return Err(ForeignError::new(file, None, format!("`variants` must be 1 to {MOST}")));
        }
        Ok(Self { name: name.ok_or_else(|| missing("name"))?, said, variants })
    }
}

fn variant(file: &str, name: &str, node: &Node) -> Result<(String, String, Said), ForeignError> {
    let (mut prompt, mut said) = (None, Said::default());
    let path = format!("variants.{name}");
    for (key, node) in node.map(file, &path)? {
        let at = format!("{path}.{key}");
        match key.as_str() {
            "prompt" => prompt = Some(node.text(file, &at)?.to_owned()),
            _ => said.take(file, &at, (key, node))?,
        }
    }
    let missing = || ForeignError::new(file, node.place(&path), "there is no `prompt`");
    Ok((name.to_owned(), prompt.ok_or_else(missing)?, said))
}

impl Said {
    fn take(
        &mut self,
        file: &str,
        at: &str,
        (key, node): (&str, &Node),
    ) -> Result<(), ForeignError> {
        match key {
            "sandbox" => {
                let mut found = BTreeMap::new();
                for (key, node) in node.map(file, at)? {
                    let at = format!("{at}.{key}");
                    if !["type", "config"].contains(&key.as_str()) {
                        return Err(unknown(file, &at, node));
                    }
                    found.insert(key.as_str(), node.text(file, &at)?.to_owned());
                }
                let (kind, config) = (found.remove("type"), found.remove("config"));
                let both = kind.zip(config);
                let missing =
                    || ForeignError::new(file, node.place(at), "needs `type` and `config`");
                self.sandbox = Some(both.ok_or_else(missing)?);
            }
            "files" => {
                for (to, from) in node.map(file, at)? {
                    let from = from.text(file, &format!("{at}.{to}"))?;
                    self.files.push((to.clone(), from.to_owned()));
                }
            }
            "setup" if !node.is_nothing() => self.setup = Some(node.text(file, at)?.to_owned()),
            "flag" if !node.is_nothing() => self.flag = Some(node.text(file, at)?.to_owned()),
            "setup" | "flag" => {}
            "metadata" => {
                for (key, value) in node.map(file, at)?.iter().take(MOST) {
                    self.metadata.insert(key.clone(), value.shown());
                }
            }
            _ => return Err(unknown(file, at, node)),
        }
        if self.files.len() > MOST {
            return Err(ForeignError::new(file, node.place(at), format!("more than {MOST} files")));
        }
        Ok(())
    }

    /// What a variant says over what the file says: files and metadata are added, the rest replaces.
    fn over(&self, below: &Self) -> Self {
        let mut all = below.clone();
        for (to, from) in &self.files {
            all.files.retain(|(t, _)| t != to);
            all.files.push((to.clone(), from.clone()));
        }
        all.metadata.extend(self.metadata.clone());
        all.sandbox = self.sandbox.clone().or(all.sandbox);
        all.setup = self.setup.clone().or(all.setup);
        all.flag = self.flag.clone().or(all.flag);
        all
    }
}

fn unknown(file: &str, at: &str, node: &Node) -> ForeignError {
    ForeignError::new(file, node.place(at), "is a key that this version does not know")
}

/// The tasks of a folder with this file.
pub(super) fn tasks(folder: &Folder, name: &str) -> Result<Vec<Task>, ForeignError> {
    let shown = folder.shown(name);
    let eval = Eval::read(&shown, &folder.text(name)?)?;
    let each = eval.variants.iter().map(|(variant, prompt, said)| {
        let said = said.over(&eval.said);
        task(folder, &shown, (&format!("{} ({variant})", eval.name), variant, prompt), &said)
    });
    each.collect()
}

fn task(
    folder: &Folder,
    shown: &str,
    (name, variant, prompt): (&str, &str, &str),
    said: &Said,
) -> Result<Task, ForeignError> {
    let wrong = |what: String| ForeignError::new(shown, format!("`{name}`"), what);
    let (kind, config) =
        said.sandbox.as_ref().ok_or_else(|| wrong("there is no `sandbox`".to_owned()))?;
    let (mut lacks, mut notes) = (Vec::new(), Vec::new());
    if kind == "docker" {
        let compose = compose::check(&folder.shown(config), &folder.text(config)?)?;
        let others: Vec<_> = compose.services.iter().filter(|s| *s != OWN).cloned().collect();
        if !others.is_empty() {
            let each = others.join(", ");
            lacks.push(format!("container images for these services, to be had by hand: {each}"));
        }
        if !compose.services.iter().any(|s| s == OWN) {
            lacks.push(format!("a machine for the agent: no service is called `{OWN}`"));
        }
    } else {
        lacks.push(format!("a sandbox of type `{kind}`, which is not read here"));
    }
    if said.setup.is_some() {
        lacks.push("its `setup` to be run as root inside a container".to_owned());
    }
    let mut files = Vec::new();
    for (to, from) in &said.files {
        match to.split_once(':') {
            Some((service, _)) if service != OWN => {
                lacks.push(format!("a service `{service}` that takes the file {from}"));
            }
            other => {
                let to = other.map_or(to.as_str(), |(_, to)| to);
                files.extend(folder.take(from, &inside(to))?);
            }
        }
    }
    bounded(&files).map_err(|what| wrong(what.to_owned()))?;
    lacks.sort();
    lacks.dedup();
    let flag =
        said.flag.as_ref().ok_or_else(|| wrong("there is no `flag` to score by".to_owned()))?;
    if variant == SOLUTION {
        lacks
            .push("a person: this variant tells the solution, and is given to no model".to_owned());
    } else {
        told(flag, &files, &mut notes);
    }
    notes.push(
        "scored by the flag exactly; by substring, as there, a list of guesses would pass"
            .to_owned(),
    );
    let salt = Digest::of(format!("imported flag\0{name}").as_bytes());
    let digest = AnswerDigest::new(flag, *salt.as_bytes()).digest_kept();
    Ok(Task {
        format: Format::InspectCyber,
        name: name.to_owned(),
        prompt: prompted(prompt, &files),
        files,
        setup: Vec::new(),
        scoring: Scoring::Flag { salt, digest },
        metadata: said.metadata.clone(),
        lacks,
        notes,
    })
}

/// Where a file lies in the workspace: its path without what leads there from the root.
fn inside(to: &str) -> String {
    let parts: Vec<_> = to.split('/').filter(|p| !matches!(*p, "" | "." | "..")).collect();
    let home = usize::from(to.starts_with('/') && parts.len() > 1);
    parts.get(home..).unwrap_or_default().join("/")
}

/// The prompt, with where files are and how to hand in.
fn prompted(prompt: &str, files: &[Given]) -> String {
    let mut text = prompt.trim_end().to_owned();
    if !files.is_empty() {
        let names: Vec<_> = files.iter().map(|file| format!("`{}`", file.path)).collect();
        text += &format!("\n\nIn your working directory: {}.", names.join(", "));
    }
    text + "\n\nHand in the flag itself and nothing else."
}

/// Says where the flag stands in what the agent gets.
fn told(flag: &str, files: &[Given], notes: &mut Vec<String>) {
    let holds = |file: &&Given| file.bytes.windows(flag.len()).any(|w| w == flag.as_bytes());
    for file in files.iter().filter(holds) {
        notes.push(format!(
            "the flag stands in {}, which the agent gets: reading it is no skill",
            file.path
        ));
    }
}
