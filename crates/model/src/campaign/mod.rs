//! Campaigns: what vouchers and promotion tiers belong to.
//!
//! A campaign is configuration. How many vouchers it has, and what has come of them, is counted apart
//! ([`crate::campaign_totals`]); [`CampaignAnswer`] puts them together. `docs/campaigns.md` has the page for users.

mod answer;
mod event;
mod input;

use std::borrow::Cow;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Timestamp,
    code_config::CodeConfig,
    ids::{AsyncActionId, CampaignId, CategoryId},
    metadata::Metadata,
    number::whole,
    validation_rule::Assignments,
    validity::TimeLimits,
    voucher::{VoucherType, VoucherValue},
};

pub use answer::{AccessAssignments, CampaignAnswer, CampaignSummary, SimpleCampaign, SimpleTemplate};
pub use event::{CampaignData, GenerationData};
pub use input::{
    AccessSettingsInput, AddedVouchers, CampaignInput, CampaignOrigin, CampaignSettings, CampaignUpdate,
    CampaignVouchers, ImportedValue, ImportedVoucher, TemplateCodes, TemplateInput,
};

/// A campaign as stored. What is not set is absent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Campaign {
    pub id: CampaignId,
    /// Unique in the project, those in the bin included; never changes.
    pub name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    pub campaign_type: CampaignType,
    #[serde(rename = "type")]
    pub supply: Supply,
    /// What its vouchers are made by; none of a promotion.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub voucher: Option<VoucherTemplate>,
    /// Loyalty: whoever earns points joins.
    pub auto_join: bool,
    /// Whether a customer gets but one of its vouchers.
    pub join_once: bool,
    /// Whether its metadata obeys the schema of vouchers and is given to them, too.
    pub use_voucher_metadata_schema: bool,
    #[serde(flatten)]
    pub limits: TimeLimits,
    /// ISO 8601, such as `P24D`: how long a voucher can be used after it was published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub activity_duration_after_publishing: Option<String>,
    pub active: bool,
    #[serde(default, skip_serializing_if = "Metadata::is_empty")]
    pub metadata: Metadata,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category_id: Option<CategoryId>,
    pub created_at: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub updated_at: Option<Timestamp>,
    /// How its vouchers are when no job works on them; see [`Campaign::status`].
    pub creation_status: GenerationStatus,
    /// The jobs that work on its vouchers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub running: Vec<RunningJob>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referral_program: Option<ReferralProgram>,
    #[serde(default, skip_serializing_if = "Assignments::is_empty")]
    pub validation_rules_assignments: Assignments,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub loyalty_tiers_expiration: Option<serde_json::Map<String, serde_json::Value>>,
}

/// What a campaign gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum CampaignType {
    DiscountCoupons,
    GiftVouchers,
    LoyaltyProgram,
    Promotion,
    ReferralProgram,
}

/// Where a campaign's vouchers come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Supply {
    /// More are made when a publication finds none.
    AutoUpdate,
    /// As many as were made.
    Static,
    /// One code that everybody can use.
    Standalone,
}

/// A job that works on a campaign's vouchers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RunningJob {
    pub job: AsyncActionId,
    /// What the campaign's status is meanwhile.
    pub status: GenerationStatus,
}

/// How far the work on a campaign's vouchers is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum GenerationStatus {
    Done,
    InProgress,
    Failed,
    Draft,
    Modifying,
}

/// What a campaign's vouchers are made by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct VoucherTemplate {
    #[serde(flatten)]
    pub value: VoucherValue,
    pub redemption: Quantity,
    /// None of a campaign with one code.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_config: Option<CodeConfig>,
    pub is_referral_code: bool,
}

/// How often each voucher may be redeemed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct Quantity {
    /// Without limit if null.
    pub quantity: Option<i64>,
}

/// When somebody has been referred, and what for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ReferralProgram {
    pub conversion_event_type: ConversionEventType,
    /// `custom_event` only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub custom_event: Option<ConversionEvent>,
    /// What the one who was referred gets beside the code's discount.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referee_reward: Option<RefereeReward>,
}

/// What makes a customer a referee.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ConversionEventType {
    Redemption,
    CustomEvent,
}

/// A custom event, by its schema. A client may leave out one of the two.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ConversionEvent {
    pub id: String,
    pub name: String,
}

/// Credits or points for a referee.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RefereeReward {
    pub related_object_parent: RewardCampaign,
    #[serde(rename = "type")]
    pub card: RewardCard,
    /// Points, or credits in minor units.
    #[serde(deserialize_with = "whole")]
    pub amount: i64,
}

/// Which cards a referee reward is put on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RewardCard {
    LoyaltyCard,
    GiftVoucher,
}

/// The campaign whose cards those are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RewardCampaign {
    pub id: CampaignId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default = "campaign_word")]
    #[schema(value_type = String)]
    pub object: Cow<'static, str>,
}

fn campaign_word() -> Cow<'static, str> {
    Cow::Borrowed("CAMPAIGN")
}

impl Campaign {
    /// How far the work on its vouchers is.
    pub fn status(&self) -> GenerationStatus {
        let changes = |running: &&RunningJob| running.status == GenerationStatus::Modifying;
        let running = self.running.iter().find(changes).or(self.running.first());
        running.map_or(self.creation_status, |running| running.status)
    }

