//! One document at a time: keys, versions, unique values, and that it comes back as it was.

use std::{collections::BTreeMap, sync::Arc};

use guerdon_model::{
    api_key::{ApiKey, KeyKind},
    customer::DeletedCustomer,
    ids::UserId,
    role::Role,
    user::User,
};
use serde_json::json;

use super::{
    SOURCE_ID, assert_conflict, by_source_id, changes, customer, delete, given, insert, loaded, project, replace, time,
    write,
};
use crate::{
    Collection, ColumnValue, Key, Store, Stored, Write,
    collection::{Kind, locator},
};

pub async fn an_inserted_document_is_loaded_by_its_id_and_its_unique_value(store: Arc<dyn Store>) {
    let (project, ada) = (project("a"), customer("cust_1", Some("ada")));
    given(&store, &project, [&ada]).await;
    assert_eq!(loaded(&store, &project, "cust_1").await, Some((1, ada.clone())));
    assert_eq!(by_source_id(&store, &project, "ada").await, Some((1, ada)));
    assert_eq!(loaded(&store, &project, "ada").await, None);
    assert_eq!(by_source_id(&store, &project, "cust_1").await, None);
}

pub async fn a_load_answers_in_the_order_of_its_keys(store: Arc<dyn Store>) {
    let project = project("a");
    given(&store, &project, [&customer("cust_1", Some("one")), &customer("cust_2", None)]).await;
    let keys = vec![
        Key::id(Collection::Customers, "cust_2"),
        Key::id(Collection::Customers, "cust_3"),
        Key::unique(Collection::Customers, SOURCE_ID, "one"),
        Key::id(Collection::DeletedCustomers, "cust_1"),
        Key::id(Collection::Customers, "cust_2"),
    ];
    let loaded = store.load(&project, keys).await.expect("a load");
    let ids: Vec<Option<&str>> = loaded.records.iter().map(|record| record.as_ref().map(|found| &*found.id)).collect();
    assert_eq!(ids, [Some("cust_2"), None, Some("cust_1"), None, Some("cust_2")]);
    assert_eq!(store.load(&project, Vec::new()).await.expect("a load").records, []);
}

pub async fn a_change_raises_the_version_and_a_deletion_ends_it(store: Arc<dyn Store>) {
    let (project, mut ada) = (project("a"), customer("cust_1", Some("ada")));
    given(&store, &project, [&ada]).await;
    for version in 1..4 {
        ada.name = Some(format!("Ada {version}"));
        write(&store, &project, vec![replace(&ada, version)]).await.expect("a commit");
        assert_eq!(loaded(&store, &project, "cust_1").await, Some((version + 1, ada.clone())));
    }
    write(&store, &project, vec![delete(Collection::Customers, "cust_1", 4)]).await.expect("a commit");
    assert_eq!(loaded(&store, &project, "cust_1").await, None);
    assert_eq!(by_source_id(&store, &project, "ada").await, None);
    given(&store, &project, [&ada]).await;
    assert_eq!(by_source_id(&store, &project, "ada").await, Some((1, ada)));
}

pub async fn a_stale_version_is_a_conflict(store: Arc<dyn Store>) {
    let (project, ada) = (project("a"), customer("cust_1", None));
    given(&store, &project, [&ada]).await;
    write(&store, &project, vec![replace(&ada, 1)]).await.expect("a commit");
    for stale in [1, 3] {
        assert_conflict(write(&store, &project, vec![replace(&ada, stale)]).await);
        assert_conflict(write(&store, &project, vec![delete(Collection::Customers, "cust_1", stale)]).await);
    }
    assert_conflict(write(&store, &project, vec![replace(&customer("cust_2", None), 1)]).await);
    assert_conflict(write(&store, &project, vec![delete(Collection::Customers, "cust_2", 1)]).await);
    assert_eq!(loaded(&store, &project, "cust_1").await, Some((2, ada)));
}

pub async fn an_id_that_is_taken_is_a_conflict(store: Arc<dyn Store>) {
    let (project, ada) = (project("a"), customer("cust_1", Some("ada")));
    given(&store, &project, [&ada]).await;
    assert_conflict(write(&store, &project, vec![insert(&customer("cust_1", Some("bob")))]).await);
    assert_eq!(loaded(&store, &project, "cust_1").await, Some((1, ada)));
}

