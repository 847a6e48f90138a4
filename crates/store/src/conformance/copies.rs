//! A whole store told and taken in. The other end is the store in memory.

use std::{collections::BTreeMap, sync::Arc};

use guerdon_model::{
    api_key::ApiKey,
    customer::{Customer, DeletedCustomer},
    send_out::{Attempt, SendOut, SendOutStatus},
    user::User,
};
use tokio::sync::mpsc;

use super::{
    LATER, assert_conflict, by_source_id, changes, customer,
    documents::{key, key_locator, user},
    events::{entity, event},
    given, insert, loaded, project, replace,
    send_outs::{every, send_out},
    time, write,
};
use crate::{
    BlobChunk, ChangeSet, Collection, ColumnValue, Document, Indexed, Part, Portion, Query, Record, Store, StoreError,
    Tally, memory::Memory,
};

/// What nobody would choose for an id, but some do.
const ODD: [&str; 4] = ["a\0b", "\0", "\u{1}\u{3}", "O'Brien \"\\ 王 e\u{301}"];

/// Something in every part of two projects.
async fn populate(store: &Arc<dyn Store>) {
    for (name, app_id) in [("a", "app_1"), ("b", "app_2")] {
        let project = project(name);
        let mut ada = customer("cust_1", Some("ada"));
        let odd = ODD.iter().enumerate().map(|(n, text)| customer(&format!("cust_odd_{n}"), Some(text)));
        let long = customer("cust_long", Some(&"é".repeat(1_000)));
        let deleted = DeletedCustomer { customer: customer("cust_9", None), deleted_at: time(9) };
        let mut writes: Vec<_> = odd.chain([ada.clone(), long]).map(|customer| insert(&customer)).collect();
        writes.extend([insert(&deleted), insert(&user("user_1", "ada@example.com")), insert(&key(app_id))]);
        let chunk = |seq, bytes: &[u8]| BlobChunk { blob: "file".into(), seq, bytes: bytes.into(), expires_at: LATER };
        let retrying = SendOut {
            status: SendOutStatus::Retrying,
            first_attempt_at: Some(time(1)),
            attempts: vec![Attempt {
                no: 1,
                executed_at: time(1),
                response_status: Some(500),
                error: Some("it's \0 \"bad\"".into()),
                duration_ms: 3,
            }],
            ..send_out("whs_1", "wh_1", "cust_1", 5)
        };
        let settled = SendOut { next_attempt_at: None, ..send_out("whs_2", "wh_1", "cust_1", 0) };
        let set = ChangeSet {
            writes,
            bumps_config: true,
            events: vec![event("ev_2", "cust_1", 20), event("ev_1", "cust_1", 10), event("ev_3", "cust_odd_0", 5)],
            send_outs: vec![retrying, settled, send_out("whs_3", "wh_2", "cust_2", 7)],
            blob_chunks: vec![chunk(0, b"\0\xff"), chunk(1, b"")],
            ..changes(&project)
        };
        store.commit(set).await.expect("a commit");
        ada.name = Some("Ada".into());
        let set = ChangeSet { writes: vec![replace(&ada, 1)], config_version: 1, ..changes(&project) };
        store.commit(set).await.expect("a commit");
    }
}

/// Everything, as it is told.
async fn told(store: &Arc<dyn Store>) -> Vec<Portion> {
    let (portions, mut received) = mpsc::channel(1);
    let listen = async {
        let mut told = Vec::new();
        while let Some(portion) = received.recv().await {
            told.push(portion);
        }
        told
    };
    let (dumped, told) = tokio::join!(store.dump(portions), listen);
    dumped.expect("a dump");
    told
}

async fn tallies(store: &Arc<dyn Store>) -> BTreeMap<Part, Tally> {
    let mut tallies: BTreeMap<Part, Tally> = BTreeMap::new();
    for portion in told(store).await {
        tallies.entry(portion.part()).or_default().add(&portion);
    }
    tallies
}

fn columns(collection: Collection, record: &Record) -> Result<Vec<ColumnValue>, StoreError> {
    fn of<D: Document>(record: &Record) -> Result<Vec<ColumnValue>, StoreError> {
        Ok(Document::columns(&record.document::<D>()?))
    }
    match collection {
        Collection::Customers => of::<Customer>(record),
        Collection::DeletedCustomers => of::<DeletedCustomer>(record),
        Collection::Users => of::<User>(record),
        Collection::ApiKeys => of::<ApiKey>(record),
        other => panic!("no case has {other:?}"),
    }
}

