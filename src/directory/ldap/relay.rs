//! Carries messages between a server and those who ask it: ldap3, which signs
//! in and writes, and searches, whose entries are too many for it.
//!
//! What ldap3 gets, the guard has let pass. Searches are numbered above ldap3's
//! messages; their entries are cut out of the stream as they came, many at a
//! time and without a copy, for whoever judges them to read. Who takes them
//! slowly makes the server wait: nothing piles up here.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use bytes::{Buf as _, Bytes, BytesMut};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::sync::mpsc;

use super::ber::{self, Elements, Malformed};
use super::guard::{
    self, Answer, INTERMEDIATE_RESPONSE, Pending, SEARCH_DONE, SEARCH_ENTRY, SEARCH_REFERENCE,
};
use super::request;
use super::rhythm::{MOMENT, Rhythm};

/// Why a connection ended; empty while it is open.
pub(super) type Ending = Arc<OnceLock<String>>;

/// How much is read from the network at once, in bytes.
const READ: usize = 256 << 10;

/// From how many bytes on entries are handed on, unless the search ends.
const BATCH: usize = 64 << 10;

/// How many batches of a search may wait to be taken.
const WAITING: usize = 4;

/// The number of the first search; ldap3 counts its messages from 1.
const FIRST: u32 = 1 << 30;

/// How much of an entry that is too long is looked at for its name, in bytes.
const HEAD: usize = 4 << 10;

/// What comes in answer to a search.
#[derive(Debug)]
pub(super) enum Item {
    Entries(Entries),
    /// An entry that is too long to be kept, by its name.
    TooLong(String),
    /// The end.
    Done(Answer),
}

/// Whole messages with one entry each, one after another.
#[derive(Debug, Clone)]
pub(super) struct Entries {
    messages: Bytes,
    count: usize,
}

/// What is asked past ldap3.
enum Order {
    Search(i32, Bytes, mpsc::Sender<Item>),
    GiveUp(i32),
}

/// Begins searches on a connection.
#[derive(Debug)]
pub(super) struct Searches {
    orders: mpsc::UnboundedSender<Order>,
    next: AtomicU32,
    heard: Arc<AtomicU64>,
}

/// What [`Searches`] sends, and the relay carries.
#[derive(Debug)]
pub(super) struct Desk {
    orders: mpsc::UnboundedReceiver<Order>,
    heard: Arc<AtomicU64>,
}

/// A search under way; dropping it gives it up.
#[derive(Debug)]
pub(super) struct Search {
    number: i32,
    orders: mpsc::UnboundedSender<Order>,
    items: mpsc::Receiver<Item>,
    heard: Arc<AtomicU64>,
    ended: bool,
}

/// Why no item came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Missing {
    /// The connection was silent for too long.
    Silent,
    /// The connection has ended.
    Ended,
}

impl Searches {
    /// The two ends.
    pub(super) fn open() -> (Self, Desk) {
        let (orders, receiver) = mpsc::unbounded_channel();
        let heard = Arc::default();
        let desk = Desk {
            orders: receiver,
            heard: Arc::clone(&heard),
        };
        let next = AtomicU32::new(0);
        (
            Self {
                orders,
                next,
                heard,
            },
            desk,
        )
    }

    /// Sends the message that `write` makes with the number it is given;
    /// `None` if it makes none. On a connection that has ended the search ends
    /// at once.
    pub(super) fn begin(&self, write: impl FnOnce(i32) -> Option<Bytes>) -> Option<Search> {
        let number = FIRST | (self.next.fetch_add(1, Ordering::Relaxed) % FIRST);
        let number = i32::try_from(number).unwrap_or(i32::MAX);
        let (sender, items) = mpsc::channel(WAITING);
        self.orders
            .send(Order::Search(number, write(number)?, sender))
            .ok();
        Some(Search {
            number,
            orders: self.orders.clone(),
            items,
            heard: Arc::clone(&self.heard),
            ended: false,
        })
    }
}

impl Search {
    /// What comes next. As long as the connection brings anything at all, it is
    /// waited for; a connection that is silent for longer than `timeout` ends
    /// the waiting.
    pub(super) async fn next(&mut self, timeout: Duration) -> Result<Item, Missing> {
        loop {
            let heard = self.heard.load(Ordering::Relaxed);
            match tokio::time::timeout(timeout, self.items.recv()).await {
                Ok(Some(item)) => {
                    self.ended |= matches!(item, Item::Done(_));
                    return Ok(item);
                }
                Ok(None) => {
                    self.ended = true;
                    return Err(Missing::Ended);
                }
                Err(_elapsed) if self.heard.load(Ordering::Relaxed) == heard => {
                    return Err(Missing::Silent);
                }
                Err(_elapsed) => {}
            }
        }
    }
}

impl Drop for Search {
    fn drop(&mut self) {
        if !self.ended {
            // On a connection that has ended there is nothing to give up.
            self.orders.send(Order::GiveUp(self.number)).ok();
        }
    }
}

impl Entries {
    /// How many entries these are.
    pub(super) fn len(&self) -> usize {
        self.count
    }

