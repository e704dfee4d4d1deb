//! Followers of `/api/v1/stream`. Each notes when it was told of which window; the slow ones read a few kilobytes a
//! second and are told what is newest whenever they are ready.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tokio::time::{Instant, sleep_until, timeout_at};

use super::connection::{Connection, Target};

/// What a slow follower reads each second, in bytes.
const SLOW_BYTES: usize = 4 << 10;

/// What one follower was told.
#[derive(Debug, Default)]
pub struct Told {
    pub is_slow: bool,
    /// When it was told of the windows that end at these instants, both in microseconds since 1970.
    pub windows: BTreeMap<i64, i64>,
    pub bytes: u64,
    /// It was refused, or its connection ended too early.
    pub is_lost: bool,
}

/// Follows until the end. What is told before `from` is what was there already: not noted.
pub async fn follow(target: &Target, is_slow: bool, from: Instant, until: Instant) -> Told {
    let mut told = Told { is_slow, ..Told::default() };
    told.is_lost = match read(target, &mut told, from, until).await {
        Ok(()) => Instant::now() < until,
        Err(_) => true,
    };
    told
}

async fn read(target: &Target, told: &mut Told, from: Instant, until: Instant) -> anyhow::Result<()> {
    let mut connection = Connection::open(target).await?;
    let (status, rest) = connection.begin(&target.request("/api/v1/stream?events=trends")).await?;
    anyhow::ensure!(status == 200, "answered {status}");
    let mut lines = Ids::default();
    lines.take(&rest, |_| {});
    let mut buffer = vec![0; if told.is_slow { SLOW_BYTES } else { 64 << 10 }];
    while let Ok(read) = timeout_at(until, connection.read(&mut buffer)).await {
        let read = read?;
        if read == 0 {
            break;
        }
        told.bytes += read as u64;
        let is_noted = Instant::now() >= from;
        let now = micros_now();
        lines.take(&buffer[..read], |window| {
            if is_noted {
                told.windows.entry(window).or_insert(now);
            }
        });
        if told.is_slow {
            sleep_until((Instant::now() + Duration::from_secs(1)).min(until)).await;
        }
    }
    Ok(())
}

fn micros_now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// Finds the lines `id: <end of the window>.…` in what comes in pieces.
#[derive(Debug, Default)]
struct Ids {
    /// The beginning of a line whose end has not come; cut, for no id is long.
    line: Vec<u8>,
}

impl Ids {
    const LINE_MAX: usize = 64;

    fn take(&mut self, mut bytes: &[u8], mut found: impl FnMut(i64)) {
        while let Some(end) = memchr::memchr(b'\n', bytes) {
            self.push(&bytes[..end]);
            bytes = &bytes[end + 1..];
            let window = self.line.strip_prefix(b"id: ").and_then(|id| {
                let id = std::str::from_utf8(id).ok()?;
                id.split('.').next()?.parse().ok()
            });
            self.line.clear();
            if let Some(window) = window {
                found(window);
            }
        }
        self.push(bytes);
    }

    fn push(&mut self, bytes: &[u8]) {
        let room = Self::LINE_MAX.saturating_sub(self.line.len());
        self.line.extend_from_slice(&bytes[..bytes.len().min(room)]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_found_however_the_bytes_are_cut() {
        let stream = b"2a\r\nretry: 2000\n\nevent: trends\nid: 1700000000000000.5\ndata: \r\n{\"id\": 3}\r\n\n\nid: 7.0\n";
        for cut in 0..stream.len() {
            let (mut ids, mut found) = (Ids::default(), Vec::new());
            ids.take(&stream[..cut], |id| found.push(id));
            ids.take(&stream[cut..], |id| found.push(id));
            assert_eq!(found, [1_700_000_000_000_000, 7], "{cut}");
        }
    }
}
