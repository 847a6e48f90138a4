//! Units that are free: added to the order, or of those that are in it already.
//!
//! ```
#![doc = include_str!("example.txt")]
//! // A mug at 10.00 and two bottles at 25.00.
//! let shop = order(json!({"items": [{"product_id": "mug", "quantity": 1, "price": 1000},
//!                                   {"product_id": "bottle", "quantity": 2, "price": 2500}]}));
//! let free = |units, effect| {
//!     let amounts = apply(json!({"type": "UNIT", "unit_off": units, "unit_type": "mug", "effect": effect}), &shop).amounts;
//!     (amounts.lines[0].quantity, amounts.amount, amounts.running_total())
//! };
//!
//! // One more mug, which costs nothing.
//! assert_eq!(free(1, "ADD_NEW_ITEMS"), (2, Some(7000), 6000));
//! // The mug is free; if two are, one is added.
//! assert_eq!(free(1, "ADD_MISSING_ITEMS"), (1, Some(6000), 5000));
//! assert_eq!(free(2, "ADD_MISSING_ITEMS"), (2, Some(7000), 5000));
//! ```

use std::sync::Arc;

use guerdon_model::{
    discount::{AddEffect, FreeUnits, ManyUnits, UnitEffect, UnitProduct, UnitSku},
    validation_rule::{ItemObject, ItemReference},
};

use super::{
    Run,
    value::{Number, UNITS},
};
use crate::{
    cart::{Line, LineAmounts, Product, Sku},
    item,
    money::{Overflow, average, plus, round_ratio, times},
    trace::{Kind, Node},
};

/// Knows the products and SKUs that discounts give away.
pub trait Catalogue {
    /// The product or SKU of this id, ours or the shop's.
    fn unit(&self, unit_type: &str) -> Option<Unit>;
}

/// A product, or a SKU and its product.
#[derive(Debug, Clone, Default)]
pub struct Unit {
    pub product: Option<Arc<Product>>,
    pub sku: Option<Arc<Sku>>,
}

/// For discounts that give nothing away.
pub struct EmptyCatalogue;

impl Catalogue for EmptyCatalogue {
    fn unit(&self, _: &str) -> Option<Unit> {
        None
    }
}

/// Gives the discount as the result shows it.
pub(super) fn apply(run: &mut Run<'_, '_>, unit: FreeUnits<UnitEffect>) -> Result<FreeUnits<UnitEffect>, Overflow> {
    let number = Number::new(run, unit.unit_off, unit.unit_off_formula.as_deref(), UNITS);
    let units = times(number.value, run.bundles())?;
    let found = Found::new(run, &unit.unit_type);
    match unit.effect.unwrap_or_default() {
        UnitEffect::AddMissingItems => add_missing(run, &found, units)?,
        UnitEffect::AddNewItems => add_new(run, &found, units)?,
        UnitEffect::AddSameItems => add_same(run, &unit.unit_type, units)?,
        // Not a matter of free units: `replace` does it.
        UnitEffect::ReplaceItems => {}
    }
    let (unit_off, is_dynamic) = number.shown();
    let (product, sku) = found.shown();
    Ok(FreeUnits { unit_off, is_dynamic, product, sku, ..unit })
}

/// The same for several units, one after the other.
pub(super) fn apply_many(run: &mut Run<'_, '_>, many: ManyUnits) -> Result<ManyUnits, Overflow> {
    let apply_one = |unit: FreeUnits<AddEffect>| {
        let number = Number::new(run, unit.unit_off, unit.unit_off_formula.as_deref(), UNITS);
        let units = times(number.value, run.bundles())?;
        let found = Found::new(run, &unit.unit_type);
        match unit.effect.unwrap_or_default() {
            AddEffect::AddMissingItems => add_missing(run, &found, units)?,
            AddEffect::AddNewItems => add_new(run, &found, units)?,
        }
        let unit_off = number.value;
        let (product, sku) = found.shown();
        Ok(FreeUnits { unit_off, product, sku, ..unit })
    };
    Ok(ManyUnits { units: many.units.into_iter().map(apply_one).collect::<Result<_, Overflow>>()?, ..many })
}

/// What is given away, and where the order has it.
pub(super) struct Found {
    line: Line,
    /// Places of lines with it.
    pub(super) places: Vec<usize>,
    is_known: bool,
}

