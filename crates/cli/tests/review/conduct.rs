//! Breaches, spills, and what is kept and destroyed.

use super::*;

#[test]
fn a_breach_is_noticed_answered_and_remedied() {
    let (folder, _node) = house("", &[]);
    let at = folder.path();
    granted(at);
    let notice = "notice-breach --case case-1 --incident leak-1 --about institute --kind leak --account \"a transcript was mailed\" --stop";
    assert_eq!(refused(at, "institute", notice), "not-entitled", "only the two sides stop uses");
    let noticed = review(at, "office", notice);
    let said = String::from_utf8_lossy(&noticed.stderr).into_owned();
    assert!(noticed.status.success(), "{said}");
    assert!(said.contains("1. stop the grant or person that it came through"), "{said}");
    let case = shown(at, "institute");
    assert_eq!(case["breaches"][0]["kind"], "leak");
    assert_eq!(case["breaches"][0]["first_steps"].as_array().unwrap().len(), 4);
    assert_eq!(case["grants"][0]["why_not"]["code"], "stopped-by-breach");
    assert_eq!(refused(at, "office", notice), "breach-exists");
    let words = "--case case-1 --incident leak-1 --remedy \"keys changed, copies destroyed\"";
    assert_eq!(refused(at, "office", &format!("answer-breach {words}")), "not-entitled");
    done(at, "institute", &format!("answer-breach {words}"));
    assert_eq!(refused(at, "institute", &format!("remedy-breach {words}")), "not-entitled");
    assert_eq!(shown(at, "lab")["grants"][0]["usable"], false, "an answer is no remedy");
    done(at, "lab", "release --model model-1 --case case-1 --to partners");
    done(at, "office", &format!("remedy-breach {words}"));
    let case = shown(at, "lab");
    assert_eq!(case["grants"][0]["usable"], true);
    assert_eq!(case["breaches"][0]["stops_uses"], false);
    assert_eq!(refused(at, "office", &format!("remedy-breach {words}")), "breach-remedied");
    let told = text(at, "lab", "show --case case-1");
    assert!(
        told.contains("leak-1: leak, noticed by office about institute; remedied: keys"),
        "{told}"
    );
    let unknown = review(at, "office", &notice.replace("leak-1 --about", "x --kind flood --about"));
    assert_eq!(unknown.status.code(), Some(2), "a usage error");
}

#[test]
fn what_is_kept_and_what_is_not_any_more_is_on_record() {
    let (folder, _node) = house("", &[]);
    let at = folder.path();
    granted(at);
    let [first, second] = ["1", "2"].map(|digit| digit.repeat(64));
    let bind = |digest: &str, stage: &str, more: &str| {
        format!(
            "bind-snapshot --case case-1 --model model-1 --digest {digest} --stage {stage} --variant \"full safeguards\"{more}"
        )
    };
    let derived = format!(" --derived-from {first}");
    assert_eq!(refused(at, "lab", &bind(&second, "accessed", &derived)), "unknown-snapshot");
    assert_eq!(refused(at, "office", &bind(&first, "evaluated", "")), "not-entitled");
    done(at, "lab", &bind(&first, "evaluated", ""));
    done(at, "lab", &bind(&second, "released", &derived));
    assert_eq!(refused(at, "lab", &bind(&second, "released", &derived)), "record-exists");
    done(
        at,
        "institute",
        "attest-destruction --case case-1 --person analyst-1 --what \"all transcripts\" --method purge",
    );
    std::fs::write(at.join("evidence.json"), "{}").unwrap();
    let act = "act-on-signal --case case-1 --grant grant-1 --rule sweep --evidence evidence.json --person lab-lead --reason \"alike\"";
    done(at, "lab", &format!("{act} --step note"));
    assert_eq!(refused(at, "office", &format!("{act} --step note")), "not-entitled");
    let case = shown(at, "office");
    assert_eq!(case["snapshots"][1]["derived_from"], json!(first));
    assert_eq!(case["destroyed"][0]["method"], "purge");
    assert_eq!(case["actions"][0]["step"], "note");
    assert_eq!(case["grants"][0]["usable"], true, "a note pauses nothing");
    let told = text(at, "office", "show --case case-1");
    for words in
        ["snapshot  model-1 as released", "destroyed all transcripts", "sweep on grant-1: note"]
    {
        assert!(told.contains(words), "{words}: {told}");
    }
}

/// A mark whose material may not be here is refused before anything is stated, and what to do is said.
#[test]
fn a_spill_is_stopped_before_it_is_stated() {
    let (folder, _node) = house("", &[]);
    let at = folder.path();
    granted(at);
    std::fs::write(at.join("report.txt"), "results\n").unwrap();
    std::fs::write(at.join("marked.txt"), "TOP SECRET//NOFORN\nresults\n").unwrap();
    let share = |file: &str, mark: &str| {
        format!("share --case case-1 --to lab --report {file} --handling {mark}")
    };
    for verb in [
        share("report.txt", "SECRET"),
        share("marked.txt", "UNCLASSIFIED"),
        share("report.txt", "TLP:PINK"),
    ] {
        let refused = review(at, "institute", &verb);
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert_eq!(refused.status.code(), Some(2), "{verb}: {said}");
        assert!(
            said.contains("notice-breach --kind spill") || said.contains("TLP:AMBER"),
            "{said}"
        );
    }
    assert_eq!(shown(at, "lab")["shared"], json!([]));
    done(at, "institute", &share("report.txt", "TLP:AMBER"));
    done(
        at,
        "institute",
        "notice-breach --case case-1 --incident spill-1 --kind spill --account \"it happened\"",
    );
    assert_eq!(shown(at, "lab")["breaches"][0]["first_steps"].as_array().unwrap().len(), 5);
}
