//! The screen in a real pseudo-terminal, against the real program: a person watches, opens a trend, sees the server go
//! and come back, quits, and finds the terminal as it was.

#![expect(clippy::unwrap_used, reason = "a test that can't go on should say where")]

#[path = "../../../testing/authority.rs"]
mod authority;
#[path = "support/pty.rs"]
mod pty;
mod support;

use std::process::{Child, Command, Stdio};

use authority::Authority;
use pty::Terminal;
use support::{free_port, skytrend};
use tokio::task::JoinSet;

/// A demo without a terminal; it is killed when this is dropped.
struct Demo(Child);

impl Drop for Demo {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Settings of a small simulated world in which something trends soon.
fn demo_args(port: u16) -> Vec<String> {
    let set = [
        &format!("serve.listen=127.0.0.1:{port}"),
        "sim.posts_per_second=8",
        "sim.authors=2000",
        "sim.likes_per_post=0.1",
        "telemetry.filter=error",
    ];
    let set = set.iter().flat_map(|setting| ["--set".to_owned(), (*setting).to_owned()]);
    ["demo".to_owned(), "--speed".to_owned(), "120".to_owned()].into_iter().chain(set).collect()
}

fn demo(port: u16) -> Demo {
    let mut command = Command::new(env!("CARGO_BIN_EXE_skytrend"));
    command.args(demo_args(port)).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::inherit());
    Demo(command.spawn().unwrap())
}

/// Whether the table has a first row.
fn has_trends(screen: &str) -> bool {
    screen.lines().any(|line| line.trim_start().starts_with("1 ") && line.contains('×'))
}

#[test]
fn top_watches_a_server_through_its_restart_and_leaves_the_terminal_as_it_was() {
    let port = free_port();
    let url = format!("http://127.0.0.1:{port}");
    // The server is not there yet.
    let mut top = Terminal::start(&["top", "--server", &url], 100, 30);
    top.wait_for(&format!("{url} is away since"));
    assert!(top.is_taken_over());
    let server = demo(port);
    top.wait_until("trends", has_trends);
    top.wait_for("simulated bluesky, 120 × real time, connected");

    let once = skytrend(&["top", "--server", &url, "--once"]);
    let once = String::from_utf8(once.stdout).unwrap();
    assert!(has_trends(&once) && once.contains(" why ") && !once.contains('\u{1b}'), "{once}");

    // Ctrl-L: everything is drawn anew, also by a terminal that does not tell where its cursor is.
    top.press("\u{c}");
    top.press("\r");
    top.wait_for("Why it trends");
    top.wait_for("the usual");
    top.press("o");
    top.wait_for(&format!("no display here: {url}/trend/"));
    top.press("\u{1b}");
    top.wait_for("sliding window · by rank");
    top.press("s?");
    top.wait_for("Columns and signs");
    top.press("\u{1b}");
    top.wait_for("by z");

    drop(server);
    top.wait_for("is away since");
    let _server = demo(port);
    top.wait_until("the server's return", |screen| !screen.contains("is away since"));
    top.wait_until("trends", has_trends);
    top.press("q");
    assert!(top.wait_for_end().success());
}

#[test]
fn the_demos_own_screen_has_the_same_keys_and_ends_cleanly() {
    let args = demo_args(free_port());
    let args: Vec<_> = args.iter().map(String::as_str).collect();
    let mut demo = Terminal::start(&args, 80, 24);
    demo.wait_until("trends", has_trends);
    demo.wait_for("http://127.0.0.1:");
    demo.press("\r");
    demo.wait_for("at most");
    demo.press("\u{3}");
    assert!(demo.wait_for_end().success());
}

#[test]
fn sigterm_restores_the_terminal() {
    let url = format!("http://127.0.0.1:{}", free_port());
    let mut top = Terminal::start(&["top", "--server", &url], 40, 10);
    top.wait_for("is away");
    assert!(top.is_taken_over());
    let pid = top.child.id().to_string();
    assert!(Command::new("kill").args(["-TERM", &pid]).status().unwrap().success());
    assert!(top.wait_for_end().success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_behind_tls_is_reached_by_who_trusts_its_authority() {
    let port = free_port();
    let _server = demo(port);
    let (authority, mut tasks) = (Authority::new(), JoinSet::new());
    let behind = format!("127.0.0.1:{port}").parse().unwrap();
    let tls_port = authority::terminate(authority.server("localhost"), behind, &mut tasks).await;
    tokio::task::block_in_place(|| {
        let url = format!("https://localhost:{tls_port}");
        let file = authority.file();
        let mut top =
            Terminal::start(&["top", "--server", &url, "--ca-file", file.to_str().unwrap()], 100, 30);
        top.wait_until("trends", has_trends);
        top.press("q");
        assert!(top.wait_for_end().success());

        let untrusting = Command::new(env!("CARGO_BIN_EXE_skytrend"))
            .args(["top", "--once", "--server", &url])
            .output()
            .unwrap();
        let said = String::from_utf8(untrusting.stderr).unwrap();
        assert!(!untrusting.status.success() && said.contains("UnknownIssuer"), "{said}");
    });
}
