//! The parts of the page that are told in tables and bars, without a script.

use std::io::{self, Write};

use super::About;
use super::chart::{bar, percent, ranking};
use super::escape::{html, write_json};
use crate::report::hard_match::SNIPPET;
use crate::report::words::severity_word;
use crate::rule::Severity;
use crate::scan::{ADDRESS, CONTACT_FIELDS, ContactCounts};
use crate::worksheet::{Readiness, Worksheet};

/// How many containers, attributes and rules a chart shows at once.
const SHOWN: usize = 25;

/// How many causes are told in words.
const CAUSES: usize = 10;

const SEVERITIES: [(Severity, &str); 5] = [
    (Severity::Fails, "the object or its change is refused"),
    (Severity::Quarantined, "arrives without the value"),
    (Severity::Dropped, "the value is silently left out"),
    (Severity::Changed, "the cloud stores another value"),
    (Severity::Hygiene, "works, but is untidy or a trap"),
];

/// The warning of a partial scan.
pub(super) fn incomplete(output: &mut impl Write, about: &About) -> io::Result<()> {
    if about.incomplete.is_empty() {
        return Ok(());
    }
    writeln!(
        output,
        "<div class=\"alarm\" role=\"note\"><h2>This scan is not complete</h2><p>What \
         was not read may hold more findings, and duplicates of what was read.</p><ul>"
    )?;
    for sentence in about.incomplete.iter().take(SHOWN) {
        writeln!(output, "<li>{}</li>", html(sentence))?;
    }
    let more = about.incomplete.len().saturating_sub(SHOWN);
    if more > 0 {
        writeln!(output, "<li>and {more} more</li>")?;
    }
    writeln!(output, "</ul></div>")
}

/// The figures that a manager asks for first.
pub(super) fn figures(output: &mut impl Write, sheet: &Worksheet) -> io::Result<()> {
    let mut all = Readiness::default();
    sheet.readiness().values().for_each(|one| all.add(one));
    let accepted = sheet.rows().filter(|row| sheet.is_accepted(*row)).count();
    let rows = sheet.len();
    writeln!(output, "<ul class=\"figures\">")?;
    for (figure, text) in [
        (
            percent(all.ready(), all.judged),
            "of the objects are ready".to_owned(),
        ),
        (all.judged.to_string(), "objects judged".to_owned()),
        (
            all.blocked.to_string(),
            "do not arrive whole: refused, or a value held back".to_owned(),
        ),
        (
            all.degraded.to_string(),
            "arrive with a value left out or changed".to_owned(),
        ),
        (
            rows.to_string(),
            match accepted {
                0 => "findings".to_owned(),
                accepted => format!("findings, {accepted} of them accepted as they are"),
            },
        ),
    ] {
        writeln!(output, "<li><strong>{figure}</strong> {text}</li>")?;
    }
    writeln!(output, "</ul>")
}

/// Readiness by domain and by container.
pub(super) fn readiness(output: &mut impl Write, sheet: &Worksheet) -> io::Result<()> {
    writeln!(
        output,
        "<section><h2>Readiness</h2><p>Ready: no finding, or hygiene only. Degraded: a value \
         is left out or changed. Not ready: the object is refused, or arrives without a value \
         that somebody needs.</p>"
    )?;
    let by_container = sheet.readiness();
    let mut domains: Vec<(String, Readiness)> = Vec::new();
    let mut containers: Vec<(String, Readiness)> = Vec::new();
    for ((domain, path), one) in &by_container {
        let name = &sheet.scan.domain(*domain).dns_name;
        match domains.last_mut() {
            Some((last, sum)) if last == name => sum.add(one),
            _ => domains.push((name.clone(), *one)),
        }
        containers.push((container_name(name, path), *one));
    }
    write_readiness(output, "By domain", &domains)?;
    containers.sort_by(|(a, x), (b, y)| {
        let bad = |one: &Readiness| std::cmp::Reverse((one.blocked, one.degraded));
        bad(x).cmp(&bad(y)).then_with(|| a.cmp(b))
    });
    let (first, more) = containers.split_at(containers.len().min(SHOWN));
    write_readiness(output, "By organisational unit, worst first", first)?;
    if !more.is_empty() {
        writeln!(output, "<details><summary>{} more</summary>", more.len())?;
        write_readiness(output, "By organisational unit, the others", more)?;
        writeln!(output, "</details>")?;
    }
    writeln!(output, "</section>")
}

