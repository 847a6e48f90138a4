//! Changes of a campaign, and what they mean for its vouchers.

use guerdon_model::{
    Error, Patch,
    campaign::{
        Campaign, CampaignAnswer, CampaignType, CampaignUpdate, CampaignVouchers, GenerationStatus, ReferralProgram,
        Supply,
    },
    discount::Discount,
    error::{Path, Rule},
    event::EventType,
    metadata_schema::Scope,
    payload,
    voucher::{LoyaltyCard, LoyaltyCardInput, VoucherValue},
};
use serde_json::Value;

use super::{Inherited, RESOURCE, access, answer, emit, kinds, stored, totals};
use crate::{
    categories, discounts,
    jobs::{
        self, Work,
        campaign_vouchers::{CampaignVouchersWork, Task},
    },
    tx::{Result, Tx},
    vouchers,
};

/// Changes what the body has; whatever can't be changed is ignored. Vouchers to which nothing has happened yet
/// follow in a job. If nothing is different afterwards, nothing is written.
pub fn update(tx: &mut Tx, reference: &str, input: &CampaignUpdate) -> Result<CampaignAnswer> {
    let CampaignUpdate { settings, limits, vouchers } = input;
    settings.check()?;
    let before = stored(tx, reference)?;
    let mut campaign = before.clone();
    access::refuse_unknown(settings.access_settings.as_ref())?;
    categories::patch(tx, &settings.category, &settings.category_id, &mut campaign.category_id)?;
    if let Patch::Value(sent) = &settings.metadata {
        let schema = if campaign.use_voucher_metadata_schema { vouchers::RESOURCE } else { RESOURCE };
        tx.config().check_metadata(schema, sent, Scope::SentKeysOnly)?;
    }
    campaign.metadata.patch(&settings.metadata);
    for key in vouchers.unset_metadata_fields.iter().flatten() {
        campaign.metadata.remove(key);
    }
    limits.apply_to(&mut campaign.limits)?;
    settings.description.apply_to(&mut campaign.description);
    if campaign.voucher.is_some() {
        settings.activity_duration_after_publishing.apply_to(&mut campaign.activity_duration_after_publishing);
        campaign.auto_join = settings.auto_join.unwrap_or(campaign.auto_join);
        if !(campaign.campaign_type == CampaignType::LoyaltyProgram || campaign.supply == Supply::Standalone) {
            campaign.join_once = settings.join_once.unwrap_or(campaign.join_once);
        }
        change_supply(&mut campaign, settings.supply)?;
        change_vouchers(tx, &mut campaign, vouchers)?;
    }
    if campaign.campaign_type == CampaignType::LoyaltyProgram {
        settings.loyalty_tiers_expiration.apply_to(&mut campaign.loyalty_tiers_expiration);
    }
    if campaign.campaign_type == CampaignType::ReferralProgram {
        change_referral_program(tx, &mut campaign, &settings.referral_program)?;
    }
    if campaign == before {
        return answer(tx, &campaign);
    }
    campaign.updated_at = Some(tx.now());
    let_vouchers_follow(tx, &before, &mut campaign)?;
    tx.put(campaign.clone());
    emit(tx, EventType::CAMPAIGN_UPDATED, &campaign)?;
    answer(tx, &campaign)
}

/// A pool of codes may become one that refills, and the other way round; one code stays one code.
fn change_supply(campaign: &mut Campaign, sent: Option<Supply>) -> Result<()> {
    match (campaign.supply, sent) {
        (_, None) => Ok(()),
        (now, Some(sent)) if now == sent => Ok(()),
        (Supply::Standalone, Some(_)) | (_, Some(Supply::Standalone)) => {
            let details = "It is not possible to change type of a campaign to or from STANDALONE".to_owned();
            Err(Error::InvalidCampaign { details }.into())
        }
        (_, Some(sent)) => {
            campaign.supply = sent;
            Ok(())
        }
    }
}

/// What new vouchers will have. The amount of gift cards stays as it is.
fn change_vouchers(tx: &mut Tx, campaign: &mut Campaign, sent: &CampaignVouchers) -> Result<()> {
    let Some(template) = &mut campaign.voucher else { return Ok(()) };
    match &mut template.value {
        VoucherValue::Discount { discount } => {
            if let Some(sent) = &sent.discount {
                *discount = changed_discount(tx, discount, sent)?;
            }
        }
        VoucherValue::Gift { gift } => {
            if let Some(sent) = &sent.gift {
                sent.effect.apply_to(&mut gift.effect);
            }
        }
        VoucherValue::Loyalty { loyalty_card } => {
            if let Some(LoyaltyCardInput { points, expiration_rules }) = sent.loyalty_card.clone() {
                let rules = expiration_rules.or(loyalty_card.expiration_rules.take());
                *loyalty_card = LoyaltyCard { points, expiration_rules: rules, ..LoyaltyCard::default() };
            }
        }
    }
    kinds::check_value(&template.value, &Path::root())?;
    if let Some(redemption) = sent.default_voucher_redemption {
        template.redemption.quantity = redemption.quantity;
    }
    Ok(())
}

/// Another discount of the same type.
fn changed_discount(tx: &mut Tx, before: &Discount, sent: &Value) -> Result<Discount> {
    let path = Path::of("discount");
    if sent.get("type").is_none() {
        return Err(Error::invalid_payload(path, Rule::Required("type".into())).into());
    }
    let discount: Discount = payload::from_value(sent.clone()).map_err(|error| error.within(&path))?;
    if discount.discount_type() != before.discount_type() {
        let details = "It is not possible to change Campaign discount type".to_owned();
        return Err(Error::InvalidCampaign { details }.into());
    }
    discounts::check(tx, &discount, &path)?;
    Ok(discount.into_stored())
}

/// What makes somebody a referee is settled when the campaign is created; the reward can be changed.
fn change_referral_program(tx: &Tx, campaign: &mut Campaign, sent: &Patch<ReferralProgram>) -> Result<()> {
    let Patch::Value(sent) = sent else { return Ok(()) };
    let mut program = sent.clone();
    kinds::complete_referral_program(tx, &mut program)?;
    if let Some(known) = &campaign.referral_program
        && (known.conversion_event_type != program.conversion_event_type || known.custom_event != program.custom_event)
    {
        let details = "It is not possible to change the conversion event of a referral program".to_owned();
        return Err(Error::InvalidCampaign { details }.into());
    }
    campaign.referral_program = Some(program);
    Ok(())
}

/// Starts the job that changes the vouchers, if there are any and something changes for them.
///
/// Vouchers that are made from now on, whoever makes them, have what the campaign says now, because a commit that
/// rests on its former state is refused. So the job finds all others already there.
fn let_vouchers_follow(tx: &mut Tx, before: &Campaign, campaign: &mut Campaign) -> Result<()> {
    let (then, now) = (Inherited::of(before), Inherited::of(campaign));
    let Some(then) = then.filter(|then| now.as_ref() != Some(then)) else { return Ok(()) };
    let count = totals::of(tx, Some(&campaign.id))?.vouchers;
    if count > 0 {
        let task = Task::Follow { before: Box::new(then) };
        let work = CampaignVouchersWork::of(campaign.id.clone(), count.unsigned_abs(), task);
        let job = jobs::start(tx, Work::CampaignVouchers(work))?;
        campaign.begin(job, GenerationStatus::Modifying);
    }
    Ok(())
}
