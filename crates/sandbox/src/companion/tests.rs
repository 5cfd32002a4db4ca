//! Output, exit codes, and an end that is certain.
use super::*;

#[test]
fn says_what_the_program_said() {
    let said = run(Path::new("/bin/sh"), &["-c", "echo out; echo err >&2; exit 3"]).unwrap();
    assert_eq!(
        (said.code, said.stdout, said.stderr),
        (Some(3), b"out\n".to_vec(), b"err\n".to_vec())
    );
}

#[test]
fn ends_when_asked_and_when_dropped() {
    let log = || File::create("/dev/null").unwrap();
    let companion = Companion::start(Path::new("/bin/sleep"), &["60"], log()).unwrap();
    assert!(!companion.stop().unwrap().success());
    let mut companion = Companion::start(Path::new("/bin/sleep"), &["60"], log()).unwrap();
    assert!(companion.ended().unwrap().is_none());
    let id = rustix::process::Pid::from_raw(companion.id().try_into().unwrap()).unwrap();
    drop(companion);
    assert!(rustix::process::test_kill_process(id).is_err());
}

#[test]
fn a_flood_is_drained() {
    let said = run(
        Path::new("/bin/sh"),
        &["-c", "head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2"],
    );
    let said = said.unwrap();
    assert_eq!((said.stdout.len(), said.stderr.len()), (3_000_000, 3_000_000));
}
