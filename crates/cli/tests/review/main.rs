//! How the terms of a review are kept, and who was considered: each verb through the real program, as its users type it.
#![expect(clippy::unwrap_used, reason = "helpers of a test")]

#[path = "kit/scene.rs"]
#[expect(dead_code, reason = "other tests use the rest of it")]
mod scene;

use scene::{both, good, granted, house, vestibule};
use serde_json::{Value, json};
use std::path::Path;
use std::process::Output;

/// A verb of a review by one party. What stands between quotes is one argument.
fn review(at: &Path, party: &str, verb: &str) -> Output {
    let mut command = vestibule(at, &format!("--home {party} --json review"));
    for (n, part) in verb.split('"').enumerate() {
        if n % 2 == 0 {
            command.args(part.split_whitespace());
        } else {
            command.arg(part);
        }
    }
    command.output().unwrap()
}

fn done(at: &Path, party: &str, verb: &str) -> Value {
    let done = review(at, party, verb);
    assert!(done.status.success(), "{verb}: {}", String::from_utf8_lossy(&done.stderr));
    serde_json::from_slice(&done.stdout).unwrap()
}

/// The stable code of a refusal.
fn refused(at: &Path, party: &str, verb: &str) -> String {
    let done = review(at, party, verb);
    let said = String::from_utf8_lossy(&done.stderr).into_owned();
    assert_eq!(done.status.code(), Some(1), "{verb}: {said}");
    let last = said.lines().last().unwrap();
    let refusal: Value = serde_json::from_str(last).unwrap();
    refusal["code"].as_str().unwrap().to_owned()
}

fn shown(at: &Path, party: &str) -> Value {
    done(at, party, "show --case case-1")
}

fn text(at: &Path, party: &str, verb: &str) -> String {
    good(at, &format!("--home {party} review {verb}"))
}

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

#[test]
fn who_was_considered_can_be_looked_at_as_a_whole() {
    let (folder, _node) = house("", &[("clinic", "partner"), ("bank", "partner")]);
    let at = folder.path();
    granted(at);
    let known = done(at, "lab", "criteria");
    assert!(
        known["criteria"].as_array().unwrap().iter().any(|c| c["id"] == "operates-infrastructure")
    );
    std::fs::write(at.join("criteria.txt"), "operates critical infrastructure").unwrap();
    let consider = |who: &str, cohort: &str, rule: &str, more: &str| {
        format!(
            "consider --case case-1 --candidate {who} --cohort {cohort} --rule {rule} --reason \"as its report says\"{more}"
        )
    };
    let forward = " --forward";
    done(at, "lab", &consider("clinic", "hospitals", "operates-infrastructure", forward));
    done(at, "office", &consider("clinic", "hospitals", "operates-infrastructure", ""));
    for town in ["north", "south", "east"] {
        done(at, "office", &consider(town, "utilities", "operates-infrastructure", ""));
    }
    let strange = review(at, "office", &consider("west", "utilities", "likes-us", ""));
    let said = String::from_utf8_lossy(&strange.stderr).into_owned();
    assert!(!strange.status.success() && said.contains("no criterion `likes-us`"), "{said}");
    done(at, "office", "recuse --case case-1 --person clerk-1 --reason cousin");
    let by = " --person clerk-1 --declared personal";
    assert_eq!(
        refused(at, "office", &consider("west", "utilities", "operates-infrastructure", by)),
        "person-recused"
    );
    let by = " --person clerk-2 --declared vendor";
    done(at, "office", &consider("west", "other", "conflict", by));
    assert_eq!(
        refused(at, "institute", &consider("north", "utilities", "operates-infrastructure", "")),
        "not-entitled"
    );
    for (party, criteria) in [("clinic", ""), ("bank", " --criteria criteria.txt")] {
        done(
            at,
            "lab",
            &format!(
                "nominate --case case-1 --nomination {party} --nominee {party} --model model-1{criteria} --reason fits --expires 2999-06-01T00:00:00Z"
            ),
        );
        both(at, &format!("select --case case-1 --nomination {party}"));
    }
    let report = done(at, "office", "fairness --case case-1");
    assert_eq!(report["considered"].as_array().unwrap().len(), 6);
    for (cohort, counts) in [("utilities", [3, 0, 0]), ("hospitals", [1, 1, 1])] {
        let of = ["considered", "put_forward", "admitted"].map(|n| &report["cohorts"][cohort][n]);
        assert_eq!(of, counts, "{cohort}");
    }
    let questions = report["questions"].to_string();
    for asked in [
        "`bank` has a standing and no consideration on record",
        "the sides differ about `clinic`",
        "nobody of `utilities` was put forward, of 3",
        "clerk-2 decided about `west` and declared: vendor",
    ] {
        assert!(questions.contains(asked), "{asked}: {questions}");
    }
    assert!(text(at, "lab", "fairness --case case-1").contains("6 organisations considered"));
    done(
        at,
        "office",
        "revoke-standing --case case-1 --nomination clinic --reason \"left the sector\"",
    );
    let report = done(at, "office", "fairness --case case-1");
    let clinic =
        report["considered"].as_array().unwrap().iter().find(|c| c["candidate"] == "clinic");
    assert_eq!(clinic.unwrap()["outcome"], "ended");
}

