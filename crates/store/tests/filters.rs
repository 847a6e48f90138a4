//! A filter selects the same documents in every store: those that it matches.

use std::sync::Arc;

use guerdon_model::{
    Timestamp,
    customer::{Address, Customer},
    filter::{Filter, Junction, Moment, Operator, Predicate},
    ids::{CustomerId, ProjectId},
    project::time_zone,
};
use guerdon_store::{ChangeSet, Collection, Document, Query, Store, Stored, Write, memory::Memory, sqlite::Sqlite};
use proptest::{collection::vec, prelude::*, sample::select};
use serde_json::{Value, json};

/// Texts among which many are equal, and some only to a filter.
const TEXTS: [&str; 18] = [
    "Ada",
    "ada",
    "Ad",
    "",
    " ",
    "it's",
    "王",
    "a\0b",
    "10",
    "010",
    "1e1",
    "-10",
    "2023-12-22",
    "2023-12-22T00:00:00Z",
    " 2023-12-22",
    "2023-12-22T01:00:00+01:00",
    "12345678901",
    "true",
];

fn text() -> impl Strategy<Value = String> {
    select(&TEXTS[..]).prop_map(str::to_owned)
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![4 => text().prop_map(Value::from), 1 => (-2i64..12).prop_map(Value::from), 1 => Just(json!(true)), 1 => Just(Value::Null)]
}

prop_compose! {
    /// A customer without an id or a source id of its own.
    fn some_customer()(
        name in proptest::option::of(text()),
        email in proptest::option::of(text()),
        city in proptest::option::of(proptest::option::of(text())),
        metadata in proptest::collection::btree_map(select(vec!["club", "n"]), scalar(), 0..3),
        points in 0i64..12,
    ) -> Customer {
        let mut customer = Customer::new(CustomerId::from(""), None, Timestamp::from_millis(1_704_067_200_000));
        customer.name = name;
        customer.email = email;
        customer.address = city.map(|city| Address { city: Some(city), ..Address::default() });
        customer.metadata = Some(serde_json::from_value(json!(metadata)).expect("metadata"));
        customer.loyalty.points = points;
        customer
    }
}

prop_compose! {
    fn predicate()(
        field in select(vec![
            "name", "source_id", "email", "address.city", "metadata.club", "metadata.n", "loyalty.points", "created_at",
            "id", "nothing",
        ]),
        // As often as all others together: it is the one that a store may look up.
        operator in prop_oneof![Just(Operator::Is), select(Operator::ALL)],
        values in vec(scalar(), 0..3),
    ) -> Predicate {
        Predicate { field: field.into(), operator, values }
    }
}

fn filter() -> impl Strategy<Value = Filter> {
    (select(vec![Junction::And, Junction::Or]), vec(predicate(), 0..3)).prop_map(|(junction, predicates)| Filter {
        junction,
        predicates,
        also: None,
    })
}

async fn fill(store: &Arc<dyn Store>, project: &ProjectId, customers: &[Customer]) {
    let writes = customers.iter().map(|customer| {
        let body = serde_json::to_string(customer).expect("a customer");
        let document = Some(Stored { format: Customer::FORMAT, body, columns: Document::columns(customer) });
        Write { collection: Collection::Customers, id: customer.id.as_str().into(), expected: None, document }
    });
    let set = ChangeSet { writes: writes.collect(), ..ChangeSet::new(project.clone(), "fill".into(), 0) };
    store.commit(set).await.expect("a commit");
}

async fn selected(store: &Arc<dyn Store>, project: &ProjectId, filter: &Filter, moment: &Moment) -> Vec<Arc<str>> {
    let filter = Some((filter.clone(), moment.clone()));
    let query = Query { filter, count: true, ..Query::all(project.clone(), Collection::Customers) };
    let page = store.query(query).await.expect("a page");
    assert_eq!(page.total, Some(page.records.len() as u64));
    page.records.into_iter().map(|record| record.id).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_store_selects_what_the_filter_matches(
        mut customers in vec(some_customer(), 1..20), filters in vec(filter(), 24),
    ) {
        let project = ProjectId::from("proj_a");
        let moment = Moment { now: Timestamp::from_millis(1_704_067_200_000), zone: time_zone("UTC").expect("a zone") };
        for (number, customer) in customers.iter_mut().enumerate() {
            customer.id = CustomerId::from(format!("cust_{number:02}"));
            customer.source_id = TEXTS.get(number).map(|text| (*text).to_owned());
        }
        let folder = tempfile::tempdir().expect("a folder");
        let stores: [Arc<dyn Store>; 2] =
            [Memory::new(), Sqlite::open(&folder.path().join("guerdon.db")).expect("a store")];
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            for store in &stores {
                fill(store, &project, &customers).await;
            }
            for filter in &filters {
                let matches = |customer: &&Customer| filter.matches(&json!(customer), &moment);
                let expected: Vec<Arc<str>> =
                    customers.iter().filter(matches).map(|customer| customer.id.as_str().into()).collect();
                for (store, name) in stores.iter().zip(["memory", "sqlite"]) {
                    let found = selected(store, &project, filter, &moment).await;
                    prop_assert_eq!(&found, &expected, "{} disagrees about {:?}", name, filter);
                }
            }
            Ok(())
        })?;
    }
}
