//! Redeemables: whatever can be redeemed, and in which words one of several is turned down.

mod answer;
mod input;
mod lock;
mod session;

use serde::{Deserialize, Serialize};

pub use answer::{ErrorAnswer, OwnWords, RedeemableAnswer, ResultAnswer, ResultDetails, ResultStatus};
pub use input::{
    Expansion, GiftCreditsInput, MAX_REDEEMABLES, OptionsInput, RedeemableInput, RedeemableObject, RedeemablesInput,
    RequestedInput, RewardInput, SceneInput,
};
pub use lock::{Locked, SessionLock};
pub use session::{Session, SessionInput, SessionType, TtlUnit};

/// Why a redeemable was passed over, though nothing is wrong with itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum SkipReason {
    /// Enough were applied.
    Limit,
    /// Enough of its category were applied.
    CategoryLimit,
    /// Enough exclusive ones were applied.
    ExclusiveLimit,
    /// Enough exclusive ones of its category were applied.
    ExclusiveCategoryLimit,
    /// It can't be combined with the exclusive ones.
    Excluded,
    /// Another one, which came before, can't be applied, and it is all or nothing.
    PrecedingFailed,
    /// It would change nothing.
    NoEffect,
}

impl SkipReason {
    /// Its key and message in answers.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            SkipReason::Limit => ("applicable_redeemables_limit_exceeded", "Applicable redeemables limit exceeded"),
            SkipReason::CategoryLimit => (
                "applicable_redeemables_per_category_limit_exceeded",
                "Applicable redeemables limit per category exceeded",
            ),
            SkipReason::ExclusiveLimit => {
                ("applicable_exclusive_redeemables_limit_exceeded", "Applicable exclusive redeemables limit exceeded")
            }
            SkipReason::ExclusiveCategoryLimit => (
                "applicable_exclusive_redeemables_per_category_limit_exceeded",
                "Applicable exclusive redeemables limit per category exceeded",
            ),
            SkipReason::Excluded => ("exclusion_rules_not_met", "Redeemable cannot be applied due to exclusion rules"),
            SkipReason::PrecedingFailed => {
                ("preceding_validation_failed", "Redeemable cannot be applied due to preceding validation failure")
            }
            SkipReason::NoEffect => ("no_effect", "Redeemable cannot be applied due to no effect"),
        }
    }
}

/// Why a voucher can't be redeemed as it was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum VoucherRefusal {
    /// It was redeemed, or is reserved, as often as it may be.
    QuantityExceeded,
    /// The gift card has fewer credits.
    GiftAmountExceeded,
    /// The loyalty card has fewer points.
    PointsExceeded,
    /// The loyalty card is somebody else's.
    NotHolder,
    /// Nobody refers themselves.
    Referrer,
}

impl VoucherRefusal {
    /// Key and message of the error; the details are the voucher's code.
    pub const fn words(self) -> (&'static str, &'static str) {
        match self {
            VoucherRefusal::QuantityExceeded => ("quantity_exceeded", "quantity exceeded"),
            VoucherRefusal::GiftAmountExceeded => ("gift_amount_exceeded", "gift amount exceeded"),
            VoucherRefusal::PointsExceeded => ("loyalty_card_points_exceeded", "loyalty card points exceeded"),
            VoucherRefusal::NotHolder => ("invalid_customer", "Customer must be a holder of a loyalty card."),
            VoucherRefusal::Referrer => ("referrer_not_permitted_to_redeem", "voucher cannot be redeemed by referrer"),
        }
    }
}

/// Vouchers that something is taken off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Card {
    GiftVoucher,
    LoyaltyCard,
}

impl Card {
    /// As the API calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Card::GiftVoucher => "GIFT_VOUCHER",
            Card::LoyaltyCard => "LOYALTY_CARD",
        }
    }
}
