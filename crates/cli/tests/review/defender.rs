//! The defender programme, from an application to a grant.

use super::*;

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
