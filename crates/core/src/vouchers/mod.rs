//! Vouchers: create, change, delete. `docs/vouchers.md` has the rules.

pub mod bulk;
mod create;
pub mod import;
pub mod ledger;
pub mod listing;
mod update;

use std::sync::Arc;

use guerdon_model::{
    Error, Patch,
    campaign::{AddedVouchers, Campaign, SimpleCampaign},
    campaign_day::CampaignDay,
    category::Category,
    customer::{Customer, SimpleCustomer},
    error::Path,
    event::{Event, EventType},
    ids::{CampaignId, PrefixedId, VoucherId},
    voucher::{Context, Uses, Voucher, VoucherAnswer, VoucherData, VoucherValue, check_code, folded},
};
use guerdon_store::{Collection, Key};

use crate::{
    campaigns::{
        self, category_of, summary,
        totals::{self, Difference},
    },
    snapshot::Snapshot,
    tx::{Result, Tx},
};

pub use create::create;
pub(crate) use update::erase;
pub use update::{delete, set_active, update};

/// The word for vouchers in errors and metadata schemas.
pub const RESOURCE: &str = "voucher";

/// What has to be loaded to find a voucher by its id or code.
pub fn keys(reference: &str) -> Vec<Key> {
    id_key(reference).into_iter().chain([code_key(reference)]).collect()
}

/// The key of what may be an id.
pub(crate) fn id_key(reference: &str) -> Option<Key> {
    may_be_id(reference).then(|| Key::id(Collection::Vouchers, reference))
}

/// Whether this may be an id; nothing else is looked for among the ids.
fn may_be_id(reference: &str) -> bool {
    reference.starts_with(VoucherId::PREFIX)
}

pub(crate) fn code_key(code: &str) -> Key {
    let column = Collection::Vouchers.column("code").expect("the collection's table has this column");
    Key::unique(Collection::Vouchers, column, code)
}

/// The voucher that has this code, even if it can't be seen.
pub(crate) fn with_code(tx: &mut Tx, code: &str) -> Result<Option<Arc<Voucher>>> {
    let folded = folded(code, campaigns::is_case_sensitive(tx));
    tx.find::<Voucher>("code", folded.as_deref().unwrap_or(code))
}

/// What `reference` names: by code first, then by id. What lies in the bin, or whose campaign does, can't
/// be found.
pub fn find(tx: &mut Tx, reference: &str) -> Result<Option<Arc<Voucher>>> {
    let mut found = with_code(tx, reference)?;
    if found.is_none() && may_be_id(reference) {
        found = tx.get::<Voucher>(reference)?;
    }
    let config = tx.config();
    let has_campaign =
        |voucher: &Voucher| voucher.campaign_id.as_ref().is_none_or(|id| config.campaign_with_id(id).is_some());
    Ok(found.filter(|voucher| !voucher.is_binned && has_campaign(voucher)))
}

/// The voucher that `reference` names, or `not_found`.
pub fn get(tx: &mut Tx, reference: &str) -> Result<Arc<Voucher>> {
    Ok(find(tx, reference)?.ok_or_else(|| Error::not_found(RESOURCE, reference))?)
}

/// Refuses a code that somebody has; `path` is where it was sent.
pub(crate) fn refuse_taken(tx: &mut Tx, code: &str, path: Path) -> Result<()> {
    check_code(code, path)?;
    if with_code(tx, code)?.is_some() {
        return Err(Error::Duplicate { resource: RESOURCE, attribute: "id", value: code.to_owned() }.into());
    }
    Ok(())
}

/// A new voucher that has everything from its campaign.
pub(crate) fn of_campaign(tx: &Tx, campaign: &Campaign, code: String) -> Voucher {
    let template = campaign.voucher.as_ref().expect("the caller has a campaign with vouchers");
    Voucher {
        id: tx.new_id(),
        folded_code: folded(&code, campaigns::is_case_sensitive(tx)),
        code,
        campaign_id: Some(campaign.id.clone()),
        value: template.value.of_new_voucher(),
        category_id: campaign.category_id.clone(),
        limits: campaign.limits.clone(),
        active: true,
        additional_info: None,
        metadata: if campaign.use_voucher_metadata_schema { campaign.metadata.clone() } else { Default::default() },
        is_referral_code: template.is_referral_code,
        created_at: tx.now(),
        updated_at: None,
        holder_id: None,
        referrer_id: None,
        publication_id: None,
        redemption: Uses { quantity: template.redemption.quantity, ..Uses::default() },
        usage: Default::default(),
        locked: Default::default(),
        validation_rules_assignments: Default::default(),
        is_binned: false,
    }
}

/// Whether the voucher is one of many, which is no event of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Made {
    Singly,
    InBulk,
}

/// Stores a new voucher.
pub(crate) fn add(tx: &mut Tx, voucher: Voucher, made: Made) -> Result<Voucher> {
    store(tx, None, voucher.clone())?;
    if made == Made::Singly {
        emit(tx, EventType::VOUCHER_CREATED, &voucher);
    }
    Ok(voucher)
}

/// Stores new vouchers of one campaign, which is no event of their own.
pub(crate) fn add_many(tx: &mut Tx, campaign: &CampaignId, vouchers: Vec<Voucher>) -> Result<()> {
    let available = vouchers.iter().filter(|voucher| voucher.is_available()).count() as i64;
    totals::add(tx, Some(campaign), Difference { vouchers: vouchers.len() as i64, available })?;
    summary::count(tx, campaign, |day| vouchers.iter().for_each(|voucher| count_new(day, voucher)))?;
    for voucher in vouchers {
        tx.put(voucher);
    }
    Ok(())
}

