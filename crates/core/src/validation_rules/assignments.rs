//! Attaching rules to vouchers, campaigns, promotion tiers and so on.
//!
//! An assignment lies in two places, which one commit writes: in its owner's document, where whoever
//! evaluates the owner finds it, and in a collection of its own, which lists are made from. How many each
//! rule has is kept beside them.

use guerdon_model::{
    Error,
    ids::ProjectId,
    validation_rule::{AssignmentInput, AssignmentsCount, RuleChange, ValidationRule, ValidationRuleAssignment},
};
use guerdon_store::{Collection, Condition, Key, Order, Query};

use super::{
    emit, get,
    owners::{self, Owner},
};
use crate::tx::{Result, Tx};

/// The word for assignments in errors.
pub const RESOURCE: &str = "validation_rules_assignment";

/// What [`assign`] surely reads.
pub fn keys(rule: &str) -> Vec<Key> {
    vec![Key::id(Collection::AssignmentsCounts, rule)]
}

/// All assignments of a rule, newest first.
pub(super) fn of_rule(project: &ProjectId, rule: &str) -> Query {
    let place =
        |column| Collection::ValidationRuleAssignments.column(column).expect("the collection's table has this column");
    Query {
        conditions: vec![(place("rule_id"), Condition::Equals(rule.into()))],
        order: Order::Column { column: place("created_at"), descending: true },
        ..Query::all(project.clone(), Collection::ValidationRuleAssignments)
    }
}

/// How many things the rule is attached to; none if it does not exist.
pub fn count(tx: &mut Tx, rule: &str) -> Result<u64> {
    Ok(tx.get::<AssignmentsCount>(rule)?.map_or(0, |count| count.count))
}

fn recount(tx: &mut Tx, rule: &ValidationRule, change: impl FnOnce(u64) -> u64) -> Result<()> {
    let count = count(tx, rule.id.as_str())?;
    tx.put(AssignmentsCount { rule_id: rule.id.clone(), count: change(count) });
    Ok(())
}

/// Attaches a rule to an owner that the caller stores afterwards.
///
/// # Errors
/// `not_found` for the rule; `duplicate_found` if the owner has it; `invalid_payload` if the owner has too
/// many.
pub fn assign(tx: &mut Tx, rule: &str, owner: &mut dyn Owner) -> Result<ValidationRuleAssignment> {
    let rule = get(tx, rule)?;
    attach(tx, &rule.rule, owner)
}

/// The same with a rule that may be new, so that the configuration does not know it yet.
pub(crate) fn attach(tx: &mut Tx, rule: &ValidationRule, owner: &mut dyn Owner) -> Result<ValidationRuleAssignment> {
    if let Some(known) = owner.assignments().of_rule(&rule.id) {
        let value = known.id.to_string();
        return Err(Error::Duplicate { resource: RESOURCE, attribute: "id", value }.into());
    }
    let (id, owner_id) = (tx.new_id(), owner.id().to_owned());
    let assignment = ValidationRuleAssignment::new(id, rule.id.clone(), owner_id, owner.kind(), tx.now());
    recount(tx, rule, |count| count + 1)?;
    owner.assignments_mut().add(assignment.clone())?;
    tx.put(assignment.clone());
    emit(tx, rule, RuleChange::Assigned(&assignment, owner.in_events()));
    Ok(assignment)
}

/// Takes all rules from an owner that is about to be deleted. That is no event of its own.
pub fn remove_all_of(tx: &mut Tx, owner: &mut dyn Owner) -> Result<()> {
    let assignments = std::mem::take(owner.assignments_mut());
    tx.need(assignments.iter().flat_map(row_keys))?;
    for assignment in &assignments {
        remove(tx, assignment)?;
    }
    Ok(())
}

fn row_keys(assignment: &ValidationRuleAssignment) -> [Key; 2] {
    let (id, rule) = (assignment.id.as_str(), assignment.rule_id.as_str());
    [Key::id(Collection::ValidationRuleAssignments, id), Key::id(Collection::AssignmentsCounts, rule)]
}

/// What [`remove_all_of`] reads.
pub fn keys_of(owner: &dyn Owner) -> impl Iterator<Item = Key> + '_ {
    owner.assignments().iter().flat_map(row_keys)
}

/// Removes the row of an assignment that is or will be out of its owner's document.
fn remove(tx: &mut Tx, assignment: &ValidationRuleAssignment) -> Result<()> {
    let (id, rule) = (assignment.id.as_str(), assignment.rule_id.as_str());
    tx.need(row_keys(assignment))?;
    if tx.get::<ValidationRuleAssignment>(id)?.is_none() {
        return Ok(());
    }
    tx.delete::<ValidationRuleAssignment>(id);
    if let Some(rule) = tx.config().validation_rule(rule) {
        recount(tx, &rule.rule, |count| count.saturating_sub(1))?;
    }
    Ok(())
}

/// Attaches a rule to something. By force, an assignment that is there already gives way to a new one.
pub fn create(tx: &mut Tx, rule: &str, input: &AssignmentInput, force: bool) -> Result<ValidationRuleAssignment> {
    input.check()?;
    get(tx, rule)?;
    let mut owner = owners::require(tx, input.kind(), &input.related_object_id)?;
    let assignment = if force { reassign(tx, rule, owner.as_mut()) } else { assign(tx, rule, owner.as_mut()) }?;
    owner.put(tx);
    Ok(assignment)
}

/// [`assign`], after the rule has been detached from an owner that has it.
pub(super) fn reassign(tx: &mut Tx, rule: &str, owner: &mut dyn Owner) -> Result<ValidationRuleAssignment> {
    let known = get(tx, rule)?;
    if let Some(assignment) = owner.assignments().of_rule(&known.rule.id).cloned() {
        detach(tx, &known.rule, &assignment, owner)?;
    }
    assign(tx, rule, owner)
}

/// Detaches a rule from what it was attached to.
pub fn delete(tx: &mut Tx, rule: &str, id: &str) -> Result<()> {
    let rule = get(tx, rule)?;
    let assignment = tx.get::<ValidationRuleAssignment>(id)?.filter(|found| found.rule_id == rule.rule.id);
    let assignment = assignment.ok_or_else(|| Error::not_found(RESOURCE, id))?;
    unassign(tx, &rule.rule, &assignment)
}

/// Removes an assignment from its owner's document and its row.
pub(super) fn unassign(tx: &mut Tx, rule: &ValidationRule, assignment: &ValidationRuleAssignment) -> Result<()> {
    match owners::find(tx, assignment.related_object_type, &assignment.related_object_id)? {
        Some(mut owner) => {
            detach(tx, rule, assignment, owner.as_mut())?;
            owner.put(tx);
            Ok(())
        }
        // It is being deleted.
        None => remove(tx, assignment),
    }
}

fn detach(
    tx: &mut Tx,
    rule: &ValidationRule,
    assignment: &ValidationRuleAssignment,
    owner: &mut dyn Owner,
) -> Result<()> {
    remove(tx, assignment)?;
    owner.assignments_mut().remove(&assignment.id);
    emit(tx, rule, RuleChange::Unassigned(assignment, owner.in_events()));
    Ok(())
}
