//! The commands of the license desk, each as a process.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::support::tool::tool;
use crate::world::{PACK, PEOPLE, World, address, table};

/// Who commands: people, all for company C-1, and who sits on a license host.
const WHO: [&str; 12] =
    ["none", "R", "L", "S", "LR", "SLR", "assigned", "other", "host", "vendor", "both", "site"];

/// `x` may, and `.` is refused. In the order of [`WHO`].
const TABLE: &str = "
    find                x x x x x x  x x  x x  x x
    own-seats           x x x x x x  x x  x x  . .
    set-name            x x x x x x  x x  x x  . .
    set-primary         x x x x x x  x x  x x  . .
    ask-for-tools       x x x x x x  x x  x x  . .
    cases               x x x x x x  x x  x x  x x
    case                x x x x x x  x x  x x  x x
    case-file           x x x x x x  x x  x x  x x
    drop-token          x x x x x x  x x  x x  . .
    token               x x x x x x  x x  x x  . .

    people              . . . x . x  . .  . x  x x
    add-person          . . . x . x  . .  . .  . .
    remove-person       . . . x . x  . .  . .  . .
    set-privileges      . . . x . x  . .  . .  . .

    order               . . x . x x  . .  . x  x .
    install-pack        . . x . x x  . .  . .  . .
    reconfigure         . . x . x x  . .  . x  x .
    surrender           . . x . x x  . .  . .  . .
    show-company        . . x . x x  . .  . x  x .
    change-contact      . . x . x x  . .  . x  x .
    preview-conversion  . . x . x x  . .  . x  x .
    request-conversion  . . x . x x  . .  . .  . .
    assign              . . x . x x  . .  . .  . .
    change-assignment   . . x . x x  . .  . .  . .
    unassign            . . x . x x  . .  . .  . .
    license             . x x . x x  . .  . .  . .

    licenses            . x . . x x  . .  . .  . .
    customer-report     . x . . x x  . .  . x  x .
    packs               . x . . x x  . .  . x  x .
    pack                . x . . x x  . .  . x  x .
    orders              . x . . x x  . .  . x  x .

    companies           . . . . . .  . .  . x  x x
    set-company         . . . . . .  . .  . x  x .
    add-contact         . . . . . .  . .  . x  x x
    name-supervisor     . . . . . .  . .  . x  x x
    upgrade-account     . . . . . .  . .  . x  x x
    set-staff           . . . . . .  . .  . x  x x
    issue               . . . . . .  . .  . x  x .
    renew               . . . . . .  . .  . x  x .
    convert             . . . . . .  . .  . x  x .
    issue-move          . . . . . .  . .  . x  x .
    take-request        . . . . . .  . .  . x  x .
    void-pack           . . . . . .  . .  . x  x .
    reserve-ids         . . . . . .  . .  . x  x .
    close-case          . . . . . .  . .  . x  x x
";

/// Processes at a time.
const AT_ONCE: usize = 4;

/// The words of a command. Each is well formed, and does nobody any harm who may.
fn words(name: &str, world: &World, who: &str) -> String {
    let case = world.cases.get(who).unwrap_or(&world.cases["none"]);
    let (pool, pack, extra, holder) = (&world.pool, &world.pack, address("extra"), address("holder"));
    let words = match name {
        "find" => "mill".into(),
        "own-seats" | "set-primary" | "cases" | "drop-token" | "token" | "people" | "show-company"
        | "licenses" | "customer-report" | "packs" | "orders" | "companies" | "ask-for-tools"
        | "change-contact" => String::new(),
        "set-name" => "Lee".into(),
        "case" => case.clone(),
        "case-file" => format!("{case} none"),
        "add-person" | "remove-person" | "set-privileges" | "set-staff" | "add-contact"
        | "name-supervisor" => extra,
        "order" => "--items order.toml".into(),
        "install-pack" => "new.lic".into(),
        "reconfigure" => "999 --wish x".into(),
        "surrender" => "999 --to 02aa10203050".into(),
        "preview-conversion" | "request-conversion" | "convert" => "estate.csv".into(),
        "assign" => format!("{pool} --to nobody"),
        "change-assignment" => format!("{pool} {holder}"),
        "unassign" => format!("{pool} {}", address("nobody")),
        "license" => pool.clone(),
        "pack" => pack.clone(),
        "set-company" => "Mills".into(),
        "upgrade-account" => "V-9999".into(),
        "issue" => "O-9999".into(),
        "renew" => "999 --maintenance".into(),
        "issue-move" => "--receipt estate.csv".into(),
        "take-request" => "estate.csv".into(),
        "void-pack" => "P-9999 --reason x".into(),
        "reserve-ids" => "5 4".into(),
        "close-case" => format!("{case} --answer x"),
        other => panic!("{other} is new: say here how it is called, and in the table who may"),
    };
    if name == "find" { format!("find {words}") } else { format!("desk {name} {words}") }
}

/// The commands of the desk, as its help lists them.
fn declared(world: &World) -> BTreeSet<String> {
    let help = tool(&world.site, &world.daemon, "desk --help").output().unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    let (_, list) = help.split_once("Commands:\n").expect("a list of commands");
    let lines = list.lines().take_while(|line| !line.trim().is_empty());
    // What goes on from the line before stands further in.
    let names = lines.filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    let names = names.filter_map(|line| line.split_whitespace().next()).filter(|name| *name != "help");
    names.map(str::to_owned).chain(["find".to_owned()]).collect()
}

