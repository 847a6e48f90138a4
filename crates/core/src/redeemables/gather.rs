//! Loads what a request names, with everything that its checks will look at.

use std::{collections::HashSet, sync::Arc};

use guerdon_engine::{
    cart,
    discount::{Catalogue, Unit},
    redeemable::Object,
    rules::RuleSet,
    validity::Limits,
};
use guerdon_model::{
    Error,
    campaign::Campaign,
    category::Category,
    discount::Discount,
    ids::{CategoryId, PrefixedId, ProductId},
    metadata::Metadata,
    product::Product,
    publication::Publication,
    redeemable::{RedeemableInput, RedeemableObject, SessionLock},
    sku::Sku,
    usage::Starts,
    validation_rule::Assignments,
    voucher::{Voucher, VoucherValue, folded},
};
use guerdon_store::{Collection, Key};

use super::{
    Scene,
    counted::{self, Counted},
};
use crate::{
    campaigns,
    promotions::ReadyTier,
    snapshot::Snapshot,
    tx::{Result, Tx},
    vouchers,
};

/// What a request names, promotion stacks taken apart into their tiers.
#[derive(Debug, Default)]
pub struct Gathering {
    /// In the order of the request.
    pub redeemables: Vec<Gathered>,
    /// What discounts give away.
    pub units: Units,
}

/// One redeemable of a request.
#[derive(Debug)]
pub struct Gathered {
    /// As the request names it.
    pub id: String,
    pub object: RedeemableObject,
    /// `None` if there is no such thing.
    pub found: Option<Found>,
}

/// A redeemable that there is.
#[derive(Debug)]
pub struct Found {
    pub incentive: Incentive,
    /// What it belongs to.
    pub campaign: Option<Arc<Campaign>>,
    pub category: Option<Category>,
    pub(super) limits: Option<Limits>,
    pub(super) own_rules: Vec<Arc<RuleSet>>,
    pub(super) campaign_rules: Vec<Arc<RuleSet>>,
    pub(super) counted: Option<Box<Counted>>,
    /// The metadata of a voucher's publication; empty if no formula can ask for them.
    pub(super) publication: Option<Metadata>,
    /// What the session of the request has reserved already.
    pub own_lock: Option<Arc<SessionLock>>,
    /// Credits of a gift card that are offered.
    pub(super) credits: Option<i64>,
}

/// What is redeemed.
#[derive(Debug)]
pub enum Incentive {
    Voucher(Arc<Voucher>),
    Tier(Arc<ReadyTier>),
}

/// Products and SKUs that discounts give away.
#[derive(Debug, Default)]
pub struct Units {
    pub(super) products: Vec<Arc<Product>>,
    pub(super) skus: Vec<Arc<Sku>>,
}

impl Gathered {
    /// The voucher, if it is one that there is.
    pub fn voucher(&self) -> Option<&Arc<Voucher>> {
        match &self.found.as_ref()?.incentive {
            Incentive::Voucher(voucher) => Some(voucher),
            Incentive::Tier(_) => None,
        }
    }

    /// A voucher by its code.
    pub fn of_voucher(tx: &Tx, voucher: Arc<Voucher>) -> Self {
        Self {
            id: voucher.code.clone(),
            object: RedeemableObject::Voucher,
            found: Some(Found::voucher(tx, voucher, None)),
        }
    }

    /// A tier by its own id, maybe as part of a stack with a category of its own.
    pub fn tier(config: &Snapshot, ready: Arc<ReadyTier>, of_stack: Option<&CategoryId>) -> Self {
        Self {
            id: ready.tier.id.to_string(),
            object: RedeemableObject::PromotionTier,
            found: Some(Found::tier(config, ready, of_stack)),
        }
    }

    pub(super) fn engine_object(&self) -> Object {
        match self.object {
            RedeemableObject::Voucher => Object::Voucher,
            RedeemableObject::PromotionTier => Object::PromotionTier,
            RedeemableObject::PromotionStack => Object::PromotionStack,
        }
    }
}

