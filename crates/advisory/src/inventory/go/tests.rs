//! Requirements and replacements; checksums; what is refused.
use super::*;
use crate::shared;
use expect_test::expect;

const MOD: &str = "module example.org/app // the app

go 1.21
toolchain go1.21.5

require golang.org/x/text v0.3.7
require (
	github.com/gin-gonic/gin v1.9.1
	gopkg.in/yaml.v3 v3.0.1 // indirect
	\"example.org/local\" v0.0.0
	github.com/docker/docker v20.10.7+incompatible
)

replace (
	example.org/local => ../local
	github.com/gin-gonic/gin v1.9.1 => github.com/fork/gin v1.9.2
	gopkg.in/yaml.v3 v3.0.0 => gopkg.in/yaml.v3 v3.0.2
)

exclude golang.org/x/net v1.2.3
retract v1.0.0
";

const SUM: &str = "golang.org/x/text v0.3.7 h1:olpwvP2KacW1ZWvsR7uQhoyTYvKAupfQrRGBFM352Gk=
golang.org/x/text v0.3.7/go.mod h1:u+2+/6zg+i71rQMx5EYifcz6MCKuco9NR6JIITiCfzQ=
golang.org/x/tools v0.0.0-20180917221912-90fa682c2a6e/go.mod h1:n7NCudcB/nEzxVGmLbDWY5pfWTLqBcC2KZ6jyYvM4mQ=
";

#[test]
fn replacements_count() {
    expect![[r#"
        line 6: pkg:golang/golang.org/x/text@v0.3.7
        line 8: pkg:golang/github.com/fork/gin@v1.9.2
        line 9: pkg:golang/gopkg.in/yaml.v3@v3.0.1
        line 10: example.org/local None
        line 11: pkg:golang/github.com/docker/docker@v20.10.7%2Bincompatible
    "#]]
    .assert_eq(&shared::show(&read_mod(MOD.as_bytes()).unwrap()));
    expect![[r#"
        line 1: pkg:golang/golang.org/x/text@v0.3.7
    "#]]
    .assert_eq(&shared::show(&read_sum(SUM.as_bytes()).unwrap()));
}

#[test]
fn refusals_name_the_line() {
    let module = |text: &str| read_mod(text.as_bytes()).unwrap_err().to_string();
    expect![
        "go.mod: there is no `module` line, or a block without its `)`; this is no whole go.mod"
    ]
    .assert_eq(&module("go 1.21\n"));
    expect![
        "go.mod: there is no `module` line, or a block without its `)`; this is no whole go.mod"
    ]
    .assert_eq(&module("module a\nrequire (\n"));
    expect!["go.mod, line 2: `require a.b/c` is not a requirement such as `example.org/a v1.0.0`, or a replacement; correct the value at its source"].assert_eq(&module("module a\nrequire a.b/c\n"));
    expect!["go.mod, line 2: `replace a b` is not a requirement such as `example.org/a v1.0.0`, or a replacement; correct the value at its source"].assert_eq(&module("module a\nreplace a b\n"));
    expect!["go.sum, line 2: `a v1` is not a module, its version and its checksum; correct the value at its source"].assert_eq(&read_sum(b"\na v1\n").unwrap_err().to_string());
    expect!["go.sum, line 1: `sha256:x` is not a checksum that begins with `h1:`; correct the value at its source"].assert_eq(&read_sum(b"a v1 sha256:x\n").unwrap_err().to_string());
}

#[test]
fn corpora() {
    shared::replay("advisory_go_mod", |bytes| drop(read_mod(bytes)));
    shared::replay("advisory_go_sum", |bytes| drop(read_sum(bytes)));
}
