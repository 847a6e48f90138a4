//! The table of collections: one per resource, with the columns that its documents are found by.
//!
//! A new resource is a new row here, an `impl Document` below and a table in each store's schema.

mod campaigns;
mod exports;
mod kept_answers;
mod ledger;
mod orders;
mod promotions;
mod publications;
mod redemptions;
mod rules;
mod segments;
mod sessions;

use std::sync::Arc;

use guerdon_model::{
    Timestamp,
    api_key::{ApiKey, KeyKind},
    bin_entry::Binned,
    customer::{Customer, DeletedCustomer},
    event_schema::EventSchema,
    metadata_schema::MetadataSchema,
    product::Product,
    project::Project,
    sku::Sku,
    user::User,
    webhook::Webhook,
};

use crate::Document;

/// A kind of document.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Collection {
    Customers,
    DeletedCustomers,
    Jobs,
    Projects,
    ApiKeys,
    Webhooks,
    MetadataSchemas,
    EventSchemas,
    Users,
    Products,
    Skus,
    BinEntries,
    ValidationRules,
    ValidationRuleAssignments,
    AssignmentsCounts,
    Categories,
    StackingRules,
    Campaigns,
    CampaignTotals,
    Vouchers,
    Orders,
    Segments,
    SegmentMembers,
    ProductCollections,
    PromotionTiers,
    PromotionTierTotals,
    PromotionStacks,
    CampaignTemplates,
    Publications,
    RedeemableHolders,
    Participations,
    CampaignDays,
    Exports,
    VoucherTransactions,
    SessionLocks,
    PersonalUsages,
    Redemptions,
    KeptAnswers,
}

/// How a collection is stored.
#[derive(Debug)]
pub struct Spec {
    /// The table's name.
    pub table: &'static str,
    /// The lookup columns, in the order in which [`Document::columns`] gives their values.
    pub columns: &'static [Column],
    /// Whether its documents are part of the project's configuration, which every node keeps in
    /// memory.
    pub configuration: bool,
    /// Whether the number of its documents is kept, so that a listing's total costs nothing.
    pub counted: bool,
}

/// A column beside the document.
#[derive(Debug)]
pub struct Column {
    pub name: &'static str,
    pub kind: Kind,
    /// Whether it is null in some documents.
    pub nullable: bool,
    pub unique: Unique,
}

/// What a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Text,
    Integer,
}

/// Within which bounds a column's values are unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unique {
    No,
    /// Within the project; nulls don't count.
    InProject,
    /// Over all projects.
    Everywhere,
}

const fn text(name: &'static str) -> Column {
    Column { name, kind: Kind::Text, nullable: false, unique: Unique::No }
}
/// UTC milliseconds.
const fn time(name: &'static str) -> Column {
    Column { name, kind: Kind::Integer, nullable: false, unique: Unique::No }
}

const fn integer(name: &'static str) -> Column {
    Column { name, kind: Kind::Integer, nullable: false, unique: Unique::No }
}

/// 1 or 0.
const fn flag(name: &'static str) -> Column {
    Column { name, kind: Kind::Integer, nullable: false, unique: Unique::No }
}

impl Column {
    const fn nullable(self) -> Self {
        Self { nullable: true, ..self }
    }
    const fn unique(self) -> Self {
        Self { unique: Unique::InProject, ..self }
    }
    const fn unique_everywhere(self) -> Self {
        Self { unique: Unique::Everywhere, ..self }
    }
}

