//! Templates of campaigns: save, change, delete, and make something of them. `docs/templates.md` has the rules.

pub mod listing;
mod setup;

use std::sync::Arc;

use guerdon_model::{
    Error,
    campaign::{CampaignType, GenerationStatus},
    campaign_template::{
        CampaignTemplate, CampaignTemplateAnswer, CampaignTemplateInput, CampaignTemplateUpdate, Content,
        SavedCampaign, Source, TemplateContent,
    },
    validation_rule::{Assignments, ValidationRule},
};
use guerdon_store::{Collection, Key};

use crate::{
    campaigns, promotions,
    tx::{Result, Tx},
};

pub use setup::{set_up_campaign, set_up_tier};

/// The word for templates in errors.
pub const RESOURCE: &str = "campaign_template";

/// What has to be loaded to read or change a template.
pub fn keys(id: &str) -> Vec<Key> {
    vec![Key::id(Collection::CampaignTemplates, id)]
}

/// The template with this id, or `not_found`.
pub fn get(tx: &mut Tx, id: &str) -> Result<Arc<CampaignTemplate>> {
    Ok(tx.get::<CampaignTemplate>(id)?.ok_or_else(|| Error::not_found(RESOURCE, id))?)
}

/// Saves what a campaign or promotion tier is made of.
pub fn create(tx: &mut Tx, input: &CampaignTemplateInput) -> Result<CampaignTemplateAnswer> {
    let (name, source) = input.check()?;
    let content = content(tx, source)?;
    refuse_taken(tx, name, None)?;
    let template = CampaignTemplate {
        id: tx.new_id(),
        name: name.to_owned(),
        description: input.description.as_value().cloned(),
        campaign_type: content.campaign_type,
        created_at: tx.now(),
        updated_at: None,
        content,
    };
    tx.put(template.clone());
    Ok(template.answer(Content::Hidden))
}

fn content(tx: &Tx, source: Source<'_>) -> Result<TemplateContent> {
    match source {
        Source::Campaign(reference) => {
            let campaign = campaigns::get(tx, reference)?;
            if campaign.creation_status == GenerationStatus::Draft {
                return Err(Error::TemplateUnsupported.into());
            }
            let saved = SavedCampaign::of_campaign(&campaign).ok_or(Error::TemplateUnsupported)?;
            let rules = rules(tx, &campaign.validation_rules_assignments);
            Ok(TemplateContent::new(campaign.campaign_type, saved, rules))
        }
        Source::PromotionTier(id) => {
            let ready = promotions::tiers::get(tx, id)?;
            let rules = rules(tx, &ready.tier.validation_rule_assignments);
            Ok(TemplateContent::new(CampaignType::DiscountCoupons, SavedCampaign::of_tier(&ready.tier), rules))
        }
    }
}

/// The rules of something as they are now.
fn rules(tx: &Tx, assignments: &Assignments) -> Vec<ValidationRule> {
    let known = assignments.iter().filter_map(|assignment| tx.config().validation_rule(assignment.rule_id.as_str()));
    known.map(|ready| ready.rule.clone()).collect()
}

/// A name belongs to one template; `own` may keep the one that it has.
fn refuse_taken(tx: &mut Tx, name: &str, own: Option<&CampaignTemplate>) -> Result<()> {
    match tx.find::<CampaignTemplate>("name", name)? {
        Some(found) if own.is_none_or(|own| own.id != found.id) => {
            Err(Error::Duplicate { resource: RESOURCE, attribute: "name", value: name.to_owned() }.into())
        }
        _ => Ok(()),
    }
}

/// Changes name and description; what the template has saved stays.
pub fn update(tx: &mut Tx, id: &str, input: &CampaignTemplateUpdate) -> Result<CampaignTemplateAnswer> {
    input.check()?;
    let mut template = get(tx, id)?.as_ref().clone();
    if let Some(name) = &input.name {
        refuse_taken(tx, name, Some(&template))?;
        template.name.clone_from(name);
    }
    input.description.apply_to(&mut template.description);
    template.updated_at = Some(tx.now());
    tx.put(template.clone());
    Ok(template.answer(Content::Hidden))
}

/// Deletes a template for good; what was made of it stays.
pub fn delete(tx: &mut Tx, id: &str) -> Result<()> {
    get(tx, id)?;
    tx.delete::<CampaignTemplate>(id);
    Ok(())
}
