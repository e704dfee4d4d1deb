//! Several threads: waiting, and readers beside writers.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use bytes::Bytes;

use super::{ALL, Case, NO_WAIT, Subject, append, create, read_all, records, topic};
use crate::{Position, Transaction};

pub const CASES: [Case; 5] = [
    ("wait ends at its timeout", wait_times_out),
    ("wait ends at once when something was committed before", wait_sees_earlier_commits),
    ("wait is woken by a commit of another thread", wait_is_woken),
    ("transactions of several threads are serialised", concurrent_writers),
    ("readers see whole transactions in order", readers_beside_writers),
];

/// Long enough that a test which waits in vain fails for it.
const FOR_EVER: Duration = Duration::from_secs(60);

fn wait_times_out(log: &Subject) {
    assert_eq!(log.wait(0, Duration::from_millis(5)), 0);
    create(log, &topic("t", 1));
    append(log, "t", 0, records(0, 1));
    let generation = log.wait(0, NO_WAIT);
    assert_eq!(log.wait(generation, Duration::from_millis(5)), generation);
}

fn wait_sees_earlier_commits(log: &Subject) {
    create(log, &topic("t", 1));
    append(log, "t", 0, records(0, 1));
    let generation = log.wait(0, FOR_EVER);
    assert!(generation > 0);
    let states = vec![("s".to_owned(), Bytes::from_static(b"x"))];
    log.commit(Transaction { states, ..Transaction::default() }).expect("allowed");
    assert!(log.wait(generation, FOR_EVER) > generation);
}

fn wait_is_woken(log: &Subject) {
    create(log, &topic("t", 1));
    let reader = {
        let log = Arc::clone(log);
        thread::spawn(move || {
            let (mut seen, mut next) = (0, 0);
            while next < 100 {
                next += log.read("t", 0, next, ALL).expect("there").len() as u64;
                seen = log.wait(seen, if next < 100 { FOR_EVER } else { NO_WAIT });
            }
        })
    };
    for n in 0..100 {
        append(log, "t", 0, records(n, 1));
    }
    reader.join().expect("the reader was woken for each record");
}

fn concurrent_writers(log: &Subject) {
    const THREADS: u64 = 4;
    const TRANSACTIONS: u64 = 50;
    create(log, &topic("a", 1));
    create(log, &topic("b", 1));
    let write = |log: Subject, thread: u64| {
        let mut offsets = Vec::new();
        for n in 0..TRANSACTIONS {
            let number = thread * TRANSACTIONS + n;
            let appends =
                vec![("a".to_owned(), 0, records(number, 2)), ("b".to_owned(), 0, records(number, 1))];
            let committed = log.commit(Transaction { appends, ..Transaction::default() }).expect("allowed");
            offsets.push((number, committed.offsets));
        }
        offsets
    };
    let writers: Vec<_> = (0..THREADS)
        .map(|thread| {
            let log = Arc::clone(log);
            thread::spawn(move || write(log, thread))
        })
        .collect();
    let mut committed: Vec<_> =
        writers.into_iter().flat_map(|writer| writer.join().expect("writes")).collect();
    committed.sort_by_key(|(_, offsets)| offsets[0].start);
    let (a, b) = (read_all(log, "a", 0), read_all(log, "b", 0));
    for (order, (number, offsets)) in (0_u64..).zip(&committed) {
        assert_eq!(offsets.as_slice(), [order * 2..order * 2 + 2, order..order + 1], "one after the other");
        let written = format!("record {number}");
        let place = usize::try_from(order).expect("a small number");
        assert_eq!(a[place * 2].value, written.as_bytes());
        assert_eq!(b[place].value, written.as_bytes());
    }
    assert_eq!(committed.len() as u64, THREADS * TRANSACTIONS);
}

/// The writer keeps topic `b`, a position and a state in step with topic `a`; a reader that asks for `a` first must
/// find the others at least as far.
fn readers_beside_writers(log: &Subject) {
    const TRANSACTIONS: u64 = 300;
    create(log, &topic("a", 1));
    create(log, &topic("b", 1));
    let done = Arc::new(AtomicBool::new(false));
    let check = |log: Subject, done: Arc<AtomicBool>| {
        let mut next = 0;
        while next < TRANSACTIONS * 3 {
            assert!(
                !done.load(Ordering::Acquire) || log.bounds("a", 0).expect("known").end == TRANSACTIONS * 3
            );
            let read = log.read("a", 0, next, ALL).expect("there");
            assert!(read.iter().map(|record| record.offset).eq(next..next + read.len() as u64));
            next += read.len() as u64;
            assert_eq!(next % 3, 0, "a transaction is visible as a whole");
            let transactions = next / 3;
            assert!(log.bounds("b", 0).expect("known").end >= transactions);
            assert!(log.position("g", "a", 0).expect("known").unwrap_or(0) >= transactions);
            let state = log.state("s").expect("read").unwrap_or_default();
            assert!(state.len() as u64 >= transactions * 100, "the state is as far as the records");
        }
    };
    let readers: Vec<_> = (0..2)
        .map(|_| {
            let (log, done) = (Arc::clone(log), Arc::clone(&done));
            thread::spawn(move || check(log, done))
        })
        .collect();
    for n in 0..TRANSACTIONS {
        let position = Position { group: "g".to_owned(), topic: "a".to_owned(), partition: 0, next: n + 1 };
        let state = Bytes::from(vec![b'x'; usize::try_from((n + 1) * 100).expect("a small number")]);
        let transaction = Transaction {
            appends: vec![("a".to_owned(), 0, records(n * 3, 3)), ("b".to_owned(), 0, records(n, 1))],
            positions: vec![position],
            states: vec![("s".to_owned(), state)],
        };
        log.commit(transaction).expect("allowed");
    }
    done.store(true, Ordering::Release);
    for reader in readers {
        reader.join().expect("the reader saw whole transactions");
    }
}
