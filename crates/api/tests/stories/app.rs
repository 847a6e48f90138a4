//! A whole Guerdon in memory of the test: real routes, a real database, a clock that stands still, and
//! webhooks that go into a list.
//!
//! The database is SQLite in a temporary folder, or PostgreSQL if `GUERDON_TEST_STORE` says
//! `postgres`: `./test` runs all stories on both.

use std::sync::Arc;

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Method, Request, StatusCode},
};
use guerdon_api::{App, Settings};
use guerdon_core::{
    Guerdon,
    clock::ManualClock,
    ids::IdGenerator,
    jobs,
    projects::{self, Bootstrap},
    secrets::{self, SecretKey},
};
use guerdon_model::{Timestamp, project::NewKey};
use guerdon_store::{
    Store,
    postgres::{Options, Postgres},
    sqlite::Sqlite,
};
use guerdon_testing::postgres::{self, Schema};
use guerdon_webhooks::{Dispatcher, Outcome, Outgoing, Transport};
use http_body_util::BodyExt;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tower::ServiceExt;

/// The application under test, and what drives it.
pub(crate) struct TestApp {
    pub(crate) guerdon: Arc<Guerdon>,
    pub(crate) clock: Arc<ManualClock>,
    dispatcher: Arc<Dispatcher>,
    receiver: Arc<Receiver>,
    router: Router,
    /// Of several nodes, one keeps it.
    _database: Option<Database>,
}

/// What the data lies in; gone when it is dropped.
enum Database {
    File { _folder: tempfile::TempDir },
    Schema { _schema: Schema },
}

impl Database {
    async fn new() -> (Self, Arc<dyn Store>) {
        if std::env::var("GUERDON_TEST_STORE").as_deref() == Ok("postgres") {
            let schema = postgres::shared().await.expect("PostgreSQL, since it was asked for");
            let store = connect(&schema).await;
            return (Self::Schema { _schema: schema }, store);
        }
        let folder = tempfile::tempdir().expect("a temporary folder");
        let store = Sqlite::open(&folder.path().join("guerdon.db")).expect("a database");
        (Self::File { _folder: folder }, store)
    }
}

async fn connect(schema: &Schema) -> Arc<dyn Store> {
    let options = Options { connections: 4, ..Options::default() };
    Postgres::open(schema.url(), options).await.expect("a database")
}

/// An answer, whole.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    /// Null if the answer has no body or no JSON.
    pub(crate) body: Value,
    pub(crate) text: String,
}

/// Which credentials a request carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum As {
    Server,
    Management,
    Nobody,
}

/// The endpoint of all webhooks.
#[derive(Default)]
pub(crate) struct Receiver {
    received: Mutex<Vec<Outgoing>>,
}

#[async_trait::async_trait]
impl Transport for Receiver {
    async fn send(&self, request: Outgoing) -> Outcome {
        self.received.lock().push(request);
        Outcome { status: Some(204), error: None, duration_ms: 1 }
    }
}

/// Requests to these may be sent again without a key.
const REPEATABLE: [&str; 3] = ["/permanent-deletion", "/promotions/validation", "/qualification"];
pub(crate) const PROJECT: &str = "proj_story";
pub(crate) const SERVER: (&str, &str) = ("app-id", "app-token");
pub(crate) const CLIENT: (&str, &str) = ("client-id", "client-token");
const MANAGEMENT: (&str, &str) = ("management-id", "management-token");

impl TestApp {
    pub(crate) async fn new() -> Self {
        Self::with(Settings::default()).await
    }

    pub(crate) async fn with(settings: Settings) -> Self {
        Self::with_routes(settings, guerdon_api::routes::table()).await
    }

    /// An API of other routes than ours.
    pub(crate) async fn with_routes(settings: Settings, routes: Vec<guerdon_api::routes::Route>) -> Self {
        let (database, store) = Database::new().await;
        Self::on(store, Some(database), 1, settings, routes).await
    }

    /// Two nodes on one database, which has to be PostgreSQL; none if it is not installed.
    pub(crate) async fn two_nodes() -> Option<(Self, Self)> {
        let schema = postgres::shared().await?;
        let (store, other) = (connect(&schema).await, connect(&schema).await);
        let database = Some(Database::Schema { _schema: schema });
        let routes = guerdon_api::routes::table;
        let first = Self::on(store, database, 1, Settings::default(), routes()).await;
        Some((first, Self::on(other, None, 2, Settings::default(), routes()).await))
    }

