//! The worklist in words: for paper, a terminal, or a page.
//!
//! Every word comes from the vocabulary. Texts of inventories and advisories are shown as single
//! safe lines.

mod text;

pub(super) use text::section;

use super::{Action, Question, Remedy, Target, Worklist, command};
use crate::decision::{ClockStart, Decision};
use crate::flaw::shown;
use domain::{AdvisoryId, Timestamp, Vocabulary};
use std::fmt::Write as _;

/// How many things are for today: the first that have a date.
const TODAY: usize = 3;
/// How many reasons an action shows.
const REASONS: usize = 4;
/// How many places, versions and commands an action names; the data have them all.
const NAMED: usize = 3;
/// How many advisories an action names.
const CLOSES: usize = 8;
/// The lowest EPSS score that is shown as a reason: one per cent.
const SHOWN_EPSS: u32 = 1_000;

/// Every key that the worklist looks up; check a vocabulary with [`Vocabulary::require`].
pub const WORDS: &[&str] = &[
    "worklist-title",
    "worklist-as-of",
    "worklist-nothing",
    "worklist-today-1",
    "worklist-today-2",
    "worklist-today-3",
    "worklist-then",
    "worklist-notices",
    "worklist-unknowns",
    "worklist-uncovered",
    "worklist-suppressed",
    "worklist-suppressed-line",
    "worklist-question",
    "worklist-question-exposed",
    "worklist-if-yes",
    "worklist-if-no",
    "worklist-no-deadline",
    "worklist-why",
    "worklist-how",
    "worklist-how-long",
    "worklist-check",
    "worklist-closes",
    "worklist-where",
    "worklist-not-a-right",
    "worklist-ring",
    "worklist-contact",
    "worklist-policy",
    "worklist-first",
    "worklist-more",
    "and-more",
    "action-upgrade",
    "action-no-fix",
    "action-notice-upgrade",
    "action-notice",
    "why-exploited",
    "why-ransomware",
    "why-exposed",
    "why-perhaps-exposed",
    "why-automatable",
    "why-total",
    "why-epss",
    "why-notice",
    "due-by",
    "due-date",
    "due-overdue",
    "due-perhaps",
    "due-next-upgrade",
    "due-open",
    "due-row",
    "due-cisa",
    "due-assumed",
    "due-started-kev-addition",
    "due-started-detection",
    "forensics-first",
    "how-new-line",
    "how-no-command",
    "how-no-fix",
    "how-long-upgrade",
    "how-long-no-fix",
    "check-then",
    "check-no-fix",
    "input-kev",
    "input-exposed",
    "input-automatable",
    "input-impact",
    "input-detected",
    "input-exploitation",
    "input-severity",
    "input-mission",
    "input-table",
    "language-code",
];

/// The worklist in words.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct WorklistView {
    /// What it is.
    pub title: String,
    /// As of when, about how much.
    pub as_of: String,
    /// "Do these three today"; none when there is nothing to do.
    pub today_heading: Option<String>,
    /// At most three.
    pub today: Vec<ActionView>,
    /// "Then these".
    pub then_heading: String,
    /// The rest, in order.
    pub then: Vec<ActionView>,
    /// "Worth knowing".
    pub notices_heading: String,
    /// One line each.
    pub notices: Vec<String>,
    /// "We could not tell".
    pub unknowns_heading: String,
    /// One line each.
    pub unknowns: Vec<String>,
    /// "No work, say those who made it".
    pub suppressed_heading: String,
    /// One line each, with the reason and who gives it.
    pub suppressed: Vec<String>,
    /// The one question.
    pub question: Option<QuestionView>,
    /// Said when there is nothing to do.
    pub nothing: Option<String>,
    /// The source of the deadlines, and that a date here is no right.
    pub footer: Vec<String>,
}

/// One thing to do, in words.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ActionView {
    /// What to do.
    pub what: String,
    /// Where: names of assets, the first of them.
    pub place: String,
    /// Why, the strongest reason first.
    pub why: Vec<String>,
    /// What comes before it: a look for signs of a break-in.
    pub first: Option<String>,
    /// The exact command, or what to do without one.
    pub how: String,
    /// How long it takes.
    pub how_long: String,
    /// How to see that it worked.
    pub check: String,
    /// By when.
    pub due: String,
    /// The row of Table 1, the clock's start, CISA's own date, what was assumed or is missing.
    pub because: Vec<String>,
    /// Ids of advisories: the first of them.
    pub closes: String,
}

