//! `#commit`: the changes of one repository, with the changed records as blocks of an archive. Each operation's
//! record is found by its content id, wherever in the archive it stands, and hashed once.

use sha2::{Digest, Sha256};
use skytrend_event::{Cid, Nsid, RecordKey};
use smallvec::SmallVec;

use super::car::Car;
use super::fields::{did, once, place, rev};
use super::{FrameError, OPS_MAX};
use crate::DropReason;
use crate::cbor::Cursor;
use crate::wire::{Action, Body, Commit, Message, Op};

/// Up to this many operations a block is compared with each; above it, by binary search.
const LINEAR_MAX: usize = 4;

pub fn read<'a>(cursor: &mut Cursor<'a>) -> Result<Message<'a>, FrameError> {
    let (mut seq, mut time, mut repo, mut revision, mut blocks) = (None, None, None, None, None);
    let (mut ops, mut rejected_ops, mut has_ops) = (SmallVec::new(), Vec::new(), None);
    for _ in 0..cursor.map()? {
        match cursor.key()? {
            b"seq" => once(&mut seq, cursor.integer()?)?,
            b"time" => once(&mut time, cursor.text()?)?,
            b"repo" => once(&mut repo, cursor.text()?)?,
            b"rev" => once(&mut revision, cursor.text()?)?,
            b"blocks" => once(&mut blocks, cursor.bytes()?)?,
            b"ops" => {
                once(&mut has_ops, ())?;
                read_ops(cursor, &mut ops, &mut rejected_ops)?;
            }
            _ => cursor.skip()?,
        }
    }
    let at = place(seq, time)?;
    has_ops.ok_or(FrameError::MissingField { field: "ops" })?;
    let mut commit = Commit { at, did: did(repo, "repo")?, rev: rev(revision)?, ops, rejected_ops };
    locate_records(&mut commit.ops, blocks.unwrap_or_default())?;
    Ok(Message::Commit(commit))
}

fn read_ops<'a>(
    cursor: &mut Cursor<'a>,
    ops: &mut SmallVec<[Op<'a>; 1]>,
    rejected: &mut Vec<DropReason>,
) -> Result<(), FrameError> {
    let count = cursor.array()?;
    if count > OPS_MAX {
        return Err(FrameError::TooManyOps { count });
    }
    for _ in 0..count {
        match read_op(cursor)? {
            Ok(op) => ops.push(op),
            Err(reason) => rejected.push(reason),
        }
    }
    Ok(())
}

/// The outer error breaks the frame, the inner one costs only this operation.
fn read_op<'a>(cursor: &mut Cursor<'a>) -> Result<Result<Op<'a>, DropReason>, FrameError> {
    let (mut action, mut path, mut cid) = (None, None, None);
    for _ in 0..cursor.map()? {
        match cursor.key()? {
            b"action" => once(&mut action, cursor.key()?)?,
            b"path" => once(&mut path, cursor.text()?)?,
            b"cid" if cursor.null() => once(&mut cid, None)?,
            b"cid" => once(&mut cid, Some(cursor.link()?))?,
            _ => cursor.skip()?,
        }
    }
    Ok(check_op(action, path, cid.flatten()))
}

fn check_op<'a>(
    action: Option<&[u8]>,
    path: Option<&'a str>,
    cid: Option<Cid>,
) -> Result<Op<'a>, DropReason> {
    let (action, cid) = match (action.ok_or(DropReason::MissingField)?, cid) {
        (b"create", Some(cid)) => (Action::Create, Some(cid)),
        (b"update", Some(cid)) => (Action::Update, Some(cid)),
        (b"delete", _) => (Action::Delete, None),
        (b"create" | b"update", None) => return Err(DropReason::InvalidCid),
        _ => return Err(DropReason::UnknownType),
    };
    let path = path.ok_or(DropReason::MissingField)?;
    let (collection, rkey) = path.split_once('/').ok_or(DropReason::InvalidPath)?;
    let collection = Nsid::parse(collection).map_err(|_| DropReason::InvalidPath)?;
    let rkey = RecordKey::parse(rkey).map_err(|_| DropReason::InvalidPath)?;
    let body = if cid.is_some() { Body::Missing } else { Body::None };
    Ok(Op { action, collection, rkey, cid, body })
}

/// Gives each operation the block that its content id names. Ends with the last of them: what follows is proof that is
/// not checked, and in a usual commit every second block.
fn locate_records<'a>(ops: &mut [Op<'a>], archive: &'a [u8]) -> Result<(), FrameError> {
    let mut wanted: SmallVec<[(Cid, usize); LINEAR_MAX]> =
        ops.iter().enumerate().filter_map(|(at, op)| Some((op.cid?, at))).collect();
    // Commits that were too big for the wire, in years past, came with no archive at all.
    if archive.is_empty() {
        return Ok(());
    }
    wanted.sort_unstable();
    for block in Car::open(archive)? {
        let block = block?;
        let first = if wanted.len() <= LINEAR_MAX {
            wanted.iter().position(|(cid, _)| is_same(cid, block.cid))
        } else {
            let at = wanted.partition_point(|(cid, _)| cid.as_bytes() < block.cid);
            wanted.get(at).is_some_and(|(cid, _)| cid.as_bytes() == block.cid).then_some(at)
        };
        let Some(first) = first else { continue };
        let same = wanted.iter().skip(first).take_while(|(cid, _)| cid.as_bytes() == block.cid).count();
        let body = checked(block.cid, block.data);
        for (_, op) in wanted.drain(first..first + same) {
            ops[op].body = body;
        }
        if wanted.is_empty() {
            break;
        }
    }
    Ok(())
}

/// Most blocks differ in the first bytes of their hash, which one comparison of integers tells.
#[inline]
fn is_same(cid: &Cid, block: &[u8; 36]) -> bool {
    cid.as_bytes()[4..12] == block[4..12] && cid.as_bytes() == block
}

fn checked<'a>(cid: &[u8; 36], data: &'a [u8]) -> Body<'a> {
    if Sha256::digest(data).as_slice() == &cid[4..] { Body::Cbor(data) } else { Body::WrongCid }
}
