//! Any text as a formula, over operands that are now small, now enormous, now missing.
#![no_main]

use guerdon_engine::formula::{Amount, DateOf, Formula, Moment, Operands, Owner, Quantity};
use guerdon_model::Timestamp;
use jiff::tz::TimeZone;
use libfuzzer_sys::fuzz_target;
use serde_json::{Value, json};

struct World {
    /// Decides what an operand's value is.
    seed: u8,
    zone: TimeZone,
    metadata: Vec<Value>,
}

impl World {
    fn new(seed: u8) -> Self {
        let metadata = vec![
            json!(null),
            json!(1.5),
            json!("12"),
            json!("2026-05-10"),
            json!("text"),
            json!([1, "a", null]),
            json!(true),
            json!({"a": 1}),
            json!(i64::MAX),
            json!("99999999999999999999999999999"),
        ];
        Self { seed, zone: TimeZone::get("Europe/Warsaw").unwrap_or(TimeZone::UTC), metadata }
    }

    fn number(&self) -> Option<i64> {
        [None, Some(0), Some(1), Some(-1), Some(11_499), Some(i64::MAX), Some(i64::MIN)][self.seed as usize % 7]
    }
}

impl Operands for World {
    fn amount(&self, _: Amount) -> Option<i64> {
        self.number()
    }

    fn quantity(&self, _: Quantity) -> Option<i64> {
        self.number()
    }

    fn date(&self, _: DateOf) -> Option<Moment> {
        self.number().map(|number| Moment::Instant(Timestamp::from_millis(number)))
    }

    fn metadata(&self, _: Owner, key: &str) -> Option<&Value> {
        self.metadata.get((key.len() + self.seed as usize) % (self.metadata.len() + 1))
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_millis(self.number().unwrap_or(1_780_000_000_000))
    }

    fn time_zone(&self) -> &TimeZone {
        &self.zone
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((seed, text)) = data.split_first() else { return };
    let Ok(text) = std::str::from_utf8(text) else { return };
    let world = World::new(*seed);
    match Formula::parse(text) {
        Ok(formula) => {
            let _ = formula.number(&world);
            let _ = formula.amount(&world);
            let _ = formula.percent(&world);
            let _ = formula.whole(&world);
            // Written down and read again, it is the same.
            let written = formula.to_string();
            let again = Formula::parse(&written).expect("what was printed can be read");
            assert_eq!(again.to_string(), written);
        }
        Err(error) => assert!(!error.to_string().is_empty()),
    }
});
