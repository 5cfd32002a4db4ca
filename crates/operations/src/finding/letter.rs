//! The draft to a maintainer. It is text; a person reads it, changes what must be changed by drafting
//! again, and sends it. It is made of the log's facts alone, so drafting twice gives the same bytes.

use super::policy::PolicyError;
use super::view::RunsView;
use clearinghouse::{Clearinghouse, EmbargoTerms, Finding, Validation, Verdict};
use domain::{Line, Party, PartyId};

/// Longest line of a quoted text.
const WIDTH: usize = 88;

/// The draft of a report of `finding` to `maintainer`, from `from`.
pub(super) fn letter(
    house: &Clearinghouse,
    finding: &Finding,
    maintainer: &Party,
    from: &Party,
) -> Result<String, PolicyError> {
    let r = &finding.report;
    let affected: Vec<_> = r.affected.iter().map(Line::as_str).collect();
    let mut text = format!(
        "To: {}\nFrom: {}\nSubject: vulnerability report {} in {}\n\n",
        maintainer.name, from.name, r.finding, r.target.name
    );
    text += &format!(
        "We were told of a flaw in {} and have reproduced it.\n\n\
         Title       {}\nAffected    {}\n",
        r.target.name,
        r.title,
        if affected == ["*"] {
            "not known; all versions may be".to_owned()
        } else {
            affected.join(", ")
        }
    );
    if let Some(revision) = &r.target.revision {
        text += &format!("Revision    {revision}\n");
    }
    let cwe: Vec<_> = r.cwe.iter().map(|n| format!("CWE-{n}")).collect();
    if !cwe.is_empty() {
        text += &format!("Weakness    {}\n", cwe.join(", "));
    }
    let (finders, credits) = finders(house, finding);
    text += &format!("Found by    {}\n\n", credits.join("; "));
    text += "The report in its finder's words. We have not edited them; treat them as untrusted text.\n\n";
    text += &quoted(r.description.as_str());
    if let Some(validation) = confirmed(house, finding) {
        text += &reproduced(validation);
    }
    text += &clocks(finding)?;
    text += &format!(
        "How to answer: to the person who sent this. If you work with Vestibule, state it:\n\
         \x20 vestibule finding acknowledge --finding {id}{copy}\n\
         \x20 vestibule finding fixed --finding {id} --commit COMMIT --version VERSION{copy}\n\
         How many reports a week you take is yours to set: vestibule finding pace --per-week N\n\
         You owe nobody an answer through this software, and it sends nothing by itself.\n",
        id = r.finding,
        copy = finders.iter().map(|p| format!(" --copy {p}")).collect::<String>(),
    );
    Ok(text)
}

/// The parties that found the flaw, and how they want to be named; each once, first reported first.
fn finders<'a>(house: &'a Clearinghouse, finding: &'a Finding) -> (Vec<&'a PartyId>, Vec<&'a str>) {
    let mut credits: Vec<&str> = Vec::new();
    for f in house.flaw(&finding.report.finding) {
        if f.withdrawn.is_none() && !credits.contains(&f.report.credit.as_str()) {
            credits.push(f.report.credit.as_str());
        }
    }
    (house.finders(&finding.report.finding), credits)
}

/// The latest validation of the flaw that confirms it.
fn confirmed<'a>(house: &'a Clearinghouse, finding: &'a Finding) -> Option<&'a Validation> {
    let all = house.flaw(&finding.report.finding).into_iter().flat_map(|f| &f.validations);
    all.filter(|v| v.verdict == Verdict::Confirmed).max_by_key(|v| v.ran_at)
}

fn reproduced(v: &Validation) -> String {
    format!(
        "\nHow we reproduced it: the proof was run on the vulnerable build and on a fixed one, and a benign\n\
         input on both, {} times, each run by itself in a sandbox.\n\
         \x20 {}\n\
         \x20 SHA-256 of the proof             {}\n\
         \x20 SHA-256 of the benign input      {}\n\
         \x20 SHA-256 of the vulnerable build  {}\n\
         \x20 SHA-256 of the fixed build       {}\n\
         \x20 Sandbox: {}\n\
         Whoever sends this attaches proof and benign input.\n",
        v.runs.repeated.len() + 1,
        RunsView(v.runs.first),
        v.proof,
        v.control,
        v.vulnerable,
        v.fixed,
        v.isolation
    )
}

/// The clocks that will run from the day a person sends this.
fn clocks(finding: &Finding) -> Result<String, PolicyError> {
    let d = super::policy::rules()?.disclosure;
    let asked = match finding.report.embargo {
        EmbargoTerms::Public => {
            "The finder regards it as public already, so no embargo protects it.\n".to_owned()
        }
        EmbargoTerms::Policy => String::new(),
        EmbargoTerms::Until(at) => {
            format!("The finder asks that it be disclosed on {} at the latest.\n", at.date())
        }
    };
    Ok(format!(
        "\nDisclosure: {} days after this is sent, {} more if a fix is close; {} days if it is being exploited.\n\
         Without an answer for {} days we bring in another coordinator; after {} days it may be disclosed.\n\
         Technical details follow {} days after a fix.\n{asked}\n",
        d.standard.days,
        d.standard.extension_days,
        d.exploited.days,
        d.silent_days,
        d.unresponsive_days,
        d.details_days
    ))
}

/// Each line behind a mark, so that nothing in it can pass for ours.
fn quoted(text: &str) -> String {
    let mut out = String::new();
    for line in text.lines() {
        let mut current = String::new();
        for word in line.split(' ') {
            if !current.is_empty() && current.chars().count() + word.chars().count() >= WIDTH {
                out += &format!("> {current}\n");
                current.clear();
            }
            if !current.is_empty() {
                current.push(' ');
            }
            current.push_str(word);
        }
        out += &format!("> {current}\n");
    }
    out
}
