//! Which areas and stores a campaign is for.

use guerdon_model::{Error, campaign::AccessSettingsInput};

use crate::tx::Result;

/// Refuses areas and stores that don't exist, and none does.
pub(super) fn refuse_unknown(input: Option<&AccessSettingsInput>) -> Result<()> {
    match input.and_then(|input| input.named().next()) {
        Some((resource, id)) => Err(Error::not_found(resource, id).into()),
        None => Ok(()),
    }
}
