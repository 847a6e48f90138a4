//! What holds for every rule and every request.

use guerdon_model::validation_rule::{BundleRules, RuleName, RuleOperator, Rules};
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::world::{World, leaf, rule, set, single, word};
use crate::{
    rules::{AmountOf, Necessity, RuleSet, Scope, Stage, Verdict},
    trace::{Outcome, Trace},
};

const SCOPES: [Scope; 7] = Scope::ALL;

/// Few enough values that they often meet.
fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => prop::sample::select(vec!["a", "b", "P", "Q", "S", "C", "5", "10", "true", "2026-03-07", "2026-03-10T12:00:00Z"])
            .prop_map(Value::from),
        4 => (-1i64..12).prop_map(Value::from),
        1 => prop::sample::select(vec![0.5, 9.5, 1e300, -1e300]).prop_map(Value::from),
        1 => any::<bool>().prop_map(Value::from),
        1 => Just(Value::Null),
        1 => any::<i64>().prop_map(Value::from),
        1 => ".{0,4}".prop_map(Value::from),
    ]
}

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![4 => scalar(), 1 => prop::collection::vec(scalar(), 0..3).prop_map(Value::from)]
}

fn item() -> impl Strategy<Value = Value> {
    let object = prop::sample::select(vec!["product", "sku", "products_collection"]);
    let id = prop::sample::select(vec!["P", "Q", "S", "C", "pc_a11pr0dUc75"]);
    (object, id).prop_map(|(object, id)| json!({"object": object, "id": id}))
}

fn operands() -> impl Strategy<Value = Value> {
    prop_oneof![
        4 => prop::collection::vec(scalar(), 0..3).prop_map(Value::from),
        3 => prop::collection::vec(item(), 1..3).prop_map(Value::from),
        1 => prop::sample::select(vec!["2026-01-01;P1D;PT12H", "2026-01-01;2026-04-01", "08:00;13:00;2", ";;"])
            .prop_map(|text| json!([text])),
        1 => value(),
    ]
}

fn some_leaf(depth: u32) -> BoxedStrategy<Value> {
    let name = prop::sample::select(RuleName::ALL).prop_map(RuleName::name);
    // The operators that index conditions are derived from are asked more often.
    let likely = prop::sample::select(vec!["$is", "$in", "$more_than", "$less_than_or_equal", "$from"]);
    let operator = prop_oneof![2 => likely, 1 => prop::sample::select(RuleOperator::ALL).prop_map(RuleOperator::name)];
    let conditions = prop::collection::vec((operator, operands()), 1..3);
    let rules = if depth == 0 {
        Just(json!({})).boxed()
    } else {
        prop_oneof![2 => Just(json!({})), 1 => tree(depth - 1)].boxed()
    };
    let message = prop::option::of("[a-c]");
    (name, conditions, rules, message)
        .prop_map(|(name, conditions, rules, message)| {
            let conditions: Map<String, Value> =
                conditions.into_iter().map(|(operator, operands)| (operator.to_owned(), operands)).collect();
            let mut leaf = json!({"name": name, "property": "x", "conditions": conditions, "rules": rules});
            if let Some(message) = message {
                leaf["error"] = json!({"message": message});
            }
            leaf
        })
        .boxed()
}

/// An expression, so that a test can evaluate it for itself.
#[derive(Debug, Clone)]
enum Expression {
    Leaf(usize),
    Join(bool, Vec<Expression>),
}

impl Expression {
    fn written(&self) -> String {
        match self {
            Expression::Leaf(leaf) => format!("k{leaf}"),
            Expression::Join(is_and, operands) => {
                let operands: Vec<String> = operands.iter().map(|operand| format!("({})", operand.written())).collect();
                operands.join(if *is_and { " and " } else { " or " })
            }
        }
    }

    fn value(&self, leaves: &dyn Fn(usize) -> bool) -> bool {
        match self {
            Expression::Leaf(leaf) => leaves(*leaf),
            Expression::Join(true, operands) => operands.iter().all(|operand| operand.value(leaves)),
            Expression::Join(false, operands) => operands.iter().any(|operand| operand.value(leaves)),
        }
    }

