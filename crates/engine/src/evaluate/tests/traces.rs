//! What a trace of a whole evaluation looks like.

use serde_json::json;

use super::{World, amount_off, leaf, stack, with};
use crate::trace::Trace;

#[test]
fn a_trace_tells_the_whole_story() {
    let vip = with(
        amount_off("VIP", 100),
        json!({"category": "vip", "quantity": 3, "campaign": "camp_1", "rules": [leaf("order.amount", "$more_than", json!([50]))]}),
    );
    let unknown = json!("X");
    let world = World::new(json!({
        "order": {"amount": 1000}, "stacking": {"exclusive_categories": ["vip"]},
        "redeemables": [amount_off("COMMON", 10), vip, unknown],
    }));
    let mut trace = Trace::on();
    world.seen(|request, requested| {
        stack(request, requested, &mut trace);
    });
    let tree = json!(trace.into_nodes());
    let outcomes: Vec<String> = tree[0]["nodes"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|node| {
            let children = node["nodes"].as_array().into_iter().flatten();
            let children: Vec<String> = children
                .map(|child| {
                    let name = child["subject"].as_str().or(child["id"].as_str()).or(child["kind"].as_str());
                    format!("{} {}", name.unwrap_or_default(), child["outcome"].as_str().unwrap_or_default())
                })
                .collect();
            format!("{} {}: {}", node["id"], node["outcome"], children.join(", "))
        })
        .collect();
    assert_eq!(
        outcomes,
        [
            "\"COMMON\" \"not_needed\": ",
            "\"VIP\" \"satisfied\": exists satisfied, active satisfied, campaign.active satisfied, time_limits satisfied, \
             quantity satisfied, val_own1 satisfied, discount done, effect done",
            "\"X\" \"violated\": exists missing",
        ]
    );
    assert_eq!(tree[0]["kind"], "stack");
    assert_eq!(tree[0]["outcome"], "violated");
}

#[test]
fn watching_changes_nothing() {
    let world = World::new(json!({
        "order": {"items": [{"product_id": "a", "price": 500}]}, "stacking": {"exclusive_categories": ["vip"]},
        "redeemables": [amount_off("A", 10), with(amount_off("VIP", 20), json!({"category": "vip"})), {"code": "G", "gift": {"balance": 5}}],
    }));
    world.seen(|request, requested| {
        let watched = stack(request, requested, &mut Trace::on());
        assert_eq!(watched, stack(request, requested, &mut Trace::off()));
    });
}