fn container_name(domain: &str, path: &str) -> String {
    if path.is_empty() {
        domain.to_owned()
    } else {
        format!("{domain}/{path}")
    }
}

fn write_readiness(
    output: &mut impl Write,
    caption: &str,
    rows: &[(String, Readiness)],
) -> io::Result<()> {
    writeln!(
        output,
        "<table class=\"chart\"><caption>{caption}</caption><thead><tr><th scope=\"col\">Name</th>\
         <th scope=\"col\">Ready</th><th scope=\"col\">Degraded</th><th scope=\"col\">Not ready</th>\
         <th scope=\"col\">Share ready</th><td></td></tr></thead><tbody>"
    )?;
    for (name, one) in rows {
        let parts = [
            ("ready", one.ready()),
            ("degraded", one.degraded),
            ("blocked", one.blocked),
        ];
        writeln!(
            output,
            "<tr><th scope=\"row\">{}</th><td class=\"number\">{}</td><td class=\"number\">{}</td>\
             <td class=\"number\">{}</td><td class=\"number\">{}</td><td>{}</td></tr>",
            html(name),
            one.ready(),
            one.degraded,
            one.blocked,
            percent(one.ready(), one.judged),
            bar(&parts, one.judged)
        )?;
    }
    writeln!(output, "</tbody></table>")
}

/// Rows by severity, attribute and rule.
pub(super) fn charts(output: &mut impl Write, sheet: &Worksheet) -> io::Result<()> {
    let summary = sheet.summary();
    let severities: Vec<(String, &str, usize)> = SEVERITIES
        .iter()
        .map(|(severity, meaning)| {
            let word = severity_word(*severity);
            let rows = summary.by_severity.get(severity).copied().unwrap_or(0);
            (format!("{word}: {meaning}"), look(*severity), rows)
        })
        .collect();
    let attributes = most(summary.by_attribute.into_iter().collect());
    let rules = most(summary.by_rule.into_iter().collect());
    writeln!(output, "<section><h2>Findings in figures</h2>")?;
    writeln!(output, "{}", ranking("By severity", &severities))?;
    writeln!(output, "{}", ranking("By attribute", &attributes))?;
    writeln!(output, "{}", ranking("By rule", &rules))?;
    writeln!(output, "</section>")
}

fn look(severity: Severity) -> &'static str {
    match severity {
        Severity::Fails | Severity::Quarantined => "blocked",
        Severity::Dropped | Severity::Changed => "degraded",
        Severity::Hygiene => "hygiene",
    }
}

fn most(mut rows: Vec<(String, usize)>) -> Vec<(String, &'static str, usize)> {
    rows.sort_by(|(a, x), (b, y)| y.cmp(x).then_with(|| a.cmp(b)));
    rows.into_iter()
        .take(SHOWN)
        .map(|(name, number)| (name, "count", number))
        .collect()
}

/// The rules that are broken most, in plain words.
pub(super) fn causes(output: &mut impl Write, sheet: &Worksheet) -> io::Result<()> {
    writeln!(
        output,
        "<section><h2>What is behind it, and what to do</h2>"
    )?;
    let causes = sheet.causes();
    if causes.is_empty() {
        writeln!(output, "<p>Nothing was found.</p>")?;
    }
    for cause in causes.iter().take(CAUSES) {
        let rule = sheet.judge.rules.rule(cause.rule);
        let by_hand = cause.rows - cause.safe - cause.review;
        writeln!(
            output,
            "<article><h3>{} <span class=\"count\">{} × {} · {} · {}</span></h3>\
             <p><b>What happens:</b> {}</p><p><b>What to do:</b> {}</p>\
             <p><b>When it may be left:</b> {}</p></article>",
            html(&rule.title),
            cause.rows,
            html(rule.attribute.as_str()),
            severity_word(rule.severity),
            html(&rule.id),
            html(&rule.happens),
            advice(cause.safe, cause.review, by_hand),
            html(&rule.ignore),
        )?;
    }
    let more = causes.len().saturating_sub(CAUSES);
    if more > 0 {
        writeln!(output, "<p>And {more} more rules: see the findings.</p>")?;
    }
    writeln!(output, "</section>")
}

