//! A project's configuration in memory, complete and immutable.
//!
//! A commit that changes configuration bumps the project's version in the same transaction. Every
//! load reports the version that it saw, so whoever works with a stale snapshot notices before
//! anything is written, and the commit itself checks once more.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use guerdon_model::{
    Error,
    api_key::ApiKey,
    event::EventType,
    event_schema::EventSchema,
    ids::{ProjectId, WebhookId},
    metadata::Metadata,
    metadata_schema::{MetadataSchema, Scope},
    project::Project,
    webhook::Webhook,
};
use guerdon_store::{Collection, Configuration, Document, Record, Store};
use jiff::tz::TimeZone;
use parking_lot::{Mutex, RwLock};

use crate::{
    failure::{damaged, unavailable},
    product_collections::Collections,
    secrets::SecretKey,
    segments::Definitions,
};

/// Everything that is configured in one project, as of one version.
#[derive(Debug, Clone)]
pub struct Snapshot {
    pub version: u64,
    /// None for a project that does not exist (any more).
    pub project: Option<Project>,
    keys: HashMap<String, Arc<ApiKey>>,
    webhooks: Vec<Webhook>,
    metadata_schemas: HashMap<String, MetadataSchema>,
    event_schemas: HashMap<String, EventSchema>,
    webhook_token: Option<String>,
    segments: Definitions,
    product_collections: Collections,
}

impl Snapshot {
    fn of(configuration: Configuration, secret: &SecretKey) -> Result<Self, Error> {
        let mut snapshot = Self {
            version: configuration.version,
            project: None,
            keys: HashMap::new(),
            webhooks: Vec::new(),
            metadata_schemas: HashMap::new(),
            event_schemas: HashMap::new(),
            webhook_token: None,
            segments: Definitions::default(),
            product_collections: Collections::default(),
        };
        let (mut segments, mut product_collections) = (Vec::new(), Vec::new());
        for (collection, record) in &configuration.records {
            match collection {
                Collection::Projects => snapshot.project = Some(read::<Project>(record)?),
                Collection::ApiKeys => {
                    let key: ApiKey = read(record)?;
                    snapshot.keys.insert(key.app_id.clone(), Arc::new(key));
                }
                Collection::Webhooks => snapshot.webhooks.push(read(record)?),
                Collection::MetadataSchemas => {
                    let schema: MetadataSchema = read(record)?;
                    snapshot.metadata_schemas.insert(schema.related_object.clone(), schema);
                }
                Collection::EventSchemas => {
                    let schema: EventSchema = read(record)?;
                    snapshot.event_schemas.insert(schema.name.clone(), schema);
                }
                Collection::Segments => segments.push(read(record)?),
                Collection::ProductCollections => product_collections.push(read(record)?),
                Collection::Customers
                | Collection::DeletedCustomers
                | Collection::Jobs
                | Collection::Users
                | Collection::Products
                | Collection::Skus
                | Collection::BinEntries
                | Collection::SegmentMembers => {}
            }
        }
        snapshot.segments = Definitions::of(segments)?;
        snapshot.product_collections = Collections::of(product_collections)?;
        snapshot.webhook_token =
            snapshot.project.as_ref().and_then(|project| secret.open(&project.sealed_webhook_token));
        Ok(snapshot)
    }

    /// The key with this public half.
    pub fn key(&self, app_id: &str) -> Option<&Arc<ApiKey>> {
        self.keys.get(app_id)
    }

    /// All keys of the project.
    pub fn keys(&self) -> impl Iterator<Item = &Arc<ApiKey>> {
        self.keys.values()
    }

    /// The active webhooks that ask for events of this type.
    pub fn webhooks_for(&self, kind: EventType) -> impl Iterator<Item = &Webhook> {
        self.webhooks.iter().filter(move |webhook| webhook.active && webhook.events.contains(&kind))
    }

    /// The webhook with this id.
    pub fn webhook(&self, id: &WebhookId) -> Option<&Webhook> {
        self.webhooks.iter().find(|webhook| webhook.id == *id)
    }

    /// All webhooks, as they were created.
    pub fn webhooks(&self) -> &[Webhook] {
        &self.webhooks
    }

    /// All metadata schemas, by the resource that they describe.
    pub fn metadata_schemas(&self) -> &HashMap<String, MetadataSchema> {
        &self.metadata_schemas
    }

