//! Queries: order, pages, conditions, totals and filters.

use std::sync::Arc;

use guerdon_model::{
    customer::Customer,
    filter::{Filter, Junction, Moment, Operator, Predicate},
    ids::ProjectId,
    project::time_zone,
    segment::SegmentMember,
};
use serde_json::{Value, json};

use super::{
    CREATED_AT, NAME, SOURCE_ID, assert_conflict, customer, delete, given, insert, project, replace, text, time, write,
};
use crate::{Collection, ColumnValue, Condition, Listed, OneOf, Order, Page, Query, Samples, Store};

/// Five customers: names with a tie and a null, source ids with a null, and rising creation times.
async fn five(store: &Arc<dyn Store>) -> ProjectId {
    let named = |id: &str, source_id: Option<&str>, name: Option<&str>, created: i64| Customer {
        name: name.map(str::to_owned),
        created_at: time(created),
        ..customer(id, source_id)
    };
    let project = project("a");
    let customers = [
        named("cust_c", Some("s3"), Some("Bob"), 10),
        named("cust_a", Some("s1"), Some("bob"), 20),
        named("cust_e", None, None, 30),
        named("cust_b", Some("s2"), Some("Bob"), 40),
        named("cust_d", None, Some("Ada"), 50),
    ];
    given(store, &project, &customers).await;
    project
}

fn all(project: &ProjectId) -> Query {
    Query::all(project.clone(), Collection::Customers)
}

fn ids(page: &Page) -> String {
    page.records.iter().map(|record| record.id.trim_start_matches("cust_")).collect()
}

async fn listed(store: &Arc<dyn Store>, query: Query) -> String {
    ids(&store.query(query).await.expect("a page"))
}

pub async fn a_listing_is_ordered_by_id_in_both_directions(store: Arc<dyn Store>) {
    let project = five(&store).await;
    assert_eq!(listed(&store, all(&project)).await, "abcde");
    assert_eq!(listed(&store, Query { order: Order::Id { descending: true }, ..all(&project) }).await, "edcba");
}

pub async fn a_cursor_continues_behind_an_id_in_both_directions(store: Arc<dyn Store>) {
    let project = five(&store).await;
    for (after, descending, expected) in [
        ("cust_b", false, "cde"),
        ("cust_b", true, "a"),
        ("cust_bb", false, "cde"),
        ("cust_e", false, ""),
        ("", false, "abcde"),
        ("", true, ""),
    ] {
        let order = Order::Id { descending };
        let query = Query { after_id: Some(after.into()), order, count: true, ..all(&project) };
        let page = store.query(query.clone()).await.expect("a page");
        assert_eq!((ids(&page).as_str(), page.total), (expected, Some(expected.len() as u64)), "{after}, {descending}");
        let page =
            store.query(Query { limit: 1, filter: Some(filter("object", Operator::Is, json!("customer"))), ..query });
        assert_eq!(ids(&page.await.expect("a page")), expected.get(..1).unwrap_or_default(), "{after}, {descending}");
    }
}

pub async fn a_listing_is_ordered_by_a_column_with_nulls_first_and_ties_by_id(store: Arc<dyn Store>) {
    let project = five(&store).await;
    for (column, ascending) in [(NAME, "edbca"), (SOURCE_ID, "deabc"), (CREATED_AT, "caebd")] {
        let by = |descending| Query { order: Order::Column { column, descending }, ..all(&project) };
        assert_eq!(listed(&store, by(false)).await, ascending);
        assert_eq!(listed(&store, by(true)).await, ascending.chars().rev().collect::<String>());
    }
}

pub async fn pages_follow_each_other_and_say_whether_more_follows(store: Arc<dyn Store>) {
    let project = five(&store).await;
    for (offset, limit, expected, more) in [
        (0, 2, "ed", true),
        (2, 2, "bc", true),
        (4, 2, "a", false),
        (3, 2, "ca", false),
        (5, 2, "", false),
        (9, 2, "", false),
        (0, 0, "", true),
        (0, 5, "edbca", false),
        (0, 6, "edbca", false),
    ] {
        let order = Order::Column { column: NAME, descending: false };
        let page = store.query(Query { offset, limit, order, ..all(&project) }).await.expect("a page");
        assert_eq!((ids(&page).as_str(), page.has_more, page.total), (expected, more, None), "{offset}, {limit}");
    }
}

