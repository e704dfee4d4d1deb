//! Bytes as lines, each with its place, so that reading can go on behind any of them. What a line says is not known
//! here.

use std::io::{self, BufRead};

/// Longest line that is kept whole; of a longer one only the start is, for the dead letter.
pub const LINE_BYTES_MAX: usize = 256 << 10;

/// One line without its break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line<'a> {
    /// Where it starts, in bytes.
    pub offset: u64,
    /// Where the next one starts.
    pub next: u64,
    /// Its bytes, at most [`LINE_BYTES_MAX`].
    pub bytes: &'a [u8],
    /// Whether it has more.
    pub is_cut: bool,
}

/// Takes lines from the front of an input that may grow.
#[derive(Debug)]
pub struct LineReader<R> {
    input: R,
    line: Vec<u8>,
    offset: u64,
    next: u64,
    is_complete: bool,
}

impl<R: BufRead> LineReader<R> {
    /// Of an input whose first byte is at `offset`.
    pub fn new(input: R, offset: u64) -> Self {
        Self { input, line: Vec::new(), offset, next: offset, is_complete: true }
    }

    /// The next line that is not blank and has its break; none at the present end of the input, where it may be asked
    /// again later.
    pub fn next_line(&mut self) -> io::Result<Option<Line<'_>>> {
        loop {
            if std::mem::take(&mut self.is_complete) {
                self.line.clear();
                self.offset = self.next;
            }
            let bytes = match self.input.fill_buf() {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                other => other?,
            };
            if bytes.is_empty() {
                return Ok(None);
            }
            let line_break = memchr::memchr(b'\n', bytes);
            let part = line_break.map_or(bytes, |at| &bytes[..at]);
            let room = LINE_BYTES_MAX - self.line.len().min(LINE_BYTES_MAX);
            // One byte more than is kept tells that the line was cut.
            self.line.extend_from_slice(&part[..part.len().min(room + 1)]);
            let taken = part.len() + usize::from(line_break.is_some());
            self.input.consume(taken);
            self.next += taken as u64;
            self.is_complete = line_break.is_some();
            if self.is_complete && !self.line.trim_ascii().is_empty() {
                return Ok(Some(self.line()));
            }
        }
    }

    /// The input will not grow: the last line, if it has no break and is not blank.
    pub fn last_line(&mut self) -> Option<Line<'_>> {
        let is_left = !std::mem::replace(&mut self.is_complete, true) && !self.line.trim_ascii().is_empty();
        is_left.then(|| self.line())
    }

    fn line(&self) -> Line<'_> {
        let kept = self.line.len().min(LINE_BYTES_MAX);
        Line {
            offset: self.offset,
            next: self.next,
            bytes: self.line[..kept].trim_ascii(),
            is_cut: self.line.len() > kept,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::BufReader;

    use super::*;

    fn lines(text: &[u8], capacity: usize) -> Vec<(u64, u64, Vec<u8>, bool)> {
        let mut reader = LineReader::new(BufReader::with_capacity(capacity, text), 100);
        let own = |line: Line<'_>| (line.offset, line.next, line.bytes.to_vec(), line.is_cut);
        let mut found = Vec::new();
        while let Some(line) = reader.next_line().unwrap() {
            found.push(own(line));
        }
        found.extend(reader.last_line().map(own));
        assert_eq!(reader.last_line(), None);
        found
    }

    #[test]
    fn lines_have_their_places_whatever_the_reads() {
        let text = b"{}\r\n\n  \n{\"a\":1}\nrest";
        for capacity in 1..20 {
            let expected = [
                (100, 104, b"{}".to_vec(), false),
                (108, 116, b"{\"a\":1}".to_vec(), false),
                (116, 120, b"rest".to_vec(), false),
            ];
            assert_eq!(lines(text, capacity), expected, "{capacity}");
        }
    }

    #[test]
    fn a_line_that_is_too_long_is_cut_and_passed() {
        let mut text = vec![b'x'; 3 * LINE_BYTES_MAX];
        text.extend_from_slice(b"\nnext\n");
        let found = lines(&text, 10_000);
        assert_eq!((found[0].2.len(), found[0].3), (LINE_BYTES_MAX, true));
        assert_eq!((found[1].0, &*found[1].2), (100 + text.len() as u64 - 5, &b"next"[..]));
    }
}
