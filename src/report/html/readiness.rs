//! How ready each domain and each organisational unit is.

use std::cmp::Reverse;
use std::io::{self, Write};

use super::chart::{bar, number, percent};
use super::escape::html;
use crate::worksheet::{Readiness, Worksheet};

/// How many units are shown at once.
const SHOWN: usize = 15;

/// The name of a container, as far as it is needed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    domain: String,
    path: String,
}

impl Place {
    pub(super) fn new(domain: &str, path: &str) -> Self {
        Self {
            domain: domain.to_owned(),
            path: path.to_owned(),
        }
    }

    /// The name as a cell; the domain is told only if it is not clear.
    pub(super) fn cell(&self, many_domains: bool) -> String {
        match (self.path.as_str(), many_domains) {
            ("", _) => html(&self.domain),
            (path, false) => html(path),
            (path, true) => format!(
                "{} <span class=\"soft\">{}</span>",
                html(path),
                html(&self.domain)
            ),
        }
    }

    /// What the search of the table finds it by.
    fn search(&self) -> String {
        let name = [self.domain.as_str(), self.path.as_str()].join("/");
        format!("\"{}\"", name.replace('"', "").trim_end_matches('/'))
    }
}

/// Readiness by domain and by container.
pub(super) fn write(output: &mut impl Write, sheet: &Worksheet) -> io::Result<()> {
    writeln!(
        output,
        "<section id=\"readiness\"><h2>Readiness</h2><p>Ready: no finding, or hygiene only. \
         Degraded: a value is left out or changed. Not ready: the object is refused, or arrives \
         without a value that somebody needs. Worst first.</p>"
    )?;
    let mut domains: Vec<(Place, Readiness)> = Vec::new();
    let mut containers: Vec<(Place, Readiness)> = Vec::new();
    for ((domain, path), one) in &sheet.readiness() {
        let name = &sheet.scan.domain(*domain).dns_name;
        match domains.last_mut() {
            Some((last, sum)) if last.domain == *name => sum.add(one),
            _ => domains.push((Place::new(name, ""), *one)),
        }
        containers.push((Place::new(name, path), *one));
    }
    for places in [&mut domains, &mut containers] {
        places.sort_by_cached_key(|(place, one)| {
            (Reverse((one.blocked, one.degraded)), place.clone())
        });
    }
    let many = domains.len() > 1;
    table(output, "By domain", &domains, many)?;
    let (first, more) = containers.split_at(containers.len().min(SHOWN));
    table(output, "By organisational unit", first, many)?;
    if !more.is_empty() {
        writeln!(
            output,
            "<details><summary>{} more units</summary>",
            number(more.len() as u64)
        )?;
        table(output, "By organisational unit, the others", more, many)?;
        writeln!(output, "</details>")?;
    }
    writeln!(output, "</section>")
}

fn table(
    output: &mut impl Write,
    caption: &str,
    rows: &[(Place, Readiness)],
    many_domains: bool,
) -> io::Result<()> {
    writeln!(
        output,
        "<table class=\"readiness\"><caption>{caption}</caption><thead><tr><th scope=\"col\">Name</th>\
         <th scope=\"col\" class=\"number\">Objects</th><th scope=\"col\" class=\"number\">Not ready</th>\
         <th scope=\"col\" class=\"number\">Degraded</th><th scope=\"col\" class=\"number\">Ready</th>\
         <th scope=\"col\" class=\"wide\"><span class=\"hidden\">Shares</span></th></tr></thead><tbody>"
    )?;
    for (place, one) in rows {
        let parts = [
            ("ready", one.ready()),
            ("degraded", one.degraded),
            ("blocked", one.blocked),
        ];
        let name = place.cell(many_domains);
        let name = if one.ready() < one.judged {
            let search = html(&place.search());
            format!("<a href=\"#findings\" data-search=\"{search}\">{name}</a>")
        } else {
            name
        };
        writeln!(
            output,
            "<tr><th scope=\"row\">{name}</th><td class=\"number\">{}</td><td class=\"number\">{}</td>\
             <td class=\"number\">{}</td><td class=\"number\">{}</td><td class=\"wide\">{}</td></tr>",
            number(one.judged),
            number(one.blocked),
            number(one.degraded),
            percent(one.ready(), one.judged),
            bar(&parts, one.judged)
        )?;
    }
    writeln!(output, "</tbody></table>")
}
