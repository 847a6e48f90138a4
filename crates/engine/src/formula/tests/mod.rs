//! The language from outside: what formulas give, what is refused, and what holds for all of them.

mod errors;
mod failures;
mod manual;
mod properties;
mod vectors;

use guerdon_model::Timestamp;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde_json::{Value, json};

use super::*;

/// Operands of which everything else is missing.
struct Given {
    amounts: Vec<(Amount, i64)>,
    quantities: Vec<(Quantity, i64)>,
    dates: Vec<(DateOf, Moment)>,
    metadata: Vec<(Owner, Value)>,
    now: Timestamp,
    zone: TimeZone,
}

/// Nothing, on a Thursday just before midnight in London, when it is Friday in Warsaw.
fn given() -> Given {
    Given {
        amounts: Vec::new(),
        quantities: Vec::new(),
        dates: Vec::new(),
        metadata: Vec::new(),
        now: instant("2023-08-17T22:30:00Z"),
        zone: TimeZone::get("Europe/Warsaw").expect("a time zone"),
    }
}

impl Given {
    fn amount(mut self, amount: Amount, minor: i64) -> Self {
        self.amounts.push((amount, minor));
        self
    }

    fn quantity(mut self, quantity: Quantity, count: i64) -> Self {
        self.quantities.push((quantity, count));
        self
    }

    fn date(mut self, date: DateOf, text: &str) -> Self {
        self.dates.push((date, Moment::read(text).expect("a date")));
        self
    }

    fn metadata(mut self, owner: Owner, metadata: Value) -> Self {
        self.metadata.push((owner, metadata));
        self
    }

    fn customer(self, metadata: Value) -> Self {
        self.metadata(Owner::Customer, metadata)
    }

    fn order(self, metadata: Value) -> Self {
        self.metadata(Owner::Order, metadata)
    }
}

impl Operands for Given {
    fn amount(&self, amount: Amount) -> Option<i64> {
        find(&self.amounts, amount).copied()
    }

    fn quantity(&self, quantity: Quantity) -> Option<i64> {
        find(&self.quantities, quantity).copied()
    }

    fn date(&self, date: DateOf) -> Option<Moment> {
        find(&self.dates, date).copied()
    }

    fn metadata(&self, owner: Owner, key: &str) -> Option<&Value> {
        find(&self.metadata, owner)?.get(key)
    }

    fn now(&self) -> Timestamp {
        self.now
    }

    fn time_zone(&self) -> &TimeZone {
        &self.zone
    }
}

fn find<K: PartialEq, V>(known: &[(K, V)], wanted: K) -> Option<&V> {
    known.iter().find(|(key, _)| *key == wanted).map(|(_, value)| value)
}

fn instant(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("an instant")
}

fn decimal(text: &str) -> Decimal {
    text.parse().expect("a number")
}

fn formula(text: &str) -> Formula {
    Formula::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// With something for every operand.
fn everything() -> Given {
    let mut given = given();
    for row in OPERANDS {
        match row.operand {
            Operand::Amount(amount) => given.amounts.push((amount, 12_345)),
            Operand::Quantity(quantity) => given.quantities.push((quantity, 3)),
            Operand::Date(date) => given.dates.push((date, Moment::Instant(instant("2020-02-29T12:00:00Z")))),
            Operand::Metadata(owner) => given.metadata.push((
                owner,
                json!({"number": 7, "half": 0.5, "text": "VIP", "numeric": "30", "flag": true, "date": "2020-02-29",
                    "list": ["VIP", 7], "object": {}, "null": null, "empty": "", "huge": 1e300}),
            )),
            Operand::Today | Operand::Now => {}
        }
    }
    given
}
