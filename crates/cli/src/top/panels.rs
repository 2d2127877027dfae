//! What stands in each panel: its columns, and the cells of a row.

use proto::v1::{Holder, Keeping, PoolStatus, Standing};
use ratatui::style::{Color, Style};

use super::app::{App, Panel};
use super::cells::{Column, Look, lasted};
use super::lists::{PoolAt, days_left};

/// The title of the column with the bars.
pub(super) const BAR: &str = "USE";

/// A cell, and how it looks.
pub(super) type Cell = (String, Style);

/// The columns of a panel that is so wide.
pub(super) fn columns(app: &App, panel: Panel, width: usize) -> Vec<Column> {
    let (left, right) = (Column::left, Column::right);
    let mut columns = match panel {
        Panel::Pools => return pool_columns(app, width),
        Panel::Holders => vec![
            left("USER", 12),
            left("HOST", 14),
            left("ADDRESS", 15),
            right("SEATS", 5),
            left("SINCE", 11),
            right("FOR", 6),
            left("HOW", 9),
        ],
        Panel::Queue => vec![
            right("PLACE", 5),
            left("FEATURE", 20),
            left("USER", 12),
            left("HOST", 14),
            right("SEATS", 5),
            right("PRIORITY", 8),
            right("WAITS", 6),
        ],
        Panel::Denials => vec![
            left("WHEN", 11),
            left("FEATURE", 12),
            left("USER", 10),
            left("HOST", 9),
            right("CODE", 4),
            left("REASON", 20),
        ],
    };
    let stretched: &[(usize, usize)] = match panel {
        Panel::Holders => &[(6, 1), (1, 1), (0, 1)],
        Panel::Queue => &[(1, 1), (3, 1), (2, 1)],
        _ => &[(5, 8), (1, 1), (3, 1)],
    };
    stretch(&mut columns, width, stretched);
    columns
}

/// Gives what is left of the width to some columns, by their shares; where it is too small, the last of
/// the columns are left out.
fn stretch(columns: &mut Vec<Column>, width: usize, shares: &[(usize, usize)]) {
    let used =
        |columns: &[Column]| columns.iter().map(|column| column.width + 1).sum::<usize>().saturating_sub(1);
    // Of the last a half must be seen.
    let half = |columns: &[Column]| columns.last().map_or(0, |column| column.width / 2);
    while columns.len() > 2 && used(columns) > width + half(columns) {
        columns.pop();
    }
    let extra = width.saturating_sub(used(columns));
    let whole: usize = shares.iter().map(|(_, share)| share).sum();
    for (at, share) in shares {
        if let Some(column) = columns.get_mut(*at) {
            column.width += extra * share / whole.max(1);
        }
    }
}

fn pool_columns(app: &App, width: usize) -> Vec<Column> {
    let (left, right) = (Column::left, Column::right);
    let is_narrow = width < 50;
    let mut columns = vec![left("FEATURE", if is_narrow { 10 } else { 16 })];
    if width >= 100 {
        columns.push(left("VERSION", 8));
        columns.push(left("VENDOR", 10));
    }
    if width >= 76 {
        columns.push(left("CONFIG", 8));
    }
    if app.data.hosts.len() > 1 && width >= 100 {
        columns.push(left("SERVER", 16));
    }
    let bar = columns.len();
    columns.extend([left(BAR, if is_narrow { 6 } else { 10 }), right("IN USE", 11)]);
    if width >= 76 {
        columns.extend([right("RESV", 5), right("BORR", 5), right("QUEUE", 5)]);
    }
    columns.push(right("LEFT", 8));
    stretch(&mut columns, width, &[(bar, 3), (0, 2)]);
    // Beyond this a bar only becomes longer.
    if let Some(column) = columns.get_mut(bar) {
        column.width = column.width.min(60);
    }
    columns
}

/// The cells of a row, for the columns of its panel.
pub(super) fn cells(app: &App, panel: Panel, row: usize, columns: &[Column], look: &Look) -> Vec<Cell> {
    let found = match panel {
        Panel::Pools => pool_cells(app, row, columns, look),
        Panel::Holders => holder_cells(app, row, look),
        Panel::Queue => queue_cells(app, row),
        Panel::Denials => denial_cells(app, row, look),
    };
    found.unwrap_or_default()
}

#[expect(clippy::needless_pass_by_value, reason = "numbers and names are given as they come")]
fn plain(text: impl ToString) -> Cell {
    (text.to_string(), Style::new())
}

fn pool_cells(app: &App, row: usize, columns: &[Column], look: &Look) -> Option<Vec<Cell>> {
    let at = *app.lists.pools.get(row)?;
    let pool = app.pool(at)?;
    let name = pool.pool.clone().unwrap_or_default();
    let style = look.style(fullness(pool));
    let cell = |column: &Column| match column.title {
        "FEATURE" => plain(&name.feature),
        "VERSION" => plain(&pool.license_version),
        "VENDOR" => plain(&name.vendor),
        "CONFIG" => plain(&name.config_id),
        "SERVER" => plain(app.host(at).map_or("", |host| &host.asked)),
        BAR => (bar(pool, column.width, look), style),
        "IN USE" => (in_use(pool), style),
        "RESV" => count(reserved(pool)),
        "BORR" => count(pool.borrowed.into()),
        "QUEUE" => count(pool.waiting.len() as u64),
        _ => left_cell(app, at, pool, look),
    };
    Some(columns.iter().map(cell).collect())
}

