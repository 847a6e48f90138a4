//! What has happened in a campaign: one document of counters for each day, in the project's time zone.

use std::sync::Arc;

use guerdon_model::{
    Date, Error,
    campaign::{Campaign, CampaignSummary},
    campaign_day::CampaignDay,
    ids::{CampaignId, ProjectId},
};
use guerdon_store::{Collection, Condition, Key, Order, Query};

use super::{answer, get};
use crate::{
    context::Context,
    failure::{damaged, unavailable},
    service::Guerdon,
    tx::{Result, Tx},
};

/// How many days are read at a time.
const PAGE: usize = 500;

/// What [`count`] reads.
pub fn key(tx: &Tx, campaign: &CampaignId) -> Key {
    Key::id(Collection::CampaignDays, CampaignDay::id(campaign, &today(tx)))
}

/// The day that it is in the project.
fn today(tx: &Tx) -> String {
    let zone = tx.config().project.as_ref().map_or(jiff::tz::TimeZone::UTC, |project| project.zone());
    let date = tx.now().to_jiff().map(|now| zone.to_datetime(now).date());
    date.unwrap_or(jiff::civil::Date::MAX).to_string()
}

/// The counters of a new campaign. As with [`super::totals::begin`], they can't be looked up.
pub(super) fn begin(tx: &mut Tx, campaign: &CampaignId) {
    let day = today(tx);
    tx.put(CampaignDay::new(campaign, day));
}

/// Counts something that happens now.
pub fn count(tx: &mut Tx, campaign: &CampaignId, change: impl FnOnce(&mut CampaignDay)) -> Result<()> {
    let day = today(tx);
    let stored = tx.get::<CampaignDay>(&CampaignDay::id(campaign, &day))?;
    let mut day = stored.map_or_else(|| CampaignDay::new(campaign, day), |stored| stored.as_ref().clone());
    change(&mut day);
    tx.put(day);
    Ok(())
}

/// The summary of a campaign: of all days, or of those from the first to the last.
///
/// # Errors
/// `not_found`; `StoreUnavailable`.
pub async fn read(
    guerdon: &Guerdon,
    context: &Context,
    reference: &str,
    days: Option<(Date, Date)>,
) -> std::result::Result<CampaignSummary, Error> {
    let shown = |tx: &mut Tx| {
        let campaign: Arc<Campaign> = get(tx, reference)?;
        let mut answer = answer(tx, &campaign)?;
        (answer.categories, answer.validation_rules_assignments) = (Vec::new(), None);
        answer.access_settings_assignments = None;
        Ok(answer)
    };
    let campaign = guerdon.executor.read(context, shown).await?;
    let mut sum = CampaignDay::default();
    let mut offset = 0;
    loop {
        let query = Query { offset, limit: PAGE, ..of_campaign(&context.project, &campaign.id, days) };
        let page = guerdon.store.query(query).await.map_err(unavailable)?;
        for record in &page.records {
            sum.add(&record.document::<CampaignDay>().map_err(damaged)?);
        }
        if !page.has_more {
            break;
        }
        offset += PAGE;
    }
    let counters = sum.summary(campaign.campaign_type).into_iter().collect();
    Ok(CampaignSummary { object: "campaign_summary", campaign, counters })
}

/// The days of a campaign on which something happened: all, or those from the first to the last.
pub(crate) fn of_campaign(project: &ProjectId, campaign: &CampaignId, days: Option<(Date, Date)>) -> Query {
    let place = |column| Collection::CampaignDays.column(column).expect("the collection's table has this column");
    let day = place("day");
    let bounds = days.into_iter().flat_map(|(first, last)| {
        let before = first.to_jiff().yesterday().unwrap_or(jiff::civil::Date::MIN).to_string();
        let last = last.to_string();
        [Condition::GreaterThan(before.as_str().into()), Condition::AtMost(last.as_str().into())]
    });
    let campaign = (place("campaign_id"), Condition::Equals(campaign.as_str().into()));
    Query {
        conditions: [campaign].into_iter().chain(bounds.map(|bound| (day, bound))).collect(),
        order: Order::Column { column: day, descending: false },
        ..Query::all(project.clone(), Collection::CampaignDays)
    }
}
