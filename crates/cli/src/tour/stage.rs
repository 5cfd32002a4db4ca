//! What steps are made of: a verb asked as one party, a statement, one of two parties, a refusal.

use super::journal::{Journal, StepEnd};
use super::machine::Machine;
use super::process::{self, Answer, Service};
use super::show::Show;
use anyhow::{Context, bail};
use domain::Timestamp;
use operations::ctx::{Clock, SystemClock};
use operations::files::{self, Access};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// A tour under way.
#[derive(Debug)]
pub(crate) struct Tour {
    /// Its folder, as an absolute path.
    pub(crate) out: PathBuf,
    /// This program.
    pub(crate) binary: PathBuf,
    /// What is done.
    pub(crate) journal: Journal,
    /// What is shown.
    pub(crate) show: Show,
    /// An inventory to check instead of this program's own lock file.
    pub(crate) inventory: Option<PathBuf>,
    /// The log's host, once the house stands.
    pub(crate) node: Option<Service>,
    /// The mirrors of the main parties and of the inspector.
    pub(crate) mirrors: Vec<Service>,
    /// The model.
    pub(crate) solver: Option<Service>,
    /// The developer's gateway.
    pub(crate) gateway: Option<Service>,
    /// The step under way, which begins the keys of its acts.
    step: &'static str,
    /// What this machine offers, once somebody asked.
    machine: Option<Machine>,
}

impl Tour {
    /// A tour in a folder.
    pub(crate) const fn new(
        out: PathBuf,
        binary: PathBuf,
        journal: Journal,
        show: Show,
        inventory: Option<PathBuf>,
    ) -> Self {
        Self {
            out,
            binary,
            journal,
            show,
            inventory,
            node: None,
            mirrors: Vec::new(),
            solver: None,
            gateway: None,
            step: "",
            machine: None,
        }
    }

    /// A step begins.
    pub(crate) const fn begin(&mut self, step: &'static str) {
        self.step = step;
    }

    /// The step under way ended.
    pub(crate) fn end(&mut self, took: Duration, left_out: Option<String>) -> anyhow::Result<()> {
        let millis = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        self.journal.stepped(self.step, StepEnd { millis, left_out })
    }

    /// What this machine offers.
    pub(crate) fn machine(&mut self) -> Machine {
        self.machine.get_or_insert_with(Machine::look).clone()
    }