    /// The leaves that, by being false, make the expression false, from left to right.
    fn culprits(&self, leaves: &dyn Fn(usize) -> bool) -> Vec<usize> {
        match self {
            _ if self.value(leaves) => Vec::new(),
            Expression::Leaf(leaf) => vec![*leaf],
            Expression::Join(_, operands) => operands.iter().flat_map(|operand| operand.culprits(leaves)).collect(),
        }
    }
}

fn expression(leaves: usize) -> impl Strategy<Value = Expression> {
    let leaf = (0..leaves).prop_map(Expression::Leaf);
    leaf.prop_recursive(3, 12, 3, |inner| {
        (any::<bool>(), prop::collection::vec(inner, 1..4))
            .prop_map(|(is_and, operands)| Expression::Join(is_and, operands))
    })
}

fn tree(depth: u32) -> BoxedStrategy<Value> {
    prop::collection::vec(some_leaf(depth), 1..5)
        .prop_flat_map(|leaves| (expression(leaves.len()), Just(leaves)))
        .prop_map(|(expression, leaves)| tree_of(&leaves, &expression.written()))
        .boxed()
}

fn tree_of(leaves: &[Value], logic: &str) -> Value {
    let mut tree: Map<String, Value> =
        leaves.iter().enumerate().map(|(place, leaf)| (format!("k{place}"), leaf.clone())).collect();
    tree.insert("logic".into(), logic.into());
    tree.into()
}

fn metadata() -> impl Strategy<Value = Value> {
    prop_oneof![Just(json!({})), value().prop_map(|value| json!({"x": value}))]
}

fn line() -> impl Strategy<Value = Value> {
    let id = |ids: Vec<&'static str>| prop::option::of(prop::sample::select(ids));
    let money = || prop::option::of(-1i64..12);
    (id(vec!["P", "Q"]), id(vec!["S"]), money(), money(), 0i64..4, metadata(), metadata(), any::<bool>()).prop_map(
        |(product, sku, price, amount, quantity, metadata, product_metadata, is_member)| {
            json!({"product": product, "sku": sku, "price": price, "amount": amount, "quantity": quantity,
                "metadata": metadata, "product_metadata": product_metadata,
                "collections": if is_member { json!(["C"]) } else { json!([]) }})
        },
    )
}

fn world() -> impl Strategy<Value = Value> {
    let customer = (prop::collection::vec("[ab]", 0..2), prop::collection::vec("[ab]", 0..2), metadata(), any::<bool>())
        .prop_map(|(segments, tiers, metadata, holder)| {
            json!({"segments": segments, "tiers": tiers, "metadata": metadata, "holder": holder})
        });
    let order = (prop::option::of(-1i64..12), 0i64..3, metadata(), prop::collection::vec(line(), 0..3)).prop_map(
        |(amount, discount, metadata, items)| {
            json!({"amount": amount, "discount": discount, "applied": discount, "metadata": metadata, "items": items})
        },
    );
    let counters = prop::collection::vec(0i64..12, 3).prop_map(|counts| {
        json!({"campaign.redemptions.count": counts[0], "redemption.count.per_customer": counts[1],
            "campaign.orders.amount_discounted": counts[2]})
    });
    let zone = prop::sample::select(vec!["UTC", "Europe/Warsaw", "Pacific/Kiritimati"]);
    (prop::option::of(customer), prop::option::of(order), metadata(), counters, zone, prop::option::of("[ab]"))
        .prop_map(|(customer, order, metadata, counters, zone, user)| {
            json!({"now": "2026-03-10T12:00:00Z", "zone": zone, "customer": customer, "order": order,
                "metadata": metadata, "counters": counters, "user": user})
        })
}

/// Values that are equal in more than one way.
fn tricky_value() -> impl Strategy<Value = Value> {
    let values = vec![
        json!("a"),
        json!("b"),
        json!(5),
        json!("5"),
        json!("5.0"),
        json!(true),
        json!("true"),
        json!("2026-03-10"),
        json!("2026-03-10T12:00:00Z"),
        json!("2026-03-10T13:00:00+01:00"),
    ];
    prop::sample::select(values)
}