fn count_new(day: &mut CampaignDay, voucher: &Voucher) {
    day.vouchers_created += 1;
    match &voucher.value {
        VoucherValue::Discount { .. } => {}
        VoucherValue::Gift { gift } => day.created_vouchers_amount += gift.amount,
        VoucherValue::Loyalty { loyalty_card } => day.created_vouchers_points += loyalty_card.points,
    }
}

/// A voucher of a campaign is deleted. Whether it goes into the bin does not matter.
pub(crate) fn count_deleted(day: &mut CampaignDay, voucher: &Voucher) {
    day.vouchers_deleted += 1;
    let left = voucher.balance().unwrap_or(0);
    match &voucher.value {
        VoucherValue::Discount { .. } => {}
        VoucherValue::Gift { .. } => day.amount_deleted += left,
        VoucherValue::Loyalty { .. } => day.points_deleted += left,
    }
}

/// Gives a voucher what was asked for when it was added to its campaign.
pub(crate) fn apply_own(voucher: &mut Voucher, own: &AddedVouchers) -> Result<()> {
    own.limits.apply_to(&mut voucher.limits)?;
    own.attributes.additional_info.apply_to(&mut voucher.additional_info);
    voucher.metadata.patch(&own.attributes.metadata);
    match &own.origin.redemption {
        Patch::Absent => {}
        Patch::Null => voucher.redemption.quantity = None,
        Patch::Value(redemption) => voucher.redemption.quantity = redemption.quantity,
    }
    Ok(())
}

/// Tells of a change of a voucher.
fn emit(tx: &mut Tx, kind: EventType, voucher: &Voucher) {
    let config = tx.config();
    let shown = if [EventType::VOUCHER_ENABLED, EventType::VOUCHER_DISABLED].contains(&kind) {
        answer_with_rules(config, voucher)
    } else {
        answer(config, voucher)
    };
    let (shown, campaign) = (with_new_category(tx, shown), simple_campaign(config, voucher));
    tx.emit(Event::Of { kind, entity_id: voucher.id.as_str(), data: &VoucherData { voucher: &shown, campaign } });
}

/// The voucher's campaign as events show it.
pub(crate) fn simple_campaign(config: &Snapshot, voucher: &Voucher) -> Option<SimpleCampaign> {
    let campaign = voucher.campaign_id.as_ref().and_then(|id| config.campaign_with_id(id))?;
    Some(campaign.simple(category_of(config, campaign.category_id.as_ref())))
}

/// Who holds the voucher, as events show it; none if nobody does or its holder was deleted.
pub(crate) fn simple_holder(tx: &mut Tx, voucher: &Voucher) -> Result<Option<SimpleCustomer>> {
    match &voucher.holder_id {
        Some(holder) => Ok(tx.get::<Customer>(holder.as_str())?.map(|customer| customer.simple())),
        None => Ok(None),
    }
}

/// Stores a voucher, new or changed, and keeps its campaign's totals right. Every command that changes one
/// ends here.
pub(crate) fn store(tx: &mut Tx, before: Option<&Voucher>, voucher: Voucher) -> Result<()> {
    let seen = |voucher: &Voucher| Difference {
        vouchers: i64::from(!voucher.is_binned),
        available: i64::from(voucher.is_available()),
    };
    let (now, then) = (seen(&voucher), before.map(seen).unwrap_or_default());
    let difference = Difference { vouchers: now.vouchers - then.vouchers, available: now.available - then.available };
    totals::add(tx, voucher.campaign_id.as_ref(), difference)?;
    if let Some(campaign) = &voucher.campaign_id {
        match before {
            None => summary::count(tx, campaign, |day| count_new(day, &voucher))?,
            // Of a campaign that is deleted itself, nobody can read a summary.
            Some(before)
                if !before.is_binned && voucher.is_binned && tx.config().campaign_with_id(campaign).is_some() =>
            {
                summary::count(tx, campaign, |day| count_deleted(day, &voucher))?;
            }
            Some(_) => {}
        }
    }
    tx.put(voucher);
    Ok(())
}

/// The voucher as lists and events show it.
pub fn answer(config: &Snapshot, voucher: &Voucher) -> VoucherAnswer {
    voucher.answer(context(config, voucher), config.links_to_images(voucher))
}

/// The same with its rules and those of its campaign, as it is shown alone.
pub fn answer_with_rules(config: &Snapshot, voucher: &Voucher) -> VoucherAnswer {
    let campaign = voucher.campaign_id.as_ref().and_then(|id| config.campaign_with_id(id));
    let own = &voucher.validation_rules_assignments;
    let rules = campaign.map_or_else(|| own.clone(), |campaign| own.with(&campaign.validation_rules_assignments));
    VoucherAnswer { validation_rules_assignments: Some(rules), ..answer(config, voucher) }
}

/// The same with a category that the command has just made, which the configuration does not have yet.
fn with_new_category(tx: &Tx, mut answer: VoucherAnswer) -> VoucherAnswer {
    if answer.category.is_none()
        && let Some(id) = &answer.category_id
        && let Some(category) = tx.written::<Category>().find(|category| category.id == *id)
    {
        answer.category = Some(category.name.clone());
        answer.categories = vec![category.as_ref().clone()];
    }
    answer
}

/// What answers show of a voucher's surroundings.
pub(crate) fn context<'a>(config: &'a Snapshot, voucher: &Voucher) -> Context<'a> {
    let campaign = voucher.campaign_id.as_ref().and_then(|id| config.campaign_with_id(id));
    Context {
        campaign: campaign.map(|campaign| campaign.name.as_str()),
        category: category_of(config, voucher.category_id.as_ref()),
    }
}
