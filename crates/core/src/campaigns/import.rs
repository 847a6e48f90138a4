//! Imports of vouchers into a campaign, from CSV or JSON: what a row or item becomes. `docs/campaigns.md` has
//! the rules.

use std::{collections::HashSet, sync::Arc};

use guerdon_model::{
    Error, Patch, Timestamp,
    campaign::{AddedVouchers, Campaign, ImportedVoucher},
    error::{Path, Rule},
    ids::{CampaignId, CategoryId},
    metadata_schema::Scope,
    time::NOT_ISO_8601,
    voucher::{Uses, Voucher, VoucherValue, folded},
};
use guerdon_store::Key;
use serde::{Deserialize, Serialize};

use super::{
    RESOURCE,
    add::{require_pool, require_room, tell_added},
    get, is_case_sensitive,
};
use crate::{
    categories,
    context::Context,
    jobs::{
        Work,
        import::{Cells, ImportWork, Sheet},
    },
    products::import::minor_units,
    service::Guerdon,
    tx::{Result, Tx},
    vouchers::{self, Made},
};

/// How many codes are looked up at a time.
const SLICE: usize = 1_000;

/// The campaign that vouchers can be imported into, or a refusal.
pub fn target(tx: &Tx, reference: &str) -> Result<CampaignId> {
    let campaign = get(tx, reference)?;
    require_pool(&campaign)?;
    Ok(campaign.id.clone())
}

/// Refuses a list in which codes are missing, are repeated, or belong to vouchers already.
///
/// # Errors
/// `invalid_voucher` or `duplicate_key`; `StoreUnavailable`.
pub async fn check(guerdon: &Guerdon, context: &Context, items: &[ImportedVoucher]) -> std::result::Result<(), Error> {
    let codes: Vec<&str> = items.iter().filter_map(|item| item.added.origin.code.as_deref()).collect();
    let codes: Vec<&str> = codes.into_iter().filter(|code| !code.is_empty()).collect();
    if codes.len() < items.len() {
        let details = format!("Found {} voucher(s) without 'code' value", items.len() - codes.len());
        return Err(Error::InvalidVoucher { details });
    }
    let mut seen = HashSet::with_capacity(codes.len());
    let mut count = 0;
    for slice in codes.chunks(SLICE) {
        let of_slice = |tx: &mut Tx| {
            let lookups = lookups(tx, slice);
            tx.need(lookups.iter().map(|code| vouchers::code_key(code)))?;
            let taken = lookups.into_iter().map(|code| Ok((tx.find::<Voucher>("code", &code)?.is_some(), code)));
            taken.collect::<Result<Vec<_>>>()
        };
        for (is_taken, code) in guerdon.executor.read(context, of_slice).await? {
            count += usize::from(!seen.insert(code) || is_taken);
        }
    }
    if count > 0 {
        return Err(Error::DuplicateCodes { count });
    }
    Ok(())
}

fn lookups(tx: &Tx, codes: &[&str]) -> Vec<String> {
    let is_case_sensitive = is_case_sensitive(tx);
    let lookup = |code: &&str| folded(code, is_case_sensitive).unwrap_or_else(|| (*code).to_owned());
    codes.iter().map(lookup).collect()
}

/// Stores an item of a JSON import.
pub(crate) fn store(tx: &mut Tx, campaign: &Campaign, item: &ImportedVoucher) -> Result<()> {
    let ImportedVoucher { value, added } = item;
    added.attributes.check()?;
    let code = added.origin.code.as_deref().unwrap_or_default();
    let mut voucher = new(tx, campaign, code, added)?;
    match &mut voucher.value {
        VoucherValue::Discount { .. } => {}
        VoucherValue::Gift { gift } => {
            gift.amount = value.gift.and_then(|gift| gift.amount).unwrap_or(gift.amount);
        }
        VoucherValue::Loyalty { loyalty_card } => {
            loyalty_card.points = value.loyalty_card.and_then(|card| card.points).unwrap_or(loyalty_card.points);
        }
    }
    if let Some(active) = added.attributes.active.as_value() {
        voucher.active = *active;
    }
    vouchers::add(tx, voucher, Made::InBulk).map(drop)
}

