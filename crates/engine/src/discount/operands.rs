//! What the formulas of a discount can look at.

use std::sync::Arc;

use guerdon_model::{Timestamp, metadata::Metadata};
use jiff::{civil::Date, tz::TimeZone};
use serde_json::Value;

use crate::{
    cart::{Amounts, Cart, LineAmounts},
    facts::Facts,
    formula::{Amount, DateOf, Formula, Item, ItemAmount, Moment, Operands, Owner, Quantity},
    money::average,
};

/// Knows formulas by their text, so that each is read but once.
pub trait FormulaLibrary {
    /// The formula, unless the text is none: the stored value counts then.
    fn formula(&self, text: &str) -> Option<Arc<Formula>>;
}

/// Reads every formula anew.
pub struct ReadAnew;

impl FormulaLibrary for ReadAnew {
    fn formula(&self, text: &str) -> Option<Arc<Formula>> {
        Formula::parse(text).ok().map(Arc::new)
    }
}

/// What formulas are computed from, besides the order.
#[derive(Clone, Copy)]
pub struct FormulaFacts<'a> {
    pub library: &'a dyn FormulaLibrary,
    pub facts: &'a Facts<'a>,
    /// Of the customer.
    pub birthdate: Option<Date>,
    pub redeemable: RedeemableFacts<'a>,
}

/// The voucher or promotion tier whose discount is computed.
#[derive(Debug, Clone, Copy, Default)]
pub struct RedeemableFacts<'a> {
    pub metadata: Option<&'a Metadata>,
    /// Of a voucher's publication to the customer.
    pub publication_metadata: Option<&'a Metadata>,
    pub start_date: Option<Timestamp>,
    pub expiration_date: Option<Timestamp>,
    /// In no other case than a voucher's.
    pub voucher: Option<VoucherFacts>,
}

/// How a voucher was used so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct VoucherFacts {
    /// How often it may be redeemed, if there is a limit.
    pub redemption_limit: Option<i64>,
    pub redemptions: i64,
    pub is_published: bool,
}

/// A formula's view of the order at the beginning of a step.
pub(super) struct StepOperands<'a> {
    pub(super) facts: &'a FormulaFacts<'a>,
    pub(super) cart: &'a Cart,
    pub(super) amounts: &'a Amounts,
    pub(super) bundles: i64,
    /// The line that is being discounted.
    pub(super) line: Option<usize>,
}

impl StepOperands<'_> {
    fn place(&self, item: Item) -> Option<usize> {
        match item {
            Item::Discounted => self.line,
            Item::Cheapest | Item::MostExpensive => {
                item.find(self.amounts.lines.iter().map(|line| (price(line), line.subtotal())))
            }
        }
    }

    fn line(&self, item: Item) -> Option<&LineAmounts> {
        self.amounts.lines.get(self.place(item)?)
    }
}

/// A line that has only an amount costs its share of that for each unit.
fn price(line: &LineAmounts) -> Option<i64> {
    line.price.or_else(|| average(line.amount?, line.quantity).ok())
}

