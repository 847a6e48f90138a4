//! Qualifications as older endpoints answer them: codes for everybody, or campaigns, whole.

use std::sync::Arc;

use guerdon_engine::{rules::Scope, target::list::Lists};
use guerdon_model::{
    Error,
    campaign::Campaign,
    list::List,
    qualification::{CampaignsAnswer, OfferedCampaign, OfferedVoucher, Sorting, VouchersAnswer},
    redeemable::SceneInput,
};

use super::{
    Asked, ask,
    candidate::Candidate,
    page,
    scenario::{Items, Kinds, Row},
};
use crate::{campaigns, context::Context, redeemables::locks::Attempt, service::Guerdon, vouchers};

/// What is asked about.
#[derive(Debug)]
pub struct Request {
    pub scene: SceneInput,
    /// Whether rules are asked only about the customer.
    pub only_audience: bool,
    pub limit: usize,
    /// The newest first.
    pub descending: bool,
}

impl Request {
    fn about(self, kinds: Kinds) -> Result<Asked, Error> {
        self.scene.check()?;
        let scope = if self.only_audience { Scope::AudienceAndLimits } else { Scope::Full };
        Ok(Asked {
            scene: self.scene,
            row: Row { scope, kinds, items: Items::Any },
            sorting: Sorting::Default,
            oldest_first: !self.descending,
            limit: self.limit,
            starting_after: None,
            filter: None,
        })
    }
}

/// The codes for everybody that can be redeemed.
///
/// # Errors
/// Those of [`super::qualify`].
pub async fn vouchers(guerdon: &Guerdon, context: &Context, request: Request) -> Result<VouchersAnswer, Error> {
    let asked = request.about(Kinds::Generic)?;
    ask(guerdon, context, &asked, |tx, scene, pool| {
        let page = page::fill(tx, &asked, scene, pool)?;
        Ok(page.map(|page| {
            let rows = page.rows.into_iter().filter_map(|qualified| {
                let Candidate::Voucher { voucher, .. } = &qualified.candidate else { return None };
                Some(OfferedVoucher {
                    voucher: vouchers::answer_with_rules(tx.config(), voucher),
                    applicable_to: qualified.applied.lists.applicable_to,
                    inapplicable_to: qualified.applied.lists.inapplicable_to,
                })
            });
            VouchersAnswer {
                vouchers: List::whole("data", rows.collect()),
                id: tx.new_id(),
                created_at: tx.now(),
                tracking_id: scene.tracking_id.clone(),
            }
        }))
    })
    .await
}

/// The campaigns of which a code could be redeemed.
///
/// # Errors
/// Those of [`super::qualify`].
pub async fn campaigns(guerdon: &Guerdon, context: &Context, request: Request) -> Result<CampaignsAnswer, Error> {
    let asked = request.about(Kinds::Campaigns)?;
    ask(guerdon, context, &asked, |tx, scene, pool| {
        let page = match page::fill(tx, &asked, scene, pool)? {
            Attempt::Done(page) => page,
            Attempt::Due(vouchers) => return Ok(Attempt::Due(vouchers)),
        };
        let found = page.rows.into_iter().filter_map(|qualified| match qualified.candidate {
            Candidate::Campaign(campaign) => Some((campaign, qualified.applied.lists)),
            Candidate::Voucher { .. } | Candidate::Tier(_) => None,
        });
        let found: Vec<(Arc<Campaign>, Lists)> = found.collect();
        tx.need(found.iter().map(|(campaign, _)| campaigns::totals::key(Some(&campaign.id))))?;
        let mut rows = Vec::with_capacity(found.len());
        for (campaign, lists) in found {
            let campaign = campaigns::answer(tx, &campaign)?;
            let (applicable_to, inapplicable_to) = (lists.applicable_to, lists.inapplicable_to);
            rows.push(OfferedCampaign { campaign, applicable_to, inapplicable_to });
        }
        Ok(Attempt::Done(CampaignsAnswer {
            campaigns: List::whole("data", rows),
            id: tx.new_id(),
            created_at: tx.now(),
            tracking_id: scene.tracking_id.clone(),
        }))
    })
    .await
}
