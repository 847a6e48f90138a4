//! The settings of how redeemables can be combined: one set per project, or the defaults.
//! `docs/stacking.md` explains them.

use guerdon_model::{
    Error,
    list::List,
    stacking_rules::{StackingRules, StackingRulesInput},
};

use crate::{
    projects,
    tx::{Result, Tx},
};

/// The word for stacking rules in errors.
pub const RESOURCE: &str = "stacking_rules";

/// A list of exactly one: the project's own set or the defaults, which have no id.
pub fn list(tx: &mut Tx) -> Result<List<StackingRules>> {
    projects::require_existing(tx)?;
    Ok(List::whole("data", vec![tx.config().stacking_rules().clone()]))
}

/// Creates the project's own set: the defaults with what was sent.
pub fn create(tx: &mut Tx, input: &StackingRulesInput) -> Result<StackingRules> {
    let rules = input.create(tx.new_id(), tx.now())?;
    projects::require_existing(tx)?;
    if tx.config().stacking_rules().id.is_some() {
        return Err(Error::StackingRulesExist.into());
    }
    tx.put(rules.clone());
    Ok(rules)
}

/// The set with this id, or `not_found`.
pub fn get(tx: &mut Tx, id: &str) -> Result<StackingRules> {
    projects::require_existing(tx)?;
    let rules = tx.get::<StackingRules>(id)?.ok_or_else(|| Error::not_found(RESOURCE, id))?;
    Ok(rules.as_ref().clone())
}

/// Changes the settings that were sent; lists are replaced whole.
pub fn update(tx: &mut Tx, id: &str, input: &StackingRulesInput) -> Result<StackingRules> {
    let mut rules = get(tx, id)?;
    input.apply_to(&mut rules)?;
    rules.updated_at = Some(tx.now());
    tx.put(rules.clone());
    Ok(rules)
}

/// Drops the project's own set: the defaults count again.
pub fn delete(tx: &mut Tx, id: &str) -> Result<()> {
    get(tx, id)?;
    tx.delete::<StackingRules>(id);
    Ok(())
}