    /// The messages as they came.
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.messages
    }
}

impl Iterator for Entries {
    /// What the message says of its entry (`SearchResultEntry`).
    type Item = Bytes;

    fn next(&mut self) -> Option<Bytes> {
        let length = ber::message_length(&self.messages).ok()??;
        if self.messages.len() < length {
            return None;
        }
        let message = self.messages.split_to(length);
        let (_, _, entry) = envelope(&message).ok()?;
        Some(message.slice_ref(entry))
    }
}

/// What was asked and not answered yet.
#[derive(Debug, Default)]
struct Asked {
    by_ldap3: Pending,
    searches: HashMap<i32, mpsc::Sender<Item>>,
}

/// Carries messages both ways until either side ends.
pub(super) async fn relay<S, C>(server: S, client: C, desk: Desk, ending: Ending)
where
    S: AsyncRead + AsyncWrite,
    C: AsyncRead + AsyncWrite,
{
    let asked = Mutex::default();
    let (mut from_server, mut to_server) = tokio::io::split(server);
    let (mut from_client, to_client) = tokio::io::split(client);
    let answers = Incoming {
        asked: &asked,
        to_client,
        buffer: BytesMut::new(),
        batch: None,
        pass_over: 0,
        rhythm: Rhythm::default(),
    };
    let end = tokio::select! {
        end = carry_requests(&mut from_client, desk.orders, &mut to_server, &asked) => end,
        end = answers.carry(&mut from_server, &desk.heard) => end,
    };
    // The first reason is the one that counts; a second is its consequence.
    ending.get_or_init(|| end);
    // Those who still wait are told now.
    drop(asked);
    let goodbye = to_server.shutdown();
    // A server that does not take the goodbye is left without one.
    drop(tokio::time::timeout(Duration::from_secs(1), goodbye).await);
}

/// Carries what is asked; returns why it ended.
async fn carry_requests<R, W>(
    client: &mut R,
    mut orders: mpsc::UnboundedReceiver<Order>,
    server: &mut W,
    asked: &Mutex<Asked>,
) -> String
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    let mut buffer = BytesMut::new();
    loop {
        let request = tokio::select! {
            read = client.read_buf(&mut buffer) => match read {
                Ok(0) => return "it was given up".to_owned(),
                Ok(_) => match whole_requests(&mut buffer, &mut lock(asked).by_ldap3) {
                    Ok(requests) => requests,
                    Err(error) => return error.to_string(),
                },
                Err(error) => return error.to_string(),
            },
            Some(order) = orders.recv() => match order {
                Order::Search(number, message, items) => {
                    lock(asked).searches.insert(number, items);
                    message
                }
                Order::GiveUp(search) => match lock(asked).searches.remove(&search) {
                    Some(_) => request::abandon(search),
                    None => continue,
                },
            },
        };
        let sent = match server.write_all(&request).await {
            Ok(()) => server.flush().await,
            failed => failed,
        };
        if let Err(error) = sent {
            return error.to_string();
        }
    }
}

/// Takes the whole messages at the start of `buffer`, and notes them.
fn whole_requests(buffer: &mut BytesMut, pending: &mut Pending) -> Result<Bytes, Malformed> {
    let mut end = 0;
    loop {
        let rest = buffer.get(end..).unwrap_or_default();
        let length = ber::message_length(rest)?;
        let Some(message) = length.and_then(|length| rest.get(..length)) else {
            return Ok(buffer.split_to(end).freeze());
        };
        guard::note_request(message, pending);
        end += message.len();
    }
}

/// Entries of one search at the start of the buffer.
#[derive(Debug, Clone, Copy)]
struct Batch {
    search: i32,
    /// How many bytes they are.
    end: usize,
    count: usize,
}

/// What comes from the server.
struct Incoming<'a, W> {
    asked: &'a Mutex<Asked>,
    to_client: W,
    /// What has been read and not been handed on.
    buffer: BytesMut,
    batch: Option<Batch>,
    /// How much of an entry that is too long is still to come.
    pass_over: usize,
    rhythm: Rhythm,
}

