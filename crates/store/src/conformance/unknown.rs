//! What becomes of commits whose outcome got lost.

use std::sync::Arc;

use super::{assert_conflict, changes, customer, insert, loaded, project};
use crate::{ChangeSet, Store};

pub async fn a_commit_that_went_through_is_resolved_as_such(store: Arc<dyn Store>) {
    let project = project("a");
    let set = ChangeSet { writes: vec![insert(&customer("cust_1", None))], ..changes(&project) };
    let name = set.commit_id.clone();
    store.commit(set).await.expect("a commit");
    assert!(store.resolve(&project, &name).await.expect("an answer"));
    assert!(store.resolve(&project, &name).await.expect("the same answer again"));
}

pub async fn a_commit_that_was_asked_for_in_vain_never_happens_later(store: Arc<dyn Store>) {
    let project = project("a");
    let set = ChangeSet { writes: vec![insert(&customer("cust_1", None))], ..changes(&project) };
    assert!(!store.resolve(&project, &set.commit_id).await.expect("an answer"));
    let name = set.commit_id.clone();
    assert_conflict(store.commit(set).await);
    assert_eq!(loaded(&store, &project, "cust_1").await, None);
    assert!(!store.resolve(&project, &name).await.expect("the same answer again"));
}

pub async fn commits_of_the_same_name_in_other_projects_are_not_meant(store: Arc<dyn Store>) {
    let (one, other) = (project("a"), project("b"));
    let set = ChangeSet { writes: vec![insert(&customer("cust_1", None))], ..changes(&one) };
    let name = set.commit_id.clone();
    assert!(!store.resolve(&other, &name).await.expect("an answer"));
    store.commit(set).await.expect("a commit");
    assert!(store.resolve(&one, &name).await.expect("an answer"));
}
