//! What is found of a forest: controllers by name, by site and by what they can
//! do; who the account is; functional levels and trusts.

use std::net::SocketAddr;

use idmend::directory::ldap::{LdapConfig, LdapDirectory};
use idmend::model::{Entrance, Forest, Trust};
use ldap3_proto::proto::{LdapExtendedResponse, LdapOp, LdapResultCode};

use crate::config;
use crate::names::Names;
use crate::server::{Act, Server, done, result, send_entry};

const ANY_SITE: &str = "_ldap._tcp.dc._msdcs.x";
const GRAZ: &str = "_ldap._tcp.Graz._sites.dc._msdcs.x";

/// A domain controller of `x`, or of `b.x`.
#[derive(Clone, Copy)]
pub(crate) struct Controller {
    pub(crate) name: &'static str,
    pub(crate) context: &'static str,
    pub(crate) can_write: bool,
}

pub(crate) const fn writable(name: &'static str) -> Controller {
    Controller {
        name,
        context: "DC=x",
        can_write: true,
    }
}

pub(crate) const fn read_only(name: &'static str) -> Controller {
    Controller {
        can_write: false,
        ..writable(name)
    }
}

impl Controller {
    pub(crate) async fn at(self, address: SocketAddr) -> Server {
        Server::start_at(address, move |asked| self.answer(&asked.message.op)).await
    }

    pub(crate) fn answer(self, op: &LdapOp) -> Option<Vec<Act>> {
        let success = || done(LdapResultCode::Success);
        match op {
            LdapOp::SearchRequest(search) if search.base.is_empty() => {
                let mut capabilities = vec!["1.2.840.113556.1.4.800"];
                if !self.can_write {
                    capabilities.push("1.2.840.113556.1.4.1920");
                }
                let root = send_entry(
                    "",
                    &[
                        ("supportedCapabilities", &capabilities),
                        ("supportedControl", &["1.2.840.113556.1.4.319"]),
                        ("defaultNamingContext", &[self.context]),
                        ("rootDomainNamingContext", &["DC=x"]),
                        ("configurationNamingContext", &["CN=Configuration,DC=x"]),
                        ("dnsHostName", &[self.name]),
                        ("dsServiceName", &[self.name]),
                        ("forestFunctionality", &["7"]),
                        ("domainFunctionality", &["6"]),
                    ],
                );
                Some(vec![root, success()])
            }
            LdapOp::SearchRequest(search) if search.base.starts_with("CN=Partitions") => {
                let domain = |context: &str, name: &str| {
                    let dn = format!("CN={name},CN=Partitions,CN=Configuration,DC=x");
                    send_entry(&dn, &[("nCName", &[context]), ("dnsRoot", &[name])])
                };
                let is_list = search.attrs.iter().any(|name| name == "nCName");
                let domains = [domain("DC=x", "x"), domain("DC=b,DC=x", "b.x")];
                let domains = domains.into_iter().filter(|_| is_list);
                Some(domains.chain([success()]).collect())
            }
            LdapOp::SearchRequest(search) if search.base.starts_with("CN=Sites") => {
                let listed = |host: &str| {
                    let computer = format!("CN={host},OU=Domain Controllers,DC=b,DC=x");
                    send_entry(
                        &format!("CN={host},CN=Servers"),
                        &[("dNSHostName", &[host]), ("serverReference", &[&computer])],
                    )
                };
                Some(vec![listed("127.0.0.4"), listed("127.0.0.5"), success()])
            }
            LdapOp::SearchRequest(search) if search.base == "CN=System,DC=x" => {
                let trust = |partner: &str, direction: &str, attributes: &str| {
                    send_entry(
                        &format!("CN={partner},CN=System,DC=x"),
                        &[
                            ("trustPartner", &[partner]),
                            ("trustDirection", &[direction]),
                            ("trustAttributes", &[attributes]),
                        ],
                    )
                };
                Some(vec![
                    trust("b.x", "3", "32"),
                    trust("Fabrikam.local", "2", "8"),
                    success(),
                ])
            }
            LdapOp::ExtendedRequest(_) => {
                let response = LdapExtendedResponse {
                    res: result(LdapResultCode::Success, ""),
                    name: None,
                    value: Some(b"u:CONTOSO\\anna".to_vec()),
                };
                Some(vec![Act::Send(
                    LdapOp::ExtendedResponse(response),
                    Vec::new(),
                )])
            }
            _ => None,
        }
    }
}

