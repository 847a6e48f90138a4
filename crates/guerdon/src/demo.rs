//! `guerdon demo`: a made-up shop, so that there is something to look at in the first minute.

use std::sync::Arc;

use guerdon_core::{
    Context, Guerdon, Options,
    clock::{Clock, ManualClock, SystemClock},
    customers, event_schemas,
    ids::IdGenerator,
    metadata_schemas,
    metadata_schemas::SchemaInput,
    projects,
    projects::Bootstrap,
    projects::ProjectInput,
    webhooks,
    webhooks::WebhookInput,
};
use guerdon_model::{customer::CustomerInput, event::EventType, ids::ProjectId, project::NewKey};
use guerdon_store::Store;
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use serde_json::{Value, json};

use crate::{
    config::{self, Database, DemoConfig, ServerConfig},
    serve, telemetry,
};

/// How many customers the shop has.
const CUSTOMERS: usize = 240;
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
    println!("The demo shop has {CUSTOMERS} customers. Try:\n");
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
    let clock = Arc::new(ManualClock::at(SystemClock.now().plus_millis(-300 * 86_400_000)));
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

    let mut random = StdRng::seed_from_u64(2026);
    let mut inputs = Vec::new();
    for number in 0..CUSTOMERS {
        inputs.push(serde_json::from_value::<CustomerInput>(customer(number, &mut random))?);
    }
    let gap = 270 * 86_400_000 / CUSTOMERS as i64;
    for (number, input) in inputs.iter().enumerate() {
        clock.advance_millis(random.random_range(gap / 2..gap * 3 / 2));
        let (created, changed) = (input.clone(), input.clone());
        let context = context(&guerdon, &first.project);
        guerdon.executor.execute(context.clone(), Vec::new(), move |tx| customers::upsert(tx, &created)).await?;
        // Every third comes back and is updated.
        if number % 3 == 0 {
            clock.advance_millis(random.random_range(60_000..3_600_000));
            guerdon.executor.execute(context, Vec::new(), move |tx| customers::upsert(tx, &changed)).await?;
        }
    }
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

/// The body of one made-up customer.
fn customer(number: usize, random: &mut StdRng) -> Value {
    const FIRST: [&str; 24] = [
        "Amelie", "Jonas", "Zofia", "Mateusz", "Olivia", "Harry", "Camille", "Louis", "Greta", "Emil", "Hanna",
        "Jakub", "Isla", "George", "Chloé", "Hugo", "Mila", "Ben", "Maja", "Antoni", "Freya", "Arthur", "Inès", "Noah",
    ];
    const LAST: [&str; 24] = [
        "Brandt",
        "Kowalska",
        "Whitaker",
        "Moreau",
        "Lindner",
        "Nowak",
        "Ashworth",
        "Lefèvre",
        "Petersen",
        "Zieliński",
        "Holloway",
        "Garnier",
        "Vogel",
        "Wójcik",
        "Pembroke",
        "Renaud",
        "Krüger",
        "Mazur",
        "Sinclair",
        "Fontaine",
        "Albrecht",
        "Pawlak",
        "Thornton",
        "Chevalier",
    ];
    const PLACES: [(&str, &str, &str, &str, &str); 6] = [
        ("Hamburg", "Hamburg", "DE", "Hafenstraße", "20359"),
        ("Berlin", "Berlin", "DE", "Torstraße", "10119"),
        ("Gdańsk", "Pomorskie", "PL", "Długa", "80-827"),
        ("Kraków", "Małopolskie", "PL", "Floriańska", "31-019"),
        ("Bristol", "England", "GB", "Harbour Street", "BS1 5TX"),
        ("Nantes", "Pays de la Loire", "FR", "Rue Crébillon", "44000"),
    ];
    let pick = |list: &[&'static str], random: &mut StdRng| *list.choose(random).unwrap_or(&"");
    let (first, last) = (pick(&FIRST, random), pick(&LAST, random));
    let (city, state, country, street, postal_code) = PLACES[random.random_range(0..PLACES.len())];
    let handle = format!("{first}.{last}").to_lowercase();
    let mut customer = json!({
        "source_id": format!("shop-{:05}", 10_000 + number),
        "name": format!("{first} {last}"),
        "email": format!("{}{}@example.com", ascii(&handle), number),
        "address": {
            "city": city,
            "state": state,
            "line_1": format!("{street} {}", random.random_range(1..120)),
            "country": country,
            "postal_code": postal_code,
        },
        "metadata": {
            "newsletter": random.random_bool(0.6),
            "favourite_roast": pick(&["light", "medium", "dark"], random),
            "acquisition_channel": pick(&["café", "web", "friend", "fair"], random),
            "visits_per_month": random.random_range(0..14),
        },
    });
    if random.random_bool(0.7) {
        let (year, month, day) =
            (random.random_range(1955..2007), random.random_range(1..13), random.random_range(1..29));
        customer["birthdate"] = format!("{year}-{month:02}-{day:02}").into();
    }
    if random.random_bool(0.4) {
        customer["phone"] = format!("+49 40 {:07}", random.random_range(1_000_000..9_999_999)).into();
    }
    if number % 40 == 7 {
        customer["description"] = "Asks for oat milk, and for the beans of the month to be set aside".into();
    }
    customer
}

/// The nearest ASCII spelling, as in an e-mail address.
fn ascii(text: &str) -> String {
    text.chars()
        .map(|letter| match letter {
            'é' | 'è' | 'ê' => 'e',
            'ü' => 'u',
            'ö' | 'ó' => 'o',
            'ä' => 'a',
            'ń' => 'n',
            'ł' => 'l',
            'ś' => 's',
            other => other,
        })
        .collect()
}
