//! A project's configuration in memory, complete and immutable.
//!
//! A commit that changes configuration bumps the project's version in the same transaction. Every
//! load reports the version that it saw, so whoever works with a stale snapshot notices before
//! anything is written, and the commit itself checks once more.

use std::{
    collections::HashMap,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU64, Ordering},
    },
};

use guerdon_model::{
    Error,
    api_key::ApiKey,
    campaign::Campaign,
    category::Category,
    event::EventType,
    event_schema::EventSchema,
    ids::{CampaignId, CategoryId, ProjectId, ValidationRuleId, WebhookId},
    metadata::Metadata,
    metadata_schema::{MetadataSchema, Scope},
    project::Project,
    stacking_rules::StackingRules,
    voucher::{Voucher, VoucherAssets},
    webhook::Webhook,
};
use guerdon_store::{Collection, Configuration, Document, Record, Store};
use jiff::tz::TimeZone;
use parking_lot::{Mutex, RwLock};

use crate::{
    failure::{damaged, unavailable},
    images::{ImageIds, ImageLinks},
    product_collections::Collections,
    promotions::Promotions,
    qualifications::Offers,
    secrets::SecretKey,
    segments::Definitions,
    tracking::TrackingIds,
    validation_rules::ReadyRule,
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
    validation_rules: HashMap<ValidationRuleId, Arc<ReadyRule>>,
    categories: HashMap<CategoryId, Category>,
    stacking_rules: StackingRules,
    campaigns: HashMap<CampaignId, Arc<Campaign>>,
    /// The ids of the campaigns, by name.
    campaign_ids: HashMap<String, CampaignId>,
    segments: Definitions,
    product_collections: Collections,
    promotions: Promotions,
    offers: Arc<OnceLock<Offers>>,
    images: Option<ImageLinks>,
    tracking: Option<TrackingIds>,
}

