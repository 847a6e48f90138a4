//! The language as a whole, from the sent form to the answer.

use jiff::tz::TimeZone;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

fn moment(now: &str, zone: &str) -> Moment {
    Moment { now: Timestamp::parse(now).expect("a date"), zone: TimeZone::get(zone).expect("a time zone") }
}

/// A Sunday.
fn today() -> Moment {
    moment("2026-05-10T12:00:00Z", "UTC")
}

fn selects(filter: &Value, document: &Value, moment: &Moment) -> bool {
    Filter::from_json(filter).expect("a valid filter").matches(document, moment)
}

/// Asks one operator about the field `field` of a document that has only that.
fn asks(operator: &str, operand: Value, field: Value) -> bool {
    selects(&json!({"field": {"conditions": {operator: operand}}}), &json!({"field": field}), &today())
}

/// The operators on states, which end the list.
fn states() -> impl Iterator<Item = Operator> {
    Operator::ALL.iter().copied().skip_while(|operator| *operator != Operator::Active)
}

fn query(pairs: &[(&str, &str)]) -> Result<Option<Filter>, FilterError> {
    Filter::from_query(pairs.iter().copied())
}

#[test]
fn the_operators_are_a_closed_list_in_the_documented_order() {
    let names: Vec<&str> = Operator::ALL.iter().map(|operator| operator.name()).collect();
    assert_eq!(
        names.join(", "),
        "$in, $not_in, $in_location, $not_in_location, $is, $is_days_ago, $is_days_in_future, $is_not, $has_value, \
         $is_unknown, $contains, $not_contain, $starts_with, $ends_with, $more_than, $less_than, $more_than_ago, \
         $less_than_ago, $more_than_future, $less_than_future, $more_than_equal, $less_than_equal, $after, $before, \
         $count, $count_less, $count_more, $today, $tomorrow, $yesterday, $this_week, $last_week, $next_week, \
         $this_month, $last_month, $next_month, $this_year, $next_year, $last_year, $is_day_of_month, $is_day, \
         $is_month, $is_year, $today_md, $tomorrow_md, $yesterday_md, $this_week_md, $last_week_md, $next_week_md, \
         $this_month_md, $last_month_md, $next_month_md, $is_days_ago_md, $is_more_days_ago_md, \
         $is_less_days_ago_md, $is_days_in_future_md, $is_more_days_in_future_md, $is_less_days_in_future_md, \
         $is_years_ago, $active, $failed, $in_progress, $expired, $before_start, $enabled, $disabled, $redeemed, \
         $redeemable"
    );
    for operator in Operator::ALL {
        assert_eq!(Operator::parse(operator.name()), Some(*operator));
    }
    assert_eq!(Operator::parse("$IS"), None);
}

