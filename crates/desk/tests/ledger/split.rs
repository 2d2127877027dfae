//! The split that is shown before an order is confirmed.

use desk::ledger::{Issued, split};
use desk::{Desk, Item, Refusal};

use crate::setting::{HOST, OTHER, Setting, company, desk, item};

fn shown(issued: &Issued) -> Vec<String> {
    let count = |lines: &[desk::ConfigLine]| lines.iter().map(|line| line.count).sum::<u32>();
    issued.configurations.iter().map(|c| format!("{} = {}", c.id, count(&c.added))).collect()
}

fn of(desk: &Desk, items: &[Item]) -> Result<Issued, Refusal> {
    split(desk, &Setting::new().ctx(), &company(), items)
}

#[test]
fn two_hosts_are_two_ids_and_reserved_ids_are_passed_over() {
    let items = [item("proe", "Pro/ENGINEER", &[(HOST, 5), (OTHER, 5)])];
    assert_eq!(shown(&of(&desk(1717, &[]), &items).unwrap()), ["1717 = 5", "1718 = 5"]);
    assert_eq!(
        shown(&of(&desk(1700, &[(1700, 1716), (1718, 1720)]), &items).unwrap()),
        ["1717 = 5", "1721 = 5"]
    );
}
