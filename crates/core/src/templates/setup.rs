//! Campaigns and promotion tiers that are made of a template.

use guerdon_model::{
    Error,
    campaign::Campaign,
    campaign_template::{
        CampaignDump, CampaignSetupAnswer, CampaignSetupInput, CreatedResource, TemplateContent, TierDump,
        TierSetupAnswer, TierSetupInput,
    },
    validation_rule::ValidationRule,
};

use super::get;
use crate::{
    campaigns::{self, codes::CodeDraw, totals},
    categories,
    promotions::tiers,
    tx::{Result, Tx},
    validation_rules,
};

/// Creates a campaign of a template and of what the body has instead.
pub fn set_up_campaign(
    tx: &mut Tx,
    id: &str,
    input: &CampaignSetupInput,
    codes: &mut CodeDraw,
) -> Result<CampaignSetupAnswer> {
    let template = get(tx, id)?;
    let rules = copy_rules(tx, &template.content)?;
    let created = campaigns::create_with(tx, &input.campaign(&template.content), &rules, codes)?;
    let campaign = tx.get::<Campaign>(created.id.as_str())?.ok_or(Error::Internal)?;
    let vouchers = totals::of(tx, Some(&campaign.id))?.vouchers;
    let category = categories::of(tx, campaign.category_id.as_ref());
    Ok(CampaignSetupAnswer {
        created_resources: created_resources(&rules),
        campaign: CampaignDump::of(&campaign, vouchers, category.as_ref()),
        object: "campaign_setup",
    })
}

/// Adds a tier to a promotion, made of a template with a discount and of what the body has instead.
pub fn set_up_tier(tx: &mut Tx, id: &str, input: &TierSetupInput) -> Result<TierSetupAnswer> {
    let template = get(tx, id)?;
    let (campaign, tier) = input.tier(&template.content)?.ok_or(Error::TemplateUnsupported)?;
    tier.check()?;
    let rules = copy_rules(tx, &template.content)?;
    let (campaign, tier) = tiers::create_with(tx, campaign, &tier, &rules)?;
    let [own, campaigns] = [&tier.category_id, &campaign.category_id].map(|id| categories::of(tx, id.as_ref()));
    Ok(TierSetupAnswer {
        created_resources: created_resources(&rules),
        promotion_tier: TierDump::of(&tier, &campaign, [own.as_ref(), campaigns.as_ref()]),
        object: "promotion_tier_setup",
    })
}

/// Rules like those of the template, so that each thing that is made of it has its own.
fn copy_rules(tx: &mut Tx, content: &TemplateContent) -> Result<Vec<ValidationRule>> {
    content.rules().map(|rule| validation_rules::copy(tx, rule)).collect()
}

fn created_resources(rules: &[ValidationRule]) -> Vec<CreatedResource> {
    rules.iter().map(|rule| CreatedResource { id: rule.id.to_string(), object: validation_rules::RESOURCE }).collect()
}
