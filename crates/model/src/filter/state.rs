//! States of vouchers and campaigns, told from their documents.

use serde_json::Value;

use super::{Moment, Operator};
use crate::Timestamp;

/// Whether the document is in that state; none if the operator asks for no state of this field.
pub(super) fn holds(field: &str, operator: Operator, document: &Value, moment: &Moment) -> Option<bool> {
    let is_on = document["active"] == true;
    let date = |key: &str| document[key].as_str().and_then(Timestamp::parse);
    let has_begun = || date("start_date").is_none_or(|start| start <= moment.now);
    let is_over = || date("expiration_date").is_some_and(|end| end <= moment.now);
    let redeemed = || document["redemption"]["redeemed_quantity"].as_i64().unwrap_or(0);
    let quantity = || document["redemption"]["quantity"].as_i64();
    match (field, operator) {
        ("active", Operator::Enabled) => Some(is_on),
        ("active", Operator::Disabled) => Some(!is_on),
        ("active", Operator::Expired) => Some(is_over()),
        ("active", Operator::Active) => Some(is_on && has_begun() && !is_over()),
        ("redemption_status", Operator::Redeemed) => Some(redeemed() > 0),
        ("redemption_status", Operator::Redeemable) => Some(quantity().is_none_or(|quantity| redeemed() < quantity)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::project::time_zone;

    #[test]
    fn a_redeemable_is_in_the_states_that_its_switch_dates_and_uses_say() {
        let now = Timestamp::parse("2026-05-10T12:00:00Z").expect("a time");
        let moment = Moment { now, zone: time_zone("UTC").expect("a time zone") };
        let (past, future) = ("2026-05-10T11:59:59.999Z", "2026-05-10T12:00:00.001Z");
        for (document, states) in [
            (json!({"active": true}), "enabled active redeemable"),
            (json!({"active": false}), "disabled redeemable"),
            (json!({"active": true, "start_date": future}), "enabled redeemable"),
            (json!({"active": true, "start_date": past, "expiration_date": future}), "enabled active redeemable"),
            (json!({"active": true, "expiration_date": past}), "enabled expired redeemable"),
            (json!({"active": false, "expiration_date": past}), "disabled expired redeemable"),
            (json!({"active": true, "redemption": {"redeemed_quantity": 5}}), "enabled active redeemed redeemable"),
            (json!({"active": true, "redemption": {"quantity": 1, "redeemed_quantity": 1}}), "enabled active redeemed"),
            (json!({"active": true, "redemption": {"quantity": 0, "redeemed_quantity": 0}}), "enabled active"),
        ] {
            let found: Vec<&str> = [
                ("active", Operator::Enabled, "enabled"),
                ("active", Operator::Disabled, "disabled"),
                ("active", Operator::Expired, "expired"),
                ("active", Operator::Active, "active"),
                ("redemption_status", Operator::Redeemed, "redeemed"),
                ("redemption_status", Operator::Redeemable, "redeemable"),
            ]
            .into_iter()
            .filter(|(field, operator, _)| holds(field, *operator, &document, &moment) == Some(true))
            .map(|(.., name)| name)
            .collect();
            assert_eq!(found.join(" "), states, "{document}");
        }
        assert_eq!(holds("name", Operator::Active, &json!({}), &moment), None);
        assert_eq!(holds("active", Operator::Is, &json!({}), &moment), None);
    }
}
