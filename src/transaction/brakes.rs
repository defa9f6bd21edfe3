//! When a run stops, and how much it may have under way until then.

use std::time::Duration;

use tokio::time::{Interval, MissedTickBehavior};
use tokio_util::sync::CancellationToken;

use super::{ApplyOptions, Outcome};

/// How many entries are under way at a time. More would not be faster: a
/// server does its writes one after the other, and a few are enough for it
/// never to wait for the next.
const WIDTH: usize = 16;

/// Counts failures against what the options allow.
#[derive(Debug)]
pub(super) struct Brakes {
    limit: Option<usize>,
    atomic: bool,
    width: usize,
    failures: usize,
}

impl Brakes {
    pub(super) fn new(options: &ApplyOptions) -> Self {
        Self {
            limit: options.stop_after.map(|limit| limit.max(1)),
            atomic: options.atomic,
            // One after the other, each by its own tick.
            width: if options.throttle.is_some() { 1 } else { WIDTH },
            failures: 0,
        }
    }

    pub(super) fn count(&mut self, outcome: &Outcome) {
        let failed = outcome.is_failure() || matches!(outcome, Outcome::InDoubt(_));
        self.failures += usize::from(failed);
    }

    /// How many were refused, in conflict or in doubt.
    pub(super) fn failures(&self) -> usize {
        self.failures
    }

    /// How many entries may be sent together now, beside those under way. They
    /// go in two halves: one is read back while the other is written.
    pub(super) fn group(&self, under_way: usize) -> usize {
        let room = self.room();
        let half = room.div_ceil(2);
        let free = room.saturating_sub(under_way);
        if under_way == 0 || free >= half {
            free.min(half)
        } else {
            0
        }
    }

    /// How many entries may be under way: never more than may still fail, so
    /// that no failure comes after the last one that is allowed. All or nothing
    /// is done with the first, and takes back whatever was under way beside it.
    pub(super) fn room(&self) -> usize {
        if self.atomic {
            return if self.failures == 0 { self.width } else { 0 };
        }
        self.limit.map_or(self.width, |limit| {
            limit.saturating_sub(self.failures).min(self.width)
        })
    }
}

/// So many entries a second and no more.
#[derive(Debug)]
pub(super) struct Throttle(Option<Interval>);

impl Throttle {
    /// Ticks `per_second` times a second, the first at once, and never catches
    /// up; does nothing if there is no such number.
    pub(super) fn new(per_second: Option<u32>) -> Self {
        Self(per_second.map(|per_second| {
            let mut ticks = tokio::time::interval(Duration::from_secs(1) / per_second.max(1));
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            ticks
        }))
    }

    /// Whether it throttles at all.
    pub(super) fn is_on(&self) -> bool {
        self.0.is_some()
    }

    /// Waits for the next tick, or until the run is cancelled.
    pub(super) async fn tick(&mut self, cancel: &CancellationToken) {
        if let Some(ticks) = &mut self.0 {
            tokio::select! {
                _tick = ticks.tick() => {}
                () = cancel.cancelled() => {}
            }
        }
    }
}
