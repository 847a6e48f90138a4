//! API keys: made here, shown once, kept as hashes.

use guerdon_model::{
    Error,
    api_key::{ApiKey, KeyKind},
    error::{Path, Rule},
    project::NewKey,
    role::Role,
};

use crate::{
    secrets::hash_token,
    tx::{Result, Tx},
};

/// The longest name of a key, in characters.
const MAX_NAME: usize = 255;

/// Makes a key. The answer is the only place where its secret ever appears.
pub fn create(tx: &mut Tx, kind: KeyKind, name: &str, role: Role) -> Result<NewKey> {
    if name.chars().count() > MAX_NAME {
        return Err(Error::invalid_payload(Path::of("name"), Rule::MaxLength(MAX_NAME)).into());
    }
    let ids = tx.ids();
    let pair = NewKey { app_id: ids.uuid(), app_token: ids.uuid() };
    store(tx, kind, name, role, &pair)?;
    Ok(pair)
}

/// Stores a key whose halves were chosen elsewhere, such as in the environment.
pub fn store(tx: &mut Tx, kind: KeyKind, name: &str, role: Role, pair: &NewKey) -> Result<()> {
    let token = &pair.app_token;
    let hint = token.char_indices().rev().nth(3).filter(|_| token.len() > 8).map_or("", |(start, _)| &token[start..]);
    tx.put(ApiKey {
        app_id: pair.app_id.clone(),
        name: name.to_owned(),
        kind,
        role,
        is_integration: false,
        token_hash: hash_token(token),
        token_hint: hint.to_owned(),
        blocked: false,
        created_at: tx.now(),
    });
    Ok(())
}

/// Marks a key as one of an integration: it may publish by links, too.
pub fn mark_as_integration(tx: &mut Tx, app_id: &str) -> Result<()> {
    let key = tx.get::<ApiKey>(app_id)?.ok_or_else(|| Error::not_found("api_key", app_id))?;
    tx.put(ApiKey { is_integration: true, ..key.as_ref().clone() });
    Ok(())
}

/// Revokes a key: it is refused from the next request on.
pub fn revoke(tx: &mut Tx, app_id: &str) -> Result<()> {
    tx.get::<ApiKey>(app_id)?.ok_or_else(|| Error::not_found("api_key", app_id))?;
    tx.delete::<ApiKey>(app_id);
    Ok(())
}
