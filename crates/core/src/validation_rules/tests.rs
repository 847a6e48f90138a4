//! Assignments of things that can have rules, whatever they are.

use std::sync::Arc;

use guerdon_model::{
    Error, Timestamp,
    validation_rule::{Assignments, RelatedObjectType, ValidationRule, ValidationRuleAssignment},
};
use guerdon_store::{Collection, ColumnValue, Document, EventQuery, Key, Store, memory::Memory};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{
    assignments,
    listing::{self, AssignmentListing, RuleListing, RuleOrder},
    owners::Owner,
};
use crate::{
    Context, Guerdon, Options,
    clock::ManualClock,
    ids::IdGenerator,
    projects::{self, Bootstrap},
    secrets::SecretKey,
    tx::{Result, Tx},
};

/// Stands for whatever has rules, in a collection without columns of its own.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct Thing {
    id: String,
    assignments: Assignments,
}

impl Document for Thing {
    const COLLECTION: Collection = Collection::DeletedCustomers;
    fn id(&self) -> &str {
        &self.id
    }
    fn columns(&self) -> Vec<ColumnValue> {
        Vec::new()
    }
}

impl Owner for Thing {
    fn kind(&self) -> RelatedObjectType {
        RelatedObjectType::Campaign
    }
    fn id(&self) -> &str {
        &self.id
    }
    fn assignments(&self) -> &Assignments {
        &self.assignments
    }
    fn assignments_mut(&mut self) -> &mut Assignments {
        &mut self.assignments
    }
    fn in_events(&self) -> Value {
        json!({"id": self.id, "object": "campaign"})
    }
    fn put(self: Box<Self>, tx: &mut Tx) {
        tx.put(*self);
    }
}

struct App {
    guerdon: Arc<Guerdon>,
    context: Context,
    clock: Arc<ManualClock>,
}

impl App {
    async fn new() -> Self {
        let store: Arc<dyn Store> = Memory::new();
        let clock = Arc::new(ManualClock::at(Timestamp::from_millis(1_000_000)));
        let secret = SecretKey::parse("the secret of all nodes").expect("a key");
        let guerdon = Guerdon::new(store, clock.clone(), IdGenerator::seeded(1), secret, Options::default());
        let first = projects::bootstrap(&guerdon, Bootstrap::default()).await.expect("a store").expect("a first start");
        let context = Context::background(first.project.clone(), &guerdon.ids.next(Timestamp::default()));
        Self { guerdon, context, clock }
    }

    /// Runs a command a millisecond later than the one before.
    async fn run<T: Send + 'static>(
        &self,
        command: impl FnMut(&mut Tx) -> Result<T> + Send + 'static,
    ) -> std::result::Result<T, Error> {
        self.clock.advance_millis(1);
        self.guerdon.executor.execute(self.context.clone(), Vec::new(), command).await
    }

    async fn rule(&self, name: &str) -> String {
        let input = serde_json::from_value(json!({"name": name, "rules": {}})).expect("an input");
        self.run(move |tx| super::create(tx, &input)).await.expect("a rule").id.to_string()
    }

    async fn assign(&self, rule: &str, thing: &str) -> std::result::Result<ValidationRuleAssignment, Error> {
        let (rule, thing) = (rule.to_owned(), thing.to_owned());
        self.run(move |tx| {
            let mut thing = stored(tx, &thing)?;
            let assignment = assignments::assign(tx, &rule, &mut thing)?;
            Box::new(thing).put(tx);
            Ok(assignment)
        })
        .await
    }

    async fn list(&self, listing: AssignmentListing) -> (Vec<String>, u64) {
        let listing = AssignmentListing { limit: 10, page: 1, ..listing };
        let list = listing::list_assignments(&self.guerdon, &self.context, listing).await.expect("a list");
        (list.rows.iter().map(|row| row.id.to_string()).collect(), list.total.expect("a total"))
    }

    /// The types of the events about a rule, oldest first, without what they all begin with.
    async fn events(&self, rule: &str) -> Vec<String> {
        let query = EventQuery {
            project: self.context.project.clone(),
            entity_id: rule.into(),
            descending: false,
            after_id: None,
            from: None,
            to: None,
            kind: None,
            category: None,
            limit: 100,
        };
        let events = self.guerdon.store.events(query).await.expect("events");
        events.iter().map(|event| event.kind.name().replace("business_validation_rule.", "")).collect()
    }

    async fn counts(&self) -> Vec<(String, Option<u64>)> {
        let order = RuleOrder::parse(Some("name"));
        let listing = RuleListing { start: None, end: None, order, limit: 10, page: 1 };
        let list = self.guerdon.executor.read(&self.context, |tx| listing::list(tx, &listing)).await.expect("a list");
        list.rows.into_iter().map(|ValidationRule { name, assignments_count, .. }| (name, assignments_count)).collect()
    }
}

