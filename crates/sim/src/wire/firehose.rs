//! Frames of `com.atproto.sync.subscribeRepos`: a header and a payload in DAG-CBOR, commits with their CAR.
//! <https://atproto.com/specs/event-stream>, <https://ipld.io/specs/transport/car/carv1/>.

use std::fmt::Write;
use std::sync::Arc;

use skytrend_event::Cid;

use super::proof::{ProofPool, write_section, write_section_as, write_varint};
use crate::instant::{Rfc3339, TidNumber};
use crate::node::cbor;
use crate::world::event::{Change, Commit, Hostility, Operation, WorldEvent};

/// Tree nodes in a commit by default; 8 make it as large as real ones.
pub const DEFAULT_PROOF_NODES: usize = 3;

/// Turns events into frames. Reuses its buffers: one encoder for each connection; clones share the tree nodes.
#[derive(Clone, Debug)]
pub struct FrameEncoder {
    pool: Arc<ProofPool>,
    frame: Vec<u8>,
    car: Vec<u8>,
    block: Vec<u8>,
    sections: Vec<u8>,
    text: String,
}

impl FrameEncoder {
    /// An encoder whose commits carry this many tree nodes beside the one that names the records.
    pub fn new(proof_nodes: usize) -> Self {
        Self {
            pool: Arc::new(ProofPool::new(proof_nodes)),
            frame: Vec::with_capacity(8192),
            car: Vec::with_capacity(8192),
            block: Vec::with_capacity(1024),
            sections: Vec::with_capacity(8192),
            text: String::with_capacity(64),
        }
    }

    /// The frame of an event under this sequence number (an event's own, unless the server restarted its count).
    pub fn encode(&mut self, event: &WorldEvent, seq: i64) -> &[u8] {
        self.text.clear();
        write!(self.text, "{}", Rfc3339(event.witnessed)).expect("writing to a string does not fail");
        self.frame.clear();
        match &event.change {
            Change::Commit(commit) => self.commit(event, commit, seq),
            Change::Sync { rev } => self.sync(event, *rev, seq),
            Change::Account { active, status } => {
                message(&mut self.frame, "#account", 4 + u64::from(status.is_some()));
                let out = &mut self.frame;
                field(out, "did", event.did.as_str());
                number(out, "seq", seq);
                field(out, "time", &self.text);
                cbor::text(out, "active");
                cbor::bool(out, *active);
                if let Some(status) = status {
                    field(out, "status", status);
                }
            }
            Change::Identity { handle } => {
                message(&mut self.frame, "#identity", 3 + u64::from(handle.is_some()));
                let out = &mut self.frame;
                field(out, "did", event.did.as_str());
                number(out, "seq", seq);
                field(out, "time", &self.text);
                if let Some(handle) = handle {
                    field(out, "handle", handle.as_str());
                }
            }
        }
        &self.frame
    }

    fn commit(&mut self, event: &WorldEvent, commit: &Commit, seq: i64) {
        let root = self.write_car(event, commit);
        message(&mut self.frame, "#commit", 12);
        let out = &mut self.frame;
        cbor::text(out, "ops");
        cbor::head(out, cbor::LIST, commit.operations.len() as u64);
        for operation in &commit.operations {
            write_operation(out, operation);
        }
        tid(out, "rev", commit.rev);
        number(out, "seq", seq);
        field(out, "repo", event.did.as_str());
        field(out, "time", &self.text);
        cbor::text(out, "blobs");
        cbor::head(out, cbor::LIST, 0);
        if let Some(since) = commit.since {
            tid(out, "since", since);
        } else {
            cbor::text(out, "since");
            out.push(cbor::NULL);
        }
        cbor::text(out, "blocks");
        cbor::bytes(out, &self.car);
        link(out, "commit", &root);
        for name in ["rebase", "tooBig"] {
            cbor::text(out, name);
            cbor::bool(out, false);
        }
        link(out, "prevData", &self.pool.earlier_tree(event.index + 1));
    }

    /// Writes the commit's CAR: tree nodes, records, the commit block last. Returns the commit's CID.
    fn write_car(&mut self, event: &WorldEvent, commit: &Commit) -> Cid {
        self.sections.clear();
        let out = &mut self.sections;
        let tree = self.pool.write_tree(out, &mut self.block, event.index, &commit.operations);
        for operation in &commit.operations {
            let Some(record) = &operation.record else { continue };
            match operation.hostility() {
                Some(Hostility::BlockMissing) => {}
                Some(Hostility::BlockCorrupt) => {
                    self.block.clear();
                    self.block.extend_from_slice(&record.block);
                    if let Some(last) = self.block.last_mut() {
                        *last ^= 1;
                    }
                    write_section_as(out, &record.cid, &self.block);
                }
                _ => write_section_as(out, &record.cid, &record.block),
            }
        }
        self.close_car(event, commit.rev, tree)
    }

