//! What a client sends to roll back.

use serde::Deserialize;
use utoipa::ToSchema;

use crate::{
    Error, Patch,
    customer::CustomerInput,
    error::Path,
    metadata::Metadata,
    order::OrderInput,
    redeemable::SceneInput,
    texts::{MAX_DESCRIPTION, check_lengths},
};

/// The body of a rollback.
#[derive(Debug, Clone, PartialEq, Default, Deserialize, ToSchema)]
pub struct RollbackInput {
    /// In words; may also be a query parameter.
    pub reason: Option<String>,
    /// Stands for the customer's `source_id`; may also be a query parameter.
    pub tracking_id: Option<String>,
    /// Whoever has redeemed, maybe changed.
    pub customer: Option<CustomerInput>,
    /// The order that was redeemed for, by its `id` or `source_id`.
    pub order: Option<OrderInput>,
    /// Are added to those of the redemption, and kept with the rollback.
    #[serde(default)]
    #[schema(value_type = Option<Metadata>)]
    pub metadata: Patch<Metadata>,
}

impl RollbackInput {
    /// The first thing that is wrong with the values that were sent.
    ///
    /// # Errors
    /// `invalid_payload`.
    pub fn check(&self) -> Result<(), Error> {
        check_lengths([
            (Path::of("reason"), self.reason.as_ref(), MAX_DESCRIPTION),
            (Path::of("tracking_id"), self.tracking_id.as_ref(), MAX_DESCRIPTION),
        ])?;
        self.order.as_ref().map_or(Ok(()), OrderInput::check)
    }

    /// Who is said to have redeemed, in the words of a redemption.
    pub fn scene(&self) -> SceneInput {
        SceneInput { customer: self.customer.clone(), tracking_id: self.tracking_id.clone(), ..SceneInput::default() }
    }
}
