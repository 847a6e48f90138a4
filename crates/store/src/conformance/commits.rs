//! What a commit as a whole promises: all or nothing, guards, the configuration's version, races.

use std::sync::Arc;

use guerdon_model::customer::Customer;
use tokio::task::JoinSet;

use super::{
    LATER, SOURCE_ID, assert_conflict, by_source_id, changes, customer, delete,
    documents::{key, user},
    events::{entity, event},
    given, insert, loaded, project, replace,
    send_outs::send_out,
    write,
};
use crate::{BlobChunk, ChangeSet, Collection, CommitError, Guard, Key, Query, Store};

pub async fn a_commit_that_fails_anywhere_leaves_nothing_behind(store: Arc<dyn Store>) {
    let project = project("a");
    let (kept, doomed) = (customer("cust_1", Some("kept")), customer("cust_2", Some("doomed")));
    let chunk = |blob: &str| BlobChunk { blob: blob.into(), seq: 0, bytes: vec![1], expires_at: LATER };
    let before = ChangeSet {
        writes: vec![insert(&kept), insert(&doomed)],
        events: vec![event("ev_1", "cust_1", 0)],
        send_outs: vec![send_out("whs_1", "wh_1", "cust_1", 0)],
        blob_chunks: vec![chunk("old")],
        ..changes(&project)
    };
    store.commit(before).await.expect("a commit");

    let good = || ChangeSet {
        writes: vec![
            insert(&customer("cust_3", Some("new"))),
            replace(&customer("cust_1", Some("renamed")), 1),
            delete(Collection::Customers, "cust_2", 1),
        ],
        events: vec![event("ev_2", "cust_3", 0)],
        send_outs: vec![send_out("whs_2", "wh_1", "cust_3", 0)],
        blob_chunks: vec![chunk("new")],
        dropped_blobs: vec!["old".into()],
        erased_entities: vec!["cust_1".into()],
        bumps_config: true,
        ..changes(&project)
    };
    type Spoil = fn(&mut ChangeSet);
    let spoils: [Spoil; 8] = [
        |set| set.writes.push(replace(&customer("cust_9", None), 1)),
        |set| set.writes.push(insert(&customer("cust_9", Some("new")))),
        |set| set.writes.insert(0, delete(Collection::Customers, "cust_9", 1)),
        |set| set.guards.push(Guard { collection: Collection::Customers, id: "cust_1".into(), version: Some(9) }),
        |set| set.events.push(event("ev_2", "cust_3", 0)),
        |set| set.send_outs.push(send_out("whs_2", "wh_1", "cust_3", 0)),
        |set| set.blob_chunks.push(BlobChunk { blob: "new".into(), seq: 0, bytes: vec![2], expires_at: LATER }),
        |set| set.config_version = 5,
    ];
    for (number, spoil) in spoils.into_iter().enumerate() {
        let mut set = good();
        spoil(&mut set);
        let outcome = store.commit(set).await;
        assert!(matches!(outcome, Err(CommitError::Conflict)), "spoilt by number {number}: {outcome:?}");
        assert_eq!(loaded(&store, &project, "cust_1").await, Some((1, kept.clone())), "number {number}");
        assert_eq!(by_source_id(&store, &project, "doomed").await, Some((1, doomed.clone())), "number {number}");
        assert_eq!(by_source_id(&store, &project, "new").await, None, "number {number}");
        assert_eq!(store.events(entity(&project, "cust_1")).await.expect("events").len(), 1);
        assert_eq!(store.events(entity(&project, "cust_3")).await.expect("events"), []);
        assert!(store.send_out(&project, &"whs_1".into()).await.expect("a send-out").is_some());
        assert_eq!(store.send_out(&project, &"whs_2".into()).await.expect("no send-out"), None);
        assert_eq!(store.blob_chunk(&project, "old", 0).await.expect("a chunk"), Some(vec![1]));
        assert_eq!(store.blob_chunk(&project, "new", 0).await.expect("no chunk"), None);
        assert_eq!(config_version(&store).await, 0);
        let counted = Query { count: true, ..Query::all(project.clone(), Collection::Customers) };
        assert_eq!(store.query(counted).await.expect("a page").total, Some(2));
    }
    store.commit(good()).await.expect("unspoilt it passes");
    assert_eq!(config_version(&store).await, 1);
    assert_eq!(store.check().await.expect("a check"), Vec::<String>::new());
}

pub async fn an_unchanged_guard_lets_a_commit_pass(store: Arc<dyn Store>) {
    let project = project("a");
    given(&store, &project, [&customer("cust_1", None)]).await;
    let guards = vec![guard("cust_1", Some(1)), guard("cust_2", None)];
    let set = ChangeSet { guards, writes: vec![insert(&customer("cust_3", None))], ..changes(&project) };
    store.commit(set).await.expect("nothing changed");
    assert_eq!(loaded(&store, &project, "cust_1").await.map(|found| found.0), Some(1), "a guard is no write");
    assert!(loaded(&store, &project, "cust_3").await.is_some());
}

