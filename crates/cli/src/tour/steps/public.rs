//! What the public gets.

use crate::tour::process;
use crate::tour::stage::{Tour, words};

/// The inspector's aggregate, with small counts withheld.
pub(super) fn run(tour: &mut Tour) -> anyhow::Result<Option<String>> {
    tour.once("reported", |tour| {
        let started = process::now();
        let (data, text) = (tour.arg("report.json"), tour.arg("report.txt"));
        let report = tour.ask("inspector", &words("report --out {}", &[&data]), &[])?;
        tour.ask("inspector", &words("report --out {}", &[&text]), &[])?;
        let what = "the public report: counts, no names, small ones withheld";
        tour.show.tick(what, "inspector", None, started.elapsed());
        for line in std::fs::read_to_string(&text)?.lines().take(6) {
            tour.show.note(line);
        }
        Ok(report)
    })?;
    Ok(None)
}
