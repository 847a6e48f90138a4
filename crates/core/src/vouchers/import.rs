//! Imports of vouchers without a campaign, as CSV and as JSON. `docs/imports.md` has the rules.

use std::{collections::HashSet, sync::Arc};

use guerdon_model::{
    Error, Patch, Timestamp,
    error::{Path, Rule},
    event::EventType,
    payload::{self, Unreadable},
    time::NOT_ISO_8601,
    voucher::{
        OriginInput, QuantityInput, ValueUpdate, Voucher, VoucherAttributes, VoucherInput, VoucherUpdate, folded,
    },
};
use guerdon_store::Key;
use serde::{Deserialize, Serialize};
use serde_json::{Map, json, value::RawValue};

use super::{
    Made, RESOURCE, add, code_key,
    create::{prepare, without_code},
    emit, store,
    update::updated,
    with_code,
};
use crate::{
    campaigns::totals,
    context::Context,
    jobs::{
        Work,
        import::{Cells, ImportWork, Sheet},
    },
    products::import::minor_units,
    service::Guerdon,
    tx::{Result, Tx},
};

/// How many codes are looked up at a time.
const STEP: usize = 1_000;

/// A column of a file of vouchers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum VoucherColumn {
    Code,
    VoucherType,
    Value,
    DiscountType,
    DiscountEffect,
    UnitType,
    Formula,
    Category,
    StartDate,
    ExpirationDate,
    RedemptionLimit,
    RedeemedQuantity,
    RedeemedAmount,
    Active,
    AdditionalInfo,
    ValidationRule,
}

use VoucherColumn::*;

/// What has to be loaded to create or update the voucher with this code, whether or not upper and lower case
/// are the same.
pub(crate) fn keys_of_code(code: &str) -> impl Iterator<Item = Key> {
    let folded = folded(code, false).map(|folded| code_key(&folded));
    [code_key(code), totals::key(None)].into_iter().chain(folded)
}

impl Sheet for VoucherColumn {
    const NOUN: &'static str = "voucher";
    const COLUMNS: &'static [(&'static str, Self)] = &[
        ("code", Code),
        ("voucher_type", VoucherType),
        ("value", Value),
        ("discount_type", DiscountType),
        ("discount_effect", DiscountEffect),
        ("discount_unit_type", UnitType),
        ("formula", Formula),
        ("category", Category),
        ("start_date", StartDate),
        ("expiration_date", ExpirationDate),
        ("redemption_limit", RedemptionLimit),
        ("redeemed_quantity", RedeemedQuantity),
        ("redeemed_amount", RedeemedAmount),
        ("active", Active),
        ("additional_info", AdditionalInfo),
        ("validation_rule_id", ValidationRule),
    ];
    const SOURCE_ID: Self = Code;
    const IDENTIFIER: &'static str = "code";
    const TAKES_SPACES: bool = true;

    fn keys(row: Cells<Self>) -> Vec<Key> {
        row.get(Code).into_iter().flat_map(keys_of_code).collect()
    }

    /// A voucher that is there already gets what an update can change.
    fn store(tx: &mut Tx, row: Cells<Self>) -> Result<()> {
        let code = required(row, Code, "Code")?;
        let input = VoucherInput {
            attributes: attributes(tx, row)?,
            limits: limits(row)?,
            value: value(row)?,
            origin: OriginInput {
                redemption: whole(row, RedemptionLimit, "Redemption Limit")?
                    .map(|limit| QuantityInput { quantity: Some(limit) })
                    .into(),
                validation_rules: row.get(ValidationRule).map(|rule| vec![rule.to_owned()]),
                ..OriginInput::default()
            },
        };
        match with_code(tx, code)?.filter(|known| !known.is_binned) {
            Some(known) => update(tx, &known, input, row.tells()),
            None => insert(tx, row, code, &input),
        }
    }

    fn work(work: &mut Work) -> Option<&mut ImportWork<Self>> {
        match work {
            Work::VouchersImportCsv(work) => Some(work),
            _ => None,
        }
    }
}