impl Operands for StepOperands<'_> {
    fn amount(&self, amount: Amount) -> Option<i64> {
        match amount {
            Amount::Order => self.amounts.amount.map(|_| self.amounts.running_total()),
            Amount::Item(item, of) => {
                let line = self.line(item)?;
                match of {
                    ItemAmount::Price => price(line),
                    ItemAmount::Amount => line.amount,
                    ItemAmount::Subtotal => line.amount.map(|_| line.subtotal()),
                }
            }
        }
    }

    fn quantity(&self, quantity: Quantity) -> Option<i64> {
        let voucher = self.facts.redeemable.voucher;
        match quantity {
            Quantity::OrderItems => self.amounts.lines.len().try_into().ok(),
            Quantity::OrderUnits => {
                self.amounts.lines.iter().try_fold(0, |sum: i64, line| sum.checked_add(line.quantity))
            }
            Quantity::ItemUnits(item) => self.line(item).map(|line| line.quantity),
            Quantity::OrderBundles => Some(self.bundles),
            Quantity::VoucherRedemptionLimit => voucher?.redemption_limit,
            Quantity::VoucherRedemptions => voucher.map(|voucher| voucher.redemptions),
            Quantity::VoucherPublications => voucher.map(|voucher| voucher.is_published.into()),
        }
    }

    fn date(&self, date: DateOf) -> Option<Moment> {
        let redeemable = &self.facts.redeemable;
        let (of_voucher, date) = match date {
            DateOf::VoucherStart => (true, redeemable.start_date),
            DateOf::VoucherExpiration => (true, redeemable.expiration_date),
            DateOf::PromotionTierStart => (false, redeemable.start_date),
            DateOf::PromotionTierExpiration => (false, redeemable.expiration_date),
            DateOf::CustomerBirthdate => return self.facts.birthdate.map(Moment::Day),
        };
        date.filter(|_| redeemable.voucher.is_some() == of_voucher).map(Moment::Instant)
    }

    fn metadata(&self, owner: Owner, key: &str) -> Option<&Value> {
        let of_line = |item| self.cart.lines.get(self.place(item)?);
        match owner {
            Owner::Order => self.cart.metadata.get(key),
            Owner::Customer => self.facts.facts.customer?.metadata.get(key),
            Owner::Redemption => self.facts.facts.metadata.get(key),
            Owner::Publication => self.facts.redeemable.publication_metadata?.get(key),
            Owner::Redeemable => self.facts.redeemable.metadata?.get(key),
            Owner::CustomEvent => self.facts.facts.event_metadata?.get(key),
            Owner::Item(item) => of_line(item)?.metadata.get(key),
            // A SKU has its product's metadata, but for what it says itself.
            Owner::ItemProduct(item) => {
                let line = of_line(item)?;
                let of_sku = line.sku.as_deref().and_then(|sku| sku.metadata.get(key));
                of_sku.or_else(|| line.product.as_deref()?.metadata.get(key))
            }
        }
    }

    fn now(&self) -> Timestamp {
        self.facts.facts.now
    }

    fn time_zone(&self) -> &TimeZone {
        &self.facts.facts.calendar.time_zone
    }
}

#[cfg(test)]
mod tests {
    use guerdon_model::discount::Discount;
    use jiff::civil::{Weekday, date};
    use serde_json::json;

    use super::*;
    use crate::{
        discount::{Applied, Incentive, Step, apply},
        facts::{Calendar, Customer, NoCollections, NoCounters, NoSegments},
        normalize,
        target::Targeting,
        trace::Trace,
    };

    fn metadata(json: Value) -> Metadata {
        serde_json::from_value(json).expect("an object")
    }

