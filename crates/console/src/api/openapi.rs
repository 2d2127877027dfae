//! The API's description, as OpenAPI 3.1.

use serde_json::{Map, Value, json};

use super::commands::{COMMANDS, Called, INSTALL};
use super::feed;
use super::queries::{QUERIES, Query};
use super::schema::{components, object};

/// Where it is.
pub(super) const PATH: &str = "/api/v1/openapi.json";

/// The description.
pub(super) fn document() -> Value {
    let mut paths = Map::new();
    for called in COMMANDS.iter().chain([&INSTALL]) {
        paths.insert(called.path.to_owned(), json!({ "post": command(called) }));
    }
    for query in QUERIES {
        let method = if query.body.is_empty() { "get" } else { "post" };
        paths.insert(query.path.to_owned(), json!({ method: read(query) }));
    }
    let own = json!({
        "summary": "This description.",
        "operationId": "openapi.json",
        "security": [],
        "responses": { "200": { "description": "It.", "content": { "application/json": {} } } },
    });
    paths.insert(PATH.to_owned(), json!({ "get": own }));
    paths.insert(feed::PATH.to_owned(), json!({ "get": calendar() }));
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Seatkeeper's license desk",
            "version": "1",
            "description": "Each command of the desk is one POST, its body the command. Who asks is known by a \
                personal token; they work for their primary company unless the header `seatkeeper-company` \
                names another one of theirs, or the command does. A refusal is a problem (RFC 9457) whose \
                `kind` is `forbidden`, `signed-out`, `not-found`, `invalid`, `rule`, `conflict` or `limit`.",
        },
        "security": [{ "token": [] }],
        "paths": paths,
        "components": {
            "securitySchemes": { "token": { "type": "http", "scheme": "bearer" } },
            "schemas": components(),
        },
    })
}

/// The calendar at an address of its own, whose secret is all that it asks for.
fn calendar() -> Value {
    let part =
        |name: &str| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } });
    json!({
        "summary": "What ends, as a calendar program reads it; the console's page of reminders has the address.",
        "operationId": "calendar",
        "security": [],
        "parameters": [part("who"), part("secret")],
        "responses": responses(&json!({ "text/calendar": {} })),
    })
}

fn command(called: &Called) -> Value {
    json!({
        "summary": called.what,
        "operationId": called.path.rsplit('/').next(),
        "x-action": called.action.word(),
        "requestBody": body(&object(called.fields)),
        "responses": responses(&json!({
            "application/json": { "schema": { "$ref": "#/components/schemas/Done" } }
        })),
    })
}

fn read(query: &Query) -> Value {
    let mut parameters: Vec<Value> = query
        .path
        .split('/')
        .filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'))
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect();
    parameters.extend(query.parameters.iter().map(|(name, what)| {
        json!({ "name": name, "in": "query", "description": what, "schema": { "type": "string" } })
    }));
    let mut operation = json!({
        "summary": query.what,
        "operationId": query.path.trim_start_matches("/api/v1/").replace(['/', '{', '}'], "-"),
        "x-action": query.action.word(),
        "parameters": parameters,
        "responses": responses(&json!({ query.kind: {} })),
    });
    if !query.body.is_empty()
        && let Some(operation) = operation.as_object_mut()
    {
        operation.insert("requestBody".into(), body(&object(query.body)));
    }
    operation
}

fn body(schema: &Value) -> Value {
    json!({ "required": true, "content": { "application/json": { "schema": schema } } })
}

fn responses(content: &Value) -> Value {
    let problem =
        json!({ "application/problem+json": { "schema": { "$ref": "#/components/schemas/Problem" } } });
    json!({
        "200": { "description": "It is so.", "content": content },
        "default": { "description": "It is refused; nothing has changed.", "content": problem },
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_route_of_the_api_is_described_and_nothing_else() {
        let routes: BTreeSet<(String, String)> = crate::api::routes()
            .iter()
            .map(|route| (route.method.as_str().to_lowercase(), route.path.to_owned()))
            .collect();
        let document = document();
        let described: BTreeSet<(String, String)> = document["paths"]
            .as_object()
            .unwrap()
            .iter()
            .flat_map(|(path, methods)| {
                methods.as_object().unwrap().keys().map(|method| (method.clone(), path.clone()))
            })
            .collect();
        assert_eq!(routes, described);
    }

    #[test]
    fn references_lead_somewhere_and_operations_have_names_of_their_own() {
        let document = document();
        let text = document.to_string();
        for part in text.split("\"$ref\":\"#").skip(1) {
            let pointer = part.split('"').next().unwrap();
            assert!(document.pointer(pointer).is_some(), "{pointer}");
        }
        let ids: Vec<&str> =
            text.split("\"operationId\":\"").skip(1).map(|part| part.split('"').next().unwrap()).collect();
        assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len());
        assert!(ids.len() > 40);
    }
}
