//! Which host to try next, and when. Each host has its own failures and its own delay, so that a broken one is not
//! asked again while others work. Pure: instants are durations since the client's start.

use std::fmt;
use std::time::Duration;

use super::backoff::Backoff;
use super::settings::BackoffSettings;

/// A server of one of the streams.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Host {
    /// Encrypted (`wss://`).
    pub tls: bool,
    /// Domain name or address; an IPv6 address without its brackets.
    pub name: String,
    /// TCP port.
    pub port: u16,
}

/// Not `ws://name[:port]` or `wss://name[:port]`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a host: expected ws://name[:port] or wss://name[:port]")]
pub struct InvalidHost {
    /// What was given.
    pub text: String,
}

impl Host {
    /// Reads `ws://name[:port]` or `wss://name[:port]`.
    pub fn parse(text: &str) -> Result<Self, InvalidHost> {
        let invalid = || InvalidHost { text: text.to_owned() };
        let (tls, authority) = match text.split_once("://") {
            Some(("ws", rest)) => (false, rest),
            Some(("wss", rest)) => (true, rest),
            _ => return Err(invalid()),
        };
        let authority = authority.strip_suffix('/').unwrap_or(authority);
        let default_port = if tls { 443 } else { 80 };
        let (name, port) = match authority.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            Some((name, "")) => (name, default_port),
            Some((name, rest)) => {
                (name, rest.strip_prefix(':').and_then(|port| port.parse().ok()).ok_or_else(invalid)?)
            }
            None => match authority.split_once(':') {
                Some((name, port)) => (name, port.parse().map_err(|_| invalid())?),
                None => (authority, default_port),
            },
        };
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_' | b':');
        if name.is_empty() || port == 0 || !name.bytes().all(allowed) {
            return Err(invalid());
        }
        Ok(Self { tls, name: name.to_ascii_lowercase(), port })
    }

    /// `name[:port]` as HTTP's `Host` header wants it.
    pub(crate) fn authority(&self) -> String {
        let name = if self.name.contains(':') { format!("[{}]", self.name) } else { self.name.clone() };
        let default_port = if self.tls { 443 } else { 80 };
        if self.port == default_port { name } else { format!("{name}:{}", self.port) }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", if self.tls { "wss" } else { "ws" }, self.authority())
    }
}

/// What a failure says about its host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// It may work again soon.
    Passing,
    /// It may work again, but nothing says soon: the longest delay.
    Lasting,
    /// It says when to come back.
    RetryAfter(Duration),
    /// It does not do what we want (HTTP 501): never ask again.
    Final,
}

#[derive(Debug)]
struct Entry {
    host: Host,
    failures: u32,
    ready_at: Duration,
    refused: bool,
}

/// The list of hosts, and how each has fared.
#[derive(Debug)]
pub(crate) struct Hosts {
    entries: Vec<Entry>,
    current: usize,
    backoff: Backoff,
    failures_before_next: u32,
    retry_after_max: Duration,
}

impl Hosts {
    /// Hosts in order of preference.
    pub(crate) fn new(hosts: Vec<Host>, settings: &BackoffSettings, seed: u64) -> Self {
        let entry = |host| Entry { host, failures: 0, ready_at: Duration::ZERO, refused: false };
        Self {
            entries: hosts.into_iter().map(entry).collect(),
            current: 0,
            backoff: Backoff::new(settings, seed),
            failures_before_next: settings.failures_before_next_host.max(1),
            retry_after_max: Duration::from_millis(settings.retry_after_max_millis),
        }
    }

    /// The host to try, and how long to wait before; none when every host has refused for good.
    ///
    /// The one with the fewest rounds of failures goes first, among equals the one in use, then by preference. A host
    /// that asked for more patience than the longest delay does not hold the others up.
    pub(crate) fn next(&mut self, now: Duration) -> Option<(Host, Duration)> {
        let rank = |(index, entry): &(usize, &Entry)| {
            let wait = entry.ready_at.saturating_sub(now);
            let asks_patience = wait > self.backoff.max();
            (asks_patience, entry.failures / self.failures_before_next, *index != self.current, *index)
        };
        let usable = self.entries.iter().enumerate().filter(|(_, entry)| !entry.refused);
        let (index, entry) = usable.min_by_key(rank)?;
        let choice = (entry.host.clone(), entry.ready_at.saturating_sub(now));
        self.current = index;
        Some(choice)
    }