impl Found {
    /// The voucher's or tier's id.
    pub fn id(&self) -> &str {
        match &self.incentive {
            Incentive::Voucher(voucher) => voucher.id.as_str(),
            Incentive::Tier(ready) => ready.tier.id.as_str(),
        }
    }

    /// The voucher's or tier's own metadata.
    pub fn metadata(&self) -> &Metadata {
        match &self.incentive {
            Incentive::Voucher(voucher) => &voucher.metadata,
            Incentive::Tier(ready) => &ready.tier.metadata,
        }
    }

    /// The stored discount, unless it is a card.
    pub fn discount(&self) -> Option<&Discount> {
        match &self.incentive {
            Incentive::Tier(ready) => Some(&ready.tier.action.discount),
            Incentive::Voucher(voucher) => match &voucher.value {
                VoucherValue::Discount { discount } => Some(discount),
                VoucherValue::Gift { .. } | VoucherValue::Loyalty { .. } => None,
            },
        }
    }

    /// All its rules, its own first.
    pub(super) fn rules(&self) -> impl Iterator<Item = &RuleSet> {
        self.own_rules.iter().chain(&self.campaign_rules).map(|rules| &**rules)
    }

    /// A voucher, of which so many credits are offered; as many as there are and are needed if `None`.
    fn voucher(tx: &Tx, voucher: Arc<Voucher>, credits: Option<i64>) -> Self {
        let config = tx.config();
        let campaign = voucher.campaign_id.as_ref().and_then(|id| config.campaign_with_id(id)).cloned();
        let limits = match &campaign {
            Some(campaign) => Limits::compile(&voucher.limits.within(&campaign.limits)),
            None => Limits::compile(&voucher.limits),
        };
        let category = voucher.category_id.as_ref().or(campaign.as_ref().and_then(|found| found.category_id.as_ref()));
        Self {
            category: category_of(config, category),
            limits: Some(limits),
            own_rules: rule_sets(config, &voucher.validation_rules_assignments),
            campaign_rules: campaign
                .as_ref()
                .map_or_else(Vec::new, |campaign| rule_sets(config, &campaign.validation_rules_assignments)),
            counted: None,
            publication: voucher.is_published().then(Metadata::default),
            own_lock: None,
            credits,
            incentive: Incentive::Voucher(voucher),
            campaign,
        }
    }

    /// A tier, maybe as part of a stack with a category of its own.
    fn tier(config: &Snapshot, ready: Arc<ReadyTier>, of_stack: Option<&CategoryId>) -> Self {
        let campaign = config.campaign_with_id(&ready.tier.campaign_id).cloned();
        let of_campaign = campaign.as_ref().and_then(|campaign| campaign.category_id.as_ref());
        let category = of_stack.or(ready.tier.category_id.as_ref()).or(of_campaign);
        let promotion = config.promotions().of_campaign(&ready.tier.campaign_id);
        Self {
            category: category_of(config, category),
            limits: None,
            own_rules: ready.rules.to_vec(),
            campaign_rules: promotion.map_or_else(Vec::new, |promotion| promotion.rules.to_vec()),
            counted: None,
            publication: None,
            own_lock: None,
            credits: None,
            incentive: Incentive::Tier(ready),
            campaign,
        }
    }
}

fn category_of(config: &Snapshot, id: Option<&CategoryId>) -> Option<Category> {
    campaigns::category_of(config, id).cloned()
}

fn rule_sets(config: &Snapshot, assignments: &Assignments) -> Vec<Arc<RuleSet>> {
    let rules = assignments.iter().filter_map(|assignment| config.validation_rule(assignment.rule_id.as_str()));
    rules.map(|ready| ready.set.clone()).collect()
}

/// What [`gather`] surely reads.
pub fn keys(config: &Snapshot, requested: &[RedeemableInput]) -> Vec<Key> {
    let is_case_sensitive = config.has_case_sensitive_codes();
    let vouchers = requested.iter().filter(|requested| requested.object == RedeemableObject::Voucher);
    vouchers
        .flat_map(|requested| {
            let code = folded(&requested.id, is_case_sensitive);
            let by_code = vouchers::code_key(code.as_deref().unwrap_or(&requested.id));
            std::iter::once(by_code).chain(vouchers::id_key(&requested.id))
        })
        .collect()
}

