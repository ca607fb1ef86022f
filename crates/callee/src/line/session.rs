//! One line: its socket, what comes in and what goes out. Law: the thread calls `tick` every 20 ms; everything else
//! is state.

use std::net::{SocketAddr, UdpSocket};
use std::time::{Duration, Instant};

use media::rtp::{HEADER_BYTES, RtpHeader, RtpPacket};
use media::{FRAME_SAMPLES, SILENCE};
use tokio::sync::mpsc;

use super::impairment::Impairment;
use super::listener::{Listener, is_sound};
use super::speaker::{Outgoing, Speaker};
use super::{Closed, LineCommand, LineEvent, LineSetup, Stream, Tape};

/// Datagrams taken at one tick; a flood is cut here and goes on waiting in the kernel.
const AT_ONCE: usize = 64;
/// Longest datagram taken; twenty milliseconds of G.711 are 172 bytes.
const LONGEST: usize = 1_500;

pub(super) struct Session {
    socket: UdpSocket,
    origin: Instant,
    stream: Option<Stream>,
    /// Where packets really come from (symmetric RTP, RFC 4961); sent to from then on.
    latched: Option<SocketAddr>,
    echo: bool,
    answered: bool,
    listener: Listener,
    speaker: Speaker,
    impairment: Impairment,
    sequence: u16,
    timestamp: u32,
    spoken: bool,
    ssrc: u32,
    events: mpsc::Sender<LineEvent>,
    closed: Closed,
}

impl Session {
    pub(super) fn new(socket: UdpSocket, setup: LineSetup, events: mpsc::Sender<LineEvent>, seed: u64) -> Self {
        let seed = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        Self {
            socket,
            origin: setup.origin,
            stream: None,
            latched: None,
            echo: setup.quality.echo,
            answered: false,
            listener: Listener::new(),
            speaker: Speaker::new(&setup.quality, seed),
            impairment: Impairment::new(&setup.quality, seed),
            sequence: (seed >> 8) as u16,
            timestamp: (seed >> 16) as u32,
            spoken: false,
            ssrc: (seed >> 32) as u32,
            events,
            closed: Closed { tape: setup.tape.then(Tape::default), ..Closed::default() },
        }
    }

    pub(super) fn obey(&mut self, command: LineCommand) {
        match command {
            LineCommand::Stream(stream) => {
                if self.stream.as_ref().map(|s| s.remote) != Some(stream.remote) {
                    self.latched = None;
                }
                self.listener.expect(&stream);
                self.stream = Some(stream);
            }
            LineCommand::Answered => self.answered = true,
            LineCommand::Play { sound, samples, text } => self.speaker.play(sound, samples, text),
            LineCommand::Digits { sound, keys } => self.speaker.press(sound, &keys),
        }
    }

    /// Sends what the bad line held back.
    pub(super) fn flush(&mut self, now: Instant) {
        while let Some(packet) = self.impairment.due(now - self.origin) {
            self.put_on_wire(&packet);
        }
    }

    /// 20 ms of the line: hears what came until `now`, and says what was `due` by the schedule.
    pub(super) fn tick(&mut self, now: Instant, due: Instant) {
        let since = now.saturating_duration_since(self.origin);
        self.receive(since);
        if self.echo {
            return;
        }
        self.listener.listen(since);
        let said = self.speak(due.saturating_duration_since(self.origin));
        if let Some(tape) = &mut self.closed.tape {
            tape.frame(&self.listener.taped(), &said);
        }
        while let Some(event) = self.listener.poll() {
            self.tell(event);
        }
    }

    pub(super) fn close(mut self, now: Instant) -> Closed {
        let since = now.saturating_duration_since(self.origin);
        self.receive(since);
        self.listener.listen(since);
        self.listener.finish();
        while let Some(event) = self.listener.poll() {
            self.tell(event);
        }
        let (first_packet_ms, first_sound_ms) = (self.closed.first_packet_ms, self.closed.first_sound_ms);
        let overruns = self.closed.overruns + self.speaker.overruns;
        Closed { first_packet_ms, first_sound_ms, overruns, ..self.closed }
    }