/// The one question, in words.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct QuestionView {
    /// "One question".
    pub heading: String,
    /// What is asked.
    pub ask: String,
    /// What follows from yes.
    pub if_yes: String,
    /// What follows from no.
    pub if_no: String,
}

/// The word for a key, with its blanks filled.
pub(super) fn fill(words: &Vocabulary, key: &str, blanks: &[(&str, &str)]) -> String {
    let mut rest = words.word(key);
    let mut out = String::new();
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let Some((name, tail)) = after.split_once('}') else {
            out.push('{');
            rest = after;
            continue;
        };
        match blanks.iter().find(|(blank, _)| *blank == name) {
            Some((_, value)) => out.push_str(value),
            None => {
                let _ = write!(out, "{{{name}}}");
            }
        }
        rest = tail;
    }
    out.push_str(rest);
    out
}

/// The first of many, and how many more there are.
fn first<T: AsRef<str>>(words: &Vocabulary, all: &[T], (most, between): (usize, &str)) -> String {
    let mut shown: Vec<&str> = all.iter().take(most).map(AsRef::as_ref).collect();
    let more = all.len().saturating_sub(most).to_string();
    let more = fill(words, "and-more", &[("count", &more)]);
    if all.len() > most {
        shown.push(&more);
    }
    shown.join(between)
}

fn safe(text: &str) -> String {
    shown(text).map_or_else(|| "?".to_owned(), |line| line.to_string())
}

impl Worklist {
    /// The worklist in the words of a vocabulary.
    pub fn view(&self, words: &Vocabulary) -> WorklistView {
        let view = |action: &Action| self.action(words, action);
        let count = |n: usize| n.to_string();
        let soon = |a: &Action| {
            a.plan_by.is_some() || self.outcomes.get(a.rank).is_some_and(|outcome| outcome.soon)
        };
        let dated = self.items.iter().take_while(|a| soon(a));
        let today = dated.take(TODAY).count();
        let blanks = [
            ("date", self.as_of.date()),
            ("assets", count(self.assets)),
            ("components", count(self.components)),
        ];
        let blanks: Vec<_> = blanks.iter().map(|(k, v)| (*k, v.as_str())).collect();
        let unknowns = self.unknowns.iter().map(|u| {
            let version = u.version.as_deref().map(safe).unwrap_or_default();
            format!("{}: {} {version}: {}", u.asset, safe(&u.package), safe(&u.doubt))
        });
        let uncovered = self.uncovered.iter().map(|(asset, n)| {
            let blanks = [("asset", asset.as_str()), ("count", &n.to_string())];
            fill(words, "worklist-uncovered", &blanks)
        });
        let notices = self.notices.iter().map(|a| {
            let (what, why) = (headline(words, a, true), fill(words, "why-notice", &[]));
            let about = a.targets.first().and_then(|t| t.flaw.summary.as_ref());
            about.map_or(format!("{what} {why}"), |about| format!("{what} {about}"))
        });
        WorklistView {
            title: fill(words, "worklist-title", &[]),
            as_of: fill(words, "worklist-as-of", &blanks),
            today_heading: (today > 0)
                .then(|| fill(words, &format!("worklist-today-{today}"), &[])),
            today: self.items.iter().take(today).map(view).collect(),
            then_heading: fill(words, "worklist-then", &[]),
            then: self.items.iter().skip(today).map(view).collect(),
            notices_heading: fill(words, "worklist-notices", &[]),
            notices: notices.collect(),
            unknowns_heading: fill(words, "worklist-unknowns", &[]),
            unknowns: unknowns.chain(uncovered).collect(),
            suppressed_heading: fill(words, "worklist-suppressed", &[]),
            suppressed: self.suppressed.iter().map(|one| suppressed(words, one)).collect(),
            question: self.question.as_ref().map(|q| self.ask(words, q)),
            nothing: self.items.is_empty().then(|| fill(words, "worklist-nothing", &blanks)),
            footer: vec![
                fill(words, "worklist-ring", &[("contact", words.word("worklist-contact"))]),
                self.citation.to_string(),
                match self.full_from {
                    Some(from) => fill(words, "worklist-not-a-right", &[("date", &from.date())]),
                    None => fill(words, "worklist-policy", &[]),
                },
            ],
        }
    }