impl Found {
    /// Looks for a product or SKU in the catalogue and in the order.
    pub(super) fn new(run: &Run<'_, '_>, unit_type: &str) -> Self {
        let known = run.step.catalogue.unit(unit_type);
        let is_known = known.is_some();
        let Unit { product, sku } = known.unwrap_or_else(|| Unit::unknown(unit_type));
        let line = Line { product, sku, ..Line::default() };
        let (object, id, source_id) = match (line.sku.as_deref(), line.product.as_deref()) {
            (Some(sku), _) => (ItemObject::Sku, sku.id.as_deref(), sku.source_id.as_deref()),
            (None, Some(product)) => (ItemObject::Product, product.id.as_deref(), product.source_id.as_deref()),
            (None, None) => (ItemObject::Product, None, None),
        };
        let wanted = ItemReference { object, id: id.unwrap_or(unit_type), source_id: source_id.or(Some(unit_type)) };
        let all = run.cart.lines.iter().chain(&run.appended);
        let places = all.enumerate().filter(|(_, line)| item::is(wanted, line)).map(|(place, _)| place).collect();
        Self { line, places, is_known }
    }

    /// What so many more units will cost; nothing is known of a unit without a price.
    pub(super) fn cost(&self, run: &Run<'_, '_>, units: i64) -> Result<Option<i64>, Overflow> {
        let price = match self.places.first() {
            Some(place) => unit_price(&run.amounts.lines[*place])?,
            None => self.price(),
        };
        price.map(|price| times(price, units)).transpose()
    }

    /// Of one unit, from the catalogue.
    fn price(&self) -> Option<i64> {
        let of_sku = || self.line.sku.as_ref()?.price;
        let of_product = || self.line.product.as_ref()?.price;
        of_sku().or_else(of_product)
    }

    /// The short forms in a result.
    pub(super) fn shown(&self) -> (Option<UnitProduct>, Option<UnitSku>) {
        let text = |text: &Option<Arc<str>>| text.as_deref().map(str::to_owned);
        let product = self.line.product.as_deref().filter(|_| self.is_known).map(|product| UnitProduct {
            id: text(&product.id),
            source_id: text(&product.source_id),
            name: text(&product.name),
        });
        let sku = self.line.sku.as_deref().filter(|_| self.is_known).map(|sku| UnitSku {
            id: text(&sku.id),
            source_id: text(&sku.source_id),
            sku: text(&sku.sku),
        });
        (product, sku)
    }
}

impl Unit {
    /// What the catalogue does not know has no price.
    fn unknown(unit_type: &str) -> Self {
        let id = Some(Arc::from(unit_type));
        match unit_type.starts_with("sku_") {
            true => Self { product: None, sku: Some(Arc::new(Sku { id, ..Sku::default() })) },
            false => Self { product: Some(Arc::new(Product { id, ..Product::default() })), sku: None },
        }
    }
}

/// Adds so many units, which are free.
fn add_new(run: &mut Run<'_, '_>, found: &Found, units: i64) -> Result<(), Overflow> {
    if units == 0 {
        return Ok(());
    }
    let added = add(run, found, units)?;
    set_free(run, added.line, units, added.value)
}

/// Adds as many units as the order lacks; so many of them are free then, counting those that were free
/// already.
fn add_missing(run: &mut Run<'_, '_>, found: &Found, units: i64) -> Result<(), Overflow> {
    let lines = |run: &Run<'_, '_>, of: fn(&LineAmounts) -> i64| -> Result<i64, Overflow> {
        found.places.iter().try_fold(0, |sum, place| plus(sum, of(&run.amounts.lines[*place])))
    };
    let missing = units.saturating_sub(lines(run, |line| line.quantity)?);
    let mut to_free = units.saturating_sub(lines(run, |line| line.free_quantity)?);
    let added = if missing > 0 { Some(add(run, found, missing)?) } else { None };
    let appended = added.map(|added| added.line).filter(|line| !found.places.contains(line));
    for place in found.places.iter().copied().chain(appended) {
        let line = &mut run.amounts.lines[place];
        let free = to_free.min(line.quantity.saturating_sub(line.free_quantity));
        if free <= 0 {
            continue;
        }
        line.keep_initial();
        to_free -= free;
        let of_added = added.filter(|added| added.line == place).unwrap_or(Added { line: place, units: 0, value: 0 });
        // The added units are the first to be free, and what is added costs what was added.
        let of_order = free.saturating_sub(of_added.units).max(0);
        let before = (line.amount.unwrap_or(0).saturating_sub(of_added.value), line.quantity - of_added.units);
        let value = match free < of_added.units {
            true => worth(of_added.value, free, of_added.units)?,
            false => plus(of_added.value, worth(before.0, of_order, before.1)?)?,
        };
        set_free(run, place, free, value)?;
    }
    Ok(())
}

