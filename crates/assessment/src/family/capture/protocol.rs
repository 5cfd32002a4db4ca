//! The made-up protocol of an instance: its messages and what is told about them.

use super::Session;
use crate::seed::Draws;

/// A field of the header.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    Magic,
    Kind,
    Session,
    Number,
    Length,
}

/// Kinds of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Open,
    Accept,
    Piece,
    Close,
}

/// Everything that is drawn about the protocol.
#[derive(Debug, Clone)]
pub(super) struct Protocol {
    pub(super) step: u8,
    pub(super) port: u16,
    fields: Vec<Field>,
    magic: u16,
    big: bool,
    kinds: Vec<u8>,
    /// Multiplier and first value of the checksum.
    sum: (u32, u32),
}

impl Field {
    const fn bytes(self) -> usize {
        match self {
            Self::Kind | Self::Length => 1,
            Self::Magic | Self::Session | Self::Number => 2,
        }
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Magic => "mark",
            Self::Kind => "kind",
            Self::Session => "session",
            Self::Number => "number",
            Self::Length => "length",
        }
    }
}

/// The modulus of the checksum: the largest prime below 2¹⁶.
const MODULUS: u32 = 65_521;

impl Protocol {
    pub(super) fn drawn(d: &mut Draws, step: u8) -> Self {
        let mut fields =
            vec![Field::Magic, Field::Kind, Field::Session, Field::Number, Field::Length];
        d.shuffle(&mut fields);
        let mut kinds: Vec<u8> = (1..=60).collect();
        d.shuffle(&mut kinds);
        kinds.truncate(4);
        let small = |d: &mut Draws, low: u64, high: u64| u16::try_from(d.between(low, high));
        Self {
            step,
            port: small(d, 2000, 9000).unwrap_or(2000),
            fields,
            magic: small(d, 0x8100, 0xFEFE).unwrap_or(0x8100),
            big: d.coin(),
            kinds,
            sum: (
                small(d, 300, 60_000).unwrap_or(300).into(),
                small(d, 1, 60_000).unwrap_or(1).into(),
            ),
        }
    }

    /// Whether the sessions go over TCP.
    pub(super) const fn streams(&self) -> bool {
        self.step >= 3
    }

    /// A message.
    pub(super) fn message(&self, session: u16, number: u16, kind: Kind, payload: &[u8]) -> Vec<u8> {
        let pair = |n: u16| if self.big { n.to_be_bytes() } else { n.to_le_bytes() };
        let mut out = Vec::new();
        for field in &self.fields {
            match field {
                Field::Magic => out.extend(pair(self.magic)),
                Field::Kind => out.push(self.kind(kind)),
                Field::Session => out.extend(pair(session)),
                Field::Number => out.extend(pair(number)),
                Field::Length => out.push(u8::try_from(payload.len()).unwrap_or(u8::MAX)),
            }
        }
        out.extend(payload);
        if self.step >= 5 {
            let (times, first) = self.sum;
            let sum = out.iter().fold(first, |sum, b| (sum * times + u32::from(*b)) % MODULUS);
            out.extend(pair(u16::try_from(sum).unwrap_or(0)));
        }
        out
    }

    fn kind(&self, kind: Kind) -> u8 {
        let at = match kind {
            Kind::Open => 0,
            Kind::Accept => 1,
            Kind::Piece => 2,
            Kind::Close => 3,
        };
        self.kinds.get(at).copied().unwrap_or(0)
    }

    /// The bytes of a session's text as its pieces carry them.
    pub(super) fn masked(&self, session: &Session) -> Vec<u8> {
        let [ours, theirs] = &session.nonces;
        let mask = |i: usize| {
            let a = ours.get(i % 8).copied().unwrap_or(0);
            let b = theirs.get(i / 8 % 8).copied().unwrap_or(0);
            a.wrapping_add(b)
        };
        let text = session.text.bytes().enumerate();
        text.map(|(i, b)| if self.step >= 4 { b ^ mask(i) } else { b }).collect()
    }

    /// What is told about the protocol.
    pub(super) fn notes(&self) -> String {
        let order = if self.big { "high byte first" } else { "low byte first" };
        let port = self.port;
        let way = if self.streams() {
            format!(
                "Clients connect to TCP port {port}; a connection carries several sessions. In each direction messages follow \
                 each other without a gap."
            )
        } else {
            format!("Clients send to UDP port {port}, one message in each datagram.")
        };
        let mut header = String::new();
        let mut at = 0;
        for field in &self.fields {
            header.push_str(&format!("| {at} | {} | {} |\n", field.bytes(), field.name()));
            at += field.bytes();
        }
        let header = if self.step >= 5 {
            "The header has 8 bytes. Its fields are a mark of 2 bytes, a kind of 1 byte, a session of 2 bytes, a number of 2 \
             bytes and a length of 1 byte. Nobody remembers their order.\n"
                .to_owned()
        } else {
            format!("The header:\n\n| Offset | Bytes | Field |\n|---|---|---|\n{header}")
        };
        let opening = if self.step >= 4 {
            "8 bytes A, then its subject; the server accepts with 8 bytes B"
        } else {
            "its subject; the server accepts with nothing"
        };
        let mask = "\nByte i of the text, counted from 0 over all pieces, is XORed with A[i mod 8] + B[(i div 8) mod 8], modulo 256.\n";
        let (times, first) = self.sum;
        let sum = format!(
            "\nA checksum of 2 bytes follows the payload. It starts at {first}; for each byte of header and payload, it is \
             multiplied by {times}, the byte is added, and the remainder by {MODULUS} is kept. The network damages payloads: a \
             message whose checksum is wrong counts for nothing and is sent again later.\n"
        );
        let kind = |kind| self.kind(kind);
        format!(
            "# The protocol\n\n{way} A message is a header, then its payload. Numbers are written {order}.\n\n{header}\nThe mark is \
             always {}. The length counts the bytes of the payload. The number counts a session's messages of one side from 0; \
             a message can come more than once.\n\nKinds: {} opens a session with {opening}; {} is what the server accepts with; \
             {} carries a piece of the text; {} closes the session. The text is the pieces in the order of their numbers.\n{}{}",
            self.magic,
            kind(Kind::Open),
            kind(Kind::Accept),
            kind(Kind::Piece),
            kind(Kind::Close),
            if self.step >= 4 { mask } else { "" },
            if self.step >= 5 { &sum } else { "" },
        )
    }
}
