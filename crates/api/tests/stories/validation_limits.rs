//! Rules about what was redeemed before, wherever it is counted.

use guerdon_core::{Context, redeemables::counted, tx::Tx};
use guerdon_model::{
    campaign_totals::CampaignTotals,
    event::EventSource,
    ids::{ProjectId, RequestId},
    participation::Participation,
    promotion_tier::TierTotals,
    usage::{Counts, PersonalUsage, Starts, Usage, Who},
    voucher::Voucher,
};
use guerdon_store::Document;
use serde_json::{Value, json};

use crate::{
    app::{PROJECT, TestApp},
    validations::{fates, named, percent, text, validate, voucher},
};

/// Of what a redemption is counted.
#[derive(Debug, Clone, Copy)]
enum Of {
    Campaign,
    Participation,
    Voucher,
    /// In the voucher.
    Customer,
    /// Besides the voucher, which remembers others.
    OneOfManyCustomers,
    ApiKey,
    Tier,
    TierAndCustomer,
}

/// A code and a tier that may be redeemed twice by one rule.
struct Shop {
    app: TestApp,
    customer: Value,
    campaign: Value,
    voucher: Value,
    tier: Value,
}

impl Shop {
    async fn new(rule: &str) -> Self {
        let app = TestApp::new().await;
        let rule = json!({"name": rule, "rules": {"1": {"name": rule, "conditions": {"$less_than_or_equal": [2]}},
            "logic": "1"}});
        let rule = app.post("/v1/validation-rules", rule).await.expect(200);
        let customer = app.post("/v1/customers", json!({"source_id": "ada"})).await.expect(200);
        let campaign = json!({"name": "Off", "campaign_type": "DISCOUNT_COUPONS", "type": "STATIC", "voucher": percent(10),
            "validation_rules": [rule["id"]]});
        let campaign = app.post("/v1/campaigns", campaign).await.expect(200);
        let voucher = app.post("/v1/campaigns/Off/vouchers/TEN", json!({})).await.expect(200);
        let tier = json!({"name": "Ten", "action": {"discount": {"type": "PERCENT", "percent_off": 10}},
            "validation_rules": [rule["id"]]});
        let promotion = json!({"name": "Sale", "campaign_type": "PROMOTION", "promotion": {"tiers": [tier]}});
        let promotion = app.post("/v1/campaigns", promotion).await.expect(200);
        let tier = promotion["promotion"]["tiers"][0].clone();
        Self { app, customer, campaign, voucher, tier }
    }

    async fn run(&self, command: impl FnMut(&mut Tx) -> guerdon_core::tx::Result<()> + Send + 'static) {
        let request: RequestId = self.app.guerdon.ids.next(self.app.guerdon.clock.now());
        let context = Context::request(ProjectId::from(PROJECT), &request, EventSource::internal());
        self.app.guerdon.executor.execute(context, Vec::new(), command).await.expect("it can be counted");
    }

    /// Changes a document, or makes it.
    async fn change<D: Document + Clone>(
        &self,
        id: String,
        new: impl Fn(String) -> D + Send + 'static,
        count: fn(&mut D, &Starts),
    ) {
        self.run(move |tx| {
            let mut document = tx.get::<D>(&id)?.map_or_else(|| new(id.clone()), |known| known.as_ref().clone());
            count(&mut document, &counted::starts(tx));
            tx.put(document);
            Ok(())
        })
        .await;
    }

    /// Counts a redemption.
    async fn redeemed(&self, of: Of) {
        let id = |json: &Value| text(&json["id"]).to_owned();
        let customer = id(&self.customer);
        match of {
            Of::Campaign => {
                let new = |id| CampaignTotals { id, ..CampaignTotals::default() };
                self.change(id(&self.campaign), new, |totals, starts| once(&mut totals.usage, starts)).await;
            }
            Of::Participation => {
                let new = |id| Participation { id, ..Participation::default() };
                let id = Participation::id_of(&id(&self.campaign).into(), &customer.into());
                self.change(id, new, |participation, starts| once(&mut participation.usage, starts)).await;
            }
            Of::Voucher => self.change_voucher(|voucher, starts| once(&mut voucher.usage.all, starts)).await,
            Of::Customer => {
                self.change_voucher(move |voucher, starts| {
                    once(voucher.usage.entry(Who::Customer(&customer)).expect("there is room"), starts);
                })
                .await;
            }
            Of::OneOfManyCustomers => {
                self.change_voucher(|voucher, _| voucher.usage.has_others = true).await;
                self.change_personal(PersonalUsage::id_of(text(&self.voucher["id"]), Who::Customer(&customer))).await;
            }
            Of::ApiKey => {
                self.change_voucher(|voucher, starts| {
                    once(voucher.usage.entry(Who::ApiKey("app-id")).expect("there is room"), starts);
                })
                .await;
            }
            Of::Tier => {
                self.change(
                    id(&self.tier),
                    |id: String| TierTotals::new(&id.as_str().into()),
                    |totals, starts| once(&mut totals.usage, starts),
                )
                .await
            }
            Of::TierAndCustomer => {
                self.change_personal(PersonalUsage::id_of(text(&self.tier["id"]), Who::Customer(&customer))).await;
            }
        }
    }

