//! Frames of `com.atproto.label.subscribeLabels`: a header and a payload in DAG-CBOR, one label in each. The
//! signature is 64 bytes of no meaning.

use super::firehose::{field, message, number};
use crate::instant::Rfc3339;
use crate::labelling::{LABELER_DID, PlannedLabel};
use crate::node::cbor;

/// The frame of a label under this sequence number.
pub fn label_frame(label: &PlannedLabel, seq: i64) -> Vec<u8> {
    let mut out = Vec::with_capacity(300);
    message(&mut out, "#labels", 2);
    number(&mut out, "seq", seq);
    cbor::text(&mut out, "labels");
    cbor::head(&mut out, cbor::LIST, 1);
    cbor::head(&mut out, cbor::MAP, 6);
    field(&mut out, "cts", &Rfc3339(label.at).to_string());
    cbor::text(&mut out, "sig");
    cbor::bytes(&mut out, &[0; 64]);
    field(&mut out, "src", LABELER_DID);
    field(&mut out, "uri", &label.uri);
    field(&mut out, "val", label.value);
    number(&mut out, "ver", 1);
    out
}
