//! Projects: created, changed and deleted through the management API, and the first one at the first
//! start.

use std::time::Duration;

use argon2::{Argon2, PasswordHasher, password_hash::SaltString};
use guerdon_model::{
    Error,
    api_key::{ApiKey, KeyKind},
    error::{Path, Rule},
    ids::{ProjectId, organization},
    list::List,
    product::Product,
    project::{ClientFlags, DEFAULT_CLUSTER, NewKey, Project, ProjectAnswer, time_zone},
    role::Role,
    user::User,
    webhook::Webhook,
};
use guerdon_store::{Collection, Key, Order, Query};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::{
    context::Context,
    failure::{damaged, unavailable},
    jobs::{self, Claim, Progress, Work},
    keys,
    products::shipping,
    secrets::SecretKey,
    service::Guerdon,
    tx::{Result, Tx},
};

/// How long, and how often within that time, it is looked whether another node has made the first project.
const CLAIM_PAUSE: Duration = Duration::from_millis(200);
const CLAIM_LOOKS: usize = 50;
/// How many rows of each table are deleted in one step.
const PURGE_STEP: usize = 2_000;

/// What a client sends about a project. On creation `name`, `case_sensitive_codes`, `timezone` and
/// `currency` are required; on update everything is optional and `case_sensitive_codes` is fixed.
#[derive(Debug, Clone, Default, Deserialize, utoipa::ToSchema)]
pub struct ProjectInput {
    pub name: Option<String>,
    pub case_sensitive_codes: Option<bool>,
    pub timezone: Option<String>,
    pub currency: Option<String>,
    pub cluster_id: Option<String>,
    pub description: Option<String>,
    pub dial_code: Option<String>,
    pub client_trusted_domains: Option<Vec<String>>,
    pub client_redeem_enabled: Option<bool>,
    pub client_publish_enabled: Option<bool>,
    pub client_list_vouchers_enabled: Option<bool>,
    pub client_create_customer_enabled: Option<bool>,
    pub client_loyalty_events_enabled: Option<bool>,
    pub client_set_voucher_expiration_date_enabled: Option<bool>,
    pub api_usage_notifications: Option<Value>,
    pub webhooks_callout_notifications: Option<Value>,
    pub default_code_config: Option<Value>,
}

impl ProjectInput {
    /// The first thing that is wrong with the values that were sent.
    fn check(&self) -> std::result::Result<(), Error> {
        for (key, text, max) in
            [("name", &self.name, 255), ("description", &self.description, 2_000), ("dial_code", &self.dial_code, 16)]
        {
            if text.as_ref().is_some_and(|text| text.chars().count() > max) {
                return Err(Error::invalid_payload(Path::of(key), Rule::MaxLength(max)));
            }
        }
        if self.timezone.as_ref().is_some_and(|name| time_zone(name).is_none()) {
            return Err(Error::invalid_payload(Path::of("timezone"), Rule::Other("must be a known time zone".into())));
        }
        let is_code = |code: &String| code.len() == 3 && code.bytes().all(|letter| letter.is_ascii_uppercase());
        if self.currency.as_ref().is_some_and(|currency| !is_code(currency)) {
            let rule = Rule::Other("must be a currency code of three capital letters".into());
            return Err(Error::invalid_payload(Path::of("currency"), rule));
        }
        if self.cluster_id.as_ref().is_some_and(|cluster| cluster != DEFAULT_CLUSTER) {
            return Err(Error::Forbidden { details: "Project is bound to different region".into() });
        }
        Ok(())
    }

    fn apply_to(self, project: &mut Project) {
        fn set<T>(target: &mut T, sent: Option<T>) {
            if let Some(sent) = sent {
                *target = sent;
            }
        }
        set(&mut project.name, self.name);
        set(&mut project.timezone, self.timezone);
        set(&mut project.currency, self.currency);
        set(&mut project.description, self.description);
        set(&mut project.dial_code, self.dial_code.map(Some));
        set(&mut project.client_trusted_domains, self.client_trusted_domains);
        let flags = &mut project.client_flags;
        set(&mut flags.client_redeem_enabled, self.client_redeem_enabled);
        set(&mut flags.client_publish_enabled, self.client_publish_enabled);
        set(&mut flags.client_list_vouchers_enabled, self.client_list_vouchers_enabled);
        set(&mut flags.client_create_customer_enabled, self.client_create_customer_enabled);
        set(&mut flags.client_loyalty_events_enabled, self.client_loyalty_events_enabled);
        set(&mut flags.client_set_voucher_expiration_date_enabled, self.client_set_voucher_expiration_date_enabled);
        set(&mut project.api_usage_notifications, self.api_usage_notifications);
        set(&mut project.webhooks_callout_notifications, self.webhooks_callout_notifications);
        set(&mut project.default_code_config, self.default_code_config.map(Some));
    }
}

