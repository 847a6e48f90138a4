use std::{cell::Cell, sync::Arc};

use guerdon_model::validity::TimeLimits;
use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::*;
use crate::{
    cart::Line,
    facts::{Collections, Customer, Facts, Segments},
    rules::{
        Stage, Verdict,
        tests::world::{World, leaf, rule},
    },
};

const SEGMENTS: [&str; 4] = ["seg_a", "seg_b", "seg_c", "5"];
const COLLECTIONS: [&str; 3] = ["pc_a", "pc_b", "pc_a11pr0dUc75"];

/// A promotion with rules of these fields.
fn promotion(rules: &[Value], limits: &Value) -> Promotion {
    let compiled = rules.iter().map(|fields| RuleSet::compile(&rule(fields.clone())).expect("a sound rule"));
    let limits: TimeLimits = serde_json::from_value(limits.clone()).expect("time limits");
    Promotion { rules: compiled.map(Arc::new).collect(), limits: Limits::compile(&limits) }
}

/// The leaves of a rule and how they are joined.
fn tree(leaves: Vec<Value>, logic: &str) -> Value {
    let keys = (1..).map(|key: usize| key.to_string());
    let mut tree: Map<String, Value> = keys.zip(leaves).collect();
    tree.insert("logic".into(), logic.into());
    tree.into()
}

fn all_of(leaves: Vec<Value>) -> Promotion {
    let logic: Vec<String> = (1..=leaves.len()).map(|key| key.to_string()).collect();
    promotion(&[json!({"rules": tree(leaves, &logic.join(" and "))})], &json!({}))
}

fn product(id: &str) -> Value {
    json!({"id": id, "object": "product"})
}

/// Whether the promotion applies, or may once its discount is known.
fn may_apply(promotion: &Promotion, situation: &Situation<'_>) -> bool {
    let is_satisfied = |rules: &RuleSet| match rules.before_discount(situation, &mut Trace::off()) {
        Stage::Open(_) => true,
        Stage::Decided(verdict) => verdict == Verdict::Satisfied,
    };
    let has_bundle = |rules: &RuleSet| {
        rules.bundle(situation).is_none_or(|bundle| bundle.is_complete() || !situation.scope.needs_bundle())
    };
    is_in_time(promotion, situation) && promotion.rules.iter().all(|rules| is_satisfied(rules) && has_bundle(rules))
}

fn is_in_time(promotion: &Promotion, situation: &Situation<'_>) -> bool {
    promotion.limits.check(situation.facts.now, situation.facts.calendar, &mut Trace::off()).is_ok()
}

/// Says all at once what another says one by one.
struct AtOnce<'a>(Option<&'a dyn Segments>, &'a dyn Collections);

impl Segments for AtOnce<'_> {
    fn contains(&self, segment: &str) -> bool {
        self.0.is_some_and(|segments| segments.contains(segment))
    }

    fn all(&self) -> Option<Box<dyn Iterator<Item = &str> + '_>> {
        Some(Box::new(SEGMENTS.into_iter().filter(|segment| Segments::contains(self, segment))))
    }
}

impl Collections for AtOnce<'_> {
    fn contains(&self, collection: &str, line: &Line) -> bool {
        self.1.contains(collection, line)
    }

    fn all(&self, line: &Line) -> Option<Box<dyn Iterator<Item = &str> + '_>> {
        let all = COLLECTIONS.into_iter().filter(|collection| Collections::contains(self, collection, line));
        Some(Box::new(all.collect::<Vec<_>>().into_iter()))
    }
}

fn candidates_at_once(index: &Index, situation: &Situation<'_>) -> Vec<usize> {
    let facts = situation.facts;
    let at_once = AtOnce(facts.customer.map(|customer| customer.segments), facts.collections);
    let customer = facts.customer.map(|customer| Customer { segments: &at_once, ..*customer });
    let facts = Facts { customer: customer.as_ref(), collections: &at_once, ..*facts };
    index.candidates(&Situation { facts: &facts, ..*situation })
}

