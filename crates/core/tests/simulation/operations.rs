//! What the clients of the simulation ask for: the product's own commands, and some of our own that
//! would show a lost update, a torn read or a half-applied change.

use std::sync::Arc;

use guerdon_core::{
    Context, Guerdon,
    customers::{self, CustomerRef},
    metadata_schemas::{self, SchemaInput},
    tx::{Result, Tx},
};
use guerdon_model::{
    Error,
    customer::{Customer, CustomerInput},
    event::{Event, EventSource},
    ids::{CustomerId, ProjectId},
    metadata_schema::MetadataSchema,
};
use guerdon_store::Key;
use rand::{Rng, rngs::StdRng};
use serde_json::{Value, json};

/// Accounts between which money moves; there is always the same sum of it.
pub(crate) const ACCOUNTS: [&str; 4] = ["account-0", "account-1", "account-2", "account-3"];
/// What each of them begins with.
pub(crate) const START_BALANCE: i64 = 100;
/// A customer who counts, and one who keeps the last sum of all accounts and other findings.
pub(crate) const COUNTER: &str = "counter";
pub(crate) const SUMS: &str = "sums";
/// What the events of changes of configuration are about.
pub(crate) const SCHEMA: &str = "schema";
/// Source ids that come and go.
const SOURCES: [&str; 5] = ["s0", "s1", "s2", "s3", "s4"];

pub(crate) fn project() -> ProjectId {
    ProjectId::from("proj_simulated")
}

/// The context of the operation with this number; every event of it carries the number.
pub(crate) fn context(number: usize) -> Context {
    Context {
        project: project(),
        group_id: group(number).into(),
        source: EventSource::internal(),
        caller: None,
        keyed: None,
    }
}

pub(crate) fn group(number: usize) -> String {
    format!("v-{number}")
}

/// One request.
#[derive(Debug, Clone)]
pub(crate) enum Operation {
    Upsert {
        source: &'static str,
        club: Option<Value>,
    },
    /// Without a `source_id`: it reads nothing.
    Create {
        club: Option<Value>,
    },
    Update {
        source: &'static str,
    },
    Delete {
        source: &'static str,
    },
    Get {
        source: &'static str,
    },
    Transfer {
        from: &'static str,
        to: &'static str,
        amount: i64,
    },
    Count,
    /// Reads all accounts, at once or one after the other.
    Audit {
        at_once: bool,
    },
    /// Reads one account after the other and writes down the sum.
    Sum,
    /// Writes down whether there is such a customer.
    Note {
        source: &'static str,
    },
    /// Changes much and is refused in the end.
    Refuse {
        source: &'static str,
    },
    /// Changes much and panics in the end.
    Panic {
        source: &'static str,
    },
    CreateSchema,
    DeleteSchema,
}

/// What a client was told.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Answer {
    Customer(Box<Customer>),
    Numbers(Vec<i64>),
    Nothing,
}

pub(crate) type Outcome = std::result::Result<Answer, Error>;

impl Operation {
    pub(crate) fn random(random: &mut StdRng) -> Self {
        let source = SOURCES[random.random_range(0..SOURCES.len())];
        match random.random_range(0..100) {
            0..6 => Operation::Note { source },
            6..20 => Operation::Upsert { source, club: club(random) },
            20..28 => Operation::Create { club: club(random) },
            28..36 => Operation::Update { source },
            36..46 => Operation::Delete { source },
            46..56 => Operation::Get { source },
            56..70 => {
                let from = random.random_range(0..ACCOUNTS.len());
                let to = (from + random.random_range(1..ACCOUNTS.len())) % ACCOUNTS.len();
                Operation::Transfer { from: ACCOUNTS[from], to: ACCOUNTS[to], amount: random.random_range(1..90) }
            }
            70..78 => Operation::Count,
            78..82 => Operation::Audit { at_once: random.random() },
            82..87 => Operation::Sum,
            87..90 => Operation::Refuse { source },
            90..92 => Operation::Panic { source },
            92..96 => Operation::CreateSchema,
            _ => Operation::DeleteSchema,
        }
    }