fn insert(tx: &mut Tx, row: Cells<VoucherColumn>, code: &str, input: &VoucherInput) -> Result<()> {
    let mut voucher = prepare(tx, Some(code), input, None)?;
    voucher.redemption.redeemed_quantity = whole(row, RedeemedQuantity, "Redeemed Quantity")?.unwrap_or(0);
    if let Some(redeemed) = amount(row, RedeemedAmount, "Redeemed Amount")? {
        match voucher.balance() {
            Some(balance) if redeemed <= balance => voucher.redemption.redeemed_amount = redeemed,
            Some(_) => return Err(refused("Redeemed Amount cannot be higher than Value").into()),
            None => {}
        }
    }
    let made = if row.tells() { Made::Singly } else { Made::InBulk };
    add(tx, voucher, made).map(drop)
}

fn update(tx: &mut Tx, known: &Arc<Voucher>, input: VoucherInput, tells: bool) -> Result<()> {
    if input.value.voucher_type != Some(known.value.voucher_type()) {
        let details = "It is not possible to change Voucher type".to_owned();
        return Err(Error::InvalidVoucher { details }.into());
    }
    let discount = input.value.discount.as_ref().map(|discount| json!(discount));
    let update = VoucherUpdate {
        value: ValueUpdate { discount, gift: None },
        attributes: input.attributes,
        limits: input.limits,
    };
    let voucher = updated(tx, known, &update)?;
    store(tx, Some(known), voucher.clone())?;
    if tells {
        emit(tx, EventType::VOUCHER_UPDATED, &voucher);
    }
    Ok(())
}

fn refused(sentence: impl Into<String>) -> Error {
    Error::invalid_payload(Path::root(), Rule::Sentence(sentence.into()))
}

fn required<'a>(
    row: Cells<'a, VoucherColumn>,
    column: VoucherColumn,
    name: &str,
) -> std::result::Result<&'a str, Error> {
    row.get(column).ok_or_else(|| refused(format!("{name} is required")))
}

fn whole(row: Cells<VoucherColumn>, column: VoucherColumn, name: &str) -> std::result::Result<Option<i64>, Error> {
    let number = |cell: &str| cell.trim().parse().ok().filter(|number: &i64| *number >= 0);
    let read = |cell| number(cell).ok_or_else(|| refused(format!("{name} should be a whole number")));
    row.get(column).map(read).transpose()
}

/// An amount in major units, as minor ones.
fn amount(row: Cells<VoucherColumn>, column: VoucherColumn, name: &str) -> std::result::Result<Option<i64>, Error> {
    let rule = || refused(format!("{name} should be an amount in major units with up to two decimals"));
    row.get(column).map(|cell| minor_units(cell).ok_or_else(rule)).transpose()
}

fn attributes(tx: &Tx, row: Cells<VoucherColumn>) -> std::result::Result<VoucherAttributes, Error> {
    let text = |column| row.get(column).map(str::to_owned);
    let active = match row.get(Active).map(str::to_ascii_lowercase).as_deref() {
        None => Patch::Absent,
        Some("true") => Patch::Value(true),
        Some("false") => Patch::Value(false),
        Some(_) => return Err(refused("Active should be TRUE or FALSE")),
    };
    Ok(VoucherAttributes {
        category: text(Category).into(),
        category_id: Patch::Absent,
        active,
        additional_info: text(AdditionalInfo).into(),
        metadata: row.metadata(tx.config().metadata_schemas().get(RESOURCE)).into(),
    })
}

fn limits(row: Cells<VoucherColumn>) -> std::result::Result<guerdon_model::validity::TimeLimitsInput, Error> {
    let date = |column, key: &str| {
        let refused = || Error::invalid_payload(Path::of(key), Rule::Other(NOT_ISO_8601.into()));
        let time = row.get(column).map(|cell| Timestamp::parse(cell).ok_or_else(refused));
        time.transpose().map(Patch::from)
    };
    Ok(guerdon_model::validity::TimeLimitsInput {
        start_date: date(StartDate, "start_date")?,
        expiration_date: date(ExpirationDate, "expiration_date")?,
        ..Default::default()
    })
}

