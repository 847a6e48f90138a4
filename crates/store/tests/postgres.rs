//! The store of many nodes passes the suite of all stores, and what only several nodes can do.

use std::{sync::Arc, time::Duration};

use guerdon_model::{
    Timestamp,
    customer::Customer,
    event::EventType,
    ids::{CustomerId, ProjectId, WebhookId},
    send_out::{SendOut, SendOutStatus},
};
use guerdon_store::{
    BlobChunk, ChangeSet, Collection, CommitError, Condition, Document, Key, Query, Store, Stored, Write,
    postgres::{Options, Postgres},
};
use guerdon_testing::postgres::{self, Schema};

async fn fresh() -> Option<(Schema, Arc<dyn Store>)> {
    let schema = postgres::shared().await?;
    let store = node(schema.url()).await;
    Some((schema, store))
}

guerdon_store::conformance_tests!(fresh());
guerdon_store::unknown_outcome_tests!(fresh());

/// One of several processes on a database.
async fn node(url: &str) -> Arc<dyn Store> {
    Postgres::open(url, Options { connections: 8, ..Options::default() }).await.expect("a store")
}

fn project() -> ProjectId {
    ProjectId::from("proj_a")
}

fn customer(id: &str, source_id: Option<&str>) -> Customer {
    Customer::new(CustomerId::from(id), source_id.map(str::to_owned), Timestamp::from_millis(0))
}

fn write(customer: &Customer, expected: Option<u64>) -> Write {
    let body = serde_json::to_string(customer).expect("a customer");
    let document = Some(Stored { format: Customer::FORMAT, body, columns: Document::columns(customer) });
    Write { collection: Collection::Customers, id: customer.id.as_str().into(), expected, document }
}

fn changes(writes: Vec<Write>) -> ChangeSet {
    let name = format!("{:x}", rand::random::<u128>());
    ChangeSet { writes, ..ChangeSet::new(project(), name, 0) }
}

fn id(name: &str) -> Key {
    Key::id(Collection::Customers, name)
}

fn source_id(value: &str) -> Key {
    Key::unique(Collection::Customers, 0, value)
}

async fn version(store: &Arc<dyn Store>, key: Key) -> Option<u64> {
    let loaded = store.load(&project(), vec![key]).await.expect("a load");
    loaded.records[0].as_ref().map(|record| record.version)
}

#[tokio::test]
async fn nodes_that_start_at_once_bring_the_tables_up_to_date_together() {
    let Some(schema) = postgres::shared().await else { return };
    let nodes = futures_util::future::join_all((0..6).map(|_| node(schema.url()))).await;
    nodes[0].commit(changes(vec![write(&customer("cust_1", None), None)])).await.expect("a commit");
    assert_eq!(version(&nodes[5], id("cust_1")).await, Some(1));
}

#[tokio::test]
async fn tables_that_a_newer_program_has_extended_are_used_and_those_it_has_changed_are_left_alone() {
    let Some((schema, _store)) = fresh().await else { return };
    let (client, connection) =
        tokio_postgres::connect(schema.url(), tokio_postgres::NoTls).await.expect("a connection");
    tokio::spawn(connection);
    let extend = "UPDATE schema_state SET applied = 1000; ALTER TABLE customers ADD COLUMN novelty TEXT";
    client.batch_execute(extend).await.expect("the tables of the future");
    let store = node(schema.url()).await;
    store.commit(changes(vec![write(&customer("cust_1", None), None)])).await.expect("a commit");
    client.batch_execute("UPDATE schema_state SET oldest_program = 1000").await.expect("a change");
    for read_only in [false, true] {
        let refusal = Postgres::open(schema.url(), Options { read_only, ..Options::default() }).await;
        let refusal = refusal.err().expect("a refusal").to_string();
        assert!(refusal.contains("newer version"), "{refusal}");
    }
}

#[tokio::test]
async fn a_database_that_can_not_be_used_is_named_without_its_password() {
    let options = Options { patience: Duration::from_millis(200), ..Options::default() };
    for url in ["postgres://ada:s3cret@127.0.0.1:1/guerdon", "postgres://ada:s3cret@:::/?x", "mysql://ada:s3cret@x/y"] {
        let refusal = Postgres::open(url, options.clone()).await.err().expect("a refusal").to_string();
        assert!(!refusal.contains("s3cret"), "{refusal}");
    }
    let Some(schema) = postgres::shared().await else { return };
    let refusal = Postgres::open(schema.url(), Options { read_only: true, ..options }).await;
    let refusal = refusal.err().expect("there are no tables yet").to_string();
    assert!(refusal.contains("guerdon migrate"), "{refusal}");
}

