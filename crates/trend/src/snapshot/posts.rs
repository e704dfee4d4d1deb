//! Retained minutes with their posts, and sessions, in a snapshot. Posts are put back the way new ones come in, so
//! the indexes over them are built again and can't be inconsistent.

use skytrend_event::time::MINUTE;
use skytrend_event::{EventId, Micros};
use xxhash_rust::xxh3::xxh3_64;

use super::SnapshotError;
use super::bytes::{Reader, Writer};
use super::keywords::{Held, Places, read_use, write_uses};
use crate::authors::{Authors, Session, SessionTotals};
use crate::engine::{Engine, start_of};
use crate::language::{LanguageCode, Languages};
use crate::posts::{NewPost, Occurrence, Post};
use crate::signature::Signature;

pub(super) fn write(writer: &mut Writer<'_>, engine: &Engine, places: &Places) {
    let posts = &engine.posts;
    writer.count(posts.panes().len());
    let mut index = 0;
    for pane in posts.panes() {
        writer.signed(pane.minute);
        writer.number(u64::from(pane.posts));
        for _ in 0..pane.posts {
            let post = posts.post(index);
            writer.number((post.witnessed.0 - start_of(pane.minute).0).cast_unsigned());
            writer.fixed(post.event_id.0);
            writer.fixed(engine.authors.hash_of(posts.authors()[index]));
            writer.text(posts.uri(post));
            writer.text(posts.text_or_subject(post));
            write_languages(writer, posts.languages()[index]);
            writer.fixed(posts.signature(index).0);
            writer.byte(u8::from(post.is_live));
            writer.byte(u8::from(post.is_by_newcomer));
            writer.byte(u8::from(post.is_engagement));
            write_uses(writer, &pane.keywords[post.keywords_range()], places);
            index += 1;
        }
    }
}

pub(super) fn read(reader: &mut Reader<'_>, engine: &mut Engine, held: &[Held]) -> Result<(), SnapshotError> {
    let panes = reader.count("number of minutes")?;
    let mut expected = None;
    for _ in 0..panes {
        let minute = reader.minute("minute")?;
        if expected.is_some_and(|expected| expected != minute) {
            return Err(reader.malformed("minute out of order"));
        }
        expected = Some(minute + 1);
        engine.posts.push_pane(minute, String::new(), Vec::new());
        let posts = reader.count("number of posts")?;
        for _ in 0..posts {
            read_post(reader, engine, held, minute)?;
        }
    }
    Ok(())
}

fn read_post(
    reader: &mut Reader<'_>,
    engine: &mut Engine,
    held: &[Held],
    minute: i64,
) -> Result<(), SnapshotError> {
    let into_minute = reader.number_up_to(MINUTE.cast_unsigned() - 1, "time of a post")?;
    let event_id = EventId(reader.fixed("event id")?);
    let author = engine.authors.number_of(reader.fixed("author")?);
    let (uri, text) = (reader.short_text("URI")?, reader.short_text("text")?);
    let languages = read_languages(reader)?;
    let signature = Signature(reader.fixed("signature")?);
    let is_live = reader.flag("liveness")?;
    let is_by_newcomer = reader.flag("newcomer")?;
    let is_engagement = reader.flag("engagement")?;
    let count = reader.number_up_to(u64::from(u8::MAX), "number of keywords of a post")?;
    let mut uses = Vec::new();
    for _ in 0..count {
        uses.push(read_use(reader, held, &mut engine.keywords)?);
    }
    let (text_start, keywords_start) = engine.posts.append_to_last([uri, text], &uses);
    let post = Post {
        witnessed: Micros(start_of(minute).0 + into_minute.cast_signed()),
        event_id,
        uri_hash: xxh3_64(uri.as_bytes()),
        text_start,
        uri_len: uri.len() as u16,
        text_len: text.len() as u16,
        keywords_start,
        keywords_len: count as u8,
        is_live: true,
        is_by_newcomer,
        is_engagement,
        before_of_author: engine.authors.last_post(author),
    };
    let (number, _) = engine.posts.push(NewPost { post, author, languages, signature });
    engine.authors.retain_post(author, number);
    for used in uses {
        if let Some(keyword) = used.keyword() {
            engine.keywords.push(keyword, Occurrence::new(number, used), "", minute);
        }
    }
    if is_engagement {
        engine.restore_engagement(number);
    }
    if !is_live {
        if count > 0 {
            return Err(reader.malformed("keywords of a retracted post"));
        }
        engine.posts.set_dead(engine.posts.index_of(number));
    }
    Ok(())
}

pub(super) fn write_sessions(writer: &mut Writer<'_>, authors: &Authors) {
    let SessionTotals { started, ended, ended_micros, ended_posts } = authors.totals;
    for number in [started, ended, ended_micros.cast_unsigned(), ended_posts, authors.sessions_cut] {
        writer.number(number);
    }
    let with_sessions = authors.with_sessions();
    writer.count(with_sessions.len());
    for author in with_sessions {
        writer.fixed(author.hash);
        writer.signed(author.session.started.0);
        writer.signed(author.session.last.0);
        writer.number(u64::from(author.session.posts));
        writer.number(u64::from(author.window_posts));
    }
}

pub(super) fn read_sessions(reader: &mut Reader<'_>, authors: &mut Authors) -> Result<(), SnapshotError> {
    authors.totals = SessionTotals {
        started: reader.number("sessions started")?,
        ended: reader.number("sessions ended")?,
        ended_micros: reader.number("length of sessions")?.cast_signed(),
        ended_posts: reader.number("posts of sessions")?,
    };
    authors.sessions_cut = reader.number("sessions cut")?;
    let count = reader.count("number of sessions")?;
    for _ in 0..count {
        let hash = reader.fixed("author of a session")?;
        let session = Session {
            started: reader.instant("start of a session")?,
            last: reader.instant("end of a session")?,
            posts: reader.small("posts of a session")?,
        };
        authors.restore_session(hash, session, reader.small("posts of a window")?);
    }
    Ok(())
}

pub(super) fn write_languages(writer: &mut Writer<'_>, languages: Languages) {
    for language in languages {
        writer.number(u64::from(language.0));
    }
}

pub(super) fn read_languages(reader: &mut Reader<'_>) -> Result<Languages, SnapshotError> {
    let mut languages = Languages::default();
    for language in &mut languages {
        *language = read_language(reader)?;
    }
    Ok(languages)
}

pub(super) fn read_language(reader: &mut Reader<'_>) -> Result<LanguageCode, SnapshotError> {
    let language = LanguageCode(reader.number_up_to(u64::from(u16::MAX), "language")? as u16);
    if language.is_valid() { Ok(language) } else { Err(reader.malformed("language")) }
}