    /// Sends the request to a node and waits for the answer.
    pub(crate) async fn perform(&self, node: &Guerdon, number: usize, declares_needs: bool) -> Outcome {
        match self {
            Operation::Get { source } => {
                let reference = CustomerRef::new(source);
                let found = node.executor.read(&context(number), |tx| customers::get(tx, &reference)).await;
                found.map(|customer| Answer::Customer(Box::new(customer)))
            }
            Operation::Audit { at_once } => {
                let balances = |tx: &mut Tx| {
                    if *at_once {
                        tx.need(ACCOUNTS.map(customers::source_id_key))?;
                    }
                    ACCOUNTS.iter().map(|account| Ok(balance(&require(tx, account)?))).collect::<Result<_>>()
                };
                node.executor.read(&context(number), balances).await.map(Answer::Numbers)
            }
            _ => {
                let operation = self.clone();
                let needs = if declares_needs { self.needs() } else { Vec::new() };
                node.executor.execute(context(number), needs, move |tx| operation.run(tx, number)).await
            }
        }
    }

    fn needs(&self) -> Vec<Key> {
        match self {
            Operation::Upsert { source, .. } | Operation::Update { source } | Operation::Delete { source } => {
                vec![customers::source_id_key(source)]
            }
            Operation::Transfer { from, to, .. } => [from, to].map(|account| customers::source_id_key(account)).into(),
            _ => Vec::new(),
        }
    }

    /// The command.
    fn run(&self, tx: &mut Tx, number: usize) -> Result<Answer> {
        let customer = |customer| Answer::Customer(Box::new(customer));
        match self {
            Operation::Upsert { source, club } => {
                customers::upsert(tx, &input(Some(source), number, club.as_ref())).map(customer)
            }
            Operation::Create { club } => customers::upsert(tx, &input(None, number, club.as_ref())).map(customer),
            Operation::Update { source } => {
                customers::update(tx, &CustomerRef::new(source), &input(None, number, None)).map(customer)
            }
            Operation::Delete { source } => customers::delete(tx, &CustomerRef::new(source)).map(|()| Answer::Nothing),
            Operation::Transfer { from, to, amount } => transfer(tx, from, to, *amount).map(Answer::Numbers),
            Operation::Count => count(tx).map(|count| Answer::Numbers(vec![count])),
            Operation::Sum => sum(tx).map(|sum| Answer::Numbers(vec![sum])),
            Operation::Note { source } => note(tx, source).map(|noted| Answer::Numbers(vec![noted])),
            Operation::Refuse { source } => {
                spoil(tx, source, number)?;
                Err(Error::Forbidden { details: "simulated".into() }.into())
            }
            Operation::Panic { source } => {
                spoil(tx, source, number)?;
                panic!("simulated");
            }
            Operation::CreateSchema => {
                let club = json!({"type": "string", "optional": true, "array": false});
                let schema = json!({"related_object": "customer", "properties": {"club": club}});
                metadata_schemas::create(tx, &SchemaInput::new(schema)?)?;
                Ok(leave_a_mark(tx))
            }
            Operation::DeleteSchema => {
                let found: Option<Arc<MetadataSchema>> = tx.find("related_object", "customer")?;
                let found = found.ok_or_else(|| Error::not_found(metadata_schemas::RESOURCE, "customer"))?;
                metadata_schemas::delete(tx, found.id.as_str())?;
                Ok(leave_a_mark(tx))
            }
            Operation::Get { .. } | Operation::Audit { .. } => unreachable!("reads are no commands"),
        }
    }
}

/// A value of `metadata.club` that a schema may refuse, or none.
fn club(random: &mut StdRng) -> Option<Value> {
    match random.random_range(0..4) {
        0 => Some(json!("gold")),
        1 => Some(json!(5)),
        _ => None,
    }
}

