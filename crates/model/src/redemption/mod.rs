//! Redemptions: what was redeemed, what could not be, and what was rolled back.
//!
//! All of them are one kind of document, [`Redemption`], which is stored without whatever can be looked up:
//! [`RedemptionAnswer`] puts it together with the voucher, customer and order. `docs/redemptions.md` has the
//! page for users.

mod answer;
mod event;
mod input;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Timestamp,
    ids::{
        CampaignId, CustomerId, FailedRedemptionId, FailedRollbackId, PrefixedId, PromotionTierId, RedemptionId,
        RollbackId, VoucherId,
    },
    metadata::Metadata,
    order::Order,
    redeemable::Card,
    stacking_rules::RollbackOrderMode,
    usage::Counts,
};

pub use answer::{
    CreditsSpent, ListedTier, ListedVoucher, PointsSpent, RedeemedTier, RedeemedVoucher, RedemptionAnswer,
    RedemptionsAnswer, RelatedRedemption, RelatedRedemptions, RollbacksAnswer, SessionRef, ShortTier, ShortVoucher,
    TierStub, VoucherRedemptions, VoucherStub, WholeVoucher,
};
pub use event::{RedemptionData, RollbackData};
pub use input::RollbackInput;

/// A redemption or rollback, as stored. A later one has a greater [`Redemption::key`], whatever its kind.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Redemption {
    /// Of the kind that its prefix says.
    pub id: RedemptionId,
    pub object: RedemptionObject,
    pub date: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub customer_id: Option<CustomerId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tracking_id: Option<String>,
    /// Absent if none were sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metadata: Option<Metadata>,
    /// Credits in minor units, or points: what was spent or, of a rollback, given back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub amount: Option<i64>,
    /// Of one of several that were redeemed, or rolled back, together: what stands for all of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent_redemption_id: Option<RedemptionId>,
    /// Of a rollback: what it undoes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undone_id: Option<RedemptionId>,
    pub result: RedemptionResult,
    pub status: RedemptionStatus,
    /// Key and message of the error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_code: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure_message: Option<String>,
    /// Of a rollback, in words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The key of the session that it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session: Option<String>,
    /// The order at this step: its amounts, and its lines without their products. Whatever else is to be known
    /// has the order itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub order: Option<Order>,
    pub channel: RedemptionChannel,
    /// None of what stands for several, or of a failure that no single one has caused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub incentive: Option<RedeemedIncentive>,
    /// Of what stands for several: which ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stacked: Vec<RedemptionId>,
    /// By which it was rolled back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback: Option<RolledBack>,
    /// What counters have counted.
    #[serde(default, skip_serializing_if = "Counts::is_zero")]
    pub counted: Counts,
}

/// What was redeemed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RedeemedIncentive {
    #[serde(flatten)]
    pub reference: IncentiveRef,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign_id: Option<CampaignId>,
}

/// A voucher or promotion tier by its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum IncentiveRef {
    Voucher {
        id: VoucherId,
        code: String,
        /// If it is one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        card: Option<Card>,
    },
    PromotionTier {
        id: PromotionTierId,
    },
}

impl RedeemedIncentive {
    /// The voucher's or tier's id.
    pub fn id(&self) -> &str {
        match &self.reference {
            IncentiveRef::Voucher { id, .. } => id.as_str(),
            IncentiveRef::PromotionTier { id } => id.as_str(),
        }
    }

    /// As `related_object_type` has it.
    pub const fn object(&self) -> &'static str {
        match &self.reference {
            IncentiveRef::Voucher { .. } => "voucher",
            IncentiveRef::PromotionTier { .. } => "promotion_tier",
        }
    }

    /// Whether something is taken off it.
    pub const fn card(&self) -> Option<Card> {
        match &self.reference {
            IncentiveRef::Voucher { card, .. } => *card,
            IncentiveRef::PromotionTier { .. } => None,
        }
    }

    /// The voucher's id and code, if it is one.
    pub fn voucher(&self) -> Option<(&VoucherId, &str)> {
        match &self.reference {
            IncentiveRef::Voucher { id, code, .. } => Some((id, code)),
            IncentiveRef::PromotionTier { .. } => None,
        }
    }

    /// The promotion tier's id, if it is one.
    pub const fn tier(&self) -> Option<&PromotionTierId> {
        match &self.reference {
            IncentiveRef::Voucher { .. } => None,
            IncentiveRef::PromotionTier { id } => Some(id),
        }
    }
}