pub async fn conditions_of_every_kind_select_what_they_say(store: Arc<dyn Store>) {
    let project = five(&store).await;
    let at = |millis: i64| ColumnValue::from(time(millis));
    for (column, condition, expected) in [
        (NAME, Condition::Equals(text("Bob")), "bc"),
        (NAME, Condition::Equals(text("bob ")), ""),
        (NAME, Condition::LessThan(text("Bob")), "d"),
        (NAME, Condition::AtMost(text("Bob")), "bcd"),
        (NAME, Condition::GreaterThan(text("Bob")), "a"),
        (NAME, Condition::Null, "e"),
        (NAME, Condition::NotNull, "abcd"),
        (NAME, Condition::Equals(ColumnValue::Null), ""),
        (SOURCE_ID, Condition::Null, "de"),
        (SOURCE_ID, Condition::GreaterThan(text("")), "abc"),
        (CREATED_AT, Condition::Equals(at(30)), "e"),
        (CREATED_AT, Condition::LessThan(at(30)), "ac"),
        (CREATED_AT, Condition::AtMost(at(30)), "ace"),
        (CREATED_AT, Condition::GreaterThan(at(30)), "bd"),
    ] {
        let query = Query { conditions: vec![(column, condition.clone())], ..all(&project) };
        assert_eq!(listed(&store, query).await, expected, "{condition:?}");
    }
}

pub async fn conditions_are_joined_by_and(store: Arc<dyn Store>) {
    let project = five(&store).await;
    let conditions = vec![
        (NAME, Condition::Equals(text("Bob"))),
        (CREATED_AT, Condition::GreaterThan(time(10).into())),
        (CREATED_AT, Condition::AtMost(time(40).into())),
    ];
    assert_eq!(listed(&store, Query { conditions, ..all(&project) }).await, "b");
}

pub async fn documents_that_another_collection_lists_are_selected_in_any_order(store: Arc<dyn Store>) {
    let project = five(&store).await;
    let member = |segment: &str, id: &str| insert(&SegmentMember::new(segment.into(), id.into(), time(0)));
    let lists =
        [("seg_1", "cust_a"), ("seg_1", "cust_e"), ("seg_1", "cust_b"), ("seg_2", "cust_d"), ("seg_1", "cust_x")];
    write(&store, &project, lists.map(|(segment, id)| member(segment, id)).into()).await.expect("a commit");
    let elsewhere = super::project("b");
    given(&store, &elsewhere, &[customer("cust_a", None)]).await;

    let column = |name: &str| Collection::SegmentMembers.column(name).expect("a column");
    let listed = |segment: &str| Listed {
        collection: Collection::SegmentMembers,
        id: column("customer_id"),
        beside: (column("segment_id"), segment.into()),
    };
    let of = |segment: &str| Query { listed: Some(listed(segment)), count: true, ..all(&project) };
    let newest = Order::Column { column: CREATED_AT, descending: true };
    for (query, expected, total) in [
        (of("seg_1"), "abe", 3),
        (of("seg_2"), "d", 1),
        (of("seg_3"), "", 0),
        (Query { order: newest, ..of("seg_1") }, "bea", 3),
        (Query { order: newest, offset: 1, limit: 1, ..of("seg_1") }, "e", 3),
        (Query { conditions: vec![(NAME, Condition::Equals(text("Bob")))], ..of("seg_1") }, "b", 1),
        (Query { after_id: Some("cust_a".into()), ..of("seg_1") }, "be", 2),
        (Query { filter: Some(filter("name", Operator::IsUnknown, json!(""))), ..of("seg_1") }, "e", 1),
        (Query { project: Some(elsewhere.clone()), ..of("seg_1") }, "", 0),
    ] {
        let page = store.query(query.clone()).await.expect("a page");
        assert_eq!((ids(&page).as_str(), page.total), (expected, Some(total)), "{query:?}");
    }
}

pub async fn a_total_counts_all_matches_of_conditions_and_filters(store: Arc<dyn Store>) {
    let project = five(&store).await;
    let counted = |query: Query| {
        let query = Query { count: true, limit: 1, ..query };
        async { store.query(query).await.expect("a page").total }
    };
    assert_eq!(counted(all(&project)).await, Some(5));
    let conditions = vec![(NAME, Condition::NotNull)];
    assert_eq!(counted(Query { conditions: conditions.clone(), ..all(&project) }).await, Some(4));
    let filter = Some(filter("name", Operator::Is, json!("Bob")));
    assert_eq!(counted(Query { filter: filter.clone(), ..all(&project) }).await, Some(2));
    assert_eq!(counted(Query { filter, conditions, ..all(&project) }).await, Some(2));
    assert_eq!(counted(Query { project: None, ..all(&project) }).await, Some(5));
    assert_eq!(counted(Query::all(project.clone(), Collection::Users)).await, Some(0));
    assert_eq!(counted(all(&super::project("nobody"))).await, Some(0));
}