    /// Appends the commit block and puts header and sections together.
    fn close_car(&mut self, event: &WorldEvent, rev: TidNumber, tree: Cid) -> Cid {
        self.block.clear();
        write_commit_block(&mut self.block, event, rev, &tree);
        let root = write_section(&mut self.sections, &self.block);
        self.block.clear();
        let header = &mut self.block;
        cbor::head(header, cbor::MAP, 2);
        cbor::text(header, "roots");
        cbor::head(header, cbor::LIST, 1);
        cbor::link(header, &root);
        cbor::text(header, "version");
        cbor::integer(header, 1);
        self.car.clear();
        write_varint(&mut self.car, header.len() as u64);
        self.car.extend_from_slice(header);
        self.car.extend_from_slice(&self.sections);
        root
    }

    fn sync(&mut self, event: &WorldEvent, rev: TidNumber, seq: i64) {
        self.write_sync_car(event, rev);
        message(&mut self.frame, "#sync", 5);
        let out = &mut self.frame;
        field(out, "did", event.did.as_str());
        tid(out, "rev", rev);
        number(out, "seq", seq);
        field(out, "time", &self.text);
        cbor::text(out, "blocks");
        cbor::bytes(out, &self.car);
    }

    /// The CAR of a sync event: the commit block alone.
    pub(crate) fn write_sync_car(&mut self, event: &WorldEvent, rev: TidNumber) -> &[u8] {
        self.sections.clear();
        let tree = self.pool.earlier_tree(event.index);
        self.close_car(event, rev, tree);
        &self.car
    }
}

/// `{did, rev, sig, data, prev, version: 3}`. The signature is 64 bytes of no meaning.
fn write_commit_block(out: &mut Vec<u8>, event: &WorldEvent, rev: TidNumber, tree: &Cid) {
    cbor::head(out, cbor::MAP, 6);
    field(out, "did", event.did.as_str());
    tid(out, "rev", rev);
    cbor::text(out, "sig");
    cbor::head(out, cbor::BYTES, 64);
    for word in 0..8_u64 {
        let bits = (event.index + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(7 * word as u32);
        out.extend(bits.to_le_bytes());
    }
    link(out, "data", tree);
    cbor::text(out, "prev");
    out.push(cbor::NULL);
    number(out, "version", 3);
}

fn write_operation(out: &mut Vec<u8>, operation: &Operation) {
    cbor::head(out, cbor::MAP, 3 + u64::from(operation.prev.is_some()));
    if let Some(record) = &operation.record {
        link(out, "cid", &record.cid);
    } else {
        cbor::text(out, "cid");
        out.push(cbor::NULL);
    }
    cbor::text(out, "path");
    let (collection, rkey) = (operation.collection, operation.rkey.as_str());
    cbor::head(out, cbor::TEXT, (collection.len() + 1 + rkey.len()) as u64);
    for part in [collection, "/", rkey] {
        out.extend_from_slice(part.as_bytes());
    }
    if let Some(prev) = &operation.prev {
        link(out, "prev", prev);
    }
    field(out, "action", operation.action.name());
}

/// The header of a message and the head of its payload.
pub(super) fn message(out: &mut Vec<u8>, name: &str, fields: u64) {
    cbor::head(out, cbor::MAP, 2);
    field(out, "t", name);
    number(out, "op", 1);
    cbor::head(out, cbor::MAP, fields);
}

pub(super) fn field(out: &mut Vec<u8>, name: &str, value: &str) {
    cbor::text(out, name);
    cbor::text(out, value);
}

pub(super) fn number(out: &mut Vec<u8>, name: &str, value: i64) {
    cbor::text(out, name);
    cbor::integer(out, value);
}

fn link(out: &mut Vec<u8>, name: &str, cid: &Cid) {
    cbor::text(out, name);
    cbor::link(out, cid);
}

fn tid(out: &mut Vec<u8>, name: &str, value: TidNumber) {
    cbor::text(out, name);
    cbor::head(out, cbor::TEXT, 13);
    out.extend_from_slice(&value.to_ascii());
}

/// The frame of a server's `#info`.
pub fn info_frame(name: &str, text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    message(&mut out, "#info", 2);
    field(&mut out, "name", name);
    field(&mut out, "message", text);
    out
}

/// The frame of a server's last word, after which it closes.
pub fn error_frame(error: &str, text: &str) -> Vec<u8> {
    let mut out = Vec::new();
    cbor::head(&mut out, cbor::MAP, 1);
    number(&mut out, "op", -1);
    cbor::head(&mut out, cbor::MAP, 2);
    field(&mut out, "error", error);
    field(&mut out, "message", text);
    out
}

/// A frame of a type that the protocol does not have.
pub fn unknown_frame(seq: i64) -> Vec<u8> {
    let mut out = Vec::new();
    message(&mut out, "#weather", 1);
    number(&mut out, "seq", seq);
    out
}
