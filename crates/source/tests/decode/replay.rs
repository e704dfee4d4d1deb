//! Recorded files of every format, and damaged ones.

use std::io::Cursor;

use skytrend_source::bluesky::firehose::FRAME_BYTES_MAX;
use skytrend_source::bluesky::jetstream::MESSAGE_BYTES_MAX;
use skytrend_source::replay::{Format, Reader, ReplayError};
use skytrend_source::wire::Message;

use crate::data;

fn reader(contents: Vec<u8>) -> Reader {
    let length = contents.len() as u64;
    Reader::new(Cursor::new(contents), length).unwrap()
}

fn compressed(contents: &[u8]) -> Vec<u8> {
    zstd::encode_all(contents, 3).unwrap()
}

/// All messages with their offsets; the reader must end without an error.
fn read(contents: Vec<u8>) -> (Option<Format>, Vec<(u64, Vec<u8>)>) {
    let mut reader = reader(contents);
    let (format, mut messages) = (reader.format(), Vec::new());
    while let Some(input) = reader.next() {
        let input = input.unwrap();
        assert_eq!(Some(input.format), format);
        messages.push((input.offset, input.bytes.to_vec()));
    }
    assert_eq!(reader.file_position(), reader.file_bytes());
    (format, messages)
}

#[test]
fn recorded_frames_are_read_from_the_file_as_it_is() {
    let mut reader = Reader::open(&data::path("firehose/jetstream_corpus/frames.bin.zst")).unwrap();
    assert_eq!((reader.format(), reader.file_bytes()), (Some(Format::Firehose), 515_961));
    let (frames, mut offset) = (data::frames(), 4);
    for frame in &frames {
        let input = reader.next().unwrap().unwrap();
        assert_eq!((input.bytes, input.offset), (&frame[..], offset));
        assert!(input.decode().is_ok());
        offset += 4 + frame.len() as u64;
    }
    assert!(reader.next().is_none());
    assert_eq!(reader.file_position(), 515_961);
}

#[test]
fn recorded_lines_are_read_plain_and_compressed() {
    let lines = data::expected_v1();
    let v1 = lines.join("\n").into_bytes();
    let (format, plain) = read(v1.clone());
    assert_eq!((format, plain.len()), (Some(Format::JetstreamV1), 152));
    for ((offset, message), line) in plain.iter().zip(&lines) {
        assert_eq!(message, line.as_bytes());
        assert_eq!(&v1[usize::try_from(*offset).unwrap()..][..line.len()], line.as_bytes());
    }
    assert_eq!(read(compressed(&v1)).1, plain);
    let v2 = "{\"payload\":{}, \"$type\":\"message\"}\r\n\r\n\n{\"$type\":\"error\",\"error\":\"x\"}\r\n \n";
    let (format, messages) = read(v2.as_bytes().to_vec());
    assert_eq!((format, messages.len(), messages[1].0), (Some(Format::JetstreamV2), 2, 38));
    let mut second = reader(v2.as_bytes().to_vec());
    second.next();
    let message = second.next().unwrap().unwrap().decode().unwrap();
    assert!(matches!(message, Message::Error { .. }));
}

#[test]
fn messages_larger_than_a_chunk_and_across_chunks_are_whole() {
    let message = |n: usize| vec![b'a' + u8::try_from(n % 26).unwrap(); 1 + n * 700_001 % FRAME_BYTES_MAX];
    let mut contents = Vec::new();
    for n in 0..20 {
        contents.extend(u32::try_from(message(n).len()).unwrap().to_le_bytes());
        contents.extend(message(n));
    }
    for contents in [contents.clone(), compressed(&contents)] {
        let (_, messages) = read(contents);
        assert_eq!(messages.len(), 20);
        assert!(messages.iter().enumerate().all(|(n, (_, bytes))| *bytes == message(n)));
    }
    let line = |n: usize| format!("{{\"n\":\"{}\"}}", "x".repeat(n * 800_000));
    let lines: Vec<_> = (0..8).map(line).collect();
    let (_, messages) = read(lines.join("\n\n").into_bytes());
    assert!(messages.iter().map(|(_, bytes)| bytes).eq(lines.iter().map(String::as_bytes)));
}

#[test]
fn empty_files_hold_nothing() {
    for contents in [vec![], b"\n\n \n".to_vec(), compressed(b"")] {
        assert_eq!(read(contents), (None, vec![]));
    }
}

#[test]
fn files_that_are_none_of_the_formats_are_refused() {
    for contents in [&b"hello\nworld\n"[..], b"\x7fELF\x02\x01", b"[1]", &[0xff; 100]] {
        let result = Reader::new(Cursor::new(contents), 0);
        assert!(matches!(result, Err(ReplayError::UnknownFormat)), "{contents:?}");
    }
}

#[test]
fn hostile_lengths_end_the_file_with_their_place() {
    let mut contents = vec![3, 0, 0, 0, 1, 2, 3];
    contents.extend(u32::MAX.to_le_bytes());
    let mut hostile = reader(contents);
    assert!(hostile.next().unwrap().is_ok());
    let error = hostile.next().unwrap().unwrap_err();
    assert!(matches!(error, ReplayError::TooLong { offset: 7, length: 4_294_967_295 }), "{error}");
    assert!(hostile.next().is_none());
    let mut endless = reader([&b"{}\n"[..], &vec![b'x'; 3 * MESSAGE_BYTES_MAX]].concat());
    assert!(endless.next().unwrap().is_ok());
    assert!(matches!(endless.next().unwrap().unwrap_err(), ReplayError::TooLong { offset: 3, .. }));
    assert!(endless.next().is_none());
}

#[test]
fn files_that_are_cut_or_damaged_end_with_an_error() {
    let frames = [&[2, 0, 0, 0, 1, 2][..], &[2, 0, 0, 0, 1, 2]].concat();
    for length in 7..frames.len() {
        let mut cut = reader(frames[..length].to_vec());
        assert!(cut.next().unwrap().is_ok());
        assert!(matches!(cut.next(), Some(Err(ReplayError::Truncated { offset: 6 }))));
        assert!(cut.next().is_none());
    }
    let mut whole = compressed(&frames);
    whole.truncate(whole.len() - 3);
    let result =
        Reader::new(Cursor::new(whole), 0).map(|mut reader| while let Some(Ok(_)) = reader.next() {});
    assert!(matches!(result, Err(ReplayError::Io { .. }) | Ok(())));
}
