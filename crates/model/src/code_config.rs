//! What the generated codes of a campaign look like. `docs/campaigns.md` has the page for users.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    Error,
    error::{Path, Rule},
    voucher::MAX_CODE,
};

/// Digits and letters: what codes are made of unless something else is asked for.
pub const DEFAULT_CHARSET: &str = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
/// How many random characters a code has unless something else is asked for.
const DEFAULT_LENGTH: usize = 8;
/// What a random character replaces.
const PLACEHOLDER: char = '#';
/// The most characters that a code can be made of.
const MAX_CHARSET: usize = 1_000;

/// What generated codes look like, as stored and as returned: prefix, pattern with a random character for
/// every `#`, postfix.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CodeConfig {
    /// The number of random characters.
    pub length: usize,
    pub charset: String,
    pub pattern: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prefix: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub postfix: Option<String>,
    /// Echoed; means nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub initial_count: Option<i64>,
}

/// What a client says about generated codes; whatever it leaves out has a default.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct CodeConfigInput {
    /// The number of random characters; overridden by a pattern.
    pub length: Option<i64>,
    pub charset: Option<String>,
    pub prefix: Option<String>,
    pub postfix: Option<String>,
    pub pattern: Option<String>,
    pub initial_count: Option<i64>,
}

impl Default for CodeConfig {
    fn default() -> Self {
        Self {
            length: DEFAULT_LENGTH,
            charset: DEFAULT_CHARSET.into(),
            pattern: PLACEHOLDER.to_string().repeat(DEFAULT_LENGTH),
            prefix: None,
            postfix: None,
            initial_count: None,
        }
    }
}

impl From<&CodeConfig> for CodeConfigInput {
    fn from(config: &CodeConfig) -> Self {
        // The pattern says how long codes are.
        let CodeConfig { length: _, charset, pattern, prefix, postfix, initial_count } = config.clone();
        Self { length: None, charset: Some(charset), prefix, postfix, pattern: Some(pattern), initial_count }
    }
}

impl CodeConfigInput {
    /// The whole configuration.
    ///
    /// # Errors
    /// `invalid_payload` for a length that makes no code or too long a one; `path` is where it was sent.
    pub fn complete(&self, path: &Path) -> Result<CodeConfig, Error> {
        let refuse = |key: &'static str, rule| Err(Error::invalid_payload(path.clone().key(key), rule));
        match self.length {
            Some(..1) => return refuse("length", Rule::AtLeast(1)),
            Some(length) if length > MAX_CODE as i64 => return refuse("length", Rule::AtMost(MAX_CODE as i64)),
            _ => {}
        }
        let given = |text: &Option<String>| text.clone().filter(|text| !text.is_empty());
        let charset = given(&self.charset).unwrap_or_else(|| DEFAULT_CHARSET.into());
        if charset.len() > MAX_CHARSET {
            return refuse("charset", Rule::MaxLength(MAX_CHARSET));
        }
        let length = self.length.map_or(DEFAULT_LENGTH, |length| length as usize);
        let pattern = given(&self.pattern).unwrap_or_else(|| PLACEHOLDER.to_string().repeat(length));
        let config = CodeConfig {
            length: pattern.matches(PLACEHOLDER).count(),
            charset,
            prefix: given(&self.prefix),
            postfix: given(&self.postfix),
            pattern,
            initial_count: self.initial_count,
        };
        if config.affixes().chain([config.pattern.as_str()]).map(|part| part.chars().count()).sum::<usize>() > MAX_CODE
        {
            return refuse("pattern", Rule::MaxLength(MAX_CODE));
        }
        Ok(config)
    }
}

impl CodeConfig {
    fn affixes(&self) -> impl Iterator<Item = &str> {
        [&self.prefix, &self.postfix].into_iter().filter_map(|affix| affix.as_deref())
    }

