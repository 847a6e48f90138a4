//! What the dispatcher reads from and writes to the store, with what to do when that fails.

use std::{sync::Arc, time::Duration};

use guerdon_core::{Context, Guerdon, snapshot::Snapshot, webhooks};
use guerdon_model::{
    Error, Timestamp,
    ids::{ProjectId, WebhookId},
    send_out::SendOut,
    webhook::Webhook,
};
use guerdon_store::Settlement;

/// The longest that an attempt takes.
pub(crate) const ATTEMPT_MS: i64 = 10_000;
/// How long a send-out is held for its attempt. What exceeds the attempt itself is for waiting until
/// it begins and for recording its outcome.
const LEASE_MS: i64 = 16_000;
/// How long a leased send-out may wait until its attempt begins.
const WAIT_MS: i64 = 4_000;
/// How often outcomes are offered to a store that does not take them.
const SETTLE_TRIES: u32 = 5;
const SETTLE_PAUSE: Duration = Duration::from_millis(100);
/// The pause after a failed lease, so that a store in trouble is not asked all the time.
const LEASE_PAUSE: Duration = Duration::from_secs(1);

const _: () = assert!(WAIT_MS + ATTEMPT_MS < LEASE_MS);

/// Send-outs that are ours for a while.
pub(crate) struct Lease {
    pub(crate) send_outs: Vec<SendOut>,
    /// An attempt that begins later might end after somebody else has taken over.
    pub(crate) start_by: Timestamp,
}

/// The webhook, if it is there and wants deliveries.
pub(crate) fn wanting<'a>(snapshot: &'a Snapshot, webhook: &WebhookId) -> Option<&'a Webhook> {
    snapshot.webhook(webhook).filter(|webhook| webhook.active)
}

/// Takes due send-outs of one webhook; none if the store fails.
pub(crate) async fn lease(guerdon: &Guerdon, project: &ProjectId, webhook: &WebhookId, limit: usize) -> Lease {
    let now = guerdon.clock.now();
    let leased = guerdon.store.lease_send_outs(project, webhook, now, now.plus_millis(LEASE_MS), limit).await;
    let send_outs = match leased {
        Ok(send_outs) => send_outs,
        Err(error) => {
            tracing::error!(%project, %webhook, %error, "webhook send-outs could not be taken from the store");
            tokio::time::sleep(LEASE_PAUSE).await;
            Vec::new()
        }
    };
    Lease { send_outs, start_by: now.plus_millis(WAIT_MS) }
}

/// Records outcomes, with some patience. Should it fail for good, the send-outs are sent again when
/// their leases end.
///
/// # Errors
/// `StoreUnavailable`.
pub(crate) async fn settle(guerdon: &Guerdon, settlements: Vec<Settlement>) -> Result<(), Error> {
    let mut pause = SETTLE_PAUSE;
    for _ in 1..SETTLE_TRIES {
        match guerdon.store.settle_send_outs(settlements.clone()).await {
            Ok(()) => return Ok(()),
            Err(error) => tracing::warn!(%error, "outcomes of webhook attempts could not be recorded yet"),
        }
        tokio::time::sleep(pause).await;
        pause *= 2;
    }
    let count = settlements.len();
    guerdon.store.settle_send_outs(settlements).await.map_err(|error| {
        tracing::error!(count, %error, "outcomes of webhook attempts are lost; these requests will be repeated");
        Error::StoreUnavailable
    })
}

/// Switches a webhook off after its last retry has failed.
pub(crate) async fn disable(guerdon: &Guerdon, project: &ProjectId, webhook: &WebhookId) -> Result<(), Error> {
    let context = Context::background(project.clone(), &guerdon.ids.next(guerdon.clock.now()));
    let id = webhook.clone();
    guerdon.executor.execute(context, Vec::new(), move |tx| webhooks::disable(tx, id.as_str())).await?;
    tracing::warn!(%project, %webhook, "a webhook was disabled: a delivery failed after its last retry");
    Ok(())
}

/// Gives up everything that waits for a webhook, unless it wants deliveries after all; returns how
/// many send-outs that were.
pub(crate) async fn give_up(guerdon: &Guerdon, project: &ProjectId, webhook: &WebhookId) -> u64 {
    let snapshot = match configuration(guerdon, project).await {
        Some(snapshot) => snapshot,
        None => return 0,
    };
    if wanting(&snapshot, webhook).is_some() {
        return 0;
    }
    match guerdon.store.fail_waiting_send_outs(project, webhook).await {
        Ok(count) => {
            tracing::info!(%project, %webhook, count, "deliveries to a webhook that is off or gone were given up");
            count
        }
        Err(error) => {
            tracing::error!(%project, %webhook, %error, "deliveries to a webhook that is off could not be given up");
            0
        }
    }
}

/// The project's configuration as of now; `None`, and logged, if the store fails.
pub(crate) async fn configuration(guerdon: &Guerdon, project: &ProjectId) -> Option<Arc<Snapshot>> {
    // A failure has been logged where it was found.
    guerdon.snapshots.latest(project).await.ok()
}
