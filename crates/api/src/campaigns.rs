//! `/v1/campaigns`.

use guerdon_core::campaigns::{self, codes::CodeDraw};
use guerdon_model::campaign::CampaignInput;

use crate::{
    call::Call,
    respond::{Answer, json},
};

pub(crate) async fn create(call: Call) -> Answer {
    let (input, mut codes) = (call.payload::<CampaignInput>()?, CodeDraw::new(&call.app.guerdon.ids));
    let campaign = call.execute(Vec::new(), move |tx| campaigns::create(tx, &input, &mut codes)).await?;
    call.app.guerdon.signals.jobs.notify_one();
    json(&campaign)
}

pub(crate) async fn get(call: Call) -> Answer {
    let campaign = call.param("campaignId");
    let read = |tx: &mut guerdon_core::tx::Tx| {
        let campaign = campaigns::get(tx, campaign)?;
        campaigns::answer(tx, &campaign)
    };
    json(&call.read(read).await?)
}

pub(crate) async fn enable(call: Call) -> Answer {
    set_active(&call, true).await
}

pub(crate) async fn disable(call: Call) -> Answer {
    set_active(&call, false).await
}

async fn set_active(call: &Call, active: bool) -> Answer {
    let campaign = call.param("campaignId").to_owned();
    call.execute(Vec::new(), move |tx| campaigns::set_active(tx, &campaign, active)).await?;
    json(&serde_json::json!({}))
}
