//! The work of one webhook: leases, sends and settles side by side until nothing is due.
//!
//! Everything of one webhook happens in one task, so that a slow endpoint delays nobody else, and so
//! that how many requests run at a time is a local number. Outcomes that arrive while others are
//! being recorded are recorded together afterwards; the next send-outs are leased meanwhile.

use std::{collections::VecDeque, mem};

use bytes::Bytes;
use futures_util::{
    FutureExt, StreamExt,
    future::{BoxFuture, Fuse, FusedFuture},
    stream::FuturesUnordered,
};
use guerdon_core::Guerdon;
use guerdon_model::{
    Timestamp,
    ids::{ProjectId, WebhookId},
    send_out::SendOut,
};
use guerdon_store::Settlement;
use tokio::sync::{Notify, watch};

use crate::{
    attempt::{self, Verdict},
    ledger::{self, Lease},
    transport::Transport,
};

/// The most send-outs that are leased ahead of those being sent.
const MAX_AHEAD: usize = 240;
/// About how long, in milliseconds, a send-out may wait between its lease and its attempt. It is far
/// less than the lease allows: an endpoint may become slow at any time.
const AHEAD_MS: u64 = 1_000;

/// One webhook, and with what it is served.
pub(crate) struct Endpoint<'a> {
    pub(crate) guerdon: &'a Guerdon,
    pub(crate) transport: &'a dyn Transport,
    pub(crate) project: &'a ProjectId,
    pub(crate) webhook: &'a WebhookId,
    /// How many requests run at a time; at least one.
    pub(crate) concurrency: usize,
}

/// What was done for a webhook.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Served {
    pub(crate) attempts: usize,
    /// Send-outs that were given up without an attempt.
    pub(crate) given_up: u64,
}

/// What became of a send-out that was to be tried.
enum Tried {
    /// To be recorded; `duration_ms` is that of the request.
    Outcome { settlement: Settlement, duration_ms: u64, verdict: Verdict },
    /// The webhook is off or gone: it was not tried.
    Unwanted,
    /// The store failed on the way: it comes back when its lease ends.
    Undecided,
}

impl Endpoint<'_> {
    /// Works until nothing is due, nothing is running and everything is recorded. `wake` tells that
    /// more may be due, `stop` that nothing more shall be begun.
    pub(crate) async fn serve(&self, wake: &Notify, mut stop: watch::Receiver<bool>) -> Served {
        let mut queue = Queue::new(self.concurrency);
        queue.is_closed = *stop.borrow();
        let mut running = FuturesUnordered::new();
        let mut leasing: Fuse<BoxFuture<'_, Lease>> = Fuse::terminated();
        let mut settling: Fuse<BoxFuture<'_, ()>> = Fuse::terminated();
        loop {
            while running.len() < self.concurrency
                && let Some(send_out) = queue.next(self.guerdon.clock.now())
            {
                running.push(self.attempt(send_out));
            }
            let wanted = queue.wanted(running.len());
            if leasing.is_terminated() && wanted > 0 {
                queue.asked = wanted;
                leasing = ledger::lease(self.guerdon, self.project, self.webhook, wanted).boxed().fuse();
            }
            if settling.is_terminated() && !queue.outcomes.is_empty() {
                // A failure has been logged, and is made good by the end of the leases.
                settling = ledger::settle(self.guerdon, mem::take(&mut queue.outcomes)).map(drop).boxed().fuse();
            }
            if running.is_empty() && leasing.is_terminated() && settling.is_terminated() {
                break;
            }
            tokio::select! {
                Some(tried) = running.next(), if !running.is_empty() => queue.note(tried),
                lease = &mut leasing, if !leasing.is_terminated() => queue.add(lease),
                () = &mut settling, if !settling.is_terminated() => {}
                () = wake.notified() => queue.is_drained = false,
                _ = stop.wait_for(|stop| *stop), if !queue.is_closed => queue.close(),
            }
        }
        let given_up =
            if queue.is_unwanted { ledger::give_up(self.guerdon, self.project, self.webhook).await } else { 0 };
        Served { attempts: queue.attempts, given_up }
    }

    async fn attempt(&self, mut send_out: SendOut) -> Tried {
        let Some(snapshot) = ledger::configuration(self.guerdon, self.project).await else { return Tried::Undecided };
        let Some(webhook) = ledger::wanting(&snapshot, self.webhook) else { return Tried::Unwanted };
        let request = attempt::outgoing(&snapshot, webhook, Bytes::from(mem::take(&mut send_out.body)));
        let no = attempt::next_no(&send_out);
        let attempt = attempt::make(self.transport, self.guerdon.clock.as_ref(), no, request).await;

        // Looked up once more: the webhook may have been switched off during the request.
        let Some(snapshot) = ledger::configuration(self.guerdon, self.project).await else { return Tried::Undecided };
        let verdict = attempt::judge(&send_out, &attempt, ledger::wanting(&snapshot, self.webhook).is_some());
        if let Some(error) = &attempt.error {
            let (project, webhook, id) = (self.project, self.webhook, &send_out.id);
            let status = attempt.response_status;
            tracing::info!(%project, %webhook, send_out = %id, no, status, %error, ?verdict, "a webhook attempt failed");
        }
        // Before the outcome is recorded: were it the other way round, a crash in between would leave
        // a webhook on that should be off.
        if verdict == Verdict::Exhausted
            && let Err(error) = ledger::disable(self.guerdon, self.project, self.webhook).await
        {
            tracing::error!(project = %self.project, webhook = %self.webhook, %error, "a webhook could not be disabled");
            return Tried::Undecided;
        }
        let duration_ms = attempt.duration_ms;
        Tried::Outcome {
            settlement: attempt::settlement(self.project, send_out, attempt, verdict),
            duration_ms,
            verdict,
        }
    }
}

