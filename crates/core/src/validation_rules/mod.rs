//! Validation rules: create, change, delete. `docs/validation-rules.md` has the rules.
//!
//! Rules are configuration: the snapshot holds each of them compiled ([`ReadyRule`]). What they are attached
//! to is in [`assignments`].

pub mod assignments;
pub mod listing;
pub mod owners;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use guerdon_engine::rules::RuleSet;
use guerdon_model::{
    Error,
    error::{Path, Rule},
    event::Event,
    validation_rule::{
        AssignmentsCount, RuleChange, RuleEvent, ValidationRule, ValidationRuleAssignment, ValidationRuleInput,
    },
};
use guerdon_store::{Collection, Key, Query};

use crate::{
    context::Context,
    failure::unavailable,
    service::Guerdon,
    tx::{Result, Tx},
};

/// The word for rules in errors.
pub const RESOURCE: &str = "validation_rules";
/// The largest rule, in bytes of JSON: every node keeps all rules in memory.
pub const MAX_BYTES: usize = 500_000;
/// How often nothing is found of a rule that is counted as attached: somebody may be attaching it meanwhile.
const MAX_MISSES: usize = 8;
/// How many assignments of a deleted rule are removed in one commit.
const SLICE: usize = 200;

/// A rule as the configuration holds it: read and compiled once, until it is changed.
#[derive(Debug)]
pub struct ReadyRule {
    pub rule: ValidationRule,
    pub set: Arc<RuleSet>,
    /// That of the document which it was read from.
    pub(crate) version: u64,
}

impl ReadyRule {
    /// Compiles a stored rule. What could not be compiled was not stored.
    pub(crate) fn of(version: u64, rule: ValidationRule) -> std::result::Result<Self, Error> {
        let set = RuleSet::compile(&rule).map_err(|error| {
            tracing::error!(%error, rule = %rule.id, "a stored validation rule can't be compiled");
            Error::Internal
        })?;
        Ok(Self { rule, set: Arc::new(set), version })
    }
}

/// The rule with this id, or `not_found`.
pub fn get(tx: &Tx, id: &str) -> Result<Arc<ReadyRule>> {
    Ok(tx.config().validation_rule(id).cloned().ok_or_else(|| Error::not_found(RESOURCE, id))?)
}

/// Creates a rule.
pub fn create(tx: &mut Tx, input: &ValidationRuleInput) -> Result<ValidationRule> {
    let rule = input.create(tx.new_id(), tx.now())?;
    add(tx, rule)
}

/// Creates a rule like one that was saved.
pub(crate) fn copy(tx: &mut Tx, saved: &ValidationRule) -> Result<ValidationRule> {
    let (id, created_at) = (tx.new_id(), tx.now());
    add(tx, ValidationRule { id, created_at, updated_at: None, assignments_count: None, ..saved.clone() })
}

fn add(tx: &mut Tx, rule: ValidationRule) -> Result<ValidationRule> {
    check(&rule)?;
    tx.put(rule.clone());
    tx.put(AssignmentsCount { rule_id: rule.id.clone(), count: 0 });
    emit(tx, &rule, RuleChange::Created(rule.created_at));
    Ok(rule)
}

/// Replaces the fields that were sent, each of them whole.
pub fn update(tx: &mut Tx, id: &str, input: &ValidationRuleInput) -> Result<ValidationRule> {
    let mut rule = stored(tx, id)?;
    input.apply_to(&mut rule)?;
    check(&rule)?;
    rule.updated_at = Some(tx.now());
    tx.put(rule.clone());
    emit(tx, &rule, RuleChange::Updated(tx.now()));
    Ok(rule)
}

