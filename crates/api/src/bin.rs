//! `/v1/trash-bin`.

use guerdon_core::bin::{self, BinListing};
use guerdon_model::ids::BinEntryId;

use crate::{
    call::Call,
    respond::{Answer, json, no_content},
};

pub(crate) async fn list(call: Call) -> Answer {
    let listing = BinListing {
        filter: call.filter()?,
        descending: call.order(&["id", "-id"])? == Some("-id"),
        starting_after_id: call.query_param("starting_after_id").map(str::to_owned),
        limit: call.limit()?,
    };
    json(&bin::list(&call.app.guerdon, &call.context, listing).await?)
}

pub(crate) async fn delete(call: Call) -> Answer {
    bin::delete(&call.app.guerdon, &call.context, &BinEntryId::from(call.param("binEntryId"))).await?;
    no_content()
}
