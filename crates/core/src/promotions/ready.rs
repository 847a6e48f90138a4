//! Promotions as the configuration holds them: read and compiled once, until they are changed.

use std::{collections::HashMap, sync::Arc};

use guerdon_engine::{rules::RuleSet, validity::Limits};
use guerdon_model::{
    Error,
    campaign::{Campaign, CampaignType},
    ids::{CampaignId, PromotionStackId, PromotionTierId, ValidationRuleId},
    promotion_stack::PromotionStack,
    promotion_tier::PromotionTier,
    validation_rule::Assignments,
    validity::TimeLimits,
};
use guerdon_store::Record;

use crate::{failure::damaged, validation_rules::ReadyRule};

/// A tier with what its evaluation needs.
#[derive(Debug)]
pub struct ReadyTier {
    pub tier: PromotionTier,
    /// Its own limits, and where it has none its campaign's.
    pub limits: Limits,
    /// Its own rules, compiled. Those of its campaign are the [`Promotion`]'s.
    pub rules: Box<[Arc<RuleSet>]>,
    /// What `limits` were made with.
    campaign_limits: TimeLimits,
    /// That of the document which it was read from.
    version: u64,
}

/// A campaign with its tiers.
#[derive(Debug, Clone)]
pub struct Promotion {
    pub campaign: Arc<Campaign>,
    /// The campaign's rules, compiled; all tiers have them.
    pub rules: Box<[Arc<RuleSet>]>,
    /// In the order in which they are applied.
    pub tiers: Vec<Arc<ReadyTier>>,
    /// Oldest first.
    pub stacks: Vec<Arc<PromotionStack>>,
}

/// All promotions of a project.
#[derive(Debug, Clone, Default)]
pub struct Promotions {
    of_campaign: HashMap<CampaignId, Promotion>,
    tiers: HashMap<PromotionTierId, Arc<ReadyTier>>,
    newest: Vec<Arc<ReadyTier>>,
    stacks: HashMap<PromotionStackId, Arc<PromotionStack>>,
}

/// How many of the newest tiers are at hand.
const NEWEST: usize = 150;

type Rules = HashMap<ValidationRuleId, Arc<ReadyRule>>;

impl Promotions {
    /// Reads tiers and stacks; a tier that has not changed since `previous`, and whose campaign and rules have
    /// not either, is taken from there. What belongs to a campaign that can't be seen can't be seen either.
    pub(crate) fn read(
        tiers: &[&Record],
        stacks: Vec<PromotionStack>,
        campaigns: &HashMap<CampaignId, Arc<Campaign>>,
        rules: &Rules,
        previous: Option<&Self>,
    ) -> Result<Self, Error> {
        let promotions = campaigns.values().filter(|campaign| campaign.campaign_type == CampaignType::Promotion);
        let promotions = promotions.map(|campaign| {
            let rules = rule_sets(&campaign.validation_rules_assignments, rules);
            let promotion = Promotion { campaign: campaign.clone(), rules, tiers: Vec::new(), stacks: Vec::new() };
            (campaign.id.clone(), promotion)
        });
        let mut all = Self { of_campaign: promotions.collect(), ..Self::default() };
        for record in tiers {
            let known = previous.and_then(|previous| previous.tiers.get(&*record.id));
            let known = known.filter(|known| known.version == record.version);
            let stored = match known {
                Some(_) => None,
                None => Some(record.document::<PromotionTier>().map_err(damaged)?),
            };
            let Some(tier) = stored.as_ref().or_else(|| known.map(|known| &known.tier)) else { continue };
            let Some(promotion) = all.of_campaign.get_mut(&tier.campaign_id) else { continue };
            let own_rules = rule_sets(&tier.validation_rule_assignments, rules);
            let limits = &promotion.campaign.limits;
            let ready = match known.filter(|known| known.is_made_with(limits, &own_rules)) {
                Some(known) => known.clone(),
                None => Arc::new(ReadyTier {
                    limits: Limits::compile(&tier.limits.within(limits)),
                    rules: own_rules,
                    campaign_limits: limits.clone(),
                    version: record.version,
                    tier: tier.clone(),
                }),
            };
            promotion.tiers.push(ready.clone());
            all.tiers.insert(ready.tier.id.clone(), ready);
        }
        for stack in stacks {
            let Some(promotion) = all.of_campaign.get_mut(&stack.campaign_id) else { continue };
            let stack = Arc::new(stack);
            promotion.stacks.push(stack.clone());
            all.stacks.insert(stack.id.clone(), stack);
        }
        for promotion in all.of_campaign.values_mut() {
            promotion.tiers.sort_by(|one, other| one.tier.rank().cmp(&other.tier.rank()));
            promotion.stacks.sort_by(|one, other| (one.created_at, &one.id).cmp(&(other.created_at, &other.id)));
        }
        all.newest = all.tiers.values().cloned().collect();
        all.newest
            .sort_by(|one, other| (other.tier.created_at, &other.tier.id).cmp(&(one.tier.created_at, &one.tier.id)));
        all.newest.truncate(NEWEST);
        Ok(all)
    }

    /// The promotion of this campaign; none of one with vouchers.
    pub fn of_campaign(&self, campaign: &CampaignId) -> Option<&Promotion> {
        self.of_campaign.get(campaign)
    }

