//! Kernels of several distributions, and what is refused.
use super::*;
use crate::shared;
use expect_test::expect;

const DEBIAN: &str = "Linux version 6.1.0-18-amd64 (debian-kernel@lists.debian.org) (gcc-12 (Debian 12.2.0-14) 12.2.0, GNU ld (GNU Binutils for Debian) 2.40) #1 SMP PREEMPT_DYNAMIC Debian 6.1.76-1 (2024-02-01)\n";
const UBUNTU: &str = "Linux host 6.5.0-14-generic #14~22.04.1-Ubuntu SMP PREEMPT_DYNAMIC Mon Nov 20 18:15:30 UTC 2 x86_64 x86_64 x86_64 GNU/Linux\n";
const SIGNATURE: &str = "Ubuntu 5.15.0-1051.56-aws 5.15.136\n";

#[test]
fn each_distribution() {
    let show = |text: &str| shared::show(&read(text.as_bytes()).unwrap());
    let all = [
        DEBIAN,
        UBUNTU,
        SIGNATURE,
        "Linux version 5.15.0-91-generic (buildd@x) #101-Ubuntu SMP Tue Nov 14 13:30:08 UTC 2023",
        "Linux host 6.12.48+deb13-amd64 #1 SMP PREEMPT_DYNAMIC Debian 6.12.48-1 (2025-09-20) x86_64 GNU/Linux",
        "6.1.0-18-amd64\n",
        "5.14.0-362.8.1.el9_3.x86_64",
        "6.6.7-0-lts",
        "6.9.3-arch1-1",
    ];
    expect![[r#"
        line 1: pkg:deb/debian/linux@6.1.76-1
        line 1: pkg:deb/ubuntu/linux-hwe-6.5@6.5.0-14.14~22.04.1?distro=ubuntu-22.04
        line 1: pkg:deb/ubuntu/linux-aws@5.15.0-1051.56
        line 1: pkg:deb/ubuntu/linux@5.15.0-91.101
        line 1: pkg:deb/debian/linux@6.12.48-1?distro=debian-13
        line 1: pkg:deb/debian/linux
        line 1: kernel Some("5.14.0-362.8.1.el9_3")
        line 1: pkg:apk/alpine/linux-lts@6.6.7-r0
        line 1: linux Some("6.9.3-arch1-1")
    "#]]
    .assert_eq(&all.map(show).concat());
}

#[test]
fn refusals() {
    expect!["kernel release, line 1: `Darwin host` is not a kernel release such as `6.1.0-18-amd64`; correct the value at its source"].assert_eq(&read(b"Darwin host").unwrap_err().to_string());
    assert!(read(b"").is_err() && read(b"6").is_err());
}

#[test]
fn corpus() {
    shared::replay("advisory_kernel", |bytes| drop(read(bytes)));
}
