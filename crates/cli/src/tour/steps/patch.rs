//! What to patch, a notice, obligations.

use crate::tour::process;
use crate::tour::stage::{Tour, words};
use anyhow::Context;
use domain::{Span, Timestamp};
use operations::files::{self, Access};
use serde_json::{Value, json};

/// An hour, in microseconds. Waves open at full hours.
const HOUR: u64 = Span::hours(1).as_micros();
/// A notice whose hour is still to come.
const LATER: &str = "notice-1";
/// A notice whose hour has struck.
const NOTICE: &str = "notice-2";

/// Makes the worklist as text, JSON and a printable page.
pub(super) fn check(tour: &mut Tour) -> anyhow::Result<Option<String>> {
    tour.once("worklist", |tour| {
        let started = process::now();
        let hospital = tour.arg("inputs/hospital-before.cdx.json");
        let own = match &tour.inventory {
            Some(path) => path.display().to_string(),
            None => tour.arg("inputs/Cargo.lock"),
        };
        let page = tour.arg("worklist.html");
        let verb = words("check {} {} --html {}", &[&hospital, &own, &page]);
        let checked = tour.ask("operator", &verb, &[1])?;
        tour.write("worklist.json", &format!("{checked:#}\n"))?;
        let text = tour.text("operator", &verb, &[1])?;
        tour.write("worklist.txt", &format!("{text}\n"))?;
        let items = checked["worklist"]["items"].as_array().map_or(0, Vec::len);
        let what =
            format!("a worklist of {items} from two inventories; nothing leaves the machine");
        tour.show.tick(&what, "operator", None, started.elapsed());
        for line in text.lines().take(8) {
            tour.show.note(line);
        }
        Ok(items.into())
    })?;
    Ok(None)
}

/// Issues notices that nobody can read before their hour.
pub(super) fn notice(tour: &mut Tour) -> anyhow::Result<Option<String>> {
    early(tour)?;
    let now = tour.instant("before-taken", |now| now)?;
    issue(tour, "issued", NOTICE, now, "seals a notice for the hour that has struck")?;
    let sealed = tour.arg(&format!("notice/{NOTICE}.ring0.sealed"));
    tour.act(
        "opened",
        "clearinghouse",
        "states its key, sealed to the recipients alone",
        &words("notice open --notice notice-2", &[]),
    )?;
    tour.once("read", |tour| {
        let started = process::now();
        let read = words("notice read --notice notice-2 {}", &[&sealed]);
        let content = tour.ask("operator", &read, &[])?;
        tour.show.tick("reads it", "operator", None, started.elapsed());
        for line in content["text"].as_str().unwrap_or_default().lines().take(2) {
            tour.show.note(line);
        }
        Ok(Value::Null)
    })?;
    tour.act(
        "acknowledged",
        "operator",
        "says that it has read it",
        &words("notice acknowledge --notice notice-2", &[]),
    )?;
    close(tour, &sealed)
}

/// A notice whose hour is still to come: neither a recipient nor its issuer can open it.
fn early(tour: &mut Tour) -> anyhow::Result<()> {
    let hour = tour.instant("hour", |now| now.after(Span::hours(2)))?;
    issue(tour, "later", LATER, hour, "seals a notice for an hour to come")?;
    let sealed = tour.arg(&format!("notice/{LATER}.ring0.sealed"));
    let read = words("notice read --notice notice-1 {}", &[&sealed]);
    tour.refused("early-read", "operator", "tries to read it before its hour", &read)?;
    let open = words("notice open --notice notice-1", &[]);
    tour.refused("early-open", "clearinghouse", "tries to open it before its hour", &open)?;
    Ok(())
}

/// Issues a notice that opens at the full hour before `within`.
fn issue(
    tour: &mut Tour,
    key: &str,
    notice: &str,
    within: Timestamp,
    what: &str,
) -> anyhow::Result<()> {
    let (text, out) = (tour.arg("inputs/notice.txt"), tour.arg("notice"));
    let opens = within.before(Span::micros(within.since(Timestamp::EPOCH).as_micros() % HOUR));
    tour.act(
        key,
        "clearinghouse",
        what,
        &words(
            "notice issue --notice {} --text {} --advisory PYSEC-2020-18 \
             --to operator --to defender --opens {} --out {}",
            &[notice, &text, &opens.to_string(), &out],
        ),
    )?;
    Ok(())
}

/// A newer inventory closes the notice; only digests and times are stated.
fn close(tour: &mut Tour, sealed: &str) -> anyhow::Result<Option<String>> {
    let before_at = tour.instant("before-taken", |now| now)?;
    let after_at = tour.instant("after-taken", |now| now)?;
    let before = format!("{}@{before_at}", tour.arg("inputs/hospital-before.cdx.json"));
    let after = format!("{}@{after_at}", tour.arg("inputs/hospital-after.cdx.json"));
    tour.act(
        "closed",
        "operator",
        "closes it by a newer inventory; only its digest goes up",
        &words(
            "notice close --notice notice-2 {} --before {} --after {}",
            &[sealed, &before, &after],
        ),
    )?;
    let list = tour.ask("clearinghouse", &words("notice list", &[]), &[])?;
    let mine = list.as_array().and_then(|all| all.iter().find(|n| n["notice"] == NOTICE));
    let counts = &mine.context("the notice is listed")?["counts"];
    tour.show.note(&format!(
        "the clearinghouse sees counts: told {}, read {}, closed {}; never whose inventory says what",
        counts["told"], counts["acknowledged"], counts["closed"]
    ));
    Ok(None)
}

/// Lists the obligations and explains one.
pub(super) fn directives(tour: &mut Tour) -> anyhow::Result<Option<String>> {
    tour.once("listed", |tour| {
        let started = process::now();
        let all = tour.ask("inspector", &words("directive list", &[]), &[1])?;
        let all = all.as_array().context("a list of obligations")?;
        files::write(
            &tour.path("obligations.json"),
            format!("{:#}\n", json!(all)).as_bytes(),
            Access::Shared,
        )?;
        let what = format!("{} obligations from cited rule packs", all.len());
        tour.show.tick(&what, "inspector", None, started.elapsed());
        let first = all.iter().find(|o| !o["due"].is_null()).or_else(|| all.first());
        let id = first.map(|o| o["id"].clone()).context("the packs have obligations")?;
        explain(tour, &id)?;
        Ok(all.len().into())
    })?;
    Ok(None)
}

fn explain(tour: &Tour, id: &Value) -> anyhow::Result<()> {
    let id = id.as_str().context("an obligation has an id")?;
    let why = tour.text("inspector", &words("directive why {}", &[id]), &[])?;
    for line in why.lines().take(6) {
        tour.show.note(line);
    }
    Ok(())
}