/// A number; nothing where it is 0.
fn count(n: u64) -> Cell {
    plain(if n == 0 { String::new() } else { n.to_string() })
}

fn in_use(pool: &PoolStatus) -> String {
    if pool.uncounted { format!("{}/any", pool.in_use) } else { format!("{}/{}", pool.in_use, pool.capacity) }
}

fn reserved(pool: &PoolStatus) -> u64 {
    pool.reservations.iter().map(|reservation| u64::from(reservation.seats)).sum()
}

/// Green while there is room, yellow from 80 %, red when it is full.
fn fullness(pool: &PoolStatus) -> Color {
    let (used, all) = (u64::from(pool.in_use) + reserved(pool), u64::from(pool.capacity));
    match () {
        () if pool.uncounted => Color::Green,
        () if used >= all => Color::Red,
        () if used * 5 >= all * 4 => Color::Yellow,
        () => Color::Green,
    }
}

/// Seats in use, then reserved ones, then free ones.
fn bar(pool: &PoolStatus, width: usize, look: &Look) -> String {
    if pool.uncounted {
        return String::new();
    }
    let kept = reserved(pool);
    let whole = u64::from(pool.capacity).max(u64::from(pool.in_use) + kept).max(1);
    // Whatever is not nothing is seen.
    let part = |n: u64| {
        let cells = (u128::from(n) * width as u128 + u128::from(whole) / 2) / u128::from(whole);
        usize::try_from(cells).unwrap_or(width).max(usize::from(n > 0)).min(width)
    };
    let used = part(pool.in_use.into());
    let kept = part(kept).min(width - used);
    let [full, reserved, free] = look.bar();
    let cells = [(full, used), (reserved, kept), (free, width - used - kept)];
    cells.iter().flat_map(|(sign, n)| std::iter::repeat_n(*sign, *n)).collect()
}

fn left_cell(app: &App, at: PoolAt, pool: &PoolStatus, look: &Look) -> Cell {
    let red = look.style(Color::Red);
    match pool.standing() {
        Standing::Expired => return ("expired".into(), red),
        Standing::NotYet => return ("not yet".into(), look.style(Color::Yellow)),
        Standing::Unlicensed => return ("gone".into(), red),
        _ => {}
    }
    let now = app.host(at).and_then(|host| host.reply.as_ref()).map_or(0, |reply| reply.now_ms);
    match days_left(pool, now) {
        None => plain("no end"),
        Some(0) => ("today".into(), red),
        Some(1) => ("1 day".into(), red),
        Some(days) if days < 0 => ("expired".into(), red),
        Some(days) => {
            (format!("{days} days"), look.style(if days < 30 { Color::Yellow } else { Color::Reset }))
        }
    }
}

fn holder_cells(app: &App, row: usize, look: &Look) -> Option<Vec<Cell>> {
    let holder = app.holder(row)?;
    let host = app.host(app.chosen()?)?;
    let now = host.reply.as_ref().map_or(app.now_ms, |reply| reply.now_ms);
    let how = how(holder, now, look);
    Some(vec![
        plain(&holder.user),
        plain(&holder.host),
        plain(if holder.address.is_empty() { "-" } else { &holder.address }),
        plain(holder.seats),
        plain(look.moment(holder.since_ms, "%m-%d %H:%M")),
        plain(lasted(now - holder.since_ms)),
        (how, look.style(Color::Cyan)),
    ])
}

/// What is not as usual with a seat.
fn how(holder: &Holder, now_ms: i64, look: &Look) -> String {
    let until = look.moment(holder.kept_until_ms, "%m-%d %H:%M");
    let mut how = match holder.keeping() {
        Keeping::Borrowed => format!("borrowed until {until}"),
        Keeping::Lingering => format!("lingers until {until}"),
        Keeping::Booked => format!("booked for {} until {until}", holder.job),
        Keeping::Revoked => "to be returned".to_owned(),
        _ => String::new(),
    };
    let idle = format!("idle {}", lasted(now_ms - holder.idle_since_ms));
    for (is, word) in [(holder.held, "held"), (holder.idle_since_ms > 0, idle.as_str())] {
        if is {
            how = if how.is_empty() { word.to_owned() } else { format!("{how}, {word}") };
        }
    }
    how
}

fn queue_cells(app: &App, row: usize) -> Option<Vec<Cell>> {
    let (at, place, waiting) = app.waiting(row)?;
    let name = app.pool(at)?.pool.clone().unwrap_or_default();
    let now = app.host(at)?.reply.as_ref().map_or(app.now_ms, |reply| reply.now_ms);
    Some(vec![
        plain(place + 1),
        plain(name.feature),
        plain(&waiting.user),
        plain(&waiting.host),
        plain(waiting.seats),
        plain(waiting.priority),
        plain(lasted(now - waiting.since_ms)),
    ])
}

fn denial_cells(app: &App, row: usize, look: &Look) -> Option<Vec<Cell>> {
    let denial = app.data.denials.get(*app.lists.denials.get(row)?)?;
    let day = |ms| look.moment(ms, "%F");
    let is_today = day(denial.time_ms) == day(app.now_ms);
    Some(vec![
        plain(look.moment(denial.time_ms, if is_today { "%H:%M:%S" } else { "%m-%d %H:%M" })),
        plain(&denial.feature),
        plain(&denial.user),
        plain(&denial.host),
        (denial.code.clone(), look.style(Color::Red)),
        plain(&denial.reason),
    ])
}
