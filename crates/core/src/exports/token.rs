//! What opens a file without any other credentials: the project, the time until which, and a signature of
//! ours.

use guerdon_model::{
    Timestamp,
    ids::{ExportId, ProjectId},
};

use crate::{secrets, service::Guerdon};

/// How long a link to a file opens it, in milliseconds.
const LIFETIME: i64 = 24 * 3_600_000;

/// The token for a link that is shown now.
pub(super) fn of(guerdon: &Guerdon, project: &ProjectId, export: &ExportId, now: Timestamp) -> String {
    until(guerdon, project, export.as_str(), now.plus_millis(LIFETIME))
}

fn until(guerdon: &Guerdon, project: &ProjectId, export: &str, end: Timestamp) -> String {
    let end = end.as_millis();
    let signature = guerdon.secret.token_for(&format!("export:{project}:{export}:{end}"));
    format!("{project}.{end}.{signature}")
}

/// The project whose file a token opens, if it is one of ours for this export and its time is not over.
pub fn project_of(guerdon: &Guerdon, token: &str, export: &str) -> Option<ProjectId> {
    let (rest, _) = token.rsplit_once('.')?;
    let (project, end) = rest.rsplit_once('.')?;
    let (project, end) = (ProjectId::from(project), Timestamp::from_millis(end.parse().ok()?));
    let is_ours = secrets::equal(token, &until(guerdon, &project, export, end));
    (is_ours && guerdon.clock.now() < end).then_some(project)
}
