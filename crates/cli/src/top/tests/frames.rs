//! Frames as they are seen.

use ratatui::Terminal;
use ratatui::backend::TestBackend;
use ratatui::style::{Color, Modifier};

use super::super::app::{App, Panel};
use super::super::data::DENIALS_MAX;
use super::super::draw::draw;
use super::super::text;
use super::*;

fn frame(app: &mut App, width: u16, height: u16) -> String {
    text(app, &look(), (width, height))
}

/// A frame is the file's text; with `UPDATE_FRAMES=1` it becomes it.
fn golden(name: &str, text: &str) {
    let path = format!("{}/src/top/tests/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE_FRAMES").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let expected = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(text == expected, "{name} is\n{text}\nand was\n{expected}");
}

#[test]
fn frames_are_as_they_were() {
    golden("empty", &frame(&mut app([]), 80, 24));
    golden("busy", &frame(&mut busy(), 80, 24));
    golden("wide", &frame(&mut busy(), 140, 30));
    golden("small", &frame(&mut busy(), 40, 10));
    let mut app = busy();
    app.help = true;
    golden("help", &frame(&mut app, 80, 24));
}

#[test]
fn the_chosen_pool_shows_its_holders_alone() {
    let mut app = busy();
    (app.panel, app.alone) = (Panel::Holders, true);
    let text = frame(&mut app, 80, 12);
    assert!(text.contains("Holders of mill, configuration 11470 (3)"), "{text}");
    assert!(!text.contains("Pools") && !text.contains("Denials"), "{text}");
}

#[test]
fn a_terminal_of_any_size_is_drawn_on() {
    let mut app = busy();
    for width in 1..=130 {
        for height in [1, 2, 3, 7, 8, 9, 15, 16, 17, 18, 19, 23, 24, 25, 60] {
            for panel in Panel::ALL {
                app.panel = panel;
                let text = frame(&mut app, width, height);
                assert_eq!(text.lines().count(), usize::from(height));
                let widest = text.lines().map(|line| line.chars().count()).max();
                assert!(widest <= Some(width.into()), "{width}x{height}:\n{text}");
            }
        }
    }
    assert!(frame(&mut app, 39, 24).starts_with("4 pools, 9 of 15 seats in use"));
}

#[test]
fn a_lost_connection_is_said_and_the_last_answer_stays() {
    let mut app = busy();
    app.take(News::Silent { host: 0, why: "27000@lic1: connection refused (-15)".into() });
    app.now_ms += 65_000;
    app.take(News::Silent { host: 0, why: "27000@lic1: connection refused (-15)".into() });
    app.refresh();
    let text = frame(&mut app, 100, 24);
    assert!(
        text.contains(
            "27000@lic1: connection lost 1m ago, trying again: 27000@lic1: connection refused (-15)"
        ),
        "{text}"
    );
    assert!(text.contains("osman"), "{text}");
    app.take(reply(vec![pool("mill", "11470", 3, 0)]));
    app.refresh();
    let text = frame(&mut app, 100, 24);
    assert!(text.contains("27000@lic1: up, lic1 v0.1.0") && text.contains("nobody has a seat"), "{text}");
}

#[test]
fn several_servers_have_a_line_each_and_the_silent_ones_are_not_hidden() {
    let asked = (0..9).map(|n| format!("2700{n}@lic{n}"));
    let mut app = App::new(Data::new(asked), NOW);
    let News::Answered { reply, .. } = reply(vec![pool("mill", "1", 2, 1)]) else { panic!() };
    for host in 0..8 {
        app.take(News::Answered { host, reply: reply.clone() });
    }
    app.take(News::Silent { host: 8, why: "no answer in 3000 ms".into() });
    app.refresh();
    let text = frame(&mut app, 120, 24);
    assert!(text.contains("27008@lic8: no connection 0s ago, trying again: no answer"), "{text}");
    assert!(text.contains("and 7 more; of all 1 do not answer"), "{text}");
    assert!(text.contains("8 pools, 8 of 16 seats in use"), "{text}");
    assert!(text.contains("SERVER") && text.contains("27003@lic3"), "{text}");
}

