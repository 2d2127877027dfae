//! The JSON API for programs: the desk's commands and what it knows, with personal tokens.
//!
//! One table has what programs read ([`queries`]) and one what they do ([`commands`]); the routes and the
//! description (`/api/v1/openapi.json`) are both made of them.

mod commands;
pub(crate) mod feed;
mod openapi;
mod queries;
mod schema;

use std::sync::Arc;

use desk::{Action, Actor, Refusal};
use serde_json::Value;

use crate::Route;
use crate::pages::Asked;
use crate::pages::fields::Fields;
use crate::web::{Fault, Reply, Request};

/// Its routes.
pub(crate) fn routes() -> Vec<Route> {
    let mut routes = queries::routes();
    routes.extend(commands::routes());
    routes.push(feed::route());
    routes.push(Route::api_get(openapi::PATH, Action::SignIn, |_| async { Ok(json(&openapi::document())) }));
    routes
}

/// The request as pages have it: the fields of its address.
fn asked(request: &Request) -> Asked {
    let params = request.params.iter().cloned();
    Asked {
        host: Arc::clone(&request.app.host),
        desk: Arc::clone(&request.visitor.desk),
        actor: request.visitor.actor.clone(),
        fields: Fields(params.chain(request.query.0.iter().cloned()).collect()),
        files: Vec::new(),
    }
}

/// The body, which is one object.
fn object(request: &Request) -> Result<serde_json::Map<String, Value>, Refusal> {
    match serde_json::from_slice(&request.body) {
        Ok(Value::Object(object)) => Ok(object),
        Ok(_) => Err(Refusal::invalid("body", "it must be one JSON object")),
        Err(e) => Err(Refusal::invalid("body", e)),
    }
}

fn json(value: &Value) -> Reply {
    Reply::json(axum::http::StatusCode::OK, value)
}

/// Binds who asks to the company that the request names, where they belong to it.
fn bound(asked: &Asked, company: Option<&desk::CustomerNumber>) -> Actor {
    match (&asked.actor, company) {
        (Actor::Person { email, .. }, Some(company)) if asked.desk.membership(company, email).is_some() => {
            Actor::Person { email: email.clone(), company: Some(company.clone()) }
        }
        (actor, _) => actor.clone(),
    }
}

/// What a handler of the API answers.
type Answered = Result<Reply, Fault>;