/// The body that names the customer after the operation.
fn input(source: Option<&str>, number: usize, club: Option<&Value>) -> CustomerInput {
    let mut body = json!({"name": format!("by {number}")});
    if let Some(source) = source {
        body["source_id"] = source.into();
    }
    if let Some(club) = club {
        body["metadata"] = json!({"club": club});
    }
    serde_json::from_value(body).expect("a body")
}

/// An attribute of the metadata that is a number.
pub(crate) fn number_of(customer: &Customer, key: &str) -> i64 {
    customer.metadata.as_ref().and_then(|metadata| metadata.get(key)?.as_i64()).unwrap_or(0)
}

fn balance(account: &Customer) -> i64 {
    number_of(account, "balance")
}

fn require(tx: &mut Tx, source: &str) -> Result<Customer> {
    let found: Option<Arc<Customer>> = tx.find("source_id", source)?;
    Ok(found.ok_or_else(|| Error::not_found("customer", source))?.as_ref().clone())
}

fn store(tx: &mut Tx, before: Customer, key: &str, value: i64) -> Result<()> {
    let mut customer = before.clone();
    customer.metadata.get_or_insert_default().insert(key.into(), value.into());
    customers::store::store(tx, Some(&before), customer, |tx, customer| tx.emit(Event::CustomerUpdated(customer)))?;
    Ok(())
}

fn transfer(tx: &mut Tx, from: &str, to: &str, amount: i64) -> Result<Vec<i64>> {
    let (from, to) = (require(tx, from)?, require(tx, to)?);
    if balance(&from) < amount {
        return Err(Error::Forbidden { details: "insufficient funds".into() }.into());
    }
    let after = vec![balance(&from) - amount, balance(&to) + amount];
    store(tx, from, "balance", after[0])?;
    store(tx, to, "balance", after[1])?;
    Ok(after)
}

fn count(tx: &mut Tx) -> Result<i64> {
    let counter = require(tx, COUNTER)?;
    let next = number_of(&counter, "count") + 1;
    store(tx, counter, "count", next)?;
    Ok(next)
}

fn sum(tx: &mut Tx) -> Result<i64> {
    let mut sum = 0;
    for account in ACCOUNTS {
        sum += balance(&require(tx, account)?);
    }
    let sums = require(tx, SUMS)?;
    store(tx, sums, "sum", sum)?;
    Ok(sum)
}

fn note(tx: &mut Tx, source: &str) -> Result<i64> {
    let noted = i64::from(tx.find::<Customer>("source_id", source)?.is_some());
    let sums = require(tx, SUMS)?;
    store(tx, sums, source, noted)?;
    Ok(noted)
}

/// An event that gives a change of configuration its place in the log; the product writes none.
fn leave_a_mark(tx: &mut Tx) -> Answer {
    let nobody = Customer::new(CustomerId::from(SCHEMA), None, tx.now());
    tx.emit(Event::CustomerUpdated(&nobody));
    Answer::Nothing
}

/// Changes that nobody may ever see.
fn spoil(tx: &mut Tx, source: &str, number: usize) -> Result<()> {
    customers::upsert(tx, &input(Some(source), number, None))?;
    customers::upsert(tx, &input(None, number, None))?;
    customers::delete(tx, &CustomerRef::new(source))?;
    count(tx)?;
    transfer(tx, ACCOUNTS[0], ACCOUNTS[1], 0).map(drop)
}

/// The customers that are there from the start.
pub(crate) fn set_up(tx: &mut Tx) -> Result<()> {
    for (source, key, value) in ACCOUNTS
        .map(|account| (account, "balance", START_BALANCE))
        .into_iter()
        .chain([(COUNTER, "count", 0), (SUMS, "sum", 0)])
    {
        let mut customer = Customer::new(tx.new_id(), Some(source.into()), tx.now());
        customer.metadata.get_or_insert_default().insert(key.into(), value.into());
        customers::store::store(tx, None, customer, customers::store::tell_nobody)?;
    }
    Ok(())
}
