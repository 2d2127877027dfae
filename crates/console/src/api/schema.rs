//! What a body of the API has: its fields and their kinds, and the same as JSON Schema.

use serde_json::{Value, json};

/// A field of a body.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    /// Its name.
    pub(super) name: &'static str,
    /// Its kind.
    pub(super) kind: Kind,
    /// It must be there.
    pub(super) is_needed: bool,
}

/// A field's kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Text.
    Text,
    /// A customer number.
    Company,
    /// An e-mail address.
    Email,
    /// A case's number.
    Case,
    /// A pack's number.
    Pack,
    /// A host's id.
    Host,
    /// A day: `31-dec-2027`.
    Day,
    /// A day or `permanent`.
    Expiry,
    /// A whole number from 0.
    Number,
    /// Yes or no.
    Flag,
    /// Configuration IDs.
    Ids,
    /// Texts.
    Texts,
    /// Privileges: three flags.
    Privileges,
    /// What becomes of running seats.
    Ending,
    /// Items of an order.
    Items,
}

/// A field that must be there.
pub(super) const fn needed(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, is_needed: true }
}

/// A field that may be left out.
pub(super) const fn may_have(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, is_needed: false }
}

impl Kind {
    /// As JSON Schema.
    pub(super) fn schema(self) -> Value {
        let text = |example: &str| json!({ "type": "string", "examples": [example] });
        match self {
            Self::Text => json!({ "type": "string" }),
            Self::Company => text("C-1001"),
            Self::Email => json!({ "type": "string", "format": "email", "examples": ["kim@acme.example"] }),
            Self::Case => text("V-1001"),
            Self::Pack => text("P-1001"),
            Self::Host => text("HOSTNAME=ada"),
            Self::Day => text("31-dec-2027"),
            Self::Expiry => json!({ "type": "string", "examples": ["31-dec-2027", "permanent"] }),
            Self::Number => json!({ "type": "integer", "minimum": 0 }),
            Self::Flag => json!({ "type": "boolean" }),
            Self::Ids => json!({ "type": "array", "items": { "type": "integer", "minimum": 1 } }),
            Self::Texts => json!({ "type": "array", "items": { "type": "string" } }),
            Self::Privileges => json!({ "$ref": "#/components/schemas/Privileges" }),
            Self::Ending => json!({ "type": "string", "enum": ["finish", "end"] }),
            Self::Items => json!({ "type": "array", "items": { "$ref": "#/components/schemas/Item" } }),
        }
    }

    /// A value of it, for trying.
    #[cfg(test)]
    pub(super) fn example(self) -> Value {
        match self {
            Self::Text => json!("some text"),
            Self::Company => json!("C-1001"),
            Self::Email => json!("kim@acme.example"),
            Self::Case => json!("V-1001"),
            Self::Pack => json!("P-1001"),
            Self::Host => json!("HOSTNAME=ada"),
            Self::Day => json!("31-dec-2027"),
            Self::Expiry => json!("permanent"),
            Self::Number => json!(1),
            Self::Flag => json!(true),
            Self::Ids => json!([11470]),
            Self::Texts => json!(["HOSTNAME=ada=KEY"]),
            Self::Privileges => json!({ "licensing": true }),
            Self::Ending => json!("finish"),
            Self::Items => json!([item()]),
        }
    }
}

/// Fields as one object's schema.
pub(super) fn object(fields: &[Field]) -> Value {
    let properties: serde_json::Map<String, Value> =
        fields.iter().map(|field| (field.name.to_owned(), field.kind.schema())).collect();
    let needed: Vec<&str> = fields.iter().filter(|field| field.is_needed).map(|field| field.name).collect();
    json!({
        "type": "object",
        "properties": properties,
        "required": needed,
        "additionalProperties": false,
    })
}

/// What several bodies have.
pub(super) fn components() -> Value {
    let flag = Kind::Flag.schema();
    json!({
        "Privileges": {
            "type": "object",
            "properties": { "supervisor": flag, "licensing": flag, "reporting": flag },
            "additionalProperties": false,
        },
        "Item": item_schema(),
        "Done": {
            "type": "object",
            "properties": {
                "case": { "type": ["string", "null"] },
                "said": { "type": "array", "items": { "type": "string" } },
            },
            "required": ["case", "said"],
        },
        "Problem": {
            "type": "object",
            "properties": {
                "type": { "type": "string" },
                "status": { "type": "integer" },
                "title": { "type": "string" },
                "detail": { "type": "string" },
                "kind": { "type": "string" },
            },
            "required": ["type", "status", "title", "detail", "kind"],
        },
    })
}

fn item_schema() -> Value {
    let mut schema = object(&[
        needed("feature", Kind::Text),
        needed("version", Kind::Text),
        needed("product_line", Kind::Text),
        may_have("modules", Kind::Texts),
        may_have("is_module", Kind::Flag),
        needed("maintenance", Kind::Flag),
        may_have("host", Kind::Host),
        may_have("from", Kind::Day),
        needed("until", Kind::Expiry),
        may_have("serials", Kind::Texts),
        may_have("installs", Kind::Texts),
        may_have("id", Kind::Number),
    ]);
    let place = object(&[needed("cpu", Kind::Host), needed("count", Kind::Number)]);
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        properties
            .insert("seat".into(), json!({ "type": "string", "enum": ["floating", "locked", "named"] }));
        properties.insert("places".into(), json!({ "type": "array", "items": place }));
    }
    if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
        required.extend([json!("seat"), json!("places")]);
    }
    schema
}

#[cfg(test)]
fn item() -> Value {
    json!({
        "feature": "mill", "version": "2.0", "product_line": "Mill", "seat": "named", "maintenance": true,
        "places": [{ "cpu": "HOSTNAME=ada", "count": 5 }], "until": "31-dec-2027",
    })
}
