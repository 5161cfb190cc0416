//! `tornsnap init`: make the database.

use serde_json::json;

use crate::command::{Context, Outcome};
use crate::error::Result;
use crate::store::Store;

/// Make or update the database
#[derive(clap::Args, Debug)]
pub struct Args {}

/// Makes the database if it is missing and brings it up to date.
pub fn run(context: &Context, _args: &Args) -> Result<Outcome> {
    let database = &context.settings.database;
    Store::create(database)?;
    Ok(Outcome::done(
        format!("database ready: {}", database.display()),
        json!({ "command": "init", "status": "ok", "database": database }),
    ))
}
