//! What is so whatever is redeemed.

use guerdon_model::stacking_rules::ApplicationMode;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{World, leaf, with};
use crate::{stacking::Status, trace::Trace};

const CATEGORIES: [&str; 5] = ["vip", "joint", "a", "b", ""];

fn any_discount() -> impl Strategy<Value = Value> {
    let amount = prop_oneof![8 => 0i64..3_000, 1 => Just(i64::MAX)];
    let effect = prop::sample::select(vec![
        "APPLY_TO_ORDER",
        "APPLY_TO_ITEMS",
        "APPLY_TO_ITEMS_BY_QUANTITY",
        "APPLY_TO_ITEMS_PROPORTIONALLY",
    ]);
    let unit_effect = prop::sample::select(vec!["ADD_NEW_ITEMS", "ADD_MISSING_ITEMS", "ADD_SAME_ITEMS"]);
    prop_oneof![
        (amount.clone(), effect)
            .prop_map(|(off, effect)| json!({"type": "AMOUNT", "effect": effect, "amount_off": off})),
        (0i64..=100).prop_map(|off| json!({"type": "PERCENT", "percent_off": off})),
        amount.prop_map(|price| json!({"type": "FIXED", "fixed_amount": price})),
        (0i64..4, unit_effect, prop::sample::select(vec!["a", "b", "mug", "shipping", "pc_a"])).prop_map(
            |(off, effect, unit)| json!({"type": "UNIT", "effect": effect, "unit_off": off, "unit_type": unit})
        ),
    ]
}

fn any_rules() -> impl Strategy<Value = Value> {
    prop_oneof![
        3 => Just(json!([])),
        2 => Just(json!([{"applicable_to": {"included_all": true}}])),
        1 => Just(json!([{"applicable_to": {"included": [{"object": "product", "id": "a"}]}}])),
        1 => (0i64..5_000).prop_map(|n| json!([leaf("order.amount", "$more_than_or_equal", json!([n]))])),
        1 => (0i64..5_000).prop_map(|n| json!([leaf("order.total_amount", "$less_than", json!([n])), {"applicable_to": {"included_all": true}}])),
        1 => (0i64..3).prop_map(|n| json!([leaf("campaign.redemptions.count", "$less_than_or_equal", json!([n]))])),
    ]
}

fn any_redeemable() -> impl Strategy<Value = Value> {
    let kind = prop_oneof![
        6 => any_discount().prop_map(|discount| json!({"discount": discount})),
        1 => (0i64..2_000, prop::option::of(0i64..2_000)).prop_map(|(balance, credits)| json!({"gift": {"balance": balance, "credits": credits}})),
        1 => (0i64..2_000, prop::option::of(0i64..500)).prop_map(|(balance, points)| json!({"loyalty": {"balance": balance, "points": points, "ratio": 10}})),
    ];
    let category = prop::sample::select(&CATEGORIES[..]);
    (kind, category, any_rules(), prop::bool::weighted(0.9), prop::bool::ANY).prop_map(
        |(kind, category, rules, is_active, has_campaign)| {
            let mut json = with(kind, json!({"active": is_active, "rules": rules}));
            if !category.is_empty() {
                json["category"] = json!(category);
            }
            if has_campaign {
                json["campaign"] = json!("camp_1");
            }
            json
        },
    )
}

fn any_order() -> impl Strategy<Value = Value> {
    let line = (prop::sample::select(vec!["a", "b", "c"]), 0i64..5, prop::option::of(0i64..2_000))
        .prop_map(|(product, quantity, price)| json!({"product_id": product, "quantity": quantity, "price": price}));
    let amount =
        prop_oneof![6 => Just(json!(null)), 2 => (0i64..10_000).prop_map(Value::from), 1 => Just(json!(i64::MAX))];
    (prop::collection::vec(line, 0..5), amount).prop_map(|(items, amount)| json!({"items": items, "amount": amount}))
}