fn home(who: &str) -> String {
    format!("home-{who}")
}

/// A command of somebody's.
fn command(world: &World, who: &str, name: &str) -> Command {
    let socket = match who {
        "site" => world.other_site.path("admin.sock"),
        _ => world.site.path("admin.sock"),
    };
    let words = words(name, world, who);
    let at = format!("{}@{}", world.daemon.address.port(), world.daemon.address.ip());
    let line = match who {
        "both" | "site" => format!("{words} --company C-1"),
        _ => format!("{words} --company C-1 -c {at}"),
    };
    let mut command = tool(&world.site, &world.daemon, &line);
    command.env("SEATKEEPER_ADMIN_SOCKET", socket);
    if PEOPLE.contains(&who) {
        for folder in ["HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"] {
            command.env(folder, world.site.path(&home(who)));
        }
    }
    command
}

/// Somebody's personal token is kept in their home.
fn log_in(world: &World, who: &str) {
    let folder = world.site.path(&home(who));
    std::fs::create_dir_all(&folder).unwrap();
    world.site.write(&format!("{}/token", home(who)), world.tokens[who].as_bytes());
    let file = folder.join("token");
    std::fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let at = format!("{}@{}", world.daemon.address.port(), world.daemon.address.ip());
    let line = format!("login {} -c {at} --token-file {}", address(who), file.display());
    let mut login = tool(&world.site, &world.daemon, &line);
    for name in ["HOME", "XDG_CONFIG_HOME", "XDG_RUNTIME_DIR"] {
        login.env(name, &folder);
    }
    let output = login.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

/// Runs a command; a letter of the table, and what was said.
fn run(world: &World, who: &str, name: &str) -> (char, String) {
    let output = command(world, who, name).output().unwrap();
    let said = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    let status = output.status.code().expect("an exit status");
    assert!(!said.contains("Usage: "), "{name} is called otherwise: {said}");
    assert!(!said.contains("panicked"), "{name}: {said}");
    // The exit status is 256 less FlexNet's number: -63 for who may not.
    let is_refused = status == 256 - 63;
    assert_eq!(is_refused, said.contains("(-63)"), "{who} {name}: {status}: {said}");
    if is_refused {
        assert!(said.contains("this needs ") && said.contains("; ask "), "{who} {name}: {said}");
    }
    (if is_refused { '.' } else { 'x' }, said)
}

/// Runs these, several at a time; what was otherwise than expected.
fn run_all(world: &World, cells: &[(&str, &str, char)]) -> Vec<String> {
    let next = AtomicUsize::new(0);
    let run_some = || {
        let mut wrong = Vec::new();
        while let Some((name, who, expected)) = cells.get(next.fetch_add(1, Ordering::Relaxed)) {
            let (told, said) = run(world, who, name);
            if told != *expected {
                wrong.push(format!("{who} {name}: {told}, not {expected}: {said}"));
            }
        }
        wrong
    };
    std::thread::scope(|scope| {
        let threads = [(); AT_ONCE].map(|()| scope.spawn(run_some));
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    })
}

#[tokio::test]
async fn every_command_gives_everybody_exactly_what_w9_says() {
    let table: BTreeMap<_, _> = table(TABLE, WHO.len());
    let mut world = World::new().await;
    let declared = declared(&world);
    for name in &declared {
        assert!(table.contains_key(name.as_str()), "{name} is a command without a row");
    }
    assert_eq!(table.len(), declared.len(), "a row of a command that there is not");

    world.site.write(
        "order.toml",
        b"[[items]]\nfeature = \"mill\"\nversion = \"4.2\"\nproduct_line = \"Pro/MILL\"\n\
        until = \"permanent\"\nplaces = []\n",
    );
    world.site.write("new.lic", &world.site.sign("P-9", PACK));
    world.site.write("estate.csv", b"x\n");
    PEOPLE.iter().for_each(|who| log_in(&world, who));
    let cells = |may: char, keep: &dyn Fn(&str) -> bool| -> Vec<(&str, &str, char)> {
        let rows = table.iter().filter(|(name, _)| keep(name));
        let all = rows
            .flat_map(|(name, row)| WHO.iter().zip(row).map(move |(who, expected)| (*name, *who, *expected)));
        all.filter(|(_, _, expected)| *expected == may).collect()
    };
    // What is refused first: it leaves no trace but that.
    let before = world.last().await;
    let wrong = run_all(&world, &cells('.', &|_| true));
    assert!(wrong.is_empty(), "{wrong:#?}");
    world.only_refusals_since(before).await;
    // Whose token is taken away or made anew needs another one.
    let is_own_token = |name: &str| matches!(name, "token" | "drop-token");
    let mut wrong = run_all(&world, &cells('x', &|name| !is_own_token(name)));
    wrong.extend(run_all(&world, &cells('x', &|name| name == "drop-token")));
    for who in PEOPLE {
        world.renew_token(who).await;
        log_in(&world, who);
    }
    wrong.extend(run_all(&world, &cells('x', &|name| name == "token")));
    assert!(wrong.is_empty(), "{wrong:#?}");
}
