//! What is served, and who holds what.

use std::sync::LazyLock;

/// Pools that are held; one more is for the load.
pub(crate) const POOLS: usize = 10_000;

static FEATURES: LazyLock<Vec<String>> = LazyLock::new(|| (0..POOLS).map(|n| format!("f{n:05}")).collect());

/// Who holds the `n`th seat.
pub(crate) fn user(n: usize) -> String {
    format!("user{n}")
}

/// The feature of the `n`th seat.
pub(crate) fn feature(n: usize) -> &'static str {
    FEATURES.get(n % POOLS).unwrap()
}

/// The pack: each pool with as many seats again as are held, and a pool for the load.
pub(crate) fn pack(holders: usize) -> String {
    let seats = 2 * holders.div_ceil(POOLS);
    let mut text = String::from("SERVER this_host HOSTID_HERE\nVENDOR acmed\nUSE_SERVER\n");
    text.push_str("INCREMENT PROENGINEER acmed 20.0 permanent 100000 CONFIG_ID=11470 SEAT=FLOATING\n");
    for (n, feature) in FEATURES.iter().enumerate() {
        let line = format!(
            "INCREMENT {feature} acmed 4.2 permanent {seats} CONFIG_ID={} SEAT=FLOATING\n",
            20_000 + n
        );
        text.push_str(&line);
    }
    text
}
