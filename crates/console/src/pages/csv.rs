//! Tables as CSV: for spreadsheets, which must not take a cell for a formula.

/// A table as CSV: RFC 4180, and a `'` before what a spreadsheet would calculate (`=`, `+`, `-`, `@`, tab,
/// carriage return).
pub(crate) fn csv<R, C>(head: &[&str], rows: R) -> String
where
    R: IntoIterator<Item = C>,
    C: IntoIterator<Item = String>,
{
    let mut out = String::new();
    line(&mut out, head.iter().map(|cell| (*cell).to_owned()));
    for row in rows {
        line(&mut out, row);
    }
    out
}

fn line(out: &mut String, cells: impl IntoIterator<Item = String>) {
    for (at, cell) in cells.into_iter().enumerate() {
        if at > 0 {
            out.push(',');
        }
        out.push_str(&shown(&cell));
    }
    out.push_str("\r\n");
}

fn shown(cell: &str) -> String {
    let is_formula = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let cell = if is_formula { format!("'{cell}") } else { cell.to_owned() };
    if cell.contains(['"', ',', '\n', '\r']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wc_03_a_cell_is_never_a_formula() {
        for (cell, written) in [
            ("=cmd|'/c calc'!A1", "'=cmd|'/c calc'!A1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "\"'\r=1\""),
            ("a,b", "\"a,b\""),
            ("a\"b", "\"a\"\"b\""),
            ("=\"a\",b", "\"'=\"\"a\"\",b\""),
            ("plain", "plain"),
            ("", ""),
        ] {
            assert_eq!(shown(cell), written, "{cell:?}");
        }
    }

    #[test]
    fn a_table_has_a_head_and_lines_that_end_as_the_rule_says() {
        let rows = [["mill".to_owned(), "5".into()], ["lathe".into(), "=2".into()]];
        assert_eq!(csv(&["feature", "seats"], rows), "feature,seats\r\nmill,5\r\nlathe,'=2\r\n");
    }
}
