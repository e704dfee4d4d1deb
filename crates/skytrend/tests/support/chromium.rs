//! Drives Chromium over its remote debugging protocol: JSON over a WebSocket. What the page complains of is kept.

#![expect(clippy::unwrap_used, reason = "a test that can't go on should say where")]

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// Its names on the systems that have it; `make chromium` installs it.
const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// For anything that the page is to show; far above what it needs, so that only what never comes fails.
const PATIENCE: Duration = Duration::from_secs(120);

/// A headless browser; it is killed when this is dropped.
pub struct Chromium {
    child: Child,
    address: String,
    _profile: tempfile::TempDir,
}

impl Drop for Chromium {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Chromium {
    /// Starts it with an empty profile.
    pub fn start() -> Self {
        let profile = tempfile::tempdir().unwrap();
        let user_data = format!("--user-data-dir={}", profile.path().display());
        let start = |name: &str| {
            Command::new(name)
                // In a container there is often no sandbox to be had; only our own pages are opened.
                .args([
                    "--headless",
                    "--no-sandbox",
                    "--disable-gpu",
                    "--remote-debugging-port=0",
                    &user_data,
                ])
                .arg("about:blank")
                .stdin(Stdio::null())
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .ok()
        };
        let child =
            NAMES.into_iter().find_map(start).expect("Chromium is installed: `make chromium` does it");
        let port_file = profile.path().join("DevToolsActivePort");
        let deadline = Instant::now() + PATIENCE;
        let port = loop {
            let text = std::fs::read_to_string(&port_file).unwrap_or_default();
            if let Some((port, _)) = text.split_once('\n') {
                break port.to_owned();
            }
            assert!(Instant::now() < deadline, "Chromium did not say its port");
            std::thread::sleep(Duration::from_millis(20));
        };
        Self { child, address: format!("127.0.0.1:{port}"), _profile: profile }
    }

    /// A new page of this size that shows this address.
    pub async fn open(&self, url: &str, width: u32, height: u32) -> Page {
        let target = ureq::put(format!("http://{}/json/new?about:blank", self.address)).send_empty().unwrap();
        let target: Value = serde_json::from_str(&target.into_body().read_to_string().unwrap()).unwrap();
        let (socket, _) = connect_async(target["webSocketDebuggerUrl"].as_str().unwrap()).await.unwrap();
        let mut page = Page { socket, calls: 0, complaints: Vec::new() };
        for domain in ["Page", "Runtime", "Log"] {
            page.call(&format!("{domain}.enable"), json!({})).await;
        }
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        page.call("Emulation.setDeviceMetricsOverride", size).await;
        page.call("Page.navigate", json!({ "url": url })).await;
        page.event("Page.loadEventFired").await;
        page
    }
}

/// One page.
pub struct Page {
    socket: WebSocketStream<MaybeTlsStream<TcpStream>>,
    calls: u64,
    /// Errors and warnings of its console, uncaught exceptions, refusals of its policy.
    pub complaints: Vec<String>,
}

impl Page {
    async fn message(&mut self) -> Value {
        let next = tokio::time::timeout(PATIENCE, self.socket.next());
        let message = next.await.expect("Chromium answers").expect("Chromium runs").unwrap();
        let message: Value = serde_json::from_str(message.to_text().unwrap()).unwrap();
        let (method, params) = (message["method"].as_str().unwrap_or_default(), &message["params"]);
        let complaint = match method {
            "Runtime.exceptionThrown" => Some(&params["exceptionDetails"]),
            "Runtime.consoleAPICalled" if ["error", "warning"].map(Value::from).contains(&params["type"]) => {
                Some(params)
            }
            "Log.entryAdded" if ["error", "warning"].map(Value::from).contains(&params["entry"]["level"]) => {
                Some(&params["entry"])
            }
            _ => None,
        };
        self.complaints.extend(complaint.map(Value::to_string));
        message
    }

    async fn event(&mut self, method: &str) {
        while self.message().await["method"] != method {}
    }

    async fn call(&mut self, method: &str, params: Value) -> Value {
        self.calls += 1;
        let id = self.calls;
        let call = json!({ "id": id, "method": method, "params": params }).to_string();
        self.socket.send(Message::text(call)).await.unwrap();
        loop {
            let mut message = self.message().await;
            if message["id"] == id {
                assert!(message["error"].is_null(), "{method}: {message}");
                return message["result"].take();
            }
        }
    }

    /// The value of an expression, awaited if it is a promise.
    pub async fn value(&mut self, expression: &str) -> Value {
        let asked = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let mut result = self.call("Runtime.evaluate", asked).await;
        assert!(result["exceptionDetails"].is_null(), "{expression}: {result}");
        result["result"]["value"].take()
    }

    /// Waits until the expression is true in the page, and returns its value.
    pub async fn wait_for(&mut self, expression: &str) -> Value {
        let millis = PATIENCE.as_millis() / 2;
        let (body, started) = ("document.body.innerText.slice(0, 500)", "performance.now()");
        let waiting = format!(
            "new Promise((done, fail) => {{
                const started = {started};
                const look = () => {{
                    const value = ({expression});
                    if (value) done(value);
                    else if ({started} - started > {millis}) fail(new Error('it never came; the page: ' + {body}));
                    else setTimeout(look, 50);
                }};
                look();
            }})"
        );
        self.value(&waiting).await
    }

    /// Nothing covers the page any more.
    pub async fn bring_to_front(&mut self) {
        self.call("Page.bringToFront", Value::Object(serde_json::Map::new())).await;
    }

    /// Presses and releases a key, named as in `KeyboardEvent.key`.
    pub async fn press(&mut self, key: &str) {
        let text = match key {
            "Enter" => "\r",
            one if one.chars().count() == 1 => one,
            _ => "",
        };
        // Enter follows a link only as the key with this number.
        let code = if key == "Enter" { 13 } else { 0 };
        for kind in ["keyDown", "keyUp"] {
            let event = json!({ "type": kind, "key": key, "text": text, "windowsVirtualKeyCode": code });
            self.call("Input.dispatchKeyEvent", event).await;
        }
    }
}
