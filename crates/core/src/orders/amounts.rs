//! What an order costs: prices times quantities, sums, and what discounts leave to pay.
//!
//! What was sent wins over what would follow, even where the two disagree: a shop's own arithmetic is
//! not corrected. All amounts are minor units, and none is negative.

use guerdon_engine::money::{Overflow, plus, times};
use guerdon_model::{
    Error, Patch,
    order::{Order, OrderInput, OrderItem},
};

/// What a client hears of an amount that we can't calculate with.
pub(crate) fn too_large(_: Overflow) -> Error {
    Error::InvalidAmount
}

/// The amounts of a line whose price was looked up.
///
/// # Errors
/// If an amount is too large.
pub(super) fn of_line(item: &mut OrderItem) -> Result<(), Overflow> {
    if let Some(price) = item.price {
        let quantity = *item.quantity.get_or_insert(1);
        if item.amount.is_none() {
            item.amount = Some(times(price, quantity)?);
        }
    }
    item.discount_amount = unless_zero(item.discount_amount.unwrap_or(0));
    item.discount_quantity = unless_zero(item.discount_quantity.unwrap_or(0));
    item.subtotal_amount = item.amount.map(|amount| (amount - item.discount_amount.unwrap_or(0)).max(0));
    Ok(())
}

/// The amounts of an order after a body was applied to it, lines included. An amount that was not sent
/// follows from the lines if those were; otherwise it stays.
///
/// # Errors
/// If an amount is too large.
pub(super) fn apply(input: &OrderInput, order: &mut Order) -> Result<(), Overflow> {
    match (&input.amount, &input.items) {
        (Patch::Value(amount), _) => order.amount = Some(*amount),
        (Patch::Absent, Patch::Absent) => {}
        (Patch::Absent | Patch::Null, _) => order.amount = sum(order, |item| item.amount)?,
    }
    input.initial_amount.apply_to(&mut order.initial_amount);
    input.discount_amount.apply_to(&mut order.discount_amount);
    conclude(order)
}

/// What follows from an order's amount, its discounts and its lines.
///
/// # Errors
/// If an amount is too large.
pub(super) fn conclude(order: &mut Order) -> Result<(), Overflow> {
    let of_order = order.discount_amount.unwrap_or(0);
    let of_items = sum(order, |item| item.discount_amount)?.unwrap_or(0);
    let total = plus(of_order, of_items)?;
    order.discount_amount = unless_zero(of_order);
    order.items_discount_amount = unless_zero(of_items);
    order.total_discount_amount = unless_zero(total);
    order.total_amount = order.amount.map(|amount| (amount - total).max(0));
    Ok(())
}

/// The sum over the lines that have such an amount; none if no line has.
fn sum(order: &Order, amount: fn(&OrderItem) -> Option<i64>) -> Result<Option<i64>, Overflow> {
    let mut amounts = order.items.iter().flatten().filter_map(amount);
    amounts.try_fold(None, |sum, amount| plus(sum.unwrap_or(0), amount).map(Some))
}

