//! Texts as PostgreSQL can keep them in a column.
//!
//! It knows no NUL character, and no index entry larger than a third of a page. So NUL is written as
//! two characters in a way that keeps texts different and in order, and what is very long is cut off
//! behind a length where only a digest says what followed: such texts are still found by their value,
//! and ordered by how they begin. Only lookup columns and keys are written so, and documents never
//! read from them.

use std::borrow::Cow;

use sha2::{Digest, Sha256};

/// The longest text that is kept whole, in bytes. Four of them fit into one index entry.
const MAX_BYTES: usize = 512;

/// The text of a lookup column or a key.
pub(super) fn encode(text: &str) -> Cow<'_, str> {
    if text.len() <= MAX_BYTES && !text.contains(['\0', '\u{1}']) {
        return Cow::Borrowed(text);
    }
    let mut encoded = String::with_capacity(text.len().min(MAX_BYTES) + 48);
    for character in text.chars() {
        if encoded.len() >= MAX_BYTES {
            // No text has this mark of its own.
            encoded.push_str("\u{1}\u{3}");
            encoded.push_str(&hex::encode(&Sha256::digest(text)[..16]));
            break;
        }
        match character {
            '\0' => encoded.push_str("\u{1}\u{1}"),
            '\u{1}' => encoded.push_str("\u{1}\u{2}"),
            other => encoded.push(other),
        }
    }
    Cow::Owned(encoded)
}

/// The text that was encoded; one that was too long can't come back.
pub(super) fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains('\u{1}') {
        return Cow::Borrowed(text);
    }
    Cow::Owned(text.replace("\u{1}\u{1}", "\0").replace("\u{1}\u{2}", "\u{1}"))
}

/// Whether this is only the beginning of the text that was encoded. What was kept whole may be longer
/// than the limit by its last character, but not by a digest.
pub(super) fn is_cut(encoded: &str) -> bool {
    encoded.len() > MAX_BYTES + 4
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn short_texts_come_back_and_stay_in_order(
            one in "[\u{0}-\u{3}a-cé]{0,12}",
            other in "[\u{0}-\u{3}a-cé]{0,12}",
        ) {
            let encoded = encode(&one);
            let decoded = decode(&encoded).into_owned();
            prop_assert_eq!(decoded, one.as_str());
            prop_assert_eq!(encode(&one).as_bytes().cmp(encode(&other).as_bytes()), one.as_bytes().cmp(other.as_bytes()));
            prop_assert!(!encode(&one).contains('\0'));
        }
    }

    #[test]
    fn long_texts_are_cut_and_stay_different() {
        let long = |end: &str| "é".repeat(10_000) + end;
        let encoded = encode(&long("a")).into_owned();
        assert!(encoded.len() < MAX_BYTES + 48, "{}", encoded.len());
        assert_eq!(encoded, encode(&long("a")));
        assert_ne!(encoded, encode(&long("b")));
        assert!(encoded.starts_with("éé"));
        assert!(is_cut(&encoded));
        for whole in [("é".repeat(255) + "x王").as_str(), &"\0".repeat(256), "\0\u{3}"] {
            assert!(!is_cut(&encode(whole)), "{whole:?}");
            assert_eq!(decode(&encode(whole)), whole);
        }
    }
}
