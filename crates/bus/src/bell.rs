//! The dialer's bell: it keeps one ring for a dialer that is busy.

use std::sync::atomic::{AtomicBool, Ordering};

use app::ports::live::WokenBy;
use tokio::sync::Notify;

/// A bell with one stored ring. Rings of this process and of others are told apart; one of this process stands for
/// both.
#[derive(Debug, Default)]
pub(crate) struct Bell {
    rung: Notify,
    here: AtomicBool,
}

impl Bell {
    pub(crate) fn ring(&self, by: WokenBy) {
        if by == WokenBy::Here {
            self.here.store(true, Ordering::Release);
        }
        self.rung.notify_one();
    }

    pub(crate) async fn rung(&self) -> WokenBy {
        self.rung.notified().await;
        if self.here.swap(false, Ordering::AcqRel) { WokenBy::Here } else { WokenBy::Elsewhere }
    }
}
