//! Calculated orders as answers have them.

use guerdon_model::{Patch, order::OrderItemProduct};

use super::*;
use crate::{
    calculated::{self, Scope},
    target::list::Lists,
};

/// The last step's order, the whole request's, and the one that is kept.
struct Shown {
    step: Value,
    request: Value,
    stored: Value,
    lists: Lists,
}

fn show(given: &Given, offers: &[Offer]) -> Shown {
    let mut now = given.clone();
    let mut lists = Lists::default();
    for offer in offers {
        let (next, outcome) = now.after(offer).expect("applied");
        let targeting = Targeting { applicable_to: vec![&offer.rules], bundles: offer.bundles };
        lists = offer.with_step(&targeting, |step| outcome.lists(step, &now.cart, &now.amounts));
        now = next;
    }
    let order = |scope| json!(calculated::order(&given.order, &now.cart, &now.amounts, scope));
    Shown {
        step: order(Scope::Step),
        request: order(Scope::Request { before: &given.amounts }),
        stored: order(Scope::Stored),
        lists,
    }
}

#[test]
fn a_line_that_was_added_is_shown_with_its_product() {
    let mut given = lines("drill 1×10000, mech 1×40000");
    for (item, name) in given.order.items.iter_mut().flatten().zip(["drill", "mech"]) {
        (item.product_id, item.source_id) = (None, Some(name.to_owned()));
        item.related_object = Some(guerdon_model::order::RelatedObject::Product);
        item.product = Some(OrderItemProduct { id: Some(name.to_owned()), ..OrderItemProduct::default() });
    }
    let shown = show(&given, &[free(1, "MISSING", "charger")]);
    let untouched = |name: &str, price: i64| {
        json!({"object": "order_item", "source_id": name, "related_object": "product", "quantity": 1, "amount": price,
               "price": price, "subtotal_amount": price, "product": {"id": name}})
    };
    let expected = json!({
        "amount": 53500, "initial_amount": 50000, "items_discount_amount": 3500, "total_discount_amount": 3500,
        "total_amount": 50000, "items_applied_discount_amount": 3500, "total_applied_discount_amount": 3500,
        "items": [
            untouched("drill", 10000),
            untouched("mech", 40000),
            {"object": "order_item", "product_id": "charger", "quantity": 1, "discount_quantity": 1, "initial_quantity": 0,
             "amount": 3500, "discount_amount": 3500, "initial_amount": 0, "applied_discount_amount": 3500,
             "applied_discount_quantity": 1, "applied_quantity": 1, "applied_quantity_amount": 3500, "price": 3500,
             "subtotal_amount": 0, "product": {"id": "charger", "name": "Charger", "price": 3500}},
        ],
        "metadata": {}, "customer_id": null, "referrer_id": null, "object": "order",
    });
    assert_eq!(shown.step, expected);
    assert_eq!(shown.request, expected);
    assert_eq!(json!(shown.lists.applicable_to)["total"], 0);
}

#[test]
fn the_order_of_a_step_shows_what_the_step_did_and_that_of_the_request_everything() {
    let stack = [
        off(1000, "ITEMS").on_all(),
        gift(500, Some(100), GiftEffect::ApplyToOrder),
        percent(40.0, "ORDER"),
        off(30, "ORDER"),
    ];
    let given = sent(json!({"items": [{"quantity": 1, "price": 2000}, {"quantity": 1, "price": 700}]}));
    let line = |amount: i64, discount: i64| {
        json!({"object": "order_item", "quantity": 1, "discount_quantity": 1, "amount": amount, "discount_amount": discount,
               "price": amount, "subtotal_amount": amount - discount})
    };
    let applied = |mut line: Value| {
        line["applied_discount_amount"] = line["discount_amount"].clone();
        line
    };
    assert_eq!(
        show(&given, &stack[..3]).step,
        json!({
            "amount": 2700, "discount_amount": 460, "items_discount_amount": 1700, "total_discount_amount": 2160,
            "total_amount": 540, "applied_discount_amount": 360, "total_applied_discount_amount": 360,
            "items": [line(2000, 1000), line(700, 700)],
            "metadata": {}, "customer_id": null, "referrer_id": null, "object": "order",
        })
    );
    let whole = show(&given, &stack);
    assert_eq!(
        whole.request,
        json!({
            "amount": 2700, "discount_amount": 490, "items_discount_amount": 1700, "total_discount_amount": 2190,
            "total_amount": 510, "applied_discount_amount": 490, "items_applied_discount_amount": 1700,
            "total_applied_discount_amount": 2190,
            "items": [applied(line(2000, 1000)), applied(line(700, 700))],
            "metadata": {}, "customer_id": null, "referrer_id": null, "object": "order",
        })
    );
    assert_eq!(
        whole.stored,
        json!({
            "amount": 2700, "discount_amount": 490, "items_discount_amount": 1700, "total_discount_amount": 2190,
            "total_amount": 510, "items": [line(2000, 1000), line(700, 700)],
            "customer_id": null, "referrer_id": null, "object": "order",
        })
    );
}

