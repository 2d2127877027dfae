//! From license lines to pools: which, how many, in which order.

use names::{Date, SeatCount};
use policy::PoolOptions;
use seats::{Answer, Checkout, PoolStanding, Sharing};
use service::Ask;

use crate::host::{Host, licensed, wish};

/// The pools on a day: `config/cpu/feature vVERSION = CAPACITY standing`, in their order.
fn on(lines: &str, year: i32) -> Vec<String> {
    let pools = licensed(lines).on(Date::new(year, 6, 15).unwrap(), |_| PoolOptions::default());
    let shown = pools.iter().enumerate().map(|(at, pool)| {
        assert_eq!(pool.order, u32::try_from(at).unwrap());
        let standing = match pool.standing {
            PoolStanding::Active => "active",
            PoolStanding::Expired => "expired",
            PoolStanding::NotYet => "not yet",
            PoolStanding::Unlicensed => "unlicensed",
        };
        let locked = if pool.sharing == Sharing::Pool { " locked" } else { "" };
        let (id, version) = (&pool.id, &pool.version);
        let name = format!("{}/{}/{}", id.config(), id.cpu(), id.feature());
        format!("{name} v{version} = {} {standing}{locked}", pool.capacity)
    });
    shown.collect()
}

#[test]
fn f1_f4_lines_of_one_configuration_add_up_and_features_count_by_themselves() {
    let lines = "INCREMENT SHEETMETAL acmed 20.0 permanent 3 CONFIG_ID=6696\n\
                 INCREMENT CABLING acmed 20.0 permanent 5 CONFIG_ID=6696\n\
                 INCREMENT MESH acmed 20.0 permanent 4 CONFIG_ID=6696\n\
                 INCREMENT MESH acmed 20.0 31-dec-2027 2 CONFIG_ID=6696\n";
    assert_eq!(
        on(lines, 2027),
        [
            "6696/02aa10203040/CABLING v20.0 = 5 active",
            "6696/02aa10203040/MESH v20.0 = 6 active",
            "6696/02aa10203040/SHEETMETAL v20.0 = 3 active",
        ]
    );
    assert_eq!(on(lines, 2028)[1], "6696/02aa10203040/MESH v20.0 = 4 active");
}

#[test]
fn r1_two_configurations_are_two_pools_in_the_order_of_the_file() {
    let lines = "INCREMENT PROE acmed 20.0 permanent 2 CONFIG_ID=11471\n\
                 INCREMENT PROE acmed 20.0 permanent 2 CONFIG_ID=11470\n";
    assert_eq!(
        on(lines, 2027),
        ["11471/02aa10203040/PROE v20.0 = 2 active", "11470/02aa10203040/PROE v20.0 = 2 active"]
    );
}

#[test]
fn pools_are_searched_by_sort_then_the_earlier_version_then_the_line() {
    let lines = "INCREMENT PROE acmed 21.0 permanent 1 CONFIG_ID=1\n\
                 INCREMENT PROE acmed 20.0 permanent 1 CONFIG_ID=2\n\
                 INCREMENT PROE acmed 22.0 permanent 1 CONFIG_ID=3 sort=10\n\
                 INCREMENT PROE acmed 19.0 permanent 1 CONFIG_ID=4 sort=200\n";
    let order: Vec<_> = on(lines, 2027).iter().map(|p| p.split('/').next().unwrap().to_owned()).collect();
    assert_eq!(order, ["3", "2", "1", "4"]);
}

#[test]
fn l2_a_locked_line_is_a_pool_of_one_for_each_workstation() {
    let lines =
        "INCREMENT PROE acmed 20.0 permanent 3 CONFIG_ID=73633 SEAT=LOCKED HOSTID=\"02b1 02b2 02b3\"\n";
    assert_eq!(
        on(lines, 2027),
        [
            "73633/02b1/PROE v20.0 = 1 active locked",
            "73633/02b2/PROE v20.0 = 1 active locked",
            "73633/02b3/PROE v20.0 = 1 active locked",
        ]
    );
}

