//! Who was considered, by which rule, with which outcome.

use super::*;

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