/// Creates a project with a server-side and a client-side key; runs in the new project itself.
pub fn create(tx: &mut Tx, secret: &SecretKey, input: &ProjectInput) -> Result<ProjectAnswer> {
    let required = |key: &str| Error::invalid_payload(Path::root(), Rule::Required(key.into()));
    let name = input.name.clone().ok_or_else(|| required("name"))?;
    let case_sensitive_codes = input.case_sensitive_codes.ok_or_else(|| required("case_sensitive_codes"))?;
    let timezone = input.timezone.clone().ok_or_else(|| required("timezone"))?;
    let currency = input.currency.clone().ok_or_else(|| required("currency"))?;
    input.check()?;
    let webhook_token = tx.ids().uuid();
    let mut project = Project {
        id: tx.context().project.clone(),
        name,
        description: String::new(),
        timezone,
        currency,
        dial_code: None,
        case_sensitive_codes,
        cluster_id: DEFAULT_CLUSTER.into(),
        client_trusted_domains: Vec::new(),
        client_flags: ClientFlags::default(),
        api_usage_notifications: default_usage_notifications(),
        webhooks_callout_notifications: default_callout_notifications(),
        default_code_config: None,
        is_sandbox: false,
        sealed_webhook_token: secret.seal(&webhook_token, tx.ids()),
        created_at: tx.now(),
        has_shipping_product: true,
    };
    input.clone().apply_to(&mut project);
    tx.put(project.clone());
    tx.put(Product::shipping(tx.now()));
    Ok(ProjectAnswer {
        server_side_key: Some(keys::create(tx, KeyKind::Server, "Primary", Role::Admin)?),
        client_side_key: Some(keys::create(tx, KeyKind::Client, "Client", Role::User)?),
        ..project.answer(webhook_token)
    })
}

/// Who is warned of what in a new project.
fn default_usage_notifications() -> Value {
    let on = json!({"value": 80, "emails": [], "in_app": true, "enabled": true});
    let off = json!({"value": 80, "emails": [], "in_app": false, "enabled": false});
    json!({
        "messages": on, "api_calls": on, "cycle_calls": on, "redemptions": off, "webhook_calls": on,
        "bulk_api_calls": on,
    })
}

fn default_callout_notifications() -> Value {
    let on = json!({"email": true, "emails": [], "in_app": true});
    json!({"webhooks": on, "distributions": on})
}

/// The project that the command runs in.
fn require(tx: &mut Tx) -> Result<Project> {
    let id = tx.context().project.clone();
    let project = tx.get::<Project>(id.as_str())?.ok_or_else(|| Error::ProjectNotFound { id: id.to_string() })?;
    Ok(project.as_ref().clone())
}

/// Refuses what is done in a project that does not exist.
pub fn require_existing(tx: &mut Tx) -> Result<()> {
    require(tx).map(drop)
}

/// The project's settings, its signing key included.
pub fn get(tx: &mut Tx, secret: &SecretKey) -> Result<ProjectAnswer> {
    Ok(answer(&require(tx)?, secret))
}

/// The project as the management API shows it. A signing key that was sealed with another secret key
/// is shown empty: the project can still be used, and its key be replaced.
fn answer(project: &Project, secret: &SecretKey) -> ProjectAnswer {
    let token = secret.open(&project.sealed_webhook_token).unwrap_or_else(|| {
        tracing::error!(
            project = %project.id,
            "the project's signing key was sealed with another GUERDON_SECRET_KEY: restore that key, or rotate the \
             signing key; until then its webhooks can't be signed and are not sent"
        );
        String::new()
    });
    project.answer(token)
}

/// Changes the settings that were sent.
pub fn update(tx: &mut Tx, secret: &SecretKey, input: &ProjectInput) -> Result<ProjectAnswer> {
    let mut project = require(tx)?;
    input.check()?;
    input.clone().apply_to(&mut project);
    tx.put(project.clone());
    Ok(answer(&project, secret))
}

