//! A frame. Only rows that are seen are made, so it costs the same whatever there is.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};

use super::app::{App, Panel};
use super::cells::{Column, Look, lasted, line, put};
use super::panels;

/// Below this there is room for one line only.
const WIDTH_MIN: u16 = 40;
const HEIGHT_MIN: u16 = 8;
/// From this on there is room for all panels.
const ALL_MIN: u16 = 15;

const HELP: [&str; 14] = [
    "up, down, j, k     a row up or down; page up, page down, home, end, g, G",
    "Tab, Shift-Tab     the next panel, the one before",
    "Enter              the holders of the pool; a panel alone, or beside the others",
    "Esc                a step back: the other panels, no filter, the pools",
    "/                  only what has a text in it: a feature, user, host, server",
    "s                  sort pools by use, name or days left",
    "?, h               this help",
    "q, Ctrl-C          end",
    "",
    "USE                in use, reserved, free: yellow from 80 %, red when full",
    "LEFT               days until the license ends",
    "ADDRESS, denials   are told by the license host's journal, to its administrator",
    "",
    "Any key goes back.",
];

/// Draws everything.
pub(super) fn draw(app: &mut App, look: &Look, area: Rect, buffer: &mut Buffer) {
    if area.width < WIDTH_MIN || area.height < HEIGHT_MIN {
        return tiny(app, look, area, buffer);
    }
    let width = usize::from(area.width);
    title(app, look, area, buffer);
    let mut y = area.y + 1;
    let hosts = host_lines(app, look, if area.height < 30 { 3 } else { 8 }, width);
    for (text, style) in hosts {
        put(buffer, area.x.into(), y, &look.fit(&text, width), width, style);
        y += 1;
    }
    let foot = area.bottom() - 1;
    footer(app, look, Rect { y: foot, height: 1, ..area }, buffer);
    let body = Rect { y, height: foot.saturating_sub(y), ..area };
    if app.help {
        return help(look, body, buffer);
    }
    for (which, place) in places(app, body) {
        panel(app, which, look, place, buffer);
    }
}

/// The most important numbers, where there is room for nothing else.
fn tiny(app: &App, look: &Look, area: Rect, buffer: &mut Buffer) {
    let width = usize::from(area.width);
    let lines = [totals(app), format!("needs {WIDTH_MIN}x{HEIGHT_MIN}")];
    for (y, text) in (area.y..area.bottom()).zip(lines) {
        put(buffer, area.x.into(), y, &look.fit(&text, width), width, Style::new());
    }
}

fn totals(app: &App) -> String {
    let pools =
        || app.data.hosts.iter().filter_map(|host| host.reply.as_ref()).flat_map(|reply| &reply.pools);
    let used: u64 = pools().map(|pool| u64::from(pool.in_use)).sum();
    let all: u64 = pools().filter(|pool| !pool.uncounted).map(|pool| u64::from(pool.capacity)).sum();
    let waiting: usize = pools().map(|pool| pool.waiting.len()).sum();
    let n = pools().count();
    format!("{n} pool{}, {used} of {all} seats in use, {waiting} waiting", if n == 1 { "" } else { "s" })
}

fn title(app: &App, look: &Look, area: Rect, buffer: &mut Buffer) {
    let width = usize::from(area.width);
    let text = look.fit(&format!("seatkeeper top: {}", totals(app)), width);
    put(buffer, area.x.into(), area.y, &text, width, look.bold());
    let clock = look.moment(app.now_ms, "%H:%M:%S");
    if text.len() + clock.len() + 2 <= width {
        put(buffer, usize::from(area.right()) - clock.len(), area.y, &clock, clock.len(), look.bold());
    }
}

