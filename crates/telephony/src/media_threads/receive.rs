//! The way in: packets to speech, digits and marks.
use std::time::Duration;

use app::ports::telephone::MediaEvent;
use media::rtp::RtpPacket;
use media::rtp::rtcp::{ReportBlock, SenderInfo};
use media::rtp::statistics::ReceiverStatistics;

use super::outbox::Outbox;
use crate::sdp::Negotiated;

pub(super) struct Receiver {
    statistics: Option<ReceiverStatistics>,
    #[allow(dead_code)]
    x: Option<MediaEvent>,
}
impl Receiver {
    pub(super) fn new(_agreed: &Negotiated) -> Self {
        Self { statistics: None, x: None }
    }
    pub(super) fn describe(&mut self, _agreed: &Negotiated) {}
    pub(super) fn take(&mut self, packet: &RtpPacket<'_>, now: Duration, _at_ms: u64, _outbox: &mut Outbox) {
        match &mut self.statistics {
            Some(s) => s.on_packet(&packet.header, now),
            None => self.statistics = Some(ReceiverStatistics::new(&packet.header, 8000, now)),
        }
    }
    pub(super) fn advance(&mut self, _now: Duration, _at_ms: u64, _outbox: &mut Outbox) {}
    pub(super) fn recording_frame(&mut self) -> media::Frame {
        media::SILENCE
    }
    pub(super) fn on_sender_report(&mut self, info: &SenderInfo, now: Duration) {
        if let Some(s) = &mut self.statistics {
            s.on_sender_report(info, now)
        }
    }
    pub(super) fn report(&mut self, now: Duration) -> Option<ReportBlock> {
        self.statistics.as_mut().map(|s| s.report(now))
    }
    pub(super) fn statistics(&self) -> Option<&ReceiverStatistics> {
        self.statistics.as_ref()
    }
    pub(super) fn dropped(&self) -> u64 {
        0
    }
}