/// By which rollback something was undone.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RolledBack {
    pub id: RedemptionId,
    pub date: Timestamp,
    pub order_mode: RollbackOrderMode,
}

/// Redemptions and rollbacks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RedemptionObject {
    Redemption,
    RedemptionRollback,
}

/// Whether it was carried out. A rollback of it does not change that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RedemptionResult {
    Success,
    Failure,
}

/// Where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RedemptionStatus {
    Succeeded,
    Failed,
    RolledBack,
}

/// By which way it came: an API key by its public half, or a user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RedemptionChannel {
    pub channel_id: String,
    pub channel_type: ChannelType,
}

/// The ways by which something is redeemed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ChannelType {
    User,
    Api,
    AutoRedeem,
}

/// Which of the four kinds it is: the prefix of its id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum RedemptionKind {
    Redemption,
    FailedRedemption,
    Rollback,
    FailedRollback,
}

impl RedemptionKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Redemption, Self::FailedRedemption, Self::Rollback, Self::FailedRollback];

    /// What ids of this kind begin with.
    pub const fn prefix(self) -> &'static str {
        match self {
            Self::Redemption => RedemptionId::PREFIX,
            Self::FailedRedemption => FailedRedemptionId::PREFIX,
            Self::Rollback => RollbackId::PREFIX,
            Self::FailedRollback => FailedRollbackId::PREFIX,
        }
    }

    /// Whether it was carried out.
    pub const fn result(self) -> RedemptionResult {
        match self {
            Self::Redemption | Self::Rollback => RedemptionResult::Success,
            Self::FailedRedemption | Self::FailedRollback => RedemptionResult::Failure,
        }
    }

    /// Whether it is a redemption or a rollback.
    pub const fn object(self) -> RedemptionObject {
        match self {
            Self::Redemption | Self::FailedRedemption => RedemptionObject::Redemption,
            Self::Rollback | Self::FailedRollback => RedemptionObject::RedemptionRollback,
        }
    }

    const fn status(self) -> RedemptionStatus {
        match self.result() {
            RedemptionResult::Success => RedemptionStatus::Succeeded,
            RedemptionResult::Failure => RedemptionStatus::Failed,
        }
    }

    /// The kind of what has such an id, and what follows the prefix.
    fn of(id: &str) -> Option<(Self, &str)> {
        Self::ALL.into_iter().find_map(|kind| Some((kind, id.strip_prefix(kind.prefix())?)))
    }
}

impl RedemptionResult {
    /// The name as it is written.
    pub const fn name(self) -> &'static str {
        match self {
            RedemptionResult::Success => "SUCCESS",
            RedemptionResult::Failure => "FAILURE",
        }
    }
}

impl RedemptionObject {
    /// The name as it is written.
    pub const fn name(self) -> &'static str {
        match self {
            RedemptionObject::Redemption => "redemption",
            RedemptionObject::RedemptionRollback => "redemption_rollback",
        }
    }
}

impl RedemptionStatus {
    /// The name as it is written.
    pub const fn name(self) -> &'static str {
        match self {
            RedemptionStatus::Succeeded => "SUCCEEDED",
            RedemptionStatus::Failed => "FAILED",
            RedemptionStatus::RolledBack => "ROLLED_BACK",
        }
    }
}

impl Redemption {
    /// One that has just happened, of the kind that its id says.
    pub fn new(id: RedemptionId, date: Timestamp, channel: RedemptionChannel) -> Self {
        let kind = RedemptionKind::of(id.as_str()).map_or(RedemptionKind::Redemption, |(kind, _)| kind);
        Self {
            id,
            object: kind.object(),
            date,
            customer_id: None,
            tracking_id: None,
            metadata: None,
            amount: None,
            parent_redemption_id: None,
            undone_id: None,
            result: kind.result(),
            status: kind.status(),
            failure_code: None,
            failure_message: None,
            reason: None,
            session: None,
            order: None,
            channel,
            incentive: None,
            stacked: Vec::new(),
            rollback: None,
            counted: Counts::default(),
        }
    }

