//! Writes each message of a recording to its own file: `seed <recording> <folder>`.

use std::path::PathBuf;

use skytrend_source::replay::Reader;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args_os().skip(1).map(PathBuf::from);
    let (recording, folder) = arguments.next().zip(arguments.next()).ok_or("seed <recording> <folder>")?;
    std::fs::create_dir_all(&folder)?;
    let mut reader = Reader::open(&recording)?;
    let mut number = 0;
    while let Some(input) = reader.next() {
        std::fs::write(folder.join(format!("{number:06}")), input?.bytes)?;
        number += 1;
    }
    Ok(())
}