impl<W: AsyncWrite + Unpin> Incoming<'_, W> {
    /// Carries answers; returns why it ended.
    async fn carry<R: AsyncRead + Unpin>(mut self, server: &mut R, heard: &AtomicU64) -> String {
        loop {
            if self.buffer.capacity() - self.buffer.len() < READ / 2 {
                self.buffer.reserve(READ);
            }
            let read = match server.read_buf(&mut self.buffer).await {
                Ok(0) => return "the server closed it".to_owned(),
                Ok(read) => read,
                Err(error) if error.kind() == std::io::ErrorKind::UnexpectedEof => {
                    return "the server closed it".to_owned();
                }
                Err(error) => return error.to_string(),
            };
            heard.fetch_add(1, Ordering::Relaxed);
            if let Err(reason) = self.take_messages().await {
                return reason;
            }
            if self.rhythm.may_wait(read) {
                tokio::time::sleep(MOMENT).await;
            }
        }
    }

    /// Takes all whole messages out of the buffer, but for a batch that is
    /// still short.
    async fn take_messages(&mut self) -> Result<(), String> {
        let words = |error: Malformed| error.to_string();
        loop {
            let passed = self.pass_over.min(self.buffer.len());
            self.buffer.advance(passed);
            self.pass_over -= passed;
            let end = self.batch.map_or(0, |batch| batch.end);
            let rest = self.buffer.get(end..).unwrap_or_default();
            let Some(length) = ber::message_length(rest).map_err(words)? else {
                break;
            };
            if length > ber::MAX_MESSAGE {
                if self.begin_to_pass_over(length).await? {
                    continue;
                }
                break;
            }
            let Some(message) = rest.get(..length) else {
                break;
            };
            let (number, tag, _) = envelope(message).map_err(words)?;
            match &mut self.batch {
                Some(batch) if tag == SEARCH_ENTRY && batch.search == number => {
                    batch.end += length;
                    batch.count += 1;
                    self.rhythm.entry(number);
                }
                Some(_) => self.hand_on().await,
                None => self.take_message(number, tag, length).await?,
            }
            if self.batch.is_some_and(|batch| batch.end >= BATCH) {
                self.hand_on().await;
            }
        }
        Ok(())
    }

    /// Takes the message of `length` bytes at the start of the buffer.
    async fn take_message(&mut self, number: i32, tag: u8, length: usize) -> Result<(), String> {
        let is_search = lock(self.asked).searches.contains_key(&number);
        match tag {
            SEARCH_ENTRY if is_search => {
                self.rhythm.entry(number);
                self.batch = Some(Batch {
                    search: number,
                    end: length,
                    count: 1,
                });
                return Ok(());
            }
            SEARCH_DONE if is_search => {
                let mut message = self.buffer.split_to(length);
                let answer = guard::result(&mut message, number, SEARCH_DONE)?;
                self.rhythm.end(number);
                self.send(number, Item::Done(answer)).await;
                lock(self.asked).searches.remove(&number);
            }
            // Each domain is read by itself.
            SEARCH_REFERENCE | INTERMEDIATE_RESPONSE if is_search => self.buffer.advance(length),
            _ if is_search => {
                return Err(Malformed("an answer to something else").to_string());
            }
            _ => {
                let mut message = self.buffer.split_to(length);
                let passes = guard::inspect(&mut message, &mut lock(self.asked).by_ldap3)?;
                if passes {
                    let sent = self.to_client.write_all(&message).await;
                    sent.map_err(|error| error.to_string())?;
                }
            }
        }
        Ok(())
    }

    /// Looks at the head of a message that is too long to be kept; `false` if
    /// there is too little of it yet.
    async fn begin_to_pass_over(&mut self, length: usize) -> Result<bool, String> {
        self.hand_on().await;
        let Some(head) = self.buffer.get(..HEAD.min(length)) else {
            return Ok(false);
        };
        let (number, name) = name_in(head).map_err(|error| error.to_string())?;
        self.send(number, Item::TooLong(name)).await;
        self.pass_over = length;
        Ok(true)
    }

    /// Hands the batch on.
    async fn hand_on(&mut self) {
        if let Some(Batch { search, end, count }) = self.batch.take() {
            let messages = self.buffer.split_to(end).freeze();
            self.send(search, Item::Entries(Entries { messages, count }))
                .await;
        }
    }

    /// Gives an item to a search, if it is still wanted.
    async fn send(&self, search: i32, item: Item) {
        let items = lock(self.asked).searches.get(&search).cloned();
        if let Some(items) = items {
            // Whoever does not wait for it has given it up.
            items.send(item).await.ok();
        }
    }
}

fn lock(asked: &Mutex<Asked>) -> MutexGuard<'_, Asked> {
    // What is asked is whole between any two steps on it.
    asked.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Message number, and tag and content of the operation.
fn envelope(message: &[u8]) -> Result<(i32, u8, &[u8]), Malformed> {
    let none = Malformed("it is no LDAP message");
    let (_, parts) = Elements::of(message).next()?.ok_or(none)?;
    let mut parts = Elements::of(parts);
    let Some((0x02, number)) = parts.next()? else {
        return Err(none);
    };
    let (tag, operation) = parts.next()?.ok_or(none)?;
    Ok((ber::number(number)?, tag, operation))
}

/// Message number and name of an entry of which `head` is the beginning.
fn name_in(head: &[u8]) -> Result<(i32, String), Malformed> {
    let too_long = Malformed("a message of more than 64 MiB");
    let begin = |bytes| ber::beginning(bytes)?.ok_or(too_long);
    let (_, parts) = begin(head)?;
    let number = ber::element(parts, &(0..parts.len()))?;
    let rest = parts.get(number.content.end..).unwrap_or_default();
    let (SEARCH_ENTRY, entry) = begin(rest)? else {
        return Err(too_long);
    };
    let (_, name) = begin(entry)?;
    Ok((
        ber::integer(parts, &number.content)?,
        String::from_utf8_lossy(name).into_owned(),
    ))
}
