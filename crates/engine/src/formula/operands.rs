//! What formulas know by name: one row per operand, and the trait through which they find it out.

use guerdon_model::Timestamp;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::moment::Moment;

/// Tells a formula what its operands are. `None` is missing: the formula can't be computed, unless it
/// provides for that with `DEFAULT_TO`.
///
/// Only what a formula really looks at is asked for, so an implementation may find out late.
pub trait Operands {
    /// Minor units. Formulas count in main units; they convert this themselves.
    fn amount(&self, amount: Amount) -> Option<i64>;

    /// A whole number of whatever is counted.
    fn quantity(&self, quantity: Quantity) -> Option<i64>;

    /// A day, or an instant.
    fn date(&self, date: DateOf) -> Option<Moment>;

    /// The value under a key. Null is missing, too.
    fn metadata(&self, owner: Owner, key: &str) -> Option<&Value>;

    /// The moment that counts as now.
    fn now(&self) -> Timestamp;

    /// Where days begin and end.
    fn time_zone(&self) -> &TimeZone;
}

/// What a formula can ask about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operand {
    Amount(Amount),
    Quantity(Quantity),
    Date(DateOf),
    /// Takes a key.
    Metadata(Owner),
    Today,
    Now,
}

/// Amounts of money.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Amount {
    /// What is left to pay for the order at this step.
    Order,
    Item(Item, ItemAmount),
}

/// Amounts of one line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ItemAmount {
    /// Of one unit.
    Price,
    /// Before any discount.
    Amount,
    /// What is left to pay for the line at this step.
    Subtotal,
}

/// Which line of the order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Item {
    /// The one that is being discounted.
    Discounted,
    Cheapest,
    MostExpensive,
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Quantity {
    /// Lines of the order.
    OrderItems,
    /// Units of all lines.
    OrderUnits,
    ItemUnits(Item),
    /// Complete bundles that the order holds.
    OrderBundles,
    /// How often the voucher may be redeemed; missing if there is no limit.
    VoucherRedemptionLimit,
    VoucherRedemptions,
    /// 0 or 1.
    VoucherPublications,
}

/// Dates of resources.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DateOf {
    VoucherStart,
    VoucherExpiration,
    PromotionTierStart,
    PromotionTierExpiration,
    CustomerBirthdate,
}

/// Whose metadata.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Owner {
    Order,
    Customer,
    Redemption,
    Publication,
    /// The voucher or promotion tier whose discount is computed.
    Redeemable,
    /// The custom event that an earning rule answers.
    CustomEvent,
    /// The line's own.
    Item(Item),
    /// Of the line's product.
    ItemProduct(Item),
}

/// Where a formula is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Place {
    /// The value of a discount on the order, and units that it gives.
    OrderDiscount,
    /// The value of a discount on items, an item's new price, and limits of discounted units.
    ItemDiscount,
    /// Points of an earning rule, and what a point is worth.
    Points,
}

/// A row of [`OPERANDS`].
#[derive(Debug, PartialEq, Eq)]
pub struct OperandRow {
    /// As it is written. Case counts.
    pub name: &'static str,
    pub operand: Operand,
    /// Where it can be used.
    pub places: &'static [Place],
    /// For the manual.
    pub meaning: &'static str,
}

