//! Several entries in one search.

use idmend::directory::DirectoryError;
use idmend::model::{AttributeName, Identity, ObjectGuid};
use ldap3_proto::proto::{LdapOp, LdapResultCode, LdapSearchScope};

use crate::server::{Act, Server, done, send_entry};
use crate::{directory, domain, names};

/// The objectGUID of an entry is its letter sixteen times.
fn guid(letter: char) -> Identity {
    let bytes = letter.to_string().repeat(16);
    Identity::Guid(ObjectGuid::from_bytes(bytes.as_bytes()).expect("16 bytes"))
}

fn found(letter: char, from: &str) -> Act {
    let name = format!("CN={letter},DC=x");
    let bytes = letter.to_string().repeat(16);
    send_entry(&name, &[("objectGUID", &[&bytes]), ("cn", &[from])])
}

/// Which entries a search in the subtree gives, and how it ends.
struct Answer {
    letters: &'static str,
    code: LdapResultCode,
}

/// A server whose entries are a, b and c; how it answers the search for
/// several of them.
async fn server(answer: Answer) -> Server {
    Server::start(move |asked| match &asked.message.op {
        LdapOp::SearchRequest(search) if search.scope == LdapSearchScope::Subtree => {
            let letters = answer.letters.chars();
            let mut acts: Vec<Act> = letters.map(|letter| found(letter, "together")).collect();
            acts.push(done(answer.code.clone()));
            Some(acts)
        }
        LdapOp::SearchRequest(search) if search.base.starts_with("<GUID=") => {
            let letter = ['a', 'b', 'c'].into_iter().find(|letter| {
                let Identity::Guid(guid) = guid(*letter) else {
                    return false;
                };
                search.base == format!("<GUID={guid}>")
            })?;
            Some(vec![found(letter, "alone"), done(LdapResultCode::Success)])
        }
        _ => None,
    })
    .await
}

/// How each of a, b, c and d was read: together with others, alone, or not.
async fn read(server: &Server) -> Vec<String> {
    let identities = ['a', 'b', 'c', 'd'].map(guid);
    let attributes: Vec<AttributeName> = names(&["cn"]);
    let readings = directory(server)
        .read_many(&domain(), &identities, &attributes)
        .await;
    assert_eq!(readings.len(), identities.len());
    let mut how = Vec::new();
    for (reading, identity) in readings.into_iter().zip(&identities) {
        how.push(match reading {
            Ok(Some(entry)) => {
                assert_eq!(entry.identity(), *identity);
                entry.text("cn").expect("a name").to_owned()
            }
            Ok(None) => "gone".to_owned(),
            Err(error) => error.to_string(),
        });
    }
    how
}

fn subtree_searches(server: &Server) -> usize {
    server.count(|op| {
        matches!(op, LdapOp::SearchRequest(search) if search.scope == LdapSearchScope::Subtree)
    })
}

fn base_reads(server: &Server) -> usize {
    server
        .count(|op| matches!(op, LdapOp::SearchRequest(search) if search.base.starts_with("<GUID")))
}

#[tokio::test]
async fn entries_are_found_in_one_search_in_whatever_order_and_those_missing_are_asked_for() {
    let server = server(Answer {
        letters: "cab",
        code: LdapResultCode::Success,
    })
    .await;
    let how = read(&server).await;
    assert_eq!(how, ["together", "together", "together", "gone"]);
    assert_eq!((subtree_searches(&server), base_reads(&server)), (1, 1));
}

#[tokio::test]
async fn what_a_search_does_not_give_or_gives_twice_is_read_by_itself() {
    // x was not asked for.
    let server = server(Answer {
        letters: "axbb",
        code: LdapResultCode::Success,
    })
    .await;
    let how = read(&server).await;
    assert_eq!(how, ["together", "alone", "alone", "gone"]);
}

#[tokio::test]
async fn a_search_that_is_refused_costs_no_entry() {
    for code in [
        LdapResultCode::AdminLimitExceeded,
        LdapResultCode::UnwillingToPerform,
    ] {
        let server = server(Answer { letters: "a", code }).await;
        let how = read(&server).await;
        assert_eq!(how, ["alone", "alone", "alone", "gone"]);
    }
}

#[tokio::test]
async fn one_entry_is_read_as_ever_and_a_server_that_is_gone_is_said_for_each() {
    let server = server(Answer {
        letters: "a",
        code: LdapResultCode::Success,
    })
    .await;
    let one = [guid('a')];
    let read = directory(&server)
        .read_many(&domain(), &one, &names(&["cn"]))
        .await;
    assert!(read[0].as_ref().is_ok_and(Option::is_some));
    assert_eq!((subtree_searches(&server), base_reads(&server)), (0, 1));

    let mut config = crate::config(&server);
    // The discard port: nothing listens there.
    config.dc = vec![("x".to_owned(), "127.0.0.1:9".to_owned())];
    let nowhere = idmend::directory::ldap::LdapDirectory::new(config).expect("usable");
    let two = [guid('a'), guid('b')];
    let readings = nowhere.read_many(&domain(), &two, &names(&["cn"])).await;
    assert_eq!(readings.len(), 2);
    for reading in readings {
        assert!(
            matches!(reading, Err(DirectoryError::Unreachable { .. })),
            "{reading:?}"
        );
    }
}
