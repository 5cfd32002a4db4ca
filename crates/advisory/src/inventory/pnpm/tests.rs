//! The headings of each version, and what is refused.
use super::*;
use crate::shared;
use expect_test::expect;

const FIVE: &str = "lockfileVersion: 5.4

specifiers:
  a: ^1.0.0

packages:

  /@babel/code-frame/7.12.13:
    resolution: {integrity: sha512-x}
    dev: true

  /foo/1.0.0_react@17.0.2:
    resolution: {integrity: sha512-x}

  /old/2.0.0/react@16.0.0:
    resolution: {integrity: sha512-x}

  github.com/owner/repo/abc:
    resolution: {tarball: https://codeload.github.com/owner/repo/tar.gz/abc}
    name: repo
    version: 0.1.0
";

const SIX: &str = "lockfileVersion: '6.0'

packages:

  /@babel/code-frame@7.12.13:
    resolution: {integrity: sha512-x}

  /foo@1.0.0(react@17.0.2)(x@1):
    resolution: {integrity: sha512-x}

  file:../local:
    resolution: {directory: ../local, type: directory}
";

const NINE: &str = "lockfileVersion: '9.0'

settings:
  autoInstallPeers: true

importers:

  .:
    dependencies:
      foo:
        specifier: ^1
        version: 1.0.0(react@17.0.2)

packages:

  '@babel/code-frame@7.12.13':
    resolution: {integrity: sha512-x}

  foo@1.0.0:
    resolution: {integrity: sha512-x}

  mine@https://codeload.github.com/o/mine/tar.gz/abc:
    resolution: {tarball: https://codeload.github.com/o/mine/tar.gz/abc}
    version: 1.0.0

snapshots:

  foo@1.0.0(react@17.0.2):
    dependencies:
      react: 17.0.2
";

#[test]
fn each_version() {
    expect![[r#"
        line 8: pkg:npm/%40babel/code-frame@7.12.13
        line 12: pkg:npm/foo@1.0.0
        line 15: pkg:npm/old@2.0.0
        line 18: github.com/owner/repo/abc None
    "#]]
    .assert_eq(&shared::show(&read(FIVE.as_bytes()).unwrap()));
    expect![[r#"
        line 5: pkg:npm/%40babel/code-frame@7.12.13
        line 8: pkg:npm/foo@1.0.0
        line 11: file:../local None
    "#]]
    .assert_eq(&shared::show(&read(SIX.as_bytes()).unwrap()));
    expect![[r#"
        line 16: pkg:npm/%40babel/code-frame@7.12.13
        line 19: pkg:npm/foo@1.0.0
        line 22: mine@https://codeload.github.com/o/mine/tar.gz/abc None
    "#]]
    .assert_eq(&shared::show(&read(NINE.as_bytes()).unwrap()));
}

#[test]
fn refusals_name_the_line() {
    let check = |text: &str, expected: expect_test::Expect| {
        expected.assert_eq(&read(text.as_bytes()).unwrap_err().to_string());
    };
    check("", expect!["pnpm-lock.yaml: there is no `lockfileVersion`; this is no pnpm-lock.yaml"]);
    check(
        "lockfileVersion: 4\n",
        expect![
            "pnpm-lock.yaml, line 1: lock file version 4 is not supported; write the file with pnpm 3 or newer, or update this program"
        ],
    );
    check(
        "packages:\n  /a/1.0.0:\n",
        expect!["pnpm-lock.yaml, line 2: there is no `lockfileVersion` before; the file was cut"],
    );
    check(
        "lockfileVersion: 5.4\npackages:\n  /a/1.0.0\n",
        expect![
            "pnpm-lock.yaml, line 3: `  /a/1.0.0` is not a heading such as `/a/1.0.0:`; correct the value at its source"
        ],
    );
}

#[test]
fn corpus() {
    shared::replay("advisory_pnpm", |bytes| drop(read(bytes)));
}