#[test]
fn a_plan_is_tried_before_anybody_signs_it() {
    let (folder, _node) = house("", &[]);
    let at = folder.path();
    granted(at);
    let clocks = done(at, "lab", "calendar --ics clocks.ics");
    let what: Vec<_> =
        clocks["clocks"].as_array().unwrap().iter().map(|c| c["what"].to_string()).collect();
    for clock in ["window window-1 ends", "grant grant-1", "planned release to partners"] {
        assert!(what.iter().any(|w| w.contains(clock)), "{clock}: {what:?}");
    }
    let ics = std::fs::read_to_string(at.join("clocks.ics")).unwrap();
    assert!(ics.starts_with("BEGIN:VCALENDAR\r\n") && ics.contains("TRIGGER:-P7D"), "{ics}");
    let plan = "calendar --what-if case-1 --partner-release 2027-01-05T00:00:00Z --window-days 31 --red-team-days 5 --stage \"ten percent=7\"";
    let tried = done(at, "lab", plan);
    let remarks = tried["remarks"].to_string();
    assert!(remarks.contains("longer than the 30"), "{remarks}");
    assert!(tried["clocks"].to_string().contains("rollout: ten percent"));
    assert_eq!(
        shown(at, "lab")["planned_partner_release_at"],
        "2999-01-01T00:00:00Z",
        "nothing is stated"
    );
    let half = review(at, "lab", "calendar --what-if case-1");
    assert_eq!(half.status.code(), Some(2), "a plan needs its release");
}

/// From a template to terms in force: both sides change them, and each sees what the other changed; each person acknowledges.
#[test]
fn terms_come_from_a_template_and_a_counter_proposal_is_told() {
    let (folder, _node) = house("", &[]);
    let at = folder.path();
    done(
        at,
        "lab",
        "inquire --case case-1 --government office --model model-1 --partner-release 2999-01-01T00:00:00Z",
    );
    let names = text(at, "lab", "terms templates");
    assert!(names.contains("sealed-evaluation"), "{names}");
    let new = |id: &str, more: &str| {
        format!(
            "terms new --template evaluation --id {id} --case case-1 --model model-1 --evaluator institute --out {id}.toml{more}"
        )
    };
    done(at, "lab", &new("ours", ""));
    let again = review(at, "lab", &new("ours", ""));
    assert!(!again.status.success(), "a file that is there is not overwritten");
    done(at, "lab", "propose-terms ours.toml");
    done(
        at,
        "office",
        &new(
            "theirs",
            " --limit tokens-per-day=400000 --limit content=visible --limit retention-days=30",
        ),
    );
    done(at, "office", "propose-terms theirs.toml");
    let compared = review(at, "lab", "terms compare ours.toml proposed:case-1");
    assert_eq!(compared.status.code(), Some(1), "they differ");
    let compared: Value = serde_json::from_slice(&compared.stdout).unwrap();
    let clauses: Vec<_> =
        compared["differences"].as_array().unwrap().iter().map(|d| &d["clause"]).collect();
    assert_eq!(clauses, ["tokens-per-day", "content", "retention-days"]);
    assert_eq!(compared["differences"][0]["gives"], "more");
    both(at, "agree-terms --case case-1");
    let agreed = done(at, "institute", "terms show agreed:case-1");
    assert_eq!(agreed["id"], "theirs");
    assert_eq!(agreed["cells"].as_array().unwrap().len(), 12);
    done(at, "lab", "open-window --case case-1 --window window-1");
    let waits = |who: &str| good(at, &format!("--home {who} draft list"));
    assert!(waits("office").contains("waits for office\n1 drafts wait"), "{}", waits("office"));
    both(at, "open-window --case case-1 --window window-1");
    for who in ["office", "lab"] {
        let waits = waits(who);
        assert!(waits.contains("the rules refuse it: window `window-1` exists already"), "{waits}");
        assert!(waits.contains("1 drafts wait, 1 of which the rules refuse"), "{waits}");
    }
    let homeless = good(at, "--home nowhere draft list");
    assert!(homeless.ends_with("1 drafts wait\n"), "{homeless}");
    let ask = |person: &str| {
        format!(
            "request-grant --case case-1 --grant of-{person} --basis window:window-1 --model model-1 --person {person} --requested-by lead-1 --credential {person}.key --tokens 1000 --ends {} --purpose test",
            shown(at, "lab")["windows"][0]["ends_at"].as_str().unwrap()
        )
    };
    done(at, "institute", "acknowledge --case case-1 --person analyst-1 --file theirs.toml");
    assert_eq!(
        refused(at, "institute", "acknowledge --case case-1 --person analyst-2 --file ours.toml"),
        "terms-differ"
    );
    done(at, "institute", &ask("analyst-1"));
    assert_eq!(refused(at, "institute", &ask("analyst-2")), "terms-not-acknowledged");
    assert_eq!(
        refused(at, "institute", "acknowledge --case case-1 --person analyst-1"),
        "terms-acknowledged-already"
    );
    assert_eq!(shown(at, "office")["acknowledged"], json!([["institute", "analyst-1"]]));
}

