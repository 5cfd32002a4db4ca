//! Interfaces: a loopback that is up, a bridge, and cables between namespaces.
//!
//! Cables are made by one rtnetlink message (rtnetlink(7), veth(4)); the rest is ioctl (netdevice(7)).

use super::Space;
use crate::error::SandboxError;
use crate::sys;
use rustix::fd::{AsRawFd as _, OwnedFd};
use rustix::fs::{CWD, Mode, OFlags, openat};
use rustix::io::Errno;
use rustix::net::{AddressFamily, RecvFlags, SendFlags, SocketType, recv, send, socket};

const BRIDGE: &str = "range";
/// `NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL`.
const MAKE: u16 = 0x1 | 0x4 | 0x400 | 0x200;

/// Puts the calling thread in a new network namespace, loopback up, and returns a handle on it.
pub(super) fn fresh() -> Result<OwnedFd, Errno> {
    sys::new_network_namespace()?;
    // absent on kernels without IPv6, which need no switching off
    let _ = std::fs::write("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1");
    let _ = std::fs::write("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
    // services may have the ports that such services have; nobody else lives here
    let _ = std::fs::write("/proc/sys/net/ipv4/ip_unprivileged_port_start", "0");
    up("lo")?;
    openat(CWD, "/proc/thread-self/ns/net", OFlags::RDONLY | OFlags::CLOEXEC, Mode::empty())
}

fn control() -> Result<OwnedFd, Errno> {
    socket(AddressFamily::INET, SocketType::DGRAM, None)
}

fn up(name: &str) -> Result<(), Errno> {
    sys::set_interface_up(control()?, name.as_bytes())
}

/// Makes the bridge, in its namespace.
pub(super) fn bridge() -> Result<(), Errno> {
    sys::add_bridge(control()?, BRIDGE.as_bytes())?;
    up(BRIDGE)
}

/// Leads a cable from the bridge to a host, whose end is `eth0` with this address.
pub(super) fn attach(
    middle: &Space,
    host: &Space,
    address: [u8; 4],
    number: u32,
) -> Result<(), SandboxError> {
    let port = format!("port{number}");
    middle
        .inside(|| {
            cable(&port, "eth0", &host.0)?;
            sys::join_bridge(control()?, BRIDGE.as_bytes(), port.as_bytes())?;
            up(&port)
        })?
        .map_err(SandboxError::network)?;
    host.inside(|| {
        sys::set_address(control()?, b"eth0", address, [255, 255, 255, 0])?;
        up("eth0")
    })?
    .map_err(SandboxError::network)
}

/// A pair of interfaces: `name` here, `peer` in the other namespace.
fn cable(name: &str, peer: &str, other: &OwnedFd) -> Result<(), Errno> {
    let other = other.as_raw_fd().to_ne_bytes();
    let there = [link_message(), attribute(3, &text(peer)), attribute(28, &other)].concat();
    let data = attribute(2, &attribute(1, &there));
    let kind = attribute(18, &[attribute(1, b"veth"), data].concat());
    let body = [link_message(), attribute(3, &text(name)), kind].concat();
    let size = u32::try_from(body.len() + 16).unwrap_or(u32::MAX);
    let head = [
        &size.to_ne_bytes()[..],
        &16_u16.to_ne_bytes(), // RTM_NEWLINK
        &MAKE.to_ne_bytes(),
        &1_u32.to_ne_bytes(),
        &0_u32.to_ne_bytes(),
    ];
    let message = [head.concat(), body].concat();
    let socket = socket(AddressFamily::NETLINK, SocketType::RAW, None)?;
    send(&socket, &message, SendFlags::empty())?;
    let mut answer = [0_u8; 4_096];
    let (_, read) = recv(&socket, &mut answer, RecvFlags::empty())?;
    // an acknowledgement: a header of 16 bytes, then an error number below zero, or zero
    let error = answer.get(16..20).and_then(|b| b.first_chunk::<4>()).filter(|_| read >= 20);
    match error.map_or(-libc::EPROTO, |b| i32::from_ne_bytes(*b)) {
        0 => Ok(()),
        error => Err(Errno::from_raw_os_error(error.saturating_neg())),
    }
}

/// `struct ifinfomsg` with nothing asked for.
fn link_message() -> Vec<u8> {
    vec![0; 16]
}

fn text(name: &str) -> Vec<u8> {
    [name.as_bytes(), b"\0"].concat()
}

/// `struct rtattr` with its payload, padded to four bytes.
fn attribute(kind: u16, payload: &[u8]) -> Vec<u8> {
    let size = u16::try_from(payload.len() + 4).unwrap_or(u16::MAX);
    let mut out = [&size.to_ne_bytes()[..], &kind.to_ne_bytes(), payload].concat();
    out.resize(out.len().next_multiple_of(4), 0);
    out
}
