//! Why something is not valid, as the older endpoints tell it.

use guerdon_engine::{
    evaluate::{Application, Refused},
    stacking::Status,
};
use guerdon_model::{
    Error,
    error::Dialect,
    redeemable::{ErrorAnswer, OwnWords},
    validation::AnswerError,
    validation_rule::Need,
};

use crate::tx::Tx;

/// Why something is not valid.
pub(super) struct Reason {
    /// In general words.
    pub reason: String,
    /// The error, or the shop's own words if it has some.
    pub error: Option<AnswerError>,
}

/// What is applied, or why nothing is.
///
/// # Errors
/// What older endpoints answer with an error of its own: there is no such thing, or the request lacks something.
pub(super) fn applied<'e>(
    tx: &Tx,
    status: &'e Status<Application, Refused<'_>>,
) -> Result<Result<&'e Application, Reason>, Error> {
    match status {
        Status::Applicable(applied) => Ok(Ok(applied)),
        Status::Inapplicable(refused) if is_of_request(&refused.error) => Err(refused.error.clone()),
        Status::Inapplicable(refused) => Ok(Err(Reason::of(tx, refused))),
        Status::Skipped(reason) => Ok(Err(Reason { reason: reason.words().1.to_owned(), error: None })),
    }
}

fn is_of_request(error: &Error) -> bool {
    matches!(
        error,
        Error::NotFound { .. }
            | Error::MissingReward
            | Error::MissingApplicableItems
            | Error::MissingForRules(Need::Customer)
    )
}

impl Reason {
    fn of(tx: &Tx, refused: &Refused<'_>) -> Self {
        let reason = refused.error.describe(Dialect::Should).message.into_owned();
        let error = match refused.message {
            Some(message) => AnswerError::Own(OwnWords { message: message.to_owned() }),
            None => AnswerError::Catalogued(Box::new(ErrorAnswer::of(&refused.error, &tx.context().group_id, None))),
        };
        Self { reason, error: Some(error) }
    }
}