#[test]
fn every_operator_tells_what_it_selects_from_what_it_does_not() {
    let list = || json!(["a", "b"]);
    let rows = [
        ("$in", json!(["x", "y"]), json!("y"), json!("z")),
        ("$in", json!(["1", 2]), json!(1), json!(3)),
        ("$not_in", json!(["x", "y"]), json!("z"), json!("x")),
        ("$not_in", json!("a"), json!(["b"]), list()),
        ("$is", json!("Warsaw"), json!("Warsaw"), json!("warsaw")),
        ("$is", json!("2000"), json!(2000), json!(2001)),
        ("$is", json!("2000.0"), json!(2000), json!("2000")),
        ("$is", json!(5), json!("5"), json!("5.0")),
        ("$is", json!("TRUE"), json!(true), json!(false)),
        ("$is", json!(false), json!(false), json!(true)),
        ("$is", json!("b"), list(), json!(["c"])),
        ("$is", json!("2026-05-10"), json!("2026-05-10T23:00:00Z"), json!("2026-05-11T00:00:00Z")),
        ("$is", json!("2026-05-10T02:00:00+02:00"), json!("2026-05-10T00:00:00Z"), json!("2026-05-10T00:00:01Z")),
        ("$is", json!("3"), json!("2026-05-07"), json!("2026-05-13")),
        ("$is_not", json!("a"), json!("b"), list()),
        ("$is_not", json!("1"), json!(2), json!(1)),
        ("$has_value", json!(""), json!(0), Value::Null),
        ("$has_value", json!([true]), json!([]), Value::Null),
        ("$is_unknown", json!("true"), Value::Null, json!("")),
        ("$contains", json!("arsa"), json!("Warsaw"), json!("WARSAW")),
        ("$contains", json!("a"), list(), json!(["b"])),
        ("$not_contain", json!("x"), json!("Warsaw"), json!("x-ray")),
        ("$not_contain", json!("a"), json!([]), list()),
        ("$starts_with", json!("Wa"), json!("Warsaw"), json!("aWa")),
        ("$starts_with", json!("48"), json!(48_123), json!(1_248)),
        ("$ends_with", json!(["aw"]), json!("Warsaw"), json!("awa")),
        ("$more_than", json!("2000"), json!(2100), json!(2000)),
        ("$more_than", json!(-2), json!(-1.5), json!("-2.5")),
        ("$more_than", json!(3), json!("2026-05-06T23:59:59Z"), json!("2026-05-07T00:00:00Z")),
        ("$less_than", json!(["10"]), json!(9.9), json!(10)),
        ("$less_than", json!(2), json!("2026-05-09"), json!("2026-05-08")),
        ("$less_than", json!(2), json!("2026-05-10"), json!("2026-05-11")),
        ("$more_than_equal", json!(10), json!(10), json!(9)),
        ("$less_than_equal", json!(10), json!("10"), json!("ten")),
        ("$more_than_equal", json!(3), json!("2026-05-07"), json!("2026-05-08")),
        ("$after", json!("2024-10-01"), json!("2024-10-01T00:00:00.001Z"), json!("2024-10-01T00:00:00Z")),
        ("$after", json!(["2024-10-01T00:00:00.000Z"]), json!("2024-10-02"), json!("never")),
        ("$before", json!("2024-10-01"), json!("2024-09-30"), json!("2024-10-01")),
        ("$is_days_ago", json!(1), json!("2026-05-09T23:59:00Z"), json!("2026-05-11")),
        ("$more_than_ago", json!("1"), json!("2026-05-08"), json!("2026-05-09")),
        ("$less_than_ago", json!(1), json!("2026-05-10T00:00:00Z"), json!("2026-05-11")),
        ("$is_days_in_future", json!(1), json!("2026-05-11T01:00:00Z"), json!("2026-05-09")),
        ("$more_than_future", json!(1), json!("2026-05-12"), json!("2026-05-11")),
        ("$less_than_future", json!(2), json!("2026-05-11"), json!("2026-05-01")),
        ("$count", json!(2), list(), json!(["a"])),
        ("$count", json!("0"), json!([]), Value::Null),
        ("$count", json!(1), json!(["a"]), json!("a")),
        ("$count_less", json!(2), json!([]), list()),
        ("$count_more", json!(1), list(), json!(["a"])),
        ("$today", json!([true]), json!("2026-05-10T23:59:59Z"), json!("2026-05-11T00:00:00Z")),
        ("$tomorrow", json!(true), json!("2026-05-11"), json!("2026-05-10")),
        ("$yesterday", json!(true), json!("2026-05-09"), json!("2025-05-09")),
        ("$this_week", json!(true), json!("2026-05-04"), json!("2026-05-11")),
        ("$last_week", json!(true), json!("2026-05-03"), json!("2026-05-04")),
        ("$next_week", json!(true), json!("2026-05-17"), json!("2026-05-10")),
        ("$this_month", json!(true), json!("2026-05-31"), json!("2025-05-31")),
        ("$last_month", json!(true), json!("2026-04-01"), json!("2026-05-01")),
        ("$next_month", json!(true), json!("2026-06-30"), json!("2026-07-01")),
        ("$this_year", json!(true), json!("2026-12-31"), json!("2027-01-01")),
        ("$next_year", json!(true), json!("2027-01-01"), json!("2026-01-01")),
        ("$last_year", json!(true), json!("2025-01-01"), json!("2026-01-01")),
        ("$is_day_of_month", json!(31), json!("2020-12-31"), json!("2020-12-30")),
        ("$is_day", json!(0), json!("2026-05-10"), json!("2026-05-11")),
        ("$is_month", json!("12"), json!("2020-12-31"), json!("2020-11-12")),
        ("$is_year", json!("2020"), json!("2020-12-31"), json!("2021-01-01")),
        ("$today_md", json!(true), json!("1990-05-10"), json!("1990-05-11")),
        ("$tomorrow_md", json!(true), json!("1990-05-11"), json!("1990-05-10")),
        ("$yesterday_md", json!(true), json!("1990-05-09"), json!("1990-05-10")),
        ("$this_week_md", json!(true), json!("1990-05-04"), json!("1990-05-11")),
        ("$last_week_md", json!(true), json!("1990-05-03"), json!("1990-05-04")),
        ("$next_week_md", json!(true), json!("1990-05-17"), json!("1990-05-18")),
        ("$this_month_md", json!(true), json!("1990-05-01"), json!("1990-06-01")),
        ("$last_month_md", json!(true), json!("1990-04-30"), json!("1990-05-01")),
        ("$next_month_md", json!(true), json!("1990-06-03"), json!("1990-07-01")),
        ("$is_days_ago_md", json!(3), json!("1990-05-07"), json!("1990-05-13")),
        ("$is_more_days_ago_md", json!(3), json!("1990-05-06"), json!("1990-05-07")),
        ("$is_less_days_ago_md", json!(3), json!("1990-05-08"), json!("1990-05-07")),
        ("$is_days_in_future_md", json!(3), json!("1990-05-13"), json!("1990-05-07")),
        ("$is_more_days_in_future_md", json!(3), json!("1990-05-14"), json!("1990-05-13")),
        ("$is_less_days_in_future_md", json!(3), json!("1990-05-12"), json!("1990-05-13")),
        ("$is_years_ago", json!(36), json!("1990-05-10"), json!("1990-05-09")),
    ];
    // Those that need more than the document have a test of their own.
    let left_to_the_resource = |operator: &Operator| {
        matches!(operator, Operator::InLocation | Operator::NotInLocation) || states().any(|state| state == *operator)
    };
    for operator in Operator::ALL.iter().filter(|operator| !left_to_the_resource(operator)) {
        assert!(rows.iter().any(|row| row.0 == operator.name()), "{} has no row", operator.name());
    }
    for (operator, operand, selected, not_selected) in rows {
        assert!(asks(operator, operand.clone(), selected.clone()), "{selected} should have {operator} {operand}");
        assert!(!asks(operator, operand.clone(), not_selected.clone()), "{not_selected} has {operator} {operand}");
    }
}

