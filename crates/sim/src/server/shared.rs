//! What all connections share: the clock, the timeline, the tip, the numbering, and what is refused.

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use skytrend_event::Micros;
use tokio::sync::watch;
use tokio::time::Instant;

use super::ServerSettings;
use super::faults::Script;
use super::ledger::Ledger;
use super::timeline::{Place, Playhead, Timeline, last_seq, seek};
use crate::wire::FrameEncoder;
use crate::{World, WorldEvent};

/// How far the world has come: the newest event that the clock let happen or a reader took.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tip {
    /// The index after the newest event.
    pub(super) next_index: u64,
    /// The newest event's last sequence number, in the world's own count.
    pub(super) seq: i64,
    /// When it was witnessed.
    pub(super) witnessed: Micros,
    /// Whether the history has been lived through.
    ready: bool,
    /// Whether a reader has had the last event of a world that ends.
    pub(super) end_sent: bool,
}

/// What faults changed for those who connect from now on.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Gate {
    /// Nothing before this index is served.
    pub(super) floor: u64,
    /// Whether readers are not told that they start later than they asked.
    pub(super) is_silent: bool,
    /// What is subtracted from the world's sequence numbers.
    pub(super) seq_offset: i64,
    /// How many connections are to be refused, and how.
    pub(super) refusals: Option<(u32, &'static str)>,
}

/// See the module.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) settings: ServerSettings,
    pub(super) origin: World,
    /// What each connection's encoder is a clone of.
    pub(super) frames: FrameEncoder,
    pub(super) ledger: Ledger,
    pub(super) tip: watch::Sender<Tip>,
    timeline: Mutex<Timeline>,
    script: Mutex<Script>,
    gate: Mutex<Gate>,
    /// When the clock stood at [`crate::WorldSettings::live_from`].
    started: OnceLock<Instant>,
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shared {
    pub(super) fn new(settings: ServerSettings, origin: World) -> Self {
        let tip = Tip {
            next_index: 0,
            seq: settings.world.first_seq - 1,
            witnessed: settings.world.start,
            ready: false,
            end_sent: false,
        };
        Self {
            timeline: Mutex::new(Timeline::new(origin.clone())),
            script: Mutex::new(Script::new(&settings.faults)),
            gate: Mutex::default(),
            started: OnceLock::new(),
            ledger: Ledger::default(),
            tip: watch::Sender::new(tip),
            frames: FrameEncoder::new(settings.proof_nodes),
            origin,
            settings,
        }
    }

    /// The simulated time; the end of time when readers set the pace.
    pub(super) fn now(&self) -> Micros {
        let from = self.settings.world.live_from();
        match self.started.get() {
            None => from,
            Some(_) if self.settings.speed == 0.0 => Micros(i64::MAX),
            Some(started) => from.plus((started.elapsed().as_secs_f64() * self.settings.speed * 1e6) as i64),
        }
    }

    /// How long until the clock gets there.
    pub(super) fn wait_for(&self, at: Micros) -> Duration {
        let micros = at.0.saturating_sub(self.now().0).max(0) as f64;
        Duration::from_secs_f64(micros / 1e6 / self.settings.speed.max(1e-6)).min(Duration::from_secs(3600))
    }

    pub(super) async fn wait_until_ready(&self) {
        // The sender lives as long as `self`, so waiting cannot fail.
        let _ = self.tip.subscribe().wait_for(|tip| tip.ready).await;
    }

    /// Takes note that this event has happened.
    pub(super) fn advance_tip(&self, event: &WorldEvent) {
        self.tip.send_if_modified(|tip| {
            let newer = event.index >= tip.next_index;
            if newer {
                tip.next_index = event.index + 1;
                tip.seq = last_seq(event);
                tip.witnessed = event.witnessed;
            }
            newer
        });
    }

    pub(super) fn mark_end_sent(&self) {
        self.tip.send_if_modified(|tip| !std::mem::replace(&mut tip.end_sent, true));
    }

    pub(super) fn offer_copy(&self, playhead: &Playhead) {
        if let Some(world) = playhead.world() {
            locked(&self.timeline).offer(world);
        }
    }

    /// The oldest instant that a cursor can reach.
    pub(super) fn oldest(&self) -> Micros {
        self.tip.borrow().witnessed.plus(-self.settings.replay_window).max(self.settings.world.start)
    }

    /// The newest copy from which this place can be reached, or else the oldest.
    pub(super) fn copy_before(&self, place: Place) -> World {
        locked(&self.timeline).copy_before(place)
    }

    /// Goes to a place, on a thread where living through thousands of events disturbs nobody.
    pub(super) async fn seek(self: &Arc<Self>, place: Place) -> Playhead {
        let shared = Arc::clone(self);
        let sought = tokio::task::spawn_blocking(move || seek(shared.copy_before(place), place)).await;
        sought.unwrap_or_else(|_| Playhead::new(self.origin.clone()))
    }

    pub(super) fn gate(&self) -> Gate {
        *locked(&self.gate)
    }

    pub(super) fn change_gate(&self, change: impl FnOnce(&mut Gate)) {
        change(&mut locked(&self.gate));
    }

    /// The status to refuse a connection with, if it is one of those to be refused.
    pub(super) fn refusal(&self) -> Option<&'static str> {
        let mut gate = locked(&self.gate);
        let (left, status) = gate.refusals?;
        gate.refusals = (left > 1).then_some((left - 1, status));
        Some(status)
    }

    pub(super) fn scripted_fault(&self, index: u64) -> Option<super::faults::Fault> {
        locked(&self.script).take(index)
    }
}

/// Lives through the history, then lets the world follow the clock, so that there is a tip without any reader.
pub(super) async fn keep_time(shared: Arc<Shared>, mut stopping: watch::Receiver<bool>) {
    /// Events between two breaths, in which other tasks run.
    const CHUNK: usize = 1000;
    const TICK: Duration = Duration::from_millis(10);
    let mut playhead = Playhead::new(shared.origin.clone());
    loop {
        let now = if shared.settings.speed == 0.0 { shared.settings.world.live_from() } else { shared.now() };
        let mut caught_up = false;
        for _ in 0..CHUNK {
            caught_up = playhead.peek().is_none_or(|event| event.witnessed > now);
            if caught_up {
                break;
            }
            if let Some(event) = playhead.next() {
                shared.advance_tip(&event);
            }
        }
        shared.offer_copy(&playhead);
        locked(&shared.timeline).forget_before(shared.oldest());
        if caught_up && shared.started.set(Instant::now()).is_ok() {
            shared.tip.send_modify(|tip| tip.ready = true);
        }
        if caught_up && shared.settings.speed == 0.0 {
            return;
        }
        tokio::select! {
            _ = stopping.wait_for(|stop| *stop) => return,
            () = tokio::time::sleep(TICK), if caught_up => {}
            () = tokio::task::yield_now(), if !caught_up => {}
        }
    }
}