fn advice(safe: usize, review: usize, by_hand: usize) -> String {
    let mut parts = Vec::new();
    if safe > 0 {
        parts.push(format!(
            "{safe} can be mended safely at once: in idmend, \"accept all safe\", then review and apply."
        ));
    }
    if review > 0 {
        parts.push(format!(
            "{review} have a proposal that was checked against all rules and values; somebody who \
             knows the people should look at each before it is taken."
        ));
    }
    if by_hand > 0 {
        parts.push(format!(
            "{by_hand} must be decided by hand: the directory does not tell what is right."
        ));
    }
    parts.join(" ")
}

/// Contact data completeness.
pub(super) fn contacts(output: &mut impl Write, sheet: &Worksheet) -> io::Result<()> {
    let data = &sheet.scan.contacts;
    writeln!(
        output,
        "<section><h2>Contact data</h2><p>What people will find of each other in the cloud's \
         address book: how many enabled users have each attribute. An address counts if {} are \
         all filled. Nothing here stops synchronisation.</p>\
         <table class=\"contacts\"><caption>By organisational unit</caption><thead><tr>\
         <th scope=\"col\">Name</th><th scope=\"col\">People</th>",
        ADDRESS.join(", ")
    )?;
    for field in CONTACT_FIELDS {
        writeln!(output, "<th scope=\"col\">{field}</th>")?;
    }
    writeln!(output, "</tr></thead><tbody>")?;
    write_contacts(output, "All", &data.total())?;
    let mut containers: Vec<_> = data.0.iter().collect();
    containers.sort_by_key(|(key, counts)| (std::cmp::Reverse(counts.people), (*key).clone()));
    let more = containers.split_off(containers.len().min(SHOWN));
    for ((domain, path), counts) in &containers {
        let name = container_name(&sheet.scan.domain(*domain).dns_name, path);
        write_contacts(output, &name, counts)?;
    }
    if !more.is_empty() {
        let mut rest = ContactCounts::default();
        for (_, counts) in &more {
            rest.add(counts);
        }
        write_contacts(output, &format!("{} others", more.len()), &rest)?;
    }
    writeln!(output, "</tbody></table></section>")
}

fn write_contacts(output: &mut impl Write, name: &str, counts: &ContactCounts) -> io::Result<()> {
    write!(
        output,
        "<tr><th scope=\"row\">{}</th><td class=\"number\">{}</td>",
        html(name),
        counts.people
    )?;
    for filled in counts.filled {
        write!(
            output,
            "<td class=\"number\" title=\"{filled} of {}\">{}</td>",
            counts.people,
            percent(filled, counts.people)
        )?;
    }
    writeln!(output, "</tr>")
}

/// The place of the table that the script fills.
pub(super) fn findings(output: &mut impl Write, sheet: &Worksheet) -> io::Result<()> {
    write!(
        output,
        include_str!("findings.html"),
        rows = sheet.len(),
        severities = SEVERITIES
            .map(|(severity, _)| ["<option>", severity_word(severity), "</option>"].concat())
            .concat()
    )
}

/// What follows once the directory is mended.
pub(super) fn next_steps(output: &mut impl Write) -> io::Result<()> {
    output.write_all(include_bytes!("next.html"))?;
    output.write_all(b"<script type=\"application/json\" id=\"snippet\">")?;
    write_json(output, &SNIPPET)?;
    writeln!(output, "</script>")
}

/// How the scan was made.
pub(super) fn about(output: &mut impl Write, about: &About) -> io::Result<()> {
    writeln!(
        output,
        "<section><h2>How the scan was made</h2><dl class=\"about\">"
    )?;
    for (heading, text) in &about.facts {
        writeln!(output, "<dt>{}</dt><dd>{}</dd>", html(heading), html(text))?;
    }
    writeln!(
        output,
        "</dl><p>Every value is shown as it is in the directory, with what cannot be seen made \
         visible; values of more than 500 columns are cut. The CSV report holds them whole.</p>\
         </section>"
    )
}
