//! A voucher as clients see it.

use serde::Serialize;
use utoipa::ToSchema;

use super::{GiftCard, LoyaltyCard, Voucher, VoucherType, VoucherValue};
use crate::{
    Timestamp,
    category::Category,
    discount::{Discount, ValueEffect},
    ids::{CampaignId, CategoryId, CustomerId, VoucherId},
    metadata::Metadata,
    validation_rule::Assignments,
    validity::{ValidityHours, ValidityTimeframe},
};

/// What an answer shows of a voucher's surroundings.
#[derive(Debug, Clone, Copy, Default)]
pub struct Context<'a> {
    /// The name of its campaign.
    pub campaign: Option<&'a str>,
    pub category: Option<&'a Category>,
}

/// A voucher as returned. What is not set is null, unless said otherwise.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct VoucherAnswer {
    pub id: VoucherId,
    pub code: String,
    /// The campaign's name.
    pub campaign: Option<String>,
    pub campaign_id: Option<CampaignId>,
    /// The category's name.
    pub category: Option<String>,
    pub category_id: Option<CategoryId>,
    pub categories: Vec<Category>,
    #[serde(rename = "type")]
    pub voucher_type: VoucherType,
    pub discount: Option<Discount>,
    pub gift: Option<GiftAnswer>,
    pub loyalty_card: Option<LoyaltyCardAnswer>,
    pub start_date: Option<Timestamp>,
    pub expiration_date: Option<Timestamp>,
    pub validity_timeframe: Option<ValidityTimeframe>,
    pub validity_hours: Option<ValidityHours>,
    /// Weekdays, 0 is Sunday.
    pub validity_day_of_week: Option<Vec<i8>>,
    pub active: bool,
    pub additional_info: Option<String>,
    pub metadata: Metadata,
    pub assets: VoucherAssets,
    pub is_referral_code: bool,
    pub created_at: Timestamp,
    pub updated_at: Option<Timestamp>,
    /// Absent until it is published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub holder_id: Option<CustomerId>,
    /// Absent but for referral codes that were published.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referrer_id: Option<CustomerId>,
    /// Absent in lists and wherever a voucher is part of something else.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub validation_rules_assignments: Option<Assignments>,
    pub redemption: UsesAnswer,
    pub publish: PublishAnswer,
    pub object: &'static str,
}

/// Images of the code. Anybody who has an address can load the image.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, ToSchema)]
pub struct VoucherAssets {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub qr: Option<VoucherAsset>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub barcode: Option<VoucherAsset>,
}

/// An image.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct VoucherAsset {
    pub id: String,
    pub url: String,
}

/// The credits of a gift card, in minor units.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct GiftAnswer {
    /// All that was ever put on it.
    pub amount: i64,
    /// What was taken off it other than by redemptions; absent if nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subtracted_amount: Option<i64>,
    /// What is left.
    pub balance: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub effect: Option<ValueEffect>,
}

/// The points of a loyalty card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct LoyaltyCardAnswer {
    /// All that was ever put on it.
    pub points: i64,
    /// What is left.
    pub balance: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expired_points: Option<i64>,
    /// What was taken off it other than by redemptions; absent if nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subtracted_points: Option<i64>,
}

/// How often a voucher may be redeemed, and what has come of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct UsesAnswer {
    /// Without limit if null.
    pub quantity: Option<i64>,
    pub redeemed_quantity: i64,
    /// Of gift cards only, in minor units.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redeemed_amount: Option<i64>,
    /// Of loyalty cards only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redeemed_points: Option<i64>,
    pub object: &'static str,
    pub url: String,
}

/// How often a voucher was published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct PublishAnswer {
    pub object: &'static str,
    pub count: u32,
    pub url: String,
}

/// A voucher inside of a transaction or an event.
#[derive(Debug, Clone, PartialEq, Serialize, ToSchema)]
pub struct SimpleVoucher {
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
    pub campaign: Option<String>,
    pub campaign_id: Option<CampaignId>,
    pub is_referral_code: bool,
    pub holder_id: Option<CustomerId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub referrer_id: Option<CustomerId>,
    pub category_id: Option<CategoryId>,
    pub categories: Vec<Category>,
    pub active: bool,
    pub created_at: Timestamp,
    pub updated_at: Option<Timestamp>,
    pub redemption: SimpleUses,
    pub start_date: Option<Timestamp>,
    pub expiration_date: Option<Timestamp>,
    pub metadata: Metadata,
    pub object: &'static str,
}

/// [`UsesAnswer`] without its address.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub struct SimpleUses {
    pub quantity: Option<i64>,
    pub redeemed_quantity: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redeemed_amount: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub redeemed_points: Option<i64>,
}

impl GiftAnswer {
    fn of(gift: &GiftCard, balance: i64) -> Self {
        let subtracted_amount = Some(gift.subtracted_amount).filter(|amount| *amount > 0);
        Self { amount: gift.amount, subtracted_amount, balance, effect: gift.effect }
    }
}

