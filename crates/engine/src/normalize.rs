//! From the order that a client sent, or that is stored, to what evaluations work on.
//!
//! An explicit amount wins over price times quantity, and an order's own amount over the sum of its
//! lines, even if they disagree. A price is the line's, else its SKU's, else its product's.
//!
//! ```
//! use guerdon_engine::normalize;
//! use guerdon_model::order::{Order, OrderItem};
//!
//! let mug = OrderItem { quantity: Some(2), price: Some(1_000), ..OrderItem::default() };
//! let sent = Order { items: Some(vec![mug]), ..Order::default() };
//! let (_, amounts) = normalize::sent(&sent).expect("small enough");
//! assert_eq!((amounts.lines[0].amount, amounts.amount), (Some(2_000), Some(2_000)));
//! ```

use std::sync::Arc;

use guerdon_model::order::{Order, OrderItem, OrderItemProduct, OrderItemSku, RelatedObject};

use crate::{
    cart::{Amounts, Cart, Line, LineAmounts, Product, Sku},
    money::{Overflow, plus, times},
};

/// An order as a request describes it, with its products and SKUs looked up. Discounts of lines and
/// other calculated fields are not taken over; a discount of the order counts as an earlier one.
///
/// # Errors
/// If an amount is too large.
pub fn sent(order: &Order) -> Result<(Cart, Amounts), Overflow> {
    let mut amounts = priced(order)?;
    amounts.initial_amount = order.initial_amount;
    amounts.discount_amount = order.discount_amount.unwrap_or(0).min(amounts.amount.unwrap_or(0));
    Ok((cart(order), amounts))
}

/// An order that is stored, with the discounts that it has already: new ones are added to them.
///
/// # Errors
/// If an amount is too large.
pub fn stored(order: &Order) -> Result<(Cart, Amounts), Overflow> {
    let mut amounts = priced(order)?;
    amounts.initial_amount = order.initial_amount;
    amounts.discount_amount = order.discount_amount.unwrap_or(0);
    for (line, item) in amounts.lines.iter_mut().zip(order.items.iter().flatten()) {
        line.discount_amount = item.discount_amount.unwrap_or(0);
        line.initial_quantity = item.initial_quantity;
        line.initial_amount = item.initial_amount;
        line.discount_quantity = item.discount_quantity.unwrap_or(0);
        line.free_quantity = item.free_quantity.unwrap_or(match item.initial_quantity {
            Some(_) => line.discount_quantity,
            None => 0,
        });
        amounts.replacements.extend(item.application_details.iter().flatten());
    }
    Ok((cart(order), amounts))
}

fn priced(order: &Order) -> Result<Amounts, Overflow> {
    let lines = order.items.iter().flatten().map(priced_line).collect::<Result<Vec<_>, _>>()?;
    let mut amount = order.amount;
    if amount.is_none() {
        for line in lines.iter().filter_map(|line| line.amount) {
            amount = Some(plus(amount.unwrap_or(0), line)?);
        }
    }
    Ok(Amounts { amount, lines, ..Amounts::default() })
}

fn priced_line(item: &OrderItem) -> Result<LineAmounts, Overflow> {
    let quantity = item.quantity.unwrap_or(1);
    let of_sku = || item.sku.as_ref()?.price;
    let of_product = || item.product.as_ref()?.price;
    let price = item.price.or_else(of_sku).or_else(of_product);
    let amount = match (item.amount, price) {
        (Some(amount), _) => Some(amount),
        (None, Some(price)) => Some(times(price, quantity)?),
        (None, None) => None,
    };
    Ok(LineAmounts { quantity, price, amount, ..LineAmounts::default() })
}

fn cart(order: &Order) -> Cart {
    Cart {
        lines: order.items.iter().flatten().map(line).collect(),
        metadata: order.metadata.clone().unwrap_or_default(),
    }
}

fn line(item: &OrderItem) -> Line {
    let source_id = text(&item.source_id);
    let names = |object| source_id.clone().filter(|_| item.related_object == Some(object));
    Line {
        product: product(item.product.as_ref(), &item.product_id, names(RelatedObject::Product)),
        sku: sku(item.sku.as_ref(), &item.sku_id, names(RelatedObject::Sku)),
        metadata: item.metadata.clone().unwrap_or_default(),
        source_id,
    }
}

/// A product is known by its own values, or merely by what the line calls it.
fn product(known: Option<&OrderItemProduct>, id: &Option<String>, name: Option<Arc<str>>) -> Option<Arc<Product>> {
    let product = match known {
        Some(known) => Product {
            id: text(&known.id).or_else(|| text(id)),
            source_id: text(&known.source_id).or(name),
            name: text(&known.name),
            price: known.price,
            metadata: known.metadata.clone().unwrap_or_default(),
        },
        None if id.is_none() && name.is_none() => return None,
        None => Product { id: text(id), source_id: name, ..Product::default() },
    };
    Some(Arc::new(product))
}