#[tokio::test]
async fn very_long_texts_are_found_and_kept_unique() {
    let Some((_schema, store)) = fresh().await else { return };
    let long = |end: &str| format!("{}{end}", "x".repeat(20_000));
    let mut first = customer("cust_1", Some(&long("a")));
    first.name = Some(long("name"));
    store.commit(changes(vec![write(&first, None)])).await.expect("a commit");
    store.commit(changes(vec![write(&customer("cust_2", Some(&long("b"))), None)])).await.expect("another text");
    let taken = store.commit(changes(vec![write(&customer("cust_3", Some(&long("a"))), None)])).await;
    assert!(matches!(taken, Err(CommitError::Conflict)), "{taken:?}");
    assert_eq!(version(&store, source_id(&long("a"))).await, Some(1));
    assert_eq!(version(&store, source_id(&long("c"))).await, None);
    let by_name = Condition::Equals(long("name").as_str().into());
    let query = Query { conditions: vec![(1, by_name)], ..Query::all(project(), Collection::Customers) };
    assert_eq!(store.query(query).await.expect("a page").records.len(), 1);
    assert_eq!(version(&store, id(&"y".repeat(100_000))).await, None, "nor is a long id anything special");
}

#[tokio::test]
async fn a_key_that_is_too_long_to_be_kept_whole_ends_a_copy() {
    let Some((_schema, store)) = fresh().await else { return };
    let chunk = |blob: String| BlobChunk { blob, seq: 0, bytes: vec![1], expires_at: Timestamp::from_millis(0) };
    let blob_chunks = vec![chunk("x".repeat(600))];
    store.commit(ChangeSet { blob_chunks, ..changes(Vec::new()) }).await.expect("a commit");
    let (portions, _told) = tokio::sync::mpsc::channel(8);
    let refusal = store.dump(portions).await.expect_err("it would come back as another").to_string();
    assert!(refusal.contains("longer than PostgreSQL keeps it"), "{refusal}");
}

#[tokio::test]
async fn whoever_holds_a_document_is_the_next_to_change_it() {
    let Some((schema, one)) = fresh().await else { return };
    let other = node(schema.url()).await;
    let ada = customer("cust_1", Some("ada"));
    one.commit(changes(vec![write(&ada, None)])).await.expect("a commit");
    let documents = vec![(Collection::Customers, Arc::from("cust_1"))];

    let (loaded, hold) = one.load_held(&project(), documents.clone(), vec![source_id("ada")]).await.expect("a hold");
    let seen = loaded.records[0].as_ref().map(|record| record.version);
    assert_eq!(seen, Some(1));
    let rival = tokio::spawn({
        let (other, ada) = (other.clone(), ada.clone());
        async move { other.commit(changes(vec![write(&ada, Some(1))])).await }
    });
    tokio::task::yield_now().await;
    one.commit_held(changes(vec![write(&ada, seen)]), hold).await.expect("nobody was faster");
    let outcome = rival.await.expect("no panic");
    assert!(matches!(outcome, Err(CommitError::Conflict)), "{outcome:?}");

    // A hold that is dropped lets go, and so does one whose commit is refused.
    let (_, hold) = one.load_held(&project(), documents.clone(), vec![]).await.expect("a hold");
    drop(hold);
    other.commit(changes(vec![write(&ada, Some(2))])).await.expect("a commit");
    let (_, hold) = one.load_held(&project(), documents, vec![]).await.expect("a hold");
    let stale = one.commit_held(changes(vec![write(&ada, Some(1))]), hold).await;
    assert!(matches!(stale, Err(CommitError::Conflict)), "{stale:?}");
    other.commit(changes(vec![write(&ada, Some(3))])).await.expect("a commit");
}