/// A voucher of the campaign with a free code and whatever the body has of its own.
fn new(tx: &mut Tx, campaign: &Campaign, code: &str, added: &AddedVouchers) -> Result<Voucher> {
    vouchers::refuse_taken(tx, code, Path::of("code"))?;
    require_room(tx, campaign, 1)?;
    if let Some(sent) = added.attributes.metadata.as_value() {
        tx.config().check_metadata(vouchers::RESOURCE, sent, Scope::SentKeysOnly)?;
    }
    let mut voucher = vouchers::of_campaign(tx, campaign, code.to_owned());
    vouchers::apply_own(&mut voucher, added)?;
    if let Some(name) = added.attributes.category.as_value().filter(|name| !name.is_empty()) {
        voucher.category_id = Some(category(tx, name)?);
    }
    if let Some(id) = added.attributes.category_id.as_value() {
        voucher.category_id = Some(categories::get(tx, id)?.id);
    }
    Ok(voucher)
}

/// A category by its id or name, which may be a new one.
fn category(tx: &mut Tx, reference: &str) -> Result<CategoryId> {
    if let Some(known) = tx.config().category(reference) {
        return Ok(known.id.clone());
    }
    categories::find_or_create(tx, reference).map(|category| category.id)
}

/// Tells that an import has added vouchers, if it has.
pub(crate) fn tell(tx: &mut Tx, campaign: &Campaign, count: u64) {
    if count > 0 {
        tell_added(tx, campaign, count);
    }
}

/// A column of a file of a campaign's vouchers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CampaignVoucherColumn {
    Code,
    Active,
    Category,
    StartDate,
    ExpirationDate,
    GiftAmount,
    RedeemedAmount,
    LoyaltyPoints,
    RedeemedQuantity,
}

impl Sheet for CampaignVoucherColumn {
    const NOUN: &'static str = "voucher";
    const COLUMNS: &'static [(&'static str, Self)] = &[
        ("code", Self::Code),
        ("active", Self::Active),
        ("category", Self::Category),
        ("start_date", Self::StartDate),
        ("expiration_date", Self::ExpirationDate),
        ("gift_amount", Self::GiftAmount),
        ("redeemed_amount", Self::RedeemedAmount),
        ("loyalty_points", Self::LoyaltyPoints),
        ("redeemed_quantity", Self::RedeemedQuantity),
    ];
    const SOURCE_ID: Self = Self::Code;
    const IDENTIFIER: &'static str = "code";

    fn keys(row: Cells<Self>) -> Vec<Key> {
        row.get(Self::Code).map(vouchers::code_key).into_iter().collect()
    }

    /// Of a voucher that the campaign has already, only the category and whether it is active change.
    fn store(tx: &mut Tx, row: Cells<Self>) -> Result<()> {
        let campaign = campaign(tx, row)?;
        let code = row.require(Self::Code)?;
        let active = row.get(Self::Active).map(|cell| flag("active", cell)).transpose()?;
        if let Some(known) = vouchers::with_code(tx, code)?.filter(|known| is_of(known, &campaign)) {
            let mut voucher = known.as_ref().clone();
            voucher.active = active.unwrap_or(voucher.active);
            if let Some(name) = row.get(Self::Category) {
                voucher.category_id = Some(category(tx, name)?);
            }
            if voucher != *known {
                voucher.updated_at = Some(tx.now());
                vouchers::store(tx, Some(&known), voucher)?;
            }
            return Ok(());
        }
        let schema = tx.config().metadata_schemas().get(vouchers::RESOURCE);
        let mut added = AddedVouchers::default();
        added.attributes.metadata = row.metadata(schema).into();
        added.attributes.category = row.get(Self::Category).map(str::to_owned).into();
        added.limits.start_date = date("start_date", row.get(Self::StartDate))?;
        added.limits.expiration_date = date("expiration_date", row.get(Self::ExpirationDate))?;
        let mut voucher = new(tx, &campaign, code, &added)?;
        let is_over = campaign.limits.expiration_date.is_some_and(|end| end <= tx.now());
        voucher.active = active.unwrap_or(!is_over);
        fill(&mut voucher.value, &mut voucher.redemption, row)?;
        vouchers::add(tx, voucher, Made::InBulk).map(drop)
    }

    fn finished(tx: &mut Tx, parent: &str, done: u64) -> Result<()> {
        if let Some(campaign) = tx.config().campaign(parent).cloned() {
            tell(tx, &campaign, done);
        }
        Ok(())
    }

    fn work(work: &mut Work) -> Option<&mut ImportWork<Self>> {
        match work {
            Work::CampaignImportCsv(work) => Some(work),
            _ => None,
        }
    }
}