#[test]
fn a_missing_field_fulfils_only_the_negative_operators() {
    let negative = [Operator::IsUnknown, Operator::IsNot, Operator::NotIn, Operator::NotContain];
    for operator in Operator::ALL {
        for operand in [json!(true), json!("5"), json!(["2026-05-10"]), json!([]), Value::Null] {
            for document in [json!({}), json!({"field": null}), json!(null), json!({"other": {"field": 5}})] {
                let filter = json!({"field": {"conditions": {operator.name(): operand}}});
                let selected = selects(&filter, &document, &today());
                assert_eq!(selected, negative.contains(operator), "{} {operand}", operator.name());
            }
        }
    }
}

#[test]
fn an_empty_list_of_values_has_no_equal() {
    for (operator, selected) in [("$in", false), ("$is", false), ("$not_in", true), ("$is_not", true)] {
        assert_eq!(asks(operator, json!([]), json!("a")), selected, "{operator}");
    }
}

#[test]
fn locations_and_states_are_left_to_the_resource() {
    for operator in states() {
        assert!(!asks(operator.name(), json!(true), json!(true)), "{}", operator.name());
    }
    assert!(!asks("$in_location", json!("loc_1"), json!("52.2,21.0")));
    assert!(!asks("$not_in_location", json!("loc_1"), json!("52.2,21.0")));
}

