//! Redemptions and rollbacks as clients see them. How much of a voucher or tier is shown differs from place to
//! place.

use serde::Serialize;
use utoipa::ToSchema;

use super::{Redemption, RedemptionChannel, RedemptionObject, RedemptionResult, RedemptionStatus};
use crate::{
    Patch, Timestamp,
    category::Category,
    customer::SimpleCustomer,
    discount::Discount,
    ids::{CampaignId, CustomerId, PromotionTierId, RedemptionId, VoucherId},
    list::List,
    metadata::Metadata,
    order::Order,
    promotion_tier::{CampaignRef, TierAnswer, TierSummary, TierTotals},
    redeemable::{Card, RedeemableAnswer},
    stacking_rules::RollbackOrderMode,
    validation_rule::ApplicableToEntry,
    voucher::{
        Context, GiftAnswer, LoyaltyCardAnswer, SimpleUses, UsesAnswer, Voucher, VoucherAnswer, VoucherAssets,
        VoucherType,
    },
};

/// The answer to a redemption.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RedemptionsAnswer {
    /// In the order of application.
    pub redemptions: Vec<RedemptionAnswer>,
    /// What stands for all of them; only if several were asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_redemption: Option<RedemptionAnswer>,
    /// After all of them; absent if there is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    pub inapplicable_redeemables: Vec<RedeemableAnswer>,
    pub skipped_redeemables: Vec<RedeemableAnswer>,
}

/// The answer to a rollback of redemptions that were made together.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RollbacksAnswer {
    pub rollbacks: Vec<RedemptionAnswer>,
    /// Absent if it was a redemption of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent_rollback: Option<RedemptionAnswer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
}

/// A redemption or rollback.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct RedemptionAnswer {
    pub id: RedemptionId,
    /// Null if nobody is known, like `tracking_id` and `customer`.
    pub customer_id: Option<CustomerId>,
    pub tracking_id: Option<String>,
    pub date: Timestamp,
    /// Credits in minor units, or points; negative if they were given back. Cards only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub amount: Option<i64>,
    /// Of one of several the redemption that stands for all, of a rollback what it undoes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redemption: Option<RedemptionId>,
    /// Of rollbacks.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// Null if there is none.
    #[serde(skip_serializing_if = "Patch::is_absent")]
    #[schema(value_type = Option<Order>)]
    pub order: Patch<Box<Order>>,
    pub channel: RedemptionChannel,
    pub customer: Option<SimpleCustomer>,
    pub result: RedemptionResult,
    pub status: RedemptionStatus,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure_code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failure_message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub session: Option<SessionRef>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub related_redemptions: Option<RelatedRedemptions>,
    /// `voucher`, `promotion_tier` or, of what stands for several, `redemption`.
    pub related_object_type: &'static str,
    pub related_object_id: String,
    #[serde(skip_serializing_if = "Patch::is_absent")]
    #[schema(value_type = Option<Object>)]
    pub voucher: Patch<RedeemedVoucher>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub promotion_tier: Option<RedeemedTier>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gift: Option<CreditsSpent>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loyalty_card: Option<PointsSpent>,
    /// Null if none were sent.
    pub metadata: Option<Metadata>,
    pub object: RedemptionObject,
}

/// A session by its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SessionRef {
    pub key: String,
}

/// What belongs to a redemption.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RelatedRedemptions {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub rollbacks: Vec<RelatedRedemption>,
    /// Of what stands for several: which ones.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub redemptions: Vec<RelatedRedemption>,
}

/// Another redemption or rollback.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct RelatedRedemption {
    pub id: RedemptionId,
    pub date: Timestamp,
    /// What a rollback has done with the order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rollback_order_mode: Option<RollbackOrderMode>,
}

/// Credits of a gift card, in minor units; negative if they were given back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct CreditsSpent {
    pub amount: i64,
}

/// Points of a loyalty card, likewise.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
pub struct PointsSpent {
    pub points: i64,
}

/// A voucher, as the place shows it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum RedeemedVoucher {
    Whole(Box<WholeVoucher>),
    Short(Box<ShortVoucher>),
    Stub(Box<VoucherStub>),
    Listed(ListedVoucher),
}

