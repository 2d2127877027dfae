//! SVG by hand: a few shapes, and texts that are escaped.

use std::fmt::Write as _;

/// A picture.
#[derive(Debug)]
pub(crate) struct Svg {
    body: String,
    width: f64,
}

/// Colours that can be read on a light and on a dark ground.
const STYLE: &str = "text{font:12px system-ui,sans-serif;fill:#24292f}.t{font-weight:600;font-size:14px}.s{fill:#57606a;\
font-size:11px}.e{text-anchor:end}.m{text-anchor:middle}.g{stroke:#d0d7de;stroke-width:1}.bg{fill:#ffffff}.peak{fill:#0969da;\
fill-opacity:.35}.mean{fill:none;stroke:#0550ae;stroke-width:1.5}.limit{fill:none;stroke:#9a6700;stroke-width:1.5;\
stroke-dasharray:5 3}.bad{fill:#cf222e}.bar{fill:#0969da}.heat{fill:#0969da}@media(prefers-color-scheme:dark){.bg{fill:#0d1117}\
text{fill:#e6edf3}.s{fill:#9198a1}.g{stroke:#30363d}.peak,.bar,.heat{fill:#4493f8}.mean{stroke:#79c0ff}.limit{stroke:#d29922}\
.bad{fill:#f85149}}";

/// The longest text of a label.
const LABEL_MAX: usize = 56;

fn escaped(text: &str) -> String {
    let mut out = String::new();
    let chars = text.chars().count();
    let most = if chars > LABEL_MAX { LABEL_MAX - 1 } else { LABEL_MAX };
    for c in text.chars().take(most) {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('?'),
            c => out.push(c),
        }
    }
    if chars > LABEL_MAX {
        out.push('…');
    }
    out
}

impl Svg {
    pub(crate) fn new(width: f64) -> Self {
        Self { body: String::new(), width }
    }

    /// A text; `class` is one of the style's, or several.
    pub(crate) fn text(&mut self, x: f64, y: f64, class: &str, text: &str) {
        let _ =
            writeln!(self.body, "<text class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\">{}</text>", escaped(text));
    }

    pub(crate) fn line(&mut self, from: (f64, f64), to: (f64, f64), class: &str) {
        let ((x, y), (a, b)) = (from, to);
        let _ = writeln!(self.body, "<path class=\"{class}\" d=\"M{x:.1} {y:.1}L{a:.1} {b:.1}\"/>");
    }

    /// A line through points; `is_area` closes it to the ground.
    pub(crate) fn path(&mut self, points: &[(f64, f64)], class: &str, ground: Option<f64>) {
        let (Some(first), Some(last)) = (points.first(), points.last()) else { return };
        let mut path = String::new();
        for (at, (x, y)) in points.iter().enumerate() {
            let _ = write!(path, "{}{x:.1} {y:.1}", if at == 0 { 'M' } else { 'L' });
        }
        if let Some(y) = ground {
            let _ = write!(path, "L{:.1} {y:.1}L{:.1} {y:.1}Z", last.0, first.0);
        }
        let _ = writeln!(self.body, "<path class=\"{class}\" d=\"{path}\"/>");
    }

    pub(crate) fn rect(&mut self, at: (f64, f64), size: (f64, f64), class: &str, opacity: f64, title: &str) {
        let ((x, y), (w, h)) = (at, size);
        let _ = writeln!(
            self.body,
            "<rect class=\"{class}\" x=\"{x:.1}\" y=\"{y:.1}\" width=\"{w:.1}\" height=\"{h:.1}\" \
             opacity=\"{opacity:.2}\"><title>{}</title></rect>",
            escaped(title)
        );
    }

    pub(crate) fn finish(self, height: f64) -> String {
        let (w, body) = (self.width, self.body);
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {w:.0} {height:.0}\" width=\"{w:.0}\" \
             height=\"{height:.0}\" role=\"img\">\n<style>{STYLE}</style>\n<rect class=\"bg\" width=\"100%\" \
             height=\"100%\"/>\n{body}</svg>\n"
        )
    }
}

/// The next round number, for the top of a scale.
pub(crate) fn round_up(value: f64) -> f64 {
    let mut step = 1.0;
    loop {
        for factor in [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0] {
            if value <= step * factor {
                return step * factor;
            }
        }
        step *= 10.0;
        if step > 1e15 {
            return value;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_becomes_a_shape() {
        let mut svg = Svg::new(100.0);
        svg.text(1.0, 2.0, "s", "<script>alert('a\"&b')</script>\u{1b}[2J");
        svg.rect((0.0, 0.0), (1.0, 1.0), "bar", 1.0, &"x".repeat(10_000));
        let text = svg.finish(50.0);
        assert!(
            !text.contains("<script") && text.contains("&lt;script&gt;") && !text.contains('\u{1b}'),
            "{text}"
        );
        assert!(text.len() < 4_000);
        for (value, top) in [(0.0, 1.0), (1.0, 1.0), (7.0, 8.0), (41.0, 50.0), (101.0, 200.0)] {
            assert!((round_up(value) - top).abs() < 1e-9, "{value}");
        }
    }
}