    fn action(&self, words: &Vocabulary, action: &Action) -> ActionView {
        let from = action.from.first().map_or("", |v| v);
        let name = &action.package;
        let (how, how_long, check) = match &action.remedy {
            Remedy::Upgrade { to } => {
                let commands = action.from.iter().map(|from| {
                    action.kind.and_then(|kind| command::upgrade(kind, name, from, to))
                });
                let how = commands.collect::<Option<Vec<_>>>().map(|mut commands| {
                    commands.dedup();
                    first(words, &commands, (NAMED, "\n"))
                });
                let blanks = [("package", safe(name)), ("from", safe(from)), ("to", safe(to))];
                let blanks: Vec<_> = blanks.iter().map(|(k, v)| (*k, v.as_str())).collect();
                let fits = |from: &str| {
                    action.kind.is_none_or(|kind| command::is_compatible(kind, from, to))
                };
                let how = how.map_or_else(
                    || fill(words, "how-no-command", &blanks),
                    |how| {
                        let more = fill(words, "how-new-line", &blanks);
                        if action.from.iter().all(|from| fits(from)) {
                            how
                        } else {
                            format!("{how}\n{more}")
                        }
                    },
                );
                let check = action.kind.and_then(|kind| command::check(kind, name, from));
                let then = fill(words, "check-then", &blanks);
                let check = check.map_or(then.clone(), |c| format!("{c}\n{then}"));
                (how, "how-long-upgrade", check)
            }
            Remedy::NoFix => {
                let how = fill(words, "how-no-fix", &[("package", &safe(name))]);
                (how, "how-long-no-fix", fill(words, "check-no-fix", &[]))
            }
        };
        let mut places: Vec<_> = action.targets.iter().map(|t| t.asset_name.to_string()).collect();
        places.sort();
        places.dedup();
        let closes: Vec<_> = action.closes.iter().map(AdvisoryId::as_str).collect();
        ActionView {
            what: headline(words, action, false),
            place: first(words, &places, (NAMED, ", ")),
            why: reasons(words, action),
            first: action.forensics.then(|| fill(words, "forensics-first", &[])),
            how,
            how_long: fill(words, how_long, &[]),
            check,
            due: self.due(words, action),
            because: because(words, action, self.table_name(words)),
            closes: first(words, &closes, (CLOSES, ", ")),
        }
    }

    fn due(&self, words: &Vocabulary, action: &Action) -> String {
        let decision = action.targets.first().and_then(|t| t.decision.as_ref());
        let determined = decision.is_some_and(|d| d.deadline().is_some());
        let Some(due) = action.plan_by else {
            let said = || self.said(words, action.rank);
            return if determined { said() } else { fill(words, "due-open", &[]) };
        };
        let key = match (determined, due < self.as_of) {
            (true, true) => "due-overdue",
            (true, false) => "due-by",
            (false, _) => "due-perhaps",
        };
        let days = due.since(self.as_of.day()).as_days();
        let late = self.as_of.since(due).as_days() + u64::from(due < self.as_of);
        let days = if due < self.as_of { late } else { days };
        fill(words, key, &[("date", &due.date()), ("days", &days.to_string())])
    }
}

impl Worklist {
    /// When an outcome without a number of days is to be done.
    fn said(&self, words: &Vocabulary, rank: usize) -> String {
        let language = words.word("language-code");
        let said = self.outcomes.get(rank).and_then(|outcome| outcome.say.get(language));
        said.map_or_else(|| fill(words, "due-next-upgrade", &[]), ToString::to_string)
    }

    /// The table's short name, or its id.
    fn table_name<'a>(&'a self, words: &'a Vocabulary) -> &'a str {
        self.short.get(words.word("language-code")).unwrap_or(&self.profile)
    }

    fn ask(&self, words: &Vocabulary, question: &Question) -> QuestionView {
        let when = |due: Option<Timestamp>, rank: usize| match due {
            Some(due) => fill(words, "due-date", &[("date", &due.date())]),
            None => self.said(words, rank),
        };
        let moves = question.moves.to_string();
        let asset = question.asset_name.as_str();
        let (if_yes, if_no) =
            (when(question.if_yes, question.ranks.0), when(question.if_no, question.ranks.1));
        QuestionView {
            heading: fill(words, "worklist-question", &[]),
            ask: fill(words, "worklist-question-exposed", &[("asset", asset), ("moves", &moves)]),
            if_yes: fill(words, "worklist-if-yes", &[("due", &if_yes)]),
            if_no: fill(words, "worklist-if-no", &[("due", &if_no)]),
        }
    }
}

