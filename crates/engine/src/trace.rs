//! Why a decision came out as it did: a tree of everything that was looked at.
//!
//! Whoever decides something takes a `&mut Trace` and hangs its nodes below whatever node is open:
//! a stack opens one for each redeemable, a redeemable one for each check, a rule set one for each
//! leaf, a discount one for each step. Nothing is built, not even a text, unless the trace is on, so
//! an ordinary evaluation pays for one branch per node.
//!
//! ```
//! use guerdon_engine::trace::{Kind, Node, Outcome, Trace};
//!
//! let mut trace = Trace::on();
//! trace.open(|| Node::new(Kind::Redeemable).id("BLACK-FRIDAY"));
//! trace.add(|| Node::new(Kind::Check).subject("expiration_date").outcome(Outcome::Satisfied));
//! trace.close(|node| node.outcome = Outcome::Satisfied);
//!
//! let tree = serde_json::to_value(trace.into_nodes()).expect("plain data");
//! assert_eq!(tree[0]["id"], "BLACK-FRIDAY");
//! assert_eq!(tree[0]["nodes"][0]["subject"], "expiration_date");
//!
//! let mut off = Trace::off();
//! off.add(|| unreachable!("nobody asked"));
//! ```

use std::borrow::Cow;

use guerdon_model::Timestamp;
use serde::Serialize;
use serde_json::{Map, Value};

/// Records nodes if it is on, and does nothing if it is off.
#[derive(Debug, Default)]
pub struct Trace(Option<Recorder>);

#[derive(Debug, Default)]
struct Recorder {
    finished: Vec<Node>,
    /// From the outermost to the innermost.
    open: Vec<Node>,
}

impl Trace {
    /// Records nothing.
    pub const fn off() -> Self {
        Self(None)
    }

    /// Records everything.
    pub fn on() -> Self {
        Self(Some(Recorder::default()))
    }

    /// Whether somebody wants to know.
    pub const fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Begins a node; whatever is added until it is closed hangs below it.
    pub fn open(&mut self, node: impl FnOnce() -> Node) {
        if let Some(recorder) = &mut self.0 {
            recorder.open.push(node());
        }
    }

    /// Ends the node that was opened last, with what is known about it by now.
    pub fn close(&mut self, finish: impl FnOnce(&mut Node)) {
        if let Some(recorder) = &mut self.0
            && let Some(mut node) = recorder.open.pop()
        {
            finish(&mut node);
            recorder.add(node);
        }
    }

    /// Adds a finished node.
    pub fn add(&mut self, node: impl FnOnce() -> Node) {
        if let Some(recorder) = &mut self.0 {
            recorder.add(node());
        }
    }

    /// Everything that was recorded. Nodes that were not closed are part of it.
    pub fn into_nodes(self) -> Vec<Node> {
        let mut recorder = self.0.unwrap_or_default();
        while let Some(node) = recorder.open.pop() {
            recorder.add(node);
        }
        recorder.finished
    }
}

impl Recorder {
    fn add(&mut self, node: Node) {
        match self.open.last_mut() {
            Some(parent) => parent.nodes.push(node),
            None => self.finished.push(node),
        }
    }
}

/// One thing that was looked at. Its JSON has stable field names; what does not apply is absent.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Node {
    pub kind: Kind,
    /// Of a redeemable, its code or id; of a rule set, its id; of a leaf, its key.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// What was looked at, in words of the API: `order.amount`, `customer.metadata.lang`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<Cow<'static, str>>,
    pub outcome: Outcome,
    /// The value found there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seen: Option<Value>,
    /// What was asked of the value. All of it must hold.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Asked>,
    /// What would make it come out better, if that is not a matter of a single condition.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub near_miss: Option<NearMiss>,
    /// The same for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Further facts, such as the numbers of a discount's step.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub details: Map<String, Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<Node>,
}

