//! The vouchers that may qualify: those that the customer holds, and those that are for everybody. All are
//! found by an index, however many others there are.

use std::sync::Arc;

use guerdon_model::{
    Error, Timestamp,
    campaign::Supply,
    holder::{HolderRole, RedeemableHolder},
    ids::{CampaignId, VoucherId},
    qualification::Sorting,
    voucher::Voucher,
};
use guerdon_store::{Collection, ColumnValue, Condition, Key, OneOf, Order, Page, Query};

use super::{Asked, candidate::Candidate, offers::Offer};
use crate::{
    context::Context,
    failure::damaged,
    ids::beginning,
    redeemables::{Scene, evaluate::situation},
    service::Guerdon,
    tx::{Result, Tx},
};

/// How many of a customer's vouchers are looked at: those that were given last.
pub const MAX_HELD: usize = 1_000;
/// How many of the codes for everybody are looked at for one page, the newest first.
pub const MAX_GENERIC: usize = 500;
/// Of how many campaigns with one code for everybody it is looked at, the newest first.
pub const MAX_STANDALONE: usize = 200;

/// What was found in the store.
#[derive(Debug, Default)]
pub(super) struct Pool {
    held: Vec<(VoucherId, HolderRole)>,
    for_everybody: Vec<Arc<Voucher>>,
    /// The oldest code that was looked at, if there are older ones: nothing that is older is known to be next.
    pub(super) horizon: Option<Timestamp>,
}

/// What has to be known to fill a pool: which campaigns with one code for everybody may qualify.
pub(super) fn standalone(tx: &mut Tx, asked: &Asked, scene: &Scene) -> Result<Vec<CampaignId>> {
    if !asked.row.kinds.has_generic() {
        return Ok(Vec::new());
    }
    let offers = tx.config().offers();
    let places = situation(tx, scene, asked.row.scope, |situation| offers.candidates(asked.row.items, situation));
    let standalone = places.into_iter().filter_map(|place| match offers.at(place) {
        Offer::Campaign(campaign) if campaign.supply == Supply::Standalone => Some(campaign.id.clone()),
        Offer::Campaign(_) | Offer::Tier(_) => None,
    });
    Ok(standalone.take(MAX_STANDALONE).collect())
}

impl Pool {
    /// Looks up what the scenario asks about.
    ///
    /// # Errors
    /// `StoreUnavailable`.
    pub(super) async fn fill(
        guerdon: &Guerdon,
        context: &Context,
        asked: &Asked,
        scene: &Scene,
        campaigns: Vec<CampaignId>,
    ) -> std::result::Result<Self, Error> {
        let kinds = asked.row.kinds;
        let customer = scene.buyer.as_ref().and_then(|buyer| buyer.id()).filter(|_| kinds.has_held());
        let held = async {
            match customer {
                Some(customer) => guerdon.query(context, held_by(context, customer)).await,
                None => Ok(Page::default()),
            }
        };
        let generic = async {
            match kinds.has_generic() {
                true => guerdon.query(context, generic(context, asked)).await,
                false => Ok(Page::default()),
            }
        };
        let standalone = async {
            match campaigns.is_empty() {
                true => Ok(Page::default()),
                false => guerdon.query(context, of_campaigns(context, campaigns)).await,
            }
        };
        let (held, generic, standalone) = tokio::try_join!(held, generic, standalone)?;
        let held = held.records.iter().map(|record| record.document::<RedeemableHolder>().map_err(damaged));
        let held = held.map(|holder| holder.map(|holder| (holder.redeemable_id, holder.holder_role)));
        let read = |page: &Page| -> std::result::Result<Vec<Arc<Voucher>>, Error> {
            page.records.iter().map(|record| record.document().map(Arc::new).map_err(damaged)).collect()
        };
        let mut for_everybody = read(&generic)?;
        let oldest = for_everybody.last().filter(|_| generic.has_more && asked.sorting == Sorting::Default);
        let horizon = oldest.map(|voucher| voucher.created_at);
        for_everybody.extend(read(&standalone)?);
        Ok(Self { held: held.collect::<std::result::Result<_, _>>()?, for_everybody, horizon })
    }

    /// The vouchers that can be seen, each once.
    pub(super) fn candidates(&self, tx: &mut Tx) -> Result<Vec<Candidate>> {
        tx.need(self.held.iter().map(|(voucher, _)| Key::id(Collection::Vouchers, voucher.as_str())))?;
        let mut candidates = Vec::with_capacity(self.held.len() + self.for_everybody.len());
        for (id, role) in &self.held {
            if let Some(voucher) = tx.peek::<Voucher>(id.as_str())? {
                candidates.push(Candidate::Voucher { voucher, role: Some(*role) });
            }
        }
        let is_held = |voucher: &&Arc<Voucher>| self.held.iter().any(|(held, _)| *held == voucher.id);
        let others = self.for_everybody.iter().filter(|voucher| !is_held(voucher));
        candidates.extend(others.map(|voucher| Candidate::Voucher { voucher: voucher.clone(), role: None }));
        let config = tx.config();
        candidates.retain(|candidate| match candidate {
            Candidate::Voucher { voucher, .. } => {
                let campaign = voucher.campaign_id.as_ref();
                !voucher.is_binned && campaign.is_none_or(|campaign| config.campaign_with_id(campaign).is_some())
            }
            Candidate::Tier(_) | Candidate::Campaign(_) => true,
        });
        Ok(candidates)
    }
}

fn place(collection: Collection, column: &str) -> usize {
    collection.column(column).expect("the collection's table has this column")
}

fn held_by(context: &Context, customer: &str) -> Query {
    let column = place(Collection::RedeemableHolders, "customer_id");
    Query {
        conditions: vec![(column, Condition::Equals(customer.into()))],
        order: Order::Id { descending: true },
        limit: MAX_HELD,
        ..Query::all(context.project.clone(), Collection::RedeemableHolders)
    }
}

/// Codes for everybody. An index has exactly these.
fn generic(context: &Context, asked: &Asked) -> Query {
    let column = |name| place(Collection::Vouchers, name);
    Query {
        conditions: vec![
            (column("is_generic"), Condition::Equals(true.into())),
            (column("is_binned"), Condition::Equals(false.into())),
            (column("campaign_id"), Condition::Null),
        ],
        order: Order::Id { descending: true },
        below_id: asked.starting_after.map(|time| beginning::<VoucherId>(time).into()),
        limit: MAX_GENERIC,
        ..Query::all(context.project.clone(), Collection::Vouchers)
    }
}

fn of_campaigns(context: &Context, campaigns: Vec<CampaignId>) -> Query {
    let limit = campaigns.len();
    let values = campaigns.iter().map(|campaign| ColumnValue::from(campaign.as_str())).collect();
    Query {
        conditions: vec![(place(Collection::Vouchers, "is_binned"), Condition::Equals(false.into()))],
        one_of: Some(OneOf { column: place(Collection::Vouchers, "campaign_id"), values }),
        order: Order::Id { descending: true },
        limit,
        ..Query::all(context.project.clone(), Collection::Vouchers)
    }
}
