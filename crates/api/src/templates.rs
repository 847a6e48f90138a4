//! `/v1/templates/campaigns`.

use guerdon_core::{
    campaigns::codes::CodeDraw,
    templates::{
        self,
        listing::{self, TemplateListing},
    },
};
use guerdon_model::{
    Error,
    campaign_template::{CampaignSetupInput, CampaignTemplateInput, CampaignTemplateUpdate, Content, TierSetupInput},
    error::{Path, Rule},
};

use crate::{
    call::Call,
    respond::{Answer, json, no_content},
};

pub(crate) async fn list(call: Call) -> Answer {
    let listing = TemplateListing {
        filter: call.filter()?,
        descending: call.order(&["id", "-id"])? == Some("-id"),
        starting_after_id: call.query_param("starting_after_id").map(str::to_owned),
        limit: call.limit()?,
        include_total: call.flag("include_total")?,
    };
    json(&listing::list(&call.app.guerdon, &call.context, listing).await?)
}

pub(crate) async fn create(call: Call) -> Answer {
    let input = call.payload::<CampaignTemplateInput>()?;
    call.answer(Vec::new(), move |tx| templates::create(tx, &input)).await
}

pub(crate) async fn get(call: Call) -> Answer {
    let (id, content) = (call.param("campaignTemplateId"), content(&call)?);
    let template = call.read(|tx| Ok(templates::get(tx, id)?.as_ref().clone())).await?;
    json(&template.answer(content))
}

/// Whether `expand` asks for what the template has saved.
fn content(call: &Call) -> Result<Content, Error> {
    match call.query_param("expand") {
        None | Some("") => Ok(Content::Hidden),
        Some("json_template") => Ok(Content::Shown),
        Some(_) => Err(Error::invalid_query(Path::of("expand"), Rule::OneOf(vec!["json_template".into()]))),
    }
}

pub(crate) async fn update(call: Call) -> Answer {
    let (input, id) = (call.payload::<CampaignTemplateUpdate>()?, call.param("campaignTemplateId").to_owned());
    json(&call.execute(templates::keys(&id), move |tx| templates::update(tx, &id, &input)).await?)
}

pub(crate) async fn delete(call: Call) -> Answer {
    let id = call.param("campaignTemplateId").to_owned();
    call.execute(templates::keys(&id), move |tx| templates::delete(tx, &id)).await?;
    no_content()
}

pub(crate) async fn set_up_campaign(call: Call) -> Answer {
    let (input, mut codes) = (call.payload::<CampaignSetupInput>()?, CodeDraw::new(&call.app.guerdon.ids));
    let id = call.param("campaignTemplateId").to_owned();
    let needs = templates::keys(&id);
    call.answer(needs, move |tx| templates::set_up_campaign(tx, &id, &input, &mut codes)).await
}

pub(crate) async fn set_up_tier(call: Call) -> Answer {
    let (input, id) = (call.payload::<TierSetupInput>()?, call.param("campaignTemplateId").to_owned());
    call.answer(templates::keys(&id), move |tx| templates::set_up_tier(tx, &id, &input)).await
}