#[test]
fn products_are_filtered_by_metadata_and_price() {
    let products = [1500, 2100, 2600].map(|price| json!({"price": price, "metadata": {"category": "Burgers"}}));
    let prices = |pairs: &[(&str, &str)]| -> Vec<i64> {
        let filter = query(pairs).expect("a valid filter").expect("some filter");
        let selected = products.iter().filter(|product| filter.matches(product, &today()));
        selected.filter_map(|product| product["price"].as_i64()).collect()
    };
    let burgers = ("filters[metadata.category][conditions][$is]", "Burgers");
    assert_eq!(prices(&[burgers, ("filters[price][conditions][$more_than]", "2000")]), [2100, 2600]);
    assert_eq!(prices(&[burgers, ("filters[price][conditions][$more_than_equal]", "2100")]), [2100, 2600]);
    assert_eq!(prices(&[burgers, ("filters[price][conditions][$more_than]", "2100")]), [2600]);
}

#[test]
fn publications_of_two_customers_are_found_by_is_with_or_and_by_in() {
    let found = |pairs: &[(&str, &str)]| -> String {
        let filter = query(pairs).expect("a valid filter").expect("some filter");
        ["A", "B", "C"].into_iter().filter(|id| filter.matches(&json!({"customer_id": id}), &today())).collect()
    };
    let (first, second) =
        (("filters[customer_id][conditions][$is][0]", "A"), ("filters[customer_id][conditions][$is][1]", "B"));
    assert_eq!(found(&[first, second, ("filters[junction]", "OR")]), "AB");
    assert_eq!(found(&[first, second]), "");
    let list = [("filters[customer_id][conditions][$in][0]", "A"), ("filters[customer_id][conditions][$in][1]", "B")];
    assert_eq!(found(&list), "AB");
}

#[test]
fn a_segment_selects_by_metadata_and_by_event_counts() {
    let customers = [json!({"metadata": {"club": "Katowice"}}), json!({"metadata": {"club": "VIP-Warsaw"}}), json!({})];
    let members = |conditions: Value| {
        let filter = json!({"junction": "and", "metadata.club": {"conditions": conditions}});
        customers.each_ref().map(|customer| selects(&filter, customer, &today()))
    };
    assert_eq!(members(json!({"$is": "VIP-Warsaw"})), [false, true, false]);
    assert_eq!(members(json!({"$is_not": "VIP-Warsaw"})), [true, false, true]);

    let filter = json!({"junction": "and", "events.sign_up.count": {"conditions": {"$more_than": ["0"]}}});
    assert!(selects(&filter, &json!({"events": {"sign_up": {"count": 1}}}), &today()));
    assert!(!selects(&filter, &json!({"events": {"sign_up": {"count": 0}}}), &today()));
}

#[test]
fn birthdays_are_anniversaries() {
    let born = |date: &str, operator: &str, moment: &Moment| {
        let filter = json!({"birthdate": {"conditions": {operator: [true]}}});
        selects(&filter, &json!({"birthdate": date}), moment)
    };
    assert!(born("1990-06-03", "$next_month", &today()));
    assert!(born("1990-05-10", "$today_md", &today()));
    assert!(born("1990-05-10", "$today", &today()));
    assert!(!born("1990-05-11", "$today", &today()));

    let december = moment("2026-12-30T12:00:00Z", "UTC");
    assert!(born("1990-01-31", "$next_month", &december));
    assert!(born("1990-01-03", "$this_week", &december));
    assert!(!born("1990-12-27", "$this_week", &december));

    let leap_day = "2000-02-29";
    assert!(born(leap_day, "$today", &moment("2027-02-28T12:00:00Z", "UTC")));
    assert!(!born(leap_day, "$today", &moment("2027-03-01T12:00:00Z", "UTC")));
    assert!(!born(leap_day, "$today", &moment("2028-02-28T12:00:00Z", "UTC")));
    assert!(born(leap_day, "$today", &moment("2028-02-29T12:00:00Z", "UTC")));

    // A year has every birthday: here the year of birth counts.
    assert!(born("2025-07-01", "$last_year", &today()));
    assert!(!born("1990-07-01", "$last_year", &today()));

    // Written with a time, a birthday is still the day that is written.
    let new_york = moment("2026-05-10T12:00:00Z", "America/New_York");
    assert!(born("1990-05-10T00:00:00.000Z", "$today", &new_york));
}

