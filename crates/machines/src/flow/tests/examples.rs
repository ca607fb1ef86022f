//! The example agents, word for word.

use insta::assert_snapshot;

use super::super::Input;
use super::talk::Talk;

const LEAD: &str = include_str!("../../../../../examples/lead-callback/agent.yaml");
const APPOINTMENT: &str = include_str!("../../../../../examples/appointment-reminder/agent.yaml");
const PAYMENT: &str = include_str!("../../../../../examples/payment-reminder/agent.yaml");

/// A conversation in which the callee says these lines.
fn lines(agent: &str, lines: &[&str]) -> String {
    let mut talk = Talk::with(agent);
    for line in lines {
        talk.says(line);
    }
    talk.record()
}

#[test]
fn lead_callback_agrees_on_a_time() {
    assert_snapshot!(lines(LEAD, &["Yes, speaking.", "Yeah, sure.", "Tomorrow at three.", "Yes."]));
}

#[test]
fn lead_callback_takes_the_day_first_and_then_the_hour() {
    assert_snapshot!(lines(
        LEAD,
        &["This is Ann.", "Yes, I am.", "Next Tuesday afternoon.", "Two thirty.", "No, Wednesday.", "Right."]
    ));
}

#[test]
fn lead_callback_that_is_interrupted_goes_on_where_it_was() {
    let mut talk = Talk::with(LEAD);
    talk.says_and_listens_in("Yes.");
    talk.interrupts_after("Great. You asked us");
    talk.says("Uh-huh.");
    talk.says("Sorry, what was that?");
    talk.says("I'm not interested anymore.");
    assert_snapshot!(talk.record());
}

#[test]
fn lead_callback_takes_the_number_off_the_list() {
    assert_snapshot!(lines(LEAD, &["Yes?", "Please take me off your list."]));
}

#[test]
fn lead_callback_hears_that_the_number_is_wrong() {
    assert_snapshot!(lines(LEAD, &["You have the wrong number."]));
}

#[test]
fn lead_callback_asks_for_the_right_person() {
    assert_snapshot!(lines(LEAD, &["No, this is her husband.", "She's not home."]));
}

#[test]
fn lead_callback_gives_up_on_silence() {
    let mut talk = Talk::with(LEAD);
    talk.does(Input::Silence).does(Input::Silence).does(Input::Silence);
    assert_snapshot!(talk.record());
}

#[test]
fn lead_callback_answers_what_is_off_the_script() {
    assert_snapshot!(lines(
        LEAD,
        &[
            "Who is this?",
            "Yes, that's me.",
            "Do you deliver to Canada?",
            "How much is it?",
            "Okay.",
            "Friday at ten.",
            "Yes, that's right."
        ]
    ));
}

#[test]
fn lead_callback_leaves_a_message() {
    let mut talk = Talk::with(LEAD);
    talk.does(Input::MachineAnswered);
    assert_snapshot!(talk.record());
}

#[test]
fn appointment_is_confirmed() {
    assert_snapshot!(lines(APPOINTMENT, &["Yes, I'll be there."]));
}

#[test]
fn appointment_is_moved_with_a_correction() {
    assert_snapshot!(lines(
        APPOINTMENT,
        &["Can we move it to another day?", "Next Tuesday at three.", "No, at four.", "Yes, please."]
    ));
}

#[test]
fn appointment_takes_the_new_time_from_the_first_words() {
    assert_snapshot!("appointment_whole", lines(APPOINTMENT, &["Could we move it to Friday at ten?", "Yes."]));
    assert_snapshot!(
        "appointment_half",
        lines(APPOINTMENT, &["Can I reschedule for Monday?", "Half past two.", "Yes."])
    );
    assert_snapshot!("appointment_denied", lines(APPOINTMENT, &["Thursday does not work, can we reschedule?"]));
}

#[test]
fn appointment_is_cancelled_after_asking() {
    assert_snapshot!(lines(APPOINTMENT, &["No, I can't.", "Cancel it, please."]));
}

#[test]
fn appointment_repeats_and_says_where() {
    assert_snapshot!(lines(
        APPOINTMENT,
        &["Sorry, I didn't catch that.", "Where are you located?", "Are you a robot?", "Okay."]
    ));
}

#[test]
fn appointment_opt_out_wrong_number_and_call_later() {
    assert_snapshot!("appointment_opt_out", lines(APPOINTMENT, &["Stop calling me."]));
    assert_snapshot!("appointment_wrong_number", lines(APPOINTMENT, &["There's nobody here by that name."]));
    assert_snapshot!("appointment_call_later", lines(APPOINTMENT, &["I'm driving, can you call me back later?"]));
}

#[test]
fn appointment_off_script_comes_to_an_end() {
    assert_snapshot!(lines(
        APPOINTMENT,
        &["Do you do teeth whitening?", "What does it cost though?", "But how long does it take?"]
    ));
}

#[test]
fn appointment_waits_when_asked_to() {
    let mut talk = Talk::with(APPOINTMENT);
    talk.says("Hold on, let me check my calendar.");
    talk.does(Input::Silence).does(Input::Silence);
    talk.says("Okay, I'm back.");
    talk.does(Input::Silence);
    talk.says("Yes, that works.");
    assert_snapshot!(talk.record());
}

#[test]
fn payment_is_promised_for_a_day() {
    assert_snapshot!(lines(PAYMENT, &["Yes.", "Yes, I can.", "On Friday.", "Yes."]));
}

#[test]
fn payment_promise_is_corrected() {
    assert_snapshot!(lines(
        PAYMENT,
        &["Speaking.", "No, I can't.", "The first of December.", "No, not the first, the third.", "Correct."]
    ));
}

#[test]
fn payment_was_made_already() {
    assert_snapshot!(lines(PAYMENT, &["Yes.", "I already paid that.", "Last Monday."]));
}

#[test]
fn payment_is_disputed() {
    assert_snapshot!(lines(PAYMENT, &["Yes.", "I don't owe that.", "I sent the machine back in August."]));
}

#[test]
fn payment_amount_is_not_told_to_somebody_else() {
    assert_snapshot!(lines(PAYMENT, &["No, he's at work."]));
}

#[test]
fn payment_call_later_human_and_opt_out() {
    assert_snapshot!("payment_call_later", lines(PAYMENT, &["Yes.", "Now is not a good time."]));
    assert_snapshot!("payment_human", lines(PAYMENT, &["Yes.", "Let me talk to a real person."]));
    assert_snapshot!("payment_opt_out", lines(PAYMENT, &["Don't call me again."]));
}