    /// A path in the tour's folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.out.join(name)
    }

    /// A path in the tour's folder, as an argument.
    pub(crate) fn arg(&self, name: &str) -> String {
        self.out.join(name).display().to_string()
    }

    /// A party's home.
    pub(crate) fn home(&self, party: &str) -> PathBuf {
        self.out.join("parties").join(party)
    }

    /// Writes a file into the tour's folder, durably, and returns its path as an argument.
    pub(crate) fn write(&self, name: &str, text: &str) -> anyhow::Result<String> {
        let path = self.out.join(name);
        files::write(&path, text.as_bytes(), Access::Shared)?;
        Ok(path.display().to_string())
    }

    /// Does something once: what came of it is written down before the tour goes on.
    pub(crate) fn once(
        &mut self,
        key: &str,
        act: impl FnOnce(&mut Self) -> anyhow::Result<Value>,
    ) -> anyhow::Result<Value> {
        let key = self.key(key);
        if let Some(came) = self.journal.act(&key) {
            return Ok(came.clone());
        }
        let came = act(self)?;
        self.journal.acted(&key, came.clone())?;
        Ok(came)
    }

    /// What came of an act of an earlier step, by its full key.
    pub(crate) fn earlier(&self, key: &str) -> anyhow::Result<&Value> {
        self.journal.act(key).with_context(|| format!("the tour's journal lacks `{key}`"))
    }

    /// An instant that stays the same when the tour is run again.
    pub(crate) fn instant(
        &mut self,
        key: &str,
        make: impl FnOnce(Timestamp) -> Timestamp,
    ) -> anyhow::Result<Timestamp> {
        let came = self.once(key, |_| Ok(serde_json::to_value(make(SystemClock.now()))?))?;
        Ok(serde_json::from_value(came)?)
    }

    /// The key of an act of the step under way; also its request key.
    pub(crate) fn key(&self, act: &str) -> String {
        format!("{}-{act}", self.step)
    }

    /// Runs a verb as a party, in a process with that party's home and no other.
    pub(crate) fn run(&self, party: &str, verb: &[String]) -> anyhow::Result<Answer> {
        self.run_with(party, None, verb)
    }

    fn run_with(
        &self,
        party: &str,
        request: Option<&str>,
        verb: &[String],
    ) -> anyhow::Result<Answer> {
        process::run(&self.binary, &self.command(party, request, verb))
    }

    /// The arguments of a verb as a party.
    pub(crate) fn command(
        &self,
        party: &str,
        request: Option<&str>,
        verb: &[String],
    ) -> Vec<String> {
        let mut args = vec!["--json".to_owned(), "--home".to_owned()];
        args.push(self.home(party).display().to_string());
        if let Some(node) = &self.node {
            args.extend(["--node".to_owned(), node.url.clone()]);
        }
        if let Some(key) = request {
            args.extend(["--request".to_owned(), key.to_owned()]);
        }
        args.extend_from_slice(verb);
        args
    }

    /// The arguments of a verb as a party, answering in plain words.
    pub(crate) fn plainly(&self, party: &str, verb: &[String]) -> Vec<String> {
        let mut command = self.command(party, None, verb);
        command.retain(|word| word != "--json");
        command
    }

    /// What a party's verb says in plain words. Exit codes 0 and those in `also` are fine.
    pub(crate) fn text(
        &self,
        party: &str,
        verb: &[String],
        also: &[i32],
    ) -> anyhow::Result<String> {
        let fine: Vec<_> = std::iter::once(0).chain(also.iter().copied()).collect();
        let answer = process::run(&self.binary, &self.plainly(party, verb))?;
        Ok(succeeded(verb, answer, &fine)?.stdout)
    }

    /// Runs a verb that needs no party, and returns what it printed.
    pub(crate) fn plain(&self, verb: &[String]) -> anyhow::Result<Answer> {
        let mut args = vec!["--json".to_owned()];
        args.extend_from_slice(verb);
        let answer = process::run(&self.binary, &args)?;
        succeeded(verb, answer, &[0])
    }

    /// Asks a party's verb and returns the JSON that it prints. Exit codes 0 and those in `also` are fine.
    pub(crate) fn ask(&self, party: &str, verb: &[String], also: &[i32]) -> anyhow::Result<Value> {
        let fine: Vec<_> = std::iter::once(0).chain(also.iter().copied()).collect();
        succeeded(verb, self.run(party, verb)?, &fine)?.json()
    }

    /// A party's verb, asked once, with a line that says what was done.
    pub(crate) fn act(
        &mut self,
        key: &str,
        party: &str,
        what: &str,
        verb: &[String],
    ) -> anyhow::Result<Value> {
        self.telling(key, party, what, verb, |_| Vec::new())
    }

    /// As [`Tour::act`], with more to say of what came of it.
    pub(crate) fn telling(
        &mut self,
        key: &str,
        party: &str,
        what: &str,
        verb: &[String],
        notes: impl FnOnce(&Value) -> Vec<String>,
    ) -> anyhow::Result<Value> {
        self.once(key, |tour| {
            let started = process::now();
            let request = tour.key(key);
            let came =
                succeeded(verb, tour.run_with(party, Some(&request), verb)?, &[0])?.json()?;
            tour.show.tick(what, party, index(&came), started.elapsed());
            for note in notes(&came) {
                tour.show.note(&note);
            }
            Ok(came)
        })
    }

    /// A statement of two parties: one offers it, the other reads and signs it, the first logs it.
    pub(crate) fn pair(
        &mut self,
        key: &str,
        (offers, signs): (&str, &str),
        what: &str,
        verb: &[String],
    ) -> anyhow::Result<Value> {
        let started = process::now();
        let offered = self.once(&format!("{key}-offered"), |tour| {
            let request = tour.key(key);
            succeeded(verb, tour.run_with(offers, Some(&request), verb)?, &[0])?.json()
        })?;
        if offered["outcome"] == "logged" {
            bail!("`{}` was logged with one party's key", verb.join(" "));
        }
        let id = offered["id"].as_str().context("a draft has an id")?.to_owned();
        self.once(&format!("{key}-signed"), |tour| {
            tour.ask(signs, &words("draft sign {}", &[&id]), &[])
        })?;
        self.once(key, |tour| {
            let request = tour.key(key);
            let issue = words("draft issue {}", &[&id]);
            let answer = tour.run_with(offers, Some(&request), &issue)?;
            let came = succeeded(&issue, answer, &[0])?.json()?;
            let both = format!("{offers} + {signs}");
            tour.show.tick(what, &both, index(&came), started.elapsed());
            Ok(came)
        })
    }

    /// Something that must be refused, and is: the line says why.
    pub(crate) fn refused(
        &mut self,
        key: &str,
        party: &str,
        what: &str,
        verb: &[String],
    ) -> anyhow::Result<Value> {
        self.once(key, |tour| {
            let started = process::now();
            let answer = tour.run(party, verb)?;
            if answer.code == 0 || answer.code >= 3 {
                bail!("`{}` should have been refused: {}", verb.join(" "), answer.complaint());
            }
            tour.show.tick(what, party, None, started.elapsed());
            tour.show.note(&format!("refused: {}", answer.complaint()));
            Ok(Value::String(answer.complaint()))
        })
    }

    /// Where the node listens.
    pub(crate) fn url(&self) -> anyhow::Result<&str> {
        Ok(&self.node.as_ref().context("the node does not run")?.url)
    }
}

/// A command line's words. Each `{}` stands for the next of `fills`, which may have spaces in it.
pub(crate) fn words(line: &str, fills: &[&str]) -> Vec<String> {
    let mut fills = fills.iter();
    let word = |word: &str| match word {
        "{}" => fills.next().copied().unwrap_or_default().to_owned(),
        plain => plain.to_owned(),
    };
    line.split_whitespace().map(word).collect()
}

/// The place in the log that a verb's answer names: its own, that of a statement in it, or of the first.
pub(crate) fn index(came: &Value) -> Option<u64> {
    [&came["index"], &came["stated"]["index"], &came[0]["index"]]
        .into_iter()
        .find_map(Value::as_u64)
}

/// The answer, when its exit code is among those that are fine.
pub(crate) fn succeeded(verb: &[String], answer: Answer, fine: &[i32]) -> anyhow::Result<Answer> {
    if fine.contains(&answer.code) {
        return Ok(answer);
    }
    bail!("`vestibule {}` ended with {}: {}", verb.join(" "), answer.code, answer.complaint())
}

/// Copies a file durably.
pub(crate) fn copy(from: &Path, to: &Path, access: Access) -> anyhow::Result<()> {
    files::write(to, &files::read(from, 64 << 20)?, access)?;
    Ok(())
}

#[cfg(test)]
mod tests;
