//! Tables as people write them, and what is refused.
use super::*;
use crate::shared;
use expect_test::expect;

const SEMICOLONS: &str = "sep=;\r\nOwner;Package Name;Installed version;Ecosystem\r\n\
\"Hill; Ward 3\";Django;=\"3.10\";Python\r\n;;;\r\nIT;openssl;3.0.11-1~deb12u2;Debian 12\r\nIT;curl;7.81.0;Ubuntu:22.04\r\nIT;busybox;1.36.1-r2;Alpine:v3.18\r\n\
IT;spring-core;1.x;java\r\nIT;PACS server;11;Windows\r\n";

const COMMAS: &str =
    "VERSION,purl,name\n,pkg:npm/%40a/b@1.2.3,\n2.0,pkg:cargo/rand,rand\n1.0,,unknown thing\n";

const TABS: &str = "group\tname\tversion\ttype\norg.example\tcore\t1.0\tmaven\n@a\tb\t>=2\tnpm\n\torg.x:y\t2\tMaven\n\tbash\t5.1-6.el9\tRocky Linux 9\n";

#[test]
fn each_separator() {
    expect![[r#"
        line 2: pkg:pypi/django@3.10
        line 4: pkg:deb/debian/openssl@3.0.11-1~deb12u2?distro=debian-12
        line 5: pkg:deb/ubuntu/curl@7.81.0?distro=ubuntu-22.04
        line 6: pkg:apk/alpine/busybox@1.36.1-r2?distro=alpine-3.18
        line 7: spring-core None
        line 8: PACS server Some("11")
    "#]]
    .assert_eq(&shared::show(&read(SEMICOLONS.as_bytes()).unwrap()));
    expect![[r#"
        line 2: pkg:npm/%40a/b@1.2.3
        line 3: pkg:cargo/rand
        line 4: unknown thing Some("1.0")
    "#]]
    .assert_eq(&shared::show(&read(COMMAS.as_bytes()).unwrap()));
    expect![[r#"
        line 2: pkg:maven/org.example/core@1.0
        line 3: pkg:npm/%40a/b
        line 4: pkg:maven/org.x/y@2
        line 5: pkg:rpm/rocky-linux/bash@5.1-6.el9?distro=rocky-9
    "#]]
    .assert_eq(&shared::show(&read(TABS.as_bytes()).unwrap()));
    let marked = format!("\u{feff}{COMMAS}");
    assert_eq!(read(marked.as_bytes()).unwrap(), read(COMMAS.as_bytes()).unwrap());
}

#[test]
fn refusals_name_the_line() {
    let check = |text: &str, expected: expect_test::Expect| {
        expected.assert_eq(&read(text.as_bytes()).unwrap_err().to_string());
    };
    check("", expect!["spreadsheet, line 1: the table is empty; its first row names the columns"]);
    check(
        "vendor,version\n",
        expect![
            "spreadsheet, line 1: the first row names no column `name` or `purl`; name the columns there"
        ],
    );
    check(
        "name,version\na,1\nb,2,3\n",
        expect![
            "spreadsheet, line 3: the row has more cells than the first one; put quotes around a cell that contains the separator"
        ],
    );
    check(
        "name,version\n,1\n",
        expect!["spreadsheet, line 2: the row has no name; name what it is about, or delete it"],
    );
    check(
        "name,purl\na,npm/a\n",
        expect![
            "spreadsheet, line 2: `npm/a` is not a package URL: a package URL begins with `pkg:`; correct it, or remove it so that the component counts as unknown"
        ],
    );
    expect!["spreadsheet, line 2: it is not UTF-8 text; save or export it as UTF-8"]
        .assert_eq(&read(b"name\nK\xf6ln\n").unwrap_err().to_string());
}

#[test]
fn corpus() {
    shared::replay("advisory_spreadsheet", |bytes| drop(read(bytes)));
}
