//! One thing to do, in words.

use super::{ActionView, NAMED, fill, first, named, safe};
use crate::decision::{ClockStart, Decision};
use crate::facts::{Impact, Mission};
use crate::fleet::AssetSet;
use crate::worklist::worth::{Effort, is_used};
use crate::worklist::{Action, Remedy, Target, Worklist, command};
use domain::{AdvisoryId, Line, Vocabulary};
use std::collections::{BTreeMap, BTreeSet};

/// How many reasons an action shows.
const REASONS: usize = 4;
/// How many advisories an action names.
const CLOSES: usize = 8;
/// The lowest EPSS score that is shown as a reason: one per cent.
const SHOWN_EPSS: u32 = 1_000;

/// An action and the words for it.
pub(super) struct Task<'a> {
    pub(super) words: &'a Vocabulary,
    pub(super) list: &'a Worklist,
    pub(super) action: &'a Action,
}

impl Task<'_> {
    pub(super) fn view(&self) -> ActionView {
        let Self { words, action, .. } = self;
        let (how, check) = match &action.remedy {
            Remedy::Upgrade { to } => (self.upgrade(to), self.check(to)),
            Remedy::NoFix => {
                let how = fill(words, "how-no-fix", &[("package", &safe(&action.package))]);
                (how, words.word("check-no-fix").to_owned())
            }
        };
        let how_long = match action.worth.effort {
            Effort::Update => "how-long-upgrade",
            Effort::NewLine => "how-long-new-line",
            Effort::Replace => "how-long-no-fix",
        };
        let closes: Vec<_> = action.closes.iter().map(AdvisoryId::as_str).collect();
        ActionView {
            what: self.headline(false),
            place: self.place(),
            why: self.reasons(),
            first: action.forensics.then(|| words.word("forensics-first").to_owned()),
            how,
            how_long: words.word(how_long).to_owned(),
            check,
            due: self.due(),
            because: self.because(),
            closes: first(words, &closes, (CLOSES, ", ")),
        }
    }

    pub(super) fn headline(&self, notice: bool) -> String {
        let Self { words, action, .. } = self;
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

    /// The versions and the package in words that say what to do.
    fn fill(&self, key: &str, to: &str) -> String {
        let from = safe(self.action.from.first().map_or("", |v| v));
        let (name, to) = (safe(&self.action.package), safe(to));
        fill(self.words, key, &[("package", &name), ("from", &from), ("to", &to)])
    }

    fn upgrade(&self, to: &str) -> String {
        let Action { package, kind, from, .. } = self.action;
        let commands = from.iter().map(|from| command::upgrade(*kind, package, from, to));
        let Some(mut commands) = commands.collect::<Option<Vec<_>>>() else {
            return self.fill("how-no-command", to);
        };
        commands.dedup();
        let how = first(self.words, &commands, (NAMED, "\n"));
        if from.iter().all(|from| command::is_compatible(*kind, from, to)) {
            how
        } else {
            format!("{how}\n{}", self.fill("how-new-line", to))
        }
    }

    fn check(&self, to: &str) -> String {
        let Action { package, kind, from, .. } = self.action;
        let then = self.fill("check-then", to);
        let check = from.first().and_then(|from| command::check(*kind, package, from));
        check.map_or_else(|| then.clone(), |check| format!("{check}\n{then}"))
    }

    fn due(&self) -> String {
        let Self { words, list, action } = self;
        let decision = action.targets.first().and_then(|t| t.ruling.decision.as_ref());
        let determined = decision.is_some_and(|d| d.deadline().is_some());
        let Some(due) = action.plan_by else {
            let said = || list.said(words, action.rank);
            return if determined { said() } else { words.word("due-open").to_owned() };
        };
        let key = match (determined, due < list.as_of) {
            (true, true) => "due-overdue",
            (true, false) => "due-by",
            (false, _) => "due-perhaps",
        };
        let days = due.since(list.as_of.day()).as_days();
        let late = list.as_of.since(due).as_days() + u64::from(due < list.as_of);
        let days = if due < list.as_of { late } else { days };
        fill(words, key, &[("date", &due.date()), ("days", &days.to_string())])
    }

    fn reasons(&self) -> Vec<String> {
        let Self { words, action, .. } = self;
        let any = |test: &dyn Fn(&Target) -> bool| action.targets.iter().find(|t| test(t));
        let mut why = Vec::new();
        let since = |t: &Target| t.ruling.facts.kev_added();
        if let Some(at) = action.targets.iter().filter_map(since).min() {
            why.push(fill(words, "why-exploited", &[("date", &at.date())]));
        } else if any(&is_used).is_some() {
            why.push(words.word("why-active").to_owned());
        }
        if action.worth.ransomware {
            why.push(words.word("why-ransomware").to_owned());
        }
        if let Some(t) = any(&|t| t.ruling.facts.exposed.as_ref().is_some_and(|e| e.value)) {
            why.push(fill(words, "why-exposed", &[("asset", &named(words, &t.assets))]));
        } else if let Some(t) = any(&|t| t.ruling.facts.exposed.is_none()) {
            why.push(fill(words, "why-perhaps-exposed", &[("asset", &named(words, &t.assets))]));
        }
        match action.worth.mission {
            Some(Mission::VeryHigh) => why.push(words.word("why-mission-very-high").to_owned()),
            Some(Mission::High) => why.push(words.word("why-mission-high").to_owned()),
            Some(Mission::Medium | Mission::Low) | None => {}
        }
        if any(&|t| t.ruling.facts.automatable.as_ref().is_some_and(|a| a.value)).is_some() {
            why.push(words.word("why-automatable").to_owned());
        }
        if any(&|t| t.ruling.facts.impact.as_ref().is_some_and(|i| i.value == Impact::Total))
            .is_some()
        {
            why.push(words.word("why-total").to_owned());
        }
        // a low score is no reason to wait, so it is not shown
        if let Some(p) = action.epss.filter(|p| p.hundred_thousandths() >= SHOWN_EPSS) {
            why.push(fill(words, "why-epss", &[("percent", &p.to_string())]));
        }
        why.truncate(REASONS);
        if let Some(about) = action.targets.first().and_then(|t| t.ruling.flaw.summary.as_ref()) {
            why.push(about.to_string());
        }
        why
    }

    fn because(&self) -> Vec<String> {
        let Self { words, list, action } = self;
        let mut lines = Vec::new();
        match action.targets.first().and_then(|t| t.ruling.decision.as_ref()) {
            Some(Decision::Determined(deadline)) => {
                lines.push(list.row(words, deadline.row));
                let key = match deadline.started_by {
                    ClockStart::KevAddition => "due-started-kev-addition",
                    ClockStart::Detection => "due-started-detection",
                };
                lines.push(fill(words, key, &[("date", &deadline.started_at.date())]));
                if let Some(cisa) = deadline.cisa_due {
                    lines.push(fill(words, "due-cisa", &[("date", &cisa.date())]));
                }
                if !deadline.assumed.is_empty() {
                    lines.push(words.word("due-assumed").to_owned());
                }
            }
            Some(Decision::Undetermined(open)) => {
                let missing: Vec<_> = open.missing.iter().map(|i| words.word(i.word())).collect();
                let missing = missing.join(", ");
                lines.push(fill(words, "worklist-no-deadline", &[("missing", &missing)]));
            }
            None => {}
        }
        if action.placed_by_worth {
            lines.push(self.standing());
        }
        lines
    }

    /// The systems, and the files in which it is there.
    fn place(&self) -> String {
        let mut listed: BTreeMap<&[Line], AssetSet> = BTreeMap::new();
        for target in &self.action.targets {
            let more = || target.assets.clone();
            match listed.get_mut(target.files.as_slice()) {
                Some(all) => *all = all.clone().or(&target.assets),
                None => drop(listed.insert(&target.files, more())),
            }
        }
        self.places(&listed)
    }

    fn places(&self, listed: &BTreeMap<&[Line], AssetSet>) -> String {
        // where no file is named, the systems are many and their names enough
        if let [(files, assets)] = listed.iter().collect::<Vec<_>>().as_slice()
            && files.is_empty()
        {
            return named(self.words, assets);
        }
        let mut places: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (files, assets) in listed {
            for name in assets.names() {
                places.entry(name).or_default().extend(files.iter().map(Line::as_str));
            }
        }
        let place = |(name, files): (&str, BTreeSet<&str>)| {
            let files: Vec<_> = files.into_iter().collect();
            let listed = first(self.words, &files, (NAMED, ", "));
            if files.is_empty() { name.to_owned() } else { format!("{name} ({listed})") }
        };
        let places: Vec<_> = places.into_iter().map(place).collect();
        first(self.words, &places, (NAMED, ", "))
    }

    /// Why it is where it is among those with the same date.
    fn standing(&self) -> String {
        let worth = &self.action.worth;
        let blanks = [
            ("points", points(worth.an_hour)),
            ("harm", points(worth.first.harm)),
            ("time", time(worth.first.minutes)),
            ("systems", worth.first.systems.to_string()),
        ];
        let blanks: Vec<_> = blanks.iter().map(|(key, value)| (*key, value.as_str())).collect();
        fill(self.words, "order-worth", &blanks)
    }
}

