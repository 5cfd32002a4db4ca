//! Looking around from the guest's place. Runs between fork and exec: system calls and stack only.
//!
//! Writes sections to standard output: [`MARK`], a name, a space, an error number (0: none), a line
//! feed, and what was read.

use crate::sys;
use rustix::fd::{AsFd, OwnedFd};
use rustix::fs::{CWD, Mode, OFlags, RawDir, openat};
use rustix::io::{Errno, read, write};
use rustix::net::{AddressFamily, SocketType, connect, socket};
use std::ffi::CStr;
use std::mem::MaybeUninit;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddrV4, SocketAddrV6};

/// Starts a section; no file that is read holds it.
pub(super) const MARK: char = '\u{1}';
/// Most bytes written down of one file.
const MOST: usize = 32 << 10;

pub(crate) fn around() {
    for (name, path) in [
        (&b"routes"[..], c"/proc/net/route"),
        (b"ipv6-routes", c"/proc/net/ipv6_route"),
        (b"interfaces", c"/proc/net/dev"),
        (b"unix-sockets", c"/proc/net/unix"),
        (b"status", c"/proc/self/status"),
        (b"mounts", c"/proc/self/mounts"),
        (b"resolver", c"/etc/resolv.conf"),
        (b"first", c"/proc/1/environ"),
        (b"version", c"/proc/version"),
    ] {
        copy(name, path);
    }
    list(b"processes", c"/proc", u8::is_ascii_digit);
    for (name, path) in
        [(&b"run"[..], c"/run"), (b"home", c"/home"), (b"root", c"/root"), (b"tmp", c"/tmp")]
    {
        list(name, path, |_| true);
    }
    section(b"tcp", reach(SocketType::STREAM, 443).err());
    section(b"udp", reach(SocketType::DGRAM, 53).err());
    section(b"tcp-v6", reach_v6().err());
    section(b"vsock", open_socket(AddressFamily::VSOCK).err());
    section(b"netlink", open_socket(AddressFamily::NETLINK).err());
    section(b"nesting", sys::new_user_namespace().err());
    loopback();
}

fn out(bytes: &[u8]) {
    // A short report lacks sections, which then count as failed.
    let _ = write(rustix::stdio::stdout(), bytes);
}

fn number(value: i32) {
    let mut digits = [b'0'; 12];
    let mut left = value.unsigned_abs();
    let mut used = 0;
    for slot in digits.iter_mut().rev() {
        *slot = b'0' + u8::try_from(left % 10).unwrap_or(0);
        left /= 10;
        used += 1;
        if left == 0 {
            break;
        }
    }
    let (_, shown) = digits.split_at(digits.len() - used);
    out(shown);
}

fn section(name: &[u8], error: Option<Errno>) {
    out(&[1]);
    out(name);
    out(b" ");
    number(error.map_or(0, Errno::raw_os_error));
    out(b"\n");
}

fn copy(name: &[u8], path: &CStr) {
    let file = match openat(CWD, path, OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty()) {
        Ok(file) => file,
        Err(error) => return section(name, Some(error)),
    };
    section(name, None);
    let mut buffer = [0; 4096];
    let mut total = 0;
    while let Ok(n) = read(&file, &mut buffer) {
        let (seen, _) = buffer.split_at(n);
        out(seen);
        total += n;
        if n == 0 || total >= MOST {
            return;
        }
    }
}

/// Names in a directory, those whose first byte is wanted.
fn list(name: &[u8], path: &CStr, wanted: impl Fn(&u8) -> bool) {
    let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
    let dir = match openat(CWD, path, flags, Mode::empty()) {
        Ok(dir) => dir,
        Err(error) => return section(name, Some(error)),
    };
    section(name, None);
    let mut buffer = [MaybeUninit::uninit(); 4096];
    let mut entries = RawDir::new(dir, &mut buffer);
    while let Some(Ok(entry)) = entries.next() {
        let entry = entry.file_name().to_bytes();
        if !matches!(entry, b"." | b"..") && entry.first().is_some_and(&wanted) {
            out(entry);
            out(b"\n");
        }
    }
}

fn open_socket(family: AddressFamily) -> Result<OwnedFd, Errno> {
    let kind = if family == AddressFamily::NETLINK { SocketType::RAW } else { SocketType::STREAM };
    socket(family, kind, None)
}

/// TEST-NET-1 (RFC 5737): nobody is there, and without a route the kernel says so at once.
fn reach(kind: SocketType, port: u16) -> Result<(), Errno> {
    let socket = socket(AddressFamily::INET, kind, None)?;
    connect(&socket, &SocketAddrV4::new(Ipv4Addr::new(192, 0, 2, 1), port))
}

/// The documentation prefix of IPv6 (RFC 3849).
fn reach_v6() -> Result<(), Errno> {
    let socket = socket(AddressFamily::INET6, SocketType::STREAM, None)?;
    let address = Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 1);
    connect(&socket, &SocketAddrV6::new(address, 443, 0, 0))
}

fn loopback() {
    let flags = socket(AddressFamily::INET, SocketType::DGRAM, None)
        .and_then(|socket| sys::interface_flags(socket.as_fd(), b"lo"));
    match flags {
        Ok(flags) => {
            section(b"loopback", None);
            number(i32::from(flags));
        }
        Err(error) => section(b"loopback", Some(error)),
    }
}
