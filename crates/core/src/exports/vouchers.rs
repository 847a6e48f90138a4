//! The export of vouchers.

use guerdon_model::{
    discount::Discount,
    role::Permission,
    voucher::{Voucher, VoucherValue},
};
use guerdon_store::{Collection, Record, StoreError};
use serde_json::{Value, json};

use super::resource::{Resource, SortBy, Surroundings};
use crate::vouchers::answer_with_rules;

pub(super) static VOUCHERS: Resource = Resource {
    permission: Permission::VouchersRead,
    collection: Collection::Vouchers,
    metadata: Some("voucher"),
    fields: &[
        ("code", "code"),
        ("voucher_type", "type"),
        ("value", "export.value"),
        ("formula", "export.formula"),
        ("discount_type", "discount.type"),
        ("campaign", "campaign"),
        ("category", "category"),
        ("start_date", "start_date"),
        ("expiration_date", "expiration_date"),
        ("gift_balance", "export.gift_balance"),
        ("loyalty_balance", "loyalty_card.balance"),
        ("redemption_quantity", "redemption.quantity"),
        ("redemption_count", "redemption.redeemed_quantity"),
        ("active", "active"),
        ("qr_code", "assets.qr.url"),
        ("bar_code", "assets.barcode.url"),
        ("metadata", "metadata"),
        ("id", "id"),
        ("is_referral_code", "is_referral_code"),
        ("created_at", "created_at"),
        ("updated_at", "updated_at"),
        ("validity_timeframe_interval", "validity_timeframe.interval"),
        ("validity_timeframe_duration", "validity_timeframe.duration"),
        ("validity_day_of_week", "validity_day_of_week"),
        ("discount_amount_limit", "discount.amount_limit"),
        ("campaign_id", "campaign_id"),
        ("additional_info", "additional_info"),
        ("customer_id", "holder_id"),
        ("discount_effect", "discount.effect"),
        ("discount_unit_type", "export.unit_types"),
        ("discount_unit_effect", "export.unit_effects"),
        ("validation_rules_id", "export.rules"),
        ("customer_source_id", "customer.source_id"),
    ],
    defaults: &["code", "voucher_type", "value", "discount_type"],
    orders: &[
        ("created_at", SortBy::Id),
        ("updated_at", SortBy::Paths(&["updated_at", "created_at"])),
        ("code", SortBy::Paths(&["code"])),
    ],
    filters: &[
        ("created_at", "created_at"),
        ("updated_at", "updated_at"),
        ("created_date", "created_at"),
        ("active", "export.active"),
        ("redemption_status", "export.redemption_status"),
        ("start_date", "start_date"),
        ("expiration_date", "expiration_date"),
        ("validity_day_of_week", "export.valid_days"),
        ("code", "code"),
        ("categories", "category"),
        ("vouchers", "code"),
        ("holder_id", "holder_id"),
        ("is_referral_code", "is_referral_code"),
        ("published_for_customer_id", "holder_id"),
        ("validity_timeframe", "validity_timeframe"),
        ("category_ids", "category_id"),
        ("metadata.", "metadata."),
        ("redemption.", "redemption."),
    ],
    indexed: &[("campaign_id", "campaign_id"), ("holder_id", "holder_id")],
    vouchers: None,
    customer: Some("holder_id"),
    view,
};

