//! From a rule as it is stored to one that is fast to evaluate.

use guerdon_model::{
    Error,
    ids::ValidationRuleId,
    validation_rule::{self as wire, Category, ItemObject, MAX_DEPTH, Operand, RuleName, ValidationRule, logic::Logic},
};
use serde_json::Value;

use super::{
    RuleSet,
    bundle::Bundle,
    condition::Condition,
    items::{Item, ItemsAsked},
    leaf::{Branch, Leaf, Scopes},
    scope::Scope,
    subject::{Needs, Subject},
};
use crate::facts::Counter;

impl RuleSet {
    /// Reads a rule once, so that it can be evaluated often.
    ///
    /// A rule with a name or an operator that is not known is read, too: the leaf never holds.
    ///
    /// # Errors
    /// `invalid_validation_rules` if its logic can't be read or its leaves are nested too deeply, which
    /// is refused when a rule is created.
    pub fn compile(rule: &ValidationRule) -> Result<Self, Error> {
        let invalid = |details| Error::InvalidValidationRules { details };
        let branch = compile_branch(rule.rules.tree(), MAX_DEPTH).map_err(invalid)?;
        let mut named = Named::default();
        named.add(&branch);
        let bundle = Bundle::compile(&rule.bundle_rules);
        named.add_items(bundle.iter().flat_map(Bundle::items));
        if let Some(applicable_to) = &rule.applicable_to {
            let entries = applicable_to.included.iter().chain(applicable_to.excluded.iter());
            let collections = entries.filter(|entry| entry.object == ItemObject::ProductsCollection);
            named.collections.extend(collections.map(|entry| entry.id.as_str().into()));
        }
        Ok(Self {
            id: rule.id.clone(),
            needs: branch.leaves.iter().fold(Needs::NOTHING, |needs, leaf| needs.and(leaf.needs)),
            needs_discount: branch.leaves.iter().any(|leaf| leaf.needs_discount),
            branch,
            bundle,
            message: rule.message().map(Into::into),
            applicable_to: rule.applicable_to.clone(),
            segments: unique(named.segments),
            collections: unique(named.collections),
            counters: unique(named.counters),
        })
    }

    /// A rule set that nobody has written: it asks for a line that is one of these items, in every scope that
    /// asks about items.
    ///
    /// ```
    /// # use guerdon_engine::rules::{Item, Necessity, RuleSet, Scope};
    /// # use guerdon_model::validation_rule::ItemObject;
    /// let mug = Item { object: ItemObject::Product, id: "prod_mug".into(), source_id: None };
    /// let set = RuleSet::one_of([mug.clone()]);
    /// assert_eq!(set.necessary(Scope::Products), [Necessity::Item([mug].into())]);
    /// ```
    pub fn one_of(items: impl IntoIterator<Item = Item>) -> Self {
        let name = RuleName::ItemsAny;
        let (subject, needs) = Subject::of(name);
        let items: Box<[Item]> = items.into_iter().collect();
        let mut named = Named::default();
        named.add_items(items.iter());
        let leaf = Leaf {
            key: "1".into(),
            name: name.name().into(),
            category: name.category(),
            operand: name.operand(),
            subject,
            property: None,
            conditions: Box::default(),
            items: ItemsAsked::one_of(items),
            message: None,
            needs,
            needs_discount: false,
            scopes: Scopes::of(|scope: Scope| scope.evaluates(name)),
            rules: None,
        };
        Self {
            id: ValidationRuleId::from(""),
            needs,
            needs_discount: false,
            branch: Branch { logic: Logic::Leaf(0), leaves: [leaf].into() },
            bundle: None,
            message: None,
            applicable_to: None,
            segments: Box::default(),
            collections: unique(named.collections),
            counters: Box::default(),
        }
    }
}

/// What a rule set refers to.
#[derive(Default)]
struct Named {
    segments: Vec<Box<str>>,
    collections: Vec<Box<str>>,
    counters: Vec<Counter>,
}

impl Named {
    fn add(&mut self, branch: &Branch) {
        for leaf in &branch.leaves {
            match leaf.subject {
                Subject::Segments => {
                    let operands = leaf.conditions.iter().flat_map(Condition::operands);
                    self.segments.extend(operands.filter_map(Value::as_str).map(Into::into));
                }
                Subject::Counted(counter) => self.counters.push(counter),
                _ => {}
            }
            self.add_items(leaf.items.named());
            leaf.rules.iter().for_each(|rules| self.add(rules));
        }
    }