fn some_of(values: &[Value]) -> impl Strategy<Value = Value> + use<> {
    let values = values.to_vec();
    prop_oneof![
        4 => prop::sample::select(values.clone()).prop_map(|value| json!([value])),
        1 => prop::sample::subsequence(values, 0..4).prop_map(Value::from),
    ]
}

fn any_leaf() -> impl Strategy<Value = Value> {
    let segments = SEGMENTS.map(Value::from);
    let values = ["a", "b", "10", "10.0", "true", "2026-01-02", "2026-01-02T10:00:00Z"].map(Value::from);
    let values = [&values[..], &[json!(10), json!(true), json!(1.5), json!("1.50")]].concat();
    let mut items = COLLECTIONS.map(|id| json!({"id": id, "object": "products_collection"})).to_vec();
    items.extend(["p", "q", "r", "s"].map(product));
    items.extend(["p", "x"].map(|id| json!({"id": id, "object": "sku", "source_id": "q"})));
    let amounts = [json!(-5), json!(0), json!(10), json!(20), json!("20"), json!(10.5), json!(30)];
    prop_oneof![
        (prop::sample::select(vec!["$is", "$in", "$is_not"]), some_of(&segments)).prop_map(|(operator, ids)| leaf(
            "customer.segment",
            operator,
            ids
        )),
        (
            prop::sample::select(vec![
                "order.items.any",
                "order.items.every",
                "order.items.none",
                "order.items.cheapest",
                "product.id",
                "sku.id",
            ]),
            prop::sample::select(vec!["$is", "$is_not"]),
            some_of(&items),
            prop::option::of(some_of(&items)),
        )
            .prop_map(|(name, operator, is, from)| {
                let mut leaf = leaf(name, operator, is);
                from.into_iter().for_each(|from| leaf["conditions"]["$from"] = from);
                leaf
            }),
        (
            prop::sample::select(vec!["customer.metadata", "order.metadata", "redemption.metadata"]),
            prop::sample::select(vec!["k", "l.m"]),
            prop::sample::select(vec!["$is", "$in", "$is_not", "$more_than"]),
            some_of(&values),
        )
            .prop_map(|(name, property, operator, values)| {
                let mut leaf = leaf(name, operator, values);
                leaf["property"] = property.into();
                leaf
            }),
        (
            prop::sample::select(vec![
                "order.amount",
                "order.initial_amount",
                "order.total_amount",
                "order.items.count"
            ]),
            prop::sample::select(vec![
                "$is",
                "$in",
                "$is_not",
                "$less_than",
                "$less_than_or_equal",
                "$more_than",
                "$more_than_or_equal"
            ]),
            some_of(&amounts),
        )
            .prop_map(|(name, operator, amounts)| leaf(name, operator, amounts)),
        Just(leaf("order.weather", "$is", json!(["fine"]))),
    ]
}

fn any_tree() -> impl Strategy<Value = Value> {
    const LOGICS: [&[&str]; 5] = [
        &[""],
        &["1", "1"],
        &["1 and 2", "1 and 2", "1 or 2"],
        &["1 and 2 and 3", "1 and (2 or 3)", "(1 and 2) or 3", "1 or 2 or 3"],
        &["1 and 2 and 3 and 4", "(1 and 2) or (3 and 4)", "(1 or 2) and (3 or 4)"],
    ];
    let logics = LOGICS.iter().flat_map(|logics| logics.iter().map(|logic| (*logic).to_owned())).collect::<Vec<_>>();
    (prop::collection::vec(any_leaf(), 4), prop::sample::select(logics))
        .prop_map(|(leaves, logic)| tree(leaves, &logic))
}