/// The voucher in the answer to a redemption or rollback of one code.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct WholeVoucher {
    #[serde(flatten)]
    pub voucher: VoucherAnswer,
    /// Of redemptions.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub applicable_to: Option<List<ApplicableToEntry>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Object>)]
    pub inapplicable_to: Option<List<ApplicableToEntry>>,
}

/// The voucher in the answer to a redemption of redeemables.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ShortVoucher {
    pub id: VoucherId,
    pub code: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub discount: Option<Discount>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gift: Option<GiftAnswer>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub loyalty_card: Option<LoyaltyCardAnswer>,
    #[serde(rename = "type")]
    pub voucher_type: VoucherType,
    /// The campaign's name.
    pub campaign: Option<String>,
    pub campaign_id: Option<CampaignId>,
    /// With `options.expand: ["category"]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub categories: Option<Vec<Category>>,
    pub active: bool,
    pub metadata: Metadata,
    pub is_referral_code: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder_id: Option<CustomerId>,
    pub created_at: Timestamp,
    pub updated_at: Option<Timestamp>,
    pub redemption: SimpleUses,
    pub object: &'static str,
}

/// The voucher of a redemption that is read: what it is called, and null for what it is worth.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct VoucherStub {
    pub id: VoucherId,
    pub code: String,
    pub campaign: Option<String>,
    pub campaign_id: Option<CampaignId>,
    #[schema(value_type = Option<Object>)]
    discount: (),
    #[schema(value_type = Option<Object>)]
    gift: (),
    #[schema(value_type = Option<Object>)]
    loyalty_card: (),
    assets: EmptyAssets,
    #[schema(value_type = Option<Timestamp>)]
    updated_at: (),
    object: &'static str,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, ToSchema)]
struct EmptyAssets {
    qr: Empty,
    barcode: Empty,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, ToSchema)]
struct Empty {}

/// The voucher of a redemption in a list.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ListedVoucher {
    pub id: VoucherId,
    pub code: String,
    /// Absent for a voucher without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
    pub campaign_id: Option<CampaignId>,
}

/// A promotion tier, as the place shows it.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
#[serde(untagged)]
pub enum RedeemedTier {
    Whole(Box<TierAnswer>),
    Short(Box<ShortTier>),
    Stub(Box<TierStub>),
    Listed(ListedTier),
}

/// The promotion tier of a redemption that is read: what it is called, and null for what it does.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TierStub {
    pub id: PromotionTierId,
    #[schema(value_type = Option<Object>)]
    action: (),
    pub campaign: Option<TierCampaignStub>,
    pub campaign_id: Option<CampaignId>,
    summary: TierSummary,
    object: &'static str,
    #[schema(value_type = Option<Object>)]
    validation_rule_assignments: (),
}

/// Its campaign, likewise.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct TierCampaignStub {
    pub id: CampaignId,
    #[schema(value_type = Option<Timestamp>)]
    start_date: (),
    #[schema(value_type = Option<Timestamp>)]
    expiration_date: (),
    object: &'static str,
}

/// The promotion tier in the answer to a redemption of redeemables.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ShortTier {
    pub id: PromotionTierId,
    pub name: String,
    pub banner: Option<String>,
    pub campaign: CampaignRef,
    /// With `options.expand: ["redeemable"]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
    /// With `options.expand: ["category"]`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub categories: Option<Vec<Category>>,
}

/// The promotion tier of a redemption in a list.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct ListedTier {
    pub id: PromotionTierId,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub campaign: Option<CampaignRef>,
}

/// What was redeemed of a voucher: its counters, and a page of its redemptions and rollbacks.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct VoucherRedemptions {
    #[serde(flatten)]
    pub uses: UsesAnswer,
    pub data_ref: &'static str,
    pub total: u64,
    pub redemption_entries: Vec<RedemptionAnswer>,
}

