//! What should have happened: the event log replayed, one command after the other, on plain maps.
//!
//! The log is in the order of commits, so it names a serial order of all commands that changed
//! anything. Every answer has to be the one that this order gives; whatever only read has to have
//! seen a state between its request and its answer.

use std::collections::{BTreeMap, BTreeSet};

use guerdon_model::{Error, customer::Customer, event::EventType};
use guerdon_store::EventRecord;
use serde_json::Value;

use super::operations::{ACCOUNTS, Answer, COUNTER, Operation, Outcome, SCHEMA, START_BALANCE, SUMS, group, number_of};

/// A request and its answer, with the moments of both.
#[derive(Debug, Clone)]
pub(crate) struct Done {
    pub(crate) operation: Operation,
    pub(crate) outcome: Outcome,
    pub(crate) asked: u64,
    pub(crate) answered: u64,
}

/// A customer as far as the simulation changes one.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Plain {
    id: String,
    source: Option<String>,
    name: Option<String>,
    metadata: BTreeMap<String, Value>,
}

impl Plain {
    fn of(customer: &Customer) -> Self {
        let metadata = customer.metadata.iter().flat_map(|metadata| metadata.iter());
        Self {
            id: customer.id.to_string(),
            source: customer.source_id.clone(),
            name: customer.name.clone(),
            metadata: metadata.map(|(key, value)| (key.clone(), value.clone())).collect(),
        }
    }
}

/// All that the simulation changes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct World {
    /// By id.
    customers: BTreeMap<String, Plain>,
    /// Whether customers' metadata has a schema: there a club has to be a text.
    has_schema: bool,
}

impl World {
    pub(crate) fn of<'a>(customers: impl IntoIterator<Item = &'a Customer>, has_schema: bool) -> Self {
        let customers = customers.into_iter().map(|customer| (customer.id.to_string(), Plain::of(customer))).collect();
        Self { customers, has_schema }
    }

    fn refuses(&self, club: &Option<Value>) -> bool {
        self.has_schema && club.as_ref().is_some_and(|club| !club.is_string())
    }

    fn named(&self, source: &str) -> Option<&Plain> {
        self.customers.values().find(|customer| customer.source.as_deref() == Some(source))
    }

    fn change(&mut self, source: &str, change: impl FnOnce(&mut Plain)) -> Plain {
        let id = self.named(source).unwrap_or_else(|| panic!("{source} exists")).id.clone();
        let customer = self.customers.get_mut(&id).expect("it was just found");
        change(customer);
        customer.clone()
    }

    fn number(&self, source: &str, key: &str) -> i64 {
        self.named(source).and_then(|customer| customer.metadata.get(key)?.as_i64()).unwrap_or(0)
    }

    fn set(&mut self, source: &str, key: &str, value: i64) -> (EventType, String) {
        (
            EventType::CUSTOMER_UPDATED,
            self.change(source, |customer| drop(customer.metadata.insert(key.into(), value.into()))).id,
        )
    }

    /// Applies a command that was committed, whose first event was about `entity`. Returns the answer
    /// that it deserves and the events that it is to leave behind.
    fn apply(&mut self, number: usize, operation: &Operation, entity: &str) -> (Expected, Vec<(EventType, String)>) {
        let name = |customer: &mut Plain| customer.name = Some(format!("by {number}"));
        let enroll = |customer: &mut Plain, club: &Option<Value>| {
            customer.metadata.extend(club.iter().map(|club| ("club".to_owned(), club.clone())));
        };
        if let Operation::Upsert { club, .. } | Operation::Create { club } = operation {
            assert!(!self.refuses(club), "operation {number} breaks the schema");
        }
        match operation {
            Operation::Upsert { source, club } if self.named(source).is_some() => {
                let after = self.change(source, |customer| {
                    name(customer);
                    enroll(customer, club);
                });
                let id = after.id.clone();
                (Expected::Customer(after), vec![(EventType::CUSTOMER_UPDATED, id)])
            }
            Operation::Upsert { club, .. } | Operation::Create { club } => {
                let source = match operation {
                    Operation::Upsert { source, .. } => Some((*source).to_owned()),
                    _ => None,
                };
                let mut made = Plain { id: entity.to_owned(), source, name: None, metadata: BTreeMap::new() };
                name(&mut made);
                enroll(&mut made, club);
                assert!(self.customers.insert(made.id.clone(), made.clone()).is_none(), "{entity} is created once");
                (Expected::Customer(made), vec![(EventType::CUSTOMER_CREATED, entity.to_owned())])
            }
            Operation::Update { source } => {
                let after = self.change(source, name);
                let id = after.id.clone();
                (Expected::Customer(after), vec![(EventType::CUSTOMER_UPDATED, id)])
            }
            Operation::Delete { source } => {
                let id = self.named(source).unwrap_or_else(|| panic!("{source} is there to be deleted")).id.clone();
                self.customers.remove(&id);
                (Expected::Nothing, vec![(EventType::CUSTOMER_DELETED, id)])
            }
            Operation::Transfer { from, to, amount } => {
                let after = vec![self.number(from, "balance") - amount, self.number(to, "balance") + amount];
                assert!(after[0] >= 0, "operation {number} overdraws {from}");
                let events = vec![self.set(from, "balance", after[0]), self.set(to, "balance", after[1])];
                (Expected::Numbers(after), events)
            }
            Operation::Count => {
                let next = self.number(COUNTER, "count") + 1;
                let event = self.set(COUNTER, "count", next);
                (Expected::Numbers(vec![next]), vec![event])
            }
            Operation::Sum => {
                let sum = self.sum();
                let event = self.set(SUMS, "sum", sum);
                (Expected::Numbers(vec![sum]), vec![event])
            }
            Operation::Note { source } => {
                let noted = i64::from(self.named(source).is_some());
                let event = self.set(SUMS, source, noted);
                (Expected::Numbers(vec![noted]), vec![event])
            }
            Operation::CreateSchema | Operation::DeleteSchema => {
                self.has_schema = !self.has_schema;
                let made = matches!(operation, Operation::CreateSchema);
                assert_eq!(self.has_schema, made, "schemas are made and dropped in turn");
                (Expected::Nothing, vec![(EventType::CUSTOMER_UPDATED, SCHEMA.to_owned())])
            }
            other => panic!("operation {number} was committed though it never may be: {other:?}"),
        }
    }

    fn balances(&self) -> Vec<i64> {
        ACCOUNTS.iter().map(|account| self.number(account, "balance")).collect()
    }

    fn sum(&self) -> i64 {
        self.balances().iter().sum()
    }
}

