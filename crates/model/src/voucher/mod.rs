//! Vouchers: coupons, gift cards, loyalty cards and referral codes.
//!
//! A voucher is stored without what follows from elsewhere, such as its campaign's name; [`VoucherAnswer`] is
//! the voucher as clients see it. `docs/vouchers.md` has the page for users.

mod answer;
mod event;
mod input;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Error, Timestamp,
    discount::{Discount, ValueEffect},
    error::{Path, Rule},
    ids::{CampaignId, CategoryId, CustomerId, PublicationId, VoucherId},
    metadata::Metadata,
    number::whole_or_none,
    redeemable::Locked,
    usage::IncentiveUsage,
    validation_rule::Assignments,
    validity::TimeLimits,
};

pub use answer::{
    Context, GiftAnswer, LoyaltyCardAnswer, SimpleUses, SimpleVoucher, UsesAnswer, VoucherAnswer, VoucherAsset,
    VoucherAssets,
};
pub use event::{BalanceData, HeldVoucherData, TransactionData, VoucherData};
pub use input::{
    GiftInput, GiftUpdate, LoyaltyCardInput, MissingValue, OriginInput, QuantityInput, ValueInput, ValueUpdate,
    VoucherAttributes, VoucherInput, VoucherUpdate,
};

/// The longest code, in characters.
pub const MAX_CODE: usize = 200;

/// A voucher as stored. Counts and amounts never run backwards but by a rollback.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Voucher {
    pub id: VoucherId,
    /// Unique in the project, deleted vouchers in the bin included; never changes.
    pub code: String,
    /// The code as it is looked up, where upper and lower case are the same and that makes a difference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub folded_code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<CampaignId>,
    #[serde(flatten)]
    pub value: VoucherValue,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category_id: Option<CategoryId>,
    #[serde(flatten)]
    pub limits: TimeLimits,
    pub active: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub additional_info: Option<String>,
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    pub is_referral_code: bool,
    pub created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// Whom it was published to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder_id: Option<CustomerId>,
    /// Of referral codes: the same as the holder.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referrer_id: Option<CustomerId>,
    /// By which it was published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub publication_id: Option<PublicationId>,
    pub redemption: Uses,
    /// Who has redeemed it, and when.
    #[serde(default, skip_serializing_if = "IncentiveUsage::is_empty")]
    pub usage: IncentiveUsage,
    /// What sessions have reserved of it.
    #[serde(default, skip_serializing_if = "Locked::is_empty")]
    pub locked: Locked,
    /// Its own rules, without those of its campaign.
    #[serde(default, skip_serializing_if = "Assignments::is_empty")]
    pub validation_rules_assignments: Assignments,
    /// Whether it lies in the bin: it can't be seen, and its code stays taken.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_binned: bool,
}

/// What a voucher is worth, by its type.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
#[serde(tag = "type")]
pub enum VoucherValue {
    #[serde(rename = "DISCOUNT_VOUCHER")]
    Discount { discount: Discount },
    #[serde(rename = "GIFT_VOUCHER")]
    Gift { gift: GiftCard },
    #[serde(rename = "LOYALTY_CARD")]
    Loyalty { loyalty_card: LoyaltyCard },
}

/// The credits of a gift card, or what every new card of a campaign begins with. In minor units.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct GiftCard {
    /// All that was ever put on it.
    pub amount: i64,
    /// What was taken off it other than by redemptions.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub subtracted_amount: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub effect: Option<ValueEffect>,
}

/// The points of a loyalty card, or what every new card of a campaign begins with.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct LoyaltyCard {
    /// All that was ever put on it.
    pub points: i64,
    /// What was taken off it other than by redemptions.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub subtracted_points: i64,
    #[serde(default, skip_serializing_if = "is_zero")]
    pub expired_points: i64,
    /// Of campaigns only: when points expire; never if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expiration_rules: Option<ExpirationRules>,
}

/// When the points of a card expire.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ExpirationRules {
    pub period_type: PeriodType,
    /// `MONTH`: how many months after they were earned.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "whole_or_none")]
    pub period_value: Option<i64>,
    /// `MONTH`: up to the end of what the date is rounded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rounding_type: Option<RoundingType>,
    /// `PARTICULAR_MONTH`: 1 is January.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "whole_or_none")]
    pub rounding_value: Option<i64>,
    /// `FIXED_DAY_OF_YEAR`: 1 is January.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "whole_or_none")]
    pub fixed_month: Option<i64>,
    /// `FIXED_DAY_OF_YEAR`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "whole_or_none")]
    pub fixed_day: Option<i64>,
}

/// From when points are counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum PeriodType {
    Month,
    FixedDayOfYear,
}

/// Up to the end of what an expiration date is rounded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RoundingType {
    EndOfMonth,
    EndOfQuarter,
    EndOfHalfYear,
    EndOfYear,
    ParticularMonth,
}

