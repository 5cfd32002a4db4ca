//! Every attempt: name, class, what it tries, what stops it, what the host prepares.

use super::stage::{self, Scene};
use super::{Attempt, Class};
use crate::policy::Guard as G;

const SECCOMP: &[G] = &[G::Seccomp];
const ROOT: &[G] = &[G::Root];
const NETWORK: &[G] = &[G::Network];
const PID: &[G] = &[G::Pid];
const IPC: &[G] = &[G::Ipc];
const RLIMITS: &[G] = &[G::Rlimits];
const WORKSPACE: &[G] = &[G::Workspace];
const BENEATH: &[G] = &[G::Beneath];
const DESCRIPTORS: &[G] = &[G::Descriptors];
const CAPABILITIES: &[G] = &[G::Capabilities];
const BOUNDED: &[G] = &[G::Groups, G::Rlimits];
const FILTER_OR_RIGHTS: &[G] = &[G::Seccomp, G::Capabilities];
const USER_OR_RIGHTS: &[G] = &[G::User, G::Capabilities];
const ALL_RIGHTS: &[G] = &[G::Seccomp, G::User, G::Capabilities];

type Row = (&'static str, &'static str, &'static [G], fn(&mut Scene) -> Result<(), String>);

const FILES: &[Row] = &[
    ("read-host-file", "read a file of the host by its path", ROOT, stage::host_file),
    ("write-host-file", "write a file of the host", ROOT, stage::host_file),
    ("list-host-directory", "list a directory of the host", ROOT, stage::host_directory),
    ("write-read-only", "write in a place given to read", &[G::ReadOnly], stage::read_only),
    (
        "remount",
        "make that place writable by mounting it again",
        FILTER_OR_RIGHTS,
        stage::read_only,
    ),
    ("mount", "mount a file system", FILTER_OR_RIGHTS, stage::nothing),
    ("mount-by-handle", "open a file system by the newer calls", FILTER_OR_RIGHTS, stage::nothing),
    ("change-root", "change the root directory", FILTER_OR_RIGHTS, stage::nothing),
    ("handle-of-path", "take a file handle that path rules do not bind", SECCOMP, stage::nothing),
    ("link-read", "leave a link where the host reads", BENEATH, stage::link_read),
    ("link-write", "leave a link where the host writes", BENEATH, stage::link_write),
    ("link-directory", "leave a directory link on the host's way", BENEATH, stage::link_directory),
];

const PROCESSES: &[Row] = &[
    ("signal-host", "find a process of the host with a signal", PID, stage::host_process),
    ("schedule-host", "ask how a process of the host is scheduled", PID, stage::host_process),
    ("handle-host", "take a handle on a process of the host", PID, stage::host_process),
    (
        "read-host-arguments",
        "read the arguments of a process of the host",
        ROOT,
        stage::host_process,
    ),
    ("trace", "trace another process", SECCOMP, stage::nothing),
    ("read-memory", "read another process's memory", SECCOMP, stage::nothing),
    ("take-descriptor", "take a descriptor out of another process", SECCOMP, stage::nothing),
];

const NETWORK_ROWS: &[Row] = &[
    ("tcp", "connect to a port of the host", NETWORK, stage::tcp),
    ("tcp-v6", "the same over IPv6", NETWORK, stage::tcp_v6),
    ("udp", "exchange datagrams with the host", NETWORK, stage::udp),
    ("be-reached", "listen, and be reached from the host", NETWORK, stage::be_reached),
    ("interface-up", "find an interface that is up", NETWORK, stage::loopback),
    ("raise-interface", "bring an interface up", CAPABILITIES, stage::nothing),
    ("raw-socket", "open a raw Internet socket", CAPABILITIES, stage::nothing),
    ("packet-socket", "open a socket for whole frames", FILTER_OR_RIGHTS, stage::nothing),
    ("netlink", "talk to the kernel's routing by netlink", SECCOMP, stage::nothing),
    ("vsock", "reach the host of a virtual machine", SECCOMP, stage::vsock),
];

const NAMES: &[Row] = &[
    ("dns-udp", "ask a name server by datagram", NETWORK, stage::udp),
    ("dns-tcp", "ask a name server by connection", NETWORK, stage::dns_tcp),
    ("resolver", "read which name servers the host uses", ROOT, stage::resolver),
    ("hosts", "read the host's table of names", ROOT, stage::hosts),
    ("host-name", "read the host's name", &[G::Uts], stage::host_name),
];

const SOCKETS: &[Row] = &[
    ("unix", "connect to a socket of the host by its path", ROOT, stage::unix),
    ("unix-datagram", "send to a datagram socket by its path", ROOT, stage::unix_datagram),
    ("abstract", "connect to an abstract socket", NETWORK, stage::abstract_stream),
    ("abstract-datagram", "send to an abstract datagram socket", NETWORK, stage::abstract_datagram),
    ("list-sockets", "read the names of the host's sockets", NETWORK, stage::abstract_stream),
    ("shared-memory", "find shared memory of the host", IPC, stage::shared_memory),
    ("message-queue", "find a message queue of the host", IPC, stage::message_queue),
    ("semaphores", "find semaphores of the host", IPC, stage::semaphores),
];

const PRIVILEGE: &[Row] = &[
    ("unshare-user", "make a user namespace with unshare", SECCOMP, stage::nothing),
    ("clone-user", "make one with clone", SECCOMP, stage::nothing),
    ("clone3-user", "make one with clone3, whose flags no filter reads", SECCOMP, stage::nothing),
    ("unshare-mounts", "make a mount namespace", FILTER_OR_RIGHTS, stage::nothing),
    ("join-namespace", "join a namespace by its file", FILTER_OR_RIGHTS, stage::nothing),
    ("become-root", "become user 0", USER_OR_RIGHTS, stage::nothing),
    (
        "set-user-id",
        "run a set-user-id program of root",
        &[G::User, G::Privileges, G::Seccomp],
        stage::set_user_id,
    ),
    ("rename-host", "use a right of administrators", CAPABILITIES, stage::nothing),
];

const KERNEL: &[Row] = &[
    ("bpf", "hand the kernel a program", SECCOMP, stage::nothing),
    ("perf", "open a performance counter", SECCOMP, stage::nothing),
    ("user-faults", "handle page faults", SECCOMP, stage::nothing),
    ("io-uring", "queue system calls past the filter", SECCOMP, stage::io_uring),
    ("personality", "switch address randomisation off", SECCOMP, stage::nothing),
    ("local-descriptors", "read the processor's local descriptor table", SECCOMP, stage::x86),
    ("reboot", "reboot, with a wrong magic number", FILTER_OR_RIGHTS, stage::nothing),
    ("load-module", "load a module of zeroes", ALL_RIGHTS, stage::right_to_load),
    ("kernel-log", "ask for the kernel's log", ALL_RIGHTS, stage::right_to_log),
];

const RESOURCES: &[Row] = &[
    ("fork-bomb", "make a hundred processes", BOUNDED, stage::few_processes),
    ("memory-bomb", "fill twice the memory", BOUNDED, stage::little_memory),
    ("large-file", "write a file beyond the bound", RLIMITS, stage::small_files),
    ("fill-workspace", "write more bytes than the workspace holds", WORKSPACE, stage::few_bytes),
    ("many-files", "make more files than the workspace holds", WORKSPACE, stage::few_entries),
    ("open-files", "open files without end", RLIMITS, stage::nothing),
    ("queue-bytes", "hold kernel memory in a message queue", RLIMITS, stage::nothing),
    ("lock-memory", "hold memory that can't be swapped", RLIMITS, stage::lockable),
    ("queue-signals", "hold kernel memory in queued signals", RLIMITS, stage::nothing),
];

const INHERITANCE: &[Row] = &[
    ("open-file", "read a file that the host has open", DESCRIPTORS, stage::open_file),
    (
        "open-directory",
        "walk from a directory that the host has open",
        DESCRIPTORS,
        stage::open_directory,
    ),
    ("open-socket", "write to a socket that the host has open", DESCRIPTORS, stage::open_socket),
    (
        "environment",
        "read a variable of the host, where keys are",
        &[G::Environment],
        stage::environment,
    ),
    ("keyring", "find the session's keyring", SECCOMP, stage::nothing),
    ("add-key", "put a key in a keyring", SECCOMP, stage::nothing),
];

const DEVICES: &[Row] = &[
    ("terminal", "make a pseudo-terminal of the host", ROOT, stage::terminal),
    ("host-shared-files", "read a file in the host's /dev/shm", ROOT, stage::host_shared_file),
    ("system-tree", "list the kernel's objects in /sys", ROOT, stage::system_tree),
    ("make-device", "make a device file", USER_OR_RIGHTS, stage::nothing),
    ("type-into-terminal", "type into a terminal", SECCOMP, stage::nothing),
    ("ports", "ask for the processor's ports", SECCOMP, stage::x86),
    ("control-group", "read which control group this is", &[G::Cgroup], stage::control_group),
];

const TIME: &[Row] = &[
    ("set-clock", "set the clock, to a time that is none", SECCOMP, stage::nothing),
    ("set-time-of-day", "the same by the older call", SECCOMP, stage::nothing),
    ("clock-discipline", "read how the clock is kept", SECCOMP, stage::nothing),
    ("time-namespace", "make a time namespace", FILTER_OR_RIGHTS, stage::nothing),
    ("outlive-deadline", "leave a process that outlives the deadline", PID, stage::deadline),
    ("processor-time", "use more processor time than given", RLIMITS, stage::little_time),
    ("ignore-warning", "ignore the signal that says it is used up", RLIMITS, stage::little_time),
];

/// All, in the order of their classes.
pub(super) fn all() -> Vec<Attempt> {
    let tables = [
        (Class::Files, FILES),
        (Class::Processes, PROCESSES),
        (Class::Network, NETWORK_ROWS),
        (Class::Names, NAMES),
        (Class::Sockets, SOCKETS),
        (Class::Privilege, PRIVILEGE),
        (Class::Kernel, KERNEL),
        (Class::Resources, RESOURCES),
        (Class::Inheritance, INHERITANCE),
        (Class::Devices, DEVICES),
        (Class::Time, TIME),
    ];
    let rows =
        tables.into_iter().flat_map(|(class, rows)| rows.iter().map(move |row| (class, row)));
    rows.map(|(class, &(name, tries, stopped_by, stage))| Attempt {
        name,
        class,
        tries,
        stopped_by,
        stage,
    })
    .collect()
}
