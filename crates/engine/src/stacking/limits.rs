//! How many redeemables are applied.

use guerdon_model::{redeemable::SkipReason, stacking_rules::StackingRules};

use super::selection::Traits;

/// One limit.
struct Limit {
    /// Why a candidate is passed over once the limit is reached.
    reason: SkipReason,
    /// How many are applied, if that is limited for such a candidate.
    most: fn(&StackingRules, &Traits<'_>) -> Option<i64>,
    /// Whether one that was applied counts against it.
    counts: fn(&Traits<'_>, &Traits<'_>) -> bool,
}

/// All limits. The first one that is reached is the reason.
const LIMITS: [Limit; 4] = [
    Limit { reason: SkipReason::Limit, most: |rules, _| Some(rules.applicable_redeemables_limit), counts: |_, _| true },
    Limit {
        reason: SkipReason::ExclusiveLimit,
        most: |rules, this| this.is_exclusive().then_some(rules.applicable_exclusive_redeemables_limit),
        counts: |_, applied| applied.is_exclusive(),
    },
    Limit {
        reason: SkipReason::ExclusiveCategoryLimit,
        most: |rules, this| rules.applicable_exclusive_redeemables_per_category_limit.filter(|_| this.is_exclusive()),
        counts: |this, applied| applied.category == this.category,
    },
    Limit {
        reason: SkipReason::CategoryLimit,
        most: |rules, this| rules.category_limit(this.category?),
        counts: |this, applied| applied.category == this.category,
    },
];

/// The limit that is reached for a candidate by what was applied before.
pub(super) fn reached<'t, 'c: 't>(
    rules: &StackingRules,
    this: &Traits<'_>,
    applied: impl Iterator<Item = &'t Traits<'c>> + Clone,
) -> Option<SkipReason> {
    let is_reached = |limit: &&Limit| {
        let count = || applied.clone().filter(|applied| (limit.counts)(this, applied)).count();
        (limit.most)(rules, this).is_some_and(|most| i64::try_from(count()).is_ok_and(|count| count >= most))
    };
    LIMITS.iter().find(is_reached).map(|limit| limit.reason)
}