    /// A node of its own; the seed decides the ids that it makes.
    async fn on(
        store: Arc<dyn Store>,
        database: Option<Database>,
        seed: u64,
        settings: Settings,
        routes: Vec<guerdon_api::routes::Route>,
    ) -> Self {
        let start = Timestamp::parse("2026-05-10T12:00:00Z").expect("a time");
        let clock = Arc::new(ManualClock::at(start));
        let ids = IdGenerator::seeded(seed);
        let secret = SecretKey::parse("the secret of all nodes").expect("a key");
        let guerdon = Guerdon::new(store, clock.clone(), ids, secret, guerdon_core::Options::default());
        let pair = |(id, token): (&str, &str)| Some(NewKey { app_id: id.into(), app_token: token.into() });
        let bootstrap = Bootstrap {
            project_id: Some(PROJECT.into()),
            server_key: pair(SERVER),
            client_key: pair(CLIENT),
            management_key: pair(MANAGEMENT),
            ..Bootstrap::default()
        };
        projects::bootstrap(&guerdon, bootstrap).await.expect("a project");
        let receiver = Arc::new(Receiver::default());
        let dispatcher = Dispatcher::new(guerdon.clone(), receiver.clone(), guerdon_webhooks::Options::default());
        let app = App::new(guerdon.clone(), dispatcher.clone(), settings, None);
        let router = guerdon_api::router_of(app, routes);
        Self { guerdon, clock, dispatcher, receiver, router, _database: database }
    }

    /// Sends a request as it is.
    pub(crate) async fn send(&self, request: Request<Body>) -> Reply {
        let response = self.router.clone().oneshot(request).await.expect("an answer");
        let (parts, body) = response.into_parts();
        let bytes = body.collect().await.expect("a body").to_bytes();
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let body = serde_json::from_slice(&bytes).unwrap_or(Value::Null);
        Reply { status: parts.status, headers: parts.headers, body, text }
    }

    /// A request with credentials and maybe a JSON body.
    pub(crate) async fn call(&self, caller: As, method: Method, path: &str, body: Option<Value>) -> Reply {
        let mut request = signed(caller, Request::builder().method(method).uri(path));
        let body = match body {
            Some(body) => {
                request = request.header("content-type", "application/json");
                Body::from(body.to_string())
            }
            None => Body::empty(),
        };
        self.send(request.body(body).expect("a request")).await
    }

    /// A request with a server-side key of its own.
    pub(crate) async fn call_as(
        &self,
        (id, token): (&str, &str),
        method: Method,
        path: &str,
        body: Option<Value>,
    ) -> Reply {
        let request = Request::builder().method(method).uri(path).header("X-App-Id", id).header("X-App-Token", token);
        let request = request.header("content-type", "application/json");
        let body = body.map_or_else(Body::empty, |body| Body::from(body.to_string()));
        self.send(request.body(body).expect("a request")).await
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.call(As::Server, Method::GET, path, None).await
    }

    /// Every story checks that its requests are carried out once: each that succeeds is sent again with its
    /// `Idempotency-Key`.
    pub(crate) async fn post(&self, path: &str, body: Value) -> Reply {
        let key = u64::from_be_bytes(self.guerdon.ids.bytes()).to_string();
        let reply = self.post_with_key(&key, path, &body).await;
        if reply.status.is_success() && !REPEATABLE.iter().any(|part| path.contains(part)) {
            let again = self.post_with_key(&key, path, &body).await;
            assert_eq!((again.status, &again.text), (reply.status, &reply.text), "sent again");
            assert_eq!(again.header("idempotent-replayed"), "true");
        }
        reply
    }

    /// A request that is to be carried out once.
    pub(crate) async fn post_with_key(&self, key: &str, path: &str, body: &Value) -> Reply {
        self.send_with_key(signed(As::Server, Request::post(path)), key, body).await
    }

    /// The same by whoever has signed it.
    pub(crate) async fn send_with_key(&self, signed: axum::http::request::Builder, key: &str, body: &Value) -> Reply {
        let request = signed.header("content-type", "application/json").header("idempotency-key", key);
        self.send(request.body(Body::from(body.to_string())).expect("a request")).await
    }

