//! Text in cells of a terminal: whatever a name has in it, it keeps to its column.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::Span;

/// Characters of a name that are looked at.
const CHARS_MAX: usize = 300;

/// What the terminal can show.
#[derive(Debug, Clone)]
pub(super) struct Look {
    pub(super) colour: bool,
    /// Characters beyond ASCII.
    pub(super) wide: bool,
    pub(super) zone: TimeZone,
}

impl Look {
    /// As the environment says: NO_COLOR, and the locale's character set.
    pub(super) fn of_environment() -> Self {
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let locale = set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG")).unwrap_or_default();
        let locale = locale.to_ascii_lowercase();
        Self {
            colour: set("NO_COLOR").is_none(),
            wide: locale.contains("utf-8") || locale.contains("utf8"),
            zone: TimeZone::system(),
        }
    }

    /// A style in one of the 16 colours, which are left out where there are none.
    pub(super) fn style(&self, colour: Color) -> Style {
        if self.colour { Style::new().fg(colour) } else { Style::new() }
    }

    pub(super) fn bold(&self) -> Style {
        Style::new().add_modifier(Modifier::BOLD)
    }

    /// What a bar is made of: used, reserved, free.
    pub(super) fn bar(&self) -> [char; 3] {
        if self.wide { ['█', '▒', '·'] } else { ['#', '=', '.'] }
    }

    pub(super) fn rule(&self) -> char {
        if self.wide { '─' } else { '-' }
    }

    /// A time of the day, or a day before.
    pub(super) fn moment(&self, ms: i64, format: &str) -> String {
        let at = Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(self.zone.clone());
        at.strftime(format).to_string()
    }

    /// Text that is safe, and no wider than so many cells. What is cut ends in `~`.
    pub(super) fn fit(&self, text: &str, width: usize) -> String {
        let mut fitted = String::new();
        let (mut used, mut last) = (0, 0);
        for c in client::shown(text, CHARS_MAX).chars() {
            let c = if self.wide || c.is_ascii() { c } else { '?' };
            // What has no width of its own changes its neighbour, or nothing that is seen.
            let (c, wide) = match cells(c) {
                0 => ('?', 1),
                wide => (c, wide),
            };
            if used + wide > width {
                // The last place is the sign's that there is more.
                while used >= width && used > 0 {
                    used -= fitted.pop().map_or(used, cells);
                }
                if width > 0 {
                    fitted.push('~');
                }
                return fitted;
            }
            fitted.push(c);
            used += wide;
            last = last.max(used);
        }
        fitted
    }
}

/// Cells of a character.
fn cells(c: char) -> usize {
    let mut buffer = [0; 4];
    let text: &str = c.encode_utf8(&mut buffer);
    Span::raw(text).width()
}

/// A length of time in six characters at most.
pub(super) fn lasted(ms: i64) -> String {
    let seconds = ms.max(0) / 1000;
    match seconds {
        0..60 => format!("{seconds}s"),
        60..3_600 => format!("{}m", seconds / 60),
        3_600..86_400 => format!("{}h{:02}", seconds / 3_600, seconds % 3_600 / 60),
        86_400..8_640_000 => format!("{}d{:02}h", seconds / 86_400, seconds % 86_400 / 3_600),
        _ => format!("{}d", seconds / 86_400),
    }
}

/// A column of a table.
#[derive(Debug, Clone, Copy)]
pub(super) struct Column {
    pub(super) title: &'static str,
    pub(super) width: usize,
    pub(super) right: bool,
}

impl Column {
    pub(super) fn left(title: &'static str, width: usize) -> Self {
        Self { title, width, right: false }
    }

    pub(super) fn right(title: &'static str, width: usize) -> Self {
        Self { title, width, right: true }
    }
}

/// Writes one line of cells, each in its column.
pub(super) fn line(
    buffer: &mut Buffer,
    area: Rect,
    columns: &[Column],
    cells: &[(String, Style)],
    look: &Look,
) {
    let mut x = usize::from(area.x);
    let end = usize::from(area.right());
    for (column, (text, style)) in columns.iter().zip(cells) {
        let width = column.width.min(end.saturating_sub(x));
        let text = look.fit(text, width);
        let used = Span::raw(text.as_str()).width();
        let from = if column.right { x + width.saturating_sub(used) } else { x };
        put(buffer, from, area.y, &text, width, *style);
        x += column.width + 1;
    }
}

/// Writes text that fits.
pub(super) fn put(buffer: &mut Buffer, x: usize, y: u16, text: &str, width: usize, style: Style) {
    let area = *buffer.area();
    if let Ok(x) = u16::try_from(x)
        && x < area.right()
        && y < area.bottom()
    {
        buffer.set_stringn(x, y, text, width, style);
    }
}
