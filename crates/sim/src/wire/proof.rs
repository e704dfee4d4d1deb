//! The bytes that fill most of a real commit: nodes of the repository's tree (MST) around the changed records.
//! They are valid DAG-CBOR under true CIDs, linked to a chain, and made once: a simulated repository has no real
//! tree, so a consumer that inverts it finds no proof in here.

use sha2::{Digest, Sha256};
use skytrend_event::Cid;

use crate::dice::Dice;
use crate::node::cbor;
use crate::world::event::Operation;

/// Different chains; commits draw on one after the other.
const CHAINS: usize = 64;
/// Entries of a node: with 8 nodes a commit is as large as real ones, 5.4 kB.
const ENTRIES: usize = 7;

/// A chain of nodes as the bytes that a CAR holds, and the CID of its first.
#[derive(Debug)]
struct Chain {
    car_sections: Vec<u8>,
    root: Option<Cid>,
}

/// Chains of tree nodes, ready to be copied into commits.
#[derive(Debug)]
pub(crate) struct ProofPool {
    chains: Vec<Chain>,
}

impl ProofPool {
    /// Chains of `nodes` nodes each; no nodes are allowed.
    pub(crate) fn new(nodes: usize) -> Self {
        let mut dice = Dice::new(0, "proof", nodes as u64);
        let chain = |_| {
            let mut below = None;
            let mut sections = Vec::new();
            let mut block = Vec::new();
            for _ in 0..nodes {
                let keys: Vec<String> =
                    (0..ENTRIES).map(|_| format!("{:011}", dice.below(99_999_999_999))).collect();
                let entry = |key: &String| (key.clone().into_bytes(), random_cid(&mut dice));
                let entries: Vec<(Vec<u8>, Cid)> = keys.iter().map(entry).collect();
                block.clear();
                write_node(&mut block, entries.iter().map(|(key, cid)| (key.as_slice(), *cid)), below);
                below = Some(write_section(&mut sections, &block));
            }
            Chain { car_sections: sections, root: below }
        };
        Self { chains: (0..CHAINS).map(chain).collect() }
    }

    fn chain(&self, ordinal: u64) -> &Chain {
        &self.chains[(ordinal % CHAINS as u64) as usize]
    }

    /// Writes the tree of a commit: a fresh top node that names the commit's records, and a chain under it.
    /// Returns the CID of the top.
    pub(crate) fn write_tree(
        &self,
        out: &mut Vec<u8>,
        block: &mut Vec<u8>,
        ordinal: u64,
        operations: &[Operation],
    ) -> Cid {
        let chain = self.chain(ordinal);
        block.clear();
        let live = operations.iter().filter_map(|operation| {
            let record = operation.record.as_ref()?;
            Some((operation.rkey.as_str().as_bytes(), record.cid))
        });
        write_node(block, live, chain.root);
        let top = write_section(out, block);
        out.extend_from_slice(&chain.car_sections);
        top
    }

    /// A CID that stands for the tree before.
    pub(crate) fn earlier_tree(&self, ordinal: u64) -> Cid {
        self.chain(ordinal).root.unwrap_or(Cid::of_dag_cbor([7; 32]))
    }
}

/// A node: `{"e":[{"k","p","t","v"},…],"l"}`. Keys are written whole (prefix length 0).
fn write_node<'a>(
    out: &mut Vec<u8>,
    entries: impl Iterator<Item = (&'a [u8], Cid)> + Clone,
    left: Option<Cid>,
) {
    cbor::head(out, cbor::MAP, 2);
    cbor::text(out, "e");
    cbor::head(out, cbor::LIST, entries.clone().count() as u64);
    for (key, value) in entries {
        cbor::head(out, cbor::MAP, 4);
        cbor::text(out, "k");
        cbor::bytes(out, key);
        cbor::text(out, "p");
        cbor::integer(out, 0);
        cbor::text(out, "t");
        out.push(cbor::NULL);
        cbor::text(out, "v");
        cbor::link(out, &value);
    }
    cbor::text(out, "l");
    match left {
        Some(cid) => cbor::link(out, &cid),
        None => out.push(cbor::NULL),
    }
}

/// Appends a block as a section of a CAR and returns its CID.
pub(crate) fn write_section(out: &mut Vec<u8>, block: &[u8]) -> Cid {
    let cid = Cid::of_dag_cbor(Sha256::digest(block).into());
    write_section_as(out, &cid, block);
    cid
}

/// Appends a block under a CID that is known, or wrong.
pub(crate) fn write_section_as(out: &mut Vec<u8>, cid: &Cid, block: &[u8]) {
    write_varint(out, (cid.as_bytes().len() + block.len()) as u64);
    out.extend_from_slice(cid.as_bytes());
    out.extend_from_slice(block);
}

/// Unsigned LEB128, as CAR v1 has it.
pub(crate) fn write_varint(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn random_cid(dice: &mut Dice) -> Cid {
    let mut hash = [0; 32];
    for chunk in hash.chunks_exact_mut(8) {
        chunk.copy_from_slice(&dice.bits().to_le_bytes());
    }
    Cid::of_dag_cbor(hash)
}
