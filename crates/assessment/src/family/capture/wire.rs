//! Packets of the sessions, and the capture file.

use super::Session;
use super::protocol::{Kind, Protocol};
use crate::seed::Draws;

/// One end of a conversation.
#[derive(Debug, Clone)]
struct Host {
    hardware: Vec<u8>,
    address: Vec<u8>,
    port: u16,
}

/// What one datagram or segment carries.
struct Packet {
    /// Where it stands in the capture.
    order: u64,
    bytes: Vec<u8>,
}

/// The first numbers of a stream and of the other direction, and the flags of its first segment.
struct Start {
    at: u32,
    far: u32,
    flags: u8,
}

/// TCP flags: a synchronising segment, and an acknowledging one with data to push.
const SYN: u8 = 0x02;
const ACK: u8 = 0x10;
const PUSH: u8 = 0x18;

/// The capture file of these sessions.
pub(super) fn capture(d: &mut Draws, protocol: &Protocol, sessions: &[Session]) -> Vec<u8> {
    let net = [10, d.byte(), d.byte()];
    let mut ends: Vec<u8> = (2..250).collect();
    d.shuffle(&mut ends);
    let mut ends = ends.into_iter();
    let mut host = |d: &mut Draws, port: u16| {
        let hardware = [vec![0x02], d.bytes(5)].concat();
        Host { hardware, address: [net.as_slice(), &[ends.next().unwrap_or(1)]].concat(), port }
    };
    let server = host(d, protocol.port);
    let mut packets = Vec::new();
    for carried in sessions.chunks(2) {
        let port = u16::try_from(d.between(32_768, 60_999)).unwrap_or(32_768);
        let client = host(d, port);
        let (ours, theirs) = messages(d, protocol, carried);
        if protocol.streams() {
            let mut number = || u32::try_from(d.below(1 << 32)).unwrap_or(0);
            let (a, b) = (number(), number());
            stream(
                d,
                [&client, &server],
                &Start { at: a, far: b, flags: SYN },
                &ours,
                &mut packets,
            );
            let start = Start { at: b, far: a, flags: SYN | ACK };
            stream(d, [&server, &client], &start, &theirs, &mut packets);
        } else {
            datagrams(d, protocol, [&client, &server], ours, &mut packets);
            datagrams(d, protocol, [&server, &client], theirs, &mut packets);
        }
    }
    packets.sort_by_key(|p| p.order);
    file(d, &packets)
}

/// The messages of client and server, those of several sessions mixed.
fn messages(
    d: &mut Draws,
    protocol: &Protocol,
    sessions: &[Session],
) -> (Vec<Vec<u8>>, Vec<Vec<u8>>) {
    let mut queues = Vec::new();
    let mut theirs = Vec::new();
    for session in sessions {
        let [ours, answer] = &session.nonces;
        let nonces = protocol.step >= 4;
        let mut open = if nonces { ours.clone() } else { Vec::new() };
        open.extend(session.subject.bytes());
        let mut queue = vec![(Kind::Open, open)];
        let text = protocol.masked(session);
        let mut rest = text.as_slice();
        while !rest.is_empty() {
            let (piece, after) = rest.split_at(d.length(4, 9).min(rest.len()));
            queue.push((Kind::Piece, piece.to_vec()));
            rest = after;
        }
        queue.push((Kind::Close, Vec::new()));
        let numbered = (0..).zip(queue);
        let queue: Vec<Vec<u8>> = numbered
            .map(|(n, (kind, text))| protocol.message(session.id, n, kind, &text))
            .collect();
        let accept = if nonces { answer.as_slice() } else { &[] };
        theirs.push(protocol.message(session.id, 0, Kind::Accept, accept));
        queues.push(queue.into_iter());
    }
    let (mut ours, mut again) = (Vec::new(), Vec::new());
    while !queues.is_empty() {
        let at = d.length(0, u32::try_from(queues.len() - 1).unwrap_or(0));
        let Some(message) = queues.get_mut(at).and_then(Iterator::next) else {
            queues.remove(at);
            continue;
        };
        if protocol.step >= 5 && d.below(4) == 0 {
            ours.push(damaged(d, &message));
            again.push(message);
        } else {
            ours.push(message);
        }
        if d.below(3) == 0 {
            ours.append(&mut again);
        }
    }
    ours.append(&mut again);
    (ours, theirs)
}

/// A message with a change in its payload or its checksum.
fn damaged(d: &mut Draws, message: &[u8]) -> Vec<u8> {
    let mut out = message.to_vec();
    let at = d.length(8, u32::try_from(message.len() - 1).unwrap_or(8));
    if let Some(byte) = out.get_mut(at) {
        *byte ^= u8::try_from(d.between(1, 255)).unwrap_or(1);
    }
    out
}