/// A dossier is whole for whoever has the roots of trust alone; what its maker can't read is left out and said to be.
#[test]
fn a_dossier_is_verified_by_a_stranger_and_says_what_it_lacks() {
    let (folder, _node) = house("", &[("clinic", "partner")]);
    let at = folder.path();
    granted(at);
    done(
        at,
        "lab",
        "nominate --case case-1 --nomination clinic --nominee clinic --model model-1 --reason fits --expires 2999-06-01T00:00:00Z",
    );
    let made = done(at, "office", "dossier --case case-1 --out of-office");
    assert_eq!(made["left_out"], 0);
    let statements = made["statements"].as_u64().unwrap();
    assert!(statements >= 8, "{made}");
    let page = std::fs::read_to_string(at.join("of-office/index.html")).unwrap();
    assert!(page.contains("Dossier of case case-1") && !page.contains("<script"), "{page}");
    // a stranger: no home, no node
    let check = |folder: &str| {
        let mut command =
            vestibule(at, &format!("--json review check-dossier {folder} --trust trust.toml"));
        command.env_remove("VESTIBULE_NODE");
        let done = command.output().unwrap();
        let report: Value = serde_json::from_slice(&done.stdout).unwrap();
        assert_eq!(done.status.success(), report["sound"] == true, "{report}");
        report
    };
    let report = check("of-office");
    assert_eq!(
        (&report["sound"], &report["verified"]),
        (&json!(true), &json!(statements)),
        "{report}"
    );
    assert_eq!(report["manifest"], made["manifest"]);
    assert_eq!(
        review(at, "office", "dossier --case case-1 --out of-office").status.code(),
        Some(2)
    );
    // a partner reads its own nomination and no more
    let outside = review(at, "clinic", "dossier --case case-1 --out of-clinic");
    let said = String::from_utf8_lossy(&outside.stderr).into_owned();
    assert!(said.contains("can read nothing of case"), "{said}");
    done(
        at,
        "lab",
        "inquire --case case-2 --government office --model model-2 --partner-release 2999-01-01T00:00:00Z",
    );
    let made = done(at, "institute", "dossier --case case-1 --out of-institute");
    assert!(made["statements"].as_u64().unwrap() >= 8, "{made}");
    assert_eq!(check("of-institute")["sound"], true);
    // whatever is changed is found
    let case = at.join("of-office/case.json");
    let whole = std::fs::read_to_string(&case).unwrap();
    std::fs::write(&case, whole.replace("model-1", "model-9")).unwrap();
    let faults = check("of-office")["faults"].to_string();
    assert!(faults.contains("`case.json` is not the file"), "{faults}");
    std::fs::write(&case, whole).unwrap();
    std::fs::write(at.join("of-office/extra.txt"), "x").unwrap();
    assert!(
        check("of-office")["faults"].to_string().contains("`extra.txt` is not in the manifest")
    );
    std::fs::remove_file(at.join("of-office/extra.txt")).unwrap();
    let receipts = std::fs::read_dir(at.join("of-office/receipts")).unwrap();
    let one = receipts.map(|entry| entry.unwrap().path()).next().unwrap();
    let mut bytes = std::fs::read(&one).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    std::fs::write(&one, bytes).unwrap();
    assert_eq!(check("of-office")["sound"], false);
}