fn campaign(tx: &Tx, row: Cells<CampaignVoucherColumn>) -> Result<Arc<Campaign>> {
    let id = CampaignId::from(row.parent());
    let campaign = tx.config().campaign_with_id(&id).cloned();
    Ok(campaign.ok_or_else(|| Error::not_found(RESOURCE, row.parent()))?)
}

fn is_of(voucher: &Voucher, campaign: &Campaign) -> bool {
    voucher.campaign_id.as_ref() == Some(&campaign.id) && !voucher.is_binned
}

/// What a card begins with, and what has been used of a voucher elsewhere.
fn fill(value: &mut VoucherValue, uses: &mut Uses, row: Cells<CampaignVoucherColumn>) -> Result<()> {
    use CampaignVoucherColumn::*;
    uses.redeemed_quantity = whole("redeemed_quantity", row.get(RedeemedQuantity))?.unwrap_or(0);
    match value {
        VoucherValue::Discount { .. } => {}
        VoucherValue::Gift { gift } => {
            gift.amount = amount("gift_amount", row.get(GiftAmount))?.unwrap_or(gift.amount);
            uses.redeemed_amount = amount("redeemed_amount", row.get(RedeemedAmount))?.unwrap_or(0);
            if uses.redeemed_amount > gift.amount {
                let rule = Rule::Other("cannot be more than what the card begins with".into());
                return Err(Error::invalid_payload(Path::of("redeemed_amount"), rule).into());
            }
        }
        VoucherValue::Loyalty { loyalty_card } => {
            loyalty_card.points = whole("loyalty_points", row.get(LoyaltyPoints))?.unwrap_or(loyalty_card.points);
        }
    }
    Ok(())
}

fn date(key: &str, cell: Option<&str>) -> std::result::Result<Patch<Timestamp>, Error> {
    let Some(cell) = cell else { return Ok(Patch::Absent) };
    let refused = || Error::invalid_payload(Path::of(key), Rule::Other(NOT_ISO_8601.into()));
    Timestamp::parse(cell).map(Patch::Value).ok_or_else(refused)
}

fn flag(key: &str, cell: &str) -> std::result::Result<bool, Error> {
    let refused = || Error::invalid_payload(Path::of(key), Rule::Type("boolean".into()));
    cell.trim().to_lowercase().parse().map_err(|_| refused())
}

/// A whole number that is not negative.
fn whole(key: &str, cell: Option<&str>) -> std::result::Result<Option<i64>, Error> {
    let Some(cell) = cell else { return Ok(None) };
    let refused = || Error::invalid_payload(Path::of(key), Rule::Type("integer".into()));
    let number = cell.trim().parse().map_err(|_| refused())?;
    if number < 0 {
        return Err(Error::invalid_payload(Path::of(key), Rule::AtLeast(0)));
    }
    Ok(Some(number))
}

/// An amount in major units, as minor ones.
fn amount(key: &str, cell: Option<&str>) -> std::result::Result<Option<i64>, Error> {
    let Some(cell) = cell else { return Ok(None) };
    let rule = || Rule::Other("should be an amount in major units with up to two decimals".into());
    minor_units(cell).map(Some).ok_or_else(|| Error::invalid_payload(Path::of(key), rule()))
}
