//! The sentence for each thing that may be missing.

use super::{Host, explain, probe};
use crate::error::{SandboxError, Step};
use expect_test::{Expect, expect};

fn check(step: Step, errno: i32, [clone, most, apparmor]: [&str; 3], expected: &Expect) {
    let value = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let host = Host { clone: value(clone), most: value(most), apparmor: value(apparmor) };
    let error = SandboxError::Setup { step, error: std::io::Error::from_raw_os_error(errno) };
    expected.assert_eq(&explain(&error, &host).to_string());
}

#[test]
fn sentences() {
    check(
        Step::Namespaces,
        libc::EPERM,
        ["0", "1000", ""],
        &expect![
            "user namespaces are off for ordinary users: set sysctl kernel.unprivileged_userns_clone=1"
        ],
    );
    check(
        Step::Namespaces,
        libc::ENOSPC,
        ["", "0", ""],
        &expect!["user namespaces are off: set sysctl user.max_user_namespaces above 0"],
    );
    check(
        Step::Namespaces,
        libc::ENOSYS,
        ["", "", ""],
        &expect![
            "the kernel lacks clone3, or a container's filter hides it: Linux 5.14 or later is needed"
        ],
    );
    check(
        Step::Namespaces,
        libc::EPERM,
        ["", "", ""],
        &expect![
            "this process may not make namespaces: a container's seccomp profile or a security module forbids it"
        ],
    );
    check(
        Step::Private,
        libc::EACCES,
        ["1", "1", "1"],
        &expect![
            "AppArmor strips user namespaces of their rights: set sysctl kernel.apparmor_restrict_unprivileged_userns=0 or give this program a profile with `userns`"
        ],
    );
    check(
        Step::Proc,
        libc::EPERM,
        ["", "", ""],
        &expect!["a fresh /proc can't be mounted: this container masks parts of its own /proc"],
    );
    check(
        Step::Tree,
        libc::ENOSPC,
        ["", "", ""],
        &expect![
            "the sandbox could not be built while filling the root file system: No space left on device (os error 28)"
        ],
    );
}

#[test]
fn the_probe_agrees_with_a_run() {
    match probe() {
        Ok(found) => assert_eq!(found.own_user, rustix::process::geteuid().is_root()),
        Err(missing) => println!("skipped: {missing}"),
    }
}
