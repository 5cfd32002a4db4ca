//! Both files, and what is refused.
use super::*;
use crate::shared;
use expect_test::expect;

const COMPOSER: &str = r#"{"_readme": ["x"], "content-hash": "abc",
 "packages": [{"name": "Symfony/Http-Kernel", "version": "v4.4.13", "dist": {"type": "zip", "url": "https://x"}},
              {"name": "me/local", "version": "dev-main", "dist": {"type": "path", "url": "../local"}}],
 "packages-dev": [{"name": "phpunit/phpunit", "version": "9.5.0"}]}"#;

const NUGET: &str = r#"{"version": 1, "dependencies": {
  "net6.0": {"Newtonsoft.Json": {"type": "Direct", "requested": "[13.0.1, )", "resolved": "13.0.1", "contentHash": "x"},
             "my.library": {"type": "Project", "dependencies": {"A": "1.0"}}},
  "net7.0": {"Newtonsoft.Json": {"type": "Transitive", "resolved": "13.0.1"}}}}"#;

#[test]
fn both_files() {
    expect![[r#"
        at `packages[0]`: pkg:composer/symfony/http-kernel@v4.4.13
        at `packages[1]`: me/local Some("dev-main")
        at `packages-dev[0]`: pkg:composer/phpunit/phpunit@9.5.0
    "#]]
    .assert_eq(&shared::show(&read_composer(COMPOSER.as_bytes()).unwrap()));
    expect![[r#"
        at `dependencies["net6.0"]["Newtonsoft.Json"]`: pkg:nuget/newtonsoft.json@13.0.1
        at `dependencies["net6.0"]["my.library"]`: my.library None
        at `dependencies["net7.0"]["Newtonsoft.Json"]`: pkg:nuget/newtonsoft.json@13.0.1
    "#]]
    .assert_eq(&shared::show(&read_nuget(NUGET.as_bytes()).unwrap()));
}

#[test]
fn refusals_name_the_place() {
    expect!["composer.lock, at `packages`: there are no `packages`; this is no composer.lock"]
        .assert_eq(&read_composer(b"{}").unwrap_err().to_string());
    expect!["composer.lock, line 1, column 29, at `packages[0]`: missing field `version`; correct it, or fetch the file again if it was cut off"].assert_eq(
        &read_composer(b"{\"packages\": [{\"name\": \"a/b\"}]}").unwrap_err().to_string(),
    );
    expect!["packages.lock.json, at `version`: lock file version 3 is not supported; update this program"]
        .assert_eq(&read_nuget(b"{\"version\": 3, \"dependencies\": {}}").unwrap_err().to_string());
    expect!["packages.lock.json, line 1, column 14: missing field `dependencies`; correct it, or fetch the file again if it was cut off"].assert_eq(&read_nuget(b"{\"version\": 1}").unwrap_err().to_string());
}

#[test]
fn corpora() {
    shared::replay("advisory_composer", |bytes| drop(read_composer(bytes)));
    shared::replay("advisory_nuget", |bytes| drop(read_nuget(bytes)));
}