pub async fn bounds_on_the_id_select_in_any_order(store: Arc<dyn Store>) {
    let project = five(&store).await;
    let by_name = Order::Column { column: NAME, descending: false };
    for (from, below, order, expected) in [
        (Some("cust_b"), None, Order::Id { descending: false }, "bcde"),
        (Some("cust_b"), None, Order::Id { descending: true }, "edcb"),
        (Some("cust_bb"), Some("cust_e"), Order::Id { descending: false }, "cd"),
        (None, Some("cust_c"), Order::Id { descending: true }, "ba"),
        (Some("cust_b"), Some("cust_e"), by_name, "dbc"),
        (Some("cust_c"), Some("cust_c"), by_name, ""),
    ] {
        let bound = |id: Option<&str>| id.map(Arc::from);
        let query = Query { from_id: bound(from), below_id: bound(below), order, count: true, ..all(&project) };
        let page = store.query(query.clone()).await.expect("a page");
        assert_eq!((ids(&page).as_str(), page.total), (expected, Some(expected.len() as u64)), "{from:?}, {below:?}");
        let filter = Some(filter("object", Operator::Is, json!("customer")));
        let page = store.query(Query { filter, ..query.clone() }).await.expect("a page");
        assert_eq!((ids(&page).as_str(), page.total), (expected, Some(expected.len() as u64)), "{from:?}, {below:?}");
    }
    // Together with a cursor, all of them hold.
    let query = Query { from_id: Some("cust_b".into()), after_id: Some("cust_c".into()), ..all(&project) };
    assert_eq!(listed(&store, query).await, "de");
}

pub async fn a_total_ends_where_it_was_told_to(store: Arc<dyn Store>) {
    let project = five(&store).await;
    let named = vec![(NAME, Condition::NotNull)];
    let filter = Some(filter("object", Operator::Is, json!("customer")));
    for (count_up_to, offset, limit, total) in [(3, 0, 1, 3), (3, 3, 1, 3), (4, 0, 9, 4), (9, 0, 1, 4), (0, 0, 2, 0)] {
        for filter in [None, filter.clone()] {
            let query = Query { count: true, count_up_to, offset, limit, conditions: named.clone(), ..all(&project) };
            let page = store.query(Query { filter, ..query }).await.expect("a page");
            let rows = limit.min(4 - offset);
            assert_eq!((page.total, page.records.len()), (Some(total), rows), "{count_up_to}, {offset}, {limit}");
            assert_eq!(page.has_more, offset + limit < 4, "{count_up_to}, {offset}, {limit}");
        }
    }
}

pub async fn rows_with_one_of_some_values_are_listed_in_any_order(store: Arc<dyn Store>) {
    let project = five(&store).await;
    let by_name = Order::Column { column: NAME, descending: false };
    let newest = Order::Column { column: CREATED_AT, descending: true };
    let (up, down) = (Order::Id { descending: false }, Order::Id { descending: true });
    let (ada, bob, small, none) = (text("Ada"), text("Bob"), text("bob"), ColumnValue::Null);
    for (values, order, expected) in [
        (vec![bob.clone(), ada.clone()], up, "bcd"),
        (vec![bob.clone(), ada.clone()], down, "dcb"),
        (vec![bob.clone(), ada.clone()], by_name, "dbc"),
        (vec![bob.clone(), none.clone(), small.clone()], newest, "beac"),
        (vec![none.clone(), small, ada, bob.clone()], down, "edcba"),
        (vec![none], up, "e"),
        (vec![text("Zoe")], up, ""),
        (vec![text("Zoe"), bob], down, "cb"),
        (vec![ColumnValue::Integer(5)], up, ""),
        (Vec::new(), up, ""),
        (Vec::new(), by_name, ""),
    ] {
        let one_of = Some(OneOf { column: NAME, values: values.clone() });
        let query = Query { one_of, order, count: true, ..all(&project) };
        let total = Some(expected.len() as u64);
        let filter = Some(filter("object", Operator::Is, json!("customer")));
        for query in [query.clone(), Query { filter, ..query.clone() }] {
            let page = store.query(query.clone()).await.expect("a page");
            assert_eq!((ids(&page).as_str(), page.total), (expected, total), "{values:?}, {order:?}");
            let part = Query { offset: 1, limit: 2, count_up_to: 2, ..query };
            let page = store.query(part).await.expect("a page");
            let (shown, behind) = (expected.chars().skip(1).take(2).collect::<String>(), expected.len() > 3);
            assert_eq!((ids(&page), page.has_more), (shown, behind), "{values:?}, {order:?}");
            assert_eq!(page.total, total.map(|total| total.min(2)), "{values:?}, {order:?}");
        }
        // With conditions, bounds and over all projects it is no different.
        let conditions = vec![(SOURCE_ID, Condition::NotNull)];
        let query = Query { project: None, conditions, from_id: Some("cust_b".into()), ..query };
        let expected: String = expected.chars().filter(|id| ('b'..'d').contains(id)).collect();
        assert_eq!(listed(&store, query).await, expected, "{values:?}, {order:?}");
    }
}

