//! The world on the wire: Jetstream v1 JSON lines, as the simulated server writes them, so that any reader of such a
//! recording can be measured. A path that ends in `.zst` is compressed.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use skytrend_event::engagement::collection::POST;
use skytrend_event::{Did, RecordKey};

use super::QualityMinute;
use super::minute::{Feature, QualityPost, link_uri};
use super::people::Author;
use crate::instant::Rfc3339;
use crate::node::Node;
use crate::wire::jetstream::JsonEncoder;
use crate::world::event::{Action, Change, Commit, Operation, WorldEvent};
use crate::world::record::seal;

/// Speed matters more than size.
const LEVEL: i32 = 3;

/// Writes minutes to a file.
pub struct QualityWriter {
    out: Out,
    encoder: JsonEncoder,
    written: u64,
}

enum Out {
    Plain(BufWriter<File>),
    Compressed(zstd::Encoder<'static, BufWriter<File>>),
}

impl QualityWriter {
    /// To a new file.
    pub fn create(path: &Path) -> io::Result<Self> {
        let file = BufWriter::with_capacity(1 << 20, File::create(path)?);
        let out = if path.extension().is_some_and(|extension| extension == "zst") {
            Out::Compressed(zstd::Encoder::new(file, LEVEL)?)
        } else {
            Out::Plain(file)
        };
        Ok(Self { out, encoder: JsonEncoder::default(), written: 0 })
    }

    /// Appends the posts of a minute.
    pub fn write(&mut self, minute: &QualityMinute) -> io::Result<()> {
        let out: &mut dyn Write = match &mut self.out {
            Out::Plain(file) => file,
            Out::Compressed(encoder) => encoder,
        };
        for post in minute.posts() {
            let event = world_event(&post, self.written);
            self.written += 1;
            let mut result = Ok(());
            self.encoder.v1(&event, event.seq, |message| {
                result = out.write_all(message.json.as_bytes()).and_then(|()| out.write_all(b"\n"));
            });
            result?;
        }
        Ok(())
    }

    /// Writes what is left; says how many posts there are.
    pub fn finish(self) -> io::Result<u64> {
        match self.out {
            Out::Plain(mut file) => file.flush()?,
            Out::Compressed(encoder) => encoder.finish()?.flush()?,
        }
        Ok(self.written)
    }
}

fn world_event(post: &QualityPost<'_>, index: u64) -> WorldEvent {
    let rkey = post.tid();
    let operation = Operation {
        action: Action::Create,
        collection: POST,
        rkey: RecordKey::parse(rkey.to_string()).expect("a TID is a record key"),
        record: Some(seal(record(post))),
        prev: None,
        truth: None,
    };
    WorldEvent {
        index,
        seq: index.cast_signed() + 1,
        witnessed: post.witnessed(),
        did: Did::parse(post.did()).expect("24 base32 digits are a did:plc"),
        change: Change::Commit(Commit { rev: rkey, since: None, operations: vec![operation] }),
    }
}

fn record(post: &QualityPost<'_>) -> Node {
    let mut entries = vec![
        ("$type", Node::word(POST)),
        ("createdAt", Node::text(Rfc3339(post.witnessed()).to_string())),
        ("text", Node::text(post.text())),
    ];
    let languages: Vec<Node> = post.declared().map(Node::word).collect();
    if !languages.is_empty() {
        entries.push(("langs", Node::List(languages)));
    }
    let facets: Vec<Node> = post
        .facets()
        .iter()
        .map(|facet| {
            let (kind, name, value) = match facet.feature {
                Feature::Tag => {
                    let tag = &post.text()[facet.start as usize + 1..facet.end as usize];
                    ("app.bsky.richtext.facet#tag", "tag", tag.to_owned())
                }
                Feature::Link(page) => ("app.bsky.richtext.facet#link", "uri", link_uri(page)),
                Feature::Mention(author) => ("app.bsky.richtext.facet#mention", "did", did(author, post)),
            };
            let range = [("byteStart", facet.start), ("byteEnd", facet.end)];
            let features = Node::map(vec![("$type", Node::word(kind)), (name, Node::text(value))]);
            Node::map(vec![
                ("index", Node::map(range.map(|(name, at)| (name, Node::Integer(i64::from(at)))).into())),
                ("features", Node::List(vec![features])),
            ])
        })
        .collect();
    if !facets.is_empty() {
        entries.push(("facets", Node::List(facets)));
    }
    Node::map(entries)
}

fn did(author: Author, post: &QualityPost<'_>) -> String {
    let mut did = String::new();
    author.push_did(post.seed(), &mut did);
    did
}
