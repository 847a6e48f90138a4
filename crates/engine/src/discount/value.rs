//! The numbers of a discount: as stored, or as formulas give them.

use std::sync::Arc;

use guerdon_model::number::Percentage;
use serde_json::json;

use super::{Run, operands::StepOperands};
use crate::{
    formula::{Failure, Formula, Operands},
    trace::{Kind, Node, Outcome},
};

/// In which unit a formula's number is read.
pub(super) type Read<T> = for<'f> fn(&'f Formula, &'f dyn Operands) -> Result<T, Failure<'f>>;

/// Minor units, never negative.
pub(super) const AMOUNT: Read<i64> = Formula::amount;

/// Minor units, where there may be no price.
pub(super) const PRICE: Read<Option<i64>> = |formula, operands| formula.amount(operands).map(Some);

/// Units, never negative.
pub(super) const UNITS: Read<i64> = Formula::whole;

/// From 0 to 100.
pub(super) const PERCENT: Read<Percentage> = |formula, operands| formula.percent(operands).map(Percentage::clamped);

/// A number of a discount.
pub(super) struct Number<T> {
    /// The stored one, or the one that a formula gave for the whole discount.
    pub(super) value: T,
    /// Whether a formula gave a number, for the whole discount or for some line.
    pub(super) is_dynamic: bool,
    of_line: Option<Arc<Formula>>,
    read: Read<T>,
}

impl<T: Copy> Number<T> {
    /// Computes a formula unless it has to be computed for each line.
    pub(super) fn new(run: &mut Run<'_, '_>, stored: T, formula: Option<&str>, read: Read<T>) -> Self {
        let mut number = Self { value: stored, is_dynamic: false, of_line: None, read };
        let Some((formula, facts)) = formula.zip(run.step.formulas.as_ref()) else { return number };
        match facts.library.formula(formula) {
            None => explain(run, formula, &"it can't be read"),
            Some(formula) if formula.is_per_item() => number.of_line = Some(formula),
            Some(compiled) => match read(&compiled, &run.operands(facts, None)) {
                Ok(value) => (number.value, number.is_dynamic) = (value, true),
                Err(failure) => explain(run, formula, &failure),
            },
        }
        number
    }

    /// The number for one line.
    pub(super) fn at(&mut self, run: &Run<'_, '_>, line: usize) -> T {
        let (Some(formula), Some(facts)) = (&self.of_line, &run.step.formulas) else { return self.value };
        match (self.read)(formula, &run.operands(facts, Some(line))) {
            Ok(value) => {
                self.is_dynamic = true;
                value
            }
            Err(_) => self.value,
        }
    }

    /// What a result shows: the value for the whole discount, and whether formulas were computed.
    pub(super) fn shown(&self) -> (T, Option<bool>) {
        (self.value, Some(self.is_dynamic))
    }
}

/// Says why the stored value counts.
fn explain(run: &mut Run<'_, '_>, formula: &str, why: &dyn std::fmt::Display) {
    run.trace.add(|| {
        let node = Node::new(Kind::Step).subject("formula").seen(json!(formula));
        node.outcome(Outcome::Missing).text(why.to_string())
    });
}

impl<'s> Run<'_, 's> {
    /// What formulas see: the order as it was when the step began.
    pub(super) fn operands<'o>(&self, facts: &'o super::FormulaFacts<'o>, line: Option<usize>) -> StepOperands<'o>
    where
        's: 'o,
    {
        StepOperands { facts, cart: self.cart, amounts: self.before, bundles: self.bundles(), line }
    }
}
