//! The infix operators: one row per spelling.

/// A row of [`OPERATORS`].
#[derive(Debug)]
pub struct OperatorRow {
    /// As it is written. Case counts.
    pub spelling: &'static str,
    /// Operators of a greater power bind tighter.
    pub power: u8,
    /// For the manual.
    pub meaning: &'static str,
    pub(super) operator: Operator,
}

/// What stands between two expressions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Operator {
    Any,
    All,
    Comparison(Comparison),
    Arithmetic(Arithmetic),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Comparison {
    AtLeast,
    AtMost,
    MoreThan,
    LessThan,
    Equal,
    Is,
    IsNot,
    Contains,
    StartsWith,
    EndsWith,
    InArray,
    NotInArray,
    DateIs,
    DateIsNot,
    IsAfter,
    IsBefore,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Plus,
    Minus,
    Times,
    DividedBy,
    Remainder,
}

/// Every operator. A spelling that begins with another one comes before it.
pub const OPERATORS: &[OperatorRow] = &[
    row("OR", Operator::Any, "At least one of the conditions holds"),
    row("AND", Operator::All, "All conditions hold"),
    comparison(">=", Comparison::AtLeast, "A number is at least"),
    comparison("<=", Comparison::AtMost, "A number is at most"),
    comparison(">", Comparison::MoreThan, "A number is more than"),
    comparison("<", Comparison::LessThan, "A number is less than"),
    comparison("=", Comparison::Equal, "Equal as numbers or, unless both are numbers, as texts"),
    comparison("is", Comparison::Is, "The same text"),
    comparison("isNot", Comparison::IsNot, "Another text"),
    comparison("contains", Comparison::Contains, "A text has this part, or a list this item"),
    comparison("startsWith", Comparison::StartsWith, "A text begins with"),
    comparison("endsWith", Comparison::EndsWith, "A text ends with"),
    comparison("IN_ARRAY", Comparison::InArray, "One of several, with commas between them"),
    comparison("NOT_IN_ARRAY", Comparison::NotInArray, "None of several"),
    comparison("DATE_IS", Comparison::DateIs, "On the same day"),
    comparison("DATE_IS_NOT", Comparison::DateIsNot, "On another day"),
    comparison("IS_AFTER", Comparison::IsAfter, "Later"),
    comparison("IS_BEFORE", Comparison::IsBefore, "Earlier"),
    arithmetic("+", Arithmetic::Plus, "Sum"),
    arithmetic("-", Arithmetic::Minus, "Difference; before a value its negative"),
    arithmetic("*", Arithmetic::Times, "Product"),
    arithmetic("x", Arithmetic::Times, "Product"),
    arithmetic("×", Arithmetic::Times, "Product"),
    arithmetic("/", Arithmetic::DividedBy, "Quotient"),
    arithmetic("÷", Arithmetic::DividedBy, "Quotient"),
    arithmetic("%", Arithmetic::Remainder, "Remainder of a division"),
];

const fn row(spelling: &'static str, operator: Operator, meaning: &'static str) -> OperatorRow {
    OperatorRow { spelling, power: operator.power(), meaning, operator }
}

const fn comparison(spelling: &'static str, comparison: Comparison, meaning: &'static str) -> OperatorRow {
    row(spelling, Operator::Comparison(comparison), meaning)
}

const fn arithmetic(spelling: &'static str, arithmetic: Arithmetic, meaning: &'static str) -> OperatorRow {
    row(spelling, Operator::Arithmetic(arithmetic), meaning)
}

impl OperatorRow {
    /// The operator that is spelled so.
    pub(super) fn find(spelling: &str) -> Option<&'static Self> {
        OPERATORS.iter().find(|row| row.spelling == spelling)
    }

    pub(super) fn is_word(&self) -> bool {
        self.spelling.starts_with(|first: char| first.is_ascii_alphabetic())
    }
}

impl Operator {
    pub(super) const fn power(self) -> u8 {
        match self {
            Operator::Any => 1,
            Operator::All => 2,
            Operator::Comparison(_) => 3,
            Operator::Arithmetic(arithmetic) if arithmetic.is_sum() => 4,
            Operator::Arithmetic(_) => 5,
        }
    }

    /// Of several spellings the first.
    pub(super) fn spelling(self) -> &'static str {
        OPERATORS.iter().find(|row| row.operator == self).map_or("", |row| row.spelling)
    }
}

impl Arithmetic {
    pub(super) const fn is_sum(self) -> bool {
        matches!(self, Arithmetic::Plus | Arithmetic::Minus)
    }
}
