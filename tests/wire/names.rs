//! A name server on a loopback port: SRV records and addresses that a test
//! gives, and nothing else.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::UdpSocket;

/// What a name has.
#[derive(Debug, Clone, Default)]
struct Records {
    /// Priority and host.
    services: Vec<(u16, String)>,
    addresses: Vec<Ipv4Addr>,
}

/// The records of a name server.
#[derive(Debug, Clone, Default)]
pub(crate) struct Names(BTreeMap<String, Records>);

const SRV: u16 = 33;
const A: u16 = 1;

impl Names {
    /// A host that serves a domain, or a site of it, at a priority.
    pub(crate) fn service(mut self, name: &str, priority: u16, host: &str) -> Self {
        let records = self.0.entry(name.to_lowercase()).or_default();
        records.services.push((priority, host.to_owned()));
        self
    }

    pub(crate) fn host(mut self, name: &str, address: [u8; 4]) -> Self {
        let records = self.0.entry(name.to_lowercase()).or_default();
        records.addresses.push(Ipv4Addr::from(address));
        self
    }

    /// Answers until the test ends.
    pub(crate) async fn serve(self) -> SocketAddr {
        let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a port");
        let address = socket.local_addr().expect("an address");
        tokio::spawn(async move {
            let mut buffer = [0_u8; 512];
            while let Ok((length, from)) = socket.recv_from(&mut buffer).await {
                let answer = self.answer(&buffer[..length]);
                socket.send_to(&answer, from).await.ok();
            }
        });
        address
    }

    /// The answer to a question (RFC 1035, 4.1).
    fn answer(&self, query: &[u8]) -> Vec<u8> {
        let (name, end) = question_name(query);
        let kind = u16::from_be_bytes([query[end], query[end + 1]]);
        let records = self.0.get(&name).cloned().unwrap_or_default();
        let data: Vec<Vec<u8>> = match kind {
            SRV => records.services.iter().map(service_data).collect(),
            A => {
                let addresses = records.addresses.iter();
                addresses.map(|address| address.octets().to_vec()).collect()
            }
            _ => Vec::new(),
        };
        let is_known = self.0.contains_key(&name);
        let count = u16::try_from(data.len()).expect("a few records");
        let mut answer = query[..2].to_vec();
        // A recursive answer; code 3: there is no such name.
        answer.extend([0x81, if is_known { 0x80 } else { 0x83 }, 0, 1]);
        answer.extend(count.to_be_bytes());
        answer.extend([0, 0, 0, 0]);
        answer.extend(&query[12..end + 4]);
        for data in data {
            // The name of the question, its type, class IN, a minute to live.
            answer.extend([0xc0, 12]);
            answer.extend(kind.to_be_bytes());
            answer.extend([0, 1, 0, 0, 0, 60]);
            answer.extend(u16::try_from(data.len()).expect("short").to_be_bytes());
            answer.extend(data);
        }
        answer
    }
}

/// The name that is asked for in lower case, and where it ends.
fn question_name(query: &[u8]) -> (String, usize) {
    let mut labels = Vec::new();
    let mut at = 12;
    while query[at] != 0 {
        let length = usize::from(query[at]);
        let label = &query[at + 1..=at + length];
        labels.push(String::from_utf8_lossy(label).to_lowercase());
        at += length + 1;
    }
    (labels.join("."), at + 1)
}

fn service_data((priority, host): &(u16, String)) -> Vec<u8> {
    let mut data = priority.to_be_bytes().to_vec();
    // Weight and port: idmend goes to the port that it was told.
    data.extend([0, 100, 1, 133]);
    for label in host.split('.') {
        data.push(u8::try_from(label.len()).expect("a short label"));
        data.extend(label.as_bytes());
    }
    data.push(0);
    data
}