/// Finds what is requested. `session` is the key of the session that the request belongs to, unless it is
/// a new one.
///
/// # Errors
/// `invalid_redeemables` if there are more than the stacking rules allow; `duplicated_redeemables` if two names
/// mean the same; `not_found` for a reward.
pub fn gather(tx: &mut Tx, requested: &[RedeemableInput], scene: &Scene, session: Option<&str>) -> Result<Gathering> {
    tx.need(keys(tx.config(), requested))?;
    tx.config().stacking_rules().admit(requested.len())?;
    let mut redeemables = Vec::with_capacity(requested.len());
    for input in requested {
        find(tx, input, &mut redeemables)?;
    }
    let mut seen = HashSet::new();
    let found = redeemables.iter().filter_map(|gathered: &Gathered| gathered.found.as_ref());
    if !found.map(Found::id).all(|id| seen.insert(id)) {
        return Err(Error::DuplicatedRedeemables.into());
    }
    complete(tx, Gathering { redeemables, units: Units::default() }, scene, session)
}

/// The same for these promotion tiers.
pub fn gather_tiers(tx: &mut Tx, tiers: impl IntoIterator<Item = Arc<ReadyTier>>, scene: &Scene) -> Result<Gathering> {
    let config = tx.config();
    let redeemables = tiers.into_iter().map(|ready| Gathered::tier(config, ready, None)).collect();
    gather_found(tx, redeemables, scene, None)
}

/// The same for what was found without a name.
pub fn gather_found(
    tx: &mut Tx,
    redeemables: Vec<Gathered>,
    scene: &Scene,
    session: Option<&str>,
) -> Result<Gathering> {
    complete(tx, Gathering { redeemables, units: Units::default() }, scene, session)
}

/// Adds what else is to be known about what was found.
fn complete(tx: &mut Tx, mut gathering: Gathering, scene: &Scene, session: Option<&str>) -> Result<Gathering> {
    let found = || gathering.redeemables.iter().filter_map(|gathered| gathered.found.as_ref());
    let keys = found().flat_map(|found| further_keys(tx, found, scene, session)).collect::<Vec<_>>();
    tx.need(keys)?;
    let starts = counted::starts(tx);
    for gathered in &mut gathering.redeemables {
        if let Some(found) = &mut gathered.found {
            learn(tx, found, scene, session, &starts)?;
        }
    }
    gathering.units = Units::of(tx, &gathering.redeemables)?;
    Ok(gathering)
}

/// Adds what a request names to what it has named so far: one redeemable, or the tiers of a stack.
fn find(tx: &mut Tx, input: &RedeemableInput, redeemables: &mut Vec<Gathered>) -> Result<()> {
    let gathered = |found| Gathered { id: input.id.clone(), object: input.object, found };
    match input.object {
        RedeemableObject::Voucher => {
            let voucher = vouchers::find(tx, &input.id)?;
            if let Some(reward) = input.reward.as_ref().and_then(|reward| reward.id.as_ref())
                && voucher.as_ref().is_some_and(|voucher| matches!(voucher.value, VoucherValue::Loyalty { .. }))
            {
                return Err(Error::not_found("reward", reward.as_str()).into());
            }
            redeemables.push(gathered(
                voucher.map(|voucher| Found::voucher(tx, voucher, input.gift.and_then(|gift| gift.credits))),
            ));
        }
        RedeemableObject::PromotionTier => {
            let ready = tx.config().promotions().tier(&input.id).cloned();
            redeemables.push(gathered(ready.map(|ready| Found::tier(tx.config(), ready, None))));
        }
        RedeemableObject::PromotionStack => {
            let promotions = tx.config().promotions();
            let Some(stack) = promotions.stack(&input.id) else {
                redeemables.push(gathered(None));
                return Ok(());
            };
            // A stack names no tier that is gone: whoever deletes a tier takes it out of all stacks.
            let tiers = stack.tiers.ids.iter().filter_map(|id| promotions.tier(id.as_str()));
            let of_stack = stack.category_id.as_ref();
            redeemables.extend(tiers.map(|ready| Gathered::tier(tx.config(), ready.clone(), of_stack)));
        }
    }
    Ok(())
}

