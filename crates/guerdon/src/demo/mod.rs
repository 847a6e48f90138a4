//! `guerdon demo`: a made-up shop, so that there is something to look at in the first minute.
//!
//! What it sells and offers lies in `crates/guerdon/demo/`, as bodies of requests; they are sent to the API, through
//! the same routes as anybody's.

mod customers;
mod shop;

use std::sync::Arc;

use guerdon_core::{
    Context, Guerdon, Options,
    clock::{Clock, ManualClock, SystemClock},
    event_schemas,
    ids::IdGenerator,
    metadata_schemas,
    metadata_schemas::SchemaInput,
    projects,
    projects::Bootstrap,
    projects::ProjectInput,
    webhooks,
    webhooks::WebhookInput,
};
use guerdon_model::{event::EventType, ids::ProjectId, project::NewKey};
use guerdon_store::Store;
use rand::{Rng, SeedableRng, rngs::StdRng};
use serde_json::{Value, json};

use self::shop::Shop;
use crate::{
    config::{self, Database, DemoConfig, ServerConfig},
    serve, telemetry,
};

/// How many customers the shop has.
const CUSTOMERS: usize = 240;
/// A day in milliseconds.
const DAY: i64 = 86_400_000;
/// The demo's keys are well known: it is for looking at, not for the internet.
const DEMO_KEYS: [(&str, &str); 3] = [
    ("demo-app-id", "demo-app-token"),
    ("demo-client-id", "demo-client-token"),
    ("demo-management-id", "demo-management-token"),
];

pub(crate) async fn run(config: DemoConfig) -> anyhow::Result<()> {
    let _telemetry = telemetry::start()?;
    let database = Database::at(config.database_url);
    let secret = config::secret_key(None, &database)?;
    let store = database.open().await?;
    let server = ServerConfig {
        listen: config.listen,
        public_url: None,
        webhook_allow_private: true,
        queue_length: 4096,
        sendout_retention_days: 180,
        rate_limit: None,
        import_limit: 1 << 30,
    };
    let listener = serve::listen(&server).await?;
    fill(store.clone(), secret.clone()).await?;
    println!("The demo shop has {CUSTOMERS} customers, a catalogue and a dozen campaigns. Try:\n");
    println!(
        "  curl -s 'http://{}/v1/customers?limit=3' -H 'X-App-Id: {}' -H 'X-App-Token: {}'\n",
        config.listen, DEMO_KEYS[0].0, DEMO_KEYS[0].1
    );
    println!("Its webhook points at http://127.0.0.1:8788: run `guerdon listen` beside this to see events arrive.\n");
    let guerdon = serve::engine(store, secret, &server, listener.local_addr()?);
    serve::serve(guerdon, listener, &server).await
}

/// Fills an empty store; leaves any other as it is.
async fn fill(store: Arc<dyn Store>, secret: guerdon_core::secrets::SecretKey) -> anyhow::Result<()> {
    // The shop opened ten months ago; its history is lived through on a clock of its own.
    let clock = Arc::new(ManualClock::at(SystemClock.now().plus_millis(-300 * DAY)));
    let guerdon = Guerdon::new(store, clock.clone(), IdGenerator::from_system(), secret.clone(), Options::default());
    let pair = |(id, token): (&str, &str)| Some(NewKey { app_id: id.into(), app_token: token.into() });
    let bootstrap = Bootstrap {
        project_id: Some("proj_demo".into()),
        server_key: pair(DEMO_KEYS[0]),
        client_key: pair(DEMO_KEYS[1]),
        management_key: pair(DEMO_KEYS[2]),
        admin: None,
    };
    let Some(first) = projects::bootstrap(&guerdon, bootstrap).await? else { return Ok(()) };
    configure(&guerdon, &first.project, &secret).await?;

    let shop = Shop::new(guerdon.clone(), clock.clone(), DEMO_KEYS[0])?;
    shop.stock().await?;
    let mut random = StdRng::seed_from_u64(2026);
    let gap = 270 * DAY / CUSTOMERS as i64;
    for number in 0..CUSTOMERS {
        clock.advance_millis(random.random_range(gap / 2..gap * 3 / 2));
        shop.welcome(number, &mut random).await?;
    }
    shop.offer(&mut random).await?;
    // The webhook last: nothing of the history is to be sent.
    let input = WebhookInput {
        target_url: "http://127.0.0.1:8788/webhooks".into(),
        events: vec![EventType::CUSTOMER_CREATED, EventType::CUSTOMER_UPDATED, EventType::CUSTOMER_DELETED],
        active: Some(true),
        headers: None,
    };
    let context = context(&guerdon, &first.project);
    guerdon.executor.execute(context, Vec::new(), move |tx| webhooks::create(tx, &input)).await?;
    Ok(())
}

fn context(guerdon: &Guerdon, project: &ProjectId) -> Context {
    Context::background(project.clone(), &guerdon.ids.next(guerdon.clock.now()))
}

async fn configure(
    guerdon: &Guerdon,
    project: &ProjectId,
    secret: &guerdon_core::secrets::SecretKey,
) -> anyhow::Result<()> {
    let settings = ProjectInput {
        name: Some("Harbour Street Coffee".into()),
        description: Some("Beans, brewing gear and a café in four cities".into()),
        timezone: Some("Europe/Berlin".into()),
        currency: Some("EUR".into()),
        ..ProjectInput::default()
    };
    let secret = secret.clone();
    let run = context(guerdon, project);
    guerdon.executor.execute(run.clone(), Vec::new(), move |tx| projects::update(tx, &secret, &settings)).await?;
    let property = |kind: &str, more: Value| {
        let mut definition = json!({"type": kind, "array": false, "optional": true});
        if let (Some(target), Some(more)) = (definition.as_object_mut(), more.as_object()) {
            target.extend(more.clone());
        }
        definition
    };
    let schema = SchemaInput::new(json!({
        "related_object": "customer",
        "properties": {
            "newsletter": property("boolean", json!({})),
            "favourite_roast": property("string", json!({"eq": ["light", "medium", "dark"]})),
            "acquisition_channel": property("string", json!({"eq": ["café", "web", "friend", "fair"]})),
            "visits_per_month": property("number", json!({"gte": 0})),
        },
        "allow_defined_only": false,
    }))?;
    guerdon.executor.execute(run.clone(), Vec::new(), move |tx| metadata_schemas::create(tx, &schema)).await?;
    for (name, properties) in
        [("newsletter_subscribed", json!({})), ("review_left", json!({"stars": {"type": "number", "optional": false}}))]
    {
        let body = json!({"name": name, "schema": {"properties": properties}});
        guerdon.executor.execute(run.clone(), Vec::new(), move |tx| event_schemas::create(tx, &body)).await?;
    }
    Ok(())
}
