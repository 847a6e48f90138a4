//! Listing templates.

use guerdon_model::{
    Error,
    campaign_template::{CampaignTemplate, CampaignTemplateAnswer, Content},
    filter::Filter,
    list::List,
};
use guerdon_store::{Collection, Order, Query};
use serde::Serialize;

use crate::{context::Context, failure::damaged, service::Guerdon};

/// Which templates, and which page of them.
#[derive(Debug, Clone)]
pub struct TemplateListing {
    pub filter: Option<Filter>,
    /// Newest first.
    pub descending: bool,
    /// Continue behind the template with this id.
    pub starting_after_id: Option<String>,
    pub limit: usize,
    /// Whether the number of all is wanted.
    pub include_total: bool,
}

/// A page of templates, under both of the keys that clients look for.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TemplateList {
    #[serde(flatten)]
    pub list: List<CampaignTemplateAnswer>,
    pub campaign_templates: Vec<CampaignTemplateAnswer>,
}

/// A page of templates.
///
/// # Errors
/// `StoreUnavailable`.
pub async fn list(guerdon: &Guerdon, context: &Context, listing: TemplateListing) -> Result<TemplateList, Error> {
    let moment = guerdon.moment(&context.project).await?;
    let query = Query {
        filter: listing.filter.map(|filter| (filter, moment)),
        order: Order::Id { descending: listing.descending },
        after_id: listing.starting_after_id.map(Into::into),
        limit: listing.limit,
        count: listing.include_total,
        ..Query::all(context.project.clone(), Collection::CampaignTemplates)
    };
    let page = guerdon.query(context, query).await?;
    let rows = page.records.iter().map(|record| {
        let template: CampaignTemplate = record.document().map_err(damaged)?;
        Ok(template.answer(Content::Hidden))
    });
    let rows = rows.collect::<Result<Vec<_>, Error>>()?;
    let last = rows.last().filter(|_| page.has_more).map(|template| template.id.to_string());
    let campaign_templates = rows.clone();
    let (total, has_more) = (page.total, Some(page.has_more));
    let list = List { data_ref: "data", rows, total, has_more, more_starting_after: last };
    Ok(TemplateList { list, campaign_templates })
}
