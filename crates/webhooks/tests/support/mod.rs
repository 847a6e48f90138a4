//! A project in memory whose clock the test moves, and endpoints that answer as the test says.

// Each test file is a crate of its own that uses its own part of this.
#![allow(dead_code, unreachable_pub)]

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use async_trait::async_trait;
use guerdon_core::{
    Context, Guerdon, Options,
    clock::{Clock, ManualClock},
    customers,
    ids::IdGenerator,
    projects::{self, Bootstrap},
    secrets::SecretKey,
    tx::{Result, Tx},
    webhooks::{self, WebhookInput},
};
use guerdon_model::{
    Patch, Timestamp, customer::CustomerInput, event::EventType, ids::ProjectId, send_out::SendOut, webhook::Webhook,
};
use guerdon_store::{SendOutQuery, memory::Memory};
use guerdon_webhooks::{Dispatcher, Outcome, Outgoing, Transport};
use parking_lot::Mutex;
use tokio::sync::{Semaphore, mpsc};

/// When every test begins.
pub const T0: Timestamp = Timestamp::from_millis(1_700_000_000_000);

/// A request as an endpoint saw it.
#[derive(Debug, Clone)]
pub struct Received {
    pub at: Timestamp,
    pub request: Outgoing,
}

impl Received {
    pub fn minute(&self) -> i64 {
        self.at.millis_since(T0) / 60_000
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.request.body).expect("the body is JSON")
    }
}

/// Endpoints that record what they receive.
pub struct Endpoints {
    clock: Arc<ManualClock>,
    received: Mutex<Vec<Received>>,
    /// Statuses to answer with, by target, one after the other; the last one for good. 204 by default.
    answers: Mutex<HashMap<String, Vec<u16>>>,
    /// Targets that answer only as often as they are permitted to.
    gates: Mutex<HashMap<String, Arc<Semaphore>>>,
    notices: mpsc::UnboundedSender<String>,
}

#[async_trait]
impl Transport for Endpoints {
    async fn send(&self, request: Outgoing) -> Outcome {
        let target = request.target_url.clone();
        self.received.lock().push(Received { at: self.clock.now(), request });
        let _ = self.notices.send(target.clone());
        let gate = self.gates.lock().get(&target).cloned();
        if let Some(gate) = gate {
            gate.acquire().await.expect("gates are never closed").forget();
        }
        let status = match self.answers.lock().get_mut(&target) {
            Some(answers) if answers.len() > 1 => answers.remove(0),
            Some(answers) => answers[0],
            None => 204,
        };
        Outcome { status: Some(status), error: None, duration_ms: 3 }
    }
}

impl Endpoints {
    pub fn answer(&self, target: &str, statuses: &[u16]) {
        self.answers.lock().insert(target.into(), statuses.to_vec());
    }

    /// From now on requests to the target hang until a permit is added to what this returns.
    pub fn gate(&self, target: &str) -> Arc<Semaphore> {
        let gate = Arc::new(Semaphore::new(0));
        self.gates.lock().insert(target.into(), gate.clone());
        gate
    }

    pub fn received(&self) -> Vec<Received> {
        self.received.lock().clone()
    }
}

/// A project with its dispatcher.
pub struct TestProject {
    pub guerdon: Arc<Guerdon>,
    pub clock: Arc<ManualClock>,
    pub id: ProjectId,
    pub endpoints: Arc<Endpoints>,
    pub dispatcher: Arc<Dispatcher>,
    /// The target of each request as it arrives.
    pub notices: mpsc::UnboundedReceiver<String>,
}

impl TestProject {
    pub async fn new() -> Self {
        let clock = Arc::new(ManualClock::at(T0));
        let ids = IdGenerator::seeded(1);
        let secret = SecretKey::generate(&ids);
        let guerdon = Guerdon::new(Memory::new(), clock.clone(), ids, secret, Options::default());
        let first = projects::bootstrap(&guerdon, Bootstrap::default()).await.expect("the store works");
        let (notices, arriving) = mpsc::unbounded_channel();
        let endpoints = Arc::new(Endpoints {
            clock: clock.clone(),
            received: Mutex::default(),
            answers: Mutex::default(),
            gates: Mutex::default(),
            notices,
        });
        let dispatcher = Dispatcher::new(guerdon.clone(), endpoints.clone(), guerdon_webhooks::Options::default());
        let id = first.expect("the store was empty").project;
        Self { guerdon, clock, id, endpoints, dispatcher, notices: arriving }
    }

    pub async fn run<T: Send + 'static>(&self, command: impl FnMut(&mut Tx) -> Result<T> + Send + 'static) -> T {
        let context = Context::background(self.id.clone(), &self.guerdon.ids.next(self.clock.now()));
        self.guerdon.executor.execute(context, Vec::new(), command).await.expect("the command is allowed")
    }

    pub async fn webhook(&self, target: &str) -> Webhook {
        self.webhook_with(target, BTreeMap::new()).await
    }

    pub async fn webhook_with(&self, target: &str, headers: BTreeMap<String, String>) -> Webhook {
        let input = input(target, headers);
        self.run(move |tx| webhooks::create(tx, &input)).await
    }

    /// Creates a customer, which every webhook of these tests asks for.
    pub async fn customer(&self, source_id: &str) {
        let input = CustomerInput { source_id: Patch::Value(source_id.into()), ..CustomerInput::default() };
        self.run(move |tx| customers::upsert(tx, &input)).await;
    }

    /// Moves the clock minute by minute, delivering what is due each time.
    pub async fn pass_minutes(&self, count: usize) {
        for _ in 0..count {
            self.clock.advance_millis(60_000);
            self.dispatcher.deliver_due().await;
        }
    }

    pub async fn send_outs(&self) -> Vec<SendOut> {
        let query = SendOutQuery {
            project: self.id.clone(),
            webhook: None,
            status: None,
            event_type: None,
            after_id: None,
            limit: 1_000,
        };
        self.guerdon.store.send_outs(query).await.expect("the store works")
    }

    pub async fn is_active(&self, webhook: &Webhook) -> bool {
        let id = webhook.id.clone();
        self.run(move |tx| webhooks::get(tx, id.as_str())).await.active
    }

    /// The target of the next request.
    pub async fn arrival(&mut self) -> String {
        let arrival = tokio::time::timeout(std::time::Duration::from_secs(10), self.notices.recv());
        arrival.await.expect("a request arrives").expect("the endpoints live")
    }
}

pub fn input(target: &str, headers: BTreeMap<String, String>) -> WebhookInput {
    WebhookInput {
        target_url: target.into(),
        events: vec![EventType::CUSTOMER_CREATED, EventType::CUSTOMER_UPDATED],
        active: None,
        headers: Some(headers),
    }
}
