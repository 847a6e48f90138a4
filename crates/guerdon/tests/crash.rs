//! What the real program promises about being killed, being stopped, and being backed up.
//!
//! After a `kill -9`, jobs and deliveries go on when the leases of the dead process have run out, so
//! some of these tests take twenty seconds. They wait meanwhile; let them run at the same time.

mod support;

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use parking_lot::Mutex;
use reqwest::Method;
use serde_json::{Value, json};
use support::{Installation, SERVER_KEY, Server, eventually, receiver::Receiver};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinHandle,
};

#[tokio::test(flavor = "multi_thread")]
async fn an_import_that_is_killed_goes_on_where_it_stopped() {
    const CUSTOMERS: u64 = 60_000;
    let installation = Installation::new();
    let server = installation.serve().await;
    let receiver = Receiver::start().await;
    server.send_webhooks_to(&receiver.url).await;

    let mut csv = String::from("Source_id,Name,Email,Address_City,tier\n");
    for number in 0..CUSTOMERS {
        csv += &format!("source-{number},\"Name, {number}\",mail-{number}@example.com,Łódź,gold\n");
    }
    let id = server.import(&csv).await;
    let path = format!("/v1/async-actions/{id}");
    let seen = eventually("the import is under way", 60, async || {
        let action = server.get(&path).await;
        assert_ne!(action["status"], "DONE", "the import was too fast to be killed");
        action["progress"].as_u64().filter(|progress| *progress >= 20)
    })
    .await;
    server.kill();
    installation.succeed(&["check"]);

    let server = installation.serve().await;
    let action = server.get(&path).await;
    assert_eq!(action["status"], "IN_PROGRESS");
    assert!(action["progress"].as_u64() >= Some(seen), "progress was lost: {action}");
    let half_way = server.total_customers().await;
    assert!(0 < half_way && half_way < CUSTOMERS, "{half_way}");

    let action = done(&server, &path).await;
    assert_eq!(action["status"], "DONE", "{action}");
    assert_eq!(action["operation_status"], "SUCCESS");
    assert_eq!(action["result"]["done_count"], CUSTOMERS);
    assert_eq!(action["result"]["failed_count"], 0);
    assert_eq!(server.total_customers().await, CUSTOMERS);
    for number in [0, half_way - 1, half_way, CUSTOMERS - 1] {
        let customer = server.get(&format!("/v1/customers/source-{number}")).await;
        assert_eq!(customer["name"], format!("Name, {number}"));
        assert!(customer.get("updated_at").is_none_or(Value::is_null), "it was imported twice: {customer}");
    }
    assert!(receiver.received().is_empty(), "imports send no webhooks");
    server.stop().await;
    installation.succeed(&["check"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_generation_of_codes_that_is_killed_goes_on_where_it_stopped() {
    const CODES: u64 = 60_000;
    let installation = Installation::new();
    let server = installation.serve().await;
    let discount = json!({"type": "PERCENT", "percent_off": 10});
    let body = json!({
        "name": "Sale", "campaign_type": "DISCOUNT_COUPONS", "vouchers_count": CODES,
        "voucher": {"type": "DISCOUNT_VOUCHER", "discount": discount},
    });
    let (status, created) = server.call(Method::POST, "/v1/campaigns", Some(body)).await;
    assert!(status.is_success(), "{created}");
    let seen = eventually("the generation is under way", 60, async || {
        let count = server.get("/v1/campaigns/Sale").await["vouchers_count"].as_u64();
        count.filter(|count| *count >= CODES / 5)
    })
    .await;
    assert!(seen < CODES, "the generation was too fast to be killed");
    server.kill();
    installation.succeed(&["check"]);

    let server = installation.serve().await;
    let campaign = eventually("the generation has ended", 120, async || {
        let campaign = server.get("/v1/campaigns/Sale").await;
        (campaign["creation_status"] != "IN_PROGRESS").then_some(campaign)
    })
    .await;
    assert_eq!((&campaign["creation_status"], &campaign["vouchers_count"]), (&json!("DONE"), &json!(CODES)));
    server.stop().await;
    installation.succeed(&["check"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn exports_that_are_killed_again_and_again_have_every_row_once() {
    const CUSTOMERS: usize = 60_000;
    let installation = Installation::new();
    let server = installation.serve().await;
    let rows: String =
        (0..CUSTOMERS).map(|number| format!("source-{number},{:06}\n", number * 7 % CUSTOMERS)).collect();
    let import = server.import(&format!("Source_id,Name\n{rows}")).await;
    done(&server, &format!("/v1/async-actions/{import}")).await;

    let mut paths = Vec::new();
    for order in ["-name", "created_at"] {
        let parameters = json!({"fields": ["name"], "order": order});
        let body = json!({"exported_object": "customer", "parameters": parameters});
        let (_, export) = server.call(Method::POST, "/v1/exports", Some(body)).await;
        paths.push(format!("/v1/exports/{}", export["id"].as_str().expect("an id")));
    }
    eventually("an export is under way", 60, async || {
        (server.get(&paths[0]).await["status"] == "IN_PROGRESS").then_some(())
    })
    .await;
    server.kill();

    // Each life is longer than the one before, so that they are killed in all of their stages.
    let mut kills = 1;
    let server = loop {
        let server = installation.serve().await;
        let end = std::time::Instant::now() + std::time::Duration::from_millis(300 * kills);
        let mut is_done = false;
        while !is_done && std::time::Instant::now() < end {
            is_done =
                server.get(&paths[0]).await["status"] == "DONE" && server.get(&paths[1]).await["status"] == "DONE";
        }
        if is_done {
            break server;
        }
        server.kill();
        kills += 1;
    };
    assert!(kills > 2, "the exports were too fast to be killed");
    let mut expected: Vec<String> = (0..CUSTOMERS).rev().map(|number| format!("{number:06}")).collect();
    for (path, is_sorted) in paths.iter().zip([true, false]) {
        let export = server.get(path).await;
        let url = export["result"]["url"].as_str().expect("a link");
        let file = reqwest::get(url).await.expect("the server answers").text().await.expect("a text");
        let mut names: Vec<String> = file.lines().skip(1).map(str::to_owned).collect();
        if !is_sorted {
            names.sort_unstable();
            expected.reverse();
        }
        assert!(names == expected, "{path} has {} rows, or in another order", names.len());
    }
    server.stop().await;
    installation.succeed(&["check"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_webhook_that_was_under_way_when_the_program_was_killed_is_sent_again() {
    let installation = Installation::new();
    let server = installation.serve().await;
    let receiver = Receiver::start().await;
    let token = server.send_webhooks_to(&receiver.url).await;
    receiver.be_silent(true);
    assert!(server.upsert(json!({"source_id": "alice"})).await);
    eventually("the webhook is under way", 10, async || receiver.received().first().cloned()).await;
    server.kill();
    receiver.be_silent(false);

    let server = installation.serve().await;
    let requests = eventually("the webhook is sent again", 60, async || {
        Some(receiver.received()).filter(|requests| requests.len() > 1)
    })
    .await;
    let [first, second] = requests.as_slice() else { panic!("it came {} times", requests.len()) };
    assert_eq!(first.body, second.body);
    assert_eq!(first.json()["type"], "customer.created");
    assert_eq!(first.json()["data"]["customer"]["source_id"], "alice");
    assert!(first.is_signed_with(&token) && second.is_signed_with(&token));
    let id = first.json()["id"].as_str().expect("an id").to_owned();
    eventually("the success is recorded", 10, async || {
        let send_out = server.manage(Method::GET, &format!("/webhook-sendouts/{id}"), None).await;
        (send_out["status"] == "SUCCEEDED").then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_before_a_kill_is_there_after_it() {
    let installation = Installation::new();
    let server = Arc::new(installation.serve().await);
    let receiver = Receiver::start().await;
    let token = server.send_webhooks_to(&receiver.url).await;
    let writers = Writers::start(&server, 8);
    eventually("enough is acknowledged", 60, async || (writers.acknowledged() >= 400).then_some(())).await;
    // Killed by its id: the writers hold on to the server and find it gone.
    let killed = std::process::Command::new("kill").args(["-9", &server.process_id()]).status();
    assert!(killed.expect("kill is there").success());
    let acknowledged = writers.stop().await;
    drop(server);
    installation.succeed(&["check"]);

    let server = installation.serve().await;
    let mut total = 0;
    for (writer, count) in acknowledged.iter().enumerate() {
        let regular = server.get(&format!("/v1/customers/regular-{writer}")).await;
        let visits = regular["metadata"]["visits"].as_u64().expect("a number");
        // The request that got no answer may have been carried out.
        assert!(visits == *count || visits == count + 1, "{visits} visits, {count} acknowledged");
        for number in 1..=*count {
            let guest = server.get(&format!("/v1/customers/guest-{writer}-{number}")).await;
            assert_eq!(guest["metadata"]["number"], number);
        }
        total += count;
    }
    let customers = server.total_customers().await;
    let writers = acknowledged.len() as u64;
    assert!((total + writers..=total + 2 * writers).contains(&customers), "{customers} of {total}");

    // Every change that was acknowledged is announced as well, though the server was killed meanwhile.
    let expected = total as usize * 2;
    eventually("all webhooks arrive", 60, async || {
        let ids = receiver.received().iter().map(|request| request.json()["id"].to_string()).collect::<Vec<_>>();
        let distinct: std::collections::HashSet<_> = ids.iter().collect();
        (distinct.len() >= expected).then_some(())
    })
    .await;
    assert!(receiver.received().iter().all(|request| request.is_signed_with(&token)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_under_way_is_answered_before_the_program_stops() {
    let installation = Installation::new();
    let mut server = installation.serve().await;
    let address = server.url.strip_prefix("http://").expect("a URL").to_owned();
    let body = br#"{"source_id":"slow","name":"Slow Sender"}"#;
    let mut connection = TcpStream::connect(&address).await.expect("the server listens");
    let head = format!(
        "POST /v1/customers HTTP/1.1\r\nhost: {address}\r\nx-app-id: {}\r\nx-app-token: {}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\nexpect: 100-continue\r\n\r\n",
        SERVER_KEY.0,
        SERVER_KEY.1,
        body.len()
    );
    connection.write_all(head.as_bytes()).await.expect("the server reads");
    // It asks for the body: it is working on the request.
    let mut go_on = [0; 25];
    connection.read_exact(&mut go_on).await.expect("the server answers");
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");

    server.terminate();
    eventually("nobody else is let in", 10, async || TcpStream::connect(&address).await.is_err().then_some(())).await;
    connection.write_all(body).await.expect("the server reads on");
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.expect("the server answers");
    assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
    assert!(answer.contains("Slow Sender"), "{answer}");
    let status = server.ended().await;
    assert!(status.success(), "{status}: {}", server.printed());

    let server = installation.serve().await;
    assert_eq!(server.get("/v1/customers/slow").await["name"], "Slow Sender");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_goes_on_after_an_orderly_stop() {
    const CUSTOMERS: u64 = 20_000;
    let installation = Installation::new();
    let server = installation.serve().await;
    let rows: String = (0..CUSTOMERS).map(|number| format!("source-{number},Name\n")).collect();
    let id = server.import(&format!("Source_id,Name\n{rows}")).await;
    let path = format!("/v1/async-actions/{id}");
    eventually("the import is under way", 60, async || {
        server.get(&path).await["progress"].as_u64().filter(|progress| *progress > 0)
    })
    .await;
    server.stop().await;

    let server = installation.serve().await;
    let action = done(&server, &path).await;
    assert_eq!(action["result"]["done_count"], CUSTOMERS, "{action}");
    assert_eq!(server.total_customers().await, CUSTOMERS);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_server_on_the_same_file_is_refused() {
    let installation = Installation::new();
    let server = installation.serve().await;
    let complaint = installation.fail(&["serve", "--listen", "127.0.0.1:0"]);
    assert!(complaint.contains("another process is using"), "{complaint}");
    assert!(complaint.contains("guerdon.db"), "{complaint}");
    assert!(server.upsert(json!({"source_id": "undisturbed"})).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_backup_that_is_made_during_writes_is_whole() {
    let installation = Installation::new();
    let server = Arc::new(installation.serve().await);
    let writers = Writers::start(&server, 4);
    let mut backups = Vec::new();
    for number in 1..=3 {
        let before = writers.acknowledged();
        eventually("there is more to back up", 60, async || (writers.acknowledged() > before + 40).then_some(())).await;
        let acknowledged = writers.counts();
        let file = installation.folder.path().join(format!("backup-{number}.db"));
        let said = installation.succeed(&["backup", file.to_str().expect("UTF-8")]);
        assert!(said.contains("backup-"), "{said}");
        backups.push((file, acknowledged));
    }
    let existing = backups[0].0.to_str().expect("UTF-8").to_owned();
    installation.fail(&["backup", &existing]);
    writers.stop().await;

    for (file, acknowledged) in &backups {
        let url = Installation::url_of(file);
        assert!(installation.succeed(&["check", "--database-url", &url]).contains("All is well"));
        let restored = installation.restored_from(file);
        let server = restored.serve().await;
        for (writer, count) in acknowledged.iter().enumerate() {
            server.get(&format!("/v1/customers/guest-{writer}-{count}")).await;
        }
        server.stop().await;
    }
}

/// The async action, once it has ended.
async fn done(server: &Server, path: &str) -> Value {
    eventually("the async action ends", 180, async || {
        let action = server.get(path).await;
        (action["status"] == "DONE" || action["status"] == "FAILED").then_some(action)
    })
    .await
}

/// Clients that write as fast as they can: each a guest of its own every time, and then its regular's
/// number of visits.
struct Writers {
    tasks: Vec<JoinHandle<()>>,
    counts: Arc<Mutex<Vec<u64>>>,
    stop: Arc<AtomicBool>,
}

impl Writers {
    fn start(server: &Arc<Server>, writers: usize) -> Self {
        let counts = Arc::new(Mutex::new(vec![0; writers]));
        let stop = Arc::new(AtomicBool::new(false));
        let tasks = (0..writers)
            .map(|writer| {
                let (server, counts, stop) = (server.clone(), counts.clone(), stop.clone());
                tokio::spawn(async move {
                    for number in 1.. {
                        let guest =
                            json!({"source_id": format!("guest-{writer}-{number}"), "metadata": {"number": number}});
                        let regular = json!({"source_id": format!("regular-{writer}"), "metadata": {"visits": number}});
                        if stop.load(Ordering::SeqCst) || !server.upsert(guest).await || !server.upsert(regular).await {
                            return;
                        }
                        counts.lock()[writer] = number;
                    }
                })
            })
            .collect();
        Self { tasks, counts, stop }
    }

    /// How many times each writer has had both of its writes acknowledged.
    fn counts(&self) -> Vec<u64> {
        self.counts.lock().clone()
    }

    fn acknowledged(&self) -> u64 {
        self.counts().iter().sum()
    }

    async fn stop(self) -> Vec<u64> {
        self.stop.store(true, Ordering::SeqCst);
        for task in self.tasks {
            task.await.expect("no panic");
        }
        self.counts.lock().clone()
    }
}