fn any_world() -> impl Strategy<Value = Value> {
    let modes = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    (any_order(), prop::collection::vec(any_redeemable(), 0..7), modes).prop_map(
        |(order, mut redeemables, (partial, once, skip, initial, sorted))| {
            for (place, redeemable) in redeemables.iter_mut().enumerate() {
                redeemable["code"] = json!(format!("C{place}"));
            }
            json!({
                "order": order,
                "redeemables": redeemables,
                "stacking": {
                    "exclusive_categories": ["vip"],
                    "joint_categories": ["joint"],
                    "redeemables_application_mode": if partial { "PARTIAL" } else { "ALL" },
                    "redeemables_products_application_mode": if once { "ONCE" } else { "STACK" },
                    "redeemables_no_effect_rule": if skip { "SKIP" } else { "REDEEM_ANYWAY" },
                    "discount_calculation_mode": if initial { "INITIAL_AMOUNT" } else { "DISCOUNTED_AMOUNT" },
                    "redeemables_sorting_rule": if sorted { "CATEGORY_HIERARCHY" } else { "REQUESTED_ORDER" },
                },
            })
        },
    )
}

/// What became of each redeemable, by its code.
fn by_code(world: &World) -> Vec<(String, String)> {
    world.evaluate(|evaluation| {
        let mut all: Vec<(String, String)> = evaluation
            .entries()
            .iter()
            .map(|entry| {
                let what = match &entry.status {
                    Status::Applicable(applied) => format!("{:?} {:?}", applied.amounts, applied.result),
                    Status::Inapplicable(refused) => super::key(&refused.error).to_owned(),
                    Status::Skipped(reason) => reason.words().0.to_owned(),
                };
                (world.given[entry.candidate].id.clone(), what)
            })
            .collect();
        all.sort();
        all
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn nothing_is_ever_taken_off_that_is_not_there(json in any_world()) {
        let world = World::new(json);
        world.evaluate(|evaluation| {
            let mut left = world.order.as_ref().map_or(0, |(_, _, amounts)| amounts.running_total());
            let mut amount = world.order.as_ref().and_then(|(_, _, amounts)| amounts.amount);
            for (_, applied) in evaluation.applied() {
                let amounts = &applied.amounts;
                let discounts = amounts.discount_amount.saturating_add(amounts.items_discount_amount());
                assert!(discounts <= amounts.amount.unwrap_or(0));
                assert!(amounts.running_total() >= 0);
                // What was added is free: a step never makes an order dearer.
                assert!(amounts.running_total() <= left);
                assert!(amounts.amount >= amount);
                (left, amount) = (amounts.running_total(), amounts.amount);
            }
        });
    }

    #[test]
    fn the_same_request_has_the_same_answer_and_watching_changes_nothing(json in any_world()) {
        let (world, again) = (World::new(json.clone()), World::new(json));
        prop_assert_eq!(by_code(&world), by_code(&again));
        world.seen(|request, requested| {
            let watched = super::stack(request, requested, &mut Trace::on());
            assert_eq!(watched, super::stack(request, requested, &mut Trace::off()));
        });
    }

    #[test]
    fn the_order_in_which_rules_and_categories_are_stored_does_not_matter(json in any_world()) {
        let mut reversed = World::new(json.clone());
        for given in &mut reversed.given {
            given.own_rules.reverse();
        }
        reversed.stacking.exclusive_categories.reverse();
        prop_assert_eq!(by_code(&World::new(json)), by_code(&reversed));
    }

    #[test]
    fn what_is_wholly_valid_comes_out_the_same_in_part(json in any_world()) {
        let mode = |mode: ApplicationMode| {
            let mut world = World::new(json.clone());
            world.stacking.redeemables_application_mode = mode;
            world
        };
        let all = mode(ApplicationMode::All);
        if all.evaluate(|evaluation| evaluation.is_valid()) {
            prop_assert_eq!(by_code(&all), by_code(&mode(ApplicationMode::Partial)));
        }
    }

    #[test]
    fn one_more_that_cannot_be_applied_changes_nothing_for_others_in_part(
        json in any_world(),
        mut more in any_redeemable(),
        place in any::<prop::sample::Index>(),
    ) {
        let mut world = World::new(json.clone());
        world.stacking.redeemables_application_mode = ApplicationMode::Partial;
        let mut larger = World::new(json);
        larger.stacking.redeemables_application_mode = ApplicationMode::Partial;
        more["active"] = json!(false);
        more["code"] = json!("MORE");
        larger.given.insert(place.index(larger.given.len() + 1), super::Given::read(&more));
        let others: Vec<_> = by_code(&larger).into_iter().filter(|(code, _)| code != "MORE").collect();
        prop_assert_eq!(by_code(&world), others);
    }
}