/// Refuses to delete what rules refer to.
///
/// # Errors
/// `resource_in_use`, with the ids of the first hundred such rules.
pub fn refuse_used(
    tx: &Tx,
    resource: &'static str,
    id: &str,
    is_used_by: impl Fn(&ReadyRule) -> bool,
) -> std::result::Result<(), Error> {
    let users = tx.config().validation_rules().filter(|rule| is_used_by(rule));
    let mut users: Vec<&ValidationRule> = users.map(|ready| &ready.rule).collect();
    if users.is_empty() {
        return Ok(());
    }
    users.sort_by(|one, other| (one.created_at, &one.id).cmp(&(other.created_at, &other.id)));
    let related_ids = users.iter().take(100).map(|rule| rule.id.to_string()).collect();
    Err(Error::InUse { resource, id: id.to_owned(), related: RESOURCE, related_ids })
}

/// The rule's document, to be changed.
fn stored(tx: &mut Tx, id: &str) -> Result<ValidationRule> {
    let rule = tx.get::<ValidationRule>(id)?.ok_or_else(|| Error::not_found(RESOURCE, id))?;
    Ok(rule.as_ref().clone())
}

/// Refuses what the engine could not evaluate.
fn check(rule: &ValidationRule) -> Result<()> {
    RuleSet::compile(rule)?;
    let size = serde_json::to_vec(rule).map_or(usize::MAX, |json| json.len());
    if size > MAX_BYTES {
        let rule = Rule::Sentence(format!("Validation rule is larger than {MAX_BYTES} bytes"));
        return Err(Error::invalid_payload(Path::root(), rule).into());
    }
    Ok(())
}

fn emit(tx: &mut Tx, rule: &ValidationRule, change: RuleChange<'_>) {
    tx.emit(Event::ValidationRule(RuleEvent { rule, change }));
}

/// Deletes a rule and its assignments, which may be any number, in as many commits as it needs. The rule
/// goes last: should it break off, the rule is still there and can be deleted again.
///
/// # Errors
/// `not_found`; `StoreUnavailable` or `Overloaded`.
pub async fn delete(guerdon: &Guerdon, context: &Context, id: &str) -> std::result::Result<(), Error> {
    let mut misses = 0;
    while misses < MAX_MISSES {
        let query = Query { limit: SLICE, ..assignments::of_rule(&context.project, id) };
        let page = guerdon.store.query(query).await.map_err(unavailable)?;
        let some: Vec<Arc<str>> = page.records.into_iter().map(|record| record.id).collect();
        misses += usize::from(some.is_empty());
        let (rule, needs) = (id.to_owned(), needs(id, &some));
        let is_done = guerdon.executor.execute(context.clone(), needs, move |tx| delete_some(tx, &rule, &some)).await?;
        if is_done {
            return Ok(());
        }
    }
    tracing::error!(rule = id, "a validation rule is counted as attached, but nothing is found that has it");
    Err(Error::Internal)
}

fn needs(rule: &str, assignments: &[Arc<str>]) -> Vec<Key> {
    let assignments = assignments.iter().map(|id| Key::id(Collection::ValidationRuleAssignments, id.clone()));
    assignments
        .chain([Collection::ValidationRules, Collection::AssignmentsCounts].map(|of| Key::id(of, rule)))
        .collect()
}

/// Whether the rule is gone; if not, it has more assignments.
fn delete_some(tx: &mut Tx, id: &str, some: &[Arc<str>]) -> Result<bool> {
    tx.need(needs(id, some))?;
    let rule = stored(tx, id)?;
    let mut found = Vec::with_capacity(some.len());
    for assignment in some {
        // Somebody else may be at it, too.
        found.extend(tx.get::<ValidationRuleAssignment>(assignment)?);
    }
    let owner =
        |found: &Arc<ValidationRuleAssignment>| owners::key(found.related_object_type, &found.related_object_id);
    tx.need(found.iter().filter_map(owner))?;
    for assignment in found {
        assignments::unassign(tx, &rule, &assignment)?;
    }
    if assignments::count(tx, id)? > 0 {
        return Ok(false);
    }
    tx.delete::<ValidationRule>(id);
    tx.delete::<AssignmentsCount>(id);
    emit(tx, &rule, RuleChange::Deleted(tx.now()));
    Ok(true)
}
