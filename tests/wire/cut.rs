//! An apply by the program whose connection is cut after the modification was
//! sent: what was carried out is found out by reading, and nothing is sent twice.

use std::path::Path;
use std::sync::{Arc, Mutex};

use ldap3_proto::proto::{LdapOp, LdapResultCode};

use crate::program::{Ran, controller, is_page, run};
use crate::server::{Act, Server, done, page_end, send_entry};

/// Fills the report in: every row becomes `update`.
pub(crate) fn decide(report: &Path, update: &str) {
    let mut reader = csv::Reader::from_path(report).expect("a report");
    let header = reader.headers().expect("a header").clone();
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&header).expect("a header");
    for row in reader.records() {
        let row = row.expect("a row");
        let cells = header.iter().zip(&row).map(|(column, cell)| match column {
            "ACTION" => "EDIT",
            "UPDATE" => update,
            _ => cell,
        });
        writer.write_record(cells).expect("a row");
    }
    std::fs::write(report, writer.into_inner().expect("text")).expect("a file");
}

/// An apply on a server that takes a modification and closes the connection:
/// after it has carried it out, or instead of that.
async fn applied(carries_out: bool) -> (Ran, usize) {
    let name = Arc::new(Mutex::new("U "));
    let server = Server::start(move |asked| {
        let user = || {
            let name = *name.lock().expect("the name");
            send_entry(
                "CN=u,DC=x",
                &[
                    ("objectClass", &["top", "user"]),
                    ("objectGUID", &["0123456789abcdef"]),
                    ("cn", &["u"]),
                    ("sAMAccountName", &["u"]),
                    ("userPrincipalName", &["u@x.com"]),
                    ("displayName", &[name]),
                    ("allowedAttributesEffective", &["displayName"]),
                ],
            )
        };
        match &asked.message.op {
            LdapOp::ModifyRequest(_) => {
                if carries_out {
                    *name.lock().expect("the name") = "U";
                }
                Some(vec![Act::Close])
            }
            _ if is_page(asked) => Some(vec![user(), page_end(b"")]),
            LdapOp::SearchRequest(search) if search.base.starts_with("<GUID") => {
                Some(vec![user(), done(LdapResultCode::Success)])
            }
            _ => controller(asked, "one"),
        }
    })
    .await;
    let folder = tempfile::tempdir().expect("a folder");
    let report = folder.path().join("rows.csv");
    let text = report.to_str().expect("a name");
    run(&server, folder.path(), &["scan", "-o", text])
        .await
        .says(0, &["1 finding in 1 object"]);
    decide(&report, "U");
    let ran = run(&server, folder.path(), &["apply", text, "--yes"]).await;
    (ran, server.modifies())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_whose_answer_was_lost_is_called_done_once_it_is_read_back() {
    let (ran, modifies) = applied(true).await;
    ran.says(0, &["1 done"]);
    assert_eq!(modifies, 1, "it is not sent twice");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_write_that_was_lost_on_the_way_is_called_so_after_a_second_look() {
    let (ran, modifies) = applied(false).await;
    ran.says(1, &["reading it again in 5 s", "1 failed"]);
    assert!(ran.out.contains("so it was not carried out"), "{}", ran.out);
    assert_eq!(modifies, 1, "it is not sent twice");
}