impl Redemption {
    /// Without what has to be looked up: the customer, the order, and whatever is redeemed.
    pub fn answer(&self) -> RedemptionAnswer {
        let card = self.incentive.as_ref().and_then(|incentive| incentive.card());
        let (related_object_type, related_object_id) = match &self.incentive {
            Some(incentive) => (incentive.object(), incentive.id()),
            // A rollback is related to what it undoes, anything else to itself.
            None => ("redemption", self.undone_id.as_ref().unwrap_or(&self.id).as_str()),
        };
        RedemptionAnswer {
            id: self.id.clone(),
            customer_id: self.customer_id.clone(),
            tracking_id: self.tracking_id.clone(),
            date: self.date,
            amount: self.amount,
            redemption: self.undone_id.as_ref().or(self.parent_redemption_id.as_ref()).cloned(),
            reason: self.reason.clone(),
            order: Patch::Null,
            channel: self.channel.clone(),
            customer: None,
            result: self.result,
            status: self.status,
            failure_code: self.failure_code.clone(),
            failure_message: self.failure_message.clone(),
            session: self.session.clone().map(|key| SessionRef { key }),
            related_redemptions: None,
            related_object_type,
            related_object_id: related_object_id.to_owned(),
            voucher: Patch::Absent,
            promotion_tier: None,
            gift: self.amount.filter(|_| card == Some(Card::GiftVoucher)).map(|amount| CreditsSpent { amount }),
            loyalty_card: self.amount.filter(|_| card == Some(Card::LoyaltyCard)).map(|points| PointsSpent { points }),
            metadata: self.metadata.clone(),
            object: self.object,
        }
    }

    /// Its rollback, and what it stands for; none if there is neither.
    pub fn related(&self) -> Option<RelatedRedemptions> {
        let rollback = self.rollback.as_ref().map(|rollback| RelatedRedemption {
            id: rollback.id.clone(),
            date: rollback.date,
            rollback_order_mode: Some(rollback.order_mode),
        });
        let stacked = self.stacked.iter().map(|id| RelatedRedemption {
            id: id.clone(),
            date: self.date,
            rollback_order_mode: None,
        });
        let related = RelatedRedemptions { rollbacks: rollback.into_iter().collect(), redemptions: stacked.collect() };
        (!related.rollbacks.is_empty() || !related.redemptions.is_empty()).then_some(related)
    }
}

impl Voucher {
    /// The voucher as answers to redemptions of redeemables show it.
    pub fn short(&self, context: Context<'_>, categories: Option<Vec<Category>>) -> ShortVoucher {
        let simple = self.simple(context);
        ShortVoucher {
            id: simple.id,
            code: simple.code,
            discount: simple.discount,
            gift: simple.gift,
            loyalty_card: simple.loyalty_card,
            voucher_type: simple.voucher_type,
            campaign: simple.campaign,
            campaign_id: simple.campaign_id,
            categories,
            active: simple.active,
            metadata: simple.metadata,
            is_referral_code: simple.is_referral_code,
            holder_id: simple.holder_id,
            created_at: simple.created_at,
            updated_at: simple.updated_at,
            redemption: simple.redemption,
            object: simple.object,
        }
    }

    /// What was redeemed of it, with a page of redemptions.
    pub fn redemptions(&self, redemption_entries: Vec<RedemptionAnswer>, total: u64) -> VoucherRedemptions {
        let uses = self.answer(Context::default(), VoucherAssets::default()).redemption;
        VoucherRedemptions { uses, data_ref: "redemption_entries", total, redemption_entries }
    }
}

impl VoucherStub {
    /// What a redemption knows of its voucher, with the campaign's name.
    pub fn new(id: VoucherId, code: String, campaign: Option<String>, campaign_id: Option<CampaignId>) -> Self {
        Self {
            id,
            code,
            campaign,
            campaign_id,
            discount: (),
            gift: (),
            loyalty_card: (),
            assets: EmptyAssets::default(),
            updated_at: (),
            object: "voucher",
        }
    }
}

impl TierStub {
    /// What a redemption knows of its tier.
    pub fn new(id: PromotionTierId, campaign_id: Option<CampaignId>) -> Self {
        let campaign = campaign_id.clone().map(|id| TierCampaignStub {
            id,
            start_date: (),
            expiration_date: (),
            object: "campaign",
        });
        Self {
            id,
            action: (),
            campaign,
            campaign_id,
            summary: (&TierTotals::default()).into(),
            object: "promotion_tier",
            validation_rule_assignments: (),
        }
    }
}