/// Adds so many units of everything in the order that belongs to a collection.
fn add_same(run: &mut Run<'_, '_>, collection: &str, units: i64) -> Result<(), Overflow> {
    let is_member = |line: &usize| {
        let named = ItemReference { object: ItemObject::ProductsCollection, id: collection, source_id: None };
        item::matches(named, run.cart, *line, run.step.collections)
    };
    let mut firsts: Vec<usize> = Vec::new();
    for place in (0..run.cart.lines.len()).filter(is_member) {
        let line = &run.cart.lines[place];
        if item::name(line).is_some()
            && !firsts.iter().any(|first| item::name(&run.cart.lines[*first]) == item::name(line))
        {
            firsts.push(place);
        }
    }
    for place in firsts {
        add_new(run, &Found { line: Line::default(), places: vec![place], is_known: false }, units)?;
    }
    Ok(())
}

/// Units that were added to a line.
#[derive(Debug, Clone, Copy)]
pub(super) struct Added {
    pub(super) line: usize,
    units: i64,
    pub(super) value: i64,
}

/// Adds units to the first line that has their like, or in a new one.
pub(super) fn add(run: &mut Run<'_, '_>, found: &Found, units: i64) -> Result<Added, Overflow> {
    let place = match found.places.first() {
        Some(place) => *place,
        None => append(run, found),
    };
    let line = &mut run.amounts.lines[place];
    line.keep_initial();
    let price = unit_price(line)?;
    let value = times(price.unwrap_or(0), units)?;
    change(line, units, price.map(|_| value))?;
    run.trace.add(|| Node::new(Kind::Step).subject("units").detail("line", place).detail("added", units));
    change_order(run, value)?;
    Ok(Added { line: place, units, value })
}

/// What one more unit of a line costs.
fn unit_price(line: &LineAmounts) -> Result<Option<i64>, Overflow> {
    match (line.price, line.amount) {
        (Some(price), _) => Ok(Some(price)),
        (None, Some(amount)) => average(amount, line.quantity).map(Some),
        (None, None) => Ok(None),
    }
}

/// A new line without units.
fn append(run: &mut Run<'_, '_>, found: &Found) -> usize {
    let price = found.price();
    let amount = price.map(|_| 0);
    run.appended.push(found.line.clone());
    run.amounts.lines.push(LineAmounts { price, amount, ..LineAmounts::default() });
    run.amounts.lines.len() - 1
}

/// Adds units to a line, or takes them away if negative.
pub(super) fn change(line: &mut LineAmounts, units: i64, value: Option<i64>) -> Result<(), Overflow> {
    line.quantity = plus(line.quantity, units)?;
    line.applied_quantity = plus(line.applied_quantity, units)?;
    if let Some(value) = value {
        line.amount = Some(plus(line.amount.unwrap_or(0), value)?);
        line.applied_quantity_amount = plus(line.applied_quantity_amount, value)?;
    }
    Ok(())
}

/// Adds the value of such units to the order.
pub(super) fn change_order(run: &mut Run<'_, '_>, value: i64) -> Result<(), Overflow> {
    if value != 0 {
        let before = run.amounts.amount.unwrap_or(0);
        run.amounts.initial_amount.get_or_insert(before);
        run.amounts.amount = Some(plus(before, value)?);
    }
    Ok(())
}

/// Makes units of a line free: their value is taken off as far as it is left to pay.
fn set_free(run: &mut Run<'_, '_>, place: usize, units: i64, value: i64) -> Result<(), Overflow> {
    let running_total = run.amounts.running_total();
    let line = &mut run.amounts.lines[place];
    let taken = value.min(line.subtotal()).min(running_total).max(0);
    line.free_quantity = plus(line.free_quantity, units)?;
    line.applied_discount_quantity = plus(line.applied_discount_quantity, units)?;
    line.discount_quantity = plus(line.discount_quantity, units)?.min(line.quantity);
    line.discount(taken)?;
    let node = || Node::new(Kind::Step).subject("units").detail("line", place).detail("free", units);
    run.trace.add(|| node().detail("discount", value).detail("taken", taken));
    Ok(())
}

/// What some units of a line are worth.
pub(super) fn worth(amount: i64, units: i64, quantity: i64) -> Result<i64, Overflow> {
    round_ratio(i128::from(amount) * i128::from(units), quantity.max(1).into())
}
