//! What a client sends about campaigns.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::{CampaignType, ReferralProgram, Supply};
use crate::{
    Error, Patch,
    code_config::CodeConfigInput,
    error::{Path, Rule},
    metadata::Metadata,
    number::whole_or_none,
    patch::Expected,
    payload::joined,
    promotion_tier::TiersInput,
    texts::{MAX_DESCRIPTION, MAX_TEXT, check_lengths},
    validity::{NOT_A_DURATION, TimeLimitsInput, duration},
    voucher::{GiftUpdate, LoyaltyCardInput, OriginInput, QuantityInput, ValueInput, VoucherAttributes},
};

/// The body of a new campaign.
#[derive(Debug, Clone, PartialEq, Default, Serialize, ToSchema)]
pub struct CampaignInput {
    #[serde(flatten)]
    pub origin: CampaignOrigin,
    #[serde(flatten)]
    pub settings: CampaignSettings,
    #[serde(flatten)]
    pub limits: TimeLimitsInput,
}

joined!(CampaignInput { origin, settings, limits });

/// What a campaign is, which can't be changed later.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CampaignOrigin {
    /// Unique in the project.
    pub name: Option<String>,
    /// Derived from the type of the vouchers if it is left out.
    pub campaign_type: Option<CampaignType>,
    /// What the vouchers are made by.
    pub voucher: Option<TemplateInput>,
    /// How many vouchers are made at once.
    pub vouchers_count: Option<i64>,
    pub use_voucher_metadata_schema: Option<bool>,
    /// The id of a validation rule.
    pub validation_rules: Option<Vec<String>>,
    /// The tiers of a promotion.
    pub promotion: Option<TiersInput>,
}

/// What a campaign's vouchers are made by.
#[derive(Debug, Clone, PartialEq, Default, Serialize, ToSchema)]
pub struct TemplateInput {
    #[serde(flatten)]
    pub value: ValueInput,
    #[serde(flatten)]
    pub codes: TemplateCodes,
}

joined!(TemplateInput { value, codes });

/// How the vouchers of a campaign are called, and how often each may be redeemed.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct TemplateCodes {
    /// Of a campaign with one code.
    pub code: Option<String>,
    pub code_config: Option<CodeConfigInput>,
    pub redemption: Option<QuantityInput>,
    pub is_referral_code: Option<bool>,
}

/// What can be changed of any campaign, and is part of a new one.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CampaignSettings {
    #[schema(value_type = Option<String>)]
    pub description: Patch<String>,
    /// A category by name; a new one is made.
    #[schema(value_type = Option<String>)]
    pub category: Patch<String>,
    #[schema(value_type = Option<String>)]
    pub category_id: Patch<String>,
    #[schema(value_type = Option<Metadata>)]
    pub metadata: Patch<Metadata>,
    #[schema(value_type = Option<String>)]
    pub activity_duration_after_publishing: Patch<String>,
    pub join_once: Option<bool>,
    pub auto_join: Option<bool>,
    #[serde(rename = "type")]
    pub supply: Option<Supply>,
    #[schema(value_type = Option<ReferralProgram>)]
    pub referral_program: Patch<ReferralProgram>,
    #[schema(value_type = Option<Object>)]
    pub loyalty_tiers_expiration: Patch<Map<String, Value>>,
    pub access_settings: Option<AccessSettingsInput>,
}

/// Which areas and stores a campaign is for.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AccessSettingsInput {
    pub assign: AccessInput,
    pub unassign: AccessInput,
}

/// Ids of areas and stores.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct AccessInput {
    pub areas_ids: Vec<String>,
    pub area_stores_ids: Vec<String>,
    pub area_all_stores_ids: Vec<String>,
}

impl AccessSettingsInput {
    /// Every area or store that is named, with the word for it.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, &str)> {
        [&self.assign, &self.unassign].into_iter().flat_map(|input| {
            let areas = input.areas_ids.iter().chain(&input.area_all_stores_ids);
            let areas = areas.map(|id| ("area", id.as_str()));
            areas.chain(input.area_stores_ids.iter().map(|id| ("area_store", id.as_str())))
        })
    }
}

/// The body of an update; other keys are ignored.
#[derive(Debug, Clone, PartialEq, Default, Serialize, ToSchema)]
pub struct CampaignUpdate {
    #[serde(flatten)]
    pub settings: CampaignSettings,
    #[serde(flatten)]
    pub limits: TimeLimitsInput,
    #[serde(flatten)]
    pub vouchers: CampaignVouchers,
}

joined!(CampaignUpdate { settings, limits, vouchers });

/// What an update says about the vouchers, and which metadata it removes.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CampaignVouchers {
    pub unset_metadata_fields: Option<Vec<String>>,
    /// As it was sent: an update can't change its type.
    #[schema(value_type = Option<crate::discount::Discount>)]
    pub discount: Option<Value>,
    pub gift: Option<GiftUpdate>,
    pub loyalty_card: Option<LoyaltyCardInput>,
    pub default_voucher_redemption: Option<QuantityInput>,
}

impl Expected for ReferralProgram {
    const NAME: &'static str = "object";
}
impl Expected for Map<String, Value> {
    const NAME: &'static str = "object";
}

impl CampaignSettings {
    /// The first thing that is wrong with the values that were sent.
    ///
    /// # Errors
    /// `invalid_payload`.
    pub fn check(&self) -> Result<(), Error> {
        check_lengths([
            (Path::of("description"), self.description.as_value(), MAX_DESCRIPTION),
            (Path::of("category"), self.category.as_value(), MAX_TEXT),
        ])?;
        match self.activity_duration_after_publishing.as_value() {
            Some(text) if duration(text).is_none() => {
                let path = Path::of("activity_duration_after_publishing");
                Err(Error::invalid_payload(path, Rule::Other(NOT_A_DURATION.into())))
            }
            _ => Ok(()),
        }
    }
}

/// The body that adds vouchers to a campaign.
#[derive(Debug, Clone, PartialEq, Default, Serialize, ToSchema)]
pub struct AddedVouchers {
    #[serde(flatten)]
    pub origin: OriginInput,
    #[serde(flatten)]
    pub attributes: VoucherAttributes,
    #[serde(flatten)]
    pub limits: TimeLimitsInput,
}

joined!(AddedVouchers { origin, attributes, limits });

/// A voucher of a JSON import into a campaign. What it does not say is as in the campaign.
#[derive(Debug, Clone, PartialEq, Default, Serialize, ToSchema)]
pub struct ImportedVoucher {
    #[serde(flatten)]
    pub value: ImportedValue,
    #[serde(flatten)]
    pub added: AddedVouchers,
}

joined!(ImportedVoucher { value, added });

/// What an imported card begins with, if that is not what the campaign says.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ImportedValue {
    pub gift: Option<ImportedGift>,
    pub loyalty_card: Option<ImportedCard>,
}

/// Credits in minor units.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ImportedGift {
    #[serde(deserialize_with = "whole_or_none")]
    pub amount: Option<i64>,
}

/// Points.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct ImportedCard {
    #[serde(deserialize_with = "whole_or_none")]
    pub points: Option<i64>,
}