/// What is leased and not begun, and what is done and not recorded.
struct Queue {
    /// Each with the time by which its attempt must begin.
    waiting: VecDeque<(SendOut, Timestamp)>,
    outcomes: Vec<Settlement>,
    concurrency: usize,
    /// How many send-outs the last lease asked for.
    asked: usize,
    /// The last lease has brought everything that was due.
    is_drained: bool,
    /// Nothing more is leased or begun.
    is_closed: bool,
    /// The webhook turned out to be off or gone.
    is_unwanted: bool,
    attempts: usize,
    /// How long requests take of late, in milliseconds.
    pace: Option<u64>,
}

impl Queue {
    fn new(concurrency: usize) -> Self {
        Self {
            waiting: VecDeque::new(),
            outcomes: Vec::new(),
            concurrency,
            asked: 0,
            is_drained: false,
            is_closed: false,
            is_unwanted: false,
            attempts: 0,
            pace: None,
        }
    }

    /// The next send-out to begin. One that has waited for too long is left to the end of its lease.
    fn next(&mut self, now: Timestamp) -> Option<SendOut> {
        while let Some((send_out, start_by)) = self.waiting.pop_front() {
            if now <= start_by {
                return Some(send_out);
            }
        }
        None
    }

    /// How many send-outs to lease now, while so many requests are running.
    fn wanted(&self, running: usize) -> usize {
        let ahead = self.ahead();
        // Not one at a time: each lease is a write to the store.
        if self.is_closed || self.is_drained || self.waiting.len() > ahead / 2 {
            return 0;
        }
        (self.concurrency + ahead).saturating_sub(running + self.waiting.len())
    }

    /// How many send-outs to hold beyond those being sent, given the endpoint's pace. Before that is
    /// known, and for a slow endpoint, none: their leases would end before their turn.
    fn ahead(&self) -> usize {
        match self.pace {
            Some(pace) if pace <= AHEAD_MS => {
                let within_time = self.concurrency * (AHEAD_MS / pace.max(1)) as usize;
                within_time.min(MAX_AHEAD)
            }
            _ => 0,
        }
    }

    fn add(&mut self, lease: Lease) {
        self.is_drained = lease.send_outs.len() < self.asked;
        if !self.is_closed {
            self.waiting.extend(lease.send_outs.into_iter().map(|send_out| (send_out, lease.start_by)));
        }
    }

    fn note(&mut self, tried: Tried) {
        match tried {
            Tried::Outcome { settlement, duration_ms, verdict } => {
                self.attempts += 1;
                self.pace = Some(self.pace.map_or(duration_ms, |pace| (pace * 7 + duration_ms) / 8));
                self.outcomes.push(settlement);
                if matches!(verdict, Verdict::Exhausted | Verdict::Unwanted) {
                    self.find_unwanted();
                }
            }
            Tried::Unwanted => self.find_unwanted(),
            Tried::Undecided => {}
        }
    }

    fn find_unwanted(&mut self) {
        self.is_unwanted = true;
        self.close();
    }

    fn close(&mut self) {
        self.is_closed = true;
        self.waiting.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_faster_an_endpoint_the_more_is_leased_ahead() {
        let mut queue = Queue::new(16);
        for (pace, running, wanted) in [
            (None, 0, 16),
            (None, 10, 6),
            (Some(0), 16, 240),
            (Some(100), 16, 160),
            (Some(1_000), 16, 16),
            (Some(1_001), 16, 0),
            (Some(9_000), 3, 13),
        ] {
            queue.pace = pace;
            assert_eq!(queue.wanted(running), wanted, "at {pace:?} ms with {running} running");
        }
        queue.is_drained = true;
        assert_eq!(queue.wanted(0), 0);
    }
}
