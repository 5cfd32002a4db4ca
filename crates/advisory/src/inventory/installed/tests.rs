//! Each list, and what is refused.
use super::*;
use crate::shared;
use expect_test::expect;

const PIP: &str = r#"[{"name": "Zope.Interface", "version": "5.0"},
 {"name": "mine", "version": "0.1", "editable_project_location": "/home/mine"}]"#;

const METADATA: &str = "Metadata-Version: 2.1
Name: Zope.Interface
Version: 5.0
Summary: Name: not this

Name: nor this
Version: 9
";

const NPM: &str = r#"{"name": "app", "version": "1.0.0", "problems": ["missing: gone@^1"],
 "dependencies": {
  "@a/b": {"version": "1.2.3", "resolved": "https://registry.npmjs.org/@a/b/-/b-1.2.3.tgz",
    "dependencies": {"c": {"version": "2.0.0"}}},
  "gone": {"required": "^1", "missing": true},
  "mine": {"version": "0.1.0", "resolved": "file:../mine"}}}"#;

#[test]
fn each_list() {
    expect![[r#"
        at `[0]`: pkg:pypi/zope-interface@5.0
        at `[1]`: mine Some("0.1")
    "#]]
    .assert_eq(&shared::show(&read_pip_list(PIP.as_bytes()).unwrap()));
    expect![[r#"
        line 2: pkg:pypi/zope-interface@5.0
    "#]]
    .assert_eq(&shared::show(&read_python_metadata(METADATA.as_bytes()).unwrap()));
    expect![[r#"
        at `dependencies["@a/b"]`: pkg:npm/%40a/b@1.2.3
        at `dependencies["@a/b"].dependencies["c"]`: pkg:npm/c@2.0.0
        at `dependencies["mine"]`: mine Some("0.1.0")
    "#]]
    .assert_eq(&shared::show(&read_npm_list(NPM.as_bytes()).unwrap()));
}

#[test]
fn refusals_name_the_place() {
    expect!["pip list, line 1, column 14, at `[0]`: missing field `version`; correct it, or fetch the file again if it was cut off"].assert_eq(&read_pip_list(b"[{\"name\": \"a\"}]").unwrap_err().to_string());
    expect!["Python package METADATA, line 1: there is no `Name` or no `Version`; this is no metadata of a Python package"]
        .assert_eq(&read_python_metadata(b"Name: a\n\nVersion: 1\n").unwrap_err().to_string());
    expect!["npm list, at `dependencies`: there are no `dependencies`; write it with `npm ls --json --all`"].assert_eq(&read_npm_list(b"{}").unwrap_err().to_string());
    let deep = (0..50)
        .fold("{}".to_owned(), |inner, _| format!("{{\"dependencies\": {{\"a\": {inner}}}}}"));
    let error = read_npm_list(deep.as_bytes()).unwrap_err().problem;
    assert_eq!(error, Problem::TooMany { what: "levels of packages", bound: MAX_TREE });
}

#[test]
fn corpora() {
    shared::replay("advisory_pip_list", |bytes| drop(read_pip_list(bytes)));
    shared::replay("advisory_python_metadata", |bytes| drop(read_python_metadata(bytes)));
    shared::replay("advisory_npm_list", |bytes| drop(read_npm_list(bytes)));
}
