//! How the leaves of a rule's tree are joined: `(1 and 2) or 3`.

use std::fmt;

/// An expression over leaves, which are named by their place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Logic {
    Leaf(usize),
    /// All hold; true if there are none.
    And(Vec<Logic>),
    /// At least one holds.
    Or(Vec<Logic>),
}

impl Logic {
    /// What holds always.
    pub const ALWAYS: Logic = Logic::And(Vec::new());

    /// All of so many leaves hold.
    pub fn all(leaves: usize) -> Self {
        joined((0..leaves).map(Logic::Leaf).collect(), Logic::And)
    }
}

/// Why a text is no expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogicError {
    /// No leaf has this key.
    UnknownKey(String),
    /// A key, `(` or the end was expected, or the opposite of it.
    Unexpected(String),
    /// Something is missing at the end.
    Incomplete,
    /// Parentheses are nested too deeply.
    TooDeep,
}

impl fmt::Display for LogicError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            LogicError::UnknownKey(key) => write!(f, "refers to the rule '{key}', which does not exist"),
            LogicError::Unexpected(token) => write!(f, "has '{token}' in an unexpected place"),
            LogicError::Incomplete => f.write_str("is not complete"),
            LogicError::TooDeep => f.write_str("is nested too deeply"),
        }
    }
}

impl std::error::Error for LogicError {}

/// More nested parentheses than this are refused.
pub const MAX_PARENTHESES: usize = 100;

/// Reads an expression. `and` binds tighter than `or`, their case does not matter, a blank text holds
/// always. `leaf` finds a leaf's place by its key.
///
/// ```
/// use guerdon_model::validation_rule::logic::{Logic, parse};
/// let leaf = |key: &str| key.parse().ok();
/// let expected = Logic::Or(vec![Logic::Leaf(1), Logic::And(vec![Logic::Leaf(2), Logic::Leaf(3)])]);
/// assert_eq!(parse(" 1 OR 2 and ( 3 ) ", &leaf), Ok(expected));
/// ```
pub fn parse(text: &str, leaf: &dyn Fn(&str) -> Option<usize>) -> Result<Logic, LogicError> {
    let mut parser = Parser { rest: text, leaf, depth: 0 };
    if parser.peek().is_none() {
        return Ok(Logic::ALWAYS);
    }
    let logic = parser.or()?;
    match parser.next() {
        None => Ok(logic),
        Some(token) => Err(LogicError::Unexpected(token.to_owned())),
    }
}

struct Parser<'a> {
    rest: &'a str,
    leaf: &'a dyn Fn(&str) -> Option<usize>,
    depth: usize,
}

impl<'a> Parser<'a> {
    /// The next token and what follows it.
    fn split(&self) -> Option<(&'a str, &'a str)> {
        let rest = self.rest.trim_start();
        let first = rest.chars().next()?;
        let end = match first {
            '(' | ')' => 1,
            _ => rest.find(|c: char| c.is_whitespace() || c == '(' || c == ')').unwrap_or(rest.len()),
        };
        Some(rest.split_at(end))
    }

    fn peek(&self) -> Option<&'a str> {
        self.split().map(|(token, _)| token)
    }

    fn next(&mut self) -> Option<&'a str> {
        let (token, rest) = self.split()?;
        self.rest = rest;
        Some(token)
    }

    fn take(&mut self, word: &str) -> bool {
        let found = self.peek().is_some_and(|token| token.eq_ignore_ascii_case(word));
        if found {
            self.next();
        }
        found
    }

    fn or(&mut self) -> Result<Logic, LogicError> {
        let mut operands = vec![self.and()?];
        while self.take("or") {
            operands.push(self.and()?);
        }
        Ok(joined(operands, Logic::Or))
    }

    fn and(&mut self) -> Result<Logic, LogicError> {
        let mut operands = vec![self.operand()?];
        while self.take("and") {
            operands.push(self.operand()?);
        }
        Ok(joined(operands, Logic::And))
    }

    fn operand(&mut self) -> Result<Logic, LogicError> {
        match self.next() {
            None => Err(LogicError::Incomplete),
            Some("(") => {
                self.depth += 1;
                if self.depth > MAX_PARENTHESES {
                    return Err(LogicError::TooDeep);
                }
                let inner = self.or()?;
                self.depth -= 1;
                match self.next() {
                    Some(")") => Ok(inner),
                    Some(token) => Err(LogicError::Unexpected(token.to_owned())),
                    None => Err(LogicError::Incomplete),
                }
            }
            Some(token) if is_connector(token) => Err(LogicError::Unexpected(token.to_owned())),
            Some(key) => (self.leaf)(key).map(Logic::Leaf).ok_or_else(|| LogicError::UnknownKey(key.to_owned())),
        }
    }
}

