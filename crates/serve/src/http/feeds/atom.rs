//! A feed as Atom (RFC 4287).

use std::io;

use super::dates::writable;
use super::entry::Entry;
use super::xml::{self, Xml};
use super::{Feed, Format};

const NAMESPACE: &str = "http://www.w3.org/2005/Atom";

pub(super) fn write(feed: &Feed) -> Vec<u8> {
    let namespace = Some(("xmlns", NAMESPACE));
    let attributes: Vec<_> = namespace.into_iter().chain(language(feed.language.as_deref())).collect();
    xml::document(|xml| {
        xml::element(xml, "feed", &attributes).write_inner_content(|xml| {
            head(xml, feed)?;
            feed.entries.iter().try_for_each(|one| entry(xml, one))
        })?;
        Ok(())
    })
}

fn head(xml: &mut Xml, feed: &Feed) -> io::Result<()> {
    xml::text(xml, "id", &feed.id)?;
    xml::text(xml, "title", &feed.title)?;
    xml::text(xml, "updated", &writable(feed.updated).to_rfc3339())?;
    xml::element(xml, "author", &[]).write_inner_content(|xml| xml::text(xml, "name", "skytrend"))?;
    // A reference without a host is resolved by the reader, who knows under which name it came here.
    let of_itself = [("rel", "self"), ("type", Format::Atom.media_type()), ("href", &feed.path)];
    xml::element(xml, "link", &of_itself).write_empty()?;
    Ok(())
}

fn entry(xml: &mut Xml, entry: &Entry) -> io::Result<()> {
    let attributes: Vec<_> = language(entry.language.as_deref()).into_iter().collect();
    xml::element(xml, "entry", &attributes).write_inner_content(|xml| {
        xml::text(xml, "id", &entry.id)?;
        xml::text(xml, "title", &entry.title)?;
        xml::text(xml, "published", &writable(entry.published).to_rfc3339())?;
        xml::text(xml, "updated", &writable(entry.updated).to_rfc3339())?;
        xml::element(xml, "link", &[("rel", "alternate"), ("href", &entry.link)]).write_empty()?;
        for category in &entry.categories {
            xml::element(xml, "category", &[("term", category)]).write_empty()?;
        }
        xml::text_with(xml, "content", &[("type", "html")], &entry.html)
    })?;
    Ok(())
}

fn language(language: Option<&str>) -> Option<(&str, &str)> {
    language.map(|language| ("xml:lang", language))
}