fn sku(known: Option<&OrderItemSku>, id: &Option<String>, name: Option<Arc<str>>) -> Option<Arc<Sku>> {
    let sku = match known {
        Some(known) => Sku {
            id: text(&known.id).or_else(|| text(id)),
            source_id: text(&known.source_id).or(name),
            sku: text(&known.sku),
            price: known.price,
            metadata: known.metadata.clone().unwrap_or_default(),
        },
        None if id.is_none() && name.is_none() => return None,
        None => Sku { id: text(id), source_id: name, ..Sku::default() },
    };
    Some(Arc::new(sku))
}

fn text(text: &Option<String>) -> Option<Arc<str>> {
    text.as_deref().map(Arc::from)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn order(json: Value) -> Order {
        serde_json::from_value(json).expect("an order")
    }

    #[test]
    fn a_price_is_looked_for_from_the_line_outwards() {
        let product = json!({"price": 2100});
        for (item, price, amount) in [
            (json!({"quantity": 2, "price": 900, "sku": {"price": 1700}, "product": product}), Some(900), Some(1800)),
            (json!({"quantity": 2, "sku": {"price": 1700}, "product": product}), Some(1700), Some(3400)),
            (json!({"quantity": "2", "product": product}), Some(2100), Some(4200)),
            (json!({"product": product}), Some(2100), Some(2100)),
            (json!({"quantity": 2, "price": 1000, "amount": 1500}), Some(1000), Some(1500)),
            (json!({"amount": 1500}), None, Some(1500)),
            (json!({"quantity": 2}), None, None),
        ] {
            let (_, amounts) = sent(&order(json!({"items": [item]}))).expect("small enough");
            assert_eq!((amounts.lines[0].price, amounts.lines[0].amount), (price, amount), "{item}");
            assert_eq!(amounts.amount, amount, "{item}");
        }
    }

    #[test]
    fn an_explicit_amount_wins_over_the_lines() {
        for (sent_order, amount) in [
            (json!({"amount": 6000, "items": [{"amount": 3300}, {"amount": 3400}]}), Some(6000)),
            (json!({"items": [{"amount": 3300}, {"quantity": 1}]}), Some(3300)),
            (json!({"items": [{"quantity": 1}]}), None),
            (json!({"items": []}), None),
            (json!({}), None),
        ] {
            assert_eq!(sent(&order(sent_order)).expect("small enough").1.amount, amount);
        }
    }

    #[test]
    fn only_a_stored_order_brings_the_discounts_of_its_lines() {
        let with_discounts = order(json!({
            "amount": 3000, "discount_amount": 500, "initial_amount": 2000,
            "items": [
                {"quantity": 3, "price": 1000, "discount_amount": 1000, "discount_quantity": 2, "initial_quantity": 2,
                 "initial_amount": 2000, "free_quantity": 1, "applied_discount_amount": 7},
            ],
        }));
        let line = LineAmounts { quantity: 3, price: Some(1000), amount: Some(3000), ..LineAmounts::default() };
        let amounts = Amounts {
            amount: Some(3000),
            discount_amount: 500,
            initial_amount: Some(2000),
            lines: vec![line.clone()],
            ..Amounts::default()
        };
        assert_eq!(sent(&with_discounts).expect("small enough").1, amounts);
        let line = LineAmounts {
            discount_amount: 1000,
            discount_quantity: 2,
            initial_quantity: Some(2),
            initial_amount: Some(2000),
            free_quantity: 1,
            ..line
        };
        assert_eq!(stored(&with_discounts).expect("small enough").1, Amounts { lines: vec![line], ..amounts });
    }

    #[test]
    fn an_earlier_discount_is_never_more_than_the_order() {
        let (_, amounts) = sent(&order(json!({"amount": 100, "discount_amount": 900}))).expect("small enough");
        assert_eq!(amounts.running_total(), 0);
        assert_eq!(amounts.discount_amount, 100);
    }

    #[test]
    fn a_line_is_known_by_what_the_order_calls_it() {
        let (cart, _) = sent(&order(json!({"items": [
            {"product_id": "prod_1"},
            {"source_id": "mug", "related_object": "product"},
            {"source_id": "mug-blue", "related_object": "sku", "product_id": "prod_2"},
            {"sku_id": "sku_1", "sku": {"sku": "Blue"}, "product": {"id": "prod_3", "name": "Mug"}},
            {"source_id": "thing"},
        ]})))
        .expect("small enough");
        let names: Vec<_> = cart
            .lines
            .iter()
            .map(|line| {
                let product = line.product.as_ref().map(|p| (p.id.as_deref(), p.source_id.as_deref()));
                let sku = line.sku.as_ref().map(|s| (s.id.as_deref(), s.source_id.as_deref()));
                (product, sku)
            })
            .collect();
        assert_eq!(
            names,
            [
                (Some((Some("prod_1"), None)), None),
                (Some((None, Some("mug"))), None),
                (Some((Some("prod_2"), None)), Some((None, Some("mug-blue")))),
                (Some((Some("prod_3"), None)), Some((Some("sku_1"), None))),
                (None, None),
            ]
        );
    }

    #[test]
    fn an_order_that_is_too_large_is_an_error() {
        for items in [json!([{"quantity": 3, "price": i64::MAX}]), json!([{"amount": i64::MAX}, {"amount": 1}])] {
            assert_eq!(sent(&order(json!({"items": items}))).map(|_| ()), Err(Overflow));
        }
    }
}
