//! The world as files, for replay and benches: firehose frames as `[u32 little-endian length][frame]…`, or
//! Jetstream messages one a line. A path that ends in `.zst` is compressed.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use crate::wire::firehose::{DEFAULT_PROOF_NODES, FrameEncoder};
use crate::wire::jetstream::JsonEncoder;
use crate::{Wire, World};

/// Speed matters more than size.
const LEVEL: i32 = 3;

/// Writes the next `count` events of a world as they look on a wire. Returns how many there were: fewer than
/// `count` when the world ends. One event may be several lines, or none.
pub fn write_events(world: &mut World, wire: Wire, path: &Path, count: u64) -> io::Result<u64> {
    let file = BufWriter::with_capacity(1 << 20, File::create(path)?);
    if path.extension().is_some_and(|extension| extension == "zst") {
        let mut compressed = zstd::Encoder::new(file, LEVEL)?;
        let written = write_to(world, wire, &mut compressed, count)?;
        compressed.finish()?.flush()?;
        return Ok(written);
    }
    let mut file = file;
    let written = write_to(world, wire, &mut file, count)?;
    file.flush()?;
    Ok(written)
}

fn write_to(world: &mut World, wire: Wire, out: &mut impl Write, count: u64) -> io::Result<u64> {
    let mut frames = FrameEncoder::new(DEFAULT_PROOF_NODES);
    let mut json = JsonEncoder::default();
    let mut written = 0;
    while written < count
        && let Some(event) = world.next()
    {
        let mut result = Ok(());
        let mut line = |text: &str| {
            if result.is_ok() {
                result = out.write_all(text.as_bytes()).and_then(|()| out.write_all(b"\n"));
            }
        };
        match wire {
            Wire::Firehose => {
                let frame = frames.encode(&event, event.seq);
                let length = u32::try_from(frame.len()).map_err(io::Error::other)?;
                out.write_all(&length.to_le_bytes())?;
                out.write_all(frame)?;
            }
            Wire::JetstreamV1 => json.v1(&event, event.seq, |message| line(message.json)),
            Wire::JetstreamV2 => json.v2(&event, event.seq, |message| line(message.json)),
        }
        result?;
        written += 1;
    }
    Ok(written)
}