fn any_bundle() -> impl Strategy<Value = Value> {
    let part = |id: &str| {
        let quantity = json!({"1": leaf("order.items.aggregated_quantity", "$is", json!([1])), "logic": "1"});
        json!({"name": "order.items.any", "conditions": {"$is": [product(id)]}, "rules": quantity})
    };
    prop_oneof![9 => Just(json!({})), 1 => Just(json!({"1": part("p"), "2": part("q")}))]
}

fn any_limits() -> impl Strategy<Value = Value> {
    let moments = ["2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z", "2026-01-03T00:00:00Z"];
    let moment = prop::option::weighted(0.3, prop::sample::select(moments.to_vec()));
    (moment.clone(), moment, prop::option::weighted(0.2, prop::collection::vec(0..7, 1..7))).prop_map(
        |(start, expiration, days)| {
            json!({"start_date": start, "expiration_date": expiration, "validity_day_of_week": days})
        },
    )
}

/// Its rule, its campaign's rule, its limits.
fn any_promotion() -> impl Strategy<Value = [Value; 3]> {
    (any_tree(), any_bundle(), prop::option::weighted(0.3, any_tree()), any_limits()).prop_map(
        |(own, bundle, of_campaign, limits)| {
            let of_campaign = of_campaign.unwrap_or_else(|| json!({"logic": ""}));
            [json!({"rules": own, "bundle_rules": bundle}), json!({"rules": of_campaign}), limits]
        },
    )
}