fn stored(tx: &mut Tx, id: &str) -> Result<Thing> {
    let known = tx.get::<Thing>(id)?;
    Ok(known
        .map_or_else(|| Thing { id: id.into(), assignments: Assignments::default() }, |known| known.as_ref().clone()))
}

fn of_rule(rule: &str) -> AssignmentListing {
    AssignmentListing { rule: Some(rule.into()), ..AssignmentListing::default() }
}

#[tokio::test]
async fn a_rule_is_attached_once_to_each_thing_and_counted() {
    let app = App::new().await;
    let (one, other) = (app.rule("one").await, app.rule("other").await);
    let first = app.assign(&one, "camp_1").await.expect("an assignment");
    let second = app.assign(&one, "camp_2").await.expect("an assignment");
    let third = app.assign(&other, "camp_1").await.expect("several rules may decide about one thing");
    let again = app.assign(&one, "camp_1").await.expect_err("it has it");
    let value = first.id.to_string();
    assert_eq!(again, Error::Duplicate { resource: "validation_rules_assignment", attribute: "id", value });
    let unknown = app.assign("val_none", "camp_1").await.expect_err("no such rule");
    assert_eq!(unknown, Error::not_found("validation_rules", "val_none"));

    let [first, second, third] = [first, second, third].map(|assignment| assignment.id.to_string());
    assert_eq!(app.list(of_rule(&one)).await, (vec![second.clone(), first.clone()], 2));
    let oldest_first = AssignmentListing { ascending: true, ..AssignmentListing::default() };
    assert_eq!(app.list(oldest_first).await, (vec![first.clone(), second, third.clone()], 3));
    let of_thing = AssignmentListing { related_object_id: Some("camp_1".into()), ..AssignmentListing::default() };
    assert_eq!(app.list(of_thing.clone()).await, (vec![third, first.clone()], 2));
    assert_eq!(app.list(AssignmentListing { rule: Some(one), ..of_thing }).await, (vec![first], 1));
    assert_eq!(app.list(of_rule("val_none")).await, (vec![], 0));
    assert_eq!(app.counts().await, [("one".into(), Some(2)), ("other".into(), Some(1))]);
    let thing = app.run(|tx| stored(tx, "camp_1")).await.expect("a thing");
    assert_eq!(thing.assignments.iter().count(), 2, "it carries its rules");
}

#[tokio::test]
async fn by_force_an_assignment_gives_way_to_a_new_one() {
    let app = App::new().await;
    let rule = app.rule("one").await;
    let first = app.assign(&rule, "camp_1").await.expect("an assignment");
    let forced = rule.clone();
    let second = app
        .run(move |tx| {
            let mut thing = stored(tx, "camp_1")?;
            let assignment = assignments::reassign(tx, &forced, &mut thing)?;
            Box::new(thing).put(tx);
            Ok(assignment)
        })
        .await
        .expect("another one");
    assert_ne!(first.id, second.id);
    assert_eq!(app.list(of_rule(&rule)).await, (vec![second.id.to_string()], 1));
    assert_eq!(app.counts().await, [("one".into(), Some(1))]);
    let expected = ["created", "assignment.created", "assignment.deleted", "assignment.created"];
    assert_eq!(app.events(&rule).await, expected);
}

