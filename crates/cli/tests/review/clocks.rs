//! Clocks, plans and requests.

use super::*;

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
    let mark = "\"rests_on\":\"own-plan\"";
    let own = |party: &str| done(at, party, "calendar").to_string().matches(mark).count();
    assert_eq!((own("lab"), own("office")), (2, 0), "red-teaming and a stage");
    std::fs::write(at.join("lab/plans.toml"), "version = 9").unwrap();
    let unknown = review(at, "lab", "calendar");
    assert!(String::from_utf8_lossy(&unknown.stderr).contains("plans.toml: version 9"));
}
