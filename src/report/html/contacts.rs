//! How complete the contact data of each unit is.

use std::io::{self, Write};

use super::chart::{number, percent};
use super::escape::html;
use super::readiness::Place;
use crate::scan::{ADDRESS, CONTACT_FIELDS, ContactCounts};
use crate::worksheet::Worksheet;

/// How many units are shown at once.
const SHOWN: usize = 25;

/// What people call each of [`CONTACT_FIELDS`].
const NAMES: [&str; CONTACT_FIELDS.len()] = [
    "Mail",
    "Telephone",
    "Mobile",
    "Title",
    "Department",
    "Company",
    "Office",
    "Manager",
    "Address",
];

/// Contact data by container.
pub(super) fn write(output: &mut impl Write, sheet: &Worksheet) -> io::Result<()> {
    let data = &sheet.scan.contacts;
    writeln!(
        output,
        "<section id=\"contacts\"><h2>Contact data</h2><p>What people will find of each other in \
         the cloud's address book: the share of enabled users who have each attribute. An address \
         counts if {} are all filled. Nothing here stops synchronisation.</p>",
        ADDRESS.join(", ")
    )?;
    if data.0.is_empty() {
        return writeln!(output, "<p>No enabled user was judged.</p></section>");
    }
    let domains: std::collections::BTreeSet<_> = data.0.keys().map(|(domain, _)| *domain).collect();
    let mut rows: Vec<(Place, &ContactCounts)> = data
        .largest_first()
        .into_iter()
        .map(|((domain, path), counts)| {
            let domain = &sheet.scan.domain(*domain).dns_name;
            (Place::new(domain, path), counts)
        })
        .collect();
    let more = rows.split_off(rows.len().min(SHOWN));
    head(output)?;
    row(output, "<strong>All</strong>", &data.total())?;
    for (place, counts) in &rows {
        row(output, &place.cell(domains.len() > 1), counts)?;
    }
    writeln!(output, "</tbody></table></div>")?;
    if !more.is_empty() {
        writeln!(
            output,
            "<details><summary>{} more units</summary>",
            number(more.len() as u64)
        )?;
        head(output)?;
        for (place, counts) in &more {
            row(output, &place.cell(domains.len() > 1), counts)?;
        }
        writeln!(output, "</tbody></table></div></details>")?;
    }
    writeln!(output, "</section>")
}

fn head(output: &mut impl Write) -> io::Result<()> {
    write!(
        output,
        "<div class=\"scroll\" role=\"region\" aria-label=\"Contact data\" tabindex=\"0\">\
         <table class=\"contacts\"><caption>By organisational unit, largest first</caption>\
         <thead><tr><th scope=\"col\">Name</th><th scope=\"col\" class=\"number\">People</th>"
    )?;
    for (name, attribute) in NAMES.into_iter().zip(CONTACT_FIELDS) {
        write!(
            output,
            "<th scope=\"col\" class=\"number\" title=\"{attribute}\">{name}</th>"
        )?;
    }
    writeln!(output, "</tr></thead><tbody>")
}

fn row(output: &mut impl Write, name: &str, counts: &ContactCounts) -> io::Result<()> {
    let people = counts.people;
    write!(
        output,
        "<tr><th scope=\"row\">{name}</th><td class=\"number\">{}</td>",
        number(people)
    )?;
    for filled in counts.filled {
        write!(
            output,
            "<td class=\"number {}\" title=\"{} of {}\">{}</td>",
            look(filled, people),
            html(&number(filled)),
            number(people),
            percent(filled, people)
        )?;
    }
    writeln!(output, "</tr>")
}

/// How a share looks: the number beside says the same.
fn look(filled: u64, people: u64) -> &'static str {
    match filled.saturating_mul(10).checked_div(people) {
        None => "",
        Some(10) => "full",
        Some(8 | 9) => "most",
        Some(5..=7) => "half",
        _ if filled > 0 => "few",
        _ => "empty",
    }
}