/// One row per collection, in the order of [`Collection::ALL`].
static TABLE: [Spec; Collection::ALL.len()] = [
    Spec {
        table: "customers",
        columns: &[
            text("source_id").nullable().unique(),
            text("name").nullable(),
            // Lower case: e-mail addresses are compared without regard to case.
            text("email_folded").nullable(),
            text("city").nullable(),
            time("created_at"),
            time("updated_at").nullable(),
            // `updated_at`, or `created_at` before the first change: what "by last change" sorts.
            time("changed_at"),
        ],
        configuration: false,
        counted: true,
    },
    Spec { table: "deleted_customers", columns: &[], configuration: false, counted: false },
    Spec {
        table: "jobs",
        // `due_at` is when a worker may take the job (again); null once it is finished.
        columns: &[time("due_at").nullable(), time("created_at")],
        configuration: false,
        counted: false,
    },
    Spec { table: "projects", columns: &[time("created_at")], configuration: true, counted: false },
    Spec {
        table: "api_keys",
        columns: &[text("app_id").unique_everywhere(), time("created_at")],
        configuration: true,
        counted: false,
    },
    Spec { table: "webhooks", columns: &[time("created_at")], configuration: true, counted: false },
    Spec {
        table: "metadata_schemas",
        columns: &[text("related_object").unique()],
        configuration: true,
        counted: false,
    },
    Spec { table: "event_schemas", columns: &[text("name").unique()], configuration: true, counted: false },
    Spec { table: "users", columns: &[text("email").unique()], configuration: false, counted: false },
    Spec {
        table: "products",
        columns: &[
            text("source_id").nullable().unique(),
            text("name").nullable(),
            time("created_at"),
            // As for customers: `updated_at`, or `created_at` before the first change.
            time("changed_at"),
        ],
        configuration: false,
        counted: true,
    },
    Spec {
        table: "skus",
        columns: &[text("source_id").nullable().unique(), text("product_id"), time("created_at"), time("changed_at")],
        configuration: false,
        // Nobody lists them but by product.
        counted: false,
    },
    Spec {
        table: "bin_entries",
        // What nobody else may be called until the entry is gone; see `taken`.
        columns: &[text("taken_id").unique(), text("taken_source_id").nullable().unique()],
        configuration: false,
        counted: false,
    },
    Spec { table: "validation_rules", columns: &[], configuration: true, counted: false },
    Spec {
        table: "validation_rules_assignments",
        // For lists, and for finding one by its id. What has rules carries its assignments itself.
        columns: &[text("rule_id"), text("related_object_id"), time("created_at")],
        configuration: false,
        counted: true,
    },
    // One per rule, beside the configuration: it changes with every voucher that gets a rule.
    Spec { table: "assignments_counts", columns: &[], configuration: false, counted: false },
    Spec { table: "categories", columns: &[], configuration: true, counted: false },
    Spec { table: "stacking_rules", columns: &[], configuration: true, counted: false },
    Spec {
        table: "campaigns",
        columns: &[text("name").unique(), text("campaign_type"), time("created_at"), time("changed_at")],
        configuration: true,
        counted: false,
    },
    Spec { table: "campaign_totals", columns: &[], configuration: false, counted: false },
    Spec {
        table: "vouchers",
        columns: &[
            // As it is looked up. Unique among those in the bin, too, which stay in this table.
            text("code").unique(),
            text("campaign_id").nullable(),
            // The campaign, as long as a publication from it may choose the voucher.
            text("pool").nullable(),
            text("holder_id").nullable(),
            time("expiration_date").nullable(),
            flag("is_active"),
            flag("is_referral_code"),
            time("changed_at"),
            flag("is_binned"),
            // Which metadata it has, see `collection::campaigns::metadata_set`.
            integer("metadata_set").nullable(),
            flag("is_redeemed"),
            // Whether it is a code for everybody.
            flag("is_generic"),
        ],
        configuration: false,
        // The campaigns' totals say how many there are.
        counted: false,
    },
    Spec {
        table: "orders",
        columns: &[
            text("source_id").nullable().unique(),
            text("customer_id").nullable(),
            text("status"),
            time("created_at"),
            // As for customers: `updated_at`, or `created_at` before the first change.
            time("changed_at"),
        ],
        configuration: false,
        counted: true,
    },
    Spec { table: "segments", columns: &[time("created_at")], configuration: true, counted: false },
    Spec {
        table: "segment_members",
        // `created_at` is the customer's.
        columns: &[text("segment_id"), text("customer_id"), time("created_at")],
        configuration: false,
        counted: false,
    },
    Spec { table: "product_collections", columns: &[time("created_at")], configuration: true, counted: false },
    Spec { table: "promotion_tiers", columns: &[], configuration: true, counted: false },
    // One per tier, beside the configuration: it changes with every redemption.
    Spec { table: "promotion_tier_totals", columns: &[], configuration: false, counted: false },
    Spec { table: "promotion_stacks", columns: &[], configuration: true, counted: false },
    Spec { table: "campaign_templates", columns: &[text("name").unique()], configuration: false, counted: false },
    Spec {
        table: "publications",
        columns: &[
            text("source_id").nullable().unique(),
            text("customer_id"),
            text("campaign_id").nullable(),
            // Of several, the first.
            text("voucher_code"),
            text("tracking_id").nullable(),
            text("channel"),
            text("voucher_type"),
            flag("is_referral_code"),
            text("result"),
        ],
        configuration: false,
        counted: true,
    },
    Spec {
        table: "redeemable_holders",
        // The voucher and the customer together are unique.
        columns: &[text("assignment").unique(), text("voucher_id"), text("customer_id")],
        configuration: false,
        counted: false,
    },
    // Looked up by what they are about, never listed.
    Spec { table: "participations", columns: &[], configuration: false, counted: false },
    Spec { table: "campaign_days", columns: &[text("campaign_id"), text("day")], configuration: false, counted: false },
    // By time of creation they are listed by their ids, which begin with it.
    Spec { table: "exports", columns: &[text("status")], configuration: false, counted: true },
    Spec {
        table: "voucher_transactions",
        columns: &[text("voucher_id"), text("campaign_id").nullable()],
        configuration: false,
        counted: false,
    },
    Spec {
        table: "session_locks",
        columns: &[text("voucher_id"), time("expires_at")],
        configuration: false,
        counted: false,
    },
    // Looked up by what they are about, never listed.
    Spec { table: "personal_usages", columns: &[], configuration: false, counted: false },
    Spec {
        table: "redemptions",
        columns: &[
            // The prefix of its id.
            text("kind"),
            text("voucher_code").nullable(),
            text("tier_id").nullable(),
            text("customer_id").nullable(),
            text("campaign_id").nullable(),
            text("parent_id").nullable(),
        ],
        configuration: false,
        counted: true,
    },
    // Looked up by the key that a request came with, and deleted by time.
    Spec { table: "kept_answers", columns: &[time("expires_at")], configuration: false, counted: false },
];

