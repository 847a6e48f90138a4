//! What holds for every discount on every order.

use proptest::prelude::*;

use super::*;
use crate::{
    calculated::{self, Scope},
    cart::LineAmounts,
};

/// A number as shops have it, or as nobody has it.
fn number(usual: std::ops::Range<i64>) -> impl Strategy<Value = i64> {
    prop_oneof![19 => usual, 1 => prop_oneof![Just(0), Just(1), Just(i64::MAX / 2), Just(i64::MAX)]]
}

fn item() -> impl Strategy<Value = Value> {
    let name = prop_oneof![Just("a"), Just("mug"), Just("bottle"), Just("book"), Just("limited")];
    let price = proptest::option::weighted(0.9, number(0..3_000));
    let amount = proptest::option::weighted(0.1, number(0..9_000));
    (name, proptest::option::weighted(0.2, Just("sku_comic")), number(0..7), price, amount).prop_map(
        |(product, sku, quantity, price, amount)| {
            json!({"product_id": product, "sku_id": sku, "quantity": quantity, "price": price, "amount": amount})
        },
    )
}

fn order() -> impl Strategy<Value = Value> {
    let amount = proptest::option::weighted(0.2, number(0..20_000));
    let discount = proptest::option::weighted(0.2, number(0..5_000));
    (proptest::collection::vec(item(), 0..7), amount, discount)
        .prop_map(|(items, amount, discount)| json!({"items": items, "amount": amount, "discount_amount": discount}))
}

fn offer() -> impl Strategy<Value = Offer> {
    let unit = || {
        prop_oneof![
            Just("a"),
            Just("mug"),
            Just("limited"),
            Just("charger"),
            Just("shipping"),
            Just("sku_comic"),
            Just("gone")
        ]
    };
    let effect = |effects: &'static [&'static str]| proptest::sample::select(effects);
    let amount_effects =
        effect(&["ORDER", "ITEMS", "ITEMS_BY_QUANTITY", "ITEMS_PROPORTIONALLY", "ITEMS_PROPORTIONALLY_BY_QUANTITY"]);
    let gift_effects = prop_oneof![Just(GiftEffect::ApplyToOrder), Just(GiftEffect::ApplyToItems)];
    let what = prop_oneof![
        (number(0..3_000), amount_effects).prop_map(|(amount, effect)| off(amount, effect)),
        (0.0..100.0, effect(&["ORDER", "ITEMS"])).prop_map(|(rate, effect)| percent(rate, effect)),
        (number(0..3_000), effect(&["ORDER", "ITEMS"])).prop_map(|(price, effect)| fixed(price, effect)),
        (number(0..6), effect(&["NEW", "MISSING"]), unit()).prop_map(|(units, effect, unit)| free(units, effect, unit)),
        number(0..4).prop_map(|units| free(units, "SAME", "ADV")),
        (number(0..4), unit(), number(0..4), unit()).prop_map(|(n, a, m, b)| many(&[(n, "NEW", a), (m, "MISSING", b)])),
        (number(0..4), unit()).prop_map(|(each, unit)| replace(each, unit)),
        (number(0..5_000), proptest::option::of(number(0..5_000)), gift_effects)
            .prop_map(|(balance, credits, effect)| gift(balance, credits, effect)),
        (proptest::option::of(number(0..10_000)), number(0..200), 0i64..5_000)
            .prop_map(|(offered, ratio, worth)| points(offered, ratio, Decimal::new(worth, 2))),
        Just(What::Reward.into()),
    ];
    (what, rules(), 0i64..4, any::<bool>(), any::<bool>()).prop_map(|(offer, rules, bundles, is_initial, is_once)| {
        let offer = offer.rules(rules).bundles(bundles);
        let offer = if is_initial { offer.of_initial_amount() } else { offer };
        if is_once { offer.once() } else { offer }
    })
}

