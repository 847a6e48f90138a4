//! What can be wrong with the text of a formula: one variant each.

use std::{borrow::Cow, fmt};

use super::{MAX_DEPTH, MAX_LENGTH, functions::Function, operands::Place, value::Kind};

/// A text that is no formula.
///
/// ```
/// use guerdon_engine::formula::Formula;
/// let error = Formula::parse("CIEL(ORDER_AMOUNT;0)").expect_err("misspelt");
/// assert_eq!(error.position, 0);
/// assert_eq!(error.to_string(), "CIEL is unknown (at 0). Did you mean CEIL?");
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormulaError {
    /// The byte at which it was noticed, always the first of a character or the end of the text.
    pub position: usize,
    pub problem: Problem,
}

/// What is wrong. `found` is what stands there instead, as it is written; empty at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Problem {
    Empty,
    TooLong,
    TooDeep,
    /// No part of the language.
    UnknownCharacter(char),
    /// Written otherwise, and how.
    Slip {
        written: &'static str,
        hint: &'static str,
    },
    UnterminatedText,
    NoNumber(Box<str>),
    TooManyDigits(Box<str>),
    /// With a name that is close to it.
    UnknownName {
        name: Box<str>,
        suggestion: Option<&'static str>,
    },
    /// There should be a value.
    ValueExpected {
        found: Box<str>,
        after_percent: bool,
    },
    /// There should be an operator, or the end. A name that is close to one is suggested.
    OperatorExpected {
        found: Box<str>,
        suggestion: Option<&'static str>,
    },
    /// A parenthesis that is never closed.
    Unclosed,
    /// A parenthesis that was never opened.
    Unopened,
    /// A semicolon where no further argument is expected.
    Separator,
    ChainedComparison,
    /// An operand without its key.
    KeyExpected {
        operand: &'static str,
    },
    /// A key or arguments, but the operand has none.
    NoArguments {
        operand: &'static str,
    },
    /// A function without its parentheses.
    ArgumentsExpected(&'static Function),
    /// Too few arguments, or too many.
    Arguments {
        function: &'static Function,
        given: usize,
    },
    /// A case outside of a switch, or where the switch has no more.
    CaseOutsideSwitch,
    /// A switch without a case, or without a last argument.
    IncompleteSwitch,
    /// A text that is no day, or no moment.
    NoDate(&'static Function),
    /// Something that can never be what it must be.
    WrongKind {
        expected: Kind,
        found: Kind,
    },
    /// An operand that is not known here.
    NotHere {
        operand: &'static str,
        place: Place,
    },
}

/// What people write who know other languages, with what it is here.
pub(super) const SLIPS: &[(&str, &str)] = &[
    ("==", "Write a single `=`"),
    ("!=", "Write `isNot`"),
    ("<>", "Write `isNot`"),
    ("=>", "Write `>=`"),
    ("=<", "Write `<=`"),
    ("≥", "Write `>=`"),
    ("≤", "Write `<=`"),
    ("≠", "Write `isNot`"),
    ("&", "Write `AND`"),
    ("|", "Write `OR`"),
    ("**", "Write `POW(base;exponent)`"),
    ("^", "Write `POW(base;exponent)`"),
    (",", "Arguments are separated by `;`, and decimals by a point"),
    (".", "A number begins with a digit, as in `0.5`"),
    ("'", "Texts stand in double quotes"),
    ("“", "Texts stand in straight quotes"),
    ("”", "Texts stand in straight quotes"),
    ("„", "Texts stand in straight quotes"),
    ("‘", "Texts stand in straight double quotes"),
    ("’", "Texts stand in straight double quotes"),
    ("−", "Write `-`, the hyphen of the keyboard"),
    ("–", "Write `-`, the hyphen of the keyboard"),
    ("—", "Write `-`, the hyphen of the keyboard"),
    ("·", "Write `*`"),
    (":", "Write `/`"),
    ("$", "Operands are written without `$`, and amounts without a currency"),
    ("[", "Write round parentheses"),
    ("]", "Write round parentheses"),
    ("{", "Write round parentheses"),
    ("}", "Write round parentheses"),
];

impl FormulaError {
    pub(super) fn new(position: usize, problem: Problem) -> Self {
        Self { position, problem }
    }

    /// What to do about it, where that can be told.
    pub fn hint(&self) -> Option<Cow<'static, str>> {
        self.problem.hint()
    }
}