pub async fn a_changed_or_vanished_guard_is_a_conflict(store: Arc<dyn Store>) {
    let project = project("a");
    let guarded = |number: u32| ChangeSet {
        guards: vec![guard("cust_1", Some(1))],
        writes: vec![insert(&customer(&format!("cust_1{number}"), None))],
        ..changes(&project)
    };
    given(&store, &project, [&customer("cust_1", None)]).await;
    write(&store, &project, vec![replace(&customer("cust_1", None), 1)]).await.expect("a commit");
    assert_conflict(store.commit(guarded(1)).await);
    write(&store, &project, vec![delete(Collection::Customers, "cust_1", 2)]).await.expect("a commit");
    assert_conflict(store.commit(guarded(2)).await);
    assert_eq!(loaded(&store, &project, "cust_11").await, None);
    assert_eq!(loaded(&store, &project, "cust_12").await, None);
}

pub async fn a_guard_on_absence_notices_what_appeared(store: Arc<dyn Store>) {
    let project = project("a");
    given(&store, &project, [&customer("cust_1", None)]).await;
    let writes = vec![insert(&customer("cust_2", None))];
    let set = ChangeSet { guards: vec![guard("cust_1", None)], writes, ..changes(&project) };
    assert_conflict(store.commit(set).await);
    assert_eq!(loaded(&store, &project, "cust_2").await, None);
}

pub async fn a_guard_speaks_of_the_state_before_the_commit(store: Arc<dyn Store>) {
    let project = project("a");
    given(&store, &project, [&customer("cust_1", None)]).await;
    let set = ChangeSet {
        guards: vec![guard("cust_1", Some(1)), guard("cust_2", None)],
        writes: vec![replace(&customer("cust_1", None), 1), insert(&customer("cust_2", None))],
        ..changes(&project)
    };
    store.commit(set).await.expect("its own writes don't break it");
}

pub async fn a_unique_value_that_was_asked_for_in_vain_is_guarded(store: Arc<dyn Store>) {
    let project = project("a");
    let asked = |id: &str| ChangeSet {
        absent: vec![Key::unique(Collection::Customers, SOURCE_ID, "ada")],
        writes: vec![insert(&customer(id, None))],
        ..changes(&project)
    };
    given(&store, &super::project("b"), [&customer("cust_1", Some("ada"))]).await;
    store.commit(asked("cust_1")).await.expect("in this project there is none");
    given(&store, &project, [&customer("cust_2", Some("ada"))]).await;
    assert_conflict(store.commit(asked("cust_3")).await);
    assert_eq!(loaded(&store, &project, "cust_3").await, None);
    // It speaks of the state before the commit, like every guard.
    let freed = ChangeSet { writes: vec![delete(Collection::Customers, "cust_2", 1)], ..asked("cust_3") };
    assert_conflict(store.commit(freed).await);
}

pub async fn the_configuration_version_counts_only_where_it_is_bumped(store: Arc<dyn Store>) {
    let (one, other) = (project("a"), project("b"));
    for version in 0..3 {
        let set = ChangeSet { bumps_config: true, config_version: version, ..changes(&one) };
        store.commit(set).await.expect("a commit");
        assert_eq!(store.load(&one, Vec::new()).await.expect("a load").config_version, version + 1);
    }
    let set = ChangeSet { writes: vec![insert(&customer("cust_1", None))], config_version: 3, ..changes(&one) };
    store.commit(set).await.expect("a commit");
    assert_eq!(store.load(&one, Vec::new()).await.expect("a load").config_version, 3);
    assert_eq!(store.load(&other, Vec::new()).await.expect("a load").config_version, 0);
}

pub async fn another_configuration_version_is_a_conflict(store: Arc<dyn Store>) {
    let project = project("a");
    let set = |config_version, bumps_config, id| ChangeSet {
        config_version,
        bumps_config,
        writes: vec![insert(&customer(id, None))],
        ..changes(&project)
    };
    assert_conflict(store.commit(set(3, true, "cust_1")).await);
    assert_conflict(store.commit(set(3, false, "cust_1")).await);
    store.commit(set(0, true, "cust_2")).await.expect("a commit");
    for (version, bumps) in [(0, false), (0, true), (2, false), (2, true)] {
        assert_conflict(store.commit(set(version, bumps, "cust_3")).await);
    }
    assert_eq!(config_version(&store).await, 1);
    store.commit(set(1, false, "cust_3")).await.expect("a commit");
}

