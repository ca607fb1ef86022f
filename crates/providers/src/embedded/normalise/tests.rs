//! One table per kind of thing that is said on the telephone.

use super::*;

fn spoken(text: &str) -> String {
    let words: Vec<String> = read(text).into_iter().flat_map(|reading| reading.spoken).collect();
    words.join(" ").replace("[A](/ˈA/)", "A")
}

fn check(table: &[(&str, &str)]) {
    let wrong: Vec<String> = table
        .iter()
        .filter(|(written, wanted)| spoken(written) != *wanted)
        .map(|(written, wanted)| format!("{written:?}\n    reads {:?}\n   wanted {wanted:?}", spoken(written)))
        .collect();
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

#[test]
fn numbers_are_read_as_amounts_ordinals_years_or_digits() {
    check(&[
        ("I have 3 cats.", "I have three cats."),
        ("0 and 19 and 20 and 21", "zero and nineteen and twenty and twenty one"),
        ("100 or 101 or 999", "one hundred or one hundred one or nine hundred ninety nine"),
        ("1,250 people", "one thousand two hundred fifty people"),
        ("1,000,000 and 2000001", "one million and two zero zero, zero zero zero one"),
        ("12,345,678", "twelve million three hundred forty five thousand six hundred seventy eight"),
        ("3.14", "three point one four"),
        ("0.5 or .5", "zero point five or zero point five"),
        ("-40 outside", "minus forty outside"),
        ("1st, 2nd, 3rd, 4th", "first, second, third, fourth"),
        ("the 11th, 12th, 13th and 20th", "the eleventh, twelfth, thirteenth and twentieth"),
        ("your 21st and 105th", "your twenty first and one hundred fifth"),
        ("1/2 and 3/4 and 24/7", "one half and three quarters and twenty four seven"),
        ("#5", "number five"),
        ("5x", "five times"),
        ("3-5 days", "three to five days"),
        ("in 2026", "in twenty twenty six"),
        ("since 1999", "since nineteen ninety nine"),
        ("in 1905", "in nineteen oh five"),
        ("by 2005", "by two thousand five"),
        ("the 1990s", "the nineteen nineties"),
        ("2026 units", "two thousand twenty six units"),
        ("007", "zero zero seven"),
    ]);
}

#[test]
fn telephone_numbers_are_read_digit_by_digit_in_groups() {
    check(&[
        ("617-555-0142", "six one seven, five five five, zero one four two"),
        ("Call (617) 555-0142.", "Call six one seven, five five five, zero one four two."),
        ("+1 617 555 0142", "plus one, six one seven, five five five, zero one four two"),
        ("+1-617-555-0142, please", "plus one, six one seven, five five five, zero one four two, please"),
        ("617.555.0142", "six one seven, five five five, zero one four two"),
        ("6175550142", "six one seven, five five five, zero one four two"),
        ("+16175550142", "plus one, six one seven, five five five, zero one four two"),
        ("555-0142", "five five five, zero one four two"),
        ("1-800-555-0199", "one, eight hundred, five five five, zero one nine nine"),
        ("+44 20 7946 0958", "plus four four, two zero, seven nine four six, zero nine five eight"),
        ("+972501234567", "plus nine seven, two five zero, one two three, four five six, seven"),
        ("617-555-0142 ext. 12", "six one seven, five five five, zero one four two, extension one two"),
    ]);
}

#[test]
fn times_are_read_as_people_say_them() {
    check(&[
        ("at 3:30 pm", "at three thirty PM"),
        ("at 3:30pm.", "at three thirty PM."),
        ("at 3:30 p.m. on Friday", "at three thirty PM on Friday"),
        ("at 3:30 p.m. We wait.", "at three thirty PM. We wait."),
        ("15:30", "three thirty PM"),
        ("00:15", "twelve fifteen AM"),
        ("9:05 AM", "nine oh five AM"),
        ("9am", "nine AM"),
        ("9:00", "nine o'clock"),
        ("9:00 am", "nine AM"),
        ("12:00 pm", "twelve PM"),
        ("9-5pm", "nine to five PM"),
        ("9am-5pm", "nine AM to five PM"),
        ("10:00-11:30", "ten o'clock to eleven thirty"),
        ("I am 3 am I not", "I am three AM I not"),
    ]);
}

#[test]
fn dates_are_read_with_ordinal_days() {
    check(&[
        ("10/12/2026", "October twelfth, twenty twenty six"),
        ("25/12/2026", "December twenty fifth, twenty twenty six"),
        ("10/12/26", "October twelfth, twenty twenty six"),
        ("2026-11-24", "November twenty fourth, twenty twenty six"),
        ("24.12.2026", "December twenty fourth, twenty twenty six"),
        ("on 10/12", "on October twelfth"),
        ("Nov 24", "November twenty fourth"),
        ("Nov. 24th, 2026 works", "November twenty fourth, twenty twenty six works"),
        ("November 24, at noon", "November twenty fourth, at noon"),
        ("24 November 2026", "November twenty fourth, twenty twenty six"),
        ("the 24th of Nov.", "the twenty fourth of November."),
        ("in November 2026", "in November twenty twenty six"),
        ("in Nov. we close", "in November we close"),
        ("Mon., Nov 23", "Monday, November twenty third"),
        ("Tue 11/24", "Tuesday November twenty fourth"),
        ("May I call? I sat in the sun.", "May I call? I sat in the sun."),
        ("see you Sat.", "see you Saturday."),
    ]);
}

#[test]
fn money_is_read_with_its_unit() {
    check(&[
        ("$1,250.50", "one thousand two hundred fifty dollars and fifty cents"),
        ("$1", "one dollar"),
        ("$0.99", "ninety nine cents"),
        ("$5.01", "five dollars and one cent"),
        ("$20.00.", "twenty dollars."),
        ("1.250,50 €", "one thousand two hundred fifty euros and fifty cents"),
        ("€50", "fifty euros"),
        ("50 € a month", "fifty euros a month"),
        ("£3.20", "three pounds and twenty pence"),
        ("USD 50", "fifty dollars"),
        ("50 USD", "fifty dollars"),
        ("$5M", "five million dollars"),
        ("$1.5 million", "one point five million dollars"),
        ("$10-20", "ten to twenty dollars"),
        ("-$5", "minus five dollars"),
        ("₪100", "one hundred shekels"),
    ]);
}

#[test]
fn units_are_spelled_out() {
    check(&[
        ("20%", "twenty percent"),
        ("3.5 %", "three point five percent"),
        ("5-10%", "five to ten percent"),
        ("72°F", "seventy two degrees Fahrenheit"),
        ("1kg", "one kilogram"),
        ("10 km", "ten kilometers"),
        ("6 ft tall", "six feet tall"),
        ("15 min", "fifteen minutes"),
        ("2 hrs", "two hours"),
        ("500 MB", "five hundred megabytes"),
        ("65 mph", "sixty five miles per hour"),
    ]);
}

#[test]
fn addresses_are_spoken_sign_by_sign() {
    check(&[
        ("john.miller@gmail.com", "john dot miller at gmail dot com"),
        ("Write to ava_42@bright-smile.io.", "Write to ava underscore four two at bright dash smile dot I O."),
        ("https://www.example.com/pay?x=1", "example dot com slash pay"),
        ("Visit example.com, or www.acme.co.uk", "Visit example dot com, or acme dot co dot U K"),
        ("End of sentence.Next", "End of sentence.Next"),
    ]);
}

#[test]
fn codes_are_spelled() {
    check(&[
        ("AB-12-CD", "A B, one two, C D"),
        ("B2B4", "B two B four"),
        ("code 4821", "code four eight two one"),
        ("account number 00421337", "account number zero zero four two, one three three seven"),
        ("ending in 1234.", "ending in one two three four."),
        ("order is 555-123", "order is five five five, one two three"),
        ("J-O-H-N", "J O H N"),
        ("flight BA213", "flight B A two one three"),
        ("zip 02139", "zip zero two one three nine"),
        ("USA", "USA"),
        ("in order 12 people", "in order twelve people"),
    ]);
}

#[test]
fn abbreviations_and_signs_are_words() {
    check(&[
        ("Dr. Smith", "Doctor Smith"),
        ("12 Elm Dr.", "twelve Elm Drive."),
        ("12 Main St. is far", "twelve Main Street is far"),
        ("St. Mary", "Saint Mary"),
        ("Mr. and Mrs. Jones", "Mister and Missus Jones"),
        ("No. 5", "number five"),
        ("No. I said no.", "No. I said no."),
        ("apples, pears, etc.", "apples, pears, et cetera."),
        ("Smith & Sons", "Smith and Sons"),
        ("and/or", "and or"),
        ("**Hello** [there]", "Hello there"),
        ("Great 😀 news", "Great news"),
        ("wait — now", "wait — now"),
        ("He said \"yes\".", "He said \"yes\"."),
        ("It’s Ava’s", "It's Ava's"),
        ("", ""),
        ("?!", ""),
    ]);
}

#[test]
fn every_written_word_comes_out_once_and_in_order() {
    let text = "Hi, Dr. Lee: call +1 617 555 0142 by 3:30 p.m. on Nov. 24, 2026; $1,250.50 or 20% off!";
    let written: Vec<String> = read(text).into_iter().map(|reading| reading.written).collect();
    assert_eq!(written.join(" "), text);
}
