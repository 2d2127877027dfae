//! The license and options files, each time a little otherwise.

/// The features; every holder has a seat of one.
pub(crate) const FEATURES: [&str; 8] = ["mill", "mill2d", "lathe", "post", "turn", "weld", "cast", "bend"];
/// Groups of users; holders are in one each.
const GROUPS: [&str; 4] = ["cad", "cam", "sim", "farm"];

/// Who holds the `n`th seat.
pub(crate) fn user(n: usize) -> String {
    format!("user{n}")
}

/// The feature of the `n`th seat.
pub(crate) fn feature(n: usize) -> &'static str {
    FEATURES.get(n % FEATURES.len()).unwrap()
}

/// The pack, for the `k`th time: another number of seats each time, and always enough.
pub(crate) fn pack(k: usize, holders: usize) -> String {
    let mut text = String::from("SERVER this_host HOSTID_HERE\nVENDOR acmed\nUSE_SERVER\n");
    let seats = 2 * holders / FEATURES.len() + 1_000;
    for (n, feature) in FEATURES.iter().enumerate() {
        let seats = seats + if n == k % FEATURES.len() { 100 } else { 0 };
        let line = format!(
            "INCREMENT {feature} acmed 4.2 permanent {seats} CONFIG_ID={} SEAT=FLOATING\n",
            11_470 + n
        );
        text.push_str(&line);
    }
    text
}

/// The options file, for the `k`th time: a reservation has another count, and a rule comes or goes that
/// counts every holder of a feature; of all features where it is to count all.
pub(crate) fn options(k: usize, holders: usize, counts_all: bool) -> String {
    let mut text = String::from("GROUP cad load0 load1 load2 load3\n");
    for (g, group) in GROUPS.iter().enumerate() {
        let members: Vec<_> =
            (0..holders).filter(|n| n / FEATURES.len() % GROUPS.len() == g).map(user).collect();
        for some in members.chunks(100) {
            text.push_str(&format!("GROUP {group} {}\n", some.join(" ")));
        }
    }
    for group in GROUPS {
        text.push_str(&format!("INCLUDE post GROUP {group}\n"));
    }
    text.push_str("EXCLUDE turn USER osman\nEXCLUDE weld USER lee\nEXCLUDE_BORROW cast GROUP farm\n");
    for feature in FEATURES {
        text.push_str(&format!("RESERVE 20 {feature} GROUP sim\nMAX 4000 {feature} GROUP farm\n"));
    }
    text.push_str(&format!("RESERVE {} mill GROUP cad\n", 50 + 10 * (k % 4)));
    for feature in FEATURES.iter().filter(|feature| counts_all || (k % 2 == 1 && **feature == "lathe")) {
        text.push_str(&format!("MAX 9000 {feature} ALL_USERS\n"));
    }
    text
}
