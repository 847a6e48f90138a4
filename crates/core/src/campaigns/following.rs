//! What vouchers have from their campaign, and how they follow when that changes.

use guerdon_model::{
    campaign::Campaign,
    ids::CategoryId,
    metadata::Metadata,
    validity::TimeLimits,
    voucher::{Voucher, VoucherValue},
};
use serde::{Deserialize, Serialize};

/// What new vouchers have from their campaign.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Inherited {
    value: VoucherValue,
    /// How often each may be redeemed.
    quantity: Option<i64>,
    category_id: Option<CategoryId>,
    limits: TimeLimits,
    /// Empty if the campaign keeps its metadata to itself.
    metadata: Metadata,
}

impl Inherited {
    /// What the campaign's vouchers have from it; none if it has no vouchers.
    pub fn of(campaign: &Campaign) -> Option<Self> {
        let template = campaign.voucher.as_ref()?;
        Some(Self {
            value: template.value.of_new_voucher(),
            quantity: template.redemption.quantity,
            category_id: campaign.category_id.clone(),
            limits: campaign.limits.clone(),
            metadata: if campaign.use_voucher_metadata_schema {
                campaign.metadata.clone()
            } else {
                Metadata::default()
            },
        })
    }

    /// Gives a voucher what is different since `before`. What it has of its own stays: only what is as it was in
    /// the campaign follows it. So it does not matter how often this is done, or which of several changes
    /// is followed first.
    pub fn give_to(&self, voucher: &mut Voucher, before: &Inherited) {
        match (&mut voucher.value, &before.value, &self.value) {
            (VoucherValue::Gift { gift }, VoucherValue::Gift { gift: then }, VoucherValue::Gift { gift: now }) => {
                follow(&mut gift.effect, &then.effect, &now.effect);
            }
            (value, then, now) => follow(value, then, now),
        }
        follow(&mut voucher.redemption.quantity, &before.quantity, &self.quantity);
        follow(&mut voucher.category_id, &before.category_id, &self.category_id);
        let (then, now) = (&before.limits, &self.limits);
        let mut limits = voucher.limits.clone();
        follow(&mut limits.start_date, &then.start_date, &now.start_date);
        follow(&mut limits.expiration_date, &then.expiration_date, &now.expiration_date);
        follow(&mut limits.validity_timeframe, &then.validity_timeframe, &now.validity_timeframe);
        follow(&mut limits.validity_day_of_week, &then.validity_day_of_week, &now.validity_day_of_week);
        follow(&mut limits.validity_hours, &then.validity_hours, &now.validity_hours);
        // Own limits and the campaign's new ones may not go together.
        if limits.check().is_ok() {
            voucher.limits = limits;
        }
        let (then, now) = (&before.metadata, &self.metadata);
        for key in then.iter().chain(now.iter()).map(|(key, _)| key) {
            if voucher.metadata.get(key) == then.get(key) && then.get(key) != now.get(key) {
                match now.get(key) {
                    Some(value) => voucher.metadata.insert(key.clone(), value.clone()),
                    None => voucher.metadata.remove(key),
                }
            }
        }
    }
}

fn follow<T: PartialEq + Clone>(own: &mut T, then: &T, now: &T) {
    if own == then {
        own.clone_from(now);
    }
}

#[cfg(test)]
mod tests {
    use guerdon_model::{Timestamp, voucher::Uses};
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn inherited(json: Value) -> Inherited {
        let mut whole = json!({
            "value": {"type": "GIFT_VOUCHER", "gift": {"amount": 500}}, "quantity": 1, "category_id": null, "limits": {},
            "metadata": {},
        });
        for (key, value) in json.as_object().expect("an object") {
            whole[key] = value.clone();
        }
        serde_json::from_value(whole).expect("what a voucher inherits")
    }

    fn voucher(of: &Inherited) -> Voucher {
        Voucher {
            id: "v_1".into(),
            code: "A".into(),
            folded_code: None,
            campaign_id: Some("camp_1".into()),
            value: of.value.clone(),
            category_id: of.category_id.clone(),
            limits: of.limits.clone(),
            active: true,
            additional_info: None,
            metadata: of.metadata.clone(),
            is_referral_code: false,
            created_at: Timestamp::default(),
            updated_at: None,
            holder_id: None,
            referrer_id: None,
            publication_id: None,
            redemption: Uses { quantity: of.quantity, ..Uses::default() },
            usage: Default::default(),
            locked: Default::default(),
            validation_rules_assignments: Default::default(),
            is_binned: false,
        }
    }

    #[test]
    fn a_voucher_follows_its_campaign_but_keeps_what_it_has_of_its_own() {
        let before = inherited(json!({"metadata": {"a": 1, "b": 1, "gone": 1}, "category_id": "cat_1"}));
        let after = inherited(json!({
            "value": {"type": "GIFT_VOUCHER", "gift": {"amount": 500, "effect": "APPLY_TO_ITEMS"}}, "quantity": null,
            "limits": {"expiration_date": "2030-01-01T00:00:00.000Z"}, "metadata": {"a": 2, "b": 2, "new": 1},
        }));
        let mut follower = voucher(&before);
        after.give_to(&mut follower, &before);
        assert_eq!(follower, voucher(&after));

        let mut own = voucher(&before);
        own.metadata.insert("b".into(), json!("own"));
        (own.redemption.quantity, own.category_id) = (Some(7), Some("cat_2".into()));
        own.limits.expiration_date = Some(Timestamp::from_millis(5));
        let kept = own.clone();
        after.give_to(&mut own, &before);
        assert_eq!(own.metadata, serde_json::from_value(json!({"a": 2, "b": "own", "new": 1})).expect("metadata"));
        assert_eq!(
            (&own.redemption, &own.category_id, &own.limits),
            (&kept.redemption, &kept.category_id, &kept.limits)
        );
    }

    #[test]
    fn limits_that_do_not_go_together_are_not_mixed() {
        let before = inherited(json!({}));
        let after = inherited(json!({"limits": {"validity_day_of_week": [1]}}));
        let mut own = voucher(&before);
        own.limits = serde_json::from_value(json!({"validity_hours": {"daily": []}})).expect("limits");
        let kept = own.limits.clone();
        after.give_to(&mut own, &before);
        assert_eq!(own.limits, kept);
    }

    proptest! {
        /// Whoever was made under whichever state of the campaign ends up as it is now, in whatever order the
        /// changes are followed and however often.
        #[test]
        fn the_order_of_several_passes_does_not_matter(
            states in prop::collection::vec(0..3i64, 1..6),
            made in 0..6usize,
            order in prop::collection::vec(0..6usize, 0..12),
        ) {
            let state = |quantity: i64| inherited(json!({"quantity": quantity, "metadata": {"state": quantity}}));
            let now = state(*states.last().expect("there is one"));
            let mut voucher = voucher(&state(states[made % states.len()]));
            // Each change but the last has a pass of its own, which compares with how it was before it.
            let passes: Vec<Inherited> = states[..states.len() - 1].iter().map(|before| state(*before)).collect();
            for pass in order.iter().filter_map(|place| passes.get(*place)).chain(&passes) {
                now.give_to(&mut voucher, pass);
            }
            prop_assert_eq!(voucher.redemption.quantity, now.quantity);
            prop_assert_eq!(voucher.metadata, now.metadata);
        }
    }
}