fn unless_zero(amount: i64) -> Option<i64> {
    (amount != 0).then_some(amount)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    /// An order after a body, with nothing but amounts.
    fn applied(order: Value, body: Value) -> Result<Value, Overflow> {
        let input: OrderInput = serde_json::from_value(body).expect("a body");
        let mut order: Order = serde_json::from_value(order).expect("an order");
        if let Patch::Value(items) = &input.items {
            order.items = Some(items.clone());
            order.items.iter_mut().flatten().try_for_each(of_line)?;
        }
        apply(&input, &mut order)?;
        let mut shown = json!(order);
        shown.as_object_mut().expect("an object").remove("object");
        for item in shown["items"].as_array_mut().into_iter().flatten() {
            item.as_object_mut().expect("an object").remove("object");
        }
        if shown["items"].is_null() {
            shown.as_object_mut().expect("an object").remove("items");
        }
        Ok(shown)
    }

    #[test]
    fn lines_add_up_unless_an_amount_was_sent() {
        for (body, expected) in [
            (json!({}), json!({})),
            (json!({"items": []}), json!({"items": []})),
            (json!({"amount": 10_000}), json!({"amount": 10_000, "total_amount": 10_000})),
            (
                json!({"items": [{"amount": 900}, {"amount": 2000}]}),
                json!({"amount": 2900, "total_amount": 2900,
                    "items": [{"amount": 900, "subtotal_amount": 900}, {"amount": 2000, "subtotal_amount": 2000}]}),
            ),
            (
                json!({"items": [{"price": 900, "quantity": 2}, {"price": 2000, "quantity": 3}]}),
                json!({"amount": 7800, "total_amount": 7800, "items": [
                    {"price": 900, "quantity": 2, "amount": 1800, "subtotal_amount": 1800},
                    {"price": 2000, "quantity": 3, "amount": 6000, "subtotal_amount": 6000}]}),
            ),
            (
                json!({"amount": 6000, "items": [
                    {"quantity": 1, "price": 3000, "amount": 3300}, {"quantity": 2, "price": 3000, "amount": 3400}]}),
                json!({"amount": 6000, "total_amount": 6000, "items": [
                    {"quantity": 1, "price": 3000, "amount": 3300, "subtotal_amount": 3300},
                    {"quantity": 2, "price": 3000, "amount": 3400, "subtotal_amount": 3400}]}),
            ),
            (
                json!({"items": [{"price": 700}, {"quantity": 3}]}),
                json!({"amount": 700, "total_amount": 700, "items": [
                    {"price": 700, "quantity": 1, "amount": 700, "subtotal_amount": 700}, {"quantity": 3}]}),
            ),
        ] {
            assert_eq!(applied(json!({}), body.clone()), Ok(expected), "{body}");
        }
    }

    #[test]
    fn discounts_of_the_order_and_of_its_lines_are_taken_off_together() {
        let line = |amount: i64, discount: i64| json!({"amount": amount, "discount_amount": discount});
        let lines = [line(700, 70), line(500, 50), line(1500, 150)];
        let order = applied(json!({}), json!({"items": lines, "discount_amount": 1243})).expect("small enough");
        let subtotals: Vec<_> =
            order["items"].as_array().into_iter().flatten().map(|line| line["subtotal_amount"].clone()).collect();
        assert_eq!(subtotals, [630, 450, 1350]);
        for (body, amounts) in [
            (json!({"items": lines, "discount_amount": 1243}), [2700, 1243, 270, 1513, 1187]),
            (
                json!({"amount": 237_300, "discount_amount": 8400, "items": [line(209_300, 209_300)]}),
                [237_300, 8400, 209_300, 217_700, 19_600],
            ),
            (json!({"amount": 100, "discount_amount": 900}), [100, 900, 0, 900, 0]),
            (json!({"items": [line(100, 900)], "discount_amount": 0}), [100, 0, 900, 900, 0]),
        ] {
            let order = applied(json!({"initial_amount": 28_000}), body.clone()).expect("small enough");
            assert_eq!(order["initial_amount"], 28_000);
            let keys = ["amount", "discount_amount", "items_discount_amount", "total_discount_amount", "total_amount"];
            for (key, amount) in keys.into_iter().zip(amounts) {
                let is_shown = amount != 0 || key == "total_amount";
                assert_eq!(order.get(key), is_shown.then_some(&json!(amount)), "{key} of {body}");
            }
        }
    }

    #[test]
    fn an_update_changes_what_it_has_and_what_follows_from_it() {
        let line = json!({"price": 500, "quantity": 2, "amount": 1000, "subtotal_amount": 1000});
        let order = json!({"amount": 900, "discount_amount": 100, "total_discount_amount": 100, "total_amount": 800,
            "items": [line]});
        for (body, [amount, total_discount, total]) in [
            (json!({"status": "PAID"}), [900, 100, 800]),
            (json!({"amount": 2000}), [2000, 100, 1900]),
            (json!({"amount": null}), [1000, 100, 900]),
            (json!({"discount_amount": 300}), [900, 300, 600]),
            (json!({"discount_amount": null}), [900, 0, 900]),
            (json!({"items": [{"price": 300}]}), [300, 100, 200]),
            (json!({"items": [{"price": 300}], "amount": 250}), [250, 100, 150]),
        ] {
            let order = applied(order.clone(), body.clone()).expect("small enough");
            assert_eq!((&order["amount"], &order["total_amount"]), (&json!(amount), &json!(total)), "{body}");
            assert_eq!(order.get("total_discount_amount"), (total_discount > 0).then_some(&json!(total_discount)));
        }
    }

    #[test]
    fn what_is_too_large_is_an_error() {
        for body in [
            json!({"items": [{"price": i64::MAX, "quantity": 2}]}),
            json!({"items": [{"amount": i64::MAX}, {"amount": 1}]}),
            json!({"discount_amount": i64::MAX, "items": [{"discount_amount": 1}]}),
        ] {
            assert_eq!(applied(json!({}), body), Err(Overflow));
        }
    }
}