    fn add_items<'a>(&mut self, items: impl Iterator<Item = &'a Item>) {
        let collections = items.filter(|item| item.object == ItemObject::ProductsCollection);
        self.collections.extend(collections.map(|item| item.id.clone()));
    }
}

fn unique<T: Ord>(mut values: Vec<T>) -> Box<[T]> {
    values.sort();
    values.dedup();
    values.into()
}

fn compile_branch(tree: wire::Tree<'_>, depth: usize) -> Result<Branch, String> {
    if depth == 0 {
        return Err(format!("Rules cannot be nested more than {MAX_DEPTH} times"));
    }
    let mut logic = tree.logic()?;
    let leaves: Vec<_> = tree.leaves().collect();
    let mut mentioned = Mentioned { places: vec![None; leaves.len()], order: Vec::new() };
    mentioned.renumber(&mut logic);
    let leaves = mentioned.order.into_iter().filter_map(|place| leaves.get(place));
    let leaves: Result<Vec<Leaf>, String> = leaves.map(|(key, leaf)| compile_leaf(key, *leaf, depth)).collect();
    Ok(Branch { logic, leaves: leaves?.into() })
}

/// Leaves by their first mention, so that those never mentioned are not compiled.
struct Mentioned {
    /// The new place of each leaf.
    places: Vec<Option<usize>>,
    /// The old places of those that are mentioned.
    order: Vec<usize>,
}

impl Mentioned {
    fn renumber(&mut self, logic: &mut Logic) {
        match logic {
            Logic::Leaf(leaf) => {
                let order = &mut self.order;
                *leaf = *self.places[*leaf].get_or_insert_with(|| {
                    order.push(*leaf);
                    order.len() - 1
                });
            }
            Logic::And(operands) | Logic::Or(operands) => {
                operands.iter_mut().for_each(|operand| self.renumber(operand))
            }
        }
    }
}

fn compile_leaf(key: &str, leaf: wire::Leaf<'_>, depth: usize) -> Result<Leaf, String> {
    let name = leaf.name().and_then(RuleName::parse);
    let (subject, needs) = name.map_or((Subject::Unknown, Needs::NOTHING), Subject::of);
    let operand = name.map_or(Operand::Metadata, RuleName::operand);
    // Rules that refine "none of the items" have no lines to be about.
    let rules = leaf.rules().filter(|_| name != Some(RuleName::ItemsNone));
    let rules =
        rules.map(|rules| compile_branch(rules, depth - 1)).transpose()?.filter(|rules| !rules.leaves.is_empty());
    let of_rules = || rules.iter().flat_map(|rules| &rules.leaves);
    let items = match operand {
        Operand::Items => ItemsAsked::compile(leaf.conditions(), default_object(name)),
        _ => ItemsAsked::default(),
    };
    let conditions = leaf.conditions().map(|(operator, operands)| match operand {
        Operand::Ids => Condition::compile(operator, &operands.iter().map(id_of).collect::<Vec<_>>()),
        _ => Condition::compile(operator, operands),
    });
    Ok(Leaf {
        key: key.into(),
        name: leaf.name().unwrap_or_default().into(),
        category: name.map_or(Category::Redemption, RuleName::category),
        operand,
        subject,
        property: leaf.property().map(Into::into),
        conditions: conditions.collect(),
        items,
        message: leaf.message().map(Into::into),
        needs: of_rules().fold(needs, |needs, rule| needs.and(rule.needs)),
        needs_discount: subject.needs_discount() || of_rules().any(|rule| rule.needs_discount),
        scopes: Scopes::of(|scope: Scope| name.map_or(scope.evaluates_unknown(), |name| scope.evaluates(name))),
        rules: rules.map(Box::new),
    })
}

fn default_object(name: Option<RuleName>) -> ItemObject {
    if name == Some(RuleName::SkuId) { ItemObject::Sku } else { ItemObject::Product }
}

/// Ids may come as objects that have one.
fn id_of(operand: &Value) -> Value {
    operand.get("id").unwrap_or(operand).clone()
}
