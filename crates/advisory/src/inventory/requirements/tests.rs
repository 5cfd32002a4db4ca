//! pip's syntax: what pins, what leaves a choice, what is refused.
use super::*;
use crate::shared;
use expect_test::expect;
use proptest::prelude::*;

const SMALL: &str = r"# comment
--index-url https://example.org/simple
Friendly_Bard==1.0
requests[socks,security] >= 2.8.1, == 2.8.* ; python_version < '3'
pinned===2004-custom  # why
two==1.0,!=1.1
hashed==2.0 \
    --hash=sha256:00 \
    --hash=sha256:01
direct @ https://example.org/direct-1.0.zip#sha256=00
old (==3.1)
bare
";

#[test]
fn what_pins_a_version() {
    let inventory = read(SMALL.as_bytes()).unwrap();
    let line = |one: &Component| format!("{} {:?}{}\n", one.name, one.version, one.place);
    let show: String = inventory.components.iter().map(line).collect();
    expect![[r#"
        friendly-bard Some("1.0"), line 3
        requests None, line 4
        pinned Some("2004-custom"), line 5
        two Some("1.0"), line 6
        hashed Some("2.0"), line 7
        direct None, line 10
        old Some("3.1"), line 11
        bare None, line 12
    "#]]
    .assert_eq(&show);
}

#[test]
fn refusals_name_the_line() {
    let refused = [
        "-r other.txt",
        "-rother.txt",
        "--constraint=c.txt",
        "-e .",
        "--frobnicate",
        "https://example.org/a-1.0.zip",
        "./local",
        "a-1.0-py3-none-any.whl",
        "name=1.0",
        "name==",
        "name[extra==1",
        "-",
        "n\u{e4}me==1",
    ];
    let mut messages = String::new();
    for text in refused {
        let error = read(format!("first==1\n{text}\n").as_bytes()).unwrap_err();
        messages.push_str(&format!("{error}\n"));
    }
    expect![[r#"
        requirements.txt, line 2: `-r` is not supported; give the other file as well and delete this line, or list what is installed with `pip freeze`
        requirements.txt, line 2: `-rother.txt` is not supported; give the other file as well and delete this line, or list what is installed with `pip freeze`
        requirements.txt, line 2: `--constraint` is not supported; give the other file as well and delete this line, or list what is installed with `pip freeze`
        requirements.txt, line 2: `-e` is not supported; list what is installed with `pip freeze --exclude-editable`
        requirements.txt, line 2: `--frobnicate` is not an option of a requirements file; correct the value at its source
        requirements.txt, line 2: a requirement that is only a path or a URL is not supported; write `name @ URL`, so that it can be named
        requirements.txt, line 2: a requirement that is only a path or a URL is not supported; write `name @ URL`, so that it can be named
        requirements.txt, line 2: a requirement that is only a path or a URL is not supported; write `name @ URL`, so that it can be named
        requirements.txt, line 2: `=1.0` is not a version specifier such as `==1.0`; correct the value at its source
        requirements.txt, line 2: `==` is not a version specifier such as `==1.0`; correct the value at its source
        requirements.txt, line 2: `[extra==1` is not a list of extras such as `[socks]`; correct the value at its source
        requirements.txt, line 2: `-` is not an option of a requirements file; correct the value at its source
        requirements.txt, line 2: `äme==1` is not a version specifier such as `==1.0`; correct the value at its source
    "#]].assert_eq(&messages);
}

#[test]
fn corpus() {
    shared::replay("advisory_requirements", |bytes| drop(read(bytes)));
}

proptest! {
    #[test]
    fn never_panics(bytes in proptest::collection::vec(any::<u8>(), 0..200), text in "[a-z=<>~!;@#\\[\\]() .\\\\\n-]{0,40}") {
        let _ = read(&bytes);
        if let Ok(inventory) = read(text.as_bytes()) {
            prop_assert!(inventory.components.iter().all(|one| !one.name.is_empty()));
        }
    }
}