/// Replaces the key that signs webhooks; later attempts are signed with the new one.
pub fn rotate_webhook_token(tx: &mut Tx, secret: &SecretKey) -> Result<ProjectAnswer> {
    let mut project = require(tx)?;
    let token = tx.ids().uuid();
    project.sealed_webhook_token = secret.seal(&token, tx.ids());
    tx.put(project.clone());
    Ok(project.answer(token))
}

/// Deletes the project: its keys are refused at once, its data goes in the background.
pub fn delete(tx: &mut Tx) -> Result<()> {
    let project = require(tx)?;
    let config = tx.config().clone();
    let keys: Vec<String> = config.keys().map(|key| key.app_id.clone()).collect();
    tx.need(keys.iter().map(|id| Key::id(Collection::ApiKeys, id.as_str())))?;
    for id in &keys {
        tx.get::<ApiKey>(id)?;
        tx.delete::<ApiKey>(id);
    }
    tx.need(config.webhooks().iter().map(|webhook| Key::id(Collection::Webhooks, webhook.id.as_str())))?;
    for webhook in config.webhooks() {
        tx.get::<Webhook>(webhook.id.as_str())?;
        tx.delete::<Webhook>(webhook.id.as_str());
    }
    tx.delete::<Project>(project.id.as_str());
    Ok(())
}

/// All projects, in the order of their creation.
///
/// # Errors
/// `StoreUnavailable`.
pub async fn list(guerdon: &Guerdon) -> std::result::Result<List<ProjectAnswer>, Error> {
    let column = Collection::Projects.column("created_at").expect("the collection's table has this column");
    let query = Query {
        project: None,
        order: Order::Column { column, descending: false },
        ..Query::all(organization(), Collection::Projects)
    };
    let page = guerdon.store.query(query).await.map_err(unavailable)?;
    let mut answers = Vec::with_capacity(page.records.len());
    for record in &page.records {
        answers.push(answer(&record.document().map_err(damaged)?, &guerdon.secret));
    }
    Ok(List::whole("data", answers))
}

/// Starts the deletion of everything that a deleted project has left behind; runs in the
/// installation's own partition.
pub fn start_purge(tx: &mut Tx, project: &ProjectId) -> Result<()> {
    jobs::start(tx, Work::ProjectPurge { project: project.clone() }).map(drop)
}

/// Works such a deletion off.
///
/// # Errors
/// `StoreUnavailable`, to go on later.
pub(crate) async fn purge(
    guerdon: &Guerdon,
    context: &Context,
    claim: &Claim,
    project: &ProjectId,
) -> std::result::Result<Progress, Error> {
    while guerdon.store.purge(project, PURGE_STEP).await.map_err(unavailable)? {
        let claim = claim.clone();
        let step = guerdon.executor.execute(context.clone(), Vec::new(), move |tx| keep_alive(tx, &claim)).await?;
        if step == Progress::Lost {
            return Ok(step);
        }
    }
    let claim = claim.clone();
    guerdon
        .executor
        .execute(context.clone(), Vec::new(), move |tx| {
            let Some(mut job) = claim.job(tx)? else { return Ok(Progress::Lost) };
            job.finish(json!({}), tx.now());
            tx.put(job);
            Ok(Progress::Made)
        })
        .await
}

fn keep_alive(tx: &mut Tx, claim: &Claim) -> Result<Progress> {
    let Some(mut job) = claim.job(tx)? else { return Ok(Progress::Lost) };
    job.step(50, tx.now());
    tx.put(job);
    Ok(Progress::Made)
}

/// What the first start may be told. Whatever is missing is made up.
#[derive(Debug, Clone, Default)]
pub struct Bootstrap {
    pub project_id: Option<String>,
    pub server_key: Option<NewKey>,
    pub client_key: Option<NewKey>,
    pub management_key: Option<NewKey>,
    /// E-mail address and password of the first dashboard user.
    pub admin: Option<(String, String)>,
}

/// The keys of a first start.
#[derive(Debug, Clone)]
pub struct FirstKeys {
    pub project: ProjectId,
    pub server: FirstKey,
    pub client: FirstKey,
    pub management: FirstKey,
}

/// A key of a first start.
#[derive(Debug, Clone)]
pub struct FirstKey {
    pub pair: NewKey,
    /// Made up here, so that nobody knows it until it is shown.
    pub is_made_up: bool,
}

