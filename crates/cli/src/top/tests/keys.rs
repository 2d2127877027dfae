//! Keys on the pure state.

use ratatui::crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

use super::super::app::{App, Panel, Sort, Then};
use super::*;

/// Presses keys: characters, or names in `<>`.
fn press(app: &mut App, keys: &str) -> Then {
    let mut then = Then::GoOn;
    let mut rest = keys;
    while let Some(c) = rest.chars().next() {
        let (code, modifiers, used) = match rest.strip_prefix('<').and_then(|named| named.split_once('>')) {
            Some((name, _)) => (named(name), modifiers(name), name.len() + 2),
            None => (KeyCode::Char(c), KeyModifiers::NONE, c.len_utf8()),
        };
        then = app.on_key(KeyEvent::new(code, modifiers));
        rest = &rest[used..];
    }
    then
}

fn named(name: &str) -> KeyCode {
    match name {
        "enter" => KeyCode::Enter,
        "esc" => KeyCode::Esc,
        "tab" => KeyCode::Tab,
        "backtab" => KeyCode::BackTab,
        "back" => KeyCode::Backspace,
        "down" => KeyCode::Down,
        "up" => KeyCode::Up,
        "pagedown" => KeyCode::PageDown,
        "pageup" => KeyCode::PageUp,
        "home" => KeyCode::Home,
        "end" => KeyCode::End,
        _ => KeyCode::Char(name.chars().last().unwrap()),
    }
}

fn modifiers(name: &str) -> KeyModifiers {
    if name.starts_with("c-") { KeyModifiers::CONTROL } else { KeyModifiers::NONE }
}

fn chosen(app: &App) -> String {
    let pool = app.chosen().and_then(|at| app.pool(at)).and_then(|pool| pool.pool.clone());
    pool.unwrap_or_default().feature
}

#[test]
fn keys_do_what_the_help_says() {
    use Panel::{Denials, Holders, Pools, Queue};
    // By use: mill is full, lathe is at 40 %, saw and viewer have nothing to show.
    for (keys, panel, alone, pool) in [
        ("", Pools, false, "mill"),
        ("j", Pools, false, "lathe"),
        ("<down><down>k", Pools, false, "lathe"),
        ("<up>", Pools, false, "mill"),
        ("G", Pools, false, "viewer"),
        ("<end><home>", Pools, false, "mill"),
        ("G<pageup>", Pools, false, "lathe"),
        ("<pagedown>", Pools, false, "saw"),
        ("<tab>", Holders, false, "mill"),
        ("<tab><tab>", Queue, false, "mill"),
        ("<tab><tab><tab>", Denials, false, "mill"),
        ("<backtab>", Denials, false, "mill"),
        ("<tab><tab><tab><tab>", Pools, false, "mill"),
        ("<tab>jj<esc>", Pools, false, "mill"),
        ("j<enter>", Holders, true, "lathe"),
        ("j<enter><esc>", Pools, false, "lathe"),
        ("<tab><enter>", Holders, true, "mill"),
        ("<tab><enter><enter>", Holders, false, "mill"),
        ("s", Pools, false, "mill"),
        ("/lathe<enter>", Pools, false, "lathe"),
        ("/lathe<esc>", Pools, false, "lathe"),
        ("/ada", Pools, false, "mill"),
        ("/11470<enter><esc>", Pools, false, "mill"),
        ("/jk", Pools, false, ""),
        ("/q", Pools, false, ""),
        ("?j", Pools, false, "mill"),
    ] {
        let mut app = busy();
        for panel in Panel::ALL {
            app.seen(panel, 2);
        }
        assert_eq!(press(&mut app, keys), Then::GoOn, "{keys}");
        assert_eq!((app.panel, app.alone, chosen(&app).as_str()), (panel, alone, pool), "{keys}");
    }
    for quits in ["q", "<c-c>", "/x<c-c>", "?q", "?<c-c>"] {
        assert_eq!(press(&mut busy(), quits), Then::Quit, "{quits}");
    }
}

#[test]
fn no_key_changes_anything_but_the_view_and_none_panics() {
    let mut app = app([]);
    for key in (' '..='~').filter(|key| *key != 'q') {
        assert_eq!(app.on_key(KeyEvent::new(KeyCode::Char(key), KeyModifiers::NONE)), Then::GoOn, "{key}");
        press(&mut app, "<esc><esc><esc>");
    }
    press(&mut app, "<enter><down><pagedown><up><end><home><tab><enter><esc>");
    let mut released = KeyEvent::new(KeyCode::Char('q'), KeyModifiers::NONE);
    released.kind = KeyEventKind::Release;
    assert_eq!(app.on_key(released), Then::GoOn, "the end of a key is no key");
}

#[test]
fn pools_are_sorted_by_use_name_and_days_left() {
    let names = |app: &App| -> Vec<String> {
        let pools = app.lists.pools.iter().filter_map(|at| app.pool(*at)?.pool.clone());
        pools.map(|pool| pool.feature).collect()
    };
    let mut app = busy();
    for (sort, order) in [
        (Sort::Use, ["mill", "lathe", "saw", "viewer"]),
        (Sort::Name, ["lathe", "mill", "saw", "viewer"]),
        (Sort::Left, ["saw", "mill", "lathe", "viewer"]),
    ] {
        assert_eq!((app.sort, names(&app)), (sort, order.map(str::to_owned).to_vec()));
        assert_eq!(chosen(&app), "mill", "the chosen pool stays chosen wherever it moves");
        press(&mut app, "s");
    }
    assert_eq!(app.sort, Sort::Use);
}

#[test]
fn a_filter_finds_pools_by_name_and_by_who_is_there() {
    for (filter, rows) in [
        ("", [4, 3, 1, 1]),
        ("MILL", [1, 3, 1, 1]),
        ("osman", [1, 1, 0, 0]),
        ("ada", [1, 0, 1, 1]),
        ("acmed", [4, 3, 1, 0]),
        ("lic1", [4, 3, 1, 0]),
        ("already", [0, 0, 0, 1]),
        ("nobody", [0, 0, 0, 0]),
    ] {
        let mut app = busy();
        press(&mut app, &format!("/{filter}"));
        assert_eq!(Panel::ALL.map(|panel| app.rows(panel)), rows, "{filter}");
        press(&mut app, "<c-u>");
        assert_eq!((app.filter.as_str(), app.rows(Panel::Pools)), ("", 4));
    }
    let mut app = busy();
    press(&mut app, &format!("/{}<back>", "x".repeat(100)));
    assert_eq!(app.filter.len(), 63, "it has 64 characters at most");
}

#[test]
fn what_is_chosen_stays_chosen_when_the_server_tells_something_else() {
    let mut app = busy();
    press(&mut app, "j<tab>");
    assert_eq!(chosen(&app), "lathe");
    app.take(reply(vec![
        pool("drill", "1", 1, 1),
        pool("mill", "11470", 3, 0),
        pool("lathe", "1717", 10, 1),
    ]));
    app.refresh();
    assert_eq!(chosen(&app), "lathe");
    app.take(reply(vec![pool("drill", "1", 1, 1)]));
    app.refresh();
    assert_eq!(chosen(&app), "drill", "it is gone: the next is chosen");
    app.take(reply(Vec::new()));
    app.refresh();
    assert_eq!((chosen(&app).as_str(), app.rows(Panel::Holders)), ("", 0));
}