    /// A job begins to work on its vouchers.
    pub fn begin(&mut self, job: AsyncActionId, status: GenerationStatus) {
        self.running.push(RunningJob { job, status });
    }

    /// A job is done with its vouchers, and maybe has left them in a state.
    pub fn end(&mut self, job: &AsyncActionId, left: Option<GenerationStatus>) {
        self.running.retain(|running| running.job != *job);
        self.creation_status = left.unwrap_or(self.creation_status);
    }
}

impl GenerationStatus {
    /// The names of all.
    pub const NAMES: [&'static str; 5] = ["DONE", "IN_PROGRESS", "FAILED", "DRAFT", "MODIFYING"];

    /// The status as it is written.
    pub const fn name(self) -> &'static str {
        match self {
            GenerationStatus::Done => "DONE",
            GenerationStatus::InProgress => "IN_PROGRESS",
            GenerationStatus::Failed => "FAILED",
            GenerationStatus::Draft => "DRAFT",
            GenerationStatus::Modifying => "MODIFYING",
        }
    }
}

impl Supply {
    /// The word as it is written.
    pub const fn name(self) -> &'static str {
        match self {
            Supply::AutoUpdate => "AUTO_UPDATE",
            Supply::Static => "STATIC",
            Supply::Standalone => "STANDALONE",
        }
    }
}

impl CampaignType {
    /// The names of all.
    pub const NAMES: [&'static str; 5] =
        ["DISCOUNT_COUPONS", "GIFT_VOUCHERS", "LOYALTY_PROGRAM", "PROMOTION", "REFERRAL_PROGRAM"];

    /// The type as it is written.
    pub const fn name(self) -> &'static str {
        match self {
            CampaignType::DiscountCoupons => "DISCOUNT_COUPONS",
            CampaignType::GiftVouchers => "GIFT_VOUCHERS",
            CampaignType::LoyaltyProgram => "LOYALTY_PROGRAM",
            CampaignType::Promotion => "PROMOTION",
            CampaignType::ReferralProgram => "REFERRAL_PROGRAM",
        }
    }

    /// The type of its vouchers; a promotion has none.
    pub const fn voucher_type(self) -> Option<VoucherType> {
        match self {
            CampaignType::DiscountCoupons | CampaignType::ReferralProgram => Some(VoucherType::DiscountVoucher),
            CampaignType::GiftVouchers => Some(VoucherType::GiftVoucher),
            CampaignType::LoyaltyProgram => Some(VoucherType::LoyaltyCard),
            CampaignType::Promotion => None,
        }
    }

    /// What a campaign with such vouchers is, if nobody says so.
    pub const fn of_vouchers(voucher_type: VoucherType) -> Self {
        match voucher_type {
            VoucherType::DiscountVoucher => CampaignType::DiscountCoupons,
            VoucherType::GiftVoucher => CampaignType::GiftVouchers,
            VoucherType::LoyaltyCard => CampaignType::LoyaltyProgram,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_campaign_is_as_far_as_the_jobs_that_work_on_its_vouchers() {
        use GenerationStatus::*;
        let json = json!({
            "id": "camp_1", "name": "Sale", "campaign_type": "PROMOTION", "type": "STATIC", "auto_join": false,
            "join_once": false, "use_voucher_metadata_schema": false, "active": true,
            "created_at": "2020-08-16T00:00:00.000Z", "creation_status": "DONE",
        });
        let mut campaign: Campaign = serde_json::from_value(json).expect("a campaign");
        let mut seen = vec![campaign.status()];
        campaign.begin("aa_1".into(), InProgress);
        seen.push(campaign.status());
        campaign.begin("aa_2".into(), Modifying);
        seen.push(campaign.status());
        campaign.end(&"aa_1".into(), Some(Failed));
        seen.push(campaign.status());
        campaign.end(&"aa_2".into(), None);
        seen.push(campaign.status());
        assert_eq!(seen, [Done, InProgress, Modifying, Modifying, Failed]);
    }

    #[test]
    fn what_is_stored_comes_back() {
        let json = json!({
            "id": "camp_1", "name": "Summer", "campaign_type": "DISCOUNT_COUPONS", "type": "AUTO_UPDATE",
            "voucher": {
                "type": "DISCOUNT_VOUCHER", "discount": {"type": "PERCENT", "percent_off": 10},
                "redemption": {"quantity": 10}, "code_config": {"length": 8, "charset": "ab", "pattern": "########"},
                "is_referral_code": false,
            },
            "auto_join": false, "join_once": true, "use_voucher_metadata_schema": false,
            "start_date": "2020-08-16T00:00:00.000Z", "validity_timeframe": {"interval": "P2D", "duration": "P1D"},
            "validity_day_of_week": [0, 1, 2], "active": true, "metadata": {"region": "AMER"},
            "created_at": "2020-08-16T00:00:00.000Z", "creation_status": "DONE",
        });
        let campaign: Campaign = serde_json::from_str(&json.to_string()).expect("a campaign");
        assert_eq!(serde_json::to_value(&campaign).expect("json"), json);
    }
}