/// What government asks for and what the developer makes of it are records, and a clock that nears is told.
#[test]
fn requests_have_no_consequence_and_clocks_that_near_are_told() {
    let (folder, _node) = house("", &[]);
    let at = folder.path();
    done(at, "office", "request --case case-8 --developer lab --reason \"we would like to look\"");
    done(at, "office", "request --case case-9 --developer lab --reason \"at this one, too\"");
    done(at, "lab", "decline --case case-9");
    let all = done(at, "lab", "requests");
    assert_eq!(all[0]["stands"], "no answer");
    assert_eq!(all[1]["stands"], "declined");
    assert!(text(at, "office", "requests").contains("no reason given, and none is needed"));
    done(at, "lab", "release --model model-8 --to open-weights");
    let quiet = review(at, "lab", "due");
    assert_eq!((quiet.status.code(), quiet.stdout.as_slice()), (Some(0), b"[]\n".as_slice()));
    granted(at);
    let near = review(at, "lab", "due --within 31");
    assert_eq!(near.status.code(), Some(1), "a timer sends it on");
    let near: Value = serde_json::from_slice(&near.stdout).unwrap();
    assert!(near.to_string().contains("window window-1 ends"), "{near}");
    // what the lab plans itself is in its calendar and in nobody else's
    let plans = "version = 1\n[[plan]]\ncase = \"case-1\"\nred-team-days = 14\n[[plan.stage]]\nname = \"all\"\ndays = 7\n";
    std::fs::write(at.join("lab/plans.toml"), plans).unwrap();
    let own = |party: &str| done(at, party, "calendar").to_string().matches("\"own\":true").count();
    assert_eq!((own("lab"), own("office")), (2, 0), "red-teaming and a stage");
    std::fs::write(at.join("lab/plans.toml"), "version = 9").unwrap();
    let unknown = review(at, "lab", "calendar");
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("plans.toml: version 9"));
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

fn defender(at: &Path, party: &str, verb: &str) -> Output {
    vestibule(at, &format!("--home {party} --json defender {verb}")).output().unwrap()
}

/// A blank form, filled in for a tier by the hospital itself or its sponsor.
fn filled(blank: &str, tier: &str, by: &str) -> String {
    let text = blank
        .replace("organisation = \"\"", "organisation = \"County hospital\"")
        .replace("sector = \"\"", "sector = \"health\"")
        .replace("size = \"\"", "size = \"10-49\"")
        .replace("  \"\",\n", "  \"patient portal\",\n")
        .replace("reason = \"\"", "reason = \"one person for all\"")
        .replace("handed-in-by = \"itself\"", &format!("handed-in-by = \"{by}\""));
    let line = |line: &str| {
        if line.starts_with("tier = ") {
            format!("tier = \"{tier}\"\n")
        } else {
            format!("{line}\n")
        }
    };
    text.lines().map(line).collect()
}

/// What the lab's calendar has.
fn clocks(at: &Path) -> Vec<String> {
    let calendar = done(at, "lab", "calendar");
    let clocks = calendar["clocks"].as_array().unwrap().iter();
    clocks.map(|clock| clock["what"].as_str().unwrap().to_owned()).collect()
}

