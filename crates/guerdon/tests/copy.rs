//! A store that moves: what was in the one is in the other, and life goes on there.

mod support;

use std::{
    path::{Path, PathBuf},
    sync::atomic::{AtomicBool, Ordering},
};

use guerdon_store::{Store, postgres, sqlite::Sqlite};
use guerdon_testing::postgres as testing;
use reqwest::Method;
use serde_json::{Value, json};
use support::{Installation, PROJECT, Server, eventually, receiver::Receiver};
use tokio::sync::mpsc;

/// The source ids of some customers, and how they are written in a path.
const ODD: [(&str, &str); 3] = [("a\0b", "a%00b"), ("O'Brien \"\\", "O%27Brien%20%22%5C"), ("王", "%E7%8E%8B")];

fn file(installation: &Installation) -> PathBuf {
    installation.folder.path().join("guerdon.db")
}

fn url(installation: &Installation) -> String {
    Installation::url_of(&file(installation))
}

/// An installation on a file that has the key of those on PostgreSQL.
fn on_a_file() -> Installation {
    let installation = Installation::new();
    std::fs::write(installation.folder.path().join("guerdon.key"), "the secret of all nodes\n").expect("a key");
    installation
}

fn copy(installation: &Installation, from: &str, to: &str) -> String {
    installation.succeed(&["copy", "--from", from, "--to", to])
}

/// What clients see of a store: paths, and what they answer.
struct View {
    answers: Vec<(String, Value)>,
    /// The path and the text of a bulk update's report, which is a blob behind a signed link.
    report: (String, String),
    token: String,
}

/// One of everything that a store keeps.
async fn furnish(server: &Server, receiver: &Receiver) -> View {
    let token = server.send_webhooks_to(&receiver.url).await;
    let schema = json!({"related_object": "customer", "properties": {"tier": {"type": "string", "optional": true, "array": false}}});
    server.manage(Method::POST, "/metadata-schemas", Some(schema)).await;
    let mut paths: Vec<String> = ["", "/webhooks", "/metadata-schemas", "/webhook-sendouts?limit=100", "/api-keys"]
        .map(|path| format!("/management/v1/projects/{PROJECT}{path}"))
        .into();
    let long = "é".repeat(1_000);
    for (source_id, in_path) in ODD.iter().copied().chain([(long.as_str(), long.as_str())]) {
        let customer = json!({"source_id": source_id, "name": source_id, "metadata": {"tier": "gold"}});
        assert!(server.upsert(customer).await, "{source_id}");
        assert!(server.upsert(json!({"source_id": source_id, "email": "Ada@Example.com"})).await);
        paths.push(format!("/v1/customers/{in_path}"));
        paths.push(format!("/v1/customers/{in_path}/activity"));
    }
    let rows: String = (0..9_000).map(|number| format!("row-{number},\"Row, {number}\",Łódź\n")).collect();
    let import = server.import(&format!("Source_id,Name,Address_City\n{rows}")).await;
    let items = json!([{"source_id": "row-1", "name": "One"}, {"source_id": "new", "name": 5}]);
    let (_, bulk) = server.call(Method::POST, "/v1/customers/bulk/async", Some(items)).await;
    let bulk = bulk["async_action_id"].as_str().expect("an id").to_owned();
    let done = async |id: &str| {
        let path = format!("/v1/async-actions/{id}");
        eventually("the async action ends", 120, async || {
            Some(server.get(&path).await).filter(|action| action["status"] == "DONE")
        })
        .await
    };
    assert_eq!(done(&import).await["result"]["done_count"], 9_000);
    let action = done(&bulk).await;
    let link = action["result"]["reports"][0].as_str().expect("a report");
    let report = link.strip_prefix(&server.url).expect("our own address").to_owned();
    let (status, _) = server.call(Method::DELETE, "/v1/customers/row-2", None).await;
    assert!(status.is_success());
    eventually("nothing waits for its delivery", 30, async || {
        let waiting = server.manage(Method::GET, "/webhook-sendouts?status=PENDING&limit=1", None).await;
        waiting["data"].as_array().is_some_and(Vec::is_empty).then_some(())
    })
    .await;
    paths.extend(
        ["limit=100&order=created_at", "email=ada@example.com", "city=Łódź&limit=100"]
            .map(|listing| format!("/v1/customers?{listing}")),
    );
    paths.push("/v1/async-actions".to_owned());
    let mut view = View { answers: Vec::new(), report: (report.clone(), text(server, &report).await), token };
    assert!(view.report.1.contains("row-1,true,true"), "{}", view.report.1);
    for path in paths {
        let answer = answer(server, &path).await;
        view.answers.push((path, answer));
    }
    view
}

async fn answer(server: &Server, path: &str) -> Value {
    let key = if path.starts_with("/management/") { support::MANAGEMENT_KEY } else { support::SERVER_KEY };
    let (status, answer) = server.call_as(key, Method::GET, path, None).await.expect("the server answers");
    assert!(status.is_success(), "{path}: {status} {answer}");
    // Links begin with the server's own address.
    serde_json::from_str(&answer.to_string().replace(&server.url, "")).expect("JSON")
}

async fn text(server: &Server, path: &str) -> String {
    let answer = reqwest::get(format!("{}{path}", server.url)).await.expect("the server answers");
    assert!(answer.status().is_success(), "{path}: {}", answer.status());
    answer.text().await.expect("a text")
}