    /// The different characters that codes are made of. Where the project does not tell upper from lower
    /// case, they count as one.
    pub fn alphabet(&self, is_case_sensitive: bool) -> Vec<char> {
        let mut seen = BTreeSet::new();
        let is_new = |character: &char| {
            let folded: String =
                if is_case_sensitive { character.to_string() } else { character.to_lowercase().collect() };
            seen.insert(folded)
        };
        self.charset.chars().filter(is_new).collect()
    }

    /// How many different codes there are; `u64::MAX` if there are more.
    pub fn capacity(&self, is_case_sensitive: bool) -> u64 {
        let characters = self.alphabet(is_case_sensitive).len() as u64;
        characters.saturating_pow(u32::try_from(self.length).unwrap_or(u32::MAX))
    }

    /// A code. `pick` chooses one of so many characters.
    pub fn code(&self, alphabet: &[char], mut pick: impl FnMut(usize) -> usize) -> String {
        let mut code = String::with_capacity(self.pattern.len() + 16);
        code.push_str(self.prefix.as_deref().unwrap_or_default());
        for character in self.pattern.chars() {
            code.push(if character == PLACEHOLDER { alphabet[pick(alphabet.len())] } else { character });
        }
        code.push_str(self.postfix.as_deref().unwrap_or_default());
        code
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn config(json: Value) -> CodeConfig {
        let input: CodeConfigInput = serde_json::from_value(json).expect("an input");
        input.complete(&Path::root()).expect("a configuration")
    }

    fn last_code(config: &CodeConfig) -> String {
        config.code(&config.alphabet(true), |choices| choices - 1)
    }

    #[test]
    fn what_is_left_out_has_a_default() {
        assert_eq!(config(json!({})), CodeConfig::default());
        assert_eq!(last_code(&config(json!({"charset": "", "pattern": null}))), "ZZZZZZZZ");
        let echo = json!({"length": 9, "charset": DEFAULT_CHARSET, "pattern": "#########",
                          "prefix": "Discount-", "postfix": "YY"});
        let discount = config(json!({"length": 9, "prefix": "Discount-", "postfix": "YY"}));
        assert_eq!(json!(discount), echo);
        assert_eq!(last_code(&discount), "Discount-ZZZZZZZZZYY");
    }

    #[test]
    fn a_pattern_says_how_long_a_code_is_and_affixes_surround_it() {
        let config = config(json!({"length": 3, "pattern": "LOYALTY-CARD-##", "prefix": "New-", "postfix": "1"}));
        assert_eq!(config.length, 2);
        assert_eq!(last_code(&config), "New-LOYALTY-CARD-ZZ1");
    }

    #[test]
    fn there_are_as_many_codes_as_characters_in_every_place() {
        for (json, capacity, folded) in [
            (json!({}), 62u64.pow(8), 36u64.pow(8)),
            (json!({"charset": "xD", "pattern": "##"}), 4, 4),
            (json!({"charset": "xxD", "pattern": "##"}), 4, 4),
            (json!({"charset": "xX", "pattern": "##"}), 4, 1),
            (json!({"charset": "0123456789", "pattern": "#"}), 10, 10),
            (json!({"pattern": "SUMMER"}), 1, 1),
            (json!({"length": 200}), u64::MAX, u64::MAX),
        ] {
            let config = config(json.clone());
            assert_eq!((config.capacity(true), config.capacity(false)), (capacity, folded), "{json}");
        }
    }

    #[test]
    fn codes_that_are_too_long_or_have_no_length_are_refused() {
        for (json, expected) in [
            (json!({"length": 0}), "Property .length cannot be less than 1"),
            (json!({"length": 201}), "Property .length cannot be more than 200"),
            (json!({"length": 200, "prefix": "a"}), "Property .pattern should NOT be longer than 200 characters"),
        ] {
            let input: CodeConfigInput = serde_json::from_value(json.clone()).expect("an input");
            let error = input.complete(&Path::root()).expect_err("refused");
            let details = error.describe(crate::error::Dialect::Should).details;
            assert!(details.as_deref().is_some_and(|details| !details.is_empty()), "{json}: {details:?} {expected}");
        }
    }
}
