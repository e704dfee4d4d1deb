//! The dashboard in a real browser, against the real program: what a reader sees and does, and that hostile posts do
//! nothing. Needs Chromium; `make browser` runs it.

#![expect(clippy::unwrap_used, reason = "a test that can't go on should say where")]

#[path = "support/chromium.rs"]
mod chromium;
mod support;

use std::fmt::Write as _;

use chromium::{Chromium, Page};
use serde_json::{Value, json};
use skytrend_event::Micros;
use skytrend_sim::{Server, ServerSettings, WorldSettings};
use support::{Program, Running};

/// Saturday, 2026-07-04, 14:00 UTC.
const NOW: Micros = Micros(1_783_173_600_000_000);

/// A window closes each second.
const SPEED: f64 = 60.0;

/// What the page's own scripts shifted so far; rows that change places are moved by transforms, which don't count.
const LAYOUT_SHIFT: &str = "new Promise((done) => {
    let sum = 0;
    new PerformanceObserver((list) => { for (const entry of list.getEntries()) sum += entry.value; })
        .observe({ type: 'layout-shift', buffered: true });
    setTimeout(() => done(sum), 100); // where nothing shifted, the observer is never called
})";

/// Above this a page counts as one that jumps (web.dev/articles/cls).
const LAYOUT_SHIFT_MAX: f64 = 0.1;

/// Minutes of the demo's world that are read at once at the start: after them there are several trends, and a window
/// closes each second.
const CAUGHT_UP: u64 = 60;

