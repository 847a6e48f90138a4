//! The walk by itself: candidates are numbers here.

mod properties;
mod table;

use guerdon_model::{Timestamp, category::Category, redeemable::SkipReason, stacking_rules::StackingRules};
use serde_json::Value;

use super::{Candidate, Checked, Entry, Status, walk};
use crate::trace::Trace;

/// The categories of all tests: their hierarchies, and what [`rules`] makes of them.
const CATEGORIES: [(&str, i64); 9] =
    [("vip", 5), ("vip2", 3), ("joint", 4), ("joint0", 0), ("c0", 0), ("c1", 1), ("c2", 2), ("skip", 1), ("anyway", 1)];

/// Stacking rules with these settings, in which `vip…` are exclusive and `joint…` are joint, and `skip`
/// and `anyway` say what becomes of those without an effect.
fn rules(settings: Value) -> StackingRules {
    let mut json = serde_json::json!({
        "exclusive_categories": ["vip", "vip2"],
        "joint_categories": ["joint", "joint0"],
        "no_effect_skip_categories": ["skip"],
        "no_effect_redeem_anyway_categories": ["anyway"],
    });
    json.as_object_mut().expect("an object").extend(settings.as_object().expect("an object").clone());
    serde_json::from_value(json).expect("stacking rules")
}

/// A candidate that takes some amount off what is left.
#[derive(Debug, Clone)]
struct Given {
    name: String,
    exists: bool,
    category: Option<Category>,
    amount: i64,
    /// It can be applied only while what is left lies within these bounds.
    at_least: i64,
    at_most: i64,
}

impl Given {
    /// Reads `name`, `name:category`, followed by any of `=amount` (1 if missing), `>=amount`, `<=amount`, `!`,
    /// which is never applicable, and `?`, which does not even exist.
    fn read(text: &str) -> Self {
        let mut words = text.split(' ');
        let (name, category) = words.next().map(|word| word.split_once(':').unwrap_or((word, ""))).expect("a name");
        let category = CATEGORIES
            .iter()
            .find(|(id, _)| *id == category)
            .map(|(id, hierarchy)| Category::new((*id).into(), (*id).to_owned(), *hierarchy, Timestamp::default()));
        let mut given =
            Given { name: name.to_owned(), exists: true, category, amount: 1, at_least: 0, at_most: i64::MAX };
        for word in words {
            let number = |text: &str| text.parse().expect("a number");
            match word {
                "!" => given.at_least = i64::MAX,
                "?" => (given.exists, given.at_least) = (false, i64::MAX),
                _ if word.starts_with(">=") => given.at_least = number(&word[2..]),
                _ if word.starts_with("<=") => given.at_most = number(&word[2..]),
                _ => given.amount = number(word.strip_prefix('=').expect("an amount")),
            }
        }
        given
    }
}

/// Walks over an order of 100.
fn walked(rules: &StackingRules, given: &[Given], trace: &mut Trace) -> Vec<Entry<i64, ()>> {
    let candidates: Vec<Candidate<'_>> = given
        .iter()
        .map(|given| Candidate { id: &given.name, exists: given.exists, category: given.category.as_ref() })
        .collect();
    walk(rules, &candidates, trace, |candidate, decided, _| {
        let (given, left) = (&given[candidate], decided.last().copied().unwrap_or(100));
        let taken = given.amount.min(left);
        match (given.at_least..=given.at_most).contains(&left) {
            true => Checked::Applicable { applied: left - taken, has_effect: taken > 0 },
            false => Checked::Inapplicable(()),
        }
    })
}

/// `a 99, b !, c no_effect`: what is left after it, `!` for one that can't be applied, or why it was skipped.
fn summary(given: &[Given], entries: &[Entry<i64, ()>]) -> String {
    let of_entry = |entry: &Entry<i64, ()>| {
        let name = &given[entry.candidate].name;
        match &entry.status {
            Status::Applicable(left) => format!("{name} {left}"),
            Status::Inapplicable(()) => format!("{name} !"),
            Status::Skipped(reason) => format!("{name} {}", word(*reason)),
        }
    };
    entries.iter().map(of_entry).collect::<Vec<_>>().join(", ")
}

fn word(reason: SkipReason) -> &'static str {
    match reason {
        SkipReason::Limit => "limit",
        SkipReason::CategoryLimit => "category_limit",
        SkipReason::ExclusiveLimit => "exclusive_limit",
        SkipReason::ExclusiveCategoryLimit => "exclusive_category_limit",
        SkipReason::Excluded => "excluded",
        SkipReason::PrecedingFailed => "preceding",
        SkipReason::NoEffect => "no_effect",
    }
}