/// As [`World::new`] reads it.
fn any_world() -> impl Strategy<Value = Value> {
    let text = |texts: &[&str]| prop::sample::select(texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>());
    let values = [json!("a"), json!(["b", 10]), json!("10"), json!(1.5), json!("true"), json!(true), json!(null)];
    let values = [&values[..], &[json!("2026-01-02"), json!("2026-01-02T11:00:00+01:00")]].concat();
    let value = prop::sample::select(values);
    let metadata = (value.clone(), value).prop_map(|(k, m)| json!({"k": k, "l": {"m": m}}));
    let customer = (prop::sample::subsequence(SEGMENTS.to_vec(), 0..3), metadata.clone())
        .prop_map(|(segments, metadata)| json!({"segments": segments, "metadata": metadata}));
    let item = (
        prop::option::of(text(&["p", "q", "r"])),
        prop::option::of(text(&["p", "x"])),
        prop::option::of(text(&["q", "s"])),
        1..4i64,
        prop::option::of(0..30i64),
        prop::sample::subsequence(COLLECTIONS[..2].to_vec(), 0..3),
    )
        .prop_map(|(product, sku, source_id, quantity, price, collections)| {
            json!({"product": product, "sku": sku, "source_id": source_id, "quantity": quantity, "price": price,
                "collections": collections})
        });
    let amount = || prop::option::weighted(0.8, -5..35i64);
    let order = (amount(), amount(), 0..5i64, metadata.clone(), prop::collection::vec(item, 0..4)).prop_map(
        |(amount, initial, discount, metadata, items)| {
            json!({"amount": amount, "initial_amount": initial, "discount": discount, "metadata": metadata,
                "items": items})
        },
    );
    let now = text(&["2026-01-01T00:00:00Z", "2026-01-02T12:00:00Z", "2025-12-31T23:59:59Z", "2026-01-03T00:00:00Z"]);
    let (customer, order) = (prop::option::weighted(0.8, customer), prop::option::weighted(0.9, order));
    (customer, order, metadata, now).prop_map(|(customer, order, metadata, now)| {
        json!({"customer": customer, "order": order, "metadata": metadata, "now": now})
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn the_index_finds_what_evaluating_every_promotion_finds(
        project in prop::collection::vec(any_promotion(), 0..300),
        worlds in prop::collection::vec(any_world(), 8),
    ) {
        let promotions: Vec<Promotion> =
            project.iter().map(|[own, of_campaign, limits]| promotion(&[own.clone(), of_campaign.clone()], limits)).collect();
        let worlds: Vec<World> = worlds.into_iter().map(World::new).collect();
        let index = Index::new(promotions.clone());
        for (world, scope) in worlds.iter().flat_map(|world| Scope::ALL.map(|scope| (world, scope))) {
            let (found, at_once, fulfilled, applicable) = world.seen(scope, |situation| {
                let places = |is_so: &dyn Fn(&Promotion) -> bool| {
                    (0..promotions.len()).filter(|place| is_so(&promotions[*place])).collect::<Vec<_>>()
                };
                let is_fulfilled = |rules: &RuleSet| rules.necessary(scope).iter().all(|needed| needed.holds(situation));
                let fulfilled = places(&|promotion| {
                    is_in_time(promotion, situation) && promotion.rules.iter().all(|rules| is_fulfilled(rules))
                });
                let applicable = places(&|promotion| may_apply(promotion, situation));
                (index.candidates(situation), candidates_at_once(&index, situation), fulfilled, applicable)
            });
            prop_assert_eq!(&found, &fulfilled);
            prop_assert_eq!(&at_once, &fulfilled);
            let missed: Vec<_> = applicable.into_iter().filter(|place| !found.contains(place)).collect();
            let missed: Vec<_> = missed.into_iter().map(|place| &project[place]).collect();
            prop_assert!(missed.is_empty(), "{missed:?} apply in {scope:?} but are not found");
        }
    }
}

/// In the segments with these names; remembers how often it was asked.
struct Asked(&'static [&'static str], Cell<usize>);

impl Segments for Asked {
    fn contains(&self, segment: &str) -> bool {
        self.1.set(self.1.get() + 1);
        self.0.contains(&segment)
    }
}

#[test]
fn only_segments_that_promotions_are_filed_under_are_asked_for_in_every_look_up() {
    let segment = |id: usize| leaf("customer.segment", "$is", json!([format!("seg_{id}")]));
    let items = |id: usize| leaf("order.items.any", "$is", json!([product(&format!("prod_{id}"))]));
    // A hundred that are found by their products, and twenty for members only of either of two segments.
    let of_products = (0..100).map(|id| all_of(vec![items(id), segment(id)]));
    let index = Index::new(of_products.chain((0..20).map(|id| all_of(vec![segment(200 + id % 2)]))));
    let world = World::new(json!({
        "customer": {},
        "order": {"items": [{"product": "prod_7"}, {"product": "prod_8"}, {"product": "prod_9"}]},
    }));
    world.seen(Scope::Full, |situation| {
        let segments = Asked(&["seg_8", "seg_201"], Cell::new(0));
        let customer = situation.facts.customer.map(|customer| Customer { segments: &segments, ..*customer });
        let facts = Facts { customer: customer.as_ref(), ..*situation.facts };
        let found = index.candidates(&Situation { facts: &facts, ..*situation });
        assert_eq!(found[0], 8);
        assert_eq!(found[1..], [101, 103, 105, 107, 109, 111, 113, 115, 117, 119]);
        // Both segments of members, and those of three products.
        assert_eq!(segments.1.get(), 5);
    });
}

#[test]
fn each_scope_has_candidates_of_its_own() {
    let segment = leaf("customer.segment", "$is", json!(["seg_a"]));
    let items = leaf("order.items.any", "$is", json!([product("prod_1")]));
    let amount = leaf("order.amount", "$more_than", json!([1_000]));
    let index = Index::new([all_of(vec![segment]), all_of(vec![items]), all_of(vec![amount]), all_of(vec![])]);
    let world = World::new(json!({"customer": {}, "order": {"amount": 500}}));
    for (scope, expected) in [
        (Scope::Full, &[3][..]),
        (Scope::Qualification, &[2, 3]),
        (Scope::Audience, &[1, 2, 3]),
        (Scope::Products, &[0, 2, 3]),
        (Scope::ProductsAndAudience, &[2, 3]),
        (Scope::Nothing, &[0, 1, 2, 3]),
    ] {
        assert_eq!(world.seen(scope, |situation| index.candidates(situation)), expected, "{scope:?}");
    }
}
