//! The order as an evaluation sees it: [`Cart`] says what was ordered and never changes, [`Amounts`]
//! says what it costs and changes with every redeemable that is applied.
//!
//! Lines are named by their place. A redeemable that adds a product nobody has ordered appends a line
//! to both.

use std::sync::Arc;

use guerdon_model::{metadata::Metadata, order::ApplicationDetails};

use crate::money::{Overflow, plus};

/// What was ordered.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Cart {
    pub lines: Vec<Line>,
    /// Of the order itself.
    pub metadata: Metadata,
}

/// One line: a product or a SKU, known to the catalogue or not.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Line {
    /// The shop's own name of whatever the line refers to.
    pub source_id: Option<Arc<str>>,
    pub product: Option<Arc<Product>>,
    pub sku: Option<Arc<Sku>>,
    /// Of the line, not of its product.
    pub metadata: Metadata,
}

/// A product as the catalogue has it, overlaid with what the request said about it.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Product {
    /// Absent for a product that the catalogue does not know.
    pub id: Option<Arc<str>>,
    pub source_id: Option<Arc<str>>,
    pub name: Option<Arc<str>>,
    /// Minor units.
    pub price: Option<i64>,
    pub metadata: Metadata,
}

/// A variant of a product.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sku {
    pub id: Option<Arc<str>>,
    pub source_id: Option<Arc<str>>,
    /// What it is called.
    pub sku: Option<Arc<str>>,
    /// Minor units; the product's price counts if there is none.
    pub price: Option<i64>,
    pub metadata: Metadata,
}

/// What an order costs at some step of a stack. All amounts are minor units.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Amounts {
    /// Absent while nothing in the order has a price.
    pub amount: Option<i64>,
    /// The amount before units were added; absent until some were.
    pub initial_amount: Option<i64>,
    /// Taken off the order as a whole, by all steps so far.
    pub discount_amount: i64,
    /// Taken off the order as a whole by the last step.
    pub applied_discount_amount: i64,
    pub lines: Vec<LineAmounts>,
    /// How units of some lines came to be replaced by units of others, by all steps so far.
    pub replacements: Vec<ApplicationDetails>,
}

impl Amounts {
    /// Taken off the lines, by all steps so far.
    pub fn items_discount_amount(&self) -> i64 {
        self.lines.iter().fold(0, |sum, line| sum.saturating_add(line.discount_amount))
    }

    /// What is left to pay: the amount less all discounts, and never less than nothing. No step can take
    /// off more than this.
    ///
    /// ```
    /// use guerdon_engine::cart::{Amounts, LineAmounts};
    /// let line = LineAmounts { quantity: 1, amount: Some(2_000), discount_amount: 1_000, ..LineAmounts::default() };
    /// let amounts = Amounts { amount: Some(2_000), discount_amount: 300, lines: vec![line], ..Amounts::default() };
    /// assert_eq!(amounts.running_total(), 700);
    /// ```
    pub fn running_total(&self) -> i64 {
        let discounts = self.discount_amount.saturating_add(self.items_discount_amount());
        self.amount.unwrap_or(0).saturating_sub(discounts).max(0)
    }

    /// Taken off the order and its lines by the last step.
    pub fn total_applied(&self) -> i64 {
        let of_lines = self.lines.iter().map(|line| line.applied_discount_amount);
        of_lines.fold(self.applied_discount_amount, i64::saturating_add)
    }

    /// Forgets what the last step did, so that the next one starts from nothing.
    pub fn begin_step(&mut self) {
        self.applied_discount_amount = 0;
        for line in &mut self.lines {
            line.applied_discount_amount = 0;
            line.applied_discount_quantity = 0;
            line.applied_quantity = 0;
            line.applied_quantity_amount = 0;
        }
    }

    /// Takes so much off the order as a whole.
    pub(crate) fn discount_order(&mut self, discount: i64) -> Result<(), Overflow> {
        self.discount_amount = plus(self.discount_amount, discount)?;
        self.applied_discount_amount = plus(self.applied_discount_amount, discount)?;
        Ok(())
    }
}

/// What one line costs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LineAmounts {
    pub quantity: i64,
    /// Of one unit; a line without a price counts nothing and is never discounted.
    pub price: Option<i64>,
    pub amount: Option<i64>,
    /// By all steps so far.
    pub discount_amount: i64,
    /// By the last step.
    pub applied_discount_amount: i64,
    /// Quantity and amount before a step added units; absent until one did.
    pub initial_quantity: Option<i64>,
    pub initial_amount: Option<i64>,
    /// Units that unit discounts have made free, by all steps.
    pub free_quantity: i64,
    /// Units that were discounted, by all steps.
    pub discount_quantity: i64,
    /// Units that the last step has made free.
    pub applied_discount_quantity: i64,
    /// Units that the last step has added, or taken away if negative, and their value.
    pub applied_quantity: i64,
    pub applied_quantity_amount: i64,
}

impl LineAmounts {
    /// What is left to pay for the line.
    pub fn subtotal(&self) -> i64 {
        self.amount.unwrap_or(0).saturating_sub(self.discount_amount)
    }

    /// Takes so much off the line.
    pub(crate) fn discount(&mut self, discount: i64) -> Result<(), Overflow> {
        self.discount_amount = plus(self.discount_amount, discount)?;
        self.applied_discount_amount = plus(self.applied_discount_amount, discount)?;
        Ok(())
    }

    /// Remembers how many units there were, and what they cost, before the first that was added.
    pub(crate) fn keep_initial(&mut self) {
        if self.initial_quantity.is_none() {
            self.initial_quantity = Some(self.quantity);
            self.initial_amount = self.amount;
        }
    }
}
