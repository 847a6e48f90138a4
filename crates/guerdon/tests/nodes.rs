//! Several processes on one PostgreSQL database, of which everybody may die at any time.

mod support;

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::future::join_all;
use guerdon_testing::postgres;
use parking_lot::Mutex;
use reqwest::Method;
use serde_json::{Value, json};
use support::{Installation, Server, eventually, receiver::Receiver};

/// Rows of the import that a node dies over.
const ROWS: u64 = 60_000;
const WRITERS: usize = 8;

/// Clients that write through whichever node comes next, and note what was acknowledged.
struct Writers {
    nodes: Vec<Arc<Server>>,
    turn: AtomicUsize,
    stop: AtomicBool,
    /// The source ids of new customers.
    guests: Mutex<Vec<String>>,
    /// The metadata keys that were added to the one customer whom all change.
    marks: Mutex<Vec<String>>,
}

impl Writers {
    async fn write(self: Arc<Self>, writer: usize) {
        for number in 0.. {
            if self.stop.load(Ordering::SeqCst) {
                return;
            }
            let node = &self.nodes[self.turn.fetch_add(1, Ordering::SeqCst) % self.nodes.len()];
            let guest = format!("guest-{writer}-{number}");
            if node.upsert(json!({"source_id": guest, "name": "Guest"})).await {
                self.guests.lock().push(guest);
            } else {
                // The node or the database is gone: not as fast as one can.
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            let mark = format!("mark-{writer}-{number}");
            if number % 8 == 0 && node.upsert(json!({"source_id": "everybody", "metadata": {&mark: true}})).await {
                self.marks.lock().push(mark);
            }
        }
    }

    fn acknowledged(&self) -> usize {
        self.guests.lock().len()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn three_nodes_lose_nothing_and_do_nothing_twice_when_one_is_killed_and_the_database_crashes_twice() {
    let Some(database) = postgres::Server::start().await else { return };
    let installation = Installation::on_postgres(database.url());
    // All at once, on an empty database.
    let nodes: Vec<Arc<Server>> =
        join_all((0..3).map(|_| installation.serve())).await.into_iter().map(Arc::new).collect();
    let receiver = Receiver::start().await;
    let token = nodes[0].send_webhooks_to(&receiver.url).await;
    assert!(nodes[1].upsert(json!({"source_id": "everybody"})).await);

    let writers = Arc::new(Writers {
        nodes: nodes.clone(),
        turn: AtomicUsize::new(0),
        stop: AtomicBool::new(false),
        guests: Mutex::default(),
        marks: Mutex::default(),
    });
    let tasks: Vec<_> = (0..WRITERS).map(|writer| tokio::spawn(writers.clone().write(writer))).collect();
    let more = async |count: usize| {
        let before = writers.acknowledged();
        eventually("more is acknowledged", 60, async || (writers.acknowledged() >= before + count).then_some(())).await;
    };

    let rows: String = (0..ROWS).map(|number| format!("row-{number},Row {number}\n")).collect();
    let import = nodes[0].import(&format!("Source_id,Name\n{rows}")).await;
    let import = format!("/v1/async-actions/{import}");
    eventually("the import is under way", 60, async || {
        nodes[1].get(&import).await["progress"].as_u64().filter(|progress| *progress > 0)
    })
    .await;
    more(100).await;
    // The node that was given the job works on it.
    let killed = std::process::Command::new("kill").args(["-9", &nodes[0].process_id()]).status();
    assert!(killed.expect("kill is there").success());
    more(200).await;
    database.restart_immediately().await;
    more(200).await;
    database.restart_immediately().await;
    more(200).await;
    writers.stop.store(true, Ordering::SeqCst);
    for task in tasks {
        task.await.expect("no panic");
    }

    let node = &nodes[1];
    let action = eventually("the import ends on another node", 120, async || {
        let action = node.get(&import).await;
        (action["status"] == "DONE" || action["status"] == "FAILED").then_some(action)
    })
    .await;
    assert_eq!(action["result"]["done_count"], ROWS, "{action}");
    assert_eq!(action["result"]["failed_count"], 0, "{action}");
    for number in [0, 1, ROWS / 2, ROWS - 1] {
        let customer = node.get(&format!("/v1/customers/row-{number}")).await;
        assert!(customer.get("updated_at").is_none_or(Value::is_null), "it was imported twice: {customer}");
    }

    // Every acknowledged write is there, and its creation was recorded once.
    let (guests, marks) = (writers.guests.lock().clone(), writers.marks.lock().clone());
    let mut created = BTreeMap::new();
    for some in guests.chunks(32) {
        let events = join_all(
            some.iter().map(|guest| async move { node.get(&format!("/v1/customers/{guest}/activity?limit=50")).await }),
        );
        for (guest, activity) in some.iter().zip(events.await) {
            let events = activity["data"].as_array().expect("events");
            let types: Vec<&str> = events.iter().filter_map(|event| event["type"].as_str()).collect();
            assert_eq!(types, ["customer.created"], "{guest}");
            created.insert(guest.clone(), ());
        }
    }
    let everybody = node.get("/v1/customers/everybody").await;
    let missing: Vec<&String> =
        marks.iter().filter(|mark| everybody["metadata"].get(mark.as_str()).is_none()).collect();
    assert!(missing.is_empty(), "lost: {missing:?} of {}", marks.len());

    // Everything that happened is delivered, every repetition with the id of the first attempt.
    eventually("nothing waits for its delivery", 90, async || {
        let waiting = node.manage(Method::GET, "/webhook-sendouts?status=PENDING&limit=1", None).await;
        waiting["data"].as_array().is_some_and(Vec::is_empty).then_some(())
    })
    .await;
    let received = receiver.received();
    assert!(received.iter().all(|request| request.is_signed_with(&token)));
    let mut sent: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for request in &received {
        let body = request.json();
        if body["type"] == "customer.created" {
            let guest = body["data"]["customer"]["source_id"].as_str().expect("a source id").to_owned();
            sent.entry(guest).or_default().insert(body["id"].to_string());
        }
    }
    for guest in created.keys() {
        assert_eq!(sent.get(guest).map(BTreeSet::len), Some(1), "{guest} was announced once");
    }
    let distinct: HashSet<String> = received.iter().map(|request| request.json()["id"].to_string()).collect();
    println!(
        "{} guests, {} marks, {} deliveries of {} send-outs",
        guests.len(),
        marks.len(),
        received.len(),
        distinct.len()
    );
    assert!(installation.succeed(&["check"]).contains("All is well"));
}

#[tokio::test]
async fn a_node_needs_the_secret_that_all_have() {
    let Some(schema) = postgres::shared().await else { return };
    let installation = Installation::on_postgres(schema.url());
    let mut command = installation.command(&["serve", "--listen", "127.0.0.1:0"]);
    let output = command.env_remove("GUERDON_SECRET_KEY").output().expect("the program can be started");
    assert!(!output.status.success());
    assert!(support::said(&output).contains("GUERDON_SECRET_KEY"), "{}", support::said(&output));
}
