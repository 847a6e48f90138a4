//! A project in a JSON file: what can be redeemed, by which rules, and how it stacks.

use std::{collections::HashMap, sync::Arc};

use guerdon_engine::{
    cart::Line,
    discount::Gift,
    facts::{Collections, Counter, Counters, Segments},
    redeemable::{Kind, Object, Redeemable, Requested},
    rules::RuleSet,
    validity::Limits,
};
use guerdon_model::{
    Timestamp,
    category::Category,
    discount::{Discount, GiftEffect},
    metadata::Metadata,
    order::Order,
    stacking_rules::StackingRules,
    validation_rule::ValidationRule,
    validity::TimeLimits,
};
use serde::Deserialize;

/// The file as it is read.
#[derive(Deserialize)]
pub(crate) struct Project {
    #[serde(default)]
    pub(crate) stacking_rules: StackingRules,
    #[serde(default)]
    categories: Vec<Category>,
    #[serde(default)]
    validation_rules: Vec<ValidationRule>,
    redeemables: Vec<Entry>,
    /// The ids or source ids of the products of each collection.
    #[serde(default)]
    collections: HashMap<String, Vec<String>>,
}

/// Something that can be redeemed.
#[derive(Deserialize)]
struct Entry {
    id: String,
    #[serde(flatten)]
    what: What,
    #[serde(default = "yes")]
    active: bool,
    #[serde(default)]
    validation_rules: Vec<String>,
    category_id: Option<String>,
    quantity: Option<i64>,
    #[serde(default)]
    redeemed: i64,
    #[serde(flatten)]
    limits: TimeLimits,
}

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum What {
    Coupon {
        discount: Discount,
    },
    PromotionTier {
        discount: Discount,
    },
    GiftCard {
        balance: i64,
        credits: Option<i64>,
        #[serde(default)]
        effect: GiftEffect,
    },
}

fn yes() -> bool {
    true
}

/// What is bought, by whom and when.
#[derive(Deserialize)]
pub(crate) struct Purchase {
    pub(crate) order: Order,
    pub(crate) customer: Option<Buyer>,
    #[serde(default)]
    pub(crate) now: Timestamp,
    #[serde(default)]
    pub(crate) metadata: Metadata,
}

/// The customer.
#[derive(Deserialize)]
pub(crate) struct Buyer {
    pub(crate) id: Option<String>,
    #[serde(default)]
    pub(crate) metadata: Metadata,
    #[serde(default)]
    segments: Vec<String>,
}

impl Segments for Buyer {
    fn contains(&self, segment: &str) -> bool {
        self.segments.iter().any(|known| known == segment)
    }
}

/// A project that is ready to be evaluated.
pub(crate) struct Compiled {
    pub(crate) stacking_rules: StackingRules,
    categories: HashMap<String, Category>,
    entries: Vec<(Entry, Limits, Vec<Arc<RuleSet>>)>,
    collections: HashMap<String, Vec<String>>,
}

impl Project {
    /// Compiles the rules.
    ///
    /// # Errors
    /// What is wrong with one of them, in words.
    pub(crate) fn compile(self) -> Result<Compiled, String> {
        let mut rules = HashMap::new();
        for rule in &self.validation_rules {
            let set = RuleSet::compile(rule).map_err(|error| format!("{}: {error}", rule.id))?;
            rules.insert(rule.id.to_string(), Arc::new(set));
        }
        let mut entries = Vec::new();
        for entry in self.redeemables {
            let own = entry
                .validation_rules
                .iter()
                .map(|id| rules.get(id).cloned().ok_or_else(|| format!("{} names the unknown rule {id}", entry.id)));
            let own = own.collect::<Result<_, _>>()?;
            let limits = Limits::compile(&entry.limits);
            entries.push((entry, limits, own));
        }
        let categories = self.categories.into_iter().map(|category| (category.id.to_string(), category)).collect();
        Ok(Compiled { stacking_rules: self.stacking_rules, categories, entries, collections: self.collections })
    }
}

impl Compiled {
    /// The redeemables of these names, in that order; all of them if none are named.
    pub(crate) fn requested<'a>(&'a self, names: &'a [String]) -> Vec<Requested<'a>> {
        let find = |name: &'a str| self.entries.iter().find(|(entry, ..)| entry.id == name);
        match names.is_empty() {
            true => self.entries.iter().map(|found| self.one(&found.0.id, Some(found))).collect(),
            false => names.iter().map(|name| self.one(name, find(name))).collect(),
        }
    }

    fn one<'a>(&'a self, id: &'a str, found: Option<&'a (Entry, Limits, Vec<Arc<RuleSet>>)>) -> Requested<'a> {
        let Some((entry, limits, rules)) = found else {
            return Requested { id, object: Object::Voucher, redeemable: None };
        };
        let kind = match &entry.what {
            What::Coupon { discount } => Kind::Coupon(discount),
            What::PromotionTier { discount } => Kind::PromotionTier(discount),
            What::GiftCard { balance, credits, effect } => {
                Kind::GiftCard(Gift { balance: *balance, locked: 0, credits: *credits, effect: *effect })
            }
        };
        let mut redeemable = Redeemable::new(id, kind);
        redeemable.is_active = entry.active;
        redeemable.limits = limits;
        redeemable.own_rules = rules;
        redeemable.uses.quantity = entry.quantity;
        redeemable.uses.redeemed = entry.redeemed;
        redeemable.category = entry.category_id.as_ref().and_then(|id| self.categories.get(id));
        Requested { id, object: redeemable.object(), redeemable: Some(redeemable) }
    }

    /// Which lines belong to which collections.
    pub(crate) fn members(&self) -> Members<'_> {
        Members(&self.collections)
    }
}

/// The collections of a project, with the names of their members.
pub(crate) struct Members<'a>(&'a HashMap<String, Vec<String>>);

impl Collections for Members<'_> {
    fn contains(&self, collection: &str, line: &Line) -> bool {
        let Some(members) = self.0.get(collection) else { return false };
        let product = line.product.as_ref();
        let names = [
            line.source_id.as_deref(),
            product.and_then(|it| it.id.as_deref()),
            product.and_then(|it| it.source_id.as_deref()),
        ];
        names.into_iter().flatten().any(|name| members.iter().any(|member| member == name))
    }
}

/// Nothing was redeemed before.
pub(crate) struct Fresh;

impl Counters for Fresh {
    fn value(&self, _: Counter) -> i64 {
        0
    }
}
