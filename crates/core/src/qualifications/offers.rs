//! What a project offers by its configuration alone, filed so that a request is compared with the few offers
//! that may qualify: promotion tiers, campaigns that have codes to give, and stacks.
//!
//! Everything lies there newest first, in the order of [`Offer::rank`]: the places that a look-up finds are
//! in the order of the answer.

use std::sync::Arc;

use guerdon_engine::{
    discount::{Gift, Incentive},
    index::{Index, Promotion},
    rules::{Item, RuleSet, Scope, Situation},
    target::discounted,
    validity::Limits,
};
use guerdon_model::{
    Timestamp,
    campaign::{Campaign, CampaignType},
    promotion_stack::PromotionStack,
    voucher::VoucherValue,
};

use super::scenario::Items;
use crate::{promotions::ReadyTier, snapshot::Snapshot};

/// Something that is offered to all who fulfil its rules.
#[derive(Debug, Clone)]
pub enum Offer {
    Tier(Arc<ReadyTier>),
    /// A code of it.
    Campaign(Arc<Campaign>),
}

impl Offer {
    /// What offers are sorted by; the greatest comes first.
    pub fn rank(&self) -> (Timestamp, &str) {
        match self {
            Offer::Tier(ready) => (ready.tier.created_at, ready.tier.id.as_str()),
            Offer::Campaign(campaign) => (campaign.created_at, campaign.id.as_str()),
        }
    }

    fn incentive(&self) -> Incentive<'_> {
        match self {
            Offer::Tier(ready) => Incentive::Discount(&ready.tier.action.discount),
            Offer::Campaign(campaign) => match campaign.voucher.as_ref().map(|template| &template.value) {
                Some(VoucherValue::Discount { discount }) => Incentive::Discount(discount),
                Some(VoucherValue::Gift { gift }) => Incentive::Gift(Gift {
                    effect: gift.effect.unwrap_or_default(),
                    balance: gift.total(),
                    locked: 0,
                    credits: None,
                }),
                Some(VoucherValue::Loyalty { .. }) | None => Incentive::Reward { points: 0 },
            },
        }
    }
}

/// All offers of a project, as of one configuration.
#[derive(Debug)]
pub struct Offers {
    all: Box<[Offer]>,
    /// By their rules.
    by_rules: Index,
    /// By their rules and the items that they discount or ask for.
    by_named_items: Index,
    /// By the items that they discount.
    by_discounted_items: Index,
    stacks: Box<[Arc<PromotionStack>]>,
    /// By the rules of their first tier, which sees the order as it is.
    stacks_by_rules: Index,
}

impl Offers {
    /// Files what is active. That is work, so it is done when somebody asks for the first time.
    pub(crate) fn of(config: &Snapshot) -> Self {
        let promotions = config.promotions();
        let is_active = |ready: &&Arc<ReadyTier>| {
            let campaign = config.campaign_with_id(&ready.tier.campaign_id);
            ready.tier.active && campaign.is_some_and(|campaign| campaign.active)
        };
        let gives_codes =
            |campaign: &&Arc<Campaign>| campaign.active && campaign.campaign_type != CampaignType::Promotion;
        let tiers = promotions.tiers().filter(is_active).cloned().map(Offer::Tier);
        let campaigns = config.campaigns().filter(gives_codes).cloned().map(Offer::Campaign);
        let mut all: Vec<Offer> = tiers.chain(campaigns).collect();
        all.sort_unstable_by(|one, other| other.rank().cmp(&one.rank()));
        let filed: Vec<Filed> = all.iter().map(|offer| Filed::of(config, offer)).collect();

        let first_tier = |stack: &PromotionStack| promotions.tier(stack.tiers.ids.first()?.as_str()).cloned();
        let stacks = promotions.stacks().filter_map(|stack| {
            let ready = first_tier(stack).filter(|ready| is_active(&ready))?;
            Some((stack.clone(), Filed::of(config, &Offer::Tier(ready)).promotion))
        });
        let mut stacks: Vec<(Arc<PromotionStack>, Promotion)> = stacks.collect();
        stacks.sort_unstable_by(|(one, _), (other, _)| rank(other).cmp(&rank(one)));
        let (stacks, by_first_tier): (Vec<_>, Vec<_>) = stacks.into_iter().unzip();
        Self {
            all: all.into(),
            by_rules: Index::new(filed.iter().map(|filed| filed.promotion.clone())),
            by_named_items: Index::new(filed.iter().map(Filed::with_named_items)),
            by_discounted_items: Index::new(filed.iter().map(Filed::with_discounted_items)),
            stacks: stacks.into(),
            stacks_by_rules: Index::new(by_first_tier),
        }
    }

    /// The offer at this place.
    pub fn at(&self, place: usize) -> &Offer {
        &self.all[place]
    }

    /// The places of all offers that may qualify, the newest first.
    pub(super) fn candidates(&self, items: Items, situation: &Situation<'_>) -> Vec<usize> {
        match items {
            Items::Any => self.by_rules.candidates(situation),
            Items::Named => self.by_named_items.candidates(situation),
            // Rules may not count at all, but the items must be there.
            Items::Discounted => {
                self.by_discounted_items.candidates(&Situation { scope: Scope::Products, ..*situation })
            }
        }
    }

    /// The stacks that may qualify, likewise.
    pub(super) fn stacks(&self, situation: &Situation<'_>) -> Vec<Arc<PromotionStack>> {
        let places = self.stacks_by_rules.candidates(situation);
        places.into_iter().map(|place| self.stacks[place].clone()).collect()
    }
}

fn rank(stack: &PromotionStack) -> (Timestamp, &str) {
    (stack.created_at, stack.id.as_str())
}

/// What an offer is filed by.
struct Filed {
    promotion: Promotion,
    discounted: Vec<Item>,
}

impl Filed {
    fn of(config: &Snapshot, offer: &Offer) -> Self {
        let promotion = match offer {
            Offer::Tier(ready) => {
                let of_campaign = config.promotions().of_campaign(&ready.tier.campaign_id);
                let of_campaign = of_campaign.map_or(&[][..], |promotion| &promotion.rules);
                Promotion {
                    rules: ready.rules.iter().chain(of_campaign).cloned().collect(),
                    limits: ready.limits.clone(),
                }
            }
            Offer::Campaign(campaign) => {
                let rules = campaign.validation_rules_assignments.iter();
                let rules = rules.filter_map(|assignment| config.validation_rule(assignment.rule_id.as_str()));
                Promotion {
                    rules: rules.map(|ready| ready.set.clone()).collect(),
                    limits: Limits::compile(&campaign.limits),
                }
            }
        };
        let applicable_to = promotion.rules.iter().filter_map(|rules| rules.applicable_to());
        Self { discounted: discounted(offer.incentive(), applicable_to), promotion }
    }

    fn with_named_items(&self) -> Promotion {
        let named = self.promotion.rules.iter().flat_map(|rules| rules.items());
        let items = RuleSet::one_of(self.discounted.iter().chain(named).cloned());
        let rules = self.promotion.rules.iter().cloned().chain([Arc::new(items)]).collect();
        Promotion { rules, limits: self.promotion.limits.clone() }
    }

    fn with_discounted_items(&self) -> Promotion {
        let items = RuleSet::one_of(self.discounted.iter().cloned());
        Promotion { rules: vec![Arc::new(items)], limits: self.promotion.limits.clone() }
    }
}