    /// What all kinds are stored and sorted by: the id without its prefix, which begins with the time.
    pub fn key(&self) -> &str {
        RedemptionKind::of(self.id.as_str()).map_or(self.id.as_str(), |(_, key)| key)
    }

    /// The key of what has such an id; none if nothing can have it.
    pub fn key_of(id: &str) -> Option<&str> {
        RedemptionKind::of(id).map(|(_, key)| key)
    }

    /// Its kind.
    pub fn kind(&self) -> RedemptionKind {
        RedemptionKind::of(self.id.as_str()).map_or(RedemptionKind::Redemption, |(kind, _)| kind)
    }

    /// Whether it stands for several.
    pub fn is_parent(&self) -> bool {
        !self.stacked.is_empty()
    }
}

/// An order's part in what was redeemed: one for each redemption, or for all that were redeemed together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct OrderRedemption {
    pub date: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback_id: Option<RedemptionId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback_date: Option<Timestamp>,
    #[schema(value_type = String)]
    pub related_object_type: Cow<'static, str>,
    pub related_object_id: String,
    /// The campaign, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub related_object_parent_id: Option<CampaignId>,
    /// Those that were redeemed together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stacked: Option<Vec<RedemptionId>>,
    /// Their rollbacks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback_stacked: Option<Vec<RedemptionId>>,
}

impl OrderRedemption {
    /// What the order has of a redemption.
    pub fn of(redemption: &Redemption) -> Self {
        let incentive = redemption.incentive.as_ref();
        Self {
            date: redemption.date,
            rollback_id: None,
            rollback_date: None,
            related_object_type: Cow::Borrowed(incentive.map_or("redemption", RedeemedIncentive::object)),
            related_object_id: incentive.map_or(redemption.id.as_str(), RedeemedIncentive::id).to_owned(),
            related_object_parent_id: incentive.and_then(|incentive| incentive.campaign_id.clone()),
            stacked: redemption.is_parent().then(|| redemption.stacked.clone()),
            rollback_stacked: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn channel() -> RedemptionChannel {
        RedemptionChannel { channel_id: "app".into(), channel_type: ChannelType::Api }
    }

    #[test]
    fn the_prefix_of_an_id_says_what_it_is_and_the_rest_is_the_key() {
        for (id, kind, result, object) in [
            ("r_01", RedemptionKind::Redemption, "SUCCESS", "redemption"),
            ("rf_02", RedemptionKind::FailedRedemption, "FAILURE", "redemption"),
            ("rr_03", RedemptionKind::Rollback, "SUCCESS", "redemption_rollback"),
            ("rrf_04", RedemptionKind::FailedRollback, "FAILURE", "redemption_rollback"),
        ] {
            let made = Redemption::new(id.into(), Timestamp::from_millis(0), channel());
            assert_eq!((made.kind(), made.result.name(), made.object.name()), (kind, result, object));
            assert_eq!(Some(made.key()), Redemption::key_of(id));
            assert_eq!(made.key(), &id[id.len() - 2..]);
        }
        assert_eq!(Redemption::key_of("v_01"), None);
    }

    #[test]
    fn what_is_stored_comes_back_and_what_is_not_set_takes_no_room() {
        let mut redemption = Redemption::new("r_01".into(), Timestamp::from_millis(0), channel());
        redemption.incentive = Some(RedeemedIncentive {
            reference: IncentiveRef::Voucher { id: "v_1".into(), code: "A".into(), card: Some(Card::GiftVoucher) },
            campaign_id: None,
        });
        redemption.counted = Counts { redemptions: 1, ..Counts::default() };
        let json = json!({
            "id": "r_01", "object": "redemption", "date": "1970-01-01T00:00:00.000Z", "result": "SUCCESS",
            "status": "SUCCEEDED", "channel": {"channel_id": "app", "channel_type": "API"},
            "incentive": {"type": "voucher", "id": "v_1", "code": "A", "card": "GIFT_VOUCHER"}, "counted": {"n": 1},
        });
        assert_eq!(serde_json::to_value(&redemption).expect("json"), json);
        assert_eq!(serde_json::from_str::<Redemption>(&json.to_string()).expect("a redemption"), redemption);
    }
}
