//! Server-Sent Events as they come over a connection (the fields of the HTML standard that our server sends).

use std::io::{BufRead as _, BufReader, Read};

/// Bytes of one line at most; an alert with its samples has some ten thousand.
const LINE_BYTES_MAX: u64 = 4 << 20;

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Event {
    /// What it is: the field `event`.
    pub kind: String,
    /// Where to go on after it.
    pub id: Option<String>,
    /// Its lines, joined.
    pub data: String,
}

/// Why no event comes any more.
#[derive(Debug, thiserror::Error)]
pub enum EventsError {
    /// The connection failed, or its time was over.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// A line longer than any event has.
    #[error("a line is longer than {LINE_BYTES_MAX} bytes")]
    TooLong,
}

impl EventsError {
    /// Whether the time of the connection was over, which is no failure.
    pub fn is_renewal(&self) -> bool {
        let Self::Io(error) = self else { return false };
        let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<ureq::Error>());
        error.kind() == std::io::ErrorKind::TimedOut || matches!(inner, Some(ureq::Error::Timeout(_)))
    }
}

/// The events of a connection, up to its end.
pub struct Events<R>(BufReader<R>);

impl<R: Read> Events<R> {
    pub fn new(reader: R) -> Self {
        Self(BufReader::new(reader))
    }

    /// The next line without its end; none at the end of the connection, where a line that is cut off is none.
    fn line(&mut self) -> Result<Option<String>, EventsError> {
        let mut line = Vec::new();
        self.0.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line)?;
        if line.pop() != Some(b'\n') {
            return if line.len() as u64 + 1 >= LINE_BYTES_MAX {
                Err(EventsError::TooLong)
            } else {
                Ok(None)
            };
        }
        if line.last() == Some(&b'\r') {
            line.pop();
        }
        Ok(Some(String::from_utf8_lossy(&line).into_owned()))
    }

    fn event(&mut self) -> Result<Option<Event>, EventsError> {
        let mut event = Event::default();
        let mut has_data = false;
        while let Some(line) = self.line()? {
            if line.is_empty() {
                if has_data {
                    return Ok(Some(event));
                }
                event = Event::default();
                continue;
            }
            // A line that begins with a colon is a comment: its field has no name.
            let (field, value) = line.split_once(':').unwrap_or((&line, ""));
            let value = value.strip_prefix(' ').unwrap_or(value);
            match field {
                "event" => value.clone_into(&mut event.kind),
                "id" => event.id = Some(value.to_owned()),
                "data" => {
                    if has_data {
                        event.data.push('\n');
                    }
                    event.data.push_str(value);
                    has_data = true;
                }
                _ => {}
            }
        }
        Ok(None)
    }
}

impl<R: Read> Iterator for Events<R> {
    type Item = Result<Event, EventsError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.event().transpose()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Vec<Event> {
        Events::new(text.as_bytes()).collect::<Result<_, _>>().expect("memory can be read")
    }

    #[test]
    fn events_have_a_kind_an_id_and_lines() {
        let text = "retry: 2000\n\n:\n\nevent: alert\nid: 5.7\ndata: {\"a\":\ndata: 1}\n\r\nevent: trends\r\ndata:x\r\n\r\n";
        let alert = Event { kind: "alert".into(), id: Some("5.7".into()), data: "{\"a\":\n1}".into() };
        let trends = Event { kind: "trends".into(), id: None, data: "x".into() };
        assert_eq!(read(text), [alert, trends]);
    }

    #[test]
    fn what_is_cut_off_is_no_event() {
        assert_eq!(read("event: alert\ndata: {}\n"), []);
        assert_eq!(read("event: alert\ndata: {"), []);
        assert_eq!(read(""), []);
    }
}
