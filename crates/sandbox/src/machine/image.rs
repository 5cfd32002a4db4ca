//! What a virtual machine boots with: an archive that the kernel unpacks into memory (cpio, format `newc`), with our
//! guest program as its first process and the small system that guests use, copied from the host's own.

use crate::companion;
use crate::error::SandboxError;
use crate::home::host;
use rustix::fd::OwnedFd;
use rustix::fs::{MemfdFlags, memfd_create};
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Component, Path, PathBuf};
use std::sync::Mutex;

/// Where the guest program is.
pub(super) const INIT: &str = "/opt/init";
const LOADER: &str = "/lib64/ld-linux-x86-64.so.2";
/// Programs that guests find, where the host has them.
const PROGRAMS: &str = "sh bash cat ls cp mv rm mkdir rmdir ln chmod head tail wc sort uniq cut tr grep sed awk find xargs \
    env id uname date sleep kill test true false printf echo tee touch dd od base64 sha256sum md5sum cmp diff tar gzip perl \
    stat readlink seq expr basename dirname mktemp timeout yes cc as ld";
/// Trees and files for perl and the C compiler, where the host has them.
const TREES: [&str; 9] = [
    "/usr/lib/x86_64-linux-gnu/perl-base",
    "/usr/lib/gcc/x86_64-linux-gnu",
    "/usr/include/x86_64-linux-gnu/asm",
    "/usr/include/x86_64-linux-gnu/bits",
    "/usr/include/x86_64-linux-gnu/gnu",
    "/usr/include/x86_64-linux-gnu/sys",
    "/usr/include/asm-generic",
    "/usr/include/linux",
    "/usr/include",
];
const LINKED: &str = "crt1.o Scrt1.o crti.o crtn.o libc.so libc.so.6 libc_nonshared.a libm.so libm.so.6 libmvec.so.1 \
    libgcc_s.so.1";
/// Parts of the compiler that C does not need.
const LEFT_OUT: [&str; 7] =
    ["cc1plus", "lto1", "lto-dump", "plugin", "gnat1", "libstdc++.a", "lto-wrapper"];

/// What a range needs of the kernel, in the order in which it is loaded.
const MODULES: [&str; 4] = ["net/llc/llc", "net/802/stp", "net/bridge/bridge", "drivers/net/veth"];

/// Where the modules are in the machine, in order.
pub(super) fn modules() -> impl Iterator<Item = PathBuf> {
    (0..MODULES.len()).map(|number| PathBuf::from(format!("/opt/module{number}.ko")))
}

/// A module of the kernel `…/boot/vmlinuz-VERSION`, below `…/lib/modules/VERSION`.
fn module_of(kernel: &Path, module: &str) -> Option<PathBuf> {
    let version = kernel.file_name()?.to_str()?.strip_prefix("vmlinuz-")?;
    let base = kernel.parent()?.parent()?;
    let path = base.join(format!("lib/modules/{version}/kernel/{module}.ko"));
    path.is_file().then_some(path)
}

enum Node {
    Directory,
    /// A character device by its numbers; the guest program's standard streams are open before `/dev` is mounted.
    Device(u32, u32),
    File(PathBuf),
    Link(PathBuf),
}

/// The archive for this guest program and kernel. It is made once in a process.
pub(super) fn archive(program: &Path, kernel: &Path) -> Result<OwnedFd, SandboxError> {
    static MADE: Mutex<Option<([PathBuf; 2], OwnedFd)>> = Mutex::new(None);
    let wrong = |error: io::Error| host("making a machine's image of", program, error);
    let mut made = MADE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    if let Some((of, archive)) = made.as_ref()
        && *of == [program, kernel]
    {
        return archive.try_clone().map_err(wrong);
    }
    let archive = make(program, kernel).map_err(wrong)?;
    let copy = archive.try_clone().map_err(wrong)?;
    *made = Some(([program.to_owned(), kernel.to_owned()], archive));
    Ok(copy)
}

fn make(program: &Path, kernel: &Path) -> io::Result<OwnedFd> {
    let mut tree = Tree::default();
    for dir in ["dev", "proc", "sys", "tmp", "etc", "run", "opt", "root", "home"] {
        tree.0.insert(Path::new("/").join(dir), Node::Directory);
    }
    tree.0.insert("/dev/console".into(), Node::Device(5, 1));
    tree.0.insert("/dev/null".into(), Node::Device(1, 3));
    tree.file(program, Path::new(INIT))?;
    for place in ["/bin", "/sbin", "/lib", "/lib64", "/usr/bin", "/usr/sbin"] {
        if Path::new(place).exists() {
            tree.add(Path::new(place), 0)?;
        }
    }
    for name in PROGRAMS.split_whitespace() {
        let found = ["/usr/bin", "/bin", "/usr/local/bin"].map(|dir| Path::new(dir).join(name));
        if let Some(path) = found.iter().find(|path| path.exists()) {
            tree.add(path, 0)?;
        }
    }
    for name in LINKED.split_whitespace() {
        let path = Path::new("/usr/lib/x86_64-linux-gnu").join(name);
        if path.exists() {
            tree.add(&path, 0)?;
        }
    }
    for dir in TREES {
        // of the last only the files, as its folders are those of other packages
        tree.all(Path::new(dir), if dir == "/usr/include" { 1 } else { 12 })?;
    }
    for (module, at) in MODULES.iter().zip(modules()) {
        if let Some(path) = module_of(kernel, module) {
            tree.0.insert(at, Node::File(path));
        }
    }
    let memory = memfd_create("vestibule-machine", MemfdFlags::CLOEXEC)?;
    let mut out = BufWriter::new(File::from(memory.try_clone()?));
    tree.write(&mut out)?;
    out.flush()?;
    Ok(memory)
}

