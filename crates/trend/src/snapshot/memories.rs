//! The bounded memories in a snapshot: who was seen before, pairs of neighbours, and rare keywords. Each is a time
//! and the sets that are not empty, in order.

use super::SnapshotError;
use super::bytes::{Reader, Writer};
use crate::engine::Engine;
use crate::rare::RareKeywords;
use crate::sets::Sets;

pub(super) fn write(writer: &mut Writer<'_>, engine: &Engine) {
    writer.signed(engine.seen.half_day);
    write_sets(writer, &engine.seen.sets);
    writer.signed(engine.phrases.generation);
    write_sets(writer, &engine.phrases.sets);
    write_rare(writer, &engine.rare);
}

pub(super) fn write_rare(writer: &mut Writer<'_>, rare: &RareKeywords) {
    writer.signed(rare.generation);
    write_sets(writer, &rare.sets);
}

pub(super) fn read(reader: &mut Reader<'_>, engine: &mut Engine) -> Result<(), SnapshotError> {
    // Both are counted in more than minutes, so this is a bound.
    engine.seen.half_day = reader.minute("half-day")?;
    read_sets(reader, &mut engine.seen.sets)?;
    engine.phrases.generation = reader.minute("stretch of minutes")?;
    read_sets(reader, &mut engine.phrases.sets)?;
    read_rare(reader, &mut engine.rare)
}

pub(super) fn read_rare(reader: &mut Reader<'_>, rare: &mut RareKeywords) -> Result<(), SnapshotError> {
    rare.generation = reader.minute("stretch of hours")?;
    read_sets(reader, &mut rare.sets)
}

fn write_sets<const LEN: usize>(writer: &mut Writer<'_>, sets: &Sets<LEN>) {
    writer.count(sets.sets().count());
    for (place, set) in sets.sets() {
        writer.count(place);
        for &number in set {
            writer.number(u64::from(number));
        }
    }
}

fn read_sets<const LEN: usize>(reader: &mut Reader<'_>, sets: &mut Sets<LEN>) -> Result<(), SnapshotError> {
    let mut next = 0;
    for _ in 0..reader.count("number of sets")? {
        let place = reader.number("place of a set")?;
        let set = usize::try_from(place).ok().filter(|_| place >= next).and_then(|place| sets.set_mut(place));
        let Some(set) = set else { return Err(reader.malformed("place of a set")) };
        for number in set {
            *number = reader.number_up_to(u64::from(u32::MAX), "number of a set")? as u32;
        }
        next = place + 1;
    }
    Ok(())
}