/// What the voucher is worth, as a body would say it.
fn value(row: Cells<VoucherColumn>) -> std::result::Result<guerdon_model::voucher::ValueInput, Error> {
    let voucher_type = required(row, VoucherType, "Voucher Type")?;
    let cell = required(row, Value, "Value")?;
    let mut body = Map::new();
    body.insert("type".into(), voucher_type.into());
    match voucher_type {
        "GIFT_VOUCHER" => {
            let mut gift = Map::new();
            gift.insert("amount".into(), amount(row, Value, "Value")?.into());
            effect(row, &mut gift);
            body.insert("gift".into(), gift.into());
        }
        "DISCOUNT_VOUCHER" => {
            let discount_type = required(row, DiscountType, "Discount Type")?;
            let number = || serde_json::from_str::<serde_json::Number>(cell.trim()).map(serde_json::Value::Number);
            let plain = || number().map_err(|_| refused("Value should be a number"));
            let (key, value) = match discount_type {
                "AMOUNT" => ("amount_off", amount(row, Value, "Value")?.into()),
                "FIXED" => ("fixed_amount", amount(row, Value, "Value")?.into()),
                "PERCENT" => ("percent_off", plain()?),
                "UNIT" => ("unit_off", plain()?),
                _ => return Err(refused("Discount Type should be AMOUNT, PERCENT, FIXED or UNIT")),
            };
            let mut discount = Map::new();
            discount.insert("type".into(), discount_type.into());
            discount.insert(key.into(), value);
            if let Some(formula) = row.get(Formula) {
                discount.insert(format!("{key}_formula"), formula.into());
            }
            if let Some(unit) = row.get(UnitType) {
                discount.insert("unit_type".into(), unit.into());
            }
            effect(row, &mut discount);
            body.insert("discount".into(), discount.into());
        }
        _ => return Err(refused("Voucher Type should be DISCOUNT_VOUCHER or GIFT_VOUCHER")),
    }
    payload::from_value(body.into())
}

fn effect(row: Cells<VoucherColumn>, value: &mut Map<String, serde_json::Value>) {
    if let Some(effect) = row.get(DiscountEffect) {
        value.insert("effect".into(), effect.into());
    }
}

/// Stores one item of a JSON import: what it says about campaigns and rules is skipped.
pub(crate) fn store_item(tx: &mut Tx, item: &str) -> Result<()> {
    let input = read_item(item)?;
    let VoucherInput { value, origin, attributes, limits } = input;
    let OriginInput { code, redemption, .. } = origin;
    let origin = OriginInput { code, redemption, ..OriginInput::default() };
    let voucher = prepare(tx, None, &VoucherInput { value, origin, attributes, limits }, None)?;
    add(tx, voucher, Made::InBulk).map(drop)
}

fn read_item(item: &str) -> std::result::Result<VoucherInput, Error> {
    payload::parse(item.as_bytes()).map_err(|unreadable| match unreadable {
        Unreadable::Refused(error) => error,
        Unreadable::NotJson => refused("The item is no valid JSON"),
    })
}

/// What is wrong with the body of a JSON import as a whole; all other failures show up in the job's result.
///
/// # Errors
/// `invalid_payload`; `invalid_voucher` if codes are missing; `duplicate_key` if somebody has them already or
/// they are there twice; `StoreUnavailable`.
pub async fn check(guerdon: &Guerdon, context: &Context, body: &[u8]) -> std::result::Result<(), Unreadable> {
    // Borrowed pieces of the body, as for bulk updates.
    let Ok(items) = serde_json::from_slice::<Vec<&RawValue>>(body) else {
        payload::parse_any(body)?;
        return Err(Error::invalid_payload(Path::root(), Rule::Type("array".into())).into());
    };
    let mut codes = Vec::with_capacity(items.len());
    for item in &items {
        codes.push(read_item(item.get())?.origin.code.filter(|code| !code.is_empty()));
    }
    let missing = codes.iter().filter(|code| code.is_none()).count();
    if missing > 0 {
        return Err(without_code(missing).into());
    }
    let codes: Vec<String> = codes.into_iter().flatten().collect();
    let mut known = HashSet::new();
    let mut taken = 0;
    for codes in codes.chunks(STEP) {
        let found = guerdon.executor.read(context, |tx| {
            tx.need(codes.iter().flat_map(|code| keys_of_code(code)))?;
            let is_case_sensitive = crate::campaigns::is_case_sensitive(tx);
            let look_up = |code: &String| {
                let is_taken = with_code(tx, code)?.is_some();
                Ok((folded(code, is_case_sensitive).unwrap_or_else(|| code.clone()), is_taken))
            };
            codes.iter().map(look_up).collect::<Result<Vec<_>>>()
        });
        for (code, is_taken) in found.await? {
            taken += usize::from(is_taken || !known.insert(code));
        }
    }
    if taken > 0 { Err(Error::DuplicateCodes { count: taken }.into()) } else { Ok(()) }
}
