//! The shop's catalogue, offers and sales, sent to the API.

use std::{collections::HashMap, sync::Arc};

use anyhow::{Context as _, ensure};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Method, Request},
};
use futures_util::{StreamExt, TryStreamExt, stream};
use guerdon_api::{App, Settings};
use guerdon_core::{
    Guerdon,
    clock::{Clock, ManualClock, SystemClock},
    jobs,
};
use guerdon_model::Timestamp;
use guerdon_webhooks::{Dispatcher, HttpOptions, HttpTransport, Options};
use parking_lot::Mutex;
use rand::{
    Rng,
    rngs::StdRng,
    seq::{IndexedRandom, SliceRandom},
};
use serde_json::{Value, json};
use tower::ServiceExt;

use super::{CUSTOMERS, DAY, customers};

/// The catalogue: bodies of products, each with the bodies of its SKUs.
const PRODUCTS: &str = include_str!("../../demo/products.json");
/// Everything else, in the order in which it is set up.
const STEPS: &str = include_str!("../../demo/shop.json");
/// Requests at a time, where their order does not matter.
const SIDE_BY_SIDE: usize = 32;
/// The longest answer that is read.
const LONGEST_ANSWER: usize = 1 << 20;

/// A shop that opens and grows.
pub(super) struct Shop {
    router: Router,
    guerdon: Arc<Guerdon>,
    clock: Arc<ManualClock>,
    key: (&'static str, &'static str),
    /// The `source_id`s of all SKUs.
    skus: Mutex<Vec<String>>,
    /// Ids of what was set up, by the names that steps call it.
    names: Mutex<HashMap<String, String>>,
}

impl Shop {
    pub(super) fn new(
        guerdon: Arc<Guerdon>,
        clock: Arc<ManualClock>,
        key: (&'static str, &'static str),
    ) -> anyhow::Result<Self> {
        // It is never run: the history has no webhooks.
        let transport = HttpTransport::new(HttpOptions::default()).map_err(anyhow::Error::msg)?;
        let dispatcher = Dispatcher::new(guerdon.clone(), Arc::new(transport), Options::default());
        let router = guerdon_api::router(App::new(guerdon.clone(), dispatcher, Settings::default(), None));
        Ok(Self { router, guerdon, clock, key, skus: Mutex::default(), names: Mutex::default() })
    }

    /// Fills the shelves.
    pub(super) async fn stock(&self) -> anyhow::Result<()> {
        let products: Vec<Value> = serde_json::from_str(PRODUCTS)?;
        stream::iter(products)
            .map(|product| self.add_product(product))
            .buffer_unordered(SIDE_BY_SIDE)
            .try_collect()
            .await
    }

    async fn add_product(&self, mut product: Value) -> anyhow::Result<()> {
        let skus = product.as_object_mut().and_then(|product| product.remove("skus"));
        let created = self.post("/v1/products", &product).await?;
        let id = id(&created)?;
        self.remember(&format!("product {}", text(&created, "source_id")?), id);
        for sku in skus.as_ref().and_then(Value::as_array).into_iter().flatten() {
            self.post(&format!("/v1/products/{id}/skus"), sku).await?;
            self.skus.lock().push(text(sku, "source_id")?.to_owned());
        }
        Ok(())
    }

    /// A customer comes, and buys something or not.
    pub(super) async fn welcome(&self, number: usize, random: &mut StdRng) -> anyhow::Result<()> {
        self.post("/v1/customers", &customers::customer(number, random)).await?;
        for _ in 0..random.random_range(0..4) {
            self.clock.advance_millis(random.random_range(60_000..3_600_000));
            // Somebody who has come before.
            let buyer = customers::source_id(random.random_range(0..=number));
            let order = self.order(&buyer, random);
            self.post("/v1/orders", &order).await?;
        }
        Ok(())
    }

    fn order(&self, buyer: &str, random: &mut StdRng) -> Value {
        let skus = self.skus.lock();
        let lines = random.random_range(1..5);
        let bought: Vec<&String> = skus.choose_multiple(random, lines).collect();
        let mut line = |sku| json!({"source_id": sku, "related_object": "sku", "quantity": random.random_range(1..4)});
        let items: Vec<Value> = bought.into_iter().map(&mut line).collect();
        let status = ["PAID", "PAID", "PAID", "FULFILLED", "CREATED", "CANCELED"].choose(random);
        json!({"customer": {"source_id": buyer}, "items": items, "status": status})
    }