/// A line for each license host; where they are too many, those that do not answer come first.
fn host_lines(app: &App, look: &Look, most: usize, width: usize) -> Vec<(String, Style)> {
    let hosts = &app.data.hosts;
    let mut order: Vec<usize> = (0..hosts.len()).collect();
    if hosts.len() > most {
        order.sort_by_key(|at| hosts.get(*at).is_none_or(|host| host.trouble.is_none()));
    }
    let shown = if hosts.len() > most { most - 1 } else { most };
    let mut lines: Vec<_> = order
        .iter()
        .take(shown)
        .filter_map(|at| Some(host_line(app, hosts.get(*at)?, look, width)))
        .collect();
    if hosts.len() > shown {
        let silent = hosts.iter().filter(|host| host.trouble.is_some()).count();
        let text = format!("and {} more; of all {} do not answer", hosts.len() - shown, silent);
        lines.push((text, Style::new()));
    }
    lines
}

fn host_line(app: &App, host: &super::data::Host, look: &Look, width: usize) -> (String, Style) {
    let asked = look.fit(&host.asked, width / 2);
    match (&host.trouble, &host.reply) {
        (Some(trouble), known) => {
            let since = lasted(app.now_ms - trouble.since_ms);
            let lost = if known.is_some() { "connection lost" } else { "no connection" };
            (format!("{asked}: {lost} {since} ago, trying again: {}", trouble.why), look.style(Color::Red))
        }
        (None, Some(reply)) => {
            let server = reply.server.clone().unwrap_or_default();
            let down: Vec<_> =
                reply.vendors.iter().filter(|vendor| !vendor.up).map(|vendor| vendor.name.as_str()).collect();
            let down = if down.is_empty() { String::new() } else { format!(", down: {}", down.join(" ")) };
            (format!("{asked}: up, {} v{}{down}", server.host, server.version), look.style(Color::Green))
        }
        (None, None) => (format!("{asked}: asking"), Style::new()),
    }
}

fn footer(app: &App, look: &Look, area: Rect, buffer: &mut Buffer) {
    let width = usize::from(area.width);
    let text = if app.typing {
        format!("/{}_   Enter keeps it, Esc takes it away", app.filter)
    } else if app.filter.is_empty() {
        "q end  ? help  Tab panel  Enter holders  / filter  s sort".to_owned()
    } else {
        format!("only with \"{}\" (Esc: all)   q end  ? help", app.filter)
    };
    put(buffer, area.x.into(), area.y, &look.fit(&text, width), width, look.style(Color::Cyan));
}

fn help(look: &Look, area: Rect, buffer: &mut Buffer) {
    let width = usize::from(area.width);
    for (y, text) in (area.y..area.bottom()).zip(HELP) {
        put(buffer, area.x.into(), y, &look.fit(text, width), width, Style::new());
    }
}

/// Which panels are seen, and where.
fn places(app: &App, body: Rect) -> Vec<(Panel, Rect)> {
    if app.alone || body.height < ALL_MIN {
        return vec![(app.panel, body)];
    }
    // A title, the columns' names and the rows.
    let wants = Panel::ALL.map(|panel| u16::try_from(app.rows(panel).max(1) + 2).unwrap_or(u16::MAX));
    let mut heights = [4, 4, 3, 4].map(|least: u16| least);
    let mut left = body.height - heights.iter().sum::<u16>();
    while left > 0 {
        let before = left;
        // Pools and holders grow twice as fast.
        for at in [0, 1, 0, 1, 2, 3] {
            let wanted: u16 = wants.get(at).copied().unwrap_or(0);
            if let Some(height) = heights.get_mut(at).filter(|height| left > 0 && **height < wanted) {
                *height += 1;
                left -= 1;
            }
        }
        if left == before {
            break;
        }
    }
    let mut y = body.y;
    let place = |(panel, height): (Panel, u16)| {
        let place = Rect { y, height, ..body };
        y += height;
        (panel, place)
    };
    Panel::ALL.into_iter().zip(heights).map(place).collect()
}