impl LoyaltyCardAnswer {
    fn of(card: &LoyaltyCard, balance: i64) -> Self {
        let positive = |points: i64| Some(points).filter(|points| *points > 0);
        Self {
            points: card.points,
            balance,
            expired_points: positive(card.expired_points),
            subtracted_points: positive(card.subtracted_points),
        }
    }
}

/// The three keys of what a voucher is worth, of which one is filled.
type ValueAnswers = (Option<Discount>, Option<GiftAnswer>, Option<LoyaltyCardAnswer>);

impl Voucher {
    fn value_answers(&self) -> ValueAnswers {
        let balance = self.balance().unwrap_or(0);
        match &self.value {
            VoucherValue::Discount { discount } => (Some(discount.clone()), None, None),
            VoucherValue::Gift { gift } => (None, Some(GiftAnswer::of(gift, balance)), None),
            VoucherValue::Loyalty { loyalty_card } => (None, None, Some(LoyaltyCardAnswer::of(loyalty_card, balance))),
        }
    }

    /// What was redeemed, under the key that fits the type.
    fn redeemed(&self) -> (Option<i64>, Option<i64>) {
        match self.value {
            VoucherValue::Discount { .. } => (None, None),
            VoucherValue::Gift { .. } => (Some(self.redemption.redeemed_amount), None),
            VoucherValue::Loyalty { .. } => (None, Some(self.redemption.redeemed_points)),
        }
    }

    /// The voucher as clients see it, without the assignments of validation rules.
    pub fn answer(&self, context: Context<'_>, assets: VoucherAssets) -> VoucherAnswer {
        let (discount, gift, loyalty_card) = self.value_answers();
        let (redeemed_amount, redeemed_points) = self.redeemed();
        let limits = self.limits.clone();
        let list = |of: &str| format!("/v1/vouchers/{}/{of}?page=1&limit=10", path_segment(&self.code));
        VoucherAnswer {
            id: self.id.clone(),
            code: self.code.clone(),
            campaign: context.campaign.map(str::to_owned),
            campaign_id: self.campaign_id.clone(),
            category: context.category.map(|category| category.name.clone()),
            category_id: self.category_id.clone(),
            categories: context.category.cloned().into_iter().collect(),
            voucher_type: self.value.voucher_type(),
            discount,
            gift,
            loyalty_card,
            start_date: limits.start_date,
            expiration_date: limits.expiration_date,
            validity_timeframe: limits.validity_timeframe,
            validity_hours: limits.validity_hours,
            validity_day_of_week: limits.validity_day_of_week,
            active: self.active,
            additional_info: self.additional_info.clone(),
            metadata: self.metadata.clone(),
            assets,
            is_referral_code: self.is_referral_code,
            created_at: self.created_at,
            updated_at: self.updated_at,
            holder_id: self.holder_id.clone(),
            referrer_id: self.referrer_id.clone(),
            validation_rules_assignments: None,
            redemption: UsesAnswer {
                quantity: self.redemption.quantity,
                redeemed_quantity: self.redemption.redeemed_quantity,
                redeemed_amount,
                redeemed_points,
                object: "list",
                url: list("redemptions"),
            },
            publish: PublishAnswer { object: "list", count: u32::from(self.is_published()), url: list("publications") },
            object: "voucher",
        }
    }

    /// The voucher as transactions and events show it.
    pub fn simple(&self, context: Context<'_>) -> SimpleVoucher {
        let (discount, gift, loyalty_card) = self.value_answers();
        let (redeemed_amount, redeemed_points) = self.redeemed();
        SimpleVoucher {
            id: self.id.clone(),
            code: self.code.clone(),
            discount,
            gift,
            loyalty_card,
            voucher_type: self.value.voucher_type(),
            campaign: context.campaign.map(str::to_owned),
            campaign_id: self.campaign_id.clone(),
            is_referral_code: self.is_referral_code,
            holder_id: self.holder_id.clone(),
            referrer_id: self.referrer_id.clone(),
            category_id: self.category_id.clone(),
            categories: context.category.cloned().into_iter().collect(),
            active: self.active,
            created_at: self.created_at,
            updated_at: self.updated_at,
            redemption: SimpleUses {
                quantity: self.redemption.quantity,
                redeemed_quantity: self.redemption.redeemed_quantity,
                redeemed_amount,
                redeemed_points,
            },
            start_date: self.limits.start_date,
            expiration_date: self.limits.expiration_date,
            metadata: self.metadata.clone(),
            object: "voucher",
        }
    }
}

/// A text as a segment of a path: whatever is not a letter, a digit or one of `-_.~` is percent-encoded.
fn path_segment(text: &str) -> String {
    let mut segment = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'0'..=b'9' | b'a'..=b'z' | b'A'..=b'Z' | b'-' | b'_' | b'.' | b'~' => segment.push(char::from(byte)),
            _ => segment.push_str(&format!("%{byte:02X}")),
        }
    }
    segment
}
