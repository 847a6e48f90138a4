//! Which vouchers a publication from a campaign may choose: a hint that each node keeps in memory, so that
//! choosing costs the same with ten vouchers and with millions.
//!
//! A campaign's candidates are the ids of vouchers that were available when they were looked up, oldest first.
//! Nothing rests on them: the totals of the campaign say in the command, and therefore exactly, whether it has
//! any, and the command looks at every candidate that it takes. So two nodes may know the same ones, and one that
//! is gone by now is passed over. The looking up goes round in circles, so that one that becomes available again
//! is found, too.

use std::{
    collections::{HashMap, VecDeque},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use guerdon_model::{
    Error,
    campaign::Campaign,
    ids::{CampaignId, ProjectId, VoucherId},
    voucher::Voucher,
};
use guerdon_store::{Collection, Condition, Key, Order, Query, Store};
use parking_lot::Mutex;

use crate::{
    campaigns::totals,
    failure::unavailable,
    tx::{Result, Stop, Tx},
};

/// How many are looked up at a time.
const REFILL: usize = 256;
/// Of how many campaigns a node remembers candidates. Beyond it, it begins anew.
const MAX_POOLS: usize = 10_000;

/// The candidates of all campaigns that this node has published from.
#[derive(Default)]
pub(crate) struct Candidates {
    pools: Mutex<HashMap<(ProjectId, CampaignId), Arc<Pool>>>,
}

/// The candidates of one campaign.
#[derive(Default)]
struct Pool {
    queue: Mutex<Queue>,
    /// Held while somebody looks up more.
    refill: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Queue {
    ids: VecDeque<Arc<str>>,
    /// Behind which voucher the next ones are looked up; from the oldest on if none.
    after: Option<Arc<str>>,
    /// Whether the last look at all of them found none.
    is_exhausted: bool,
}

/// Candidates that belong to one publication until it has been carried out. Those that it did not use go back.
pub(super) struct Claim {
    /// None if this node does not know it yet.
    campaign: Option<CampaignId>,
    pool: Arc<Pool>,
    ids: Mutex<Vec<Arc<str>>>,
    /// Whether the last run had too few.
    is_starved: AtomicBool,
}

impl Candidates {
    fn pool(&self, project: &ProjectId, campaign: &CampaignId) -> Arc<Pool> {
        let mut pools = self.pools.lock();
        if pools.len() >= MAX_POOLS {
            pools.clear();
        }
        pools.entry((project.clone(), campaign.clone())).or_default().clone()
    }

    /// Claims so many candidates, or fewer if there are not so many. After somebody was starved, they are looked
    /// up even if there were none the last time.
    ///
    /// # Errors
    /// `StoreUnavailable`.
    pub(super) async fn claim(
        &self,
        store: &dyn Store,
        project: &ProjectId,
        campaign: &CampaignId,
        count: usize,
        was_starved: bool,
    ) -> std::result::Result<Arc<Claim>, Error> {
        let pool = self.pool(project, campaign);
        let is_short = {
            let queue = pool.queue.lock();
            queue.ids.len() < count && (was_starved || !queue.is_exhausted)
        };
        if is_short {
            pool.refill(store, project, campaign, count).await?;
        }
        let ids = pool.take(count);
        Ok(Arc::new(Claim {
            campaign: Some(campaign.clone()),
            pool,
            ids: Mutex::new(ids),
            is_starved: AtomicBool::new(false),
        }))
    }
}

impl Pool {
    fn take(&self, count: usize) -> Vec<Arc<str>> {
        let mut queue = self.queue.lock();
        let count = count.min(queue.ids.len());
        queue.ids.drain(..count).collect()
    }

    /// Looks up more, unless somebody else has done so meanwhile.
    async fn refill(
        &self,
        store: &dyn Store,
        project: &ProjectId,
        campaign: &CampaignId,
        count: usize,
    ) -> std::result::Result<(), Error> {
        let _turn = self.refill.lock().await;
        let pool = Collection::Vouchers.column("pool").expect("the collection's table has this column");
        loop {
            let after = {
                let queue = self.queue.lock();
                if queue.ids.len() >= count {
                    return Ok(());
                }
                queue.after.clone()
            };
            let query = Query {
                conditions: vec![(pool, Condition::Equals(campaign.as_str().into()))],
                order: Order::Id { descending: false },
                after_id: after.clone(),
                limit: REFILL,
                ..Query::all(project.clone(), Collection::Vouchers)
            };
            let page = store.query(query).await.map_err(unavailable)?;
            let mut queue = self.queue.lock();
            let found = page.records.len();
            queue.ids.extend(page.records.into_iter().map(|record| record.id));
            queue.after = if page.has_more { queue.ids.back().cloned() } else { None };
            queue.is_exhausted = found == 0 && after.is_none();
            // At the end, once more from the beginning; but only if that is not where it began.
            if found > 0 || after.is_none() {
                return Ok(());
            }
        }
    }
}

impl Claim {
    /// Candidates of a campaign that this node does not know yet: none.
    pub(super) fn none() -> Arc<Self> {
        let (pool, ids) = (Arc::default(), Mutex::default());
        Arc::new(Self { campaign: None, pool, ids, is_starved: AtomicBool::new(false) })
    }

    /// What choosing reads first: the candidates, and how many the campaign has.
    pub(super) fn keys(&self) -> Vec<Key> {
        let totals = self.campaign.iter().map(|campaign| totals::key(Some(campaign)));
        self.ids.lock().iter().map(|id| Key::id(Collection::Vouchers, id.clone())).chain(totals).collect()
    }

    /// So many vouchers of the campaign that are available, of which the caller knows that there are.
    ///
    /// # Errors
    /// When there are not enough candidates, which [`Claim::is_starved`] tells apart from other refusals: more
    /// have to be claimed, and the command run again.
    pub(super) fn choose(&self, tx: &mut Tx, campaign: &Campaign, count: usize) -> Result<Vec<Arc<Voucher>>> {
        self.is_starved.store(false, Ordering::SeqCst);
        let mut ids = self.ids.lock();
        let mut gone = 0;
        loop {
            tx.need(ids.iter().map(|id| Key::id(Collection::Vouchers, id.clone())))?;
            let mut chosen: Vec<Arc<Voucher>> = Vec::with_capacity(count);
            let mut left = Vec::with_capacity(ids.len());
            for id in std::mem::take(&mut *ids) {
                if chosen.len() == count {
                    left.push(id);
                    continue;
                }
                match tx.get::<Voucher>(&id)? {
                    Some(voucher) if voucher.is_available() && voucher.campaign_id.as_ref() == Some(&campaign.id) => {
                        // The queue may have had it twice.
                        if !left.contains(&id) {
                            chosen.push(voucher);
                            left.push(id);
                        }
                    }
                    _ => gone += 1,
                }
            }
            *ids = left;
            if chosen.len() == count {
                return Ok(chosen);
            }
            // Where one is gone, others may be: the more of them there were, the more are looked at next, so that
            // it takes but a few rounds to get past all that another node has published.
            let more = self.pool.take(count - chosen.len() + gone);
            if more.is_empty() {
                self.is_starved.store(true, Ordering::SeqCst);
                return Err(Stop::Refused(Error::Overloaded { retry_after_seconds: 1 }));
            }
            ids.extend(more);
        }
    }

    /// Whether the last run had too few candidates.
    pub(super) fn is_starved(&self) -> bool {
        self.is_starved.load(Ordering::SeqCst)
    }

    /// These have been published: they don't go back.
    pub(super) fn settle(&self, published: &[VoucherId]) {
        self.ids.lock().retain(|id| !published.iter().any(|published| published.as_str() == &**id));
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let mut queue = self.pool.queue.lock();
        for id in self.ids.get_mut().drain(..).rev() {
            queue.ids.push_front(id);
        }
    }
}
