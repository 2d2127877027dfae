//! Tables as CSV (RFC 4180), safe to open in a spreadsheet.

/// A table as CSV. A cell that a spreadsheet would take for a formula (it begins with `=`, `+`, `-`, `@`, a tab or
/// a carriage return) is preceded by `'`.
#[must_use]
pub fn csv<C: AsRef<str>>(head: &[&str], rows: impl IntoIterator<Item = Vec<C>>) -> String {
    let mut out = String::new();
    line(&mut out, head.iter().copied());
    for row in rows {
        line(&mut out, row.iter().map(AsRef::as_ref));
    }
    out
}

fn line<'a>(out: &mut String, cells: impl Iterator<Item = &'a str>) {
    for (place, cell) in cells.enumerate() {
        if place > 0 {
            out.push(',');
        }
        put(out, cell);
    }
    out.push_str("\r\n");
}

fn put(out: &mut String, cell: &str) {
    let prefix = if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { "'" } else { "" };
    if cell.contains(['"', ',', '\n', '\r']) {
        out.push('"');
        out.push_str(prefix);
        out.push_str(&cell.replace('"', "\"\""));
        out.push('"');
    } else {
        out.push_str(prefix);
        out.push_str(cell);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wc_03_a_cell_is_never_a_formula() {
        for (cell, shown) in [
            ("mill", "mill"),
            ("=cmd|'/c calc'!A1", "'=cmd|'/c calc'!A1"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "\"'\r=1\""),
            ("a,b", "\"a,b\""),
            ("=\"a\",b", "\"'=\"\"a\"\",b\""),
            ("a\nb", "\"a\nb\""),
            ("", ""),
        ] {
            assert_eq!(csv(&["head"], [vec![cell]]), format!("head\r\n{shown}\r\n"), "{cell:?}");
        }
        assert_eq!(csv(&["a", "b"], [vec!["1", "2"], vec!["3", "4"]]), "a,b\r\n1,2\r\n3,4\r\n");
    }
}
