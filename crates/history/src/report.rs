//! Reports.
/// A field of a line of comma-separated values: quoted where it must be, and never a formula.
#[must_use]
pub fn csv_field(text: &str) -> std::borrow::Cow<'_, str> {
    let is_formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if !is_formula && !text.contains([',', '"', '\n', '\r']) {
        return text.into();
    }
    let quote = if is_formula { "'" } else { "" };
    format!("\"{quote}{}\"", text.replace('"', "\"\"")).into()
}