pub async fn the_configuration_is_read_whole_with_its_version(store: Arc<dyn Store>) {
    let project = project("a");
    let set = ChangeSet {
        writes: vec![
            insert(&key("app_1")),
            insert(&key("app_2")),
            insert(&customer("cust_1", None)),
            insert(&user("user_1", "a@b")),
        ],
        bumps_config: true,
        ..changes(&project)
    };
    store.commit(set).await.expect("a commit");
    let configuration = store.configuration(&project).await.expect("a configuration");
    let found: Vec<_> = configuration.records.iter().map(|(collection, record)| (*collection, &*record.id)).collect();
    assert_eq!(found, [(Collection::ApiKeys, "app_1"), (Collection::ApiKeys, "app_2")]);
    assert_eq!(configuration.version, 1);
}

pub async fn a_commit_without_changes_or_project_passes(store: Arc<dyn Store>) {
    store.commit(ChangeSet::default()).await.expect("nothing to do");
    store.commit(changes(&project("a"))).await.expect("nothing to do");
}

pub async fn of_racing_commits_exactly_one_wins(store: Arc<dyn Store>) {
    let project = project("a");
    let mut racers = JoinSet::new();
    for number in 0..40 {
        let set = ChangeSet {
            writes: vec![
                insert(&customer(&format!("cust_{number}"), Some("prize"))),
                insert(&user(&format!("user_{number}"), &format!("{number}@example.com"))),
            ],
            ..changes(&project)
        };
        let store = store.clone();
        racers.spawn(async move { store.commit(set).await });
    }
    let outcomes = racers.join_all().await;
    assert_eq!(outcomes.iter().filter(|outcome| outcome.is_ok()).count(), 1, "{outcomes:?}");
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Ok(()) | Err(CommitError::Conflict))), "{outcomes:?}");
    let users = store.query(Query::all(project.clone(), Collection::Users)).await.expect("a page");
    assert_eq!(users.records.len(), 1, "the losers left nothing behind");
}

pub async fn counters_raised_by_racing_commits_lose_nothing(store: Arc<dyn Store>) {
    const RACERS: i64 = 16;
    const STEPS: i64 = 10;
    let project = project("a");
    given(&store, &project, [&customer("cust_1", None)]).await;
    let mut racers = JoinSet::new();
    for racer in 0..RACERS {
        let (store, project) = (store.clone(), project.clone());
        racers.spawn(async move {
            // Commits beside the contended ones, which nobody's conflict may undo.
            for step in 0..STEPS {
                given(&store, &project, [&customer(&format!("cust_{racer}_{step}"), None)]).await;
                raise(&store, &project).await;
            }
        });
    }
    racers.join_all().await;
    let (version, counter) = loaded(&store, &project, "cust_1").await.expect("the counter");
    assert_eq!(counter.loyalty.points, RACERS * STEPS);
    assert_eq!(version as i64, 1 + RACERS * STEPS);
    let counted = Query { count: true, limit: 0, ..Query::all(project, Collection::Customers) };
    assert_eq!(store.query(counted).await.expect("a page").total, Some((1 + RACERS * STEPS) as u64));
    assert_eq!(store.check().await.expect("a check"), Vec::<String>::new());
}

async fn raise(store: &Arc<dyn Store>, project: &guerdon_model::ids::ProjectId) {
    loop {
        let (version, mut counter) = loaded(store, project, "cust_1").await.expect("the counter");
        counter.loyalty.points += 1;
        match write(store, project, vec![replace::<Customer>(&counter, version)]).await {
            Ok(()) => return,
            Err(CommitError::Conflict) => tokio::task::yield_now().await,
            Err(other) => panic!("{other}"),
        }
    }
}

pub async fn a_commit_is_seen_by_every_later_read(store: Arc<dyn Store>) {
    let project = project("a");
    for number in 0..50 {
        let id = format!("cust_{number}");
        given(&store, &project, [&customer(&id, None)]).await;
        // More readers than a store has connections, so that each of them is asked.
        let mut readers = JoinSet::new();
        for _ in 0..8 {
            let (store, project, id) = (store.clone(), project.clone(), id.clone());
            readers.spawn(async move {
                let loaded = store.load(&project, vec![Key::id(Collection::Customers, id)]).await.expect("a load");
                loaded.records[0].is_some()
            });
        }
        assert!(readers.join_all().await.into_iter().all(|seen| seen), "commit {number} is not seen");
    }
}

fn guard(id: &str, version: Option<u64>) -> Guard {
    Guard { collection: Collection::Customers, id: id.into(), version }
}

async fn config_version(store: &Arc<dyn Store>) -> u64 {
    store.load(&project("a"), Vec::new()).await.expect("a load").config_version
}
