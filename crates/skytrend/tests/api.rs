//! The OpenAPI document against the real program: schemathesis makes requests of it, valid and invalid, and checks every
//! answer. Needs schemathesis; `make api-test` installs and runs it.

#![expect(clippy::unwrap_used, reason = "a test that can't go on should say where")]

mod support;

use std::path::Path;
use std::process::Command;

use skytrend_event::Micros;
use skytrend_sim::{Server, ServerSettings, WorldSettings};
use support::Program;

/// Saturday, 2026-07-04, 14:00 UTC.
const NOW: Micros = Micros(1_783_173_600_000_000);

/// A window closes each second.
const SPEED: f64 = 60.0;

const WRITER: &str = "writer-writer-writer-writer-writer";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs schemathesis: make api-test"]
async fn the_server_does_what_its_document_says() {
    let world = WorldSettings::demo(7, NOW);
    let settings = ServerSettings { speed: SPEED, ..ServerSettings::new(world) };
    let server = Server::start(settings, "127.0.0.1:0".parse().unwrap()).await.unwrap();
    let hosts = format!("source.hosts={}", server.url());
    let program = Program::new(&[
        &hosts,
        "source.protocol=firehose",
        "source.first_start=oldest",
        "log.fsync=never",
        // Everything that can be asked is switched on.
        "serve.feed_generator.hostname=feeds.example.com",
        "serve.feed_generator.publisher=did:plc:2222222222222222222222aa",
    ])
    .with_settings_file(
        r#"
        [[trend.watchlists]]
        name = "weather"
        terms = ["rain", "storm*", "/the|and/"]

        [[serve.access.tokens]]
        name = "wanda"
        rights = "write"
        env = "WANDA"
        "#,
    );
    let mut running = program.start(&[("WANDA", WRITER.to_owned())]);
    tokio::task::block_in_place(|| {
        running.wait_until("the first trends", |status| status["detector"]["trends_started"] != 0);
        for token in [None, Some(WRITER)] {
            schemathesis(&running.api, token);
        }
    });
    running.stop();
    server.shutdown().await;
}

/// All operations, as somebody without a token or as one who may write.
fn schemathesis(api: &str, token: Option<&str>) {
    let program = std::env::var("SCHEMATHESIS").unwrap_or_else(|_| "schemathesis".to_owned());
    let settings = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/schemathesis/schemathesis.toml");
    let folder = tempfile::tempdir().unwrap();
    let authorization = token.map(|token| format!("Authorization: Bearer {token}"));
    let header = authorization.iter().flat_map(|field| ["--header", field]);
    // Without a token they answer 401 and no more; that they do is checked where there is one, by leaving it out.
    let of_writers =
        ["getModeration", "listReports", "listActs", "decide", "putWatchlist", "removeWatchlist"];
    let left_out = of_writers.into_iter().filter(|_| token.is_none());
    let status = Command::new(&program)
        .current_dir(&folder)
        .arg("--config-file")
        .arg(settings)
        .args(["--no-color", "run", &format!("http://{api}/api/v1/openapi.json")])
        // What is pushed has no end; and any JSON is a valid OpenAPI document.
        .args(["--exclude-tag", "push", "--exclude-operation-id", "getOpenApi"])
        .args(left_out.flat_map(|id| ["--exclude-operation-id", id]))
        .args(header)
        .status()
        .unwrap_or_else(|error| panic!("{program} can't be started (make api-test installs it): {error}"));
    assert!(status.success(), "schemathesis found failures: see above");
}
