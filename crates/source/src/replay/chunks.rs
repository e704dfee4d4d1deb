//! A file as a window of bytes that slides forward: read in large chunks, decompressed where the contents are zstd,
//! consumed from the front.

use std::io::{Cursor, Read};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::{Found, ReplayError};

/// Bytes asked of the file at a time: few enough to stay in a second-level cache until their messages are decoded.
const CHUNK_BYTES: usize = 256 * 1024;

const ZSTD_MAGIC: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

pub struct Chunks {
    input: Box<dyn Read + Send>,
    file_position: Arc<AtomicU64>,
    buffer: Vec<u8>,
    /// What is in the buffer and not consumed.
    start: usize,
    end: usize,
    /// Offset of `start` in the contents.
    offset: u64,
}

impl Chunks {
    pub fn new(input: impl Read + Send + 'static) -> Result<Self, ReplayError> {
        let at_start = |source| ReplayError::Io { offset: 0, source };
        let file_position = Arc::new(AtomicU64::new(0));
        let mut counted = Counted { input, bytes: Arc::clone(&file_position) };
        let mut magic = Vec::new();
        counted.by_ref().take(ZSTD_MAGIC.len() as u64).read_to_end(&mut magic).map_err(at_start)?;
        let is_zstd = magic == ZSTD_MAGIC;
        let whole = Cursor::new(magic).chain(counted);
        // The library refuses windows beyond 128 MiB, which bounds its memory.
        let input: Box<dyn Read + Send> =
            if is_zstd { Box::new(zstd::Decoder::new(whole).map_err(at_start)?) } else { Box::new(whole) };
        Ok(Self { input, file_position, buffer: vec![0; CHUNK_BYTES], start: 0, end: 0, offset: 0 })
    }

    /// Bytes read of the file itself.
    pub fn file_position(&self) -> u64 {
        self.file_position.load(Ordering::Relaxed)
    }

    /// Where the bytes at hand start in the contents.
    pub const fn offset(&self) -> u64 {
        self.offset
    }

    /// The bytes at hand.
    pub fn bytes(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// The bytes at hand, after reading until they are `length` or the file ends.
    pub fn at_least(&mut self, length: usize) -> Result<&[u8], ReplayError> {
        while self.end - self.start < length && self.more()? {}
        Ok(self.bytes())
    }

    /// Reads on; false at the end of the file. The buffer grows only while the bytes at hand fill it, and the caller
    /// bounds these.
    pub fn more(&mut self) -> Result<bool, ReplayError> {
        if self.end == self.buffer.len() {
            self.buffer.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.end == self.buffer.len() {
            self.buffer.resize(self.buffer.len() + CHUNK_BYTES, 0);
        }
        loop {
            match self.input.read(&mut self.buffer[self.end..]) {
                Ok(count) => {
                    self.end += count;
                    return Ok(count > 0);
                }
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(source) => return Err(ReplayError::Io { offset: self.offset, source }),
            }
        }
    }

    /// Forgets `count` bytes at the front.
    pub fn drop_front(&mut self, count: usize) {
        self.start += count;
        self.offset += count as u64;
    }

    /// Lends a message and moves behind it.
    pub fn consume(&mut self, message: Found) -> &[u8] {
        let front = self.start;
        self.drop_front(message.next);
        &self.buffer[front + message.start..front + message.end]
    }
}

/// Counts what is read.
struct Counted<R> {
    input: R,
    bytes: Arc<AtomicU64>,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.input.read(buffer)?;
        self.bytes.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}