    /// The tier with this id.
    pub fn tier(&self, id: &str) -> Option<&Arc<ReadyTier>> {
        self.tiers.get(id)
    }

    /// All tiers, in no particular order.
    pub fn tiers(&self) -> impl Iterator<Item = &Arc<ReadyTier>> {
        self.tiers.values()
    }

    /// The 150 newest tiers, the newest first.
    pub fn newest(&self) -> &[Arc<ReadyTier>] {
        &self.newest
    }

    /// The stack with this id.
    pub fn stack(&self, id: &str) -> Option<&Arc<PromotionStack>> {
        self.stacks.get(id)
    }

    /// All stacks, in no particular order.
    pub fn stacks(&self) -> impl Iterator<Item = &Arc<PromotionStack>> {
        self.stacks.values()
    }
}

impl ReadyTier {
    fn is_made_with(&self, campaign_limits: &TimeLimits, rules: &[Arc<RuleSet>]) -> bool {
        let are_same = self.rules.iter().zip(rules).all(|(known, rule)| Arc::ptr_eq(known, rule));
        self.campaign_limits == *campaign_limits && self.rules.len() == rules.len() && are_same
    }
}

/// The compiled rules of assignments. Each of them is there: a rule is deleted after its last assignment.
fn rule_sets(assignments: &Assignments, rules: &Rules) -> Box<[Arc<RuleSet>]> {
    assignments.iter().filter_map(|assignment| rules.get(&assignment.rule_id)).map(|ready| ready.set.clone()).collect()
}

#[cfg(test)]
mod tests {
    use guerdon_model::{
        Timestamp,
        ids::ProjectId,
        validation_rule::{RelatedObjectType, ValidationRule, ValidationRuleAssignment},
    };
    use serde_json::{Value, json};

    use super::*;

    fn campaign(limits: Value) -> HashMap<CampaignId, Arc<Campaign>> {
        let mut json = json!({
            "id": "camp_1", "name": "P", "campaign_type": "PROMOTION", "type": "STATIC", "auto_join": false,
            "join_once": false, "use_voucher_metadata_schema": false, "active": true,
            "created_at": "2026-05-10T12:00:00.000Z", "creation_status": "DONE",
        });
        json.as_object_mut().expect("an object").extend(limits.as_object().expect("an object").clone());
        let campaign: Campaign = serde_json::from_str(&json.to_string()).expect("a campaign");
        HashMap::from([(campaign.id.clone(), Arc::new(campaign))])
    }

    fn record(id: &str, hierarchy: i64, version: u64) -> Record {
        let rules = json!({"data": [ValidationRuleAssignment::new(
            "asgm_1".into(), "val_1".into(), id.into(), RelatedObjectType::PromotionTier, Timestamp::default(),
        )]});
        let json = json!({
            "id": id, "campaign_id": "camp_1", "name": id, "hierarchy": hierarchy, "active": true,
            "action": {"discount": {"type": "PERCENT", "percent_off": 10}}, "validation_rule_assignments": rules,
            "created_at": "2026-05-10T12:00:00.000Z",
        });
        Record { project: ProjectId::from("proj_1"), id: id.into(), version, format: 1, body: json.to_string().into() }
    }

    fn rules(version: u64) -> Rules {
        let rule = ValidationRule::new("val_1".into(), "Any".into(), Timestamp::default());
        HashMap::from([(rule.id.clone(), Arc::new(ReadyRule::of(version, rule).expect("a rule")))])
    }

    #[test]
    fn what_has_not_changed_is_not_made_again() {
        let (plain, rules_before) = (campaign(json!({})), rules(1));
        let records = [record("promo_b", 1, 1), record("promo_a", 2, 1)];
        let records = [&records[0], &records[1]];
        let before = Promotions::read(&records, Vec::new(), &plain, &rules_before, None).expect("promotions");
        let order: Vec<&str> = before.of_campaign["camp_1"].tiers.iter().map(|ready| ready.tier.id.as_str()).collect();
        assert_eq!(order, ["promo_b", "promo_a"]);

        let read = |records: &[&Record], campaigns: &HashMap<CampaignId, Arc<Campaign>>, rules: &Rules| {
            let after = Promotions::read(records, Vec::new(), campaigns, rules, Some(&before)).expect("promotions");
            ["promo_a", "promo_b"].map(|id| Arc::ptr_eq(&before.tiers[id], &after.tiers[id]))
        };
        assert_eq!(read(&records, &plain, &rules_before), [true, true]);
        let changed = record("promo_a", 1, 2);
        assert_eq!(read(&[records[0], &changed], &plain, &rules_before), [false, true]);
        assert_eq!(read(&records, &campaign(json!({"validity_day_of_week": [1]})), &rules_before), [false, false]);
        assert_eq!(read(&records, &plain, &rules(2)), [false, false]);
    }

    #[test]
    fn tiers_of_a_campaign_that_can_not_be_seen_can_not_be_seen() {
        let record = record("promo_a", 1, 1);
        let promotions = Promotions::read(&[&record], Vec::new(), &HashMap::new(), &rules(1), None);
        assert_eq!(promotions.expect("promotions").tiers().count(), 0);
    }
}
