//! The items of an order, from a TOML or JSON file.

use std::path::Path;

use names::Code;
use proto::v1;
use serde::Deserialize;

use crate::fail::Failure;
use crate::files;

const WHAT: &str = "the file with an order's items";

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Order {
    items: Vec<Item>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Item {
    feature: String,
    version: String,
    product_line: String,
    #[serde(default)]
    modules: Vec<String>,
    #[serde(default)]
    is_module: bool,
    #[serde(default = "floating")]
    seat: String,
    #[serde(default)]
    maintenance: bool,
    places: Vec<Place>,
    #[serde(default)]
    host: String,
    #[serde(default)]
    from: String,
    until: String,
    #[serde(default)]
    serials: Vec<String>,
    #[serde(default)]
    installs: Vec<String>,
    #[serde(default)]
    id: u64,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Place {
    cpu: String,
    #[serde(default = "one")]
    count: u32,
}

fn floating() -> String {
    "floating".into()
}

fn one() -> u32 {
    1
}

/// Reads them.
pub(super) fn read(path: &Path) -> Result<Vec<v1::DeskItem>, Failure> {
    let bytes = files::read(path, WHAT)?;
    let text = files::text(path, &bytes, WHAT)?;
    let parsed = parse(text).map_err(|why| {
        let message =
            format!("{}: {}", client::shown(&path.display().to_string(), 500), client::shown(&why, 500));
        let remedy =
            "each of its `items` has feature, version, product_line, places (each cpu and count) and until";
        Failure::new(Code::BadSyntax, message, remedy)
    })?;
    Ok(parsed.items.into_iter().map(Into::into).collect())
}

fn parse(text: &str) -> Result<Order, String> {
    if text.trim_start().starts_with('{') {
        return serde_json::from_str(text).map_err(|error| error.to_string());
    }
    toml::from_str(text).map_err(|error| {
        let before = error.span().and_then(|span| text.get(..span.start)).unwrap_or_default();
        format!("line {}: {}", before.matches('\n').count() + 1, error.message())
    })
}

impl From<Item> for v1::DeskItem {
    fn from(item: Item) -> Self {
        let place = |place: Place| v1::DeskPlace { cpu: place.cpu, count: place.count };
        Self {
            feature: item.feature,
            version: item.version,
            product_line: item.product_line,
            modules: item.modules,
            is_module: item.is_module,
            seat: item.seat,
            maintenance: item.maintenance,
            places: item.places.into_iter().map(place).collect(),
            host: item.host,
            from: item.from,
            until: item.until,
            serials: item.serials,
            installs: item.installs,
            id: item.id,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn items_come_as_toml_or_json_and_nothing_unknown_is_in_them() {
        let toml = "[[items]]\nfeature = \"mill\"\nversion = \"4.2\"\nproduct_line = \"Pro/MILL\"\nseat = \"named\"\n\
            until = \"permanent\"\nplaces = [{ cpu = \"02aa10203040\", count = 5 }]\n";
        let json = r#"{"items": [{"feature": "mill", "version": "4.2", "product_line": "Pro/MILL", "seat": "named",
            "until": "permanent", "places": [{"cpu": "02aa10203040", "count": 5}]}]}"#;
        for text in [toml, json] {
            let item: v1::DeskItem = parse(text).unwrap().items.remove(0).into();
            assert_eq!((item.seat.as_str(), item.places[0].count), ("named", 5));
        }
        for (text, why) in [
            (toml.replace("until", "till"), "unknown field"),
            (toml.replace("feature", "#"), "missing field"),
            (json.replace("5}", "-5}"), "invalid value"),
            (String::new(), "missing field"),
        ] {
            assert!(parse(&text).unwrap_err().contains(why), "{text}");
        }
        assert!(
            parse(&toml.replace("until", "till")).unwrap_err().starts_with("line 6: unknown field `till`")
        );
    }
}