pub async fn a_unique_value_that_is_taken_is_a_conflict(store: Arc<dyn Store>) {
    let project = project("a");
    given(&store, &project, [&customer("cust_1", Some("ada"))]).await;
    assert_conflict(write(&store, &project, vec![insert(&customer("cust_2", Some("ada")))]).await);
    let twins = [insert(&customer("cust_3", Some("twin"))), insert(&customer("cust_4", Some("twin")))];
    assert_conflict(write(&store, &project, twins.into()).await);
    // Case and accents make another value.
    given(&store, &project, [&customer("cust_5", Some("Ada")), &customer("cust_6", Some("àda"))]).await;
    assert_eq!(by_source_id(&store, &project, "ada").await.map(|found| found.1.id.to_string()), Some("cust_1".into()));
}

pub async fn a_change_can_not_take_the_unique_value_of_another_document(store: Arc<dyn Store>) {
    let project = project("a");
    given(&store, &project, [&customer("cust_1", Some("ada")), &customer("cust_2", Some("bob"))]).await;
    assert_conflict(write(&store, &project, vec![replace(&customer("cust_2", Some("ada")), 1)]).await);
    write(&store, &project, vec![replace(&customer("cust_2", Some("bob")), 1)])
        .await
        .expect("its own value is no clash");
}

pub async fn other_projects_may_use_the_same_ids_and_unique_values(store: Arc<dyn Store>) {
    let (one, other) = (project("a"), project("b"));
    let mut namesake = customer("cust_1", Some("ada"));
    given(&store, &one, [&namesake]).await;
    namesake.name = Some("the other".into());
    given(&store, &other, [&namesake]).await;
    assert_eq!(by_source_id(&store, &one, "ada").await.map(|found| found.1.name), Some(None));
    assert_eq!(by_source_id(&store, &other, "ada").await, Some((1, namesake)));
}

pub async fn a_value_that_is_unique_everywhere_is_refused_in_other_projects(store: Arc<dyn Store>) {
    let (one, other) = (project("a"), project("b"));
    write(&store, &one, vec![insert(&key("app"))]).await.expect("a commit");
    assert_conflict(write(&store, &other, vec![insert(&key("app"))]).await);
    write(&store, &one, vec![delete(Collection::ApiKeys, "app", 1)]).await.expect("a commit");
    write(&store, &other, vec![insert(&key("app"))]).await.expect("the value was freed");
}

pub async fn documents_without_a_unique_value_do_not_collide(store: Arc<dyn Store>) {
    let project = project("a");
    let nameless = [customer("cust_1", None), customer("cust_2", None), customer("cust_3", None)];
    given(&store, &project, &nameless).await;
    for one in nameless {
        assert_eq!(loaded(&store, &project, one.id.as_str()).await, Some((1, one)));
    }
    // Nothing is not the empty text, of which there can be one.
    given(&store, &project, [&customer("cust_4", Some(""))]).await;
    assert_conflict(write(&store, &project, vec![insert(&customer("cust_5", Some("")))]).await);
}

pub async fn a_freed_unique_value_can_be_taken_in_the_same_commit(store: Arc<dyn Store>) {
    let project = project("a");
    given(&store, &project, [&customer("cust_5", Some("ada")), &customer("cust_6", Some("bob"))]).await;
    // By deletion and insertion, by change and insertion: whatever the order of ids and writes.
    let by_deletion = [insert(&customer("cust_1", Some("ada"))), delete(Collection::Customers, "cust_5", 1)];
    write(&store, &project, by_deletion.into()).await.expect("a commit");
    let by_change = [insert(&customer("cust_2", Some("bob"))), replace(&customer("cust_6", None), 1)];
    write(&store, &project, by_change.into()).await.expect("a commit");
    // By deletion and change.
    let by_inheritance = [replace(&customer("cust_1", Some("bob")), 1), delete(Collection::Customers, "cust_2", 1)];
    write(&store, &project, by_inheritance.into()).await.expect("a commit");
    assert_eq!(by_source_id(&store, &project, "ada").await, None);
    assert_eq!(by_source_id(&store, &project, "bob").await, Some((2, customer("cust_1", Some("bob")))));
}