/// The addresses of several controllers, all on one port.
pub(crate) async fn controllers(these: &[Controller]) -> (u16, Vec<Server>) {
    let mut servers: Vec<Server> = Vec::new();
    for (last, controller) in (2..).zip(these) {
        let port = servers.first().map_or(0, |first| first.address.port());
        servers.push(
            controller
                .at(SocketAddr::from(([127, 0, 0, last], port)))
                .await,
        );
    }
    (servers[0].address.port(), servers)
}

async fn discovered(names: Names, port: u16, site: Option<&str>) -> Forest {
    let any = Server::start(|_| None).await;
    let config = LdapConfig {
        entrance: Entrance::Domain("x".to_owned()),
        site: site.map(str::to_owned),
        dns_server: Some(names.serve().await),
        port,
        dc: Vec::new(),
        ..config(&any)
    };
    let directory = LdapDirectory::new(config).expect("a usable configuration");
    directory.discover().await.expect("a forest")
}

fn host_of<'a>(forest: &'a Forest, domain: &str) -> &'a str {
    let found = forest.domains.iter().find(|found| found.dns_name == domain);
    &found.expect("the domain").host
}

#[tokio::test]
async fn the_controllers_of_the_site_come_first_and_read_only_ones_are_passed_over() {
    let (port, servers) = controllers(&[
        writable("far.x"),
        read_only("branch.x"),
        // Those of the child domain, as CN=Sites lists them.
        Controller {
            context: "DC=b,DC=x",
            ..read_only("branch.b.x")
        },
        Controller {
            context: "DC=b,DC=x",
            ..writable("main.b.x")
        },
    ])
    .await;
    let names = || {
        Names::default()
            .service(ANY_SITE, 0, "far.x")
            .service(GRAZ, 0, "branch.x")
            .service(GRAZ, 10, "far.x")
            .host("far.x", [127, 0, 0, 2])
            .host("branch.x", [127, 0, 0, 3])
    };
    let forest = discovered(names(), port, Some("Graz")).await;
    // The site's first controller was asked, and left because it cannot write.
    assert_eq!(servers[1].binds(), 1);
    assert_eq!(host_of(&forest, "x"), "far.x");
    assert_eq!(servers[2].binds(), 1);
    assert_eq!(host_of(&forest, "b.x"), "main.b.x");
    assert_eq!(
        forest.notes,
        [
            "DNS knows no domain controller of b.x in the site Graz (no SRV record \
             _ldap._tcp.Graz._sites.dc._msdcs.b.x): one of any site is taken"
        ]
    );

    let forest = discovered(names(), port, None).await;
    assert_eq!(host_of(&forest, "x"), "far.x");
    assert_eq!(servers[1].binds(), 1, "without a site nobody asks for it");
    let forest = discovered(names(), port, Some("Linz")).await;
    assert_eq!(
        forest.notes[0],
        "DNS knows no domain controller of x in the site Linz (no SRV record \
         _ldap._tcp.Linz._sites.dc._msdcs.x): one of any site is taken"
    );
}

#[tokio::test]
async fn a_read_only_controller_is_taken_only_if_there_is_no_other_and_says_so() {
    let (port, _servers) = controllers(&[read_only("branch.x")]).await;
    let names = Names::default()
        .service(ANY_SITE, 0, "branch.x")
        .host("branch.x", [127, 0, 0, 2]);
    let forest = discovered(names, port, None).await;
    assert_eq!(host_of(&forest, "x"), "branch.x");
    assert_eq!(
        forest.notes[0],
        "branch.x is a read-only domain controller: it may lack attributes, and it refuses every \
         write; name another with --dc DOMAIN=HOST before you apply"
    );
}

#[tokio::test]
async fn the_account_the_levels_and_the_trusts_are_told() {
    let (port, _servers) = controllers(&[writable("dc.x")]).await;
    let names = Names::default()
        .service(ANY_SITE, 0, "dc.x")
        .host("dc.x", [127, 0, 0, 2]);
    let forest = discovered(names, port, None).await;
    assert_eq!(forest.identity.as_deref(), Some("CONTOSO\\anna"));
    assert_eq!(forest.structure.level, Some(7));
    assert_eq!(forest.structure.domain_levels, [("x".to_owned(), 6)]);
    // The trust with the child is within the forest.
    assert_eq!(
        forest.structure.trusts,
        [Trust {
            domain: "x".to_owned(),
            partner: "fabrikam.local".to_owned(),
            direction: 2,
        }]
    );
}