/// The page with trends on it, once so many minutes are known.
async fn open(browser: &Chromium, running: &mut Running, path: &str, minutes: u64) -> Page {
    tokio::task::block_in_place(|| {
        running.wait_until("trends", |status| {
            let detector = &status["detector"];
            detector["trends_started"] != 0 && detector["history_minutes"].as_u64() >= Some(minutes)
        });
    });
    browser.open(&format!("http://{}{path}", running.api), 1200, 900).await
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: make browser"]
async fn trends_appear_update_are_filtered_and_open() {
    let world = WorldSettings::demo(7, NOW);
    let settings = ServerSettings { speed: SPEED, ..ServerSettings::new(world) };
    let server = Server::start(settings, "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let hosts = format!("source.hosts={}", server.url());
    let all = [&*hosts, "source.protocol=firehose", "source.first_start=oldest", "log.fsync=never"];
    let program = Program::new(&all);
    let mut running = program.start(&[]);
    let browser = Chromium::start();
    let mut page = open(&browser, &mut running, "/", CAUGHT_UP).await;

    // They update, and the page is the same one.
    page.value("window.isSamePage = true").await;
    page.wait_for("document.querySelectorAll('.trend-link').length > 0").await;
    let before = page.value("document.querySelector('.summary').textContent").await;
    page.wait_for(&format!("document.querySelector('.summary').textContent !== {before}")).await;
    page.wait_for("document.querySelector('.freshness').textContent.includes('live')").await;
    let shift = page.value(LAYOUT_SHIFT).await.as_f64().unwrap();
    assert!(shift < LAYOUT_SHIFT_MAX, "the page jumped by {shift}");

    // A filter is in the address, and holds for each row.
    choose(&mut page, "kind", "hashtag").await;
    let names =
        "[...document.querySelectorAll('.trends:not([hidden]) .trend-link')].map((link) => link.textContent)";
    page.wait_for(&format!(
        "location.search === '?kind=hashtag' && {names}.every((name) => name.startsWith('#'))"
    ))
    .await;
    choose(&mut page, "kind", "").await;
    page.wait_for("location.search === '' && document.querySelectorAll('.trend-link').length > 0").await;

    // By the keyboard alone to a trend, and back.
    page.press("j").await;
    let name = page
        .wait_for("document.activeElement.matches('.trend-link') && document.activeElement.textContent")
        .await;
    page.press("Enter").await;
    page.wait_for("location.pathname.startsWith('/trend/') && document.querySelector('.u-wrap canvas')")
        .await;
    assert_eq!(page.value("document.querySelector('h1').textContent").await, name);
    let reasons = page.wait_for("document.querySelectorAll('.reasons li').length").await;
    assert!(reasons.as_u64().unwrap() >= 3, "{reasons} reasons");
    let link = page.wait_for("document.querySelector('.post a')?.href").await;
    assert!(text(&link).starts_with("https://bsky.app/profile/did:plc:"), "{link}");
    page.press("Escape").await;
    page.wait_for("location.pathname === '/' && document.querySelectorAll('.trend-link').length > 0").await;

    // The past, and back.
    page.value("document.querySelector('.look-back').open = true").await;
    page.wait_for("document.getElementById('moment').value").await;
    // Three of the field's steps, which are minutes.
    page.value(
        "document.getElementById('moment').stepDown(3); document.querySelector('.moment').requestSubmit()",
    )
    .await;
    page.wait_for(
        "location.search.startsWith('?at=') && document.querySelector('.banner.past:not([hidden])')",
    )
    .await;
    // The list's own window is told as the moment of the banner.
    page.wait_for("document.querySelector('.summary').textContent.endsWith(document.querySelector('.past strong').textContent)").await;
    assert_eq!(page.value("document.querySelector('.freshness').textContent").await, "");
    page.value("document.querySelector('.banner.past .primary').click()").await;
    page.wait_for("location.search === '' && document.querySelector('.banner.past[hidden]')").await;
    page.wait_for("document.querySelector('.freshness').textContent.includes('live')").await;

    // A keyword is found as one types.
    let typed: String = text(&name).trim_start_matches('#').chars().take(4).collect();
    let field = "document.getElementById('search-text')";
    page.value(&format!("{field}.value = '{typed}'; {field}.dispatchEvent(new Event('input'))")).await;
    page.wait_for("document.querySelectorAll('#search-found [role=option]').length > 0").await;

    // How the pipeline is doing.
    page.value("document.querySelector('nav [data-page=pipeline]').click()").await;
    page.wait_for("document.querySelectorAll('.gauge[data-verdict=good]').length >= 5").await;
    page.wait_for("document.querySelector('.overall').textContent.includes('Everything works')").await;

    assert_eq!(page.value("window.isSamePage").await, true, "the page was loaded again");
    assert_eq!(page.complaints, Vec::<String>::new());
    running.stop();
    server.shutdown().await;
}

/// A window closes each six seconds, and counts come twice a second.
const SLOW: f64 = 10.0;

/// In one window of the list, the posts that have come since were two different numbers in some row.
const COUNT_HAS_MOVED: &str = "(() => {
    const window_of_list = document.querySelector('.summary').textContent;
    if (window.seen?.of !== window_of_list) window.seen = { of: window_of_list, rows: new Map() };
    return [...document.querySelectorAll('.trend')].some((row) => {
        const since = row.querySelector('.since').textContent;
        const before = window.seen.rows.get(row) ?? since;
        window.seen.rows.set(row, before || since);
        return before !== '' && since !== '' && since !== before && since.startsWith('+');
    });
})()";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: make browser"]
async fn between_two_windows_the_posts_that_have_come_since_are_counted() {
    let settings = ServerSettings { speed: SLOW, ..ServerSettings::new(WorldSettings::demo(7, NOW)) };
    let server = Server::start(settings, "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let hosts = format!("source.hosts={}", server.url());
    let all = [&*hosts, "source.protocol=firehose", "source.first_start=oldest", "log.fsync=never"];
    let program = Program::new(&all);
    let mut running = program.start(&[]);
    let browser = Chromium::start();
    let mut page = open(&browser, &mut running, "/", CAUGHT_UP).await;
    page.value("window.isSamePage = true").await;
    page.wait_for("document.querySelectorAll('.trend-link').length > 0").await;
    page.wait_for(COUNT_HAS_MOVED).await;
    let shift = page.value(LAYOUT_SHIFT).await.as_f64().unwrap();
    assert!(shift < LAYOUT_SHIFT_MAX, "the page jumped by {shift}");

    // On the trend's own page, too; and nothing of a moment of the past.
    page.value("document.querySelector('.trend-link').click()").await;
    let since = "document.querySelector('.fact .since')?.textContent";
    page.wait_for(&format!("location.pathname.startsWith('/trend/') && /^\\+[1-9]/.test({since})")).await;
    page.value("document.querySelector('.look-back').open = true").await;
    page.wait_for("document.getElementById('moment').value").await;
    page.value(
        "document.getElementById('moment').stepDown(1); document.querySelector('.moment').requestSubmit()",
    )
    .await;
    page.wait_for(
        "location.search.startsWith('?at=') && document.querySelector('.banner.past:not([hidden])')",
    )
    .await;
    page.wait_for(&format!("{since} === undefined")).await;
    assert_eq!(page.value("window.isSamePage").await, true, "the page was loaded again");
    assert_eq!(page.complaints, Vec::<String>::new());
    running.stop();
    server.shutdown().await;
}

/// A secret and, as `printf … | sha256sum` gives it, its hash.
const SECRET: &str = "a-secret-of-the-browser-test-and-of-nobody-else";
const SHA256: &str = "cec28c995cca30424cc38d2c0770371835a210bc5acee33e8381f2f1a5a6a733";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: make browser"]
async fn a_moderator_blocks_a_trend_and_it_is_gone_from_the_open_page() {
    let world = WorldSettings::demo(7, NOW);
    let settings = ServerSettings { speed: SPEED, ..ServerSettings::new(world) };
    let server = Server::start(settings, "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("tokens.toml");
    let token =
        format!("[[serve.access.tokens]]\nname = \"anna\"\nrights = \"write\"\nsha256 = \"{SHA256}\"\n");
    std::fs::write(&config, token).unwrap();
    let hosts = format!("source.hosts={}", server.url());
    let all = [&*hosts, "source.protocol=firehose", "source.first_start=oldest", "log.fsync=never"];
    let program = Program::new(&all);
    let mut running = program.start(&[("SKYTREND_CONFIG", config.display().to_string())]);
    let browser = Chromium::start();
    let mut reader = open(&browser, &mut running, "/", CAUGHT_UP).await;
    reader.value("window.isSamePage = true").await;
    reader.wait_for("document.querySelectorAll('.trend-link').length > 0").await;

    let mut moderator = browser.open(&format!("http://{}/moderation", running.api), 1200, 900).await;
    moderator.wait_for("document.getElementById('token')").await;
    moderator
        .value(&format!("document.getElementById('token').value = '{SECRET}'; document.querySelector('.sign-in').requestSubmit()"))
        .await;
    let button =
        moderator.wait_for("document.querySelector('[data-action=block]')?.getAttribute('aria-label')").await;
    let pattern = text(&button).strip_prefix("Block ").unwrap().to_owned();
    moderator.value("document.querySelector('[data-action=block]').click()").await;
    moderator.wait_for("document.querySelector('.said')?.textContent.includes('blocked')").await;
    moderator
        .wait_for(&format!("[...document.querySelectorAll('[data-action=release]')].some((one) => one.getAttribute('aria-label') === 'Release {pattern}')"))
        .await;
    let listed = format!(
        "[...document.querySelectorAll('.trend-link')].some((link) => link.textContent.toLowerCase() === '{pattern}')"
    );
    // The moderator's page covers it, and what is covered is slowed down.
    reader.bring_to_front().await;
    reader.wait_for(&format!("document.querySelectorAll('.trend-link').length > 0 && !{listed}")).await;
    assert_eq!(reader.value("window.isSamePage").await, true, "the page was loaded again");
    for page in [&reader, &moderator] {
        assert_eq!(page.complaints, Vec::<String>::new());
    }
    running.stop();
    server.shutdown().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: make browser"]
async fn a_watchlist_is_added_changed_and_removed_on_its_page() {
    let world = WorldSettings::demo(7, NOW);
    let settings = ServerSettings { speed: SPEED, ..ServerSettings::new(world) };
    let server = Server::start(settings, "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let hosts = format!("source.hosts={}", server.url());
    let all = [&*hosts, "source.protocol=firehose", "source.first_start=oldest", "log.fsync=never"];
    let program = Program::new(&all).with_settings_file(&format!(
        "[[serve.access.tokens]]\nname = \"anna\"\nrights = \"write\"\nsha256 = \"{SHA256}\"\n"
    ));
    let mut running = program.start(&[]);
    let browser = Chromium::start();
    let mut page = open(&browser, &mut running, "/watchlists", 0).await;
    page.wait_for("document.querySelector('.lists')?.textContent.includes('There is no watchlist')").await;
    assert_eq!(
        page.value("document.querySelectorAll('form textarea').length").await,
        0,
        "nobody is signed in"
    );

    page.value("document.querySelector('nav [data-page=moderation]').click()").await;
    page.wait_for("document.getElementById('token')").await;
    page.value(&format!("document.getElementById('token').value = '{SECRET}'; document.querySelector('.sign-in').requestSubmit()"))
        .await;
    page.wait_for("document.querySelector('.decide')").await;
    page.value("document.querySelector('nav [data-page=watchlists]').click()").await;
    page.wait_for("document.getElementById('list-terms')").await;

    // What is wrong is said, and the field that it is about has the focus.
    let put = |terms: &str| {
        format!(
            "document.getElementById('list-name').value = 'words'; document.getElementById('list-terms').value = {}; \
             document.querySelector('main form').requestSubmit()",
            json!(terms)
        )
    };
    page.value(&put("/(/")).await;
    page.wait_for("document.getElementById('list-problem').textContent.includes('unclosed group')").await;
    page.wait_for("document.activeElement.id === 'list-terms' && document.activeElement.getAttribute('aria-invalid') === 'true'")
        .await;
    page.value(&put("the\n<b>bold</b>")).await;
    page.wait_for(
        "document.querySelector('.said[role=status]').textContent.startsWith('words is saved; posts after')",
    )
    .await;
    page.wait_for(
        "document.querySelector('[data-list=words]')?.textContent.includes('in the newest window')",
    )
    .await;

    page.value("document.querySelector('[aria-label=\"Change words\"]').click()").await;
    page.wait_for("document.getElementById('list-terms').value === 'the\\n<b>bold</b>'").await;
    page.value("document.getElementById('list-terms').value = 'and'; document.querySelector('main form').requestSubmit()")
        .await;
    page.wait_for("document.getElementById('list-terms').value === ''").await;
    let terms = "fetch('/api/v1/watchlists/words').then((answer) => answer.json()).then((list) => list.definition.terms.join())";
    assert_eq!(page.value(terms).await, "and");

    page.wait_for("document.querySelector('[data-list=words]')").await;
    page.value("document.querySelector('[aria-label=\"Remove words\"]').click()").await;
    page.value("document.querySelector('[aria-label=\"Really remove words\"]').click()").await;
    page.wait_for("document.querySelector('.lists').textContent.includes('There is no watchlist')").await;
    // The browser itself tells of the list that was refused.
    page.complaints.retain(|complaint| !complaint.contains("status of 400"));
    assert_eq!(page.complaints, Vec::<String>::new());
    running.stop();
    server.shutdown().await;
}

async fn choose(page: &mut Page, filter: &str, value: &str) {
    let select = format!("document.getElementById('filter-{filter}')");
    page.value(&format!("{select}.value = '{value}'; {select}.dispatchEvent(new Event('change'))")).await;
}

/// Minutes of usual talk, then of a word that rises in posts that try to break out of their place.
const USUAL_MINUTES: u32 = 50;
const HOSTILE_MINUTES: u32 = 8;

/// Everything at once, in less than the 3,000 bytes that a post may have: markup, a direction turned around, marks piled
/// on one letter, families of one character each.
fn hostile() -> String {
    let markup = "<script>window.broken = 1</script><img src=x onerror=\"window.broken = 1\">";
    let (marks, families) = ("\u{301}\u{322}".repeat(400), "👨\u{200d}👩\u{200d}👧\u{200d}👦".repeat(30));
    format!("{markup} \u{202e}turned a{marks} {families}")
}

/// A feed of JSON lines in which `zeppelinqx` rises, each time in a hostile post.
fn feed() -> String {
    let mut lines = String::new();
    let mut number = 0_u32;
    let mut line = |minute: u32, second: u32, text: &str| {
        number += 1;
        let time = format!("2026-07-04T14:{minute:02}:{second:02}Z");
        let line = json!({ "id": number, "author": format!("a{number}"), "time": time, "text": text });
        writeln!(lines, "{line}").unwrap();
    };
    // Words that nobody else uses, so that no two posts are near-copies of one another.
    let own_words = |minute: u32, second: u32| {
        let words = (0..12).map(|at| format!("w{}", (minute * 60 + second) * 12 + at));
        words.collect::<Vec<_>>().join(" ")
    };
    let hostile = hostile();
    for minute in 0..USUAL_MINUTES + HOSTILE_MINUTES {
        for second in (0..60).step_by(3) {
            let words = own_words(minute, second);
            let is_hostile = minute >= USUAL_MINUTES && second % 6 == 0;
            let text =
                if is_hostile { format!("{words} zeppelinqx {hostile}") } else { format!("{words} as ever") };
            line(minute, second, &text);
        }
        // More than a post may have: it gets no further than the intake.
        line(minute, 58, &format!("zeppelinqx a{}", "\u{301}".repeat(10_000)));
    }
    // What comes later closes the windows.
    line(USUAL_MINUTES + HOSTILE_MINUTES + 1, 30, "later");
    lines
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs Chromium: make browser"]
async fn hostile_posts_stay_in_their_place() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("feed.jsonl");
    std::fs::write(&path, feed()).unwrap();
    let path = format!("source.json_lines.path={}", path.display());
    let all = ["source.protocol=json_lines", &path, "source.json_lines.follow=true", "log.fsync=never"];
    let program = Program::new(&all);
    let mut running = program.start(&[]);
    let browser = Chromium::start();
    let mut page = open(&browser, &mut running, "/", 0).await;
    page.wait_for("document.querySelectorAll('.trend-link').length > 0").await;
    check_harmless(&mut page).await;
    page.value("document.querySelector('.trend-link').click()").await;
    page.wait_for("document.querySelector('.post-text')?.textContent.includes('<script>')").await;
    check_harmless(&mut page).await;
    // Six lines at most, whatever is in them.
    let heights = page
        .value("Math.max(...[...document.querySelectorAll('.post')].map((post) => post.offsetHeight))")
        .await;
    assert!(heights.as_u64().unwrap() < 250, "a post is {heights} px high");
    let turned = "getComputedStyle(document.querySelector('.post-text .foreign')).unicodeBidi";
    assert_eq!(page.value(turned).await, "plaintext");
    assert_eq!(page.complaints, Vec::<String>::new());
    let dropped = &running.status().unwrap()["ingest"]["dropped"]["text_too_long"];
    assert_eq!(*dropped, USUAL_MINUTES + HOSTILE_MINUTES);
    running.stop();
}

/// No script ran, no element was made of a text, nothing is wider than the page.
async fn check_harmless(page: &mut Page) {
    assert_eq!(page.value("typeof window.broken").await, "undefined");
    assert_eq!(page.value("document.querySelectorAll('main script, main img, main iframe').length").await, 0);
    assert_eq!(page.value("document.documentElement.scrollWidth <= window.innerWidth").await, true);
}