#[test]
fn a_pool_says_whether_it_has_expired_or_not_begun() {
    let lines = "INCREMENT A acmed 20.0 31-dec-2026 5 CONFIG_ID=1\n\
                 INCREMENT B acmed 20.0 31-dec-2028 5 CONFIG_ID=1 START=01-jan-2028\n\
                 INCREMENT C acmed 20.0 31-dec-2026 5 CONFIG_ID=1\n\
                 INCREMENT C acmed 20.0 31-dec-2028 3 CONFIG_ID=1 START=01-jan-2028\n";
    let shown =
        |year| on(lines, year).iter().map(|p| p.split(" = ").nth(1).unwrap().to_owned()).collect::<Vec<_>>();
    assert_eq!(shown(2026), ["5 active", "0 not yet", "5 active"]);
    assert_eq!(shown(2027), ["0 expired", "0 not yet", "0 not yet"]);
    assert_eq!(shown(2028), ["0 expired", "5 active", "3 active"]);
    assert_eq!(shown(2029), ["0 expired", "0 expired", "0 expired"]);
}

#[test]
fn the_line_shown_as_proof_is_one_in_force_and_the_one_that_lasts_longest() {
    let lines = "INCREMENT A acmed 20.0 31-dec-2026 1 CONFIG_ID=1\n\
                 INCREMENT A acmed 20.0 31-dec-2028 2 CONFIG_ID=1\n\
                 INCREMENT A acmed 20.0 31-dec-2030 4 CONFIG_ID=1 START=01-jan-2028\n";
    let licensed = licensed(lines);
    let day = |year| Date::new(year, 6, 15).unwrap();
    let pool = licensed.on(day(2026), |_| PoolOptions::default())[0].id.clone();
    let proof = |year| {
        let line = licensed.evidence(&pool, day(year))?;
        let text = String::from_utf8_lossy(&line.canonical).into_owned();
        ["2026", "2028", "2030"].into_iter().find(|end| text.contains(&format!("31-dec-{end}")))
    };
    assert_eq!((proof(2026), proof(2027)), (Some("2028"), Some("2028")));
    assert_eq!((proof(2028), proof(2030), proof(2031)), (Some("2030"), Some("2030"), None));
}

#[test]
fn a_line_that_names_the_license_hosts_key_is_the_proof_before_one_that_does_not() {
    let key = license::SecretKey::for_host([2; 32]).public();
    let lines = format!(
        "INCREMENT A acmed 20.0 31-dec-2027 1 CONFIG_ID=1 HOST_KEY=\"{key}\"\n\
         INCREMENT A acmed 20.0 permanent 2 CONFIG_ID=1\n"
    );
    let licensed = licensed(&lines);
    let named = |year| {
        let day = Date::new(year, 6, 15).unwrap();
        let pool = licensed.on(day, |_| PoolOptions::default())[0].id.clone();
        let text = licensed.evidence(&pool, day).unwrap().canonical.clone();
        String::from_utf8_lossy(&text).contains("HOST_KEY")
    };
    assert!(named(2027), "clients refuse a seat whose line names no key");
    assert!(!named(2028), "the only one left");
}

#[test]
fn uncounted_seats_may_be_more_than_a_pool_can_have() {
    let mut host = Host::new("INCREMENT PROE acmed 20.0 permanent 0 HOSTID=ANY CONFIG_ID=1\n");
    host.open(1);
    host.open(2);
    let mut out = Vec::new();
    let mut took = 0;
    for session in [1, 2] {
        for request in 1..=2_500 {
            let seats = SeatCount::new(1_000_000).unwrap();
            let ask = Checkout { seats, ..wish(session, request, "PROE") };
            let reply = host.engine.handle(host.now, Ask::Checkout(ask), &mut out);
            assert!(matches!(reply.answer, Answer::Granted { .. }), "{session} {request}: {reply:?}");
            took += u64::from(seats.get());
        }
    }
    assert!(took > u64::from(u32::MAX));
    host.engine.state().check().unwrap();
    assert_eq!(host.in_use(), u32::MAX, "as many as can be shown");
}