    /// All schemas of custom events, by the event's name.
    pub fn event_schemas(&self) -> &HashMap<String, EventSchema> {
        &self.event_schemas
    }

    /// The project's time zone.
    pub fn zone(&self) -> TimeZone {
        self.project.as_ref().map_or(TimeZone::UTC, Project::zone)
    }

    /// All segments.
    pub fn segments(&self) -> &Definitions {
        &self.segments
    }

    /// All product collections.
    pub fn product_collections(&self) -> &Collections {
        &self.product_collections
    }

    /// The key that signs the project's webhooks; none if the project is unknown or its key was
    /// sealed with another installation's secret.
    pub fn webhook_token(&self) -> Option<&str> {
        self.webhook_token.as_deref()
    }

    /// Metadata of a resource against the project's schema for it.
    ///
    /// # Errors
    /// `metadata_validation_failed`, naming the first key that breaks the schema.
    pub fn check_metadata(&self, resource: &str, metadata: &Metadata, scope: Scope) -> Result<(), Error> {
        match self.metadata_schemas.get(resource) {
            Some(schema) => schema.validate(metadata, scope, &|name| self.metadata_schemas.get(name)),
            None => Ok(()),
        }
    }
}

fn read<D: Document>(record: &Record) -> Result<D, Error> {
    record.document().map_err(damaged)
}

/// The snapshots of all projects that were used so far.
pub struct Snapshots {
    store: Arc<dyn Store>,
    secret: SecretKey,
    known: RwLock<HashMap<ProjectId, Arc<Snapshot>>>,
    looks: Mutex<HashMap<ProjectId, Arc<Look>>>,
}

/// Looks at a project's version, one at a time; whoever waits for the next one shares it.
#[derive(Default)]
struct Look {
    turn: tokio::sync::Mutex<()>,
    begun: AtomicU64,
}

impl Snapshots {
    /// No snapshots yet; `secret` opens what is sealed in them.
    pub fn new(store: Arc<dyn Store>, secret: SecretKey) -> Self {
        Self { store, secret, known: RwLock::default(), looks: Mutex::default() }
    }

    /// The project's configuration, at least as new as `version`.
    pub async fn get(&self, project: &ProjectId, version: Option<u64>) -> Result<Arc<Snapshot>, Error> {
        let known = self.known.read().get(project).cloned();
        match known {
            Some(snapshot) if version.is_none_or(|version| snapshot.version >= version) => Ok(snapshot),
            _ => self.refresh(project).await,
        }
    }

    /// The project's configuration as of now: whatever any node had acknowledged before the call is in
    /// it. For what is done without a load that would show the version.
    ///
    /// # Errors
    /// `StoreUnavailable`.
    pub async fn latest(&self, project: &ProjectId) -> Result<Arc<Snapshot>, Error> {
        if !self.store.is_shared() {
            // Only this process changes anything, and it keeps its snapshots up to date.
            return self.get(project, None).await;
        }
        let look = self.looks.lock().entry(project.clone()).or_default().clone();
        let begun_before = look.begun.load(Ordering::SeqCst);
        let _turn = look.turn.lock().await;
        if look.begun.load(Ordering::SeqCst) > begun_before {
            // Somebody has begun to look after this call had, and is done.
            return self.get(project, None).await;
        }
        let loaded = self.store.load(project, Vec::new()).await.map_err(unavailable)?;
        let snapshot = self.get(project, Some(loaded.config_version)).await?;
        look.begun.fetch_add(1, Ordering::SeqCst);
        Ok(snapshot)
    }

    /// Forgets what is known of the project, so that it is read anew when it is needed.
    pub(crate) fn forget(&self, project: &ProjectId) {
        self.known.write().remove(project);
    }

    /// Reads the project's configuration anew.
    pub async fn refresh(&self, project: &ProjectId) -> Result<Arc<Snapshot>, Error> {
        let configuration = self.store.configuration(project).await.map_err(unavailable)?;
        let fresh = Arc::new(Snapshot::of(configuration, &self.secret)?);
        let mut known = self.known.write();
        let kept = known.entry(project.clone()).or_insert_with(|| fresh.clone());
        // Two refreshes may overtake each other: the newer one stays.
        if kept.version < fresh.version {
            *kept = fresh;
        }
        Ok(kept.clone())
    }
}
