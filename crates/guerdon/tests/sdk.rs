//! The published SDKs as clients of the real program. `sdk-tests/install` installs them.

mod support;

use std::{
    collections::BTreeMap,
    io::Write,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use base64::{Engine, prelude::BASE64_STANDARD};
use reqwest::Method;
use support::{
    Installation, PROJECT, SERVER_KEY, Server, eventually,
    receiver::{Received, Receiver},
};

/// What each of the SDKs has a script for.
const AREAS: [&str; 8] =
    ["customers", "products", "orders", "rules", "segments", "campaigns", "validations", "redemptions"];
/// What only the Python SDK can do.
const IN_PYTHON_ONLY: [&str; 1] = ["exports"];

#[tokio::test(flavor = "multi_thread")]
async fn the_javascript_sdk_works_and_its_writes_are_announced() {
    let Some(folder) = installed() else { return };
    for area in AREAS {
        let mut node = Command::new("node");
        node.arg(folder.join(format!("js/{area}.mjs")));
        run_against_the_program(&folder, node).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_sdk_works_and_its_writes_are_announced() {
    let Some(folder) = installed() else { return };
    for area in AREAS.into_iter().chain(IN_PYTHON_ONLY) {
        let mut python = Command::new(folder.join("python/.venv/bin/python"));
        // No compiled files beside the scripts.
        python.arg("-B").arg(folder.join(format!("python/{area}.py")));
        run_against_the_program(&folder, python).await;
    }
}

/// The folder of the SDK tests, if the SDKs are installed there. In CI they have to be.
fn installed() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sdk-tests");
    let has_node = Command::new("node").arg("--version").stdout(Stdio::null()).status().is_ok_and(|it| it.success());
    let is_installed = |path: &str| folder.join(path).join(".installed").exists();
    if has_node && is_installed("js/node_modules") && is_installed("python/.venv") {
        return Some(folder);
    }
    let message = "the SDKs are not installed: run sdk-tests/install, which needs node, npm and python3";
    assert!(std::env::var_os("CI").is_none(), "{message}");
    eprintln!("SKIPPED, {message}");
    None
}

async fn run_against_the_program(folder: &Path, script: Command) {
    let installation = Installation::new();
    let server = installation.serve().await;
    let receiver = Receiver::start().await;
    let token = server.send_webhooks_to(&receiver.url).await;

    let Announcements { mut expected, erased } = run(script, &server).await;
    let received = once_all_is_delivered(&server, &receiver).await;

    // What was still to be sent about erased customers is erased with them.
    expected.retain(|(_, customer)| !erased.contains(customer));
    expected.sort();
    let mut announced: Vec<_> = received.iter().map(announcement).collect();
    announced.retain(|(_, customer)| !erased.contains(customer));
    announced.sort();
    assert_eq!(announced, expected, "also, bulk work must announce nothing");
    for request in &received {
        assert!(request.is_signed_with(&token), "{request:?}");
        assert_eq!(request.content_type, "application/json");
    }
    assert_bodies_survive_javascript(folder, &received);
    server.stop().await;
    installation.succeed(&["check"]);
}

/// What a script has caused.
struct Announcements {
    /// The types and customers of all webhooks.
    expected: Vec<(String, String)>,
    erased: Vec<String>,
}

async fn run(mut script: Command, server: &Server) -> Announcements {
    script.env("GUERDON_URL", &server.url).env("GUERDON_APP_ID", SERVER_KEY.0).env("GUERDON_APP_TOKEN", SERVER_KEY.1);
    let output = tokio::task::spawn_blocking(move || script.output()).await.expect("no panic");
    let output = output.expect("the script can be started");
    let said = support::said(&output);
    println!("{said}");
    assert!(output.status.success(), "the script failed: {said}");
    let line = |label: &str| said.lines().find_map(|line| line.strip_prefix(label)).expect("the script prints it");
    Announcements {
        expected: serde_json::from_str(line("webhooks ")).expect("pairs of texts"),
        erased: serde_json::from_str(line("erased ")).expect("texts"),
    }
}

/// Every webhook once, when the server has nothing left to send.
async fn once_all_is_delivered(server: &Server, receiver: &Receiver) -> Vec<Received> {
    let sent = eventually("all webhooks are delivered", 30, async || {
        let send_outs = server.manage(Method::GET, "/webhook-sendouts?limit=100", None).await;
        assert_eq!(send_outs["has_more"], false);
        let rows = send_outs["data"].as_array().expect("rows").clone();
        rows.iter().all(|row| row["status"] == "SUCCEEDED").then_some(rows)
    })
    .await;
    let by_id: BTreeMap<String, Received> = receiver
        .received()
        .into_iter()
        .map(|request| (request.json()["id"].as_str().expect("an id").to_owned(), request))
        .collect();
    for row in &sent {
        assert!(row["id"].as_str().is_some_and(|id| by_id.contains_key(id)), "this did not arrive: {row}");
    }
    by_id.into_values().collect()
}

fn announcement(request: &Received) -> (String, String) {
    let body = request.json();
    assert_eq!(body["project_id"], PROJECT);
    assert_eq!(body["event"]["type"], body["type"]);
    let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
    (text(&body["type"]), text(&body["data"]["customer"]["id"]))
}

/// Clients in JavaScript often verify the signature over a body that they have parsed and printed.
fn assert_bodies_survive_javascript(folder: &Path, received: &[Received]) {
    let mut node = Command::new("node")
        .arg(folder.join("js/parse.mjs"))
        .stdin(Stdio::piped())
        .spawn()
        .expect("node can be started");
    let mut input = node.stdin.take().expect("a pipe");
    for request in received {
        writeln!(input, "{}", BASE64_STANDARD.encode(&request.body)).expect("node reads");
    }
    drop(input);
    assert!(node.wait().expect("node ends").success());
}
