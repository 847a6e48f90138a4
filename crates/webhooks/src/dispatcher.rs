//! Finds the webhooks that have something due and gives each a task of its own.

use std::{
    collections::{HashMap, hash_map::Entry},
    sync::Arc,
    time::Duration,
};

use bytes::Bytes;
use futures_util::future::join_all;
use guerdon_core::{Guerdon, snapshot::Snapshot, webhooks};
use guerdon_model::{
    Error,
    ids::{ProjectId, SendOutId, WebhookId},
    send_out::{Attempt, SendOut, SendOutStatus},
    webhook::Webhook,
};
use guerdon_store::Settlement;
use parking_lot::Mutex;
use tokio::{
    sync::{Notify, watch},
    task::JoinSet,
};

use crate::{
    attempt,
    endpoint::{Endpoint, Served},
    ledger,
    transport::Transport,
};

/// The word for send-outs in errors.
pub const RESOURCE: &str = "webhook_sendout";
/// How often work is looked for that nobody announced: retries, and what a crash left behind. It
/// is also how much later than planned a retry may be.
const LOOK: Duration = Duration::from_secs(1);
/// The least time between two looks, however many commits announce work.
const GATHER: Duration = Duration::from_millis(5);
/// How long a stop waits for requests that are running.
const STOP_TIME: Duration = Duration::from_millis(ledger::ATTEMPT_MS as u64 + 1_000);

/// How much is done at a time.
#[derive(Debug, Clone)]
pub struct Options {
    /// Requests that run at a time to one webhook.
    pub requests_per_webhook: usize,
    /// Webhooks that are served at a time; further ones wait for their turn.
    pub webhooks: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { requests_per_webhook: 16, webhooks: 1_024 }
    }
}

/// Delivers the send-outs of all projects.
pub struct Dispatcher {
    guerdon: Arc<Guerdon>,
    transport: Arc<dyn Transport>,
    options: Options,
    /// The webhooks that have a task, with what wakes it.
    seats: Mutex<HashMap<Target, Arc<Notify>>>,
    /// A task has ended.
    left: Notify,
    /// There may be work that a task which has just ended did not see.
    look: Notify,
    stop: watch::Sender<bool>,
}

/// A webhook of a project.
type Target = (ProjectId, WebhookId);

impl Dispatcher {
    /// A dispatcher that does nothing until it is run.
    pub fn new(guerdon: Arc<Guerdon>, transport: Arc<dyn Transport>, options: Options) -> Arc<Self> {
        Arc::new(Self {
            guerdon,
            transport,
            options,
            seats: Mutex::default(),
            left: Notify::new(),
            look: Notify::new(),
            stop: watch::Sender::new(false),
        })
    }

    /// Delivers until [`Dispatcher::stop`] is called. Dropping the future breaks off all requests;
    /// they are repeated when their leases end.
    pub async fn run(self: Arc<Self>) {
        let mut tasks = JoinSet::new();
        let mut stop = self.stop.subscribe();
        // Which of the due webhooks comes first, so that none is always the last.
        let mut turn = 0;
        while !*stop.borrow() {
            while let Some(ended) = tasks.try_join_next() {
                if let Err(error) = ended {
                    tracing::error!(%error, "serving a webhook has broken off");
                }
            }
            self.seat_due(&mut tasks, turn).await;
            turn += 1;
            tokio::select! {
                _ = stop.wait_for(|stop| *stop) => {}
                () = self.work_to_look_for() => {}
            }
        }
        while tasks.join_next().await.is_some() {}
    }

    /// Delivers everything that is due at the clock's present time, and what becomes due at the same
    /// time by that; returns how many requests were sent. For tests and simulations, whose clock
    /// stands still meanwhile.
    pub async fn deliver_due(&self) -> usize {
        let mut attempts = 0;
        let never = Notify::new();
        loop {
            let due = self.due().await;
            let served = join_all(due.iter().map(|target| self.serve(target, &never))).await;
            let round: usize = served.iter().map(|served| served.attempts).sum();
            attempts += round;
            if round == 0 && served.iter().all(|served| served.given_up == 0) {
                return attempts;
            }
        }
    }

    /// Begins no more requests, and waits until those that are running are recorded: eleven seconds
    /// at most. Whatever else was due stays due.
    pub async fn stop(&self) {
        self.stop.send_replace(true);
        let all_have_left = async {
            loop {
                let left = self.left.notified();
                if self.seats.lock().is_empty() {
                    return;
                }
                left.await;
            }
        };
        if tokio::time::timeout(STOP_TIME, all_have_left).await.is_err() {
            tracing::warn!("webhook requests were broken off; they will be repeated after the next start");
        }
    }