impl Snapshot {
    /// Reads a configuration; what has not changed since `previous` is taken from there where reading it
    /// is work.
    fn of(configuration: Configuration, secret: &SecretKey, previous: Option<&Self>) -> Result<Self, Error> {
        let mut snapshot = Self {
            version: configuration.version,
            project: None,
            keys: HashMap::new(),
            webhooks: Vec::new(),
            metadata_schemas: HashMap::new(),
            event_schemas: HashMap::new(),
            webhook_token: None,
            validation_rules: HashMap::new(),
            categories: HashMap::new(),
            stacking_rules: StackingRules::default(),
            campaigns: HashMap::new(),
            campaign_ids: HashMap::new(),
            segments: Definitions::default(),
            product_collections: Collections::default(),
            promotions: Promotions::default(),
            offers: Arc::default(),
            images: None,
            tracking: None,
        };
        let (mut segments, mut product_collections) = (Vec::new(), Vec::new());
        let (mut tiers, mut stacks) = (Vec::new(), Vec::new());
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
                Collection::ValidationRules => {
                    let known = previous.and_then(|previous| previous.validation_rules.get(&*record.id));
                    let rule = match known.filter(|known| known.version == record.version) {
                        Some(known) => known.clone(),
                        None => Arc::new(ReadyRule::of(record.version, read(record)?)?),
                    };
                    snapshot.validation_rules.insert(rule.rule.id.clone(), rule);
                }
                Collection::Categories => {
                    let category: Category = read(record)?;
                    snapshot.categories.insert(category.id.clone(), category);
                }
                Collection::StackingRules => snapshot.stacking_rules = read(record)?,
                Collection::Campaigns => {
                    let campaign: Arc<Campaign> = Arc::new(read(record)?);
                    snapshot.campaign_ids.insert(campaign.name.clone(), campaign.id.clone());
                    snapshot.campaigns.insert(campaign.id.clone(), campaign);
                }
                Collection::Segments => segments.push(read(record)?),
                Collection::ProductCollections => product_collections.push(read(record)?),
                Collection::PromotionTiers => tiers.push(record),
                Collection::PromotionStacks => stacks.push(read(record)?),
                Collection::Customers
                | Collection::DeletedCustomers
                | Collection::Jobs
                | Collection::Users
                | Collection::Products
                | Collection::Skus
                | Collection::BinEntries
                | Collection::ValidationRuleAssignments
                | Collection::AssignmentsCounts
                | Collection::CampaignTotals
                | Collection::Vouchers
                | Collection::Orders
                | Collection::SegmentMembers
                | Collection::PromotionTierTotals
                | Collection::CampaignTemplates
                | Collection::Publications
                | Collection::RedeemableHolders
                | Collection::KeptAnswers
                | Collection::Participations
                | Collection::CampaignDays
                | Collection::Exports
                | Collection::VoucherTransactions
                | Collection::SessionLocks
                | Collection::PersonalUsages
                | Collection::Redemptions => {}
            }
        }
        snapshot.segments = Definitions::of(segments)?;
        snapshot.product_collections = Collections::of(product_collections)?;
        let known = previous.map(|previous| &previous.promotions);
        snapshot.promotions = Promotions::read(&tiers, stacks, &snapshot.campaigns, &snapshot.validation_rules, known)?;
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

    /// The validation rule with this id, compiled.
    pub fn validation_rule(&self, id: &str) -> Option<&Arc<ReadyRule>> {
        self.validation_rules.get(id)
    }

    /// All validation rules, in no particular order.
    pub fn validation_rules(&self) -> impl Iterator<Item = &Arc<ReadyRule>> {
        self.validation_rules.values()
    }

    /// The category with this id.
    pub fn category(&self, id: &str) -> Option<&Category> {
        self.categories.get(id)
    }

    /// All categories, in no particular order.
    pub fn categories(&self) -> impl Iterator<Item = &Category> {
        self.categories.values()
    }

    /// How the project's redeemables can be combined; the defaults, without an id, if nothing is set.
    pub fn stacking_rules(&self) -> &StackingRules {
        &self.stacking_rules
    }

    /// The campaign with this id or name.
    pub fn campaign(&self, reference: &str) -> Option<&Arc<Campaign>> {
        self.campaigns.get(reference).or_else(|| self.campaign_named(reference))
    }

    /// The campaign with this name.
    pub fn campaign_named(&self, name: &str) -> Option<&Arc<Campaign>> {
        self.campaigns.get(self.campaign_ids.get(name)?)
    }

    /// The campaign with this id.
    pub fn campaign_with_id(&self, id: &CampaignId) -> Option<&Arc<Campaign>> {
        self.campaigns.get(id)
    }

    /// All campaigns, in no particular order.
    pub fn campaigns(&self) -> impl Iterator<Item = &Arc<Campaign>> {
        self.campaigns.values()
    }

    /// The promotions with their tiers and stacks.
    pub fn promotions(&self) -> &Promotions {
        &self.promotions
    }

    /// What is offered to all who fulfil its rules.
    pub fn offers(&self) -> &Offers {
        self.offers.get_or_init(|| Offers::of(self))
    }

    /// Where the images of a voucher's code are.
    pub fn links_to_images(&self, voucher: &Voucher) -> VoucherAssets {
        self.images.as_ref().map(|images| images.to(voucher)).unwrap_or_default()
    }

    /// What stands for a customer of this `source_id` where strangers can read it.
    pub fn tracking_id(&self, source_id: &str) -> Option<String> {
        self.tracking.as_ref().map(|tracking| tracking.of(source_id))
    }

    /// The `source_id` behind what a client sends: it may be a tracking id.
    pub fn source_id_of(&self, sent: &str) -> String {
        let read = self.tracking.as_ref().and_then(|tracking| tracking.read(sent));
        read.unwrap_or_else(|| sent.to_owned())
    }

    /// Whether codes are told apart by the case of their letters, too.
    pub fn has_case_sensitive_codes(&self) -> bool {
        self.project.as_ref().is_none_or(|project| project.case_sensitive_codes)
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
    image_ids: Arc<ImageIds>,
    public_url: Arc<str>,
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
    /// No snapshots yet; `secret` opens what is sealed in them. `public_url` is where clients reach the API.
    pub fn new(store: Arc<dyn Store>, secret: SecretKey, image_ids: Arc<ImageIds>, public_url: &str) -> Self {
        let public_url = public_url.into();
        Self { store, secret, image_ids, public_url, known: RwLock::default(), looks: Mutex::default() }
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
        let known = self.known.read().get(project).cloned();
        let mut fresh = Snapshot::of(configuration, &self.secret, known.as_deref())?;
        fresh.images = Some(ImageLinks::of(&self.image_ids, &self.public_url, project));
        fresh.tracking = Some(TrackingIds::of_project(&self.secret, project));
        let fresh = Arc::new(fresh);
        let mut known = self.known.write();
        let kept = known.entry(project.clone()).or_insert_with(|| fresh.clone());
        // Two refreshes may overtake each other: the newer one stays.
        if kept.version < fresh.version {
            *kept = fresh;
        }
        Ok(kept.clone())
    }
}
