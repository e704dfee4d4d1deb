//! The zstd dictionary of the simulated Jetstream: trained on the world's own messages, the same on every start.
//! Its id is what the settings say, so that a client can be shown the real servers' ids, or strange ones.

use std::io;
use std::path::Path;
use std::sync::OnceLock;

use super::jetstream::JsonEncoder;
use crate::settings::WorldSettings;
use crate::world::World;

/// The id of the real version 1 dictionary.
pub const V1_ID: u32 = 1_612_007_021;
/// The id of a real version 2 dictionary.
pub const V2_ID: u32 = 20_260_811;

/// Bytes of the dictionary: larger ones hardly compress better, and cost each client's caches.
const SIZE: usize = 32 * 1024;
/// Events whose messages it is trained on.
const SAMPLES: usize = 3000;
/// Speed matters more than size.
const LEVEL: i32 = 3;

/// A structured zstd dictionary (RFC 8878, section 5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dictionary {
    id: u32,
    bytes: Vec<u8>,
}

impl Dictionary {
    /// The dictionary under this id. Trained at the first call in a process.
    pub fn with_id(id: u32) -> Self {
        static TRAINED: OnceLock<Vec<u8>> = OnceLock::new();
        let mut bytes = TRAINED.get_or_init(train).clone();
        // Magic number first, then the id, both little-endian.
        bytes[4..8].copy_from_slice(&id.to_le_bytes());
        Self { id, bytes }
    }

    /// The id that every frame made with it carries.
    pub fn id(&self) -> u32 {
        self.id
    }

    /// Its bytes, as a server serves them.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Writes it to a file, for clients that read their dictionary from one.
    pub fn write_to(&self, path: &Path) -> io::Result<()> {
        std::fs::write(path, &self.bytes)
    }

    /// A compressor of single messages.
    pub fn compressor(&self) -> io::Result<zstd::bulk::Compressor<'static>> {
        zstd::bulk::Compressor::with_dictionary(LEVEL, &self.bytes)
    }
}

fn train() -> Vec<u8> {
    let settings = WorldSettings { authors: 5_000, account_ppm: 3_000, ..WorldSettings::live_like(1) };
    let world = World::new(settings).expect("the settings are within their ranges");
    let (mut encoder, mut samples) = (JsonEncoder::default(), Vec::new());
    for event in world.take(SAMPLES) {
        encoder.v1(&event, event.seq, |message| samples.push(message.json.to_owned()));
        encoder.v2(&event, event.seq, |message| samples.push(message.json.to_owned()));
    }
    zstd::dict::from_samples(&samples, SIZE).expect("thousands of similar samples make a dictionary")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_shrink_to_half_and_come_back() {
        let dictionary = Dictionary::with_id(77);
        assert_eq!(&dictionary.bytes()[..8], &[0x37, 0xa4, 0x30, 0xec, 77, 0, 0, 0]);
        assert_eq!(Dictionary::with_id(77), dictionary);
        let mut compressor = dictionary.compressor().unwrap();
        let mut expand = zstd::bulk::Decompressor::with_dictionary(dictionary.bytes()).unwrap();
        let (mut encoder, mut plain, mut packed) = (JsonEncoder::default(), 0, 0);
        for event in World::new(WorldSettings::live_like(99)).unwrap().take(500) {
            encoder.v1(&event, event.seq, |message| {
                let frame = compressor.compress(message.json.as_bytes()).unwrap();
                assert_eq!(expand.decompress(&frame, 1 << 20).unwrap(), message.json.as_bytes());
                plain += message.json.len();
                packed += frame.len();
            });
        }
        assert!(packed * 100 < plain * 55, "the real one gets 44 %: {packed} of {plain}");
    }
}
