//! Projects beside each other, blobs, and the end of a project.

use std::sync::Arc;

use guerdon_model::{ids::ProjectId, kept_answer::KeptAnswer, send_out::SendOut};

use super::{
    LATER, assert_conflict, changes, customer, delete,
    documents::{key, key_locator},
    events::{entity, event},
    insert, loaded, project, replace,
    send_outs::{every, send_out},
    time, write,
};
use crate::{BlobChunk, ChangeSet, Collection, Key, Query, Store};

/// One of everything, with the same ids in whatever project.
async fn populate(store: &Arc<dyn Store>, project: &ProjectId, app_id: &str) {
    let set = ChangeSet {
        writes: vec![insert(&customer("cust_1", Some("ada"))), insert(&key(app_id))],
        bumps_config: true,
        events: vec![event("ev_1", "cust_1", 0)],
        send_outs: vec![send_out("whs_1", "wh_1", "cust_1", 0)],
        blob_chunks: vec![BlobChunk { blob: "file".into(), seq: 0, bytes: project.as_str().into(), expires_at: LATER }],
        ..changes(project)
    };
    store.commit(set).await.expect("a commit");
}

/// That one of everything is still there.
async fn assert_populated(store: &Arc<dyn Store>, project: &ProjectId) {
    assert_eq!(loaded(store, project, "cust_1").await, Some((1, customer("cust_1", Some("ada")))));
    assert_eq!(store.configuration(project).await.expect("a configuration").records.len(), 1);
    assert_eq!(store.events(entity(project, "cust_1")).await.expect("events"), [event("ev_1", "cust_1", 0)]);
    let sent = store.send_out(project, &"whs_1".into()).await.expect("an answer");
    assert_eq!(sent, Some(send_out("whs_1", "wh_1", "cust_1", 0)));
    let bytes = store.blob_chunk(project, "file", 0).await.expect("an answer");
    assert_eq!(bytes, Some(project.as_str().into()));
    let counted = Query { count: true, ..Query::all(project.clone(), Collection::Customers) };
    assert_eq!(store.query(counted).await.expect("a page").total, Some(1));
}

/// That nothing of it is there.
async fn assert_empty(store: &Arc<dyn Store>, project: &ProjectId) {
    for collection in Collection::ALL {
        let page = store.query(Query { count: true, ..Query::all(project.clone(), collection) }).await.expect("a page");
        assert_eq!((page.records, page.total), (Vec::new(), Some(0)), "{collection:?}");
    }
    assert_eq!(store.configuration(project).await.expect("a configuration").records, []);
    assert_eq!(store.events(entity(project, "cust_1")).await.expect("events"), []);
    assert_eq!(store.send_outs(every(project)).await.expect("send-outs"), []);
    assert_eq!(store.blob_chunk(project, "file", 0).await.expect("an answer"), None);
}

pub async fn no_call_sees_or_touches_another_projects_data(store: Arc<dyn Store>) {
    let (one, other, nobody) = (project("a"), project("b"), project("c"));
    populate(&store, &one, "app_1").await;
    populate(&store, &other, "app_2").await;
    assert_empty(&store, &nobody).await;
    assert_eq!(store.load(&nobody, Vec::new()).await.expect("a load").config_version, 0);
    assert_eq!(loaded(&store, &nobody, "cust_1").await, None);

    assert_conflict(write(&store, &nobody, vec![replace(&customer("cust_1", None), 1)]).await);
    assert_conflict(write(&store, &nobody, vec![delete(Collection::Customers, "cust_1", 1)]).await);
    let set =
        ChangeSet { dropped_blobs: vec!["file".into()], erased_entities: vec!["cust_1".into()], ..changes(&nobody) };
    store.commit(set).await.expect("there is nothing to drop");
    let leased = store.lease_send_outs(&nobody, &"wh_1".into(), time(10), time(20), 9).await.expect("a lease");
    assert_eq!(leased, []);
    assert_eq!(store.fail_waiting_send_outs(&nobody, &"wh_1".into()).await.expect("given up"), 0);
    assert!(!store.purge(&nobody, 100).await.expect("a purge"));
    assert_populated(&store, &one).await;
    assert_populated(&store, &other).await;
}

pub async fn a_key_is_located_over_all_projects(store: Arc<dyn Store>) {
    populate(&store, &project("a"), "app_1").await;
    populate(&store, &project("b"), "app_2").await;
    assert_eq!(store.locate(key_locator("app_1")).await.expect("an answer"), Some(project("a")));
    assert_eq!(store.locate(key_locator("app_2")).await.expect("an answer"), Some(project("b")));
    assert_eq!(store.locate(key_locator("app_3")).await.expect("an answer"), None);
    assert_eq!(store.locate(Key::id(Collection::ApiKeys, "app_1")).await.expect("an answer"), None);
}

