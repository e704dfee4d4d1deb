//! Records as trees: the shapes of `app.bsky.*` (see their lexicons) and of collections that nobody here knows.
//! What is in a post is `post`'s business.

use sha2::{Digest, Sha256};
use skytrend_event::{Cid, Micros};

use crate::dice::Dice;
use crate::instant::{Rfc3339, TidNumber};
use crate::node::Node;
use crate::world::event::Record;
use crate::world::population::{Author, Population};

/// A record that others can point at.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RecordKeyed {
    pub(crate) author: Author,
    pub(crate) rkey: TidNumber,
    pub(crate) cid: Cid,
}

impl RecordKeyed {
    pub(crate) fn uri(&self, collection: &str, population: &Population) -> String {
        let did = &population.account(self.author).did;
        format!("at://{did}/{collection}/{}", self.rkey)
    }

    /// A `com.atproto.repo.strongRef`.
    pub(crate) fn strong_ref(&self, collection: &str, population: &Population) -> Node {
        Node::map(vec![
            ("uri", Node::text(self.uri(collection, population))),
            ("cid", Node::text(self.cid.to_string())),
        ])
    }
}

/// The record of a tree.
pub(crate) fn seal(node: Node) -> Record {
    let mut block = Vec::with_capacity(256);
    node.write_cbor(&mut block);
    let cid = Cid::of_dag_cbor(Sha256::digest(&block).into());
    Record { node, block, cid }
}

/// A like or repost of a post, perhaps seen by way of somebody's repost.
pub(crate) fn engagement(kind: &'static str, subject: Node, via: Option<Node>, at: Micros) -> Node {
    let mut entries = vec![("$type", Node::word(kind)), ("subject", subject), created_at(at)];
    entries.extend(via.map(|via| ("via", via)));
    Node::map(entries)
}

/// A follow of an account.
pub(crate) fn follow(subject: &str, at: Micros) -> Node {
    Node::map(vec![
        ("$type", Node::word("app.bsky.graph.follow")),
        ("subject", Node::text(subject)),
        created_at(at),
    ])
}

/// Who may answer a post; written in the same commit as the post.
pub(crate) fn threadgate(post: String, at: Micros) -> Node {
    Node::map(vec![
        ("$type", Node::word("app.bsky.feed.threadgate")),
        ("post", Node::text(post)),
        (
            "allow",
            Node::List(vec![Node::map(vec![("$type", Node::word("app.bsky.feed.threadgate#mentionRule"))])]),
        ),
        created_at(at),
    ])
}

/// Collections beside the four that are counted: known ones and unknown ones.
pub(crate) const OTHER_COLLECTIONS: [(u64, &str); 6] = [
    (40, "app.bsky.graph.block"),
    (20, "app.bsky.actor.profile"),
    (10, "app.bsky.graph.listitem"),
    (15, "fm.example.play.scrobble"),
    (10, "blog.example.entry"),
    (5, "xyz.example.game.moveTaken"),
];

/// A record of one of these.
pub(crate) fn other(collection: &'static str, subject: &str, at: Micros, dice: &mut Dice) -> Node {
    let mut entries = vec![("$type", Node::word(collection)), created_at(at)];
    match collection {
        "app.bsky.actor.profile" => {
            entries.push(("displayName", Node::word("A simulated person")));
            entries.push(("avatar", blob("image/jpeg", dice)));
        }
        "fm.example.play.scrobble" => {
            entries.push(("track", Node::word("Song of the long night")));
            entries.push(("seconds", Node::Integer(dice.between(-1, 600))));
            entries.push(("skipped", Node::Bool(dice.chance(100_000))));
        }
        _ => entries.push(("subject", Node::text(subject))),
    }
    Node::map(entries)
}

/// A reference to an uploaded file.
pub(crate) fn blob(mime_type: &'static str, dice: &mut Dice) -> Node {
    Node::map(vec![
        ("$type", Node::word("blob")),
        ("ref", Node::Link(raw_cid(dice))),
        ("mimeType", Node::word(mime_type)),
        ("size", Node::Integer(dice.between(20_000, 990_000))),
    ])
}

/// The CID of a file that exists nowhere.
pub(crate) fn raw_cid(dice: &mut Dice) -> Cid {
    let mut bytes = [0; 36];
    bytes[..4].copy_from_slice(&[1, 0x55, 0x12, 32]);
    for chunk in bytes[4..].chunks_exact_mut(8) {
        chunk.copy_from_slice(&dice.bits().to_le_bytes());
    }
    Cid::from_bytes(&bytes).expect("the head is that of a raw CID")
}

/// The CID of a record that was deleted before the world began.
pub(crate) fn forgotten_cid(dice: &mut Dice) -> Cid {
    let mut hash = [0; 32];
    for chunk in hash.chunks_exact_mut(8) {
        chunk.copy_from_slice(&dice.bits().to_le_bytes());
    }
    Cid::of_dag_cbor(hash)
}

fn created_at(at: Micros) -> (&'static str, Node) {
    ("createdAt", Node::text(Rfc3339(at).to_the_millisecond()))
}
