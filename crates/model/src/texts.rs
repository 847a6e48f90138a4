//! How long a text may be.

use crate::{
    Error,
    error::{Path, Rule},
};

/// The longest id that a client may choose, in characters: short enough for any index.
pub const MAX_ID: usize = 100;
/// The longest text of an attribute that is looked up or shown in lists, in characters.
pub const MAX_TEXT: usize = 1_000;
/// The longest description, in characters.
pub const MAX_DESCRIPTION: usize = 20_000;
/// The longest address of an image, in characters.
pub const MAX_URL: usize = 2_000;

/// Texts that were sent within their limits, or the first one that is not.
pub(crate) fn check_lengths<'a>(
    texts: impl IntoIterator<Item = (Path, Option<&'a String>, usize)>,
) -> Result<(), Error> {
    for (path, text, max) in texts {
        if let Some(text) = text
            && text.len() > max
            && text.chars().count() > max
        {
            return Err(Error::invalid_payload(path, Rule::MaxLength(max)));
        }
    }
    Ok(())
}
