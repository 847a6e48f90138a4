//! Which filters select others tomorrow, though nothing was changed.

use serde_json::Value;

use super::{Filter, Operator, Predicate};

/// Fields that hold numbers whatever a project does, so that nothing about them is a number of days.
const NUMBERS: [&str; 4] = ["summary.", "loyalty.", "internal.redeemed_points.", "internal.events."];
/// The dates among them.
const DATES: [&str; 2] = ["last_order_date", "last_occurred_at"];

impl Filter {
    /// Whether the day decides, too: the same document may match today and not tomorrow, or the other
    /// way round. A field may turn out to be no date; then this says so in vain.
    pub fn depends_on_day(&self) -> bool {
        self.predicates.iter().any(Predicate::depends_on_day)
            || self.also.as_ref().is_some_and(|also| also.depends_on_day())
    }
}

impl Predicate {
    fn depends_on_day(&self) -> bool {
        use Operator::*;
        match self.operator {
            HasValue | IsUnknown | Contains | NotContain | StartsWith | EndsWith | After | Before => false,
            Count | CountLess | CountMore | InLocation | NotInLocation => false,
            // They ask for a part of the date itself.
            IsDayOfMonth | IsDay | IsMonth | IsYear => false,
            Active | Failed | InProgress | Expired | BeforeStart | Enabled | Disabled | Redeemed | Redeemable => false,
            MoreThan | LessThan | MoreThanEqual | LessThanEqual => self.may_be_date(),
            // A date equals the number of days that it is ago.
            Is | IsNot | In | NotIn => self.may_be_date() && self.values.iter().any(is_number_of_days),
            _ => true,
        }
    }

    fn may_be_date(&self) -> bool {
        let is_number = NUMBERS.iter().any(|prefix| self.field.starts_with(prefix));
        !is_number || DATES.iter().any(|name| self.field.ends_with(name))
    }
}

/// Whether an operand may be one: the calendar has fewer than a hundred million days.
fn is_number_of_days(operand: &Value) -> bool {
    let is_small = |number: f64| (0.0..1e8).contains(&number);
    match operand {
        Value::Number(number) => number.as_f64().is_some_and(is_small),
        Value::String(text) => text.trim().parse().is_ok_and(is_small),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn ages_periods_and_anniversaries_depend_on_the_day_and_fixed_dates_do_not() {
        for (filter, expected) in [
            (json!({}), false),
            (json!({"created_at": {"$more_than_ago": 30}}), true),
            (json!({"created_at": {"$more_than": 30}}), true),
            (json!({"metadata.since": {"$less_than_equal": 30}}), true),
            (json!({"birthdate": {"$next_month": [true]}}), true),
            (json!({"birthdate": {"$is_years_ago": 18}}), true),
            (json!({"birthdate": {"$is_days_in_future_md": 7}}), true),
            (json!({"birthdate": {"$is_month": 5}}), false),
            (json!({"created_at": {"$is": "3"}}), true),
            (json!({"created_at": {"$after": "2021-12-01T00:00:00.000Z", "$before": "2022-01-01"}}), false),
            (json!({"summary.orders.total_count": {"$more_than": 3}}), false),
            (json!({"summary.orders.last_order_date": {"$more_than": 3}}), true),
            (json!({"loyalty.campaigns.Club.points": {"$more_than_equal": [41]}}), false),
            (json!({"internal.events.sign_up.count": {"$more_than": ["0"]}}), false),
            (json!({"internal.events.sign_up.last_occurred_at": {"$more_than": 7}}), true),
            (json!({"metadata.club": {"$is": "VIP-Warsaw", "$not_in": [true, null, "a"]}}), false),
            (json!({"name": {"$has_value": "", "$starts_with": "A"}, "updated_at": {"$yesterday": true}}), true),
        ] {
            let read = Filter::from_json(&filter).expect("a filter");
            assert_eq!(read.depends_on_day(), expected, "{filter}");
        }
    }
}