/// What a hospital with a model and a sponsor without one can ask for, from the state after admission on.
fn after_admission(at: &Path) {
    let grant = |application: &str| {
        format!(
            "grant --application {application} --grant grant-2 --person it-1 --requested-by it-2 --credential {application}.key"
        )
    };
    // the sponsor of one with findings and patches only has nothing to ask for
    let none = defender(at, "sector-body", &grant("for-county"));
    let why = String::from_utf8_lossy(&none.stderr).into_owned();
    assert!(!none.status.success() && why.contains("no model"), "{why}");
    assert!(!at.join("for-county.key").exists(), "no key is made");
    done(at, "hospital", "acknowledge --case case-1 --person it-1 --file terms.toml");
    let asked = defender(at, "hospital", &grant("county-hospital"));
    assert!(asked.status.success(), "{}", String::from_utf8_lossy(&asked.stderr));
    both(
        at,
        "issue-grant --case case-1 --grant grant-2 --developer-approver lab-lead --government-approver office-lead",
    );
    // who is outside the case is told what it can read, and what it asks for is judged by that
    let own = defender(at, "hospital", "list --case case-1");
    let own: Value = serde_json::from_slice(&own.stdout).unwrap();
    assert_eq!(own[0]["tier"]["name"], "supervised", "{own}");
    let heard = done(at, "hospital", "show --case case-1");
    assert_eq!(heard["outside"], true);
    assert!(heard["heard"].as_array().unwrap().iter().any(|h| h["kind"] == "grant-issued"));
    assert_eq!(done(at, "hospital", "list")[0]["outside"], true);
    let again = defender(at, "hospital", "apply model.toml");
    assert!(String::from_utf8_lossy(&again.stderr).contains("nomination-exists"));
    let unread = grant("county-hospital").replace("it-1", "it-9").replace("grant-2", "grant-3");
    let unread = defender(at, "hospital", &unread);
    assert!(String::from_utf8_lossy(&unread.stderr).contains("terms-not-acknowledged"));
    let case = shown(at, "lab");
    assert_eq!(case["grants"][0]["budget_tokens"], 200_000);
    assert_eq!(
        case["grants"][0]["why_not"]["code"], "grant-not-begun",
        "not before the partner release"
    );
    assert!(clocks(at).iter().any(|what| what.starts_with("grant grant-2")));
    done(at, "office", "revoke-standing --case case-1 --nomination for-county");
    let list = defender(at, "sector-body", "list --case case-1");
    let list: Value = serde_json::from_slice(&list.stdout).unwrap();
    assert_eq!(list[0]["revoked_by"], "office", "{list}");
    done(at, "office", "remove-organisation --case case-1 --party hospital --reason \"it closed\"");
    assert_eq!(shown(at, "lab")["grants"][0]["why_not"]["code"], "organisation-removed");
    // what has ended for ever is no clock any more
    assert_eq!(clocks(at), ["planned release to partners"]);
}

/// From a form to a key: a hospital with staff, and one whose sector body acts for it.
#[test]
fn a_hospital_applies_is_verified_admitted_and_gets_what_its_tier_gives() {
    let (folder, _node) = house("", &[("hospital", "defender"), ("sector-body", "defender")]);
    let at = folder.path();
    done(
        at,
        "lab",
        "inquire --case case-1 --government office --model model-1 --partner-release 2999-01-01T00:00:00Z",
    );
    done(at, "lab", "propose-terms terms.toml");
    both(at, "agree-terms --case case-1");
    let defender = |party: &str, verb: &str| defender(at, party, verb);
    let said = |party: &str, verb: &str| {
        let done = defender(party, verb);
        assert!(done.status.success(), "{verb}: {}", String::from_utf8_lossy(&done.stderr));
        serde_json::from_slice::<Value>(&done.stdout).unwrap()
    };
    let sign = |verb: &str| {
        scene::both_offered(at, &good(at, &format!("--home lab --json defender {verb}")));
    };
    said("hospital", "form --case case-1 --developer lab");
    let gaps = defender("nobody", "apply application.toml --check");
    assert_eq!(
        gaps.status.code(),
        Some(1),
        "a blank form has gaps, and needs no home to be checked"
    );
    let blank = std::fs::read_to_string(at.join("application.toml")).unwrap();
    std::fs::write(at.join("model.toml"), filled(&blank, "supervised", "itself")).unwrap();
    std::fs::write(at.join("findings.toml"), filled(&blank, "findings-and-patches", "sponsor"))
        .unwrap();
    said("hospital", "apply model.toml");
    said("sector-body", "apply findings.toml --application for-county");
    let admit = "admit --case case-1 --application";
    let early = defender("lab", &format!("{admit} county-hospital"));
    let why = String::from_utf8_lossy(&early.stderr).into_owned();
    assert!(!early.status.success() && why.contains("was not verified"), "{why}");
    let verify = |application: &str, method: &str| {
        format!(
            "verify --case case-1 --application {application} --person clerk-1 --method {method}"
        )
    };
    let weak = defender("office", &verify("county-hospital", "public-register"));
    assert!(String::from_utf8_lossy(&weak.stderr).contains("takes call-back, sponsor, on-site"));
    said("office", &verify("county-hospital", "call-back"));
    said("office", &verify("for-county", "public-register"));
    sign(&format!("{admit} county-hospital"));
    sign(&format!("{admit} for-county"));
    let list = said("office", "list --case case-1");
    assert_eq!(list[0]["tier"]["gives"]["tokens_per_grant"], 200_000);
    assert_eq!(list[1]["tier"]["gives"], "findings-and-patches");
    assert_eq!(list[1]["sponsored"], true);
    after_admission(at);
}