#[tokio::test]
async fn what_is_deleted_has_no_rules_any_more() {
    let app = App::new().await;
    let (one, other) = (app.rule("one").await, app.rule("other").await);
    app.assign(&one, "camp_1").await.expect("an assignment");
    app.assign(&other, "camp_1").await.expect("an assignment");
    let kept = app.assign(&one, "camp_2").await.expect("an assignment");
    app.run(|tx| {
        let mut thing = stored(tx, "camp_1")?;
        assignments::remove_all_of(tx, &mut thing)?;
        tx.delete::<Thing>("camp_1");
        Ok(())
    })
    .await
    .expect("a deletion");
    assert_eq!(app.list(AssignmentListing::default()).await, (vec![kept.id.to_string()], 1));
    assert_eq!(app.counts().await, [("one".into(), Some(1)), ("other".into(), None)]);
}

#[tokio::test]
async fn a_rule_is_deleted_with_any_number_of_assignments() {
    let app = App::new().await;
    let (one, other) = (app.rule("one").await, app.rule("other").await);
    let rule = one.clone();
    app.run(move |tx| {
        let number = 0..2 * super::SLICE + 1;
        tx.need(number.clone().map(|number| Key::id(Thing::COLLECTION, format!("camp_{number}"))))?;
        for number in number {
            let mut thing = stored(tx, &format!("camp_{number}"))?;
            assignments::assign(tx, &rule, &mut thing)?;
            Box::new(thing).put(tx);
        }
        Ok(())
    })
    .await
    .expect("many assignments");
    let kept = app.assign(&other, "camp_1").await.expect("an assignment");
    super::delete(&app.guerdon, &app.context, &one).await.expect("a deletion");
    assert_eq!(app.list(AssignmentListing::default()).await, (vec![kept.id.to_string()], 1));
    assert_eq!(app.counts().await, [("other".into(), Some(1))]);
    let again = super::delete(&app.guerdon, &app.context, &one).await.expect_err("it is gone");
    assert_eq!(again, Error::not_found("validation_rules", one));
}

#[tokio::test]
async fn a_rule_is_compiled_again_only_when_it_was_changed() {
    let app = App::new().await;
    let (one, other) = (app.rule("one").await, app.rule("other").await);
    let ready = async |rule: &str| {
        let rule = rule.to_owned();
        app.guerdon.executor.read(&app.context, |tx| super::get(tx, &rule)).await.expect("a rule")
    };
    let before = (ready(&one).await, ready(&other).await);
    let (rule, input) = (one.clone(), serde_json::from_value(json!({"name": "changed"})).expect("an input"));
    app.run(move |tx| super::update(tx, &rule, &input)).await.expect("a change");
    let after = (ready(&one).await, ready(&other).await);
    assert_eq!(after.0.rule.name, "changed");
    assert!(!Arc::ptr_eq(&before.0, &after.0));
    assert!(Arc::ptr_eq(&before.1, &after.1), "the other one was not touched");
}

#[tokio::test]
async fn a_category_named_twice_in_one_command_is_made_once() {
    let app = App::new().await;
    let make = |tx: &mut Tx| {
        let first = crate::categories::find_or_create(tx, "Summer")?;
        let second = crate::categories::find_or_create(tx, "Summer")?;
        Ok((first, second))
    };
    let (first, second) = app.run(make).await.expect("categories");
    assert_eq!((&first.id, first.hierarchy), (&second.id, 0));
    let (later, _) = app.run(make).await.expect("categories");
    assert_eq!(later.id, first.id);
}
