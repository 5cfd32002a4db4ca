//! iCalendar: one all-day event an action with a date.

use super::Worklist;
use crate::worklist::WorklistView;
use advisory::icalendar::{Calendar, instant};
use domain::Digest;

impl Worklist {
    /// The dates of the worklist as a calendar, in the words of its view. An action keeps its event from one
    /// check to the next, so that a calendar moves it and does not show it twice.
    pub fn calendar(&self, view: &WorklistView) -> String {
        let mut out = Calendar::begin(concat!("-//Vestibule//", env!("CARGO_PKG_VERSION"), "//EN"));
        let stamp = instant(&self.as_of);
        // the view has the same actions in the same order
        for (action, words) in self.items.iter().zip(view.today.iter().chain(&view.then)) {
            let Some(due) = action.plan_by else { continue };
            let places: Vec<_> = action.targets.iter().map(|t| t.asset.as_str()).collect();
            let id = format!("{} {} {}", action.ecosystem, action.package, places.join(" "));
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
