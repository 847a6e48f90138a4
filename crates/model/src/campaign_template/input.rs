//! What a client sends about templates.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{SavedCampaign, TemplateContent};
use crate::{
    Error, Patch,
    campaign::{CampaignInput, CampaignOrigin, CampaignSettings, TemplateCodes},
    error::{Path, Rule},
    payload::joined,
    promotion_tier::{TierAction, TierInput},
    texts::{MAX_DESCRIPTION, MAX_TEXT, check_lengths},
    validity::{TimeLimits, TimeLimitsInput},
    voucher::{QuantityInput, ValueInput},
};

/// The body of a new template, which needs a name and one of the two ids.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CampaignTemplateInput {
    /// Unique in the project.
    pub name: Option<String>,
    #[schema(value_type = Option<String>)]
    pub description: Patch<String>,
    /// A campaign of coupons or gift cards.
    pub campaign_id: Option<String>,
    pub promotion_tier_id: Option<String>,
}

/// The body of an update.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CampaignTemplateUpdate {
    pub name: Option<String>,
    #[schema(value_type = Option<String>)]
    pub description: Patch<String>,
}

/// The body that makes a campaign: whatever is sent counts instead of what the template has saved.
#[derive(Debug, Clone, PartialEq, Default, Serialize, ToSchema)]
pub struct CampaignSetupInput {
    #[serde(flatten)]
    pub origin: SetupOrigin,
    #[serde(flatten)]
    pub settings: CampaignSettings,
    #[serde(flatten)]
    pub limits: TimeLimitsInput,
}

joined!(CampaignSetupInput { origin, settings, limits });

/// What the new campaign is called, and its codes.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct SetupOrigin {
    pub name: Option<String>,
    pub voucher: Option<TemplateCodes>,
    /// How many vouchers are made at once.
    pub vouchers_count: Option<i64>,
}

/// The body that makes a tier: one without action and rules, which the template has.
#[derive(Debug, Clone, PartialEq, Default, Serialize, ToSchema)]
pub struct TierSetupInput {
    #[serde(flatten)]
    pub place: SetupPlace,
    #[serde(flatten)]
    pub tier: TierInput,
}

joined!(TierSetupInput { place, tier });

/// Where the new tier belongs.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct SetupPlace {
    /// A promotion.
    pub campaign_id: Option<String>,
}

/// What is made a template of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source<'a> {
    Campaign(&'a str),
    PromotionTier(&'a str),
}

fn check_texts(name: Option<&String>, description: &Patch<String>) -> Result<(), Error> {
    if name.is_some_and(String::is_empty) {
        return Err(Error::invalid_payload(Path::of("name"), Rule::MinLength(1)));
    }
    check_lengths([
        (Path::of("name"), name, MAX_TEXT),
        (Path::of("description"), description.as_value(), MAX_DESCRIPTION),
    ])
}

fn missing(key: &str) -> Error {
    Error::invalid_payload(Path::root(), Rule::Required(key.into()))
}

impl CampaignTemplateInput {
    /// The name, and what the template is made of.
    ///
    /// # Errors
    /// `invalid_payload`.
    pub fn check(&self) -> Result<(&str, Source<'_>), Error> {
        let name = self.name.as_deref().ok_or_else(|| missing("name"))?;
        check_texts(self.name.as_ref(), &self.description)?;
        match (&self.campaign_id, &self.promotion_tier_id) {
            (Some(campaign), None) => Ok((name, Source::Campaign(campaign))),
            (None, Some(tier)) => Ok((name, Source::PromotionTier(tier))),
            (None, None) => Err(missing("campaign_id")),
            (Some(_), Some(_)) => {
                let rule = Rule::Other("cannot be used together with campaign_id".into());
                Err(Error::invalid_payload(Path::of("promotion_tier_id"), rule))
            }
        }
    }
}

impl CampaignTemplateUpdate {
    /// The first text that is out of bounds.
    ///
    /// # Errors
    /// `invalid_payload`.
    pub fn check(&self) -> Result<(), Error> {
        check_texts(self.name.as_ref(), &self.description)
    }
}

impl CampaignSetupInput {
    /// The body of the new campaign, whose rules are not part of it.
    pub fn campaign(&self, content: &TemplateContent) -> CampaignInput {
        let SavedCampaign { supply, description, voucher, auto_join, join_once, limits, .. } = &content.campaign;
        let codes = self.origin.voucher.clone().unwrap_or_default();
        let redemption = QuantityInput { quantity: voucher.redemption.quantity };
        let codes = TemplateCodes {
            code_config: codes.code_config.or_else(|| voucher.code_config.as_ref().map(Into::into)),
            redemption: codes.redemption.or(Some(redemption)),
            ..codes
        };
        let sent = self.settings.clone();
        let duration = content.campaign.activity_duration_after_publishing.clone();
        CampaignInput {
            origin: CampaignOrigin {
                name: self.origin.name.clone(),
                campaign_type: Some(content.campaign_type),
                voucher: Some(crate::campaign::TemplateInput { value: ValueInput::from(&voucher.value), codes }),
                vouchers_count: self.origin.vouchers_count,
                use_voucher_metadata_schema: Some(content.campaign.use_voucher_metadata_schema),
                validation_rules: None,
                promotion: None,
            },
            settings: CampaignSettings {
                description: or_saved(sent.description, description.clone()),
                activity_duration_after_publishing: or_saved(sent.activity_duration_after_publishing, duration),
                join_once: sent.join_once.or(Some(*join_once)),
                auto_join: sent.auto_join.or(Some(*auto_join)),
                supply: sent.supply.or(Some(*supply)),
                ..sent
            },
            limits: limits_or_saved(&self.limits, limits),
        }
    }
}

impl TierSetupInput {
    /// The campaign, and the body of the new tier, whose rules are not part of it; nothing if the template
    /// has no discount.
    ///
    /// # Errors
    /// `invalid_payload`.
    pub fn tier(&self, content: &TemplateContent) -> Result<Option<(&str, TierInput)>, Error> {
        let campaign = self.place.campaign_id.as_deref().ok_or_else(|| missing("campaign_id"))?;
        let Some(discount) = content.discount() else { return Ok(None) };
        let mut tier = self.tier.clone();
        tier.settings.action = Some(TierAction { discount: discount.clone() });
        tier.origin.validation_rules = None;
        tier.limits = limits_or_saved(&self.tier.limits, &content.campaign.limits);
        Ok(Some((campaign, tier)))
    }
}

/// What was sent; if nothing was, what is saved.
fn or_saved<T: Clone>(sent: Patch<T>, saved: Option<T>) -> Patch<T> {
    if sent.is_absent() { saved.into() } else { sent }
}

fn limits_or_saved(sent: &TimeLimitsInput, saved: &TimeLimits) -> TimeLimitsInput {
    let (sent, saved) = (sent.clone(), saved.clone());
    TimeLimitsInput {
        start_date: or_saved(sent.start_date, saved.start_date),
        expiration_date: or_saved(sent.expiration_date, saved.expiration_date),
        validity_timeframe: or_saved(sent.validity_timeframe, saved.validity_timeframe),
        validity_day_of_week: or_saved(sent.validity_day_of_week, saved.validity_day_of_week),
        validity_hours: or_saved(sent.validity_hours, saved.validity_hours),
    }
}
