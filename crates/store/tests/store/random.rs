//! Whatever was done, a start gives the state that was acknowledged.

use proptest::prelude::*;
use store::{Batch, MapFolder};

use crate::damage;
use crate::house::{House, Op, assert_same, made, open_alone, open_with};

fn op() -> impl Strategy<Value = Op> {
    prop_oneof![
        2 => any::<u8>().prop_map(Op::Open),
        8 => any::<(u8, u8, u8)>().prop_map(|(a, b, c)| Op::Checkout(a, b, c)),
        5 => any::<u8>().prop_map(Op::Checkin),
        1 => any::<u8>().prop_map(Op::Close),
        1 => any::<u8>().prop_map(Op::TimeOut),
        1 => any::<u8>().prop_map(Op::Release),
        1 => any::<u8>().prop_map(Op::Pools),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_journal_cut_after_the_last_commit_gives_the_state_of_it(
        batches in proptest::collection::vec(proptest::collection::vec(op(), 1..6), 1..40),
        applied in proptest::collection::vec(any::<bool>(), 40),
        torn in any::<proptest::sample::Index>(),
    ) {
        let (disk, mut folder) = (made(), MapFolder::default());
        let opened = open_with(&disk, &mut folder).unwrap();
        let (mut journal, mut follower) = (opened.journal, opened.follower);
        let mut house = House::of(opened.state);
        let mut before = (disk.copy(), house.state.clone());
        for (ops, is_applied) in batches.iter().zip(&applied) {
            before = (disk.copy(), house.state.clone());
            let mut batch = Batch::new();
            let mut records = Vec::new();
            for op in std::iter::once(&Op::Pools(1)).chain(ops) {
                let of_one = house.run(*op);
                batch.push_command(&of_one);
                records.extend(of_one);
            }
            let (counts, fingerprint) = (house.state.counts(), house.state.fingerprint());
            let bytes = journal.commit(&mut batch, counts, fingerprint).unwrap();
            if !records.is_empty() {
                follower.take(&store::Committed { records, counts, fingerprint, bytes });
            }
            if *is_applied {
                follower.write();
            }
        }
        assert_same(&open_alone(&disk.copy()).unwrap().state, &house.state);
        assert_same(&open_with(&disk.copy(), &mut folder).unwrap().state, &house.state);

        // The last batch reached the disk only as far as some byte of it, at or after the commit before.
        let name = disk.segments().pop().unwrap();
        let end = |bytes: &Vec<u8>| damage::batches(bytes).pop().unwrap();
        let old = before.0.files().get(&name).map_or(512, end);
        let cut = disk.copy();
        let new = end(&cut.bytes(&name));
        let at = old + torn.index(new - old + 1);
        cut.alter(&name, |bytes| bytes.truncate(at));
        let found = open_alone(&cut).unwrap().state;
        let wanted = if found.last() == house.state.last() { &house.state } else { &before.1 };
        assert_same(&found, wanted);
        prop_assert!(at < new || found.last() == house.state.last());
    }
}