/// An answer by the model.
#[derive(Debug, PartialEq)]
enum Expected {
    Customer(Plain),
    Numbers(Vec<i64>),
    Nothing,
}

impl Expected {
    fn of(answer: &Answer) -> Self {
        match answer {
            Answer::Customer(customer) => Expected::Customer(Plain::of(customer)),
            Answer::Numbers(numbers) => Expected::Numbers(numbers.clone()),
            Answer::Nothing => Expected::Nothing,
        }
    }
}

/// Checks a whole run: where it began, what was done, what the log says and what is there now.
pub(crate) fn check(
    start: World,
    done: &BTreeMap<usize, Done>,
    log: &[EventRecord],
    end: &[Customer],
    has_schema: bool,
) {
    let history = replay(start, done, log);
    assert_eq!(
        World::of(end, has_schema),
        *history.states.last().expect("the start at least"),
        "the end is that of the replay"
    );
    let sources: BTreeSet<&String> = end.iter().filter_map(|customer| customer.source_id.as_ref()).collect();
    assert_eq!(sources.len(), end.iter().filter(|customer| customer.source_id.is_some()).count(), "no source_id twice");
    let accounts = end.iter().filter(|one| one.source_id.as_deref().is_some_and(|source| ACCOUNTS.contains(&source)));
    let total: i64 = accounts.map(|account| number_of(account, "balance")).sum();
    assert_eq!(total, START_BALANCE * ACCOUNTS.len() as i64, "money is neither made nor lost");

    for (number, one) in done {
        check_answer(*number, one, &history);
    }
}

