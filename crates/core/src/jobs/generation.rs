//! Generates codes of a campaign, slice by slice.
//!
//! A slice is a commit. Slices are large as long as nobody else wants anything, and small from then on:
//! everybody who asks for something waits for the slice that is being written. Then there is also a pause
//! behind each, so that most don't meet any.
//! Jobs of this kind take turns: after [`TURN`], one gives way to the others of its project.

use std::{sync::Arc, time::Duration};

use guerdon_model::{
    Error,
    campaign::{AddedVouchers, Campaign, GenerationData, GenerationStatus},
    code_config::CodeConfig,
    event::{Event, EventType},
    ids::{CampaignId, CategoryId},
    voucher::Voucher,
};
use guerdon_store::Key;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::{Claim, Progress, Work};
use crate::{
    campaigns::{
        self, category_of,
        codes::{CodeDraw, CodesAhead},
        summary, totals,
    },
    context::Context,
    service::Guerdon,
    tx::{Result, Tx},
    vouchers,
};

/// How many vouchers a slice has if others were at work during the last one, and by how many the slices grow
/// while nobody is.
const SMALL_SLICE: u64 = 50;
/// How long the others have for themselves after a slice.
const PAUSE: Duration = Duration::from_millis(4);
/// The most vouchers of a slice. Larger ones would hardly be faster.
const LARGE_SLICE: u64 = 1_000;
/// How many vouchers make a turn: about a second's worth.
const TURN: u64 = 40_000;

/// Where a generation stands.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GenerationWork {
    pub campaign: CampaignId,
    /// How many vouchers are wanted.
    pub count: u64,
    pub done: u64,
    /// What their codes look like.
    pub code_config: CodeConfig,
    /// What they have of their own; the campaign's if there is nothing.
    #[serde(default)]
    pub own: Option<Box<AddedVouchers>>,
    #[serde(default)]
    pub category_id: Option<CategoryId>,
}

impl GenerationWork {
    /// The first vouchers of a campaign.
    pub fn of(campaign: &Campaign, code_config: CodeConfig, count: u64) -> Self {
        Self { campaign: campaign.id.clone(), count, done: 0, code_config, own: None, category_id: None }
    }
}

/// What a slice came to.
enum Step {
    /// So many, and the next slice will read these documents.
    Made {
        vouchers: u64,
        needs: Vec<Key>,
    },
    Finished,
    Lost,
}

/// Generates codes from where the job stands.
///
/// # Errors
/// `StoreUnavailable` or `Overloaded`, to go on later; anything else breaks the job off.
pub(super) async fn run(
    guerdon: &Arc<Guerdon>,
    context: &Context,
    claim: &Claim,
) -> std::result::Result<Progress, Error> {
    let (executor, ahead) = (&guerdon.executor, CodesAhead::default());
    let (mut made, mut size) = (0, SMALL_SLICE);
    let mut needs = vec![claim.key()];
    while made < TURN {
        let (claim, mut codes) = (claim.clone(), CodeDraw::for_slice(&guerdon.ids, ahead.clone()));
        let before = executor.accepted();
        let make = move |tx: &mut Tx| make_slice(tx, &claim, size, &mut codes);
        match executor.execute(context.clone(), needs, make).await? {
            Step::Made { vouchers, needs: next } => (made, needs) = (made + vouchers, next),
            Step::Finished => return Ok(Progress::Made),
            Step::Lost => return Ok(Progress::Lost),
        }
        let is_alone = executor.accepted() == before + 1;
        if is_alone {
            size = LARGE_SLICE.min(size + SMALL_SLICE);
        } else {
            size = SMALL_SLICE;
            guerdon.clock.pause(PAUSE).await;
        }
    }
    let claim = claim.clone();
    executor.execute(context.clone(), vec![claim.key()], move |tx| claim.give_way(tx)).await
}

fn make_slice(tx: &mut Tx, claim: &Claim, size: u64, codes: &mut CodeDraw) -> Result<Step> {
    let Some(mut job) = claim.job(tx)? else { return Ok(Step::Lost) };
    let Work::VouchersGenerate(work) = &mut job.work else { return Ok(Step::Lost) };
    let Some(campaign) = tx.config().campaign_with_id(&work.campaign).cloned() else {
        job.break_off("The campaign was deleted", tx.now());
        tx.put(job);
        return Ok(Step::Finished);
    };
    if work.done == 0 {
        emit(tx, EventType::CAMPAIGN_GENERATION_STARTED, &campaign, work.count);
    }
    // Before the codes are drawn, which would be in vain.
    let counters = [totals::key(Some(&campaign.id)), summary::key(tx, &campaign.id)];
    tx.need(counters.clone())?;
    let wanted = (work.count - work.done).min(size);
    let new = codes.take(tx, &work.code_config, wanted as usize)?;
    let made = new.len() as u64;
    let slice = new.into_iter().map(|code| voucher(tx, &campaign, work, code)).collect::<Result<Vec<_>>>()?;
    vouchers::add_many(tx, &campaign.id, slice)?;
    work.done += made;
    let (done, count) = (work.done, work.count);
    job.tally.done = done;
    // If only some were found, the next slice draws others.
    let step = if made == 0 && wanted > 0 {
        campaigns::end_job(tx, &campaign.id, &job.action.id, Some(GenerationStatus::Failed))?;
        emit(tx, EventType::CAMPAIGN_GENERATION_FAILED, &campaign, done);
        job.break_off("There are no more codes of this form", tx.now());
        Step::Finished
    } else if done == count {
        campaigns::end_job(tx, &campaign.id, &job.action.id, Some(GenerationStatus::Done))?;
        emit(tx, EventType::CAMPAIGN_GENERATION_COMPLETED, &campaign, count);
        job.finish(json!({"message": format!("Generated {count} vouchers."), "done_count": count}), tx.now());
        Step::Finished
    } else {
        job.step(u8::try_from(done * 100 / count).unwrap_or(99), tx.now());
        Step::Made { vouchers: made, needs: counters.into_iter().chain([claim.key()]).collect() }
    };
    tx.put(job);
    Ok(step)
}

fn voucher(tx: &Tx, campaign: &Campaign, work: &GenerationWork, code: String) -> Result<Voucher> {
    let mut voucher = vouchers::of_campaign(tx, campaign, code);
    if let Some(own) = &work.own {
        vouchers::apply_own(&mut voucher, own)?;
        voucher.category_id = work.category_id.clone().or(voucher.category_id);
    }
    Ok(voucher)
}

fn emit(tx: &mut Tx, kind: EventType, campaign: &Campaign, count: u64) {
    let shown = campaign.simple(category_of(tx.config(), campaign.category_id.as_ref()));
    let at = |moment| (kind == moment).then(|| tx.now());
    let data = GenerationData {
        campaign: &shown,
        count,
        created_at: None,
        started_at: at(EventType::CAMPAIGN_GENERATION_STARTED),
        completed_at: at(EventType::CAMPAIGN_GENERATION_COMPLETED),
        failed_at: at(EventType::CAMPAIGN_GENERATION_FAILED),
    };
    tx.emit(Event::Of { kind, entity_id: campaign.id.as_str(), data: &data });
}
