use serde_json::{Value, json};

use super::*;
use crate::{error::Dialect, payload};

fn input(json: Value) -> Result<StackingRulesInput, Error> {
    payload::from_value(json)
}

fn created(json: Value) -> Result<StackingRules, String> {
    let rules = input(json).and_then(|input| input.create("stk_1".into(), Timestamp::default()));
    rules.map_err(|error| error.describe(Dialect::Must).details.unwrap_or_default())
}

#[test]
fn the_management_api_shows_everything_and_answers_what_is_set() {
    let public = json!({
        "redeemables_limit": 30,
        "applicable_redeemables_limit": 5,
        "applicable_redeemables_category_limits": {},
        "applicable_exclusive_redeemables_limit": 1,
        "exclusive_categories": [],
        "joint_categories": [],
        "redeemables_application_mode": "ALL",
        "redeemables_sorting_rule": "REQUESTED_ORDER",
        "redeemables_no_effect_rule": "REDEEM_ANYWAY",
        "no_effect_skip_categories": [],
        "no_effect_redeem_anyway_categories": [],
        "redeemables_products_application_mode": "STACK",
        "redeemables_rollback_order_mode": "WITH_ORDER",
        "grouped_redeemables_sorting_rule": "JOINT_ALWAYS_LAST",
    });
    let managed = json!({
        "applicable_redeemables_per_category_limit": null,
        "applicable_exclusive_redeemables_per_category_limit": null,
        "discount_calculation_mode": "DISCOUNTED_AMOUNT",
        "initial_amount_mode_categories": [],
        "discounted_amount_mode_categories": [],
    });
    let with = |a: &Value, b: Value| {
        let (mut a, b) = (a.as_object().cloned().expect("an object"), b.as_object().cloned().expect("an object"));
        a.extend(b);
        Value::Object(a)
    };
    let default = StackingRules::default();
    assert_eq!(json!(PublicStackingRules::from(&default)), public);
    assert_eq!(json!(default), with(&public, managed.clone()));

    let limits = json!({"applicable_redeemables_per_category_limit": 2});
    let rules = created(limits.clone()).expect("accepted");
    assert_eq!(json!(PublicStackingRules::from(&rules)), with(&public, limits.clone()));
    let made = json!({"id": "stk_1", "created_at": "1970-01-01T00:00:00.000Z"});
    let shown = with(&with(&with(&public, managed), limits), made);
    assert_eq!(json!(rules), shown);
    assert_eq!(serde_json::from_value::<StackingRules>(shown).expect("stored"), rules);
}

#[test]
fn settings_that_an_older_version_did_not_know_are_the_defaults() {
    let stored: StackingRules = serde_json::from_value(json!({"redeemables_limit": 3})).expect("rules");
    assert_eq!(stored, StackingRules { redeemables_limit: 3, ..StackingRules::default() });
}

#[test]
fn an_update_changes_what_is_sent_and_null_sets_the_default() {
    let mut rules = created(json!({
        "redeemables_limit": 10, "applicable_redeemables_limit": 10, "joint_categories": ["cat_1", "cat_2"],
        "applicable_redeemables_per_category_limit": 3, "redeemables_application_mode": "PARTIAL",
    }))
    .expect("accepted");
    let update = json!({"joint_categories": ["cat_3"], "applicable_redeemables_per_category_limit": null,
                        "redeemables_application_mode": null, "applicable_redeemables_category_limits": {"cat_1": 30}});
    input(update).and_then(|input| input.apply_to(&mut rules)).expect("accepted");
    assert_eq!(
        rules,
        StackingRules {
            id: Some("stk_1".into()),
            created_at: Some(Timestamp::default()),
            redeemables_limit: 10,
            applicable_redeemables_limit: 10,
            joint_categories: vec!["cat_3".into()],
            applicable_redeemables_category_limits: [("cat_1".into(), 30)].into(),
            ..StackingRules::default()
        }
    );
}