    /// Tries a send-out once more that was given up or has succeeded, with the same id and body. A
    /// success is recorded, a failure leaves the status as it was; the webhook stays on or off.
    ///
    /// # Errors
    /// `NotFound` for an unknown send-out, or if its webhook no longer exists; `Forbidden` while the
    /// schedule still holds attempts for it; `StoreUnavailable`.
    pub async fn retry(&self, project: &ProjectId, id: &str) -> Result<SendOut, Error> {
        let id = SendOutId::from(id);
        let found = self.guerdon.store.send_out(project, &id).await.map_err(|error| {
            tracing::error!(%project, %error, "a webhook send-out could not be read");
            Error::StoreUnavailable
        })?;
        let mut send_out = found.ok_or_else(|| Error::not_found(RESOURCE, id.as_str()))?;
        if send_out.next_attempt_at.is_some() {
            let details = format!("The webhook sendout {id} is still going to be tried on its own.");
            return Err(Error::Forbidden { details });
        }
        let snapshot = self.guerdon.snapshots.latest(project).await?;
        let webhook = configured(&snapshot, &send_out.webhook_id)?;
        let request = attempt::outgoing(&snapshot, webhook, Bytes::from(send_out.body.clone()));
        let attempt = self.attempt(attempt::next_no(&send_out), request).await;

        if attempt.error.is_none() {
            send_out.status = SendOutStatus::Succeeded;
        }
        let first_attempt_at = *send_out.first_attempt_at.get_or_insert(attempt.executed_at);
        send_out.attempts.push(attempt);
        let settlement = Settlement {
            project: project.clone(),
            id,
            status: send_out.status,
            first_attempt_at,
            next_attempt_at: None,
            attempts: send_out.attempts.clone(),
        };
        ledger::settle(&self.guerdon, vec![settlement]).await?;
        Ok(send_out)
    }

    /// Sends a made-up event to a webhook, on or off, and tells what came of it. Nothing is stored
    /// and nothing follows from a failure.
    ///
    /// # Errors
    /// `NotFound` for an unknown webhook; `StoreUnavailable`.
    pub async fn test(&self, project: &ProjectId, webhook: &str) -> Result<Attempt, Error> {
        let snapshot = self.guerdon.snapshots.latest(project).await?;
        let webhook = configured(&snapshot, &WebhookId::from(webhook))?;
        let body = Bytes::from(webhooks::sample(project, webhook));
        Ok(self.attempt(1, attempt::outgoing(&snapshot, webhook, body)).await)
    }

    async fn attempt(&self, no: u32, request: Result<crate::Outgoing, String>) -> Attempt {
        attempt::make(self.transport.as_ref(), self.guerdon.clock.as_ref(), no, request).await
    }

    async fn serve(&self, (project, webhook): &Target, wake: &Notify) -> Served {
        let endpoint = Endpoint {
            guerdon: &self.guerdon,
            transport: self.transport.as_ref(),
            project,
            webhook,
            concurrency: self.options.requests_per_webhook.max(1),
        };
        endpoint.serve(wake, self.stop.subscribe()).await
    }

    async fn due(&self) -> Vec<Target> {
        self.guerdon.store.due_webhooks(self.guerdon.clock.now()).await.unwrap_or_else(|error| {
            tracing::error!(%error, "due webhooks could not be looked up");
            Vec::new()
        })
    }

    /// Wakes the tasks of webhooks that have something due, and starts one for each that has none.
    async fn seat_due(self: &Arc<Self>, tasks: &mut JoinSet<()>, turn: usize) {
        let mut due = self.due().await;
        if !due.is_empty() {
            let first = turn % due.len();
            due.rotate_left(first);
        }
        for target in due {
            if let Some(seat) = self.seat(target) {
                tasks.spawn(async move {
                    seat.dispatcher.serve(&seat.target, &seat.wake).await;
                });
            }
        }
    }

    /// A seat for a webhook that has none, if one is free.
    fn seat(self: &Arc<Self>, target: Target) -> Option<Seat> {
        let mut seats = self.seats.lock();
        let is_full = seats.len() >= self.options.webhooks.max(1);
        match seats.entry(target) {
            Entry::Occupied(seat) => {
                seat.get().notify_one();
                None
            }
            Entry::Vacant(_) if is_full => None,
            Entry::Vacant(vacant) => {
                let (target, wake) = (vacant.key().clone(), Arc::new(Notify::new()));
                vacant.insert(wake.clone());
                Some(Seat { dispatcher: self.clone(), target, wake })
            }
        }
    }

    async fn work_to_look_for(&self) {
        tokio::time::sleep(GATHER).await;
        tokio::select! {
            () = self.guerdon.signals.send_outs.notified() => {}
            () = self.look.notified() => {}
            () = tokio::time::sleep(LOOK) => {}
        }
    }
}

fn configured<'a>(snapshot: &'a Snapshot, id: &WebhookId) -> Result<&'a Webhook, Error> {
    snapshot.webhook(id).ok_or_else(|| Error::not_found(webhooks::RESOURCE, id.as_str()))
}

/// A webhook's claim to be served by one task only.
struct Seat {
    dispatcher: Arc<Dispatcher>,
    target: Target,
    wake: Arc<Notify>,
}

impl Drop for Seat {
    /// However the task ends, the webhook can be served again; and since it may have been woken just
    /// now, it is looked at once more.
    fn drop(&mut self) {
        self.dispatcher.seats.lock().remove(&self.target);
        self.dispatcher.left.notify_waiters();
        self.dispatcher.look.notify_one();
    }
}
