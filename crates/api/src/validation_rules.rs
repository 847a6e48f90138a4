//! `/v1/validation-rules` and `/v1/validation-rules-assignments`.

use guerdon_core::validation_rules::{
    self, assignments,
    listing::{self, AssignmentListing, RuleListing, RuleOrder},
};
use guerdon_model::validation_rule::{AssignmentInput, ValidationRuleInput};

use crate::{
    call::Call,
    listing::MAX_PAGE,
    respond::{Answer, json, no_content},
};

pub(crate) async fn list(call: Call) -> Answer {
    let listing = RuleListing {
        start: call.time("start_date")?,
        end: call.time("end_date")?,
        order: RuleOrder::parse(call.order(&RuleOrder::NAMES)?),
        limit: call.limit()?,
        page: call.page(MAX_PAGE)?,
    };
    json(&call.read(|tx| listing::list(tx, &listing)).await?)
}

pub(crate) async fn create(call: Call) -> Answer {
    let input: ValidationRuleInput = call.payload()?;
    call.answer(Vec::new(), move |tx| validation_rules::create(tx, &input)).await
}

pub(crate) async fn get(call: Call) -> Answer {
    let rule = call.param("validationRuleId");
    json(&call.read(|tx| Ok(validation_rules::get(tx, rule)?.rule.clone())).await?)
}

pub(crate) async fn update(call: Call) -> Answer {
    let (rule, input) = (call.param("validationRuleId").to_owned(), call.payload::<ValidationRuleInput>()?);
    json(&call.execute(Vec::new(), move |tx| validation_rules::update(tx, &rule, &input)).await?)
}

pub(crate) async fn delete(call: Call) -> Answer {
    validation_rules::delete(&call.app.guerdon, &call.context, call.param("validationRuleId")).await?;
    no_content()
}

fn assignment_listing(call: &Call) -> Result<AssignmentListing, guerdon_model::Error> {
    Ok(AssignmentListing {
        rule: None,
        related_object_id: None,
        ascending: call.order(&["created_at", "-created_at"])? == Some("created_at"),
        limit: call.limit()?,
        page: call.page(MAX_PAGE)?,
    })
}

pub(crate) async fn list_assignments_of_rule(call: Call) -> Answer {
    let rule = Some(call.param("validationRuleId").to_owned());
    let listing = AssignmentListing { rule, ..assignment_listing(&call)? };
    json(&listing::list_assignments(&call.app.guerdon, &call.context, listing).await?)
}

pub(crate) async fn list_assignments(call: Call) -> Answer {
    let [rule, related_object_id] = ["rule", "related_object_id"].map(|name| call.query_param(name).map(str::to_owned));
    let listing = AssignmentListing { rule, related_object_id, ..assignment_listing(&call)? };
    json(&listing::list_assignments(&call.app.guerdon, &call.context, listing).await?)
}

pub(crate) async fn create_assignment(call: Call) -> Answer {
    let (rule, force) = (call.param("validationRuleId").to_owned(), call.flag("force")?);
    let input: AssignmentInput = call.payload()?;
    call.answer(assignments::keys(&rule), move |tx| assignments::create(tx, &rule, &input, force)).await
}

pub(crate) async fn delete_assignment(call: Call) -> Answer {
    let [rule, assignment] = ["validationRuleId", "assignmentId"].map(|name| call.param(name).to_owned());
    call.execute(assignments::keys(&rule), move |tx| assignments::delete(tx, &rule, &assignment)).await?;
    no_content()
}