#[test]
fn what_makes_no_sense_is_refused_by_place() {
    for (sent, details) in [
        (json!({"redeemables_limit": 31}), ".redeemables_limit must be <= 30"),
        (json!({"redeemables_limit": 0}), ".redeemables_limit must be >= 1"),
        (json!({"redeemables_limit": "5"}), ".redeemables_limit must be integer,null"),
        (json!({"redeemables_limit": 1.5}), ".redeemables_limit must be integer,null"),
        (json!({"applicable_redeemables_limit": 31}), ".applicable_redeemables_limit must be <= 30"),
        (
            json!({"redeemables_limit": 4, "applicable_redeemables_limit": 5}),
            ".applicable_redeemables_limit must be <= 4",
        ),
        (
            json!({"applicable_redeemables_per_category_limit": 0}),
            ".applicable_redeemables_per_category_limit must be >= 1",
        ),
        (json!({"applicable_exclusive_redeemables_limit": 6}), ".applicable_exclusive_redeemables_limit must be <= 5"),
        (
            json!({"applicable_exclusive_redeemables_per_category_limit": 31}),
            ".applicable_exclusive_redeemables_per_category_limit must be <= 30",
        ),
        (
            json!({"applicable_redeemables_category_limits": {"cat_1": 31}}),
            ".applicable_redeemables_category_limits.cat_1 must be <= 30",
        ),
        (
            json!({"applicable_redeemables_category_limits": []}),
            ".applicable_redeemables_category_limits must be object,null",
        ),
        (json!({"joint_categories": "cat_1"}), ".joint_categories must be array,null"),
        (json!({"joint_categories": [1]}), ".joint_categories.0 must be string"),
        (
            json!({"redeemables_application_mode": "SOME"}),
            ".redeemables_application_mode must be equal to one of the allowed values [ ALL, PARTIAL ]",
        ),
        (
            json!({"no_effect_skip_categories": ["cat_1"], "no_effect_redeem_anyway_categories": ["cat_2", "cat_1"]}),
            ".no_effect_redeem_anyway_categories.1 cannot be in no_effect_skip_categories, too",
        ),
    ] {
        assert_eq!(created(sent.clone()), Err(format!("Property {details}")), "{sent}");
    }
}

#[test]
fn a_lower_limit_of_requests_needs_no_other_change() {
    let rules = created(json!({"redeemables_limit": 3})).expect("accepted");
    assert_eq!((rules.redeemables_limit, rules.applicable_redeemables_limit), (3, 5));
    assert_eq!(rules.admit(3), Ok(()));
    let refused = rules.admit(4).expect_err("too many").describe(Dialect::Should);
    assert_eq!(refused.key, Some("invalid_redeemables"));
}

#[test]
fn a_refused_update_changes_nothing() {
    let mut rules = StackingRules::default();
    let update = input(json!({"redeemables_limit": 3, "applicable_exclusive_redeemables_limit": 9})).expect("a body");
    assert!(update.apply_to(&mut rules).is_err());
    assert_eq!(rules, StackingRules::default());
}

#[test]
fn categories_override_what_counts_for_all() {
    use DiscountCalculationMode::*;
    let category = |id: &str| CategoryId::from(id);
    let rules = StackingRules {
        applicable_redeemables_per_category_limit: Some(2),
        applicable_redeemables_category_limits: [(category("cat_a"), 7)].into(),
        exclusive_categories: vec![category("cat_a"), category("cat_both")],
        joint_categories: vec![category("cat_b"), category("cat_both")],
        redeemables_no_effect_rule: NoEffectRule::Skip,
        no_effect_redeem_anyway_categories: vec![category("cat_a")],
        discount_calculation_mode: InitialAmount,
        discounted_amount_mode_categories: vec![category("cat_b")],
        ..StackingRules::default()
    };
    for (id, stacking_type, limit, no_effect, mode) in [
        ("cat_a", Some(StackingRulesType::Exclusive), 7, NoEffectRule::RedeemAnyway, InitialAmount),
        ("cat_b", Some(StackingRulesType::Joint), 2, NoEffectRule::Skip, DiscountedAmount),
        ("cat_c", None, 2, NoEffectRule::Skip, InitialAmount),
        ("cat_both", Some(StackingRulesType::Exclusive), 2, NoEffectRule::Skip, InitialAmount),
    ] {
        let id = category(id);
        assert_eq!(rules.type_of(Some(&id)), stacking_type, "{id}");
        assert_eq!(rules.category_limit(&id), Some(limit), "{id}");
        assert_eq!(rules.no_effect_rule(Some(&id)), no_effect, "{id}");
        assert_eq!(rules.calculation_mode(Some(&id)), mode, "{id}");
    }
    assert_eq!(rules.no_effect_rule(None), NoEffectRule::Skip);
    assert_eq!(rules.calculation_mode(None), InitialAmount);
    assert_eq!(rules.type_of(None), None);
}

#[test]
fn a_category_that_is_deleted_can_be_taken_out_of_every_setting() {
    let mut rules = created(json!({
        "exclusive_categories": ["cat_1", "cat_2"], "joint_categories": ["cat_1"], "no_effect_skip_categories": ["cat_1"],
        "initial_amount_mode_categories": ["cat_1"], "applicable_redeemables_category_limits": {"cat_1": 1, "cat_2": 2},
    }))
    .expect("accepted");
    let category = CategoryId::from("cat_1");
    assert!(rules.names(&category));
    rules.forget(&category);
    assert!(!rules.names(&category));
    assert_eq!(rules.exclusive_categories, ["cat_2".into()]);
    assert_eq!(rules.applicable_redeemables_category_limits.len(), 1);
}
