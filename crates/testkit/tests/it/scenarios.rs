//! Every published scenario, as `outdial simulate` runs it, and how well the agents understand over all of them.

use std::path::PathBuf;

use callee::scenario::word_errors::{word_error_rate, words};
use callee::scenario::{Report, Scenario, ScenarioReport, run_scenario};
use domain::transcript::Speaker;
use futures_util::stream::{self, StreamExt};
use testkit::{Ended, Recording, Variant, World, root};

/// Calls at a time: two cores share server and far end.
const AT_ONCE: usize = 2;
/// Share of words that may be wrong over all scenarios.
const MOST_WORDS_WRONG: f32 = 0.15;
/// Longest time the agent may go on once it is talked over.
const STOP_WITHIN_MS: u64 = 300;

fn scenarios() -> Vec<Scenario> {
    let examples = std::fs::read_dir(root().join("examples")).unwrap().map(|entry| entry.unwrap().path());
    let folders = examples.map(|example| example.join("scenarios")).filter(|folder| folder.is_dir());
    let mut files: Vec<PathBuf> =
        folders.flat_map(|folder| std::fs::read_dir(folder).unwrap()).map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let parse = |file: &PathBuf| {
        let text = std::fs::read_to_string(file).unwrap();
        Scenario::parse(&text).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
    };
    files.iter().map(parse).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_published_scenario_goes_as_it_says() {
    let agents = ["lead-callback", "appointment-reminder", "payment-reminder"].map(Variant::example);
    let world = World::start(&agents).await;
    let scenarios = scenarios();
    assert!(scenarios.len() >= 13, "{} scenarios", scenarios.len());
    let numbered = (15_550_400_000_u64..).zip(&scenarios);
    let stage = &world.stage;
    let runs = stream::iter(numbered.map(|(number, scenario)| async move {
        Box::pin(run_scenario(scenario, &format!("+{number}"), &stage.far_end, stage)).await
    }));
    let report = Report { scenarios: runs.buffered(AT_ONCE).collect().await };

    assert!(report.passed(), "{}", report.terminal());
    let rate = word_errors_of_all(&report.scenarios);
    assert!(rate < MOST_WORDS_WRONG, "{:.1} % of words wrong\n{}", rate * 100.0, report.terminal());
    let interrupted = report.scenarios.iter().filter(|run| run.scenario.ends_with("interruption"));
    for run in interrupted {
        let (call, events) = stage.record(run.call.as_deref().unwrap()).await.unwrap();
        let ended = Ended { call, events, view: None };
        let stops = Recording::parse(&world.recording(&ended.call).await).stops_ms(&ended.turns());
        println!("{}: stopped after {stops:?} ms", run.scenario);
        let well = !stops.is_empty() && stops.iter().all(|ms| *ms <= STOP_WITHIN_MS);
        assert!(well, "{}: the agent went on for {stops:?} ms: {:#?}", run.scenario, ended.turns());
    }
    println!("{}{:.1} % of words wrong", report.terminal(), rate * 100.0);
    world.stop().await;
}

/// Wrong words over words said, weighted by the length of what was said.
fn word_errors_of_all(runs: &[ScenarioReport]) -> f32 {
    let (mut wrong, mut all) = (0.0, 0.0);
    for run in runs {
        let Some(view) = &run.far_end else { continue };
        let said: Vec<&str> = view.said.iter().map(|said| said.text.as_str()).collect();
        let turns = run.turns.iter().filter(|turn| turn.speaker == Speaker::Callee);
        let understood: Vec<&str> = turns.map(|turn| turn.text.as_str()).collect();
        let length = words(&said.join(" ")).len() as f32;
        wrong += word_error_rate(&said.join(" "), &understood.join(" ")) * length;
        all += length;
    }
    assert!(all > 100.0, "much was said: {all} words");
    wrong / all
}