fn is_connector(token: &str) -> bool {
    token == ")" || token.eq_ignore_ascii_case("and") || token.eq_ignore_ascii_case("or")
}

fn joined(mut operands: Vec<Logic>, join: fn(Vec<Logic>) -> Logic) -> Logic {
    match operands.len() {
        1 => operands.remove(0),
        _ => join(operands),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(text: &str) -> Result<Logic, LogicError> {
        parse(text, &|key| key.parse().ok().filter(|place| *place < 10))
    }

    /// With every parenthesis, so that the structure is visible.
    fn written(logic: &Logic) -> String {
        let join = |operands: &[Logic], word| operands.iter().map(written).collect::<Vec<_>>().join(word);
        match logic {
            Logic::Leaf(place) => place.to_string(),
            Logic::And(operands) => format!("({})", join(operands, " and ")),
            Logic::Or(operands) => format!("({})", join(operands, " or ")),
        }
    }

    #[test]
    fn expressions_are_read_in_any_case_and_spacing() {
        for (text, expected) in [
            ("", "()"),
            (" \t", "()"),
            ("1", "1"),
            ("((1))", "1"),
            ("1 and 2", "(1 and 2)"),
            (" 1 AND 2 AND (  3 AND 4 )", "(1 and 2 and (3 and 4))"),
            ("1 or 2 and 3", "(1 or (2 and 3))"),
            ("1 And 2 oR 3", "((1 and 2) or 3)"),
            ("(1 or 2)and(3)", "((1 or 2) and 3)"),
        ] {
            assert_eq!(read(text).map(|logic| written(&logic)).as_deref(), Ok(expected), "{text}");
        }
        let by_name = parse("a-b and ä", &|key| ["a-b", "ä"].iter().position(|known| *known == key));
        assert_eq!(by_name, Ok(Logic::And(vec![Logic::Leaf(0), Logic::Leaf(1)])));
    }

    #[test]
    fn what_is_no_expression_is_refused() {
        let unexpected = |token: &str| LogicError::Unexpected(token.into());
        for (text, error) in [
            ("1 and", LogicError::Incomplete),
            ("(1", LogicError::Incomplete),
            ("(", LogicError::Incomplete),
            ("()", unexpected(")")),
            ("and", unexpected("and")),
            ("1 2", unexpected("2")),
            ("1)", unexpected(")")),
            ("(1 2)", unexpected("2")),
            ("1 or or 2", unexpected("or")),
            ("1 and 12", LogicError::UnknownKey("12".into())),
            ("not 1", LogicError::UnknownKey("not".into())),
        ] {
            assert_eq!(read(text), Err(error), "{text}");
        }
        let nested = |depth: usize| format!("{}1{}", "(".repeat(depth), ")".repeat(depth));
        assert_eq!(read(&nested(MAX_PARENTHESES)), Ok(Logic::Leaf(1)));
        assert_eq!(read(&nested(MAX_PARENTHESES + 1)), Err(LogicError::TooDeep));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in ".{0,40}", likely in "([0-9]| |\\(|\\)|and|or|OR){0,30}") {
            let _ = read(&text);
            if let Ok(logic) = read(&likely) {
                let again = read(&written(&logic).replace("()", "")).expect("what is written is read");
                prop_assert_eq!(written(&again), written(&logic));
            }
        }
    }
}