/// Leaves that conditions for an index are derived from.
fn indexed_leaf() -> impl Strategy<Value = Value> {
    let is = prop::sample::select(vec!["$is", "$in", "$is_not", "$not_in"]);
    let owner = prop::sample::select(vec!["customer.metadata", "order.metadata", "redemption.metadata"]);
    let metadata = (owner, is.clone(), prop::collection::vec(tricky_value(), 1..3)).prop_map(
        |(name, operator, operands)| json!({"name": name, "property": "x", "conditions": {operator: operands}}),
    );
    let segment = (is, prop::collection::vec("[abc]", 1..3))
        .prop_map(|(operator, segments)| leaf("customer.segment", operator, json!(segments)));
    let amount = (
        prop::sample::select(vec!["order.amount", "order.initial_amount"]),
        prop::sample::select(vec!["$more_than", "$more_than_or_equal", "$less_than", "$less_than_or_equal", "$is"]),
        prop_oneof![(0i64..6).prop_map(Value::from), Just(json!(2.5)), Just(json!("3"))],
    );
    let amount = amount.prop_map(|(name, operator, operand)| leaf(name, operator, json!([operand])));
    let kind = prop::sample::select(vec!["any", "every", "none", "cheapest", "most_expensive"]);
    let items =
        (kind, prop::collection::vec(item(), 1..3), prop::option::of(item())).prop_map(|(kind, items, from)| {
            let mut leaf = leaf(&format!("order.items.{kind}"), "$is", json!(items));
            if let Some(from) = from {
                leaf["conditions"]["$from"] = json!([from]);
            }
            leaf
        });
    prop_oneof![metadata, segment, amount, items]
}

fn indexed_tree() -> impl Strategy<Value = Value> {
    prop::collection::vec(indexed_leaf(), 1..4)
        .prop_flat_map(|leaves| (expression(leaves.len()), Just(leaves)))
        .prop_map(|(expression, leaves)| tree_of(&leaves, &expression.written()))
}

/// A request in which nothing is missing.
fn plain_world() -> impl Strategy<Value = Value> {
    let metadata = || prop_oneof![tricky_value(), prop::collection::vec(tricky_value(), 0..3).prop_map(Value::from)];
    let facts = (metadata(), metadata(), metadata(), "[abc]", 0i64..6);
    (facts, prop::collection::vec(line(), 1..3)).prop_map(|((customer, order, redemption, segment, amount), items)| {
        json!({
            "now": "2026-03-10T12:00:00Z", "metadata": {"x": redemption},
            "customer": {"metadata": {"x": customer}, "segments": [segment]},
            "order": {"metadata": {"x": order}, "amount": amount, "items": items},
        })
    })
}

/// JSON that is hardly a rule.
fn any_json() -> impl Strategy<Value = Value> {
    let key = prop_oneof![
        prop::sample::select(vec![
            "logic",
            "name",
            "property",
            "conditions",
            "rules",
            "error",
            "message",
            "1",
            "limit",
            "$is"
        ]),
        Just("order.items.any"),
    ];
    let leaf = prop_oneof![scalar(), item(), prop::sample::select(RuleName::ALL).prop_map(|name| name.name().into())];
    leaf.prop_recursive(6, 40, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..5).prop_map(|entries| Value::Object(
                entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
            )),
        ]
    })
}

fn object(json: Value) -> Map<String, Value> {
    match json {
        Value::Object(map) => map,
        other => Map::from_iter([("1".to_owned(), other)]),
    }
}

