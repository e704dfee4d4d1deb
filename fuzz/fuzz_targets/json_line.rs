//! One line of a feed, by a mapping with every field.

#![no_main]

mod check;

use libfuzzer_sys::fuzz_target;
use skytrend_event::{Event, Micros};
use skytrend_source::jsonlines::{Decoder, Mapping, TimeFormat, ids};

fuzz_target!(|line: &[u8]| {
    let mapping = Mapping {
        languages: "/langs".to_owned(),
        hashtags: "/tags".to_owned(),
        kind: "/kind".to_owned(),
        deleted_kinds: vec!["delete".to_owned()],
        updated_kinds: vec!["update".to_owned()],
        ..Mapping::default()
    };
    for time_format in [TimeFormat::Rfc3339, TimeFormat::Seconds, TimeFormat::Now] {
        let decoder = Decoder::new(&Mapping { time_format, ..mapping.clone() });
        let Ok(event) = decoder.decode(line, Micros(0), &mut Vec::new()) else { continue };
        let author = ids::author_of(&mapping.namespace, &event.author_did).expect("an author comes back");
        assert_eq!(ids::did_of(&mapping.namespace, &author), Some(event.author_did.clone()));
        check::event(&Event::Post(event));
    }
});