impl Problem {
    fn hint(&self) -> Option<Cow<'static, str>> {
        let said = |hint: &'static str| Some(Cow::Borrowed(hint));
        let meant = |suggestion: &Option<&str>| suggestion.map(|name| Cow::Owned(format!("Did you mean {name}?")));
        let call = |function: &str, arguments: &str| Some(Cow::Owned(format!("Write {function}({arguments})")));
        match self {
            Problem::Empty => said("Write a number, an operand or a function"),
            Problem::TooDeep => said("Use SWITCH instead of an IF within an IF"),
            Problem::Slip { hint, .. } => said(hint),
            Problem::UnterminatedText => said("Close the text with another double quote"),
            Problem::NoNumber(text) if text.contains('x') => said("Put spaces around the x, or write `*`"),
            Problem::NoNumber(_) => said("Write digits with at most one point between them"),
            Problem::TooManyDigits(_) => said("A number has at most 28 digits"),
            Problem::UnknownName { suggestion, .. } => meant(suggestion),
            Problem::ValueExpected { after_percent: true, .. } => {
                said("`%` is the remainder of a division; ten percent are `* 0.1`")
            }
            Problem::ValueExpected { found, .. } if found.is_empty() => said("The formula ends too early"),
            Problem::ValueExpected { .. } => said("Write a number, an operand or a function"),
            Problem::OperatorExpected { suggestion, .. } => {
                meant(suggestion).or_else(|| said("Two values need an operator between them"))
            }
            Problem::Unclosed => said("Close it with `)`"),
            Problem::Unopened => said("Open it with `(`, or remove it"),
            Problem::Separator => said("It separates the arguments of a function"),
            Problem::ChainedComparison => said("Join comparisons with AND or OR"),
            Problem::KeyExpected { operand } => call(operand, "\"key\""),
            Problem::NoArguments { operand } => Some(Cow::Owned(format!("Write {operand} alone"))),
            Problem::ArgumentsExpected(function) | Problem::Arguments { function, .. } | Problem::NoDate(function) => {
                call(function.name, function.arguments)
            }
            Problem::CaseOutsideSwitch | Problem::IncompleteSwitch => {
                said("Write SWITCH(value;SWITCH_CASE(value;result) …;otherwise)")
            }
            Problem::WrongKind { found: Kind::Date, .. } => said(
                "Compare dates with DATE_IS, DATE_IS_NOT, IS_AFTER and IS_BEFORE, or count with DAYS_SINCE and its like",
            ),
            Problem::WrongKind { expected: Kind::Condition, .. } => said("Compare it with something"),
            Problem::WrongKind { .. } | Problem::NotHere { .. } | Problem::TooLong | Problem::UnknownCharacter(_) => {
                None
            }
        }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let found = |found: &str| if found.is_empty() { "the end".to_owned() } else { format!("`{found}`") };
        match self {
            Problem::Empty => f.write_str("The formula is empty"),
            Problem::TooLong => write!(f, "The formula has more than {MAX_LENGTH} bytes"),
            Problem::TooDeep => write!(f, "The formula is nested more than {MAX_DEPTH} times"),
            Problem::UnknownCharacter(character) => write!(f, "`{}` is not understood", character.escape_debug()),
            Problem::Slip { written, .. } => write!(f, "`{written}` is not understood"),
            Problem::UnterminatedText => f.write_str("A text has no end"),
            Problem::NoNumber(text) => write!(f, "`{text}` is no number"),
            Problem::TooManyDigits(text) => write!(f, "`{text}` has too many digits"),
            Problem::UnknownName { name, .. } => write!(f, "{name} is unknown"),
            Problem::ValueExpected { found: text, .. } => write!(f, "A value was expected, not {}", found(text)),
            Problem::OperatorExpected { found: text, .. } => write!(f, "An operator was expected, not {}", found(text)),
            Problem::Unclosed => f.write_str("A parenthesis is never closed"),
            Problem::Unopened => f.write_str("A parenthesis was never opened"),
            Problem::Separator => f.write_str("`;` can't stand here"),
            Problem::ChainedComparison => f.write_str("A comparison can't be compared"),
            Problem::KeyExpected { operand } => write!(f, "{operand} needs a key"),
            Problem::NoArguments { operand } => write!(f, "{operand} has no key and no arguments"),
            Problem::ArgumentsExpected(function) => write!(f, "{} needs arguments", function.name),
            Problem::Arguments { function, given } => {
                write!(f, "{} takes {}, not {given}", function.name, Count(function.arity))
            }
            Problem::CaseOutsideSwitch => f.write_str("SWITCH_CASE stands outside of SWITCH"),
            Problem::IncompleteSwitch => f.write_str("SWITCH needs at least one case and a value for all others"),
            Problem::NoDate(function) => write!(f, "{} needs a date in quotes", function.name),
            Problem::WrongKind { expected, found } => write!(f, "This should be {expected} and is {found}"),
            Problem::NotHere { operand, place } => write!(f, "{operand} can't be used for {place}"),
        }
    }
}

/// A number of arguments in words.
struct Count((usize, Option<usize>));

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |count: usize| if count == 1 { "" } else { "s" };
        match self.0 {
            (least, Some(most)) if least == most => write!(f, "{least} argument{}", plural(least)),
            (least, Some(most)) => write!(f, "{least} to {most} arguments"),
            (least, None) => write!(f, "at least {least} argument{}", plural(least)),
        }
    }
}

impl fmt::Display for FormulaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (at {})", self.problem, self.position)?;
        match self.hint() {
            Some(hint) => write!(f, ". {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for FormulaError {}
