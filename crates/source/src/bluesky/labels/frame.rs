//! The frames of a labeler, `com.atproto.label.subscribeLabels`: the firehose's framing with `#labels` for a payload.
//! It says what a label is; what becomes of its subject is decided elsewhere. Not checked: signatures, since who
//! answers at the labeler's address is trusted with its labels.
//! Lexicons: `com.atproto.label.subscribeLabels`, `com.atproto.label.defs`.

use skytrend_event::{AtUri, Did, Micros};

use crate::bluesky::firehose::fields::{once, seq};
use crate::bluesky::firehose::{FrameError, Header, notice};
use crate::cbor::Cursor;
use crate::wire::{Label, LabelSubject, Labels, Message, Place};
use crate::{DropReason, datetime};

/// Largest frame that is taken. The event stream allows five times as much; labelers send one label in some 300 bytes.
pub const FRAME_BYTES_MAX: usize = 1_000_000;

/// Most labels that are taken from one frame. The lexicon has no limit; labelers send one each.
pub const LABELS_MAX: usize = 1_000;

/// The lexicon's limit for a label's value.
const VALUE_BYTES_MAX: usize = 128;

/// Reads one frame.
pub fn decode(frame: &[u8]) -> Result<Message<'_>, FrameError> {
    if frame.len() > FRAME_BYTES_MAX {
        return Err(FrameError::TooLarge { bytes: frame.len() });
    }
    let mut cursor = Cursor::new(frame);
    let header = Header::read(&mut cursor)?;
    let message = match (header.op, header.name) {
        (1, Some("#labels")) => labels(&mut cursor)?,
        (op, name) => notice::of_any_stream(op, name, &mut cursor)?,
    };
    cursor.finish()?;
    Ok(message)
}

fn labels<'a>(cursor: &mut Cursor<'a>) -> Result<Message<'a>, FrameError> {
    let (mut number, mut has_labels) = (None, None);
    let (mut labels, mut rejected) = (Vec::new(), Vec::new());
    for _ in 0..cursor.map()? {
        match cursor.key()? {
            b"seq" => once(&mut number, cursor.integer()?)?,
            b"labels" => {
                once(&mut has_labels, ())?;
                let count = cursor.array()?;
                if count > LABELS_MAX {
                    return Err(FrameError::TooManyLabels { count });
                }
                for _ in 0..count {
                    match label(cursor)? {
                        Ok(label) => labels.push(label),
                        Err(reason) => rejected.push(reason),
                    }
                }
            }
            _ => cursor.skip()?,
        }
    }
    has_labels.ok_or(FrameError::MissingField { field: "labels" })?;
    let time = labels.iter().map(|label: &Label<'_>| label.created_at).max().unwrap_or_default();
    Ok(Message::Labels(Labels { at: Place { seq: Some(seq(number)?), time }, labels, rejected }))
}

/// The outer error breaks the frame, the inner one costs only this label.
fn label<'a>(cursor: &mut Cursor<'a>) -> Result<Result<Label<'a>, DropReason>, FrameError> {
    let mut fields = Fields::default();
    for _ in 0..cursor.map()? {
        match cursor.key()? {
            b"src" => once(&mut fields.src, cursor.text()?)?,
            b"uri" => once(&mut fields.uri, cursor.text()?)?,
            b"val" => once(&mut fields.val, cursor.text()?)?,
            b"neg" => once(&mut fields.neg, cursor.bool()?)?,
            b"cts" => once(&mut fields.cts, cursor.text()?)?,
            b"exp" => once(&mut fields.exp, cursor.text()?)?,
            _ => cursor.skip()?,
        }
    }
    Ok(fields.check())
}

/// A label as it came.
#[derive(Default)]
struct Fields<'a> {
    src: Option<&'a str>,
    uri: Option<&'a str>,
    val: Option<&'a str>,
    neg: Option<bool>,
    cts: Option<&'a str>,
    exp: Option<&'a str>,
}

impl<'a> Fields<'a> {
    fn check(self) -> Result<Label<'a>, DropReason> {
        let value = self.val.ok_or(DropReason::MissingField)?;
        if value.is_empty() || value.len() > VALUE_BYTES_MAX || value.contains(char::is_control) {
            return Err(DropReason::InvalidLabel);
        }
        let src = Did::parse(self.src.ok_or(DropReason::MissingField)?);
        Ok(Label {
            src: src.map_err(|_| DropReason::InvalidDid)?,
            subject: subject(self.uri.ok_or(DropReason::MissingField)?)?,
            value,
            is_negated: self.neg.unwrap_or(false),
            created_at: instant(self.cts.ok_or(DropReason::MissingField)?)?,
            expires_at: self.exp.map(instant).transpose()?,
        })
    }
}

fn instant(text: &str) -> Result<Micros, DropReason> {
    datetime::parse(text).ok_or(DropReason::InvalidTime)
}

/// An account is named by its DID, or by an AT URI that ends with it.
fn subject(uri: &str) -> Result<LabelSubject<'_>, DropReason> {
    if uri.starts_with("did:") {
        return Did::parse(uri).map(LabelSubject::Account).map_err(|_| DropReason::InvalidDid);
    }
    let Some(rest) = uri.strip_prefix("at://") else { return Ok(LabelSubject::Other) };
    let uri = AtUri::parse(uri).map_err(|_| DropReason::InvalidSubject)?;
    let authority = rest.split('/').next().unwrap_or_default();
    // Who is named by a handle is not known here.
    let did = Did::parse(authority).map_err(|_| DropReason::InvalidSubject)?;
    Ok(if uri.collection().is_none() {
        LabelSubject::Account(did)
    } else {
        LabelSubject::Record { did, uri }
    })
}
