//! Messages of all three protocols from one description, and a sink that keeps what it is given.

use bytes::Bytes;
use serde_json::{Value, json};
use skytrend_event::codec::{self, Encoder};
use skytrend_event::{Event, EventId, Follow, Like, Micros, PostAction, PostEvent, Repost, Topic};
use skytrend_source::DropReason;
use skytrend_source::bluesky::cursor::{Because, Cursor, Request};
use skytrend_source::bluesky::{Checkpoint, Delivery, Host, Intake, Protocol, Settings, Sink, Violation};
use skytrend_source::wire::Place;

use crate::build;

/// 2026-07-04T12:00:00Z.
pub const T0: i64 = 1_783_166_400_000_000;
pub const SECOND: i64 = 1_000_000;
pub const HOST: &str = "ws://relay.example";

/// An event as the log keeps it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stored {
    pub topic: Topic,
    pub bytes: Vec<u8>,
    pub witnessed_at: Micros,
    pub id: EventId,
}

impl Stored {
    pub fn read(&self) -> Event<'_> {
        match self.topic {
            Topic::Posts => Event::Post(codec::decode::<PostEvent<'_>>(&self.bytes).unwrap()),
            Topic::Likes => Event::Like(codec::decode::<Like<'_>>(&self.bytes).unwrap()),
            Topic::Reposts => Event::Repost(codec::decode::<Repost<'_>>(&self.bytes).unwrap()),
            Topic::Follows => Event::Follow(codec::decode::<Follow<'_>>(&self.bytes).unwrap()),
            other => panic!("{other} is no topic of a source"),
        }
    }
}

/// Keeps everything.
#[derive(Default)]
pub struct Recorder {
    encoder: Encoder,
    pub events: Vec<Stored>,
    pub heartbeats: Vec<Stored>,
    pub dropped: Vec<(DropReason, Vec<u8>)>,
    pub passed_over: Vec<DropReason>,
    /// Events and heartbeats, in order.
    pub all: Vec<Stored>,
}

impl Sink for Recorder {
    fn event(&mut self, event: Event<'_>) {
        let mut bytes = Vec::new();
        let is_heartbeat = matches!(&event, Event::Post(post) if post.action == PostAction::Heartbeat);
        match &event {
            Event::Post(value) => self.encoder.encode(value, &mut bytes),
            Event::Like(value) => self.encoder.encode(value, &mut bytes),
            Event::Repost(value) => self.encoder.encode(value, &mut bytes),
            Event::Follow(value) => self.encoder.encode(value, &mut bytes),
        }
        .unwrap();
        let (topic, witnessed_at, id) = (event.topic(), event.witnessed_at(), event.event_id());
        let stored = Stored { topic, bytes, witnessed_at, id };
        self.all.push(stored.clone());
        if is_heartbeat { &mut self.heartbeats } else { &mut self.events }.push(stored);
    }

    fn passed_over(&mut self, reason: DropReason) {
        self.passed_over.push(reason);
    }

    fn dropped(&mut self, reason: DropReason, detail: &str, _place: Option<Place>, bytes: &[u8]) {
        assert!(detail.chars().count() <= 200, "{detail}");
        self.dropped.push((reason, bytes.to_vec()));
    }
}

impl Recorder {
    pub fn reasons(&self) -> Vec<&'static str> {
        self.dropped.iter().map(|(reason, _)| reason.name()).collect()
    }

    /// Seconds after [`T0`] of each event.
    pub fn secs(&self) -> Vec<i64> {
        self.events.iter().map(|event| (event.witnessed_at.0 - T0) / SECOND).collect()
    }
}

/// An intake with its recorder.
pub struct Run {
    pub protocol: Protocol,
    pub intake: Intake,
    pub recorder: Recorder,
    pub generation: u64,
    pub violations: Vec<Violation>,
}

pub fn settings(protocol: Protocol) -> Settings {
    Settings { protocol, ..Settings::default() }
}

pub const LIVE: Request = Request { cursor: Cursor::Live, because: Because::FirstStart };

impl Run {
    pub fn new(protocol: Protocol) -> Self {
        Self::with(&settings(protocol))
    }

    pub fn with(settings: &Settings) -> Self {
        let (protocol, intake) = (settings.protocol, Intake::new(settings, None));
        let mut run =
            Self { protocol, intake, recorder: Recorder::default(), generation: 0, violations: Vec::new() };
        run.connect(HOST, LIVE);
        run
    }

    pub fn connect(&mut self, host: &str, request: Request) {
        self.generation += 1;
        let (host, generation) = (Host::parse(host).unwrap(), self.generation);
        let connected = Delivery::Connected { generation, host, request, dictionary: None };
        self.intake.accept(&connected, &mut self.recorder).unwrap();
    }

    /// Goes on as the client would.
    pub fn resume(&mut self, cursor: Cursor) {
        self.connect(HOST, Request { cursor, because: Because::Resume });
    }

    pub fn bytes(&mut self, bytes: &[u8]) {
        let bytes = Bytes::copy_from_slice(bytes);
        let message =
            Delivery::Message { generation: self.generation, bytes, compressed: false, received: Micros(0) };
        self.violations.extend(self.intake.accept(&message, &mut self.recorder).err());
    }

    /// Hands a message over, and after disorder goes on by a new connection, as the client does.
    pub fn tell(&mut self, message: &Message) {
        let before = self.violations.len();
        self.message(message);
        if self.violations.len() > before {
            let seq = self.intake.checkpoint().position.unwrap().seq.unwrap();
            self.resume(Cursor::Seq(seq));
        }
    }

    pub fn message(&mut self, message: &Message) {
        self.bytes(&message.render(self.protocol));
    }

    /// Ends the process and starts another one, which has only the checkpoint and the log.
    pub fn restart(&mut self) -> Checkpoint {
        let checkpoint = Checkpoint::from_json(&self.intake.checkpoint().to_json()).unwrap();
        let mut intake = Intake::new(&settings(self.protocol), Some(&checkpoint));
        if let Some(from) = intake.seed_from() {
            // Partitions are read one after the other, so their events do not come in the order of time.
            for topic in [Topic::Follows, Topic::Likes, Topic::Reposts, Topic::Posts] {
                let of_topic = self.recorder.all.iter().filter(|event| event.topic == topic);
                for stored in of_topic.filter(|event| event.witnessed_at >= from) {
                    intake.seed(&stored.read());
                }
            }
        }
        self.intake = intake;
        checkpoint
    }
}

/// What a message says.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// A post, created or (with `delete`) deleted. The revision's time is relative to the message's.
    Post {
        rkey: u32,
        rev_lag_micros: i64,
        delete: bool,
    },
    Like {
        rkey: u32,
        rev_lag_micros: i64,
    },
    Account {
        active: bool,
    },
    Identity,
    /// On Jetstream v1, which has no such message: an identity.
    Sync {
        rev_lag_micros: i64,
    },
}

/// One message of any protocol.
#[derive(Clone, Debug, PartialEq)]
pub struct Message {
    pub seq: i64,
    pub time: i64,
    pub author: u32,
    pub what: What,
}

/// A post `secs` after [`T0`], with everything in order.
pub fn post(seq: i64, secs: i64, author: u32, rkey: u32) -> Message {
    let what = What::Post { rkey, rev_lag_micros: 100_000, delete: false };
    Message { seq, time: T0 + secs * SECOND, author, what }
}

pub fn account(seq: i64, secs: i64, author: u32, active: bool) -> Message {
    Message { seq, time: T0 + secs * SECOND, author, what: What::Account { active } }
}

/// A revision or record key of a time.
pub fn tid(micros: i64) -> String {
    let digits = b"234567abcdefghijklmnopqrstuvwxyz";
    let value = u64::try_from(micros).unwrap() << 10;
    (0..13).rev().map(|at| char::from(digits[usize::try_from(value >> (5 * at) & 31).unwrap()])).collect()
}

/// `2026-07-04T12:00:00.000000Z` for times on that day and the days after it in the same month.
pub fn rfc3339(micros: i64) -> String {
    let (secs, fraction) = ((micros - T0).div_euclid(SECOND) + 43_200, (micros - T0).rem_euclid(SECOND));
    let (day, in_day) = (4 + secs.div_euclid(86_400), secs.rem_euclid(86_400));
    assert!((1..=31).contains(&day));
    format!(
        "2026-07-{day:02}T{:02}:{:02}:{:02}.{fraction:06}Z",
        in_day / 3_600,
        in_day / 60 % 60,
        in_day % 60
    )
}

impl Message {
    pub fn did(&self) -> String {
        format!("did:plc:{}{}", "a".repeat(20), tid(i64::from(self.author)).split_off(9))
    }

