//! Reaching somebody: networks, name servers, sockets, System V objects.

use super::call::call;
use std::ffi::c_long;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{UnixDatagram, UnixStream};
use std::time::Duration;

const SHORTLY: Duration = Duration::from_secs(2);

pub(super) fn attempt(name: &str, argument: &str) -> Option<bool> {
    let key = argument.parse::<c_long>();
    let open = |family: i32, kind: i32, protocol: i32| {
        call(libc::SYS_socket, [family.into(), kind.into(), protocol.into()])
    };
    Some(match name {
        "tcp" | "tcp-v6" => TcpStream::connect(argument).is_ok(),
        "udp" | "dns-udp" => ask_by_datagram(argument).unwrap_or(false),
        "dns-tcp" => ask_by_connection(argument).unwrap_or(false),
        "be-reached" => be_reached(argument).unwrap_or(false),
        "interface-up" => flags().is_ok_and(|flags| i32::from(flags) & libc::IFF_UP != 0),
        "raise-interface" => raise(),
        "raw-socket" => open(libc::AF_INET, libc::SOCK_RAW, libc::IPPROTO_ICMP),
        "packet-socket" => open(libc::AF_PACKET, libc::SOCK_RAW, 0),
        "netlink" => open(libc::AF_NETLINK, libc::SOCK_RAW, 0),
        "vsock" => open(libc::AF_VSOCK, libc::SOCK_STREAM, 0),
        "unix" => UnixStream::connect(argument).is_ok(),
        "unix-datagram" => {
            UnixDatagram::unbound().and_then(|s| s.send_to(b"hello", argument)).is_ok()
        }
        "abstract" => address(argument).and_then(|a| UnixStream::connect_addr(&a)).is_ok(),
        "abstract-datagram" => address(argument)
            .and_then(|a| UnixDatagram::unbound()?.send_to_addr(b"hello", &a))
            .is_ok(),
        "list-sockets" => {
            std::fs::read_to_string("/proc/net/unix").is_ok_and(|text| text.contains(argument))
        }
        "shared-memory" => call(libc::SYS_shmget, [key.ok()?, 0, 0]),
        "message-queue" => call(libc::SYS_msgget, [key.ok()?, 0]),
        "semaphores" => call(libc::SYS_semget, [key.ok()?, 0, 0]),
        _ => return None,
    })
}

fn address(name: &str) -> std::io::Result<std::os::unix::net::SocketAddr> {
    std::os::unix::net::SocketAddr::from_abstract_name(name)
}

/// A query for the address of `example.test` (RFC 1035, 4.1).
const QUERY: &[u8] =
    b"\x56\x53\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07example\x04test\x00\x00\x01\x00\x01";

/// Whether these bytes answer the query.
fn answers(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x56\x53") && bytes.get(2).is_some_and(|flags| flags & 0x80 != 0)
}

fn ask_by_datagram(server: &str) -> std::io::Result<bool> {
    let socket = UdpSocket::bind("0.0.0.0:0")?;
    socket.set_read_timeout(Some(SHORTLY))?;
    socket.send_to(QUERY, server)?;
    let mut bytes = [0; 512];
    let n = socket.recv(&mut bytes)?;
    Ok(answers(bytes.get(..n).unwrap_or_default()))
}

fn ask_by_connection(server: &str) -> std::io::Result<bool> {
    let mut stream = TcpStream::connect(server)?;
    stream.set_read_timeout(Some(SHORTLY))?;
    let length = u16::try_from(QUERY.len()).unwrap_or(0).to_be_bytes();
    stream.write_all(&[&length, QUERY].concat())?;
    let mut bytes = [0; 512];
    let n = stream.read(&mut bytes)?;
    Ok(answers(bytes.get(2..n).unwrap_or_default()))
}

fn be_reached(address: &str) -> std::io::Result<bool> {
    let asked: SocketAddr = address.parse().map_err(std::io::Error::other)?;
    let listener = TcpListener::bind(("0.0.0.0", asked.port()))?;
    listener.set_nonblocking(true)?;
    for _ in 0..100 {
        if let Ok((mut stream, _)) = listener.accept() {
            stream.set_nonblocking(false)?;
            stream.set_read_timeout(Some(SHORTLY))?;
            let mut bytes = [0; 5];
            stream.read_exact(&mut bytes)?;
            return Ok(&bytes == b"hello");
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(false)
}

fn flags() -> Result<i16, rustix::io::Errno> {
    let socket = rustix::net::socket(
        rustix::net::AddressFamily::INET,
        rustix::net::SocketType::DGRAM,
        None,
    )?;
    crate::sys::interface_flags(&socket, b"lo")
}

fn raise() -> bool {
    let Ok(socket) = UdpSocket::bind("0.0.0.0:0") else { return false };
    let Ok(flags) = flags() else { return false };
    let mut request = [0_u8; 40];
    let up = (flags | i16::try_from(libc::IFF_UP).unwrap_or(0)).to_ne_bytes();
    for (to, from) in request.iter_mut().zip(b"lo\0\0\0\0\0\0\0\0\0\0\0\0\0\0".iter().chain(&up)) {
        *to = *from;
    }
    let fd = rustix::fd::AsRawFd::as_raw_fd(&socket);
    // SIOCSIFFLAGS
    call(libc::SYS_ioctl, [fd.into(), 0x8914, request.as_mut_ptr() as c_long])
}