    fn receive(&mut self, since: Duration) {
        let mut buffer = [0; LONGEST];
        for _ in 0..AT_ONCE {
            let Ok((length, source)) = self.socket.recv_from(&mut buffer) else { return };
            self.on_datagram(&buffer[..length], source, since);
        }
    }

    fn on_datagram(&mut self, datagram: &[u8], source: SocketAddr, since: Duration) {
        let Some(stream) = &self.stream else { return };
        if media::rtp::is_rtcp(datagram) {
            return;
        }
        let packet = RtpPacket::parse(datagram).ok();
        let known = [Some(stream.payload_type), stream.events];
        let Some(packet) = packet.filter(|packet| known.contains(&Some(packet.header.payload_type))) else {
            self.closed.dropped += 1;
            return;
        };
        if *self.latched.get_or_insert(source) != source {
            self.closed.dropped += 1;
            return;
        }
        self.closed.received += 1;
        let at = Some(since.as_millis() as u64);
        if self.answered {
            self.closed.first_packet_ms = self.closed.first_packet_ms.or(at);
        }
        if self.echo {
            return self.send_back(&packet, since);
        }
        let voice = stream.payload_type == packet.header.payload_type;
        if voice && self.answered && self.closed.first_sound_ms.is_none() && is_sound(stream, packet.payload) {
            self.closed.first_sound_ms = at;
        }
        self.listener.on_packet(&packet.header, packet.payload, since);
    }

    fn send_back(&mut self, packet: &RtpPacket<'_>, since: Duration) {
        let header = RtpHeader { ssrc: self.ssrc, ..packet.header };
        self.send(header, packet.payload, since);
    }

    fn speak(&mut self, since: Duration) -> media::Frame {
        let timestamp = self.timestamp;
        self.timestamp = self.timestamp.wrapping_add(FRAME_SAMPLES as u32);
        let Some(stream) = self.stream.clone() else { return SILENCE };
        let (outgoing, ended) = self.speaker.next(timestamp, since.as_millis() as u64);
        if let Some(event) = ended {
            self.tell(event);
        }
        let mut header = RtpHeader {
            marker: false,
            payload_type: stream.payload_type,
            sequence: self.sequence,
            timestamp,
            ssrc: self.ssrc,
        };
        self.sequence = self.sequence.wrapping_add(1);
        match outgoing {
            Outgoing::Voice(frame) => {
                header.marker = !self.spoken;
                self.spoken = true;
                if stream.send {
                    self.send(header, &stream.codec.encode_frame(&frame), since);
                }
                frame
            }
            Outgoing::Event(event) => {
                if let Some(events) = stream.events.filter(|_| stream.send) {
                    let (marker, timestamp) = (event.marker, event.timestamp);
                    let header = RtpHeader { marker, payload_type: events, timestamp, ..header };
                    self.send(header, &event.payload, since);
                }
                SILENCE
            }
        }
    }

    fn send(&mut self, header: RtpHeader, payload: &[u8], since: Duration) {
        let mut packet = [0; LONGEST];
        let Ok(length) = header.write(payload, &mut packet[..HEADER_BYTES + payload.len()]) else { return };
        if self.impairment.passes(&packet[..length], since) {
            self.put_on_wire(&packet[..length]);
        }
    }

    fn put_on_wire(&mut self, packet: &[u8]) {
        let described = self.stream.as_ref().and_then(|stream| stream.remote);
        if let Some(to) = self.latched.or(described)
            && self.socket.send_to(packet, to).is_ok()
        {
            self.closed.sent += 1;
        }
    }

    fn tell(&mut self, event: LineEvent) {
        if self.events.try_send(event).is_err() {
            self.closed.overruns += 1;
        }
    }
}