fn headline(words: &Vocabulary, action: &Action, notice: bool) -> String {
    let from: Vec<_> = action.from.iter().map(|v| safe(v)).collect();
    let from = first(words, &from, (NAMED, ", "));
    let name = safe(&action.package);
    let (key, to) = match (&action.remedy, notice) {
        (Remedy::Upgrade { to }, false) => ("action-upgrade", safe(to)),
        (Remedy::Upgrade { to }, true) => ("action-notice-upgrade", safe(to)),
        (Remedy::NoFix, false) => ("action-no-fix", String::new()),
        (Remedy::NoFix, true) => ("action-notice", String::new()),
    };
    fill(words, key, &[("package", &name), ("from", &from), ("to", &to)])
}

fn reasons(words: &Vocabulary, action: &Action) -> Vec<String> {
    let any = |test: &dyn Fn(&Target) -> bool| action.targets.iter().find(|t| test(t));
    let mut why = Vec::new();
    let since = |t: &Target| t.facts.kev_added();
    if let Some(at) = action.targets.iter().filter_map(since).min() {
        why.push(fill(words, "why-exploited", &[("date", &at.date())]));
    }
    if action.urgency.ransomware {
        why.push(fill(words, "why-ransomware", &[]));
    }
    if let Some(t) = any(&|t| t.facts.exposed.as_ref().is_some_and(|e| e.value)) {
        why.push(fill(words, "why-exposed", &[("asset", t.asset_name.as_str())]));
    } else if let Some(t) = any(&|t| t.facts.exposed.is_none()) {
        why.push(fill(words, "why-perhaps-exposed", &[("asset", t.asset_name.as_str())]));
    }
    if any(&|t| t.facts.automatable.as_ref().is_some_and(|a| a.value)).is_some() {
        why.push(fill(words, "why-automatable", &[]));
    }
    if any(&|t| t.facts.impact.as_ref().is_some_and(|i| i.value == crate::Impact::Total)).is_some()
    {
        why.push(fill(words, "why-total", &[]));
    }
    // a low score is no reason to wait, so it is not shown
    if let Some(p) = action.epss.filter(|p| p.hundred_thousandths() >= SHOWN_EPSS) {
        why.push(fill(words, "why-epss", &[("percent", &p.to_string())]));
    }
    why.truncate(REASONS);
    if let Some(about) = action.targets.first().and_then(|t| t.flaw.summary.as_ref()) {
        why.push(about.to_string());
    }
    why
}

fn because(words: &Vocabulary, action: &Action, table: &str) -> Vec<String> {
    let mut lines = Vec::new();
    match action.targets.first().and_then(|t| t.decision.as_ref()) {
        Some(Decision::Determined(deadline)) => {
            let row = deadline.row.to_string();
            lines.push(fill(words, "due-row", &[("table", table), ("row", &row)]));
            let key = match deadline.started_by {
                ClockStart::KevAddition => "due-started-kev-addition",
                ClockStart::Detection => "due-started-detection",
            };
            lines.push(fill(words, key, &[("date", &deadline.started_at.date())]));
            if let Some(cisa) = deadline.cisa_due {
                lines.push(fill(words, "due-cisa", &[("date", &cisa.date())]));
            }
            if !deadline.assumed.is_empty() {
                lines.push(fill(words, "due-assumed", &[]));
            }
        }
        Some(Decision::Undetermined(open)) => {
            let missing: Vec<_> = open.missing.iter().map(|i| words.word(i.word())).collect();
            lines.push(fill(words, "worklist-no-deadline", &[("missing", &missing.join(", "))]));
        }
        None => {}
    }
    lines
}

fn suppressed(words: &Vocabulary, one: &crate::Suppressed) -> String {
    let (package, version) = (safe(&one.package), safe(&one.version));
    let blanks = [
        ("asset", one.asset.as_str()),
        ("package", &package),
        ("version", &version),
        ("flaw", one.flaw.id.as_str()),
        ("reason", one.reason.as_str()),
        ("source", one.source.as_str()),
    ];
    fill(words, "worklist-suppressed-line", &blanks)
}

#[cfg(test)]
mod tests;
