//! What a filter that can't be read is refused with.

use std::fmt;

use super::{Junction, Operator};

/// Why a filter can't be read. A wrong value (a text where a number belongs) is no error: it matches nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FilterError {
    /// The operator (as sent) is not in the list.
    UnknownOperator(String),
    /// The junction is neither `and` nor `or`.
    WrongJunction,
    /// The filter doesn't have the documented structure, or is too large.
    Malformed,
}

impl FilterError {
    /// The whole sentence for the client about the filter at `path`, e.g. `.parameters.filters`.
    pub fn details(&self, path: &str) -> String {
        match self {
            FilterError::WrongJunction => format!(
                "Property {path} has wrong `junction` property. It must be one of: {}, {}",
                Junction::And.name(),
                Junction::Or.name()
            ),
            FilterError::UnknownOperator(_) | FilterError::Malformed => {
                let operators: Vec<&str> = Operator::ALL.iter().map(|operator| operator.name()).collect();
                format!(
                    "Property {path} should match either `filters[${{field}}][conditions][${{condition}}][${{index}}]` \
                     or `filters[${{field}}][conditions][${{condition}}]` format and condition must be one of: {}",
                    operators.join(", ")
                )
            }
        }
    }
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.details(".filters"))
    }
}

impl std::error::Error for FilterError {}
