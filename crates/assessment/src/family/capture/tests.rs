//! The capture is what other readers expect, and dial 5 can't be read with the first layout that fits.

use super::Capture;
use crate::family::{Dial, Family as _, Instance};
use crate::seed::MasterSeed;

fn instance(dial: Dial, index: u32) -> Instance {
    Capture.generate(&MasterSeed::new([9; 32]).instance("capture", index, "r"), dial)
}

fn folded(bytes: &[u8]) -> u32 {
    let words = bytes.chunks(2).map(|p| u32::from(p[0]) << 8 | u32::from(*p.get(1).unwrap_or(&0)));
    let sum: u32 = words.sum();
    (sum & 0xFFFF) + (sum >> 16)
}

#[test]
fn every_packet_has_the_lengths_and_checksums_of_its_layers() {
    for dial in Dial::ALL {
        let instance = instance(dial, 1);
        let capture = instance.view().file("capture.pcap").unwrap();
        let mut at = 24;
        let mut times = Vec::new();
        while at < capture.len() {
            let word =
                |n: usize| u32::from_le_bytes(capture[at + n..at + n + 4].try_into().unwrap());
            times.push((word(0), word(4)));
            let length = usize::try_from(word(8)).unwrap();
            assert_eq!(word(8), word(12));
            let packet = &capture[at + 16 + 14..at + 16 + length];
            assert_eq!(usize::from(packet[2]) << 8 | usize::from(packet[3]), packet.len());
            assert_eq!(folded(&packet[..20]), 0xFFFF, "the header's checksum");
            let body = &packet[20..];
            if packet[9] == 6 {
                let length = u16::try_from(body.len()).unwrap().to_be_bytes();
                let pseudo = [&packet[12..20], &[0, 6], &length, body].concat();
                assert_eq!(folded(&pseudo), 0xFFFF, "the segment's checksum");
            } else {
                assert_eq!(usize::from(body[4]) << 8 | usize::from(body[5]), body.len());
            }
            at += 16 + length;
        }
        assert!(times.is_sorted_by_key(|(seconds, micros)| (*seconds, micros / 1000)));
        assert!(times.len() > 60, "{}", times.len());
    }
}

#[test]
fn layers_come_with_their_dials() {
    for index in 0..20 {
        for dial in Dial::ALL {
            let instance = instance(dial, index);
            let notes = instance.view().text("notes.md").unwrap();
            assert_eq!(notes.contains("TCP"), dial.step() >= 3);
            assert_eq!(notes.contains("XORed"), dial.step() >= 4);
            assert_eq!(notes.contains("checksum"), dial.step() >= 5);
            assert_eq!(notes.contains("| Offset |"), dial.step() < 5);
        }
    }
}