fn rules() -> impl Strategy<Value = Value> {
    let name = prop_oneof![
        Just("a"),
        Just("mug"),
        Just("limited"),
        Just("ADV"),
        Just("BOOKS"),
        Just("ALL"),
        Just("mug/sku_comic")
    ];
    let effects = proptest::sample::select(vec![
        "APPLY_TO_EVERY",
        "APPLY_TO_CHEAPEST",
        "APPLY_FROM_CHEAPEST",
        "APPLY_TO_MOST_EXPENSIVE",
        "APPLY_FROM_MOST_EXPENSIVE",
    ]);
    let limit = || proptest::option::weighted(0.2, number(0..4));
    let cap = || proptest::option::weighted(0.2, number(0..2_000));
    let target = prop_oneof![Just("ITEM"), Just("UNIT")];
    let sequence = (effects, target, number(0..3), number(1..4));
    let limits = (limit(), limit(), cap(), cap(), limit(), cap());
    let included = (name.clone(), sequence, limits).prop_map(|(name, (effect, target, skip, repeat), limits)| {
        let (quantity, quantities, amount, amounts, budget, price) = limits;
        let mut entry = entry(name);
        let fields = json!({
            "effect": effect, "target": target, "skip_initially": skip, "repeat": repeat, "quantity_limit": quantity,
            "aggregated_quantity_limit": quantities, "amount_limit": amount, "aggregated_amount_limit": amounts,
            "product_campaign_quantity_limit": budget, "price": price,
        });
        entry.as_object_mut().expect("an entry").extend(fields.as_object().expect("fields").clone());
        entry
    });
    let excluded = proptest::option::weighted(0.2, name.prop_map(entry));
    (proptest::collection::vec(included, 0..3), excluded, any::<bool>()).prop_map(|(included, excluded, included_all)| {
        json!({"included": included, "excluded": excluded.into_iter().collect::<Vec<_>>(), "included_all": included_all})
    })
}

/// Without the step that was done last.
fn settled(amounts: &Amounts) -> Amounts {
    let mut amounts = amounts.clone();
    amounts.begin_step();
    amounts
}

fn check_line(line: &LineAmounts, before: &LineAmounts) -> Result<(), TestCaseError> {
    prop_assert!(line.quantity >= 0 && line.free_quantity >= 0 && line.discount_quantity >= 0, "{line:?}");
    prop_assert!(line.free_quantity <= line.quantity || line.free_quantity == before.free_quantity, "{line:?}");
    prop_assert!(line.applied_discount_amount >= 0 && line.subtotal() >= 0, "{line:?}");
    prop_assert_eq!(line.discount_amount, before.discount_amount + line.applied_discount_amount);
    prop_assert_eq!(line.free_quantity, before.free_quantity + line.applied_discount_quantity);
    prop_assert_eq!(line.quantity, before.quantity + line.applied_quantity);
    prop_assert_eq!(line.amount.unwrap_or(0), before.amount.unwrap_or(0) + line.applied_quantity_amount);
    Ok(())
}

fn check_step(before: &Amounts, outcome: &Outcome) -> Result<(), TestCaseError> {
    let after = &outcome.amounts;
    let nothing = LineAmounts::default();
    for (place, line) in after.lines.iter().enumerate() {
        check_line(line, before.lines.get(place).unwrap_or(&nothing))?;
    }
    prop_assert_eq!(after.discount_amount, before.discount_amount + after.applied_discount_amount);
    prop_assert!(after.applied_discount_amount >= 0);

    // What is left to pay is what there was, and what was added, less what was taken off; and all of it
    // can be taken off, but no more.
    let sum = |of: fn(&LineAmounts) -> i64| after.lines.iter().map(|line| i128::from(of(line))).sum::<i128>();
    let added = sum(|line| line.applied_quantity_amount);
    let taken = sum(|line| line.applied_discount_amount) + i128::from(after.applied_discount_amount);
    prop_assert_eq!(i128::from(after.running_total()), i128::from(before.running_total()) + added - taken);
    prop_assert_eq!(
        i128::from(after.amount.unwrap_or(0)) - i128::from(after.discount_amount) - sum(|line| line.discount_amount),
        i128::from(after.running_total())
    );

    prop_assert_eq!(outcome.has_effect, after != &settled(before) || outcome.result.spent() > 0);
    prop_assert_eq!(after.lines.len(), before.lines.len() + outcome.appended.len());
    for picked in &outcome.picked {
        prop_assert!((1..=before.lines[picked.line].quantity).contains(&picked.units), "{picked:?}");
    }
    Ok(())
}

