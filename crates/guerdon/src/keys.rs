//! `guerdon keys`: the keys of a store that no server is using. Beside a running server, use
//! `/management/v1/projects/{projectId}/api-keys`.

use std::sync::Arc;

use clap::{Args, Subcommand, ValueEnum};
use guerdon_core::{
    Context, Guerdon, Options, clock::SystemClock, ids::IdGenerator, keys, projects, secrets::SecretKey,
};
use guerdon_model::{
    api_key::{ApiKey, KeyKind},
    ids::{ProjectId, organization},
    role::Role,
};
use guerdon_store::{Collection, Query, Store};

use crate::config::Database;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    database: Database,
    #[command(subcommand)]
    action: Action,
}

#[derive(Subcommand)]
enum Action {
    /// Show all keys, without their secrets.
    List,
    /// Make a key and show it once.
    Create {
        /// What the key opens.
        #[arg(long, value_enum, default_value = "server")]
        kind: Kind,
        /// The project; not for management keys. The only project if there is one.
        #[arg(long)]
        project: Option<String>,
        /// What people call the key; shown in events.
        #[arg(long, default_value = "Key")]
        name: String,
        /// ADMIN, USER, VIEWER, MERCHANT or USER_RESTRICTED.
        #[arg(long, default_value = "ADMIN", value_parser = role)]
        role: Role,
    },
    /// Revoke the key with this id.
    Revoke { app_id: String },
}

#[derive(Clone, Copy, ValueEnum)]
enum Kind {
    Server,
    Client,
    Management,
}

fn role(name: &str) -> Result<Role, String> {
    Role::parse(name).ok_or_else(|| format!("one of {}", Role::NAMES.join(", ")))
}

pub(crate) async fn run(arguments: Arguments) -> anyhow::Result<()> {
    let database = arguments.database;
    match arguments.action {
        Action::List => {
            let store = database.open_read_only().await?;
            println!("{:<24} {:<10} {:<36} {:<16} secret", "project", "kind", "id", "name");
            for (project, key) in all(store.as_ref()).await? {
                let kind = format!("{:?}", key.kind).to_lowercase();
                let hint = if key.token_hint.is_empty() { String::new() } else { format!("…{}", key.token_hint) };
                println!("{:<24} {kind:<10} {:<36} {:<16} {hint}", project.as_str(), key.app_id, key.name);
            }
            Ok(())
        }
        Action::Create { kind, project, name, role } => {
            let guerdon = engine(&database).await?;
            let (project, kind) = match kind {
                Kind::Management => (organization(), KeyKind::Management),
                Kind::Server => (the_project(&guerdon, project).await?, KeyKind::Server),
                Kind::Client => (the_project(&guerdon, project).await?, KeyKind::Client),
            };
            let context = Context::background(project.clone(), &guerdon.ids.next(guerdon.clock.now()));
            let made = guerdon
                .executor
                .execute(context, Vec::new(), move |tx| {
                    if kind != KeyKind::Management {
                        projects::require_existing(tx)?;
                    }
                    keys::create(tx, kind, &name, role)
                })
                .await?;
            println!("project  {project}\nid       {}\nsecret   {}   (shown only now)", made.app_id, made.app_token);
            Ok(())
        }
        Action::Revoke { app_id } => {
            let guerdon = engine(&database).await?;
            let all = all(guerdon.store.as_ref()).await?;
            let Some((project, _)) = all.into_iter().find(|(_, key)| key.app_id == app_id) else {
                anyhow::bail!("there is no key with the id {app_id}");
            };
            let context = Context::background(project, &guerdon.ids.next(guerdon.clock.now()));
            guerdon.executor.execute(context, Vec::new(), move |tx| keys::revoke(tx, &app_id)).await?;
            println!("Revoked.");
            Ok(())
        }
    }
}

async fn engine(database: &Database) -> anyhow::Result<Arc<Guerdon>> {
    let store = database.open().await?;
    let ids = IdGenerator::from_system();
    // Nothing that is sealed is opened here.
    let secret = SecretKey::generate(&ids);
    Ok(Guerdon::new(store, Arc::new(SystemClock), ids, secret, Options::default()))
}

async fn all(store: &dyn Store) -> anyhow::Result<Vec<(ProjectId, ApiKey)>> {
    let page = store.query(Query { project: None, ..Query::all(organization(), Collection::ApiKeys) }).await?;
    page.records.into_iter().map(|record| Ok((record.project, serde_json::from_str(&record.body)?))).collect()
}

async fn the_project(guerdon: &Guerdon, named: Option<String>) -> anyhow::Result<ProjectId> {
    if let Some(id) = named {
        return Ok(ProjectId::from(id));
    }
    let query = Query { project: None, ..Query::all(organization(), Collection::Projects) };
    let page = guerdon.store.query(query).await?;
    match page.records.as_slice() {
        [only] => Ok(only.project.clone()),
        [] => anyhow::bail!("there is no project yet: start `guerdon serve` once"),
        _ => anyhow::bail!("there are several projects: name one with --project"),
    }
}