/// How often a voucher may be redeemed, and what has come of it so far.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Uses {
    /// Without limit if none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quantity: Option<i64>,
    pub redeemed_quantity: i64,
    /// Of gift cards, in minor units.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub redeemed_amount: i64,
    /// Of loyalty cards.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub redeemed_points: i64,
}

/// The types of vouchers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum VoucherType {
    DiscountVoucher,
    GiftVoucher,
    LoyaltyCard,
}

fn is_zero(number: &i64) -> bool {
    *number == 0
}

impl VoucherValue {
    /// The type that has such a value.
    pub const fn voucher_type(&self) -> VoucherType {
        match self {
            VoucherValue::Discount { .. } => VoucherType::DiscountVoucher,
            VoucherValue::Gift { .. } => VoucherType::GiftVoucher,
            VoucherValue::Loyalty { .. } => VoucherType::LoyaltyCard,
        }
    }

    /// What a new voucher with this value, which may be that of a campaign, begins with.
    pub fn of_new_voucher(&self) -> Self {
        let mut value = self.clone();
        if let VoucherValue::Loyalty { loyalty_card } = &mut value {
            loyalty_card.expiration_rules = None;
        }
        value
    }
}

impl VoucherType {
    /// The type as it is written.
    pub const fn name(self) -> &'static str {
        match self {
            VoucherType::DiscountVoucher => "DISCOUNT_VOUCHER",
            VoucherType::GiftVoucher => "GIFT_VOUCHER",
            VoucherType::LoyaltyCard => "LOYALTY_CARD",
        }
    }

    /// The key of what such a voucher is worth.
    pub const fn value_key(self) -> &'static str {
        match self {
            VoucherType::DiscountVoucher => "discount",
            VoucherType::GiftVoucher => "gift",
            VoucherType::LoyaltyCard => "loyalty_card",
        }
    }
}

impl GiftCard {
    /// What was put on it less what was taken off other than by redemptions.
    pub const fn total(&self) -> i64 {
        self.amount - self.subtracted_amount
    }
}

impl LoyaltyCard {
    /// What was put on it less what was taken off other than by redemptions.
    pub const fn total(&self) -> i64 {
        self.points - self.subtracted_points - self.expired_points
    }
}

impl Voucher {
    /// What is left on a gift or loyalty card.
    pub fn balance(&self) -> Option<i64> {
        match &self.value {
            VoucherValue::Discount { .. } => None,
            VoucherValue::Gift { gift } => Some(gift.total() - self.redemption.redeemed_amount),
            VoucherValue::Loyalty { loyalty_card } => Some(loyalty_card.total() - self.redemption.redeemed_points),
        }
    }

    /// The code as it is looked up.
    pub fn lookup_code(&self) -> &str {
        self.folded_code.as_deref().unwrap_or(&self.code)
    }

    /// Whether it was published to somebody.
    pub const fn is_published(&self) -> bool {
        self.publication_id.is_some()
    }

    /// Whether a publication from its campaign may choose it.
    pub fn is_available(&self) -> bool {
        self.active && !self.is_published() && !self.is_binned
    }

    /// Whether it is a code for everybody: it belongs to no campaign, and can be used, and that more than once.
    /// Gift cards are money, which is not for everybody once somebody holds it; loyalty cards always are somebody's.
    pub fn is_generic(&self) -> bool {
        let is_left = self.redemption.quantity.is_none_or(|quantity| quantity > self.redemption.redeemed_quantity);
        let is_for_many = self.redemption.quantity != Some(1) && is_left;
        let is_somebodys = match self.value {
            VoucherValue::Discount { .. } => false,
            VoucherValue::Gift { .. } => self.is_published(),
            VoucherValue::Loyalty { .. } => true,
        };
        self.campaign_id.is_none() && self.active && !self.is_binned && is_for_many && !is_somebodys
    }

    /// Whether nothing has happened to it yet, so that it follows changes of its campaign.
    pub fn is_untouched(&self) -> bool {
        !self.is_published() && self.redemption.redeemed_quantity == 0
    }
}

/// A code as it is looked up, if that differs from how it is written.
pub fn folded(code: &str, is_case_sensitive: bool) -> Option<String> {
    let folded = if is_case_sensitive { return None } else { code.to_lowercase() };
    (folded != code).then_some(folded)
}

/// A code that was chosen is of a reasonable form.
///
/// # Errors
/// `invalid_payload`; `path` is where it was sent.
pub fn check_code(code: &str, path: Path) -> Result<(), Error> {
    let refuse = |rule| Err(Error::invalid_payload(path.clone(), rule));
    if code.trim().is_empty() {
        return refuse(Rule::MinLength(1));
    }
    if code.len() > MAX_CODE && code.chars().count() > MAX_CODE {
        return refuse(Rule::MaxLength(MAX_CODE));
    }
    if code.chars().any(char::is_control) {
        return refuse(Rule::Other("cannot contain control characters".into()));
    }
    Ok(())
}
