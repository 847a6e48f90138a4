//! Examples that are documented elsewhere with other numbers, and why ours differ.

use super::*;

struct Example {
    given: Given,
    offer: Offer,
    ours: &'static str,
    theirs: &'static str,
    because: &'static str,
}

#[test]
#[rustfmt::skip]
fn examples_that_are_not_imitated() {
    let examples = [
        Example {
            given: lines("a 1×2900"),
            offer: free(1, "NEW", "a"),
            ours: "amount 5800 (initial 2900), items [2900], q [2] free [1], id 2900, td 2900, T 2900",
            theirs: "the order's amount stays 2900, and it has no totals",
            because: "it is of 2020; since 2022 the amount grows with the units",
        },
        Example {
            given: lines("a 1×2900"),
            offer: free(1, "MISSING", "a"),
            ours: "amount 2900, items [2900], q [1] free [1], id 2900, td 2900, T 0",
            theirs: "no totals at all",
            because: "it is of 2020 and shows the fields of that time",
        },
        Example {
            given: lines("r 1×2900, b 1×3100"),
            offer: many(&[(1, "MISSING", "r"), (1, "NEW", "b")]),
            ours: "amount 9100 (initial 6000), items [2900, 3100], q [1, 2] free [1, 1], id 6000, td 6000, T 3100",
            theirs: "no initial amount although units were added",
            because: "the field was introduced later, in 2022",
        },
        Example {
            given: lines("a 1×2000, b 1×8000"),
            offer: off(1000, "ITEMS").on_all(),
            ours: "amount 10000, items [1000, 1000], id 2000, td 2000, T 8000",
            theirs: "no sums of item discounts, no subtotals, nothing about the step",
            because: "it is of 2021; the totals are the same",
        },
        Example {
            given: sent(json!({"amount": 20050, "items": [line("a 1×3000"), line("b 1×2000"), line("c 2×1000")]})),
            offer: percent(10.0, "ORDER"),
            ours: "amount 20050, d 2005, td 2005, T 18045",
            theirs: "the same, though the lines only add up to 7000 or 6000",
            because: "an explicit amount wins over the lines",
        },
        Example {
            given: lines("tshirt 3×2000"),
            offer: replace(1, "limited").on("tshirt").with(json!({"aggregated_quantity_limit": 1})),
            ours: "amount 6500 (initial 6000), items [0, 500], q [2, 1] free [0, 0], id 500, td 500, T 6000",
            theirs: "the amount before discounts is 6000",
            because: "that is the initial amount; 6500 is what the lines add up to",
        },
        Example {
            given: lines("a 1×230000"),
            offer: free(45, "NEW", "sku_p"),
            ours: "amount 9680000 (initial 230000), items [0, 9450000], q [1, 45] free [0, 45], id 9450000, td 9450000, T 230000",
            theirs: "the same without an initial amount",
            because: "orders in lists of that time left it out; we don't",
        },
        Example {
            given: lines("a 4×70000, b 4×1600, c 4×1500"),
            offer: off(900, "ITEMS_PROPORTIONALLY").on("a"),
            ours: "amount 292400, items [900, 0, 0], id 900, td 900, T 291500",
            theirs: "the same, but the discount is not known",
            because: "any amount for one target gives it",
        },
        Example {
            given: sent(json!({"items": [{"product_id": "a", "quantity": 1, "price": 5000, "discount_amount": 1000}]})),
            offer: off(1000, "ITEMS").on("a"),
            ours: "amount 5000, items [1000], id 1000, td 1000, T 4000",
            theirs: "the line's discount was sent as 1000 and returned as 1000",
            because: "discounts of lines in requests are ignored, not added to",
        },
    ];
    for Example { given, offer, ours, theirs, because } in examples {
        let (next, _) = given.after(&offer).expect("applied");
        assert_eq!(notation(&next.amounts), ours, "documented: {theirs}; but {because}");
    }
}

/// One description says that a line's subtotal is its amount less what this step has applied, and that
/// the total is what it is after a rollback. Every example of a second step says otherwise.
#[test]
fn subtotals_and_totals_count_all_steps() {
    let (given, _) = lines("a 1×2000").after(&off(500, "ITEMS").on("a")).expect("applied");
    let (next, _) = given.after(&off(300, "ORDER")).expect("applied");
    assert_eq!((next.amounts.lines[0].subtotal(), next.amounts.running_total()), (1500, 1200));
}

/// One description counts the second line as number 3, although it counts from 0.
#[test]
fn the_second_line_has_the_index_1() {
    let given = lines("mug 1×1000, tshirt 1×2000");
    let (next, _) = given.after(&replace(1, "limited").on("tshirt")).expect("applied");
    let details = next.amounts.replacements[0];
    assert_eq!((details.source_index, details.target_index), (1, 2));
}