#[test]
fn a_discounted_line_says_how_many_of_its_units_were_discounted() {
    let mut given = lines("prod_X 1×20000");
    for item in given.order.items.iter_mut().flatten() {
        item.related_object = Some(guerdon_model::order::RelatedObject::Product);
        item.product = Some(OrderItemProduct { id: Some("prod_X".into()), ..OrderItemProduct::default() });
    }
    let shown = show(&given, &[off(1000, "ITEMS").on("prod_X")]);
    assert_eq!(
        shown.step,
        json!({
            "amount": 20000, "items_discount_amount": 1000, "total_discount_amount": 1000, "total_amount": 19000,
            "items_applied_discount_amount": 1000, "total_applied_discount_amount": 1000,
            "items": [
                {"object": "order_item", "product_id": "prod_X", "related_object": "product", "quantity": 1,
                 "discount_quantity": 1, "amount": 20000, "discount_amount": 1000, "applied_discount_amount": 1000,
                 "price": 20000, "subtotal_amount": 19000, "product": {"id": "prod_X"}},
            ],
            "metadata": {}, "customer_id": null, "referrer_id": null, "object": "order",
        })
    );
    assert_eq!(
        json!(shown.lists.applicable_to),
        json!({"object": "list", "data_ref": "data", "total": 1, "data": [
            {"object": "product", "id": "prod_X", "strict": false, "effect": "APPLY_TO_EVERY", "skip_initially": 0,
             "repeat": 1, "target": "ITEM", "order_item_indices": [0]},
        ]})
    );
    assert_eq!(
        json!(shown.lists.inapplicable_to),
        json!({"object": "list", "data_ref": "data", "total": 0, "data": []})
    );
}

#[test]
fn a_free_unit_without_a_price_has_no_amounts() {
    let shown = show(&lines("coffee 1×1200, book 1×3100"), &[free(1, "MISSING", "shipping")]);
    assert_eq!(
        shown.step["items"][2],
        json!({"object": "order_item", "product_id": "shipping", "quantity": 1, "discount_quantity": 1, "initial_quantity": 0,
               "applied_discount_quantity": 1, "applied_quantity": 1, "product": {"id": "shipping", "name": "Shipping"}})
    );
    let mut order = shown.step;
    order.as_object_mut().expect("an order").remove("items");
    assert_eq!(
        order,
        json!({"amount": 4300, "total_amount": 4300, "metadata": {}, "customer_id": null, "referrer_id": null, "object": "order"})
    );
}

#[test]
fn an_order_of_unpriced_lines_keeps_them_as_they_are() {
    let given = sent(
        json!({"amount": 10000, "items": [{"product_id": "a", "quantity": 2}, {"product_id": "b", "quantity": 1}]}),
    );
    let shown = show(&given, &[off(1, "ORDER")]);
    assert_eq!(
        shown.step,
        json!({
            "amount": 10000, "discount_amount": 1, "total_discount_amount": 1, "total_amount": 9999,
            "applied_discount_amount": 1, "total_applied_discount_amount": 1,
            "items": [{"object": "order_item", "product_id": "a", "quantity": 2}, {"object": "order_item", "product_id": "b", "quantity": 1}],
            "metadata": {}, "customer_id": null, "referrer_id": null, "object": "order",
        })
    );
}

