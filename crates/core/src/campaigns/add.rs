//! More vouchers for a campaign: one at once, or many by a job.

use guerdon_model::{
    Error,
    campaign::{AddedVouchers, Campaign, GenerationData, GenerationStatus, Supply},
    code_config::CodeConfig,
    error::{Path, Rule},
    event::{Event, EventType},
    ids::{AsyncActionId, CategoryId},
    metadata_schema::Scope,
    voucher::VoucherAnswer,
};

use super::{MAX_VOUCHERS, category_of, codes::CodeDraw, create::require_capacity, get, stored, too_few_codes, totals};
use crate::{
    categories,
    jobs::{self, Work, generation::GenerationWork},
    tx::{Result, Tx},
    vouchers::{self, Made},
};

/// Adds a voucher with this code, or with the body's, or with one that is drawn.
pub fn add(
    tx: &mut Tx,
    reference: &str,
    code: Option<&str>,
    input: &AddedVouchers,
    codes: &mut CodeDraw,
) -> Result<VoucherAnswer> {
    let campaign = get(tx, reference)?;
    require_pool(&campaign)?;
    let category_id = check(tx, &campaign, input)?;
    require_room(tx, &campaign, 1)?;
    let chosen = code.or(input.origin.code.as_deref()).filter(|code| !code.is_empty());
    let code = match chosen {
        Some(code) => {
            vouchers::refuse_taken(tx, code, Path::of("code"))?;
            code.to_owned()
        }
        None => {
            let config = code_config(&campaign, input)?;
            codes.take(tx, &config, 1)?.pop().ok_or_else(|| too_few_codes(&config))?
        }
    };
    let mut voucher = vouchers::of_campaign(tx, &campaign, code);
    vouchers::apply_own(&mut voucher, input)?;
    voucher.category_id = category_id.or(voucher.category_id);
    let voucher = vouchers::add(tx, voucher, Made::Singly)?;
    let category = categories::of(tx, voucher.category_id.as_ref());
    let mut answer = vouchers::answer_with_rules(tx.config(), &voucher);
    answer.category = category.as_ref().map(|category| category.name.clone());
    answer.categories = category.into_iter().collect();
    Ok(answer)
}

/// Starts a job that adds so many vouchers.
pub fn add_many(tx: &mut Tx, reference: &str, count: i64, input: &AddedVouchers) -> Result<AsyncActionId> {
    let mut campaign = stored(tx, reference)?;
    require_pool(&campaign)?;
    if count > MAX_VOUCHERS {
        return Err(Error::invalid_query(Path::of("vouchers_count"), Rule::AtMost(MAX_VOUCHERS)).into());
    }
    let category_id = check(tx, &campaign, input)?;
    require_room(tx, &campaign, count)?;
    let config = code_config(&campaign, input)?;
    require_capacity(tx, &config, count)?;
    let work = GenerationWork {
        own: Some(Box::new(input.clone())),
        category_id,
        ..GenerationWork::of(&campaign, config, count.unsigned_abs())
    };
    let job = jobs::start(tx, Work::VouchersGenerate(work))?;
    campaign.begin(job.clone(), GenerationStatus::InProgress);
    tx.put(campaign.clone());
    tell_added(tx, &campaign, count.unsigned_abs());
    Ok(job)
}

/// Tells that vouchers are added.
pub(crate) fn tell_added(tx: &mut Tx, campaign: &Campaign, count: u64) {
    let shown = campaign.simple(category_of(tx.config(), campaign.category_id.as_ref()));
    let data = GenerationData {
        campaign: &shown,
        count,
        created_at: Some(tx.now()),
        started_at: None,
        completed_at: None,
        failed_at: None,
    };
    let kind = EventType::CAMPAIGN_VOUCHERS_ADDED;
    tx.emit(Event::Of { kind, entity_id: campaign.id.as_str(), data: &data });
}

/// Refuses campaigns that are no pool of vouchers.
pub(crate) fn require_pool(campaign: &Campaign) -> Result<()> {
    match (&campaign.voucher, campaign.supply) {
        (None, _) => Err(super::without_vouchers(campaign).into()),
        (Some(_), Supply::Standalone) => {
            let details = "You can not generate vouchers for STANDALONE type campaign.".to_owned();
            Err(Error::InvalidCampaign { details }.into())
        }
        (Some(_), Supply::AutoUpdate | Supply::Static) => Ok(()),
    }
}

/// Refuses more vouchers than a campaign can have.
pub(crate) fn require_room(tx: &mut Tx, campaign: &Campaign, count: i64) -> Result<()> {
    if totals::of(tx, Some(&campaign.id))?.vouchers.saturating_add(count) > MAX_VOUCHERS {
        let details = format!("A campaign can not have more than {MAX_VOUCHERS} vouchers.");
        return Err(Error::InvalidCampaign { details }.into());
    }
    Ok(())
}

/// The category that was asked for, if the body's values are in order.
fn check(tx: &mut Tx, campaign: &Campaign, input: &AddedVouchers) -> Result<Option<CategoryId>> {
    input.attributes.check()?;
    let category = categories::choose(tx, &input.attributes.category, &input.attributes.category_id)?;
    if let Some(sent) = input.attributes.metadata.as_value() {
        tx.config().check_metadata(vouchers::RESOURCE, sent, Scope::SentKeysOnly)?;
    }
    input.limits.apply_to(&mut campaign.limits.clone())?;
    Ok(category.map(|category| category.id))
}

/// What the new codes look like: as the body says, else as the campaign says.
fn code_config(campaign: &Campaign, input: &AddedVouchers) -> Result<CodeConfig> {
    match &input.origin.code_config {
        Some(config) => Ok(config.complete(&Path::of("code_config"))?),
        None => Ok(campaign.voucher.as_ref().and_then(|template| template.code_config.clone()).unwrap_or_default()),
    }
}
