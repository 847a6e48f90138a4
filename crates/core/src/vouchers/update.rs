//! Changes and the end of a voucher.

use guerdon_model::{
    Error,
    bin_entry::Content,
    discount::Discount,
    error::Path,
    event::{Event, EventType},
    ids::VoucherId,
    metadata_schema::Scope,
    payload,
    voucher::{HeldVoucherData, ValueUpdate, Voucher, VoucherAnswer, VoucherUpdate, VoucherValue},
};
use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    RESOURCE, answer_with_rules, context, emit, get, simple_campaign, simple_holder, store, with_new_category,
};
use crate::{
    bin, categories, discounts,
    tx::{Result, Tx},
    validation_rules::assignments,
};

/// Changes the attributes that the body has; its code, campaign, uses and rules stay, and so does what was
/// put on a card.
pub fn update(tx: &mut Tx, reference: &str, input: &VoucherUpdate) -> Result<VoucherAnswer> {
    let before = get(tx, reference)?;
    let voucher = updated(tx, &before, input)?;
    change(tx, &before, voucher, EventType::VOUCHER_UPDATED)
}

/// The voucher with what the body says, to be stored.
pub(super) fn updated(tx: &mut Tx, before: &Voucher, input: &VoucherUpdate) -> Result<Voucher> {
    let mut voucher = before.clone();
    let VoucherUpdate { value, attributes, limits } = input;
    attributes.check()?;
    update_value(tx, &mut voucher.value, value)?;
    categories::patch(tx, &attributes.category, &attributes.category_id, &mut voucher.category_id)?;
    if let Some(sent) = attributes.metadata.as_value() {
        tx.config().check_metadata(RESOURCE, sent, Scope::SentKeysOnly)?;
    }
    limits.apply_to(&mut voucher.limits)?;
    voucher.metadata.patch(&attributes.metadata);
    attributes.additional_info.apply_to(&mut voucher.additional_info);
    voucher.active = attributes.active.as_value().copied().unwrap_or(voucher.active);
    voucher.updated_at = Some(tx.now());
    Ok(voucher)
}

/// Applies what fits the type of the voucher; the rest is ignored.
fn update_value(tx: &mut Tx, value: &mut VoucherValue, sent: &ValueUpdate) -> Result<()> {
    match value {
        VoucherValue::Discount { discount } => {
            if let Some(sent) = &sent.discount {
                *discount = discount_of_type(discount, sent)?;
                discounts::check(tx, discount, &Path::of("discount"))?;
            }
        }
        VoucherValue::Gift { gift } => {
            if let Some(sent) = &sent.gift {
                sent.effect.apply_to(&mut gift.effect);
            }
        }
        VoucherValue::Loyalty { .. } => {}
    }
    Ok(())
}

/// A discount that was sent to take the place of another one, which has to be of the same type.
fn discount_of_type(known: &Discount, sent: &Value) -> Result<Discount> {
    #[derive(Deserialize)]
    struct Body {
        discount: Discount,
    }
    let discount_type = json!(known.discount_type());
    if sent.is_object() && sent.get("type") != Some(&discount_type) {
        let details = "It is not possible to change Voucher discount type".to_owned();
        return Err(Error::InvalidVoucher { details }.into());
    }
    // Within its key, so that a refusal names the place.
    let body: Body = payload::from_value(json!({"discount": sent}))?;
    Ok(body.discount.into_stored())
}

/// Switches a voucher on or off.
pub fn set_active(tx: &mut Tx, reference: &str, active: bool) -> Result<VoucherAnswer> {
    let before = get(tx, reference)?;
    let voucher = Voucher { active, ..before.as_ref().clone() };
    let kind = if active { EventType::VOUCHER_ENABLED } else { EventType::VOUCHER_DISABLED };
    change(tx, &before, voucher, kind)
}

fn change(tx: &mut Tx, before: &Voucher, mut voucher: Voucher, kind: EventType) -> Result<VoucherAnswer> {
    voucher.updated_at = Some(tx.now());
    store(tx, Some(before), voucher.clone())?;
    emit(tx, kind, &voucher);
    let answer = answer_with_rules(tx.config(), &voucher);
    Ok(with_new_category(tx, answer))
}

/// Removes the voucher; unless by force, its code stays taken until its bin entry is deleted.
pub fn delete(tx: &mut Tx, reference: &str, force: bool) -> Result<()> {
    let before = get(tx, reference)?;
    let mut voucher = before.as_ref().clone();
    assignments::remove_all_of(tx, &mut voucher)?;
    emit(tx, EventType::VOUCHER_DELETED, &voucher);
    if let Some(customer) = simple_holder(tx, &voucher)? {
        let simple = voucher.simple(context(tx.config(), &voucher));
        let campaign = simple_campaign(tx.config(), &voucher);
        let holder = customer.id.clone();
        let data = HeldVoucherData { customer, campaign, voucher: simple };
        tx.emit(Event::Of { kind: EventType::CUSTOMER_VOUCHER_DELETED, entity_id: holder.as_str(), data: &data });
    }
    if !force {
        bin::add(tx, Content::Voucher((&voucher).into()));
    }
    voucher.is_binned = true;
    store(tx, Some(&before), voucher)?;
    if force {
        tx.delete::<Voucher>(before.id.as_str());
    }
    Ok(())
}

/// Deletes a voucher that lies in the bin for good.
pub(crate) fn erase(tx: &mut Tx, id: &VoucherId) -> Result<()> {
    if tx.get::<Voucher>(id.as_str())?.is_some_and(|voucher| voucher.is_binned) {
        tx.delete::<Voucher>(id.as_str());
    }
    Ok(())
}