fn further_keys(tx: &Tx, found: &Found, scene: &Scene, session: Option<&str>) -> Vec<Key> {
    let mut keys = counted::keys(tx, found, scene);
    if let Incentive::Voucher(voucher) = &found.incentive {
        if let Some(session) = session.filter(|_| !voucher.locked.is_empty()) {
            keys.push(Key::id(Collection::SessionLocks, SessionLock::id_of(&voucher.id, session)));
        }
        if let Some(publication) = publication_asked_for(voucher) {
            keys.push(Key::id(Collection::Publications, publication));
        }
    }
    let units = found.discount().into_iter().flat_map(Discount::unit_types);
    keys.extend(units.map(|unit| match is_product(unit) {
        true => Key::id(Collection::Products, unit),
        false => Key::id(Collection::Skus, unit),
    }));
    keys
}

fn is_product(unit: &str) -> bool {
    unit.starts_with(ProductId::PREFIX)
}

/// The publication whose metadata a formula may ask for.
fn publication_asked_for(voucher: &Voucher) -> Option<&str> {
    let VoucherValue::Discount { discount } = &voucher.value else { return None };
    let id = voucher.publication_id.as_ref().map(|id| id.as_str());
    id.filter(|_| discount.formulas().next().is_some())
}

fn learn(tx: &mut Tx, found: &mut Found, scene: &Scene, session: Option<&str>, starts: &Starts) -> Result<()> {
    found.counted = counted::of(tx, found, scene, starts)?;
    if let Incentive::Voucher(voucher) = &found.incentive {
        if let Some(session) = session.filter(|_| !voucher.locked.is_empty()) {
            // What others have to know of it is part of the voucher, which is guarded.
            found.own_lock = tx.peek::<SessionLock>(&SessionLock::id_of(&voucher.id, session))?;
        }
        if let Some(publication) = publication_asked_for(voucher)
            && let Some(publication) = tx.peek::<Publication>(publication)?
        {
            found.publication = Some(publication.metadata.clone());
        }
    }
    Ok(())
}

impl Units {
    fn of(tx: &mut Tx, redeemables: &[Gathered]) -> Result<Self> {
        let mut units = Self::default();
        let discounts = redeemables.iter().filter_map(|gathered| gathered.found.as_ref()?.discount());
        for unit in discounts.flat_map(Discount::unit_types) {
            if is_product(unit) {
                units.products.extend(tx.peek::<Product>(unit)?);
            } else if let Some(sku) = tx.peek::<Sku>(unit)? {
                units.products.extend(tx.peek::<Product>(sku.product_id.as_str())?);
                units.skus.push(sku);
            }
        }
        Ok(units)
    }

    fn product(&self, id: &str) -> Option<Arc<cart::Product>> {
        let known = self.products.iter().find(|product| product.id.as_str() == id)?;
        Some(Arc::new(cart::Product {
            id: Some(known.id.as_str().into()),
            source_id: known.source_id.as_deref().map(Arc::from),
            name: known.name.as_deref().map(Arc::from),
            price: known.price,
            metadata: known.metadata.clone(),
        }))
    }
}

impl Catalogue for Units {
    fn unit(&self, unit_type: &str) -> Option<Unit> {
        if is_product(unit_type) {
            return self.product(unit_type).map(|product| Unit { product: Some(product), sku: None });
        }
        let known = self.skus.iter().find(|sku| sku.id.as_str() == unit_type)?;
        let sku = cart::Sku {
            id: Some(known.id.as_str().into()),
            source_id: known.source_id.as_deref().map(Arc::from),
            sku: known.sku.as_deref().map(Arc::from),
            price: known.price,
            metadata: known.metadata.clone(),
        };
        Some(Unit { product: self.product(known.product_id.as_str()), sku: Some(Arc::new(sku)) })
    }
}
