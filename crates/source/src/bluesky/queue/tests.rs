//! The queue: its limits, its order, its blocking.

use std::sync::Arc;

use futures_util::FutureExt;

use super::*;

const LONG: Duration = Duration::from_secs(30);

fn queue(messages_max: usize, bytes_max: usize) -> Queue {
    Queue::new(&QueueSettings { messages_max, bytes_max })
}

fn message(number: u64, size: usize) -> Delivery {
    let bytes = Bytes::from(vec![0; size]);
    Delivery::Message { generation: number, bytes, compressed: false, received: Micros(0) }
}

fn batch(numbers: std::ops::Range<u64>) -> Vec<Delivery> {
    numbers.map(|number| message(number, 10)).collect()
}

fn numbers(deliveries: &VecDeque<Delivery>) -> Vec<u64> {
    let number = |delivery: &Delivery| match delivery {
        Delivery::Message { generation, .. } => *generation,
        _ => u64::MAX,
    };
    deliveries.iter().map(number).collect()
}

#[test]
fn what_goes_in_comes_out_in_order_in_batches_of_any_size() {
    let queue = queue(1_000, usize::MAX);
    queue.push_batch(&mut batch(0..7)).unwrap();
    queue.push_batch(&mut batch(7..10)).unwrap();
    let mut out = VecDeque::new();
    assert_eq!(queue.drain(&mut out, 4, LONG), Drained::Some);
    assert_eq!(numbers(&out), [0, 1, 2, 3]);
    assert_eq!(queue.drain(&mut out, 4, LONG), Drained::Some);
    assert_eq!(queue.drain(&mut out, 4, LONG), Drained::Some);
    assert_eq!(numbers(&out), (0..10).collect::<Vec<_>>());
    assert_eq!(queue.depth(), (0, 0));
}

#[test]
fn a_batch_that_does_not_fit_is_refused_whole() {
    let queue = queue(5, usize::MAX);
    queue.push_batch(&mut batch(0..3)).unwrap();
    let mut too_many = batch(3..6);
    assert_eq!(queue.push_batch(&mut too_many), Err(Full));
    assert_eq!((too_many.len(), queue.depth().0), (3, 3));
    queue.push_batch(&mut batch(3..5)).unwrap();
}

#[test]
fn bytes_are_limited_too_and_given_back() {
    let queue = queue(100, 10_000);
    queue.push_batch(&mut vec![message(0, 6_000)]).unwrap();
    assert_eq!(queue.push_batch(&mut vec![message(1, 6_000)]), Err(Full));
    let mut out = VecDeque::new();
    queue.drain(&mut out, 1, LONG);
    queue.push_batch(&mut vec![message(1, 6_000)]).unwrap();
    queue.drain(&mut out, 1, LONG);
    assert_eq!(queue.depth(), (0, 0));
}

#[test]
fn one_message_above_the_limit_passes_an_empty_queue() {
    let queue = queue(1, 100);
    queue.push_batch(&mut vec![message(0, 5_000)]).unwrap();
    assert_eq!(queue.push_batch(&mut vec![message(1, 1)]), Err(Full));
}

#[test]
fn an_empty_queue_times_out_and_a_closed_one_says_so_after_the_last() {
    let queue = queue(10, 10_000);
    let mut out = VecDeque::new();
    assert_eq!(queue.drain(&mut out, 10, Duration::ZERO), Drained::TimedOut);
    queue.push_batch(&mut batch(0..1)).unwrap();
    queue.close();
    assert_eq!(queue.drain(&mut out, 10, LONG), Drained::Some);
    assert_eq!(queue.drain(&mut out, 10, LONG), Drained::Closed);
}

#[test]
fn a_blocked_consumer_wakes_when_something_comes() {
    let queue = Arc::new(queue(10, 10_000));
    let consumer = std::thread::spawn({
        let queue = Arc::clone(&queue);
        move || {
            let mut out = VecDeque::new();
            (queue.drain(&mut out, 10, LONG), numbers(&out))
        }
    });
    queue.push_batch(&mut batch(3..5)).unwrap();
    assert_eq!(consumer.join().unwrap(), (Drained::Some, vec![3, 4]));
}

#[tokio::test]
async fn the_producer_is_told_when_half_is_gone() {
    let queue = queue(8, usize::MAX);
    queue.push_batch(&mut batch(0..8)).unwrap();
    let mut waiting = Box::pin(queue.until_half_empty());
    let mut out = VecDeque::new();
    assert!((&mut waiting).now_or_never().is_none());
    queue.drain(&mut out, 3, LONG);
    assert!((&mut waiting).now_or_never().is_none(), "five of eight are above half");
    queue.drain(&mut out, 1, LONG);
    waiting.await;
}
