//! Reads a capture file: datagrams, and streams put together from their segments.

use std::collections::BTreeMap;

/// What went from one end to another.
pub(super) struct Flow {
    /// Whether it is a stream.
    pub(super) stream: bool,
    /// The stream, or each datagram.
    pub(super) parts: Vec<Vec<u8>>,
}

/// Addresses and ports of both ends.
type Ends = Vec<u8>;

/// Pieces of a stream: where it starts, and what stands how far behind.
#[derive(Default)]
struct Stream {
    first: Option<u32>,
    segments: Vec<(u32, Vec<u8>)>,
}

/// Every flow of a capture. `None` when it is no capture of IPv4 over Ethernet.
pub(super) fn flows(capture: &[u8]) -> Option<Vec<Flow>> {
    let header = capture.get(..24)?;
    if !header.starts_with(&0xA1B2_C3D4_u32.to_le_bytes()) || header.get(20) != Some(&1) {
        return None;
    }
    let mut rest = capture.get(24..)?;
    let mut streams: BTreeMap<Ends, Stream> = BTreeMap::new();
    let mut datagrams: BTreeMap<Ends, Vec<Vec<u8>>> = BTreeMap::new();
    while !rest.is_empty() {
        let (record, after) = rest.split_at_checked(16)?;
        let length = u32::from_le_bytes(*record.get(8..12)?.as_array()?);
        let (frame, after) = after.split_at_checked(usize::try_from(length).ok()?)?;
        rest = after;
        if frame.get(12..14) != Some(&[0x08, 0x00]) {
            continue;
        }
        let packet = frame.get(14..)?;
        let head = usize::from(packet.first()? & 0x0F) * 4;
        let total = usize::from(u16::from_be_bytes(*packet.get(2..4)?.as_array()?));
        let body = packet.get(head..total)?;
        let ends = [packet.get(12..20)?, body.get(..4)?].concat();
        match packet.get(9)? {
            6 => segment(streams.entry(ends).or_default(), body)?,
            17 => datagrams.entry(ends).or_default().push(body.get(8..)?.to_vec()),
            _ => {}
        }
    }
    let streams: Option<Vec<Flow>> = streams
        .into_values()
        .map(|stream| Some(Flow { stream: true, parts: vec![stream.joined()?] }))
        .collect();
    let datagrams = datagrams.into_values().map(|parts| Flow { stream: false, parts });
    Some(streams?.into_iter().chain(datagrams).collect())
}

fn segment(stream: &mut Stream, body: &[u8]) -> Option<()> {
    let at = u32::from_be_bytes(*body.get(4..8)?.as_array()?);
    let data = body.get(usize::from(body.get(12)? >> 4) * 4..)?;
    if body.get(13)? & 0x02 != 0 {
        stream.first = Some(at.wrapping_add(1));
    }
    stream.segments.push((at, data.to_vec()));
    Some(())
}

impl Stream {
    /// The bytes in order. `None` when some are missing.
    fn joined(&self) -> Option<Vec<u8>> {
        let first = self.first?;
        let mut out: BTreeMap<u32, u8> = BTreeMap::new();
        for (at, data) in self.segments.iter().filter(|(_, data)| !data.is_empty()) {
            let from = at.wrapping_sub(first);
            out.extend((from..).zip(data.iter().copied()));
        }
        let whole = (0..).zip(out.keys()).all(|(n, at): (u32, &u32)| n == *at);
        whole.then(|| out.into_values().collect())
    }
}