/// Makes the management key and the first user; false if somebody else has, unless that shall not matter.
fn furnish_organization(
    tx: &mut Tx,
    management: &NewKey,
    admin: Option<&(String, String)>,
    is_takeover: bool,
) -> Result<bool> {
    if !is_takeover && tx.config().keys().any(|key| key.kind == KeyKind::Management) {
        return Ok(false);
    }
    tx.get::<ApiKey>(&management.app_id)?;
    keys::store(tx, KeyKind::Management, "Management", Role::Admin, management)?;
    if let Some((email, password_hash)) = admin {
        let email = email.to_lowercase();
        if tx.find::<User>("email", &email)?.is_none() {
            tx.put(User {
                id: tx.new_id(),
                email,
                first_name: String::new(),
                last_name: String::new(),
                password_hash: password_hash.clone(),
                is_owner: true,
                projects: Default::default(),
                created_at: tx.now(),
            });
        }
    }
    Ok(true)
}

/// Makes the first project and its keys if the store has none yet; else completes those that earlier
/// versions have made.
///
/// # Errors
/// `StoreUnavailable`, or `Internal` if the password can't be hashed.
pub async fn bootstrap(guerdon: &Guerdon, bootstrap: Bootstrap) -> std::result::Result<Option<FirstKeys>, Error> {
    if !list(guerdon).await?.rows.is_empty() {
        shipping::add_where_missing(guerdon).await?;
        return Ok(None);
    }
    let now = guerdon.clock.now();
    let key = |chosen: Option<NewKey>| FirstKey {
        is_made_up: chosen.is_none(),
        pair: chosen.unwrap_or_else(|| NewKey { app_id: guerdon.ids.uuid(), app_token: guerdon.ids.uuid() }),
    };
    let first = FirstKeys {
        project: bootstrap.project_id.map_or_else(|| guerdon.ids.next(now), ProjectId::from),
        server: key(bootstrap.server_key),
        client: key(bootstrap.client_key),
        management: key(bootstrap.management_key),
    };
    let admin = match bootstrap.admin {
        Some((email, password)) => Some((email, hash_password(guerdon, &password)?)),
        None => None,
    };

    // Of several nodes that start at once on an empty store, the one that makes the management key makes
    // the project, too. Should it have died over it, another one does after a while.
    let context = Context::background(organization(), &guerdon.ids.next(now));
    let furnish = |is_takeover: bool| {
        let (management, admin) = (first.management.pair.clone(), admin.clone());
        let command = move |tx: &mut Tx| furnish_organization(tx, &management, admin.as_ref(), is_takeover);
        guerdon.executor.execute(context.clone(), Vec::new(), command)
    };
    if !furnish(false).await? {
        for _ in 0..CLAIM_LOOKS {
            guerdon.clock.pause(CLAIM_PAUSE).await;
            if !list(guerdon).await?.rows.is_empty() {
                return Ok(None);
            }
        }
        furnish(true).await?;
    }
    // The project last: until it is there, the next start begins anew.
    let context = Context::background(first.project.clone(), &guerdon.ids.next(now));
    let (keys, secret) = (first.clone(), guerdon.secret.clone());
    guerdon
        .executor
        .execute(context, Vec::new(), move |tx| {
            let input = ProjectInput {
                name: Some("My project".into()),
                case_sensitive_codes: Some(true),
                timezone: Some("UTC".into()),
                currency: Some("USD".into()),
                ..ProjectInput::default()
            };
            let answer = create(tx, &secret, &input)?;
            for made in [answer.server_side_key, answer.client_side_key].into_iter().flatten() {
                tx.delete::<ApiKey>(&made.app_id);
            }
            keys::store(tx, KeyKind::Server, "Primary", Role::Admin, &keys.server.pair)?;
            keys::store(tx, KeyKind::Client, "Client", Role::User, &keys.client.pair)
        })
        .await?;
    Ok(Some(first))
}

fn hash_password(guerdon: &Guerdon, password: &str) -> std::result::Result<String, Error> {
    let salt = SaltString::encode_b64(&guerdon.ids.bytes::<16>()).map_err(|_| Error::Internal)?;
    let hash = Argon2::default().hash_password(password.as_bytes(), &salt).map_err(|_| Error::Internal)?;
    Ok(hash.to_string())
}
