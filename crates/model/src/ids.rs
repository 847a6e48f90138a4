//! Typed, prefixed ids: a `CustomerId` can't be passed where a `WebhookId` is meant.
//!
//! The table at the end of this file lists every kind with its prefix and the shape of its suffix.
//! Clients must treat ids as opaque, but their shape is part of what they see: hexadecimal suffixes
//! are ordered by time, alphanumeric ones are random. `docs/ids.md` explains both.

use std::{borrow::Borrow, fmt, sync::Arc};

use serde::{Deserialize, Serialize};

/// The shape of what follows an id's prefix.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Suffix {
    /// 18 lower-case hexadecimal digits; a later object has a greater id.
    TimeOrdered,
    /// So many characters of `0-9A-Za-z` that nobody can guess. From 24 on, the first eight are the time.
    Random(usize),
}

/// An id that can be generated: its prefix (with the underscore or dash) and its suffix.
pub trait PrefixedId: From<String> {
    /// Such as `cust_`.
    const PREFIX: &'static str;
    /// What follows the prefix.
    const SUFFIX: Suffix;
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident = $prefix:literal $suffix:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The id as it appears on the wire.
            pub fn as_str(&self) -> &str { &self.0 }
        }
        impl PrefixedId for $name {
            const PREFIX: &'static str = $prefix;
            const SUFFIX: Suffix = $suffix;
        }
        impl From<String> for $name {
            fn from(id: String) -> Self { Self(id.into()) }
        }
        impl From<&str> for $name {
            fn from(id: &str) -> Self { Self(id.into()) }
        }
        impl Borrow<str> for $name {
            fn borrow(&self) -> &str { &self.0 }
        }
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
        }
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result { f.write_str(&self.0) }
        }
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                utoipa::openapi::schema::Object::with_type(utoipa::openapi::schema::Type::String).into()
            }
        }
        impl utoipa::ToSchema for $name {}
    )*};
}

ids! {
    /// A customer.
    CustomerId = "cust_" Suffix::Random(24);
    /// A customer's permanent deletion.
    PermanentDeletionId = "del_" Suffix::Random(24);
    /// A project: the tenant that everything else belongs to.
    ProjectId = "proj_" Suffix::Random(8);
    /// A webhook configuration.
    WebhookId = "wh_" Suffix::Random(24);
    /// One delivery of one event to one webhook, stable across its attempts.
    SendOutId = "whs_" Suffix::TimeOrdered;
    /// A metadata schema.
    MetadataSchemaId = "ms_" Suffix::Random(24);
    /// A custom event schema.
    EventSchemaId = "ms_" Suffix::Random(24);
    /// Work that goes on after its request was answered.
    AsyncActionId = "aa_" Suffix::TimeOrdered;
    /// A request; also the `group_id` of the events that it caused.
    RequestId = "v-" Suffix::TimeOrdered;
    /// A group of events with no request behind them: background work and the dashboard.
    BackgroundId = "w-" Suffix::TimeOrdered;
    /// An event about a customer.
    CustomerEventId = "evcus_" Suffix::TimeOrdered;
    /// A validation rule.
    ValidationRuleId = "val_" Suffix::Random(12);
    /// A validation rule's assignment.
    ValidationRuleAssignmentId = "asgm_" Suffix::Random(16);
    /// A product.
    ProductId = "prod_" Suffix::TimeOrdered;
    /// A variant of a product.
    SkuId = "sku_" Suffix::TimeOrdered;
    /// An entry of the bin.
    BinEntryId = "tbe_" Suffix::TimeOrdered;
    /// An order.
    OrderId = "ord_" Suffix::TimeOrdered;
    /// A line of an order; a new one whenever the order is saved.
    OrderItemId = "ordli_" Suffix::TimeOrdered;
    /// A campaign.
    CampaignId = "camp_" Suffix::Random(24);
    /// A voucher of any type.
    VoucherId = "v_" Suffix::Random(32);
    /// A change of what is on a gift or loyalty card.
    VoucherTransactionId = "vtx_" Suffix::TimeOrdered;
    /// An answer of the older qualifications; nothing is stored under it.
    QualificationId = "qfl_" Suffix::TimeOrdered;
    /// A publication of vouchers.
    PublicationId = "pub_" Suffix::Random(32);
    /// That a customer holds a voucher.
    RedeemableHolderId = "rh_" Suffix::TimeOrdered;
    /// A category of redeemables.
    CategoryId = "cat_" Suffix::TimeOrdered;
    /// A project's stacking rules.
    StackingRulesId = "stk_" Suffix::TimeOrdered;
    /// A segment of customers.
    SegmentId = "seg_" Suffix::Random(24);
    /// A product collection.
    ProductCollectionId = "pc_" Suffix::Random(24);
    /// A custom event.
    CustomEventId = "event_" Suffix::TimeOrdered;
    /// A tier of a promotion.
    PromotionTierId = "promo_" Suffix::Random(24);
    /// A stack of promotion tiers.
    PromotionStackId = "stack_" Suffix::Random(24);
    /// A template of campaigns.
    CampaignTemplateId = "camp_tpl_" Suffix::Random(24);
    /// A dashboard user.
    UserId = "user_" Suffix::Random(32);
    /// An export.
    ExportId = "exp_" Suffix::Random(24);
    /// A validation.
    ValidationId = "valid_" Suffix::TimeOrdered;
    /// A session that was not given a key by its client.
    SessionKey = "ssn_" Suffix::Random(32);
    /// A redemption; also whatever is stored with redemptions, of which the three that follow are ids.
    RedemptionId = "r_" Suffix::TimeOrdered;
    /// A redemption that failed.
    FailedRedemptionId = "rf_" Suffix::TimeOrdered;
    /// A rollback of a redemption.
    RollbackId = "rr_" Suffix::TimeOrdered;
    /// A rollback that failed.
    FailedRollbackId = "rrf_" Suffix::TimeOrdered;
}

/// The partition of what belongs to the installation rather than to one project: management keys
/// and dashboard users.
pub fn organization() -> ProjectId {
    ProjectId::from("organization")
}