#[test]
fn days_begin_and_end_in_the_projects_time_zone() {
    // In Warsaw it is already the 11th, in New York still the 10th.
    let late = "2026-05-10T22:30:00Z";
    for (zone, today_of_zone) in [("Europe/Warsaw", "2026-05-11"), ("America/New_York", "2026-05-10")] {
        let moment = moment(late, zone);
        let falls = |date: &str| selects(&json!({"at": {"$today": true}}), &json!({"at": date}), &moment);
        assert!(falls(late), "{zone}");
        assert!(falls(today_of_zone), "{zone}");
    }
    let filter = json!({"at": {"$is_day_of_month": 11}});
    assert!(selects(&filter, &json!({"at": late}), &moment(late, "Europe/Warsaw")));
    assert!(!selects(&filter, &json!({"at": late}), &moment(late, "America/New_York")));
}

#[test]
fn a_field_is_found_by_the_longest_key_that_leads_on() {
    for (field, document) in [
        (
            "loyalty_points.campaigns.Tiers 2.points",
            json!({"loyalty_points": {"campaigns": {"Tiers 2": {"points": 1}}}}),
        ),
        ("loyalty_points.campaigns.v2.0.points", json!({"loyalty_points": {"campaigns": {"v2.0": {"points": 1}}}})),
        ("metadata.a.b", json!({"metadata": {"a.b": 1, "a": {"b": 2}}})),
        ("metadata.a.b.c", json!({"metadata": {"a.b": {"d": 2}, "a": {"b": {"c": 1}}}})),
        ("metadata.a.b", json!({"metadata.a.b": 1, "metadata": {"a.b": 2}})),
        ("skus.price", json!({"skus": [{"price": 2}, {"price": 1}, {}]})),
        ("metadata.tags", json!({"metadata": {"tags": [2, null, 1]}})),
    ] {
        assert!(selects(&json!({field: {"$is": 1}}), &document, &today()), "{field} in {document}");
    }
    let skus = json!({"skus": [{"price": 2}, {"price": 1}, {}]});
    assert!(selects(&json!({"skus.price": {"$count": 2}}), &skus, &today()));
}

#[test]
fn one_predicate_is_enough_for_or_and_none_selects_everything() {
    let selected = |junction: &str| {
        let filter = json!({"junction": junction, "a": {"conditions": {"$is": 1}}, "b": {"conditions": {"$is": 2}}});
        selects(&filter, &json!({"a": 1, "b": 3}), &today())
    };
    assert!(selected("or"));
    assert!(!selected("AND"));
    assert!(selects(&json!({"junction": "or"}), &json!({}), &today()));
    assert!(selects(&json!({}), &json!({}), &today()));
}

#[test]
fn all_spellings_of_a_query_string_are_the_same_filter() {
    let expected = Filter::from_json(&json!({"junction": "or", "metadata.a": {"conditions": {"$in": ["x", "y"]}}}))
        .expect("a valid filter");
    for keys in [
        ["filters[metadata.a][conditions][$in][0]", "filters[metadata.a][conditions][$in][1]", "filters[junction]"],
        ["[filters][metadata.a][conditions][$in][0]", "filters[metadata.a][conditions][$in][1]", "[filters][junction]"],
        ["filters[metadata.a][conditions][$in][]", "filters[metadata.a][conditions][$in][]", "filters[junction]"],
        ["filters[metadata.a][conditions][$in]", "filters[metadata.a][conditions][$in]", "filters[junction]"],
        ["filters[metadata.a][$in][0]", "filters[metadata.a][$in]", "filters[junction]"],
    ] {
        let pairs =
            [("limit", "10"), (keys[0], "x"), (keys[1], "y"), (keys[2], "Or"), ("filters", ""), ("filtersX[a]", "")];
        assert_eq!(query(&pairs), Ok(Some(expected.clone())), "{keys:?}");
    }
    let shuffled =
        [("filters[metadata.a][$in][1]", "y"), ("filters[metadata.a][$in][0]", "x"), ("filters[junction]", "or")];
    assert_eq!(query(&shuffled), Ok(Some(expected)));
    assert_eq!(query(&[("limit", "10")]), Ok(None));
}

