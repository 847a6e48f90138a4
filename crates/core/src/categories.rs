//! Categories: what redeemables are sorted into. `docs/categories.md` has the rules.

use guerdon_model::{
    Error, Patch,
    category::{Category, CategoryInput},
    ids::CategoryId,
    list::List,
    stacking_rules::StackingRules,
};

use crate::tx::{Result, Tx};

/// The word for categories in errors.
pub const RESOURCE: &str = "category";

/// All categories, newest first.
pub fn list(tx: &mut Tx) -> Result<List<Category>> {
    let mut categories: Vec<Category> = tx.config().categories().cloned().collect();
    categories.sort_by(|one, other| (other.created_at, &other.id).cmp(&(one.created_at, &one.id)));
    Ok(List::whole("data", categories))
}

/// The category with this id, or `not_found`.
pub fn get(tx: &mut Tx, id: &str) -> Result<Category> {
    let category = tx.config().category(id).cloned();
    Ok(category.ok_or_else(|| Error::not_found(RESOURCE, id))?)
}

/// The category of something, which this command may have made.
pub(crate) fn of(tx: &Tx, id: Option<&CategoryId>) -> Option<Category> {
    let id = id?;
    let known = tx.config().category(id.as_str()).cloned();
    known.or_else(|| tx.written::<Category>().find(|category| category.id == *id).map(|new| new.as_ref().clone()))
}

/// Creates a category; others may have the same name.
pub fn create(tx: &mut Tx, input: &CategoryInput) -> Result<Category> {
    input.check()?;
    let category = Category::new(tx.new_id(), input.name.clone(), input.hierarchy, tx.now());
    tx.put(category.clone());
    Ok(category)
}

/// The oldest category of this name; if there is none, a new one of the least hierarchy.
pub fn find_or_create(tx: &mut Tx, name: &str) -> Result<Category> {
    let known = tx.config().categories().filter(|category| category.name == name);
    if let Some(known) = known.min_by_key(|category| (category.created_at, category.id.clone())) {
        return Ok(known.clone());
    }
    if let Some(new) = tx.written::<Category>().find(|category| category.name == name) {
        return Ok(new.as_ref().clone());
    }
    create(tx, &CategoryInput { name: name.to_owned(), hierarchy: 0 })
}

/// The category that a body chooses by its id or else by its name, which may be a new one.
pub(crate) fn choose(tx: &mut Tx, name: &Patch<String>, id: &Patch<String>) -> Result<Option<Category>> {
    match (id.as_value(), name.as_value()) {
        (Some(id), _) => get(tx, id).map(Some),
        (None, Some(name)) => find_or_create(tx, name).map(Some),
        (None, None) => Ok(None),
    }
}

/// What an update does to the category of something; nothing if it is silent about it.
pub(crate) fn patch(
    tx: &mut Tx,
    name: &Patch<String>,
    id: &Patch<String>,
    category: &mut Option<CategoryId>,
) -> Result<()> {
    if !(name.is_absent() && id.is_absent()) {
        *category = choose(tx, name, id)?.map(|category| category.id);
    }
    Ok(())
}

/// Replaces name and hierarchy.
pub fn update(tx: &mut Tx, id: &str, input: &CategoryInput) -> Result<Category> {
    input.check()?;
    let mut category = stored(tx, id)?;
    category.name.clone_from(&input.name);
    category.hierarchy = input.hierarchy;
    category.updated_at = Some(tx.now());
    tx.put(category.clone());
    Ok(category)
}

/// Deletes a category. If the stacking rules name it, that is refused unless it is to be taken out of them.
pub fn delete(tx: &mut Tx, id: &str, remove_from_stacking_rules: bool) -> Result<()> {
    let category = stored(tx, id)?;
    let rules = tx.config().stacking_rules();
    if let Some(rules_id) = rules.id.as_ref().filter(|_| rules.names(&category.id)) {
        if !remove_from_stacking_rules {
            let (id, related_ids) = (id.to_owned(), vec![rules_id.to_string()]);
            let related = crate::stacking_rules::RESOURCE;
            return Err(Error::InUse { resource: RESOURCE, id, related, related_ids }.into());
        }
        tx.get::<StackingRules>(rules_id.as_str())?;
        let mut rules = rules.clone();
        rules.forget(&category.id);
        rules.updated_at = Some(tx.now());
        tx.put(rules);
    }
    tx.delete::<Category>(id);
    Ok(())
}

/// The category's document, to be changed.
fn stored(tx: &mut Tx, id: &str) -> Result<Category> {
    let category = tx.get::<Category>(id)?.ok_or_else(|| Error::not_found(RESOURCE, id))?;
    Ok(category.as_ref().clone())
}
