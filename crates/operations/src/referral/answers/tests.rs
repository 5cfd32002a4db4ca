//! Questions ask for everything; answers are taken over, and what is open is named.
use super::*;
use crate::referral::folder::{Collected, add, draft};
use expect_test::{Expect, expect};

fn at() -> Timestamp {
    "2026-11-20T10:00:00Z".parse().unwrap()
}

/// A package with one item, `note.txt`.
fn drafted(folder: &Path) -> super::super::Drafted {
    let (title, summary) = ("A drill".parse().unwrap(), "A drill.".parse().unwrap());
    let package = "drill-1".parse().unwrap();
    let made = draft(folder, package, "hospital".parse().unwrap(), title, summary).unwrap();
    let file = folder.with_file_name("note.txt");
    std::fs::write(&file, "a note\n").unwrap();
    let collected = Collected {
        name: "note.txt".parse().unwrap(),
        description: "a note".parse().unwrap(),
        by: "analyst-1".parse().unwrap(),
        at: None,
        place: "here".parse().unwrap(),
        tool: "cp 9.1".parse().unwrap(),
    };
    add(folder, &file, collected, at()).unwrap();
    made
}

#[test]
fn the_questions_as_they_are_leave_everything_open() {
    let folder = tempfile::tempdir().unwrap();
    let package = folder.path().join("package");
    let made = drafted(&package);
    assert_eq!(made.to_fill_in, folder.path().join("package.answers.toml"));
    let answered = answer(&package, &made.to_fill_in, at()).unwrap();
    expect![[r#"
        timeline: entry 1
        systems: entry 1
        agents: entry 1
        losses: entry 1
        offences: answer the elements of at least one
        good_faith: sole-purpose
        good_faith: avoided-harm
        good_faith: promoted-security
        good_faith: extortion
        exculpatory
        good_faith
    "#]]
    .assert_eq(&(answered.unanswered.join("\n") + "\n"));
    assert_eq!(answered.missing, ["exculpatory", "good_faith", "offences: no offence is named"]);
    let manifest = read_manifest(&package).unwrap();
    assert!(manifest.exculpatory.is_none() && manifest.good_faith.is_none());
    assert!(manifest.timeline.is_empty() && manifest.offences.is_empty());
    // answers that are there already are not written over
    std::fs::write(&made.to_fill_in, "title = \"mine\"\n").unwrap();
    std::fs::remove_dir_all(&package).unwrap();
    drafted(&package);
    assert_eq!(std::fs::read_to_string(&made.to_fill_in).unwrap(), "title = \"mine\"\n");
}

#[test]
fn filling_in_the_questions_answers_everything() {
    let folder = tempfile::tempdir().unwrap();
    let package = folder.path().join("package");
    let made = drafted(&package);
    let text = std::fs::read_to_string(&made.to_fill_in).unwrap();
    let text = text
        .replace("by = \"UNANSWERED\"", "by = \"counsel-1\"")
        .replace("authorisation = \"UNANSWERED\"", "authorisation = \"none\"")
        .replace(
            "occurred = \"UNANSWERED\", aware = \"UNANSWERED\"",
            "occurred = \"2026-11-19T01:00:00Z\"",
        )
        .replace("answer = \"UNANSWERED\"\nbasis", "answer = \"unknown\"\nbasis")
        .replace("items = []", "items = [\"note.txt\"]")
        .replace(UNANSWERED, "looked, and it is not known");
    std::fs::write(&made.to_fill_in, text).unwrap();
    let answered = answer(&package, &made.to_fill_in, at()).unwrap();
    assert!(answered.unanswered.is_empty(), "{:?}", answered.unanswered);
    assert!(answered.missing.is_empty(), "{:?}", answered.missing);
    assert_eq!(answered.good_faith, Verdict::Unclear);
    let manifest = read_manifest(&package).unwrap();
    assert_eq!(manifest.offences.len(), screen().unwrap().offences.len());
    assert_eq!(manifest.timeline[0].items, [Digest::of(b"a note\n")]);
    assert_eq!(manifest.good_faith.unwrap().at, at());
    assert!(manifest.exculpatory.is_some());
}

#[test]
fn a_second_file_replaces_only_the_sections_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let package = folder.path().join("package");
    drafted(&package);
    let file = folder.path().join("more.json");
    let digest = Digest::of(b"a note\n");
    for text in [
        r#"{ "exculpatory": { "looked_at": "the desk", "found": [] } }"#.to_owned(),
        format!(
            r#"{{ "losses": [{{ "whose": "ours", "what": "a day", "items": ["{digest}"] }}] }}"#
        ),
        r#"{ "losses": [], "exculpatory": { "looked_at": "UNANSWERED", "found": [] } }"#.to_owned(),
    ] {
        std::fs::write(&file, text).unwrap();
        answer(&package, &file, at()).unwrap();
    }
    let manifest = read_manifest(&package).unwrap();
    assert_eq!(manifest.exculpatory.unwrap().looked_at.as_str(), "the desk");
    assert!(manifest.losses.is_empty());
}

#[test]
fn what_is_wrong_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let package = folder.path().join("package");
    drafted(&package);
    let file = folder.path().join("answers.toml");
    let check = |text: &str, expected: Expect| {
        std::fs::write(&file, text).unwrap();
        let before = std::fs::read(package.join("manifest.json")).unwrap();
        let error = answer(&package, &file, at()).unwrap_err();
        expected.assert_eq(&error.to_string().replace(&file.display().to_string(), "FILE"));
        assert_eq!(std::fs::read(package.join("manifest.json")).unwrap(), before);
    };
    check(
        "[exculpatory\n",
        expect![[r#"
        FILE: TOML parse error at line 1, column 13
          |
        1 | [exculpatory
          |             ^
        unclosed table, expected `]`"#]],
    );
    check("{ \"exculpatory\": }", expect!["FILE: expected value at line 1 column 18"]);
    check(
        "[exculpatory]\nlooked_at = \"x\"\nfound = []\nmore = 1\n",
        expect!["FILE: exculpatory.more: unknown field `more`, expected `looked_at` or `found`"],
    );
    check(
        "[good_faith]\nby = \"a\"\n[[good_faith.answers]]\nfactor = \"f\"\nanswer = \"maybe\"\nbasis = \"b\"\n",
        expect![
            "FILE: good_faith.answers[0].answer: unknown variant `maybe`, expected one of `yes`, `no`, `unknown`"
        ],
    );
    check(
        "[[losses]]\nwhose = \"a\"\nwhat = \"b\"\nitems = [\"other.txt\"]\n",
        expect!["FILE: the package has no item `other.txt`; add it first"],
    );
    check(
        "[[losses]]\nwhose = \"a\"\nwhat = \"b\"\nitems = [\"../other\"]\n",
        expect![
            "FILE: `../other` is not a name of an item: use segments of A-Z, a-z, 0-9, `.`, `_`, `-` joined by `/`, none starting with a dot, at most 120 bytes"
        ],
    );
}
