//! Commands are exact, and hostile words give none.
use super::*;

#[test]
fn commands() {
    let given = [
        upgrade(Ecosystem::CratesIo, "time", "0.1.40", "0.1.45"),
        upgrade(Ecosystem::CratesIo, "time", "0.1.40", "0.2.23"),
        upgrade(Ecosystem::PyPi, "django", "2.2.3", "2.2.28"),
        upgrade(Ecosystem::Npm, "@angular/core", "1.0.0", "1.0.1"),
        upgrade(Ecosystem::Go, "golang.org/x/net", "0.1.0", "0.17.0"),
        upgrade(Ecosystem::Debian, "openssl", "3.0.1-1", "3.0.2-1"),
    ];
    let lines: Vec<_> = given.into_iter().map(Option::unwrap).collect();
    expect_test::expect![[r#"
        cargo update -p time@0.1.40 --precise 0.1.45
        cargo tree -i time@0.1.40
        python -m pip install --upgrade 'django==2.2.28'
        npm install @angular/core@1.0.1
        go get golang.org/x/net@v0.17.0
        sudo apt-get install --only-upgrade openssl"#]]
    .assert_eq(&lines.join("\n"));
}

#[test]
fn hostile_words_give_no_command() {
    for word in ["-rf", "a b", "a;b", "$(x)", "a`b", "a'b", "a\nb", "", "a|b", "a>b", "é"] {
        assert_eq!(upgrade(Ecosystem::PyPi, word, "1", "2"), None, "{word}");
        assert_eq!(upgrade(Ecosystem::PyPi, "a", "1", word), None, "{word}");
        assert_eq!(check(Ecosystem::Debian, word, "1"), None, "{word}");
    }
}

#[test]
fn lines() {
    let same = [("1.2.3", "1.9.0"), ("0.1.40", "0.1.45"), ("v1.2", "1.3"), ("2.8.3", "2.8.4rc1")];
    same.iter().for_each(|(from, to)| assert!(same_line(from, to), "{from} {to}"));
    let another = [("0.1.9", "0.2.0"), ("0.9.0", "1.0.0"), ("0.0.1", "0.0.2"), ("x", "1.0.0")];
    another.iter().for_each(|(from, to)| assert!(!same_line(from, to), "{from} {to}"));
    assert!(same_line("4.1.0.Final", "4.1.77.Final") && !same_line("7.0.0", "10.3.0"));
    // a distribution's release is one line
    assert!(is_same_line(Ecosystem::Debian, "1:7.88.1-10", "2:8.0-1"));
}