    async fn change_voucher(&self, mut count: impl FnMut(&mut Voucher, &Starts) + Send + 'static) {
        let id = text(&self.voucher["id"]).to_owned();
        self.run(move |tx| {
            let mut voucher = tx.get::<Voucher>(&id)?.expect("the voucher").as_ref().clone();
            count(&mut voucher, &counted::starts(tx));
            tx.put(voucher);
            Ok(())
        })
        .await;
    }

    async fn change_personal(&self, id: String) {
        let new = |id| PersonalUsage { id, ..PersonalUsage::default() };
        self.change(id, new, |personal, starts| once(&mut personal.usage, starts)).await;
    }

    /// What becomes of the code or the tier.
    async fn fate(&self, of: Of) -> String {
        let name = match of {
            Of::Tier | Of::TierAndCustomer => text(&self.tier["id"]),
            _ => "TEN",
        };
        let body = json!({"redeemables": named(&[name]), "order": {"amount": 100}, "customer": {"source_id": "ada"}});
        fates(&validate(&self.app, body).await)[0].1.clone()
    }
}

fn once(usage: &mut Usage, starts: &Starts) {
    usage.add(&Counts { redemptions: 1, order_amount: 1, discount_amount: 1, gift_credits: 0 }, starts);
}

/// The stories begin on a Sunday.
const DAY: i64 = 86_400_000;

#[tokio::test]
async fn rules_count_what_was_redeemed_before() {
    for (rule, of, ends_after) in [
        ("campaign.redemptions.count", Of::Campaign, None),
        ("campaign.redemptions.count.daily", Of::Campaign, Some(DAY)),
        ("campaign.redemptions.customers_count", Of::Participation, None),
        ("campaign.redemptions.customers_count.weekly", Of::Participation, Some(DAY)),
        ("redemption.count.daily", Of::Voucher, Some(DAY)),
        ("redemption.count.monthly", Of::Voucher, Some(22 * DAY)),
        ("redemption.count.per_customer", Of::Customer, None),
        ("redemption.count.per_customer.weekly", Of::Customer, Some(DAY)),
        ("redemption.count.per_customer", Of::OneOfManyCustomers, None),
        ("redemption.count.per_api_key", Of::ApiKey, None),
        ("redemption.count.daily", Of::Tier, Some(DAY)),
        ("redemption.count.per_customer", Of::TierAndCustomer, None),
    ] {
        let shop = Shop::new(rule).await;
        let mut fates = Vec::new();
        for _ in 0..2 {
            shop.redeemed(of).await;
            fates.push(shop.fate(of).await);
        }
        assert_eq!(fates, ["APPLICABLE", "redemption_rules_violated"], "{rule} of {of:?}");
        shop.app.advance(ends_after.unwrap_or(400 * DAY));
        let later = if ends_after.is_some() { "APPLICABLE" } else { "redemption_rules_violated" };
        assert_eq!(shop.fate(of).await, later, "{rule} of {of:?}, later");
    }
}

#[tokio::test]
async fn a_code_of_no_campaign_counts_for_itself() {
    let shop = Shop::new("campaign.redemptions.count").await;
    let rule = shop.app.get("/v1/validation-rules").await.expect(200)["data"][0]["id"].clone();
    let own = voucher(&shop.app, "OWN", percent(10), json!({"validation_rules": [rule]})).await;
    let shop = Shop { voucher: own, ..shop };
    let fate = async || {
        let body = json!({"redeemables": named(&["OWN"]), "order": {"amount": 100}});
        fates(&validate(&shop.app, body).await)[0].1.clone()
    };
    let mut found = Vec::new();
    for _ in 0..3 {
        found.push(fate().await);
        shop.change_voucher(|voucher, _| voucher.redemption.redeemed_quantity += 1).await;
    }
    assert_eq!(found, ["APPLICABLE", "APPLICABLE", "redemption_rules_violated"]);
}
