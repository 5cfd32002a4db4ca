//! Packages in words.

use ::referral::{Outcome, Verdict};
use operations::referral::{
    Answered, Drafted, Listing, PackageView, ReleaseView, Shown, Verified, verdict_in_words,
};

pub(super) fn drafted(made: &Drafted) -> String {
    let mut text =
        format!("made {}\nfill in {}:\n", made.manifest.display(), made.to_fill_in.display());
    for open in &made.unanswered {
        text += &format!("  unanswered  {open}\n");
    }
    text
}

pub(super) fn answered(answered: &Answered) -> String {
    let mut text = String::new();
    for open in &answered.unanswered {
        text += &format!("  unanswered  {open}\n");
    }
    for missing in &answered.missing {
        text += &format!("  a release lacks  {missing}\n");
    }
    text + &format!("taken over; good-faith screen: {}", words(answered.good_faith))
}

pub(super) fn verified(verified: &Verified) -> String {
    let mut text = "What speaks for the people concerned:\n".to_owned();
    for line in &verified.exculpatory {
        text += &format!("  - {}\n", indented(line, "    "));
    }
    // where nothing was found, the line says where one looked
    let said = |text: &str| verified.exculpatory.iter().any(|line| line.ends_with(text));
    if let Some(looked_at) = verified.looked_at.as_ref().filter(|text| !said(text.as_str())) {
        text += &format!("  looked at: {}\n", indented(looked_at.as_str(), "    "));
    }
    text += &format!("Good-faith screen: {}\n", verified.good_faith);
    if !verified.shipped_questions {
        text += "  its questions are not those that this program ships: read offences.toml\n";
    }
    for release in &verified.releases {
        text += &format!("Released {}", released(release));
    }
    text += "\n";
    for check in &verified.checks {
        let outcome = match &check.outcome {
            Outcome::Good => "good".to_owned(),
            Outcome::Bad(why) => format!("BAD: {why}"),
            Outcome::NotShown(what) => format!("NOT SHOWN: {what}"),
        };
        text += &format!("  {:<12} {:<36} {outcome}\n", check.what, check.subject);
    }
    let package = verified.package.as_ref().map_or_else(|| "?".to_owned(), ToString::to_string);
    let revision = verified.revision.map_or_else(|| "?".to_owned(), |r| r.to_string());
    let issuer = verified.issuer.as_ref().map_or_else(|| "?".to_owned(), ToString::to_string);
    let verdict = if verified.good { "verified" } else { "NOT VERIFIED" };
    text + &format!(
        "{verdict}: package {package}, revision {revision}, by {issuer}; {} checks",
        verified.checks.len()
    )
}

pub(super) fn listing(listing: &Listing) -> String {
    let mut text = String::new();
    for package in &listing.packages {
        text += &view(package);
    }
    for waiting in &listing.announced {
        text += &format!(
            "{} by {}: released to this party on {}; `vestibule referral receive` takes it in\n",
            waiting.package, waiting.issuer, waiting.at
        );
    }
    text + &format!("{} packages", listing.packages.len() + listing.announced.len())
}

pub(super) fn shown(shown: &Shown) -> String {
    let says = &shown.says;
    let mut text = view(&shown.view) + &format!("\n{}\n\nItems\n", says.summary);
    for item in &says.items {
        let by = &item.collected_by;
        text += &format!(
            "  {} ({} bytes): {}\n    collected {} by {} of {}, {}, with {}\n    SHA-256 {}\n",
            item.name,
            item.size,
            item.description,
            item.collected_at,
            by.person,
            by.party,
            item.collected_where,
            item.tool,
            item.sha256
        );
        for t in says.custody.iter().filter(|t| t.item == item.sha256) {
            let (from, to) = (&t.from, &t.to);
            text += &format!(
                "    {} from {} of {} to {} of {}: {}\n",
                t.at, from.person, from.party, to.person, to.party, t.reason
            );
        }
    }
    text + "\n--json shows the whole manifest"
}

fn view(package: &PackageView) -> String {
    let mut text = format!(
        "{}, revision {}, sealed {} by {}: {}\n  {} items; good-faith screen: {}\n",
        package.package,
        package.revision,
        package.sealed_at,
        package.issuer,
        package.title,
        package.items,
        words(package.good_faith)
    );
    for missing in &package.missing {
        text += &format!("  a release lacks  {missing}\n");
    }
    for release in &package.releases {
        text += &format!("  released {}", released(release));
    }
    text
}

fn released(release: &ReleaseView) -> String {
    let mut text = format!(
        "to {} on {} by {}; {} agreed",
        release.to, release.at, release.released_by, release.second
    );
    if let Some(at) = release.received_at {
        text += &format!("; received {at}");
    }
    if let Some(why) = &release.despite_good_faith {
        text += &format!(
            "\n  although it looks like good-faith research: {}",
            indented(why.as_str(), "    ")
        );
    }
    text + "\n"
}

fn words(verdict: Verdict) -> &'static str {
    verdict_in_words(verdict)
}

fn indented(text: &str, by: &str) -> String {
    text.replace('\n', &format!("\n{by}"))
}
