//! Listing rules, which are in memory, and assignments, which are not.

use std::cmp::Ordering;

use guerdon_model::{
    Error, Timestamp,
    list::List,
    validation_rule::{ValidationRule, ValidationRuleAssignment},
};
use guerdon_store::{Collection, Condition, Key, Order, Query};

use super::assignments;
use crate::{
    context::Context,
    failure::damaged,
    service::Guerdon,
    tx::{Result, Tx},
};

/// Which rules, in which order, and which page of them.
#[derive(Debug, Clone)]
pub struct RuleListing {
    /// Created at this time or later.
    pub start: Option<Timestamp>,
    /// Created at this time or earlier.
    pub end: Option<Timestamp>,
    pub order: RuleOrder,
    pub limit: usize,
    /// 1 for the first.
    pub page: usize,
}

/// What rules are sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RuleOrder {
    by: Field,
    descending: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Field {
    CreatedAt,
    /// By creation before the first change.
    UpdatedAt,
    Name,
}

impl RuleOrder {
    /// The names of all orders.
    pub const NAMES: [&'static str; 6] = ["created_at", "-created_at", "updated_at", "-updated_at", "name", "-name"];

    /// Reads one of those names; newest first without one.
    pub fn parse(name: Option<&str>) -> Self {
        let name = name.unwrap_or("-created_at");
        let by = match name.trim_start_matches('-') {
            "updated_at" => Field::UpdatedAt,
            "name" => Field::Name,
            _ => Field::CreatedAt,
        };
        Self { by, descending: name.starts_with('-') }
    }

    fn compare(self, one: &ValidationRule, other: &ValidationRule) -> Ordering {
        let changed = |rule: &ValidationRule| rule.updated_at.unwrap_or(rule.created_at);
        let order = match self.by {
            Field::CreatedAt => one.created_at.cmp(&other.created_at),
            Field::UpdatedAt => changed(one).cmp(&changed(other)),
            Field::Name => one.name.cmp(&other.name),
        };
        let order = order.then_with(|| one.id.cmp(&other.id));
        if self.descending { order.reverse() } else { order }
    }
}

/// A page of rules, each with the number of its assignments if it has any.
pub fn list(tx: &mut Tx, listing: &RuleListing) -> Result<List<ValidationRule>> {
    let is_wanted = |rule: &ValidationRule| {
        listing.start.is_none_or(|start| rule.created_at >= start)
            && listing.end.is_none_or(|end| rule.created_at <= end)
    };
    let rules = tx.config().validation_rules().map(|ready| &ready.rule);
    let mut rules: Vec<&ValidationRule> = rules.filter(|rule| is_wanted(rule)).collect();
    rules.sort_by(|one, other| listing.order.compare(one, other));
    let total = rules.len() as u64;
    let skipped = (listing.page - 1).saturating_mul(listing.limit);
    let page = rules.into_iter().skip(skipped).take(listing.limit);
    let page: Vec<&ValidationRule> = page.collect();
    tx.need(page.iter().map(|rule| Key::id(Collection::AssignmentsCounts, rule.id.as_str())))?;
    let mut rows = Vec::with_capacity(page.len());
    for rule in page {
        let assignments_count = Some(assignments::count(tx, rule.id.as_str())?).filter(|count| *count > 0);
        rows.push(ValidationRule { assignments_count, ..rule.clone() });
    }
    Ok(List { data_ref: "data", rows, total: Some(total), has_more: None, more_starting_after: None })
}

/// Which assignments, in which order, and which page of them.
#[derive(Debug, Clone, Default)]
pub struct AssignmentListing {
    /// Those of this rule. An unknown one has none.
    pub rule: Option<String>,
    /// Those of what has this id.
    pub related_object_id: Option<String>,
    /// Oldest first.
    pub ascending: bool,
    pub limit: usize,
    /// 1 for the first.
    pub page: usize,
}

/// A page of assignments.
///
/// # Errors
/// `StoreUnavailable`.
pub async fn list_assignments(
    guerdon: &Guerdon,
    context: &Context,
    listing: AssignmentListing,
) -> std::result::Result<List<ValidationRuleAssignment>, Error> {
    const ROWS: Collection = Collection::ValidationRuleAssignments;
    let place = |column| ROWS.column(column).expect("the collection's table has this column");
    let AssignmentListing { rule, related_object_id, ascending, limit, page } = listing;
    // Of one rule alone the number is kept; what one thing has is little; of all, the store keeps it.
    let kept = match (&rule, &related_object_id) {
        (Some(rule), None) => Some(guerdon.executor.read(context, |tx| assignments::count(tx, rule)).await?),
        _ => None,
    };
    let conditions = [("rule_id", rule), ("related_object_id", related_object_id)];
    let conditions = conditions.into_iter().filter_map(|(column, value)| Some((column, value?)));
    let query = Query {
        conditions: conditions
            .map(|(column, value)| (place(column), Condition::Equals(value.as_str().into())))
            .collect(),
        order: Order::Column { column: place("created_at"), descending: !ascending },
        offset: (page - 1).saturating_mul(limit),
        limit,
        count: kept.is_none(),
        ..Query::all(context.project.clone(), ROWS)
    };
    let page = guerdon.query(context, query).await?;
    let rows = page.records.iter().map(|record| record.document()).collect::<std::result::Result<_, _>>();
    let total = Some(kept.or(page.total).unwrap_or(0));
    Ok(List { data_ref: "data", rows: rows.map_err(damaged)?, total, has_more: None, more_starting_after: None })
}