#[test]
fn what_is_no_filter_is_refused() {
    let unknown = |name: &str| Err(FilterError::UnknownOperator(name.into()));
    for (key, value, expected) in [
        ("filters[junction]", "xor", Err(FilterError::WrongJunction)),
        ("filters[a][conditions][$like]", "b", unknown("$like")),
        ("filters[a][conditions]", "b", unknown("conditions")),
        ("filters[a]", "b", Err(FilterError::Malformed)),
        ("filters", "b", Err(FilterError::Malformed)),
        ("filters[a", "b", Err(FilterError::Malformed)),
        ("filters[a]conditions[$is]", "b", Err(FilterError::Malformed)),
        ("filters[][conditions][$is]", "b", Err(FilterError::Malformed)),
        ("filters[junction][conditions][$is]", "b", Err(FilterError::Malformed)),
        ("filters[a][conditions][$is][x]", "b", Err(FilterError::Malformed)),
        ("filters[a][conditions][$is][99999999999999999999999]", "b", Err(FilterError::Malformed)),
        ("filters[a][conditions][$is][0][0]", "b", Err(FilterError::Malformed)),
        ("filters[a][b][conditions][$is]", "b", Err(FilterError::Malformed)),
        ("filters[a][b][$is]", "b", unknown("b")),
    ] {
        assert_eq!(query(&[(key, value)]), expected, "{key}");
    }
    for (filter, expected) in [
        (json!([]), FilterError::Malformed),
        (json!(null), FilterError::Malformed),
        (json!({"junction": null}), FilterError::WrongJunction),
        (json!({"junction": ["and"]}), FilterError::WrongJunction),
        (json!({"a": "b"}), FilterError::Malformed),
        (json!({"a": {}}), FilterError::Malformed),
        (json!({"a": {"conditions": {}}}), FilterError::Malformed),
        (json!({"a": {"conditions": []}}), FilterError::Malformed),
        (json!({"a": {"conditions": {"$is": 1}, "$is_not": 2}}), FilterError::Malformed),
        (json!({"a": {"conditions": {"$is": {"b": 1}}}}), FilterError::Malformed),
        (json!({"a": {"conditions": {"$is": [[1]]}}}), FilterError::Malformed),
        (json!({"": {"conditions": {"$is": 1}}}), FilterError::Malformed),
        (json!({"a": {"conditions": {"is": 1}}}), FilterError::UnknownOperator("is".into())),
    ] {
        assert_eq!(Filter::from_json(&filter), Err(expected), "{filter}");
    }
}

#[test]
fn a_filter_has_at_most_a_hundred_predicates_and_short_fields() {
    let values = |count: usize| json!({"a": {"conditions": {"$is": vec![1; count]}}});
    assert_eq!(Filter::from_json(&values(100)).map(|filter| filter.predicates.len()), Ok(100));
    assert_eq!(Filter::from_json(&values(101)), Err(FilterError::Malformed));

    let keys: Vec<String> = (0..=100).map(|n| format!("filters[f{n}][conditions][$is]")).collect();
    let pairs = |count| keys.iter().take(count).map(|key| (key.as_str(), "x"));
    assert!(Filter::from_query(pairs(100)).is_ok());
    assert_eq!(Filter::from_query(pairs(101)), Err(FilterError::Malformed));

    for field in ["a".repeat(513), ".".repeat(33)] {
        assert_eq!(Filter::from_json(&json!({field: {"$is": 1}})), Err(FilterError::Malformed));
    }
}

#[test]
fn refusals_read_as_documented() {
    assert_eq!(
        FilterError::WrongJunction.details(".filter"),
        "Property .filter has wrong `junction` property. It must be one of: and, or"
    );
    let sentence = FilterError::UnknownOperator("$like".into()).details(".parameters.filters");
    assert!(sentence.starts_with(
        "Property .parameters.filters should match either \
         `filters[${field}][conditions][${condition}][${index}]` or `filters[${field}][conditions][${condition}]` \
         format and condition must be one of: $in, $not_in, $in_location"
    ));
    assert!(sentence.ends_with("$redeemed, $redeemable"));
    assert_eq!(FilterError::Malformed.details(".parameters.filters"), sentence);
}