/// Evaluates in every way there is.
fn evaluate_all(set: &RuleSet, world: &World) {
    for scope in SCOPES {
        world.seen(scope, |situation| {
            set.evaluate(situation, &mut Trace::on());
            set.bundle(situation);
            set.necessary(scope).iter().for_each(|necessity| {
                necessity.holds(situation);
            });
            if let Stage::Open(open) = set.before_discount(situation, &mut Trace::on()) {
                open.after_discount(situation, &world.amounts(), &mut Trace::on());
            }
        });
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn any_json_is_compiled_or_refused_and_then_evaluated(json in any_json(), bundle in any_json(), world in world()) {
        let mut rule = rule(json!({}));
        rule.rules = Rules::from(object(json));
        rule.bundle_rules = BundleRules::from(object(bundle));
        let is_accepted = rule.rules.check().is_ok();
        match RuleSet::compile(&rule) {
            Ok(set) => evaluate_all(&set, &World::new(world)),
            Err(_) => prop_assert!(!is_accepted, "what was accepted can be compiled"),
        }
    }

    #[test]
    fn any_rule_is_evaluated_against_any_request(tree in tree(2), world in world()) {
        prop_assert!(Rules::from(object(tree.clone())).check().is_ok(), "{tree}");
        evaluate_all(&set(tree), &World::new(world));
    }

    #[test]
    fn a_verdict_is_what_its_leaves_say(
        (leaves, expression) in prop::collection::vec(some_leaf(1), 1..5)
            .prop_flat_map(|leaves| (Just(leaves.clone()), expression(leaves.len()))),
        world in world(),
        scope in prop::sample::select(SCOPES.to_vec()),
    ) {
        let world = World::new(world);
        let alone: Vec<String> = leaves.iter().map(|leaf| world.verdict(&single(leaf.clone()), scope)).collect();
        let holds = |leaf: usize| alone[leaf] == "satisfied";
        let culprits = expression.culprits(&holds);
        let missing = culprits.iter().find(|leaf| alone[**leaf].starts_with("missing_"));
        let expected = match (culprits.first(), missing) {
            (None, _) => "satisfied".to_owned(),
            (_, Some(leaf)) => alone[*leaf].clone(),
            (Some(leaf), None) => alone[*leaf].replacen('1', &format!("k{leaf}"), 1),
        };
        let set = set(tree_of(&leaves, &expression.written()));
        prop_assert_eq!(world.verdict(&set, scope), expected, "{}", expression.written());
    }

    #[test]
    fn a_trace_comes_to_the_verdict_that_it_explains(
        tree in tree(1), world in world(), scope in prop::sample::select(SCOPES.to_vec()),
    ) {
        let set = set(tree);
        let mut trace = Trace::on();
        let world = World::new(world);
        let verdict = world.seen(scope, |situation| word(set.evaluate(situation, &mut trace)));
        prop_assert_eq!(&verdict, &world.verdict(&set, scope), "tracing changes nothing");
        let nodes = trace.into_nodes();
        let root = nodes.first().expect("a rule set");
        let expected = match verdict.as_str() {
            "satisfied" => Outcome::Satisfied,
            missing if missing.starts_with("missing_") => Outcome::Missing,
            _ => Outcome::Violated,
        };
        prop_assert_eq!(root.outcome, expected);
        let derived = root.nodes.first().map_or(Outcome::Satisfied, |logic| logic.outcome);
        let derived = if derived == Outcome::NotNeeded { Outcome::Satisfied } else { derived };
        prop_assert_eq!(derived, expected, "{:?}", root);
    }

    #[test]
    fn two_phases_come_to_the_same_as_one(tree in tree(1), world in world(), scope in prop::sample::select(SCOPES.to_vec())) {
        let (set, world) = (set(tree), World::new(world));
        let (at_once, in_phases) = world.seen(scope, |situation| {
            let in_phases = match set.before_discount(situation, &mut Trace::off()) {
                Stage::Decided(verdict) => word(verdict),
                Stage::Open(open) => word(open.after_discount(situation, &world.amounts(), &mut Trace::off())),
            };
            (set.evaluate(situation, &mut Trace::off()), in_phases)
        });
        // Before the discount is known, a leaf that waits for it is not to blame.
        let is_same = word(at_once) == in_phases;
        let is_refused = at_once != Verdict::Satisfied && in_phases != "satisfied";
        prop_assert!(is_same || (set.needs_discount && is_refused), "{} {in_phases}", word(at_once));
    }

    #[test]
    fn what_is_necessary_holds_whenever_a_rule_set_is_satisfied(
        trees in prop::collection::vec(prop_oneof![1 => tree(1), 3 => indexed_tree()], 12),
        worlds in prop::collection::vec(prop_oneof![1 => world(), 3 => plain_world()], 4),
        scope in prop::sample::select(SCOPES.to_vec()),
    ) {
        let sets: Vec<RuleSet> = trees.into_iter().map(set).collect();
        for world in &worlds {
            let world = World::new(world.clone());
            for set in &sets {
                world.seen(scope, |situation| {
                    if set.evaluate(situation, &mut Trace::off()) == Verdict::Satisfied {
                        for necessity in set.necessary(scope) {
                            prop_assert!(necessity.holds(situation), "{necessity:?} of {set:?}");
                        }
                    }
                    Ok(())
                })?;
            }
        }
    }

    #[test]
    fn a_bundle_uses_no_unit_twice(
        parts in prop::collection::vec((item(), 1i64..4), 1..4), limit in 1i64..6,
        lines in prop::collection::vec(line(), 0..4),
    ) {
        let parts = parts.into_iter().enumerate().map(|(place, (item, quantity))| {
            let mut part = leaf("order.items.any", "$is", json!([item]));
            part["rules"] = json!({"1": leaf("order.items.aggregated_quantity", "$is", json!([quantity]))});
            (place.to_string(), part, quantity)
        });
        let parts: Vec<_> = parts.collect();
        let needed: i64 = parts.iter().map(|(_, _, quantity)| quantity).sum();
        let mut rules: Map<String, Value> = parts.into_iter().map(|(key, part, _)| (key, part)).collect();
        rules.insert("limit".into(), limit.into());
        let set = RuleSet::compile(&rule(json!({"bundle_rules": rules}))).expect("sound");
        let world = World::new(json!({"order": {"items": lines}}));
        let result = world.seen(Scope::Full, |situation| set.bundle(situation)).expect("a bundle");
        let identified: i64 = result.identified.iter().map(|item| item.item_quantity).sum();
        let missing: i64 = result.missing.iter().map(|item| item.item_quantity).sum();
        prop_assert!((0..=limit).contains(&result.quantity));
        prop_assert_eq!(identified + missing, needed * result.quantity.max(1));
        for (line, amounts) in world.amounts().lines.iter().enumerate() {
            let of_line = result.identified.iter().filter(|item| item.item_index == line);
            prop_assert!(of_line.map(|item| item.item_quantity).sum::<i64>() <= amounts.quantity);
        }
    }
}

#[test]
fn necessary_conditions_say_what_all_alternatives_share() {
    let metadata =
        |operands: Value| json!({"name": "order.metadata", "property": "x", "conditions": {"$in": operands}});
    let set = set(json!({
        "1": leaf("order.amount", "$more_than", json!([100])),
        "2": leaf("order.amount", "$more_than_or_equal", json!([50])),
        "3": metadata(json!(["a", 5])),
        "4": metadata(json!(["b"])),
        "5": leaf("order.amount", "$less_than", json!(["99.5"])),
        "6": leaf("product.id", "$is", json!([{"id": "P"}])),
        "7": leaf("customer.segment", "$is_not", json!(["s"])),
        "8": leaf("order.weight", "$is", json!([1])),
        "logic": "((1 and 3) or (2 and 4 and 6)) and (5 and 7 or 8)",
    }));
    let shown: Vec<String> = set.necessary(Scope::Full).iter().map(|necessity| format!("{necessity:?}")).collect();
    assert_eq!(
        shown,
        [
            "Amount { of: Current, at_least: Some(50), at_most: None }".to_owned(),
            "Metadata { owner: Order, property: \"x\", values: {\"5\", \"a\", \"b\"} }".to_owned(),
            "Amount { of: Current, at_least: None, at_most: Some(99) }".to_owned(),
        ]
    );
    let amounts_are_ignored = set.necessary(Scope::Qualification);
    assert_eq!(amounts_are_ignored.len(), 1);

    let mut between = leaf("order.amount", "$less_than", json!([200]));
    between["conditions"]["$more_than"] = json!([50]);
    let set = super::world::set(json!({
        "1": leaf("order.amount", "$more_than_or_equal", json!([100])), "2": between,
        "3": leaf("order.amount", "$is", json!([300])), "logic": "(1 or 2) and (2 or 3)",
    }));
    let amount = |at_least, at_most| Necessity::Amount { of: AmountOf::Current, at_least, at_most };
    assert_eq!(set.necessary(Scope::Full), [amount(Some(51), None), amount(None, Some(300)), amount(Some(51), None)]);
}
