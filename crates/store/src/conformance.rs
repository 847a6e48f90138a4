//! The suite that every store has to pass: one async function per behaviour.
//!
//! A store's test file says how to open a fresh one, and gets a test per case:
//!
//! ```ignore
//! // The first lives as long as the test; none if the store can't be had here.
//! async fn fresh() -> Option<(impl Sized, Arc<dyn Store>)> { … }
//! guerdon_store::conformance_tests!(fresh());
//! ```
//!
//! The subject is mostly customers: they have a unique column, plain ones, nulls and kept counts.

pub mod commits;
pub mod copies;
pub mod documents;
pub mod events;
pub mod listings;
pub mod partitions;
pub mod send_outs;
pub mod unknown;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use guerdon_model::{
    Timestamp,
    customer::Customer,
    ids::{CustomerId, ProjectId},
};

use crate::{ChangeSet, Collection, ColumnValue, CommitError, Document, Key, Store, Stored, Write};

/// Makes the macro that makes the tests. The first argument is a dollar sign: inside a macro's text
/// there is no other way to write one for the inner macro.
macro_rules! cases {
    (($d:tt) $name:ident $(#[$doc:meta])* $($module:ident { $($case:ident)* })*) => {
        $(#[$doc])*
        #[macro_export]
        macro_rules! $name {
            ($d open:expr) => {$(
                mod $module {
                    #[allow(unused_imports, reason = "the expression may need nothing from there")]
                    use super::*;
                    $(
                        #[tokio::test]
                        async fn $case() {
                            let Some((_kept, store)) = $d open.await else { return };
                            $crate::conformance::$module::$case(store).await;
                        }
                    )*
                }
            )*};
        }
    };
}

cases! {
    ($) conformance_tests
    /// A test for every behaviour of a store; the argument is a future of something to keep and a
    /// fresh store, or of none to leave the tests out.
    documents {
        an_inserted_document_is_loaded_by_its_id_and_its_unique_value
        a_load_answers_in_the_order_of_its_keys
        a_change_raises_the_version_and_a_deletion_ends_it
        a_stale_version_is_a_conflict
        an_id_that_is_taken_is_a_conflict
        a_unique_value_that_is_taken_is_a_conflict
        a_change_can_not_take_the_unique_value_of_another_document
        other_projects_may_use_the_same_ids_and_unique_values
        a_value_that_is_unique_everywhere_is_refused_in_other_projects
        documents_without_a_unique_value_do_not_collide
        a_freed_unique_value_can_be_taken_in_the_same_commit
        every_collection_keeps_and_returns_its_documents
        texts_of_every_kind_come_back_as_they_were
        a_large_document_comes_back_whole
        the_format_number_is_kept
    }
    commits {
        a_commit_that_fails_anywhere_leaves_nothing_behind
        an_unchanged_guard_lets_a_commit_pass
        a_changed_or_vanished_guard_is_a_conflict
        a_guard_on_absence_notices_what_appeared
        a_guard_speaks_of_the_state_before_the_commit
        a_unique_value_that_was_asked_for_in_vain_is_guarded
        the_configuration_version_counts_only_where_it_is_bumped
        another_configuration_version_is_a_conflict
        the_configuration_is_read_whole_with_its_version
        a_commit_without_changes_or_project_passes
        of_racing_commits_exactly_one_wins
        counters_raised_by_racing_commits_lose_nothing
        a_commit_is_seen_by_every_later_read
    }
    listings {
        a_listing_is_ordered_by_id_in_both_directions
        a_cursor_continues_behind_an_id_in_both_directions
        a_listing_is_ordered_by_a_column_with_nulls_first_and_ties_by_id
        pages_follow_each_other_and_say_whether_more_follows
        conditions_of_every_kind_select_what_they_say
        conditions_are_joined_by_and
        documents_that_another_collection_lists_are_selected_in_any_order
        a_total_counts_all_matches_of_conditions_and_filters
        bounds_on_the_id_select_in_any_order
        a_total_ends_where_it_was_told_to
        rows_with_one_of_some_values_are_listed_in_any_order
        each_value_has_a_sample
        a_kept_total_follows_insertions_deletions_and_failures
        a_filter_selects_by_the_whole_document
        a_filter_on_a_looked_up_column_selects_as_it_does_elsewhere
        a_listing_over_all_projects_says_whose_each_document_is
        limits_and_offsets_may_be_as_large_as_they_like
    }
    events {
        events_are_read_in_order_in_both_directions
        a_cursor_continues_behind_an_event_in_both_directions
        events_are_selected_by_time_type_and_category
        every_part_of_an_event_is_kept
        an_event_is_recorded_once
        an_entitys_events_and_send_outs_are_erased_alone
        what_a_commit_appends_survives_what_it_erases
    }
    send_outs {
        a_send_out_comes_back_as_it_was
        send_outs_are_listed_newest_first_without_bodies
        send_outs_are_selected_by_webhook_status_and_type
        a_lease_excludes_everybody_else_until_it_ends
        a_lease_takes_the_oldest_first_and_no_more_than_its_limit
        a_settled_send_out_is_due_no_more_or_later
        a_settlement_changes_nothing_that_is_settled_or_gone
        waiting_send_outs_of_a_webhook_are_given_up_alone
        the_webhooks_with_due_send_outs_are_found_over_all_projects
        the_next_due_time_is_the_earliest_of_all
    }
    partitions {
        no_call_sees_or_touches_another_projects_data
        a_key_is_located_over_all_projects
        blobs_are_kept_in_pieces_and_dropped_whole
        a_purge_leaves_nothing_of_its_project_and_all_of_others
        pruning_takes_what_has_expired_and_old_settled_send_outs_alone
        a_checker_finds_nothing_wrong
    }
    copies {
        a_dump_tells_everything_there_is
        what_was_restored_is_as_it_was
        parts_are_told_in_their_order
        life_goes_on_in_a_restored_store
        what_is_there_already_is_not_restored_again
        portions_are_bounded_by_rows_and_bytes
        a_dump_is_of_one_moment
        a_dump_that_nobody_listens_to_ends
    }
}

cases! {
    ($) unknown_outcome_tests
    /// Tests for stores that can lose the connection while committing. One that always knows the
    /// outcome never reports [`CommitError::Unknown`] and need not remember commits.
    unknown {
        a_commit_that_went_through_is_resolved_as_such
        a_commit_that_was_asked_for_in_vain_never_happens_later
        commits_of_the_same_name_in_other_projects_are_not_meant
    }
}

/// When the blobs of the cases expire.
const LATER: Timestamp = Timestamp::from_millis(1_000_000);

/// 2024-01-01T00:00:00Z and so many milliseconds.
fn time(millis: i64) -> Timestamp {
    Timestamp::from_millis(1_704_067_200_000 + millis)
}

fn project(name: &str) -> ProjectId {
    ProjectId::from(format!("proj_{name}"))
}

fn customer(id: &str, source_id: Option<&str>) -> Customer {
    Customer::new(CustomerId::from(id), source_id.map(str::to_owned), time(0))
}

fn stored<D: Document>(document: &D) -> Stored {
    let body = serde_json::to_string(document).expect("documents serialize");
    Stored { format: D::FORMAT, body, columns: document.columns() }
}

fn insert<D: Document>(document: &D) -> Write {
    Write { collection: D::COLLECTION, id: document.id().into(), expected: None, document: Some(stored(document)) }
}

fn replace<D: Document>(document: &D, expected: u64) -> Write {
    Write { expected: Some(expected), ..insert(document) }
}

fn delete(collection: Collection, id: &str, expected: u64) -> Write {
    Write { collection, id: id.into(), expected: Some(expected), document: None }
}

/// An empty change set with a name of its own.
fn changes(project: &ProjectId) -> ChangeSet {
    static COMMITS: AtomicU64 = AtomicU64::new(0);
    let number = COMMITS.fetch_add(1, Ordering::Relaxed);
    ChangeSet::new(project.clone(), format!("commit-{number}"), 0)
}

async fn write(store: &Arc<dyn Store>, project: &ProjectId, writes: Vec<Write>) -> Result<(), CommitError> {
    store.commit(ChangeSet { writes, ..changes(project) }).await
}

/// Inserts customers that nothing is in the way of.
async fn given<'a>(store: &Arc<dyn Store>, project: &ProjectId, customers: impl IntoIterator<Item = &'a Customer>) {
    write(store, project, customers.into_iter().map(insert).collect()).await.expect("a commit");
}

/// The version and the customer, if there is one.
async fn loaded(store: &Arc<dyn Store>, project: &ProjectId, id: &str) -> Option<(u64, Customer)> {
    load(store, project, Key::id(Collection::Customers, id)).await
}

async fn by_source_id(store: &Arc<dyn Store>, project: &ProjectId, source_id: &str) -> Option<(u64, Customer)> {
    load(store, project, Key::unique(Collection::Customers, SOURCE_ID, source_id)).await
}

async fn load(store: &Arc<dyn Store>, project: &ProjectId, key: Key) -> Option<(u64, Customer)> {
    let loaded = store.load(project, vec![key]).await.expect("a load");
    let record = loaded.records.into_iter().next().expect("one record per key")?;
    assert_eq!(record.project, *project);
    Some((record.version, serde_json::from_str(&record.body).expect("a customer")))
}

/// Places in the customers' row of columns.
const SOURCE_ID: usize = 0;
const NAME: usize = 1;
const CREATED_AT: usize = 4;

fn text(value: &str) -> ColumnValue {
    value.into()
}

#[track_caller]
fn assert_conflict(outcome: Result<(), CommitError>) {
    assert!(matches!(outcome, Err(CommitError::Conflict)), "a conflict, not {outcome:?}");
}
