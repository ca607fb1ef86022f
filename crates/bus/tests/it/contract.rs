//! What every bus promises, asked of the one in a process and of two nodes on one NATS server.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use app::ports::live::{AUDIO_FRAME, AUDIO_WAITING, AudioFrame, CallAudio, Control, Steer, Steered, WokenBy};
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, mpsc};
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::world::{Ends, PATIENCE, call, fact, heard, heard_until, silent, until, words};

macro_rules! on_every_bus {
    ($($name:ident),* $(,)?) => {
        mod local {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(super::Ends::local()).await;
            })*
        }
        mod nats {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(super::Ends::nats().await).await;
            })*
        }
    };
}

on_every_bus!(
    every_listener_hears_everything_once_and_in_order,
    a_slow_listener_is_told_how_much_it_missed_and_goes_on,
    own_counts_hear_only_what_this_process_said,
    a_wake_up_stays_here_and_one_is_kept,
    work_for_others_wakes_others,
    what_is_asked_of_a_node_is_told_to_all_and_kept,
    a_request_reaches_the_session_of_its_call_wherever_it_is,
    nobody_takes_a_request_to_a_call_without_a_session,
    a_call_is_steered_from_anywhere_and_its_session_has_the_word,
    a_call_is_heard_from_anywhere_until_it_is_over,
);

async fn every_listener_hears_everything_once_and_in_order(ends: Ends) {
    let mut one = ends.listen().await;
    let (mut two, mut own) = (ends.there.bus.subscribe(), ends.here.bus.subscribe());
    let said: Vec<_> = (1..=200).map(|n| if n % 3 == 0 { words(n.to_string()) } else { fact(n) }).collect();
    for event in &said {
        ends.here.bus.publish(event.clone());
    }
    for listener in [&mut one, &mut two, &mut own] {
        assert_eq!(heard_until(listener, &said[199]).await, said);
    }
    // A second of what comes back or comes twice would be heard before this.
    ends.there.bus.publish(fact(300));
    for listener in [&mut one, &mut two, &mut own] {
        assert_eq!(heard_until(listener, &fact(300)).await, [fact(300)]);
        assert!(silent(listener));
    }
}

async fn a_slow_listener_is_told_how_much_it_missed_and_goes_on(ends: Ends) {
    let mut slow = ends.listen().await;
    let mut quick = ends.there.bus.subscribe();
    // Slowly enough that nothing is lost on the way: only the listener is slow.
    for n in 1..=9_000 {
        ends.here.bus.publish(fact(n));
        if n % 500 == 0 {
            heard_until(&mut quick, &fact(n)).await;
        }
    }
    let missed = slow.recv().await.unwrap_err();
    assert!(matches!(missed, RecvError::Lagged(n) if n > 0), "{missed:?}");
    heard_until(&mut slow, &fact(9_000)).await;
}

async fn own_counts_hear_only_what_this_process_said(ends: Ends) {
    let mut all = ends.listen().await;
    let mut own = ends.there.bus.subscribe_here();
    ends.here.bus.publish(fact(1));
    heard_until(&mut all, &fact(1)).await;
    ends.there.bus.publish(fact(2));
    let first = heard(&mut own).await;
    let expected = if ends.server.is_some() { fact(2) } else { fact(1) };
    assert_eq!(first, expected);
}

async fn a_wake_up_stays_here_and_one_is_kept(ends: Ends) {
    ends.here.bus.wake_dialer();
    ends.here.bus.wake_dialer();
    let woken = timeout(PATIENCE, ends.here.bus.dialer_woken()).await.expect("a wake-up was kept");
    assert_eq!(woken, WokenBy::Here);
    assert!(timeout(Duration::ZERO, ends.here.bus.dialer_woken()).await.is_err(), "only one was kept");
    if ends.server.is_some() {
        // What is said after it has come; the wake-up has not.
        let mut live = ends.listen().await;
        ends.here.bus.publish(fact(1));
        heard_until(&mut live, &fact(1)).await;
        assert!(timeout(Duration::ZERO, ends.there.bus.dialer_woken()).await.is_err());
    }
}

async fn work_for_others_wakes_others(ends: Ends) {
    ends.here.bus.wake_others();
    if ends.server.is_some() {
        let woken = timeout(PATIENCE, ends.there.bus.dialer_woken()).await.expect("the other node is woken");
        assert_eq!(woken, WokenBy::Elsewhere);
    }
    assert!(timeout(Duration::ZERO, ends.here.bus.dialer_woken()).await.is_err(), "not the one that said so");
}