pub async fn blobs_are_kept_in_pieces_and_dropped_whole(store: Arc<dyn Store>) {
    let project = project("a");
    let chunk =
        |blob: &str, seq, bytes: &[u8]| BlobChunk { blob: blob.into(), seq, bytes: bytes.into(), expires_at: LATER };
    let large = vec![0xff; 1 << 20];
    let first = vec![chunk("one", 0, &[0, 255, 10]), chunk("one", 1, &[]), chunk("two", 0, &large)];
    store.commit(ChangeSet { blob_chunks: first, ..changes(&project) }).await.expect("a commit");
    let second = vec![chunk("one", 2, b"end")];
    store.commit(ChangeSet { blob_chunks: second, ..changes(&project) }).await.expect("a commit");
    let read = async |blob: &str, seq| store.blob_chunk(&project, blob, seq).await.expect("an answer");
    assert_eq!(read("one", 0).await, Some(vec![0, 255, 10]));
    assert_eq!(read("one", 1).await, Some(vec![]));
    assert_eq!(read("one", 2).await, Some(b"end".to_vec()));
    assert_eq!(read("one", 3).await, None);
    assert_eq!(read("two", 0).await, Some(large.clone()));
    let drop = ChangeSet { dropped_blobs: vec!["one".into()], ..changes(&project) };
    store.commit(drop).await.expect("a commit");
    assert_eq!(read("one", 0).await, None);
    assert_eq!(read("one", 2).await, None);
    assert_eq!(read("two", 0).await, Some(large));
}

pub async fn a_purge_leaves_nothing_of_its_project_and_all_of_others(store: Arc<dyn Store>) {
    let (doomed, other) = (project("a"), project("b"));
    populate(&store, &doomed, "app_1").await;
    populate(&store, &other, "app_2").await;
    let set = ChangeSet {
        config_version: 1,
        writes: (10..35).map(|n| insert(&customer(&format!("cust_{n}"), None))).collect(),
        events: (10..35).map(|n| event(&format!("ev_{n}"), "cust_1", n)).collect(),
        ..changes(&doomed)
    };
    store.commit(set).await.expect("a commit");
    let mut steps = 1;
    while store.purge(&doomed, 7).await.expect("a purge") {
        steps += 1;
        assert!(steps < 20, "a purge comes to its end");
        assert_eq!(store.check().await.expect("a check"), Vec::<String>::new(), "between two steps");
    }
    assert_empty(&store, &doomed).await;
    assert_eq!(store.locate(key_locator("app_1")).await.expect("an answer"), None);
    assert_populated(&store, &other).await;
    assert_eq!(store.check().await.expect("a check"), Vec::<String>::new());
}

pub async fn pruning_takes_what_has_expired_and_old_settled_send_outs_alone(store: Arc<dyn Store>) {
    let (one, other) = (project("a"), project("b"));
    let chunk = |blob: &str, millis| BlobChunk { blob: blob.into(), seq: 0, bytes: vec![1], expires_at: time(millis) };
    let settled = |id: &str, millis| SendOut {
        created_at: time(millis),
        next_attempt_at: None,
        ..send_out(id, "wh_1", "cust_1", 0)
    };
    let kept = |id: &str, millis| KeptAnswer {
        id: id.to_owned(),
        request: String::new(),
        status: 200,
        body: String::new(),
        expires_at: time(millis),
    };
    let set = ChangeSet {
        writes: vec![insert(&kept("old", 10)), insert(&kept("new", 11)), insert(&customer("cust_1", None))],
        blob_chunks: vec![chunk("old", 10), chunk("new", 11)],
        send_outs: vec![settled("whs_1", 5), send_out("whs_2", "wh_1", "cust_1", 0), settled("whs_3", 6)],
        ..changes(&one)
    };
    store.commit(set).await.expect("a commit");
    let set =
        ChangeSet { blob_chunks: vec![chunk("old", 10)], send_outs: vec![settled("whs_1", 5)], ..changes(&other) };
    store.commit(set).await.expect("a commit");
    assert_eq!(store.prune(time(10), time(6), usize::MAX).await.expect("pruned"), 5);
    assert_eq!(store.prune(time(10), time(6), usize::MAX).await.expect("pruned"), 0);
    assert_eq!(store.blob_chunk(&one, "old", 0).await.expect("an answer"), None);
    assert_eq!(store.blob_chunk(&one, "new", 0).await.expect("an answer"), Some(vec![1]));
    assert_eq!(store.blob_chunk(&other, "old", 0).await.expect("an answer"), None);
    let answers = store.query(Query::all(one.clone(), Collection::KeptAnswers)).await.expect("a listing").records;
    assert_eq!(answers.iter().map(|record| &*record.id).collect::<Vec<_>>(), ["new"]);
    let left = store.send_outs(every(&one)).await.expect("send-outs");
    let left: Vec<&str> = left.iter().map(|send_out| send_out.id.as_str()).collect();
    assert_eq!(left, ["whs_3", "whs_2"], "one is young, the other still waits");
    assert_eq!(store.send_outs(every(&other)).await.expect("send-outs"), []);
}

pub async fn a_checker_finds_nothing_wrong(store: Arc<dyn Store>) {
    populate(&store, &project("a"), "app_1").await;
    assert_eq!(store.check().await.expect("a check"), Vec::<String>::new());
}
