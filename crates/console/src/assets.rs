//! Style, script and icon: in the program, each under an address with its hash, so that browsers keep it
//! for ever and a new one is a new address.

use std::sync::LazyLock;

use crate::token;

/// One of them.
#[derive(Debug)]
pub(crate) struct Asset {
    name: &'static str,
    pub(crate) path: String,
    pub(crate) kind: &'static str,
    pub(crate) text: &'static str,
}

static ALL: LazyLock<Vec<Asset>> = LazyLock::new(|| {
    vec![
        asset("console.css", "text/css; charset=utf-8", include_str!("../assets/console.css")),
        asset("console.js", "text/javascript; charset=utf-8", include_str!("../assets/console.js")),
        asset("icon.svg", "image/svg+xml", include_str!("../assets/icon.svg")),
    ]
});

fn asset(name: &'static str, kind: &'static str, text: &'static str) -> Asset {
    let hash = token::hex(&token::hash(text));
    let (stem, ending) = name.split_once('.').unwrap_or((name, ""));
    let short = hash.get(..16).unwrap_or_default();
    Asset { name, path: format!("/assets/{stem}-{short}.{ending}"), kind, text }
}

/// The address of one by its name.
pub(crate) fn path(name: &str) -> &'static str {
    ALL.iter().find(|asset| asset.name == name).map_or("/", |asset| asset.path.as_str())
}

/// The one of an address.
pub(crate) fn find(path: &str) -> Option<&'static Asset> {
    ALL.iter().find(|asset| asset.path == path)
}