pub async fn each_value_has_a_sample(store: Arc<dyn Store>) {
    let project = five(&store).await;
    let samples = async |column, above: Option<ColumnValue>, up_to: Option<ColumnValue>, limit| {
        let (project, collection) = (project.clone(), Collection::Customers);
        let found = store.samples(Samples { project, collection, column, above, up_to, limit }).await;
        let found = found.expect("samples");
        let ids: String = found.iter().map(|(_, record)| record.id.trim_start_matches("cust_")).collect();
        (found.into_iter().map(|(value, _)| value).collect::<Vec<_>>(), ids)
    };
    let names = || vec![text("Ada"), text("Bob"), text("bob")];
    assert_eq!(samples(NAME, None, None, 9).await, (names(), "dba".to_owned()), "null is no value");
    assert_eq!(samples(NAME, None, None, 2).await, (names()[..2].to_vec(), "db".to_owned()));
    assert_eq!(samples(NAME, None, None, 0).await, (Vec::new(), String::new()));
    assert_eq!(samples(NAME, Some(text("Ada")), None, 9).await, (names()[1..].to_vec(), "ba".to_owned()));
    assert_eq!(samples(NAME, None, Some(text("Bob")), 9).await, (names()[..2].to_vec(), "db".to_owned()));
    assert_eq!(samples(NAME, Some(text("Ada")), Some(text("Bob")), 9).await, (vec![text("Bob")], "b".to_owned()));
    assert_eq!(samples(NAME, Some(text("x")), None, 9).await, (Vec::new(), String::new()));
    let (times, ids) = samples(CREATED_AT, Some(time(10).into()), Some(time(40).into()), 9).await;
    assert_eq!((times, ids.as_str()), ([20, 30, 40].map(|at| time(at).into()).to_vec(), "aeb"));
    let elsewhere = Samples {
        project: super::project("nobody"),
        collection: Collection::Customers,
        column: NAME,
        above: None,
        up_to: None,
        limit: 9,
    };
    assert_eq!(store.samples(elsewhere).await.expect("samples"), Vec::new());
}

pub async fn a_kept_total_follows_insertions_deletions_and_failures(store: Arc<dyn Store>) {
    let project = five(&store).await;
    let total = async || store.query(Query { count: true, limit: 0, ..all(&project) }).await.expect("a page").total;
    write(&store, &project, vec![delete(Collection::Customers, "cust_a", 1)]).await.expect("a commit");
    assert_eq!(total().await, Some(4));
    write(&store, &project, vec![replace(&customer("cust_b", None), 1)]).await.expect("a commit");
    assert_eq!(total().await, Some(4));
    assert_conflict(
        write(&store, &project, vec![insert(&customer("cust_f", None)), insert(&customer("cust_b", None))]).await,
    );
    assert_eq!(total().await, Some(4));
    let mixed = vec![
        insert(&customer("cust_g", None)),
        insert(&customer("cust_h", None)),
        delete(Collection::Customers, "cust_c", 1),
    ];
    write(&store, &project, mixed).await.expect("a commit");
    assert_eq!(total().await, Some(5));
    assert_eq!(store.check().await.expect("a check"), Vec::<String>::new());
}