    fn rev(&self, lag_micros: i64) -> String {
        tid(self.time - lag_micros)
    }

    pub fn render(&self, protocol: Protocol) -> Vec<u8> {
        match protocol {
            Protocol::Firehose => self.frame(),
            Protocol::JetstreamV1 => self.line().to_string().into_bytes(),
            Protocol::JetstreamV2 => self.event().to_string().into_bytes(),
            Protocol::Labels => panic!("it is no stream of events"),
        }
    }

    /// Collection, key, revision, and the record unless it is a deletion.
    fn change(&self) -> Option<(&'static str, String, String, Option<Value>)> {
        match self.what {
            What::Post { rkey, rev_lag_micros, delete } => {
                let record = (!delete).then(|| build::post("hello", &json!({})));
                Some(("app.bsky.feed.post", format!("post{rkey}"), self.rev(rev_lag_micros), record))
            }
            What::Like { rkey, rev_lag_micros } => {
                let subject = json!({
                    "uri": format!("at://{}/app.bsky.feed.post/post1", self.did()),
                    "cid": build::cid(b"post").to_string(),
                });
                let record = json!({
                    "$type": "app.bsky.feed.like", "subject": subject, "createdAt": "2026-07-04T11:59:58Z",
                });
                Some(("app.bsky.feed.like", format!("like{rkey}"), self.rev(rev_lag_micros), Some(record)))
            }
            What::Account { .. } | What::Identity | What::Sync { .. } => None,
        }
    }