/// The states between commits, and where each committed command has its place among them.
struct History {
    /// The first is the start; each command leads from one to the next.
    states: Vec<World>,
    places: BTreeMap<usize, usize>,
    /// For the bounds of reads: places with the moments of request and answer.
    moments: Vec<(usize, u64, u64)>,
}

fn replay(start: World, done: &BTreeMap<usize, Done>, log: &[EventRecord]) -> History {
    let numbers: BTreeMap<String, usize> = done.keys().map(|number| (group(*number), *number)).collect();
    let mut history = History { states: vec![start], places: BTreeMap::new(), moments: Vec::new() };
    for events in log.chunk_by(|one, next| one.group_id == next.group_id) {
        let number = numbers[&*events[0].group_id];
        let one = &done[&number];
        let mut state = history.states.last().expect("the start at least").clone();
        let (expected, expected_events) = state.apply(number, &one.operation, &events[0].entity_id);
        let left: Vec<_> = events.iter().map(|event| (event.kind, event.entity_id.to_string())).collect();
        assert_eq!(left, expected_events, "events of operation {number}, {:?}", one.operation);
        let answer =
            one.outcome.as_ref().unwrap_or_else(|error| panic!("{number} is committed but was told {error:?}"));
        assert_eq!(Expected::of(answer), expected, "answer of operation {number}, {:?}", one.operation);
        history.states.push(state);
        let place = history.states.len() - 1;
        assert!(history.places.insert(number, place).is_none(), "operation {number} is committed twice");
        for (earlier, asked, _) in &history.moments {
            assert!(*asked < one.answered, "{number} is behind {earlier}, which was asked for after its answer");
        }
        history.moments.push((place, one.asked, one.answered));
    }
    history
}

impl History {
    /// The states of which one must have been read to give an answer in that time.
    fn visible(&self, one: &Done) -> &[World] {
        let before = self.moments.iter().filter(|(_, _, answered)| *answered < one.asked).map(|(place, ..)| *place);
        let begun = self.moments.iter().filter(|(_, asked, _)| *asked < one.answered).map(|(place, ..)| *place);
        let first = before.max().unwrap_or(0);
        &self.states[first..=begun.max().unwrap_or(0).max(first)]
    }
}

fn check_answer(number: usize, one: &Done, history: &History) {
    let committed = history.places.contains_key(&number);
    let visible = |holds: &dyn Fn(&World) -> bool| {
        assert!(history.visible(one).iter().any(holds), "{number} rests on a state that never was: {one:?}");
    };
    match (&one.operation, &one.outcome) {
        (_, Err(Error::StoreUnavailable | Error::Overloaded { .. })) => assert!(!committed, "{one:?}"),
        (Operation::Panic { .. }, outcome) => assert_eq!(*outcome, Err(Error::Internal)),
        (Operation::Refuse { .. }, outcome) => {
            assert_eq!(*outcome, Err(Error::Forbidden { details: "simulated".into() }));
        }
        (Operation::Upsert { club, .. } | Operation::Create { club }, Err(Error::MetadataInvalid { .. })) => {
            visible(&|world| world.refuses(club));
        }
        (Operation::CreateSchema, Err(Error::Duplicate { .. })) => visible(&|world| world.has_schema),
        (Operation::DeleteSchema, Err(Error::NotFound { .. })) => visible(&|world| !world.has_schema),
        (Operation::Get { source }, Ok(Answer::Customer(found))) => {
            visible(&|world| world.named(source) == Some(&Plain::of(found)));
        }
        (
            Operation::Get { source } | Operation::Update { source } | Operation::Delete { source },
            Err(Error::NotFound { .. }),
        ) => visible(&|world| world.named(source).is_none()),
        (Operation::Audit { .. }, Ok(Answer::Numbers(balances))) => visible(&|world| world.balances() == *balances),
        (Operation::Transfer { from, amount, .. }, Err(Error::Forbidden { .. })) => {
            visible(&|world| world.number(from, "balance") < *amount);
        }
        (Operation::Get { .. } | Operation::Audit { .. }, Ok(_)) => panic!("{number} has another's answer: {one:?}"),
        (_, Ok(_)) => assert!(committed, "{number} was lost: {one:?}"),
        _ => panic!("operation {number} was answered with what it never may be: {one:?}"),
    }
}