#[tokio::test]
async fn a_change_of_configuration_waits_for_whoever_acts_on_the_old_one() {
    let Some((schema, one)) = fresh().await else { return };
    let other = node(schema.url()).await;
    one.commit(changes(vec![write(&customer("cust_1", None), None)])).await.expect("a commit");
    let (_, hold) = one.load_held(&project(), Vec::new(), Vec::new()).await.expect("a hold");
    let mut change =
        tokio::spawn(async move { other.commit(ChangeSet { bumps_config: true, ..changes(Vec::new()) }).await });
    let waited = tokio::time::timeout(Duration::from_millis(300), &mut change).await;
    assert!(waited.is_err(), "the configuration changed under somebody's hands");
    one.commit_held(changes(vec![write(&customer("cust_2", None), None)]), hold).await.expect("it is as it was");
    change.await.expect("no panic").expect("now it is changed");
    let late = one.commit(changes(vec![write(&customer("cust_3", None), None)])).await;
    assert!(matches!(late, Err(CommitError::Conflict)), "{late:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_that_each_rest_on_the_absence_of_what_the_other_makes_never_both_succeed() {
    let Some((schema, one)) = fresh().await else { return };
    let other = node(schema.url()).await;
    for round in 0..40 {
        let (a, b) = (format!("a{round}"), format!("b{round}"));
        let make = |wanted: &str, missing: &str| {
            let made = write(&customer(&format!("cust_{wanted}"), Some(wanted)), None);
            ChangeSet { absent: vec![source_id(missing)], ..changes(vec![made]) }
        };
        let (first, second) = tokio::join!(one.commit(make(&a, &b)), other.commit(make(&b, &a)));
        assert!(first.is_ok() || second.is_ok(), "{first:?} {second:?}");
        assert!(first.is_err() || second.is_err(), "round {round}: both succeeded");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commits_that_want_the_same_documents_in_any_order_do_not_get_stuck() {
    let Some((schema, one)) = fresh().await else { return };
    let nodes = [one, node(schema.url()).await, node(schema.url()).await];
    let names: Vec<String> = (0..8).map(|n| format!("cust_{n}")).collect();
    nodes[0]
        .commit(changes(names.iter().map(|name| write(&customer(name, None), None)).collect()))
        .await
        .expect("a commit");
    let tasks = nodes.iter().enumerate().map(|(number, store)| {
        let (store, mut names) = (store.clone(), names.clone());
        tokio::spawn(async move {
            names.rotate_left(number * 3);
            let mut done = 0;
            while done < 30 {
                let keys = names.iter().map(|name| id(name)).collect();
                let loaded = store.load(&project(), keys).await.expect("a load");
                let writes = names.iter().zip(loaded.records);
                let writes =
                    writes.map(|(name, record)| write(&customer(name, None), record.map(|record| record.version)));
                match store.commit(changes(writes.collect())).await {
                    Ok(()) => done += 1,
                    Err(CommitError::Conflict) => {}
                    Err(error) => panic!("{error}"),
                }
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.expect("all commits");
    }
    assert_eq!(version(&nodes[0], id("cust_0")).await, Some(91), "none was lost and none was counted twice");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nodes_that_lease_at_once_never_get_the_same_send_out() {
    let Some((schema, one)) = fresh().await else { return };
    let nodes = [one, node(schema.url()).await, node(schema.url()).await];
    let webhook = WebhookId::from("wh_1");
    let send_outs = (0..300).map(|number| SendOut {
        id: format!("whs_{number:03}").as_str().into(),
        webhook_id: webhook.clone(),
        event_id: "ev_1".into(),
        event_type: EventType::CUSTOMER_UPDATED.name().into(),
        entity_id: "cust_1".into(),
        group_id: "v-1".into(),
        status: SendOutStatus::Pending,
        created_at: Timestamp::from_millis(0),
        first_attempt_at: None,
        next_attempt_at: Some(Timestamp::from_millis(0)),
        attempts: Vec::new(),
        body: "{}".into(),
    });
    nodes[0].commit(ChangeSet { send_outs: send_outs.collect(), ..changes(Vec::new()) }).await.expect("a commit");
    let tasks = nodes.map(|store| {
        let webhook = webhook.clone();
        tokio::spawn(async move {
            let mut mine = Vec::new();
            loop {
                let (now, until) = (Timestamp::from_millis(1), Timestamp::from_millis(1_000));
                let leased = store.lease_send_outs(&project(), &webhook, now, until, 7).await.expect("a lease");
                if leased.is_empty() {
                    return mine;
                }
                mine.extend(leased.into_iter().map(|send_out| send_out.id));
            }
        })
    });
    let mut all = Vec::new();
    for task in tasks {
        all.extend(task.await.expect("no panic"));
    }
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 300);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_database_that_crashes_and_comes_back_keeps_what_it_acknowledged() {
    let Some(server) = postgres::Server::start().await else { return };
    let store = node(server.url()).await;
    let writer = tokio::spawn({
        let store = store.clone();
        async move {
            let (mut acknowledged, mut lost) = (Vec::new(), 0);
            for number in 0..2_000 {
                let name = format!("cust_{number}");
                let set = changes(vec![write(&customer(&name, None), None)]);
                let commit_id = set.commit_id.clone();
                let went_through = match store.commit(set).await {
                    Ok(()) => true,
                    Err(CommitError::Unknown) => {
                        lost += 1;
                        store.resolve(&project(), &commit_id).await.expect("it comes back in time")
                    }
                    Err(CommitError::Conflict) => panic!("nobody else writes"),
                    Err(CommitError::Store(_)) => false,
                };
                acknowledged.push((name, went_through));
            }
            (acknowledged, lost)
        }
    });
    for _ in 0..2 {
        // Some commits before, between and after.
        tokio::time::sleep(Duration::from_millis(150)).await;
        server.restart_immediately().await;
    }
    let (acknowledged, lost) = writer.await.expect("no panic");
    for (name, went_through) in &acknowledged {
        assert_eq!(version(&store, id(name)).await.is_some(), *went_through, "{name}");
    }
    assert!(acknowledged.iter().filter(|(_, went_through)| *went_through).count() > 1_900, "{lost} outcomes were lost");
    assert_eq!(store.check().await.expect("a check"), Vec::<String>::new());
}
