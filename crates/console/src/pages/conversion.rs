//! Conversion of an estate of serial and install numbers: preview side by side, then ask for it or issue it.

use desk::conversion::{self, Preview};
use desk::{Action, Command, Refusal};

use super::page::{Cell, Field, Form, Link, Page, Part, Table, Tone};
use super::words::{Words, w};
use super::{Answer, Answered, Asked, Entry, acts, asks, shows};
use crate::host::{Done, Later};

pub(super) const ROUTES: &[Entry] = &[
    shows("/conversion", Action::PreviewConversion, begin),
    asks("/conversion/preview", Action::PreviewConversion, preview_page, begin).with_files(),
    asks("/conversion/report.csv", Action::PreviewConversion, report, begin).with_files(),
    acts("/conversion/request", Action::RequestConversion, request, begin, to_cases).with_files(),
    acts("/conversion/convert", Action::Convert, convert, begin, to_cases).with_files(),
];

/// Rows that a page shows; the report has all.
const SHOWN: usize = 500;

fn begin(asked: &Asked) -> Answered {
    Ok(Answer::Page(Page {
        title: w!("Conversion"),
        parts: vec![
            Part::Text(w!(
                "An estate of serial and install numbers becomes Configuration IDs. Serial numbers stay attached, and no count changes."
            )),
            Part::Form(form(asked)),
        ],
    }))
}

fn form(asked: &Asked) -> Form {
    let fields = &asked.fields;
    let company = asked.subject().map(|company| company.to_string()).unwrap_or_default();
    Form {
        action: "/conversion/preview".into(),
        fields: vec![
            Field::line("company", w!("Customer number")).with(fields.or("company", &company)).needed(),
            Field::date("prior", w!("The day of the change"))
                .with(fields.get("prior"))
                .hint(w!("The old column is named by it; empty: October 20, 1997.")),
            Field::file("file", w!("The estate as a CSV file")),
            Field::lines("estate", w!("Or its text")).with(fields.raw("estate")),
        ],
        button: w!("Preview"),
        has_file: true,
        ..Form::default()
    }
}

fn estate(asked: &Asked) -> Result<String, Refusal> {
    let text = asked.upload_or("estate")?;
    if text.trim().is_empty() {
        return Err(Refusal::invalid("estate", "choose the CSV file, or paste its text"));
    }
    Ok(text)
}

fn previewed(asked: &Asked) -> Result<(String, Preview), Refusal> {
    let (company, estate) = (asked.company()?, estate(asked)?);
    let prior = asked.fields.date_or_none("prior")?;
    let preview = asked.with(|ctx| conversion::preview(&asked.desk, ctx, &company, &estate, prior))?;
    Ok((estate, preview))
}

fn preview_page(asked: &Asked) -> Later<'_, Answered> {
    Box::pin(async move {
        let (estate, preview) = previewed(asked)?;
        let mut parts = Vec::new();
        if !preview.refusals.is_empty() {
            parts.push(Part::Note(
                Tone::Bad,
                w!("Nothing can be converted: {} findings. Mend them in the file.", preview.refusals.count()),
            ));
            parts.push(Part::Table(findings(w!("Why not"), &preview.refusals)));
        } else if preview.fresh == 0 {
            parts.push(Part::Note(
                Tone::Plain,
                w!("All of it was converted before: nothing would be issued."),
            ));
        }
        if !preview.warnings.is_empty() {
            parts.push(Part::Table(findings(w!("What is odd, and stays as it is"), &preview.warnings)));
        }
        parts.push(Part::Table(side_by_side(&preview)));
        if preview.rows.len() > SHOWN {
            parts.push(Part::Text(w!("{} rows of {}; the report has all.", SHOWN, preview.rows.len())));
        }
        parts.extend(next(asked, &estate, &preview));
        parts.push(Part::Links(vec![Link::new("/conversion", w!("Begin again"))]));
        Ok(Answer::Page(Page { title: w!("Conversion of company {}", preview.company), parts }))
    })
}

fn findings(caption: Words, findings: &conversion::Findings) -> Table {
    Table {
        caption,
        head: vec![w!("What")],
        rows: findings.kept().iter().take(SHOWN).map(|finding| vec![Cell::text(finding)]).collect(),
        empty: w!("Nothing."),
    }
}

fn side_by_side(preview: &Preview) -> Table {
    Table {
        caption: w!("Side by side"),
        head: preview.columns().into_iter().map(Words::data).collect(),
        rows: preview
            .rows
            .iter()
            .take(SHOWN)
            .map(|row| row.cells().into_iter().map(Cell::Text).collect())
            .collect(),
        empty: w!("The estate has no rows."),
    }
}

/// What may be done with a preview: kept as CSV, asked for, or issued.
fn next(asked: &Asked, estate: &str, preview: &Preview) -> Vec<Part> {
    let fields = |more: Vec<Field>| {
        let mut fields = vec![
            Field::hidden("company", &preview.company),
            Field::hidden("prior", asked.fields.get("prior")),
            Field::hidden("estate", estate),
        ];
        fields.extend(more);
        fields
    };
    let form = |action: &str, button: Words, more| {
        Part::Form(Form {
            action: action.into(),
            fields: fields(more),
            button,
            has_file: true,
            ..Form::default()
        })
    };
    let mut parts = vec![form("/conversion/report.csv", w!("Download the report as CSV"), Vec::new())];
    if preview.refusals.is_empty() && preview.fresh > 0 {
        if asked.may(Action::Convert) && asked.host.role().is_vendor() {
            let fingerprint = Field::hidden("preview", &preview.fingerprint);
            parts.push(form("/conversion/convert", w!("Convert: issue these ids"), vec![fingerprint]));
        } else if asked.may(Action::RequestConversion) {
            parts.push(form("/conversion/request", w!("Ask the vendor to convert it"), Vec::new()));
        }
    }
    parts
}

fn report(asked: &Asked) -> Later<'_, Answered> {
    Box::pin(async move {
        let (_, preview) = previewed(asked)?;
        let name = format!("conversion-{}.csv", preview.company);
        Ok(Answer::File { name, kind: "text/csv; charset=utf-8", text: preview.report()? })
    })
}

fn request(asked: &Asked) -> Result<Command, Refusal> {
    Ok(Command::RequestConversion { company: asked.company()?, estate: estate(asked)? })
}

fn convert(asked: &Asked) -> Result<Command, Refusal> {
    Ok(Command::Convert {
        company: asked.company()?,
        estate: estate(asked)?,
        preview: asked.fields.get("preview").to_owned(),
    })
}

fn to_cases(_asked: &Asked, _done: &Done) -> Vec<Link> {
    vec![Link::new("/cases", w!("Cases"))]
}
