//! Terms, from a template to signatures.

use super::*;

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