impl Collection {
    /// Every collection.
    pub const ALL: [Collection; 38] = [
        Collection::Customers,
        Collection::DeletedCustomers,
        Collection::Jobs,
        Collection::Projects,
        Collection::ApiKeys,
        Collection::Webhooks,
        Collection::MetadataSchemas,
        Collection::EventSchemas,
        Collection::Users,
        Collection::Products,
        Collection::Skus,
        Collection::BinEntries,
        Collection::ValidationRules,
        Collection::ValidationRuleAssignments,
        Collection::AssignmentsCounts,
        Collection::Categories,
        Collection::StackingRules,
        Collection::Campaigns,
        Collection::CampaignTotals,
        Collection::Vouchers,
        Collection::Orders,
        Collection::Segments,
        Collection::SegmentMembers,
        Collection::ProductCollections,
        Collection::PromotionTiers,
        Collection::PromotionTierTotals,
        Collection::PromotionStacks,
        Collection::CampaignTemplates,
        Collection::Publications,
        Collection::RedeemableHolders,
        Collection::Participations,
        Collection::CampaignDays,
        Collection::Exports,
        Collection::VoucherTransactions,
        Collection::SessionLocks,
        Collection::PersonalUsages,
        Collection::Redemptions,
        Collection::KeptAnswers,
    ];

    /// Those whose documents are deleted once the time in their column `expires_at` has come.
    pub const EXPIRING: [Collection; 1] = [Collection::KeptAnswers];

    /// This collection's row of the table.
    pub fn spec(self) -> &'static Spec {
        &TABLE[self as usize]
    }

    /// The place of a column in this collection's row.
    pub fn column(self, name: &str) -> Option<usize> {
        self.spec().columns.iter().position(|column| column.name == name)
    }
}

/// What a document is loaded by.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    pub collection: Collection,
    pub by: By,
}

/// The two kinds of keys.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum By {
    Id(Arc<str>),
    /// The value of the unique column at that place of the collection's row.
    Unique(usize, Arc<str>),
}

impl Key {
    /// The document with this id.
    pub fn id(collection: Collection, id: impl Into<Arc<str>>) -> Self {
        Self { collection, by: By::Id(id.into()) }
    }

    /// The document with this value in a unique column.
    pub fn unique(collection: Collection, column: usize, value: impl Into<Arc<str>>) -> Self {
        Self { collection, by: By::Unique(column, value.into()) }
    }
}

/// The value of a lookup column.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ColumnValue {
    Null,
    Integer(i64),
    Text(Arc<str>),
}

