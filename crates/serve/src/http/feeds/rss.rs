//! A feed as RSS 2.0 (<https://www.rssboard.org/rss-specification>).

use std::io;

use super::super::bluesky_web;
use super::Feed;
use super::dates::http_date;
use super::entry::Entry;
use super::xml::{self, Xml};

pub(super) fn write(feed: &Feed) -> Vec<u8> {
    xml::document(|xml| {
        xml::element(xml, "rss", &[("version", "2.0")]).write_inner_content(|xml| {
            xml::element(xml, "channel", &[]).write_inner_content(|xml| {
                head(xml, feed)?;
                feed.entries.iter().try_for_each(|entry| item(xml, entry))
            })?;
            Ok(())
        })?;
        Ok(())
    })
}

fn head(xml: &mut Xml, feed: &Feed) -> io::Result<()> {
    xml::text(xml, "title", &feed.title)?;
    xml::text(xml, "link", bluesky_web::ORIGIN)?;
    xml::text(xml, "description", "What is rising on Bluesky, found by skytrend")?;
    if let Some(language) = &feed.language {
        xml::text(xml, "language", language)?;
    }
    xml::text(xml, "lastBuildDate", &http_date(feed.updated))
}

fn item(xml: &mut Xml, entry: &Entry) -> io::Result<()> {
    xml::element(xml, "item", &[]).write_inner_content(|xml| {
        xml::text(xml, "title", &entry.title)?;
        xml::text(xml, "link", &entry.link)?;
        xml::text(xml, "description", &entry.html)?;
        for category in &entry.categories {
            xml::text(xml, "category", category)?;
        }
        xml::text_with(xml, "guid", &[("isPermaLink", "false")], &entry.id)?;
        xml::text(xml, "pubDate", &http_date(entry.published))
    })?;
    Ok(())
}
