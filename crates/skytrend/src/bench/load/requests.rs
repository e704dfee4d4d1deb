//! Requests at a fixed rate. Each is due at its own instant, whatever became of those before, and its time runs from
//! then: a server that stalls is charged for all that would have come meanwhile.

use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use super::connection::{Connection, Target};

/// What is not answered so long after the end is not waited for.
const ANSWER_MAX: Duration = Duration::from_secs(10);

/// When a connection asks: every `connections`-th of `rate` requests a second, from its own number on.
#[derive(Clone, Copy, Debug)]
pub struct Schedule {
    pub from: Instant,
    pub until: Instant,
    pub number: u32,
    pub connections: u32,
    pub rate: u32,
}

impl Schedule {
    fn due(self, place: u32) -> Instant {
        let request = u64::from(place) * u64::from(self.connections) + u64::from(self.number);
        self.from + Duration::from_secs_f64(request as f64 / f64::from(self.rate))
    }
}

/// What one connection was answered.
#[derive(Debug, Default)]
pub struct Asked {
    /// From the instant at which each request was due to the end of its answer.
    pub took: Vec<Duration>,
    /// Answers with another status than 200.
    pub refused: u64,
    /// Requests without an answer.
    pub failed: u64,
}

/// Asks for `path` to the end of the schedule.
pub async fn ask(target: &Target, path: &str, schedule: Schedule) -> Asked {
    let request = target.request(path);
    let mut asked = Asked::default();
    let give_up = schedule.until + ANSWER_MAX;
    let mut open = Connection::open(target).await.ok();
    for place in 0.. {
        let due = schedule.due(place);
        if due >= schedule.until {
            break;
        }
        tokio::time::sleep_until(due).await;
        if open.is_none() {
            open = Connection::open(target).await.ok();
        }
        let answer = match &mut open {
            Some(connection) => timeout_at(give_up, connection.ask(&request)).await.ok().and_then(Result::ok),
            None => None,
        };
        match answer {
            Some(200) => asked.took.push(due.elapsed()),
            Some(_) => asked.refused += 1,
            None => {
                asked.failed += 1;
                open = None;
            }
        }
    }
    asked
}
