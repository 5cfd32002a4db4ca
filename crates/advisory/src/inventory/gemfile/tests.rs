//! Sections of each kind, and what is refused.
use super::*;
use crate::shared;
use expect_test::expect;

const SMALL: &str = "GIT
  remote: https://example.org/mine.git
  revision: abc
  specs:
    mine (0.1.0)

PATH
  remote: .
  specs:
    app (1.0.0)
      rack (~> 2.0)

GEM
  remote: https://rubygems.org/
  specs:
    nokogiri (1.11.0-x86_64-linux)
      racc (~> 1.4)
    rack (2.2.3)
    rails (7.1.0.rc1)

PLATFORMS
  x86_64-linux

DEPENDENCIES
  app!
  rack (>= 2)

CHECKSUMS
  rack (2.2.3) sha256=abc

BUNDLED WITH
   2.4.1
";

#[test]
fn only_gems_of_a_source_are_gems() {
    expect![[r#"
        line 5: mine Some("0.1.0")
        line 10: app Some("1.0.0")
        line 16: pkg:gem/nokogiri@1.11.0
        line 18: pkg:gem/rack@2.2.3
        line 19: pkg:gem/rails@7.1.0.rc1
    "#]]
    .assert_eq(&shared::show(&read(SMALL.as_bytes()).unwrap()));
}

#[test]
fn refusals_name_the_line() {
    expect!["Gemfile.lock: there is no section such as `GEM`; this is no Gemfile.lock"]
        .assert_eq(&read(b"").unwrap_err().to_string());
    expect!["Gemfile.lock, line 3: `rack` is not a gem and its version such as `rack (2.2.3)`; correct the value at its source"].assert_eq(&read(b"GEM\n  specs:\n    rack\n").unwrap_err().to_string());
    expect!["Gemfile.lock, line 2: this is a merge conflict; resolve it with `bundle lock`"]
        .assert_eq(&read(b"GEM\n<<<<<<< HEAD\n").unwrap_err().to_string());
}

#[test]
fn corpus() {
    shared::replay("advisory_gemfile", |bytes| drop(read(bytes)));
}
