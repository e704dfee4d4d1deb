//! Columns of CSV files as programs write them: a header line, commas, no quotes.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::{Context as _, bail, ensure};
use skytrend_event::Micros;

/// A file has at most so many rows: nine years of minutes.
const ROWS_MAX: usize = 5_000_000;

/// The columns with these names, row by row.
pub fn read_columns<const N: usize>(path: &Path, names: [&str; N]) -> anyhow::Result<Vec<[String; N]>> {
    let reading = || format!("can't read {}", path.display());
    let mut lines = BufReader::new(File::open(path).with_context(reading)?).lines();
    let header = lines.next().transpose().with_context(reading)?.unwrap_or_default();
    let mut columns = [0; N];
    for (column, name) in columns.iter_mut().zip(names) {
        let place = header.trim_end().split(',').position(|column| column == name);
        *column = place.with_context(|| format!("{} has no column {name:?}", path.display()))?;
    }
    let mut rows = Vec::new();
    for (line, number) in lines.zip(2_u64..) {
        let line = line.with_context(reading)?;
        let cells: Vec<&str> = line.trim_end().split(',').collect();
        if cells == [""] {
            continue;
        }
        ensure!(rows.len() < ROWS_MAX, "{} has more than {ROWS_MAX} rows", path.display());
        if line.contains('"') || columns.iter().any(|&column| column >= cells.len()) {
            bail!("line {number} of {} lacks a column, or has quotes", path.display());
        }
        rows.push(columns.map(|column| cells[column].to_owned()));
    }
    Ok(rows)
}

/// An instant as `2015-02-26 21:42:53`, with or without a fraction, a `T`, and a zone.
pub fn instant(text: &str) -> anyhow::Result<Micros> {
    let spaced = text.replacen(' ', "T", 1);
    let parsed = Micros::parse_rfc3339(&spaced).or_else(|_| Micros::parse_rfc3339(&format!("{spaced}Z")));
    parsed.with_context(|| format!("{text:?} is no timestamp"))
}