/// The sums of an answer agree with its parts.
fn check_answer(order: &Order) -> Result<(), TestCaseError> {
    let of_items =
        |of: fn(&guerdon_model::order::OrderItem) -> Option<i64>| order.items.iter().flatten().filter_map(of).sum();
    let total = |order: Option<i64>, items: i64| order.unwrap_or(0) + items;
    let items: i64 = of_items(|item| item.discount_amount);
    let applied: i64 = of_items(|item| item.applied_discount_amount);
    for (shown, expected) in [
        (order.items_discount_amount, items),
        (order.total_discount_amount, total(order.discount_amount, items)),
        (order.items_applied_discount_amount, applied),
        (order.total_applied_discount_amount, total(order.applied_discount_amount, applied)),
    ] {
        prop_assert_eq!(shown.unwrap_or(0), expected);
        prop_assert_ne!(shown, Some(0));
    }
    let left = order.amount.map(|amount| amount - total(order.discount_amount, items));
    prop_assert_eq!(order.total_amount, left);
    for item in order.items.iter().flatten() {
        let left = item.amount.map(|amount| amount - item.discount_amount.unwrap_or(0));
        prop_assert_eq!(item.subtotal_amount, left);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn every_step_keeps_the_books(order in order(), offers in proptest::collection::vec(offer(), 1..5)) {
        let order: Order = serde_json::from_value(order).expect("an order");
        let Ok((cart, amounts)) = normalize::sent(&order) else { return Ok(()) };
        let given = Given { order, cart, amounts };
        let mut now = given.clone();
        for offer in &offers {
            let result = now.after(offer);
            let Ok((next, outcome)) = result else { continue };
            check_step(&now.amounts, &outcome)?;

            let (_, again) = now.after(offer).expect("applied again");
            prop_assert_eq!(&outcome, &again);

            let scopes = [Scope::Step, Scope::Request { before: &given.amounts }, Scope::Stored];
            for scope in scopes {
                check_answer(&calculated::order(&given.order, &next.cart, &next.amounts, scope))?;
            }
            let targeting = Targeting { applicable_to: vec![&offer.rules], bundles: offer.bundles };
            offer.with_step(&targeting, |step| outcome.lists(step, &now.cart, &now.amounts));
            now = next;
        }
    }

    /// Whatever an order was made of, be it by a client that updated it after it was discounted.
    #[test]
    fn no_order_is_too_strange(
        order in order(),
        numbers in proptest::collection::vec(number(-5_000..5_000), 40),
        offer in offer(),
    ) {
        let order: Order = serde_json::from_value(order).expect("an order");
        let Ok((cart, mut amounts)) = normalize::sent(&order) else { return Ok(()) };
        let mut numbers = numbers.into_iter();
        let mut next = || numbers.next().unwrap_or(0);
        amounts.discount_amount = next();
        for line in &mut amounts.lines {
            line.quantity = next();
            line.discount_amount = next();
            line.free_quantity = next();
            line.initial_amount = Some(next());
        }
        let outcome = offer.apply(&cart, &amounts);
        if let Ok(outcome) = outcome {
            let mut cart = cart;
            cart.lines.extend(outcome.appended);
            calculated::order(&order, &cart, &outcome.amounts, Scope::Request { before: &amounts });
        }
    }
}