#[test]
fn what_has_no_effect_shows_no_discount_unless_a_redemption_says_so() {
    let given = of(20000);
    let shown = show(&given, &[off(1000, "ITEMS").on("prod_X")]);
    let order = json!({"amount": 20000, "total_amount": 20000, "metadata": {}, "customer_id": null, "referrer_id": null, "object": "order"});
    assert_eq!(shown.request, order);
    let mut redeemed = calculated::order(&given.order, &given.cart, &given.amounts, Scope::Step);
    redeemed.show_nothing_applied();
    let mut expected = order;
    expected["applied_discount_amount"] = json!(0);
    expected["total_applied_discount_amount"] = json!(0);
    assert_eq!(json!(redeemed), expected);
    let mut discounted = calculated::order(&given.order, &given.cart, &given.amounts, Scope::Step);
    (discounted.items_applied_discount_amount, discounted.total_applied_discount_amount) = (Some(5), Some(5));
    discounted.show_nothing_applied();
    assert_eq!(discounted.applied_discount_amount, None);
}

#[test]
fn a_replacement_is_explained_on_the_line_that_replaces() {
    let given = lines("tshirt 3×2000");
    let shown = show(&given, &[replace(1, "limited").on("tshirt").with(json!({"aggregated_quantity_limit": 1}))]);
    let items = json!([
        {"object": "order_item", "product_id": "tshirt", "quantity": 2, "initial_quantity": 3, "amount": 4000,
         "initial_amount": 6000, "applied_quantity": -1, "applied_quantity_amount": -2000, "price": 2000, "subtotal_amount": 4000},
        {"object": "order_item", "product_id": "limited", "quantity": 1, "discount_quantity": 1, "initial_quantity": 0,
         "amount": 2500, "discount_amount": 500, "initial_amount": 0, "applied_discount_amount": 500, "applied_quantity": 1,
         "applied_quantity_amount": 2500, "price": 2500, "subtotal_amount": 2000,
         "application_details": [{"source_index": 0, "source_applied_quantity": -1, "source_applied_quantity_amount": -2000,
                                  "target_index": 1, "target_applied_quantity": 1, "target_applied_quantity_amount": 2500,
                                  "target_applied_discount_amount": 500}]},
    ]);
    assert_eq!(shown.step["items"], items);
    assert_eq!(shown.request["items"], items);
    assert_eq!(json!(shown.lists.applicable_to)["data"][0]["order_item_units"], json!([{"index": 0, "units": [1]}]));
}

#[test]
fn an_order_that_was_kept_and_read_again_goes_on_where_it_was() {
    let (given, _) = lines("a 3×1000, b 1×500").after(&free(1, "MISSING", "a")).expect("applied");
    let (given, _) = given.after(&percent(10.0, "ITEMS").on_all()).expect("applied");
    let (given, _) = given.after(&off(300, "ORDER")).expect("applied");
    let (given, _) = given.after(&replace(1, "limited").on("b")).expect("applied");
    let kept = calculated::order(&given.order, &given.cart, &given.amounts, Scope::Stored);
    assert_eq!(json!(kept)["items"][0]["free_quantity"], 1);
    assert!(json!(kept.clone().into_answer())["items"][0].get("free_quantity").is_none());

    let (_, mut read) = normalize::stored(&kept).expect("small enough");
    let mut expected = given.amounts.clone();
    expected.begin_step();
    read.begin_step();
    assert_eq!(read, expected);
}

#[test]
fn a_customer_that_is_known_stays() {
    let mut given = of(500);
    given.order.customer_id = Patch::Value("cust_1".into());
    let shown = show(&given, &[off(1, "ORDER")]);
    assert_eq!((&shown.step["customer_id"], &shown.step["referrer_id"]), (&json!("cust_1"), &Value::Null));
}
