//! What the host keeps for the length of an attempt: places, peers that answer, System V objects.
#![expect(clippy::disallowed_methods, reason = "edge: peers wait")]
#![expect(unsafe_code, reason = "System V calls that no safe wrapper offers")]

use std::any::Any;
use std::fs;
use std::io::{self, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream, UdpSocket};
use std::os::linux::net::SocketAddrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

static COUNT: AtomicU32 = AtomicU32::new(0);

/// Something that ends with the attempt.
#[expect(dead_code, reason = "held for their ends")]
pub(super) enum Keep {
    Any(Box<dyn Any>),
    Place(Place),
    Peer(Peer),
    Object(Object, i32),
}

impl Keep {
    pub(super) fn any(thing: impl Any) -> Self {
        Self::Any(Box::new(thing))
    }
}

impl Drop for Keep {
    fn drop(&mut self) {
        if let Self::Object(kind, id) = self {
            kind.remove(*id);
        }
    }
}

/// A directory of the host that anyone may enter and write.
pub(super) struct Place {
    pub(super) path: PathBuf,
}

impl Place {
    pub(super) fn new() -> io::Result<Self> {
        Self::below(&std::env::temp_dir())
    }

    pub(super) fn below(base: &Path) -> io::Result<Self> {
        let number = COUNT.fetch_add(1, Ordering::Relaxed);
        let path = base.join(format!("vestibule-escape-{}-{number}", std::process::id()));
        fs::create_dir(&path)?;
        let place = Self { path };
        fs::set_permissions(&place.path, fs::Permissions::from_mode(0o777))?;
        Ok(place)
    }

    /// A file in it that anyone may read and write.
    pub(super) fn secret(&self) -> io::Result<PathBuf> {
        let path = self.path.join("secret");
        fs::write(&path, "secret")?;
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666))?;
        Ok(path)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // what stays is one directory of ours
        let _ = fs::remove_dir_all(&self.path);
    }
}

/// A thread that answers until it is dropped.
pub(super) struct Peer {
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

const TICK: Duration = Duration::from_millis(50);

impl Peer {
    /// Repeats `serve` until the end; it must return within about a second.
    fn start(mut serve: impl FnMut() + Send + 'static) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&over);
        let thread = std::thread::spawn(move || {
            while !seen.load(Ordering::Relaxed) {
                serve();
            }
        });
        Self { over, thread: Some(thread) }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        if let Some(thread) = self.thread.take() {
            // a peer that panicked answered nobody, which the attempt shows
            let _ = thread.join();
        }
    }
}

/// Sends every datagram back with the bit set that makes a query an answer (RFC 1035, 4.1.1).
pub(super) fn answer_datagrams(socket: UdpSocket) -> io::Result<Keep> {
    socket.set_read_timeout(Some(TICK))?;
    Ok(Keep::Peer(Peer::start(move || {
        let mut bytes = [0; 512];
        if let Ok((n, from)) = socket.recv_from(&mut bytes) {
            answered(&mut bytes, 2);
            let _ = socket.send_to(bytes.get(..n).unwrap_or_default(), from);
        }
    })))
}

/// The same over connections, where a length of two bytes goes before.
pub(super) fn answer_connections(listener: TcpListener) -> io::Result<Keep> {
    listener.set_nonblocking(true)?;
    Ok(Keep::Peer(Peer::start(move || {
        let Ok((mut stream, _)) = listener.accept() else { return pause(TICK) };
        let mut bytes = [0; 512];
        let _ = stream.set_nonblocking(false);
        let _ = stream.set_read_timeout(Some(Duration::from_secs(1)));
        if let Ok(n) = stream.read(&mut bytes) {
            answered(&mut bytes, 4);
            let _ = stream.write_all(bytes.get(..n).unwrap_or_default());
        }
    })))
}

fn answered(bytes: &mut [u8], at: usize) {
    if let Some(flags) = bytes.get_mut(at) {
        *flags |= 0x80;
    }
}

/// Calls an address until the end.
pub(super) fn call(address: SocketAddr) -> Keep {
    Keep::Peer(Peer::start(move || {
        if let Ok(mut stream) = TcpStream::connect_timeout(&address, TICK) {
            let _ = stream.write_all(b"hello");
        }
        pause(TICK);
    }))
}

pub(super) fn pause(time: Duration) {
    std::thread::sleep(time);
}

pub(super) fn abstract_address() -> io::Result<(String, std::os::unix::net::SocketAddr)> {
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let name = format!("vestibule-escape-{}-{number}", std::process::id());
    let address = std::os::unix::net::SocketAddr::from_abstract_name(&name)?;
    Ok((name, address))
}

/// A System V object.
#[derive(Clone, Copy)]
pub(super) enum Object {
    Memory,
    Queue,
    Semaphores,
}

impl Object {
    fn remove(self, id: i32) {
        // SAFETY: removes an object of ours that nothing maps or waits on.
        unsafe {
            match self {
                Self::Memory => libc::shmctl(id, libc::IPC_RMID, std::ptr::null_mut()),
                Self::Queue => libc::msgctl(id, libc::IPC_RMID, std::ptr::null_mut()),
                Self::Semaphores => libc::semctl(id, 0, libc::IPC_RMID),
            }
        };
    }
}

/// Makes an object under a key of its own.
pub(super) fn system_v(kind: Object) -> io::Result<(i32, Keep)> {
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let key = 0x5600_0000 | ((std::process::id() & 0xffff) << 8) | (number & 0xff);
    let key = key.cast_signed();
    let flags = libc::IPC_CREAT | libc::IPC_EXCL | 0o666;
    // SAFETY: makes an object that is removed when it is dropped.
    let id = unsafe {
        match kind {
            Object::Memory => libc::shmget(key, 4096, flags),
            Object::Queue => libc::msgget(key, flags),
            Object::Semaphores => libc::semget(key, 1, flags),
        }
    };
    if id < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok((key, Keep::Object(kind, id)))
}

/// Whether this host has a family of sockets.
pub(super) fn has_socket(family: i32, name: &str) -> Result<(), String> {
    let family = rustix::net::AddressFamily::from_raw(u16::try_from(family).unwrap_or(0));
    let opened = rustix::net::socket(family, rustix::net::SocketType::STREAM, None);
    opened.map(drop).map_err(|error| format!("this host has no {name} ({error})"))
}

/// Whether this process has a capability, by its number.
pub(super) fn has_right(number: u32) -> Result<(), String> {
    let sets = rustix::thread::capabilities(None).map_err(|e| e.to_string())?;
    let one = rustix::thread::CapabilitySet::from_bits_retain(1 << number);
    if sets.effective.contains(one) {
        return Ok(());
    }
    Err(format!("this process lacks capability {number} itself"))
}