/// That clients see the same, and that webhooks are signed with the same key.
async fn assert_seen(view: &View, server: &Server, receiver: &Receiver) {
    for (path, expected) in &view.answers {
        assert_eq!(answer(server, path).await, *expected, "{path}");
    }
    assert_eq!(text(server, &view.report.0).await, view.report.1);
    let before = receiver.received().len();
    assert!(server.upsert(json!({"source_id": ODD[0].0, "name": "On the move"})).await);
    eventually("a webhook arrives", 30, async || (receiver.received().len() > before).then_some(())).await;
    assert!(receiver.received().iter().all(|request| request.is_signed_with(&view.token)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_is_the_same_in_another_file() {
    let (original, moved) = (on_a_file(), on_a_file());
    let receiver = Receiver::start().await;
    let server = original.serve().await;
    let view = furnish(&server, &receiver).await;
    server.kill();

    let said = copy(&original, &url(&original), &url(&moved));
    assert!(said.contains("Everything is the same") && said.contains("guerdon.key"), "{said}");
    let line = said.lines().find(|line| line.starts_with("customers")).expect("a line");
    assert!(line.contains("9,003") && line.contains("the same"), "{line}");
    assert!(moved.succeed(&["check"]).contains("All is well"));
    let server = moved.serve().await;
    assert_seen(&view, &server, &receiver).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_is_the_same_in_postgresql_and_back_in_a_file() {
    let Some(schema) = testing::shared().await else { return };
    let (original, nodes, back) = (on_a_file(), Installation::on_postgres(schema.url()), on_a_file());
    let receiver = Receiver::start().await;
    let server = original.serve().await;
    let view = furnish(&server, &receiver).await;
    server.stop().await;

    let said = copy(&original, &url(&original), schema.url());
    assert!(said.contains("Everything is the same") && said.contains("GUERDON_SECRET_KEY"), "{said}");
    assert!(nodes.succeed(&["check"]).contains("All is well"));
    let said = copy(&original, schema.url(), &url(&back));
    assert!(said.contains("Everything is the same"), "{said}");
    assert!(back.succeed(&["check"]).contains("All is well"));
    for installation in [nodes, back] {
        let server = installation.serve().await;
        assert_seen(&view, &server, &receiver).await;
        server.stop().await;
    }
}

#[tokio::test]
async fn only_an_empty_database_is_filled() {
    let (original, used) = (Installation::new(), Installation::new());
    let missing = original.fail(&["copy", "--from", &url(&original), "--to", &url(&used)]);
    assert!(missing.contains("there is no database"), "{missing}");
    assert!(!file(&used).exists(), "nothing is made for nothing");

    for installation in [&original, &used] {
        installation.serve().await.stop().await;
    }
    let bytes = || std::fs::read(file(&used)).expect("a database");
    let before = bytes();
    for to in [&used, &original] {
        let refused = original.fail(&["copy", "--from", &url(&original), "--to", &url(to)]);
        assert!(refused.contains("not empty") && refused.contains("delete"), "{refused}");
    }
    assert!(bytes() == before, "nothing was changed");
    let refused = original.fail(&["copy", "--from", &url(&original), "--to", "mysql://root:s3cret@nowhere/x"]);
    assert!(refused.contains("--to") && refused.contains("sqlite://") && !refused.contains("s3cret"), "{refused}");
}

/// What is left of a copy that was killed just after it has begun.
async fn begin_to_copy(from: &Path, target: &dyn Store) {
    let source = Sqlite::open_read_only(from).expect("a store");
    let (portions, mut told) = mpsc::channel(1);
    let (dumped, first) = tokio::join!(source.dump(portions), async {
        let first = told.recv().await;
        drop(told);
        first.expect("something")
    });
    dumped.expect("a dump");
    target.restore(first.index(|_, _| Err("a document")).expect("none yet")).await.expect("room");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_that_was_broken_off_is_begun_again_from_nothing() {
    let (original, moved) = (Installation::new(), Installation::new());
    original.serve().await.stop().await;
    let target = Sqlite::open(&file(&moved)).expect("a store");
    begin_to_copy(&file(&original), target.as_ref()).await;
    drop(target);
    let arguments = ["copy", "--from", &url(&original), "--to", &url(&moved)];
    let refused = original.fail(&arguments);
    assert!(refused.contains("broken off") && refused.contains(&*file(&moved).to_string_lossy()), "{refused}");
    std::fs::remove_file(file(&moved)).expect("it can be deleted");
    original.succeed(&arguments);

    let Some(schema) = testing::shared().await else { return };
    let target = postgres::Postgres::open(schema.url(), postgres::Options::default()).await.expect("a store");
    begin_to_copy(&file(&original), target.as_ref()).await;
    let refused = original.fail(&["copy", "--from", &url(&original), "--to", schema.url()]);
    assert!(refused.contains("not empty") && refused.contains("schema"), "{refused}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_copy_of_a_store_that_changes_meanwhile_says_so() {
    let original = Installation::new();
    let server = original.serve().await;
    let over = AtomicBool::new(false);
    let writing = async {
        for number in 0.. {
            assert!(server.upsert(json!({"source_id": format!("guest-{number}")})).await);
            if over.load(Ordering::SeqCst) {
                return;
            }
        }
    };
    let copying = async {
        // A copy may come between two writes, but not every one does.
        for moved in std::iter::repeat_with(Installation::new).take(20) {
            let mut command = original.command(&["copy", "--from", &url(&original), "--to", &url(&moved)]);
            let output = tokio::task::spawn_blocking(move || command.output().expect("it can be started"));
            let output = output.await.expect("no panic");
            if !output.status.success() {
                over.store(true, Ordering::SeqCst);
                return (output, moved);
            }
        }
        panic!("no copy noticed anything");
    };
    let ((output, moved), ()) = tokio::join!(copying, writing);
    let said = support::said(&output);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("the original now has") && said.contains("written to meanwhile"), "{said}");
    assert!(moved.succeed(&["check"]).contains("All is well"), "it is whole, of the moment when it was begun");
}
