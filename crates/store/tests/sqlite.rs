//! The embedded store passes the suite of all stores, and what only a file can do.

use std::{path::Path, sync::Arc};

use guerdon_model::{
    Timestamp,
    customer::Customer,
    ids::{CustomerId, ProjectId},
};
use guerdon_store::{ChangeSet, Collection, CommitError, Document, Key, Query, Store, Stored, Write, sqlite::Sqlite};
use tempfile::TempDir;

async fn fresh() -> Option<(TempDir, Arc<dyn Store>)> {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Sqlite::open(&folder.path().join("guerdon.db")).expect("a store");
    Some((folder, store))
}

guerdon_store::conformance_tests!(fresh());

fn project() -> ProjectId {
    ProjectId::from("proj_a")
}

/// Inserts a customer of that number.
async fn insert(store: &Arc<Sqlite>, number: u32) -> Result<(), CommitError> {
    let id = CustomerId::from(format!("cust_{number}"));
    let customer = Customer::new(id, None, Timestamp::from_millis(0));
    let body = serde_json::to_string(&customer).expect("a customer");
    let document = Some(Stored { format: Customer::FORMAT, body, columns: Document::columns(&customer) });
    let write = Write { collection: Collection::Customers, id: customer.id.as_str().into(), expected: None, document };
    let set = ChangeSet::new(project(), format!("commit-{number}"), 0);
    store.commit(ChangeSet { writes: vec![write], ..set }).await
}

async fn count(store: &Arc<Sqlite>) -> usize {
    let page = store.query(Query { count: true, ..Query::all(project(), Collection::Customers) }).await;
    let page = page.expect("a page");
    assert_eq!(page.total, Some(page.records.len() as u64), "the kept count is that of the same moment");
    page.records.len()
}

fn file(folder: &TempDir) -> std::path::PathBuf {
    folder.path().join("guerdon.db")
}

#[tokio::test]
async fn documents_survive_that_the_file_is_closed_and_opened_again() {
    let folder = tempfile::tempdir().expect("a folder");
    for round in 0..3 {
        // Every time all migrations are looked at again.
        let store = Sqlite::open(&file(&folder)).expect("a store");
        assert_eq!(count(&store).await, round as usize);
        insert(&store, round).await.expect("a commit");
    }
}

#[tokio::test]
async fn a_closed_store_is_one_file() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Sqlite::open(&file(&folder)).expect("a store");
    insert(&store, 1).await.expect("a commit");
    drop(store);
    let copy = folder.path().join("copy.db");
    std::fs::copy(file(&folder), &copy).expect("a copy");
    assert_eq!(count(&Sqlite::open(&copy).expect("a store")).await, 1);
}

#[tokio::test]
async fn a_second_process_is_refused_with_a_word_why() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Sqlite::open(&file(&folder)).expect("a store");
    let refusal = Sqlite::open(&file(&folder)).err().expect("a refusal").to_string();
    assert!(refusal.contains("another process is using"), "{refusal}");
    insert(&store, 1).await.expect("the first one goes on");
    drop(store);
    assert_eq!(count(&Sqlite::open(&file(&folder)).expect("now it is free")).await, 1);
}

#[tokio::test]
async fn a_reader_beside_the_process_that_serves_sees_commits_and_can_not_write() {
    let folder = tempfile::tempdir().expect("a folder");
    assert!(Sqlite::open_read_only(&file(&folder)).is_err(), "there is no file yet");
    assert!(!file(&folder).exists(), "nor is one made");
    let store = Sqlite::open(&file(&folder)).expect("a store");
    let reader = Sqlite::open_read_only(&file(&folder)).expect("a reader");
    for number in 0..5 {
        insert(&store, number).await.expect("a commit");
        assert_eq!(count(&reader).await, number as usize + 1);
    }
    let refusal = insert(&reader, 9).await.expect_err("a refusal").to_string();
    assert!(refusal.contains("for reading only"), "{refusal}");
    drop(store);
    assert_eq!(count(&reader).await, 5);
}

#[tokio::test]
async fn a_file_of_a_newer_version_is_left_alone() {
    let folder = tempfile::tempdir().expect("a folder");
    drop(Sqlite::open(&file(&folder)).expect("a store"));
    let connection = rusqlite::Connection::open(file(&folder)).expect("a connection");
    connection.pragma_update(None, "user_version", 1_000).expect("a version");
    drop(connection);
    let refusal = Sqlite::open(&file(&folder)).err().expect("a refusal").to_string();
    assert!(refusal.contains("newer version"), "{refusal}");
    assert!(Sqlite::open_read_only(&file(&folder)).is_err());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_while_others_write_is_consistent_and_opens() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Sqlite::open(&file(&folder)).expect("a store");
    insert(&store, 0).await.expect("a commit");
    let writer = tokio::spawn({
        let store = store.clone();
        async move {
            for number in 1..200 {
                insert(&store, number).await.expect("a commit");
            }
        }
    });
    let copies: Vec<_> = (0..5).map(|number| folder.path().join(format!("copy-{number}.db"))).collect();
    for copy in copies.clone() {
        let store = store.clone();
        tokio::task::spawn_blocking(move || store.backup(&copy)).await.expect("no panic").expect("a backup");
    }
    writer.await.expect("all commits");
    let mut last = 1;
    for copy in &copies {
        let opened = Sqlite::open(copy).expect("the copy opens");
        assert_eq!(opened.check().await.expect("a check"), Vec::<String>::new());
        let documents = count(&opened).await;
        // Commits come in order: whatever the moment, none is missing before the last one.
        assert!(has(&opened, documents as u32 - 1).await && !has(&opened, documents as u32).await);
        assert!(documents >= last, "a later copy has no less");
        last = documents;
    }
    assert!(store.backup(&copies[0]).is_err(), "what exists is not overwritten");
}

async fn has(store: &Arc<Sqlite>, number: u32) -> bool {
    let key = Key::id(Collection::Customers, format!("cust_{number}"));
    store.load(&project(), vec![key]).await.expect("a load").records[0].is_some()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conflict_among_many_commits_at_once_undoes_no_other() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Sqlite::open(&file(&folder)).expect("a store");
    insert(&store, 0).await.expect("a commit");
    // Every third inserts what is there already.
    let commits: Vec<_> = (1..=150u32)
        .map(|number| {
            let store = store.clone();
            tokio::spawn(async move { insert(&store, if number % 3 == 0 { 0 } else { number }).await })
        })
        .collect();
    for (commit, number) in commits.into_iter().zip(1..) {
        match commit.await.expect("no panic") {
            Ok(()) => assert!(number % 3 != 0),
            Err(CommitError::Conflict) => assert!(number % 3 == 0),
            Err(other) => panic!("{other}"),
        }
    }
    assert_eq!(count(&store).await, 101);
    assert_eq!(store.check().await.expect("a check"), Vec::<String>::new());
}

#[tokio::test]
async fn a_commit_whose_caller_went_away_is_whole_or_not_at_all() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = Sqlite::open(&file(&folder)).expect("a store");
    {
        let mut abandoned = Box::pin(insert(&store, 1));
        let waker = std::task::Waker::noop();
        let _ = abandoned.as_mut().poll(&mut std::task::Context::from_waker(waker));
    }
    insert(&store, 2).await.expect("a later commit");
    assert!(has(&store, 1).await, "it was queued before");
}

#[test]
fn a_folder_that_is_missing_is_made() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("some/where/guerdon.db");
    drop(Sqlite::open(&path).expect("a store"));
    assert!(Path::new(&path).exists());
}