    /// Makes the host with this name the one in use, if it is in the list: its position is known there.
    pub(crate) fn prefer(&mut self, name: &str) {
        if let Some(index) = self.entries.iter().position(|entry| entry.host.to_string() == name) {
            self.current = index;
        }
    }

    /// The host in use has proved healthy: what was before is forgotten.
    pub(crate) fn proved_healthy(&mut self) {
        if let Some(entry) = self.entries.get_mut(self.current) {
            entry.failures = 0;
            entry.ready_at = Duration::ZERO;
        }
    }

    /// The host in use has failed.
    pub(crate) fn failed(&mut self, failure: Failure, now: Duration) {
        let Some(entry) = self.entries.get_mut(self.current) else { return };
        entry.failures = entry.failures.saturating_add(1);
        let delay = self.backoff.delay(entry.failures);
        let delay = match failure {
            Failure::Passing => delay,
            Failure::Lasting => self.backoff.max(),
            Failure::RetryAfter(wish) => {
                // It has said that it won't serve us now: the next host is tried at once.
                entry.failures = entry.failures.max(self.failures_before_next);
                wish.min(self.retry_after_max).max(delay)
            }
            Failure::Final => {
                entry.refused = true;
                delay
            }
        };
        entry.ready_at = now.saturating_add(delay);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Duration = Duration::from_secs(1_000);

    fn hosts(names: &[&str]) -> Hosts {
        let list = names.iter().map(|name| Host::parse(&format!("ws://{name}")).unwrap()).collect();
        Hosts::new(list, &BackoffSettings::default(), 1)
    }

    fn next_name(hosts: &mut Hosts) -> String {
        hosts.next(NOW).unwrap().0.name
    }

    #[test]
    fn hosts_are_read_and_written() {
        for text in
            ["ws://127.0.0.1:8080", "wss://relay1.us-east.bsky.network", "ws://[::1]:9", "wss://a.b:444"]
        {
            assert_eq!(Host::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Host::parse("wss://A.example:443/").unwrap().to_string(), "wss://a.example");
        for text in
            ["", "a.b", "http://a.b", "ws://", "ws://a:0", "ws://a:x", "ws://a b", "ws://a/path", "ws://[::1"]
        {
            assert!(Host::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn the_first_host_is_kept_until_it_has_failed_twice() {
        let mut hosts = hosts(&["a", "b"]);
        assert_eq!(next_name(&mut hosts), "a");
        hosts.failed(Failure::Passing, NOW);
        assert_eq!(next_name(&mut hosts), "a");
        hosts.failed(Failure::Passing, NOW);
        assert_eq!(next_name(&mut hosts), "b");
        hosts.proved_healthy();
        hosts.failed(Failure::Passing, NOW);
        assert_eq!(next_name(&mut hosts), "b", "a change of host costs a gap");
    }

    #[test]
    fn a_host_that_wants_patience_is_passed_over_and_gets_it() {
        let mut hosts = hosts(&["a", "b"]);
        hosts.next(NOW);
        hosts.failed(Failure::RetryAfter(Duration::from_secs(90)), NOW);
        assert_eq!(next_name(&mut hosts), "b");
        hosts.failed(Failure::Final, NOW);
        let (host, wait) = hosts.next(NOW).unwrap();
        assert_eq!((host.name.as_str(), wait), ("a", Duration::from_secs(90)));
    }

    #[test]
    fn retry_after_is_believed_only_up_to_the_setting() {
        let mut hosts = hosts(&["a"]);
        hosts.next(NOW);
        hosts.failed(Failure::RetryAfter(Duration::from_secs(86_400)), NOW);
        assert_eq!(hosts.next(NOW).unwrap().1, Duration::from_secs(600));
    }

    #[test]
    fn when_every_host_has_refused_nothing_is_left() {
        let mut hosts = hosts(&["a", "b"]);
        for _ in 0..2 {
            hosts.next(NOW).unwrap();
            hosts.failed(Failure::Final, NOW);
        }
        assert!(hosts.next(NOW).is_none());
    }

    #[test]
    fn a_lasting_failure_waits_the_longest_delay() {
        let mut hosts = hosts(&["a"]);
        hosts.next(NOW);
        hosts.failed(Failure::Lasting, NOW);
        assert_eq!(hosts.next(NOW).unwrap().1, Duration::from_secs(60));
    }

    #[test]
    fn the_host_of_the_checkpoint_is_preferred() {
        let mut hosts = hosts(&["a", "b"]);
        hosts.prefer("ws://b");
        assert_eq!(next_name(&mut hosts), "b");
    }
}