async fn copy(from: &Arc<dyn Store>, to: &Arc<dyn Store>) {
    for portion in told(from).await {
        to.restore(portion.index(columns).expect("documents")).await.expect("room for it");
    }
}

async fn total(store: &Arc<dyn Store>) -> Option<u64> {
    let all = Query { count: true, ..Query::all(project("a"), Collection::Customers) };
    store.query(all).await.expect("a page").total
}

/// That what [`populate`] has made is there.
async fn assert_populated(store: &Arc<dyn Store>) {
    for (name, app_id) in [("a", "app_1"), ("b", "app_2")] {
        let project = project(name);
        let ada = by_source_id(store, &project, "ada").await.expect("a customer");
        assert_eq!((ada.0, ada.1.name.as_deref()), (2, Some("Ada")));
        for (number, text) in ODD.iter().enumerate() {
            let found = by_source_id(store, &project, text).await.expect("a customer");
            assert_eq!(found.1.id.as_str(), format!("cust_odd_{number}"));
        }
        assert!(by_source_id(store, &project, &"é".repeat(1_000)).await.is_some());
        assert_eq!(store.locate(key_locator(app_id)).await.expect("an answer"), Some(project.clone()));
        let configuration = store.configuration(&project).await.expect("a configuration");
        assert_eq!((configuration.version, configuration.records.len()), (1, 1));
        let events = store.events(entity(&project, "cust_1")).await.expect("events");
        assert_eq!(events, [event("ev_1", "cust_1", 10), event("ev_2", "cust_1", 20)]);
        let send_outs = store.send_outs(every(&project)).await.expect("send-outs");
        assert_eq!(send_outs.len(), 3);
        let retrying = store.send_out(&project, &"whs_1".into()).await.expect("an answer").expect("a send-out");
        assert_eq!(retrying.attempts[0].error.as_deref(), Some("it's \0 \"bad\""));
        assert_eq!(retrying.body, r#"{"id":"whs_1"}"#);
        let bytes = async |seq| store.blob_chunk(&project, "file", seq).await.expect("an answer");
        assert_eq!((bytes(0).await, bytes(1).await), (Some(b"\0\xff".to_vec()), Some(Vec::new())));
    }
    assert_eq!(total(store).await, Some(6));
    assert_eq!(store.check().await.expect("a check"), Vec::<String>::new());
}

pub async fn a_dump_tells_everything_there_is(store: Arc<dyn Store>) {
    assert_eq!(told(&store).await, [], "of an empty store nothing");
    populate(&store).await;
    let memory: Arc<dyn Store> = Memory::new();
    copy(&store, &memory).await;
    assert_populated(&memory).await;
    assert_eq!(tallies(&memory).await, tallies(&store).await);
}

pub async fn what_was_restored_is_as_it_was(store: Arc<dyn Store>) {
    let memory: Arc<dyn Store> = Memory::new();
    populate(&memory).await;
    copy(&memory, &store).await;
    assert_populated(&store).await;
    let (restored, original) = (tallies(&store).await, tallies(&memory).await);
    assert_eq!(restored, original);
    assert_eq!(original[&Part::Documents(Collection::Customers)].rows, 12);
}

pub async fn parts_are_told_in_their_order(store: Arc<dyn Store>) {
    populate(&store).await;
    let parts: Vec<Part> = told(&store).await.iter().map(Portion::part).collect();
    let known: Vec<Part> = Part::all().filter(|part| parts.contains(part)).collect();
    assert_eq!(parts, known);
    assert_eq!(Part::all().count(), Collection::ALL.len() + 4);
}

pub async fn life_goes_on_in_a_restored_store(store: Arc<dyn Store>) {
    let memory: Arc<dyn Store> = Memory::new();
    populate(&memory).await;
    copy(&memory, &store).await;
    let project = project("a");
    let commit = async |writes| store.commit(ChangeSet { writes, config_version: 1, ..changes(&project) }).await;
    assert_conflict(commit(vec![replace(&customer("cust_1", Some("ada")), 1)]).await);
    commit(vec![replace(&customer("cust_1", Some("ada")), 2)]).await.expect("a commit");
    assert_conflict(commit(vec![insert(&customer("cust_new", Some("a\0b")))]).await);
    commit(vec![insert(&customer("cust_new", Some("new")))]).await.expect("a commit");
    assert_eq!(loaded(&store, &project, "cust_1").await.map(|found| found.0), Some(3));
    assert_eq!(total(&store).await, Some(7));
    let again = vec![event("ev_1", "cust_1", 0)];
    assert_conflict(store.commit(ChangeSet { events: again, config_version: 1, ..changes(&project) }).await);

    let due: Vec<_> = [("a", "wh_1"), ("a", "wh_2"), ("b", "wh_1"), ("b", "wh_2")]
        .map(|(name, webhook)| (super::project(name), webhook.into()))
        .into();
    assert_eq!(store.due_webhooks(time(10)).await.expect("an answer"), due);
    assert_eq!(store.next_send_out_due().await.expect("an answer"), Some(time(5)));
    let leased = store.lease_send_outs(&project, &"wh_1".into(), time(10), time(20), 9).await.expect("a lease");
    assert_eq!(leased.iter().map(|send_out| send_out.id.as_str()).collect::<Vec<_>>(), ["whs_1"]);
    assert_eq!(store.check().await.expect("a check"), Vec::<String>::new());
}

pub async fn what_is_there_already_is_not_restored_again(store: Arc<dyn Store>) {
    populate(&store).await;
    let before = tallies(&store).await;
    for portion in told(&store).await {
        let part = portion.part();
        let again = store.restore(portion.index(columns).expect("documents")).await;
        assert!(again.is_err(), "{part:?}");
    }
    // All or none.
    let indexed = |id: &str| {
        let customer = customer(id, None);
        let body = serde_json::to_string(&customer).expect("a customer").into();
        let record = Record { project: project("a"), id: id.into(), version: 4, format: 1, body };
        Indexed { record, columns: Document::columns(&customer) }
    };
    let portion = Portion::Documents(Collection::Customers, vec![indexed("cust_0"), indexed("cust_1")]);
    assert!(store.restore(portion).await.is_err());
    assert_eq!(tallies(&store).await, before);
    assert_populated(&store).await;
}

pub async fn portions_are_bounded_by_rows_and_bytes(store: Arc<dyn Store>) {
    let project = project("a");
    let mut large = customer("cust_large", None);
    for number in 0..5 {
        large.id = format!("cust_large_{number}").as_str().into();
        large.description = Some("0123456789abcdef".repeat(50_000));
        let chunk = BlobChunk { blob: "file".into(), seq: number, bytes: vec![7; 1 << 20], expires_at: LATER };
        let set = ChangeSet { writes: vec![insert(&large)], blob_chunks: vec![chunk], ..changes(&project) };
        store.commit(set).await.expect("a commit");
    }
    let small: Vec<Customer> = (0..4_500).map(|number| customer(&format!("cust_{number:04}"), None)).collect();
    given(&store, &project, &small).await;
    let told = told(&store).await;
    for portion in &told {
        let (rows, bytes): (usize, usize) = match portion {
            Portion::Blobs(rows) => (rows.len(), rows.iter().map(|(_, chunk)| chunk.bytes.len()).sum()),
            Portion::Documents(_, rows) => (rows.len(), rows.iter().map(|record| record.body.len()).sum()),
            other => panic!("{:?}", other.part()),
        };
        assert!(rows <= 4_000 && bytes <= 3 << 20, "{rows} rows, {bytes} bytes");
    }
    let memory: Arc<dyn Store> = Memory::new();
    copy(&store, &memory).await;
    assert_eq!(tallies(&memory).await, tallies(&store).await);
    assert_eq!(total(&memory).await, Some(4_505));
}

pub async fn a_dump_is_of_one_moment(store: Arc<dyn Store>) {
    populate(&store).await;
    let before = tallies(&store).await;
    let (portions, mut received) = mpsc::channel(1);
    let dumping = tokio::spawn({
        let store = store.clone();
        async move { store.dump(portions).await }
    });
    let mut seen: BTreeMap<Part, Tally> = BTreeMap::new();
    while let Some(portion) = received.recv().await {
        if seen.is_empty() {
            write(&store, &project("c"), vec![insert(&customer("cust_late", Some("late")))]).await.expect("a commit");
        }
        seen.entry(portion.part()).or_default().add(&portion);
    }
    dumping.await.expect("no panic").expect("a dump");
    assert_eq!(seen, before);
    assert_ne!(tallies(&store).await, before);
}

pub async fn a_dump_that_nobody_listens_to_ends(store: Arc<dyn Store>) {
    populate(&store).await;
    let (portions, mut received) = mpsc::channel(1);
    let listen = async {
        let first = received.recv().await;
        drop(received);
        first
    };
    let (dumped, first) = tokio::join!(store.dump(portions), listen);
    dumped.expect("it ends well");
    assert_eq!(first.map(|portion| portion.part()), Some(Part::Partitions));
    assert_populated(&store).await;
}