    pub(crate) async fn put(&self, path: &str, body: Value) -> Reply {
        self.call(As::Server, Method::PUT, path, Some(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Reply {
        self.call(As::Server, Method::DELETE, path, None).await
    }

    /// A request with a body that need not be JSON.
    pub(crate) async fn post_raw(&self, path: &str, content_type: &str, body: impl Into<Body>) -> Reply {
        let request = signed(As::Server, Request::post(path)).header("content-type", content_type);
        self.send(request.body(body.into()).expect("a request")).await
    }

    /// Uploads a file as the part `file` of a form.
    pub(crate) async fn upload(&self, path: &str, file: &[u8]) -> Reply {
        let mut body = b"--x\r\nContent-Disposition: form-data; name=\"file\"; filename=\"f.csv\"\r\n\r\n".to_vec();
        body.extend_from_slice(file);
        body.extend_from_slice(b"\r\n--x--\r\n");
        self.post_raw(path, "multipart/form-data; boundary=x", body).await
    }

    /// Uploads a file of customers, waits for the import and gives its async action.
    pub(crate) async fn import(&self, file: &[u8]) -> Value {
        let accepted = self.upload("/v1/customers/importCSV", file).await;
        accepted.expect(202);
        self.finish(&accepted).await
    }

    /// The same with a file of products or SKUs.
    pub(crate) async fn import_into(&self, resource: &str, file: &[u8]) -> Value {
        let started = self.upload(&format!("/v1/{resource}/importCSV"), file).await;
        started.expect(200);
        self.finish(&started).await
    }

    /// Gives a resource a metadata schema.
    pub(crate) async fn schema(&self, related_object: &str, properties: Value) {
        let path = format!("/management/v1/projects/{PROJECT}/metadata-schemas");
        let body = json!({"related_object": related_object, "properties": properties});
        self.call(As::Management, Method::POST, &path, Some(body)).await.expect(200);
    }

    /// Works off the async action of a 202 and gives it.
    pub(crate) async fn finish(&self, accepted: &Reply) -> Value {
        self.run_due().await;
        let id = accepted.body["async_action_id"].as_str().expect("an id");
        self.get(&format!("/v1/async-actions/{id}")).await.expect(200)
    }

    /// Runs everything that is due now: jobs, then deliveries.
    pub(crate) async fn run_due(&self) {
        jobs::run_due(&self.guerdon).await;
        self.dispatcher.deliver_due().await;
    }

    /// Asks for events of these types; returns the webhook.
    pub(crate) async fn subscribe(&self, events: &[&str]) -> Value {
        let path = format!("/management/v1/projects/{PROJECT}/webhooks");
        let body = json!({"target_url": "https://hooks.example/in", "events": events});
        self.call(As::Management, Method::POST, &path, Some(body)).await.expect(200)
    }

    /// Delivers what is due, and gives the bodies of everything received so far.
    pub(crate) async fn received(&self) -> Vec<Value> {
        self.run_due().await;
        let received = self.receiver.received.lock();
        received.iter().map(|request| serde_json::from_slice(&request.body).expect("JSON")).collect()
    }

    /// The signature of the request that was received last, and whether `token` explains it.
    pub(crate) fn last_is_signed_with(&self, token: &str) -> bool {
        let received = self.receiver.received.lock();
        received.last().is_some_and(|request| request.signature == secrets::sign(token, &request.body))
    }

    pub(crate) fn advance(&self, millis: i64) {
        self.clock.advance_millis(millis);
    }
}

pub(crate) fn signed(caller: As, request: axum::http::request::Builder) -> axum::http::request::Builder {
    match caller {
        As::Server => request.header("X-App-Id", SERVER.0).header("X-App-Token", SERVER.1),
        As::Management => request.header("X-Management-Id", MANAGEMENT.0).header("X-Management-Token", MANAGEMENT.1),
        As::Nobody => request,
    }
}

impl Reply {
    /// The body of an answer with this status.
    #[track_caller]
    pub(crate) fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        self.body.clone()
    }

    /// The value of a header; empty if it is missing.
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().expect("a header of text"))
    }

    /// That the request was refused like this.
    #[track_caller]
    pub(crate) fn refused(&self, status: u16, key: &str, details: &str) {
        let body = self.expect(status);
        assert_eq!((body["key"].as_str(), body["details"].as_str()), (Some(key), Some(details)), "{body}");
        assert_eq!(body["code"], status);
    }
}

/// The same JSON with ids and times replaced, for snapshots.
pub(crate) fn redacted(json: Value) -> Value {
    match json {
        Value::String(text) => redacted_text(&text).into(),
        Value::Array(items) => items.into_iter().map(redacted).collect(),
        Value::Object(map) => map
            .into_iter()
            .map(|(key, value)| (redacted_key(key), redacted(value)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other,
    }
}

/// Orders have their redemptions by id.
fn redacted_key(key: String) -> String {
    if key.starts_with("r_") { redacted_text(&key) } else { key }
}

fn redacted_text(text: &str) -> String {
    const PREFIXES: [&str; 34] = [
        "cust_", "evcus_", "aa_", "v-", "whs_", "wh_", "del_", "ms_", "prod_", "sku_", "tbe_", "camp_", "v_", "cat_",
        "val_", "asgm_", "promo_", "stack_", "pub_", "rh_", "vtx_", "ord_", "ordli_", "seg_", "stk_", "pc_", "event_",
        "exp_", "valid_", "ssn_", "r_", "rf_", "rr_", "rrf_",
    ];
    if text.len() == 24 && text.ends_with('Z') && Timestamp::parse(text).is_some() {
        return "<time>".into();
    }
    let is_uuid = |text: &str| {
        text.len() == 36
            && text.bytes().enumerate().all(|(place, byte)| match place {
                8 | 13 | 18 | 23 => byte == b'-',
                _ => byte.is_ascii_hexdigit(),
            })
    };
    if let Some((start, last)) = text.rsplit_once('/')
        && is_uuid(last)
    {
        return format!("{start}/<uuid>");
    }
    if is_uuid(text) {
        return "<uuid>".into();
    }
    match PREFIXES.iter().find(|prefix| text.starts_with(**prefix)) {
        Some(prefix) => format!("<{prefix}…>"),
        None => text.to_owned(),
    }
}