#[test]
fn date_shortcuts_are_a_filter_of_their_own() {
    let pairs = [("created_at[before]", "2026-02-01"), ("[created_at][after]", "2026-01-01"), ("created_at", "x")];
    let filter = Filter::from_date_shortcuts(pairs).expect("a valid filter").expect("some filter");
    let created = |date: &str| filter.matches(&json!({"created_at": date}), &today());
    assert!(created("2026-01-15T00:00:00Z"));
    assert!(!created("2026-02-15T00:00:00Z"));
    assert!(!created("2025-12-15T00:00:00Z"));
    assert_eq!(Filter::from_date_shortcuts([("filters[a][$is]", "b")]), Ok(None));

    let refused = Filter::from_date_shortcuts([("updated_at[after]", "soon")]).expect_err("no date");
    assert_eq!(
        refused.describe(crate::error::Dialect::Should).details.as_deref(),
        Some("Property .updated_at.after cannot be recognized as a ISO-8601 compliant date")
    );
}

#[test]
fn absurd_numbers_and_dates_match_nothing() {
    let numbers = ["9223372036854775808", "-9223372036854775809", "1e400", "NaN", "inf", "1.5", "", "-1", "９"];
    let dates = ["9999-12-31T23:59:59Z", "0000-01-01", "9999-12-31", "2026-02-30", "ééééé-éé", "-9999-01-01"];
    for operator in ["$is_days_ago", "$more_than_ago", "$is_days_in_future_md", "$is_years_ago", "$is_day", "$count"] {
        for number in numbers {
            for date in dates {
                let too_many_days = operator == "$more_than_ago" && number == "-1";
                assert!(!asks(operator, json!(number), json!(date)) || too_many_days, "{operator} {number} {date}");
            }
        }
    }
    let end_of_time = Moment { now: Timestamp::from_millis(i64::MAX), zone: TimeZone::UTC };
    for operator in Operator::ALL {
        let filter = json!({"at": {operator.name(): "1"}});
        selects(&filter, &json!({"at": "9999-12-31"}), &end_of_time);
    }
}

fn operator() -> impl Strategy<Value = Operator> {
    proptest::sample::select(Operator::ALL)
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-c]{0,2}",
        "-?[0-9]{1,20}",
        "(19|20|99|00)[0-9]{2}-[01][0-9]-[0-3][0-9](T[0-2][0-9]:00:00(Z|\\+02:00)?)?",
        ".{0,12}",
    ]
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        text().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (-40i64..400).prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
    ]
}

fn key() -> impl Strategy<Value = String> {
    prop_oneof!["[ab](\\.[ab]){0,2}", Just("birthdate".to_owned()), Just("junction".to_owned()), ".{0,4}"]
}

fn document() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![scalar(), Just(Value::Null)];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            proptest::collection::vec((key(), inner), 0..4).prop_map(|entries| entries.into_iter().collect()),
        ]
    })
}

fn some_moment() -> impl Strategy<Value = Moment> {
    let zone = proptest::sample::select(&["UTC", "Europe/Warsaw", "America/New_York", "Pacific/Kiritimati"][..]);
    let now = prop_oneof![any::<i64>(), -62_000_000_000_000i64..253_000_000_000_000, Just(1_778_414_400_000)];
    (now, zone).prop_map(|(now, zone)| Moment {
        now: Timestamp::from_millis(now),
        zone: TimeZone::get(zone).expect("a time zone"),
    })
}

fn holds(operator: Operator, values: &[Value], document: &Value, moment: &Moment) -> bool {
    let predicate = Predicate { field: "a.b".into(), operator, values: values.to_vec() };
    Filter { junction: Junction::And, predicates: vec![predicate], also: None }.matches(document, moment)
}