    /// How many units the formula gives, on an order and for a customer of whom everything is known.
    fn units(formula: &str, voucher: Option<VoucherFacts>) -> Option<i64> {
        let order = json!({
            "discount_amount": 500, "metadata": {"of": 1},
            "items": [
                {"quantity": 3, "price": 1000, "metadata": {"of": 7}, "product": {"metadata": {"of": 8, "size": 9}},
                 "sku": {"metadata": {"size": 10}}},
                {"quantity": 2, "amount": 800},
            ],
        });
        let (cart, amounts) = normalize::sent(&serde_json::from_value(order).expect("an order")).expect("small enough");
        let of_customer = metadata(json!({"of": 2}));
        let customer = Customer {
            id: None,
            source_id: None,
            metadata: &of_customer,
            segments: &NoSegments,
            loyalty_tiers: &[],
            is_holder: false,
        };
        let facts = Facts {
            now: Timestamp::parse("2026-03-05T12:00:00Z").expect("a time"),
            calendar: &Calendar { time_zone: TimeZone::UTC, week_starts_on: Weekday::Monday },
            customer: Some(&customer),
            metadata: &metadata(json!({"of": 3})),
            event_metadata: None,
            api_key: None,
            user: None,
            gift_credits: 0,
            points: 0,
            collections: &NoCollections,
            counters: &NoCounters,
        };
        let (of_redeemable, of_publication) = (metadata(json!({"of": 4})), metadata(json!({"of": 5})));
        let redeemable = RedeemableFacts {
            metadata: Some(&of_redeemable),
            publication_metadata: Some(&of_publication),
            start_date: Timestamp::parse("2026-03-02"),
            expiration_date: Timestamp::parse("2026-03-15"),
            voucher,
        };
        let birthdate = Some(date(1990, 7, 4));
        let discount = json!({"type": "UNIT", "unit_off": 999, "unit_off_formula": formula, "unit_type": "a"});
        let discount: Discount = serde_json::from_value(discount).expect("a discount");
        let step = Step {
            targeting: &Targeting { applicable_to: vec![], bundles: 2 },
            formulas: Some(FormulaFacts { library: &ReadAnew, facts: &facts, birthdate, redeemable }),
            ..Step::new(Incentive::Discount(&discount))
        };
        match apply(&step, &cart, &amounts, &mut Trace::off()).expect("applied").result {
            Applied::Discount(Discount::Unit(unit)) => Some(unit.unit_off).filter(|_| unit.is_dynamic == Some(true)),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn formulas_find_what_they_ask_for() {
        let used = VoucherFacts { redemption_limit: Some(30), redemptions: 12, is_published: true };
        for (formula, of_voucher, of_tier) in [
            ("ORDER_AMOUNT", Some(33), Some(33)),
            ("ORDER_ITEMS_QUANTITY", Some(2), Some(2)),
            ("ORDER_UNITS_QUANTITY", Some(5), Some(5)),
            ("ORDER_BUNDLE_QUANTITY", Some(2), Some(2)),
            ("ORDER_METADATA(\"of\")", Some(1), Some(1)),
            ("CUSTOMER_METADATA(\"of\")", Some(2), Some(2)),
            ("REDEMPTION_METADATA(\"of\")", Some(3), Some(3)),
            ("REDEEMABLE_METADATA(\"of\")", Some(4), Some(4)),
            ("PUBLICATION_METADATA(\"of\")", Some(5), Some(5)),
            ("ORDER_METADATA(\"nothing\")", None, None),
            ("MOST_EXPENSIVE_ORDER_ITEM_PRICE", Some(10), Some(10)),
            ("MOST_EXPENSIVE_ORDER_ITEM_METADATA(\"of\")", Some(7), Some(7)),
            ("MOST_EXPENSIVE_ORDER_ITEM_PRODUCT_METADATA(\"of\")", Some(8), Some(8)),
            ("MOST_EXPENSIVE_ORDER_ITEM_PRODUCT_METADATA(\"size\")", Some(10), Some(10)),
            ("CHEAPEST_ORDER_ITEM_PRICE", Some(4), Some(4)),
            ("CHEAPEST_ORDER_ITEM_AMOUNT", Some(8), Some(8)),
            ("CHEAPEST_ORDER_ITEM_SUBTOTAL", Some(8), Some(8)),
            ("CHEAPEST_ORDER_ITEM_UNITS_QUANTITY", Some(2), Some(2)),
            // No line is discounted.
            ("ORDER_ITEM_PRICE", None, None),
            ("VOUCHER_REDEMPTION_QUANTITY", Some(30), None),
            ("VOUCHER_REDEEMED_QUANTITY", Some(12), None),
            ("VOUCHER_PUBLISH_COUNT", Some(1), None),
            ("DAYS_SINCE(VOUCHER_START_DATE)", Some(3), None),
            ("DAYS_UNTIL(VOUCHER_EXPIRATION_DATE)", Some(10), None),
            ("DAYS_SINCE(PROMOTION_TIER_START_DATE)", None, Some(3)),
            ("DAYS_UNTIL(PROMOTION_TIER_EXPIRATION_DATE)", None, Some(10)),
            ("YEARS_SINCE(CUSTOMER_BIRTHDATE)", Some(35), Some(35)),
            ("MONTH(TODAY)", Some(3), Some(3)),
        ] {
            assert_eq!((units(formula, Some(used)), units(formula, None)), (of_voucher, of_tier), "{formula}");
        }
        let unlimited = VoucherFacts { redemption_limit: None, ..used };
        assert_eq!(units("VOUCHER_REDEMPTION_QUANTITY", Some(unlimited)), None);
    }
}
