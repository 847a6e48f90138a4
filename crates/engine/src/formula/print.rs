//! A formula as one would write it: one space around operators, and parentheses only where they
//! matter.

use std::fmt::{self, Display};

use super::{
    Formula,
    expression::{Constant, Expression, Node},
    moment::Moment,
    operators::{Arithmetic, Operator},
};

impl fmt::Display for Formula {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Within(0, &self.expression).fmt(f)
    }
}

/// An expression where operators must have at least this power.
struct Within<'e>(u8, &'e Expression);

impl fmt::Display for Within<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Within(least, Expression { node, .. }) = self;
        let power = power_of(node);
        if power >= *least {
            return write_node(node, power, f);
        }
        f.write_str("(")?;
        write_node(node, power, f)?;
        f.write_str(")")
    }
}

/// What has no operator binds tightest.
const NO_OPERATOR: u8 = u8::MAX;

fn power_of(node: &Node) -> u8 {
    match node {
        Node::Any(_) => Operator::Any.power(),
        Node::All(_) => Operator::All.power(),
        Node::Comparison(comparison, _) => Operator::Comparison(*comparison).power(),
        Node::Chain(chain) if chain.is_sum => Operator::Arithmetic(Arithmetic::Plus).power(),
        Node::Chain(_) => Operator::Arithmetic(Arithmetic::Times).power(),
        Node::Constant(_) | Node::Variable(_) | Node::Negated(_) | Node::Call(..) | Node::Switch(_) => NO_OPERATOR,
    }
}

fn write_node(node: &Node, power: u8, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    match node {
        Node::Constant(Constant::Number(number)) => number.fmt(f),
        Node::Constant(Constant::Text(text)) => write!(f, "\"{text}\""),
        Node::Constant(Constant::Date(Moment::Day(_), text)) => write!(f, "DATE(\"{text}\")"),
        Node::Constant(Constant::Date(Moment::Instant(_), text)) => write!(f, "DATE_TIME(\"{text}\")"),
        Node::Variable(variable) => variable.fmt(f),
        Node::Negated(operand) => write!(f, "-{}", Within(NO_OPERATOR, operand)),
        Node::Chain(chain) => {
            Within(power, &chain.first).fmt(f)?;
            chain.rest.iter().try_for_each(|(arithmetic, operand)| {
                let operator = Operator::Arithmetic(*arithmetic);
                write!(f, " {} {}", operator.spelling(), Within(power + 1, operand))
            })
        }
        Node::Comparison(comparison, sides) => {
            let [left, right] = &**sides;
            let operator = Operator::Comparison(*comparison);
            write!(f, "{} {} {}", Within(power + 1, left), operator.spelling(), Within(power + 1, right))
        }
        Node::All(parts) => write_separated(parts, " AND ", power + 1, f),
        Node::Any(parts) => write_separated(parts, " OR ", power + 1, f),
        Node::Call(function, arguments) => {
            write!(f, "{}(", function.name)?;
            write_separated(arguments, ";", 0, f)?;
            f.write_str(")")
        }
        Node::Switch(switch) => {
            write!(f, "SWITCH({};", Within(0, &switch.value))?;
            for (place, [value, result]) in switch.cases.iter().enumerate() {
                let space = if place == 0 { "" } else { " " };
                write!(f, "{space}SWITCH_CASE({};{})", Within(0, value), Within(0, result))?;
            }
            write!(f, ";{})", Within(0, &switch.otherwise))
        }
    }
}

fn write_separated(parts: &[Expression], separator: &str, least: u8, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    for (place, part) in parts.iter().enumerate() {
        if place > 0 {
            f.write_str(separator)?;
        }
        Within(least, part).fmt(f)?;
    }
    Ok(())
}
