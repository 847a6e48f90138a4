//! What the grammar allows and yet can never be computed.

use super::{
    Formula,
    error::{FormulaError, Problem},
    expression::{Constant, Expression, Node},
    functions::Body,
    moment::Moment,
    operands::{Operand, Place},
    operators::Comparison,
    value::{Kind, read_flag, read_number},
};

impl Formula {
    /// Refuses a formula that can't be computed in this place, whatever its operands turn out to be:
    /// because an operand is not known there, or because a part of it is, say, a date and should be a
    /// number. Metadata may be anything, so nothing is said against it.
    ///
    /// ```
    /// use guerdon_engine::formula::{Formula, Place};
    /// let formula = Formula::parse("ORDER_ITEM_PRICE * 0.8").expect("a formula");
    /// assert!(formula.check(Place::ItemDiscount).is_ok());
    /// let error = formula.check(Place::Points).expect_err("no item is discounted there");
    /// assert_eq!(error.to_string(), "ORDER_ITEM_PRICE can't be used for points (at 0)");
    /// ```
    ///
    /// # Errors
    /// What is wrong, and where. Such a formula can be evaluated all the same; it fails, at the latest
    /// when it comes to that part.
    pub fn check(&self, place: Place) -> Result<(), FormulaError> {
        let elsewhere = self.variables().find(|variable| !variable.row.places.contains(&place));
        if let Some(variable) = elsewhere {
            let problem = Problem::NotHere { operand: variable.row.name, place };
            return Err(FormulaError::new(variable.position, problem));
        }
        check(&self.expression, Kind::Number)
    }
}

/// Whether this can be of that kind. Every scalar can be a text.
fn check(expression: &Expression, expected: Kind) -> Result<(), FormulaError> {
    let found = match &expression.node {
        Node::Constant(constant) => return check_constant(constant, expected, expression.position),
        Node::Variable(variable) => match variable.operand() {
            Operand::Amount(_) | Operand::Quantity(_) => Kind::Number,
            Operand::Date(_) | Operand::Today | Operand::Now => Kind::Date,
            Operand::Metadata(_) => return Ok(()),
        },
        Node::Negated(operand) => {
            check(operand, Kind::Number)?;
            Kind::Number
        }
        Node::Chain(chain) => {
            check(&chain.first, Kind::Number)?;
            chain.rest.iter().try_for_each(|(_, operand)| check(operand, Kind::Number))?;
            Kind::Number
        }
        Node::Comparison(comparison, sides) => {
            sides.iter().try_for_each(|side| check(side, compared(*comparison)))?;
            Kind::Condition
        }
        Node::All(parts) | Node::Any(parts) => {
            parts.iter().try_for_each(|part| check(part, Kind::Condition))?;
            Kind::Condition
        }
        Node::Call(function, arguments) => match function.body {
            Body::If => {
                let (conditions, values) = arguments.split_at(1);
                conditions.iter().try_for_each(|condition| check(condition, Kind::Condition))?;
                return values.iter().try_for_each(|value| check(value, expected));
            }
            Body::DefaultTo => return arguments.iter().try_for_each(|value| check(value, expected)),
            Body::OfDay(_) => {
                arguments.iter().try_for_each(|date| check(date, Kind::Date))?;
                Kind::Number
            }
            _ => {
                arguments.iter().try_for_each(|number| check(number, Kind::Number))?;
                Kind::Number
            }
        },
        Node::Switch(switch) => {
            check(&switch.value, Kind::Text)?;
            for [value, result] in &switch.cases {
                check(value, Kind::Text)?;
                check(result, expected)?;
            }
            return check(&switch.otherwise, expected);
        }
    };
    require(becomes(found, expected), found, expected, expression.position)
}

/// What stands on either side of a comparison.
fn compared(comparison: Comparison) -> Kind {
    match comparison {
        Comparison::AtLeast | Comparison::AtMost | Comparison::MoreThan | Comparison::LessThan => Kind::Number,
        Comparison::Equal | Comparison::Is | Comparison::IsNot => Kind::Text,
        Comparison::Contains | Comparison::StartsWith | Comparison::EndsWith => Kind::Text,
        Comparison::InArray | Comparison::NotInArray => Kind::Text,
        Comparison::DateIs | Comparison::DateIsNot | Comparison::IsAfter | Comparison::IsBefore => Kind::Date,
    }
}

fn check_constant(constant: &Constant, expected: Kind, position: usize) -> Result<(), FormulaError> {
    match constant {
        Constant::Number(_) => require(becomes(Kind::Number, expected), Kind::Number, expected, position),
        Constant::Date(..) => require(becomes(Kind::Date, expected), Kind::Date, expected, position),
        Constant::Text(text) => {
            let says = match expected {
                Kind::Number => read_number(text).is_some(),
                Kind::Condition => read_flag(text).is_some(),
                Kind::Date => Moment::read(text).is_some(),
                _ => true,
            };
            require(says, Kind::Text, expected, position)
        }
    }
}

fn becomes(found: Kind, expected: Kind) -> bool {
    found == expected || (expected == Kind::Text && found != Kind::Date)
}

fn require(is_possible: bool, found: Kind, expected: Kind, position: usize) -> Result<(), FormulaError> {
    match is_possible {
        true => Ok(()),
        false => Err(FormulaError::new(position, Problem::WrongKind { expected, found })),
    }
}
