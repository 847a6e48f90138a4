//! The ledger of gift and loyalty cards: one entry for each change of a balance. `docs/gift-cards.md` has
//! the page for users.

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::{
    Error, Timestamp,
    error::Path,
    ids::{CampaignId, VoucherId, VoucherTransactionId},
    texts::{MAX_DESCRIPTION, MAX_TEXT, check_lengths},
    voucher::VoucherType,
};

/// A change of a card's balance, as stored and as returned. It never changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct VoucherTransaction {
    pub id: VoucherTransactionId,
    /// The caller's own key of it; null if none was sent.
    pub source_id: Option<String>,
    pub voucher_id: VoucherId,
    /// Null for a card without a campaign.
    pub campaign_id: Option<CampaignId>,
    /// Who asked for it, such as `API`; null if it followed from something else.
    pub source: Option<String>,
    /// The caller's words; null if none were sent.
    pub reason: Option<String>,
    #[serde(rename = "type")]
    pub transaction_type: TransactionType,
    pub details: TransactionDetails,
    /// The other side of a transfer of points.
    pub related_transaction_id: Option<VoucherTransactionId>,
    pub created_at: Timestamp,
}

/// What belongs to a change of a balance.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TransactionDetails {
    /// The balance after it.
    pub balance: Balance,
    /// What it followed from, such as `redemption` or `order`.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    pub related: Map<String, Value>,
}

/// What was put on a card or taken off it, and what is there after it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Balance {
    /// What was put on a gift card, in minor units; negative if it was taken off. The answer of a change by
    /// hand has this key for loyalty cards, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<i64>,
    /// The same in points, of loyalty cards.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub points: Option<i64>,
    /// All that was ever put on it less what was taken off other than by redemptions.
    pub total: i64,
    /// What is left.
    pub balance: i64,
    #[serde(rename = "type")]
    pub card: CardType,
    /// Absent in the details of transactions.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub operation_type: Option<OperationType>,
    #[schema(value_type = String)]
    pub object: Cow<'static, str>,
    pub related_object: RelatedVoucher,
}

/// Which kind of card has the balance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum CardType {
    GiftVoucher,
    LoyaltyCard,
}

/// Whether somebody has changed a balance or it has followed from something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum OperationType {
    Manual,
    Automatic,
}

/// The card of a balance.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RelatedVoucher {
    #[serde(rename = "type")]
    #[schema(value_type = String)]
    pub kind: Cow<'static, str>,
    pub id: VoucherId,
}

/// Which of a card's sums a transaction changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sum {
    /// What was put on it.
    Added,
    /// What was taken off it, less by as much as the amount.
    Subtracted,
    /// What has expired.
    Expired,
    /// What was redeemed.
    Redeemed,
}

macro_rules! transaction_types {
    ($($(#[$doc:meta])* $variant:ident $name:literal $card:ident $sum:ident;)*) => {
        /// The kinds of changes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
        pub enum TransactionType {
            $($(#[$doc])* #[serde(rename = $name)] $variant,)*
        }

        impl TransactionType {
            /// Every kind.
            pub const ALL: &'static [TransactionType] = &[$(TransactionType::$variant),*];

            /// The type of the cards that have it.
            pub const fn voucher_type(self) -> VoucherType {
                match self {
                    $(TransactionType::$variant => VoucherType::$card,)*
                }
            }

            /// The sum that it changes.
            pub const fn sum(self) -> Sum {
                match self {
                    $(TransactionType::$variant => Sum::$sum,)*
                }
            }
        }
    };
}

transaction_types! {
    CreditsAddition "CREDITS_ADDITION" GiftVoucher Added;
    CreditsRemoval "CREDITS_REMOVAL" GiftVoucher Subtracted;
    CreditsRedemption "CREDITS_REDEMPTION" GiftVoucher Redeemed;
    /// A redemption was rolled back.
    CreditsRefund "CREDITS_REFUND" GiftVoucher Redeemed;
    /// Points were earned.
    PointsAccrual "POINTS_ACCRUAL" LoyaltyCard Added;
    PointsAddition "POINTS_ADDITION" LoyaltyCard Added;
    PointsRemoval "POINTS_REMOVAL" LoyaltyCard Subtracted;
    PointsRedemption "POINTS_REDEMPTION" LoyaltyCard Redeemed;
    /// A redemption was rolled back.
    PointsRefund "POINTS_REFUND" LoyaltyCard Redeemed;
    PointsExpiration "POINTS_EXPIRATION" LoyaltyCard Expired;
    PointsTransferIn "POINTS_TRANSFER_IN" LoyaltyCard Added;
    PointsTransferOut "POINTS_TRANSFER_OUT" LoyaltyCard Subtracted;
    /// Points that were earned before count from now on.
    PendingPointsActivation "PENDING_POINTS_ACTIVATION" LoyaltyCard Added;
}

impl RelatedVoucher {
    /// A reference to this voucher.
    pub fn to(id: &VoucherId) -> Self {
        Self { kind: Cow::Borrowed("voucher"), id: id.clone() }
    }
}

/// The body of a change of a balance by hand.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, ToSchema)]
#[serde(default)]
pub struct BalanceInput {
    /// What to put on the card, in minor units or points; negative to take it off.
    #[schema(value_type = i64)]
    pub amount: Value,
    pub source_id: Option<String>,
    pub reason: Option<String>,
}

impl BalanceInput {
    /// The amount, and that the texts are not too long.
    ///
    /// # Errors
    /// `invalid_add_balance_params` if it is no whole number or zero; `invalid_payload`.
    pub fn check(&self) -> Result<i64, Error> {
        check_lengths([
            (Path::of("source_id"), self.source_id.as_ref(), MAX_TEXT),
            (Path::of("reason"), self.reason.as_ref(), MAX_DESCRIPTION),
        ])?;
        let whole = self.amount.as_i64().or_else(|| {
            // `10.0` is 10, as everywhere.
            self.amount
                .as_f64()
                .filter(|amount| amount.fract() == 0.0 && amount.abs() < 9e15)
                .map(|amount| amount as i64)
        });
        match whole {
            Some(0) | None => Err(Error::InvalidBalanceChange),
            Some(amount) => Ok(amount),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_amount_is_a_whole_number_other_than_zero() {
        for (sent, amount) in [
            (json!(5), Some(5)),
            (json!(-5), Some(-5)),
            (json!(10.0), Some(10)),
            (json!(i64::MIN), Some(i64::MIN)),
            (json!(0), None),
            (json!(-0.0), None),
            (json!(1.5), None),
            (json!("5"), None),
            (json!(null), None),
            (json!(u64::MAX), None),
        ] {
            let input = BalanceInput { amount: sent.clone(), ..BalanceInput::default() };
            assert_eq!(input.check().ok(), amount, "{sent}");
        }
    }
}
