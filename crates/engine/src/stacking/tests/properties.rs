//! What is so whatever is combined.

use guerdon_model::stacking_rules::{ApplicationMode, StackingRules};
use proptest::prelude::*;
use serde_json::json;

use super::{CATEGORIES, Given, rules, summary, walked};
use crate::{
    stacking::{Entry, Status},
    trace::Trace,
};

fn any_rules() -> impl Strategy<Value = StackingRules> {
    let settings = (1i64..8, 1i64..4, prop::option::of(1i64..4), prop::option::of(1i64..4));
    let modes = (any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>());
    (settings, modes).prop_map(
        |((limit, exclusive, per_category, exclusive_per_category), (all, sorted, last, skip))| {
            rules(json!({
                "applicable_redeemables_limit": limit,
                "applicable_exclusive_redeemables_limit": exclusive,
                "applicable_redeemables_per_category_limit": per_category,
                "applicable_exclusive_redeemables_per_category_limit": exclusive_per_category,
                "redeemables_application_mode": if all { "ALL" } else { "PARTIAL" },
                "redeemables_sorting_rule": if sorted { "CATEGORY_HIERARCHY" } else { "REQUESTED_ORDER" },
                "grouped_redeemables_sorting_rule": if last { "JOINT_ALWAYS_LAST" } else { "SORTING_RULE" },
                "redeemables_no_effect_rule": if skip { "SKIP" } else { "REDEEM_ANYWAY" },
            }))
        },
    )
}

fn any_given() -> impl Strategy<Value = Vec<Given>> {
    let category = prop::option::of(prop::sample::select(&CATEGORIES[..]));
    let bounds = prop_oneof![4 => Just((0, i64::MAX)), 1 => (0i64..100, 0i64..100), 1 => Just((i64::MAX, 0))];
    let one = (category, 0i64..60, bounds).prop_map(|(category, amount, (at_least, at_most))| {
        let mut given = Given::read(&format!("x:{}", category.map_or("", |(id, _)| id)));
        (given.amount, given.at_least, given.at_most) = (amount, at_least, at_most);
        given
    });
    prop::collection::vec(one, 0..12).prop_map(|mut all| {
        for (place, given) in all.iter_mut().enumerate() {
            given.name = place.to_string();
        }
        all
    })
}

fn run(rules: &StackingRules, given: &[Given]) -> Vec<Entry<i64, ()>> {
    walked(rules, given, &mut Trace::off())
}

fn applied(entries: &[Entry<i64, ()>]) -> Vec<usize> {
    let is_applied = |entry: &&Entry<i64, ()>| matches!(entry.status, Status::Applicable(_));
    entries.iter().filter(is_applied).map(|entry| entry.candidate).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn everybody_has_one_turn_and_the_same_question_the_same_answer(rules in any_rules(), given in any_given()) {
        let entries = run(&rules, &given);
        let mut places: Vec<usize> = entries.iter().map(|entry| entry.candidate).collect();
        places.sort_unstable();
        prop_assert_eq!(places, (0..given.len()).collect::<Vec<_>>());
        prop_assert_eq!(&entries, &run(&rules, &given));
        // Somebody watching makes no difference.
        prop_assert_eq!(&entries, &walked(&rules, &given, &mut Trace::on()));
    }

    #[test]
    fn no_limit_is_exceeded_and_exclusive_ones_never_go_with_common_ones(rules in any_rules(), given in any_given()) {
        let applied = applied(&run(&rules, &given));
        let category = |place: &usize| given[*place].category.as_ref().map(|category| &category.id);
        let count = |test: &dyn Fn(&usize) -> bool| applied.iter().filter(|place| test(place)).count() as i64;
        let exclusive = |place: &usize| rules.type_of(category(place)) == Some(guerdon_model::category::StackingRulesType::Exclusive);
        let common = |place: &usize| rules.type_of(category(place)).is_none();
        prop_assert!(count(&|_| true) <= rules.applicable_redeemables_limit);
        prop_assert!(count(&exclusive) <= rules.applicable_exclusive_redeemables_limit);
        prop_assert!(count(&exclusive) == 0 || count(&common) == 0);
        for (id, _) in CATEGORIES {
            let id = id.into();
            let of_category = count(&|place| category(place) == Some(&id));
            prop_assert!(rules.category_limit(&id).is_none_or(|most| of_category <= most));
        }
    }

    #[test]
    fn the_order_of_categories_in_settings_does_not_matter(rules in any_rules(), given in any_given()) {
        let mut reversed = rules.clone();
        reversed.exclusive_categories.reverse();
        reversed.joint_categories.reverse();
        prop_assert_eq!(run(&rules, &given), run(&reversed, &given));
    }

    #[test]
    fn what_is_wholly_valid_comes_out_the_same_in_part(rules in any_rules(), given in any_given()) {
        let all = StackingRules { redeemables_application_mode: ApplicationMode::All, ..rules.clone() };
        let partial = StackingRules { redeemables_application_mode: ApplicationMode::Partial, ..rules };
        let entries = run(&all, &given);
        if !entries.iter().any(|entry| matches!(entry.status, Status::Inapplicable(()))) {
            prop_assert_eq!(entries, run(&partial, &given));
        }
    }

    #[test]
    fn one_more_that_cannot_be_applied_changes_nothing_for_others_in_part(
        rules in any_rules(),
        given in any_given(),
        category in prop::option::of(prop::sample::select(&CATEGORIES[..])),
        place in any::<prop::sample::Index>(),
    ) {
        let rules = StackingRules { redeemables_application_mode: ApplicationMode::Partial, ..rules };
        let mut more = given.clone();
        let place = place.index(given.len() + 1);
        more.insert(place, Given::read(&format!("new:{} !", category.map_or("", |(id, _)| id))));
        let entries = run(&rules, &more);
        let others: Vec<Entry<i64, ()>> = entries.into_iter().filter(|entry| entry.candidate != place).collect();
        prop_assert_eq!(summary(&more, &others), summary(&given, &run(&rules, &given)));
    }
}