#[derive(Default)]
struct Tree(BTreeMap<PathBuf, Node>);

impl Tree {
    /// A path of the host with every link on the way, and with the libraries of a program.
    fn add(&mut self, path: &Path, depth: u8) -> io::Result<()> {
        if depth > 16 {
            return Err(io::Error::other("links go in circles"));
        }
        let mut at = PathBuf::from("/");
        let parts: Vec<_> =
            path.components().filter(|c| matches!(c, Component::Normal(_))).collect();
        for (number, part) in parts.iter().enumerate() {
            at.push(part);
            let kind = fs::symlink_metadata(&at)?.file_type();
            if kind.is_symlink() {
                let target = fs::read_link(&at)?;
                self.0.insert(at.clone(), Node::Link(target.clone()));
                at.pop();
                let mut there = plain(&at.join(target));
                there.extend(parts.iter().skip(number + 1));
                return self.add(&there, depth + 1);
            }
            if kind.is_dir() {
                self.0.insert(at.clone(), Node::Directory);
            }
        }
        if at.is_file() && !self.0.contains_key(&at) {
            self.file(&at, &at)?;
        }
        Ok(())
    }

    fn file(&mut self, from: &Path, to: &Path) -> io::Result<()> {
        self.0.insert(to.to_owned(), Node::File(from.to_owned()));
        if !elf(from) || from.to_str().is_some_and(|p| p.ends_with(".o")) {
            return Ok(());
        }
        // the host's loader says what it would load; a static program or a library without any is none the worse
        let said = companion::run(Path::new(LOADER), &[OsStr::new("--list"), from.as_os_str()])?;
        for line in String::from_utf8_lossy(&said.stdout).lines() {
            let path = line.split_once("=>").map_or(line, |(_, path)| path);
            let path = path.trim().split(' ').next().unwrap_or_default();
            if path.starts_with('/') && Path::new(path).exists() {
                self.add(Path::new(path), 0)?;
            }
        }
        Ok(())
    }

    fn all(&mut self, dir: &Path, depth: u8) -> io::Result<()> {
        if depth == 0 || !dir.is_dir() {
            return Ok(());
        }
        self.add(dir, 0)?;
        for entry in fs::read_dir(dir)? {
            let entry = entry?;
            let (name, path) = (entry.file_name(), entry.path());
            let out = LEFT_OUT.iter().any(|n| name == *n)
                || name.to_str().is_some_and(|n| n.contains("san") && n.starts_with("lib"));
            if out {
                continue;
            }
            if entry.file_type()?.is_dir() {
                self.all(&path, depth - 1)?;
            } else if path.exists() {
                self.add(&path, 0)?;
            }
        }
        Ok(())
    }

    fn write(&self, out: &mut impl Write) -> io::Result<()> {
        for (number, (path, node)) in (1..).zip(&self.0) {
            let name = path.strip_prefix("/").unwrap_or(path);
            match node {
                Node::Directory => member(out, number, 0o040_755, name, &[])?,
                Node::Link(to) => {
                    member(out, number, 0o120_777, name, to.as_os_str().as_encoded_bytes())?;
                }
                Node::Device(major, minor) => {
                    header(out, number, 0o020_666, name, 0, [*major, *minor])?;
                }
                Node::File(from) => {
                    let run = fs::metadata(from)?.permissions().mode() & 0o111;
                    let mode = 0o100_644 | if run == 0 { 0 } else { 0o111 };
                    member(out, number, mode, name, &fs::read(from)?)?;
                }
            }
        }
        member(out, 0, 0, Path::new("TRAILER!!!"), &[])
    }
}

/// One member: a header of hexadecimal numbers, the name, the bytes, each padded to four.
fn member(
    out: &mut impl Write,
    number: u32,
    mode: u32,
    name: &Path,
    bytes: &[u8],
) -> io::Result<()> {
    header(out, number, mode, name, bytes.len(), [0, 0])?;
    out.write_all(bytes)?;
    out.write_all(padding(bytes.len()))
}

fn header(
    out: &mut impl Write,
    number: u32,
    mode: u32,
    name: &Path,
    size: usize,
    [major, minor]: [u32; 2],
) -> io::Result<()> {
    let name = name.as_os_str().as_encoded_bytes();
    let (zero, links, length) = (0, 1, name.len() + 1);
    write!(
        out,
        "070701{number:08x}{mode:08x}{zero:08x}{zero:08x}{links:08x}{zero:08x}{size:08x}\
         {zero:08x}{zero:08x}{major:08x}{minor:08x}{length:08x}{zero:08x}"
    )?;
    out.write_all(name)?;
    out.write_all(b"\0")?;
    out.write_all(padding(110 + length))
}

fn padding(size: usize) -> &'static [u8] {
    match size % 4 {
        1 => &[0, 0, 0],
        2 => &[0, 0],
        3 => &[0],
        _ => &[],
    }
}

fn elf(path: &Path) -> bool {
    let mut head = [0; 4];
    let read = File::open(path).and_then(|mut f| io::Read::read_exact(&mut f, &mut head));
    read.is_ok() && head == *b"\x7fELF"
}

/// Without `.` and `..`, which are taken as written.
fn plain(path: &Path) -> PathBuf {
    let mut out = PathBuf::from("/");
    for part in path.components() {
        match part {
            Component::ParentDir => {
                out.pop();
            }
            Component::Normal(part) => out.push(part),
            Component::RootDir | Component::CurDir | Component::Prefix(_) => {}
        }
    }
    out
}