async fn what_is_asked_of_a_node_is_told_to_all_and_kept(ends: Ends) {
    ends.here.bus.tell_nodes();
    ends.here.bus.tell_nodes();
    timeout(PATIENCE, ends.here.bus.node_told()).await.expect("one telling was kept");
    if ends.server.is_some() {
        timeout(PATIENCE, ends.there.bus.node_told()).await.expect("the other node is told");
    }
    assert!(timeout(Duration::ZERO, ends.here.bus.node_told()).await.is_err(), "only one was kept, and none came back");
}

async fn a_request_reaches_the_session_of_its_call_wherever_it_is(ends: Ends) {
    let ((control, mut session), (other, mut others)) = (mpsc::channel(4), mpsc::channel(4));
    let _guards = (ends.there.sessions.register(call(1), control), ends.there.sessions.register(call(2), other));
    until(async || ends.here.control.hang_up(call(1)).await).await;
    assert!(matches!(session.recv().await, Some(Control::HangUp)));
    assert!(others.try_recv().is_err());
    assert!(ends.there.control.hang_up(call(1)).await, "and from its own process");
}

async fn nobody_takes_a_request_to_a_call_without_a_session(ends: Ends) {
    assert!(!ends.here.control.hang_up(call(1)).await);
    let (control, session) = mpsc::channel(4);
    let guard = ends.there.sessions.register(call(1), control);
    until(async || ends.here.control.hang_up(call(1)).await).await;
    drop(session);
    assert!(!ends.here.control.hang_up(call(1)).await, "the session is gone but for its guard");
    drop(guard);
    assert!(!ends.here.control.hang_up(call(1)).await);
}

async fn a_call_is_steered_from_anywhere_and_its_session_has_the_word(ends: Ends) {
    let steer = Steer::Say { text: "Hello. Привет.".into(), interrupt: true };
    assert_eq!(ends.here.control.steer(call(1), steer.clone()).await, Steered::NotHeld);
    let (control, mut session) = mpsc::channel(4);
    let _guard = ends.there.sessions.register(call(1), control);
    let asked = steer.clone();
    let mut asking = JoinSet::new();
    asking.spawn(async move {
        for word in [Steered::Taken, Steered::NotTalking, Steered::Transferring] {
            match session.recv().await {
                Some(Control::Steer(steer, answer)) => {
                    assert_eq!(steer, asked);
                    answer.send(word).unwrap();
                }
                other => panic!("{other:?}"),
            }
        }
    });
    until(async || ends.here.control.steer(call(1), steer.clone()).await == Steered::Taken).await;
    assert_eq!(ends.here.control.steer(call(1), steer.clone()).await, Steered::NotTalking);
    assert_eq!(ends.here.control.steer(call(1), steer).await, Steered::Transferring);
    asking.join_next().await.unwrap().unwrap();
}

async fn a_call_is_heard_from_anywhere_until_it_is_over(ends: Ends) {
    let (control, mut session) = mpsc::channel(4);
    let _guard = ends.there.sessions.register(call(1), control);
    let (sound, _) = broadcast::channel::<AudioFrame>(AUDIO_WAITING);
    let speaks = sound.clone();
    let mut answers = JoinSet::new();
    answers.spawn(async move {
        while let Some(Control::Listen(answer)) = session.recv().await {
            // Who gave up waiting asks again.
            let _ = answer.send(Ok(CallAudio { frames: speaks.subscribe(), lost: Arc::default() }));
        }
    });
    let mut audio = None;
    until(async || {
        audio = ends.here.control.listen(call(1)).await.ok();
        audio.is_some()
    })
    .await;
    let mut audio = audio.unwrap();
    let mut n = 0_u8;
    until(async || {
        n = n.wrapping_add(1);
        sound.send(Arc::new([n; AUDIO_FRAME])).unwrap();
        matches!(audio.frames.try_recv(), Ok(frame) if frame.iter().all(|byte| *byte == frame[0]))
    })
    .await;
    answers.shutdown().await;
    drop(sound);
    let over = async { while !matches!(audio.frames.recv().await, Err(RecvError::Closed)) {} };
    timeout(PATIENCE, over).await.expect("the end is told");
    assert!(!audio.lost.load(Ordering::Acquire), "the call ended, it was not lost");
}
