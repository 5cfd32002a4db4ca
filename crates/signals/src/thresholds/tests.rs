//! The rules file, and files that are none.

use super::Thresholds;

const SHIPPED: &str = include_str!("../../../../rules/insider.toml");

#[test]
fn the_shipped_file_is_taken() {
    let thresholds = Thresholds::read(SHIPPED).expect("sound");
    let class = |text: &str| thresholds.purpose(text).map(|p| p.name.as_str());
    assert_eq!(class("red-team: refusals in two languages"), Some("red-team"));
    assert_eq!(class("Red-Team"), Some("red-team"));
    assert_eq!(class("red-teaming"), None);
    assert_eq!(class("red-team-like"), None);
    assert_eq!(class("we write"), None);
    assert_eq!(thresholds.purpose_or_unstated("we write").name, "unstated");
}

#[test]
fn what_is_wrong_is_named() {
    let check = |from: &str, to: &str, says: &str| {
        let text = SHIPPED.replacen(from, to, 1);
        assert_ne!(text, SHIPPED, "`{from}` is in the file");
        let error = Thresholds::read(&text).expect_err(says).to_string();
        assert!(error.contains(says), "{error}");
    };
    check("version = 1", "version = 2", "version 2");
    check("[alike]", "[alikes]", "alikes");
    check("least-uses = 20", "least-uses = 0", "zero");
    check("requests-per-hour = 240", "requests-per-hour = 0", "purpose `unstated`");
    check("name = \"unstated\"", "name = \"unsaid\"", "no purpose `unstated`");
    check("name = \"writing\"", "name = \"unstated\"", "there twice");
    check("name = \"volume\"", "name = \"canary\"", "there twice");
    check("name = \"volume\"", "name = \"mood\"", "mood");
    let without = SHIPPED.rsplit_once("[[rule]]").map(|(before, _)| before).unwrap_or_default();
    let error = Thresholds::read(without).expect_err("a rule is missing").to_string();
    assert!(error.contains("`common-prompts` is missing"), "{error}");
    assert!(Thresholds::read(&" ".repeat(70_000)).is_err());
}