/// Thousandths of a point as points: whole ones from ten on, else with one digit, below one with two.
fn points(thousandths: u64) -> String {
    let (tenths, hundredths) = ((thousandths + 50) / 100, (thousandths + 5) / 10);
    match thousandths {
        0..=994 => format!("0.{hundredths:02}"),
        995..=9_949 => format!("{}.{}", tenths / 10, tenths % 10),
        _ => ((thousandths + 500) / 1_000).to_string(),
    }
}

/// Minutes; from two hours on hours.
fn time(minutes: u64) -> String {
    let tenths = (minutes + 3) / 6;
    match (minutes, tenths % 10) {
        (0..120, _) => format!("{minutes} min"),
        (_, 0) => format!("{} h", tenths / 10),
        (_, tenth) => format!("{}.{tenth} h", tenths / 10),
    }
}

#[cfg(test)]
mod tests {
    //! Figures are short, and never rounded to nothing.
    use super::*;

    #[test]
    fn figures() {
        let check = |thousandths, expected: &str| assert_eq!(points(thousandths), expected);
        check(0, "0.00");
        check(6, "0.01");
        check(994, "0.99");
        check(995, "1.0");
        check(1_333, "1.3");
        check(9_949, "9.9");
        check(9_950, "10");
        check(133_333, "133");
        assert_eq!(
            [45, 119, 120, 270, 540].map(time),
            ["45 min", "119 min", "2 h", "4.5 h", "9 h"]
        );
    }
}
