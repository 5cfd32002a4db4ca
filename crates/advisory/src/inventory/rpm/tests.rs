//! Both forms of a line, and what is refused.
use super::*;
use crate::shared;
use expect_test::expect;

const PLAIN: &str = "bash-5.1.8-6.el9_1.x86_64
gpg-pubkey-fd431d51-4ae0493b
python3-pip-wheel-21.2.3-7.el9.noarch
";

const TOLD: &str = "bash 0:5.1.8-6.el9_1 x86_64 Red Hat, Inc.
openssl-libs 1:3.0.7-24.el9 x86_64 Rocky Enterprise Software Foundation
curl (none):8.2.1-3.fc39 x86_64 Fedora Project
gpg-pubkey 0:fd431d51-4ae0493b (none) (none)
agent 0:1.0-1 x86_64 Somebody
";

#[test]
fn both_forms() {
    expect![[r#"
        line 1: bash Some("5.1.8-6.el9_1")
        line 3: python3-pip-wheel Some("21.2.3-7.el9")
    "#]]
    .assert_eq(&shared::show(&read_list(PLAIN.as_bytes()).unwrap()));
    expect![[r#"
        line 1: pkg:rpm/redhat/bash@5.1.8-6.el9_1?distro=rhel-9
        line 2: pkg:rpm/rocky-linux/openssl-libs@3.0.7-24.el9?distro=rocky-9&epoch=1
        line 3: pkg:rpm/fedora/curl@8.2.1-3.fc39?distro=fedora-39
        line 5: agent Some("1.0-1")
    "#]]
    .assert_eq(&shared::show(&read_list(TOLD.as_bytes()).unwrap()));
}

#[test]
fn refusals_name_the_line() {
    for text in ["\nbash\n", "\nbash 5.1\n", "\n-1-2.x86_64\n", "\nbash-5.1.x86_64\n"] {
        let error = read_list(text.as_bytes()).unwrap_err();
        assert_eq!(error.place, Place::line(2), "{text}: {error}");
    }
    expect!["rpm list, line 1: `bash 5.1` is not a package such as `bash-5.1.8-6.el9.x86_64`; correct the value at its source"].assert_eq(&read_list(b"bash 5.1\n").unwrap_err().to_string());
}

#[test]
fn corpus() {
    shared::replay("advisory_rpm_list", |bytes| drop(read_list(bytes)));
}
