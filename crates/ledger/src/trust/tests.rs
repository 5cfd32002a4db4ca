//! Roots of trust: round trip and every refusal.

use crate::Trust;
use crate::testing::{KEYS, party};
use domain::Role;
use expect_test::{Expect, expect};
use proptest::prelude::*;

#[test]
fn round_trip() {
    let text = KEYS.trust.to_text();
    let again = Trust::read(&text).unwrap();
    assert_eq!(again, KEYS.trust);
    assert_eq!(again.to_text(), text);
    let lab = again.party(&party("lab")).unwrap();
    assert_eq!(lab.party.roles, [Role::Developer]);
    assert!(again.party(&party("nobody")).is_none());
    let ids: Vec<_> = again.parties().map(|m| m.party.id.to_string()).collect();
    assert_eq!(ids, ["gov", "ig", "lab"]);
}

/// The first line of the refusal of the good file after `from` was replaced by `to`.
fn check(from: &str, to: &str, expected: Expect) {
    let text = KEYS.trust.to_text();
    assert!(text.contains(from), "`{from}` is in the file");
    let error = Trust::read(&text.replacen(from, to, 1)).unwrap_err();
    let last = error.to_string().lines().last().unwrap_or_default().to_owned();
    expected.assert_eq(&last);
}

#[test]
fn refusals() {
    check(
        "[log]\n",
        "[log]\nsize = 1\n",
        expect!["unknown field `size`, expected one of `origin`, `vkey`, `cnsa`"],
    );
    check("[log]\n", "[log]\norigin = \"x\"\n", expect!["duplicate key"]);
    check(
        "origin = \"log.example",
        "origin = \"other.example",
        expect![
            "`log.vkey` is the key of `log.example/vestibule`, but `log.origin` is `other.example/vestibule`"
        ],
    );
    check(
        "vkey = \"log.example",
        "vkey = \"other.example",
        expect!["`log.vkey` and `log.cnsa` are not usable keys"],
    );
    check("id = \"gov\"", "id = \"lab\"", expect!["party `lab` is listed twice"]);
    check(
        "id = \"gov\"",
        "id = \"G\"",
        expect![
            "`G` is not a party id: use 1 to 80 characters of a-z, 0-9, `.`, `_`, `-`, starting with a letter or digit"
        ],
    );
    check(
        "roles = [\"government\"]",
        "roles = [\"king\"]",
        expect![
            "`king` is not a role; one of: developer, government, determiner, evaluator, clearinghouse, operator, partner, defender, maintainer, reporter, inspector, investigator, root"
        ],
    );
    check("ed25519 = \"", "ed25519 = \"!", expect!["`ed25519` of party `gov` is not base64"]);
    check("ed25519 = \"", "ed25519 = \"AAAA", expect!["a key of party `gov` can't be used"]);
    check(
        "name = \"Example gov\"",
        "name = \"a\\u0007b\"",
        expect!["character 2 is U+0007, which can change how text is displayed; remove it"],
    );
    check(
        "name = \"Example gov\"",
        "name = \"a\"\nemail = \"b\"",
        expect![
            "unknown field `email`, expected one of `id`, `name`, `roles`, `root`, `ed25519`, `ml-dsa-87`, `ml-kem-1024`, `mlkem1024-p384`"
        ],
    );
}

#[test]
fn one_key_has_one_owner() {
    let text = KEYS.trust.to_text();
    let gov = text.split("[[party]]").nth(1).unwrap();
    let twin = gov.replace("id = \"gov\"", "id = \"twin\"");
    let error = Trust::read(&format!("{text}\n[[party]]{twin}")).unwrap_err();
    expect!["parties `gov` and `twin` share a key; each must have its own"]
        .assert_eq(&error.to_string());
}

proptest! {
    #[test]
    fn never_panics(text in ".{0,400}", cut in 0_usize..9000) {
        let _ = Trust::read(&text);
        let cut: String = KEYS.trust.to_text().chars().take(cut).collect();
        let _ = Trust::read(&cut);
    }
}