impl From<Timestamp> for ColumnValue {
    fn from(time: Timestamp) -> Self {
        ColumnValue::Integer(time.as_millis())
    }
}
impl From<i64> for ColumnValue {
    fn from(number: i64) -> Self {
        ColumnValue::Integer(number)
    }
}
impl From<bool> for ColumnValue {
    fn from(flag: bool) -> Self {
        ColumnValue::Integer(flag.into())
    }
}
impl From<&str> for ColumnValue {
    fn from(text: &str) -> Self {
        ColumnValue::Text(text.into())
    }
}
impl<T: Into<ColumnValue>> From<Option<T>> for ColumnValue {
    fn from(value: Option<T>) -> Self {
        value.map_or(ColumnValue::Null, Into::into)
    }
}

impl Document for Customer {
    const COLLECTION: Collection = Collection::Customers;
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn columns(&self) -> Vec<ColumnValue> {
        let city = self.address.as_ref().and_then(|address| address.city.as_ref()).and_then(Option::as_deref);
        vec![
            self.source_id.as_deref().into(),
            self.name.as_deref().into(),
            self.email.as_ref().map_or(ColumnValue::Null, |email| email.to_lowercase().as_str().into()),
            city.into(),
            self.created_at.into(),
            self.updated_at.into(),
            self.updated_at.unwrap_or(self.created_at).into(),
        ]
    }
}

impl Document for DeletedCustomer {
    const COLLECTION: Collection = Collection::DeletedCustomers;
    fn id(&self) -> &str {
        self.customer.id.as_str()
    }
    fn columns(&self) -> Vec<ColumnValue> {
        Vec::new()
    }
}

impl Document for Project {
    const COLLECTION: Collection = Collection::Projects;
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn columns(&self) -> Vec<ColumnValue> {
        vec![self.created_at.into()]
    }
}

impl Document for ApiKey {
    const COLLECTION: Collection = Collection::ApiKeys;
    fn id(&self) -> &str {
        &self.app_id
    }
    fn columns(&self) -> Vec<ColumnValue> {
        // A management id and an application id may be the same text: the kind keeps them apart.
        vec![locator(self.kind, &self.app_id).as_str().into(), self.created_at.into()]
    }
}

/// What an API key is located by over all projects.
pub fn locator(kind: KeyKind, app_id: &str) -> String {
    let kind = match kind {
        KeyKind::Server => "server",
        KeyKind::Client => "client",
        KeyKind::Management => "management",
    };
    format!("{kind}:{app_id}")
}

impl Document for Webhook {
    const COLLECTION: Collection = Collection::Webhooks;
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn columns(&self) -> Vec<ColumnValue> {
        vec![self.created_at.into()]
    }
}

impl Document for MetadataSchema {
    const COLLECTION: Collection = Collection::MetadataSchemas;
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn columns(&self) -> Vec<ColumnValue> {
        vec![self.related_object.as_str().into()]
    }
}

impl Document for EventSchema {
    const COLLECTION: Collection = Collection::EventSchemas;
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn columns(&self) -> Vec<ColumnValue> {
        vec![self.name.as_str().into()]
    }
}

impl Document for User {
    const COLLECTION: Collection = Collection::Users;
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn columns(&self) -> Vec<ColumnValue> {
        vec![self.email.as_str().into()]
    }
}

impl Document for Product {
    const COLLECTION: Collection = Collection::Products;
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn columns(&self) -> Vec<ColumnValue> {
        vec![
            self.source_id.as_deref().into(),
            self.name.as_deref().into(),
            self.created_at.into(),
            self.updated_at.unwrap_or(self.created_at).into(),
        ]
    }
}

impl Document for Sku {
    const COLLECTION: Collection = Collection::Skus;
    fn id(&self) -> &str {
        self.id.as_str()
    }
    fn columns(&self) -> Vec<ColumnValue> {
        vec![
            self.source_id.as_deref().into(),
            self.product_id.as_str().into(),
            self.created_at.into(),
            self.updated_at.unwrap_or(self.created_at).into(),
        ]
    }
}

impl Document for Binned {
    const COLLECTION: Collection = Collection::BinEntries;
    fn id(&self) -> &str {
        self.entry.id.as_str()
    }
    fn columns(&self) -> Vec<ColumnValue> {
        let kind = self.content.resource_type();
        let source_id = self.content.source_id().map(|source_id| taken(kind, source_id));
        vec![taken(kind, self.content.id()).as_str().into(), source_id.as_deref().into()]
    }
}

/// How the bin keeps an identifier of a kind of resources.
pub fn taken(kind: &str, identifier: &str) -> String {
    format!("{kind}:{identifier}")
}