pub async fn a_filter_selects_by_the_whole_document(store: Arc<dyn Store>) {
    let project = project("a");
    for (id, metadata) in
        [("cust_a", json!({"club": "gold", "n": 1})), ("cust_b", json!({"n": 7})), ("cust_c", json!(null))]
    {
        let metadata = serde_json::from_value(metadata).expect("metadata");
        given(&store, &project, [&Customer { metadata, ..customer(id, None) }]).await;
    }
    for (field, operator, operand, expected) in [
        ("metadata.club", Operator::Is, json!("gold"), "a"),
        ("metadata.club", Operator::IsUnknown, json!(null), "bc"),
        ("metadata.n", Operator::MoreThan, json!("1"), "b"),
        ("metadata.n", Operator::HasValue, json!(null), "ab"),
        ("source_id", Operator::IsUnknown, json!(null), "abc"),
    ] {
        let query = Query { filter: Some(filter(field, operator, operand)), ..all(&project) };
        assert_eq!(listed(&store, query.clone()).await, expected, "{field} {operator:?}");
        // A page of matches, not the matches of a page.
        let page = store.query(Query { limit: 1, offset: expected.len() - 1, ..query }).await.expect("a page");
        assert_eq!((ids(&page).as_str(), page.has_more), (&expected[expected.len() - 1..], false));
    }
}

pub async fn a_filter_on_a_looked_up_column_selects_as_it_does_elsewhere(store: Arc<dyn Store>) {
    let project = project("a");
    // Texts that equal others in another spelling: an instant, a day, and the days since.
    let names = ["2023-12-22T00:00:00Z", "2023-12-22T01:00:00+01:00", "2023-12-22", "10", "Ada", "ada"];
    for (number, name) in names.into_iter().enumerate() {
        let id = char::from(b'a' + number as u8);
        let named = Customer { name: Some(name.into()), ..customer(&format!("cust_{id}"), Some(name)) };
        given(&store, &project, [&named]).await;
    }
    for field in ["name", "source_id"] {
        for (operand, expected) in [
            (json!("2023-12-22T00:00:00.000Z"), "abc"),
            (json!("2023-12-22"), "abc"),
            (json!("10"), "abcd"),
            (json!(10), "abcd"),
            (json!("Ada"), "e"),
            (json!("Nobody"), ""),
        ] {
            let query = Query { filter: Some(filter(field, Operator::Is, operand.clone())), ..all(&project) };
            assert_eq!(listed(&store, query).await, expected, "{field} {operand}");
        }
    }
    let either =
        Filter { junction: Junction::Or, predicates: vec![is("name", "Ada"), is("source_id", "ada")], also: None };
    assert_eq!(listed(&store, Query { filter: Some((either, moment())), ..all(&project) }).await, "ef");
}

pub async fn a_listing_over_all_projects_says_whose_each_document_is(store: Arc<dyn Store>) {
    let (one, other) = (project("a"), project("b"));
    given(&store, &one, [&customer("cust_1", None), &customer("cust_3", None)]).await;
    given(&store, &other, [&customer("cust_2", None)]).await;
    let page = store.query(Query { project: None, count: true, ..all(&one) }).await.expect("a page");
    let found: Vec<_> = page.records.iter().map(|record| (record.project.clone(), &*record.id)).collect();
    assert_eq!(found, [(one.clone(), "cust_1"), (other, "cust_2"), (one.clone(), "cust_3")]);
    assert_eq!(page.total, Some(3));
    assert_eq!(store.query(all(&one)).await.expect("a page").records.len(), 2);
}

pub async fn limits_and_offsets_may_be_as_large_as_they_like(store: Arc<dyn Store>) {
    let project = five(&store).await;
    assert_eq!(listed(&store, Query { limit: usize::MAX, ..all(&project) }).await, "abcde");
    assert_eq!(listed(&store, Query { offset: usize::MAX, ..all(&project) }).await, "");
    let events = super::events::entity(&project, "cust_a");
    assert_eq!(store.events(crate::EventQuery { limit: usize::MAX, ..events }).await.expect("events"), []);
    let send_outs = super::send_outs::every(&project);
    assert_eq!(store.send_outs(crate::SendOutQuery { limit: usize::MAX, ..send_outs }).await.expect("send-outs"), []);
    let leased = store.lease_send_outs(&project, &"wh_1".into(), time(0), time(1), usize::MAX).await;
    assert_eq!(leased.expect("a lease"), []);
    assert!(!store.purge(&project, usize::MAX).await.expect("a purge"));
}

fn is(field: &str, operand: &str) -> Predicate {
    Predicate { field: field.into(), operator: Operator::Is, values: vec![operand.into()] }
}

fn filter(field: &str, operator: Operator, operand: Value) -> (Filter, Moment) {
    let predicate = Predicate { field: field.into(), operator, values: vec![operand] };
    (Filter { junction: Junction::And, predicates: vec![predicate], also: None }, moment())
}

fn moment() -> Moment {
    Moment { now: time(0), zone: time_zone("UTC").expect("a time zone") }
}
