//! Deletes what has been kept long enough: settled send-outs, reports, forgotten uploads, ended sessions.

use std::{sync::Arc, time::Duration};

use guerdon_model::{
    Error,
    ids::{ProjectId, organization},
};
use guerdon_store::{Collection, Query};

use crate::{failure::unavailable, redeemables::locks, service::Guerdon};

/// How often it is looked for.
const LOOK: Duration = Duration::from_secs(600);
/// How many rows are deleted in one transaction, so that nobody waits long for it.
const STEP: usize = 500;

/// Deletes until it is dropped.
pub async fn work(guerdon: Arc<Guerdon>) {
    loop {
        prune(&guerdon).await;
        tokio::time::sleep(LOOK).await;
    }
}

/// Deletes everything that is old enough now; returns how many rows went.
pub async fn prune(guerdon: &Guerdon) -> u64 {
    let sessions = prune_sessions(guerdon).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "ended sessions could not be deleted; it is tried again later");
        0
    });
    sessions + prune_rows(guerdon).await
}

async fn prune_sessions(guerdon: &Guerdon) -> Result<u64, Error> {
    let query = Query { project: None, ..Query::all(organization(), Collection::Projects) };
    let mut gone = 0;
    for project in guerdon.store.query(query).await.map_err(unavailable)?.records {
        let project = ProjectId::from(&*project.id);
        loop {
            match locks::prune(guerdon, &project).await? {
                0 => break,
                ended => gone += ended as u64,
            }
        }
    }
    Ok(gone)
}

async fn prune_rows(guerdon: &Guerdon) -> u64 {
    let now = guerdon.clock.now();
    let send_outs_before = now.plus_millis(-guerdon.options.send_out_retention);
    let mut gone = 0;
    loop {
        match guerdon.store.prune(now, send_outs_before, STEP).await {
            Ok(0) => return gone,
            Ok(rows) => gone += rows,
            Err(error) => {
                tracing::warn!(%error, "what is old enough could not be deleted; it is tried again later");
                return gone;
            }
        }
    }
}