/// What a node is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Kind {
    /// Several redeemables that are applied one after the other.
    Stack,
    Redeemable,
    /// A condition of the redeemable itself: its time limits, quantity, balance.
    Check,
    RuleSet,
    /// Nodes that must all hold.
    All,
    /// Nodes of which one must hold.
    Any,
    /// A leaf of a rule set.
    Rule,
    Bundle,
    /// A part of a bundle.
    BundlePart,
    Discount,
    /// One step of a discount's calculation.
    Step,
}

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Outcome {
    Satisfied,
    Violated,
    /// The request lacks what is needed to tell.
    Missing,
    /// It makes no difference: something else has decided, or it was left out on purpose.
    NotNeeded,
    /// It can only be told once the discount is known.
    Open,
    /// There was nothing to decide: a step that was carried out.
    Done,
}

/// One condition on a value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Asked {
    /// As the rule has it, such as `$more_than`.
    pub operator: Cow<'static, str>,
    /// Its operands.
    pub needed: Value,
    pub outcome: Outcome,
    /// What would make it hold, if that can be measured.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub near_miss: Option<NearMiss>,
}

/// How far a value is from what is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct NearMiss {
    pub change: Change,
    /// By how much, at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub by: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unit: Option<Unit>,
    /// From when on it will hold if nothing else changes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Timestamp>,
}

/// What has to happen to the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    Increase,
    Decrease,
    /// Nothing but time.
    Wait,
}

/// What is counted in a [`NearMiss`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    MinorUnits,
    Count,
    Days,
    Milliseconds,
}

impl Node {
    /// A node of which nothing is known yet.
    pub fn new(kind: Kind) -> Self {
        Self {
            kind,
            id: None,
            subject: None,
            outcome: Outcome::Done,
            seen: None,
            conditions: Vec::new(),
            near_miss: None,
            text: None,
            details: Map::new(),
            nodes: Vec::new(),
        }
    }

    /// The same with an id.
    pub fn id(mut self, id: impl Into<String>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// The same with a subject.
    pub fn subject(mut self, subject: impl Into<Cow<'static, str>>) -> Self {
        self.subject = Some(subject.into());
        self
    }

    /// The same with an outcome.
    pub fn outcome(mut self, outcome: Outcome) -> Self {
        self.outcome = outcome;
        self
    }

    /// The same with a value that was found.
    pub fn seen(mut self, seen: impl Into<Value>) -> Self {
        self.seen = Some(seen.into());
        self
    }

    /// The same with a sentence for people.
    pub fn text(mut self, text: impl Into<String>) -> Self {
        self.text = Some(text.into());
        self
    }

    /// The same with one more fact.
    pub fn detail(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.details.insert(key.to_owned(), value.into());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_hang_below_whatever_is_open() {
        let mut trace = Trace::on();
        trace.open(|| Node::new(Kind::Stack));
        trace.open(|| Node::new(Kind::Redeemable).id("A"));
        trace.add(|| Node::new(Kind::Check).subject("quantity").seen(5).outcome(Outcome::Satisfied));
        trace.close(|node| node.outcome = Outcome::Satisfied);
        trace.add(|| Node::new(Kind::Step).detail("discount", 100));
        let nodes = serde_json::to_value(trace.into_nodes()).expect("json");
        assert_eq!(
            nodes,
            serde_json::json!([{"kind": "stack", "outcome": "done", "nodes": [
                {"kind": "redeemable", "id": "A", "outcome": "satisfied", "nodes": [
                    {"kind": "check", "subject": "quantity", "outcome": "satisfied", "seen": 5},
                ]},
                {"kind": "step", "outcome": "done", "details": {"discount": 100}},
            ]}])
        );
    }

    #[test]
    fn closing_more_than_was_opened_is_harmless() {
        let mut trace = Trace::on();
        trace.close(|_| unreachable!("nothing is open"));
        assert_eq!(trace.into_nodes(), []);
    }
}