fn datagrams(
    d: &mut Draws,
    protocol: &Protocol,
    [from, to]: [&Host; 2],
    messages: Vec<Vec<u8>>,
    packets: &mut Vec<Packet>,
) {
    let mut order = d.below(40);
    for message in messages {
        order += d.between(1, 40);
        let length = u16::try_from(8 + message.len()).unwrap_or(8).to_be_bytes();
        let ports = [from.port.to_be_bytes(), to.port.to_be_bytes()].concat();
        // a checksum of zero says that there is none (RFC 768)
        let datagram = [ports, length.to_vec(), vec![0, 0], message].concat();
        let bytes = frame(d, [from, to], 17, &datagram);
        let late = if protocol.step >= 2 { d.below(300) } else { 0 };
        if protocol.step >= 2 && d.below(6) == 0 {
            packets.push(Packet { order: order + d.below(300), bytes: bytes.clone() });
        }
        packets.push(Packet { order: order + late, bytes });
    }
}

fn stream(
    d: &mut Draws,
    ends: [&Host; 2],
    start: &Start,
    messages: &[Vec<u8>],
    packets: &mut Vec<Packet>,
) {
    let mut order = d.below(40);
    let far = start.far.wrapping_add(1);
    let known = if start.flags & ACK == 0 { 0 } else { far };
    let bytes = segment(d, ends, (start.at, known), start.flags, &[]);
    packets.push(Packet { order: 0, bytes });
    let bytes = messages.concat();
    let (mut rest, mut at) = (bytes.as_slice(), start.at.wrapping_add(1));
    while !rest.is_empty() {
        let (piece, after) = rest.split_at(d.length(6, 41).min(rest.len()));
        order += d.between(1, 60);
        let segments = if d.below(5) == 0 { 2 } else { 1 };
        for _ in 0..segments {
            let bytes = segment(d, ends, (at, far), PUSH, piece);
            packets.push(Packet { order: order + d.below(260), bytes });
        }
        if d.below(4) == 0 {
            let bytes = segment(d, ends, (at, far), ACK, &[]);
            packets.push(Packet { order, bytes });
        }
        at = at.wrapping_add(u32::try_from(piece.len()).unwrap_or(0));
        rest = after;
    }
}

/// A TCP segment (RFC 9293) without options, in its frame.
fn segment(
    d: &mut Draws,
    [from, to]: [&Host; 2],
    (at, far): (u32, u32),
    flags: u8,
    payload: &[u8],
) -> Vec<u8> {
    let ports = [from.port.to_be_bytes(), to.port.to_be_bytes()].concat();
    let head = [ports, at.to_be_bytes().to_vec(), far.to_be_bytes().to_vec()].concat();
    let tail = [vec![0x50, flags, 0xFA, 0xF0, 0, 0, 0, 0], payload.to_vec()].concat();
    let mut segment = [head, tail].concat();
    let length = u16::try_from(segment.len()).unwrap_or(0).to_be_bytes();
    let pseudo = [from.address.as_slice(), &to.address, &[0, 6], &length, &segment].concat();
    put_sum(&mut segment, 16, checksum(&pseudo));
    frame(d, [from, to], 6, &segment)
}

/// An Ethernet frame with an IPv4 header (RFC 791).
fn frame(d: &mut Draws, [from, to]: [&Host; 2], protocol: u8, payload: &[u8]) -> Vec<u8> {
    let length = u16::try_from(20 + payload.len()).unwrap_or(20).to_be_bytes();
    let mut head =
        [[0x45, 0].as_slice(), &length, &d.bytes(2), &[0x40, 0, 64, protocol, 0, 0]].concat();
    head.extend(from.address.iter().chain(&to.address));
    let sum = checksum(&head);
    put_sum(&mut head, 10, sum);
    [to.hardware.as_slice(), &from.hardware, &[0x08, 0x00], &head, payload].concat()
}

fn put_sum(bytes: &mut [u8], at: usize, sum: u16) {
    for (to, from) in bytes.iter_mut().skip(at).zip(sum.to_be_bytes()) {
        *to = from;
    }
}

/// The Internet checksum (RFC 1071).
fn checksum(bytes: &[u8]) -> u16 {
    let word = |pair: &[u8]| pair.iter().chain(&[0]).take(2).fold(0, |w, b| w << 8 | u32::from(*b));
    let mut sum: u32 = bytes.chunks(2).map(word).sum();
    while sum > 0xFFFF {
        sum = (sum & 0xFFFF) + (sum >> 16);
    }
    !u16::try_from(sum).unwrap_or(0)
}

/// A capture file: its header, then each packet with the time it was seen.
fn file(d: &mut Draws, packets: &[Packet]) -> Vec<u8> {
    let started = 1_780_000_000 + u32::try_from(d.below(5_000_000)).unwrap_or(0);
    let header: [u32; 6] = [0xA1B2_C3D4, 0x0004_0002, 0, 0, 0xFFFF, 1];
    let mut out: Vec<u8> = header.iter().flat_map(|word| word.to_le_bytes()).collect();
    for packet in packets {
        let order = u32::try_from(packet.order).unwrap_or(0);
        let length = u32::try_from(packet.bytes.len()).unwrap_or(0);
        let micros = order % 1000 * 1000 + u32::try_from(d.below(1000)).unwrap_or(0);
        for word in [started + order / 1000, micros, length, length] {
            out.extend(word.to_le_bytes());
        }
        out.extend(&packet.bytes);
    }
    out
}