#[test]
fn hostile_names_stay_in_their_columns() {
    let evil = [
        "a\u{1b}[2J\u{1b}[31mb",
        "line\nbreak\rcr\ttab",
        "\u{202e}txet",
        "李李李李李李李李李李李李李李李李",
        "e\u{301}\u{301}\u{301}\u{301}x",
        "\u{9b}31m\0nul",
        "👩\u{200d}👩\u{200d}👧\u{fe0f}",
        "> \u{7f}del",
        &"x".repeat(10_000),
        "",
    ];
    let mut full = pool("mi\nll\u{1b}[H", "11\u{7}470", 20, 10);
    full.holders = evil.iter().zip(1..).map(|(name, n)| holder(n, name, name)).collect();
    full.waiting = evil.iter().map(|name| waiting(name, name)).collect();
    let news = [reply(vec![full]), events(evil.iter().map(|name| denied(name, name)).collect())];
    let mut app = app(news);
    for (panel, width) in Panel::ALL.into_iter().flat_map(|panel| [(panel, 80), (panel, 133)]) {
        (app.panel, app.alone) = (panel, true);
        let mut terminal = Terminal::new(TestBackend::new(width, 24)).unwrap();
        let drawn = terminal.draw(|frame| {
            let area = frame.area();
            draw(&mut app, &look(), area, frame.buffer_mut());
        });
        for cell in &drawn.unwrap().buffer.content {
            let symbol = cell.symbol();
            assert!(
                !symbol.chars().any(|c| c.is_control() || c == '\u{202e}' || c == '\u{200d}'),
                "{symbol:?}"
            );
            assert_eq!(symbol.chars().count(), 1, "nothing is put on top of another: {symbol:?}");
        }
        let buffer = terminal.backend().buffer();
        let seats = |y: u16| buffer.cell((49, y)).map(|cell| cell.symbol().to_owned());
        if panel == Panel::Holders && width == 80 {
            // Title, server, heading, columns; then ten rows with the number of seats in one column.
            let ones: Vec<_> = (4..14).filter_map(seats).collect();
            assert_eq!(ones, vec!["1"; 10], "{buffer:?}");
        }
    }
    let ascii = Look { wide: false, ..look() };
    assert!(text(&mut app, &ascii, (80, 24)).is_ascii());
}

#[test]
fn colours_are_the_sixteen_and_left_out_where_they_are_not_wanted() {
    let styles = |look: &Look| {
        let mut app = busy();
        let mut terminal = Terminal::new(TestBackend::new(80, 24)).unwrap();
        let drawn = terminal.draw(|frame| {
            let area = frame.area();
            draw(&mut app, look, area, frame.buffer_mut());
        });
        drawn.unwrap().buffer.content.clone()
    };
    let plain = styles(&look());
    assert!(plain.iter().all(|cell| cell.fg == Color::Reset && cell.bg == Color::Reset));
    assert!(plain.iter().any(|cell| cell.modifier.contains(Modifier::REVERSED)), "the chosen row is seen");
    // A full block with its colours turned round would be as dark as the background.
    let bars = plain.iter().filter(|cell| cell.symbol() == "█");
    let turned = bars.clone().filter(|cell| cell.modifier.contains(Modifier::REVERSED)).count();
    assert_eq!((bars.count() > 10, turned), (true, 0));
    let coloured = styles(&Look { colour: true, ..look() });
    let has = |colour| coloured.iter().any(|cell| cell.fg == colour);
    assert!(has(Color::Red) && has(Color::Green) && has(Color::Cyan));
    assert!(!coloured.iter().any(|cell| matches!(cell.fg, Color::Rgb(..) | Color::Indexed(_))));
}

#[test]
fn ten_thousand_holders_and_a_thousand_pools_scroll() {
    let mut pools: Vec<_> = (0..1000).map(|n| pool(&format!("f{n:04}"), "1", 10_000, n)).collect();
    pools[999].holders = (0..10_000).map(|n| holder(n, &format!("user{n}"), "ws")).collect();
    let mut app = app([reply(pools)]);
    assert_eq!((app.rows(Panel::Pools), app.rows(Panel::Holders)), (1000, 10_000));
    (app.panel, app.alone) = (Panel::Holders, true);
    for _ in 0..500 {
        app.on_key(ratatui::crossterm::event::KeyEvent::from(ratatui::crossterm::event::KeyCode::PageDown));
        frame(&mut app, 120, 50);
    }
    let text = frame(&mut app, 120, 50);
    assert!(text.contains("(10000/10000)") && text.contains("user9999"), "{text}");
}

#[test]
fn what_the_journal_told_is_bounded() {
    let many = (0..DENIALS_MAX + 10).map(|n| denied(&format!("u{n}"), "full")).collect();
    let mut app = app([reply(Vec::new()), events(many)]);
    assert_eq!(app.rows(Panel::Denials), DENIALS_MAX);
    assert_eq!(app.data.denials.front().map(|denial| denial.user.as_str()), Some("u509"), "the latest first");
    app.take(News::Events { cpu_id: "02bb".into(), events: Vec::new() });
    assert!(app.data.denials.is_empty(), "another host's journal tells nothing of this one");
}