/// The voucher as it is read alone, with `export` for what only exports know.
fn view(record: &Record, surroundings: &Surroundings) -> Result<Option<Value>, StoreError> {
    let voucher = record.document::<Voucher>()?;
    let config = surroundings.config;
    let has_campaign = voucher.campaign_id.as_ref().is_none_or(|id| config.campaign_with_id(id).is_some());
    if voucher.is_binned || !has_campaign {
        return Ok(None);
    }
    let shown = answer_with_rules(config, &voucher);
    let rules = shown.validation_rules_assignments.iter().flat_map(|rules| rules.iter());
    let rules: Vec<&str> = rules.map(|assignment| assignment.rule_id.as_str()).collect();
    let (unit_types, unit_effects) = units(&voucher.value);
    let gift_balance = shown.gift.as_ref().map(|gift| major(gift.balance));
    let export = json!({
        "value": value(&voucher),
        "formula": formulas(&voucher.value),
        "gift_balance": gift_balance,
        "unit_types": unit_types,
        "unit_effects": unit_effects,
        "rules": rules,
        "active": states(&voucher, surroundings),
        "redemption_status": uses(&voucher),
        // Without a restriction, it is valid on each of them.
        "valid_days": voucher.limits.validity_day_of_week.as_deref().unwrap_or(&[0, 1, 2, 3, 4, 5, 6]),
    });
    let mut view = serde_json::to_value(&shown).expect("a voucher has string keys");
    view["export"] = export;
    Ok(Some(view))
}

/// What a voucher is worth: money in major units with two decimals; percentages, units and points as they
/// are; of cards, what is left.
fn value(voucher: &Voucher) -> Value {
    let VoucherValue::Discount { discount } = &voucher.value else {
        let balance = voucher.balance().unwrap_or_default();
        let is_money = matches!(voucher.value, VoucherValue::Gift { .. });
        return if is_money { major(balance).into() } else { balance.into() };
    };
    match discount {
        Discount::Amount(amount) => major(amount.amount_off).into(),
        Discount::Percent(percent) => json!(percent.percent_off),
        Discount::Fixed(fixed) => fixed.fixed_amount.map(major).into(),
        Discount::Unit(units) => units.unit_off.into(),
        Discount::Units(many) => many.units.iter().map(|units| units.unit_off).collect(),
    }
}

/// An amount of minor units as it is written in files.
fn major(amount: i64) -> String {
    let (sign, amount) = (if amount < 0 { "-" } else { "" }, amount.unsigned_abs());
    format!("{sign}{}.{:02}", amount / 100, amount % 100)
}

fn formulas(value: &VoucherValue) -> Vec<&str> {
    let VoucherValue::Discount { discount } = value else { return Vec::new() };
    discount.formulas().map(|(_, _, formula)| formula).collect()
}

/// What is free, and where it comes from.
fn units(value: &VoucherValue) -> (Vec<&str>, Value) {
    match value {
        VoucherValue::Discount { discount: Discount::Unit(units) } => (vec![&units.unit_type], json!(units.effect)),
        VoucherValue::Discount { discount: Discount::Units(many) } => {
            (many.units.iter().map(|units| units.unit_type.as_str()).collect(), json!(many.effect))
        }
        _ => (Vec::new(), Value::Null),
    }
}

/// Whether it is switched on, and the names of the states that it is in.
fn states(voucher: &Voucher, surroundings: &Surroundings) -> Vec<Value> {
    let limits = &voucher.limits;
    let is_expired = limits.expiration_date.is_some_and(|end| end <= surroundings.now);
    let has_begun = limits.start_date.is_none_or(|start| start <= surroundings.now);
    let states = [
        ("$enabled", voucher.active),
        ("$disabled", !voucher.active),
        ("$expired", is_expired),
        ("$active", voucher.active && has_begun && !is_expired),
    ];
    let holding = states.into_iter().filter(|(_, holds)| *holds).map(|(name, _)| name.into());
    [voucher.active.into()].into_iter().chain(holding).collect()
}

/// The names of the states that it is in as far as the number of its redemptions goes.
fn uses(voucher: &Voucher) -> Vec<&'static str> {
    let redeemed = voucher.redemption.redeemed_quantity;
    let states = [
        ("$redeemed", redeemed > 0),
        ("$redeemable", voucher.redemption.quantity.is_none_or(|quantity| redeemed < quantity)),
    ];
    states.into_iter().filter(|(_, holds)| *holds).map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_written_in_major_units() {
        for (amount, expected) in [(200_000, "2000.00"), (5, "0.05"), (-150, "-1.50"), (0, "0.00")] {
            assert_eq!(major(amount), expected);
        }
    }
}