fn panel(app: &mut App, panel: Panel, look: &Look, area: Rect, buffer: &mut Buffer) {
    let width = usize::from(area.width);
    let focused = app.panel == panel;
    let page = usize::from(area.height.saturating_sub(2));
    app.seen(panel, page);
    let heading = heading(app, panel, look);
    let heading = look.fit(&heading, width.saturating_sub(2));
    let rule: String = std::iter::repeat_n(look.rule(), width).collect();
    let bright = if focused { look.style(Color::Cyan).add_modifier(Modifier::BOLD) } else { Style::new() };
    put(buffer, area.x.into(), area.y, &rule, width, bright);
    put(buffer, usize::from(area.x) + 1, area.y, &format!("{heading} "), width - 1, bright);
    let rows = app.rows(panel);
    if rows == 0 {
        let text = look.fit(&nothing(app, panel), width.saturating_sub(1));
        put(buffer, usize::from(area.x) + 1, area.y + 1, &text, width - 1, Style::new());
        return;
    }
    let inner = Rect { x: area.x + 1, width: area.width - 1, height: 1, ..area };
    let columns = panels::columns(app, panel, width - 1);
    let heads: Vec<_> = columns.iter().map(|column| (column.title.to_owned(), look.bold())).collect();
    line(buffer, Rect { y: area.y + 1, ..inner }, &columns, &heads, look);
    let mark = app.mark(panel);
    for (y, row) in (area.y + 2..area.bottom()).zip(mark.top..rows) {
        let cells = panels::cells(app, panel, row, &columns, look);
        line(buffer, Rect { y, ..inner }, &columns, &cells, look);
        // The chosen pool is marked on whichever panel one is.
        if row == mark.at && (focused || panel == Panel::Pools) {
            put(buffer, area.x.into(), y, ">", 1, look.bold());
            if focused {
                choose(buffer, Rect { y, height: 1, ..area }, &columns);
            }
        }
    }
}

/// Turns the colours of a row round, but those of its bar: a full block would lose its own.
fn choose(buffer: &mut Buffer, row: Rect, columns: &[Column]) {
    buffer.set_style(row, Style::new().add_modifier(Modifier::REVERSED));
    let Some(at) = columns.iter().position(|column| column.title == panels::BAR) else { return };
    let cells = |columns: &[Column]| columns.iter().map(|column| column.width + 1).sum::<usize>();
    let x = u16::try_from(cells(columns.get(..at).unwrap_or_default()) + 1).unwrap_or(u16::MAX);
    let width = columns.get(at).map_or(0, |column| u16::try_from(column.width).unwrap_or(u16::MAX));
    let bar = Rect { x: row.x.saturating_add(x), width, ..row };
    buffer.set_style(bar.intersection(row), Style::new().remove_modifier(Modifier::REVERSED));
}

fn heading(app: &App, panel: Panel, look: &Look) -> String {
    let (rows, mark) = (app.rows(panel), app.mark(panel));
    let shown =
        if rows > mark.page && rows > 0 { format!("{}/{rows}", mark.at + 1) } else { rows.to_string() };
    match panel {
        Panel::Pools => format!("Pools ({shown}) by {}", app.sort.word()),
        Panel::Holders => {
            let name = app.chosen().and_then(|at| app.pool(at)?.pool.clone()).unwrap_or_default();
            let of = match name.feature.as_str() {
                "" => String::new(),
                feature => {
                    format!(" of {}, configuration {}", look.fit(feature, 30), look.fit(&name.config_id, 20))
                }
            };
            format!("Holders{of} ({shown})")
        }
        Panel::Queue => format!("Queue ({shown})"),
        Panel::Denials => format!("Denials ({shown})"),
    }
}

/// What is said where there is no row.
fn nothing(app: &App, panel: Panel) -> String {
    let filtered = !app.filter.is_empty();
    let answered = app.data.hosts.iter().any(|host| host.reply.is_some());
    match panel {
        Panel::Denials => match &app.data.untold {
            Some(why) => format!("not told: {why}"),
            None if filtered => "none with this text".to_owned(),
            None => "nobody was denied".to_owned(),
        },
        _ if filtered => "none with this text".to_owned(),
        _ if !answered => "no server has answered yet".to_owned(),
        Panel::Pools => "nothing is licensed here".to_owned(),
        Panel::Holders => "nobody has a seat".to_owned(),
        Panel::Queue => "nobody waits".to_owned(),
    }
}
