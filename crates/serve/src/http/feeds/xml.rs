//! Texts of strangers as XML: escaped by the writer, and without what XML can't hold even escaped.

use std::borrow::Cow;
use std::io;

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesText, Event};
use quick_xml::writer::ElementWriter;

/// Where a document is written.
pub(super) type Xml = Writer<Vec<u8>>;

/// A document that `write` fills.
pub(super) fn document(write: impl FnOnce(&mut Xml) -> io::Result<()>) -> Vec<u8> {
    let mut xml = Writer::new(Vec::new());
    let declaration = Event::Decl(BytesDecl::new("1.0", Some("utf-8"), None));
    xml.write_event(declaration).and_then(|()| write(&mut xml)).expect("a Vec takes all that is written");
    xml.into_inner()
}

/// The beginning of an element. Values are cleaned here, and escaped by the writer.
pub(super) fn element<'a>(
    xml: &'a mut Xml,
    name: &'a str,
    attributes: &[(&str, &str)],
) -> ElementWriter<'a, Vec<u8>> {
    let start = xml.create_element(name);
    attributes.iter().fold(start, |start, (name, value)| start.with_attribute((*name, clean(value))))
}

/// An element that holds text.
pub(super) fn text(xml: &mut Xml, name: &str, text: &str) -> io::Result<()> {
    text_with(xml, name, &[], text)
}

/// An element that has attributes and holds text.
pub(super) fn text_with(
    xml: &mut Xml,
    name: &str,
    attributes: &[(&str, &str)],
    text: &str,
) -> io::Result<()> {
    element(xml, name, attributes).write_text_content(BytesText::new(&clean(text))).map(|_| ())
}

/// Text whose characters XML 1.0 allows and does not discourage (2.2), on one line: white space becomes spaces, other
/// control characters become U+FFFD. Controls of writing direction are left out: in a reader's list they would turn
/// around what stands beside the text.
pub(super) fn clean(text: &str) -> Cow<'_, str> {
    if !text.contains(|c| replacement(c) != Some(c)) {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.chars().filter_map(replacement).collect())
}

const fn replacement(c: char) -> Option<char> {
    match c {
        '\t' | '\n' | '\r' | '\u{85}' => Some(' '),
        '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => Some(char::REPLACEMENT_CHARACTER),
        '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => None,
        c => Some(c),
    }
}