/// Every operand.
pub const OPERANDS: &[OperandRow] = &[
    row("ORDER_AMOUNT", Operand::Amount(Amount::Order), EVERYWHERE, "What is left to pay for the order"),
    row("ORDER_ITEMS_QUANTITY", Operand::Quantity(Quantity::OrderItems), EVERYWHERE, "Number of lines of the order"),
    row("ORDER_UNITS_QUANTITY", Operand::Quantity(Quantity::OrderUnits), EVERYWHERE, "Number of units in all lines"),
    row("ORDER_BUNDLE_QUANTITY", Operand::Quantity(Quantity::OrderBundles), DISCOUNTS, "Number of complete bundles"),
    row("ORDER_METADATA", Operand::Metadata(Owner::Order), EVERYWHERE, "Metadata of the order"),
    row("CUSTOMER_METADATA", Operand::Metadata(Owner::Customer), EVERYWHERE, "Metadata of the customer"),
    row("CUSTOMER_BIRTHDATE", Operand::Date(DateOf::CustomerBirthdate), EVERYWHERE, "The customer's date of birth"),
    row("ORDER_ITEM_PRICE", price(Item::Discounted), ITEMS, "Unit price of the line that is discounted"),
    row("ORDER_ITEM_AMOUNT", full_amount(Item::Discounted), ITEMS, "Its amount before any discount"),
    row("ORDER_ITEM_SUBTOTAL", subtotal(Item::Discounted), ITEMS, "What is left to pay for it"),
    row("ORDER_ITEM_UNITS_QUANTITY", units(Item::Discounted), ITEMS, "Its number of units"),
    row("ORDER_ITEM_METADATA", item(Item::Discounted), ITEMS, "Its metadata"),
    row("ORDER_ITEM_PRODUCT_METADATA", product(Item::Discounted), ITEMS, "Metadata of its product"),
    row("CHEAPEST_ORDER_ITEM_PRICE", price(Item::Cheapest), EVERYWHERE, "Unit price of the cheapest line"),
    row("CHEAPEST_ORDER_ITEM_AMOUNT", full_amount(Item::Cheapest), EVERYWHERE, "Its amount before any discount"),
    row("CHEAPEST_ORDER_ITEM_SUBTOTAL", subtotal(Item::Cheapest), EVERYWHERE, "What is left to pay for it"),
    row("CHEAPEST_ORDER_ITEM_UNITS_QUANTITY", units(Item::Cheapest), EVERYWHERE, "Its number of units"),
    row("CHEAPEST_ORDER_ITEM_METADATA", item(Item::Cheapest), EVERYWHERE, "Its metadata"),
    row("CHEAPEST_ORDER_ITEM_PRODUCT_METADATA", product(Item::Cheapest), EVERYWHERE, "Metadata of its product"),
    row("MOST_EXPENSIVE_ORDER_ITEM_PRICE", price(Item::MostExpensive), EVERYWHERE, "Unit price of the dearest line"),
    row(
        "MOST_EXPENSIVE_ORDER_ITEM_AMOUNT",
        full_amount(Item::MostExpensive),
        EVERYWHERE,
        "Its amount before any discount",
    ),
    row("MOST_EXPENSIVE_ORDER_ITEM_SUBTOTAL", subtotal(Item::MostExpensive), EVERYWHERE, "What is left to pay for it"),
    row("MOST_EXPENSIVE_ORDER_ITEM_UNITS_QUANTITY", units(Item::MostExpensive), EVERYWHERE, "Its number of units"),
    row("MOST_EXPENSIVE_ORDER_ITEM_METADATA", item(Item::MostExpensive), EVERYWHERE, "Its metadata"),
    row(
        "MOST_EXPENSIVE_ORDER_ITEM_PRODUCT_METADATA",
        product(Item::MostExpensive),
        EVERYWHERE,
        "Metadata of its product",
    ),
    row("REDEMPTION_METADATA", Operand::Metadata(Owner::Redemption), DISCOUNTS, "Metadata of the redemption"),
    row(
        "PUBLICATION_METADATA",
        Operand::Metadata(Owner::Publication),
        DISCOUNTS,
        "Metadata of the voucher's publication",
    ),
    row(
        "REDEEMABLE_METADATA",
        Operand::Metadata(Owner::Redeemable),
        DISCOUNTS,
        "Metadata of the voucher or promotion tier",
    ),
    row("CUSTOM_EVENT_METADATA", Operand::Metadata(Owner::CustomEvent), POINTS, "Metadata of the custom event"),
    row(
        "VOUCHER_REDEMPTION_QUANTITY",
        Operand::Quantity(Quantity::VoucherRedemptionLimit),
        DISCOUNTS,
        "How often the voucher may be redeemed; missing without a limit",
    ),
    row(
        "VOUCHER_REDEEMED_QUANTITY",
        Operand::Quantity(Quantity::VoucherRedemptions),
        DISCOUNTS,
        "How often it was redeemed",
    ),
    row(
        "VOUCHER_PUBLISH_COUNT",
        Operand::Quantity(Quantity::VoucherPublications),
        DISCOUNTS,
        "1 if it was published, otherwise 0",
    ),
    row("VOUCHER_START_DATE", Operand::Date(DateOf::VoucherStart), DISCOUNTS, "When it becomes usable"),
    row("VOUCHER_EXPIRATION_DATE", Operand::Date(DateOf::VoucherExpiration), DISCOUNTS, "When it expires"),
    row(
        "PROMOTION_TIER_START_DATE",
        Operand::Date(DateOf::PromotionTierStart),
        DISCOUNTS,
        "When the promotion tier becomes usable",
    ),
    row("PROMOTION_TIER_EXPIRATION_DATE", Operand::Date(DateOf::PromotionTierExpiration), DISCOUNTS, "When it expires"),
    row("TODAY", Operand::Today, EVERYWHERE, "The present day in the project's time zone"),
    row("NOW", Operand::Now, EVERYWHERE, "The present moment"),
];