proptest! {
    #[test]
    fn any_query_string_is_read_or_refused(
        pairs in proptest::collection::vec((
            prop_oneof!["\\[?filters\\]?(\\[(a|junction|conditions|\\$is|\\$in|[0-9]+)?\\]){0,5}", ".{0,30}"],
            prop_oneof![text(), Just("or".to_owned())],
        ), 0..6),
        document in document(),
        moment in some_moment(),
    ) {
        let pairs = || pairs.iter().map(|(key, value)| (key.as_str(), value.as_str()));
        if let Ok(Some(filter)) = Filter::from_query(pairs()) {
            filter.matches(&document, &moment);
        }
        let _ = Filter::from_date_shortcuts(pairs());
    }

    #[test]
    fn any_json_is_read_or_refused(json in document(), document in document(), moment in some_moment()) {
        if let Ok(filter) = Filter::from_json(&json) {
            filter.matches(&document, &moment);
        }
    }

    #[test]
    fn any_predicate_is_evaluated_on_any_document(
        field in key(),
        operator in operator(),
        values in proptest::collection::vec(scalar(), 0..3),
        value in document(),
        moment in some_moment(),
    ) {
        let predicates = vec![Predicate { field: field.clone(), operator, values }];
        let filter = Filter { junction: Junction::And, predicates, also: None };
        filter.matches(&json!({field: value.clone()}), &moment);
        filter.matches(&value, &moment);
    }

    #[test]
    fn a_query_string_selects_what_the_same_filter_in_json_does(
        conditions in proptest::collection::vec(
            ("[ab](\\.[ab])?", operator(), proptest::collection::vec(scalar(), 1..3)),
            1..4,
        ),
        junction in proptest::sample::select(&["and", "or", "OR"][..]),
        document in document(),
        moment in some_moment(),
    ) {
        let mut json = json!({"junction": junction});
        let mut pairs = vec![("filters[junction]".to_owned(), junction.to_owned())];
        for (field, operator, values) in &conditions {
            let known = json.get(field).and_then(|body| body["conditions"].get(operator.name()));
            if known.is_some() {
                continue;
            }
            json[field]["conditions"][operator.name()] = values.clone().into();
            for (index, value) in values.iter().enumerate() {
                let written = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
                pairs.push((format!("filters[{field}][conditions][{}][{index}]", operator.name()), written));
            }
        }
        // `any::<f64>` may be infinite, which JSON writes as null and a query string can't.
        prop_assume!(!json.to_string().contains("null"));
        let from_json = Filter::from_json(&json).expect("a valid filter");
        let from_query = Filter::from_query(pairs.iter().map(|(key, value)| (key.as_str(), value.as_str())));
        let from_query = from_query.expect("a valid filter").expect("some filter");
        prop_assert_eq!(from_query.matches(&document, &moment), from_json.matches(&document, &moment));
        prop_assert_eq!(from_query.predicates.len(), from_json.predicates.len());
    }

    #[test]
    fn opposite_operators_are_complements(
        value in document(),
        values in proptest::collection::vec(scalar(), 0..3),
        moment in some_moment(),
    ) {
        for (operator, opposite) in [
            (Operator::In, Operator::NotIn),
            (Operator::Is, Operator::IsNot),
            (Operator::HasValue, Operator::IsUnknown),
            (Operator::Contains, Operator::NotContain),
        ] {
            for document in [&value, &json!({"a": {"b": value}}), &json!({"a.b": value})] {
                let (first, second) =
                    (holds(operator, &values, document, &moment), holds(opposite, &values, document, &moment));
                prop_assert_ne!(first, second, "{}", operator.name());
            }
        }
    }
}

#[test]
fn filters_that_are_joined_keep_their_junctions() {
    let filter = |json| Filter::from_json(&json).expect("a filter");
    let either = filter(json!({"junction": "or", "a": {"$is": 1}, "b": {"$is": 1}}));
    let other = filter(json!({"junction": "or", "c": {"$is": 1}, "d": {"$is": 1}}));
    let both = either.and(other).and(filter(json!({"e": {"$is_not": 1}})));
    let moment = Moment { now: Timestamp::from_millis(0), zone: jiff::tz::TimeZone::UTC };
    for (document, expected) in [
        (json!({"a": 1, "c": 1}), true),
        (json!({"b": 1, "d": 1, "e": 2}), true),
        (json!({"a": 1, "b": 1}), false),
        (json!({"c": 1, "d": 1}), false),
        (json!({"a": 1, "c": 1, "e": 1}), false),
    ] {
        assert_eq!(both.matches(&document, &moment), expected, "{document}");
    }
}
