//! The compiled form of a formula: a tree whose names are resolved and whose constants are read.

use std::fmt;

use rust_decimal::Decimal;

use super::{
    functions::Function,
    moment::Moment,
    operands::{Operand, OperandRow},
    operators::{Arithmetic, Comparison},
    value::Value,
};

/// A node and where it begins.
#[derive(Debug, Clone)]
pub(super) struct Expression {
    pub(super) position: usize,
    pub(super) node: Node,
}

/// A chain of operators of the same power is one node, so only parentheses and arguments make a tree
/// deeper.
#[derive(Debug, Clone)]
pub(super) enum Node {
    Constant(Constant),
    Variable(Variable),
    Negated(Box<Expression>),
    Chain(Box<Chain>),
    Comparison(Comparison, Box<[Expression; 2]>),
    All(Vec<Expression>),
    Any(Vec<Expression>),
    Call(&'static Function, Vec<Expression>),
    Switch(Box<Switch>),
}

/// Sums and differences, or else products, quotients and remainders; from the left to the right.
#[derive(Debug, Clone)]
pub(super) struct Chain {
    pub(super) is_sum: bool,
    pub(super) first: Expression,
    pub(super) rest: Vec<(Arithmetic, Expression)>,
}

#[derive(Debug, Clone)]
pub(super) enum Constant {
    Number(Decimal),
    Text(Box<str>),
    /// With the text that says it.
    Date(Moment, Box<str>),
}

#[derive(Debug, Clone)]
pub(super) struct Switch {
    pub(super) value: Expression,
    /// What to compare it with, and what comes of it.
    pub(super) cases: Vec<[Expression; 2]>,
    pub(super) otherwise: Expression,
}

/// An operand as a formula mentions it.
#[derive(Debug, Clone, PartialEq)]
pub struct Variable {
    pub(super) row: &'static OperandRow,
    /// Empty for operands without one.
    pub(super) key: Box<str>,
    pub(super) position: usize,
}

impl Constant {
    pub(super) fn value(&self) -> Value<'_> {
        match self {
            Constant::Number(number) => Value::Number(*number),
            Constant::Text(text) => Value::Text(text),
            Constant::Date(moment, _) => Value::Date(*moment),
        }
    }
}

impl Variable {
    /// What is asked for.
    pub fn operand(&self) -> Operand {
        self.row.operand
    }

    /// The key of the metadata.
    pub fn key(&self) -> Option<&str> {
        self.operand().takes_key().then_some(&*self.key)
    }

    /// The byte of the formula at which it begins.
    pub fn position(&self) -> usize {
        self.position
    }
}

impl fmt::Display for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.row.name)?;
        match self.key() {
            Some(key) => write!(f, "(\"{key}\")"),
            None => Ok(()),
        }
    }
}

impl Expression {
    /// Calls `see` for every variable, from the left to the right.
    pub(super) fn variables<'e>(&'e self, see: &mut dyn FnMut(&'e Variable)) {
        match &self.node {
            Node::Constant(_) => {}
            Node::Variable(variable) => see(variable),
            Node::Negated(operand) => operand.variables(see),
            Node::Chain(chain) => {
                chain.first.variables(see);
                chain.rest.iter().for_each(|(_, operand)| operand.variables(see));
            }
            Node::Comparison(_, sides) => sides.iter().for_each(|side| side.variables(see)),
            Node::All(parts) | Node::Any(parts) | Node::Call(_, parts) => {
                parts.iter().for_each(|part| part.variables(see));
            }
            Node::Switch(switch) => {
                switch.value.variables(see);
                switch.cases.iter().flatten().for_each(|part| part.variables(see));
                switch.otherwise.variables(see);
            }
        }
    }
}