const EVERYWHERE: &[Place] = &[Place::OrderDiscount, Place::ItemDiscount, Place::Points];
const DISCOUNTS: &[Place] = &[Place::OrderDiscount, Place::ItemDiscount];
const ITEMS: &[Place] = &[Place::ItemDiscount];
const POINTS: &[Place] = &[Place::Points];

const fn row(name: &'static str, operand: Operand, places: &'static [Place], meaning: &'static str) -> OperandRow {
    OperandRow { name, operand, places, meaning }
}

const fn price(item: Item) -> Operand {
    Operand::Amount(Amount::Item(item, ItemAmount::Price))
}

const fn full_amount(item: Item) -> Operand {
    Operand::Amount(Amount::Item(item, ItemAmount::Amount))
}

const fn subtotal(item: Item) -> Operand {
    Operand::Amount(Amount::Item(item, ItemAmount::Subtotal))
}

const fn units(item: Item) -> Operand {
    Operand::Quantity(Quantity::ItemUnits(item))
}

const fn item(item: Item) -> Operand {
    Operand::Metadata(Owner::Item(item))
}

const fn product(item: Item) -> Operand {
    Operand::Metadata(Owner::ItemProduct(item))
}

impl OperandRow {
    /// The operand that is called so.
    pub(super) fn find(name: &str) -> Option<&'static Self> {
        OPERANDS.iter().find(|row| row.name == name)
    }
}

impl Operand {
    /// Whether it is written with a key, as in `ORDER_METADATA("city")`.
    pub const fn takes_key(self) -> bool {
        matches!(self, Operand::Metadata(_))
    }

    /// Whether it is about the line that is being discounted, and so differs from line to line.
    pub const fn is_per_item(self) -> bool {
        matches!(
            self,
            Operand::Amount(Amount::Item(Item::Discounted, _))
                | Operand::Quantity(Quantity::ItemUnits(Item::Discounted))
                | Operand::Metadata(Owner::Item(Item::Discounted) | Owner::ItemProduct(Item::Discounted))
        )
    }
}

impl Item {
    /// The place of the cheapest or most expensive line, given the unit price and the subtotal of each
    /// in order. Of several with that price it is the one with the lowest subtotal, and of those the
    /// first. Lines without a price don't take part.
    ///
    /// ```
    /// use guerdon_engine::formula::Item;
    /// let lines = [(Some(900), 900), (None, 0), (Some(500), 1_000), (Some(900), 450), (Some(500), 500)];
    /// assert_eq!(Item::Cheapest.find(lines), Some(4));
    /// assert_eq!(Item::MostExpensive.find(lines), Some(3));
    /// ```
    pub fn find(self, lines: impl IntoIterator<Item = (Option<i64>, i64)>) -> Option<usize> {
        let priced = lines
            .into_iter()
            .enumerate()
            .filter_map(|(place, (price, subtotal))| price.map(|price| (place, i128::from(price), subtotal)));
        let sign = match self {
            Item::Discounted => return None,
            Item::Cheapest => 1,
            Item::MostExpensive => -1,
        };
        priced.min_by_key(|(_, price, subtotal)| (sign * price, *subtotal)).map(|(place, ..)| place)
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Place::OrderDiscount => "discounts on orders",
            Place::ItemDiscount => "discounts on items",
            Place::Points => "points",
        })
    }
}
