//! iCalendar: one all-day event an action with a date.

use super::{Remedy, Worklist};
use crate::worklist::WorklistView;
use advisory::icalendar::{Calendar, instant};
use domain::Digest;
use std::collections::BTreeSet;

impl Worklist {
    /// The dates of the worklist as a calendar, in the words of its view. An action keeps its event from one
    /// check to the next, so that a calendar moves it and does not show it twice.
    pub fn calendar(&self, view: &WorklistView) -> String {
        let mut out = Calendar::begin(concat!("-//Vestibule//", env!("CARGO_PKG_VERSION"), "//EN"));
        let stamp = instant(&self.as_of);
        // the view has the same actions in the same order
        for (action, words) in self.items.iter().zip(view.today.iter().chain(&view.then)) {
            let Some(due) = action.plan_by else { continue };
            let assets = action.targets.iter().flat_map(|t| t.assets.ids());
            let assets: BTreeSet<String> = assets.map(|id| id.to_string()).collect();
            let assets = assets.into_iter().collect::<Vec<_>>().join(" ");
            // what to go to changes with each advisory, what is there does not
            let fix = if action.remedy == Remedy::NoFix { "no fix" } else { "upgrade" };
            let from = action.from.first().map_or("", |from| from);
            let id = format!("{} {} {from} {fix} {assets}", action.ecosystem, action.package);
            let about = [words.place.as_str(), &words.how, &words.check, &words.closes].join("\n");
            out.line("BEGIN", "VEVENT")
                .line("UID", &format!("{}@worklist", Digest::of(id.as_bytes())))
                .line("DTSTAMP", &stamp)
                .line("DTSTART;VALUE=DATE", &due.date().replace('-', ""))
                .text("SUMMARY", &words.what)
                .text("DESCRIPTION", &about)
                .line("TRANSP", "TRANSPARENT")
                .line("END", "VEVENT");
        }
        out.end()
    }
}
