//! What is checked about campaigns of a certain kind: how points expire, and who counts as referred.

use guerdon_model::{
    Error,
    campaign::{CampaignType, ConversionEvent, ConversionEventType, ReferralProgram, RewardCard},
    error::{Path, Rule},
    voucher::{ExpirationRules, PeriodType, RoundingType, VoucherValue},
};

use crate::{
    campaigns::{self, RESOURCE},
    event_schemas,
    tx::{Result, Tx},
};

/// The word for the key of a body.
const REFERRAL_PROGRAM: &str = "referral_program";

/// Refuses a referral program whose event or reward is not there, and completes their names.
pub(super) fn complete_referral_program(tx: &Tx, program: &mut ReferralProgram) -> Result<()> {
    let path = || Path::of(REFERRAL_PROGRAM);
    program.custom_event = match program.conversion_event_type {
        ConversionEventType::Redemption => None,
        ConversionEventType::CustomEvent => {
            let missing = || Error::invalid_payload(path(), Rule::Required("custom_event".into()));
            Some(conversion_event(tx, program.custom_event.as_ref().ok_or_else(missing)?)?)
        }
    };
    let Some(reward) = &mut program.referee_reward else { return Ok(()) };
    if reward.amount < 1 {
        return Err(Error::invalid_payload(path().key("referee_reward").key("amount"), Rule::AtLeast(1)).into());
    }
    let campaign = campaigns::get(tx, reward.related_object_parent.id.as_str())?;
    let wanted = match reward.card {
        RewardCard::LoyaltyCard => CampaignType::LoyaltyProgram,
        RewardCard::GiftVoucher => CampaignType::GiftVouchers,
    };
    if campaign.campaign_type != wanted {
        let name = wanted.name();
        let details = format!("The {RESOURCE} of a referee reward of this type has to be a {name} campaign");
        return Err(Error::InvalidCampaign { details }.into());
    }
    reward.related_object_parent.id = campaign.id.clone();
    reward.related_object_parent.name = Some(campaign.name.clone());
    Ok(())
}

/// The custom event, by the id of its schema or else by its name.
fn conversion_event(tx: &Tx, sent: &ConversionEvent) -> Result<ConversionEvent> {
    let schemas = tx.config().event_schemas();
    let schema = if sent.id.is_empty() {
        schemas.get(&sent.name)
    } else {
        schemas.values().find(|schema| schema.id.as_str() == sent.id)
    };
    let reference = if sent.id.is_empty() { &sent.name } else { &sent.id };
    let schema = schema.ok_or_else(|| Error::not_found(event_schemas::RESOURCE, reference.as_str()))?;
    Ok(ConversionEvent { id: schema.id.to_string(), name: schema.name.clone() })
}

/// Refuses points that would never know when to expire; `path` is where the value was sent.
pub(super) fn check_value(value: &VoucherValue, path: &Path) -> Result<()> {
    match value {
        VoucherValue::Discount { .. } | VoucherValue::Gift { .. } => Ok(()),
        VoucherValue::Loyalty { loyalty_card } => match &loyalty_card.expiration_rules {
            Some(rules) => check_expiration(rules, &path.clone().key("loyalty_card").key("expiration_rules")),
            None => Ok(()),
        },
    }
}

/// The keys that each period needs, and within which bounds.
pub(super) fn check_expiration(rules: &ExpirationRules, path: &Path) -> Result<()> {
    const MONTHS: (i64, i64) = (1, 12);
    let days = match rules.fixed_month {
        Some(2) => 29,
        Some(4 | 6 | 9 | 11) => 30,
        _ => 31,
    };
    let needed: &[(&str, Option<i64>, (i64, i64))] = match (rules.period_type, rules.rounding_type) {
        (PeriodType::Month, Some(RoundingType::ParticularMonth)) => &[
            ("period_value", rules.period_value, (1, i64::from(u16::MAX))),
            ("rounding_value", rules.rounding_value, MONTHS),
        ],
        (PeriodType::Month, _) => &[("period_value", rules.period_value, (1, i64::from(u16::MAX)))],
        (PeriodType::FixedDayOfYear, _) => {
            &[("fixed_month", rules.fixed_month, MONTHS), ("fixed_day", rules.fixed_day, (1, days))]
        }
    };
    for (key, value, (min, max)) in needed {
        let refuse = |rule| Err(Error::invalid_payload(path.clone().key(*key), rule).into());
        match value {
            None => return Err(Error::invalid_payload(path.clone(), Rule::Required((*key).into())).into()),
            Some(value) if value < min => return refuse(Rule::AtLeast(*min)),
            Some(value) if value > max => return refuse(Rule::AtMost(*max)),
            Some(_) => {}
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use guerdon_model::error::Dialect;
    use serde_json::{Value, json};

    use super::*;
    use crate::tx::Stop;

    #[test]
    fn expiration_rules_have_what_their_period_needs() {
        let check = |rules: Value| {
            let rules = serde_json::from_value(rules).expect("rules");
            match check_expiration(&rules, &Path::of("rules")) {
                Err(Stop::Refused(error)) => error.describe(Dialect::Should).details.unwrap_or_default(),
                _ => String::new(),
            }
        };
        for (rules, details) in [
            (json!({"period_type": "MONTH", "period_value": 3, "rounding_type": "END_OF_YEAR"}), ""),
            (json!({"period_type": "MONTH", "period_value": 3}), ""),
            (json!({"period_type": "FIXED_DAY_OF_YEAR", "fixed_month": 2, "fixed_day": 29}), ""),
            (json!({"period_type": "MONTH"}), "Property .rules should have required property 'period_value'"),
            (json!({"period_type": "MONTH", "period_value": 0}), "Property .rules.period_value cannot be lower than 1"),
            (
                json!({"period_type": "MONTH", "period_value": 1, "rounding_type": "PARTICULAR_MONTH"}),
                "Property .rules should have required property 'rounding_value'",
            ),
            (
                json!({"period_type": "FIXED_DAY_OF_YEAR", "fixed_month": 13, "fixed_day": 1}),
                "Property .rules.fixed_month cannot be higher than 12",
            ),
            (
                json!({"period_type": "FIXED_DAY_OF_YEAR", "fixed_month": 4, "fixed_day": 31}),
                "Property .rules.fixed_day cannot be higher than 30",
            ),
        ] {
            assert_eq!(check(rules.clone()), details, "{rules}");
        }
    }
}