    fn frame(&self) -> Vec<u8> {
        let (did, seq, time) = (self.did(), self.seq, rfc3339(self.time));
        let header = |name: &str| json!({"op": 1, "t": name});
        match self.what {
            What::Account { active: true } => build::frame(
                &header("#account"),
                &json!({"seq": seq, "did": did, "time": time, "active": true}),
            ),
            What::Account { active: false } => build::frame(
                &header("#account"),
                &json!({"seq": seq, "did": did, "time": time, "active": false, "status": "deactivated"}),
            ),
            What::Identity => {
                build::frame(&header("#identity"), &json!({"seq": seq, "did": did, "time": time}))
            }
            What::Sync { rev_lag_micros } => build::frame(
                &header("#sync"),
                &json!({
                    "seq": seq, "did": did, "time": time, "rev": self.rev(rev_lag_micros),
                    "blocks": {"$bytes": ""},
                }),
            ),
            What::Post { .. } | What::Like { .. } => {
                let (collection, rkey, rev, record) = self.change().unwrap();
                let block = record.map(|record| build::cbor(&record));
                let id = block.as_ref().map(|block| build::cid(block));
                let op = json!({
                    "action": if id.is_some() { "create" } else { "delete" },
                    "path": format!("{collection}/{rkey}"),
                    "cid": id.map(|id| json!({"$link": id.to_string()})),
                });
                let archive = build::car(id.into_iter().zip(block.as_deref()));
                let mut commit = build::commit(&json!([op]), &archive);
                commit["seq"] = json!(seq);
                commit["repo"] = json!(did);
                commit["rev"] = json!(rev);
                commit["time"] = json!(time);
                build::frame(&header("#commit"), &commit)
            }
        }
    }

    /// Jetstream v1's line.
    fn line(&self) -> Value {
        let (did, time_us, time) = (self.did(), self.time, rfc3339(self.time));
        let nested = |value: Value| {
            let mut value = value;
            value["did"] = json!(did);
            value["seq"] = json!(self.seq);
            value["time"] = json!(time);
            value
        };
        match self.what {
            What::Account { active: true } => {
                json!({"did": did, "time_us": time_us, "kind": "account", "account": nested(json!({"active": true}))})
            }
            What::Account { active: false } => {
                let account = nested(json!({"active": false, "status": "deactivated"}));
                json!({"did": did, "time_us": time_us, "kind": "account", "account": account})
            }
            What::Identity | What::Sync { .. } => {
                json!({"did": did, "time_us": time_us, "kind": "identity", "identity": nested(json!({}))})
            }
            What::Post { .. } | What::Like { .. } => {
                json!({"did": did, "time_us": time_us, "kind": "commit", "commit": self.json_commit()})
            }
        }
    }

    /// Jetstream v2's frame.
    fn event(&self) -> Value {
        let (did, time) = (self.did(), rfc3339(self.time));
        let upstream = || json!({"did": did, "seq": self.seq, "time": time});
        let (kind, mut payload) = match self.what {
            What::Account { active } => {
                let mut account = upstream();
                account["active"] = json!(active);
                if !active {
                    account["status"] = json!("deactivated");
                }
                ("account", json!({"account": account}))
            }
            What::Identity => ("identity", json!({"identity": upstream()})),
            What::Sync { rev_lag_micros } => {
                let mut sync = upstream();
                sync["rev"] = json!(self.rev(rev_lag_micros));
                ("sync", json!({"sync": sync}))
            }
            What::Post { .. } | What::Like { .. } => ("commit", self.json_commit()),
        };
        payload["$type"] = json!(format!("network.bsky.jetstream.subscribeEvents#{kind}"));
        payload["seq"] = json!(self.seq);
        payload["did"] = json!(did);
        payload["time"] = json!(time);
        json!({"$type": "message", "payload": payload})
    }

    fn json_commit(&self) -> Value {
        let (collection, rkey, rev, record) = self.change().unwrap();
        let mut commit = json!({"rev": rev, "collection": collection, "rkey": rkey});
        commit["operation"] = json!(if record.is_some() { "create" } else { "delete" });
        if let Some(record) = record {
            commit["cid"] = json!(build::cid(&build::cbor(&record)).to_string());
            commit["record"] = record;
        }
        commit
    }
}