    /// Sets up categories, segments, rules and campaigns, and gives codes to customers.
    pub(super) async fn offer(&self, random: &mut StdRng) -> anyhow::Result<()> {
        for step in serde_json::from_str::<Vec<Value>>(STEPS)? {
            match (step["post"].as_str(), step["publish"].as_str()) {
                (Some(path), _) => {
                    let created = self.post(path, &self.filled_in(&step["body"])?).await?;
                    if let Some(name) = step["as"].as_str() {
                        self.remember(name, id(&created)?);
                    }
                    jobs::run_due(&self.guerdon).await;
                }
                (None, Some(campaign)) => {
                    let times = step["times"].as_u64().context("how often it is published")?;
                    self.publish(campaign, times as usize, random).await?;
                }
                (None, None) => anyhow::bail!("a step without a request: {step}"),
            }
            self.clock.advance_millis(random.random_range(1_000..60_000));
        }
        Ok(())
    }

    async fn publish(&self, campaign: &str, times: usize, random: &mut StdRng) -> anyhow::Result<()> {
        let mut customers: Vec<usize> = (0..CUSTOMERS).collect();
        customers.shuffle(random);
        let publish = |number: usize| async move {
            let body = json!({"campaign": {"name": campaign}, "customer": {"source_id": customers::source_id(number)}});
            self.post("/v1/publications", &body).await.map(drop)
        };
        let some = customers.into_iter().take(times);
        stream::iter(some).map(publish).buffer_unordered(SIDE_BY_SIDE).try_collect().await
    }

    fn remember(&self, name: &str, id: &str) {
        self.names.lock().insert(name.to_owned(), id.to_owned());
    }

    /// A body in which `{name}` is the id of what is called so, and `@-30d` is thirty days ago.
    fn filled_in(&self, body: &Value) -> anyhow::Result<Value> {
        Ok(match body {
            Value::String(text) => match (text.strip_prefix('{'), text.strip_prefix('@')) {
                (Some(name), _) => {
                    let name = name.strip_suffix('}').context("a name in braces")?;
                    let names = self.names.lock();
                    names.get(name).with_context(|| format!("nothing is called {name}"))?.as_str().into()
                }
                (None, Some(days)) => {
                    let days: i64 = days.strip_suffix('d').context("a number of days")?.parse()?;
                    day(days).to_string().into()
                }
                (None, None) => body.clone(),
            },
            Value::Array(items) => {
                Value::Array(items.iter().map(|item| self.filled_in(item)).collect::<anyhow::Result<_>>()?)
            }
            Value::Object(map) => {
                let filled = map.iter().map(|(key, value)| Ok((key.clone(), self.filled_in(value)?)));
                Value::Object(filled.collect::<anyhow::Result<_>>()?)
            }
            other => other.clone(),
        })
    }

    async fn post(&self, path: &str, body: &Value) -> anyhow::Result<Value> {
        let request = Request::builder()
            .method(Method::POST)
            .uri(path)
            .header("x-app-id", self.key.0)
            .header("x-app-token", self.key.1)
            .header("content-type", "application/json")
            .body(Body::from(body.to_string()))?;
        let answer = self.router.clone().oneshot(request).await?;
        let status = answer.status();
        let bytes = to_bytes(answer.into_body(), LONGEST_ANSWER).await?;
        let text = String::from_utf8_lossy(&bytes);
        ensure!(status.is_success(), "POST {path} with {body} gave {status}: {text}");
        Ok(serde_json::from_str(&text)?)
    }
}

/// Midnight so many days from now.
fn day(days: i64) -> Timestamp {
    let today = SystemClock.now().as_millis() / DAY;
    Timestamp::from_millis((today + days) * DAY)
}

fn text<'a>(json: &'a Value, key: &str) -> anyhow::Result<&'a str> {
    json[key].as_str().with_context(|| format!("{json} has no {key}"))
}

fn id(json: &Value) -> anyhow::Result<&str> {
    text(json, "id")
}
