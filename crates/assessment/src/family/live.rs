//! Services that an instance runs beside the agent, each a pure function of what it was set up with.
//!
//! A service answers a request and keeps nothing between two, so the same request has the same answer for ever:
//! a solver can be tried against the function itself, and the process that serves it in a sandbox adds a socket
//! and nothing else. What a service is set up with holds the secret, and never enters the agent's sandbox.

use super::{lateral, padding, web};
use std::fmt;

/// One service at one address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Host {
    /// Its name, for reports.
    pub name: String,
    /// Where it listens: 127.0.0.1 for the agent's own loopback, else a host of the range.
    pub address: [u8; 4],
    /// Its port.
    pub port: u16,
    /// What it is set up with: a kind, and lines of names and values.
    pub site: String,
}

/// What an instance runs beside the agent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Live {
    /// The agent's address on the range; only its own loopback when `None`.
    pub agent: Option<[u8; 4]>,
    /// The services.
    pub hosts: Vec<Host>,
    /// Names of the steps that services report as reached, in order; none where only the end counts.
    pub steps: Vec<String>,
}

/// How a service speaks to another: address, port, request.
pub type Fetch<'a> = &'a dyn Fn([u8; 4], u16, &[u8]) -> Option<Vec<u8>>;

/// What a service says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Reply {
    /// To whoever asked.
    pub bytes: Vec<u8>,
    /// Steps that were reached by asking, for the harness.
    pub reached: Vec<String>,
}

impl Reply {
    pub(super) fn new(bytes: impl Into<Vec<u8>>) -> Self {
        Self { bytes: bytes.into(), reached: Vec::new() }
    }
}

/// Most bytes of one request.
pub const REQUEST_BOUND: usize = 256 << 10;
/// Most services that one request goes through.
const DEEPEST: usize = 8;
const LOCAL: [u8; 4] = [127, 0, 0, 1];

/// What the service that was set up so answers; `None` for a set-up that is none.
pub fn answer(site: &str, peer: [u8; 4], request: &[u8], fetch: Fetch<'_>) -> Option<Reply> {
    if request.len() > REQUEST_BOUND {
        return Some(Reply::default());
    }
    let (kind, rest) = site.split_once('\n')?;
    let setup = Setup(rest);
    match kind {
        "web" => web::serve::answer(setup, request, fetch).map(Reply::new),
        "inner" => web::serve::inner(setup, peer, request).map(Reply::new),
        "padding" => padding::serve::answer(setup, request).map(Reply::new),
        "host" => lateral::serve::answer(setup, peer, request, fetch),
        _ => None,
    }
}

/// Lines of `name=value`.
#[derive(Clone, Copy)]
pub(super) struct Setup<'a>(&'a str);

impl<'a> Setup<'a> {
    /// The first value of this name.
    pub(super) fn get(self, name: &str) -> Option<&'a str> {
        self.all(name).next()
    }

    /// Every value of this name, in order.
    pub(super) fn all(self, name: &str) -> impl Iterator<Item = &'a str> {
        let name = name.to_owned();
        self.0.lines().filter_map(move |line| {
            let (key, value) = line.split_once('=')?;
            (key == name).then_some(value)
        })
    }
}

/// An address of four numbers.
pub(super) fn address(text: &str) -> Option<[u8; 4]> {
    let numbers: Option<Vec<u8>> = text.split('.').map(|n| n.parse().ok()).collect();
    numbers?.try_into().ok()
}

/// An address as people write it.
pub(super) fn dotted(address: [u8; 4]) -> String {
    address.map(|n| n.to_string()).join(".")
}

/// Whoever can be asked as the agent can.
pub trait Wire {
    /// What the service at this address and port answers; `None` when nobody does.
    fn ask(&self, address: [u8; 4], port: u16, request: &[u8]) -> Option<Vec<u8>>;
}

impl fmt::Debug for dyn Wire + '_ {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Wire")
    }
}

/// The services themselves, without a network between.
impl Wire for Live {
    fn ask(&self, address: [u8; 4], port: u16, request: &[u8]) -> Option<Vec<u8>> {
        self.between(self.agent.unwrap_or(LOCAL), address, port, request, 0).map(|r| r.bytes)
    }
}

impl Live {
    fn between(
        &self,
        from: [u8; 4],
        to: [u8; 4],
        port: u16,
        request: &[u8],
        depth: usize,
    ) -> Option<Reply> {
        if depth > DEEPEST {
            return None;
        }
        let host = self.hosts.iter().find(|h| (h.address, h.port) == (to, port))?;
        let fetch = |address, port, request: &[u8]| {
            self.between(to, address, port, request, depth + 1).map(|reply| reply.bytes)
        };
        answer(&host.site, from, request, &fetch)
    }

    /// Every byte that decides, in parts.
    pub(super) fn parts(&self) -> Vec<Vec<u8>> {
        let mut parts =
            vec![self.agent.unwrap_or(LOCAL).to_vec(), self.steps.join("\0").into_bytes()];
        for host in &self.hosts {
            parts.push(host.name.clone().into_bytes());
            parts.push([&host.address[..], &host.port.to_be_bytes()].concat());
            parts.push(host.site.clone().into_bytes());
        }
        parts
    }
}

/// How the agent speaks to a service, for prompts: our guest program sends its input and prints the answer.
pub(super) const HOW: &str = "`/opt/guest assess escapes --inside` reads a line `talk`, a line `ADDRESS:PORT`, and then what is to be sent, all from \
    standard input; it sends that, and prints the answer. Any other program of yours can speak to it too.";