pub async fn every_collection_keeps_and_returns_its_documents(store: Arc<dyn Store>) {
    let project = project("a");
    for (number, collection) in Collection::ALL.into_iter().enumerate() {
        let columns = collection.spec().columns.iter().map(|column| match column.kind {
            Kind::Integer => ColumnValue::Integer(time(number as i64).as_millis()),
            Kind::Text => ColumnValue::from(format!("{} {number}", column.name).as_str()),
        });
        let body = json!({"collection": collection.spec().table}).to_string();
        let document = Some(Stored { format: 1, body: body.clone(), columns: columns.collect() });
        let made = Write { collection, id: "thing_1".into(), expected: None, document };
        let config_version = 0;
        let set = crate::ChangeSet { writes: vec![made], config_version, ..changes(&project) };
        store.commit(set).await.unwrap_or_else(|error| panic!("{}: {error}", collection.spec().table));
        let found = store.load(&project, vec![Key::id(collection, "thing_1")]).await.expect("a load");
        assert_eq!(found.records[0].as_ref().map(|record| &*record.body), Some(&*body));
    }
}

pub async fn texts_of_every_kind_come_back_as_they_were(store: Arc<dyn Store>) {
    let project = project("a");
    let texts = [
        "O'Brien \"the\" \\ %_; DROP TABLE customers; --",
        "Ζωή Müller 王小明 👩‍👩‍👧 e\u{301}",
        "a\0b",
        "a\0c",
        "\u{1}\u{7f}\u{80}\n\r\t \u{feff}",
        " ",
        "?1 :name $x @y",
    ];
    for (number, text) in texts.into_iter().enumerate() {
        let mut odd = customer(&format!("cust_{number}"), Some(text));
        odd.name = Some(text.into());
        given(&store, &project, [&odd]).await;
        assert_eq!(by_source_id(&store, &project, text).await, Some((1, odd)), "{text:?}");
    }
    assert_eq!(by_source_id(&store, &project, "a").await, None, "a text does not end at a NUL");
    given(&store, &project, [&customer("cust_it's \"0\"", None)]).await;
    assert!(loaded(&store, &project, "cust_it's \"0\"").await.is_some());
}

pub async fn a_large_document_comes_back_whole(store: Arc<dyn Store>) {
    let (project, mut large) = (project("a"), customer("cust_1", Some("large")));
    large.description = Some("0123456789abcdef".repeat(65_536));
    given(&store, &project, [&large]).await;
    assert_eq!(loaded(&store, &project, "cust_1").await, Some((1, large)));
}

pub async fn the_format_number_is_kept(store: Arc<dyn Store>) {
    let (project, ada) = (project("a"), customer("cust_1", None));
    let mut old = insert(&DeletedCustomer { customer: ada, deleted_at: time(0) });
    old.document.as_mut().expect("a document").format = 7;
    write(&store, &project, vec![old]).await.expect("a commit");
    let loaded = store.load(&project, vec![Key::id(Collection::DeletedCustomers, "cust_1")]).await.expect("a load");
    assert_eq!(loaded.records[0].as_ref().map(|record| record.format), Some(7));
}

/// A key whose locator is unique over all projects.
pub(super) fn key(app_id: &str) -> ApiKey {
    ApiKey {
        app_id: app_id.into(),
        name: "Primary".into(),
        kind: KeyKind::Server,
        role: Role::Admin,
        token_hash: String::new(),
        token_hint: String::new(),
        blocked: false,
        created_at: time(0),
    }
}

/// How that key is located.
pub(super) fn key_locator(app_id: &str) -> Key {
    Key::unique(Collection::ApiKeys, 0, locator(KeyKind::Server, app_id))
}

/// A document of a collection that is neither counted nor configuration.
pub(super) fn user(id: &str, email: &str) -> User {
    User {
        id: UserId::from(id),
        email: email.into(),
        first_name: String::new(),
        last_name: String::new(),
        password_hash: String::new(),
        is_owner: false,
        projects: BTreeMap::new(),
        created_at: time(0),
    }
}
